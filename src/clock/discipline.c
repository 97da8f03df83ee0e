#include "clock/discipline.h"

#include <assert.h>
#include <math.h>

#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap.h"
#include "clock/poll.h"
#include "clock/recall.h"
#include "clock/select.h"
#include "clock/unsmear.h"
#include "clock/untold.h"

#define SILENT_POLLS 8        /* RFC 5905: a source is unreachable after eight */
#define SLEW_PART (1.0 / 3)   /* a correction is spread over this part of the poll interval, */
#define SLEW_LEAST_S 2.0      /* at least this long, but no longer than the interval; */
#define SLEW_PART_AGE 0.25    /* while the estimate is young, over no longer than this part of its age */
#define ROUNDING_S 2e-9       /* the page counts whole nanoseconds */
#define RATE_LIMIT 0.1        /* base/page.h */
#define STEER_HORIZON_S 16.0

struct clock_action *discipline_emit(struct clock_actions *out, enum clock_action_kind kind)
{
    struct clock_action *a;

    assert(out->count < CLOCK_ACTIONS_MAX);
    a = &out->item[out->count++];
    *a = (struct clock_action){ .kind = kind };
    return a;
}

struct log_record *discipline_log(struct clock_actions *out, enum log_id id)
{
    struct log_record *r = &discipline_emit(out, CLOCK_DO_LOG)->log;

    r->id = id;
    return r;
}

enum clock_status discipline_status(const struct clock *c, struct mono_ns now)
{
    struct clock_view v;

    page_view(&c->page, now, &v);
    return v.status;
}

struct dur_ns discipline_residue(const struct clock *c, struct mono_ns now)
{
    struct clock_view v;

    page_view(&c->page, now, &v);
    return tai_sub(estimate_tai(&c->estimate, now), v.tai);
}

/* The source whose stratum, refid and root delay are ours: preferred first, then the narrowest span. */
static const struct clock_source *leader(const struct clock *c)
{
    const struct clock_source *best = NULL;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];
        bool better;

        if (!s->used || s->state != CLOCK_SOURCE_SELECTED)
            continue;
        better = !best || (s->prefer != best->prefer ? s->prefer : interval_width(s->span) < interval_width(best->span));
        if (better)
            best = s;
    }
    return best;
}

static void count_sources(struct clock *c)
{
    struct page_data *p = &c->page;

    p->sources_total = p->sources_reachable = p->sources_selected = p->sources_false = 0;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];

        p->sources_total = (uint8_t)(p->sources_total + s->used);
        p->sources_reachable = (uint8_t)(p->sources_reachable + select_counts(s));
        p->sources_selected = (uint8_t)(p->sources_selected + (s->used && s->state == CLOCK_SOURCE_SELECTED));
        p->sources_false = (uint8_t)(p->sources_false + (s->used && s->state == CLOCK_SOURCE_FALSETICKER));
    }
}

struct dur_ns discipline_poll(const struct clock *c)
{
    struct dur_ns longest = { 0 };

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&c->source[i]))
            longest = dur_max(longest, poll_choose(c, &c->source[i]));
    return longest.ns ? longest : dur_from_log2(6);
}

struct dur_ns discipline_silence(const struct clock *c) { return (struct dur_ns){ SILENT_POLLS * discipline_poll(c).ns }; }

/* The bound grows as the estimate does; where it is only stated, at the limit that is stated with it. */
static void set_bound(struct clock *c, enum clock_status status, struct mono_ns now)
{
    double silent = c->options.clock.max_drift_silent * 1e-6, drift = c->options.clock.max_drift * 1e-6, growth = interval_growth(c);
    struct clock_span bound = unsmear_bound(c, &growth);
    bool stated = status == CLOCK_LOCAL && !c->policy.synchronised_once;

    leap_widen(c, now, &bound);
    untold_widen(c, &bound);
    c->page.growth = stated ? silent : growth;
    c->page.growth_silent = stated ? silent : fmax(silent, drift) + growth - drift;
    c->page.early = dur_from_s(fmax(-bound.lo_s, 0) + ROUNDING_S);
    c->page.late = dur_from_s(fmax(bound.hi_s, 0) + ROUNDING_S);
}

/* When the larger side of the bound reaches the limit. */
static struct mono_ns when_bound_is(const struct page_data *p, struct dur_ns limit)
{
    double room_s = dur_to_s(dur_sub(limit, dur_max(p->early, p->late)));
    struct mono_ns from = mono_before(p->raw_ref, p->silent_at) ? p->silent_at : p->raw_ref;
    double calm_s = dur_to_s(mono_sub(from, p->raw_ref)) * p->growth;

    if (room_s <= 0)
        return p->raw_ref;
    if (calm_s >= room_s)
        return mono_add(p->raw_ref, dur_from_s(room_s / p->growth));
    return mono_add(from, dur_from_s((room_s - calm_s) / p->growth_silent));
}

