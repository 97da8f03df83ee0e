/* Randomness is handed in: the daemon gives getrandom(2), the simulator a seeded generator. Nothing below
 * daemon/ and sim/ asks the system for it. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    void (*fill)(void *ctx, void *out, size_t len); /* does not fail: a giver that cannot ends the process, or lets nothing leave it */
    void *ctx;
};

static inline uint64_t rng_u64(const struct rng *r)
{
    uint64_t v;

    r->fill(r->ctx, &v, sizeof v);
    return v;
}

/* A seeded generator for simulation and tests (xoshiro256**, Blackman and Vigna 2018); not for secrets. */
struct prng { uint64_t s[4]; };
void prng_seed(struct prng *p, uint64_t seed);
uint64_t prng_u64(struct prng *p);
double prng_uniform(struct prng *p);     /* (0, 1) */
double prng_normal(struct prng *p);      /* mean 0, variance 1 */
double prng_exponential(struct prng *p); /* mean 1 */
struct rng prng_as_rng(struct prng *p);  /* borrows p */

#endif
