#include "clock/unsmear.h"

#include <math.h>

#include "clock/discipline.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap.h"

#define ROUNDS 4 /* the steepest law, 1 ms/s, takes 1 s of first error below 1 ns in three */

const char *smear_law_text(enum smear_law law)
{
    static const char *const text[SMEAR_LAW_COUNT] = { "none", "linear", "cosine", "utc-sls" };

    return (unsigned)law < SMEAR_LAW_COUNT ? text[law] : "unknown";
}

/* How far smeared time has left the count of before the leap, which it does without a jump. */
static struct dur_ns taken(const struct page_data *p, enum smear_law law, struct tai_ns at)
{
    struct dur_ns jump = { tai_before(at, p->leap_at) ? 0 : -p->leap_delta_s * NS_PER_S };

    return dur_add(smear_offset(law, at, p->leap_at, p->leap_delta_s), jump);
}

struct tai_ns unsmear_tai_of(const struct page_data *p, enum smear_law law, struct utc_ns utc, struct tai_ns expected)
{
    struct tai_ns before = utc_to_tai(utc, p->tai_minus_utc_s), at = before;

    if (law == SMEAR_NONE || p->leap_delta_s == 0)
        return leap_tai_of(p, utc, expected);
    for (int i = 0; i < ROUNDS; i++)
        at = tai_add(before, dur_neg(taken(p, law, at)));
    return at;
}

static struct clock_span minus(struct clock_span s, double by_s) { return (struct clock_span){ s.lo_s - by_s, s.hi_s - by_s }; }

/* The law that brings a span back into the bound that it has left, and best. A source that tells the truth is only moved farther away by the smear that
 * took the bound along. */
static enum smear_law law_of(const struct page_data *p, struct clock_span span, struct clock_span bound, struct tai_ns at)
{
    double middle_s = (span.lo_s + span.hi_s) / 2, best_s = INFINITY;
    enum smear_law best = SMEAR_NONE;
    struct clock_span both;

    if (interval_meet(span, bound, &both))
        return SMEAR_NONE;
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++) {
        double by_s = dur_to_s(smear_offset(law, at, p->leap_at, p->leap_delta_s));

        if (by_s == 0 || !interval_meet(minus(span, by_s), bound, &both) || fabs(middle_s - by_s) >= best_s)
            continue;
        best = law;
        best_s = fabs(middle_s - by_s);
    }
    return best;
}

static bool is_smearing_time(const struct page_data *p, struct tai_ns at)
{
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (smear_offset(law, at, p->leap_at, p->leap_delta_s).ns != 0)
            return true;
    return false;
}

void unsmear_remember(struct clock *c)
{
    struct clock_leap *l = &c->leap;

    if (c->page.leap_delta_s == 0 || c->page.status != CLOCK_SYNCHRONISED)
        l->have_before = false;
    else if (!is_smearing_time(&c->page, estimate_tai(&c->estimate, c->estimate.aged))) {
        l->have_before = true;
        l->before = c->estimate;
        l->before_growth = c->page.growth;
    }
}

/* The bound of before the smear, aged to now. */
static struct clock_span remembered_bound(const struct clock *c)
{
    const struct clock_leap *l = &c->leap;
    double grown_s = dur_to_s(mono_sub(c->estimate.aged, l->before.aged)) * l->before_growth;

    return (struct clock_span){ l->before.bound.lo_s - grown_s, l->before.bound.hi_s + grown_s };
}

/* Against what was remembered. */
static enum smear_law law_since(const struct clock *c, struct clock_span span, struct tai_ns at)
{
    struct mono_ns now = c->estimate.aged;
    double moved_s;

    if (!c->leap.have_before)
        return SMEAR_NONE;
    moved_s = dur_to_s(tai_sub(estimate_tai(&c->estimate, now), estimate_tai(&c->leap.before, now)));
    return law_of(&c->page, minus(span, -moved_s), remembered_bound(c), at);
}

static void go_back(struct clock *c)
{
    struct clock_span bound = remembered_bound(c);
    struct mono_ns aged = c->estimate.aged;

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
    log_text(r, "law", smear_law_text(law));
}

bool unsmear_refuses(struct clock *c, struct clock_source *s, bool *taken_along, struct clock_actions *out)
{
    struct tai_ns at = estimate_tai(&c->estimate, s->last.at);
    bool time = c->page.leap_delta_s != 0 && is_smearing_time(&c->page, at);
    enum smear_law law;

    *taken_along = false;
    s->smears = s->smears && time;
    if (s->smears || !time || s->smear != SMEAR_NONE)
        return s->smears;
    law = law_of(&c->page, s->span, c->estimate.bound, at);
    if (law == SMEAR_NONE) {
        law = law_since(c, s->span, at);
        *taken_along = law != SMEAR_NONE;
    }
    if (law != SMEAR_NONE)
        refuse(s, law, out);
    if (*taken_along)
        go_back(c);
    return law != SMEAR_NONE;
}
