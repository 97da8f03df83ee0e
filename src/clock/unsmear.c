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

static struct clock_span minus(struct clock_span s, double by_s, double slack_s)
{
    return (struct clock_span){ s.lo_s - by_s - slack_s, s.hi_s - by_s + slack_s };
}

/* The law that brings the span back into the bound, and best; the bound may have been narrowed from the wrong side meanwhile, by half a span at most. */
static enum smear_law law_of(const struct clock *c, const struct clock_source *s, struct tai_ns at)
{
    const struct page_data *p = &c->page;
    double half_s = (s->span.hi_s - s->span.lo_s) / 2, middle_s = s->span.lo_s + half_s, best_s = INFINITY;
    enum smear_law best = SMEAR_NONE;
    struct clock_span both;

    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++) {
        double by_s = dur_to_s(smear_offset(law, at, p->leap_at, p->leap_delta_s));

        if (by_s == 0 || !interval_meet(minus(s->span, by_s, half_s / 2), c->estimate.bound, &both) || fabs(middle_s - by_s) >= best_s)
            continue;
        best = law;
        best_s = fabs(middle_s - by_s);
    }
    return best;
}

static bool smear_is_over(const struct clock *c, struct tai_ns at)
{
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        if (smear_offset(law, at, c->page.leap_at, c->page.leap_delta_s).ns != 0)
            return false;
    return true;
}

bool unsmear_refuses(struct clock *c, struct clock_source *s, struct clock_actions *out)
{
    struct tai_ns at = estimate_tai(&c->estimate, s->last.at);
    struct clock_span both;
    struct log_record *r;
    enum smear_law law;

    if (s->smears && !smear_is_over(c, at))
        return true;
    s->smears = false;
    if (c->page.leap_delta_s == 0 || s->smear != SMEAR_NONE || interval_meet(s->span, c->estimate.bound, &both))
        return false;
    law = law_of(c, s, at);
    if (law == SMEAR_NONE)
        return false;
    s->smears = true;
    s->state = CLOCK_SOURCE_REFUSED;
    r = discipline_log(out, LOG_SOURCE_SMEARS);
    log_text(r, "source", s->name);
    log_text(r, "law", smear_law_text(law));
    return true;
}
