/* Who is held back, for how long, and what the table remembers. */
#include "base/test.h"

#include <stdlib.h>

#include "base/wire.h"
#include "guard/guard.h"

static const struct guard_key seed = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

/* Two answers a second, five at once, one kiss in 4 refusals. */
static const struct rate_limit_options strict = { .present = true, .rate = 2, .burst = 5, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 4 };

static struct guard *g;

static int take_memory(void **state)
{
    (void)state;
    g = aligned_alloc(64, (sizeof *g + 63) / 64 * 64);
    return g ? 0 : -1;
}

static int give_memory(void **state)
{
    (void)state;
    free(g);
    return 0;
}

static void start(const struct rate_limit_options *limit, bool log)
{
    struct guard_options o = { .rate_limit = *limit };

    memset(g, 0, sizeof *g);
    guard_init(g, &o, log, &seed);
}

static struct net_addr v4(uint32_t host, uint16_t port)
{
    struct net_addr a = { .family = ADDR_IPV4, .port = port };

    wire_put32(a.bytes, host);
    return a;
}

static struct net_addr v6(uint64_t net, uint64_t host)
{
    struct net_addr a = { .family = ADDR_IPV6, .port = 40000 };

    wire_put64(a.bytes, net);
    wire_put64(a.bytes + 8, host);
    return a;
}

static enum verdict ask(struct net_addr from, int64_t at_ns) { return guard_check(g, &from, 0, (struct mono_ns){ at_ns }); }

/* How many of n requests at one instant are answered. */
static int answered_of(int n, struct net_addr from, int64_t at_ns)
{
    int answered = 0;

    while (n-- > 0)
        answered += ask(from, at_ns) == VERDICT_ANSWERED;
    return answered;
}

static void nothing_configured_answers_all(void **state)
{
    (void)state;
    start(&(struct rate_limit_options){ 0 }, false);
    assert_int_equal(answered_of(1000, v4(1, 1), 0), 1000);
    assert_false(guard_is_needed(&(struct guard_options){ 0 }, false));
    assert_true(guard_is_needed(&(struct guard_options){ 0 }, true));
    assert_true(guard_is_needed(&(struct guard_options){ .access_count = 1 }, false));
    assert_true(guard_is_needed(&(struct guard_options){ .rate_limit = strict }, false));
}

static void burst_then_rate(void **state)
{
    (void)state;
    start(&strict, false);
    assert_int_equal(answered_of(20, v4(9, 1), NS_PER_S), 5);
    assert_int_equal(answered_of(20, v4(9, 1), NS_PER_S + NS_PER_S / 2 - 1), 0);
    assert_int_equal(answered_of(20, v4(9, 1), NS_PER_S + NS_PER_S / 2), 1);
    assert_int_equal(answered_of(20, v4(9, 1), 2 * NS_PER_S), 1);
    assert_int_equal(answered_of(20, v4(9, 1), 100 * NS_PER_S), 5);
    assert_int_equal(answered_of(20, v4(10, 1), 100 * NS_PER_S), 5);
}

/* A client that keeps the rate is never refused, whatever its neighbours do. */
static void steady_client_beside_a_flood(void **state)
{
    (void)state;
    start(&strict, false);
    for (int i = 0; i < 1000; i++) {
        int64_t now = i * NS_PER_S / 2;

        assert_int_equal(ask(v4(9, 1), now), VERDICT_ANSWERED);
        answered_of(10, v4(8, 1), now);
    }
}

static void NTP_26_source_ports_share_one_bucket(void **state)
{
    int answered = 0;

    (void)state;
    start(&strict, false);
    for (uint16_t port = 1; port < 65535; port++)
        answered += ask(v4(9, port), 0) == VERDICT_ANSWERED;
    assert_int_equal(answered, 5);
}

static void prefixes_share_one_bucket(void **state)
{
    struct rate_limit_options wide = strict;

    (void)state;
    start(&strict, false);
    assert_int_equal(answered_of(3, v6(0x20010db800000001, 1), 0) + answered_of(9, v6(0x20010db800000001, UINT64_MAX), 0), 5);
    assert_int_equal(answered_of(9, v6(0x20010db800000002, 1), 0), 5);
    assert_int_equal(answered_of(9, v6(0, 1), 0), 5);
    wide.ipv4_prefix = 24;
    wide.ipv6_prefix = 48;
    start(&wide, false);
    assert_int_equal(answered_of(3, v4(0xc0000201, 1), 0) + answered_of(9, v4(0xc00002ff, 1), 0), 5);
    assert_int_equal(answered_of(9, v4(0xc0000300, 1), 0), 5);
    assert_int_equal(answered_of(3, v6(0x20010db800000001, 1), 0) + answered_of(9, v6(0x20010db80000ffff, 1), 0), 5);
    assert_int_equal(answered_of(9, v6(0x20010db800010000, 1), 0), 5);
}

