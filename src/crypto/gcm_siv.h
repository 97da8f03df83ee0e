/* AES-128-GCM-SIV (RFC 8452), which siv.h shows to others: nettle's where that is 3.9 or newer (gcm_siv_nettle.c), and none otherwise (gcm_siv_none.c). */
#ifndef CRYPTO_GCM_SIV_H
#define CRYPTO_GCM_SIV_H

#include "crypto/siv.h"

#define GCM_SIV_NONCE_SIZE 12    /* RFC 8452 section 6: no other */

/* Bytes; 0: it is not to be had here, and nothing below may be called. */
size_t gcm_siv_key_size(void);

/* As crypto_siv_seal_once and crypto_siv_open_once; what is sealed has a nonce of GCM_SIV_NONCE_SIZE bytes. */
void gcm_siv_seal(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);
bool gcm_siv_open(const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

#endif
