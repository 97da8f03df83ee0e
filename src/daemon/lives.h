/* The life of a role in a process of its own, forked by the parent or come by itself (join.h): what it keeps of all that the parent has, which rights it
 * gives away, and what it does from then on. */
#ifndef DAEMON_LIVES_H
#define DAEMON_LIVES_H

#include "daemon/setup.h"

/* Lives it, and ends the process with the role's exit code. parent: whom no role outlives. goes_on: a core was there before, so that this one goes on from
 * what is on the clock page. */
_Noreturn void lives_lead(enum role r, struct setup *s, pid_t parent, bool goes_on);

/* As a service of its own: joins the daemon whose socket is at `path`, for that role (ROLE_SERVE: any worker), and lives its life. Returns the exit code, if
 * it may not. */
int lives_join(const char *path, enum role wanted);

#endif
