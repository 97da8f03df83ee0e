/* A machine's oscillator and the raw monotonic clock it drives.
 *
 * Frequency error y (s/s, positive: runs fast) = constant + random walk + temperature sine. The walk is y += wander * N(0,1) each second;
 * over a jump of T seconds phase and frequency noise are drawn together with covariance wander^2 * [[T^3/3, T^2/2], [T^2/2, T]], so that
 * the state is exact in law at whatever instants it is asked for, and a day costs as many draws as there are events. */
#ifndef SIM_OSCILLATOR_H
#define SIM_OSCILLATOR_H

#include "base/rng.h"
#include "base/time.h"

struct oscillator {
    struct tai_ns at;     /* instant of the state */
    struct mono_ns raw;   /* what the raw clock shows then */
    double raw_frac_ns;   /* and its fraction, -1 .. 1 */
    double y;             /* constant + walk */
    double wander;        /* per square root of a second */
    double y_mid, y_span; /* the walk is reflected at y_mid +- y_span, which no mean of it leaves either; span 0: free */
    double sine, sine_period_s, sine_phase;
};

/* Move the state to `now`; never backwards. */
void oscillator_advance(struct oscillator *o, struct tai_ns now, struct prng *p);

/* Time passes, the raw clock does not: the machine sleeps. */
void oscillator_sleep(struct oscillator *o, struct tai_ns now);

/* Frequency error at the instant of the state. */
double oscillator_rate(const struct oscillator *o);

/* When the raw clock is expected to show `raw`, noise aside; at least the instant of the state. */
struct tai_ns oscillator_when(const struct oscillator *o, struct mono_ns raw);

#endif
