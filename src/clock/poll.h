/* How often a source should be asked: as seldom as costs little accuracy. */
#ifndef CLOCK_POLL_H
#define CLOCK_POLL_H

#include "clock/clock.h"

/* The interval, within the source's limits. */
struct dur_ns poll_choose(const struct clock *c, const struct clock_source *s);

/* The first burst spans a few seconds: until a poll interval later the frequency it tells would leave the clock off by more than noise. */
bool poll_is_guessed(const struct clock *c, const struct clock_source *s);

#endif
