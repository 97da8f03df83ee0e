/* How often a duration was how long: counts by upper limits of 1, 2 and 5 times a power of ten from 100 ns to 10 s, the same for everything that is
 * counted so, and the sum. One writer; a reader in another process may see a count before its sum. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/time.h"

#define HISTOGRAM_LIMITS 25

struct histogram {
    uint64_t count[HISTOGRAM_LIMITS + 1]; /* [i]: above limit i - 1 and up to limit i; the last: above them all */
    int64_t sum_ns;
};

extern const int64_t histogram_limit_ns[HISTOGRAM_LIMITS];

/* d: below 0 counts as 0. */
void histogram_add(struct histogram *h, struct dur_ns d);

/* Adds what `from` has counted. */
void histogram_join(struct histogram *h, const struct histogram *from);

#endif
