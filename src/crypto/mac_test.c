/* Built twice on amd64: with the instructions that let two codes go side by side, where the processor has them, and without.
 *
 * Hashes with a key in front: computed with another implementation. AES-CMAC: the vectors of RFC 4493 section 4 and NIST SP 800-38B appendix D.3. */
#include "base/test.h"

#include <string.h>

#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "crypto/mac.h"

static const uint8_t cmac_message[40] = {
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57,
    0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,
};
static const uint8_t cmac_key128[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
static const uint8_t cmac_key256[32] = {
    0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
    0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4,
};

static const struct { enum crypto_mac_kind kind; const void *key; size_t key_len; const void *data; size_t len; uint8_t size, digest[16]; } rows[] = {
    { CRYPTO_MAC_MD5, "key", 3, "message", 7, 16,
      { 0x87, 0x14, 0xed, 0x90, 0x8e, 0xe5, 0xca, 0xcf, 0xc5, 0x6e, 0x8a, 0xed, 0x2b, 0xb9, 0xc7, 0x84 } },
    { CRYPTO_MAC_SHA1, "key", 3, "message", 7, 20,
      { 0x7d, 0x89, 0xca, 0x5f, 0x95, 0x35, 0xd3, 0xbd, 0x92, 0x5c, 0xa9, 0x9f, 0x48, 0x4a, 0xe4, 0x41 } },
    { CRYPTO_MAC_SHA256, "key", 3, "message", 7, 32,
      { 0x8e, 0xbb, 0xc3, 0x08, 0x1b, 0x07, 0x00, 0xd1, 0xc2, 0x26, 0xca, 0xfd, 0xa9, 0x03, 0x2a, 0x6a } },
    { CRYPTO_MAC_SHA384, "key", 3, "message", 7, 48,
      { 0x08, 0xdb, 0xdf, 0x22, 0xb3, 0x6a, 0x1f, 0x85, 0x94, 0xd8, 0xeb, 0x20, 0x35, 0x9d, 0x94, 0x19 } },
    { CRYPTO_MAC_SHA512, "key", 3, "message", 7, 64,
      { 0xd6, 0x52, 0x0b, 0x2d, 0xb3, 0x09, 0x49, 0x08, 0x29, 0x38, 0x19, 0x55, 0xae, 0xbd, 0x33, 0x12 } },
    { CRYPTO_MAC_AES128, cmac_key128, 16, "", 0, 16,
      { 0xbb, 0x1d, 0x69, 0x29, 0xe9, 0x59, 0x37, 0x28, 0x7f, 0xa3, 0x7d, 0x12, 0x9b, 0x75, 0x67, 0x46 } },
    { CRYPTO_MAC_AES128, cmac_key128, 16, cmac_message, 40, 16,
      { 0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30, 0x30, 0xca, 0x32, 0x61, 0x14, 0x97, 0xc8, 0x27 } },
    { CRYPTO_MAC_AES256, cmac_key256, 32, cmac_message, 40, 16,
      { 0xaa, 0xf3, 0xd8, 0xf1, 0xde, 0x56, 0x40, 0xc2, 0x32, 0xf5, 0xb1, 0x69, 0xb9, 0xc9, 0x11, 0xe6 } },
};

static void digests(void **state)
{
    struct crypto_mac m;
    uint8_t out[CRYPTO_MAC_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(crypto_mac_init(&m, rows[i].kind, rows[i].key, rows[i].key_len));
        assert_int_equal(m.size, rows[i].size);
        for (int again = 0; again < 2; again++) { /* a prepared key is not used up */
            crypto_mac_digest(&m, rows[i].data, rows[i].len, out);
            assert_memory_equal(out, rows[i].digest, sizeof rows[i].digest);
        }
    }
}

/* Nettle's own CMAC says the same, whatever the length. */
static void cmac_of_every_length(void **state)
{
    uint8_t message[600], out[CRYPTO_MAC_SIZE_MAX], expected[CMAC128_DIGEST_SIZE];
    struct cmac_aes128_ctx narrow;
    struct cmac_aes256_ctx wide;
    struct crypto_mac m;

    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 29 + (i >> 8));
    for (size_t len = 0; len <= sizeof message; len++) {
        cmac_aes128_set_key(&narrow, cmac_key128);
        cmac_aes128_update(&narrow, len, message);
        cmac_aes128_digest(&narrow, sizeof expected, expected);
        assert_true(crypto_mac_init(&m, CRYPTO_MAC_AES128, cmac_key128, sizeof cmac_key128));
        crypto_mac_digest(&m, message, len, out);
        assert_memory_equal(out, expected, sizeof expected);
        cmac_aes256_set_key(&wide, cmac_key256);
        cmac_aes256_update(&wide, len, message);
        cmac_aes256_digest(&wide, sizeof expected, expected);
        assert_true(crypto_mac_init(&m, CRYPTO_MAC_AES256, cmac_key256, sizeof cmac_key256));
        crypto_mac_digest(&m, message, len, out);
        assert_memory_equal(out, expected, sizeof expected);
    }
}

