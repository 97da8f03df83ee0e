/* Lines of key files, good and bad, in both formats. SHA1 stands for all types where the machine has no others (tests/cross). */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys.h"

static struct key_table table;

static struct key_verdict read_text(const char *text, enum keys_format format, bool allow_legacy)
{
    struct keys_options o = { .format = (uint8_t)format, .allow_legacy = allow_legacy };
    uint8_t *exact = malloc(strlen(text)); /* instrumented builds see every byte read beyond it */
    struct key_verdict v;

    assert_non_null(exact);
    memcpy(exact, text, strlen(text));
    v = keys_read((struct span){ exact, strlen(text) }, &o, &table);
    free(exact);
    return v;
}

static bool has_aes(void)
{
    static const uint8_t key[16] = { 1 };
    struct crypto_mac m;

    return crypto_mac_init(&m, CRYPTO_MAC_AES128, key, sizeof key);
}

/* Does key `id` digest as a key of these bytes does? */
static bool is_key(uint32_t id, enum crypto_mac_kind kind, const void *bytes, size_t len)
{
    uint8_t ours[CRYPTO_MAC_SIZE_MAX], theirs[CRYPTO_MAC_SIZE_MAX];
    const struct key *k = keys_find(&table, id);
    struct crypto_mac m;

    if (!k || !crypto_mac_init(&m, kind, bytes, len) || k->mac.kind != kind)
        return false;
    crypto_mac_digest(&k->mac, "x", 1, ours);
    crypto_mac_digest(&m, "x", 1, theirs);
    return memcmp(ours, theirs, m.size) == 0;
}

