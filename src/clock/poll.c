#include "clock/poll.h"

#include <math.h>

#include "clock/noise.h"

#define GROWTH_PER_NOISE 0.4  /* docs/clock.md, "Poll interval" */
#define LEARNING_SAMPLES 8    /* until then the shortest interval */

int poll_choose(const struct clock *c, const struct clock_source *s)
{
    double noise_s = noise_sd(&s->noise), wander = c->estimate.wander;
    /* Wander alone moves the clock by wander * t^1.5 / sqrt(3) within t. */
    double t_s = pow(GROWTH_PER_NOISE * sqrt(3) * noise_s / wander, 2.0 / 3.0);
    int log2_s;

    if (s->noise.samples < LEARNING_SAMPLES || c->estimate.surprises > 0 || c->policy.contradictions > 0 || !(t_s > 0))
        return s->min_poll_log2;
    log2_s = (int)floor(log2(t_s) + 0.5);
    return log2_s < s->min_poll_log2 ? s->min_poll_log2 : log2_s > s->max_poll_log2 ? s->max_poll_log2 : log2_s;
}
