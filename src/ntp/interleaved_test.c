/* Interleaved mode, RFC 9769 section 2: which exchange an answer measures, when the mode is given up, and that the inert rule holds in it as well. */
#include "ntp/client_fixture.h"

#define QUEUED_NS (40 * NS_PER_US) /* from the transmit timestamp in a basic answer to the packet's true departure */

/* A server with the memory the mode needs: one row. */
struct server { uint64_t receive; struct utc_ns left; };

static struct ntp_header read_packet(const uint8_t packet[NTP_HEADER_SIZE])
{
    struct ntp_header h;
    struct ntp_tail tail;

    assert_int_equal(ntp_packet_parse((struct span){ packet, NTP_HEADER_SIZE }, &h, &tail), VERDICT_ACCEPTED);
    return h;
}

/* The server's answer to the pending request, in the mode that the request allows. The answer is QUEUED_NS longer inside than a basic one says. */
static struct ntp_header respond(struct fixture *f, struct server *s)
{
    struct ntp_header q = read_packet(f->packet), h = answer_header(f, 0);

    if (s->receive && q.origin.raw == s->receive && q.receive.raw != q.transmit.raw) {
        h.origin = q.receive;
        h.transmit = ntp_ts64_from_utc(s->left);
    }
    s->receive = h.receive.raw;
    s->left = utc_of((struct mono_ns){ f->now.ns + QUEUED_NS });
    f->now.ns += QUEUED_NS + NS_PER_MS;
    return h;
}

static void begin(struct fixture *f, struct server *s)
{
    struct ntp_client_options o = fixture_options(true);

    fixture_init(f, true);
    o.interleaved = true;
    o.min_poll_log2 = 4;
    ntp_client_init(&f->c, &o, &f->peer, f->now);
    *s = (struct server){ 0 };
}

static struct ntp_client_reply exchange(struct fixture *f, struct server *s)
{
    struct ntp_client_reply r;
    struct ntp_header h;

    ask(f);
    h = respond(f, s);
    assert_int_equal(deliver(f, &h, &r), VERDICT_ACCEPTED);
    return r;
}

/* Two exchanges: the first in basic mode, the second's answer interleaved. */
static void interleave(struct fixture *f, struct server *s)
{
    begin(f, s);
    assert_true(exchange(f, s).measured);
    exchange(f, s);
    assert_true(f->c.interleaved);
}

static void requests_tell_nothing_but_random_numbers_and_the_servers_own_word(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_header q;
    uint64_t receive, transmit;

    (void)state;
    begin(&f, &s);
    exchange(&f, &s);
    q = read_packet(f.packet);
    assert_true(q.origin.raw == 0 && q.receive.raw == 0 && q.transmit.raw != 0);
    ask(&f);
    q = read_packet(f.packet);
    receive = q.receive.raw;
    transmit = q.transmit.raw;
    assert_int_equal(f.packet[0], 4 << 3 | NTP_MODE_CLIENT);
    for (int i = 1; i < 24; i++)
        assert_int_equal(f.packet[i], 0);
    assert_int_equal(q.origin.raw, s.receive);
    assert_true(receive != 0 && transmit != 0 && receive != transmit);
    ask(&f);
    q = read_packet(f.packet);
    assert_true(q.receive.raw != receive && q.transmit.raw != transmit && q.receive.raw != transmit);
}

/* Each exchange is measured by the answer after it, with the departure as it really was; the first one was measured before. */
static void an_interleaved_answer_measures_the_exchange_before(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_client_reply r;
    struct mono_ns t1;

    (void)state;
    begin(&f, &s);
    r = exchange(&f, &s);
    assert_true(r.measured && !f.c.interleaved);
    assert_int_equal(r.m.delay.ns, 2 * NS_PER_MS + QUEUED_NS); /* basic: what the answer waited after its timestamp counts as path */
    r = exchange(&f, &s);
    assert_true(f.c.interleaved && r.answered);
    assert_false(r.measured); /* nothing new */
    t1 = f.c.sent_at;
    ntp_client_sent(&f.c, f.exchange, t1, STAMP_KERNEL); /* too late, the exchange is over */
    r = exchange(&f, &s);
    assert_true(r.measured);
    assert_in_range(r.m.delay.ns, 2 * NS_PER_MS - 2, 2 * NS_PER_MS + 2);
    assert_int_equal(r.m.at.ns, t1.ns + (2 * NS_PER_MS + 100 * NS_PER_US + QUEUED_NS) / 2);
    assert_in_range(r.m.utc.ns - utc_of(r.m.at).ns + 2, 0, 4);
    assert_int_equal(f.c.reach, 7);
}

