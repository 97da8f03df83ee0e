/* Message authentication codes of NTP's symmetric keys behind one face; nettle does the work.
 *
 *   MD5 ... SHA-512:  H(key || message), RFC 5905 appendix A.6 (no HMAC: that is what the field speaks)
 *   AES-128, AES-256: AES-CMAC, RFC 4493 with RFC 8573
 *
 * A key is prepared once: what it costs to schedule it is not paid for each packet. A prepared key holds the secret. */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

enum crypto_mac_kind {
    CRYPTO_MAC_MD5, CRYPTO_MAC_SHA1, CRYPTO_MAC_SHA256, CRYPTO_MAC_SHA384, CRYPTO_MAC_SHA512, CRYPTO_MAC_AES128, CRYPTO_MAC_AES256, CRYPTO_MAC_KINDS
};

#define CRYPTO_MAC_SIZE_MAX 64
#define CRYPTO_MAC_PREPARED_MAX 320
#define CRYPTO_MAC_DIRECT_MAX 256

struct crypto_mac {
    uint8_t kind;                /* enum crypto_mac_kind */
    uint8_t size;                /* of its digest, bytes */
    bool direct;                 /* codes go side by side (mac_direct.h) ... */
    bool by_two;                 /* ... and those of two requests take little more than those of one */
    _Alignas(16) uint8_t prepared[CRYPTO_MAC_PREPARED_MAX], for_direct[CRYPTO_MAC_DIRECT_MAX];
};

/* How long a key of that kind has to be, bytes; 0: any length. */
size_t crypto_mac_key_size(enum crypto_mac_kind kind);

/* Prepare a key. False when its length does not fit the kind, or the kind is not to be had here. */
bool crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len);

/* out: m->size bytes. Does not fail. */
void crypto_mac_digest(const struct crypto_mac *m, const void *data, size_t len, uint8_t out[CRYPTO_MAC_SIZE_MAX]);

/* A request that is to be judged and its answer that is to be authenticated, by one key. */
struct crypto_mac_exchange {
    const struct crypto_mac *m;
    struct span request, code;   /* code: m->size bytes or cut to fewer */
    struct span answer;
    uint8_t *out;                /* the answer's code, cut as the request's; not in a request or an answer */
};

/* Both in one go: is `code` the request's? If not, nothing is written. */
bool crypto_mac_exchange(const struct crypto_mac_exchange *x);

/* Two requests by keys of one kind: good[0] for x, good[1] for y. */
void crypto_mac_exchange_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, bool good[2]);

/* Are they the same? The time it takes tells nothing about where they differ. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Overwrites a secret; no compiler leaves it out. */
void crypto_wipe(void *secret, size_t len);

#endif
