#include "clock/unsmear.h"

#include <math.h>

#include "clock/discipline.h"
#include "clock/doubt.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap.h"

#define ROUNDS 4 /* the steepest law, 1 ms/s, takes 1 s of first error below 1 ns in three */

static const char *law_text(enum smear_law law)
{
    static const char *const text[SMEAR_LAW_COUNT] = { "none", "linear", "cosine", "utc-sls" };

    return (unsigned)law < SMEAR_LAW_COUNT ? text[law] : "unknown";
}

struct dur_ns unsmear_taken(const struct page_data *p, enum smear_law law, struct tai_ns at)
{
    struct dur_ns jump = { tai_before(at, p->leap_at) ? 0 : -p->leap_delta_s * NS_PER_S };

    return dur_add(smear_offset(law, at, p->leap_at, p->leap_delta_s), jump);
}

struct tai_ns unsmear_tai_of(const struct page_data *p, enum smear_law law, struct utc_ns utc, struct tai_ns expected)
{
    struct tai_ns before = utc_to_tai(utc, p->tai_minus_utc_s), at = before;
    int rounds = ROUNDS;

    if (law == SMEAR_NONE || p->leap_delta_s == 0)
        return leap_tai_of(p, utc, expected);
    while (rounds--)
        at = tai_add(before, dur_neg(unsmear_taken(p, law, at)));
    return at;
}

/* The law that brings a span back into the bound that it has left, and best. A source that tells the truth is only moved farther away by the smear that
 * took the bound along. */
static enum smear_law law_of(const struct page_data *p, struct clock_span span, struct clock_span bound, struct tai_ns at)
{
    double middle_s = interval_middle(span), best_s = INFINITY;
    enum smear_law best = SMEAR_NONE;
    struct clock_span both;

    if (interval_meet(span, bound, &both))
        return SMEAR_NONE;
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++) {
        double by_s = dur_to_s(smear_offset(law, at, p->leap_at, p->leap_delta_s));

        if (by_s == 0 || !interval_meet(interval_minus(span, by_s), bound, &both) || fabs(middle_s - by_s) >= best_s)
            continue;
        best = law;
        best_s = fabs(middle_s - by_s);
    }
    return best;
}

/* Bits of the laws by which it is not UTC that is told at that instant. */
static unsigned laws_at(const struct page_data *p, struct tai_ns at)
{
    unsigned laws = 0;

    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        laws |= (unsigned)(smear_offset(law, at, p->leap_at, p->leap_delta_s).ns != 0) << law;
    return laws;
}

/* The bound of before the smear, aged to now. */
static struct clock_span remembered_bound(const struct clock *c)
{
    const struct clock_leap *l = &c->leap;
    double grown_s = dur_to_s(mono_sub(c->estimate.aged, l->before.aged)) * l->before_growth;

    return (struct clock_span){ l->before.bound.lo_s - grown_s, l->before.bound.hi_s + grown_s };
}

/* By how much the line of now is ahead of the remembered one. */
static double moved_s(const struct clock *c)
{
    struct mono_ns now = c->estimate.aged;

    return dur_to_s(tai_sub(estimate_tai(&c->estimate, now), estimate_tai(&c->leap.before, now)));
}

struct clock_span unsmear_before(const struct clock *c) { return interval_minus(remembered_bound(c), moved_s(c)); }

void unsmear_hold_before(const struct clock *c, struct clock_span *bound, double *growth)
{
    *bound = interval_hull(*bound, unsmear_before(c));
    *growth = fmax(*growth, c->leap.before_growth + fabs(c->estimate.rate - c->leap.before.rate));
}

/* Every source would have been found out at its last measurement, if it followed this law. */
static bool is_ruled_out(const struct clock *c, enum smear_law law)
{
    double known_s = c->leap.have_before ? interval_width(remembered_bound(c)) : INFINITY;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];
        struct dur_ns off = smear_offset(law, estimate_tai(&c->estimate, s->last.at), c->page.leap_at, c->page.leap_delta_s);

        if (s->used && s->sampled && !s->smears && !dur_before(dur_from_s(known_s + interval_width(s->span)), dur_abs(off)))
            return false;
    }
    return true;
}

void unsmear_remember(struct clock *c)
{
    struct clock_leap *l = &c->leap;

    if (c->page.leap_delta_s == 0 && l->doubted.ns == 0)
        l->have_before = false;
    else if (c->page.leap_delta_s == 0 && !doubt_may_remember(c))
        l->ruled_out = 0;
    else if (laws_at(&c->page, estimate_tai(&c->estimate, c->estimate.aged))) {
        for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
            l->ruled_out = (uint8_t)(l->ruled_out | is_ruled_out(c, law) << law);
    } else {
        l->have_before = c->page.status == CLOCK_SYNCHRONISED;
        l->ruled_out = 0;
        l->before = c->estimate;
        l->before_growth = c->page.growth;
    }
}

/* A law that has begun, and that most sources may follow without having been found out. */
static bool may_be_followed(const struct clock *c)
{
    return c->leap.have_before && laws_at(&c->page, estimate_tai(&c->estimate, c->estimate.aged)) & ~c->leap.ruled_out;
}

struct clock_span unsmear_bound(const struct clock *c, double *growth)
{
    struct clock_span bound = c->estimate.bound;

    doubt_widen(c, &bound, growth);
    if (may_be_followed(c))
        unsmear_hold_before(c, &bound, growth);
    return bound;
}

/* Against what was remembered. */
static enum smear_law law_since(const struct clock *c, struct clock_span span, struct tai_ns at)
{
    if (!c->leap.have_before)
        return SMEAR_NONE;
    return law_of(&c->page, interval_minus(span, -moved_s(c)), remembered_bound(c), at);
}

void unsmear_go_back(struct clock *c)
{
    struct clock_span bound = remembered_bound(c);
    struct mono_ns aged = c->estimate.aged;

    if (!c->leap.have_before)
        return;
    c->estimate = c->leap.before;
    c->estimate.bound = bound;
    c->estimate.aged = aged;
}

static void refuse(struct clock_source *s, enum smear_law law, struct clock_actions *out)
{
    struct log_record *r = discipline_log(out, LOG_SOURCE_SMEARS);

    s->smears = true;
    s->state = CLOCK_SOURCE_REFUSED;
    log_text(r, "source", s->name);
    log_text(r, "law", law_text(law));
}

bool unsmear_refuses(struct clock *c, struct clock_source *s, bool *taken_along, struct clock_actions *out)
{
    struct tai_ns at = estimate_tai(&c->estimate, s->last.at);
    bool time = laws_at(&c->page, at);
    enum smear_law law;
    double growth = 0;

    *taken_along = false;
    s->smears = s->smears && time;
    if (s->smears || !time || s->smear != SMEAR_NONE)
        return s->smears;
    law = law_of(&c->page, s->span, c->estimate.bound, at);
    if (law == SMEAR_NONE) {
        law = law_since(c, s->span, at);
        *taken_along = law != SMEAR_NONE;
    }
    if (law == SMEAR_NONE)
        return false;
    c->estimate.bound = unsmear_bound(c, &growth); /* it may have been cut by what this source said before */
    refuse(s, law, out);
    if (*taken_along)
        unsmear_go_back(c);
    return true;
}
