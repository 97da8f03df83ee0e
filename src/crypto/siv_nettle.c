#include "crypto/siv.h"

#include <assert.h>
#include <string.h>

#include <nettle/siv-cmac.h>

union prepared {
    struct siv_cmac_aes128_ctx aes128;
    struct siv_cmac_aes256_ctx aes256;
};
_Static_assert(sizeof(union prepared) <= CRYPTO_SIV_PREPARED_MAX, "room for every prepared key");
_Static_assert(CRYPTO_SIV_TAG_SIZE == SIV_DIGEST_SIZE, "RFC 5297 section 2.6");

size_t crypto_siv_key_size(unsigned aead)
{
    return aead == CRYPTO_AEAD_SIV_CMAC_256 ? SIV_CMAC_AES128_KEY_SIZE : aead == CRYPTO_AEAD_SIV_CMAC_512 ? SIV_CMAC_AES256_KEY_SIZE : 0;
}

void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key)
{
    assert(crypto_siv_key_size(aead) != 0);
    s->aead = (uint8_t)aead;
    if (aead == CRYPTO_AEAD_SIV_CMAC_256)
        siv_cmac_aes128_set_key((struct siv_cmac_aes128_ctx *)s->prepared, key);
    else
        siv_cmac_aes256_set_key((struct siv_cmac_aes256_ctx *)s->prepared, key);
}

void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    const void *key = s->prepared;

    assert(t->nonce_len >= SIV_MIN_NONCE_SIZE);
    if (s->aead == CRYPTO_AEAD_SIV_CMAC_256)
        siv_cmac_aes128_encrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, out, plain);
    else
        siv_cmac_aes256_encrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, out, plain);
}

bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    const void *key = s->prepared;
    int good;

    assert(t->nonce_len >= SIV_MIN_NONCE_SIZE);
    if (s->aead == CRYPTO_AEAD_SIV_CMAC_256)
        good = siv_cmac_aes128_decrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, len, out, sealed);
    else
        good = siv_cmac_aes256_decrypt_message(key, t->nonce_len, t->nonce, t->associated_len, t->associated, len, out, sealed);
    if (!good && len > 0)
        memset(out, 0, len);
    return good != 0;
}
