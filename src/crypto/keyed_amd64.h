/* What a hash of amd64 digests: the key, a text of MAC_DIRECT_TEXT bytes, and the end as FIPS 180-4 section 5.1 has it. */
#ifndef CRYPTO_KEYED_AMD64_H
#define CRYPTO_KEYED_AMD64_H

#include <string.h>

#include "crypto/mac_amd64.h"

#define KEYED_PART 64           /* SHA-1 and SHA-256 take so many bytes at a time, SHA-512 two of them */
#define KEYED_PARTS 2
#define KEYED_SIZE (KEYED_PARTS * KEYED_PART)
#define KEYED_NONE 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 /* a block of zeros, as the shuffle has it */

/* As it is but for the text, which is zeros. */
struct keyed {
    block frame[KEYED_SIZE / BLOCK];
    uint8_t at;                  /* where the text goes */
    uint8_t parts;               /* of SHA-1 and SHA-256 */
};

_Static_assert(sizeof(struct keyed) <= CRYPTO_MAC_DIRECT_MAX, "room for every prepared key");

/* wide: for SHA-384 and SHA-512. */
static inline void keyed_init(struct keyed *k, bool wide, const uint8_t *key, size_t key_len)
{
    size_t used = key_len + MAC_DIRECT_TEXT, end;
    uint8_t frame[KEYED_SIZE] = { 0 };

    k->at = (uint8_t)key_len;
    k->parts = wide || used + 1 + sizeof(uint64_t) > KEYED_PART ? KEYED_PARTS : 1;
    end = k->parts * (size_t)KEYED_PART;
    memcpy(frame, key, key_len);
    frame[used] = 0x80;
    wire_put16(frame + end - 2, (uint16_t)(8 * used)); /* the length in bits; what is above is zero */
    memcpy(k->frame, frame, sizeof frame);
    crypto_wipe(frame, sizeof frame);
}

/* A text moved to where it goes within a block, and zeros before and behind it: as many blocks as there may be. */
#define KEYED_BEFORE (MAC_DIRECT_KEY_MAX / BLOCK)
struct keyed_text { block at[KEYED_BEFORE + KEYED_SIZE / BLOCK]; };

/* The key is added in registers, and stays where it was prepared. A processor hands on what it has just stored only as it was stored: so whole blocks are, and
 * each of them once. */
static inline void keyed_place(const struct keyed *k, const uint8_t text[MAC_DIRECT_TEXT], struct keyed_text *out)
{
    static const uint8_t moves[3 * BLOCK] = { KEYED_NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, KEYED_NONE }; /* up by n, down by 16 - n */
    size_t n = k->at % BLOCK;
    block up = get(moves + BLOCK - n), down = get(moves + 2 * BLOCK - n), x = get(text), y = get(text + BLOCK), z = get(text + 2 * BLOCK);

#pragma GCC unroll 3
    for (size_t i = 0; i < KEYED_BEFORE; i++)
        out->at[i] = _mm_setzero_si128();
    out->at[KEYED_BEFORE] = _mm_shuffle_epi8(x, up);
    out->at[KEYED_BEFORE + 1] = _mm_shuffle_epi8(x, down) ^ _mm_shuffle_epi8(y, up);
    out->at[KEYED_BEFORE + 2] = _mm_shuffle_epi8(y, down) ^ _mm_shuffle_epi8(z, up);
    out->at[KEYED_BEFORE + 3] = _mm_shuffle_epi8(z, down);
#pragma GCC unroll 4
    for (size_t i = KEYED_BEFORE + 4; i < KEYED_BEFORE + KEYED_SIZE / BLOCK; i++)
        out->at[i] = _mm_setzero_si128();
}

/* The ith block of what is digested. */
static inline block keyed_piece(const struct keyed *k, const struct keyed_text *t, size_t i) { return k->frame[i] ^ t->at[KEYED_BEFORE + i - k->at / BLOCK]; }

#endif
