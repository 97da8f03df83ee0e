#include "clock/poll.h"

#include <math.h>

#include "clock/noise.h"

#define GROWTH_PER_NOISE 0.58 /* docs/clock.md, "Poll interval" */
#define AGE_PER_INTERVAL 4.0  /* at least, and */
#define LEARNING 0.92         /* of age^0.75, both in seconds */
#define GUESSED_NOISES 2.0    /* so far off the next answer may find a clock whose frequency is a guess */
#define BURST ((struct dur_ns){ 2 * NS_PER_S })

/* An answer that did not come, or so late that it tells nothing, is asked for again after half the interval, once: a lost packet costs little accuracy, and
 * a dead server is not pressed. What these halves would cost in packets is put on all intervals. */
static double share_of_interval(const struct clock_source *s)
{
    unsigned first_lost = ~s->told & s->told >> 1 & 0x7f; /* of seven pairs of polls */

    return (first_lost & 1 ? 0.5 : 1) / (1 - 0.5 * __builtin_popcount(first_lost) / 7);
}

/* While the frequency is being learnt, its error costs the cube of T/age in mean square over an interval T. There are 1/T packets a second: each buys as much
 * where T goes by age^0.75. */
static double learning_s(const struct clock *c)
{
    double age_s = dur_to_s(mono_sub(c->estimate.at, c->estimate.started));

    return fmin(age_s / AGE_PER_INTERVAL, LEARNING * pow(age_s, 0.75));
}

struct dur_ns poll_choose(const struct clock *c, const struct clock_source *s)
{
    double noise_s = s->noise.typical_s, wander = c->estimate.wander;
    /* Wander alone moves the clock by wander * t^1.5 / sqrt(3) within t. */
    double t_s = pow(GROWTH_PER_NOISE * sqrt(3) * noise_s / wander, 2.0 / 3.0);
    struct dur_ns least = dur_from_log2(s->min_poll_log2);

    if (c->estimate.surprises > 0 || c->estimate.opened > 0 || c->policy.contradictions > 0 || c->policy.lost.ns > 0 || !c->policy.synchronised_once ||
        s->reach == 0 || !(t_s > 0))
        return least;
    t_s = fmin(t_s * share_of_interval(s), learning_s(c));
    return dur_min(dur_max(dur_from_s(t_s), least), dur_from_log2(s->max_poll_log2));
}

struct dur_ns poll_burst(const struct clock *c, const struct clock_source *s)
{
    double good_s = GUESSED_NOISES * noise_sd(&s->noise) / c->estimate.skew;
    bool good = good_s >= dur_to_s(dur_from_log2(s->min_poll_log2));

    if (c->policy.contradictions > 0 || c->page.status == CLOCK_DISRUPTED || (c->estimate.opened > 0 && !good))
        return BURST;
    if (s->noise.samples >= NOISE_LAW_SAMPLES || good)
        return (struct dur_ns){ 0 };
    return dur_max(dur_from_s(good_s), BURST);
}
