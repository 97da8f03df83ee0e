/* The simulated world: machines, the paths between them, and one event loop over true time.
 *
 * A server is a machine whose clock page is written by the story: the truth plus its lie. A client is a real engine (engine/engine.h) on a raw clock driven by
 * an oscillator, with a system clock it may steer; what it publishes is answered by the same serve_datagram as a server's page. Packets are bytes. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdio.h>

#include "base/smear.h"
#include "engine/engine.h"
#include "serve/serve.h"
#include "sim/oscillator.h"
#include "sim/path.h"
#include "sim/queue.h"
#include "sim/story.h"

#define SIM_TAI_MINUS_UTC_S 37
#define SIM_EXCHANGES_MAX 64
#define TAMPERED_PORT 1123       /* an answer from a port that was not asked */
#define SIM_SERVICE_NS 5000      /* a server's time from arrival to departure */

/* A server's page is truth + lie + drift * (now - drift_from). */
struct sim_server {
    struct dur_ns lie;
    double drift;
    struct tai_ns drift_from;
    struct dur_ns error;         /* what it claims */
    struct dur_ns root_delay, root_dispersion;
    struct dur_ns every, offset, noise; /* of a reference clock: between two samples; how late it is known to be; how evenly they scatter to both sides */
    struct dur_ns leaves_late;   /* answers, after what their transmit timestamp says; the kernel knows */
    uint8_t stratum, leap;
    bool leap_told;              /* the story says what is announced: `leap` */
    enum smear_law smear;
    bool silent, lost;
    uint32_t refid, kiss;
    enum tamper tamper, forge;
};

/* The system clock: a line over the raw clock, moved by commands and by hand. */
struct sim_system_clock {
    struct utc_ns at;
    struct mono_ns raw;
    double rate, frac_ns;
    bool refuses;
    enum leap told;              /* what the kernel was told about the end of this day */
    struct utc_ns leap_at;       /* its midnight; 0: done or nothing to do */
};

/* What a reader of a client's page sees, beside the truth. */
struct sim_reading {
    struct tai_ns now;
    struct utc_ns truth;
    struct mono_ns raw;
    bool published;              /* there is a page at all */
    bool usable;                 /* the server answers with LI != 3 and stratum 1..15 */
    struct clock_view view;
    struct dur_ns error;         /* served minus true */
    struct utc_ns smeared;       /* what its smearing listener tells, while there is a leap second in the world */
    struct dur_ns smear_error;   /* ... minus what that should be */
    struct dur_ns bound;         /* the farther of earliest and latest from served */
    struct dur_ns system_error;
    struct dur_ns system_smear_error; /* against the smear of leap.smear */
    double frequency_error;      /* of the page's line against truth, s/s */
    uint64_t steps;              /* logged so far: a step that was told may go back */
};

struct sim_totals {
    uint64_t packets, probes, violations[INVARIANT_COUNT];
    struct tai_ns first_violation[INVARIANT_COUNT];
    double error_s2, error_max_s, bound_s;     /* over `usable` probes */
    uint64_t usable;
};

struct sim_client {
    struct engine_options options;
    char names[ENGINE_CONFIGURED_MAX][OPTION_TEXT_MAX];
    uint64_t members[ENGINE_CONFIGURED_MAX];   /* nodes each configured source stands for */
    struct engine *engine;
    bool steer, asleep, network_refuses;
    bool moving;                 /* asleep because its virtual machine is on the way to another host */
    bool core_dead;              /* its page is served on, by who does that, */
    bool missed_sleep, missed_move; /* ... until these, which readers find out by themselves and the next core is told of */
    bool knew_leap;              /* its page has held the world's leap second */
    struct leap_table leap_file; /* read at each start; count 0: none */
    enum stamp stamp;
    double noise_ns;             /* of each timestamp */
    struct dur_ns offset, slept, slept_told; /* slept_told: of that, what the engine knows */
    struct tai_ns asleep_since;
    uint32_t wakes;              /* counts settings of the wake-up; an older one is void */
    uint32_t wakes_now;          /* in a row without time passing */
    struct clock_memory memory;  /* its drift file */
    struct sim_system_clock system;
    bool published;
    struct page_data page;
    struct page_piece piece[PAGE_PIECES]; /* of it, as page_publish cuts them for libutc */
    struct serve_stats stats;
    uint32_t open[SIM_EXCHANGES_MAX];
    unsigned open_count;
    uint64_t logged[LOG_ID_COUNT], answers;    /* answers: datagrams that reached it */
    uint64_t uses;               /* nodes it is linked to as sources */
    bool excused[INVARIANT_COUNT];
    struct sim_reading last;
    struct sim_totals totals;
    struct prng engine_prng;
};

struct sim_node {
    const char *name;
    bool client;
    struct net_addr addr;
    struct oscillator oscillator;
    struct prng prng;
    struct interleave *interleave; /* its memory of departures; NULL until somebody asks in interleaved mode */
    struct sim_server s;
    struct sim_client c;
};

struct sim_link { struct path path; struct prng prng; };

struct sim_world {
    const struct story *story;
    const struct statement *mutant;  /* or NULL */
    struct tai_ns start, now, end;
    struct tai_ns leap_at;       /* first instant with the new difference to UTC */
    int32_t leap_delta_s;        /* 0: none */
    struct sim_queue queue;
    unsigned node_count;
    struct sim_node node[STORY_NODES_MAX];
    struct sim_link link[STORY_NODES_MAX][STORY_NODES_MAX];  /* [from][to] */
    uint64_t hash, events;       /* of everything that happened, in order */
    FILE *trace, *log;           /* or NULL */
    struct serve_options serve;
    void (*probe)(void *ctx, struct sim_world *w, bool regular); /* called at each probe */
    void *probe_ctx;
};

/* A world of the story at its start; `mutant` (may be NULL) is one more statement. Owns memory until world_free. */
struct sim_world *world_new(const struct story *s, uint64_t seed, const struct statement *mutant);
void world_free(struct sim_world *w);

/* Ask for a probe at `at` after the start. */
void world_probe_at(struct sim_world *w, struct dur_ns at);

/* To the end of the story. */
void world_run(struct sim_world *w);

/* Truth at the world's now. */
struct utc_ns world_utc(const struct sim_world *w);
/* UTC is not continuous here, so two clocks are compared by their TAI. */
bool world_is_leaping(const struct sim_world *w);

/* A fresh reading of a client; checks the invariants and counts. */
const struct sim_reading *client_read(struct sim_world *w, struct sim_node *n);

/* server.c: the page a server shows now, and its answer to a request in `e` (as arrived). */
void server_init(struct sim_node *n, unsigned index, const struct attributes *a);
void server_page(const struct sim_world *w, const struct sim_node *n, struct page_data *out);
void server_receive(struct sim_world *w, struct sim_node *n, const struct sim_event *request);

/* Change an answer's bytes as the tamper says. Returns the new length. */
uint8_t tamper_apply(enum tamper t, uint8_t *bytes, uint8_t len, uint32_t kiss, struct prng *p);

/* reference.c: server nodes as reference clocks of a client: no packets, a sample each `every` (1 s). */
void reference_attach(struct sim_world *w, struct sim_node *n, uint64_t whom, const struct attributes *a);
void reference_says(struct sim_world *w, struct sim_node *n, unsigned from);

/* deed.c: what one statement does to the world, now. */
void deed_apply(struct sim_world *w, const struct statement *st);

/* Put a packet on the way, with the path's loss, delay and copies. */
void world_send(struct sim_world *w, struct tai_ns at, struct sim_event *packet, unsigned from, unsigned to);

#endif
