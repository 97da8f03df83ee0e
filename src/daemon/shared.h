/* What the processes share: the clock page (a file others may read), and counters and limits that outlive a single role (anonymous memory). */
#ifndef DAEMON_SHARED_H
#define DAEMON_SHARED_H

#include "base/histogram.h"
#include "base/page.h"
#include "daemon/hardware.h"
#include "daemon/listeners.h"
#include "guard/guard.h"
#include "host/sandbox.h"
#include "serve/serve.h"

/* What is shared, for processes that are not forked (join.h). */
enum shared_part { SHARED_PAGE, SHARED_STATE, SHARED_STEPS, SHARED_SETS, SHARED_GUARD, SHARED_INTERLEAVE, SHARED_HARDWARE, SHARED_KE, SHARED_PARTS };

/* The processes below the parent; from ROLE_SERVE on one for each worker. */
enum role { ROLE_CLOCK, ROLE_CORE, ROLE_KE, ROLE_ADMIN, ROLE_SERVE, ROLE_COUNT = ROLE_SERVE + WORKERS_MAX };

/* Steps of the system clock, against clock.step_limit and clock.step_budget: written by the parent at the start, then by the clock role. */
struct shared_steps {
    uint32_t used;              /* since the parent started */
    bool synchronised_ever;     /* from the second step ever on they count */
    struct dur_ns stepped;      /* what counts, added up over all runs */
    struct dur_ns gap;          /* the first step is free so far: the clock was known to be behind at the start */
};

/* How a role ended last: the parent writes it, core tells of it. */
struct shared_death { uint32_t count; bool hung; int64_t at_ns; };

/* What the system would not do for a serve process. */
struct shared_lack {
    uint64_t unsent;            /* answers that did not leave: a full queue, a firewall, no route */
    uint64_t unaccepted;        /* how often a connection had to wait, because there was no descriptor for it */
};

/* Each part has one writer. */
struct shared_state {
    uint32_t in_use[WORKERS_MAX];           /* each serve process its own: 1 + the generation (config_set.h) that it answers by right now; 0: none */
    struct serve_stats served[WORKERS_MAX]; /* each serve process its own */
    struct sandbox_note note[ROLE_COUNT];   /* each child its own */
    struct histogram latency[WORKERS_MAX];  /* each serve process its own: from arrival to the stated departure, the first request of each batch */
    struct shared_lack lack[WORKERS_MAX];   /* each serve process its own */
    int64_t ahead_ns[WORKERS_MAX];          /* each serve process its own: what NTP transmit timestamps are put ahead by (serve/departure.h) */
    struct shared_death death[ROLE_COUNT];  /* the parent */
    uint64_t sieved[SERVICE_COUNT];         /* the parent: what the kernel dropped of floods (sieve.h) */
    int64_t awaited_ns[ROLE_COUNT];         /* the parent: since when a role that comes by itself (join.h) is not there; 0: it is, or is not awaited */
    uint32_t xdp_gone;                      /* the parent: bit i, the interface is gone for which the responder was loaded i-th */
    uint8_t rival;                          /* the parent: another program that steers the system clock (rival.h) */
    uint8_t not_listening[LISTENERS_MAX];   /* the parent: by listener, -UE_... why it could not be opened though it is there; 0 */
};

/* "clock" ... */
const char *role_name(enum role r);

/* Map the page file of the run directory, made if need be: one inode over restarts, mode 0444; a page of another layout is marked as superseded and replaced.
 * `vmclock` is the device that readers are to look at, "" for none. *path_err gets 0, or why it had to be anonymous memory (the daemon works, libutc does
 * not see it). Returns NULL when there is no memory. */
struct page *shared_page(const char *path, const char *vmclock, int *path_err);

/* `size` zeroes, inherited by fork; where `fd` is not NULL, behind a descriptor as well, by which others can be given them. NULL when there is no memory. */
void *shared_new(size_t size, int *fd);

/* Counters and limits. */
struct shared_state *shared_state_new(int *fd);

/* The same for the steps, apart because every process but the clock role can only read them. */
struct shared_steps *shared_steps_new(int *fd);

/* The same for the lines of the cards' clocks. */
struct hardware_lines *shared_hardware_new(int *fd);

/* The same for what the serve roles remember of their clients; its pages are taken as they are touched. */
struct guard *shared_guard_new(int *fd);
struct interleave *shared_interleave_new(int *fd);

#endif
