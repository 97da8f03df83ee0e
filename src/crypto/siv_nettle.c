/* AES-256 is nettle's SIV as it is. AES-128, which nearly every NTS packet takes, is put together from nettle's AES, CBC and CTR: its CMAC goes block by block
 * through two calls each, CBC has the whole text in one, and a request is opened and its answer sealed in two thirds of the time. The bytes are the same. */
#include "crypto/siv.h"

#include <assert.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/ctr.h>
#include <nettle/memops.h>
#include <nettle/siv-cmac.h>

#include "crypto/mac.h"

#define BLOCK AES_BLOCK_SIZE
#define SINK 512

/* RFC 5297 section 2.4 with RFC 4493's subkeys, and the CMAC of a zero block with which every S2V begins. */
struct siv128 {
    struct aes128_ctx mac, ctr;
    uint8_t last_whole[BLOCK], last_part[BLOCK], start[BLOCK];
};

union prepared {
    struct siv128 aes128;
    struct siv_cmac_aes256_ctx aes256;
};
_Static_assert(sizeof(union prepared) <= CRYPTO_SIV_PREPARED_MAX, "room for every prepared key");
_Static_assert(CRYPTO_SIV_TAG_SIZE == SIV_DIGEST_SIZE, "RFC 5297 section 2.6");

size_t crypto_siv_key_size(unsigned aead)
{
    return aead == CRYPTO_AEAD_SIV_CMAC_256 ? SIV_CMAC_AES128_KEY_SIZE : aead == CRYPTO_AEAD_SIV_CMAC_512 ? SIV_CMAC_AES256_KEY_SIZE : 0;
}

/* ---- AES-128 ---- */

/* Multiplication by x: RFC 5297 section 2.3. No branch depends on the bits. */
static void doubled(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    uint8_t carry = in[0] >> 7;

    for (int i = 0; i < BLOCK - 1; i++)
        out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
    out[BLOCK - 1] = (uint8_t)(in[BLOCK - 1] << 1 ^ 0x87 * carry);
}

/* CBC-MAC over whole blocks; x is its state. */
static void absorb(const struct siv128 *k, const uint8_t *text, size_t len, uint8_t x[BLOCK])
{
    uint8_t sink[SINK];

    for (size_t n; len > 0; text += n, len -= n) {
        n = len < SINK ? len : SINK;
        cbc_aes128_encrypt(&k->mac, x, n, sink, text);
    }
}

/* The last block, len 0 .. BLOCK: RFC 4493 section 2.4. */
static void conclude(const struct siv128 *k, const uint8_t *text, size_t len, uint8_t x[BLOCK])
{
    memxor(x, len == BLOCK ? k->last_whole : k->last_part, BLOCK);
    if (len > 0)
        memxor(x, text, len);
    if (len < BLOCK)
        x[len] ^= 0x80;
    aes128_encrypt(&k->mac, BLOCK, x, x);
}

static void cmac(const struct siv128 *k, const uint8_t *text, size_t len, uint8_t out[BLOCK])
{
    size_t whole = len > 0 ? (len - 1) / BLOCK * BLOCK : 0;

    memset(out, 0, BLOCK);
    absorb(k, text, whole, out);
    conclude(k, text + whole, len - whole, out);
}

/* The CMAC of the plaintext with d at its end, RFC 5297 section 2.4; the plaintext, which may be keys, is not copied but for its end. */
static void cmac_with(const struct siv128 *k, const uint8_t *plain, size_t len, const uint8_t d[BLOCK], uint8_t out[BLOCK])
{
    size_t whole = (len - BLOCK) / BLOCK * BLOCK, rest = len - whole;
    uint8_t end[2 * BLOCK];

    memcpy(end, plain + whole, rest);
    memxor(end + rest - BLOCK, d, BLOCK);
    memset(out, 0, BLOCK);
    absorb(k, plain, whole, out);
    absorb(k, end, rest > BLOCK ? BLOCK : 0, out);
    conclude(k, rest > BLOCK ? end + BLOCK : end, rest > BLOCK ? rest - BLOCK : BLOCK, out);
    crypto_wipe(end, sizeof end);
}

static void s2v(const struct siv128 *k, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t out[BLOCK])
{
    uint8_t d[BLOCK], one[BLOCK];

    doubled(k->start, d);
    cmac(k, t->associated, t->associated_len, one);
    memxor(d, one, BLOCK);
    doubled(d, one);
    cmac(k, t->nonce, t->nonce_len, d);
    memxor(d, one, BLOCK);
    if (len >= BLOCK) {
        cmac_with(k, plain, len, d, out);
        return;
    }
    doubled(d, one);
    if (len > 0)
        memxor(one, plain, len);
    one[len] ^= 0x80;
    cmac(k, one, BLOCK, out);
}

static void counter_mode(const struct siv128 *k, const uint8_t iv[BLOCK], const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t counter[BLOCK];

    if (len == 0)
        return;
    memcpy(counter, iv, sizeof counter);
    counter[8] &= 0x7f;
    counter[12] &= 0x7f;
    ctr_crypt(&k->ctr, (nettle_cipher_func *)aes128_encrypt, BLOCK, counter, len, out, in);
}

static void prepare(struct siv128 *k, const uint8_t *key)
{
    uint8_t zero[BLOCK] = { 0 };

    aes128_set_encrypt_key(&k->mac, key);
    aes128_set_encrypt_key(&k->ctr, key + AES128_KEY_SIZE);
    aes128_encrypt(&k->mac, BLOCK, k->start, zero);
    doubled(k->start, k->last_whole);
    doubled(k->last_whole, k->last_part);
    cmac(k, zero, BLOCK, k->start);
}

static bool open128(const struct siv128 *k, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    uint8_t tag[BLOCK];

    counter_mode(k, sealed, sealed + CRYPTO_SIV_TAG_SIZE, len, out);
    s2v(k, t, out, len, tag);
    return crypto_equal(tag, sealed, sizeof tag);
}

/* ---- the face ---- */

void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key)
{
    assert(crypto_siv_key_size(aead) != 0);
    s->aead = (uint8_t)aead;
    if (aead == CRYPTO_AEAD_SIV_CMAC_256)
        prepare((struct siv128 *)s->prepared, key);
    else
        siv_cmac_aes256_set_key((struct siv_cmac_aes256_ctx *)s->prepared, key);
}

void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    const void *key = s->prepared;

    assert(t->nonce_len >= SIV_MIN_NONCE_SIZE);
    if (s->aead == CRYPTO_AEAD_SIV_CMAC_256) {
        s2v(key, t, plain, len, out);
        counter_mode(key, out, plain, len, out + CRYPTO_SIV_TAG_SIZE);
    } else
        siv_cmac_aes256_encrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, out, plain);
}

bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    const void *key = s->prepared;
    bool good;

    assert(t->nonce_len >= SIV_MIN_NONCE_SIZE);
    if (s->aead == CRYPTO_AEAD_SIV_CMAC_256)
        good = open128(key, t, sealed, len, out);
    else
        good = siv_cmac_aes256_decrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, len, out, sealed) != 0;
    if (!good && len > 0)
        memset(out, 0, len);
    return good;
}
