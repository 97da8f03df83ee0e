/* The association: what it asks, when, and that only a true answer changes it. The cases of forged and broken answers are in judge_test.c. */
#include "ntp/client_fixture.h"

static void a_request_tells_nothing_but_a_random_number(void **state)
{
    struct fixture f;
    uint8_t first[8];

    (void)state;
    fixture_asked(&f, true);
    assert_int_equal(f.packet[0], 4 << 3 | NTP_MODE_CLIENT);
    for (int i = 1; i < 40; i++)
        assert_int_equal(f.packet[i], 0);
    memcpy(first, f.packet + 40, sizeof first);
    ask(&f);
    assert_memory_not_equal(first, f.packet + 40, sizeof first);
}

/* Server 5 ms ahead, 1 ms there, 3 ms back, 0.1 ms inside: RFC 5905 section 8. */
static void four_timestamps_make_a_measurement(void **state)
{
    struct fixture f;
    struct ntp_header h;
    struct ntp_client_reply r;
    struct mono_ns t1;

    (void)state;
    fixture_asked(&f, true);
    t1 = f.now;
    h = answer_header(&f, 5 * NS_PER_MS);
    f.now.ns += 3 * NS_PER_MS;
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_true(r.measured);
    assert_int_equal(r.m.delay.ns, 4 * NS_PER_MS);
    assert_int_equal(r.m.at.ns, t1.ns + 2050 * NS_PER_US);
    /* theta = ((t2 - t1) + (t3 - t4)) / 2 = 5 ms + (1 ms - 3 ms) / 2 */
    assert_in_range(r.m.utc.ns - utc_of(r.m.at).ns, 4 * NS_PER_MS - 2, 4 * NS_PER_MS + 2);
    assert_int_equal(r.m.dispersion.ns, 2 * 29 + 4 * 15 + 2); /* two precisions of 2^-25 s, 15 ppm of the whole milliseconds of 4.1, rounding */
    assert_int_equal(r.m.root_delay.ns, 15625000);
    assert_int_equal(r.m.stratum, 2);
    assert_int_equal(f.c.reach, 1);
    assert_int_equal(f.c.state, NTP_CLIENT_IDLE);
}

/* A millisecond that is whole counts. */
static void dispersion_grows_by_whole_milliseconds(void **state)
{
    static const struct { int64_t trip_ns, dispersion_ns; } rows[] = { { 1999999, 58 + 15 + 2 }, { 2000000, 58 + 30 + 2 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;
        struct ntp_header h;
        struct ntp_client_reply r;

        fixture_asked(&f, true);
        h = answer_header(&f, 0);
        f.now.ns = f.c.sent_at.ns + rows[i].trip_ns;
        assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
        assert_int_equal(r.m.dispersion.ns, rows[i].dispersion_ns);
    }
}

/* A network and a server that take no time at all. */
static void a_round_trip_of_nothing_is_measured(void **state)
{
    struct fixture f;
    struct ntp_header h;
    struct ntp_client_reply r;

    (void)state;
    fixture_asked(&f, true);
    h = answer_header(&f, 0);
    h.transmit = h.receive;
    f.now = f.c.sent_at;
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_int_equal(r.m.delay.ns, 0);
}

/* A card's stamps are placed by a line that may be off: the round trip does not show it, so the dispersion must. */
static void what_a_stamp_may_be_off_enters_the_dispersion(void **state)
{
    struct fixture f;
    struct ntp_header h;
    struct ntp_client_reply r;
    struct ntp_client_input in;
    uint8_t bytes[NTP_HEADER_SIZE];

    (void)state;
    fixture_asked(&f, true);
    h = answer_header(&f, 0);
    ntp_header_write(&h, bytes);
    f.now.ns += NS_PER_MS;
    in = input_of(&f, bytes, sizeof bytes);
    in.stamp = STAMP_HARDWARE;
    in.rx_error.ns = 40 * NS_PER_US;
    assert_int_equal(ntp_client_input(&f.c, &in, f.now, &r), VERDICT_ACCEPTED);
    assert_in_range(r.m.dispersion.ns, 40 * NS_PER_US + 60, 40 * NS_PER_US + 1100);
}

static void a_transmit_stamp_refines_t1(void **state)
{
    struct fixture f;
    struct ntp_header h;
    struct ntp_client_reply r;

    (void)state;
    fixture_asked(&f, true);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 50 * NS_PER_US }, STAMP_KERNEL);
    h = answer_header(&f, 0);
    f.now.ns += NS_PER_MS;
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
    assert_int_equal(r.m.delay.ns, 2 * NS_PER_MS - 50 * NS_PER_US);
    assert_int_equal(r.m.stamp, STAMP_USER); /* the worse of the two ends */
}

