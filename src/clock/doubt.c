#include "clock/doubt.h"

#include <math.h>

#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/month.h"
#include "clock/pace.h"
#include "clock/select.h"
#include "clock/unsmear.h"

#define NOON_S 43200.0
#define UTC_SLS_S 1000.0

/* From when to when a law is not UTC, before and after midnight, and how steep it is. */
static const struct { double before_s, after_s, steepest; } laws[SMEAR_LAW_COUNT] = {
    [SMEAR_LINEAR] = { NOON_S, NOON_S + MONTH_LEAP_S, 11.7e-6 },
    [SMEAR_COSINE] = { NOON_S, NOON_S + MONTH_LEAP_S, 18.3e-6 },
    [SMEAR_UTC_SLS] = { UTC_SLS_S, MONTH_LEAP_S, 1.001e-3 },
};

static struct tai_ns midnight(const struct clock *c) { return utc_to_tai(c->leap.doubted, c->page.tai_minus_utc_s); }

static bool is_on(enum smear_law law, double x_s) { return x_s >= -laws[law].before_s - MONTH_MARGIN_S && x_s <= laws[law].after_s + MONTH_MARGIN_S; }

/* The laws that sources are declared to follow, as bits; and those of sources that are gone since, whose word the estimate has taken along. */
static unsigned declared(const struct clock *c)
{
    unsigned set = c->leap.followed;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (c->source[i].used && !c->source[i].aside && c->source[i].smear != SMEAR_NONE)
            set |= 1u << c->source[i].smear;
    return set;
}

static unsigned declared_and_on(const struct clock *c, double x_s)
{
    unsigned set = declared(c);

    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (!is_on(law, x_s))
            set &= ~(1u << law);
    return set;
}

/* How far a source would be from the count of before, were there such a leap second. */
static double taken_s(const struct clock *c, enum smear_law law, struct tai_ns at, int32_t delta_s)
{
    struct page_data p = { .leap_delta_s = delta_s, .leap_at = tai_add(midnight(c), (struct dur_ns){ delta_s > 0 ? 0 : -NS_PER_S }) };

    return dur_to_s(unsmear_taken(&p, law, at));
}

/* How far it would be from UTC, at most, whichever leap second that is; around midnight on either side of it. */
static double hidden_by_s(const struct clock *c, enum smear_law law, double x_s)
{
    struct tai_ns at = tai_add(midnight(c), dur_from_s(x_s));
    double a = fabs(taken_s(c, law, at, 1)), b = fabs(taken_s(c, law, at, -1)), most = fmax(a, b), least = fmin(a, b);

    if (x_s < -MONTH_MARGIN_S)
        return most;
    return x_s > MONTH_MARGIN_S ? MONTH_LEAP_S - least : fmax(most, MONTH_LEAP_S - least);
}

static double hidden_s(const struct clock *c, double x_s)
{
    unsigned set = declared_and_on(c, x_s);
    double most = 0;

    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (set >> law & 1)
            most = fmax(most, hidden_by_s(c, law, x_s));
    return most;
}

static double steepest(const struct clock *c, double x_s)
{
    unsigned set = declared_and_on(c, x_s);
    double most = 0;

    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (set >> law & 1)
            most = fmax(most, laws[law].steepest);
    return most;
}

static double x_now_s(const struct clock *c) { return month_since_s(c, c->leap.doubted, c->estimate.aged); }

bool doubt_has_begun(const struct clock *c) { return c->leap.in_doubt && declared_and_on(c, x_now_s(c)) != 0; }

bool doubt_may_remember(const struct clock *c)
{
    unsigned set = declared(c);
    double x_s;

    if (c->leap.doubted.ns == 0)
        return false;
    x_s = x_now_s(c);
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (set >> law & 1 && x_s >= -laws[law].before_s - MONTH_MARGIN_S)
            return false;
    return true;
}

/* The majority of spans in which a source that smears may be off by what its law hides. */
static bool majority_in_doubt(struct clock *c, double x_s, struct clock_majority *m)
{
    struct clock_span span[CLOCK_SOURCES_MAX];

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        enum smear_law law = (enum smear_law)c->source[i].smear;

        span[i] = c->source[i].span;
        if (law != SMEAR_NONE && is_on(law, x_s))
            interval_widen(&c->source[i].span, hidden_by_s(c, law, x_s));
    }
    select_majority(c->source, c->policy.electorate, m);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        c->source[i].span = span[i];
    return m->found;
}

struct clock_span doubt_proven(struct clock *c, struct clock_span hull)
{
    struct clock_majority m;
    double x_s, most_s;

    if (!doubt_has_begun(c) || c->leap.have_before)
        return hull;
    x_s = x_now_s(c);
    most_s = hidden_s(c, x_s);
    if (!majority_in_doubt(c, x_s, &m))
        return hull;
    return (struct clock_span){ fmin(hull.lo_s, m.hull.lo_s + most_s), fmax(hull.hi_s, m.hull.hi_s - most_s) };
}

