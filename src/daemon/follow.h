/* Listeners follow the machine's addresses and interfaces: whoever holds the sockets is woken by the system, opens what can be opened and hands it on.
 *
 *   one process: to the serve role beside it      processes: from the parent over a pair of sockets to each worker
 *
 * A worker that is started anew inherits what there is: messages from before are thrown away by the parent, just before the fork, so that none is lost that
 * comes while the worker is on its way. */
#ifndef DAEMON_FOLLOW_H
#define DAEMON_FOLLOW_H

#include "daemon/loop.h"
#include "daemon/responder.h"
#include "daemon/serve_role.h"

struct follow {
    struct loop *loop;
    int fd;                     /* io_local_watch; 0: nothing to follow yet */
    struct listeners *listeners;
    uint8_t *failed;            /* by listener: why it cannot be opened, -UE_...; shared with who tells people */
    struct listeners_hooks hooks;
    struct responder *responder; /* told after the listeners; NULL */
};

/* Adds itself to the loop, and looks once. */
void follow_start(struct follow *f, struct loop *loop, struct listeners *l, const struct listeners_hooks *hooks, uint8_t failed[LISTENERS_MAX]);

/* There may be listeners now where there were none: begins to follow if nothing was followed yet. */
void follow_again(struct follow *f);

/* Hooks of the one process: ctx is its serve role. */
void follow_gone_here(void *serve_role, unsigned i);
void follow_come_here(void *serve_role, unsigned i);

/* The parent's word to the worker of listener i: its socket, or that it is gone (x->fd is not looked at then). Returns 0, or -UE_... when the worker
 * does not listen: it has to be started anew. */
int follow_tell(int channel, unsigned i, const struct listener *x, bool come);

/* Listener i stays, but another of the guard's lists holds there. */
int follow_tell_list(int channel, unsigned i, const struct listener *x);

/* Is the worker alive? It answers over the channel. */
int follow_ask_alive(int channel, uint32_t beat);

/* The worker's word: a flood has begun (sieve.h). channel: its end. */
void follow_say_flood(void *channel);

/* The parent's end has something to read: was that said? *beat: the last question for a sign of life that the worker answers; 0: none. */
bool follow_heard_flood(int channel, uint32_t *beat);

/* The parent, at the worker's end, before it starts one: what waits there is for the one before. */
void follow_forget(int channel);

/* The worker's end: heeds what comes from now on. */
void follow_obey(struct serve_role *s, struct loop *loop, int channel);

#endif
