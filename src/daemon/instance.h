/* One daemon per run directory: the directory, its lock, and the mark that says who steered the kernel clock last. */
#ifndef DAEMON_INSTANCE_H
#define DAEMON_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/privilege.h"

#define INSTANCE_LOCK "lock"
#define INSTANCE_MARK "steered"

/* Make the directory (mode 0755) if it is missing, for `owner` if given. Returns 0; -UE_PERMISSION when it cannot be made or is not to be trusted
 * (another user's, a link, writable by others); other -UE_.... */
int instance_make_dir(const char *dir, const struct host_user *owner);

/* Take the lock, kept by this process and its children until all have ended; writes our pid into it. Returns 0; -UE_BUSY with *other the pid that holds it
 * (0 if it cannot be read); other -UE_.... */
int instance_lock(const char *dir, pid_t *other);

/* The mark outlives us but not a reboot (/run): a kernel clock that is well kept is then no sign of an unseen program. */
bool instance_steered_before(const char *dir);
void instance_mark_steering(const char *dir);

#endif
