/* Put together from nettle's AES: its own SIV prepares both keys where one is needed, and chains one code after the other where they can go side by side. The
 * bytes are the same. */
#include "crypto/siv.h"

#include <assert.h>
#include <string.h>

#include <nettle/memxor.h>

#include "crypto/cmac_nettle.h"
#include "crypto/gcm_siv.h"
#include "crypto/mac.h"
#include "crypto/siv_direct.h"

#define BLOCK CMAC_BLOCK
#define KEYSTREAM (8 * BLOCK)

static const uint8_t zero[BLOCK];

struct siv {
    struct cmac_key mac;
    struct aes_key stream;
    bool bound;
    struct cmac_number start;    /* bound: of S2V, with the associated data in it */
};
_Static_assert(sizeof(struct siv) <= CRYPTO_SIV_PREPARED_MAX, "room for every prepared key");
_Static_assert(CRYPTO_SIV_TAG_SIZE == BLOCK, "RFC 5297 section 2.6");

size_t crypto_siv_key_size(unsigned aead)
{
    switch (aead) {
    case CRYPTO_AEAD_SIV_CMAC_256: return 32;
    case CRYPTO_AEAD_SIV_CMAC_512: return 64;
    case CRYPTO_AEAD_GCM_SIV_128: return gcm_siv_key_size();
    default: return 0;
    }
}

size_t crypto_siv_nonce_size(unsigned aead) { return aead == CRYPTO_AEAD_GCM_SIV_128 ? GCM_SIV_NONCE_SIZE : BLOCK; }

static bool is_wide(unsigned aead) { return aead == CRYPTO_AEAD_SIV_CMAC_512; }

static void prepare_mac(struct siv *k, enum crypto_aead aead, const uint8_t *key)
{
    assert(aead == CRYPTO_AEAD_SIV_CMAC_256 || aead == CRYPTO_AEAD_SIV_CMAC_512);
    cmac_init(&k->mac, is_wide(aead), key);
    k->bound = false;
}

static void prepare_stream(struct siv *k, enum crypto_aead aead, const uint8_t *key)
{
    aes_key_init(&k->stream, is_wide(aead), key + crypto_siv_key_size(aead) / 2);
}

/* One more code into S2V. */
static struct cmac_number take(struct cmac_number d, const struct cmac_text *code) { return cmac_sum(cmac_double(d), cmac_get(code->state)); }

/* The plaintext's last two blocks or less, with d added to the last 16 bytes and the end as CMAC has it; what is before them went through already. */
static void finish(const struct siv *k, const uint8_t *plain, size_t len, struct cmac_number d, struct cmac_text *p)
{
    uint8_t end[2 * BLOCK] = { 0 }, state[BLOCK], sum[BLOCK];
    size_t before = p->blocks * BLOCK, rest = len - before;

    memcpy(state, p->state, BLOCK);
    cmac_put(sum, d);
    memcpy(end, plain + before, rest);
    cmac_add(end + rest - BLOCK, sum);
    cmac_text_init(&k->mac, end, rest, p);
    memcpy(p->state, state, BLOCK);
    cmac_run(&k->mac, p, 1);
    crypto_wipe(end, sizeof end);
    crypto_wipe(p->last, sizeof p->last);
}

/* RFC 5297 section 2.4. Its codes do not depend on each other but for the end of the last: they go side by side. */
static void s2v(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t out[BLOCK])
{
    struct cmac_text text[CMAC_TEXTS_MAX], *p = &text[0], *nonce = &text[1], *associated = &text[2], *start = &text[3];
    uint8_t last[BLOCK] = { 0 };
    struct cmac_number d;

    assert(t->nonce_len > 0);
    *p = (struct cmac_text){ .at = plain, .blocks = len >= BLOCK ? len / BLOCK - 1 : 0 };
    cmac_text_init(&k->mac, t->nonce, t->nonce_len, nonce);
    if (!k->bound) {
        cmac_text_init(&k->mac, t->associated, t->associated_len, associated);
        cmac_text_init(&k->mac, zero, BLOCK, start);
    }
    cmac_run(&k->mac, text, k->bound ? 2 : 4);
    d = take(k->bound ? k->start : take(cmac_get(start->state), associated), nonce);
    if (len < BLOCK) {
        if (len > 0)
            memcpy(last, plain, len);
        last[len] = 0x80;
        d = cmac_double(d);
        plain = last;
        len = BLOCK;
    }
    finish(k, plain, len, d, p);
    memcpy(out, p->state, BLOCK);
}

