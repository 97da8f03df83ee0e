/* A keyed hash of one 64-bit word, so that nobody outside can choose sources that fall into one set of the table.
 * In the header, because the kernel's side of the guard is a program of its own (guard/check.h).
 *
 * Standards: SipHash-1-3 (Aumasson, Bernstein 2012), of eight little-endian bytes. */
#ifndef GUARD_HASH_H
#define GUARD_HASH_H

#include <stdint.h>

struct guard_key { uint64_t k0, k1; };

struct guard_hash_state { uint64_t v0, v1, v2, v3; };

static inline uint64_t guard_hash_rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static inline struct guard_hash_state guard_hash_round(struct guard_hash_state s)
{
    s.v0 += s.v1;
    s.v1 = guard_hash_rotate(s.v1, 13) ^ s.v0;
    s.v0 = guard_hash_rotate(s.v0, 32);
    s.v2 += s.v3;
    s.v3 = guard_hash_rotate(s.v3, 16) ^ s.v2;
    s.v0 += s.v3;
    s.v3 = guard_hash_rotate(s.v3, 21) ^ s.v0;
    s.v2 += s.v1;
    s.v1 = guard_hash_rotate(s.v1, 17) ^ s.v2;
    s.v2 = guard_hash_rotate(s.v2, 32);
    return s;
}

static inline struct guard_hash_state guard_hash_compress(struct guard_hash_state s, uint64_t word)
{
    s.v3 ^= word;
    s = guard_hash_round(s);
    s.v0 ^= word;
    return s;
}

/* Uniform over all 64 bits. */
static inline uint64_t guard_hash(const struct guard_key *key, uint64_t word)
{
    struct guard_hash_state s = { key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
                       key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573) };

    s = guard_hash_compress(s, word);
    s = guard_hash_compress(s, UINT64_C(8) << 56); /* the last word holds the length */
    s.v2 ^= 0xff;
    s = guard_hash_round(guard_hash_round(guard_hash_round(s)));
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