void doubt_forget(struct clock *c)
{
    if (!c->leap.have_before || !doubt_has_begun(c))
        return;
    c->estimate.bound = interval_hull(c->estimate.bound, unsmear_before(c));
    interval_widen(&c->estimate.bound, MONTH_LEAP_S);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        interval_widen(&c->source[i].span, MONTH_LEAP_S);
    c->leap.have_before = false;
}

void doubt_ends(struct clock *c)
{
    if (!doubt_has_begun(c))
        return;
    c->leap.found = true;
    if (!c->leap.have_before)
        interval_widen(&c->estimate.bound, MONTH_LEAP_S);
}

/* The end of a month that is less than a day ahead or behind: no law goes on for longer. */
static struct utc_ns month_end(struct utc_ns utc)
{
    struct utc_ns tomorrow = utc_add(utc, (struct dur_ns){ MONTH_DAY_NS }), m = month_begin(tomorrow);

    return utc_sub(tomorrow, m).ns < 2 * MONTH_DAY_NS ? m : (struct utc_ns){ 0 };
}

static void doubt_of(struct clock *c, struct utc_ns m)
{
    if (m.ns == c->leap.doubted.ns)
        return;
    c->leap.doubted = m;
    c->leap.followed = 0;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        c->source[i].seen = DOUBT_UNSEEN;
}

/* The sources' rate may be another by this than the oscillator has, and than it was. When that is over, it is as after a silence. */
static void loosen_rate(struct clock *c, double to)
{
    double from = c->leap.loose;

    c->leap.loose = to;
    if (to >= from)
        return;
    interval_widen(&c->estimate.rate_known, from);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        pace_loosen(&c->source[i].pace, from);
}

void doubt_refresh(struct clock *c, struct utc_ns utc, bool known, bool none)
{
    bool possible = c->options.leap.unknown == LEAP_UNKNOWN_DOUBT && !known && c->policy.synchronised_once && declared(c) != 0, loose;
    double x_s;

    doubt_of(c, possible ? month_end(utc) : (struct utc_ns){ 0 });
    x_s = c->leap.doubted.ns ? x_now_s(c) : 0;
    c->leap.followed = c->leap.doubted.ns ? (uint8_t)declared_and_on(c, x_s) : 0;
    c->leap.in_doubt = c->leap.doubted.ns != 0 && !none && (x_s < 0 || declared_and_on(c, x_s) != 0);
    if (c->leap.in_doubt && x_s >= -MONTH_MARGIN_S)
        doubt_forget(c);
    loose = doubt_has_begun(c) && !c->leap.have_before;
    if (loose && c->leap.loose == 0 && c->policy.resumed)
        interval_widen(&c->estimate.bound, hidden_s(c, x_s)); /* the page tells where UTC is; the sources are elsewhere */
    else if (loose && c->leap.loose == 0)
        c->estimate.bound = doubt_proven(c, c->estimate.bound);
    loosen_rate(c, loose ? steepest(c, x_s) : 0);
}

void doubt_see(struct clock *c, struct clock_source *s)
{
    struct tai_ns at = estimate_tai(&c->estimate, s->last.at);
    struct clock_span before, both;
    double by_s;

    if (c->leap.doubted.ns == 0 || !c->leap.have_before || s->smear == SMEAR_NONE || x_now_s(c) > -MONTH_MARGIN_S)
        return;
    before = unsmear_before(c);
    by_s = taken_s(c, (enum smear_law)s->smear, at, 1);
    s->seen = DOUBT_UNSEEN;
    if (interval_meet(s->span, before, &both)) {
        if (fabs(by_s) > interval_width(s->span) + interval_width(before))
            s->seen = DOUBT_SEEN_NONE;
        return;
    }
    for (int32_t delta_s = -1; delta_s <= 1; delta_s += 2) {
        by_s = taken_s(c, (enum smear_law)s->smear, at, delta_s);
        if (interval_meet(interval_minus(s->span, by_s), before, &both))
            s->seen = delta_s > 0 ? DOUBT_SEEN_INSERT : DOUBT_SEEN_DELETE;
    }
}

void doubt_widen(const struct clock *c, struct clock_span *bound, double *growth)
{
    if (!doubt_has_begun(c))
        return;
    if (!c->leap.have_before) {
        interval_widen(bound, hidden_s(c, x_now_s(c)));
        return;
    }
    unsmear_hold_before(c, bound, growth);
}

struct mono_ns doubt_next(const struct clock *c)
{
    struct mono_ns next;
    unsigned set;

    if (!c->leap.in_doubt)
        return MONO_NEVER;
    set = declared(c);
    next = month_next(c, c->leap.doubted, -MONTH_MARGIN_S);
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (set >> law & 1)
            next = mono_min(next, month_next(c, c->leap.doubted, -laws[law].before_s - MONTH_MARGIN_S));
    return next;
}
