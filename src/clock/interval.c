#include "clock/interval.h"

#include <math.h>

#include "clock/pace.h"

double interval_width(struct clock_span s) { return s.hi_s - s.lo_s; }
double interval_middle(struct clock_span s) { return (s.lo_s + s.hi_s) / 2; }
double interval_farthest(struct clock_span s) { return fmax(-s.lo_s, s.hi_s); }

void interval_widen(struct clock_span *s, double by_s)
{
    s->lo_s -= by_s;
    s->hi_s += by_s;
}

struct clock_span interval_minus(struct clock_span s, double by_s) { return (struct clock_span){ s.lo_s - by_s, s.hi_s - by_s }; }

struct clock_span interval_hull(struct clock_span a, struct clock_span b)
{
    return (struct clock_span){ fmin(a.lo_s, b.lo_s), fmax(a.hi_s, b.hi_s) };
}

/* The page's own law, so that what readers are told and what is kept here are the same. */
static double grown_s(const struct page_data *d, struct mono_ns from, struct mono_ns to)
{
    struct mono_ns turn = d->silent_at;
    double calm, silent;

    if (mono_before(turn, from))
        turn = from;
    calm = dur_to_s(mono_sub(mono_min(turn, to), from));
    silent = mono_before(turn, to) ? dur_to_s(mono_sub(to, turn)) : 0;
    return calm * d->growth + silent * d->growth_silent;
}

double interval_growth(const struct clock *c)
{
    return c->options.clock.max_drift * 1e-6 + fmax(interval_farthest(c->estimate.rate_known), 0) + c->leap.loose;
}

void interval_forget_rate(struct clock *c)
{
    double limit = c->options.clock.max_frequency * 1e-6 + fabs(c->estimate.rate);

    c->estimate.rate_known = (struct clock_span){ -limit, limit };
}

void interval_age(struct clock *c, struct mono_ns now)
{
    double by_s;

    if (!mono_before(c->estimate.aged, now))
        return;
    by_s = grown_s(&c->page, c->estimate.aged, now);
    interval_widen(&c->estimate.bound, by_s);
    by_s = fmax(by_s, dur_to_s(mono_sub(now, c->estimate.aged)) * interval_growth(c)); /* what was measured is not what was stated */
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        interval_widen(&c->source[i].span, by_s);
    c->estimate.aged = now;
}

void interval_follow(struct clock *c, struct clock_move move)
{
    struct clock_estimate *e = &c->estimate;

    e->bound = interval_minus(e->bound, move.x_s);
    e->rate_known = interval_minus(e->rate_known, move.y);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        struct clock_source *s = &c->source[i];

        s->span = interval_minus(s->span, move.x_s);
        s->offset_s -= move.x_s;
        pace_follow(&s->pace, move, e->aged);
    }
}

struct clock_span interval_of(const struct clock *c, const struct measurement *m, double offset_s, struct mono_ns now)
{
    /* t1 and t4 were read on the raw clock, whose own rate is wrong by up to max_frequency during the exchange. */
    double exchange_s = dur_to_s(m->delay) * (0.5 + c->options.clock.max_frequency * 1e-6);
    double half_s = exchange_s + dur_to_s(m->dispersion) + dur_to_s(m->root_delay) / 2 + dur_to_s(m->root_dispersion);
    double since_s = fmax(dur_to_s(mono_sub(now, m->at)), 0) * interval_growth(c);

    return (struct clock_span){ offset_s - half_s - since_s, offset_s + half_s + since_s };
}

bool interval_meet(struct clock_span a, struct clock_span b, struct clock_span *out)
{
    *out = (struct clock_span){ fmax(a.lo_s, b.lo_s), fmin(a.hi_s, b.hi_s) };
    return out->lo_s <= out->hi_s;
}
