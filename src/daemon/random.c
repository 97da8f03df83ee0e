#include "daemon/random.h"

#include <sys/random.h>

#include "base/err.h"
#include "crypto/mac.h"
#include "crypto/stream.h"

static struct crypto_stream stream;

int random_begin(void)
{
    uint8_t seed[CRYPTO_STREAM_SEED_SIZE];

    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return -UE_UNSUPPORTED;
    crypto_stream_init(&stream, seed);
    crypto_wipe(seed, sizeof seed);
    return 0;
}

static void fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    crypto_stream_take(&stream, out, len);
}

const struct rng *random_stream(void)
{
    static const struct rng rng = { fill, NULL };

    return &rng;
}
