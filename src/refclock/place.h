/* From the system's clock to the raw one: when, on CLOCK_MONOTONIC_RAW, did CLOCK_REALTIME say that?
 *
 * A sample may be a second old or more before it is seen, and the system's clock may have been steered, or set, meanwhile. So both clocks are read
 * together every second, the last readings are kept, and a stamp is placed between the two that enclose it. What may be wrong by that follows from how
 * unlike the rates around it are; over a step no stamp is placed. */
#ifndef REFCLOCK_PLACE_H
#define REFCLOCK_PLACE_H

#include "base/time.h"
#include "base/verdict.h"

#define REFCLOCK_PAIRS 5

/* Both clocks at one instant. */
struct refclock_pair { struct mono_ns raw; int64_t realtime_ns; };

/* The last readings, the oldest first; all zeroes at the start. */
struct refclock_past { unsigned count; struct refclock_pair pair[REFCLOCK_PAIRS]; };

/* One more reading. One that comes less than half a second after the last is not kept. */
void refclock_past_add(struct refclock_past *p, struct refclock_pair now);

/* Returns VERDICT_ACCEPTED, *at the instant and *error (>= 0) how far it may be off; or why the stamp cannot be placed. `now`: read just before. */
enum verdict refclock_place(const struct refclock_past *p, struct refclock_pair now, int64_t stamp_ns, struct mono_ns *at, struct dur_ns *error);

#endif
