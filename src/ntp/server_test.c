/* The fields of an answer. Who is answered at all is tested at the door, in serve/serve_test.c. */
#include "base/test.h"

#include "base/rng.h"
#include "ntp/server.h"

static const struct net_addr client = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };

static struct clock_view view_of(enum clock_status status, struct utc_ns utc)
{
    bool usable = status == CLOCK_SYNCHRONISED || status == CLOCK_HOLDOVER || status == CLOCK_LOCAL;

    return (struct clock_view){
        .utc = utc, .status = status, .leap = usable ? LEAP_INSERT : LEAP_UNKNOWN, .stratum = usable ? 3 : 0, .precision_log2 = -24,
        .refid = NTP_REFID(198, 51, 100, 1), .root_delay = { 15259 }, .root_dispersion = { 1 }, .reference_time = { utc.ns - 5 * NS_PER_S },
    };
}

static const struct utc_ns noon = { INT64_C(1795435200) * NS_PER_S };

/* The answer to a single request, by the parts that a batch takes one by one. */
static enum verdict answer(const struct ntp_options *options, const struct clock_view *view, const struct ntp_server_request *request, uint8_t *out,
                           size_t *out_len)
{
    struct ntp_prepared prepared;
    struct ntp_seal seal;
    enum verdict v = ntp_server_authenticate(NULL, request, view->utc, &seal);

    *out_len = 0;
    if (v != VERDICT_ANSWERED)
        return v;
    ntp_server_prepare(view, &prepared);
    return ntp_server_reply(options, &prepared, request, out, out_len);
}

static enum verdict ask(const struct clock_view *view, struct ntp_header request, uint16_t port, struct ntp_header *reply)
{
    struct ntp_options options = { .symmetric_reply = true };
    struct net_addr from = client;
    struct ntp_tail tail;
    uint8_t bytes[NTP_HEADER_SIZE], out[NTP_HEADER_SIZE];
    size_t len;
    enum verdict v;

    from.port = port;
    ntp_header_write(&request, bytes);
    v = answer(&options, view, &(struct ntp_server_request){ { bytes, sizeof bytes }, &from, { view->utc.ns - 20000 } }, out, &len);
    assert_int_equal(len, v == VERDICT_ANSWERED ? NTP_HEADER_SIZE : 0);
    if (v == VERDICT_ANSWERED)
        assert_int_equal(ntp_packet_parse((struct span){ out, len }, reply, &tail), VERDICT_ACCEPTED);
    return v;
}

/* Of a request that claims a key nobody knows nothing is answered. */
static void a_key_that_is_not_there(void **state)
{
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);
    uint8_t bytes[NTP_HEADER_SIZE + 20] = { 4 << 3 | NTP_MODE_CLIENT }, out[NTP_HEADER_SIZE];
    size_t len = 7;

    (void)state;
    bytes[NTP_HEADER_SIZE + 3] = 9;
    assert_int_equal(answer(&(struct ntp_options){ 0 }, &view, &(struct ntp_server_request){ { bytes, sizeof bytes }, &client, noon }, out, &len),
                     VERDICT_KEY_UNKNOWN);
    assert_int_equal(len, 0);
}

/* A clock that only slews may be years off: its root dispersion does not fit into an answer. */
static void an_error_that_cannot_be_told_is_no_time(void **state)
{
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);
    struct ntp_header r, q = { .version = 4, .mode = NTP_MODE_CLIENT, .transmit = { 1 } };

    (void)state;
    view.root_dispersion.ns = 65535 * NS_PER_S;
    assert_int_equal(ask(&view, q, 40000, &r), VERDICT_ANSWERED);
    assert_int_equal(r.stratum, 3);
    assert_int_equal(r.root_dispersion.raw, 0xffff0000);
    view.root_dispersion.ns = 65536 * NS_PER_S;
    assert_int_equal(ask(&view, q, 40000, &r), VERDICT_ANSWERED);
    assert_int_equal(r.stratum, 0);
    assert_int_equal(r.leap, LEAP_UNKNOWN);
    assert_int_equal(r.refid, NTP_REFID('I', 'N', 'I', 'T'));
    assert_int_equal(r.reference.raw, 0);
    view.root_dispersion.ns = 0;
    view.root_delay.ns = 65536 * NS_PER_S;
    assert_int_equal(ask(&view, q, 40000, &r), VERDICT_ANSWERED);
    assert_int_equal(r.stratum, 0);
}

