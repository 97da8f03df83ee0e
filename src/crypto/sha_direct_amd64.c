/* SHA-1 and SHA-256 by their own instructions, FIPS 180-4 sections 6.1.2 and 6.2.2. */
#include "crypto/keyed_amd64.h"

#include <cpuid.h>

#define CPUID_7_EBX_SHA (1u << 29)
#define INLINE __attribute__((always_inline)) static inline

/* A text on its way through one part: the state, and the words of the sixteen rounds to come. */
struct lane { block state[2], w[4]; };

/* What the two differ in. */
struct sha {
    block start[2], order;       /* order: of a block's bytes in its words */
    int steps;                   /* of four rounds each, and four words of the schedule */
    void (*begin)(struct lane *l);
    void (*step)(struct lane *l, int i);
    void (*end)(struct lane *l, const block before[2]); /* adds the state before the part */
};

INLINE void load(const struct sha *h, struct lane *l, const struct keyed *k, const struct keyed_text *placed, size_t part)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        l->w[i] = _mm_shuffle_epi8(keyed_piece(k, placed, 4 * part + i), h->order);
    h->begin(l);
}

/* Through every part of both texts; the states are left in l and m. */
INLINE void pair(const struct sha *h, const struct crypto_mac_exchange *x, struct lane *l, struct lane *m)
{
    const struct keyed *k = (const struct keyed *)x->m->for_direct;
    struct keyed_text p, q;

    keyed_place(k, x->request.at, &p);
    keyed_place(k, x->answer.at, &q);
    for (int i = 0; i < 2; i++)
        l->state[i] = m->state[i] = h->start[i];
    for (size_t part = 0; part < k->parts; part++) {
        const block before_l[2] = { l->state[0], l->state[1] }, before_m[2] = { m->state[0], m->state[1] };

        load(h, l, k, &p, part);
        load(h, m, k, &q, part);
#pragma GCC unroll 20
        for (int i = 0; i < h->steps; i++) {
            h->step(l, i);
            h->step(m, i);
        }
        h->end(l, before_l);
        h->end(m, before_m);
    }
}

/* ---- SHA-1: the state is a to d, and e in the highest word ---- */

/* e as it was before the instruction turns it. */
INLINE void sha1_begin(struct lane *l) { l->state[1] = _mm_slli_epi32(l->state[1], 2) | _mm_srli_epi32(l->state[1], 30); }

INLINE block sha1_rounds(block abcd, block e, int function)
{
    switch (function) {
    case 0: return _mm_sha1rnds4_epu32(abcd, e, 0);
    case 1: return _mm_sha1rnds4_epu32(abcd, e, 1);
    case 2: return _mm_sha1rnds4_epu32(abcd, e, 2);
    default: return _mm_sha1rnds4_epu32(abcd, e, 3);
    }
}

INLINE void sha1_step(struct lane *l, int i)
{
    block *w = l->w, e = _mm_sha1nexte_epu32(l->state[1], w[i % 4]);

    l->state[1] = l->state[0];
    l->state[0] = sha1_rounds(l->state[0], e, i / 5);
    if (i < 16)
        w[i % 4] = _mm_sha1msg2_epu32(_mm_sha1msg1_epu32(w[i % 4], w[(i + 1) % 4]) ^ w[(i + 2) % 4], w[(i + 3) % 4]);
}

INLINE void sha1_end(struct lane *l, const block before[2])
{
    l->state[0] = _mm_add_epi32(before[0], l->state[0]);
    l->state[1] = _mm_sha1nexte_epu32(l->state[1], before[1]);
}

INLINE void sha1_put(const struct lane *l, block order, uint8_t *out)
{
    put(out, _mm_shuffle_epi8(l->state[0], order));
    wire_put32(out + BLOCK, (uint32_t)_mm_extract_epi32(l->state[1], 3));
}

static void sha1_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    const struct sha sha1 = {
        .start = { _mm_set_epi32(0x67452301, (int)0xefcdab89, (int)0x98badcfe, 0x10325476), _mm_set_epi32((int)0xc3d2e1f0, 0, 0, 0) },
        .order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f), .steps = 20, .begin = sha1_begin, .step = sha1_step, .end = sha1_end,
    };
    struct lane l, m;

    pair(&sha1, x, &l, &m);
    sha1_put(&l, sha1.order, codes[0]);
    sha1_put(&m, sha1.order, codes[1]);
}

/* ---- SHA-256: the state is a, b, e, f and c, d, g, h; the instruction does two rounds ---- */

static const _Alignas(BLOCK) uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

INLINE void sha256_begin(struct lane *l) { (void)l; }

INLINE void sha256_step(struct lane *l, int i)
{
    block *w = l->w, kw = _mm_add_epi32(w[i % 4], _mm_load_si128((const block *)sha256_k + i)), last = w[(i + 3) % 4];

    l->state[1] = _mm_sha256rnds2_epu32(l->state[1], l->state[0], kw);
    l->state[0] = _mm_sha256rnds2_epu32(l->state[0], l->state[1], _mm_shuffle_epi32(kw, 0x0e));
    if (i < 12) {
        block more = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), _mm_alignr_epi8(last, w[(i + 2) % 4], 4));

        w[i % 4] = _mm_sha256msg2_epu32(more, last);
    }
}

INLINE void sha256_end(struct lane *l, const block before[2])
{
    l->state[0] = _mm_add_epi32(before[0], l->state[0]);
    l->state[1] = _mm_add_epi32(before[1], l->state[1]);
}

INLINE void sha256_put(const struct lane *l, block order, uint8_t *out)
{
    block abef = _mm_shuffle_epi32(l->state[0], 0x1b), ghcd = _mm_shuffle_epi32(l->state[1], 0xb1);

    put(out, _mm_shuffle_epi8(_mm_blend_epi16(abef, ghcd, 0xf0), order));
    put(out + BLOCK, _mm_shuffle_epi8(_mm_alignr_epi8(ghcd, abef, 8), order));
}

static void sha256_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    const struct sha sha256 = {
        .start = { _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                   _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19) },
        .order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203), .steps = 16, .begin = sha256_begin, .step = sha256_step, .end = sha256_end,
    };
    struct lane l, m;

    pair(&sha256, x, &l, &m);
    sha256_put(&l, sha256.order, codes[0]);
    sha256_put(&m, sha256.order, codes[1]);
}

/* ---- both ---- */

static bool is_there(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & CPUID_7_EBX_SHA && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

static void init(void *prepared, const uint8_t *key, size_t key_len) { keyed_init(prepared, false, key, key_len); }

const struct mac_amd64 sha1_amd64 = { is_there, init, sha1_one, NULL }, sha256_amd64 = { is_there, init, sha256_one, NULL };
