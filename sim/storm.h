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

/* `days` days with seeds seed, seed + 1, ...; prints what broke and a summary. verbose: also the stories. Returns how many days broke an invariant. */
unsigned storm_run(uint64_t seed, unsigned days, bool verbose);

#endif
