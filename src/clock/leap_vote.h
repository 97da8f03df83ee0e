/* What the sources say of a leap second, and who of them could. Those of a group of orphans that only repeat another of ours, or follow nobody, have no say. */
#ifndef CLOCK_LEAP_VOTE_H
#define CLOCK_LEAP_VOTE_H

#include "clock/clock.h"
#include "clock/untold.h"

/* delta_s: what is announced (1, -1; 0: none comes) by more than half of all that have or may still have a say, if anything is (found); by how many, and how
 * many sources there are that are not offline. Beside those who smear and have no say half is enough: more than half are truthful, so one of these is.
 * lately: for untold.c. */
struct leap_vote { int32_t delta_s; bool found, by_more_than_half; unsigned by, sources; struct untold_words lately; };
struct leap_vote leap_vote(const struct clock *c);

/* How many could say something, were they heard. */
unsigned leap_vote_could(const struct clock *c);

/* Are those that were measured since then, by its count, the majority? */
bool leap_vote_is_since(const struct clock *c, struct tai_ns since);

#endif