/* ---- a request and its answer ---- */

#define LONG 300
#define KEY_LONG 140            /* more than a block of any hash */

static uint8_t text[LONG + 128], key[KEY_LONG];

static void fill(void)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 29 + (i >> 8));
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 151 + 77);
}

static const struct nettle_hash *const hash_of[CRYPTO_MAC_KINDS] = { &nettle_md5, &nettle_sha1, &nettle_sha256, &nettle_sha384, &nettle_sha512 };

/* By nettle, without what is tested. */
static void expect(enum crypto_mac_kind kind, size_t key_len, const uint8_t *at, size_t len, uint8_t out[CRYPTO_MAC_SIZE_MAX])
{
    union { struct md5_ctx md5; struct sha1_ctx sha1; struct sha256_ctx sha256; struct sha512_ctx sha512; struct cmac_aes128_ctx narrow;
            struct cmac_aes256_ctx wide; } ctx;

    if (kind == CRYPTO_MAC_AES128) {
        cmac_aes128_set_key(&ctx.narrow, key);
        cmac_aes128_update(&ctx.narrow, len, at);
        cmac_aes128_digest(&ctx.narrow, CMAC128_DIGEST_SIZE, out);
    } else if (kind == CRYPTO_MAC_AES256) {
        cmac_aes256_set_key(&ctx.wide, key);
        cmac_aes256_update(&ctx.wide, len, at);
        cmac_aes256_digest(&ctx.wide, CMAC128_DIGEST_SIZE, out);
    } else {
        hash_of[kind]->init(&ctx);
        hash_of[kind]->update(&ctx, key_len, key);
        hash_of[kind]->update(&ctx, len, at);
        hash_of[kind]->digest(&ctx, hash_of[kind]->digest_size, out);
    }
}

static bool exchange(const struct crypto_mac *m, struct span request, struct span code, struct span answer, uint8_t *out)
{
    return crypto_mac_exchange(&(struct crypto_mac_exchange){ m, request, code, answer, out });
}

static void exchanges(const struct crypto_mac *m, size_t key_len, size_t len, size_t answer_len)
{
    const struct span request = { text, len }, answer = { text + 61, answer_len };
    uint8_t code[CRYPTO_MAC_SIZE_MAX], expected[CRYPTO_MAC_SIZE_MAX], out[CRYPTO_MAC_SIZE_MAX];
    size_t cut = 1 + (key_len + len) % m->size;

    expect((enum crypto_mac_kind)m->kind, key_len, request.at, len, code);
    expect((enum crypto_mac_kind)m->kind, key_len, answer.at, answer_len, expected);
    assert_true(exchange(m, request, (struct span){ code, m->size }, answer, out));
    assert_memory_equal(out, expected, m->size);
    assert_true(exchange(m, request, (struct span){ code, cut }, answer, out));
    code[cut - 1] ^= 0x10;
    assert_false(exchange(m, request, (struct span){ code, cut }, answer, out));
}

/* By two keys of different length; answers are as long as requests. A wrong code is the fault of its own request alone. */
static void exchanges_two(const struct crypto_mac *const m[2], const size_t key_len[2], const size_t len[2])
{
    uint8_t code[2][CRYPTO_MAC_SIZE_MAX], expected[CRYPTO_MAC_SIZE_MAX], out[2][CRYPTO_MAC_SIZE_MAX] = { { 0 } };
    struct crypto_mac_exchange x[2];
    bool good[2];

    for (int i = 0; i < 2; i++) {
        x[i] = (struct crypto_mac_exchange){ m[i], { text + 31 * i, len[i] }, { code[i], m[i]->size }, { text + 61 + 31 * i, len[i] }, out[i] };
        expect((enum crypto_mac_kind)m[i]->kind, key_len[i], x[i].request.at, len[i], code[i]);
    }
    for (int bad = -1; bad < 2; bad++) {
        if (bad >= 0)
            code[bad][m[bad]->size - 1] ^= 0x10;
        crypto_mac_exchange_two(&x[0], &x[1], good);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(good[i], i > bad);
            expect((enum crypto_mac_kind)m[i]->kind, key_len[i], x[i].answer.at, len[i], expected);
            if (good[i])
                assert_memory_equal(out[i], expected, m[i]->size);
        }
    }
}

/* Four headers go side by side by keys that are not too long. */
static void exchanges_two_of_every_length(void **state)
{
    struct crypto_mac m, n;

    (void)state;
    fill();
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++)
        for (size_t key_len = 1; key_len <= sizeof key; key_len++) {
            const size_t wanted = crypto_mac_key_size((enum crypto_mac_kind)kind), other = wanted ? wanted : 1 + (key_len * 29 + 7) % sizeof key;
            const struct crypto_mac *const both[2] = { &m, &n };

            if (!crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, key_len) || !crypto_mac_init(&n, (enum crypto_mac_kind)kind, key, other))
                continue;
            for (size_t len = 0; len <= LONG; len++)
                exchanges_two(both, (const size_t[2]){ key_len, other }, (const size_t[2]){ len, 48 });
            exchanges_two(both, (const size_t[2]){ key_len, other }, (const size_t[2]){ 48, 72 });
        }
}

