/* Who is believed: the first majority that sets the clock, and the one that keeps it.
 *
 * The first answers wait a little for the others, so that a liar who is quick does not set the clock; a majority that leaves the bound is an alarm, and
 * followed only below the panic threshold. */
#ifndef CLOCK_MAJORITY_H
#define CLOCK_MAJORITY_H

#include "clock/clock.h"

#define MAJORITY_FIRST_WAIT_NS (4 * NS_PER_S) /* how long the first answer waits for a majority of the sources */

/* Before the first synchronisation: start estimate and page from a majority, if there is one by now. heard: a source has just answered. */
void majority_first(struct clock *c, bool heard, struct mono_ns now, struct clock_actions *out);

/* Later: what the source's last sample, told by sample_take, means to bound, estimate and page. */
void majority_follow(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out);

#endif
