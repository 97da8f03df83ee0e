/* The engine: owns all client and clock state. One door: an event and `now` go in, actions come out.
 *
 *   engine_step(engine, event, now, actions) is all that daemon/ and sim/ call; engine_next_deadline says when to call with EVENT_TICK.
 *   Actions that do not fit in the caller's array wait; engine_next_deadline is then `now`.
 *
 * Pure: no clock, socket, malloc or global. `now` is CLOCK_MONOTONIC_RAW. */
#ifndef ENGINE_H
#define ENGINE_H

#include "base/addr.h"
#include "base/log.h"
#include "base/page.h"
#include "base/rng.h"
#include "clock/clock.h"
#include "engine/options.h"
#include "ntp/client.h"
#include "ntp/mac.h"
#include "nts/certificate.h"
#include "nts/client.h"
#include "observe/snapshot.h"

enum event_kind {
    EVENT_TICK,          /* a deadline passed (or any time) */
    EVENT_DATAGRAM,      /* bytes came on an exchange's socket */
    EVENT_TX_STAMP,      /* the kernel or NIC said when an exchange's request left */
    EVENT_SEND_FAILED,   /* a request could not be sent, or ICMP refused it */
    EVENT_ADDRESSES,     /* a name was resolved (count 0: it was not; err says why) */
    EVENT_CLOCK_PAIR,    /* system clock read: asked by ACTION_READ_CLOCK, or because `asleep` has grown */
    EVENT_CLOCK_RESULT,  /* what came of ACTION_CLOCK */
    EVENT_LEAP_TABLE,    /* a file of leap seconds was read; copied */
    EVENT_MOVED,         /* the virtual machine was moved to another host, or put back to a snapshot */
    EVENT_REFERENCE,     /* a reference clock said something */
    EVENT_NTS,           /* a key establishment ended; copied */
    EVENT_OPTIONS,       /* another configuration: what stays keeps its filters and polls; copied */
    EVENT_SOURCE,        /* an operator's word about sources */
    EVENT_STEP,          /* the system clock goes by a step where it is being slewed to: only after engine_step_refusal said nothing */
    EVENT_STOP           /* about to end: last actions (save what was learnt, leave the clock disciplined) */
};

/* OFFLINE: asked no more until ONLINE, and as if it were not there for the majority. BURST: some quick requests now. */
enum engine_source_act { ENGINE_SOURCE_ONLINE, ENGINE_SOURCE_OFFLINE, ENGINE_SOURCE_BURST };

/* What came of a clock_command: err 0 or -UE_... A clock role that ends between the two leaves it without one. */
struct clock_answer { uint32_t number; int err; };

#define EVENT_ADDRESSES_MAX 16
struct event {
    enum event_kind kind;
    union {
        struct { uint32_t exchange; struct net_addr from, to; struct span bytes; struct mono_ns rx; enum stamp stamp;
                 struct dur_ns rx_error; /* of placing a card's stamp */ } datagram;
        struct { uint32_t exchange; struct mono_ns tx; enum stamp stamp; } tx;
        struct { uint32_t exchange; int err; } failed;
        struct { uint16_t configured; int err; uint32_t count; struct net_addr addr[EVENT_ADDRESSES_MAX]; } addresses; /* ports are ignored */
        struct { struct mono_ns raw; struct utc_ns system; struct dur_ns asleep; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC, 0 if unknown */ } pair;
        struct clock_answer result;
        struct { enum clock_leap_origin origin; const struct leap_table *table; } leap;
        struct { uint16_t configured; const char *wrong; /* NULL: the rest is there */ const struct nts_keys *keys; const struct nts_ke_grant *grant;
                 struct net_addr ntp; /* port 0: not said */ struct nts_validity valid; /* of the server's certificate */
                 uint32_t refused; /* addresses that gave none before this one did */ const char *refused_why; /* what the first of them lacked */ } nts;
        struct { uint16_t configured; enum verdict why; /* VERDICT_ACCEPTED, or why it is no sample: then the rest is nothing */
                 struct mono_ns at; struct utc_ns utc; struct dur_ns error; /* of placing it, beside what is declared */ uint8_t leap; } reference;
        struct { const struct engine_options *options; } options; /* keys: borrowed until the next EVENT_OPTIONS */
        struct { enum engine_source_act act; const char *name; /* as engine_find_source; "": every one */ } source;
    } u;
};

