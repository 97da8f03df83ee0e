/* The client's one inert rule: what is not a usable answer to the pending request changes nothing but one counter. */
#include "ntp/client_fixture.h"

/* Delivers, and holds the rule. */
static void assert_dropped(struct fixture *f, const struct ntp_client_input *in, enum verdict expected)
{
    struct ntp_client before = f->c;
    struct ntp_client_reply r;

    assert_int_equal(ntp_client_input(&f->c, in, f->now, &r), expected);
    assert_unchanged(&before, &f->c);
    before.stats.verdict[expected]++;
    assert_memory_equal(&before.stats, &f->c.stats, sizeof before.stats);
    assert_false(r.measured || r.stop);
}

static void assert_header_dropped(struct fixture *f, const struct ntp_header *h, enum verdict expected)
{
    uint8_t bytes[NTP_HEADER_SIZE];
    struct ntp_client_input in = input_of(f, bytes, sizeof bytes);

    ntp_header_write(h, bytes);
    assert_dropped(f, &in, expected);
}

/* A request is pending and its true answer stands ready. */
static struct ntp_header pending(struct fixture *f)
{
    struct ntp_header h;

    fixture_init(f, true);
    ask(f);
    h = answer_header(f, 0);
    f->now.ns += NS_PER_MS;
    return h;
}

static void assert_still_answerable(struct fixture *f, const struct ntp_header *h)
{
    struct ntp_client_reply r;

    assert_int_equal(deliver(f, h, &r), VERDICT_ACCEPTED);
    assert_true(r.measured);
}

static void NTPC_01_one_bit_of_the_origin(void **state)
{
    struct fixture f;
    struct ntp_header good = pending(&f);

    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        struct ntp_header h = good;

        h.origin.raw ^= UINT64_C(1) << bit;
        assert_header_dropped(&f, &h, VERDICT_BOGUS);
    }
    assert_still_answerable(&f, &good);
}

static void NTPC_02_zero_origin(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    h.origin.raw = 0;
    assert_header_dropped(&f, &h, VERDICT_BOGUS);
    fixture_init(&f, true); /* nor before anything was asked, nor after the answer came */
    h = answer_header(&f, 0);
    assert_int_equal(h.origin.raw, 0);
    assert_header_dropped(&f, &h, VERDICT_UNSOLICITED);
    ask(&f);
    answer(&f, 0);
    assert_header_dropped(&f, &h, VERDICT_UNSOLICITED);
}

static void fill_zero(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
}

static void an_unlucky_random_origin_is_not_zero(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, true);
    f.rng = (struct rng){ fill_zero, NULL };
    ask(&f);
    assert_int_not_equal(f.c.origin.raw, 0);
}

static void NTPC_03_the_answer_twice(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    assert_still_answerable(&f, &h);
    assert_header_dropped(&f, &h, VERDICT_DUPLICATE);
    assert_int_equal(f.c.stats.verdict[VERDICT_ACCEPTED], 1);
    ask(&f);
    f.exchange--; /* it comes once more, to the socket of its own exchange */
    assert_header_dropped(&f, &h, VERDICT_DUPLICATE);
}

static void NTPC_04_an_answer_after_the_next_request(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    ask(&f);
    assert_header_dropped(&f, &h, VERDICT_BOGUS); /* were it the same socket */
    f.exchange--;
    assert_header_dropped(&f, &h, VERDICT_UNSOLICITED);
}

static void an_answer_after_the_timeout(void **state)
{
    struct fixture f;
    struct ntp_header h;

    (void)state;
    fixture_asked(&f, false);
    h = answer_header(&f, 0);
    f.now = ntp_client_next(&f.c);
    assert_false(ntp_client_run(&f.c, f.now, &f.rng, 9, f.packet));
    assert_header_dropped(&f, &h, VERDICT_UNSOLICITED);
}

static void NTPC_05_wrong_port_or_address(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);
    uint8_t bytes[NTP_HEADER_SIZE];
    struct ntp_client_input in = input_of(&f, bytes, sizeof bytes);

    (void)state;
    ntp_header_write(&h, bytes);
    in.from.port = 124;
    assert_dropped(&f, &in, VERDICT_WRONG_PEER);
    in.from = f.peer;
    in.from.bytes[3] ^= 1;
    assert_dropped(&f, &in, VERDICT_WRONG_PEER);
    in.from = f.peer;
    in.from.family = ADDR_IPV6;
    assert_dropped(&f, &in, VERDICT_WRONG_PEER);
    assert_still_answerable(&f, &h);
}

