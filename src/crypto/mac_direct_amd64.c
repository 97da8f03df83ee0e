/* SHA-1 and SHA-256 have instructions of their own here, AES too; SHA-512 has none, and two texts go through as the two halves of vectors, whose rotations and
 * choices of bits AVX-512VL has. No table is looked up and no branch depends on a secret. Each step is written for both texts before the next one: so the
 * processor finds what it can do meanwhile close by. */
#include "crypto/mac_direct.h"

#include <stdlib.h>
#include <string.h>

#include <cpuid.h>
#include <immintrin.h>

#define BLOCK 16
#define PART 64                 /* SHA-1 and SHA-256 take so many bytes at a time, SHA-512 two of them */
#define PARTS 2
#define CPUID_7_EBX_SHA (1u << 29)

typedef __m128i block;

/* What is digested, as both padded blocks have it but for the text: the key, zeros, and the end as FIPS 180-4 section 5.1 has it. */
struct keyed {
    block frame[PARTS * PART / BLOCK];
    uint8_t at;                  /* where the text goes */
    uint8_t parts;               /* of SHA-1 and SHA-256 */
};

#define AES_ROUNDS_MAX 14
struct aes { block round[AES_ROUNDS_MAX + 1], last_whole; /* the subkey, RFC 4493 section 2.3 */ };

_Static_assert(sizeof(struct keyed) <= CRYPTO_MAC_DIRECT_MAX && sizeof(struct aes) <= CRYPTO_MAC_DIRECT_MAX, "room for every prepared key");

static inline block get(const uint8_t *at) { return _mm_loadu_si128((const void *)at); }

static inline void put(uint8_t *at, block b) { _mm_storeu_si128((void *)at, b); }

/* ---- a text between key and padding ---- */

/* Bytes move up by n, or down by 16 - n, and zeros come after them. */
#define NONE 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
static const uint8_t moves[3 * BLOCK] = { NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, NONE };

/* The text alone, where it goes, between zeros: the key is added in registers, and stays where it was prepared. A processor hands on what it has just stored
 * only as it was stored: so whole blocks are, wherever the text begins. */
static inline void place(const struct keyed *k, const uint8_t text[MAC_DIRECT_TEXT], uint8_t out[PARTS * PART])
{
    size_t n = k->at % BLOCK;
    uint8_t *at = out + k->at - n;
    block up = get(moves + BLOCK - n), down = get(moves + 2 * BLOCK - n), x = get(text), y = get(text + BLOCK), z = get(text + 2 * BLOCK);

#pragma GCC unroll 8
    for (size_t i = 0; i < PARTS * PART; i += BLOCK)
        put(out + i, _mm_setzero_si128());
    put(at, _mm_shuffle_epi8(x, up));
    put(at + BLOCK, _mm_shuffle_epi8(x, down) ^ _mm_shuffle_epi8(y, up));
    put(at + 2 * BLOCK, _mm_shuffle_epi8(y, down) ^ _mm_shuffle_epi8(z, up));
    put(at + 3 * BLOCK, _mm_shuffle_epi8(z, down));
}

static inline block piece(const struct keyed *k, const uint8_t *placed, size_t i) { return k->frame[i] ^ get(placed + i * BLOCK); }

static void frame_init(struct keyed *k, bool wide, const uint8_t *key, size_t key_len)
{
    size_t used = key_len + MAC_DIRECT_TEXT, end;
    uint8_t frame[PARTS * PART] = { 0 };

    k->at = (uint8_t)key_len;
    k->parts = wide || used + 1 + sizeof(uint64_t) > PART ? PARTS : 1;
    end = k->parts * (size_t)PART;
    memcpy(frame, key, key_len);
    frame[used] = 0x80;
    wire_put16(frame + end - 2, (uint16_t)(8 * used)); /* the length in bits; what is above is zero */
    memcpy(k->frame, frame, sizeof frame);
    crypto_wipe(frame, sizeof frame);
}

/* ---- SHA-1, FIPS 180-4 section 6.1.2: four of 80 rounds at once, and four words of the schedule ---- */

