/* AES-CMAC (RFC 4493) of both sizes of key, over nettle's AES and CBC: what mac.h and siv.h share inside this room, and nobody else sees. nettle's own CMAC
 * takes a call or two for each block. Here a text goes through CBC in one, several texts by one key go side by side, which costs a processor with AES
 * instructions what one of them does, and a prepared key is only read. The bytes are the same. */
#ifndef CRYPTO_CMAC_NETTLE_H
#define CRYPTO_CMAC_NETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nettle/aes.h>

#include "base/wire.h"

#define CMAC_BLOCK AES_BLOCK_SIZE
#define CMAC_TEXTS_MAX 4

struct aes_key {
    bool wide;                   /* AES-256, else AES-128 */
    union { struct aes128_ctx aes128; struct aes256_ctx aes256; } as;
};

struct cmac_key { struct aes_key aes; uint8_t last_whole[CMAC_BLOCK], last_part[CMAC_BLOCK]; /* subkeys, section 2.3 */ };

/* What goes through the chain: whole blocks of a text, and behind them a block of its own, if any. */
struct cmac_text {
    const uint8_t *at;
    size_t blocks;
    bool has_last;
    uint8_t last[CMAC_BLOCK];
    uint8_t state[CMAC_BLOCK];   /* in: where the chain begins; out: where it ends */
};

/* key: 32 bytes if wide, else 16. */
void aes_key_init(struct aes_key *k, bool wide, const uint8_t *key);

/* Whole blocks, each for itself; len: bytes. in and out may be the same. */
void aes_key_encrypt(const struct aes_key *k, const uint8_t *in, size_t len, uint8_t *out);

/* The same for CMAC: subkeys are made as well. */
void cmac_init(struct cmac_key *k, bool wide, const uint8_t *key);

/* A whole text, with its end as section 2.4 has it. It is borrowed. */
void cmac_text_init(const struct cmac_key *k, const uint8_t *text, size_t len, struct cmac_text *out);

/* 1 .. CMAC_TEXTS_MAX of them at once. */
void cmac_run(const struct cmac_key *k, struct cmac_text text[], size_t n);

/* One text alone; out: its code. */
void cmac_digest(const struct cmac_key *k, const uint8_t *text, size_t len, uint8_t out[CMAC_BLOCK]);

/* A block as a number. What AES takes in one piece is written in one piece: a processor hands on no two stores as one load. */
struct cmac_number { uint64_t high, low; };

static inline struct cmac_number cmac_get(const uint8_t at[CMAC_BLOCK]) { return (struct cmac_number){ wire_get64(at), wire_get64(at + 8) }; }

static inline void cmac_put(uint8_t at[CMAC_BLOCK], struct cmac_number n)
{
    typedef uint64_t pair __attribute__((vector_size(CMAC_BLOCK)));
    pair p = { WIRE_SWAP(64, n.high), WIRE_SWAP(64, n.low) };

    memcpy(at, &p, CMAC_BLOCK);
}

static inline struct cmac_number cmac_sum(struct cmac_number a, struct cmac_number b) { return (struct cmac_number){ a.high ^ b.high, a.low ^ b.low }; }

/* Multiplication by x (RFC 5297 section 2.3); no branch depends on the bits. */
static inline struct cmac_number cmac_double(struct cmac_number n)
{
    return (struct cmac_number){ n.high << 1 | n.low >> 63, n.low << 1 ^ (0x87 & (0 - (n.high >> 63))) };
}

/* Bytes: a becomes the sum, exclusive or, of both. */
static inline void cmac_add(uint8_t a[CMAC_BLOCK], const uint8_t b[CMAC_BLOCK])
{
    typedef uint8_t piece __attribute__((vector_size(CMAC_BLOCK)));
    piece x, y;

    memcpy(&x, a, CMAC_BLOCK);
    memcpy(&y, b, CMAC_BLOCK);
    x ^= y;
    memcpy(a, &x, CMAC_BLOCK);
}

#endif
