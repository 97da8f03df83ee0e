/* The control socket on the loop: connections with deadlines, read-only answers from the engine's snapshot (observe/control.h knows the frames). */
#ifndef DAEMON_CONTROL_ROLE_H
#define DAEMON_CONTROL_ROLE_H

#include "daemon/core.h"
#include "daemon/loop.h"
#include "observe/control.h"

#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_IDLE_MS 10000

struct control_peer {
    int fd;                     /* 0: free */
    bool trusted;               /* the administrator, or our own user: may know who the clients are */
    struct mono_ns cut_at;
    struct control_conn conn;
    size_t sent, len;           /* of the answer under way */
    uint8_t *answer;            /* CONTROL_ANSWER_MAX bytes while one is under way, else NULL */
};

struct control_role {
    struct loop *loop;
    struct core *core;
    struct snapshot snapshot;
    unsigned open;              /* connections */
    struct control_peer peer[CONTROL_CONNECTIONS_MAX];
};

/* fd: the listening socket. Everything is borrowed for good. */
void control_role_start(struct control_role *r, struct loop *loop, int fd, struct core *core);

#endif