struct sha1 { block abcd, e; /* in the highest word */ };
struct sha1_lane { block abcd, e, w[4]; };

static inline void sha1_begin(struct sha1_lane *l, struct sha1 s, const struct keyed *k, const uint8_t *placed, size_t part)
{
    const block backwards = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);

    l->abcd = s.abcd;
    l->e = _mm_slli_epi32(s.e, 2) | _mm_srli_epi32(s.e, 30); /* as it was before the instruction turns it */
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        l->w[i] = _mm_shuffle_epi8(piece(k, placed, 4 * part + i), backwards);
}

static inline block sha1_rounds(block abcd, block e, int function)
{
    switch (function) {
    case 0: return _mm_sha1rnds4_epu32(abcd, e, 0);
    case 1: return _mm_sha1rnds4_epu32(abcd, e, 1);
    case 2: return _mm_sha1rnds4_epu32(abcd, e, 2);
    default: return _mm_sha1rnds4_epu32(abcd, e, 3);
    }
}

static inline void sha1_step(struct sha1_lane *l, int i)
{
    block *w = l->w, e = _mm_sha1nexte_epu32(l->e, w[i % 4]);

    l->e = l->abcd;
    l->abcd = sha1_rounds(l->abcd, e, i / 5);
    if (i < 16)
        w[i % 4] = _mm_sha1msg2_epu32(_mm_sha1msg1_epu32(w[i % 4], w[(i + 1) % 4]) ^ w[(i + 2) % 4], w[(i + 3) % 4]);
}

static inline struct sha1 sha1_end(struct sha1 before, const struct sha1_lane *l)
{
    return (struct sha1){ _mm_add_epi32(before.abcd, l->abcd), _mm_sha1nexte_epu32(l->e, before.e) };
}

static inline void sha1_put(struct sha1 s, uint8_t *out)
{
    put(out, _mm_shuffle_epi8(s.abcd, _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f)));
    wire_put32(out + BLOCK, (uint32_t)_mm_extract_epi32(s.e, 3));
}

static void sha1_pair(const struct keyed *k, const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    struct sha1 x = { _mm_set_epi32(0x67452301, (int)0xefcdab89, (int)0x98badcfe, 0x10325476), _mm_set_epi32((int)0xc3d2e1f0, 0, 0, 0) }, y = x;
    _Alignas(BLOCK) uint8_t p[PARTS * PART], q[PARTS * PART];

    place(k, a, p);
    place(k, b, q);
    for (size_t part = 0; part < k->parts; part++) {
        struct sha1_lane l, m;

        sha1_begin(&l, x, k, p, part);
        sha1_begin(&m, y, k, q, part);
#pragma GCC unroll 20
        for (int i = 0; i < 20; i++) {
            sha1_step(&l, i);
            sha1_step(&m, i);
        }
        x = sha1_end(x, &l);
        y = sha1_end(y, &m);
    }
    sha1_put(x, out_a);
    sha1_put(y, out_b);
}

/* ---- SHA-256, section 6.2.2: the state is in two halves, and the instruction does two of 64 rounds ---- */

struct sha256 { block abef, cdgh; };
struct sha256_lane { struct sha256 s; block w[4]; };

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

/* The words' bytes turned round, and words back in their places. */
static inline block words(block b) { return _mm_shuffle_epi8(b, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)); }

static inline void sha256_begin(struct sha256_lane *l, struct sha256 s, const struct keyed *k, const uint8_t *placed, size_t part)
{
    l->s = s;
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        l->w[i] = words(piece(k, placed, 4 * part + i));
}

static inline void sha256_step(struct sha256_lane *l, int i)
{
    block *w = l->w, kw = _mm_add_epi32(w[i % 4], _mm_load_si128((const block *)sha256_k + i)), last = w[(i + 3) % 4];

    l->s.cdgh = _mm_sha256rnds2_epu32(l->s.cdgh, l->s.abef, kw);
    l->s.abef = _mm_sha256rnds2_epu32(l->s.abef, l->s.cdgh, _mm_shuffle_epi32(kw, 0x0e));
    if (i < 12) {
        block more = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), _mm_alignr_epi8(last, w[(i + 2) % 4], 4));

        w[i % 4] = _mm_sha256msg2_epu32(more, last);
    }
}

