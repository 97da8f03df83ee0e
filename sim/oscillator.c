#include "sim/oscillator.h"

#include <math.h>

static double angle(const struct oscillator *o, struct tai_ns t)
{
    return 2 * M_PI * fmod((double)t.ns * 1e-9, o->sine_period_s) / o->sine_period_s + o->sine_phase;
}

/* Integral of the sine over [state, now], in seconds. */
static double sine_gain_s(const struct oscillator *o, struct tai_ns now)
{
    if (o->sine == 0)
        return 0;
    return o->sine * o->sine_period_s / (2 * M_PI) * (cos(angle(o, o->at)) - cos(angle(o, now))) ;
}

static double within(const struct oscillator *o, double y) { return fmax(o->y_mid - o->y_span, fmin(o->y_mid + o->y_span, y)); }

/* Neither the frequency nor its mean over any time leaves the span: between two looks the walk may not have been outside either. */
static void reflect(struct oscillator *o, double *gain_s, double t)
{
    double off = o->y - o->y_mid;

    if (o->y_span <= 0)
        return;
    if (fabs(off) > o->y_span)
        o->y = within(o, o->y_mid + copysign(2 * o->y_span, off) - off);
    *gain_s = t * within(o, *gain_s / t);
}

void oscillator_advance(struct oscillator *o, struct tai_ns now, struct prng *p)
{
    int64_t step_ns = now.ns - o->at.ns;
    double t = (double)step_ns * 1e-9, gain_s = o->y * t, whole;

    if (step_ns <= 0)
        return;
    if (o->wander > 0) {
        double a = prng_normal(p), b = prng_normal(p);

        o->y += o->wander * sqrt(t) * a;
        gain_s += o->wander * t * sqrt(t / 3) * (sqrt(3) / 2 * a + b / 2);
        reflect(o, &gain_s, t);
    }
    o->raw_frac_ns = modf(o->raw_frac_ns + (gain_s + sine_gain_s(o, now)) * 1e9, &whole);
    o->raw.ns += step_ns + (int64_t)whole;
    o->at = now;
}

void oscillator_sleep(struct oscillator *o, struct tai_ns now) { o->at = now; }

double oscillator_rate(const struct oscillator *o)
{
    return o->y + (o->sine == 0 ? 0 : o->sine * sin(angle(o, o->at)));
}

struct tai_ns oscillator_when(const struct oscillator *o, struct mono_ns raw)
{
    double ahead = (double)mono_sub(raw, o->raw).ns / (1 + oscillator_rate(o));

    if (ahead <= 0)
        return o->at;
    return tai_add(o->at, (struct dur_ns){ ahead > 4e18 ? INT64_MAX : (int64_t)ceil(ahead) });
}
