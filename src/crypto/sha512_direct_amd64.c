/* SHA-384 and SHA-512, FIPS 180-4 section 6.4.2. They have no instructions of their own: four texts, of two requests and their answers, go through as the four
 * parts of vectors, whose rotations and choices of bits AVX-512VL has. Such an instruction takes as long for two texts: a request alone goes through twice. */
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

typedef __m256i words;          /* one of each text */

/* i words of the state have moved on by t rounds. */
#define STATE(v, i, t) (v)[((i) - (t)) & 7]

/* Compilers put sums in another order: what is known early is added first. */
#define AS_WRITTEN(x) __asm__("" : "+v"(x))

#define ADD _mm256_add_epi64
#define TURNED _mm256_ror_epi64
#define SHIFTED _mm256_srli_epi64
#define OF_THREE _mm256_ternarylogic_epi64

/* t: of sixteen in turn. kw: the round's constant and word. */
WIDE static inline void one_round(words v[8], int t, words kw)
{
    words a = STATE(v, 0, t), e = STATE(v, 4, t);
    words t1 = ADD(ADD(STATE(v, 7, t), kw), OF_THREE(e, STATE(v, 5, t), STATE(v, 6, t), CHOICE)), d, sum_e, sum_a, majority;

    AS_WRITTEN(t1);
    d = ADD(STATE(v, 3, t), t1);
    AS_WRITTEN(d);
    sum_e = OF_THREE(TURNED(e, 14), TURNED(e, 18), TURNED(e, 41), PARITY);
    AS_WRITTEN(sum_e);
    d = ADD(d, sum_e);
    AS_WRITTEN(d);
    t1 = ADD(t1, sum_e);
    AS_WRITTEN(t1);
    sum_a = OF_THREE(TURNED(a, 28), TURNED(a, 34), TURNED(a, 39), PARITY);
    majority = OF_THREE(a, STATE(v, 1, t), STATE(v, 2, t), MAJORITY);
    AS_WRITTEN(majority);
    t1 = ADD(t1, majority);
    AS_WRITTEN(t1);
    STATE(v, 3, t) = d;
    STATE(v, 7, t) = ADD(t1, sum_a);
}

/* The word of the round 16 rounds later. */
WIDE static inline void more(words w[16], int t)
{
    words w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
    words old = OF_THREE(TURNED(w15, 1), TURNED(w15, 8), SHIFTED(w15, 7), PARITY), late = OF_THREE(TURNED(w2, 19), TURNED(w2, 61), SHIFTED(w2, 6), PARITY);

    w[t] = ADD(ADD(ADD(w[t], w[(t + 9) & 15]), old), late);
}

/* The bytes of a word turned round. */
WIDE static inline words turned_round(words w)
{
    return _mm256_shuffle_epi8(w, _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607));
}

/* The texts are those of x and those of y, the request's first. */
WIDE static inline void load(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, words w[16])
{
    const struct keyed *k = (const struct keyed *)x->m->for_direct, *l = (const struct keyed *)y->m->for_direct;
    struct keyed_text a, b, c, d;

    keyed_place(k, x->request.at, &a);
    keyed_place(k, x->answer.at, &b);
    keyed_place(l, y->request.at, &c);
    keyed_place(l, y->answer.at, &d);
    for (size_t i = 0; i < 8; i++) {
        words requests = turned_round(_mm256_set_m128i(keyed_piece(l, &c, i), keyed_piece(k, &a, i)));
        words answers = turned_round(_mm256_set_m128i(keyed_piece(l, &d, i), keyed_piece(k, &b, i)));

        w[2 * i] = _mm256_unpacklo_epi64(requests, answers);
        w[2 * i + 1] = _mm256_unpackhi_epi64(requests, answers);
    }
}

WIDE static inline void put_two(words v, uint8_t *of_x, uint8_t *of_y)
{
    put(of_x, _mm256_castsi256_si128(v));
    put(of_y, _mm256_extracti128_si256(v, 1));
}

WIDE static void four(const uint64_t start[8], const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t (*of_x)[CRYPTO_MAC_SIZE_MAX],
                      uint8_t (*of_y)[CRYPTO_MAC_SIZE_MAX])
{
    const uint64_t *constant = constants;
    words w[16], v[8];

    load(x, y, w);
    for (size_t i = 0; i < 8; i++)
        v[i] = _mm256_set1_epi64x((int64_t)start[i]);
    for (int sixteen = 0; sixteen < 5; sixteen++) {
#pragma GCC unroll 16
        for (int t = 0; t < 16; t++, constant++) {
            one_round(v, t, ADD(w[t], _mm256_set1_epi64x((int64_t)*constant)));
            if (sixteen < 4)
                more(w, t);
        }
    }
    for (size_t i = 0; i < 8; i += 2) {
        words even = turned_round(ADD(v[i], _mm256_set1_epi64x((int64_t)start[i])));
        words odd = turned_round(ADD(v[i + 1], _mm256_set1_epi64x((int64_t)start[i + 1])));

        put_two(_mm256_unpacklo_epi64(even, odd), of_x[0] + 8 * i, of_y[0] + 8 * i);
        put_two(_mm256_unpackhi_epi64(even, odd), of_x[1] + 8 * i, of_y[1] + 8 * i);
    }
}

static void sha384_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]) { four(sha384_start, x, x, codes, codes); }

static void sha384_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX])
{
    four(sha384_start, x, y, codes, codes + 2);
}

static void sha512_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]) { four(sha512_start, x, x, codes, codes); }

static void sha512_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX])
{
    four(sha512_start, x, y, codes, codes + 2);
}

static bool is_there(void) { return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("sse4.1"); }

static void init(void *prepared, const uint8_t *key, size_t key_len) { keyed_init(prepared, true, key, key_len); }

const struct mac_amd64 sha384_amd64 = { is_there, init, sha384_one, sha384_two }, sha512_amd64 = { is_there, init, sha512_one, sha512_two };
