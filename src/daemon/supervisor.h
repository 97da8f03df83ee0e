/* The parent: holds the sockets and the shared memory, starts clock, core and serve, starts them again when they die, parses nothing from outside.
 *
 *                      +--- commands ---> clock   (CAP_SYS_TIME, nothing else)
 *   parent --fork--> core --- page -----> serve   (no right)
 *                      +--- names -----> simple-utcd-resolve (started when needed)
 *
 * The first 3 deaths of a role within 10 s are answered at once, further ones after 1, 2, 4 ... 30 s. Sockets stay open meanwhile. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "daemon/setup.h"

/* Runs until SIGTERM or SIGINT and until all children have ended. Returns the exit code. */
int supervisor_run(struct setup *s);

/* As a service of its own: joins the daemon whose socket is at `path`, for that role (ROLE_SERVE: any worker), and lives its life. Returns the exit code. */
int supervisor_join(const char *path, enum role wanted);

/* How long to wait before a role that has died is started again. */
struct deaths { unsigned quick; struct mono_ns first; unsigned backoff_log2; };
struct dur_ns supervisor_delay(struct deaths *d, struct mono_ns now);

#endif
