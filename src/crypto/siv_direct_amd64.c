/* AES is five instructions here: one for a round, one for the last round, which also stands for the bytes' substitution when a key is expanded, and what moves
 * bytes. No table is looked up and no branch depends on a secret. Chains that do not depend on each other are written one after the other: the processor
 * takes them side by side. */
#include "crypto/siv_direct.h"

#include <string.h>

#include <immintrin.h>

#include "crypto/mac.h"

#define BLOCK 16
#define ROUNDS 10               /* FIPS 197 section 5, a key of 128 bits */
#define TOGETHER 4              /* blocks of the key stream */

typedef __m128i block;

struct aes { block round[ROUNDS + 1]; };

struct siv {
    struct aes mac;
    block last_whole, last_part; /* RFC 4493 section 2.3 */
    block start;                 /* of S2V: the code of a zero block, or with the associated data in it, if bound */
    block bound;                 /* all ones or zero */
    struct aes stream;           /* left out where nothing is hidden */
};
_Static_assert(sizeof(struct siv) <= CRYPTO_SIV_PREPARED_MAX, "room for every prepared key");

bool siv_direct_is_there(void) { return __builtin_cpu_supports("aes") && __builtin_cpu_supports("ssse3"); }

static inline block get(const uint8_t *at) { return _mm_loadu_si128((const void *)at); }

static inline void put(uint8_t *at, block b) { _mm_storeu_si128((void *)at, b); }

/* ---- AES, FIPS 197 ---- */

/* Section 5.2: the last word of the key before, turned, substituted and marked, goes into all four; each takes those before it along. */
static inline block next_key(block key, block mark)
{
    const block turn = _mm_set1_epi32(0x0c0f0e0d);
    block last = _mm_aesenclast_si128(_mm_shuffle_epi8(key, turn), mark);

    key ^= _mm_slli_si128(key, 4);
    key ^= _mm_slli_si128(key, 8);
    return key ^ last;
}

static inline void expand(struct aes *a, const uint8_t *key)
{
    static const uint8_t marks[ROUNDS] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36 };

    a->round[0] = get(key);
#pragma GCC unroll 10
    for (int i = 0; i < ROUNDS; i++)
        a->round[i + 1] = next_key(a->round[i], _mm_set1_epi32(marks[i]));
}

static inline block encrypt(const struct aes *a, block x)
{
    x ^= a->round[0];
#pragma GCC unroll 10
    for (int i = 1; i < ROUNDS; i++)
        x = _mm_aesenc_si128(x, a->round[i]);
    return _mm_aesenclast_si128(x, a->round[ROUNDS]);
}

/* ---- CMAC, RFC 4493, and S2V, RFC 5297 section 2.4 ---- */

static inline block swapped(block b) { return _mm_shuffle_epi8(b, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)); }

/* Multiplication by x. */
static inline block doubled(block b)
{
    block n = swapped(b), top = _mm_shuffle_epi32(_mm_srai_epi32(n, 31), 0xff);

    n = _mm_slli_epi64(n, 1) | _mm_slli_si128(_mm_srli_epi64(n, 63), 8);
    return swapped(n ^ (top & _mm_set_epi64x(0, 0x87)));
}

static inline block chain(const struct aes *a, block x, const uint8_t *at, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        x = encrypt(a, x ^ get(at + i * BLOCK));
    return x;
}

/* Bytes move up or down by n, 0 .. 16, and zero comes after them; a block that is all zero but for 0x80 at n. */
#define ZEROS 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
static const uint8_t moves[3 * BLOCK] = { ZEROS, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ZEROS }, mark[2 * BLOCK] = { [BLOCK] = 0x80 };

static inline block up(block b, size_t n) { return _mm_shuffle_epi8(b, get(moves + BLOCK - n)); }

static inline block down(block b, size_t n) { return _mm_shuffle_epi8(b, get(moves + BLOCK + n)); }

static inline block marked(size_t n) { return get(mark + BLOCK - n); }

/* A text of less than a block. */
static inline block padded(const uint8_t *at, size_t len)
{
    uint64_t low = 0, high = 0;

    if (len >= sizeof low) {
        memcpy(&low, at, sizeof low);
        memcpy(&high, at + len - sizeof high, sizeof high);
        high = len > sizeof low ? high >> 8 * (BLOCK - len) : 0;
    } else {
        for (size_t i = 0; i < len; i++)
            low |= (uint64_t)at[i] << 8 * i;
    }
    return _mm_set_epi64x((int64_t)high, (int64_t)low) ^ marked(len);
}

static inline size_t before_last(size_t len) { return len > 0 ? (len - 1) / BLOCK : 0; }

