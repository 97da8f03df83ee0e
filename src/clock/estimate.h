/* The one estimate: a line, TAI over CLOCK_MONOTONIC_RAW, and a bank of two-state Kalman filters for its error.
 *
 * Each filter assumes another wander of the oscillator (random-walk frequency noise), 1e-11 .. 1e-6 s/s per sqrt(s); their posterior
 * probabilities mix them (interacting multiple models), so that calm and agility are both learnt. */
#ifndef CLOCK_ESTIMATE_H
#define CLOCK_ESTIMATE_H

#include "clock/noise.h"
#include "clock/source.h"

/* A line that says `tai` at `at`, off by standard deviations x_s (s) and y (s/s). */
void estimate_start(struct clock_estimate *e, struct mono_ns at, struct tai_ns tai, double rate, double x_sd_s, double y_sd);

/* The oscillator was found to wander so much before, s/s per sqrt(s); 0: not known. For a start. */
void estimate_expect(struct clock_estimate *e, double wander);

/* The line at any instant. */
struct tai_ns estimate_tai(const struct clock_estimate *e, struct mono_ns at);

/* A source's TAI minus the line at `at`, s. */
double estimate_offset_s(const struct clock_estimate *e, struct mono_ns at, struct tai_ns tai);

/* Fuse an offset measured at `at` under its noise law. Spans, being offsets from the line, must follow its move (interval_follow). */
struct clock_move estimate_update(struct clock_estimate *e, struct mono_ns at, double offset_s, const struct clock_law *law, struct clock_fit *fit);

/* Move the line by x_s, whole nanoseconds of it. */
struct clock_move estimate_shift(struct clock_estimate *e, double x_s);

/* The phase is known anew, within half_s around x_s from the line, and by nothing else; the frequency stays. */
struct clock_move estimate_replace(struct clock_estimate *e, double x_s, double half_s);

/* Hold the line's rate within [lo, hi]. */
struct clock_move estimate_limit(struct clock_estimate *e, double lo, double hi);

/* Uncertainty of phase added from outside, a standard deviation. */
void estimate_inflate(struct clock_estimate *e, double x_sd_s);

/* The clock is found to have jumped by about jump_s within since_s, in phase or by another frequency: both become possible, and the next samples tell.
 * since_s below a second counts as one. */
void estimate_open(struct clock_estimate *e, double jump_s, double since_s);

#endif
