#include "crypto/mac.h"

#include <assert.h>
#include <string.h>

#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

union prepared {
    struct md5_ctx md5;
    struct sha1_ctx sha1;
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;
    struct cmac_aes128_ctx aes128;
    struct cmac_aes256_ctx aes256;
};
_Static_assert(sizeof(union prepared) <= CRYPTO_MAC_PREPARED_MAX, "room for every prepared key");

/* A hash has no key to set: the key is the first of what it digests. One of the two is NULL. */
static const struct { const struct nettle_hash *hash; const struct nettle_mac *mac; } kinds[] = {
    [CRYPTO_MAC_MD5] = { &nettle_md5, NULL },       [CRYPTO_MAC_SHA1] = { &nettle_sha1, NULL },
    [CRYPTO_MAC_SHA256] = { &nettle_sha256, NULL }, [CRYPTO_MAC_SHA384] = { &nettle_sha384, NULL },
    [CRYPTO_MAC_SHA512] = { &nettle_sha512, NULL }, [CRYPTO_MAC_AES128] = { NULL, &nettle_cmac_aes128 },
    [CRYPTO_MAC_AES256] = { NULL, &nettle_cmac_aes256 },
};
_Static_assert(sizeof kinds / sizeof kinds[0] == CRYPTO_MAC_KINDS, "one row for each kind");

size_t crypto_mac_key_size(enum crypto_mac_kind kind) { return kinds[kind].mac ? kinds[kind].mac->key_size : 0; }

bool crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len)
{
    const struct nettle_hash *hash;
    const struct nettle_mac *mac;

    assert((unsigned)kind < CRYPTO_MAC_KINDS);
    hash = kinds[kind].hash;
    mac = kinds[kind].mac;
    if (mac ? key_len != mac->key_size : key_len == 0)
        return false;
    memset(m, 0, sizeof *m);
    m->kind = (uint8_t)kind;
    m->size = (uint8_t)(mac ? mac->digest_size : hash->digest_size);
    if (mac) {
        mac->set_key(m->prepared, key);
    } else {
        hash->init(m->prepared);
        hash->update(m->prepared, key_len, key);
    }
    return true;
}

void crypto_mac_digest(const struct crypto_mac *m, const void *data, size_t len, uint8_t out[CRYPTO_MAC_SIZE_MAX])
{
    const struct nettle_hash *hash = kinds[m->kind].hash;
    const struct nettle_mac *mac = kinds[m->kind].mac;
    union prepared ctx;

    memcpy(&ctx, m->prepared, mac ? mac->context_size : hash->context_size);
    if (mac) {
        mac->update(&ctx, len, data);
        mac->digest(&ctx, m->size, out);
    } else {
        hash->update(&ctx, len, data);
        hash->digest(&ctx, m->size, out);
    }
}

bool crypto_equal(const void *a, const void *b, size_t len) { return memeql_sec(a, b, len) != 0; }

void crypto_wipe(void *secret, size_t len) { explicit_bzero(secret, len); }
