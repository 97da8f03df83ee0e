/* The parent: holds the sockets and the shared memory, starts clock, core and serve, starts them again when they die, parses nothing from outside.
 *
 *                      +--- commands ---> clock   (CAP_SYS_TIME, nothing else)
 *   parent --fork--> core --- page -----> serve   (no right)
 *                      +--- names -----> simple-utcd-resolve (started when needed)
 *
 * What a role does is in lives.h, how it is kept alive in children.h and deaths.h, those that come by themselves in arrivals.h. Sockets stay open while a
 * role is away. Here is what the parent does beside: signals, reloads, the words of core and workers. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "daemon/setup.h"

/* Runs until SIGTERM or SIGINT and until all children have ended. Returns the exit code. */
int supervisor_run(struct setup *s);

#endif
