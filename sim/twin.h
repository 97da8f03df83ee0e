/* A running daemon as a story: its sources with the noise learnt of each path, its oscillator as learnt, its options; and a question about it.
 *
 * What the daemon cannot know is assumed as it assumes it: paths are symmetric, servers that are followed are right, those that are not are wrong by
 * what they show. Excess delay is exponential, each direction with half the learnt mean. The story first runs undisturbed for as long as the daemon has run
 * (a quarter of an hour at least, six hours at most), so that its filter knows what the daemon's knows. */
#ifndef SIM_TWIN_H
#define SIM_TWIN_H

#include <stdio.h>

#include "sim/question.h"

struct twin_times { struct dur_ns event, end; }; /* after the story's start; a cut is over before the end */

/* Can a story be made: has any source been measured? */
bool twin_possible(const struct snapshot *s);

/* Can one be made in which the clock has a source: does any give time? */
bool twin_has_time(const struct snapshot *s);

/* question NULL: the same story undisturbed, of the same length as `length_of` asks for. The text is a story for story_parse. */
struct twin_times twin_write(FILE *out, const struct snapshot *s, const struct question *q, const struct question *length_of);

/* "s3" of a story: the index in the snapshot. The added source has the number behind the last. */
uint32_t twin_source(const char *node);

#endif
