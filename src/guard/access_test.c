/* The list against a naive reading of its rules, and the cases people meet. */
#include "base/test.h"

#include "base/rng.h"
#include "base/wire.h"
#include "guard/access.h"

#define ALL 0xf

static struct access_list list;

static struct access_rule rule(const char *net, uint8_t bits, enum access_action action, uint8_t services)
{
    struct access_rule r = { .bits = bits, .action = (uint8_t)action, .services = services };

    assert_int_equal(addr_from_text(net, 0, &r.net), 0);
    return r;
}

static enum access_action at(const char *address, unsigned service)
{
    struct net_addr a;

    assert_int_equal(addr_from_text(address, 123, &a), 0);
    return access_lookup(&list, &a, service);
}

/* What the list says of addresses, for service 0. */
struct expected { const char *address; enum access_action action; };

static void assert_actions(const struct access_rule *r, unsigned rules, const struct expected *e, size_t n)
{
    access_build(&list, r, rules);
    for (size_t i = 0; i < n; i++)
        if (at(e[i].address, 0) != e[i].action)
            fail_msg("%s: %d", e[i].address, (int)at(e[i].address, 0));
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void empty_list_allows(void **state)
{
    (void)state;
    access_build(&list, NULL, 0);
    assert_int_equal(at("192.0.2.1", 0), ACCESS_ALLOW);
    assert_int_equal(at("2001:db8::1", 0), ACCESS_ALLOW);
}

static void longest_prefix_wins_in_any_order(void **state)
{
    struct access_rule r[] = { rule("192.0.2.128", 25, ACCESS_ALLOW, ALL), rule("0.0.0.0", 0, ACCESS_DENY, ALL), rule("192.0.2.200", 32, ACCESS_KISS, ALL),
                               rule("192.0.2.0", 24, ACCESS_AUTHENTICATE, ALL) };
    static const struct expected e[] = {
        { "192.0.1.255", ACCESS_DENY },
        { "192.0.2.0", ACCESS_AUTHENTICATE },
        { "192.0.2.127", ACCESS_AUTHENTICATE },
        { "192.0.2.128", ACCESS_ALLOW },
        { "192.0.2.200", ACCESS_KISS },
        { "192.0.2.201", ACCESS_ALLOW },
        { "192.0.2.255", ACCESS_ALLOW },
        { "192.0.3.0", ACCESS_DENY },
        { "255.255.255.255", ACCESS_DENY },
        { "2001:db8::1", ACCESS_ALLOW },
    };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct access_rule first = r[0];

        memmove(r, r + 1, sizeof r - sizeof r[0]);
        r[3] = first;
        assert_actions(r, 4, e, COUNT(e));
    }
}

static void services_are_apart(void **state)
{
    const struct access_rule r[] = { rule("10.0.0.0", 8, ACCESS_DENY, 1 << 1), rule("10.0.0.0", 8, ACCESS_KISS, ALL),
                                     rule("10.9.0.0", 16, ACCESS_ALLOW, 1 << 0) };

    (void)state;
    access_build(&list, r, 3);
    assert_int_equal(at("10.1.0.1", 0), ACCESS_KISS);
    assert_int_equal(at("10.1.0.1", 1), ACCESS_DENY);
    assert_int_equal(at("10.1.0.1", 2), ACCESS_KISS);
    assert_int_equal(at("10.9.0.1", 0), ACCESS_ALLOW);
    assert_int_equal(at("10.9.0.1", 1), ACCESS_DENY);
}

static void later_rule_of_the_same_prefix_wins(void **state)
{
    const struct access_rule r[] = { rule("10.0.0.0", 8, ACCESS_DENY, ALL), rule("10.0.0.0", 8, ACCESS_ALLOW, ALL) };

    (void)state;
    access_build(&list, r, 2);
    assert_int_equal(at("10.0.0.1", 0), ACCESS_ALLOW);
}