static void NTPC_27_transmit_stamps_are_matched_by_exchange(void **state)
{
    struct fixture f;
    struct ntp_client before;

    (void)state;
    fixture_asked(&f, true);
    before = f.c;
    ntp_client_sent(&f.c, f.exchange + 1, (struct mono_ns){ f.now.ns + 1000 }, STAMP_HARDWARE);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns - 1 }, STAMP_HARDWARE);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.c.next.ns + 1 }, STAMP_HARDWARE);
    assert_memory_equal(&before, &f.c, sizeof before);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 1000 }, STAMP_HARDWARE);
    assert_int_equal(f.c.sent_at.ns, f.now.ns + 1000);
    before = f.c;
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 500 }, STAMP_KERNEL); /* worse than what is there */
    assert_memory_equal(&before, &f.c, sizeof before);
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 700 }, STAMP_HARDWARE); /* as good */
    assert_int_equal(f.c.sent_at.ns, f.now.ns + 700);
    answer_quickly(&f);
    before = f.c;
    ntp_client_sent(&f.c, f.exchange, (struct mono_ns){ f.now.ns + 900 }, STAMP_HARDWARE); /* too late */
    assert_memory_equal(&before, &f.c, sizeof before);
}

static void NTPC_26_network_errors_are_counted_and_polling_continues(void **state)
{
    struct fixture f;
    struct ntp_client before;

    (void)state;
    fixture_asked(&f, true);
    before = f.c;
    ntp_client_send_failed(&f.c, f.exchange + 1); /* another exchange's */
    assert_int_equal(f.c.stats.send_errors, 0);
    ntp_client_send_failed(&f.c, f.exchange);
    assert_int_equal(f.c.stats.send_errors, 1);
    assert_unchanged(&before, &f.c);
    assert_int_equal(answer(&f, 0), VERDICT_ACCEPTED); /* the true answer still counts */
    ntp_client_send_failed(&f.c, f.exchange);          /* and late errors do not */
    assert_int_equal(f.c.stats.send_errors, 1);
}

/* When the first n requests leave, in ms after the first; `answered` says which of them get an answer. */
static void assert_pace(struct fixture *f, const int *seconds, int n, bool answered)
{
    struct mono_ns start = f->c.next;

    for (int i = 0; i < n; i++) {
        int64_t at;

        ask(f);
        at = mono_sub(f->now, start).ns;
        assert_in_range(at, seconds[i] * NS_PER_S, seconds[i] * NS_PER_S + seconds[i] * NS_PER_S / 32);
        if (answered)
            assert_int_equal(answer(f, 0), VERDICT_ACCEPTED);
    }
}

static void iburst_sends_four_then_polls(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, true);
    assert_pace(&f, (int[]){ 0, 2, 4, 6, 70, 134 }, 6, true);
}

static void without_iburst_every_poll_is_regular(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, false);
    assert_pace(&f, (int[]){ 0, 64, 128 }, 3, true);
}

/* Who may not hurry, and who was answered before, keeps to the interval. */
static void only_an_unanswered_start_hurries(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, false);
    assert_pace(&f, (int[]){ 0, 64, 128, 192 }, 4, false);
    fixture_init(&f, true);
    assert_pace(&f, (int[]){ 0, 2, 4, 6 }, 4, true);
    assert_pace(&f, (int[]){ 0, 64, 128 }, 3, false);
}

static void an_unanswered_start_slows_down_to_the_poll_interval(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, true);
    assert_pace(&f, (int[]){ 0, 2, 4, 6, 14, 30, 62, 126, 190 }, 9, false);
    assert_int_equal(f.c.stats.timed_out, 8);
}

static void a_long_silence_backs_off_and_ends_in_a_burst(void **state)
{
    struct fixture f;
    struct mono_ns last;

    (void)state;
    fixture_init(&f, true);
    for (int i = 0; i < 5; i++) {
        ask(&f);
        answer(&f, 0);
    }
    for (int i = 0; i < 40; i++)
        ask(&f);
    assert_int_equal(f.c.reach, 0);
    last = f.now;
    ask(&f);
    assert_in_range(mono_sub(f.now, last).ns, 1024 * NS_PER_S, 1056 * NS_PER_S); /* max_poll, not more */
    answer(&f, 0);
    assert_int_equal(f.c.reach, 1);
    assert_pace(&f, (int[]){ 0, 2, 4, 68 }, 4, true); /* three more, 2 s apart, then the old poll interval */
}