static void NTPC_06_zero_receive_or_transmit(void **state)
{
    struct fixture f;
    struct ntp_header good = pending(&f), h = good;

    (void)state;
    h.receive.raw = 0;
    assert_header_dropped(&f, &h, VERDICT_ZERO_TIME);
    h = good;
    h.transmit.raw = 0;
    assert_header_dropped(&f, &h, VERDICT_ZERO_TIME);
    assert_still_answerable(&f, &good);
}

static void NTPC_08_kiss_with_the_wrong_origin(void **state)
{
    static const uint32_t code[] = { NTP_REFID('R', 'A', 'T', 'E'), NTP_REFID('D', 'E', 'N', 'Y'), NTP_REFID('R', 'S', 'T', 'R') };
    struct fixture f;
    struct ntp_header good = pending(&f), h = good;

    (void)state;
    h.stratum = 0;
    h.leap = LEAP_UNKNOWN;
    h.origin.raw ^= 1;
    for (int i = 0; i < 3; i++) {
        h.refid = code[i];
        assert_header_dropped(&f, &h, VERDICT_BOGUS);
    }
    assert_still_answerable(&f, &good);
}

static void NTPC_10_unknown_or_misplaced_kiss_code(void **state)
{
    struct fixture f;
    struct ntp_header good = pending(&f), h = good;

    (void)state;
    h.stratum = 0;
    h.leap = LEAP_UNKNOWN;
    h.refid = NTP_REFID('X', 'F', 'O', 'O');
    assert_header_dropped(&f, &h, VERDICT_KISS_UNKNOWN);
    h.refid = NTP_REFID('A', 'U', 'T', 'H');
    assert_header_dropped(&f, &h, VERDICT_KISS_UNKNOWN);
    h = good;
    h.refid = NTP_REFID('R', 'A', 'T', 'E');
    for (uint8_t stratum = 1; stratum < 16; stratum++) {
        h.stratum = stratum;
        assert_header_dropped(&f, &h, VERDICT_KISS_UNKNOWN);
    }
    h.refid = NTP_REFID('S', 'T', 'E', 'P');
    assert_header_dropped(&f, &h, VERDICT_KISS_UNKNOWN);
    assert_still_answerable(&f, &good);
}

static void NTPC_11_a_server_that_is_not_synchronised(void **state)
{
    static const struct { uint8_t leap, stratum; uint32_t refid; enum verdict verdict; } row[] = {
        { LEAP_NONE, 16, 0, VERDICT_STRATUM },
        { LEAP_NONE, 17, 0, VERDICT_STRATUM },
        { LEAP_NONE, 255, 0, VERDICT_STRATUM },
        { LEAP_UNKNOWN, 1, NTP_REFID('G', 'P', 'S', 0), VERDICT_SERVER_UNSYNCHRONISED },
        { LEAP_UNKNOWN, 16, NTP_REFID('I', 'N', 'I', 'T'), VERDICT_SERVER_UNSYNCHRONISED },
        { LEAP_NONE, 0, 0, VERDICT_SERVER_UNSYNCHRONISED },
        { LEAP_UNKNOWN, 0, NTP_REFID('I', 'N', 'I', 'T'), VERDICT_SERVER_UNSYNCHRONISED },
        { LEAP_UNKNOWN, 0, NTP_REFID('S', 'T', 'E', 'P'), VERDICT_SERVER_UNSYNCHRONISED },
    };
    struct fixture f;
    struct ntp_header good = pending(&f);

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ntp_header h = good;

        h.leap = row[i].leap;
        h.stratum = row[i].stratum;
        h.refid = row[i].refid;
        assert_header_dropped(&f, &h, row[i].verdict);
    }
    assert_still_answerable(&f, &good);
}

