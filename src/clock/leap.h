/* Which leap second is next, who says so, and what the page makes of it.
 *
 *   leap-seconds.list (valid) -> zone with leap seconds -> strict majority of the electorate, on the last day of a month
 *
 * The file wins over the sources, with an alarm. The event stays in the page for a day after it, so that smears can end; then it is folded into TAI-UTC.
 *
 * Standards: RFC 5905 section 7.3 (LI), ITU-R TF.460-6 (leap seconds at the end of a month). */
#ifndef CLOCK_LEAP_H
#define CLOCK_LEAP_H

#include "clock/clock.h"

/* UTC at a start where the system clock, steered by us in `leap.mode: smear`, shows `wall`: by the leap second near it that the memory tells of. `wall` where
 * there is none, in other modes, and without a memory (NULL). */
struct utc_ns leap_unsmeared(const struct leap_options *o, const struct clock_memory *m, struct utc_ns wall);

/* TAI - UTC as it is remembered: before an inserted second is over, that of before it, because UTC tells the second before once more. */
int32_t leap_difference(const struct page_data *p, const struct clock_view *v);

/* Look again at tables and votes, before each publication; cheap. */
void leap_refresh(struct clock *c, struct mono_ns now, struct clock_actions *out);

/* Where fewer than half of the sources announced a leap second, as others were silent, it may not come: from some seconds before it, until most of those that
 * have a say are measured after it, UTC may be a second further on, or back where one was to be left out. MONO_NEVER: there is no such doubt. */
void leap_widen(const struct clock *c, struct mono_ns now, struct clock_span *bound);

/* The next instant at which the page has to say something else of a leap second; MONO_NEVER. Cheap: asked for with each datagram that wakes a daemon in one
 * process. */
struct mono_ns leap_page_next(const struct clock *c);

/* Is the source's UTC so near to a leap second that this clock is too far off to tell which side of it, or which of two like seconds, is meant? */
bool leap_is_too_near(const struct clock *c, const struct measurement *m);

/* TAI of a source's UTC, right on both sides of a leap; inside the repeated second the reading nearer to `expected` is meant. */
struct tai_ns leap_tai_of(const struct page_data *page, struct utc_ns utc, struct tai_ns expected);

#endif
