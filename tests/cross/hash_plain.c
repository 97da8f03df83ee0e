/* Stands in for crypto's face where nettle is not packaged for the machine (tools/cross). SHA-1 is the real one (FIPS 180-4 section 6.1),
 * because files are checked by it; MD5 is not, because it only makes labels that are compared with each other: it is SHA-1 cut short. */
#include "crypto/hash.h"

#include <string.h>

static uint32_t rotate(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static uint32_t big_endian(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static void mix_block(uint32_t h[5], const uint8_t block[64])
{
    static const uint32_t constant[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    uint32_t w[80], v[5];

    for (unsigned t = 0; t < 80; t++)
        w[t] = t < 16 ? big_endian(block + 4 * t) : rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, h, sizeof v);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t choose = (v[1] & v[2]) | (~v[1] & v[3]), parity = v[1] ^ v[2] ^ v[3], majority = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
        uint32_t f[4] = { choose, parity, majority, parity };
        uint32_t first = rotate(v[0], 5) + f[t / 20] + v[4] + constant[t / 20] + w[t];

        memmove(v + 1, v, 4 * sizeof v[0]);
        v[2] = rotate(v[2], 30);
        v[0] = first;
    }
    for (unsigned i = 0; i < 5; i++)
        h[i] += v[i];
}

void crypto_sha1(const void *data, size_t len, uint8_t out[CRYPTO_SHA1_SIZE])
{
    uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    const uint8_t *at = data;
    size_t left = len;
    uint8_t last[128] = { 0 };
    size_t padded;

    for (; left >= 64; at += 64, left -= 64)
        mix_block(h, at);
    if (left > 0)
        memcpy(last, at, left);
    last[left] = 0x80;
    padded = left < 56 ? 64 : 128;
    for (unsigned i = 0; i < 8; i++)
        last[padded - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
    for (size_t i = 0; i < padded; i += 64)
        mix_block(h, last + i);
    for (unsigned i = 0; i < CRYPTO_SHA1_SIZE; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE])
{
    uint8_t digest[CRYPTO_SHA1_SIZE];

    crypto_sha1(data, len, digest);
    memcpy(out, digest, CRYPTO_MD5_SIZE);
}
