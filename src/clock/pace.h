/* What one source's own samples prove about the frequency of the estimate line.
 *
 * A constant asymmetry of the path shifts every sample alike and so says nothing about frequency: between two samples the source's offset can
 * have moved by their errors over the shortest path only, far less than by their round trips. */
#ifndef CLOCK_PACE_H
#define CLOCK_PACE_H

#include "clock/source.h"

/* What is known of the path: its shortest round trip, and by how much that, a minimum of few samples, may still be too long. */
struct pace_path { double floor_s, unseen_s; };

/* Has the offset moved since the last sample by more than the errors of both and the frequency, which may drift, explain? Then the path moved or the clock
 * did, and earlier samples are forgotten; thrice in a row, and the frequency is another than was proven. To be asked before a sample is taken. */
void pace_compare(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path, double drift);

/* A sample, as an offset from the line. Where no frequency is within `drift` (s/s) of what every pair of samples proves, the oldest are forgotten. */
void pace_take(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path, double drift);

/* Samples from here on do not compare with earlier ones. What was proven stays. */
void pace_forget(struct clock_pace *p);

/* The frequency may have moved by this (s/s) unseen, and moved back: a mean over that time says nothing about now. What was proven stays true within it,
 * until a narrower range is proven. */
void pace_loosen(struct clock_pace *p, double by);

/* The line moved, as in interval_follow. */
void pace_follow(struct clock_pace *p, struct clock_move move, struct mono_ns aged);

#endif
