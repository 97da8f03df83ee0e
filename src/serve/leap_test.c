/* Answers across a leap second, as every protocol and a smearing listener give them, instant by instant. */
#include "base/test.h"

#include <string.h>

#include "ntp/packet.h"
#include "serve/serve.h"

#define MIDNIGHT_S INT64_C(1483228800) /* 2017-01-01 */
#define COUNT 36                       /* TAI-UTC before it */
#define RAW_MIDNIGHT_S INT64_C(100000) /* raw clock at 00:00:00 of the old count */

static const struct net_addr client = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };

struct door {
    struct serve_options options;
    struct page_data page;
    struct serve_stats stats;
    uint8_t out[SERVE_ANSWER_MAX];
    size_t len;
};

/* A perfect clock that announces. */
static void door_init(struct door *d, int32_t delta)
{
    int64_t leap_s = MIDNIGHT_S + COUNT - (delta < 0);

    memset(d, 0, sizeof *d);
    d->page = (struct page_data){
        .raw_ref = { 0 }, .tai_ref = { (MIDNIGHT_S + COUNT - RAW_MIDNIGHT_S) * NS_PER_S }, .early = { 1000 }, .late = { 1000 }, .silent_at = MONO_NEVER,
        .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { leap_s * NS_PER_S }, .tai_minus_utc_s = COUNT, .leap_delta_s = delta,
        .leap = delta > 0 ? LEAP_INSERT : LEAP_DELETE, .status = CLOCK_SYNCHRONISED, .stratum = 2, .precision_log2 = -25,
    };
    d->page.reference_time.ns = (MIDNIGHT_S - 100000) * NS_PER_S;
    d->options.timeproto.daytime.udp_from.count = 1;
    d->options.timeproto.daytime.udp_from.item[0].addr.family = ADDR_IPV4;
}

static struct ntp_header ask(struct door *d, int64_t raw_ns, bool smeared)
{
    static const uint8_t request[NTP_HEADER_SIZE] = { 4 << 3 | NTP_MODE_CLIENT };
    struct serve_request r = { .service = SERVICE_NTP, .bytes = { request, sizeof request }, .from = client, .rx = { raw_ns - 20000 }, .tx = { raw_ns },
                               .smeared = smeared };
    struct ntp_header h;
    struct ntp_tail tail;

    assert_int_equal(serve_datagram(&d->options, &d->page, &r, &d->stats, d->out, &d->len), VERDICT_ANSWERED);
    assert_int_equal(ntp_packet_parse((struct span){ d->out, d->len }, &h, &tail), VERDICT_ACCEPTED);
    return h;
}

static int64_t utc_ns(struct ntp_ts64 t) { return ntp_ts64_to_utc(t, (struct utc_ns){ MIDNIGHT_S * NS_PER_S }).ns; }

#define STEP_NS (100 * NS_PER_US) /* 10 000 requests a second */

static void LEAP_05_at_ten_thousand_requests_a_second_ntp_goes_back_by_the_documented_repeat_alone(void **state)
{
    int64_t last = 0;
    unsigned back = 0;

    (void)state;
    for (int32_t delta = -1; delta <= 1; delta += 2) {
        struct door d;

        door_init(&d, delta);
        last = 0;
        assert_int_equal(ask(&d, (RAW_MIDNIGHT_S - 86000) * NS_PER_S, false).leap, delta > 0 ? LEAP_INSERT : LEAP_DELETE); /* the day before */
        for (int64_t at_ns = -3 * NS_PER_S; at_ns < 3 * NS_PER_S; at_ns += STEP_NS) {
            struct ntp_header h = ask(&d, RAW_MIDNIGHT_S * NS_PER_S + at_ns, false);
            int64_t now = utc_ns(h.transmit), past_ns = delta > 0 ? at_ns : at_ns + NS_PER_S;

            assert_int_equal(h.leap, past_ns >= 0 ? LEAP_NONE : delta > 0 ? LEAP_INSERT : LEAP_DELETE);
            if (last && now < last) {
                assert_int_equal(past_ns, 0);
                assert_in_range(last - now, NS_PER_S - STEP_NS - 10, NS_PER_S - STEP_NS + 10);
                back++;
            } else if (last && past_ns != 0) {
                assert_in_range(now - last, STEP_NS - 10, STEP_NS + 10);
            }
            last = now;
        }
    }
    assert_int_equal(back, 1);
}

