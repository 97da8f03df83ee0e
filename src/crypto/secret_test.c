/* What is secret decides no branch and no address: under valgrind's memcheck, to which keys, and the codes that would be right, are undefined memory, as
 * Langley's ctgrind has it. Whatever depends on them, a jump or a place in memory, is an error there. A verdict, good or not, is no secret any more: where
 * one is given one branch is expected, and no other one wherever the difference lies. Without valgrind nothing can be seen.
 *
 * What valgrind does not know of the processor's instructions is C to it (tests/emulated). nettle expands keys of AES by a table of 256 bytes: the bytes of a
 * key are places in it then, and are counted as such. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "crypto/mac.h"
#include "crypto/mac_direct.h"
#include "crypto/siv.h"

#define SECRET(at, len) ((void)VALGRIND_MAKE_MEM_UNDEFINED(at, len))
#define PUBLIC(at, len) ((void)VALGRIND_MAKE_MEM_DEFINED(at, len))

static uint8_t key[CRYPTO_SIV_KEY_MAX], text[MAC_DIRECT_TEXT], code[CRYPTO_MAC_SIZE_MAX], out[256];
static unsigned before;

static void begin(void)
{
    if (!RUNNING_ON_VALGRIND)
        skip();
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(7 * i + 1);
    SECRET(key, sizeof key);
    before = VALGRIND_COUNT_ERRORS;
}

/* Without instructions for it nettle looks up each step of AES in tables: there is nothing to be shown. */
static bool aes_goes_by_tables(void)
{
#ifdef __x86_64__
    return !__builtin_cpu_supports("aes");
#else
    return true;
#endif
}

/* How often something depended on a secret since this was asked. */
static unsigned leaks(void)
{
    unsigned now = VALGRIND_COUNT_ERRORS, n = now - before;

    before = now;
    return n;
}

static bool told(bool good)
{
    PUBLIC(&good, sizeof good);
    return good;
}

/* It would not be worth much if it could not fail. */
static void what_depends_on_a_secret_is_seen(void **state)
{
    static const uint8_t table[256] = { 1 };
    volatile uint8_t found;

    (void)state;
    begin();
    found = table[key[0]];
    (void)found;
    assert_int_equal(leaks(), 1);
    if (memcmp(key, text, 16) == 0)
        found = 0;
    assert_true(leaks() >= 1);
}

/* -- symmetric keys -------------------------------------------------------------------------------------------------------- */

static size_t key_len(enum crypto_mac_kind kind) { return crypto_mac_key_size(kind) ? crypto_mac_key_size(kind) : 20; }

static bool judged(const struct crypto_mac *m, size_t text_len, size_t wrong)
{
    uint8_t given[CRYPTO_MAC_SIZE_MAX];

    memcpy(given, code, sizeof given);
    if (wrong < m->size)
        given[wrong] ^= 1;
    return told(crypto_mac_exchange(&(struct crypto_mac_exchange){ m, { text, text_len }, { given, m->size }, { text, text_len }, out }));
}

static void codes_of_symmetric_keys(void **state)
{
    static const char *const names[CRYPTO_MAC_KINDS] = { "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "AES-128", "AES-256" };

    (void)state;
    begin();
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++) {
        struct crypto_mac m;

        if (kind >= CRYPTO_MAC_AES128 && aes_goes_by_tables())
            continue;
        assert_true(crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, key_len((enum crypto_mac_kind)kind)));
        if (leaks() > 0)
            assert_true(kind >= CRYPTO_MAC_AES128);
        for (size_t len = MAC_DIRECT_TEXT - 1; len <= MAC_DIRECT_TEXT; len++) {
            crypto_mac_digest(&m, text, len, code);
            assert_int_equal(leaks(), 0);
            PUBLIC(code, sizeof code); /* a request had it, which anybody may see */
            assert_true(judged(&m, len, SIZE_MAX));
            assert_int_equal(leaks(), 1);
            for (size_t wrong = 0; wrong < m.size; wrong++) {
                assert_false(judged(&m, len, wrong));
                assert_int_equal(leaks(), 1);
            }
        }
        printf("# %s: looked at%s\n", names[kind], m.direct ? ", as instructions make it too" : ", as nettle makes it");
    }
}

static void codes_of_two_requests(void **state)
{
    (void)state;
    begin();
    for (int kind = 0; kind < CRYPTO_MAC_KINDS; kind++) {
        struct crypto_mac m;
        bool good[2];

        if (kind >= CRYPTO_MAC_AES128 && aes_goes_by_tables())
            continue;
        assert_true(crypto_mac_init(&m, (enum crypto_mac_kind)kind, key, key_len((enum crypto_mac_kind)kind)));
        leaks();
        crypto_mac_digest(&m, text, sizeof text, code);
        PUBLIC(code, sizeof code);
        for (int wrong = 0; wrong < 2; wrong++) {
            const struct crypto_mac_exchange x = { &m, { text, sizeof text }, { code, m.size }, { text, sizeof text }, out };
            struct crypto_mac_exchange y = x;

            y.out = out + CRYPTO_MAC_SIZE_MAX;
            y.code.at = wrong ? text : code;
            y.code.len = wrong ? 20 : m.size;
            if (y.code.len > m.size)
                y.code.len = m.size;
            crypto_mac_exchange_two(&x, &y, good);
            assert_int_equal(leaks(), 2);
            PUBLIC(good, sizeof good);
            assert_true(good[0]);
            assert_int_equal(good[1], !wrong);
        }
    }
}