/* The register of eight is empty: one power of two more, and another with every fourth poll in vain. */
static void silence_backs_off_step_by_step(void **state)
{
    struct fixture f;
    struct mono_ns last;
    int first = 0, second = 0;

    (void)state;
    fixture_init(&f, false);
    for (int i = 0; i < 2; i++) {
        ask(&f);
        answer(&f, 0);
    }
    for (int missed = 0; missed < 20 && !second; missed++) {
        last = f.now;
        ask(&f);
        if (!first && mono_sub(f.now, last).ns >= 128 * NS_PER_S)
            first = missed;
        if (mono_sub(f.now, last).ns >= 256 * NS_PER_S)
            second = missed;
    }
    assert_int_equal(first, 9);
    assert_int_equal(second, 13);
}

static void silence_is_counted_up_to_a_limit(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, false);
    for (int i = 0; i < 258; i++)
        ask(&f);
    assert_int_equal(f.c.missed, 255);
    assert_in_range(mono_sub(ntp_client_next(&f.c), f.now).ns, 16 * NS_PER_S, 16 * NS_PER_S);
    assert_int_equal(f.c.stats.timed_out, 257);
}

static void nothing_is_asked_before_its_time(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, false);
    f.now.ns--;
    assert_false(ntp_client_run(&f.c, f.now, &f.rng, 1, f.packet));
    ask(&f);
    assert_false(ntp_client_run(&f.c, f.now, &f.rng, 2, f.packet));
    assert_int_equal(f.c.exchange, 1);
}

/* Never more often than 2^poll, and at most 1/32 less often. */
static void intervals_are_dithered_upwards(void **state)
{
    struct fixture f;
    int64_t sum = 0, least = INT64_MAX;

    (void)state;
    fixture_asked(&f, false);
    for (int i = 0; i < 1000; i++) {
        struct mono_ns last = f.now;
        int64_t d, dither = f.c.dither;

        answer_quickly(&f);
        ask(&f);
        d = mono_sub(f.now, last).ns;
        assert_int_equal(d, 64 * NS_PER_S + 64 * NS_PER_S / (256 * 32) * dither);
        assert_in_range(d, 64 * NS_PER_S, 66 * NS_PER_S);
        least = d < least ? d : least;
        sum += d;
    }
    assert_true(least < 64 * NS_PER_S + 64 * NS_PER_S / 500);
    assert_in_range(sum, 64900 * NS_PER_S, 65100 * NS_PER_S);
}

static void the_clock_sets_the_poll_interval_within_limits(void **state)
{
    struct fixture f;

    (void)state;
    fixture_asked(&f, false);
    answer(&f, 0);
    ntp_client_set_poll(&f.c, dur_from_log2(8));
    assert_int_equal(f.c.poll_log2, 8);
    assert_in_range(mono_sub(ntp_client_next(&f.c), f.c.asked_at).ns, 256 * NS_PER_S, 264 * NS_PER_S);
    ntp_client_set_poll(&f.c, (struct dur_ns){ 0 });
    assert_int_equal(f.c.poll_log2, 6);
    ntp_client_set_poll(&f.c, (struct dur_ns){ INT64_MAX });
    assert_int_equal(f.c.poll_log2, 10);
}

/* A source whose first requests, two seconds apart, are all answered. */
static void after_its_burst(struct fixture *f)
{
    fixture_init(f, true);
    for (int i = 0; i < 6; i++) {
        ask(f);
        answer_quickly(f);
    }
}

static void the_clock_may_ask_for_three_quick_requests(void **state)
{
    struct fixture f;

    (void)state;
    after_its_burst(&f);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST); /* one burst at a time */
    assert_pace(&f, (int[]){ 0, 2, 4, 68 }, 4, true);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    ask(&f);
    answer(&f, 0);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    assert_int_equal(f.c.burst_left, 2);
    fixture_asked(&f, false);
    answer(&f, 0);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST); /* not without iburst */
    assert_int_equal(f.c.burst_left, 0);
}

