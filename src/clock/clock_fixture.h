/* A clock under test in a world of its own: true time, a raw clock that is off, and answers made to measure. */
#ifndef CLOCK_FIXTURE_H
#define CLOCK_FIXTURE_H

#include <math.h>
#include <string.h>

#include "base/page.h"
#include "base/test.h"
#include "clock/clock.h"

#define FIXTURE_NEW_YEAR (INT64_C(1893456000) * NS_PER_S)     /* 2030-01-01 */
#define FIXTURE_UTC (FIXTURE_NEW_YEAR + 3600 * NS_PER_S)      /* true UTC at the start: no month ends nearby */
#define FIXTURE_RAW (INT64_C(1000) * NS_PER_S)

struct fixture {
    struct clock c;
    struct clock_options o;
    struct clock_actions a;
    double true_s, raw_s;  /* since the start */
    double slow;           /* true frequency of the raw clock's error: true seconds per raw second, less one */
    uint32_t upstream[CLOCK_SOURCES_MAX]; /* whom the sources follow, by reference id */
};

static inline struct mono_ns fixture_now(const struct fixture *f) { return (struct mono_ns){ FIXTURE_RAW + (int64_t)llround(f->raw_s * 1e9) }; }
static inline struct utc_ns fixture_utc(const struct fixture *f) { return (struct utc_ns){ FIXTURE_UTC + (int64_t)llround(f->true_s * 1e9) }; }

static inline struct clock_options fixture_options(void)
{
    return (struct clock_options){
        .clock = { .max_drift = 1, .max_drift_silent = 15, .max_frequency = 500, .step_threshold = { NS_PER_MS }, .step_limit = 1,
                   .panic_threshold = { 10 * NS_PER_S }, .max_slew = 500, .min_sources = 1 },
        .holdover = { .max_error = { NS_PER_S } },
    };
}

/* The clock starts with its wall time wrong by off_s. */
static inline void fixture_start(struct fixture *f, double off_s)
{

    f->a.count = 0;
    clock_init(&f->c, &f->o, &(struct clock_start){ fixture_now(f), utc_add(fixture_utc(f), dur_from_s(off_s)), NULL, -25, NULL });
}

static inline void fixture_init(struct fixture *f, double off_s)
{
    memset(f, 0, sizeof *f);
    f->o = fixture_options();
    fixture_start(f, off_s);
}

static inline uint32_t fixture_refid(unsigned slot) { return 0x0a000001u + slot; }

static inline void fixture_source(struct fixture *f, uint16_t slot)
{
    struct clock_source_options so = { .name = "a source", .refid = fixture_refid(slot), .min_poll_log2 = 6, .max_poll_log2 = 10 };

    clock_source_add(&f->c, slot, &so);
}

static inline void fixture_sleep(struct fixture *f, double s)
{
    f->true_s += s;
    f->raw_s += s / (1 + f->slow);
}

/* An answer that has just come: out_s and back_s on the way, the source wrong by lie_s. The log is kept until the next call. */
static inline void fixture_answer_rooted(struct fixture *f, uint16_t slot, double out_s, double back_s, double lie_s, struct dur_ns root_delay,
                                         struct dur_ns root_dispersion)
{
    double raw_trip_s = (out_s + back_s) / (1 + f->slow);
    struct measurement m = { .source = slot, .stratum = 2, .refid = f->upstream[slot], .dispersion = { 4 },
                             .root_delay = root_delay, .root_dispersion = root_dispersion };
    int64_t t4 = fixture_now(f).ns, t1 = t4 - (int64_t)llround(raw_trip_s * 1e9);
    int64_t t2 = fixture_utc(f).ns - (int64_t)llround((back_s - lie_s) * 1e9);

    m.at.ns = t1 + (t4 - t1) / 2;
    m.utc.ns = t2;
    m.delay.ns = t4 - t1;
    f->a.count = 0;
    clock_measure(&f->c, &m, fixture_now(f), &f->a);
}

static inline void fixture_answer(struct fixture *f, uint16_t slot, double out_s, double back_s, double lie_s)
{
    fixture_answer_rooted(f, slot, out_s, back_s, lie_s, (struct dur_ns){ 0 }, (struct dur_ns){ 0 });
}

static inline void fixture_tick(struct fixture *f)
{
    f->a.count = 0;
    clock_tick(&f->c, fixture_now(f), &f->a);
}

static inline struct clock_view fixture_view(const struct fixture *f)
{
    struct clock_view v;

    page_view(clock_page(&f->c), fixture_now(f), &v);
    return v;
}

/* Served minus true time, s. */
static inline double fixture_error_s(const struct fixture *f) { return dur_to_s(utc_sub(fixture_view(f).utc, fixture_utc(f))); }

static inline bool fixture_did(const struct fixture *f, enum clock_action_kind kind)
{
    for (unsigned i = 0; i < f->a.count; i++)
        if (f->a.item[i].kind == kind)
            return true;
    return false;
}

static inline bool fixture_logged(const struct fixture *f, enum log_id id)
{
    for (unsigned i = 0; i < f->a.count; i++)
        if (f->a.item[i].kind == CLOCK_DO_LOG && f->a.item[i].log.id == id)
            return true;
    return false;
}

#endif
