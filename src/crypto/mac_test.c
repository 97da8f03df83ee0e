/* Hashes with a key in front: computed with another implementation. AES-CMAC: the vectors of RFC 4493 section 4 and NIST SP 800-38B appendix D.3. */
#include "base/test.h"

#include <string.h>

#include <nettle/cmac.h>

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

static void key_lengths(void **state)
{
    static const uint8_t key[64] = { 1 };
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
        cmocka_unit_test(digests), cmocka_unit_test(cmac_of_every_length), cmocka_unit_test(key_lengths), cmocka_unit_test(equality),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
