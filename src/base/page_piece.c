#include "base/page_piece.h"

#include <math.h>
#include <stddef.h>

#include "base/page_at.h"

#define LONGEST_NS (INT64_C(1) << 55)       /* a year: no product or sum comes near the rails */
#define LARGEST_NS (INT64_C(1) << 61)       /* of a bound */
#define LATEST_NS (INT64_C(1) << 62)        /* of a time: 2116 */
#define STEEPEST 0.5
#define ROUNDINGS_NS 3                      /* of the served time, of a slew and of the start */

struct mono_ns page_first_bend(const struct page_data *d, struct mono_ns from, struct dur_ns longest)
{
    const struct mono_ns bend[] = { d->slew_end, d->silent_at, d->holdover_at, d->free_running_at };
    struct mono_ns end = mono_add(from, longest);

    for (size_t i = 0; i < sizeof bend / sizeof bend[0]; i++)
        if (mono_before(from, bend[i]))
            end = mono_min(end, bend[i]);
    return end;
}

/* A leap second in between ends the piece a little before true time may have reached it: the raw clock may be fast, and the bound grows. */
static struct mono_ns before_leap(const struct page_data *d, struct mono_ns from, const struct page_instant *at, struct mono_ns end)
{
    int64_t left = ns_sub(d->leap_at.ns, ns_add(at->tai.ns, at->late > 0 ? at->late : 0));

    return left <= 0 || d->leap_at.ns == INT64_MAX ? end : mono_min(end, mono_add(from, (struct dur_ns){ left - left / 2 }));
}

/* When both served and true time are past it. */
static struct mono_ns after_leap(const struct page_data *d, struct mono_ns from, const struct page_instant *at)
{
    return mono_add(from, (struct dur_ns){ ns_add(ns_sub(d->leap_at.ns, at->tai.ns), at->early > 0 ? at->early : 0) });
}

static int64_t slope(double s_per_s) { return (int64_t)llrint(ldexp(s_per_s, PAGE_PIECE_SHIFT)); }

/* Rounded up, so that a bound never shrinks. */
static int64_t slope_up(double s_per_s) { return (int64_t)ceil(ldexp(s_per_s, PAGE_PIECE_SHIFT)) + 1; }

static bool is_plain(const struct page_instant *at, double rate, double early_rate, double late_rate)
{
    return fabs(rate) < STEEPEST && fabs(early_rate) < STEEPEST && fabs(late_rate) < STEEPEST && at->early < LARGEST_NS && at->early > -LARGEST_NS &&
           at->late < LARGEST_NS && at->late > -LARGEST_NS && at->utc.ns < LATEST_NS && at->utc.ns > -LATEST_NS;
}

static struct mono_ns cut_one(const struct page_data *d, struct mono_ns from, struct page_piece *out)
{
    bool slewing = mono_before(from, d->slew_end), silent = !mono_before(from, d->silent_at);
    double slew = slewing ? -(double)d->slew.ns / (double)mono_sub(d->slew_end, d->raw_ref).ns : 0, growth = silent ? d->growth_silent : d->growth;
    struct page_instant at;
    struct mono_ns end;

    page_at(d, from, &at);
    *out = (struct page_piece){ .from = from.ns, .until = from.ns };
    if (page_straddles_leap(d, &at))
        return after_leap(d, from, &at);
    end = before_leap(d, from, &at, page_first_bend(d, from, (struct dur_ns){ LONGEST_NS }));
    if (!is_plain(&at, d->rate + slew, growth + slew, growth - slew))
        return end;
    *out = (struct page_piece){
        .from = from.ns, .until = end.ns, .utc = at.utc.ns, .rate = slope(d->rate + slew), .early = at.early + ROUNDINGS_NS, .late = at.late + ROUNDINGS_NS,
        .early_rate = slope_up(growth + slew), .late_rate = slope_up(growth - slew), .tai_minus_utc_ns = page_tai_minus_utc(d, at.tai) * NS_PER_S,
        .status = (int32_t)at.status, .leap = (int32_t)page_leap(d, &at), .stratum = at.usable ? d->stratum : 0, .usable = at.usable,
    };
    return end;
}

void page_cut(const struct page_data *d, struct page_piece out[PAGE_PIECES])
{
    struct mono_ns from = d->raw_ref;

    for (unsigned i = 0; i < PAGE_PIECES; i++)
        from = cut_one(d, from, &out[i]);
}
