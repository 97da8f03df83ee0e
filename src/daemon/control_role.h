/* The control socket on the loop: connections with deadlines, answers from the snapshot (observe/control.h knows the frames), changes for those who may
 * make them: root, the daemon's user, members of control.operators. Others are refused, counted, and told to the audit. */
#ifndef DAEMON_CONTROL_ROLE_H
#define DAEMON_CONTROL_ROLE_H

#include "daemon/core.h"
#include "daemon/loop.h"
#include "observe/control.h"

#define CONTROL_CONNECTIONS_MAX 16 /* with one more, the oldest of somebody without rights is cut */
#define CONTROL_IDLE_MS 10000
#define CONTROL_RELOAD_MS 60000   /* how long the end of a reload is waited for */

struct control_peer {
    int fd;                     /* 0: free */
    uint64_t number;            /* of those that came through the socket: the smaller the older */
    bool trusted;               /* the administrator, or our own user: may know who the clients are */
    bool operates;              /* trusted, or a member of control.operators: may change things */
    uint32_t ticket;            /* of the reload whose end it waits for; 0: none */
    struct control_request waiting;
    bool kept;                  /* never cut for being idle */
    struct mono_ns cut_at;
    struct control_conn conn;
    size_t sent, len;           /* of the answer under way */
    uint8_t *answer;            /* CONTROL_ANSWER_MAX bytes while one is under way, else NULL */
};

struct control_role {
    struct loop *loop;
    struct core *core;
    struct snapshot snapshot;
    int listener;               /* -1: none */
    struct mono_ns listen_at;   /* when it is listened to again, which could not take one in for lack of a descriptor; MONO_NEVER */
    unsigned open;              /* connections */
    uint64_t accepted;          /* ... so far */
    struct control_peer peer[CONTROL_CONNECTIONS_MAX];
};

/* fd: the listening socket, or -1. Everything is borrowed for good. */
void control_role_start(struct control_role *r, struct loop *loop, int fd, struct core *core);

/* One more connection, of whole messages, made by the parent and kept for good, whatever is said there and whatever fails: only its other end's end closes it.
 * Whoever is there may ask what anybody may. */
void control_role_adopt(struct control_role *r, int fd);

#endif
