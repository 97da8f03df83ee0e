/* simple-utcd --once: ask the configured sources, set the system clock, end. --dry-run: only say what would be done. */
#ifndef DAEMON_ONCE_H
#define DAEMON_ONCE_H

#include <stdbool.h>

#include "daemon/options.h"

/* Returns the exit code. */
int once_run(const struct daemon_options *options, bool dry_run);

#endif
