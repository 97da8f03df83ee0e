/* A keyed hash of one 64-bit word, so that nobody outside can choose sources that fall into one set of the table.
 * Standards: SipHash-1-3 (Aumasson, Bernstein 2012), of eight little-endian bytes. */
#ifndef GUARD_HASH_H
#define GUARD_HASH_H

#include <stdint.h>

struct guard_key { uint64_t k0, k1; };

/* Uniform over all 64 bits. */
uint64_t guard_hash(const struct guard_key *key, uint64_t word);

#endif
