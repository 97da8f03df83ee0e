/* HTTP as a program of its own (libexec/simple-utcd/simple-utcd-admin), so that an HTTP library is mapped nowhere where time is kept or served.
 *
 *   parent --memory, listeners--> simple-utcd-admin --once a second: the control protocol, over a socket pair--> core
 *                                       |
 *   whole heads only (head.h) --> libmicrohttpd --> one table of paths (answers.h) --> renderers of observe/
 *
 * One connection is one request: nothing that follows the first head is ever looked at, so there is nothing to smuggle. A connection has HEAD_S seconds for
 * its head and ANSWER_S for its answer; event streams live on while they are read, STREAM_S at most. When the table is full, the oldest
 * that is no stream is cut.
 *
 * The program has no right, no file, and cannot make a socket: the pair to core is made by the parent, and what it may ask there is what anybody may.
 * Standards: RFC 9110, RFC 9112, HTML (server-sent events); docs/decisions/0016-http-by-libmicrohttpd-behind-a-gate.md. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/history.h"
#include "admin/options.h"
#include "host/sandbox.h"

#define ADMIN_SHARED_FD 3        /* where it finds its memory, */
#define ADMIN_CORE_FD 4          /* its way to core, */
#define ADMIN_LISTEN_FD 5        /* and its listeners, one after the other */
#define ADMIN_MAGIC UINT32_C(0x61646d01)
#define ADMIN_HEAD_S 5
#define ADMIN_ANSWER_S 10
#define ADMIN_CONNECTIONS_MAX 256
#define ADMIN_STREAMS_MAX 32
#define ADMIN_STREAM_S 3600      /* then the reader has to ask again */

/* By the parent, which tells it anew to each program it starts: whoever wrote to the memory before has no say in it. */
struct admin_orders {
    uint32_t magic, listeners;
    struct http_options options;
    bool has_user;               /* become this user */
    uint32_t uid, gid;
    char version[32];
    char run_dir[128];           /* for sandbox_empty_root */
    char vmclock[PAGE_DEVICE_MAX]; /* as in the clock page */
};

struct admin_shared {
    struct admin_orders orders;
    struct sandbox_note note;
    struct history history;      /* the program's own, here so that the one that takes its place goes on with it */
};

/* The program's life; returns the exit code. */
int admin_serve(struct admin_shared *shared);

#endif
