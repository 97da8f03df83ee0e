/* Which kind of code is whose: the table, and its checks. */
#include "crypto/mac_amd64.h"

#include <assert.h>

static const struct mac_amd64 *const by[CRYPTO_MAC_KINDS] = {
    [CRYPTO_MAC_SHA1] = &sha1_amd64,     [CRYPTO_MAC_SHA256] = &sha256_amd64, [CRYPTO_MAC_SHA384] = &sha384_amd64,
    [CRYPTO_MAC_SHA512] = &sha512_amd64, [CRYPTO_MAC_AES128] = &aes128_amd64, [CRYPTO_MAC_AES256] = &aes256_amd64,
};

bool mac_direct_init(void *prepared, enum crypto_mac_kind kind, const uint8_t *key, size_t key_len)
{
    if (key_len > MAC_DIRECT_KEY_MAX || !by[kind] || !by[kind]->is_there())
        return false;
    by[kind]->init(prepared, key, key_len);
    return true;
}

void mac_direct_pair(const void *prepared, enum crypto_mac_kind kind, const uint8_t a[MAC_DIRECT_TEXT], const uint8_t b[MAC_DIRECT_TEXT],
                     uint8_t out_a[CRYPTO_MAC_SIZE_MAX], uint8_t out_b[CRYPTO_MAC_SIZE_MAX])
{
    assert(by[kind]);
    by[kind]->pair(prepared, a, b, out_a, out_b);
}
