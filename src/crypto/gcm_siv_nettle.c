#include "crypto/gcm_siv.h"

#include <string.h>

#include <nettle/siv-gcm.h>

#include "crypto/mac.h"

_Static_assert(SIV_GCM_NONCE_SIZE == GCM_SIV_NONCE_SIZE && SIV_GCM_DIGEST_SIZE == CRYPTO_SIV_TAG_SIZE, "RFC 8452");

size_t gcm_siv_key_size(void) { return AES128_KEY_SIZE; }

void gcm_siv_seal(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    struct aes128_ctx k;

    aes128_set_encrypt_key(&k, key);
    siv_gcm_aes128_encrypt_message(&k, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, out, plain);
    crypto_wipe(&k, sizeof k);
}

/* A nonce of another length is the peer's doing, and nettle would end the program for it. */
bool gcm_siv_open(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    struct aes128_ctx k;
    bool good = false;

    if (t->nonce_len == GCM_SIV_NONCE_SIZE) {
        aes128_set_encrypt_key(&k, key);
        good = siv_gcm_aes128_decrypt_message(&k, t->nonce_len, t->nonce, t->associated_len, t->associated, len, out, sealed) == 1;
        crypto_wipe(&k, sizeof k);
    }
    if (!good && len > 0)
        memset(out, 0, len);
    return good;
}