static inline struct sha256 sha256_end(struct sha256 before, const struct sha256_lane *l)
{
    return (struct sha256){ _mm_add_epi32(before.abef, l->s.abef), _mm_add_epi32(before.cdgh, l->s.cdgh) };
}

static inline void sha256_put(struct sha256 s, uint8_t *out)
{
    block abef = _mm_shuffle_epi32(s.abef, 0x1b), ghcd = _mm_shuffle_epi32(s.cdgh, 0xb1);

    put(out, words(_mm_blend_epi16(abef, ghcd, 0xf0)));
    put(out + BLOCK, words(_mm_alignr_epi8(ghcd, abef, 8)));
}

static void sha256_pair(const struct keyed *k, const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    struct sha256 x = { _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                        _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19) }, y = x;
    _Alignas(BLOCK) uint8_t p[PARTS * PART], q[PARTS * PART];

    place(k, a, p);
    place(k, b, q);
    for (size_t part = 0; part < k->parts; part++) {
        struct sha256_lane l, m;

        sha256_begin(&l, x, k, p, part);
        sha256_begin(&m, y, k, q, part);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            sha256_step(&l, i);
            sha256_step(&m, i);
        }
        x = sha256_end(x, &l);
        y = sha256_end(y, &m);
    }
    sha256_put(x, out_a);
    sha256_put(y, out_b);
}

/* ---- SHA-384 and SHA-512, section 6.4.2: of each pair of words one is of either text; the schedule goes two rounds at a time ---- */

#define WIDE __attribute__((target("avx512vl")))

static const uint64_t sha512_k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static const uint64_t sha384_start[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
}, sha512_start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Of three words, bit by bit: the eight results, as the instruction takes them. */
#define CHOICE 0xca
#define MAJORITY 0xe8
#define PARITY 0x96

/* i words of the state have moved on by t rounds. */
#define STATE(v, i, t) (v)[((i) - (t)) & 7]

/* t: of eight in turn. kw: the round's constant and word. What is known early is added first. */
WIDE static inline void sha512_round(block v[8], int t, block kw)
{
    block a = STATE(v, 0, t), e = STATE(v, 4, t);
    block sum_a = _mm_ternarylogic_epi64(_mm_ror_epi64(a, 28), _mm_ror_epi64(a, 34), _mm_ror_epi64(a, 39), PARITY);
    block sum_e = _mm_ternarylogic_epi64(_mm_ror_epi64(e, 14), _mm_ror_epi64(e, 18), _mm_ror_epi64(e, 41), PARITY);
    block choice = _mm_ternarylogic_epi64(e, STATE(v, 5, t), STATE(v, 6, t), CHOICE);
    block majority = _mm_ternarylogic_epi64(a, STATE(v, 1, t), STATE(v, 2, t), MAJORITY);
    block t1 = _mm_add_epi64(_mm_add_epi64(STATE(v, 7, t), kw), choice);

    __asm__("" : "+v"(t1)); /* compilers put sums in another order */
    t1 = _mm_add_epi64(t1, sum_e);
    STATE(v, 3, t) = _mm_add_epi64(STATE(v, 3, t), t1);
    STATE(v, 7, t) = _mm_add_epi64(t1, _mm_add_epi64(majority, sum_a));
}

/* Behind the first of x, before the last of y. */
WIDE static inline __m256i between(__m256i x, __m256i y) { return _mm256_permute2x128_si256(x, y, 0x21); }

