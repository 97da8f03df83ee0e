/* Where a daemon keeps what others on this machine look for: one rule, shared by the daemon and those who look.
 *
 *   as root                    /run/simple-utcd
 *   else, with a session       $XDG_RUNTIME_DIR/simple-utcd
 *   else                       /tmp/simple-utcd-<uid>
 */
#ifndef LIB_RUN_DIR_H
#define LIB_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define RUN_DIR_SYSTEM "/run/simple-utcd"
#define RUN_DIR_PAGE "page"             /* the clock page, mode 0444 */
#define RUN_DIR_SOCKET "control.sock"   /* the control socket */
#define RUN_PATH_MAX 108                /* sun_path of a UNIX socket, NUL included */

/* The directory of a daemon started by this user (effective id). Returns 0, or -UE_RANGE when it does not fit in size. */
int run_dir_own(char *out, size_t size);

/* May what lies in `dir` be believed? A directory, no symbolic link, that belongs to root or to this user and that nobody else may write to; the system's
 * own directory may also belong to the user the daemon became. */
bool run_dir_trusted(const char *dir);

#define RUN_DIR_PLACES 2u

/* Where to look for a running daemon: fills `path` with dir/name of the i-th place (0: this user's own, 1: the system's). Returns 0, or -UE_NO_FILE when
 * there is no i-th place, -UE_PERMISSION when it exists and is not to be trusted. */
int run_dir_find(unsigned i, const char *name, char *path, size_t size);

#endif
