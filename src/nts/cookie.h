/* Cookies (RFC 8915 section 6): the server keeps nothing of its clients; what it has to know about one comes back sealed in a cookie.
 *
 *   key number (1) | random (7) | AES-SIV-CMAC-256 { C2S key | S2C key }       56 bytes for AEAD 30, 88 for 15, 152 for 17: the length tells which
 *
 * The first eight bytes are the nonce: they make a client's cookies differ, which is all that a nonce is for here.
 *
 * The ring holds the keys that seal them, in memory shared by the one who rotates it and all who read: the newest seals, the newest NTS_RING_KEYS open. A
 * row is good while its number is what it was before and after its use. */
#ifndef NTS_COOKIE_H
#define NTS_COOKIE_H

#include "base/rng.h"
#include "base/wire.h"
#include "crypto/siv.h"

#define NTS_RING_KEYS 4
#define NTS_COOKIE_MAX 152
#define NTS_COOKIE_HEAD 8
#define NTS_RING_KEY_SIZE 32

struct nts_ring {
    uint32_t newest;             /* number of the key that seals; 0: no key yet */
    struct nts_ring_row {        /* number n lives in row n % NTS_RING_KEYS */
        uint32_t number;
        uint8_t key[NTS_RING_KEY_SIZE];
        struct crypto_siv siv;
    } row[NTS_RING_KEYS];
};

/* What two sides share after a key establishment. */
struct nts_keys {
    uint16_t aead;               /* enum crypto_aead */
    uint8_t c2s[CRYPTO_SIV_KEY_MAX], s2c[CRYPTO_SIV_KEY_MAX];
};

/* Key `number`, never 0, is good from now on, and the one that had its row is not. One caller at a time. */
void nts_ring_put(struct nts_ring *ring, uint32_t number, const uint8_t key[NTS_RING_KEY_SIZE]);

/* Has it a key? Before that nothing can be said of any cookie. */
static inline bool nts_ring_is_there(const struct nts_ring *ring) { return __atomic_load_n(&ring->newest, __ATOMIC_ACQUIRE) != 0; }

/* A new key seals from now on, and the oldest is forgotten. One caller at a time. */
void nts_ring_turn(struct nts_ring *ring, const struct rng *rng);

/* The length of cookies for an algorithm. */
size_t nts_cookie_size(unsigned aead);

/* out: nts_cookie_size(keys->aead) bytes. False while the ring has no key. */
bool nts_cookie_make(const struct nts_ring *ring, const struct nts_keys *keys, const struct rng *rng, uint8_t *out);

/* A cookie by its shape, and the key that it names. Borrowed from both. */
struct nts_cookie {
    unsigned aead;               /* enum crypto_aead */
    const struct nts_ring_row *row;
    uint32_t number;             /* of the row, as it was before its use */
    struct span bytes;
};

/* False for one that is none of ours, or none any more. */
bool nts_cookie_look(const struct nts_ring *ring, struct span cookie, struct nts_cookie *out);

/* False for one that is forged, or was sealed by a key that is gone; *out is then wiped. */
bool nts_cookie_open(const struct nts_cookie *c, struct nts_keys *out);

/* Is it of AEAD 15, and of the key that seals? */
bool nts_cookie_is_newest(const struct nts_ring *ring, const struct nts_cookie *c);

/* Open such a cookie and do with its keys what x says, all but what x says of cookies and of the head. head: room for what the answer hides before the new
 * cookie's sealed part; its last NTS_COOKIE_HEAD bytes, the new cookie's own, are filled in here. False when cookie or request are not good. */
bool nts_cookie_exchange(const struct nts_cookie *c, const struct rng *rng, uint8_t *head, size_t head_len, struct crypto_siv_exchange *x);

#endif