static void the_clock_may_ask_for_one_request_in_between(void **state)
{
    struct fixture f;

    (void)state;
    after_its_burst(&f);
    ntp_client_burst(&f.c, (struct dur_ns){ 0 });
    assert_int_equal(f.c.burst_left, 0);
    for (unsigned i = 0; i < 2; i++) {
        ntp_client_burst(&f.c, (struct dur_ns){ (i == 0 ? 20 : 100) * NS_PER_S }); /* never later than the next poll */
        assert_in_range(mono_sub(f.c.next, f.c.asked_at).ns, (i == 0 ? 20 : 64) * NS_PER_S, (i == 0 ? 21 : 66) * NS_PER_S);
        ask(&f);
        answer_quickly(&f);
    }
    assert_in_range(mono_sub(f.c.next, f.c.asked_at).ns, 64 * NS_PER_S, 66 * NS_PER_S);
}

static void nothing_is_hurried_before_the_first_request_or_while_one_waits(void **state)
{
    struct fixture f;
    struct mono_ns next;

    (void)state;
    fixture_init(&f, true);
    next = f.c.next;
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    assert_int_equal(f.c.next.ns, next.ns);
    for (int i = 0; i < 6; i++) {
        ask(&f);
        answer_quickly(&f);
    }
    ask(&f);
    next = f.c.next;
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    assert_int_equal(f.c.burst_left, 0);
    assert_int_equal(f.c.next.ns, next.ns);
}

/* Options that allow hurry do not hurry what was never asked, or is waited for. */
static void new_options_hurry_nothing(void **state)
{
    struct ntp_client_options o = fixture_options(true);
    struct fixture f;
    struct mono_ns next;

    (void)state;
    fixture_init(&f, false);
    next = f.c.next;
    ntp_client_change(&f.c, &o);
    ntp_client_burst(&f.c, NTP_CLIENT_BURST);
    assert_int_equal(f.c.next.ns, next.ns);
    ask(&f);
    assert_int_equal(mono_sub(ntp_client_next(&f.c), f.now).ns, 16 * NS_PER_S);
}