/* The words of two rounds, 16 rounds later. */
WIDE static inline void sha512_more(__m256i w[8], int j)
{
    __m256i w15 = between(w[j], w[(j + 1) & 7]), w7 = between(w[(j + 4) & 7], w[(j + 5) & 7]), w2 = w[(j + 7) & 7];
    __m256i old = _mm256_ternarylogic_epi64(_mm256_ror_epi64(w15, 1), _mm256_ror_epi64(w15, 8), _mm256_srli_epi64(w15, 7), PARITY);
    __m256i late = _mm256_ternarylogic_epi64(_mm256_ror_epi64(w2, 19), _mm256_ror_epi64(w2, 61), _mm256_srli_epi64(w2, 6), PARITY);

    w[j] = _mm256_add_epi64(_mm256_add_epi64(_mm256_add_epi64(w[j], w7), old), late);
}

WIDE static inline void sha512_load(const struct keyed *k, const uint8_t *a, const uint8_t *b, __m256i w[8])
{
    const block backwards = _mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607);
    _Alignas(BLOCK) uint8_t p[PARTS * PART], q[PARTS * PART];

    place(k, a, p);
    place(k, b, q);
    for (size_t i = 0; i < 8; i++) {
        block x = _mm_shuffle_epi8(piece(k, p, i), backwards), y = _mm_shuffle_epi8(piece(k, q, i), backwards);

        w[i] = _mm256_set_m128i(_mm_unpackhi_epi64(x, y), _mm_unpacklo_epi64(x, y));
    }
}

WIDE static void sha512_pair(const struct keyed *k, const uint64_t start[8], const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    const uint64_t *constant = sha512_k;
    __m256i w[8];
    block v[8];

    sha512_load(k, a, b, w);
    for (size_t i = 0; i < 8; i++)
        v[i] = _mm_set1_epi64x((int64_t)start[i]);
    for (int sixteen = 0; sixteen < 5; sixteen++) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++, constant += 2) {
            sha512_round(v, 2 * j, _mm_add_epi64(_mm256_castsi256_si128(w[j]), _mm_set1_epi64x((int64_t)constant[0])));
            sha512_round(v, 2 * j + 1, _mm_add_epi64(_mm256_extracti128_si256(w[j], 1), _mm_set1_epi64x((int64_t)constant[1])));
            if (sixteen < 4)
                sha512_more(w, j);
        }
    }
    for (size_t i = 0; i < 8; i++) {
        v[i] = _mm_add_epi64(v[i], _mm_set1_epi64x((int64_t)start[i]));
        wire_put64(out_a + 8 * i, (uint64_t)_mm_cvtsi128_si64(v[i]));
        wire_put64(out_b + 8 * i, (uint64_t)_mm_extract_epi64(v[i], 1));
    }
}

/* ---- AES-CMAC, RFC 4493, with keys of both lengths ---- */

/* FIPS 197 section 5.2: `last`, turned or not, is substituted, marked, and added to all four words of the key that lies one length of key back; each of them
 * takes those before it along. */
static inline block aes_next(block key, block last, block mark)
{
    last = _mm_aesenclast_si128(last, mark);
    key ^= _mm_slli_si128(key, 4);
    key ^= _mm_slli_si128(key, 8);
    return key ^ last;
}

static void aes_expand(struct aes *a, const uint8_t *key, size_t blocks, size_t rounds)
{
    const block turn = _mm_set1_epi32(0x0c0f0e0d), as_it_is = _mm_set1_epi32(0x0f0e0d0c);
    uint8_t mark = 0x01;

    for (size_t i = 0; i < blocks; i++)
        a->round[i] = get(key + i * BLOCK);
    for (size_t i = blocks; i <= rounds; i++) {
        bool whole = i % blocks == 0;
        block last = _mm_shuffle_epi8(a->round[i - 1], whole ? turn : as_it_is);

        a->round[i] = aes_next(a->round[i - blocks], last, whole ? _mm_set1_epi32(mark) : _mm_setzero_si128());
        if (whole)
            mark = (uint8_t)(mark << 1 ^ (mark & 0x80 ? 0x1b : 0));
    }
}

