/* A leap second that may come though nobody can say so: sources that smear announce nothing, and neither a valid list nor most of all sources speak.
 *
 *   last day of a month, not known -> [a law begins] -> what was known before is held against the sources
 *        -> most were seen not to smear: none            (vote in leap.c)
 *        -> most were seen to smear: it is armed          (the same), and the estimate is set back to before
 *        -> nothing was known before, or midnight is here: sources may be off by what a smear has taken in, and the bound is as much wider, until the law ends
 *
 * Standards: ITU-R TF.460-6 (a leap second is the last of any month); base/smear.h for the laws. */
#ifndef CLOCK_DOUBT_H
#define CLOCK_DOUBT_H

#include "clock/clock.h"

/* Look again, at each publication, when UTC is `utc`. known: a valid file says what comes; none: most of all sources announce, and follow, none. */
void doubt_refresh(struct clock *c, struct utc_ns utc, bool known, bool none);

/* What the last sample of a source that is declared to smear shows, against what was known before. */
void doubt_see(struct clock *c, struct clock_source *s);

/* Is there doubt, and may a law of the sources have begun? */
bool doubt_has_begun(const struct clock *c);
/* Has none of them begun, so that the estimate is worth keeping? */
bool doubt_may_remember(const struct clock *c);

/* A leap second became known while in doubt: until the sources' words are taken back to UTC the bound holds both. */
void doubt_ends(struct clock *c);

/* What the majority proves, `hull`, where nothing was known before. A liar among those who smear may have cut a part out of their spans that truth is farther
 * from than their law hides; from what is returned it is not. Elsewhere it is `hull`. */
struct clock_span doubt_proven(struct clock *c, struct clock_span hull);

/* What was remembered is about to be forgotten: what it said goes into bound and spans first. */
void doubt_forget(struct clock *c);

/* The bound to publish, where it is wider; and how fast it may grow (raised if need be). */
void doubt_widen(const struct clock *c, struct clock_span *bound, double *growth);

/* The next instant at which something begins and the page has to say so; MONO_NEVER. */
struct mono_ns doubt_next(const struct clock *c);

#endif