/* -- NTS ------------------------------------------------------------------------------------------------------------------- */

/* What is sealed leaves with its synthetic IV, which is counted up: what depends on that is no secret. A table of AES would be looked up 160 times a block. */
#define COUNTED 8

static const struct crypto_siv_text bare = { .nonce = text, .nonce_len = 16, .associated = text, .associated_len = sizeof text };

static void sealed_texts_of(enum crypto_aead aead, size_t len)
{
    static uint8_t plain[100], sealed[CRYPTO_SIV_TAG_SIZE + sizeof plain];
    uint8_t opened[sizeof plain];
    struct crypto_siv s;

    memset(plain, 5, sizeof plain);
    SECRET(plain, sizeof plain);
    crypto_siv_init(&s, aead, key);
    leaks();
    crypto_siv_seal(&s, &bare, plain, len, sealed);
    assert_in_range(leaks(), 0, len > 0 ? COUNTED : 0);
    PUBLIC(sealed, sizeof sealed);
    assert_true(told(crypto_siv_open(&s, &bare, sealed, len, opened)));
    assert_in_range(leaks(), 0, 1);
    for (size_t wrong = 0; wrong < CRYPTO_SIV_TAG_SIZE + len; wrong += 5) {
        sealed[wrong] ^= 0x10;
        assert_false(told(crypto_siv_open(&s, &bare, sealed, len, opened)));
        assert_in_range(leaks(), 0, 1);
        sealed[wrong] ^= 0x10;
    }
}

static void sealed_texts(void **state)
{
    static const enum crypto_aead aeads[] = { CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512 };

    (void)state;
    begin();
    if (aes_goes_by_tables())
        skip();
    for (size_t i = 0; i < sizeof aeads / sizeof aeads[0]; i++)
        for (size_t len = 0; len <= 100; len += 25)
            sealed_texts_of(aeads[i], len);
}

static void a_cookie_and_its_answer(void **state)
{
    static uint8_t pair[CRYPTO_SIV_PAIR_SIZE], cookie[CRYPTO_SIV_TAG_SIZE + sizeof pair], tag[CRYPTO_SIV_TAG_SIZE], head[CRYPTO_SIV_HEAD_MAX];
    const struct crypto_siv_text short_nonce = { .nonce = text, .nonce_len = 8, .associated = text, .associated_len = 8 };
    const struct crypto_siv_exchange x = { .cookie = short_nonce, .request = bare, .answer = bare, .sealed = cookie, .tag = tag, .head = head,
                                           .head_len = sizeof head, .out = out };
    struct crypto_siv s;
    unsigned expanding;

    (void)state;
    begin();
    if (aes_goes_by_tables())
        skip();
    memset(pair, 9, sizeof pair);
    SECRET(pair, sizeof pair);
    crypto_siv_init(&s, CRYPTO_AEAD_SIV_CMAC_256, key);
    expanding = leaks();
    crypto_siv_bind(&s, text, 8);
    crypto_siv_seal(&s, &short_nonce, pair, sizeof pair, cookie);
    assert_in_range(leaks(), 0, COUNTED);
    crypto_siv_seal_once(CRYPTO_AEAD_SIV_CMAC_256, pair, &bare, NULL, 0, tag);
    assert_in_range(leaks(), 0, expanding);
    PUBLIC(cookie, sizeof cookie);
    PUBLIC(tag, sizeof tag);
    assert_true(told(crypto_siv_exchange(&s, &x)));
    assert_in_range(leaks(), 0, 2 + 2 * expanding + (expanding ? 2 * COUNTED : 0)); /* cookie and request are judged, by instructions at once */
    for (size_t wrong = 0; wrong < sizeof cookie + sizeof tag; wrong += 3) {
        uint8_t *at = wrong < sizeof cookie ? cookie + wrong : tag + wrong - sizeof cookie;

        *at ^= 0x80;
        assert_false(told(crypto_siv_exchange(&s, &x)));
        assert_in_range(leaks(), 0, 2 + 2 * expanding + (expanding ? 2 * COUNTED : 0));
        *at ^= 0x80;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_depends_on_a_secret_is_seen), cmocka_unit_test(codes_of_symmetric_keys), cmocka_unit_test(codes_of_two_requests),
        cmocka_unit_test(sealed_texts),                     cmocka_unit_test(a_cookie_and_its_answer),
    };

    return cmocka_run_group_tests_name("crypto/secret", tests, NULL, NULL);
}