static void NTPC_12_root_distance(void **state)
{
    static const struct { uint32_t delay, dispersion; int8_t precision; enum verdict verdict; } row[] = {
        { 0x80000000, 0, -25, VERDICT_ROOT_DISTANCE },
        { 0, 0xffffffff, -25, VERDICT_ROOT_DISTANCE },
        { 0xffffffff, 0xffffffff, -25, VERDICT_ROOT_DISTANCE },
        { 0x10000, 0x10000, -25, VERDICT_ROOT_DISTANCE }, /* 0.5 s + 1 s, and the precisions on top */
        { 0, 0, 1, VERDICT_ROOT_DISTANCE },               /* a clock that ticks every 2 s */
        { 0, 0, 127, VERDICT_ROOT_DISTANCE },
        { 0x10000, 0xfff0, -25, VERDICT_ACCEPTED },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ntp_header h = pending(&f);

        h.root_delay.raw = row[i].delay;
        h.root_dispersion.raw = row[i].dispersion;
        h.precision_log2 = row[i].precision;
        if (row[i].verdict == VERDICT_ACCEPTED)
            assert_still_answerable(&f, &h);
        else
            assert_header_dropped(&f, &h, row[i].verdict);
    }
}

static void NTPC_13_time_that_runs_back(void **state)
{
    struct fixture f;
    struct ntp_header good = pending(&f), h = good;
    struct mono_ns now = f.now;

    (void)state;
    h.transmit.raw = good.receive.raw - (1u << 31); /* t3 before t2 by half a second */
    assert_header_dropped(&f, &h, VERDICT_BACKWARDS);
    h.transmit.raw = good.receive.raw + (UINT64_C(1) << 32); /* the server held it longer than it was away */
    assert_header_dropped(&f, &h, VERDICT_BACKWARDS);
    f.now.ns = f.c.sent_at.ns - 1; /* t4 before t1 */
    assert_header_dropped(&f, &good, VERDICT_BACKWARDS);
    h = good;
    h.precision_log2 = -6; /* no precision excuses that */
    assert_header_dropped(&f, &h, VERDICT_BACKWARDS);
    f.now = now;
    assert_still_answerable(&f, &good);
}

/* A server whose clock ticks coarsely may seem to hold the request longer than the round trip took. */
static void a_round_trip_negative_within_the_precisions_counts_as_zero(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);
    struct ntp_client_reply r;

    (void)state;
    f.now.ns = f.c.sent_at.ns + 50 * NS_PER_US; /* t3 - t2 is 100 us */
    assert_header_dropped(&f, &h, VERDICT_BACKWARDS);
    h.precision_log2 = -14; /* 61 us */
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_int_equal(r.m.delay.ns, 0);
    assert_in_range(r.m.dispersion.ns, (61 + 50) * NS_PER_US, (61 + 51) * NS_PER_US);
}

static void NTPC_14_round_trips_above_the_limit(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);
    struct mono_ns now = f.now;

    (void)state;
    f.now.ns = f.c.sent_at.ns + 16101 * NS_PER_MS;
    assert_header_dropped(&f, &h, VERDICT_DELAY);
    f.now = now;
    assert_still_answerable(&f, &h);
}

static void NTPC_15_timing_loop(void **state)
{
    static const uint32_t own[] = { NTP_REFID(192, 0, 2, 77), 0x1badcafe }; /* an IPv4 address; the hash of an IPv6 one */
    struct fixture f;
    struct ntp_header h = pending(&f);
    uint8_t bytes[NTP_HEADER_SIZE];
    struct ntp_client_input in = input_of(&f, bytes, sizeof bytes);
    struct ntp_client_reply r;

    (void)state;
    in.own = own;
    in.own_count = 2;
    for (int i = 0; i < 2; i++) {
        h.refid = own[i];
        ntp_header_write(&h, bytes);
        assert_dropped(&f, &in, VERDICT_LOOP);
    }
    h.refid = NTP_REFID(192, 0, 2, 78); /* nobody of us */
    ntp_header_write(&h, bytes);
    assert_int_equal(ntp_client_input(&f.c, &in, f.now, &r), VERDICT_ACCEPTED);
    h = pending(&f);
    in = input_of(&f, bytes, sizeof bytes);
    in.own = own;
    in.own_count = 2;
    h.refid = own[1];
    h.stratum = 1; /* there the refid names a clock */
    ntp_header_write(&h, bytes);
    assert_int_equal(ntp_client_input(&f.c, &in, f.now, &r), VERDICT_ACCEPTED);
}

