#include "clock/combine.h"

#include <math.h>

#include "clock/discipline.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/noise.h"
#include "clock/orphan.h"
#include "clock/sample.h"
#include "clock/select.h"

#define GROSS_DRIFTS 10.0 /* max_drifts: so far the estimate's rate may leave what is proven */
#define BIAS_MEMORY 16    /* samples */

/* A slow mean of what the source says against all of them: a source that leans is believed less, by as much as it leans. */
static double lean(struct clock_source *s, double innovation_s, bool in_company)
{
    double gain, expected;

    if (!in_company)
        return 0;
    s->innovations += s->innovations < BIAS_MEMORY;
    gain = 1.0 / s->innovations;
    s->innovation_var += gain * ((innovation_s - s->bias_s) * (innovation_s - s->bias_s) - s->innovation_var);
    s->bias_s += gain * (innovation_s - s->bias_s);
    expected = 2 * sqrt(s->innovation_var * gain);
    return s->innovations < 4 ? 0 : fmax(fabs(s->bias_s) - expected, 0);
}

/* When the clock moves, it moves against most sources; when it moves against few of them, they did. */
static bool most_misfit(const struct clock *c)
{
    unsigned counted = 0, misfits = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        counted += select_counts(&c->source[i]);
        misfits += select_counts(&c->source[i]) && c->source[i].misfit;
    }
    return misfits > counted / 2;
}

void combine_sample(struct clock *c, struct clock_source *s, bool in_company)
{
    struct clock_estimate *e = &c->estimate;
    double z = sample_offset_s(c, &s->last), before_s = dur_to_s(mono_sub(s->last.at, e->at)), leaning;
    struct clock_estimate kept = *e;
    struct clock_law law = s->law;
    struct clock_move move;
    struct clock_fit fit;

    leaning = lean(s, z, in_company);
    s->odd = leaning > 3 * noise_sd(&s->noise);
    law.half_s += leaning;
    law.body_var += leaning * leaning;
    law.edge_var += leaning * leaning;
    move = estimate_update(e, s->last.at, z, &law, &fit);
    s->misfit = fit.outlier > 0.5;
    if (in_company && s->misfit && !most_misfit(c)) {
        *e = kept;
        return;
    }
    interval_follow(c, move);
    e->surprises = s->misfit ? e->surprises + 1 : 0;
    if (e->surprises >= 2 && !in_company) { /* twice in a row: it is the clock that moved, in phase or in frequency */
        estimate_open(e, fabs(fit.innovation_s), before_s);
        interval_follow(c, estimate_update(e, s->last.at, sample_offset_s(c, &s->last), &law, &fit));
        e->surprises = 0;
    } else {
        noise_learn(&s->noise, &law, &fit);
    }
}

void combine_rate(struct clock *c)
{
    const struct clock_own_options *o = &c->options.clock;

    struct clock_span *known = &c->estimate.rate_known;
    struct clock_span proven = select_rate(c->source, c->policy.hearable, o->max_drift * 1e-6, o->max_frequency * 1e-6 + fabs(c->estimate.rate));

    if (orphan_counts(c))
        interval_widen(&proven, o->max_drift_silent * 1e-6); /* the proof is about the reference's rate */
    if (c->policy.resumed && interval_width(proven) > interval_width(*known))
        return;
    c->policy.resumed = false;
    *known = proven;
}

/* Only what is proven is an alarm: a guess from the first seconds may be far beyond the limit, and is cut off there. */
static void mind_the_rail(struct clock *c, double limit, struct clock_actions *out)
{
    const struct clock_estimate *e = &c->estimate;
    bool beyond = fmax(e->rate + e->rate_known.lo_s, -(e->rate + e->rate_known.hi_s)) - c->options.clock.max_drift * 1e-6 > limit;

    if (beyond && !c->policy.rail_logged)
        log_double(discipline_log(out, LOG_CLOCK_FREQUENCY_RAIL), "freq_ppm", e->rate * 1e6);
    c->policy.rail_logged = beyond;
}

void combine_confine(struct clock *c, struct clock_actions *out)
{
    struct clock_estimate *e = &c->estimate;
    double limit = c->options.clock.max_frequency * 1e-6, slack = GROSS_DRIFTS * c->options.clock.max_drift * 1e-6;
    double out_s = fmax(e->bound.lo_s, 0) + fmin(e->bound.hi_s, 0);

    if (out_s != 0)
        interval_follow(c, estimate_shift(e, out_s));
    interval_follow(c, estimate_limit(e, e->rate + e->rate_known.lo_s - slack, e->rate + e->rate_known.hi_s + slack));
    interval_follow(c, estimate_limit(e, -limit, limit));
    mind_the_rail(c, limit, out);
}