static void mapped_source_shares_the_ipv4_bucket(void **state)
{
    (void)state;
    start(&strict, false);
    assert_int_equal(answered_of(3, v4(0xc0000201, 1), 0) + answered_of(9, v6(0, 0xffffc0000201), 0), 5);
}

static void NTP_27_one_kiss_in_n(void **state)
{
    int kisses = 0, silent = 0;

    (void)state;
    start(&strict, false);
    for (int i = 0; i < 405; i++) {
        enum verdict v = ask(v4(9, 1), 0);

        kisses += v == VERDICT_RATE_KISS;
        silent += v == VERDICT_RATE_LIMITED;
    }
    assert_int_equal(kisses, 100);
    assert_int_equal(silent, 300);
}

static void no_kiss_when_switched_off(void **state)
{
    struct rate_limit_options mute = strict;

    (void)state;
    mute.kiss = 0;
    start(&mute, false);
    answered_of(5, v4(9, 1), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ask(v4(9, 1), 0), VERDICT_RATE_LIMITED);
}

/* A victim whose address is forged still gets a part of its answers. */
static void leak_answers_some(void **state)
{
    struct rate_limit_options leaky = strict;

    (void)state;
    leaky.kiss = 0;
    leaky.leak = 8;
    start(&leaky, false);
    answered_of(5, v4(9, 1), 0);
    assert_int_equal(answered_of(800, v4(9, 1), 0), 100);
}

static void block_begins_and_ends(void **state)
{
    struct rate_limit_options hard = strict;

    (void)state;
    hard.block_after = 10;
    hard.block_for.ns = 60 * NS_PER_S;
    start(&hard, false);
    answered_of(5, v4(9, 1), 0);
    for (int i = 0; i < 9; i++)
        assert_int_not_equal(ask(v4(9, 1), 0), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 0), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 1), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 60 * NS_PER_S - 1), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 60 * NS_PER_S), VERDICT_RATE_LIMITED);
    assert_int_equal(ask(v4(9, 1), 70 * NS_PER_S), VERDICT_ANSWERED);
    assert_int_equal(ask(v4(8, 1), 1), VERDICT_ANSWERED);
}

/* Nine refusals, a rest, nine refusals: not in a row. */
static void a_rest_forgives(void **state)
{
    struct rate_limit_options hard = strict;

    (void)state;
    hard.block_after = 10;
    hard.block_for.ns = 60 * NS_PER_S;
    start(&hard, false);
    for (int64_t i = 0; i < 10; i++)
        for (int k = 0; k < 14; k++)
            assert_int_not_equal(ask(v4(9, 1), i * 10 * NS_PER_S), VERDICT_BLOCKED);
}

/* Stamps of two workers cross: the later asker has the earlier time. */
static void crossed_stamps_are_no_block(void **state)
{
    (void)state;
    start(&strict, false);
    assert_int_equal(answered_of(5, v4(9, 1), NS_PER_S), 5);
    assert_int_equal(ask(v4(9, 1), NS_PER_S - NS_PER_S / 4), VERDICT_RATE_LIMITED);
}

static void access_list_comes_first(void **state)
{
    struct guard_options o = { .rate_limit = strict, .access_count = 2 };
    int kisses = 0;

    (void)state;
    memset(g, 0, sizeof *g);
    o.access[0] = (struct access_options){ .nets = { 1, { { v4(0x0a000000, 0), 8 } } }, .action = ACCESS_DENY, .service = 3 };
    o.access[1] = (struct access_options){ .nets = { 2, { { v4(0x0b000000, 0), 8 }, { v4(0x0c000000, 0), 8 } } }, .action = ACCESS_KISS, .service = 1 };
    guard_init(g, &o, false, &seed);
    assert_int_equal(guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 10, 1 } }, 0, (struct mono_ns){ 0 }), VERDICT_DENIED);
    assert_int_equal(guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 12, 1 } }, 0, (struct mono_ns){ 0 }), VERDICT_ANSWERED);
    for (int i = 0; i < 160; i++) {
        enum verdict v = guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 12, 1 } }, 1, (struct mono_ns){ 0 });

        assert_true(v == VERDICT_DENIED || v == VERDICT_DENY_KISS);
        kisses += v == VERDICT_DENY_KISS;
    }
    assert_int_equal(kisses, 10);
}

