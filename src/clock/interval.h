/* Where true time can be: spans of offsets from the estimate line, which age by the drift limit. No statistics here. */
#ifndef CLOCK_INTERVAL_H
#define CLOCK_INTERVAL_H

#include "clock/clock.h"

/* What the estimate's error can grow by in each second while it is measured: max_drift, and what the majority leaves unproven of the true frequency
 * beyond the line's rate, and what sources may smear in doubt of a leap second. */
double interval_growth(const struct clock *c);

/* All spans of `c` become valid at `now`: each edge moves out by the page's growth since they were last aged. */
void interval_age(struct clock *c, struct mono_ns now);

/* The line moved: every span, as an offset from it, moves back. */
void interval_follow(struct clock *c, struct clock_move move);

/* What one measurement says, at `now`: delay/2 + dispersion + root distance + drift since, around its offset. */
struct clock_span interval_of(const struct clock *c, const struct measurement *m, double offset_s, struct mono_ns now);

/* Nothing is proven of the frequency: it may be anything within max_frequency. */
void interval_forget_rate(struct clock *c);

/* Of a span of times (s) or of rates (s/s), in its unit: from edge to edge, halfway between them, and how far truth may be from the line. */
double interval_width(struct clock_span s);
double interval_middle(struct clock_span s);
double interval_farthest(struct clock_span s);

/* Both edges are moved out by so much. */
void interval_widen(struct clock_span *s, double by_s);

/* The same place from a line that is so much further on. */
struct clock_span interval_minus(struct clock_span s, double by_s);

/* From the lower of both to the higher. */
struct clock_span interval_hull(struct clock_span a, struct clock_span b);

/* a and b have a point in common; *out is what they have in common. */
bool interval_meet(struct clock_span a, struct clock_span b, struct clock_span *out);

#endif
