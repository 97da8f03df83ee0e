/* Address text in both directions, and which addresses can be a server. */
#include <string.h>

#include "base/test.h"

#include "base/addr.h"
#include "base/err.h"

static void text_round_trips(void **state)
{
    static const struct { const char *in, *out; } rows[] = {
        { "192.0.2.1", "192.0.2.1:123" }, { "192.0.2.1:5", "192.0.2.1:5" }, { "2001:db8::1", "[2001:db8::1]:123" },
        { "[2001:db8::1]", "[2001:db8::1]:123" }, { "[fe80::1%3]:99", "[fe80::1%3]:99" }, { "*:7", "[::]:7" }, { "*", "[::]:123" },
    };
    struct net_addr a;
    char text[ADDR_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(addr_from_text(rows[i].in, 123, &a), 0);
        assert_string_equal(addr_to_text(&a, text), rows[i].out);
    }
}

static void bad_text_is_refused(void **state)
{
    static const struct { const char *in; int err; } rows[] = {
        { "", UE_SYNTAX }, { "localhost", UE_SYNTAX }, { "192.0.2.256", UE_SYNTAX }, { "192.0.2.1:", UE_SYNTAX }, { "192.0.2.1:0", UE_RANGE },
        { "192.0.2.1:65536", UE_RANGE }, { "192.0.2.1:99999999999999999999", UE_RANGE }, { "[::1", UE_SYNTAX }, { "[::1]x", UE_SYNTAX },
        { "::1%eth0", UE_SYNTAX }, { "1.2.3.4%1", UE_SYNTAX }, { "192.0.2.1:-1", UE_SYNTAX },
        { "1111111111111111111111111111111111111111111111111111111111111111111111111111", UE_SYNTAX },
    };
    struct net_addr a = { .port = 77 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(addr_from_text(rows[i].in, 123, &a), -rows[i].err);
    assert_int_equal(a.port, 77);
}

/* Up to the last byte there is room for, and not one more. */
static void the_longest_text(void **state)
{
    char text[ADDR_TEXT_MAX + 1];
    struct net_addr a;

    (void)state;
    for (size_t len = ADDR_TEXT_MAX - 2; len <= ADDR_TEXT_MAX; len++) {
        memset(text, '0', len);
        memcpy(text, "[::1%", 5);
        memcpy(text + len - 2, "7]", 3);
        assert_int_equal(addr_from_text(text, 123, &a), len < ADDR_TEXT_MAX ? 0 : -UE_SYNTAX);
        if (len < ADDR_TEXT_MAX)
            assert_int_equal(a.scope, 7);
    }
}

static void places_round_trip(void **state)
{
    static const struct { const char *in, *out; } rows[] = {
        { "192.0.2.1%eth0", "192.0.2.1%eth0:123" }, { "192.0.2.1%vrf-blue:5", "192.0.2.1%vrf-blue:5" }, { "[fe80::1%eth0.7]:99", "[fe80::1%eth0.7]:99" },
        { "fe80::1%e1", "[fe80::1%e1]:123" }, { "*%eth0:7", "[::%eth0]:7" }, { "[fe80::1%3]:99", "[fe80::1%3]:99" }, { "127.0.0.1:9", "127.0.0.1:9" },
        { "*%abcdefghijklmno", "[::%abcdefghijklmno]:123" },
    };
    static const char *const bad[] = { "*%abcdefghijklmnop", "192.0.2.1%e th", "192.0.2.1%a/b", "192.0.2.1%", "::1%eth0:123", "192.0.2.1%a%b", "%eth0",
                                       "192.0.2.1%7", "localhost%eth0",
                                       "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000%eth0" };
    char text[ADDR_AT_TEXT_MAX], interface[ADDR_INTERFACE_MAX] = "kept";
    struct net_addr a = { .port = 77 };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(addr_at_from_text(bad[i], 123, &a, interface), -UE_SYNTAX);
    assert_int_equal(a.port, 77);
    assert_string_equal(interface, "kept");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(addr_at_from_text(rows[i].in, 123, &a, interface), 0);
        assert_string_equal(addr_at_to_text(&a, interface, text), rows[i].out);
    }
    assert_int_equal(addr_at_from_text("[::1]:5", 123, &a, interface), 0);
    assert_string_equal(interface, "");
}

