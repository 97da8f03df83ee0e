/* SHA-384 and SHA-512, FIPS 180-4 section 6.4.2. They have no instructions of their own: two texts go through as the two halves of vectors, whose rotations and
 * choices of bits AVX-512VL has. Of each pair of words one is of either text; the schedule goes two rounds at a time. */
#include "crypto/keyed_amd64.h"

#define WIDE __attribute__((target("avx512vl")))

static const uint64_t constants[80] = {
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
WIDE static inline void one_round(block v[8], int t, block kw)
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
WIDE static inline void more(__m256i w[8], int j)
{
    __m256i w15 = between(w[j], w[(j + 1) & 7]), w7 = between(w[(j + 4) & 7], w[(j + 5) & 7]), w2 = w[(j + 7) & 7];
    __m256i old = _mm256_ternarylogic_epi64(_mm256_ror_epi64(w15, 1), _mm256_ror_epi64(w15, 8), _mm256_srli_epi64(w15, 7), PARITY);
    __m256i late = _mm256_ternarylogic_epi64(_mm256_ror_epi64(w2, 19), _mm256_ror_epi64(w2, 61), _mm256_srli_epi64(w2, 6), PARITY);

    w[j] = _mm256_add_epi64(_mm256_add_epi64(_mm256_add_epi64(w[j], w7), old), late);
}

WIDE static inline void load(const struct keyed *k, const uint8_t *a, const uint8_t *b, __m256i w[8])
{
    const block backwards = _mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607);
    _Alignas(BLOCK) uint8_t p[KEYED_SIZE], q[KEYED_SIZE];

    keyed_place(k, a, p);
    keyed_place(k, b, q);
    for (size_t i = 0; i < 8; i++) {
        block x = _mm_shuffle_epi8(keyed_piece(k, p, i), backwards), y = _mm_shuffle_epi8(keyed_piece(k, q, i), backwards);

        w[i] = _mm256_set_m128i(_mm_unpackhi_epi64(x, y), _mm_unpacklo_epi64(x, y));
    }
}

WIDE static void pair(const struct keyed *k, const uint64_t start[8], const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    const uint64_t *constant = constants;
    __m256i w[8];
    block v[8];

    load(k, a, b, w);
    for (size_t i = 0; i < 8; i++)
        v[i] = _mm_set1_epi64x((int64_t)start[i]);
    for (int sixteen = 0; sixteen < 5; sixteen++) {
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++, constant += 2) {
            one_round(v, 2 * j, _mm_add_epi64(_mm256_castsi256_si128(w[j]), _mm_set1_epi64x((int64_t)constant[0])));
            one_round(v, 2 * j + 1, _mm_add_epi64(_mm256_extracti128_si256(w[j], 1), _mm_set1_epi64x((int64_t)constant[1])));
            if (sixteen < 4)
                more(w, j);
        }
    }
    for (size_t i = 0; i < 8; i++) {
        v[i] = _mm_add_epi64(v[i], _mm_set1_epi64x((int64_t)start[i]));
        wire_put64(out_a + 8 * i, (uint64_t)_mm_cvtsi128_si64(v[i]));
        wire_put64(out_b + 8 * i, (uint64_t)_mm_extract_epi64(v[i], 1));
    }
}

static void sha384_pair(const void *prepared, const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    pair(prepared, sha384_start, a, b, out_a, out_b);
}

static void sha512_pair(const void *prepared, const uint8_t *a, const uint8_t *b, uint8_t *out_a, uint8_t *out_b)
{
    pair(prepared, sha512_start, a, b, out_a, out_b);
}

static bool is_there(void) { return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("sse4.1"); }

static void init(void *prepared, const uint8_t *key, size_t key_len) { keyed_init(prepared, true, key, key_len); }

const struct mac_amd64 sha384_amd64 = { is_there, init, sha384_pair }, sha512_amd64 = { is_there, init, sha512_pair };