/* The last block, whole or not, behind x. */
static inline block cmac_end(const struct siv *k, const uint8_t *at, size_t len, block x)
{
    size_t before = before_last(len), rest = len - before * BLOCK;
    block last;

    if (rest == BLOCK)
        last = get(at + len - BLOCK) ^ k->last_whole;
    else if (before > 0)
        last = down(get(at + len - BLOCK), BLOCK - rest) ^ marked(rest) ^ k->last_part;
    else
        last = padded(at, len) ^ k->last_part;
    return encrypt(&k->mac, x ^ last);
}

static inline block cmac(const struct siv *k, const uint8_t *at, size_t len)
{
    return cmac_end(k, at, len, chain(&k->mac, _mm_setzero_si128(), at, before_last(len)));
}

static inline void prepare_mac(struct siv *k, const uint8_t *key)
{
    expand(&k->mac, key);
    k->last_whole = doubled(encrypt(&k->mac, _mm_setzero_si128()));
    k->last_part = doubled(k->last_whole);
    k->start = encrypt(&k->mac, k->last_whole);
    k->bound = _mm_setzero_si128();
}

static inline bool is_bound(const struct siv *k) { return _mm_cvtsi128_si32(k->bound) != 0; }

static inline block with_associated(const struct siv *k, const uint8_t *at, size_t len) { return doubled(k->start) ^ cmac(k, at, len); }

/* The plaintext but for its last two blocks or less. */
static inline block before_end(const struct siv *k, const uint8_t *plain, size_t len)
{
    return chain(&k->mac, _mm_setzero_si128(), plain, len < BLOCK ? 0 : len / BLOCK - 1);
}

/* d goes into the last 16 bytes of the plaintext, which lie across two blocks unless it is of whole ones. */
static inline block finish(const struct siv *k, const uint8_t *plain, size_t len, block x, block d)
{
    size_t rest = len % BLOCK;
    block end;

    if (len < BLOCK)
        return encrypt(&k->mac, doubled(d) ^ padded(plain, len) ^ k->last_whole);
    end = get(plain + len - BLOCK) ^ d;
    if (rest == 0)
        return encrypt(&k->mac, x ^ end ^ k->last_whole);
    x = encrypt(&k->mac, x ^ get(plain + len - rest - BLOCK) ^ up(d, rest));
    return encrypt(&k->mac, x ^ down(end, BLOCK - rest) ^ marked(rest) ^ k->last_part);
}

static inline block s2v(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *plain, size_t len)
{
    block d = is_bound(k) ? k->start : with_associated(k, t->associated, t->associated_len), x = before_end(k, plain, len);

    return finish(k, plain, len, x, doubled(d) ^ cmac(k, t->nonce, t->nonce_len));
}

/* Section 2.5. Of the counter the bit that the last word would carry over is clear: it counts alone. */
static inline void counter_mode(const struct siv *k, block iv, const uint8_t *in, size_t len, uint8_t *out)
{
    block counter = swapped(iv & _mm_set_epi32(-129, -129, -1, -1)); /* bytes 8 and 12 */
    uint8_t rest[BLOCK];

    for (; len >= TOGETHER * BLOCK; in += TOGETHER * BLOCK, out += TOGETHER * BLOCK, len -= TOGETHER * BLOCK) {
        block x[TOGETHER];

        for (int i = 0; i < TOGETHER; i++)
            x[i] = swapped(_mm_add_epi64(counter, _mm_set_epi64x(0, i))) ^ k->stream.round[0];
        counter = _mm_add_epi64(counter, _mm_set_epi64x(0, TOGETHER));
#pragma GCC unroll 10
        for (int r = 1; r < ROUNDS; r++)
#pragma GCC unroll 4
            for (int i = 0; i < TOGETHER; i++)
                x[i] = _mm_aesenc_si128(x[i], k->stream.round[r]);
        for (int i = 0; i < TOGETHER; i++)
            put(out + i * BLOCK, get(in + i * BLOCK) ^ _mm_aesenclast_si128(x[i], k->stream.round[ROUNDS]));
    }
    for (size_t n; len > 0; in += n, out += n, len -= n, counter = _mm_add_epi64(counter, _mm_set_epi64x(0, 1))) {
        block x = encrypt(&k->stream, swapped(counter));

        n = len < BLOCK ? len : BLOCK;
        if (n == BLOCK) {
            put(out, get(in) ^ x);
            continue;
        }
        memcpy(rest, in, n);
        put(rest, get(rest) ^ x);
        memcpy(out, rest, n);
    }
}

static inline bool equal(block a, block b) { return _mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) == 0xffff; }