/* The system clock's wish list, absolute values. Sent to the clock role, which checks every field again. */
struct clock_command {
    enum { CLOCK_SET_FREQUENCY, CLOCK_SET_STEP, CLOCK_SET_STATUS } verb;
    double freq_ppm;                 /* SET_FREQUENCY: rate of the system clock relative to CLOCK_MONOTONIC_RAW; positive = faster */
    struct dur_ns step;              /* SET_STEP: add to the system clock */
    bool synchronised;               /* SET_STATUS: STA_UNSYNC cleared only if true */
    enum leap leap;
    struct dur_ns max_error, est_error;
    int32_t tai_minus_utc_s;
    uint32_t number;                 /* its answer carries it */
};

enum action_kind {
    ACTION_SEND,         /* open a fresh socket with a random port for `exchange`, send, ask for a transmit stamp, keep it until ACTION_CLOSE */
    ACTION_CLOSE,        /* the exchange is over */
    ACTION_RESOLVE,      /* look the name up; answer with EVENT_ADDRESSES for `configured` */
    ACTION_ESTABLISH,    /* ask for NTS keys; answer with EVENT_NTS for `configured` */
    ACTION_READ_CLOCK,   /* answer with EVENT_CLOCK_PAIR; only when a system clock is steered */
    ACTION_CLOCK,        /* command for the system clock */
    ACTION_PUBLISH,      /* engine_page() is new */
    ACTION_SAVE,         /* engine_remember() is worth writing to clock.drift_file */
    ACTION_LOG
};

struct action {
    enum action_kind kind;
    union {
        struct { uint32_t exchange; struct net_addr to; const uint8_t *bytes; size_t len; } send; /* bytes: until the source's next request */
        struct { uint32_t exchange; } close;
        struct { uint16_t configured; const char *name; } resolve;
        struct { uint16_t configured; const char *name; uint16_t port; struct utc_ns at; /* to judge certificates by */
                 bool dead; /* it may be much later */
                 struct net_addr heard; /* who gives this source's time at present, to be gone on with; family ADDR_NONE: nobody */ } establish;
        struct clock_command clock;
        struct log_record log;
    } u;
};

struct engine;               /* fields in engine/state.h; caller's storage of engine_size() bytes */
size_t engine_size(void);

struct engine_start {
    const struct engine_options *options; /* copied */
    uint32_t offline;                /* set of lines of `sources` that are not asked until an operator says so */
    struct rng rng;
    struct mono_ns now;
    struct utc_ns wall;              /* what the system clock says at `now` */
    const struct clock_memory *memory; /* from the drift file; NULL: none. Copied */
    const struct page_data *page;    /* what an engine that died published last, to go on from; NULL: none. Borrowed for the call */
    struct clock_lapse lapse;        /* and what was not made up for then */
    struct dur_ns asleep;            /* CLOCK_BOOTTIME - CLOCK_MONOTONIC at `now`, 0 if unknown */
    uint32_t steps_made;             /* of the system clock, by an engine that died */
    bool steer;                      /* a system clock is to be steered: READ_CLOCK and CLOCK actions are made */
    int8_t precision_log2;           /* of reading the clock */
};
struct engine *engine_init(void *storage, const struct engine_start *s);

/* The door: one event in, at most out_max actions out; returns how many. */
size_t engine_step(struct engine *e, const struct event *ev, struct mono_ns now, struct action *out, size_t out_max);
/* When engine_step wants an event at the latest; now, while actions that did not fit are waiting. */
struct mono_ns engine_next_deadline(const struct engine *e);
/* The clock page, owned by the engine, valid until the next step. */
const struct page_data *engine_page(const struct engine *e);

/* Of disruptions, for an engine that goes on from the page. */
struct clock_lapse engine_lapse(const struct engine *e);

/* What is worth keeping over a restart. */
void engine_remember(const struct engine *e, struct clock_memory *out);

/* The options in force: those of the start or of the last EVENT_OPTIONS. */
const struct engine_options *engine_options_now(const struct engine *e);

/* The set of lines of `sources` that an operator took offline. */
uint32_t engine_offline(const struct engine *e);

/* The line of `sources` of that name: as configured, as status shows one of its servers, or the server's address. -1: there is none. */
int engine_find_source(const struct engine *e, const char *name);

/* Why no server of that line of `sources` can be asked some quick questions, or NULL: one can. */
const char *engine_burst_refusal(const struct engine *e, int configured);

/* Why the system clock cannot be stepped now, or NULL: it can, by *by. */
const char *engine_step_refusal(const struct engine *e, struct dur_ns *by);

/* What is wrong that the engine knows of: sources, clock, steering. Added to *out. */
void engine_problems(const struct engine *e, struct mono_ns now, struct problems *out);

/* A consistent picture for status, metrics, web; names are copied. */
void engine_snapshot(const struct engine *e, struct mono_ns now, struct snapshot *out);

#endif
