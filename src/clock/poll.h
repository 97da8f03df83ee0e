/* How often a source should be asked: as seldom as costs little accuracy. */
#ifndef CLOCK_POLL_H
#define CLOCK_POLL_H

#include "clock/clock.h"

/* The interval, within the source's limits. */
struct dur_ns poll_choose(const struct clock *c, const struct clock_source *s);

/* Something does not fit, or the frequency is a guess yet: until a poll interval later it would leave the clock off by more than noise. Then the next answer
 * should come so soon after the last one; 0: at the next poll. */
struct dur_ns poll_burst(const struct clock *c, const struct clock_source *s);

#endif
