/* Who is held back, for how long, and what the table remembers. */
#include "base/test.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/wire.h"
#include "guard/guard.h"

static const struct guard_key seed = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

/* Two answers a second, five at once, one kiss in 4 refusals. */
static const struct rate_limit_options strict = { .present = true, .rate = 2, .burst = 5, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 4 };

static struct guard *g;
static struct guard_maker maker;

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
    memset(&maker, 0, sizeof maker);
    guard_init(g, &maker, &o, log, &seed);
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

static enum verdict ask(struct net_addr from, int64_t at_ns) { return guard_check(g, &from, 0, 0, (struct mono_ns){ at_ns }); }

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

/* A flood is answered less the longer it goes on, but never not at all. */
static void a_flood_is_answered_ever_more_seldom(void **state)
{
    enum { A_PART = 16384, PARTS = 140 };
    struct rate_limit_options leaky = strict;
    int answered[PARTS];

    (void)state;
    leaky.kiss = 0;
    leaky.leak = 8;
    start(&leaky, false);
    answered_of(5, v4(9, 1), 0);
    for (int part = 0; part < PARTS; part++)
        answered[part] = answered_of(A_PART, v4(9, 1), 0);
    assert_in_range(answered[0], A_PART / 8 - 1, A_PART / 8 + 1);
    assert_in_range(answered[1], A_PART / 16 - 1, A_PART / 16 + 1);
    assert_in_range(answered[9], A_PART / 80 - 1, A_PART / 80 + 1);
    assert_in_range(answered[PARTS - 1], A_PART / 8 / 128 - 1, A_PART / 8 / 128 + 1);
    assert_int_equal(answered_of(5, v4(10, 1), 0), 5); /* another is served as ever */
}

/* -- floods -------------------------------------------------------------------------------------------------------- */

/* So many requests a second for a while. */
static unsigned flood(struct net_addr from, int64_t begin, int64_t per_second, int64_t n)
{
    unsigned answered = 0;

    for (int64_t i = 0; i < n; i++)
        answered += ask(from, begin + i * NS_PER_S / per_second) == VERDICT_ANSWERED;
    return answered;
}

static unsigned floods_at(int64_t at_ns, struct guard_client out[GUARD_FLOODS_MAX], struct mono_ns *until)
{
    return guard_floods(g, (struct mono_ns){ at_ns }, out, until);
}

static void a_flood_is_known_while_it_goes_on(void **state)
{
    struct guard_client client[GUARD_FLOODS_MAX];
    struct mono_ns until;

    (void)state;
    start(&strict, false);
    flood(v4(9, 1), NS_PER_S, 1000000, 80000);
    assert_int_equal(guard_floods_ever(g), 1);
    assert_int_equal(floods_at(NS_PER_S + 80 * NS_PER_MS, client, &until), 1);
    assert_memory_equal(client[0].net.bytes, ((uint8_t[]){ 0, 0, 0, 9 }), 4);
    assert_int_equal(client[0].bits, 32);
    assert_in_range(until.ns, NS_PER_S + 500 * NS_PER_MS, NS_PER_S + 600 * NS_PER_MS);
    assert_int_equal(floods_at(until.ns, client, &until), 0);
    assert_true(until.ns == MONO_NEVER.ns);
    flood(v4(9, 1), 3 * NS_PER_S, 1000000, 80000);
    assert_int_equal(guard_floods_ever(g), 2);
}

static void what_is_asked_slowly_is_no_flood(void **state)
{
    struct guard_client client[GUARD_FLOODS_MAX];
    struct rate_limit_options generous = strict;
    struct mono_ns until;

    (void)state;
    start(&strict, false);
    flood(v4(9, 1), NS_PER_S, 19000, 95000);
    assert_int_equal(floods_at(6 * NS_PER_S, client, &until), 0);
    generous.rate = 20000; /* fifty times that is asked: a sieve would hold back what the limit gives */
    start(&generous, false);
    flood(v4(9, 1), NS_PER_S, 1000000, 100000);
    assert_int_equal(floods_at(NS_PER_S + 100 * NS_PER_MS, client, &until), 0);
    assert_int_equal(guard_floods_ever(g), 0);
}

static void more_floods_than_are_kept(void **state)
{
    struct guard_client client[GUARD_FLOODS_MAX];
    struct mono_ns until;

    (void)state;
    start(&strict, false);
    for (uint32_t host = 1; host <= 20; host++)
        flood(v4(host, 1), NS_PER_S + host * NS_PER_MS, 10000000, 80000);
    assert_int_equal(guard_floods_ever(g), 20);
    assert_int_equal(floods_at(NS_PER_S + 30 * NS_PER_MS, client, &until), GUARD_FLOODS_MAX);
    for (unsigned i = 0; i < GUARD_FLOODS_MAX; i++)
        assert_in_range(client[i].net.bytes[3], 13, 20);
}

