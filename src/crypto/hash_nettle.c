#include "crypto/hash.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>

_Static_assert(CRYPTO_MD5_SIZE == MD5_DIGEST_SIZE, "RFC 1321");

void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE])
{
    struct md5_ctx ctx;

    md5_init(&ctx);
    md5_update(&ctx, len, data);
    md5_digest(&ctx, MD5_DIGEST_SIZE, out);
}

_Static_assert(CRYPTO_SHA1_SIZE == SHA1_DIGEST_SIZE, "FIPS 180-4");

void crypto_sha1(const void *data, size_t len, uint8_t out[CRYPTO_SHA1_SIZE])
{
    struct sha1_ctx ctx;

    sha1_init(&ctx);
    sha1_update(&ctx, len, data);
    sha1_digest(&ctx, SHA1_DIGEST_SIZE, out);
}
