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

/* False for a cookie that is none of ours, or none any more; *out is then wiped. */
bool nts_cookie_open(const struct nts_ring *ring, struct span cookie, struct nts_keys *out);

/* The same, and out, cookie.len bytes, becomes a new one of these keys, for less than making it apart. When it is false, keys->aead is 0. */
bool nts_cookie_renew(const struct nts_ring *ring, struct span cookie, const struct rng *rng, struct nts_keys *keys, uint8_t *out);

#endif
