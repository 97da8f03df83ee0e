/* Which sources can be true: Marzullo's intersection with a strict majority (RFC 5905 section 11.2.1, without its wish for the largest crowd).
 *
 * More than half of the electorate are declared truthful, so the truth lies where at least that many spans overlap, those who have not
 * answered counted as overlapping everywhere. Nothing narrower may be concluded.
 *
 * Sources that follow the same machine, or one of us follows the other, are one witness: several of them do not outvote more witnesses than they are. */
#ifndef CLOCK_SELECT_H
#define CLOCK_SELECT_H

#include "clock/clock.h"

struct clock_majority {
    bool found;               /* a point lies in the spans of more than half of the electorate, and the witnesses do not say otherwise */
    struct clock_span core;   /* from the first such point to the last; when none is found, from the leftmost to the rightmost edge */
    struct clock_span hull;   /* the same with the absent counted as agreeing: all that is proven */
    unsigned selectable;      /* sources that were counted */
    unsigned agreeing;        /* of them, those whose span meets the core */
};

/* Whom a source follows, as it announces it: another machine's reference id (RFC 5905 section 7.3), or 0. */
uint32_t select_upstream(const struct clock_source *s);

/* Its word counts: it has answered, and lately, and nobody took it out. */
bool select_counts(const struct clock_source *s);

/* Over the sources' spans of time. electorate: how many sources the majority must be more than half of; those that count, if they are more. */
void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, struct clock_majority *out);

/* The hull of a majority that was found, as wide as those make it who may still answer and are not waited for any more: they would side with any of the others.
 * hearable: how many there are, with those that count. Where that would allow anything it says nothing. */
void select_widen(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned hearable, struct clock_majority *m);

/* Over what the sources prove of the mean frequency of some time past. The present one is within `drift` of it, which is allowed for when they are
 * compared; the result is again about the mean. A source that has proven nothing yet allows all of +-limit; without a majority nothing is excluded
 * that any of them allows. */
struct clock_span select_rate(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, double drift, double limit);

#endif
