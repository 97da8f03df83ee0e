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

void mac_direct_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    assert(by[x->m->kind]);
    by[x->m->kind]->one(x, codes);
}

bool mac_direct_has_two(enum crypto_mac_kind kind) { return by[kind] && by[kind]->two; }

void mac_direct_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX])
{
    assert(mac_direct_has_two((enum crypto_mac_kind)x->m->kind));
    by[x->m->kind]->two(x, y, codes);
}