/* Section 2.5. Of the counter the bit that the last word would carry over is clear: it counts alone. */
static void counter_mode(const struct siv *k, const uint8_t iv[BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
    struct cmac_number counter = cmac_get(iv);
    uint8_t stream[KEYSTREAM];

    counter.low &= UINT64_C(0x7fffffff7fffffff);
    for (size_t n; len > 0; in += n, out += n, len -= n) {
        size_t blocks;

        n = len < KEYSTREAM ? len : KEYSTREAM;
        blocks = (n + BLOCK - 1) / BLOCK;
        for (size_t i = 0; i < blocks; i++, counter.low++)
            cmac_put(stream + i * BLOCK, counter);
        aes_key_encrypt(&k->stream, stream, blocks * BLOCK, stream);
        memxor3(out, in, stream, n);
    }
    crypto_wipe(stream, sizeof stream);
}

static void seal(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    s2v(k, t, plain, len, out);
    if (len > 0)
        counter_mode(k, out, plain, len, out + CRYPTO_SIV_TAG_SIZE);
}

static bool unseal(const struct siv *k, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    uint8_t tag[BLOCK];

    if (len > 0)
        counter_mode(k, sealed, sealed + CRYPTO_SIV_TAG_SIZE, len, out);
    s2v(k, t, out, len, tag);
    if (crypto_equal(tag, sealed, sizeof tag))
        return true;
    if (len > 0)
        memset(out, 0, len);
    return false;
}

/* ---- the face ---- */

static struct siv *inside(struct crypto_siv *s) { return (struct siv *)s->prepared; }

static bool goes_direct(enum crypto_aead aead) { return aead == CRYPTO_AEAD_SIV_CMAC_256 && siv_direct_is_there(); }

void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key)
{
    s->direct = goes_direct(aead);
    if (s->direct) {
        siv_direct_init(s->prepared, key);
        return;
    }
    prepare_mac(inside(s), aead, key);
    prepare_stream(inside(s), aead, key);
}

void crypto_siv_bind(struct crypto_siv *s, const uint8_t *associated, size_t len)
{
    struct siv *k = inside(s);
    struct cmac_text text[2];

    if (s->direct) {
        siv_direct_bind(s->prepared, associated, len);
        return;
    }
    cmac_text_init(&k->mac, zero, BLOCK, &text[0]);
    cmac_text_init(&k->mac, associated, len, &text[1]);
    cmac_run(&k->mac, text, 2);
    k->start = take(cmac_get(text[0].state), &text[1]);
    k->bound = true;
}

void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    if (s->direct)
        siv_direct_seal(s->prepared, t, plain, len, out);
    else
        seal((const struct siv *)s->prepared, t, plain, len, out);
}

bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    return s->direct ? siv_direct_open(s->prepared, t, sealed, len, out) : unseal((const struct siv *)s->prepared, t, sealed, len, out);
}

void crypto_siv_seal_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    struct siv k;

    if (aead == CRYPTO_AEAD_GCM_SIV_128) {
        gcm_siv_seal(key, t, plain, len, out);
        return;
    }
    if (goes_direct(aead)) {
        siv_direct_seal_once(key, t, plain, len, out);
        return;
    }
    prepare_mac(&k, aead, key);
    if (len > 0)
        prepare_stream(&k, aead, key);
    seal(&k, t, plain, len, out);
    crypto_wipe(&k, sizeof k);
}

bool crypto_siv_open_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    struct siv k;
    bool good;

    if (aead == CRYPTO_AEAD_GCM_SIV_128)
        return gcm_siv_open(key, t, sealed, len, out);
    if (goes_direct(aead))
        return siv_direct_open_once(key, t, sealed, len, out);
    prepare_mac(&k, aead, key);
    if (len > 0)
        prepare_stream(&k, aead, key);
    good = unseal(&k, t, sealed, len, out);
    crypto_wipe(&k, sizeof k);
    return good;
}

/* One after the other. */
static bool exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x, uint8_t pair[CRYPTO_SIV_PAIR_SIZE])
{
    const struct crypto_siv_text fresh = { .nonce = x->head + x->head_len - x->cookie.nonce_len, .nonce_len = x->cookie.nonce_len };
    uint8_t plain[CRYPTO_SIV_HEAD_MAX + CRYPTO_SIV_TAG_SIZE + CRYPTO_SIV_PAIR_SIZE];

    if (!crypto_siv_open(s, &x->cookie, x->sealed, CRYPTO_SIV_PAIR_SIZE, pair)
        || !crypto_siv_open_once(CRYPTO_AEAD_SIV_CMAC_256, pair, &x->request, x->tag, 0, NULL))
        return false;
    memcpy(plain, x->head, x->head_len);
    crypto_siv_seal(s, &fresh, pair, CRYPTO_SIV_PAIR_SIZE, plain + x->head_len);
    crypto_siv_seal_once(CRYPTO_AEAD_SIV_CMAC_256, pair + CRYPTO_SIV_PAIR_SIZE / 2, &x->answer, plain,
                         x->head_len + CRYPTO_SIV_TAG_SIZE + CRYPTO_SIV_PAIR_SIZE, x->out);
    return true;
}

bool crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x)
{
    uint8_t pair[CRYPTO_SIV_PAIR_SIZE];
    bool good;

    if (s->direct)
        return siv_direct_exchange(s->prepared, x);
    good = exchange(s, x, pair);
    crypto_wipe(pair, sizeof pair);
    return good;
}