static void set_path(struct clock *c)
{
    const struct clock_source *s = leader(c);

    if (!s)
        return;
    c->page.stratum = s->last.stratum >= 15 ? 15 : (uint8_t)(s->last.stratum + 1);
    c->page.refid = s->refid;
    /* Not the bound's whole width: then readers of the wire would add up more than it. */
    c->policy.root_delay = dur_min(dur_add(s->last.root_delay, s->last.delay), dur_add(c->page.early, c->page.late));
}

/* What is known was measured since then: from the start on, or since a sleep or a move took the phase away. */
static double age_of_phase_s(const struct clock *c, struct mono_ns now)
{
    struct mono_ns from = c->estimate.started;

    if (c->policy.lost_at.ns != 0 && mono_before(from, c->policy.lost_at))
        from = c->policy.lost_at;
    return dur_to_s(mono_sub(now, from));
}

static void set_line(struct clock *c, struct tai_ns served, struct mono_ns now)
{
    struct page_data *p = &c->page;
    double fastest = fmin(c->options.clock.max_slew * 1e-6, RATE_LIMIT / 2), interval_s = dur_to_s(discipline_poll(c));
    double spread_s = fmax(interval_s * SLEW_PART, fmin(interval_s, SLEW_LEAST_S));
    double age_s = age_of_phase_s(c, now);

    p->raw_ref = now;
    p->tai_ref = estimate_tai(&c->estimate, now);
    p->rate = c->estimate.rate;
    p->slew = tai_sub(served, p->tai_ref);
    p->slew_end = mono_add(now, dur_from_s(p->slew.ns ? fmax(fmin(spread_s, fmax(age_s * SLEW_PART_AGE, 1)), fabs(dur_to_s(p->slew)) / fastest) : 0));
}

static void set_status(struct clock *c, enum clock_status status)
{
    struct page_data *p = &c->page;
    bool holds = status == CLOCK_SYNCHRONISED || status == CLOCK_HOLDOVER;

    p->status = (uint8_t)status;
    p->holdover_at = status == CLOCK_SYNCHRONISED ? p->silent_at : MONO_NEVER;
    p->free_running_at = holds && !c->policy.orphan ? when_bound_is(p, c->options.holdover.max_error) : MONO_NEVER;
    if (status == CLOCK_SYNCHRONISED && c->options.local.present && mono_before(p->free_running_at, p->silent_at))
        p->free_running_at = p->silent_at; /* `local` would serve the same line with the same bound, and call it a statement */
    if (holds)
        p->free_running_at = mono_min(p->free_running_at, untold_ends(c));
    if (status == CLOCK_LOCAL) {
        p->stratum = (uint8_t)c->options.local.stratum;
        p->refid = UINT32_C(0x7f7f0101); /* 127.127.1.1, as local references have always been written */
        c->policy.root_delay = (struct dur_ns){ 0 };
    }
    p->root_delay = dur_max(c->policy.root_delay, untold_root_delay(c));
}

static void publish(struct clock *c, struct tai_ns served, enum clock_status status, bool fresh, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns lead = tai_sub(served, estimate_tai(&c->estimate, now));

    interval_age(c, now); /* by the law of the page that is about to be replaced */
    leap_refresh(c, now, out);
    served = tai_add(estimate_tai(&c->estimate, now), lead); /* the count of TAI may just have been corrected */
    set_bound(c, status, now);
    set_line(c, served, now);
    if (fresh) {
        c->page.silent_at = mono_add(now, discipline_silence(c));
        c->page.reference_time = page_tai_to_utc(&c->page, served);
        set_path(c);
    }
    set_status(c, status);
    count_sources(c);
    c->page.heartbeat = now;
    recall_update(c, now);
    discipline_emit(out, CLOCK_DO_PUBLISH);
}

void discipline_publish(struct clock *c, enum clock_status status, bool fresh, struct mono_ns now, struct clock_actions *out)
{
    struct clock_view v;

    page_view(&c->page, now, &v);
    publish(c, v.tai, status, fresh, now, out);
}

void discipline_step(struct clock *c, bool announce, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns by = discipline_residue(c, now);

    interval_age(c, now);
    set_line(c, estimate_tai(&c->estimate, now), now); /* a leap second is announced for the day that it is now */
    publish(c, estimate_tai(&c->estimate, now), CLOCK_SYNCHRONISED, true, now, out);
    if (announce)
        discipline_emit(out, CLOCK_DO_STEP)->offset = by;
}

struct mono_ns clock_steer(const struct clock *c, struct mono_ns now, struct dur_ns system_error, double gain, double *rate)
{
    const struct page_data *p = &c->page;
    double limit = c->options.clock.max_slew * 1e-6, slew = 0, work;
    struct mono_ns next = mono_add(now, dur_from_s(STEER_HORIZON_S));

    if (mono_before(now, p->slew_end)) {
        slew = -dur_to_s(p->slew) / dur_to_s(mono_sub(p->slew_end, p->raw_ref));
        next = mono_min(next, p->slew_end);
    }
    work = -dur_to_s(system_error) / STEER_HORIZON_S;
    *rate = p->rate + fmin(fmax(slew + work + gain, -limit), limit);
    return next;
}
