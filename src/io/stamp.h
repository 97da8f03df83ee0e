/* The system's stamps (CLOCK_REALTIME) become CLOCK_MONOTONIC_RAW here, at the edge. */
#ifndef IO_STAMP_H
#define IO_STAMP_H

#include "base/page.h"

/* Both clocks at one instant, as well as three reads in a row allow. */
struct io_instant { struct mono_ns raw; int64_t realtime_ns; };

/* One clock alone, and both as a pair. */
struct mono_ns io_raw_now(void);
struct io_instant io_instant_now(void);

/* How long the machine has slept since it was started (CLOCK_BOOTTIME - CLOCK_MONOTONIC), 0 where that is not known; and whether that has grown by more
 * than PAGE_SLEEP_NS: two readings of a clock unless it has. */
struct dur_ns io_asleep(void);
bool io_slept_since(struct dur_ns asleep);

/* Place a stamp by its age at `now`. Returns false, *out untouched, unless 0 <= age <= 1 s: a clock that was set in between, or no stamp at all. */
bool io_stamp_to_raw(const struct io_instant *now, int64_t stamp_realtime_ns, struct mono_ns *out);

#endif
