#include "crypto/hash.h"

#include <nettle/md5.h>

_Static_assert(CRYPTO_MD5_SIZE == MD5_DIGEST_SIZE, "RFC 1321");

void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE])
{
    struct md5_ctx ctx;

    md5_init(&ctx);
    md5_update(&ctx, len, data);
    md5_digest(&ctx, MD5_DIGEST_SIZE, out);
}
