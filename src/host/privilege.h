/* Giving rights away, by plain system calls. Each returns 0 or -UE_.... */
#ifndef HOST_PRIVILEGE_H
#define HOST_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a role keeps. */
enum host_right { HOST_RIGHT_NONE, HOST_RIGHT_SET_CLOCK };

struct host_user { uid_t uid; gid_t gid; };

/* Whom a program of its own is to become, as the last of its arguments: "UID:GID", or "" to stay who it is: no user, or no right to become one. Returns out. */
#define HOST_USER_TEXT_MAX 24
const char *host_user_to_text(const struct host_user *user, char out[HOST_USER_TEXT_MAX]);

/* The same read; false for what is none. */
bool host_user_from_text(const char *text, struct host_user *out);

/* Become the user (when given) for good, keep `right` alone of all capabilities, and never gain any again (no_new_privs). Works for an unprivileged
 * caller, who keeps nothing. */
int host_confine(enum host_right right, const struct host_user *user);

/* End with the process that started us, whatever ends it. `parent`: its id, asked for before the fork. */
void host_end_with_parent(pid_t parent);

/* No core file and no tracing by who is not root, for this process and those it forks; what it executes has to ask again. */
void host_hide_memory(void);

/* Run on the CPUs with number mod n = i, as far as this process may run there; otherwise, and where the system cannot, anywhere. */
void host_run_on(unsigned i, unsigned n);

/* Keep the code of this program and its libraries in memory, as far as the system lets it (RLIMIT_MEMLOCK): children run code at their start that nobody else
 * does, and what was not used for long would have to come from the disk. */
void host_keep_code(void);

/* May have `wanted` descriptors at a time from now on, as far as its hard limit goes. Returns how many it may have, at most `wanted`. */
unsigned host_allow_descriptors(unsigned wanted);

/* What process lists call this process: "utcd-" and the role. */
void host_name_process(const char *role);

#endif
