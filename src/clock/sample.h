/* One measurement as the clock sees it: TAI, an offset from the estimate line, a span of what it proves, a word on its source's noise and on frequency. */
#ifndef CLOCK_SAMPLE_H
#define CLOCK_SAMPLE_H

#include "clock/clock.h"

/* What the source says, its declared smear taken off; and how far that is from the line at m->at, s. */
struct tai_ns sample_tai(const struct clock *c, const struct measurement *m);
double sample_offset_s(const struct clock *c, const struct measurement *m);

/* It becomes its source's last one. Spans are aged to `now`. */
void sample_take(struct clock *c, const struct measurement *m, struct mono_ns now);

/* The line was redrawn: what sources remember as offsets from it is told anew from their last samples. */
void sample_retell(struct clock *c, struct mono_ns now);

#endif
