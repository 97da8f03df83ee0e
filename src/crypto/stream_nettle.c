#include "crypto/stream.h"

#include <string.h>

#include <nettle/chacha.h>

_Static_assert(CRYPTO_STREAM_SEED_SIZE == CHACHA_KEY_SIZE, "the seed is the first key");

void crypto_stream_init(struct crypto_stream *s, const uint8_t seed[CRYPTO_STREAM_SEED_SIZE])
{
    memset(s, 0, sizeof *s);
    memcpy(s->key, seed, sizeof s->key);
}

static void refill(struct crypto_stream *s)
{
    static const uint8_t nonce[CHACHA_NONCE_SIZE];
    struct chacha_ctx chacha;

    memset(s->block, 0, sizeof s->block);
    chacha_set_key(&chacha, s->key);
    chacha_set_nonce(&chacha, nonce);
    chacha_crypt(&chacha, sizeof s->block, s->block, s->block);
    memcpy(s->key, s->block, sizeof s->key); /* the next key is given to nobody */
    memset(s->block, 0, sizeof s->key);
    s->left = sizeof s->block - sizeof s->key;
    explicit_bzero(&chacha, sizeof chacha);
}

void crypto_stream_take(struct crypto_stream *s, void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        uint8_t *from;
        size_t n;

        if (s->left == 0)
            refill(s);
        n = len < s->left ? len : s->left;
        from = s->block + sizeof s->block - s->left;
        memcpy(at, from, n);
        memset(from, 0, n);
        s->left -= n;
        at += n;
        len -= n;
    }
}
