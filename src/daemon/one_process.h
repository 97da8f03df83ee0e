/* All roles in one foreground process around one plain poll loop: for debugging, tiny systems, and systems that offer little. */
#ifndef DAEMON_ONE_PROCESS_H
#define DAEMON_ONE_PROCESS_H

#include "daemon/setup.h"

/* Runs until SIGTERM or SIGINT. Returns the exit code. */
int one_process_run(struct setup *s);

#endif
