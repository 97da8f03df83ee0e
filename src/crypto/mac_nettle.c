#include "crypto/mac.h"

#include <assert.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "crypto/cmac_nettle.h"
#include "crypto/mac_direct.h"

union prepared {
    struct md5_ctx md5;
    struct sha1_ctx sha1;
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;
    struct cmac_key cmac;
};
_Static_assert(sizeof(union prepared) <= CRYPTO_MAC_PREPARED_MAX, "room for every prepared key");

/* A hash has no key to set: the key is the first of what it digests. AES has a key of one size. */
static const struct { const struct nettle_hash *hash; size_t aes_key_size; } kinds[] = {
    [CRYPTO_MAC_MD5] = { &nettle_md5, 0 },       [CRYPTO_MAC_SHA1] = { &nettle_sha1, 0 },
    [CRYPTO_MAC_SHA256] = { &nettle_sha256, 0 }, [CRYPTO_MAC_SHA384] = { &nettle_sha384, 0 },
    [CRYPTO_MAC_SHA512] = { &nettle_sha512, 0 }, [CRYPTO_MAC_AES128] = { NULL, AES128_KEY_SIZE },
    [CRYPTO_MAC_AES256] = { NULL, AES256_KEY_SIZE },
};
_Static_assert(sizeof kinds / sizeof kinds[0] == CRYPTO_MAC_KINDS, "one row for each kind");

size_t crypto_mac_key_size(enum crypto_mac_kind kind) { return kinds[kind].aes_key_size; }

bool crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len)
{
    const struct nettle_hash *hash;

    assert((unsigned)kind < CRYPTO_MAC_KINDS);
    hash = kinds[kind].hash;
    if (hash ? key_len == 0 : key_len != kinds[kind].aes_key_size)
        return false;
    memset(m, 0, sizeof *m);
    m->kind = (uint8_t)kind;
    m->size = (uint8_t)(hash ? hash->digest_size : CMAC_BLOCK);
    m->direct = mac_direct_init(m->for_direct, kind, key, key_len);
    m->by_two = m->direct && mac_direct_has_two(kind);
    if (!hash) {
        cmac_init((struct cmac_key *)m->prepared, key_len == AES256_KEY_SIZE, key);
        return true;
    }
    hash->init(m->prepared);
    hash->update(m->prepared, key_len, key);
    return true;
}

static void digest_hash(const struct nettle_hash *hash, const struct crypto_mac *m, const void *data, size_t len, uint8_t *out)
{
    union prepared ctx;

    memcpy(&ctx, m->prepared, hash->context_size);
    hash->update(&ctx, len, data);
    hash->digest(&ctx, m->size, out);
}

void crypto_mac_digest(const struct crypto_mac *m, const void *data, size_t len, uint8_t out[CRYPTO_MAC_SIZE_MAX])
{
    const struct nettle_hash *hash = kinds[m->kind].hash;

    if (hash)
        digest_hash(hash, m, data, len, out);
    else
        cmac_digest((const struct cmac_key *)m->prepared, data, len, out);
}

static bool are_headers(const struct crypto_mac_exchange *x)
{
    return x->m->direct && x->request.len == MAC_DIRECT_TEXT && x->answer.len == MAC_DIRECT_TEXT;
}

/* By pieces as the code was made of: a longer one would have to wait until they are all in memory. */
static void copy_cut(uint8_t *out, const uint8_t *code, size_t len)
{
    size_t at = 0;

    for (; at + 8 <= len; at += 8)
        memcpy(out + at, code + at, 8);
    for (; at + 4 <= len; at += 4)
        memcpy(out + at, code + at, 4);
    for (; at < len; at++)
        out[at] = code[at];
}

/* By both codes, whole. */
static bool conclude(const struct crypto_mac_exchange *x, uint8_t codes[2][CRYPTO_MAC_SIZE_MAX])
{
    assert(x->code.len <= x->m->size);
    if (!crypto_equal(codes[0], x->code.at, x->code.len))
        return false;
    copy_cut(x->out, codes[1], x->code.len);
    return true;
}

bool crypto_mac_exchange(const struct crypto_mac_exchange *x)
{
    uint8_t codes[2][CRYPTO_MAC_SIZE_MAX];

    if (are_headers(x)) {
        mac_direct_one(x, codes);
    } else {
        crypto_mac_digest(x->m, x->request.at, x->request.len, codes[0]);
        crypto_mac_digest(x->m, x->answer.at, x->answer.len, codes[1]);
    }
    return conclude(x, codes);
}

void crypto_mac_exchange_two(const struct crypto_mac_exchange *x, const struct crypto_mac_exchange *y, bool good[2])
{
    uint8_t codes[4][CRYPTO_MAC_SIZE_MAX];

    assert(x->m->kind == y->m->kind);
    if (!x->m->by_two || !are_headers(x) || !are_headers(y)) {
        good[0] = crypto_mac_exchange(x);
        good[1] = crypto_mac_exchange(y);
        return;
    }
    mac_direct_two(x, y, codes);
    good[0] = conclude(x, codes);
    good[1] = conclude(y, codes + 2);
}

/* As nettle's memeql_sec does it, by eight bytes, and by four at the end, as digests are cut. */
bool crypto_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    uint64_t differ = 0, v, w;
    uint32_t last_v, last_w;

    for (; len >= sizeof v; len -= sizeof v, x += sizeof v, y += sizeof v) {
        memcpy(&v, x, sizeof v);
        memcpy(&w, y, sizeof w);
        differ |= v ^ w;
    }
    if (len >= sizeof last_v) {
        memcpy(&last_v, x, sizeof last_v);
        memcpy(&last_w, y, sizeof last_w);
        differ |= last_v ^ last_w;
        len -= sizeof last_v, x += sizeof last_v, y += sizeof last_v;
    }
    for (; len > 0; len--)
        differ |= (uint64_t)(*x++ ^ *y++);
    return differ == 0;
}

void crypto_wipe(void *secret, size_t len) { explicit_bzero(secret, len); }
