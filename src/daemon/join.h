/* Roles that the parent does not fork, because each is started as a service of its own, as a user of its own, with walls of its own around it:
 *
 *   simple-utcd --role serve                      parent
 *        |--- connects to RUN_DIR/roles.sock ------->|   whose user is that? (SO_PEERCRED): the user says which role it is, and no user has two
 *        |<--- one message: what it is to be, and ---|   memory (what it may only read, by such descriptors), its channel, listeners
 *        |      descriptors of what fork inherits    |
 *        |=========== the connection stays ==========|   whoever ends, the other hears it: the parent as the role's death, the role as SIGTERM
 *
 * From then on the role lives the same life as a forked one (lives.h). Over the connection it says nothing: one that speaks is cut off. The second
 * socket in the message is the bell: whatever comes there is SIGHUP to the role, which the parent could not send to another user.
 *
 * A role has to be of the same build as the parent, which it looks at; it believes the parent, because that is root or alone may put a socket there. */
#ifndef DAEMON_JOIN_H
#define DAEMON_JOIN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/time.h"
#include "daemon/options.h"
#include "daemon/shared.h"

#define JOIN_SOCKET "roles.sock" /* in the run directory */

struct setup;

struct join {
    bool any;                       /* some role comes by itself */
    bool has[ROLE_SERVE + 1];       /* which; ROLE_SERVE stands for all workers */
    uid_t user[ROLE_SERVE + 1];     /* and as whom */
    int fd;                         /* listening */
    int part[SHARED_PARTS];         /* descriptors of what is shared; read-only where the roles only read */
};

/* As process.*_user say. Returns NULL, or the name of a user whom the system does not know or who has two roles. Asks the system's databases. */
const char *join_find_users(struct join *j, const struct process_options *o);

/* Does that role, or any worker, come by itself? */
bool join_has(const struct join *j, enum role r);

/* Where to put the descriptor of that part, for shared_new; NULL where nobody needs one. */
int *join_part(struct join *j, enum shared_part part);

/* After all else is made: listens. Returns 0 or -UE_.... */
int join_open(struct join *j, struct setup *s);
/* From now on nobody can join. */
void join_close(struct join *j, const char *run_dir);

/* Who came over that connection: a role, of several workers any; -1: nobody of ours. */
int join_role_of(const struct join *j, int connection);

/* Tells the other end that it is not wanted. */
void join_refuse(int connection);

/* Gives all to the role r at the other end. Returns the parent's end of its bell, or -UE_.... */
int join_hand_over(struct setup *s, enum role r, int connection);

/* The role's side: waits for the parent at `path`, for as long as it takes, and fills *s, which is all zeroes, as far as the role needs it. Returns 0 with
 * *role (of several workers the one it is), or the exit code after a sentence on standard error. */
int join_enter(struct setup *s, const char *path, enum role wanted, enum role *role);

/* The options of one generation, as they are here: pointers among them are the parent's. Of the role serve. */
void join_options(const struct setup *s, uint32_t generation, struct serve_options *out);

#endif