/* Behind a sieve one request in 32 is seen: what is answered, counted and blocked is what it would have been without. */
static void behind_the_sieve_one_counts_as_many(void **state)
{
    const int64_t n = 1024000, thinned = n / GUARD_SIEVE_ONE_IN;
    struct rate_limit_options leaky = strict;
    struct guard_client client[GUARD_FLOODS_MAX], seen, in_full;
    struct net_addr a = v4(9, 1), b = v4(10, 1);
    unsigned answered, answered_in_full;
    struct mono_ns until;

    (void)state;
    leaky.kiss = 0;
    leaky.leak = 8;
    start(&leaky, false);
    for (int i = 0; i < 2; i++)
        flood(i ? b : a, NS_PER_S, 1000000, 80000);
    assert_int_equal(floods_at(NS_PER_S + 80 * NS_PER_MS, client, &until), 2);
    guard_sieve(g, client, 1);
    assert_int_equal(client[0].net.bytes[3], 9);
    answered = flood(a, NS_PER_S + 80 * NS_PER_MS, 1000000 / GUARD_SIEVE_ONE_IN, thinned);
    answered_in_full = flood(b, NS_PER_S + 80 * NS_PER_MS, 1000000, n);
    assert_in_range(answered, answered_in_full * 8 / 10, answered_in_full * 12 / 10);
    assert_true(guard_client_at(g, &a, (struct mono_ns){ 6 * NS_PER_S }, &seen) && guard_client_at(g, &b, (struct mono_ns){ 6 * NS_PER_S }, &in_full));
    assert_int_equal(seen.requests, in_full.requests);
    assert_in_range(seen.refused, in_full.refused - 2000, in_full.refused + 2000);
    assert_true(seen.per_second > 0.99 * in_full.per_second && seen.per_second < 1.01 * in_full.per_second);
    assert_int_equal(floods_at(NS_PER_S + 1104 * NS_PER_MS, client, &until), 2); /* it is seen to go on */
    guard_sieve(g, client, 0);
    ask(a, 6 * NS_PER_S);
    guard_client_at(g, &a, (struct mono_ns){ 6 * NS_PER_S }, &seen);
    assert_int_equal(seen.requests, in_full.requests + 1);
}

/* -- blocks -------------------------------------------------------------------------------------------------------- */

/* Ten times the rate, on average over 16 s and a burst besides: 2 x 10 x 16 + 5. */
static const struct rate_limit_options hard = { .present = true, .rate = 2, .burst = 5, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 4, .block_above = 10,
                                                .block_window = { 16 * NS_PER_S }, .block_for = { 60 * NS_PER_S } };

static void block_begins_and_ends(void **state)
{
    uint32_t told = 0;
    struct guard_client blocked;

    (void)state;
    start(&hard, false);
    for (int i = 0; i < 325; i++)
        assert_int_not_equal(ask(v4(9, 1), 0), VERDICT_BLOCKED);
    assert_false(guard_next_block(g, &told, &blocked));
    assert_int_equal(ask(v4(9, 1), 0), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 1), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 60 * NS_PER_S - 1), VERDICT_BLOCKED);
    assert_int_equal(ask(v4(9, 1), 60 * NS_PER_S), VERDICT_RATE_LIMITED);
    assert_int_equal(ask(v4(9, 1), 70 * NS_PER_S), VERDICT_ANSWERED);
    assert_int_equal(ask(v4(8, 1), 1), VERDICT_ANSWERED);
    assert_true(guard_next_block(g, &told, &blocked));
    assert_memory_equal(blocked.net.bytes, ((uint8_t[]){ 0, 0, 0, 9 }), 4);
    assert_int_equal(blocked.last_s, 0);
    assert_true(blocked.per_second == 20);
    assert_false(guard_next_block(g, &told, &blocked));
}