static inline void aes_encrypt(const struct aes *a, int rounds, block *x, block *y)
{
    *x ^= a->round[0];
    *y ^= a->round[0];
#pragma GCC unroll 14
    for (int i = 1; i < rounds; i++) {
        *x = _mm_aesenc_si128(*x, a->round[i]);
        *y = _mm_aesenc_si128(*y, a->round[i]);
    }
    *x = _mm_aesenclast_si128(*x, a->round[rounds]);
    *y = _mm_aesenclast_si128(*y, a->round[rounds]);
}

static int aes_rounds(enum crypto_mac_kind kind) { return kind == CRYPTO_MAC_AES128 ? 10 : AES_ROUNDS_MAX; }

/* The zero block's code, times x. */
static void aes_init(struct aes *a, enum crypto_mac_kind kind, const uint8_t *key)
{
    block x = _mm_setzero_si128(), y = x;
    uint8_t subkey[BLOCK];
    uint64_t high, low;

    aes_expand(a, key, kind == CRYPTO_MAC_AES128 ? 1 : 2, (size_t)aes_rounds(kind));
    aes_encrypt(a, aes_rounds(kind), &x, &y);
    put(subkey, x);
    high = wire_get64(subkey);
    low = wire_get64(subkey + 8);
    wire_put64(subkey, high << 1 | low >> 63);
    wire_put64(subkey + 8, low << 1 ^ (0x87 & (0 - (high >> 63))));
    a->last_whole = get(subkey);
    crypto_wipe(subkey, sizeof subkey);
}

static inline void aes_pair(const struct aes *k, int rounds, const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    block x = _mm_setzero_si128(), y = x;

    for (size_t at = 0; at < MAC_DIRECT_TEXT; at += BLOCK) {
        block end = at + BLOCK == MAC_DIRECT_TEXT ? k->last_whole : _mm_setzero_si128();

        x ^= get(a + at) ^ end;
        y ^= get(b + at) ^ end;
        aes_encrypt(k, rounds, &x, &y);
    }
    put(out_a, x);
    put(out_b, y);
}

/* ---- the face ---- */

static bool has_sha(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & CPUID_7_EBX_SHA && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

static bool is_there(enum crypto_mac_kind kind)
{
    switch (kind) {
    case CRYPTO_MAC_SHA1:
    case CRYPTO_MAC_SHA256: return has_sha();
    case CRYPTO_MAC_SHA384:
    case CRYPTO_MAC_SHA512: return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("sse4.1");
    case CRYPTO_MAC_AES128:
    case CRYPTO_MAC_AES256: return __builtin_cpu_supports("aes") && __builtin_cpu_supports("ssse3");
    default: return false;
    }
}

bool mac_direct_init(void *prepared, enum crypto_mac_kind kind, const uint8_t *key, size_t key_len)
{
    if (key_len > MAC_DIRECT_KEY_MAX || !is_there(kind))
        return false;
    if (crypto_mac_key_size(kind) > 0)
        aes_init(prepared, kind, key);
    else
        frame_init(prepared, kind == CRYPTO_MAC_SHA384 || kind == CRYPTO_MAC_SHA512, key, key_len);
    return true;
}

void mac_direct_pair(const void *prepared, enum crypto_mac_kind kind, const uint8_t a[MAC_DIRECT_TEXT], const uint8_t b[MAC_DIRECT_TEXT],
                     uint8_t out_a[CRYPTO_MAC_SIZE_MAX], uint8_t out_b[CRYPTO_MAC_SIZE_MAX])
{
    switch (kind) {
    case CRYPTO_MAC_SHA1: sha1_pair(prepared, a, b, out_a, out_b); break;
    case CRYPTO_MAC_SHA256: sha256_pair(prepared, a, b, out_a, out_b); break;
    case CRYPTO_MAC_SHA384: sha512_pair(prepared, sha384_start, a, b, out_a, out_b); break;
    case CRYPTO_MAC_SHA512: sha512_pair(prepared, sha512_start, a, b, out_a, out_b); break;
    case CRYPTO_MAC_AES128: aes_pair(prepared, 10, a, b, out_a, out_b); break;
    case CRYPTO_MAC_AES256: aes_pair(prepared, AES_ROUNDS_MAX, a, b, out_a, out_b); break;
    default: abort();
    }
}