/* The poll limits that are in force are the new ones, whether they rise or fall; what a kiss asked for stays. */
static void new_poll_limits_are_kept(void **state)
{
    static const struct { int8_t min, max, wish, poll; bool kissed; } rows[] = {
        { 8, 10, 0, 8, false }, { 4, 10, 0, 4, false }, { 4, 5, 17, 5, false }, { 4, 10, 0, 7, true }, { 9, 10, 0, 9, true }, { 4, 5, 0, 5, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ntp_client_options o = fixture_options(false);
        struct fixture f;
        struct ntp_header h;
        struct ntp_client_reply r;

        fixture_asked(&f, false);
        h = rows[i].kissed ? kiss_header(&f, NTP_REFID('R', 'A', 'T', 'E')) : answer_header(&f, 0);
        deliver(&f, &h, &r);
        o.min_poll_log2 = rows[i].min;
        o.max_poll_log2 = rows[i].max;
        ntp_client_change(&f.c, &o);
        ntp_client_set_poll(&f.c, dur_from_log2(rows[i].wish));
        assert_int_equal(f.c.poll_log2, rows[i].poll);
        assert_int_equal(f.c.poll.ns, dur_from_log2(rows[i].poll).ns);
    }
}

/* An operator's hurry: at once, whatever iburst says; not while an answer is awaited, nor where a kiss was sent. */
static void an_operator_may_hurry(void **state)
{
    struct fixture f;
    struct ntp_client before;
    struct ntp_header h;
    struct ntp_client_reply r;

    (void)state;
    fixture_asked(&f, false);
    before = f.c;
    ntp_client_hurry(&f.c, f.now);
    assert_memory_equal(&before, &f.c, sizeof before);
    answer_quickly(&f);
    ntp_client_hurry(&f.c, f.now);
    assert_pace(&f, (int[]){ 0, 2, 4, 6, 70 }, 5, true);
    ask(&f);
    h = kiss_header(&f, NTP_REFID('R', 'A', 'T', 'E'));
    assert_int_equal(deliver(&f, &h, &r), VERDICT_KISS);
    before = f.c;
    ntp_client_hurry(&f.c, f.now);
    assert_memory_equal(&before, &f.c, sizeof before);
}

/* When the next request leaves is not moved by the poll interval before the first, nor while an answer is awaited. */
static void a_new_interval_counts_from_the_last_request(void **state)
{
    struct fixture f;
    struct mono_ns next;

    (void)state;
    fixture_init(&f, false);
    next = f.c.next;
    ntp_client_set_poll(&f.c, dur_from_log2(8));
    assert_int_equal(f.c.next.ns, next.ns);
    ask(&f);
    next = f.c.next;
    ntp_client_set_poll(&f.c, dur_from_log2(7));
    assert_int_equal(f.c.next.ns, next.ns);
}

static void subsecond_polls_burst_no_slower(void **state)
{
    struct ntp_client_options o = fixture_options(true);
    struct fixture f;

    (void)state;
    o.min_poll_log2 = -4;
    fixture_init(&f, true);
    ntp_client_init(&f.c, &o, &f.peer, f.now);
    for (int i = 0; i < 10; i++) {
        struct mono_ns last = f.now;

        ask(&f);
        assert_in_range(mono_sub(f.now, last).ns, 0, 65 * NS_PER_MS);
        answer_quickly(&f);
    }
}

/* A lost answer costs its bit only, and the exchange stays open until the next request or max_delay. */
static void a_timeout_shifts_a_zero_into_reach(void **state)
{
    struct fixture f;

    (void)state;
    fixture_asked(&f, false);
    answer(&f, 0);
    ask(&f);
    assert_int_equal(mono_sub(ntp_client_next(&f.c), f.now).ns, 16 * NS_PER_S);
    f.now = ntp_client_next(&f.c);
    assert_false(ntp_client_run(&f.c, f.now, &f.rng, 99, f.packet));
    assert_int_equal(f.c.reach, 2);
    assert_int_equal(f.c.state, NTP_CLIENT_IDLE);
    assert_int_equal(f.c.stats.timed_out, 1);
    ask(&f);
    answer(&f, 0);
    assert_int_equal(f.c.reach, 5);
}

static void NTPC_07_kiss_rate_raises_the_poll_interval_up_to_the_limit(void **state)
{
    struct fixture f;
    struct ntp_client_reply r;

    (void)state;
    fixture_init(&f, true);
    for (int poll = 7; poll <= 12; poll++) {
        struct ntp_header h;

        ask(&f);
        h = kiss_header(&f, NTP_REFID('R', 'A', 'T', 'E'));
        assert_int_equal(deliver(&f, &h, &r), VERDICT_KISS);
        assert_false(r.measured || r.stop);
        assert_int_equal(f.c.poll_log2, poll < 10 ? poll : 10);
        assert_int_equal(f.c.burst_left, 0);
        assert_int_equal(f.c.reach, 0); /* it is no answer */
        assert_true(mono_sub(ntp_client_next(&f.c), f.c.asked_at).ns >= dur_from_log2(f.c.poll_log2).ns);
    }
    ntp_client_set_poll(&f.c, dur_from_log2(6));
    assert_int_equal(f.c.poll_log2, 10); /* the clock cannot lower what the server asked for */
    ask(&f);
    assert_int_equal(answer(&f, 0), VERDICT_ACCEPTED);
    assert_int_equal(f.c.burst_left, 0); /* nor is there a burst after the silence */
}

static void kiss_deny_and_rstr_stop_the_association(void **state)
{
    static const uint32_t code[] = { NTP_REFID('D', 'E', 'N', 'Y'), NTP_REFID('R', 'S', 'T', 'R') };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        struct ntp_header h;
        struct ntp_client_reply r;

        fixture_asked(&f, true);
        h = kiss_header(&f, code[i]);
        assert_int_equal(deliver(&f, &h, &r), VERDICT_KISS);
        assert_true(r.stop);
        assert_int_equal(ntp_client_next(&f.c).ns, MONO_NEVER.ns);
        assert_false(ntp_client_run(&f.c, (struct mono_ns){ INT64_MAX - 1 }, &f.rng, 7, f.packet));
        assert_int_equal(f.c.kiss_code, code[i]);
        ntp_client_set_poll(&f.c, dur_from_log2(8));
        assert_int_equal(ntp_client_next(&f.c).ns, MONO_NEVER.ns);
        assert_int_equal(f.c.reach, 0);
        ntp_client_resume(&f.c, f.now);
        assert_int_equal(ntp_client_next(&f.c).ns, f.now.ns);
    }
}

