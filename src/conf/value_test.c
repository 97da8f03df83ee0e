/* Types: text to field and back. */
#include "base/test.h"

#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "conf/name.h"
#include "conf/nearest.h"
#include "conf/value.h"

struct text { char s[512]; size_t len; };

static void to_text(void *user, const char *bytes, size_t len)
{
    struct text *t = user;

    assert_true(t->len + len < sizeof t->s);
    memcpy(t->s + t->len, bytes, len);
    t->len += len;
    t->s[t->len] = '\0';
}

static const char *written(const struct conf_row *row, const void *field, struct text *t)
{
    const struct conf_out out = { to_text, t };

    t->len = 0;
    conf_value_write(row, field, 0, &out);
    return t->s;
}

/* {parser, text, outcome, value} */
struct number_case { int (*parse)(const char *, struct conf_number *); const char *text; int err; int64_t i; double d; };

static const struct number_case numbers[] = {
    { conf_int_parse, "0", 0, 0, 0 },
    { conf_int_parse, "-4", 0, -4, 0 },
    { conf_int_parse, "9223372036854775807", 0, INT64_MAX, 0 },
    { conf_int_parse, "9223372036854775808", -UE_RANGE, 0, 0 },
    { conf_int_parse, "99999999999999999999", -UE_RANGE, 0, 0 },
    { conf_int_parse, "0x10", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "010", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "1.0", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "+1", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "-", -UE_SYNTAX, 0, 0 },
    { conf_int_parse, "1 ", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "64s", 0, 64 * NS_PER_S, 0 },
    { conf_duration_parse, "10ms", 0, 10 * NS_PER_MS, 0 },
    { conf_duration_parse, "1h30m", 0, 5400 * NS_PER_S, 0 },
    { conf_duration_parse, "1d2h3m4s5ms6us7ns", 0, 93784 * NS_PER_S + 5006007, 0 },
    { conf_duration_parse, "1.5us", 0, 1500, 0 },
    { conf_duration_parse, "0.000000001s", 0, 1, 0 },
    { conf_duration_parse, "0.5ns", -UE_RANGE, 0, 0 },
    { conf_duration_parse, "18446744073709551615d", -UE_RANGE, 0, 0 },
    { conf_duration_parse, "106752d", -UE_RANGE, 0, 0 },
    { conf_duration_parse, "106751d24h", -UE_RANGE, 0, 0 },
    { conf_duration_parse, "106751d23h", 0, (INT64_C(106751) * 24 + 23) * 3600 * NS_PER_S, 0 },
    { conf_ppm_parse, "1.ppm", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "30m1h", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "1s1s", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "5 m", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "5", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "1.s", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "-1s", 0, -NS_PER_S, 0 },
    { conf_duration_parse, "-1m30s", 0, -90 * NS_PER_S, 0 },
    { conf_duration_parse, "-", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "1m-30s", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "s", -UE_SYNTAX, 0, 0 },
    { conf_duration_parse, "", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "1ppm", 0, 0, 1 },
    { conf_ppm_parse, "0.5 ppm", 0, 0, 0.5 },
    { conf_ppm_parse, "20ppb", 0, 0, 0.02 },
    { conf_ppm_parse, "0.1ppm", 0, 0, 0.1 },
    { conf_ppm_parse, "1e400", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "NaN", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "inf", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "-1ppm", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "1.2.3ppm", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "1", -UE_SYNTAX, 0, 0 },
    { conf_ppm_parse, "1234567890123456ppm", -UE_RANGE, 0, 0 },
    { conf_size_parse, "512", 0, 512, 0 },
    { conf_size_parse, "64KiB", 0, 65536, 0 },
    { conf_size_parse, "1MB", 0, 1000000, 0 },
    { conf_size_parse, "KiB", -UE_SYNTAX, 0, 0 },
    { conf_size_parse, "18446744073709551616", -UE_RANGE, 0, 0 },
    { conf_size_parse, "18446744073709551620", -UE_RANGE, 0, 0 },
    { conf_size_parse, "64 KiB", -UE_SYNTAX, 0, 0 },
    { conf_size_parse, "9223372036854775807KiB", -UE_RANGE, 0, 0 },
    { conf_size_parse, "18446744073709551615", -UE_RANGE, 0, 0 },
};

static void numbers_parse_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number_case *c = &numbers[i];
        struct conf_number n = { -77, -77 };
        int err = c->parse(c->text, &n);

        if (err != c->err || (err == 0 && (n.i != c->i || n.d < c->d || n.d > c->d)) || (err && n.i != -77))
            fail_msg("\"%s\": %d, %lld, %.17g", c->text, err, (long long)n.i, n.d);
    }
}

