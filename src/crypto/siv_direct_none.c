#include "crypto/siv_direct.h"

#include <stdlib.h>

bool siv_direct_is_there(void) { return false; }

void siv_direct_init(void *prepared, const uint8_t *key)
{
    (void)prepared;
    (void)key;
    abort();
}

void siv_direct_bind(void *prepared, const uint8_t *associated, size_t len)
{
    (void)prepared;
    (void)associated;
    (void)len;
    abort();
}

void siv_direct_seal(const void *prepared, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    (void)prepared;
    (void)t;
    (void)plain;
    (void)len;
    (void)out;
    abort();
}

bool siv_direct_open(const void *prepared, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    (void)prepared;
    (void)t;
    (void)sealed;
    (void)len;
    (void)out;
    abort();
}

void siv_direct_seal_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out)
{
    (void)key;
    (void)t;
    (void)plain;
    (void)len;
    (void)out;
    abort();
}

bool siv_direct_open_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    (void)key;
    (void)t;
    (void)sealed;
    (void)len;
    (void)out;
    abort();
}

bool siv_direct_exchange(const void *prepared, const struct crypto_siv_exchange *x)
{
    (void)prepared;
    (void)x;
    abort();
}