static void version_3_is_asked_and_answered_in_version_3(void **state)
{
    struct ntp_client_options o = fixture_options(true);
    struct fixture f;
    struct ntp_header h;
    struct ntp_client_reply r;

    (void)state;
    o.version = 3;
    fixture_init(&f, true);
    ntp_client_init(&f.c, &o, &f.peer, f.now);
    ask(&f);
    assert_int_equal(f.packet[0], 3 << 3 | NTP_MODE_CLIENT);
    h = answer_header(&f, 0);
    assert_int_equal(deliver(&f, &h, &r), VERDICT_VERSION);
    h.version = 3;
    assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
}

/* Every millisecond from 2 s before to 2 s after: offsets stay what they are, with pivots up to ten years off. */
static void assert_continuous_around(int64_t unix_s)
{
    for (int64_t at_ms = -2000; at_ms <= 2000; at_ms++) {
        struct fixture f;
        struct ntp_header h;
        struct ntp_client_reply r;

        fixture_asked(&f, false);
        f.epoch.ns = unix_s * NS_PER_S + at_ms * NS_PER_MS - f.now.ns;
        f.pivot_error.ns = (at_ms % 3 - 1) * 10 * 365 * 86400 * NS_PER_S;
        h = answer_header(&f, 0);
        f.now.ns += NS_PER_MS;
        if (h.receive.raw == 0 || h.transmit.raw == 0)
            continue; /* "unknown": no server of ours sends it */
        assert_int_equal(deliver(&f, &h, &r), VERDICT_ACCEPTED);
        assert_in_range(r.m.utc.ns - (r.m.at.ns + f.epoch.ns) + 10, 0, 20);
    }
}

static void ERA_01_offsets_are_continuous_when_the_seconds_wrap_in_2036(void **state)
{
    (void)state;
    assert_continuous_around(INT64_C(4294967296) - NTP_UNIX_EPOCH_S);
}

static void ERA_03_offsets_are_continuous_past_2038(void **state)
{
    (void)state;
    assert_continuous_around(INT64_C(1) << 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_tells_nothing_but_a_random_number),
        cmocka_unit_test(four_timestamps_make_a_measurement),
        cmocka_unit_test(dispersion_grows_by_whole_milliseconds),
        cmocka_unit_test(a_round_trip_of_nothing_is_measured),
        cmocka_unit_test(what_a_stamp_may_be_off_enters_the_dispersion),
        cmocka_unit_test(a_transmit_stamp_refines_t1),
        cmocka_unit_test(NTPC_27_transmit_stamps_are_matched_by_exchange),
        cmocka_unit_test(NTPC_26_network_errors_are_counted_and_polling_continues),
        cmocka_unit_test(iburst_sends_four_then_polls),
        cmocka_unit_test(without_iburst_every_poll_is_regular),
        cmocka_unit_test(only_an_unanswered_start_hurries),
        cmocka_unit_test(an_unanswered_start_slows_down_to_the_poll_interval),
        cmocka_unit_test(a_long_silence_backs_off_and_ends_in_a_burst),
        cmocka_unit_test(silence_backs_off_step_by_step),
        cmocka_unit_test(silence_is_counted_up_to_a_limit),
        cmocka_unit_test(nothing_is_asked_before_its_time),
        cmocka_unit_test(intervals_are_dithered_upwards),
        cmocka_unit_test(the_clock_sets_the_poll_interval_within_limits),
        cmocka_unit_test(the_clock_may_ask_for_three_quick_requests),
        cmocka_unit_test(the_clock_may_ask_for_one_request_in_between),
        cmocka_unit_test(nothing_is_hurried_before_the_first_request_or_while_one_waits),
        cmocka_unit_test(new_options_hurry_nothing),
        cmocka_unit_test(new_poll_limits_are_kept),
        cmocka_unit_test(an_operator_may_hurry),
        cmocka_unit_test(a_new_interval_counts_from_the_last_request),
        cmocka_unit_test(subsecond_polls_burst_no_slower),
        cmocka_unit_test(a_timeout_shifts_a_zero_into_reach),
        cmocka_unit_test(NTPC_07_kiss_rate_raises_the_poll_interval_up_to_the_limit),
        cmocka_unit_test(kiss_deny_and_rstr_stop_the_association),
        cmocka_unit_test(version_3_is_asked_and_answered_in_version_3),
        cmocka_unit_test(ERA_01_offsets_are_continuous_when_the_seconds_wrap_in_2036),
        cmocka_unit_test(ERA_03_offsets_are_continuous_past_2038),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