static void stamps_are_those_of_the_exchange_measured(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_client_reply r;
    struct ntp_header h;
    struct ntp_client_input in;
    uint8_t bytes[NTP_HEADER_SIZE];

    (void)state;
    interleave(&f, &s);
    ask(&f);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 10 * NS_PER_US }, STAMP_KERNEL);
    h = respond(&f, &s);
    in = input_of(&f, bytes, sizeof bytes);
    in.stamp = STAMP_KERNEL;
    ntp_header_write(&h, bytes);
    assert_int_equal(ntp_client_input(&f.c, &in, f.now, &r), VERDICT_ACCEPTED);
    assert_int_equal(r.m.stamp, STAMP_USER);
    r = exchange(&f, &s);
    assert_int_equal(r.m.stamp, STAMP_KERNEL);
    assert_in_range(r.m.delay.ns, 2 * NS_PER_MS - 10 * NS_PER_US - 2, 2 * NS_PER_MS - 10 * NS_PER_US + 2);
}

/* What a server claims is of the time it claims it at: it may have been set meanwhile, or have found a better source. */
static void the_claim_is_that_of_the_exchange_measured(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_client_reply r;
    struct ntp_header h;

    (void)state;
    interleave(&f, &s);
    ask(&f);
    h = respond(&f, &s);
    h.root_delay = ntp_short32_from_dur_up((struct dur_ns){ 40 * NS_PER_MS });
    h.root_dispersion = ntp_short32_from_dur_up((struct dur_ns){ 90 * NS_PER_MS });
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_true(r.measured && r.m.root_dispersion.ns < 10 * NS_PER_MS);
    r = exchange(&f, &s);
    assert_true(r.measured);
    assert_in_range(r.m.root_delay.ns, 40 * NS_PER_MS, 40 * NS_PER_MS + 16 * NS_PER_US);
    assert_in_range(r.m.root_dispersion.ns, 90 * NS_PER_MS, 90 * NS_PER_MS + 16 * NS_PER_US);
    r = exchange(&f, &s);
    assert_true(r.m.root_dispersion.ns < 10 * NS_PER_MS);
}

static void a_server_without_the_mode_is_measured_in_basic_mode(void **state)
{
    struct fixture f;
    struct server s;

    (void)state;
    begin(&f, &s);
    for (int i = 0; i < 6; i++) {
        s.receive = 0;
        assert_true(exchange(&f, &s).measured);
        assert_false(f.c.interleaved);
    }
}

static void a_lost_answer_costs_one_sample_and_no_wrong_one(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_client_reply r;
    uint64_t origin;

    (void)state;
    interleave(&f, &s);
    exchange(&f, &s);
    origin = s.receive;
    ask(&f);
    respond(&f, &s); /* lost: the server forgot the exchange before */
    ask(&f);
    assert_int_equal(read_packet(f.packet).origin.raw, origin);
    assert_int_equal(answer(&f, 0), VERDICT_ACCEPTED);
    assert_false(f.c.interleaved);
    s.receive = f.c.last.receive.raw;
    s.left = ntp_ts64_to_utc(f.c.last.transmit, utc_of(f.now));
    r = exchange(&f, &s);
    assert_true(f.c.interleaved && !r.measured);
}

static void a_lost_request_loses_nothing(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_client_reply r;
    struct mono_ns t1;

    (void)state;
    interleave(&f, &s);
    t1 = f.c.sent_at;
    ask(&f);
    r = exchange(&f, &s);
    assert_true(f.c.interleaved && r.measured);
    assert_in_range(r.m.at.ns, t1.ns, t1.ns + 3 * NS_PER_MS);
}

static void after_two_lost_polls_the_request_is_basic(void **state)
{
    struct fixture f;
    struct server s;

    (void)state;
    interleave(&f, &s);
    for (int i = 0; i < NTP_INTERLEAVED_MISSED_MAX; i++) {
        ask(&f);
        assert_int_not_equal(read_packet(f.packet).origin.raw, 0);
    }
    ask(&f);
    assert_true(read_packet(f.packet).origin.raw == 0 && read_packet(f.packet).receive.raw == 0);
    exchange(&f, &s);
    exchange(&f, &s);
    assert_true(f.c.interleaved);
}

static void an_old_exchange_is_not_asked_about(void **state)
{
    struct fixture f;
    struct server s;

    (void)state;
    interleave(&f, &s);
    ntp_client_set_poll(&f.c, dur_from_log2(7));
    ask(&f);
    f.now.ns += 500 * NS_PER_S; /* the machine slept */
    ask(&f);
    assert_int_equal(read_packet(f.packet).origin.raw, 0);
}

