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

/* ---- nettle's own SIV says the same ---- */

#define LONG 3000

static uint8_t text[LONG], expected[LONG + CRYPTO_SIV_TAG_SIZE], got[LONG + CRYPTO_SIV_TAG_SIZE], back[LONG];

/* A prepared key, one for this once, and one to which the associated data is bound. */
static void same_as_nettle(enum crypto_aead aead, const struct crypto_siv_text *t, size_t len)
{
    const uint8_t *key = text + 40;
    struct siv_cmac_aes128_ctx narrow;
    struct siv_cmac_aes256_ctx wide;
    struct crypto_siv siv;

    if (aead == CRYPTO_AEAD_SIV_CMAC_256) {
        siv_cmac_aes128_set_key(&narrow, key);
        siv_cmac_aes128_encrypt_message(&narrow, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, expected, text);
    } else {
        siv_cmac_aes256_set_key(&wide, key);
        siv_cmac_aes256_encrypt_message(&wide, t->nonce_len, t->nonce, t->associated_len, t->associated, CRYPTO_SIV_TAG_SIZE + len, expected, text);
    }
    crypto_siv_init(&siv, aead, key);
    for (int way = 0; way < 3; way++) {
        const struct crypto_siv_text without = { .nonce = t->nonce, .nonce_len = t->nonce_len }, *now = way == 2 ? &without : t;

        if (way == 2)
            crypto_siv_bind(&siv, t->associated, t->associated_len);
        if (way == 1)
            crypto_siv_seal_once(aead, key, now, text, len, got);
        else
            crypto_siv_seal(&siv, now, text, len, got);
        assert_memory_equal(got, expected, CRYPTO_SIV_TAG_SIZE + len);
        assert_true(way == 1 ? crypto_siv_open_once(aead, key, now, got, len, back) : crypto_siv_open(&siv, now, got, len, back));
        assert_memory_equal(back, text, len);
        got[0] ^= 1;
        assert_false(way == 1 ? crypto_siv_open_once(aead, key, now, got, len, back) : crypto_siv_open(&siv, now, got, len, back));
    }
}

static void fill_text(void)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 37 + 11 + (i >> 8));
}

static void whatever_the_lengths(void **state)
{
    (void)state;
    fill_text();
    for (size_t associated = 0; associated <= 80; associated++)
        for (size_t len = 0; len <= 80; len++)
            same_as_nettle((associated + len) % 3 ? CRYPTO_AEAD_SIV_CMAC_256 : CRYPTO_AEAD_SIV_CMAC_512,
                           &(struct crypto_siv_text){ text, text, 1 + (associated + len) % 40, associated }, len);
}

/* Longer than what goes through in one piece; sometimes the plaintext is longer than the associated data, sometimes not. */
static void long_texts(void **state)
{
    (void)state;
    fill_text();
    for (size_t len = 480; len <= LONG; len += 63) {
        same_as_nettle(CRYPTO_AEAD_SIV_CMAC_256, &(struct crypto_siv_text){ text, text, 16, LONG - len }, len);
        same_as_nettle(CRYPTO_AEAD_SIV_CMAC_512, &(struct crypto_siv_text){ text, text, 300, len }, len);
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
        cmocka_unit_test(vectors), cmocka_unit_test(every_flipped_bit_is_seen), cmocka_unit_test(nothing_to_hide), cmocka_unit_test(whatever_the_lengths),
        cmocka_unit_test(long_texts), cmocka_unit_test(key_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
