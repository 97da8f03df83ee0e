#include "clock/sample.h"

#include <math.h>

#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/noise.h"
#include "clock/pace.h"
#include "clock/unsmear.h"

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

/* Half a round trip is read on the raw clock, whose rate is the line's within the bound's growth: seconds of it are milliseconds. */
static double misread_s(const struct clock *c, const struct measurement *m)
{
    return dur_to_s(m->delay) / 2 * (fabs(c->estimate.rate) + interval_growth(c));
}

static struct clock_mark mark_of(const struct clock *c, const struct clock_source *s)
{
    return (struct clock_mark){
        .at = s->last.at, .offset_s = s->offset_s, .delay_s = dur_to_s(s->last.delay), .own_s = own_error_s(&s->last) + misread_s(c, &s->last),
    };
}

/* Of a reference clock nothing goes by a path; its offset moves within what it declares. */
static void take_reference(const struct clock *c, struct clock_source *s, double apart_s)
{
    double drift = c->options.clock.max_drift * 1e-6;
    const struct clock_mark mark = mark_of(c, s);
    struct pace_path path;

    noise_reference(&s->noise, own_error_s(&s->last), dur_to_s(s->last.dispersion), apart_s, &s->law);
    path = (struct pace_path){ 0, s->law.unseen_s };
    pace_compare(&s->pace, &mark, path, drift);
    pace_take(&s->pace, &mark, path, drift);
}

/* The sample's noise law, and what it says about frequency. Over another path nothing that was measured before compares: its asymmetry may be another. */
static void take_noise(const struct clock *c, struct clock_source *s)
{
    double least_s = s->noise.least_s, drift = c->options.clock.max_drift * 1e-6;
    struct clock_mark mark = mark_of(c, s);
    struct pace_path path;

    noise_law(&s->noise, dur_to_s(s->last.delay), &s->law);
    path = (struct pace_path){ s->noise.least_s, s->law.unseen_s };
    pace_compare(&s->pace, &mark, path, drift);
    if (s->noise.samples > 1 && s->noise.least_s > least_s)
        pace_forget(&s->pace);
    pace_take(&s->pace, &mark, path, drift);
}

/* A local reference that has found UTC, or lost it, was put right in between: what was measured of it before says nothing of the frequency now. */
static void mind_the_standing(struct clock_source *s, uint8_t standing)
{
    if (s->sampled && (s->standing == STANDING_REFERENCE) != (standing == STANDING_REFERENCE))
        s->pace = (struct clock_pace){ .known = false };
}

void sample_take(struct clock *c, const struct measurement *m, struct mono_ns now)
{
    struct clock_source *s = &c->source[m->source];
    double before_s = s->sampled ? s->offset_s : NAN;

    mind_the_standing(s, m->standing);
    s->last = *m;
    s->standing = m->standing;
    s->rank = m->rank;
    s->offset_s = sample_offset_s(c, m);
    s->reach = (uint8_t)(s->reach << 1 | 1);
    s->span = interval_of(c, m, s->offset_s, now);
    if (m->stratum == 0)
        take_reference(c, s, s->offset_s - before_s);
    else
        take_noise(c, s);
    s->told = (uint8_t)(s->told << 1 | !s->law.late);
    s->sampled = true;
}

static void retell(struct clock *c, struct clock_source *s, struct mono_ns now)
{
    struct clock_mark mark;

    if (!s->used || !s->sampled)
        return;
    s->offset_s = sample_offset_s(c, &s->last);
    s->span = interval_of(c, &s->last, s->offset_s, now);
    s->pace = (struct clock_pace){ .known = false };
    mark = mark_of(c, s);
    pace_take(&s->pace, &mark, (struct pace_path){ s->noise.least_s, s->law.unseen_s }, c->options.clock.max_drift * 1e-6);
}

void sample_retell(struct clock *c, struct mono_ns now)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        retell(c, &c->source[i], now);
}
