/* Built twice on amd64: with the processor's AES instructions, where it has them, and without.
 *
 * Vectors computed with OpenSSL 3 for key 00 01 02 ..., nonce 10 11 ... 1f, those of RFC 8452, and what a seal must withstand. */
#include "base/test.h"

#include <stdlib.h>
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

#define SEALED_PAIR (CRYPTO_SIV_TAG_SIZE + CRYPTO_SIV_PAIR_SIZE)

/* By a key to which associated data is bound, whose nonces have nonce_len bytes: a cookie, a request with nothing to hide, and an answer. */
static void exchanges(const struct crypto_siv *siv, size_t nonce_len, size_t head_len, size_t associated)
{
    const uint8_t *pair = text + 90;
    uint8_t cookie[SEALED_PAIR], tag[CRYPTO_SIV_TAG_SIZE], plain[CRYPTO_SIV_HEAD_MAX + SEALED_PAIR];
    struct crypto_siv_exchange x = { .cookie = { .nonce = text + 5, .nonce_len = nonce_len },
                                     .request = { text + 3, text + 9, 1 + associated % 40, associated },
                                     .answer = { text + 11, text + 200, 1 + head_len, 3 * associated % 211 },
                                     .sealed = cookie, .tag = tag, .head = plain, .head_len = head_len, .out = got };
    struct crypto_siv_text fresh = { .nonce = plain + head_len - nonce_len, .nonce_len = nonce_len };

    memcpy(plain, text + 300, head_len);
    crypto_siv_seal(siv, &x.cookie, pair, CRYPTO_SIV_PAIR_SIZE, cookie);
    crypto_siv_seal_once(CRYPTO_AEAD_SIV_CMAC_256, pair, &x.request, NULL, 0, tag);
    crypto_siv_seal(siv, &fresh, pair, CRYPTO_SIV_PAIR_SIZE, plain + head_len);
    crypto_siv_seal_once(CRYPTO_AEAD_SIV_CMAC_256, pair + CRYPTO_SIV_PAIR_SIZE / 2, &x.answer, plain, head_len + SEALED_PAIR, expected);
    got[SEALED_PAIR + CRYPTO_SIV_TAG_SIZE + head_len] = 0x5a;
    assert_true(crypto_siv_exchange(siv, &x));
    assert_memory_equal(got, expected, CRYPTO_SIV_TAG_SIZE + head_len + SEALED_PAIR);
    assert_int_equal(got[SEALED_PAIR + CRYPTO_SIV_TAG_SIZE + head_len], 0x5a);
    tag[associated % sizeof tag] ^= 0x20;
    assert_false(crypto_siv_exchange(siv, &x));
    tag[associated % sizeof tag] ^= 0x20;
    cookie[associated % sizeof cookie] ^= 4;
    assert_false(crypto_siv_exchange(siv, &x));
}

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

