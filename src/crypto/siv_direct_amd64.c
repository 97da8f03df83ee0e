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

static const uint8_t marks[ROUNDS] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36 };

/* Section 5.2: the last word of the key before, turned, substituted and marked, goes into all four; each takes those before it along. */
static inline block next_key(block key, block mark)
{
    const block turn = _mm_set1_epi32(0x0c0f0e0d);
    block last = _mm_aesenclast_si128(_mm_shuffle_epi8(key, turn), mark);

    key ^= _mm_slli_si128(key, 4);
    key ^= _mm_slli_si128(key, 8);
    return key ^ last;
}

static inline void expand(struct aes *a, block key)
{
    a->round[0] = key;
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

static inline void start_mac(struct siv *k)
{
    k->last_whole = doubled(encrypt(&k->mac, _mm_setzero_si128()));
    k->last_part = doubled(k->last_whole);
    k->start = encrypt(&k->mac, k->last_whole);
    k->bound = _mm_setzero_si128();
}

static inline void prepare_mac(struct siv *k, const uint8_t *key)
{
    expand(&k->mac, get(key));
    start_mac(k);
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
static inline block first_counter(block iv) { return swapped(iv & _mm_set_epi32(-129, -129, -1, -1)); /* bytes 8 and 12 */ }

static inline void key_stream(const struct siv *k, block counter, block x[TOGETHER])
{
#pragma GCC unroll 4
    for (int i = 0; i < TOGETHER; i++)
        x[i] = swapped(_mm_add_epi64(counter, _mm_set_epi64x(0, i))) ^ k->stream.round[0];
#pragma GCC unroll 10
    for (int r = 1; r < ROUNDS; r++)
#pragma GCC unroll 4
        for (int i = 0; i < TOGETHER; i++)
            x[i] = _mm_aesenc_si128(x[i], k->stream.round[r]);
#pragma GCC unroll 4
    for (int i = 0; i < TOGETHER; i++)
        x[i] = _mm_aesenclast_si128(x[i], k->stream.round[ROUNDS]);
}

/* The last n bytes, less than a block, behind `before` others, which are written after them: where there are enough, whole blocks are moved. */
static inline void end_of_stream(block x, const uint8_t *in, size_t before, size_t n, uint8_t *out)
{
    uint8_t rest[BLOCK];

    if (before + n >= BLOCK) {
        put(out + n - BLOCK, get(in + n - BLOCK) ^ up(x, BLOCK - n));
        return;
    }
    memcpy(rest, in, n);
    put(rest, get(rest) ^ x);
    memcpy(out, rest, n);
}

/* The end comes first. */
static inline void counter_mode(const struct siv *k, block iv, const uint8_t *in, size_t len, uint8_t *out)
{
    block first = first_counter(iv), x[TOGETHER];
    size_t whole = len / (TOGETHER * BLOCK) * TOGETHER, rest = len - whole * BLOCK, n = rest / BLOCK;

    if (rest > 0) {
        key_stream(k, _mm_add_epi64(first, _mm_set_epi64x(0, (int64_t)whole)), x);
        if (rest % BLOCK > 0)
            end_of_stream(x[n], in + len - rest % BLOCK, len - rest % BLOCK, rest % BLOCK, out + len - rest % BLOCK);
        for (size_t i = 0; i < n; i++)
            put(out + (whole + i) * BLOCK, get(in + (whole + i) * BLOCK) ^ x[i]);
    }
    for (size_t at = 0; at < whole; at += TOGETHER) {
        key_stream(k, _mm_add_epi64(first, _mm_set_epi64x(0, (int64_t)at)), x);
        for (size_t i = 0; i < TOGETHER; i++)
            put(out + (at + i) * BLOCK, get(in + (at + i) * BLOCK) ^ x[i]);
    }
    crypto_wipe(x, sizeof x); /* with what was sealed, which others have seen, it is the plaintext */
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
    expand(&k->stream, get(key + BLOCK));
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

void siv_direct_seal_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    struct siv k;

    siv_direct_init(&k, key);
    seal(&k, t, plain, len, out);
    crypto_wipe(&k, sizeof k);
}

bool siv_direct_open_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    struct siv k;
    bool good;

    prepare_mac(&k, key);
    if (len > 0)
        expand(&k.stream, get(key + BLOCK));
    good = unseal(&k, t, sealed, len, out);
    crypto_wipe(&k, len > 0 ? sizeof k : offsetof(struct siv, stream));
    return good;
}

/* ---- a cookie, a request and its answer at once ----
 *
 * Two chains take the longest: the request's, behind the keys that the cookie holds, and the answer's, behind the cookie sealed anew. Both go on side by side
 * as long as the processor sees enough of either, so what is written next to each other here is as far apart as it may be. And nothing is read from memory
 * that was just written in pieces: it would wait until all of it is there. */

#define PAIR (CRYPTO_SIV_PAIR_SIZE / BLOCK)
#define HIDDEN (2 + PAIR)       /* blocks, the last of less: a head, the cookie's tag and the pair */
_Static_assert(PAIR == TOGETHER && HIDDEN <= 2 * TOGETHER, "the key stream's blocks");

/* Blocks of one chain, and of another as many as go along. Returns how many those are. */
static inline size_t beside(const struct aes *a, block *p, const uint8_t *at, size_t blocks, const struct aes *b, block *q, const uint8_t *along, size_t most)
{
    size_t n = blocks < most ? blocks : most;

    for (size_t i = 0; i < n; i++) {
        *p = encrypt(a, *p ^ get(at + i * BLOCK));
        *q = encrypt(b, *q ^ get(along + i * BLOCK));
    }
    *p = chain(a, *p, at + n * BLOCK, blocks - n);
    return n;
}

/* Two keys are expanded, and beside it the chain over the pair goes on up to its last block: the pair's code is the same but for that, whatever the nonce.
 * Three rounds of the chain take as long as one of a key. */
static inline block expand_beside(struct aes *a, block a_key, struct aes *b, block b_key, const struct siv *k, const block pair[PAIR])
{
    const block *round = k->mac.round;
    block x = pair[0] ^ round[0];

    a->round[0] = a_key;
    b->round[0] = b_key;
#pragma GCC unroll 10
    for (int i = 0; i < ROUNDS; i++) {
        a->round[i + 1] = next_key(a->round[i], _mm_set1_epi32(marks[i]));
        b->round[i + 1] = next_key(b->round[i], _mm_set1_epi32(marks[i]));
#pragma GCC unroll 3
        for (int at = 3 * i; at < 3 * i + 3; at++)
            if ((at + 1) % ROUNDS > 0)
                x = _mm_aesenc_si128(x, round[(at + 1) % ROUNDS]);
            else
                x = _mm_aesenclast_si128(x, round[ROUNDS] ^ pair[(at + 1) / ROUNDS] ^ (at + 1 < (PAIR - 1) * ROUNDS ? round[0] : k->last_whole));
    }
    return x;
}
_Static_assert(PAIR - 1 == 3, "rounds of the chain beside one of a key");

static inline void pair_stream(const struct siv *k, block iv, const block in[PAIR], block out[PAIR])
{
    key_stream(k, first_counter(iv), out);
#pragma GCC unroll 4
    for (int i = 0; i < PAIR; i++)
        out[i] ^= in[i];
}

/* A text of whole blocks and a head before them, in blocks of its own. */
static inline void behind_head(block head, size_t len, const block in[HIDDEN - 1], block out[HIDDEN])
{
    out[0] = head ^ up(in[0], len);
#pragma GCC unroll 4
    for (int i = 1; i < HIDDEN - 1; i++)
        out[i] = down(in[i - 1], BLOCK - len) ^ up(in[i], len);
    out[HIDDEN - 1] = down(in[HIDDEN - 2], BLOCK - len);
}

/* The last block's part first: it goes out as a whole block, whose beginning is written over. */
static inline void hide(const struct siv *k, block iv, const block plain[HIDDEN], size_t rest, uint8_t *out)
{
    block counter = first_counter(iv), x[2 * TOGETHER];

    key_stream(k, counter, x);
    key_stream(k, _mm_add_epi64(counter, _mm_set_epi64x(0, TOGETHER)), x + TOGETHER);
    put(out + (HIDDEN - 2) * BLOCK + rest, up(plain[HIDDEN - 1] ^ x[HIDDEN - 1], BLOCK - rest));
#pragma GCC unroll 5
    for (int i = 0; i < HIDDEN - 1; i++)
        put(out + i * BLOCK, plain[i] ^ x[i]);
}

struct exchange {
    struct siv judge, seal;      /* by the first and the second of the pair */
    block pair[PAIR];            /* what follows is no secret, as sealed it leaves */
    block cookie[1 + PAIR], hidden[HIDDEN];
};

/* The pair, both of its keys, and the cookie's new tag. Returns whether the old one is right. */
static inline bool open_pair(struct exchange *e, const struct siv *k, const struct crypto_siv_exchange *x)
{
    size_t nonce_len = x->cookie.nonce_len;
    block tag = get(x->sealed), both = doubled(k->start), old = both ^ cmac(k, x->cookie.nonce, nonce_len), chained;
    block fresh = both ^ cmac(k, x->head + x->head_len - nonce_len, nonce_len);

#pragma GCC unroll 4
    for (int i = 0; i < PAIR; i++)
        e->cookie[1 + i] = get(x->sealed + (i + 1) * BLOCK);
    pair_stream(k, tag, e->cookie + 1, e->pair);
    chained = expand_beside(&e->judge.mac, e->pair[0], &e->seal.mac, e->pair[2], k, e->pair);
    old = encrypt(&k->mac, chained ^ old);
    e->cookie[0] = encrypt(&k->mac, chained ^ fresh);
    return equal(tag, old);
}

/* The answer's tag, and on the way as much of the request's chain as goes along. Returns how many blocks that is. */
static inline size_t seal_beside(struct exchange *e, const struct siv *k, const struct crypto_siv_exchange *x, size_t blocks, block *request, block *tag)
{
    const struct crypto_siv_text *t = &x->answer;
    const struct siv *seal = &e->seal;
    size_t len = x->head_len, n;
    block q = _mm_setzero_si128(), r = q, d;

    n = beside(&seal->mac, &q, t->associated, before_last(t->associated_len), &e->judge.mac, request, x->request.associated, blocks);
    pair_stream(k, e->cookie[0], e->pair, e->cookie + 1);
    behind_head(padded(x->head, len) ^ marked(len), len, e->cookie, e->hidden);
    d = doubled(doubled(seal->start) ^ cmac_end(seal, t->associated, t->associated_len, q)) ^ cmac(seal, t->nonce, t->nonce_len);
#pragma GCC unroll 4
    for (int i = 0; i < HIDDEN - 2; i++) {
        r = encrypt(&seal->mac, r ^ e->hidden[i]);
        if (n < blocks)
            *request = encrypt(&e->judge.mac, *request ^ get(x->request.associated + n++ * BLOCK));
    }
    expand(&e->seal.stream, e->pair[3]);
    r = encrypt(&seal->mac, r ^ e->hidden[HIDDEN - 2] ^ up(d, len));
    *tag = encrypt(&seal->mac, r ^ e->hidden[HIDDEN - 1] ^ down(d, BLOCK - len) ^ marked(len) ^ seal->last_part);
    return n;
}

bool siv_direct_exchange(const void *prepared, const struct crypto_siv_exchange *x)
{
    const struct crypto_siv_text *t = &x->request;
    size_t blocks = before_last(t->associated_len), n;
    block code = _mm_setzero_si128(), tag;
    struct exchange e;
    bool good = open_pair(&e, prepared, x);

    start_mac(&e.judge);
    start_mac(&e.seal);
    n = seal_beside(&e, prepared, x, blocks, &code, &tag);
    code = chain(&e.judge.mac, code, t->associated + n * BLOCK, blocks - n);
    put(x->out, tag);
    hide(&e.seal, tag, e.hidden, x->head_len, x->out + BLOCK);
    code = doubled(e.judge.start) ^ cmac_end(&e.judge, t->associated, t->associated_len, code);
    code = finish(&e.judge, NULL, 0, code, doubled(code) ^ cmac(&e.judge, t->nonce, t->nonce_len));
    crypto_wipe(&e.judge, offsetof(struct siv, stream));
    crypto_wipe(&e.seal, offsetof(struct exchange, cookie) - offsetof(struct exchange, seal));
    return good & equal(code, get(x->tag));
}
