/* For the tests of engine/: a world that hands events in, keeps the actions that come out, and answers as a server of true time would. */
#ifndef ENGINE_FIXTURE_H
#define ENGINE_FIXTURE_H

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/state.h"

#define START_NS (100 * NS_PER_S)
#define WALL_NS (INT64_C(1900000000) * NS_PER_S)

struct world {
    struct engine *engine;
    struct engine_options options;
    struct prng prng;
    struct mono_ns now;
    struct net_addr own;        /* where answers come to; all zeroes: nobody knows */
    struct dur_ns system_error; /* of the pretended system clock against true time */
    struct dur_ns asleep;
    struct dur_ns budget;       /* 0: no limit */
    uint32_t commanded, obeyed; /* the last command to the system clock, and the last whose answer was told, by number */
    double freq_ppm;            /* the last one commanded */
    size_t count;
    struct action seen[256];    /* since the last forget() */
};

static inline void forget(struct world *w) { w->count = 0; }

static inline void keep(struct world *w, const struct action *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].kind == ACTION_CLOCK) {
            w->commanded = a[i].u.clock.number;
            w->freq_ppm = a[i].u.clock.verb == CLOCK_SET_FREQUENCY ? a[i].u.clock.freq_ppm : w->freq_ppm;
        }
    for (size_t i = 0; i < n && w->count < sizeof w->seen / sizeof w->seen[0]; i++)
        w->seen[w->count++] = a[i];
}

/* True UTC at a raw instant of this world. */
static inline int64_t truth(struct mono_ns raw) { return WALL_NS + (raw.ns - START_NS); }

/* Hand an event in, take every action out, and answer clock reads as the host would. */
static inline void give(struct world *w, const struct event *first)
{
    struct event ev = *first;
    struct action out[8];
    size_t n;

    while ((n = engine_step(w->engine, &ev, w->now, out, 8)) > 0) {
        keep(w, out, n);
        ev.kind = EVENT_TICK;
        if (n < 8 && out[n - 1].kind == ACTION_READ_CLOCK)
            ev = (struct event){ .kind = EVENT_CLOCK_PAIR, .u.pair = { w->now, { truth(w->now) + w->system_error.ns }, w->asleep } };
    }
}

static inline const struct action *find(const struct world *w, enum action_kind kind, unsigned nth)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->seen[i].kind == kind && nth-- == 0)
            return &w->seen[i];
    return NULL;
}

static inline unsigned count_of(const struct world *w, enum action_kind kind)
{
    unsigned n = 0;

    while (find(w, kind, n))
        n++;
    return n;
}

static inline bool logged(const struct world *w, enum log_id id)
{
    const struct action *a;

    for (unsigned i = 0; (a = find(w, ACTION_LOG, i)); i++)
        if (a->u.log.id == id)
            return true;
    return false;
}

static inline struct source_options source(const char *server, const char *pool)
{
    struct source_options s = { .port = 123, .iburst = true, .min_poll = 6, .max_poll = 10, .members = 4 };

    snprintf(s.server.s, sizeof s.server.s, "%s", server);
    snprintf(s.pool.s, sizeof s.pool.s, "%s", pool);
    return s;
}

static inline void begin(struct world *w, bool steer)
{
    struct clock_options *c = &w->options.clock;
    struct engine_start s = { .options = &w->options, .now = { START_NS }, .wall = { WALL_NS }, .steer = steer, .precision_log2 = -25 };
    static const struct event tick = { .kind = EVENT_TICK };

    c->clock = (struct clock_own_options){ .max_drift = 1, .max_drift_silent = 15, .max_frequency = 500, .step_threshold = { 128 * NS_PER_MS }, .step_limit = 8,
                                           .step_budget = w->budget.ns ? w->budget : (struct dur_ns){ INT64_MAX },
                                           .panic_threshold = { 10 * NS_PER_S }, .max_slew = 500, .min_sources = 1 };
    c->holdover.max_error = (struct dur_ns){ NS_PER_S };
    prng_seed(&w->prng, 3);
    s.rng = prng_as_rng(&w->prng);
    w->now = s.now;
    w->engine = engine_init(malloc(engine_size()), &s);
    assert_int_equal(engine_page(w->engine)->precision_log2, s.precision_log2);
    give(w, &tick);
}

static inline void end(struct world *w) { free(w->engine); }

/* Let time pass to `until`; packets are left for the test. */
static inline void pass(struct world *w, int64_t until_ns)
{
    static const struct event tick = { .kind = EVENT_TICK };

    while (engine_next_deadline(w->engine).ns <= until_ns) {
        if (engine_next_deadline(w->engine).ns > w->now.ns)
            w->now = engine_next_deadline(w->engine);
        give(w, &tick);
        if (w->count > 200)
            memmove(w->seen, w->seen + 100, (w->count -= 100) * sizeof w->seen[0]);
    }
    w->now = (struct mono_ns){ until_ns };
    give(w, &tick);
}

/* The server's answer to a request, true time, arriving 1 ms after it was sent. */
static inline struct ntp_header answer_to(struct world *w, const struct action *send)
{
    struct ntp_header q, h;
    struct ntp_tail tail;
    struct utc_ns mid = { truth(w->now) + NS_PER_MS / 2 };

    assert_int_equal(ntp_packet_parse((struct span){ send->u.send.bytes, send->u.send.len }, &q, &tail), VERDICT_ACCEPTED);
    h = (struct ntp_header){ .version = 4, .mode = NTP_MODE_SERVER, .stratum = 1, .precision_log2 = -20, .refid = NTP_REFID('T', 'E', 'S', 'T') };
    h.origin = q.transmit;
    h.receive = h.transmit = h.reference = ntp_ts64_from_utc(mid);
    return h;
}

/* With so many bytes of zeroes behind the header. */
static inline void deliver_longer(struct world *w, const struct action *send, const struct ntp_header *h, size_t zeroes)
{
    uint8_t bytes[NTP_PACKET_MAX] = { 0 };
    struct event ev = { .kind = EVENT_DATAGRAM };

    ntp_header_write(h, bytes);
    ev.u.datagram.to = w->own;
    w->now = mono_add(w->now, dur_from_ms(1));
    ev.u.datagram.exchange = send->u.send.exchange;
    ev.u.datagram.from = send->u.send.to;
    ev.u.datagram.bytes = (struct span){ bytes, NTP_HEADER_SIZE + zeroes };
    ev.u.datagram.rx = w->now;
    give(w, &ev);
}

static inline void deliver(struct world *w, const struct action *send, const struct ntp_header *h) { deliver_longer(w, send, h, 0); }

static inline void answer(struct world *w, const struct action *send)
{
    struct action copy = *send;
    struct ntp_header h = answer_to(w, &copy);

    deliver(w, &copy, &h);
}

/* What is wrong of that kind, until the next call; NULL: nothing. */
static inline const struct problem *problem_of(struct world *w, enum problem_kind kind)
{
    static struct problems p;

    p.count = 0;
    engine_problems(w->engine, w->now, &p);
    for (uint32_t i = 0; i < p.count; i++)
        if (p.item[i].kind == kind)
            return &p.item[i];
    return NULL;
}

static inline void synchronise(struct world *w)
{
    for (int i = 0; i < 6; i++) {
        const struct action *a = find(w, ACTION_SEND, 0);
        struct action copy;

        if (a) {
            copy = *a;
            forget(w);
            answer(w, &copy);
        }
        pass(w, w->now.ns + 3 * NS_PER_S);
    }
    forget(w);
}

#endif
