/* The serve role: moves datagrams and connections through serve_datagram and serve_stream. Keeps nothing of its own but counters and TCP connections
 * that are about to end; reads the clock page only. */
#ifndef DAEMON_SERVE_ROLE_H
#define DAEMON_SERVE_ROLE_H

#include "daemon/config_set.h"
#include "daemon/hardware.h"
#include "daemon/listeners.h"
#include "daemon/loop.h"
#include "io/tcp.h"
#include "daemon/shared.h"
#include "io/udp.h"
#include "serve/departure.h"
#include "serve/serve.h"

#define SERVE_GROUP 16              /* answers that carry one transmit timestamp, and whose codes are made together */

/* Room for a batch of answers of NTS, and one more group of any length: when no such room is left, what is there leaves first. */
#define SERVE_OUT_SIZE (IO_BATCH_MAX * 256 + SERVE_GROUP * SERVE_ANSWER_MAX)

/* The answer whose departure was asked for. */
struct serve_sample {
    bool waits;
    uint8_t receive[8];             /* its receive timestamp, by which it is known */
    unsigned k, listener;           /* the kth of its batch */
    struct mono_ns at;              /* when its transmit timestamp was read */
};

struct serve_role {
    const struct serve_options *options;    /* in force while a batch is answered */
    const struct serve_options *first;      /* of generation 0 */
    const struct setup *joined;             /* it came by itself: options are `mine`, of the generation `mine_of` - 1 */
    uint32_t mine_of;
    struct serve_options mine;
    struct config_sets *sets;
    uint32_t *in_use;                       /* our row of shared_state */
    const struct page *page;
    struct mono_ns looked_at;       /* for sleep of the machine */
    struct dur_ns asleep;           /* of the page looked at */
    bool slept;                     /* since then */
    struct serve_stats *stats;
    struct shared_lack *lack;
    struct listeners *listeners;
    const struct hardware_lines *hardware; /* NULL: no card stamps */
    struct loop *loop;
    struct tcp_table tcp;
    struct mono_ns tcp_next;        /* earliest end of a connection */
    struct mono_ns accepted_at;     /* when connections came last */
    struct mono_ns accept_again;    /* TCP listeners rest until then; MONO_NEVER when they do not */
    int64_t *ahead_ns;              /* told to people */
    struct histogram *latency;      /* likewise */
    struct serve_sample sample;
    uint32_t floods;                /* of the guard, already told */
    void (*flood)(void *ctx);
    void *flood_ctx;
    struct departure departure[LISTENERS_MAX];
    struct io_batch batch;
    struct guard_expected expected[IO_BATCH_MAX]; /* of each request in the batch, with a guard */
    size_t out_used;
    uint8_t out[SERVE_OUT_SIZE];    /* the answers of a batch, one after the other */
};

/* What it is handed, borrowed for good. */
struct serve_world {
    struct listeners *listeners;
    const struct serve_options *options;    /* of generation 0 */
    struct config_sets *sets;
    const struct page *page;
    const struct hardware_lines *hardware;  /* NULL: no card stamps */
    struct shared_state *shared;
    void (*flood)(void *ctx);               /* tells whoever holds the sockets that a flood has begun */
    void *flood_ctx;
    const struct setup *joined;             /* options have to be made ours first (join_options); NULL: they are */
};

/* Puts every listener of that worker on the loop. *s is zeroed. */
void serve_role_start(struct serve_role *s, struct loop *loop, const struct serve_world *w, unsigned worker);

/* Answers the datagrams that came before the loop runs: the first clients need not wait for what else is to be started. */
void serve_role_catch_up(struct serve_role *s);

/* Listener i has a socket now; its socket is about to be closed. */
void serve_role_listen(struct serve_role *s, unsigned i);
void serve_role_leave(struct serve_role *s, unsigned i);

#endif
