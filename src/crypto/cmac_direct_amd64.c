/* AES-CMAC, RFC 4493, with keys of both lengths, by the processor's AES instructions. */
#include "crypto/mac_amd64.h"

#define ROUNDS_128 10
#define ROUNDS_256 14

struct aes { block round[ROUNDS_256 + 1], last_whole; /* the subkey, section 2.3 */ };

_Static_assert(sizeof(struct aes) <= CRYPTO_MAC_DIRECT_MAX, "room for a prepared key");

/* FIPS 197 section 5.2: `last`, turned or not, is substituted, marked, and added to all four words of the key that lies one length of key back; each of them
 * takes those before it along. */
static inline block next(block key, block last, block mark)
{
    last = _mm_aesenclast_si128(last, mark);
    key ^= _mm_slli_si128(key, 4);
    key ^= _mm_slli_si128(key, 8);
    return key ^ last;
}

static void expand(struct aes *a, const uint8_t *key, size_t blocks, size_t rounds)
{
    const block turn = _mm_set1_epi32(0x0c0f0e0d), as_it_is = _mm_set1_epi32(0x0f0e0d0c);
    uint8_t mark = 0x01;

    for (size_t i = 0; i < blocks; i++)
        a->round[i] = get(key + i * BLOCK);
    for (size_t i = blocks; i <= rounds; i++) {
        bool whole = i % blocks == 0;
        block last = _mm_shuffle_epi8(a->round[i - 1], whole ? turn : as_it_is);

        a->round[i] = next(a->round[i - blocks], last, whole ? _mm_set1_epi32(mark) : _mm_setzero_si128());
        if (whole)
            mark = (uint8_t)(mark << 1 ^ (mark & 0x80 ? 0x1b : 0));
    }
}

static inline void encrypt(const struct aes *a, int rounds, block *x, block *y)
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

/* The zero block's code, times x. */
static void init(struct aes *a, const uint8_t *key, size_t blocks, int rounds)
{
    block x = _mm_setzero_si128(), y = x;
    uint8_t subkey[BLOCK];
    uint64_t high, low;

    expand(a, key, blocks, (size_t)rounds);
    encrypt(a, rounds, &x, &y);
    put(subkey, x);
    high = wire_get64(subkey);
    low = wire_get64(subkey + 8);
    wire_put64(subkey, high << 1 | low >> 63);
    wire_put64(subkey + 8, low << 1 ^ (0x87 & (0 - (high >> 63))));
    a->last_whole = get(subkey);
    crypto_wipe(subkey, sizeof subkey);
}

static inline void pair(int rounds, const struct crypto_mac_exchange *of, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    const struct aes *k = (const struct aes *)of->m->for_direct;
    block x = _mm_setzero_si128(), y = x;

    for (size_t at = 0; at < MAC_DIRECT_TEXT; at += BLOCK) {
        block end = at + BLOCK == MAC_DIRECT_TEXT ? k->last_whole : _mm_setzero_si128();

        x ^= get(of->request.at + at) ^ end;
        y ^= get(of->answer.at + at) ^ end;
        encrypt(k, rounds, &x, &y);
    }
    put(codes[0], x);
    put(codes[1], y);
}

static bool is_there(void) { return __builtin_cpu_supports("aes") && __builtin_cpu_supports("ssse3"); }

static void init_128(void *prepared, const uint8_t *key, size_t key_len)
{
    (void)key_len;
    init(prepared, key, 1, ROUNDS_128);
}

static void init_256(void *prepared, const uint8_t *key, size_t key_len)
{
    (void)key_len;
    init(prepared, key, 2, ROUNDS_256);
}

static void one_128(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]) { pair(ROUNDS_128, x, codes); }

static void one_256(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]) { pair(ROUNDS_256, x, codes); }

const struct mac_amd64 aes128_amd64 = { is_there, init_128, one_128, NULL }, aes256_amd64 = { is_there, init_256, one_256, NULL };