static void an_answer_carries_the_clock(void **state)
{
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);
    struct ntp_header r, q = { .version = 4, .mode = NTP_MODE_CLIENT, .poll_log2 = 6, .transmit = { 0x0123456789abcdef } };

    (void)state;
    assert_int_equal(ask(&view, q, 40000, &r), VERDICT_ANSWERED);
    assert_int_equal(r.leap, LEAP_INSERT);
    assert_int_equal(r.version, 4);
    assert_int_equal(r.mode, NTP_MODE_SERVER);
    assert_int_equal(r.stratum, 3);
    assert_int_equal(r.poll_log2, 6);
    assert_int_equal(r.precision_log2, -24);
    assert_int_equal(r.root_delay.raw, 2);      /* 15 259 ns = 1.00001 units of 2^-16 s, rounded up */
    assert_int_equal(r.root_dispersion.raw, 1); /* 1 ns, rounded up */
    assert_int_equal(r.refid, view.refid);
    assert_int_equal(r.origin.raw, q.transmit.raw);
    assert_int_equal(r.receive.raw, ntp_ts64_from_utc((struct utc_ns){ noon.ns - 20000 }).raw);
    assert_int_equal(r.transmit.raw, ntp_ts64_from_utc(noon).raw);
    assert_int_equal(r.reference.raw, ntp_ts64_from_utc((struct utc_ns){ noon.ns - 5 * NS_PER_S }).raw);
}

static void version_and_mode_follow_the_request(void **state)
{
    static const struct { uint8_t version, mode; uint16_t port; enum verdict verdict; uint8_t reply_mode; } row[] = {
        { 1, NTP_MODE_CLIENT, 40000, VERDICT_ANSWERED, NTP_MODE_SERVER },
        { 2, NTP_MODE_CLIENT, 123, VERDICT_ANSWERED, NTP_MODE_SERVER },
        { 3, NTP_MODE_CLIENT, 40000, VERDICT_ANSWERED, NTP_MODE_SERVER },
        { 4, NTP_MODE_CLIENT, 40000, VERDICT_ANSWERED, NTP_MODE_SERVER },
        { 1, NTP_MODE_RESERVED, 40000, VERDICT_ANSWERED, NTP_MODE_SERVER },
        { 1, NTP_MODE_RESERVED, 123, VERDICT_MODE, 0 },
        { 3, NTP_MODE_ACTIVE, 123, VERDICT_ANSWERED, NTP_MODE_PASSIVE },
        { 4, NTP_MODE_ACTIVE, 123, VERDICT_ANSWERED, NTP_MODE_PASSIVE },
    };
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ntp_header r;

        assert_int_equal(ask(&view, (struct ntp_header){ .version = row[i].version, .mode = row[i].mode }, row[i].port, &r), row[i].verdict);
        if (row[i].verdict == VERDICT_ANSWERED) {
            assert_int_equal(r.version, row[i].version);
            assert_int_equal(r.mode, row[i].reply_mode);
        }
    }
}

static void a_clock_not_to_be_used_is_told_so(void **state)
{
    static const struct { enum clock_status status; uint32_t refid; } row[] = {
        { CLOCK_UNSYNCHRONISED, NTP_REFID('I', 'N', 'I', 'T') },
        { CLOCK_FREE_RUNNING, NTP_REFID('I', 'N', 'I', 'T') },
        { CLOCK_DISRUPTED, NTP_REFID('S', 'T', 'E', 'P') },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct clock_view view = view_of(row[i].status, noon);
        struct ntp_header r;

        assert_int_equal(ask(&view, (struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT }, 40000, &r), VERDICT_ANSWERED);
        assert_int_equal(r.leap, LEAP_UNKNOWN);
        assert_int_equal(r.stratum, 0);
        assert_int_equal(r.refid, row[i].refid);
        assert_int_equal(r.reference.raw, 0);
    }
}