/* Property: what is formatted parses back, for numbers of every size. */
static void formatted_numbers_parse_back(void **state)
{
    static const struct { int (*parse)(const char *, struct conf_number *); void (*format)(struct conf_number, char *); } kind[] = {
        { conf_int_parse, conf_int_format }, { conf_duration_parse, conf_duration_format }, { conf_size_parse, conf_size_format }
    };
    struct prng rng;

    (void)state;
    prng_seed(&rng, 868);
    for (unsigned n = 0; n < 30000; n++) {
        struct conf_number in = { .i = (int64_t)(prng_u64(&rng) >> (1 + n / 3 % 63)) }, back;
        char text[CONF_NUMBER_TEXT_MAX];

        kind[n % 3].format(in, text);
        assert_int_equal(kind[n % 3].parse(text, &back), 0);
        assert_true(back.i == in.i);
        in = (struct conf_number){ .d = (double)(in.i % 100000000) / 1000 };
        conf_ppm_format(in, text);
        assert_int_equal(conf_ppm_parse(text, &back), 0);
        assert_true(back.d >= in.d && back.d <= in.d);
    }
}

/* A thousandth of a ppm has three digits more than we write. */
static void ppm_is_written_to_14_decimals(void **state)
{
    char text[CONF_NUMBER_TEXT_MAX];
    struct conf_number n;

    (void)state;
    assert_int_equal(conf_ppm_parse("1.00000000000001ppb", &n), 0);
    conf_ppm_format(n, text);
    assert_string_equal(text, "0.00100000000000ppm");
    assert_int_equal(conf_ppm_parse("99.9999999999999ppm", &n), 0);
    conf_ppm_format(n, text);
    assert_string_equal(text, "99.9999999999999ppm");
}

static void limits_hold_at_their_edges(void **state)
{
    const struct conf_row row = { CONF_DURATION, "d", 0, "1s", "10ms", "2s", RELOAD_LIVE, "" };
    struct dur_ns d = { 7 };

    (void)state;
    assert_int_equal(conf_value_read(&row, 0, "9999999ns", &d), -UE_RANGE);
    assert_int_equal(conf_value_read(&row, 0, "2000000001ns", &d), -UE_RANGE);
    assert_int_equal(d.ns, 7);
    assert_int_equal(conf_value_read(&row, 0, "10ms", &d), 0);
    assert_int_equal(conf_value_read(&row, 0, "2s", &d), 0);
    assert_int_equal(d.ns, 2 * NS_PER_S);
    conf_value_default(&row, &d);
    assert_int_equal(d.ns, NS_PER_S);
}

static void ppm_limits_hold(void **state)
{
    const struct conf_row row = { CONF_PPM, "p", 0, "", "0.5ppm", "1ppm", RELOAD_LIVE, "" };
    double d = 7;

    (void)state;
    assert_int_equal(conf_value_read(&row, 0, "499.9ppb", &d), -UE_RANGE);
    assert_int_equal(conf_value_read(&row, 0, "1.0001ppm", &d), -UE_RANGE);
    assert_int_equal(conf_value_read(&row, 0, "500ppb", &d), 0);
}

static void enum_is_the_index(void **state)
{
    const struct conf_row row = { CONF_ENUM, "e", 0, "", "text|json|x", "", RELOAD_LIVE, "" };
    struct text t;
    uint8_t e = 9;
    char expected[CONF_EXPECTED_MAX];

    (void)state;
    assert_int_equal(conf_value_read(&row, 0, "json", &e), 0);
    assert_int_equal(e, 1);
    assert_string_equal(written(&row, &e, &t), "json");
    assert_int_equal(conf_value_read(&row, 0, "JSON", &e), -UE_SYNTAX);
    assert_int_equal(conf_value_read(&row, 0, "text|json", &e), -UE_SYNTAX);
    assert_int_equal(conf_value_read(&row, 0, "", &e), -UE_SYNTAX);
    assert_string_equal(conf_expected(&row, expected), "one of text, json, x");
}

/* Bare, they would be truth values to some. */
static void switch_words_are_quoted(void **state)
{
    static const char *const out[] = { "\"on\"", "\"off\"", "one" };
    const struct conf_row row = { CONF_ENUM, "e", 0, "", "on|off|one", "", RELOAD_LIVE, "" };
    struct text t;

    (void)state;
    for (uint8_t e = 0; e < 3; e++)
        assert_string_equal(written(&row, &e, &t), out[e]);
}