static void fill_alike(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
}

/* RFC 9769 section 2: which of the two comes back tells the mode, so two that are alike make a basic request. */
static void two_random_numbers_that_are_alike(void **state)
{
    struct fixture f;
    struct server s;

    (void)state;
    interleave(&f, &s);
    f.rng.fill = fill_alike;
    ask(&f);
    assert_int_equal(f.c.origin_interleaved.raw, 0);
    assert_int_equal(read_packet(f.packet).origin.raw, 0);
}

static void a_restarted_server_is_measured_at_once(void **state)
{
    struct fixture f;
    struct server s;

    (void)state;
    interleave(&f, &s);
    s = (struct server){ 0 };
    assert_true(exchange(&f, &s).measured);
    assert_false(f.c.interleaved);
}

/* Nothing that is not the answer changes anything; the true one is then still taken. */
static void assert_inert(struct fixture *f, const struct ntp_header *h, enum verdict expected)
{
    struct ntp_client before = f->c;
    struct ntp_client_reply r;

    assert_int_equal(deliver(f, h, &r), expected);
    assert_unchanged(&before, &f->c);
    assert_false(r.measured || r.stop);
}

static void what_is_not_the_answer_changes_nothing(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_header good, h;
    struct ntp_client_reply r;

    (void)state;
    interleave(&f, &s);
    ask(&f);
    good = respond(&f, &s);
    for (int bit = 0; bit < 64; bit++) {
        h = good;
        h.origin.raw ^= UINT64_C(1) << bit;
        assert_inert(&f, &h, VERDICT_BOGUS);
    }
    h = good;
    h.origin.raw = 0;
    assert_inert(&f, &h, VERDICT_BOGUS);
    h.origin = f.c.last.receive; /* what we sent as origin is no answer's origin */
    assert_inert(&f, &h, VERDICT_BOGUS);
    h = good;
    h.transmit.raw = 0;
    assert_inert(&f, &h, VERDICT_ZERO_TIME);
    h.transmit = good.receive; /* left long after we had it: the timestamp of another exchange */
    assert_inert(&f, &h, VERDICT_BACKWARDS);
    h.transmit.raw = f.c.last.receive.raw - 100; /* before it was asked */
    assert_inert(&f, &h, VERDICT_BACKWARDS);
    h = good;
    h.leap = LEAP_UNKNOWN;
    assert_inert(&f, &h, VERDICT_SERVER_UNSYNCHRONISED);
    assert_int_equal(deliver(&f, &good, &r), VERDICT_ACCEPTED);
    assert_true(r.measured);
}

static void the_same_answer_again_is_a_duplicate(void **state)
{
    struct fixture f;
    struct server s;
    struct ntp_header h;
    struct ntp_client_reply r;

    (void)state;
    interleave(&f, &s);
    ask(&f);
    h = respond(&f, &s);
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_inert(&f, &h, VERDICT_DUPLICATE);
    ask(&f);
    assert_inert(&f, &h, VERDICT_BOGUS);
}

static void without_the_option_an_interleaved_answer_is_bogus(void **state)
{
    struct fixture f;
    struct ntp_header h;

    (void)state;
    fixture_asked(&f, true);
    assert_int_equal(answer(&f, 0), VERDICT_ACCEPTED);
    ask(&f);
    h = answer_header(&f, 0);
    h.origin.raw = 0; /* the request's receive timestamp */
    assert_inert(&f, &h, VERDICT_BOGUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_tell_nothing_but_random_numbers_and_the_servers_own_word),
        cmocka_unit_test(an_interleaved_answer_measures_the_exchange_before),
        cmocka_unit_test(stamps_are_those_of_the_exchange_measured),
        cmocka_unit_test(the_claim_is_that_of_the_exchange_measured),
        cmocka_unit_test(a_server_without_the_mode_is_measured_in_basic_mode),
        cmocka_unit_test(a_lost_answer_costs_one_sample_and_no_wrong_one),
        cmocka_unit_test(a_lost_request_loses_nothing),
        cmocka_unit_test(after_two_lost_polls_the_request_is_basic),
        cmocka_unit_test(an_old_exchange_is_not_asked_about),
        cmocka_unit_test(two_random_numbers_that_are_alike),
        cmocka_unit_test(a_restarted_server_is_measured_at_once),
        cmocka_unit_test(what_is_not_the_answer_changes_nothing),
        cmocka_unit_test(the_same_answer_again_is_a_duplicate),
        cmocka_unit_test(without_the_option_an_interleaved_answer_is_bogus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
