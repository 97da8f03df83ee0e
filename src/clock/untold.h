/* A month's end of which nobody has said whether a leap second comes with it: no valid list, and most of all sources were silent, are in doubt themselves, or
 * contradict each other during its last two hours.
 *
 *   [2 h before] -> most of all sources say that none comes: spoken (said, it stays so, be they silent afterwards)
 *        -> nobody does: what is told on the wire is not less than a second, so that nobody downstream takes our silence for a word
 *   [8 s before .. 8 s after] -> the published bound is a second wider on both sides, or as much as doubt.c says, if that is more
 *   [8 s after] -> so are the bound and what each source proves, until it is measured again
 *
 * Standards: ITU-R TF.460-6 (a leap second is the last of any month); RFC 5905 section 7.3 (LI has no word for "not known" that leaves time usable). */
#ifndef CLOCK_UNTOLD_H
#define CLOCK_UNTOLD_H

#include "clock/clock.h"

/* What most of all sources have lately said: that none comes; or anything, or nothing, but were heard. */
struct untold_words { bool none, heard; };

/* Look again, at each publication. known: a leap second or a valid file says what comes. */
void untold_refresh(struct clock *c, bool known, const struct untold_words *w);

/* Is the word of that sample recent enough for the month's end that is near? */
bool untold_is_recent(const struct clock *c, const struct measurement *m);

/* Does a source that announces nothing know no better: is its root distance a second or more? */
bool untold_is_no_word(const struct measurement *m);

/* The bound to publish, where it is wider than what doubt.c made of it. */
void untold_widen(const struct clock *c, struct clock_span *bound);

/* The beginning of the month with which a leap second may come that nobody has spoken of, while that is told on the wire; 0: none. */
struct utc_ns untold_midnight(const struct clock *c);

/* What is told on the wire is not less than this: twice the root distance. */
struct dur_ns untold_root_delay(const struct clock *c);

/* When a page that nobody renews any more has to end being used, since its bound may be false by a second from then on; MONO_NEVER: not within a day. */
struct mono_ns untold_ends(const struct clock *c);

/* The next instant at which the page has to say something else; MONO_NEVER. */
struct mono_ns untold_next(const struct clock *c);

#endif