static void NTPC_25_addresses_that_cannot_be_a_server(void **state)
{
    static const char *const bad[] = { "0.0.0.0", "255.255.255.255", "224.0.1.1", "240.0.0.1", "::", "ff02::101", "::ffff:224.0.1.1", "0.255.0.1",
                                       "::ffff:0.0.0.1" };
    static const char *const good[] = { "127.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "fe80::1", "1.0.0.1", "223.255.255.255", "::ff:0:1",
                                        "::ff00:e000:1", "2001:db8::", "::ffff:192.0.2.1" };
    struct net_addr a;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(addr_from_text(bad[i], 123, &a), 0);
        assert_false(addr_is_usable_server(&a));
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(addr_from_text(good[i], 123, &a), 0);
        assert_true(addr_is_usable_server(&a));
    }
    assert_false(addr_is_usable_server(&(struct net_addr){ .family = ADDR_NONE, .bytes = { 192, 0, 2, 1 } }));
}

static void hosts_are_told_apart_by_all_they_have(void **state)
{
    const struct net_addr a = { .family = ADDR_IPV6, .scope = 2, .bytes = { 0xfe, 0x80, [15] = 1 } };
    struct net_addr b = a;

    (void)state;
    b.port = 9;
    assert_true(addr_same_host(&a, &b));
    assert_false(addr_equal(&a, &b));
    b.scope = 3;
    assert_false(addr_same_host(&a, &b));
    b = a;
    b.bytes[15] = 2;
    assert_false(addr_same_host(&a, &b));
    b = a;
    b.family = ADDR_IPV4;
    assert_false(addr_same_host(&a, &b));
}

static void loopback_and_private_are_told_apart(void **state)
{
    static const struct { const char *text; bool loopback, private; } rows[] = {
        { "127.3.2.1", true, false }, { "::1", true, false }, { "::ffff:127.0.0.1", true, false }, { "10.0.0.1", false, true }, { "172.31.0.1", false, true },
        { "172.32.0.1", false, false }, { "192.168.1.1", false, true }, { "fd00::1", false, true }, { "fe80::1", false, true }, { "2001:db8::1", false, false },
        { "192.167.0.1", false, false }, { "192.169.0.1", false, false }, { "191.168.0.1", false, false }, { "193.168.1.1", false, false },
        { "169.254.9.9", false, true },
        { "169.253.0.1", false, false }, { "168.254.0.1", false, false }, { "170.254.0.1", false, false }, { "172.16.0.0", false, true },
        { "172.15.0.1", false, false },
        { "171.16.0.1", false, false }, { "11.0.0.1", false, false }, { "9.0.0.1", false, false }, { "126.0.0.1", false, false }, { "128.0.0.1", false, false },
        { "::2", false, false }, { "::1:1", false, false }, { "::ffff:10.0.0.1", false, true }, { "fbff::1", false, false }, { "fc00::1", false, true },
        { "fe00::1", false, false }, { "fe40::1", false, false }, { "febf::1", false, true }, { "fec0::1", false, false }, { "ff80::1", false, false },
        { "::ff:127.0.0.1", false, false }, { "::ff00:127.0.0.1", false, false },
    };
    struct net_addr a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(addr_from_text(rows[i].text, 0, &a), 0);
        assert_int_equal(addr_is_loopback(&a), rows[i].loopback);
        assert_int_equal(addr_is_private(&a), rows[i].private);
    }
    a = (struct net_addr){ .family = ADDR_NONE, .bytes = { 127 } };
    assert_false(addr_is_loopback(&a) || addr_is_private(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(places_round_trip),
        cmocka_unit_test(NTPC_25_addresses_that_cannot_be_a_server),
        cmocka_unit_test(loopback_and_private_are_told_apart),
        cmocka_unit_test(hosts_are_told_apart_by_all_they_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
