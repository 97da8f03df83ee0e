/* What was remembered over a restart, put to use. */
#ifndef CLOCK_RECALL_H
#define CLOCK_RECALL_H

#include "clock/clock.h"

/* Takes the memory of earlier runs; returns the instant the line starts at: the wall clock's, or the latest known to be past. */
struct utc_ns recall_start(struct clock *c, const struct clock_start *start);

/* A new source starts with the noise law it had. */
void recall_source(const struct clock *c, struct clock_source *s);

#endif