static void what_is_expected_is_said_with_its_limits(void **state)
{
#define CHOICE "thirty-one-characters-of-choice"
    static const struct { struct conf_row row; const char *words; } rows[] = {
        { { CONF_INT, "n", 0, "", "1", "9", RELOAD_LIVE, "" }, "a whole number, from 1 to 9" },
        { { CONF_INT, "n", 0, "", "1", "", RELOAD_LIVE, "" }, "a whole number" },
        { { CONF_INT, "n", 0, "", "", "9", RELOAD_LIVE, "" }, "a whole number" },
        { { CONF_TEXT, "t", 0, "", "", "15", RELOAD_LIVE, "" }, "text of 1 to 15 bytes" },
        { { CONF_TEXTS, "t", 0, "", "", "15", RELOAD_LIVE, "" }, "text of 1 to 15 bytes" },
        { { CONF_TEXT, "t", 0, "", "", "", RELOAD_LIVE, "" }, "text" },
        { { CONF_BOOL, "b", 0, "", "", "", RELOAD_LIVE, "" }, "true or false" },
    };
    static const char many[] = CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE "|" CHOICE;
    const struct conf_row row = { CONF_ENUM, "e", 0, "", many, "", RELOAD_LIVE, "" };
    char expected[CONF_EXPECTED_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(conf_expected(&rows[i].row, expected), rows[i].words);
    assert_int_equal(strlen(conf_expected(&row, expected)), CONF_EXPECTED_MAX - 1); /* as many as there is room for */
#undef CHOICE
}

/* {type, text, outcome, written} */
static const struct { enum conf_type type; const char *text; int err; const char *out; } items[] = {
    { CONF_BOOL, "true", 0, "true" },
    { CONF_BOOL, "yes", -UE_SYNTAX, NULL },
    { CONF_TEXT, "a \"b\"\\", 0, "\"a \\\"b\\\"\\\\\"" },
    { CONF_TEXT, "", -UE_SYNTAX, NULL },
    { CONF_TEXT, "a\nb", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xc3\xa4\xe2\x82\xac", 0, "\"\xc3\xa4\xe2\x82\xac\"" },
    { CONF_TEXT, "\xc2\x85", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xe2\x80\xa9", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xef\xbf\xbe", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xef\xbf\xbf", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xef\xbf\xbd", 0, "\"\xef\xbf\xbd\"" },
    { CONF_TEXT, "\xef\xbb\xbf", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xef\xbb\xbe", 0, "\"\xef\xbb\xbe\"" },
    { CONF_TEXT, "\xef\xbc\xbf", 0, "\"\xef\xbc\xbf\"" },
    { CONF_TEXT, "\xe2\x80\xa8", -UE_SYNTAX, NULL },
    { CONF_TEXT, "\xe2\x80\xa6", 0, "\"\xe2\x80\xa6\"" },
    { CONF_TEXT, "\xc2\xa0", 0, "\"\xc2\xa0\"" },
    { CONF_TEXT, "\x7f", -UE_SYNTAX, NULL },
    { CONF_PATH, "/x/drift", 0, "\"/x/drift\"" },
    { CONF_PATH, "x/drift", -UE_SYNTAX, NULL },
    { CONF_HOST, "ntp-1.example.org.", 0, "\"ntp-1.example.org.\"" },
    { CONF_HOST, "2001:db8::1", 0, "\"2001:db8::1\"" },
    { CONF_HOST, "fe80::1%eth0", 0, "\"fe80::1%eth0\"" },
    { CONF_HOST, "fe80::1%3", 0, "\"fe80::1%3\"" },
    { CONF_HOST, "fe80::1%", -UE_SYNTAX, NULL },
    { CONF_HOST, "fe80::1%a/b", -UE_SYNTAX, NULL },
    { CONF_HOST, "fe80::1%sixteen-letters0", -UE_SYNTAX, NULL },
    { CONF_HOST, "[fe80::1%eth0]", -UE_SYNTAX, NULL },
    { CONF_HOST, "fe80::1%eth0:123", -UE_SYNTAX, NULL },
    { CONF_HOST, "2001:db8::1%eth0", -UE_SYNTAX, NULL },
    { CONF_HOST, "192.0.2.1%eth0", -UE_SYNTAX, NULL },
    { CONF_HOST, "ntp.example.org%eth0", -UE_SYNTAX, NULL },
    { CONF_HOST, "300.1.1.1", -UE_SYNTAX, NULL },
    { CONF_HOST, "192.0.2.1:123", -UE_SYNTAX, NULL },
    { CONF_HOST, "[2001:db8::1]", -UE_SYNTAX, NULL },
    { CONF_HOST, "224.0.1.1", -UE_SYNTAX, NULL },
    { CONF_HOST, "0.0.0.0", -UE_SYNTAX, NULL },
    { CONF_HOST, "-a.example", -UE_SYNTAX, NULL },
    { CONF_HOST, "a-.example", -UE_SYNTAX, NULL },
    { CONF_HOST, "a..b", -UE_SYNTAX, NULL },
    { CONF_HOST, "a b", -UE_SYNTAX, NULL },
    { CONF_TEXTS, "eth0", 0, "\"eth0\"" },
    { CONF_TEXTS, "", -UE_SYNTAX, NULL },
    { CONF_LISTEN, "127.0.0.1", 0, "\"127.0.0.1:123\"" },
    { CONF_LISTEN, "[::1]:65535", 0, "\"[::1]:65535\"" },
    { CONF_LISTEN, "*:37", 0, "\"[::]:37\"" },
    { CONF_LISTEN, "127.0.0.1:0", -UE_RANGE, NULL },
    { CONF_LISTEN, "127.0.0.1:65536", -UE_RANGE, NULL },
    { CONF_LISTEN, "localhost:123", -UE_SYNTAX, NULL },
    { CONF_NETS, "192.0.2.0/24", 0, "\"192.0.2.0/24\"" },
    { CONF_NETS, "192.0.2.1", 0, "\"192.0.2.1/32\"" },
    { CONF_NETS, "2001:db8::/32", 0, "\"2001:db8::/32\"" },
    { CONF_NETS, "0.0.0.0/0", 0, "\"0.0.0.0/0\"" },
    { CONF_NETS, "192.0.2.1/24", -UE_RANGE, NULL },
    { CONF_NETS, "192.0.2.0/33", -UE_RANGE, NULL },
    { CONF_NETS, "2001:db8::/129", -UE_RANGE, NULL },
    { CONF_NETS, "192.0.2.0/", -UE_SYNTAX, NULL },
    { CONF_NETS, "192.0.2/24", -UE_SYNTAX, NULL },
    { CONF_NETS, "192.0.2.0/-1", -UE_RANGE, NULL },
    { CONF_NETS, "192.0.2.0:1/24", -UE_SYNTAX, NULL },
    { CONF_NETS, "*/0", -UE_SYNTAX, NULL },
    { CONF_NETS, "[::1]/128", -UE_SYNTAX, NULL },
    { CONF_NETS, "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000001", -UE_SYNTAX, NULL },
};

static void items_read_and_write(void **state)
{
    static union { bool b; struct option_text text; struct option_texts texts; struct option_addrs addrs; struct option_nets nets; } field;
    struct text t;

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        const struct conf_row row = { items[i].type, "k", 0, "", "", "", RELOAD_LIVE, "" };
        int err;

        conf_value_default(&row, &field);
        err = conf_value_read(&row, 123, items[i].text, &field);
        if (err != items[i].err || (err == 0 && strcmp(written(&row, &field, &t), items[i].out) != 0))
            fail_msg("\"%s\": %d, %s", items[i].text, err, err ? "" : t.s);
        assert_int_equal(conf_list_count(&row, &field), conf_kind(row.type)->list && err == 0);
    }
}

