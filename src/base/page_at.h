/* A page's arithmetic at one instant, inline: page_view and libutc's utc_now are the same few multiplications, so nobody can be told two times.
 *
 * Whoever reads a page in place may be handed halves of two copies, and finds that out afterwards by the generation: so no value here may trap, whatever
 * the fields hold. */
#ifndef BASE_PAGE_AT_H
#define BASE_PAGE_AT_H

#include "base/page.h"

struct page_instant {
    struct tai_ns tai;          /* served */
    struct utc_ns utc;
    int64_t early, late;        /* of the served time: true UTC lies in [utc - early, utc + late] */
    enum clock_status status;
    bool usable;
};

/* To the next lower integer, and outside the range of int64_t to some number. */
static inline int64_t page_floor(double x)
{
    int64_t whole = x > -9.2e18 && x < 9.2e18 ? (int64_t)x : 0;

    return whole - (x < (double)whole);
}

/* x >= 0 seconds-per-second over dt >= 0 ns, rounded away from zero so that a bound never shrinks. */
static inline int64_t page_grow(double rate, int64_t dt_ns)
{
    double v = rate * (double)dt_ns;

    if (!(v > 0))
        return 0;
    return v < 9e18 ? (int64_t)v + 1 : INT64_MAX;
}

static inline int64_t page_grown(const struct page_data *d, int64_t now)
{
    int64_t silent = d->silent_at.ns > d->raw_ref.ns ? d->silent_at.ns : d->raw_ref.ns;

    if (now <= d->raw_ref.ns)
        return 0;
    if (__builtin_expect(now <= silent, 1))
        return page_grow(d->growth, ns_sub(now, d->raw_ref.ns));
    return ns_add(page_grow(d->growth, ns_sub(silent, d->raw_ref.ns)), page_grow(d->growth_silent, ns_sub(now, silent)));
}

static inline enum clock_status page_status_at(const struct page_data *d, struct mono_ns now)
{
    bool timed = d->status == CLOCK_SYNCHRONISED || d->status == CLOCK_HOLDOVER;

    if (timed && !mono_before(now, d->free_running_at))
        return CLOCK_FREE_RUNNING;
    if (d->status == CLOCK_SYNCHRONISED && !mono_before(now, d->holdover_at))
        return CLOCK_HOLDOVER;
    return (enum clock_status)d->status;
}

static inline int64_t page_slew_left(const struct page_data *d, int64_t now)
{
    int64_t span = ns_sub(d->slew_end.ns, d->raw_ref.ns);
    double gone;

    if (span <= 0 || now >= d->slew_end.ns)
        return 0;
    if (now <= d->raw_ref.ns)
        return d->slew.ns;
    gone = (double)d->slew.ns * ((double)ns_sub(now, d->raw_ref.ns) / (double)span);
    return ns_sub(d->slew.ns, gone > -9.2e18 && gone < 9.2e18 ? (int64_t)gone : 0);
}

/* From leap_at on the new difference holds. */
static inline int32_t page_tai_minus_utc(const struct page_data *d, struct tai_ns t)
{
    return (int32_t)((uint32_t)d->tai_minus_utc_s + (t.ns >= d->leap_at.ns ? (uint32_t)d->leap_delta_s : 0));
}

static inline struct tai_ns page_served(const struct page_data *d, int64_t dt, int64_t slew)
{
    return (struct tai_ns){ ns_add(ns_add(d->tai_ref.ns, ns_add(dt, page_floor((double)dt * d->rate + 0.5))), slew) };
}

/* Is the served time on one side of a leap second, and some of where true time may be on the other? */
static inline bool page_straddles_leap(const struct page_data *d, const struct page_instant *at)
{
    bool before = at->tai.ns < d->leap_at.ns;

    return d->leap_delta_s != 0 && ((ns_sub(at->tai.ns, at->early) < d->leap_at.ns) != before || (ns_add(at->tai.ns, at->late) < d->leap_at.ns) != before);
}

/* There UTC is told by another count of seconds, so true UTC may be one further away than true TAI. And of an inserted second it is told twice, the one as good
 * as the other. */
static inline void page_widen_over_leap(const struct page_data *d, struct page_instant *at)
{
    struct tai_ns lo = { ns_sub(at->tai.ns, at->early) }, hi = { ns_add(at->tai.ns, at->late) };
    struct utc_ns first = tai_to_utc(lo, page_tai_minus_utc(d, lo)), last = tai_to_utc(hi, page_tai_minus_utc(d, hi));
    int64_t early, late;

    if (tai_before(lo, d->leap_at) && !tai_before(hi, d->leap_at)) {
        struct utc_ns old = tai_to_utc(d->leap_at, d->tai_minus_utc_s), fresh = tai_to_utc(d->leap_at, page_tai_minus_utc(d, d->leap_at));

        first = utc_earlier(fresh, first) ? fresh : first;
        last = utc_earlier(last, old) ? old : last;
    }
    early = ns_sub(at->utc.ns, first.ns);
    late = ns_sub(last.ns, at->utc.ns);
    at->early = early > at->early ? early : at->early;
    at->late = late > at->late ? late : at->late;
}

static inline void page_at(const struct page_data *d, struct mono_ns now, struct page_instant *out)
{
    int64_t slew = page_slew_left(d, now.ns), grown = page_grown(d, now.ns);

    out->tai = page_served(d, ns_sub(now.ns, d->raw_ref.ns), slew);
    out->utc = tai_to_utc(out->tai, page_tai_minus_utc(d, out->tai));
    out->early = ns_add(ns_add(d->early.ns, grown), slew);
    out->late = ns_sub(ns_add(d->late.ns, grown), slew);
    out->status = page_status_at(d, now);
    if (__builtin_expect(page_straddles_leap(d, out), 0))
        page_widen_over_leap(d, out);
    out->usable = out->status == CLOCK_SYNCHRONISED || out->status == CLOCK_HOLDOVER || out->status == CLOCK_LOCAL;
}

/* Announced until it has happened; LEAP_UNKNOWN whenever the time must not be used. */
static inline enum leap page_leap(const struct page_data *d, const struct page_instant *at)
{
    return !at->usable ? LEAP_UNKNOWN : tai_before(at->tai, d->leap_at) ? (enum leap)d->leap : LEAP_NONE;
}

#endif
