#include "clock/poll.h"

#include <math.h>

#include "clock/noise.h"

#define GROWTH_PER_NOISE 0.58 /* docs/clock.md, "Poll interval" */
#define AGE_PER_INTERVAL 6.0  /* while the frequency is being learnt, samples are spread evenly over the logarithm of time */

/* An answer that did not come, or so late that it tells nothing, is asked for again after half the interval, once: a lost packet costs little accuracy, and
 * a dead server is not pressed. What these halves would cost in packets is put on all intervals. */
static double share_of_interval(const struct clock_source *s)
{
    unsigned first_lost = ~s->told & s->told >> 1 & 0x7f; /* of seven pairs of polls */

    return (first_lost & 1 ? 0.5 : 1) / (1 - 0.5 * __builtin_popcount(first_lost) / 7);
}

struct dur_ns poll_choose(const struct clock *c, const struct clock_source *s)
{
    double noise_s = s->noise.typical_s, wander = c->estimate.wander;
    /* Wander alone moves the clock by wander * t^1.5 / sqrt(3) within t. */
    double t_s = pow(GROWTH_PER_NOISE * sqrt(3) * noise_s / wander, 2.0 / 3.0);
    double age_s = dur_to_s(mono_sub(c->estimate.at, c->estimate.started));
    struct dur_ns least = dur_from_log2(s->min_poll_log2);

    if (c->estimate.surprises > 0 || c->estimate.opened > 0 || c->policy.contradictions > 0 || c->policy.lost.ns > 0 || !c->policy.synchronised_once ||
        s->reach == 0 || !(t_s > 0))
        return least;
    t_s = fmin(t_s * share_of_interval(s), age_s / AGE_PER_INTERVAL);
    return dur_min(dur_max(dur_from_s(t_s), least), dur_from_log2(s->max_poll_log2));
}

bool poll_is_guessed(const struct clock *c, const struct clock_source *s)
{
    bool learning = s->noise.samples < NOISE_LAW_SAMPLES || c->estimate.opened > 0;

    return learning && c->estimate.skew * dur_to_s(dur_from_log2(s->min_poll_log2)) > 2 * noise_sd(&s->noise);
}
