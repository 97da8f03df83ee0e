/* A group of machines that ask each other keeps one time when nobody gives them UTC: one of them is the reference by its `local` statement, the others
 * follow it (`local: {orphan: true}`).
 *
 * Each member goes by the same rule, without a word between them: among the members that serve their local reference, the one whose address is the
 * smallest reference id is followed, unless our own is smaller. Who follows is a stratum further and is followed by nobody of the group, so there is no
 * loop. A source of UTC that answers ends it.
 *
 * What a follower states is the reference's own bound and the way to it, never less: it knows UTC no better. */
#ifndef CLOCK_ORPHAN_H
#define CLOCK_ORPHAN_H

#include "clock/clock.h"

/* A sample of that source was taken: decide which sources count from now on. Returns whether this one does. */
bool orphan_admit(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out);

/* Does a reference of the group count now? Then it alone does. */
bool orphan_counts(const struct clock *c);

/* What the engine says of an orphan is not less than what we state ourselves. */
struct measurement orphan_widened(const struct clock *c, const struct measurement *m);

/* The reference that was followed is silent: the election is open again. */
void orphan_end(struct clock *c);

#endif
