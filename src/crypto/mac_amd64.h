/* What the codes by instructions of amd64 share (mac_direct.h), and nobody else sees. No table is looked up and no branch depends on a secret. Each step is
 * written for both texts before the next one: so the processor finds what it can do meanwhile close by. */
#ifndef CRYPTO_MAC_AMD64_H
#define CRYPTO_MAC_AMD64_H

#include <immintrin.h>

#include "crypto/mac_direct.h"

#define BLOCK 16

typedef __m128i block;

static inline block get(const uint8_t *at) { return _mm_loadu_si128((const void *)at); }

static inline void put(uint8_t *at, block b) { _mm_storeu_si128((void *)at, b); }

/* One kind of code. The others are as those of mac_direct.h, and only to be called where it is there. */
struct mac_amd64 {
    bool (*is_there)(void);
    void (*init)(void *prepared, const uint8_t *key, size_t key_len);
    void (*one)(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]);
    /* NULL: two take as long as one after the other */
    void (*two)(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX]);
};

extern const struct mac_amd64 sha1_amd64, sha256_amd64;   /* sha_direct_amd64.c */
extern const struct mac_amd64 sha384_amd64, sha512_amd64; /* sha512_direct_amd64.c */
extern const struct mac_amd64 aes128_amd64, aes256_amd64; /* cmac_direct_amd64.c */

#endif