/* Eight times the limit for a day is refused, not blocked; twelve times is blocked within the window, again and again. */
static void block_needs_the_rate_for_a_while(void **state)
{
    int64_t step = NS_PER_S / 16, first = 0;
    uint32_t told = 0;
    struct guard_client blocked;

    (void)state;
    start(&hard, false);
    for (int64_t t = 0; t < 86400 * NS_PER_S; t += 16 * NS_PER_S / 256)
        assert_int_not_equal(ask(v4(9, 1), t), VERDICT_BLOCKED);
    step = NS_PER_S / 24;
    for (int64_t t = 0; t < 300 * NS_PER_S; t += step)
        if (ask(v4(8, 1), t) == VERDICT_BLOCKED && !first)
            first = t;
    assert_in_range(first, 13 * NS_PER_S, 64 * NS_PER_S);
    while (guard_next_block(g, &told, &blocked))
        assert_true(blocked.blocked);
    assert_in_range(told, 3, 6);
}

/* More blocks than are kept: the newest are told, and none twice. */
static void blocks_are_told_as_far_as_kept(void **state)
{
    uint32_t told = 0;
    struct guard_client blocked;
    unsigned n = 0;

    (void)state;
    start(&hard, false);
    for (uint32_t host = 1; host <= 40; host++)
        answered_of(400, v4(host, 1), 0);
    while (guard_next_block(g, &told, &blocked))
        n++;
    assert_int_equal(n, GUARD_BLOCKS_KEPT);
    assert_int_equal(told, 40);
    assert_int_equal(blocked.net.bytes[3], 40);
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
    memset(&maker, 0, sizeof maker);
    o.access[0] = (struct access_options){ .nets = { 1, { { v4(0x0a000000, 0), 8 } } }, .action = ACCESS_DENY, .service = 3 };
    o.access[1] = (struct access_options){ .nets = { 2, { { v4(0x0b000000, 0), 8 }, { v4(0x0c000000, 0), 8 } } }, .action = ACCESS_KISS, .service = 1 };
    guard_init(g, &maker, &o, false, &seed);
    assert_int_equal(guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 10, 1 } }, 0, 0, (struct mono_ns){ 0 }), VERDICT_DENIED);
    assert_int_equal(guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 12, 1 } }, 0, 0, (struct mono_ns){ 0 }), VERDICT_ANSWERED);
    for (int i = 0; i < 160; i++) {
        enum verdict v = guard_check(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 12, 1 } }, 0, 1, (struct mono_ns){ 0 });

        assert_true(v == VERDICT_DENIED || v == VERDICT_DENY_KISS);
        kisses += v == VERDICT_DENY_KISS;
    }
    assert_int_equal(kisses, 10);
}

/* -- the table ------------------------------------------------------------------------------------------------------- */

