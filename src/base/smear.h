/* Leap smears: laws by which a clock spreads a leap second instead of repeating or skipping it.
 *
 * smear_offset is smeared time minus UTC (POSIX count) at a TAI instant: 0 outside the smear, never beyond one second. `leap_at` is the
 * first TAI instant with the new TAI-UTC, `delta_s` the change (+1 insertion, -1 deletion), as in struct page_data.
 *
 * Laws: linear over 24 h from noon to noon UTC (as the large public smearing services do); raised cosine over the same span; UTC-SLS, the last 1000 s
 * before the leap (Kuhn, draft-kuhn-leapsecond). */
#ifndef BASE_SMEAR_H
#define BASE_SMEAR_H

#include "base/time.h"

enum smear_law { SMEAR_NONE, SMEAR_LINEAR, SMEAR_COSINE, SMEAR_UTC_SLS, SMEAR_LAW_COUNT };

/* Smeared time minus UTC at the TAI instant `at`, under `law`, around one leap. */
struct dur_ns smear_offset(enum smear_law law, struct tai_ns at, struct tai_ns leap_at, int32_t delta_s);

#endif
