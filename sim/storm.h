/* Randomised fault schedules inside the declared assumptions of the bound (docs/simulator.md), at their edges too.
 *
 * Each simulated day is a story written by a seed, so that a failure is replayed, read and kept like any other story. */
#ifndef SIM_STORM_H
#define SIM_STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The story of one day. */
void storm_write(FILE *out, uint64_t seed);

/* The story of one start, or of one loss of everything, half an hour at the most: is anything usable said that must not be? */
void storm_write_start(FILE *out, uint64_t seed);

/* `runs` stories with seeds seed, seed + 1, ...; prints what broke and a summary. verbose: also the stories. Returns how many broke an invariant. */
unsigned storm_run(void (*write)(FILE *, uint64_t), uint64_t seed, unsigned runs, bool verbose);

#endif