/* -- the table ------------------------------------------------------------------------------------------------------- */

static void NTP_25_ten_million_forged_sources(void **state)
{
    struct guard_client top[4];
    uint32_t clients;
    int talker = 0;

    (void)state;
    assert_true(sizeof g->set <= 48 * 100000);
    start(&strict, false);
    answered_of(100, v4(0x0a000001, 1), 0);
    for (uint32_t i = 0; i < 10000000; i++) {
        struct net_addr from = i % 2 ? v4(0x14000000 + i, 1) : v6(UINT64_C(0x2001) << 48 | i, i);

        ask(from, i * 100);
        if (i % 10000 == 0) /* one that never stops is not forgotten in the crowd */
            talker += ask(v4(0x0a000001, 1), i * 100) == VERDICT_ANSWERED;
    }
    assert_in_range(talker, 1, 3);
    assert_int_equal(guard_top(g, (struct mono_ns){ NS_PER_S }, top, 4, &clients), 4);
    assert_int_equal(clients, GUARD_CLIENTS_MAX);
    assert_int_equal(top[0].net.bytes[0], 10);
    assert_int_equal(top[0].requests, 1100);
}

/* What one address costs: the log keeps nearly all of 100 000, within 48 bytes each. */
static void log_of_100000_clients(void **state)
{
    struct guard_client top[2];
    uint32_t clients;

    (void)state;
    start(&(struct rate_limit_options){ 0 }, true);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(ask(v4(0x7f010000 + i, 1), i), VERDICT_ANSWERED);
    ask(v4(0x7f010005, 1), 100000);
    assert_int_equal(guard_top(g, (struct mono_ns){ 100000 }, top, 2, &clients), 2);
    assert_in_range(clients, 94000, 100000);
    assert_in_range(sizeof g->set / 100000, 1, 32);
    assert_int_equal(top[0].requests, 2);
    assert_int_equal(top[1].requests, 1);
}

static void top_talkers_in_order(void **state)
{
    struct guard_client top[3];
    uint32_t clients;

    (void)state;
    start(&strict, false);
    for (uint32_t i = 1; i <= 9; i++)
        answered_of((int)i * 3, v4(0xc0000200 + i, 1), 0);
    answered_of(26, v6(0x20010db800000001, 1), 0);
    assert_int_equal(guard_top(g, (struct mono_ns){ 0 }, top, 3, &clients), 3);
    assert_int_equal(clients, 10);
    assert_int_equal(top[0].requests, 27);
    assert_int_equal(top[0].refused, 22);
    assert_int_equal(top[0].bits, 32);
    assert_memory_equal(top[0].net.bytes, ((uint8_t[]){ 192, 0, 2, 9 }), 4);
    assert_int_equal(top[1].requests, 26);
    assert_int_equal(top[1].net.family, ADDR_IPV6);
    assert_int_equal(top[1].bits, 64);
    assert_memory_equal(top[1].net.bytes, ((uint8_t[16]){ 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1 }), 16);
    assert_int_equal(top[2].requests, 24);
    assert_false(top[0].blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_configured_answers_all),
        cmocka_unit_test(burst_then_rate),
        cmocka_unit_test(steady_client_beside_a_flood),
        cmocka_unit_test(NTP_26_source_ports_share_one_bucket),
        cmocka_unit_test(prefixes_share_one_bucket),
        cmocka_unit_test(mapped_source_shares_the_ipv4_bucket),
        cmocka_unit_test(NTP_27_one_kiss_in_n),
        cmocka_unit_test(no_kiss_when_switched_off),
        cmocka_unit_test(leak_answers_some),
        cmocka_unit_test(block_begins_and_ends),
        cmocka_unit_test(a_rest_forgives),
        cmocka_unit_test(crossed_stamps_are_no_block),
        cmocka_unit_test(access_list_comes_first),
        cmocka_unit_test(NTP_25_ten_million_forged_sources),
        cmocka_unit_test(log_of_100000_clients),
        cmocka_unit_test(top_talkers_in_order),
    };

    return cmocka_run_group_tests(tests, take_memory, give_memory);
}
