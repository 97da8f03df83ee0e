#include "clock/poll.h"

#include <math.h>

#include "clock/noise.h"

#define GROWTH_PER_NOISE 0.47 /* docs/clock.md, "Poll interval" */
#define AGE_PER_INTERVAL 7.0  /* while the frequency is being learnt, samples are spread evenly over the logarithm of time */

/* An answer that did not come is asked for again after half the interval: a lost packet costs little, neither in accuracy nor in packets, and a dead server is
 * not pressed. */
static double again_sooner(const struct clock_source *s)
{
    bool first_missed = (s->reach & 3) == 2;

    return first_missed ? 2 : 1;
}

int poll_choose(const struct clock *c, const struct clock_source *s)
{
    double noise_s = s->noise.typical_s, wander = c->estimate.wander;
    /* Wander alone moves the clock by wander * t^1.5 / sqrt(3) within t. */
    double t_s = pow(GROWTH_PER_NOISE * sqrt(3) * noise_s / wander, 2.0 / 3.0);
    double age_s = dur_to_s(mono_sub(c->estimate.at, c->estimate.started));
    int log2_s;

    if (c->estimate.surprises > 0 || c->estimate.opened > 0 || c->policy.contradictions > 0 || !c->policy.synchronised_once || s->reach == 0 || !(t_s > 0))
        return s->min_poll_log2;
    t_s /= again_sooner(s);
    t_s = fmin(t_s, age_s / AGE_PER_INTERVAL);
    log2_s = t_s > 0.01 ? (int)floor(log2(t_s) + 0.5) : s->min_poll_log2;
    return log2_s < s->min_poll_log2 ? s->min_poll_log2 : log2_s > s->max_poll_log2 ? s->max_poll_log2 : log2_s;
}

bool poll_is_guessed(const struct clock *c, const struct clock_source *s)
{
    bool learning = s->noise.samples < NOISE_LAW_SAMPLES || c->estimate.opened > 0;

    return learning && c->estimate.skew * dur_to_s(dur_from_log2(s->min_poll_log2)) > 2 * noise_sd(&s->noise);
}
