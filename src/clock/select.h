/* Which sources can be true: Marzullo's intersection with a strict majority (RFC 5905 section 11.2.1, without its wish for the largest crowd).
 *
 * More than half of the selectable sources are declared truthful, so true time lies where at least that many spans overlap, and nothing
 * narrower may be concluded: the majority's span is the hull of all such points. */
#ifndef CLOCK_SELECT_H
#define CLOCK_SELECT_H

#include "clock/clock.h"

struct clock_majority {
    bool found;               /* a point lies in more than half of the spans */
    struct clock_span hull;   /* of all points that do; when none is found, from the leftmost to the rightmost span */
    unsigned selectable;      /* sources that were counted */
    unsigned agreeing;        /* of them, those whose span meets the hull */
};

/* Whether a source has a say; and the verdict over all that have. */
bool select_counts(const struct clock_source *s);
void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], struct clock_majority *out);

#endif
