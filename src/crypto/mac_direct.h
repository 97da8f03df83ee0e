/* The codes of a request and its answer at once, or those of two requests and their answers, by instructions the processor has for what they are made of: on
 * amd64 (mac_direct_amd64.c), and none otherwise (mac_direct_none.c). One code is a chain of steps that wait for each other; two chains go side by side in
 * little more than the time of one. The bytes are the same as nettle's. Only for what nearly every packet is: texts of an NTP header, keys shorter than
 * 64 bytes. */
#ifndef CRYPTO_MAC_DIRECT_H
#define CRYPTO_MAC_DIRECT_H

#include "crypto/mac.h"

#define MAC_DIRECT_TEXT 48      /* bytes: RFC 5905 section 7.3, without extension fields */
#define MAC_DIRECT_KEY_MAX 63   /* bytes: with a text and the padding it fits into two blocks of SHA-1 and SHA-256, or one of SHA-512 */

/* Prepare a key whose length fits the kind. prepared: CRYPTO_MAC_DIRECT_MAX bytes, aligned as in struct crypto_mac. False when this processor, this kind or
 * this length has nothing here: then nothing below may be called. */
bool mac_direct_init(void *prepared, enum crypto_mac_kind kind, const uint8_t *key, size_t key_len);

/* The whole codes of x, whose texts have MAC_DIRECT_TEXT bytes: the request's, the answer's. */
void mac_direct_one(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX]);

/* Do the codes of two requests by keys of that kind take little more than those of one? */
bool mac_direct_has_two(enum crypto_mac_kind kind);

/* Those of x, then those of y, by keys of one kind which has two. */
void mac_direct_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, uint8_t codes[4][CRYPTO_MAC_SIZE_MAX]);

#endif
