/* What valgrind does not know of amd64, in plain C: SHA-1 and SHA-256 (Intel's SDM volume 2, the pseudocode of each instruction), rotations and choices of
 * AVX-512VL. For src/crypto/secret_test.c: what surrounds these instructions is the code that runs elsewhere; that they themselves take the same time whatever
 * they work on is the processor's promise (Intel's list of instructions with data operand independent timing has them). */
#ifndef EMULATED_IMMINTRIN_H
#define EMULATED_IMMINTRIN_H

#include <cpuid.h>
#include <stdint.h>
#include <string.h>
#include_next <immintrin.h>

typedef uint32_t emulated_words __attribute__((vector_size(16)));
typedef uint64_t emulated_wide __attribute__((vector_size(32)));

static inline uint32_t emulated_rol(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }
static inline uint32_t emulated_ror(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

/* -- SHA-1: A is the highest word --------------------------------------------------------------------------------------- */

static inline uint32_t emulated_f(unsigned which, uint32_t b, uint32_t c, uint32_t d)
{
    switch (which) {
    case 0: return (b & c) ^ (~b & d);
    case 2: return (b & c) ^ (b & d) ^ (c & d);
    default: return b ^ c ^ d;
    }
}

static inline __m128i emulated_sha1rnds4(__m128i state, __m128i words, unsigned which)
{
    static const uint32_t k[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    emulated_words s = (emulated_words)state, w = (emulated_words)words;
    uint32_t a = s[3], b = s[2], c = s[1], d = s[0], e = 0;

    for (int i = 3; i >= 0; i--) { /* E is in the first word already */
        uint32_t next = emulated_f(which, b, c, d) + emulated_rol(a, 5) + w[i] + e + k[which];

        e = d;
        d = c;
        c = emulated_rol(b, 30);
        b = a;
        a = next;
    }
    return (__m128i)(emulated_words){ d, c, b, a };
}

static inline __m128i emulated_sha1nexte(__m128i state, __m128i words)
{
    emulated_words w = (emulated_words)words;

    w[3] += emulated_rol(((emulated_words)state)[3], 30);
    return (__m128i)w;
}

static inline __m128i emulated_sha1msg1(__m128i x, __m128i y)
{
    emulated_words a = (emulated_words)x, b = (emulated_words)y;

    return (__m128i)(emulated_words){ a[0] ^ b[2], a[1] ^ b[3], a[2] ^ a[0], a[3] ^ a[1] };
}

static inline __m128i emulated_sha1msg2(__m128i x, __m128i y)
{
    emulated_words a = (emulated_words)x, b = (emulated_words)y;
    uint32_t w16 = emulated_rol(a[3] ^ b[2], 1), w17 = emulated_rol(a[2] ^ b[1], 1), w18 = emulated_rol(a[1] ^ b[0], 1);

    return (__m128i)(emulated_words){ emulated_rol(a[0] ^ w16, 1), w18, w17, w16 };
}

/* -- SHA-256 ------------------------------------------------------------------------------------------------------------ */

static inline __m128i emulated_sha256rnds2(__m128i cdgh, __m128i abef, __m128i words)
{
    emulated_words x = (emulated_words)cdgh, y = (emulated_words)abef, w = (emulated_words)words;
    uint32_t a = y[3], b = y[2], c = x[3], d = x[2], e = y[1], f = y[0], g = x[1], h = x[0];

    for (int i = 0; i < 2; i++) {
        uint32_t t1 = h + (emulated_ror(e, 6) ^ emulated_ror(e, 11) ^ emulated_ror(e, 25)) + ((e & f) ^ (~e & g)) + w[i];
        uint32_t t2 = (emulated_ror(a, 2) ^ emulated_ror(a, 13) ^ emulated_ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    return (__m128i)(emulated_words){ f, e, b, a };
}

static inline uint32_t emulated_sigma0(uint32_t x) { return emulated_ror(x, 7) ^ emulated_ror(x, 18) ^ x >> 3; }
static inline uint32_t emulated_sigma1(uint32_t x) { return emulated_ror(x, 17) ^ emulated_ror(x, 19) ^ x >> 10; }

static inline __m128i emulated_sha256msg1(__m128i x, __m128i y)
{
    emulated_words a = (emulated_words)x, b = (emulated_words)y;

    return (__m128i)(emulated_words){ a[0] + emulated_sigma0(a[1]), a[1] + emulated_sigma0(a[2]), a[2] + emulated_sigma0(a[3]), a[3] + emulated_sigma0(b[0]) };
}

static inline __m128i emulated_sha256msg2(__m128i x, __m128i y)
{
    emulated_words a = (emulated_words)x, b = (emulated_words)y;
    uint32_t w16 = a[0] + emulated_sigma1(b[2]), w17 = a[1] + emulated_sigma1(b[3]);

    return (__m128i)(emulated_words){ w16, w17, a[2] + emulated_sigma1(w16), a[3] + emulated_sigma1(w17) };
}

/* -- AVX-512VL ---------------------------------------------------------------------------------------------------------- */

static inline __attribute__((target("avx2"))) __m256i emulated_ror_epi64(__m256i x, int n)
{
    emulated_wide w = (emulated_wide)x;

    return (__m256i)(w >> n | w << (64 - n));
}

/* Each bit of `table` says what becomes of one combination of the three bits, a the highest. */
static inline __attribute__((target("avx2"))) __m256i emulated_ternarylogic(__m256i x, __m256i y, __m256i z, int table)
{
    emulated_wide a = (emulated_wide)x, b = (emulated_wide)y, c = (emulated_wide)z, r = a ^ a;

    for (int i = 0; i < 8; i++)
        if (table >> i & 1)
            r |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    return (__m256i)r;
}

/* -- in their place ----------------------------------------------------------------------------------------------------- */

static inline int emulated_cpuid(unsigned leaf, unsigned part, unsigned *a, unsigned *b, unsigned *c, unsigned *d)
{
    (void)leaf;
    (void)part;
    *a = *b = *c = *d = UINT32_MAX;
    return 1;
}

#define __get_cpuid_count emulated_cpuid
#define __builtin_cpu_supports(what) 1
#undef _mm_sha1rnds4_epu32
#define _mm_sha1rnds4_epu32 emulated_sha1rnds4
#define _mm_sha1nexte_epu32 emulated_sha1nexte
#define _mm_sha1msg1_epu32 emulated_sha1msg1
#define _mm_sha1msg2_epu32 emulated_sha1msg2
#define _mm_sha256rnds2_epu32 emulated_sha256rnds2
#define _mm_sha256msg1_epu32 emulated_sha256msg1
#define _mm_sha256msg2_epu32 emulated_sha256msg2
#undef _mm256_ror_epi64
#define _mm256_ror_epi64 emulated_ror_epi64
#undef _mm256_ternarylogic_epi64
#define _mm256_ternarylogic_epi64 emulated_ternarylogic
#define target(what) target("avx2") /* what is made for AVX-512VL */

#endif
