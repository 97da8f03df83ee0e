#include "crypto/stream.h"

#include <string.h>

#include <nettle/aes.h>

#include "base/wire.h"
#include "crypto/mac.h"

#define NONCE 16

_Static_assert(CRYPTO_STREAM_SEED_SIZE == AES256_KEY_SIZE, "the seed is the first key");

void crypto_stream_init(struct crypto_stream *s, const uint8_t seed[CRYPTO_STREAM_SEED_SIZE])
{
    memset(s, 0, sizeof *s);
    memcpy(s->key, seed, sizeof s->key);
}

static void refill(struct crypto_stream *s)
{
    struct aes256_ctx aes;

    for (size_t i = 0; i < sizeof s->block; i += AES_BLOCK_SIZE) {
        wire_put64(s->block + i, 0);
        wire_put64(s->block + i + 8, i / AES_BLOCK_SIZE);
    }
    aes256_set_encrypt_key(&aes, s->key);
    aes256_encrypt(&aes, sizeof s->block, s->block, s->block);
    memcpy(s->key, s->block, sizeof s->key); /* the next key is given to nobody */
    memset(s->block, 0, sizeof s->key);
    s->left = sizeof s->block - sizeof s->key;
    crypto_wipe(&aes, sizeof aes);
}

/* Not across a refill. Of nonces the compiler knows the length. */
static inline void take(struct crypto_stream *s, uint8_t *out, size_t len)
{
    uint8_t *from = s->block + sizeof s->block - s->left;

    memcpy(out, from, len);
    memset(from, 0, len);
    s->left -= len;
}

void crypto_stream_take(struct crypto_stream *s, void *out, size_t len)
{
    uint8_t *at = out;

    if ((len == NONCE || len == NONCE / 2) && s->left >= NONCE) {
        if (len == NONCE)
            take(s, at, NONCE);
        else
            take(s, at, NONCE / 2);
        return;
    }
    while (len > 0) {
        size_t n;

        if (s->left == 0)
            refill(s);
        n = len < s->left ? len : s->left;
        take(s, at, n);
        at += n;
        len -= n;
    }
}
