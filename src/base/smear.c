#include "base/smear.h"

#include <math.h>

#define NOON_S 43200     /* from noon to the midnight of the leap, and to the next noon */
#define UTC_SLS_S 1000

/* The smear lasts from `start` to `end`. Noon before an insertion is 43200 s before the leap second begins, the next noon 43201 s after that instant;
 * a deletion takes effect one second before midnight would have come. */
static void span_of(enum smear_law law, struct tai_ns leap_at, int32_t delta_s, struct tai_ns *start, struct tai_ns *end)
{
    int64_t before = delta_s > 0 ? NOON_S : NOON_S - 1, after = delta_s > 0 ? NOON_S + 1 : NOON_S;

    if (law == SMEAR_UTC_SLS) {
        after = delta_s > 0 ? 1 : 0;
        before = UTC_SLS_S - after;
    }
    *start = tai_add(leap_at, (struct dur_ns){ -before * NS_PER_S });
    *end = tai_add(leap_at, (struct dur_ns){ after * NS_PER_S });
}

/* The part of the leap second already taken in at `at`, 0 .. 1. */
static double taken(enum smear_law law, struct tai_ns at, struct tai_ns start, struct tai_ns end)
{
    double x = (double)tai_sub(at, start).ns / (double)tai_sub(end, start).ns;

    return law == SMEAR_COSINE ? (1 - cos(M_PI * x)) / 2 : x;
}

struct dur_ns smear_offset(enum smear_law law, struct tai_ns at, struct tai_ns leap_at, int32_t delta_s)
{
    struct tai_ns start, end;
    double part;

    if (law == SMEAR_NONE || law >= SMEAR_LAW_COUNT || delta_s == 0 || leap_at.ns == INT64_MAX)
        return (struct dur_ns){ 0 };
    span_of(law, leap_at, delta_s, &start, &end);
    if (!tai_before(start, at) || !tai_before(at, end))
        return (struct dur_ns){ 0 };
    part = taken(law, at, start, end);
    return dur_from_s((double)delta_s * ((tai_before(at, leap_at) ? 0 : 1) - part));
}