static void a_smearing_listener_is_continuous_and_announces_nothing(void **state)
{
    (void)state;
    for (uint8_t law = 0; law < 3; law++)
        for (int32_t delta = -1; delta <= 1; delta += 2) {
            struct door d;
            int64_t last = 0;

            door_init(&d, delta);
            d.options.ntp.smear = law;
            for (int64_t s = -50000; s < 50000; s++) {
                struct ntp_header h = ask(&d, (RAW_MIDNIGHT_S + s) * NS_PER_S + NS_PER_S / 2, true);
                int64_t now = utc_ns(h.transmit), bound = ntp_short32_to_dur(h.root_dispersion).ns;

                assert_int_equal(h.leap, LEAP_NONE);
                assert_int_equal(h.stratum, 2);
                assert_true(bound <= 40000); /* judged against the smear, not against UTC */
                assert_in_range(now - utc_ns(h.receive), 19900, 20100);
                assert_true(utc_ns(h.reference) <= now);
                if (last)
                    assert_in_range(now - last, 998900000, 1001100000);
                last = now;
            }
        }
}

static void a_smearing_listener_is_half_a_second_off_in_the_middle(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, 1);
    assert_int_equal(utc_ns(ask(&d, (RAW_MIDNIGHT_S - 50000) * NS_PER_S, true).transmit), utc_ns(ask(&d, (RAW_MIDNIGHT_S - 50000) * NS_PER_S, false).transmit));
    assert_in_range(utc_ns(ask(&d, RAW_MIDNIGHT_S * NS_PER_S - 1, false).transmit) - utc_ns(ask(&d, RAW_MIDNIGHT_S * NS_PER_S - 1, true).transmit), 499900000,
                    500100000);
    assert_int_equal(utc_ns(ask(&d, (RAW_MIDNIGHT_S + 50000) * NS_PER_S, true).transmit), utc_ns(ask(&d, (RAW_MIDNIGHT_S + 50000) * NS_PER_S, false).transmit));
}

static void LEAP_06_a_smearing_listener_without_a_clock_says_so(void **state)
{
    struct door d;
    struct ntp_header h;

    (void)state;
    door_init(&d, 1);
    d.page.status = CLOCK_UNSYNCHRONISED;
    d.page.leap = LEAP_UNKNOWN;
    h = ask(&d, RAW_MIDNIGHT_S * NS_PER_S, true);
    assert_int_equal(h.leap, LEAP_UNKNOWN);
    assert_int_equal(h.stratum, 0);
}

static const uint8_t *tell(struct door *d, enum service s, int64_t raw_ns)
{
    static const uint8_t request[4];
    struct serve_request r = { .service = s, .bytes = { request, sizeof request }, .from = client, .rx = { raw_ns }, .tx = { raw_ns } };

    assert_int_equal(serve_datagram(&d->options, &d->page, &r, &d->stats, d->out, &d->len), VERDICT_ANSWERED);
    return d->out;
}

/* As UTC on the page does: the last second is told twice. */
static void TD_06_time_and_daytime_repeat_the_last_second(void **state)
{
    struct door d;
    uint32_t last = 0, repeats = 0;

    (void)state;
    door_init(&d, 1);
    for (int64_t s = -5; s < 5; s++) {
        int64_t raw = (RAW_MIDNIGHT_S + s) * NS_PER_S + NS_PER_S / 2;
        const uint8_t *b = tell(&d, SERVICE_TIME, raw);
        uint32_t now = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

        if (last)
            assert_in_range(now - last, 0, 1);
        repeats += now == last;
        last = now;
        tell(&d, SERVICE_DAYTIME, raw);
        if (s == -1 || s == 0)
            assert_non_null(strstr((char *)d.out, "23:59:59-UTC"));
        if (s == 1)
            assert_non_null(strstr((char *)d.out, "00:00:00-UTC"));
    }
    assert_int_equal(repeats, 1);
}

static void TD_06_a_deleted_second_is_skipped(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, -1);
    tell(&d, SERVICE_DAYTIME, (RAW_MIDNIGHT_S - 2) * NS_PER_S + NS_PER_S / 2);
    assert_non_null(strstr((char *)d.out, "23:59:58-UTC"));
    tell(&d, SERVICE_DAYTIME, (RAW_MIDNIGHT_S - 1) * NS_PER_S + NS_PER_S / 2);
    assert_non_null(strstr((char *)d.out, "00:00:00-UTC"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LEAP_05_at_ten_thousand_requests_a_second_ntp_goes_back_by_the_documented_repeat_alone),
        cmocka_unit_test(a_smearing_listener_is_continuous_and_announces_nothing),
        cmocka_unit_test(a_smearing_listener_is_half_a_second_off_in_the_middle),
        cmocka_unit_test(LEAP_06_a_smearing_listener_without_a_clock_says_so),
        cmocka_unit_test(TD_06_time_and_daytime_repeat_the_last_second),
        cmocka_unit_test(TD_06_a_deleted_second_is_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