static void text_lengths_are_limited(void **state)
{
    const struct conf_row interface = { CONF_TEXT, "k", 0, "", "", "15", RELOAD_LIVE, "" }, host = { CONF_HOST, "k", 0, "", "", "", RELOAD_LIVE, "" };
    struct option_text t;
    char name[300];

    (void)state;
    assert_int_equal(conf_value_read(&interface, 0, "123456789012345", &t), 0);
    assert_int_equal(conf_value_read(&interface, 0, "1234567890123456", &t), -UE_RANGE);
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    name[253] = '\0';
    assert_int_equal(conf_value_read(&host, 0, name, &t), 0);
    name[253] = 'a';
    name[254] = '\0'; /* CFG-06 */
    assert_int_equal(conf_value_read(&host, 0, name, &t), -UE_RANGE);
    memset(name, 'a', 64);
    name[64] = '\0';
    assert_int_equal(conf_value_read(&host, 0, name, &t), -UE_SYNTAX);
}

static void lists_are_bounded(void **state)
{
    static const enum conf_type types[] = { CONF_LISTEN, CONF_TEXTS, CONF_NETS };
    static union { struct option_texts texts; struct option_addrs addrs; struct option_nets nets; } list;

    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        const struct conf_row row = { types[t], "k", 0, "", "", "", RELOAD_LIVE, "" };

        conf_value_default(&row, &list);
        for (int i = 0; i < OPTION_LIST_MAX; i++)
            assert_int_equal(conf_value_read(&row, 123, "::1", &list), 0);
        assert_int_equal(conf_value_read(&row, 123, "::1", &list), -UE_FULL);
        assert_int_equal(conf_list_count(&row, &list), OPTION_LIST_MAX);
    }
}

