/* What one source's own samples prove about the frequency of the estimate line.
 *
 * A constant asymmetry of the path shifts every sample alike and so says nothing about frequency: between two samples the source's offset can
 * have moved by their errors over the shortest path only, far less than by their round trips. */
#ifndef CLOCK_PACE_H
#define CLOCK_PACE_H

#include "clock/source.h"

/* A sample: offset from the line at `at`, wrong by up to half_s beside what is constant. */
void pace_take(struct clock_pace *p, struct mono_ns at, double offset_s, double half_s);

/* The shortest round trip turned out by_s shorter: earlier samples were less sure than they looked. */
void pace_doubt(struct clock_pace *p, double by_s);

/* Samples from here on do not compare with earlier ones. What was proven stays. */
void pace_forget(struct clock_pace *p);

/* The frequency may have moved by this (s/s) unseen, and moved back: a mean over that time says nothing about now. What was proven stays true within it,
 * until a narrower range is proven. */
void pace_loosen(struct clock_pace *p, double by);

/* The line moved, as in interval_follow. */
void pace_follow(struct clock_pace *p, struct clock_move move, struct mono_ns aged);

#endif
