/* AES-SIV-CMAC (RFC 5297) as an AEAD with a nonce, the way NTS uses it (RFC 8915 section 5.1): the vector is {associated data, nonce, plaintext}, and the
 * sealed text is the 16 bytes of the synthetic IV followed by as many bytes as the plaintext has. nettle does the work. A prepared key holds the secret. */
#ifndef CRYPTO_SIV_H
#define CRYPTO_SIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are IANA's (registry "AEAD Algorithms"). */
enum crypto_aead { CRYPTO_AEAD_SIV_CMAC_256 = 15, CRYPTO_AEAD_SIV_CMAC_512 = 17 };

#define CRYPTO_SIV_TAG_SIZE 16
#define CRYPTO_SIV_KEY_MAX 64
#define CRYPTO_SIV_PREPARED_MAX 544

struct crypto_siv {
    _Alignas(16) uint8_t prepared[CRYPTO_SIV_PREPARED_MAX];
};

struct crypto_siv_text {
    const uint8_t *nonce, *associated;
    size_t nonce_len, associated_len; /* nonce_len at least 1 */
};

/* The length of a key, 32 or 64 bytes; 0 when the algorithm is not to be had here. */
size_t crypto_siv_key_size(unsigned aead);

/* key: crypto_siv_key_size(aead) bytes of a known algorithm. */
void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key);

/* From now on whatever is sealed or opened by this prepared key has this associated data; that of its text is not looked at. Once for each key. */
void crypto_siv_bind(struct crypto_siv *s, const uint8_t *associated, size_t len);

/* out: CRYPTO_SIV_TAG_SIZE + len bytes; it may not overlap plain. */
void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);

/* sealed: CRYPTO_SIV_TAG_SIZE + len bytes. False when it was not sealed so; out, len bytes, is then all zero. */
bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

/* The same by a key for this once: what of it is not needed is not prepared. */
void crypto_siv_seal_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);
bool crypto_siv_open_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

#endif
