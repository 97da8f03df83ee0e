/* Deaths of roles: when the next one is started, and what is told. The first 3 within 10 s are answered at once, further ones after 1, 2, 4 ... 30 s. */
#ifndef DAEMON_DEATHS_H
#define DAEMON_DEATHS_H

#include <sys/types.h>

#include "daemon/shared.h"

/* Of one role, all zeroes at first. */
struct deaths { unsigned quick; struct mono_ns first; unsigned backoff_log2; };

/* It has died at `now`. Returns how long to wait before it is started again, 0 to 30 s. */
struct dur_ns deaths_delay(struct deaths *d, struct mono_ns now);

/* How a child ended: status as of waitpid(); the system call that ended it, where that was not in its list (host/sandbox.h). */
struct death { pid_t pid; int status; int32_t refused_call; };

/* Says so in the log. delay: until it is started again. */
void deaths_tell(enum role r, const struct death *d, struct dur_ns delay);

/* Likewise of a role that came by itself: how it ended is told to its service alone. */
void deaths_tell_left(enum role r, pid_t pid, const char *reason, struct mono_ns now);

/* A program that went wild has ended its way to core. Both need another, which takes another core: not more than once an hour, or who makes such a program go
 * wild again and again would keep core from its work. *last: when that was done before; 0: never. Returns whether it may be done at `now`. */
bool deaths_may_renew(struct mono_ns *last, struct mono_ns now);

/* Words for a system call that is in no list. The number comes from a process that broke its own rules: it only chooses a name. size >= 1 bytes are written
 * at most, the end of the text included. */
void deaths_name_call(int32_t number, char *out, size_t size);

#endif
