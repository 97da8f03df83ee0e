#include "base/rng.h"

#include <math.h>
#include <string.h>

static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }

void prng_seed(struct prng *p, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 spreads any seed, 0 too */
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        p->s[i] = z ^ z >> 31;
    }
}

uint64_t prng_u64(struct prng *p)
{
    uint64_t *s = p->s, r = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return r;
}

double prng_uniform(struct prng *p) { return ((double)(prng_u64(p) >> 11) + 0.5) * 0x1p-53; }
double prng_exponential(struct prng *p) { return -log(prng_uniform(p)); }

double prng_normal(struct prng *p)
{
    double r = sqrt(-2 * log(prng_uniform(p)));

    return r * cos(2 * M_PI * prng_uniform(p));
}

static void prng_fill(void *ctx, void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        uint64_t v = prng_u64(ctx);
        size_t n = len < sizeof v ? len : sizeof v;

        memcpy(at, &v, n);
        at += n;
        len -= n;
    }
}

struct rng prng_as_rng(struct prng *p) { return (struct rng){ prng_fill, p }; }
