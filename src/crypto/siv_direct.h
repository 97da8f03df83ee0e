/* AES-SIV-CMAC with keys of 32 bytes by the processor's AES instructions, which siv.h shows to others: on amd64 (siv_direct_amd64.c), and none otherwise
 * (siv_direct_none.c). Through nettle a key takes its time to expand and each block goes through memory; here neither. The bytes are the same. */
#ifndef CRYPTO_SIV_DIRECT_H
#define CRYPTO_SIV_DIRECT_H

#include "crypto/siv.h"

/* Has this processor the instructions? If not, nothing below may be called. */
bool siv_direct_is_there(void);

/* As crypto_siv_init and crypto_siv_bind. prepared: CRYPTO_SIV_PREPARED_MAX bytes, aligned as in struct crypto_siv. */
void siv_direct_init(void *prepared, const uint8_t *key);
void siv_direct_bind(void *prepared, const uint8_t *associated, size_t len);

/* As those of siv.h. */
void siv_direct_seal(const void *prepared, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);
bool siv_direct_open(const void *prepared, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);
void siv_direct_seal_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);
bool siv_direct_open_once(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);
bool siv_direct_exchange(const void *prepared, const struct crypto_siv_exchange *x);

#endif
