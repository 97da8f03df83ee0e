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

void mac_direct_pair(const void *prepared, enum crypto_mac_kind kind, const uint8_t a[MAC_DIRECT_TEXT], const uint8_t b[MAC_DIRECT_TEXT],
                     uint8_t out_a[CRYPTO_MAC_SIZE_MAX], uint8_t out_b[CRYPTO_MAC_SIZE_MAX])
{
    (void)prepared;
    (void)kind;
    (void)a;
    (void)b;
    (void)out_a;
    (void)out_b;
    abort();
}