static inline void seal(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    block iv = s2v(k, t, plain, len);

    put(out, iv);
    counter_mode(k, iv, plain, len, out + BLOCK);
}

static inline bool unseal(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    block iv = get(sealed);

    counter_mode(k, iv, sealed + BLOCK, len, out);
    if (equal(iv, s2v(k, t, out, len)))
        return true;
    if (len > 0)
        memset(out, 0, len);
    return false;
}

/* ---- the face ---- */

void siv_direct_init(void *prepared, const uint8_t *key)
{
    struct siv *k = prepared;

    prepare_mac(k, key);
    expand(&k->stream, key + BLOCK);
}

void siv_direct_bind(void *prepared, const uint8_t *associated, size_t len)
{
    struct siv *k = prepared;

    k->start = with_associated(k, associated, len);
    k->bound = _mm_set1_epi32(-1);
}

void siv_direct_seal(const void *prepared, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    seal(prepared, t, plain, len, out);
}

bool siv_direct_open(const void *prepared, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    return unseal(prepared, t, sealed, len, out);
}

bool siv_direct_renew(const void *prepared, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *plain,
                      const uint8_t *nonce, uint8_t *out)
{
    const struct siv *k = prepared;
    block iv = get(sealed), d = doubled(k->start), x, fresh, old;

    counter_mode(k, iv, sealed + BLOCK, len, plain);
    x = before_end(k, plain, len);
    old = finish(k, plain, len, x, d ^ cmac(k, t->nonce, t->nonce_len));
    fresh = finish(k, plain, len, x, d ^ cmac(k, nonce, t->nonce_len));
    put(out, fresh);
    counter_mode(k, fresh, plain, len, out + BLOCK);
    return equal(iv, old);
}

void siv_direct_seal_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    struct siv k;

    siv_direct_init(&k, key);
    seal(&k, t, plain, len, out);
    crypto_wipe(&k, sizeof k);
}

/* Three chains by two keys, as far as all go. */
static inline void chains(const struct siv *a, const struct siv *b, const uint8_t *const at[3], const size_t blocks[3], block x[3])
{
    size_t n = blocks[0] < blocks[1] ? blocks[0] : blocks[1], i;
    block p = _mm_setzero_si128(), q = p, r = p;

    n = n < blocks[2] ? n : blocks[2];
    for (i = 0; i < n; i++) {
        p = encrypt(&a->mac, p ^ get(at[0] + i * BLOCK));
        q = encrypt(&b->mac, q ^ get(at[1] + i * BLOCK));
        r = encrypt(&b->mac, r ^ get(at[2] + i * BLOCK));
    }
    x[0] = chain(&a->mac, p, at[0] + i * BLOCK, blocks[0] - i);
    x[1] = chain(&b->mac, q, at[1] + i * BLOCK, blocks[1] - i);
    x[2] = chain(&b->mac, r, at[2] + i * BLOCK, blocks[2] - i);
}

bool siv_direct_exchange(const struct crypto_siv_part *opened, const uint8_t *tag, const struct crypto_siv_part *sealed,
                         const uint8_t *plain, size_t len, uint8_t *out)
{
    const struct crypto_siv_text *o = &opened->text, *t = &sealed->text;
    const uint8_t *const at[3] = { o->associated, t->associated, plain };
    const size_t blocks[3] = { before_last(o->associated_len), before_last(t->associated_len), len < BLOCK ? 0 : len / BLOCK - 1 };
    block x[3], d, e, told, iv;
    struct siv a, b;

    prepare_mac(&a, opened->key);
    siv_direct_init(&b, sealed->key);
    chains(&a, &b, at, blocks, x);
    d = doubled(a.start) ^ cmac_end(&a, o->associated, o->associated_len, x[0]);
    e = doubled(b.start) ^ cmac_end(&b, t->associated, t->associated_len, x[1]);
    told = finish(&a, NULL, 0, x[0], doubled(d) ^ cmac(&a, o->nonce, o->nonce_len));
    iv = finish(&b, plain, len, x[2], doubled(e) ^ cmac(&b, t->nonce, t->nonce_len));
    put(out, iv);
    counter_mode(&b, iv, plain, len, out + BLOCK);
    crypto_wipe(&a, offsetof(struct siv, stream));
    crypto_wipe(&b, sizeof b);
    return equal(told, get(tag));
}

bool siv_direct_open_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    struct siv k;
    bool good;

    prepare_mac(&k, key);
    if (len > 0)
        expand(&k.stream, key + BLOCK);
    good = unseal(&k, t, sealed, len, out);
    crypto_wipe(&k, len > 0 ? sizeof k : offsetof(struct siv, stream));
    return good;
}