static void NTP_25_ten_million_forged_sources(void **state)
{
    struct guard_client top[GUARD_FLOODS_MAX];
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
    assert_in_range(sizeof g->set / 100000, 1, 48);
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

/* What holds depends on the listener, and people are told by which network of which item. */
static void each_listener_has_its_list(void **state)
{
    const struct net_addr inside = v4(0x0a000001, 123), other_port = v4(0x0a000001, 1123), outside = v4(0xc0000201, 123);
    struct guard_options o = { .access_count = 3 };
    const struct net_addr from = v4(0xc6336401, 5), far = v4(0x01020304, 5);
    struct guard_reason r;

    (void)state;
    o.access[0] = (struct access_options){ .nets = { 2, { { v4(0, 0), 0 }, { v4(0xc6336400, 0), 24 } } }, .action = ACCESS_DENY, .service = 3 };
    o.access[1] = (struct access_options){ .nets = { 1, { { v4(0xc6336400, 0), 24 } } }, .action = ACCESS_ALLOW, .service = 3,
                                           .listeners = { 1, { inside }, { "" } } };
    o.access[1].listeners.item[0].port = 0;
    o.access[2] = (struct access_options){ .nets = { 1, { { v4(0, 0), 0 } } }, .action = ACCESS_AUTHENTICATE, .service = 0,
                                           .listeners = { 1, { outside }, { "eth1" } } };
    memset(g, 0, sizeof *g);
    memset(&maker, 0, sizeof maker);
    guard_init(g, &maker, &o, false, &seed);
    assert_int_equal(guard_list_at(g, &maker, &o, &outside, ""), 0);
    assert_int_equal(guard_list_at(g, &maker, &o, &inside, ""), 1);
    assert_int_equal(guard_list_at(g, &maker, &o, &other_port, ""), 1);
    assert_int_equal(guard_list_at(g, &maker, &o, &outside, "eth1"), 2);
    assert_int_equal(guard_list_at(g, &maker, &o, &outside, "eth0"), 0);
    assert_int_equal(guard_check(g, &from, 0, 0, (struct mono_ns){ 0 }), VERDICT_DENIED);
    assert_int_equal(guard_check(g, &from, 1, 0, (struct mono_ns){ 0 }), VERDICT_ANSWERED);
    assert_int_equal(guard_check(g, &far, 1, 0, (struct mono_ns){ 0 }), VERDICT_DENIED);
    assert_int_equal(guard_check(g, &far, 2, 0, (struct mono_ns){ 0 }), VERDICT_UNAUTHENTICATED);
    assert_int_equal(guard_check(g, &far, 2, 1, (struct mono_ns){ 0 }), VERDICT_DENIED);
    r = guard_explain(g, &o, &from, 0, 0);
    assert_true(r.matched && r.action == ACCESS_DENY && r.item == 0 && r.net == 1);
    r = guard_explain(g, &o, &from, 1, 0);
    assert_true(r.matched && r.action == ACCESS_ALLOW && r.item == 1 && r.net == 0);
    r = guard_explain(g, &o, &(struct net_addr){ .family = ADDR_IPV6, .bytes = { 0x20, 1 } }, 0, 0);
    assert_true(!r.matched && r.action == ACCESS_ALLOW);
}

static void more_lists_than_there_is_room_for(void **state)
{
    struct guard_options o = { .access_count = GUARD_LISTS_MAX + 1 };

    (void)state;
    for (uint8_t i = 0; i <= GUARD_LISTS_MAX; i++)
        o.access[i] = (struct access_options){ .nets = { 1, { { v4(0, 0), 0 } } }, .service = 3, .listeners = { 1, { v4(i + 1u, 123) }, { "" } } };
    memset(g, 0, sizeof *g);
    memset(&maker, 0, sizeof maker);
    guard_init(g, &maker, &o, false, &seed);
    for (uint32_t i = 1; i < GUARD_LISTS_MAX; i++)
        assert_int_equal(guard_list_at(g, &maker, &o, &o.access[i - 1].listeners.item[0], ""), (int)i);
    assert_int_equal(guard_list_at(g, &maker, &o, &o.access[GUARD_LISTS_MAX].listeners.item[0], ""), -UE_FULL);
}

/* While new lists are made the old ones hold; a listener that has not heard of the change goes by one of the old ones still. */
static void CFG_08_lists_change_while_they_are_asked(void **state)
{
    struct guard_options deny = { .access_count = 1 }, other = { .access_count = 1 }, none = { .access_count = 0 };
    struct net_addr from = v4(9, 123), elsewhere = v4(8, 123);
    int list;

    (void)state;
    deny.access[0] = (struct access_options){ .nets = { 1, { { v4(9, 0), 32 } } }, .action = ACCESS_DENY, .service = 3 };
    other.access[0] = (struct access_options){ .nets = { 1, { { v4(8, 0), 32 } } }, .action = ACCESS_DENY, .service = 3 };
    memset(g, 0, sizeof *g);
    memset(&maker, 0, sizeof maker);
    guard_init(g, &maker, &deny, false, &seed);
    for (int round = 0; round < 5; round++) {
        unsigned held = (unsigned)guard_list_at(g, &maker, &deny, NULL, "");

        assert_int_equal(guard_access(g, &from, held, 0), ACCESS_DENY);
        guard_change_begin(g, &maker, &other);
        list = guard_list_at(g, &maker, &other, NULL, "");
        assert_int_equal(guard_access(g, &from, held, 0), ACCESS_DENY);
        guard_change_end(g, &maker, &other, false);
        assert_int_equal(guard_access(g, &from, held, 0), ACCESS_DENY); /* not told yet */
        assert_int_equal(guard_access(g, &from, (unsigned)list, 0), ACCESS_ALLOW);
        assert_int_equal(guard_access(g, &elsewhere, (unsigned)list, 0), ACCESS_DENY);
        guard_change_begin(g, &maker, &deny);
        guard_change_abort(&maker);
        assert_int_equal(guard_access(g, &elsewhere, (unsigned)list, 0), ACCESS_DENY);
        guard_change_begin(g, &maker, &none);
        guard_change_end(g, &maker, &none, false);
        assert_int_equal(guard_access(g, &elsewhere, (unsigned)list, 0), ACCESS_ALLOW);
        guard_change_begin(g, &maker, &deny);
        guard_change_end(g, &maker, &deny, false);
    }
}

/* Code of an attacker in a worker writes what it likes to this memory: who looks at it neither divides by zero nor reads or writes beyond it. */
static void PROC_09_what_a_worker_wrote_is_looked_at_without_harm(void **state)
{
    struct guard_options deny = { .access_count = 1 };
    struct net_addr from = v4(9, 123);
    struct guard_client top[GUARD_FLOODS_MAX];
    struct mono_ns until;
    uint32_t clients;
    int list;

    (void)state;
    deny.access[0] = (struct access_options){ .nets = { 1, { { v4(9, 0), 32 } } }, .action = ACCESS_DENY, .service = 3 };
    memset(g, 0, sizeof *g);
    memset(&maker, 0, sizeof maker);
    guard_init(g, &maker, &deny, true, &seed);
    memset(g->access, 0xff, sizeof g->access);
    assert_false(guard_explain(g, &deny, &from, 0, 0).matched);
    memset((uint8_t *)g + sizeof g->counted, 0xff, sizeof *g - sizeof g->counted);
    guard_change_begin(g, &maker, &deny);
    list = guard_list_at(g, &maker, &deny, NULL, "");
    assert_in_range(list, 0, GUARD_LISTS_KEPT - 1);
    for (int zero = 0; zero < 2; zero++) {
        memset(&g->limit, 0, sizeof g->limit);
        g->limit.on = true;
        g->limit.window_s = zero ? 0 : UINT32_MAX;
        guard_top(g, (struct mono_ns){ NS_PER_S }, top, 4, &clients);
        guard_floods(g, (struct mono_ns){ -2 }, top, &until);
        guard_client_at(g, &from, (struct mono_ns){ NS_PER_S }, top);
        assert_true(guard_prefixes_ever(g) > 0);
    }
    guard_change_abort(&maker);
}

/* A steady rate is told as it is, whenever one looks, and fades when it ends. */
static void rate_of_a_talker(void **state)
{
    struct guard_client c;
    struct net_addr talker = v4(9, 1);
    int64_t t = 0;

    (void)state;
    start(&(struct rate_limit_options){ 0 }, true);
    assert_false(guard_client_at(g, &talker, (struct mono_ns){ 0 }, &c));
    for (; t < 300 * NS_PER_S; t += NS_PER_S / 50) {
        ask(talker, t);
        if (t > 200 * NS_PER_S && t % (3 * NS_PER_S) == 0) {
            assert_true(guard_client_at(g, &talker, (struct mono_ns){ t }, &c));
            assert_true(c.per_second > 48 && c.per_second < 52);
            assert_int_equal(c.last_s, t / NS_PER_S);
        }
    }
    assert_true(guard_client_at(g, &talker, (struct mono_ns){ t + 160 * NS_PER_S }, &c));
    assert_true(c.per_second < 0.1);
    assert_int_equal(c.requests, 15000);
    assert_false(guard_client_at(g, &(struct net_addr){ .family = ADDR_IPV4, .bytes = { 9 } }, (struct mono_ns){ t }, &c));
}

static void sketch_estimates_how_many_there_were(void **state)
{
    static const uint32_t counts[] = { 0, 1, 100, 5000, 100000, 1000000 };
    uint32_t asked = 0;

    (void)state;
    start(&(struct rate_limit_options){ 0 }, true);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (; asked < counts[i]; asked++) {
            ask(v4(0x0a000000 + asked, 1), 0);
            ask(v4(0x0a000000 + asked, 1), 0);
        }
        assert_true(guard_prefixes_ever(g) >= counts[i] * 0.94 && guard_prefixes_ever(g) <= counts[i] * 1.06);
    }
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
        cmocka_unit_test(a_flood_is_answered_ever_more_seldom),
        cmocka_unit_test(a_flood_is_known_while_it_goes_on),
        cmocka_unit_test(what_is_asked_slowly_is_no_flood),
        cmocka_unit_test(more_floods_than_are_kept),
        cmocka_unit_test(behind_the_sieve_one_counts_as_many),
        cmocka_unit_test(block_begins_and_ends),
        cmocka_unit_test(block_needs_the_rate_for_a_while),
        cmocka_unit_test(blocks_are_told_as_far_as_kept),
        cmocka_unit_test(crossed_stamps_are_no_block),
        cmocka_unit_test(access_list_comes_first),
        cmocka_unit_test(NTP_25_ten_million_forged_sources),
        cmocka_unit_test(log_of_100000_clients),
        cmocka_unit_test(top_talkers_in_order),
        cmocka_unit_test(each_listener_has_its_list),
        cmocka_unit_test(more_lists_than_there_is_room_for),
        cmocka_unit_test(CFG_08_lists_change_while_they_are_asked),
        cmocka_unit_test(PROC_09_what_a_worker_wrote_is_looked_at_without_harm),
        cmocka_unit_test(rate_of_a_talker),
        cmocka_unit_test(sketch_estimates_how_many_there_were),
    };

    return cmocka_run_group_tests(tests, take_memory, give_memory);
}