static void chrony_lines(void **state)
{
    (void)state;
    assert_int_equal(read_text("# keys\n\n! ; %\n10 SHA1 HEX:0a0B0c\n4294967295 sha1 ASCII:se;cret\n3 SHA1 plain#text\r\n% end",
                               KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_int_equal(table.count, 3);
    assert_true(is_key(10, CRYPTO_MAC_SHA1, "\n\v\f", 3));
    assert_true(is_key(4294967295, CRYPTO_MAC_SHA1, "se;cret", 7));
    assert_true(is_key(3, CRYPTO_MAC_SHA1, "plain#text", 10));
    assert_int_equal(read_text("9 SHA1 hex:0123456789abcdefABCDEF until=2029-09-09T09:09:09Z", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_true(is_key(9, CRYPTO_MAC_SHA1, "\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef", 11));
    assert_int_equal(keys_find(&table, 9)->until.ns, INT64_C(1883639349) * NS_PER_S);
    assert_int_equal(read_text("10 SHA1 x", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_null(keys_find(&table, 4));
    assert_null(keys_find(&table, 0));
    assert_null(keys_find(NULL, 3));
}

static void keys_are_found_in_whatever_order_they_stand(void **state)
{
    static const uint32_t ids[] = { 10, 30, 20, 25, 5, 27, 1, 40, 26 };
    char text[16 * sizeof ids / sizeof ids[0]], secret[8];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%u SHA1 k%u\n", ids[i], ids[i]);
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_true(is_key(ids[i], CRYPTO_MAC_SHA1, secret, (size_t)snprintf(secret, sizeof secret, "k%u", ids[i])));
    assert_null(keys_find(&table, 24));
}

static void what_an_editor_adds_is_no_fault(void **state)
{
    (void)state;
    assert_int_equal(read_text("\xef\xbb\xbf" "3 SHA1 secret\r\n4 SHA1 other\r\n", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_true(is_key(3, CRYPTO_MAC_SHA1, "secret", 6));
    assert_true(is_key(4, CRYPTO_MAC_SHA1, "other", 5));
    assert_int_equal(read_text("3 SHA1 x\n\xef\xbb\xbf" "4 SHA1 y", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_ID);
}

static void chrony_types(void **state)
{
    (void)state;
    if (!has_aes())
        return;
    assert_int_equal(read_text("1 secret\n2 MD5 two\n3 SHA256 three\n4 SHA384 four\n5 SHA512 five\n6 AES128 HEX:000102030405060708090a0b0c0d0e0f\n"
                               "7 AES256 ASCII:0123456789abcdef0123456789abcdef\n8 eight until=2030-01-01", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_true(is_key(1, CRYPTO_MAC_MD5, "secret", 6));
    assert_true(is_key(2, CRYPTO_MAC_MD5, "two", 3));
    assert_true(is_key(3, CRYPTO_MAC_SHA256, "three", 5));
    assert_true(is_key(4, CRYPTO_MAC_SHA384, "four", 4));
    assert_true(is_key(5, CRYPTO_MAC_SHA512, "five", 4));
    assert_true(is_key(6, CRYPTO_MAC_AES128, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16));
    assert_true(is_key(7, CRYPTO_MAC_AES256, "0123456789abcdef0123456789abcdef", 32));
    assert_true(is_key(8, CRYPTO_MAC_MD5, "eight", 5));
}

static void ntp_lines(void **state)
{
    (void)state;
    assert_int_equal(read_text("# x\n1 SHA1 twenty.characters.ok # why\n2 sha1 3031323334353637383930313233 192.0.2.1,2001:db8::/32\n",
                               KEYS_FORMAT_NTP, true).fault, KEY_FAULT_NONE);
    assert_true(is_key(1, CRYPTO_MAC_SHA1, "twenty.characters.ok", 20));
    assert_true(is_key(2, CRYPTO_MAC_SHA1, "01234567890123", 14));
    assert_int_equal(keys_find(&table, 2)->net_count, 2);
    assert_int_equal(read_text("5 SHA1 3030303030303030303030303030303030303030303030303030303030303031" "3232", KEYS_FORMAT_NTP, true).fault, KEY_FAULT_NONE);
    assert_true(is_key(5, CRYPTO_MAC_SHA1, "00000000000000000000000000000001", 32));
    if (has_aes())
        assert_int_equal(read_text("1 M md5\n2 MD5 md5\n3 AES 0123456789abcdef\n4 AES-256 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
                                   KEYS_FORMAT_NTP, true).fault, KEY_FAULT_NONE);
}

static const struct { const char *text; enum keys_format format; bool legacy; enum key_fault fault; uint32_t line, column; } bad[] = {
    { "\n\n 0 SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 3, 2 },
    { "4294967296 SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 1, 1 },
    { "-1 SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 1, 1 },
    { "x SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 1, 1 },
    { "1x SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 1, 1 },
    { "1: SHA1 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 1, 1 },
    { "1 SHA", KEYS_FORMAT_NTP, true, KEY_FAULT_MISSING, 1, 6 },
    { "1", KEYS_FORMAT_CHRONY, true, KEY_FAULT_MISSING, 1, 2 },
    { "1 SHA1", KEYS_FORMAT_NTP, true, KEY_FAULT_MISSING, 1, 7 },
    { "1 SHA1 # x", KEYS_FORMAT_NTP, true, KEY_FAULT_MISSING, 1, 8 },
    { "1 SHA1 HEX:", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 ASCII:", KEYS_FORMAT_CHRONY, true, KEY_FAULT_MISSING, 1, 8 },
    { "1 SHA1 a\n2 SHA1 b\n1 SHA1 c", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TWICE, 3, 1 },
    { "1 SHA3 x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TYPE, 1, 3 },
    { "1 SHA1 x", KEYS_FORMAT_CHRONY, false, KEY_FAULT_LEGACY, 1, 3 },
    { "1 MD5 x", KEYS_FORMAT_NTP, false, KEY_FAULT_LEGACY, 1, 3 },
    { "1 x", KEYS_FORMAT_CHRONY, false, KEY_FAULT_LEGACY, 1, 3 },
    { "1 SHA1 HEX:0", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 HEX:0g", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 HEX:g0", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 HEX:0/", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 HEX:0:", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 HEX:0`", KEYS_FORMAT_CHRONY, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 twenty-one-characters", KEYS_FORMAT_NTP, true, KEY_FAULT_HEX, 1, 8 },
    { "1 SHA1 x y", KEYS_FORMAT_CHRONY, true, KEY_FAULT_WORD, 1, 10 },
    { "1 SHA1 x from=2026", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02/03", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-0", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-3", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-1/", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-0:", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-03T", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-03T10:0", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-03T10:00:00Zz", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x from=2026-02-03x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x for=*", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x from=2026-02-30", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x until=2026-02-03T10:00:00", KEYS_FORMAT_CHRONY, true, KEY_FAULT_TIME, 1, 10 },
    { "1 SHA1 x until=2026-02-03 from=2026-02-03", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ORDER, 1, 42 },
    { "1 SHA1 x for=", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=192.0.2.1/33", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=192.0.2.1/", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=192.0.2.1/2x", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=2001:db8::/129", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=000000000000000000000000000000000000000000000000000000000000000000000001", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x for=192.0.2.1:99", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x 192.0.2.1,", KEYS_FORMAT_NTP, true, KEY_FAULT_NET, 1, 10 },
    { "1 SHA1 x 192.0.2.1 192.0.2.2", KEYS_FORMAT_NTP, true, KEY_FAULT_WORD, 1, 20 },
    { "1 SHA1 x for=::1,::2,::3,::4,::5,::6,::7,::8,::9", KEYS_FORMAT_CHRONY, true, KEY_FAULT_NETS, 1, 10 },
    { "1 SHA1 a\nx\n3 SHA1 b", KEYS_FORMAT_CHRONY, true, KEY_FAULT_ID, 2, 1 },
    { "1 SHA1 a\n2 SHA1 b\001", KEYS_FORMAT_CHRONY, true, KEY_FAULT_CONTROL, 2, 9 },
};

/* CFG-07 for key files: the first fault is told by place, and nothing of the file is left. */
static void CFG_bad_lines(void **state)
{
    static const struct key_table none;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct key_verdict v = read_text(bad[i].text, bad[i].format, bad[i].legacy);

        if (v.fault != bad[i].fault || v.line != bad[i].line || v.column != bad[i].column)
            fail_msg("%s: %s at %u:%u", bad[i].text, key_fault_text(v.fault), v.line, v.column);
        assert_memory_equal(&table, &none, sizeof table);
    }
    assert_string_equal(key_fault_text(KEY_FAULTS), key_fault_text(KEY_FAULT_NONE));
}

static void aes_keys_have_one_length(void **state)
{
    (void)state;
    if (!has_aes())
        return;
    assert_int_equal(read_text("1 AES128 short", KEYS_FORMAT_CHRONY, false).fault, KEY_FAULT_AES_SIZE);
    assert_int_equal(read_text("1 AES256 HEX:000102030405060708090a0b0c0d0e0f", KEYS_FORMAT_CHRONY, false).fault, KEY_FAULT_AES_SIZE);
}

/* A machine that has not the algorithm. */
static bool no_algorithm;
bool __real_crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len);
bool __wrap_crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len);

bool __wrap_crypto_mac_init(struct crypto_mac *m, enum crypto_mac_kind kind, const void *key, size_t key_len)
{
    return !no_algorithm && __real_crypto_mac_init(m, kind, key, key_len);
}

static void an_algorithm_that_is_not_here_is_an_unknown_type(void **state)
{
    (void)state;
    no_algorithm = true;
    assert_int_equal(read_text("1 SHA1 x", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_TYPE);
    no_algorithm = false;
}

static enum key_fault fault_of_hex(size_t digits)
{
    char text[600] = "1 SHA1 HEX:";

    memset(text + strlen(text), '0', digits);
    return read_text(text, KEYS_FORMAT_CHRONY, true).fault;
}

static void secrets_in_hexadecimal_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(fault_of_hex(512), KEY_FAULT_NONE);
    assert_int_equal(fault_of_hex(513), KEY_FAULT_TOO_LONG);
    assert_int_equal(fault_of_hex(514), KEY_FAULT_TOO_LONG);
}

/* Limits: line, secret, table; every prefix of a good file is read without harm. */
static void limits(void **state)
{
    static char text[KEYS_MAX * 24 + 64];
    size_t n = 0;

    (void)state;
    n = (size_t)snprintf(text, sizeof text, "1 SHA1 ");
    memset(text + n, 'x', 1100);
    text[n + 1100] = '\0';
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_LONG_LINE);
    text[1024] = '\0'; /* one byte too long for a line */
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_LONG_LINE);
    text[1023] = '\0';
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_TOO_LONG);
    text[n + 257] = '\0';
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_TOO_LONG);
    text[n + 256] = '\0';
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_int_equal(keys_find(&table, 1)->id, 1);
    assert_null(keys_find(&table, 2));
    assert_null(keys_find(NULL, 1));
    n = 0;
    for (unsigned i = KEYS_MAX; i > 0; i--)
        n += (size_t)snprintf(text + n, sizeof text - n, "%u SHA1 key%u\n", i * 7, i);
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_int_equal(table.count, KEYS_MAX);
    assert_true(is_key(7 * KEYS_MAX, CRYPTO_MAC_SHA1, "key1024", 7));
    assert_true(is_key(7, CRYPTO_MAC_SHA1, "key1", 4));
    assert_null(keys_find(&table, 7 * KEYS_MAX + 1));
    for (unsigned i = 1; i <= KEYS_MAX; i++)
        assert_int_equal(keys_find(&table, i * 7)->id, i * 7);
    snprintf(text + n, sizeof text - n, "1 SHA1 more\n");
    assert_int_equal(read_text(text, KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_MANY);
}

static struct net_addr address(const char *text)
{
    struct net_addr a;

    assert_int_equal(addr_from_text(text, 123, &a), 0);
    return a;
}

static enum verdict judge(const char *other, int year, int day)
{
    struct civil c = { .year = year, .month = 6, .day = (uint8_t)day };
    struct net_addr a = address(other);
    struct utc_ns t;

    assert_int_equal(civil_to_utc(&c, &t), 0);
    return key_judge(keys_find(&table, 1), &a, t);
}

static void addresses_and_lifetimes(void **state)
{
    (void)state;
    assert_int_equal(read_text("1 SHA1 x for=192.0.2.0/25,2001:db8::7 from=2026-06-10 until=2026-06-20T00:00:00Z",
                               KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_int_equal(judge("192.0.2.127", 2026, 15), VERDICT_ACCEPTED);
    assert_int_equal(judge("192.0.2.128", 2026, 15), VERDICT_KEY_ADDRESS);
    assert_int_equal(judge("[2001:db8::7]:123", 2026, 15), VERDICT_ACCEPTED);
    assert_int_equal(judge("[2001:db8::8]:123", 2026, 15), VERDICT_KEY_ADDRESS);
    assert_int_equal(judge("192.0.2.1", 2026, 9), VERDICT_KEY_LIFETIME);
    assert_int_equal(judge("192.0.2.1", 2026, 10), VERDICT_ACCEPTED);
    assert_int_equal(judge("192.0.2.1", 2026, 19), VERDICT_ACCEPTED);
    assert_int_equal(judge("192.0.2.1", 2026, 20), VERDICT_KEY_LIFETIME);
    assert_int_equal(read_text("1 SHA1 x for=::1,::2,::3,::4,::5,::6,::7,0.0.0.0/0", KEYS_FORMAT_CHRONY, true).fault, KEY_FAULT_NONE);
    assert_int_equal(judge("[::7]:123", 2026, 15), VERDICT_ACCEPTED);
    assert_int_equal(judge("[::8]:123", 2026, 15), VERDICT_KEY_ADDRESS);
    assert_int_equal(judge("198.51.100.7", 2026, 15), VERDICT_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(chrony_lines), cmocka_unit_test(keys_are_found_in_whatever_order_they_stand),
                                        cmocka_unit_test(what_an_editor_adds_is_no_fault),
        cmocka_unit_test(chrony_types), cmocka_unit_test(ntp_lines),
                                        cmocka_unit_test(CFG_bad_lines), cmocka_unit_test(aes_keys_have_one_length), cmocka_unit_test(limits),
                                        cmocka_unit_test(secrets_in_hexadecimal_have_an_end),
                                        cmocka_unit_test(addresses_and_lifetimes),
                                        cmocka_unit_test(an_algorithm_that_is_not_here_is_an_unknown_type) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
