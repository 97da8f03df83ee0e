#include "crypto/mac_direct.h"

#include <stdlib.h>

bool mac_direct_init(void *prepared, enum crypto_mac_kind kind, const uint8_t *key, size_t key_len)
{
    (void)prepared;
    (void)kind;
    (void)key;
    (void)key_len;
    return false;
}

void mac_direct_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    (void)x;
    (void)codes;
    abort();
}

bool mac_direct_has_two(enum crypto_mac_kind kind)
{
    (void)kind;
    return false;
}

void mac_direct_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX])
{
    (void)x;
    (void)y;
    (void)codes;
    abort();
}
