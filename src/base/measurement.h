/* What one exchange with one source told us. Every protocol ends here; the clock room does not know which one spoke.
 *
 * `utc` is the source's UTC at our instant `at`. For NTP (RFC 5905 section 8), with t1 and t4 on this machine's raw
 * monotonic clock and t2, t3 in UTC: at = (t1+t4)/2, utc = (t2+t3)/2, delay = (t4-t1) - (t3-t2). The true UTC at `at`
 * lies within delay/2 + dispersion + root_delay/2 + root_dispersion of `utc` while the source is truthful. */
#ifndef BASE_MEASUREMENT_H
#define BASE_MEASUREMENT_H

#include "base/time.h"

enum leap { LEAP_NONE, LEAP_INSERT, LEAP_DELETE, LEAP_UNKNOWN }; /* LI of RFC 5905 section 7.3 */

enum stamp { STAMP_USER, STAMP_KERNEL, STAMP_HARDWARE };         /* where a timestamp was taken, worst of the two ends */
static inline enum stamp stamp_worse(enum stamp a, enum stamp b) { return a < b ? a : b; }

/* What a source's time is worth to us (RFC 5905 knows the first alone). */
enum standing {
    STANDING_UTC,                 /* it says it has UTC */
    STANDING_REFERENCE,           /* it serves the local reference of our group, and comes before us */
    STANDING_ASIDE                /* its time is ours, or that of another source of ours, or of a member of the group that does not matter */
};

struct measurement {
    uint16_t source;              /* the engine's slot of the source */
    uint8_t stratum;              /* of the source, 1 .. 15; 0 for a reference clock */
    uint8_t leap;                 /* enum leap, as announced; never LEAP_UNKNOWN here */
    uint8_t stamp;                /* enum stamp */
    uint32_t refid;               /* as announced, the first byte on the wire highest */
    struct mono_ns at;
    struct utc_ns utc;
    struct dur_ns delay;          /* >= 0: round trip less the server's time */
    struct dur_ns dispersion;     /* >= 0: both precisions + local clock drift during the exchange */
    struct dur_ns root_delay;     /* >= 0, as announced */
    struct dur_ns root_dispersion;/* >= 0, as announced */
    uint8_t standing;             /* enum standing */
    uint32_t rank;                /* of a STANDING_REFERENCE: the smallest is followed */
};

#endif
