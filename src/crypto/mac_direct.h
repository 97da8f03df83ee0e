/* Two codes by one key at once, by instructions the processor has for what they are made of: on amd64 (mac_direct_amd64.c), and none otherwise
 * (mac_direct_none.c). One code is a chain of steps that wait for each other; two chains go side by side in little more than the time of one. The bytes are
 * the same as nettle's. Only for what nearly every packet is: texts of an NTP header, keys shorter than 64 bytes. */
#ifndef CRYPTO_MAC_DIRECT_H
#define CRYPTO_MAC_DIRECT_H

#include "crypto/mac.h"

#define MAC_DIRECT_TEXT 48      /* bytes: RFC 5905 section 7.3, without extension fields */
#define MAC_DIRECT_KEY_MAX 63   /* bytes: with a text and the padding it fits into two blocks of SHA-1 and SHA-256, or one of SHA-512 */

/* Prepare a key whose length fits the kind. prepared: CRYPTO_MAC_DIRECT_MAX bytes, aligned as in struct crypto_mac. False when this processor, this kind or
 * this length has nothing here: then mac_direct_pair may not be called. */
bool mac_direct_init(void *prepared, enum crypto_mac_kind kind, const uint8_t *key, size_t key_len);

/* The codes of a and b, whole; of the kind that was prepared. a and out_b may not overlap. */
void mac_direct_pair(const void *prepared, enum crypto_mac_kind kind, const uint8_t a[MAC_DIRECT_TEXT], const uint8_t b[MAC_DIRECT_TEXT],
                     uint8_t out_a[CRYPTO_MAC_SIZE_MAX], uint8_t out_b[CRYPTO_MAC_SIZE_MAX]);

#endif
