/* Randomised fault schedules inside the declared assumptions of the bound (docs/simulator.md), at their edges too.
 *
 * Each simulated day is a story written by a seed, so that a failure is replayed, read and kept like any other story. */
#ifndef SIM_STORM_H
#define SIM_STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The story of one day. with: kinds it has in any case (enum storm_kind), others by chance. */
void storm_write(FILE *out, uint64_t seed, uint32_t with);

/* The story of one start, or of one loss of everything, half an hour at the most: is anything usable said that must not be? It has no kinds. */
void storm_write_start(FILE *out, uint64_t seed, uint32_t with);

struct storm_order {
    void (*write)(FILE *out, uint64_t seed, uint32_t with);
    uint64_t seed;
    unsigned runs;
    uint32_t with;
    bool verbose;                /* print the stories and what happens as well */
};

/* `runs` stories with seeds seed, seed + 1, ...; prints what broke and a summary. Returns how many broke an invariant. */
unsigned storm_run(const struct storm_order *order);

/* Add the kind of that name to the set. False: there is none. */
bool storm_kind_add(const char *name, uint32_t *set);

#endif
