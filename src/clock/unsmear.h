/* Sources that spread a leap second instead of stepping it.
 *
 * One that is declared (`smear: LAW`) is taken back to UTC before it is judged. One that is not is recognised within the smear: its time has left the
 * error bound, and would be inside it if one of the laws were taken off. It is refused until the smear is over, and never mixed with the others.
 *
 * Where most sources smear, they take the estimate and its bound along, because their common rate looks like the oscillator's. So the estimate of before
 * the smear is kept, and every source is held against that as well, aged by the drift limit; it is gone back to once they are found out, and until then
 * it is inside the bound that is published. */
#ifndef CLOCK_UNSMEAR_H
#define CLOCK_UNSMEAR_H

#include "clock/clock.h"

/* TAI of what a source told as UTC, under its declared smear; `expected` as in leap_tai_of. */
struct tai_ns unsmear_tai_of(const struct page_data *page, enum smear_law law, struct utc_ns utc, struct tai_ns expected);

/* How far time smeared by `law` has left the count of before the page's leap second, which it does without a jump. */
struct dur_ns unsmear_taken(const struct page_data *page, enum smear_law law, struct tai_ns at);

/* The bound of before the smear, aged to now, as offsets from the line of now. To be asked where it was remembered. */
struct clock_span unsmear_before(const struct clock *c);
/* Make the bound hold it as well, and grow (s/s) as fast as it does, seen from the line of now. */
void unsmear_hold_before(const struct clock *c, struct clock_span *bound, double *growth);

/* A leap second was found by what sources smear, or became known meanwhile: the estimate is what was remembered, if it was. */
void unsmear_go_back(struct clock *c);

/* Keep the estimate while no source can smear yet. */
void unsmear_remember(struct clock *c);

/* The bound to publish, and how fast it may grow (raised if need be). While most sources may have begun to smear and could not have been found out yet,
 * what was remembered is inside as well: then it is true whoever turns out to smear. */
struct clock_span unsmear_bound(const struct clock *c, double *growth);

/* Is this source, whose span was just told, smearing undeclared? Says so once. A source it refused counts again when the smear is over.
 * *taken_along: the estimate has followed it, and was set back to what was remembered; spans have to be told anew. */
bool unsmear_refuses(struct clock *c, struct clock_source *s, bool *taken_along, struct clock_actions *out);

#endif