static void NTPC_23_crypto_nak(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);
    uint8_t bytes[NTP_HEADER_SIZE + 20] = { 0 };
    struct ntp_client_input in = input_of(&f, bytes, NTP_HEADER_SIZE + 4);

    (void)state;
    ntp_header_write(&h, bytes);
    assert_dropped(&f, &in, VERDICT_CRYPTO_NAK);
    in.bytes.len = NTP_HEADER_SIZE + 20;
    assert_dropped(&f, &in, VERDICT_MAC);
    assert_still_answerable(&f, &h);
}

static void other_modes_and_versions_are_no_answer(void **state)
{
    struct fixture f;
    struct ntp_header good = pending(&f);

    (void)state;
    for (uint8_t mode = 0; mode < 8; mode++) {
        struct ntp_header h = good;

        h.mode = mode;
        if (mode != NTP_MODE_SERVER)
            assert_header_dropped(&f, &h, VERDICT_MODE);
    }
    for (uint8_t version = 0; version < 8; version++) {
        struct ntp_header h = good;

        h.version = version;
        if (version != 4)
            assert_header_dropped(&f, &h, VERDICT_VERSION);
    }
    assert_still_answerable(&f, &good);
}

/* Random damage to true answers. Either it is accepted, or heeded as a kiss, or nothing but one counter changed. */
static void any_damage_is_inert(void **state)
{
    struct prng p;
    uint64_t dropped = 0, accepted = 0;

    (void)state;
    prng_seed(&p, 42);
    for (int i = 0; i < 200000; i++) {
        struct fixture f;
        struct ntp_header h = pending(&f);
        uint8_t bytes[NTP_HEADER_SIZE + 64] = { 0 };
        struct ntp_client_input in = input_of(&f, bytes, NTP_HEADER_SIZE);
        struct ntp_client before = f.c;
        struct ntp_client_reply r;
        enum verdict v;

        ntp_header_write(&h, bytes);
        for (uint64_t n = 1 + prng_u64(&p) % 4; n > 0; n--)
            bytes[prng_u64(&p) % NTP_HEADER_SIZE] ^= (uint8_t)(1u << prng_u64(&p) % 8);
        if (prng_u64(&p) % 4 == 0)
            in.bytes.len = (size_t)(prng_u64(&p) % sizeof bytes);
        v = ntp_client_input(&f.c, &in, f.now, &r);
        assert_int_equal(f.c.stats.verdict[v], before.stats.verdict[v] + 1);
        if (v == VERDICT_ACCEPTED || v == VERDICT_KISS) {
            accepted++;
            assert_int_equal(r.measured, v == VERDICT_ACCEPTED);
            continue;
        }
        dropped++;
        assert_unchanged(&before, &f.c);
        before.stats.verdict[v]++;
        assert_memory_equal(&before.stats, &f.c.stats, sizeof before.stats);
    }
    assert_true(dropped > 100000);
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(NTPC_01_one_bit_of_the_origin),
        cmocka_unit_test(NTPC_02_zero_origin),
        cmocka_unit_test(an_unlucky_random_origin_is_not_zero),
        cmocka_unit_test(NTPC_03_the_answer_twice),
        cmocka_unit_test(NTPC_04_an_answer_after_the_next_request),
        cmocka_unit_test(an_answer_after_the_timeout),
        cmocka_unit_test(NTPC_05_wrong_port_or_address),
        cmocka_unit_test(NTPC_06_zero_receive_or_transmit),
        cmocka_unit_test(NTPC_08_kiss_with_the_wrong_origin),
        cmocka_unit_test(NTPC_10_unknown_or_misplaced_kiss_code),
        cmocka_unit_test(NTPC_11_a_server_that_is_not_synchronised),
        cmocka_unit_test(NTPC_12_root_distance),
        cmocka_unit_test(NTPC_13_time_that_runs_back),
        cmocka_unit_test(a_round_trip_negative_within_the_precisions_counts_as_zero),
        cmocka_unit_test(NTPC_14_round_trips_above_the_limit),
        cmocka_unit_test(NTPC_15_timing_loop),
        cmocka_unit_test(NTPC_23_crypto_nak),
        cmocka_unit_test(other_modes_and_versions_are_no_answer),
        cmocka_unit_test(any_damage_is_inert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
