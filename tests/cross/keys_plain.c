/* Stands in for crypto's faces with a key where nettle is not packaged for the machine (tools/cross): of the message authentication codes SHA-1 alone is
 * there, and no AES. */
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/siv.h"

#include <string.h>

#define KEY_MAX 256
#define MESSAGE_MAX 1024

_Static_assert(KEY_MAX < CRYPTO_MAC_PREPARED_MAX, "room for a key and its length");

size_t crypto_mac_key_size(enum crypto_mac_kind kind) { return kind == CRYPTO_MAC_AES128 ? 16 : kind == CRYPTO_MAC_AES256 ? 32 : 0; }

bool crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len)
{
    if (kind != CRYPTO_MAC_SHA1 || key_len == 0 || key_len > KEY_MAX)
        return false;
    memset(m, 0, sizeof *m);
    m->kind = (uint8_t)kind;
    m->size = CRYPTO_SHA1_SIZE;
    m->prepared[0] = (uint8_t)(key_len - 1);
    memcpy(m->prepared + 1, key, key_len);
    return true;
}

void crypto_mac_digest(const struct crypto_mac *m, const void *data, size_t len, uint8_t out[CRYPTO_MAC_SIZE_MAX])
{
    uint8_t all[KEY_MAX + MESSAGE_MAX];
    size_t key_len = m->prepared[0] + 1u;

    len = len < MESSAGE_MAX ? len : MESSAGE_MAX;
    memcpy(all, m->prepared + 1, key_len);
    memcpy(all + key_len, data, len);
    crypto_sha1(all, key_len + len, out);
}

bool crypto_mac_exchange(const struct crypto_mac_exchange *x)
{
    crypto_mac_digest(x->m, x->request.at, x->request.len, x->out);
    if (!crypto_equal(x->out, x->code.at, x->code.len))
        return false;
    crypto_mac_digest(x->m, x->answer.at, x->answer.len, x->out);
    return true;
}

void crypto_mac_exchange_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, bool good[2])
{
    good[0] = crypto_mac_exchange(x);
    good[1] = crypto_mac_exchange(y);
}

bool crypto_equal(const void *a, const void *b, size_t len) { return memcmp(a, b, len) == 0; }

void crypto_wipe(void *secret, size_t len) { memset(secret, 0, len); }

size_t crypto_siv_key_size(unsigned aead)
{
    (void)aead;
    return 0;
}

size_t crypto_siv_nonce_size(unsigned aead)
{
    (void)aead;
    return 16;
}

void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key)
{
    (void)s;
    (void)aead;
    (void)key;
}

void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    (void)s;
    (void)t;
    (void)plain;
    memset(out, 0, CRYPTO_SIV_TAG_SIZE + len);
}

bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    (void)s;
    (void)t;
    (void)sealed;
    (void)out;
    (void)len;
    return false;
}

void crypto_siv_bind(struct crypto_siv *s, const uint8_t *associated, size_t len)
{
    (void)s;
    (void)associated;
    (void)len;
}

void crypto_siv_seal_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    (void)aead;
    (void)key;
    crypto_siv_seal(NULL, t, plain, len, out);
}

bool crypto_siv_open_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    (void)aead;
    (void)key;
    return crypto_siv_open(NULL, t, sealed, len, out);
}

bool crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x)
{
    (void)s;
    (void)x;
    return false;
}