/* Two headers go side by side by a key that is not too long. */
static void exchanges_of_every_length(void **state)
{
    struct crypto_mac m;

    (void)state;
    fill();
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++)
        for (size_t key_len = 1; key_len <= sizeof key; key_len++) {
            if (!crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, key_len))
                continue;
            for (size_t len = 0; len <= LONG; len++)
                exchanges(&m, key_len, len, len);
            exchanges(&m, key_len, 48, 72);
            exchanges(&m, key_len, 72, 48);
        }
}

/* The message of 56 bytes of FIPS 180's examples: its first eight are the key, the rest is as long as a header. */
static void vectors_of_fips_180(void **state)
{
    static const uint8_t message[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const struct { enum crypto_mac_kind kind; uint8_t digest[20]; } fips[] = {
        { CRYPTO_MAC_SHA1, { 0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae, 0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46, 0x70, 0xf1 } },
        { CRYPTO_MAC_SHA256, { 0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3, 0x3c, 0xe4, 0x59 } },
        { CRYPTO_MAC_SHA384, { 0x33, 0x91, 0xfd, 0xdd, 0xfc, 0x8d, 0xc7, 0x39, 0x37, 0x07, 0xa6, 0x5b, 0x1b, 0x47, 0x09, 0x39, 0x7c, 0xf8, 0xb1, 0xd1 } },
        { CRYPTO_MAC_SHA512, { 0x20, 0x4a, 0x8f, 0xc6, 0xdd, 0xa8, 0x2f, 0x0a, 0x0c, 0xed, 0x7b, 0xeb, 0x8e, 0x08, 0xa4, 0x16, 0x57, 0xc1, 0x6e, 0xf4 } },
    };
    const struct span rest = { message + 8, 48 };
    uint8_t out[CRYPTO_MAC_SIZE_MAX];
    struct crypto_mac m;

    (void)state;
    for (size_t i = 0; i < sizeof fips / sizeof fips[0]; i++) {
        assert_true(crypto_mac_init(&m, fips[i].kind, message, 8));
        assert_true(exchange(&m, rest, (struct span){ fips[i].digest, sizeof fips[i].digest }, rest, out));
        assert_memory_equal(out, fips[i].digest, sizeof fips[i].digest);
    }
}

static void every_flipped_bit_is_seen(void **state)
{
    const struct span request = { text, 48 }, answer = { text + 48, 48 };
    uint8_t code[CRYPTO_MAC_SIZE_MAX], out[CRYPTO_MAC_SIZE_MAX];
    struct crypto_mac m;

    (void)state;
    fill();
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++) {
        assert_true(crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, kind == CRYPTO_MAC_AES128 ? 16 : 32));
        crypto_mac_digest(&m, request.at, request.len, code);
        for (size_t bit = 0; bit < 8 * (request.len + m.size); bit++) {
            uint8_t *at = bit / 8 < request.len ? text + bit / 8 : code + (bit / 8 - request.len);

            *at ^= (uint8_t)(1 << bit % 8);
            assert_false(exchange(&m, request, (struct span){ code, m.size }, answer, out));
            *at ^= (uint8_t)(1 << bit % 8);
        }
        assert_true(exchange(&m, request, (struct span){ code, m.size }, answer, out));
    }
}

static void key_lengths(void **state)
{
    struct crypto_mac m;

    (void)state;
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++) {
        size_t want = crypto_mac_key_size((enum crypto_mac_kind)kind);

        assert_false(crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, 0));
        for (size_t len = 1; len <= sizeof key; len++)
            assert_int_equal(crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, len), want == 0 || len == want);
    }
    assert_int_equal(crypto_mac_key_size(CRYPTO_MAC_AES128), 16);
    assert_int_equal(crypto_mac_key_size(CRYPTO_MAC_AES256), 32);
}

/* Of every length, whole words or not; what lies behind it does not matter. */
static void equality(void **state)
{
    uint8_t a[40] = { 7 }, b[40] = { 7 };

    (void)state;
    for (size_t len = 0; len <= sizeof a; len++)
        for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(crypto_equal(a, b, len), bit / 8 >= len);
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    crypto_wipe(a, sizeof a);
    memset(b, 0, sizeof b);
    assert_memory_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests), cmocka_unit_test(cmac_of_every_length), cmocka_unit_test(exchanges_of_every_length),
        cmocka_unit_test(exchanges_two_of_every_length),
        cmocka_unit_test(vectors_of_fips_180), cmocka_unit_test(every_flipped_bit_is_seen), cmocka_unit_test(key_lengths), cmocka_unit_test(equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
