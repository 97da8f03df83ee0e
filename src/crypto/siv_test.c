/* Vectors computed with OpenSSL 3 for key 00 01 02 ..., nonce 10 11 ... 1f, and what a seal must withstand. */
#include "base/test.h"

#include <string.h>

#include <nettle/siv-cmac.h>

#include "crypto/siv.h"

#define PLAIN "plaintext of 24 bytes..."
#define PLAIN_LEN 24
#define SEALED_LEN (PLAIN_LEN + CRYPTO_SIV_TAG_SIZE)

static const struct { enum crypto_aead aead; uint8_t sealed[SEALED_LEN]; } rows[] = {
    { CRYPTO_AEAD_SIV_CMAC_256,
      { 0x81, 0x6a, 0x96, 0x72, 0x8b, 0x8c, 0x50, 0xd5, 0x6e, 0x2b, 0xa6, 0x9a, 0x9a, 0xf5, 0x99, 0xaf, 0xbb, 0x9b, 0xac, 0x84,
        0x68, 0xd9, 0x83, 0xa8, 0xed, 0x63, 0x7b, 0x9a, 0xc1, 0x39, 0xac, 0xd2, 0xa3, 0x13, 0xf9, 0xd4, 0xfb, 0xfb, 0x58, 0x9e } },
    { CRYPTO_AEAD_SIV_CMAC_512,
      { 0xb8, 0x35, 0x4d, 0x92, 0x4d, 0xda, 0x41, 0x4a, 0xed, 0xe5, 0x8b, 0x54, 0xb2, 0x7d, 0x41, 0x92, 0x60, 0xcb, 0x16, 0xd2,
        0x4b, 0x79, 0x0d, 0xb4, 0xbc, 0xb3, 0x50, 0xa1, 0xb0, 0x4f, 0x35, 0xd5, 0x54, 0x9b, 0x4d, 0x7b, 0x1c, 0x83, 0xf0, 0x29 } },
};

struct fixture { struct crypto_siv siv; uint8_t nonce[16]; struct crypto_siv_text text; };

static void prepare(struct fixture *f, enum crypto_aead aead)
{
    uint8_t key[CRYPTO_SIV_KEY_MAX];

    for (uint8_t i = 0; i < sizeof key; i++)
        key[i] = i;
    for (uint8_t i = 0; i < sizeof f->nonce; i++)
        f->nonce[i] = (uint8_t)(0x10 + i);
    crypto_siv_init(&f->siv, aead, key);
    f->text = (struct crypto_siv_text){ .nonce = f->nonce, .nonce_len = sizeof f->nonce, .associated = (const uint8_t *)"associated", .associated_len = 10 };
}

static void vectors(void **state)
{
    uint8_t out[SEALED_LEN];
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prepare(&f, rows[i].aead);
        crypto_siv_seal(&f.siv, &f.text, (const uint8_t *)PLAIN, PLAIN_LEN, out);
        assert_memory_equal(out, rows[i].sealed, sizeof out);
        assert_true(crypto_siv_open(&f.siv, &f.text, rows[i].sealed, PLAIN_LEN, out));
        assert_memory_equal(out, PLAIN, PLAIN_LEN);
    }
}

static void every_flipped_bit_is_seen(void **state)
{
    static const uint8_t zero[PLAIN_LEN];
    uint8_t sealed[SEALED_LEN], out[PLAIN_LEN];
    struct fixture f;

    (void)state;
    prepare(&f, CRYPTO_AEAD_SIV_CMAC_256);
    memcpy(sealed, rows[0].sealed, sizeof sealed);
    for (unsigned bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(crypto_siv_open(&f.siv, &f.text, sealed, PLAIN_LEN, out));
        assert_memory_equal(out, zero, sizeof out);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    f.text.associated_len--;
    assert_false(crypto_siv_open(&f.siv, &f.text, sealed, PLAIN_LEN, out));
    f.text.associated_len++;
    f.text.nonce_len--;
    assert_false(crypto_siv_open(&f.siv, &f.text, sealed, PLAIN_LEN, out));
}

/* RFC 8915 section 5.7: a request has nothing to hide but is sealed. */
static void nothing_to_hide(void **state)
{
    uint8_t tag[CRYPTO_SIV_TAG_SIZE];
    struct fixture f;

    (void)state;
    prepare(&f, CRYPTO_AEAD_SIV_CMAC_256);
    crypto_siv_seal(&f.siv, &f.text, NULL, 0, tag);
    assert_true(crypto_siv_open(&f.siv, &f.text, tag, 0, NULL));
    tag[3] ^= 1;
    assert_false(crypto_siv_open(&f.siv, &f.text, tag, 0, NULL));
}

/* Nettle's own SIV says the same, whatever the lengths. */
static void as_nettle_has_it(void **state)
{
    struct siv_cmac_aes128_ctx nettle;
    uint8_t key[32], text[80], expected[96], got[96], back[80];
    struct crypto_siv siv;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 37 + 11);
    memcpy(key, text + 40, sizeof key);
    siv_cmac_aes128_set_key(&nettle, key);
    crypto_siv_init(&siv, CRYPTO_AEAD_SIV_CMAC_256, key);
    for (size_t associated = 0; associated <= sizeof text; associated++)
        for (size_t len = 0; len <= sizeof text; len++) {
            size_t nonce = 1 + (associated + len) % 40;
            const struct crypto_siv_text t = { text, text, nonce, associated };

            siv_cmac_aes128_encrypt_message(&nettle, nonce, text, associated, text, CRYPTO_SIV_TAG_SIZE + len, expected, text);
            crypto_siv_seal(&siv, &t, text, len, got);
            assert_memory_equal(got, expected, CRYPTO_SIV_TAG_SIZE + len);
            assert_true(crypto_siv_open(&siv, &t, got, len, back));
            assert_memory_equal(back, text, len);
        }
}

/* Longer than what goes through in one piece. */
static void long_texts(void **state)
{
    static uint8_t text[3000], sealed[sizeof text + CRYPTO_SIV_TAG_SIZE], back[sizeof text], expected[sizeof sealed];
    static const uint8_t key[32] = { 1, 2, 3 };
    struct siv_cmac_aes128_ctx nettle;
    struct crypto_siv siv;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i ^ i >> 8);
    siv_cmac_aes128_set_key(&nettle, key);
    crypto_siv_init(&siv, CRYPTO_AEAD_SIV_CMAC_256, key);
    for (size_t len = 480; len <= sizeof text; len += 63) {
        const struct crypto_siv_text t = { text, text, 16, len };

        siv_cmac_aes128_encrypt_message(&nettle, 16, text, len, text, CRYPTO_SIV_TAG_SIZE + len, expected, text);
        crypto_siv_seal(&siv, &t, text, len, sealed);
        assert_memory_equal(sealed, expected, CRYPTO_SIV_TAG_SIZE + len);
        assert_true(crypto_siv_open(&siv, &t, sealed, len, back));
    }
}

static void key_sizes(void **state)
{
    (void)state;
    for (unsigned aead = 0; aead < 40; aead++)
        assert_int_equal(crypto_siv_key_size(aead), aead == 15 ? 32 : aead == 17 ? 64 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors), cmocka_unit_test(every_flipped_bit_is_seen), cmocka_unit_test(nothing_to_hide), cmocka_unit_test(as_nettle_has_it),
        cmocka_unit_test(long_texts), cmocka_unit_test(key_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
