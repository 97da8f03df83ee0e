/* AEADs that a nonce used twice does little harm to, the way NTS uses them (RFC 8915 section 5.1); a sealed text is 16 bytes longer than the plaintext. nettle
 * does the work, and for keys of 32 bytes the processor's AES instructions where there are any (siv_direct.h). A prepared key holds the secret.
 *
 *   AES-SIV-CMAC, RFC 5297: the vector is {associated data, nonce, plaintext}; the synthetic IV comes first
 *   AES-128-GCM-SIV, RFC 8452: where nettle has it, from 3.9 on; only by a key for once */
#ifndef CRYPTO_SIV_H
#define CRYPTO_SIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are IANA's (registry "AEAD Algorithms"). */
enum crypto_aead { CRYPTO_AEAD_SIV_CMAC_256 = 15, CRYPTO_AEAD_SIV_CMAC_512 = 17, CRYPTO_AEAD_GCM_SIV_128 = 30 };

#define CRYPTO_SIV_TAG_SIZE 16
#define CRYPTO_SIV_KEY_MAX 64
#define CRYPTO_SIV_PREPARED_MAX 544

struct crypto_siv {
    bool direct;                 /* by the processor's AES instructions, not through nettle */
    _Alignas(16) uint8_t prepared[CRYPTO_SIV_PREPARED_MAX];
};

struct crypto_siv_text {
    const uint8_t *nonce, *associated;
    size_t nonce_len, associated_len; /* nonce_len at least 1; what RFC 8452 seals has crypto_siv_nonce_size */
};

/* The length of a key, 16, 32 or 64 bytes; 0 when the algorithm is not to be had here. */
size_t crypto_siv_key_size(unsigned aead);

/* The length of the nonces that we make, bytes: 16, as RFC 8915 section 5.6 asks of algorithms that take any, or 12, the only one of RFC 8452. */
size_t crypto_siv_nonce_size(unsigned aead);

/* key: crypto_siv_key_size(aead) bytes of a known algorithm, AES-SIV-CMAC. */
void crypto_siv_init(struct crypto_siv *s, enum crypto_aead aead, const uint8_t *key);

/* From now on whatever is sealed or opened by this prepared key has this associated data; that of its text is not looked at. Once for each key. */
void crypto_siv_bind(struct crypto_siv *s, const uint8_t *associated, size_t len);

/* out: CRYPTO_SIV_TAG_SIZE + len bytes; it may not overlap plain. */
void crypto_siv_seal(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);

/* sealed: CRYPTO_SIV_TAG_SIZE + len bytes. False when it was not sealed so, or can be by no nonce of that length; out, len bytes, is then all zero. */
bool crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

/* The same by a key for this once: what of it is not needed is not prepared. */
void crypto_siv_seal_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *plain, size_t len, uint8_t *out);
bool crypto_siv_open_once(enum crypto_aead aead, const uint8_t *key, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

#define CRYPTO_SIV_PAIR_SIZE 64  /* two keys of AEAD 15 */
#define CRYPTO_SIV_HEAD_MAX 15

/* What a server that keeps nothing of its clients does for one of them, by AEAD 15. A prepared key, to which associated data is bound, sealed a pair of keys
 * as a cookie. The first of the pair judges the request, which hides nothing; the second seals the answer, which hides a head and behind it the cookie sealed
 * anew. */
struct crypto_siv_exchange {
    struct crypto_siv_text cookie, request, answer;
    const uint8_t *sealed;       /* the cookie, CRYPTO_SIV_TAG_SIZE + CRYPTO_SIV_PAIR_SIZE bytes */
    const uint8_t *tag;          /* the request's, CRYPTO_SIV_TAG_SIZE bytes */
    const uint8_t *head;         /* it ends with the new cookie's nonce, as long as the old one's */
    size_t head_len;             /* 1 .. CRYPTO_SIV_HEAD_MAX */
    uint8_t *out;                /* CRYPTO_SIV_TAG_SIZE + head_len + CRYPTO_SIV_TAG_SIZE + CRYPTO_SIV_PAIR_SIZE bytes */
};

/* All of it at once, for less. When it is false, cookie or request are not good, and out is of no meaning. */
bool crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x);

#endif
