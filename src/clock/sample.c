#include "clock/sample.h"

#include <math.h>

#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/noise.h"
#include "clock/pace.h"
#include "clock/unsmear.h"

#define STEP_SIGMAS 3.0
#define STEP_MEMORY 12.0

struct tai_ns sample_tai(const struct clock *c, const struct measurement *m)
{
    return unsmear_tai_of(&c->page, c->source[m->source].smear, m->utc, estimate_tai(&c->estimate, m->at));
}

double sample_offset_s(const struct clock *c, const struct measurement *m)
{
    return estimate_offset_s(&c->estimate, m->at, sample_tai(c, m));
}

/* What a sample may be wrong by beside its path: its own stamps, and the source within its root distance, where it may move at any time. A local
 * reference is corrected by nobody: it moves as its oscillator does (combine_rate). */
static double own_error_s(const struct measurement *m)
{
    if (m->standing == STANDING_REFERENCE)
        return dur_to_s(m->dispersion);
    return dur_to_s(m->dispersion) + dur_to_s(m->root_dispersion) + dur_to_s(m->root_delay) / 2;
}

/* The sample's noise law, and what it says about frequency: its error beside a constant asymmetry is at most half the excess round trip where the
 * path has a floor, and like the others' where it has none. Until the law is known, half the round trip stands for it. */
static void take_noise(struct clock_source *s)
{
    double floor_s = s->noise.floor_s, delay_s = dur_to_s(s->last.delay), half_s = delay_s / 2, step_s = s->offset_s - s->offset_before_s;

    noise_law(&s->noise, delay_s, &s->law);
    s->step_var = s->step_var == 0 ? half_s * half_s / 2 : s->step_var + (step_s * step_s / 2 - s->step_var) / STEP_MEMORY;
    if (s->noise.samples > NOISE_LAW_SAMPLES)
        half_s = fmin(half_s, fmax(s->law.half_s + s->law.unseen_s, STEP_SIGMAS * sqrt(s->step_var)));
    if (s->noise.floor_s < floor_s)
        pace_doubt(&s->pace, (floor_s - s->noise.floor_s) / 2);
    if (s->noise.samples > 1 && s->noise.floor_s > floor_s)
        pace_forget(&s->pace); /* another path: its asymmetry may be another */
    pace_take(&s->pace, s->last.at, s->offset_s, half_s + own_error_s(&s->last));
}

void sample_take(struct clock *c, const struct measurement *m, struct mono_ns now)
{
    struct clock_source *s = &c->source[m->source];

    s->last = *m;
    s->standing = m->standing;
    s->rank = m->rank;
    s->offset_before_s = s->sampled ? s->offset_s : sample_offset_s(c, m);
    s->offset_s = sample_offset_s(c, m);
    s->sampled = true;
    s->reach = (uint8_t)(s->reach << 1 | 1);
    s->span = interval_of(c, m, s->offset_s, now);
    take_noise(s);
}

void sample_retell(struct clock *c, struct clock_source *s, struct mono_ns now)
{
    if (!s->used || !s->sampled)
        return;
    s->offset_s = s->offset_before_s = sample_offset_s(c, &s->last);
    s->span = interval_of(c, &s->last, s->offset_s, now);
    s->pace = (struct clock_pace){ .known = false };
    pace_take(&s->pace, s->last.at, s->offset_s, dur_to_s(s->last.delay) / 2 + own_error_s(&s->last));
}
