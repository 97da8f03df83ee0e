/* What was remembered over a restart, put to use. */
#ifndef CLOCK_RECALL_H
#define CLOCK_RECALL_H

#include "clock/clock.h"

/* Takes the memory of earlier runs; returns the instant the line starts at: the wall clock's, or the latest known to be past. */
struct utc_ns recall_start(struct clock *c, const struct clock_start *start);

/* The leap second near the time of writing counts as one that the sources announced, until they take it back while it is to come. After recall_start. */
void recall_leap(struct clock *c);
/* The same of one that is known otherwise: TAI-UTC is before_s until then. */
void recall_leap_of(struct clock *c, int32_t delta_s, struct utc_ns midnight, int32_t before_s);

/* While the clock is synchronised: what a run remembers that ends when it is not any more, of the time and the leap second near it. */
void recall_update(struct clock *c, struct mono_ns now);

/* A new source starts with the noise law it had. */
void recall_source(const struct clock *c, struct clock_source *s);

#endif
