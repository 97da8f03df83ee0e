#include "guard/hash.h"

struct state { uint64_t v0, v1, v2, v3; };

static uint64_t rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static inline struct state round_of(struct state s)
{
    s.v0 += s.v1;
    s.v1 = rotate(s.v1, 13) ^ s.v0;
    s.v0 = rotate(s.v0, 32);
    s.v2 += s.v3;
    s.v3 = rotate(s.v3, 16) ^ s.v2;
    s.v0 += s.v3;
    s.v3 = rotate(s.v3, 21) ^ s.v0;
    s.v2 += s.v1;
    s.v1 = rotate(s.v1, 17) ^ s.v2;
    s.v2 = rotate(s.v2, 32);
    return s;
}

static inline struct state compress(struct state s, uint64_t word)
{
    s.v3 ^= word;
    s = round_of(s);
    s.v0 ^= word;
    return s;
}

uint64_t guard_hash(const struct guard_key *key, uint64_t word)
{
    struct state s = { key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
                       key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573) };

    s = compress(s, word);
    s = compress(s, UINT64_C(8) << 56); /* the last word holds the length */
    s.v2 ^= 0xff;
    s = round_of(round_of(round_of(s)));
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