static void ipv6_up_to_its_edges(void **state)
{
    const struct access_rule r[] = { rule("::", 0, ACCESS_DENY, ALL), rule("2001:db8::", 32, ACCESS_ALLOW, ALL),
                                     rule("2001:db8:0:0:8000::", 65, ACCESS_KISS, ALL),
                                     rule("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, ACCESS_KISS, ALL) };
    static const struct expected e[] = {
        { "::1", ACCESS_DENY },
        { "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", ACCESS_DENY },
        { "2001:db8::7fff:ffff:ffff:ffff", ACCESS_ALLOW },
        { "2001:db8::8000:0:0:0", ACCESS_KISS },
        { "2001:db8:0:1::", ACCESS_ALLOW },
        { "2001:db9::", ACCESS_DENY },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ACCESS_KISS },
        { "192.0.2.1", ACCESS_ALLOW },
    };

    (void)state;
    assert_actions(r, 4, e, COUNT(e));
}

static void mapped_addresses_are_ipv4(void **state)
{
    const struct access_rule r[] = { rule("192.0.2.0", 24, ACCESS_DENY, ALL), rule("::ffff:198.51.100.0", 120, ACCESS_KISS, ALL) };
    static const struct expected e[] = {
        { "::ffff:192.0.2.9", ACCESS_DENY },
        { "198.51.100.9", ACCESS_KISS },
        { "198.51.101.9", ACCESS_ALLOW },
    };

    (void)state;
    assert_actions(r, 2, e, COUNT(e));
}

/* -- against the rules read one by one, bit by bit ------------------------------------------------------------------- */

static bool bit_by_bit(const struct access_rule *r, const struct net_addr *a)
{
    if (r->net.family != a->family)
        return false;
    for (unsigned i = 0; i < r->bits; i++)
        if ((r->net.bytes[i / 8] ^ a->bytes[i / 8]) >> (7 - i % 8) & 1)
            return false;
    return true;
}

static enum access_action naive(const struct access_rule *r, unsigned n, const struct net_addr *a)
{
    enum access_action found = ACCESS_ALLOW;
    int longest = -1;

    for (unsigned i = 0; i < n; i++)
        if (bit_by_bit(&r[i], a) && r[i].bits >= longest) {
            longest = r[i].bits;
            found = (enum access_action)r[i].action;
        }
    return found;
}

/* Few distinct bytes, so that prefixes nest and addresses hit them. */
static struct net_addr random_address(struct prng *p)
{
    static const uint8_t byte[] = { 0x20, 0x21, 0x80, 0xff };
    struct net_addr a = { .family = prng_u64(p) % 2 ? ADDR_IPV6 : ADDR_IPV4 };

    for (unsigned i = 0; i < (a.family == ADDR_IPV4 ? 4 : 16); i++)
        a.bytes[i] = byte[prng_u64(p) % sizeof byte];
    return a;
}

static struct access_rule random_rule(struct prng *p)
{
    struct access_rule r = { .net = random_address(p), .services = ALL, .action = (uint8_t)(prng_u64(p) % 4) };
    unsigned width = r.net.family == ADDR_IPV4 ? 32 : 128;

    r.bits = (uint8_t)(prng_u64(p) % (width + 1));
    for (unsigned i = r.bits; i < width; i++)
        r.net.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
    return r;
}

/* An address next to the edge of a rule: where off-by-one lives. */
static struct net_addr near_edge(struct prng *p, const struct access_rule *r)
{
    struct net_addr a = r->net;
    unsigned width = a.family == ADDR_IPV4 ? 32 : 128;
    bool up = prng_u64(p) % 2;

    for (unsigned i = r->bits; up && i < width; i++)
        a.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
    for (unsigned i = width / 8; prng_u64(p) % 2 && i-- > 0;) {
        a.bytes[i] = (uint8_t)(a.bytes[i] + (up ? 1 : 0xff));
        if (a.bytes[i] != (up ? 0 : 0xff))
            break;
    }
    return a;
}

/* Judged as IPv4, by mapped_addresses_are_ipv4. */
static bool is_mapped(const struct net_addr *a) { return a->family == ADDR_IPV6 && memcmp(a->bytes, (uint8_t[12]){ [10] = 0xff, [11] = 0xff }, 12) == 0; }

static void equals_the_naive_reading(void **state)
{
    struct prng p;
    struct access_rule r[64];

    (void)state;
    prng_seed(&p, 4);
    for (int round = 0; round < 200; round++) {
        unsigned n = (unsigned)(prng_u64(&p) % 64) + 1;

        for (unsigned i = 0; i < n; i++)
            r[i] = random_rule(&p);
        access_build(&list, r, n);
        for (int i = 0; i < 500; i++) {
            struct net_addr a = i % 2 ? random_address(&p) : near_edge(&p, &r[prng_u64(&p) % n]);

            if (!is_mapped(&a) && access_lookup(&list, &a, 0) != naive(r, n, &a))
                fail_msg("round %d: %d instead of %d for %s", round, access_lookup(&list, &a, 0), naive(r, n, &a),
                         addr_to_text(&a, (char[ADDR_TEXT_MAX]){ 0 }));
        }
    }
}

static void a_full_list_fits(void **state)
{
    static struct access_rule r[ACCESS_RULES_MAX];
    struct net_addr a = { .family = ADDR_IPV4 };

    (void)state;
    for (unsigned i = 0; i < ACCESS_RULES_MAX; i++) { /* no two next to each other: every rule has two edges of its own */
        r[i] = (struct access_rule){ .net = { .family = ADDR_IPV4 }, .bits = 32, .action = ACCESS_DENY, .services = ALL };
        wire_put32(r[i].net.bytes, 2 * i + 1);
    }
    access_build(&list, r, ACCESS_RULES_MAX);
    assert_int_equal(list.family[0].count, ACCESS_RANGES_MAX);
    assert_true(ACCESS_RANGES_MAX < 1 << ACCESS_STEPS_MAX);
    for (uint32_t i = 0; i < 2 * ACCESS_RULES_MAX; i++) {
        wire_put32(a.bytes, i);
        assert_int_equal(access_lookup(&list, &a, 0), i % 2 ? ACCESS_DENY : ACCESS_ALLOW);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_list_allows),
        cmocka_unit_test(longest_prefix_wins_in_any_order),
        cmocka_unit_test(services_are_apart),
        cmocka_unit_test(later_rule_of_the_same_prefix_wins),
        cmocka_unit_test(ipv6_up_to_its_edges),
        cmocka_unit_test(mapped_addresses_are_ipv4),
        cmocka_unit_test(equals_the_naive_reading),
        cmocka_unit_test(a_full_list_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