static void polls_are_clamped(void **state)
{
    static const int8_t row[][2] = { { -128, -4 }, { -4, -4 }, { 17, 17 }, { 18, 17 }, { 127, 17 } };
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ntp_header r;

        ask(&view, (struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT, .poll_log2 = row[i][0] }, 40000, &r);
        assert_int_equal(r.poll_log2, row[i][1]);
    }
}

static void the_reference_time_is_never_in_the_future(void **state)
{
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);
    struct ntp_header r;

    (void)state;
    view.reference_time.ns = noon.ns + 1000000;
    ask(&view, (struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT }, 40000, &r);
    assert_int_equal(r.reference.raw, r.transmit.raw);
}

static void a_local_reference_is_always_fresh(void **state)
{
    struct clock_view view = view_of(CLOCK_LOCAL, noon);
    struct ntp_header r;

    (void)state;
    view.reference_time.ns = 0;
    ask(&view, (struct ntp_header){ .version = 3, .mode = NTP_MODE_CLIENT }, 40000, &r);
    assert_int_equal(r.reference.raw, r.transmit.raw);
}

/* 2036-02-07T06:28:16Z: the seconds start at 0 again, and no timestamp of ours says "unknown". */
static void ERA_01_answers_across_2036(void **state)
{
    static const struct utc_ns wrap = { (INT64_C(4294967296) - NTP_UNIX_EPOCH_S) * NS_PER_S };

    (void)state;
    for (int64_t d = -40000; d <= 40000; d += 10000) {
        struct clock_view view = view_of(CLOCK_SYNCHRONISED, (struct utc_ns){ wrap.ns + d });
        struct ntp_header r;

        ask(&view, (struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT }, 40000, &r);
        assert_int_not_equal(r.receive.raw, 0);
        assert_int_not_equal(r.transmit.raw, 0);
        assert_in_range(ntp_ts64_to_utc(r.transmit, wrap).ns - wrap.ns - d + 1, 0, 2);
        assert_in_range(ntp_ts64_to_utc(r.receive, wrap).ns - wrap.ns - d + 20000 + 1, 0, 2);
    }
}

/* NTP-11: whatever a request's fields say, the answer's are ours. */
static void random_requests_get_our_fields(void **state)
{
    struct clock_view view = view_of(CLOCK_SYNCHRONISED, noon);
    struct prng p;

    (void)state;
    prng_seed(&p, 3);
    for (int i = 0; i < 20000; i++) {
        struct ntp_header r, q = {
            .leap = prng_u64(&p) & 3, .version = 4, .mode = NTP_MODE_CLIENT, .stratum = (uint8_t)prng_u64(&p), .poll_log2 = (int8_t)prng_u64(&p),
            .precision_log2 = (int8_t)prng_u64(&p), .root_delay = { (uint32_t)prng_u64(&p) }, .root_dispersion = { (uint32_t)prng_u64(&p) },
            .refid = (uint32_t)prng_u64(&p), .reference = { prng_u64(&p) }, .origin = { prng_u64(&p) }, .receive = { prng_u64(&p) },
            .transmit = { prng_u64(&p) },
        };

        assert_int_equal(ask(&view, q, 40000, &r), VERDICT_ANSWERED);
        assert_int_equal(r.origin.raw, q.transmit.raw);
        assert_int_equal(r.stratum, 3);
        assert_int_equal(r.refid, view.refid);
        assert_int_equal(r.transmit.raw, ntp_ts64_from_utc(noon).raw);
        assert_in_range(r.poll_log2 + 4, 0, 21);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_that_cannot_be_told_is_no_time), cmocka_unit_test(an_answer_carries_the_clock), cmocka_unit_test(a_key_that_is_not_there),
        cmocka_unit_test(version_and_mode_follow_the_request),
        cmocka_unit_test(a_clock_not_to_be_used_is_told_so),
        cmocka_unit_test(polls_are_clamped),
        cmocka_unit_test(the_reference_time_is_never_in_the_future),
        cmocka_unit_test(a_local_reference_is_always_fresh),
        cmocka_unit_test(ERA_01_answers_across_2036),
        cmocka_unit_test(random_requests_get_our_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
