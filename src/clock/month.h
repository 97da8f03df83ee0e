/* The end of a month, where a leap second may come, as this clock counts towards it and past it. Times x are in seconds after that midnight, by the estimate
 * and by the TAI - UTC of the page; before it they are negative.
 *
 * Standards: ITU-R TF.460-6 (a leap second is the last of any month). */
#ifndef CLOCK_MONTH_H
#define CLOCK_MONTH_H

#include "clock/clock.h"

#define MONTH_DAY_NS (86400 * NS_PER_S)
#define MONTH_LEAP_S 1.0 /* by how much a leap second that comes, or does not, moves UTC */

/* So near to it nobody's word is taken: clocks are off, a page is written a little later than it should be, and what is measured here may be set by on the
 * other side (the first wait is 4 s). */
#define MONTH_MARGIN_S 8

/* 00:00 of the first day of the month in which that time is. */
struct utc_ns month_begin(struct utc_ns utc);

/* x, at an instant of the raw clock. */
double month_since_s(const struct clock *c, struct utc_ns midnight, struct mono_ns at);

/* The instant from which on it is surely x_s; MONO_NEVER: the page was written since. */
struct mono_ns month_next(const struct clock *c, struct utc_ns midnight, double x_s);

#endif