static void cookies_requests_and_answers(void **state)
{
    struct crypto_siv siv;

    (void)state;
    fill_text();
    crypto_siv_init(&siv, CRYPTO_AEAD_SIV_CMAC_256, text + 40);
    crypto_siv_bind(&siv, text, 4);
    for (size_t head_len = 1; head_len <= CRYPTO_SIV_HEAD_MAX; head_len++)
        for (size_t nonce_len = 1; nonce_len <= head_len; nonce_len++)
            for (size_t associated = 0; associated <= 280; associated++)
                exchanges(&siv, nonce_len, head_len, associated);
    for (size_t associated = 281; associated <= 1024; associated++) /* as long as a packet may be */
        exchanges(&siv, 8, 12, associated);
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

/* ---- AES-128-GCM-SIV ---- */

#define GCM_SIV_TEXT_MAX 64

/* RFC 8452 appendix C.1; empty keys and nonces are those of the row before. */
static const struct { const char *key, *nonce, *associated, *plain, *sealed; } gcm_siv[] = {
    { "01000000000000000000000000000000", "030000000000000000000000", "", "", "dc20e2d83f25705bb49e439eca56de25" },
    { "", "", "", "0100000000000000", "b5d839330ac7b786578782fff6013b815b287c22493a364c" },
    { "", "", "", "01000000000000000000000000000000", "743f7c8077ab25f8624e2e948579cf77303aaf90f6fe21199c6068577437a0c4" },
    { "", "", "01", "0200000000000000", "1e6daba35669f4273b0a1a2560969cdf790d99759abd1508" },
    { "", "", "01", "0200000000000000000000000000000003000000000000000000000000000000",
      "620048ef3c1e73e57e02bb8562c416a319e73e4caac8e96a1ecb2933145a1d71e6af6a7f87287da059a71684ed3498e1" },
    { "", "", "010000000000000000000000000000000200", "0300000000000000000000000000000004000000",
      "6bb0fecf5ded9b77f902c7d5da236a4391dd029724afc9805e976f451e6d87f6fe106514" },
    { "e66021d5eb8e4f4066d4adb9c33560e4", "f46e44bb3da0015c94f70887", "", "", "a4194b79071b01a87d65f706e3949578" },
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

/* Seals as the vector says, opens, and opens no more once anything is another. */
static void one_vector(const uint8_t key[16], struct crypto_siv_text *t, const uint8_t *plain, size_t len, const uint8_t *sealed)
{
    static const uint8_t zero[GCM_SIV_TEXT_MAX];
    uint8_t out[GCM_SIV_TEXT_MAX], changed[GCM_SIV_TEXT_MAX];

    crypto_siv_seal_once(CRYPTO_AEAD_GCM_SIV_128, key, t, plain, len, out);
    assert_memory_equal(out, sealed, CRYPTO_SIV_TAG_SIZE + len);
    assert_true(crypto_siv_open_once(CRYPTO_AEAD_GCM_SIV_128, key, t, sealed, len, out));
    assert_memory_equal(out, plain, len);
    memcpy(changed, sealed, CRYPTO_SIV_TAG_SIZE + len);
    for (size_t bit = 0; bit < 8 * (CRYPTO_SIV_TAG_SIZE + len); bit++) {
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(crypto_siv_open_once(CRYPTO_AEAD_GCM_SIV_128, key, t, changed, len, out));
        assert_memory_equal(out, zero, len);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void vectors_of_rfc_8452(void **state)
{
    uint8_t key[16], nonce[16] = { 0 }, associated[GCM_SIV_TEXT_MAX] = { 0 }, plain[GCM_SIV_TEXT_MAX], sealed[GCM_SIV_TEXT_MAX], out[GCM_SIV_TEXT_MAX];

    (void)state;
    if (crypto_siv_key_size(CRYPTO_AEAD_GCM_SIV_128) == 0) {
        print_message("# AES-128-GCM-SIV is left out: nettle is older than 3.9\n");
        return;
    }
    for (size_t i = 0; i < sizeof gcm_siv / sizeof gcm_siv[0]; i++) {
        struct crypto_siv_text t = { nonce, associated, 12, from_hex(gcm_siv[i].associated, associated) };
        size_t len = from_hex(gcm_siv[i].plain, plain);

        from_hex(gcm_siv[i].key, key);
        from_hex(gcm_siv[i].nonce, nonce);
        assert_int_equal(from_hex(gcm_siv[i].sealed, sealed), CRYPTO_SIV_TAG_SIZE + len);
        one_vector(key, &t, plain, len, sealed);
        for (t.nonce_len = 1; t.nonce_len <= sizeof nonce; t.nonce_len++) /* of the peer's choice */
            assert_int_equal(crypto_siv_open_once(CRYPTO_AEAD_GCM_SIV_128, key, &t, sealed, len, out), t.nonce_len == 12);
    }
}

static void sizes(void **state)
{
    size_t gcm_siv_key = crypto_siv_key_size(CRYPTO_AEAD_GCM_SIV_128);

    (void)state;
    assert_true(gcm_siv_key == 0 || gcm_siv_key == 16);
    for (unsigned aead = 0; aead < 40; aead++)
        assert_int_equal(crypto_siv_key_size(aead), aead == 15 ? 32 : aead == 17 ? 64 : aead == 30 ? gcm_siv_key : 0);
    assert_int_equal(crypto_siv_nonce_size(15), 16);
    assert_int_equal(crypto_siv_nonce_size(17), 16);
    assert_int_equal(crypto_siv_nonce_size(30), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors), cmocka_unit_test(every_flipped_bit_is_seen), cmocka_unit_test(nothing_to_hide), cmocka_unit_test(whatever_the_lengths),
        cmocka_unit_test(cookies_requests_and_answers),
        cmocka_unit_test(long_texts), cmocka_unit_test(vectors_of_rfc_8452), cmocka_unit_test(sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