/* Of two limits one may be open. */
static void one_limit_is_enough(void **state)
{
    const struct conf_row least = { CONF_INT, "n", 0, "5", "5", "", RELOAD_LIVE, "" }, most = { CONF_INT, "n", 0, "5", "", "5", RELOAD_LIVE, "" };
    int64_t n = 7;

    (void)state;
    assert_int_equal(conf_value_read(&least, 0, "4", &n), -UE_RANGE);
    assert_int_equal(conf_value_read(&least, 0, "6", &n), 0);
    assert_int_equal(conf_value_read(&most, 0, "6", &n), -UE_RANGE);
    assert_int_equal(conf_value_read(&most, 0, "4", &n), 0);
    assert_int_equal(n, 4);
}

static void no_name_is_no_host(void **state)
{
    (void)state;
    assert_int_equal(conf_host_check(""), -UE_SYNTAX);
}

static void the_network_around_an_address_is_named(void **state)
{
    char out[CONF_NET_MAX];

    (void)state;
    assert_true(conf_net_around("192.0.2.1/24", out));
    assert_string_equal(out, "192.0.2.0/24");
    assert_false(conf_net_around("192.0.2.0/24", out)); /* it is one */
    assert_false(conf_net_around("192.0.2.0/33", out));
}

static void a_duration_before_zero_has_a_sign(void **state)
{
    char out[CONF_NUMBER_TEXT_MAX];

    (void)state;
    conf_duration_format((struct conf_number){ .i = -1500 * NS_PER_MS }, out);
    assert_string_equal(out, "-1s500ms");
}

static void nearest_names_are_found(void **state)
{
    struct conf_nearest n = conf_nearest_start("max_drft");
    char endless[400] = "";

    (void)state;
    assert_int_equal(conf_edit_distance("listen", "listen"), 0);
    assert_int_equal(conf_edit_distance("lsiten", "listen"), 1);
    assert_int_equal(conf_edit_distance("", "abc"), 3);
    assert_int_equal(conf_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(conf_edit_distance("Mode", "mode"), 0);
    conf_nearest_offer(&n, "max_drift_silent");
    conf_nearest_offer(&n, "max_drift");
    conf_nearest_offer(&n, "max_slew");
    assert_string_equal(n.best, "max_drift");
    n = conf_nearest_start("trusted_cert");
    conf_nearest_offer(&n, "certificate");
    conf_nearest_offer(&n, "trusted_certificates");
    assert_string_equal(n.best, "trusted_certificates");
    n = conf_nearest_start("a-word-that-is-longer-than-any-key-could-ever-reasonably-be-named-by-anybody-at-all");
    conf_nearest_offer(&n, "a-word-that-is-longer-than-any-key-could-ever-reasonably-be-named-by-anybody-at-al");
    assert_null(n.best);
    memset(endless, 'x', sizeof endless - 1);
    n = conf_nearest_start(endless);
    conf_nearest_offer(&n, "mode");
    assert_null(n.best);
    n = conf_nearest_start("zzzzzz");
    conf_nearest_offer(&n, "mode");
    assert_null(n.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_parse_exactly), cmocka_unit_test(formatted_numbers_parse_back), cmocka_unit_test(limits_hold_at_their_edges),
        cmocka_unit_test(ppm_limits_hold), cmocka_unit_test(ppm_is_written_to_14_decimals), cmocka_unit_test(enum_is_the_index),
        cmocka_unit_test(items_read_and_write),
        cmocka_unit_test(text_lengths_are_limited), cmocka_unit_test(lists_are_bounded), cmocka_unit_test(one_limit_is_enough),
        cmocka_unit_test(nearest_names_are_found), cmocka_unit_test(no_name_is_no_host), cmocka_unit_test(the_network_around_an_address_is_named),
        cmocka_unit_test(a_duration_before_zero_has_a_sign), cmocka_unit_test(switch_words_are_quoted),
        cmocka_unit_test(what_is_expected_is_said_with_its_limits),
    };
    return cmocka_run_group_tests_name("conf value", tests, NULL, NULL);
}
