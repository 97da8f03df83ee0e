/* What is wrong, as far as the daemon knows beyond its engine: processes, files, listeners, rights. */
#ifndef DAEMON_TROUBLE_H
#define DAEMON_TROUBLE_H

#include "daemon/core.h"

/* Adds to *out what holds at `now`. */
void trouble_note(const struct core *c, struct mono_ns now, struct problems *out);

#endif
