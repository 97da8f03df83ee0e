/* Eras, rounding, civil time and the sign convention. */
#include "base/test.h"

#include "base/err.h"
#include "base/rng.h"
#include "base/time.h"

static struct utc_ns at(int year, int month, int day, int h, int m, int s)
{
    struct utc_ns t;
    struct civil c = { .year = year, .month = (uint8_t)month, .day = (uint8_t)day, .hour = (uint8_t)h, .minute = (uint8_t)m, .second = (uint8_t)s };

    assert_int_equal(civil_to_utc(&c, &t), 0);
    return t;
}

/* The glossary's example: t1 = 10 s and t4 = 12 s by our clock, server receives and answers at 111 s: theta = +100 s, we are behind. */
static void four_timestamps_give_a_positive_offset_when_we_are_behind(void **state)
{
    int64_t t1 = 10, t2 = 111, t3 = 111, t4 = 12;

    (void)state;
    assert_int_equal(((t2 - t1) + (t3 - t4)) / 2, 100);
}

static void ERA_01_seconds_field_wraps_in_2036(void **state)
{
    struct utc_ns before = at(2036, 2, 7, 6, 28, 15), after = at(2036, 2, 7, 6, 28, 17);

    (void)state;
    assert_int_equal(ntp_ts64_from_utc(before).raw >> 32, 0xffffffff);
    assert_int_equal(ntp_ts64_from_utc(after).raw >> 32, 1);
    assert_int_equal(ntp_ts64_to_utc(ntp_ts64_from_utc(after), before).ns, after.ns);
    assert_int_equal(ntp_ts64_to_utc(ntp_ts64_from_utc(before), after).ns, before.ns);
}

static void ERA_03_every_era_within_68_years_of_the_pivot_is_right(void **state)
{
    static const int years[] = { 1970, 2000, 2026, 2038, 2040, 2106, 2200 };

    (void)state;
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        struct utc_ns pivot = at(years[i], 1, 19, 3, 14, 8);

        for (int64_t days = -24800; days <= 24800; days += 31) {
            struct utc_ns t = utc_add(pivot, (struct dur_ns){ days * 86400 * NS_PER_S });

            if ((days < 0) != (t.ns < pivot.ns) && days != 0)
                continue; /* met the rail of int64 nanoseconds */
            assert_int_equal(ntp_ts64_to_utc(ntp_ts64_from_utc(t), pivot).ns, t.ns);
        }
    }
}

static void timestamps_round_trip_to_the_nanosecond(void **state)
{
    struct prng p;

    (void)state;
    prng_seed(&p, 1);
    for (int i = 0; i < 100000; i++) {
        struct utc_ns t = { (int64_t)(prng_u64(&p) % UINT64_C(4000000000000000000)) };

        assert_int_equal(ntp_ts64_to_utc(ntp_ts64_from_utc(t), t).ns, t.ns);
    }
}

static void ERA_05_impossible_parts_are_refused(void **state)
{
    int64_t out = 42;

    (void)state;
    assert_int_equal(ns_from_parts(1, -1, &out), -UE_RANGE);
    assert_int_equal(ns_from_parts(1, NS_PER_S, &out), -UE_RANGE);
    assert_int_equal(ns_from_parts(INT64_MAX, 0, &out), -UE_RANGE);
    assert_int_equal(ns_from_parts(INT64_MIN / NS_PER_S - 1, 0, &out), -UE_RANGE);
    assert_int_equal(out, 42);
    assert_int_equal(ns_from_parts(-1, 5, &out), 0);
    assert_int_equal(out, -NS_PER_S + 5);
}

static void ERA_05_dates_that_do_not_exist_are_refused(void **state)
{
    static const struct civil bad[] = {
        { .year = 0, .month = 0, .day = 0 }, { .year = 2026, .month = 13, .day = 1 }, { .year = 2026, .month = 2, .day = 29 },
        { .year = 1900, .month = 2, .day = 29 },
        { .year = 2026, .month = 1, .day = 1, .hour = 24 }, { .year = 2026, .month = 1, .day = 1, .second = 60 },
    };
    struct utc_ns out;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(civil_to_utc(&bad[i], &out), -UE_RANGE);
}

static void short_format_rounds_up_and_saturates(void **state)
{
    (void)state;
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ 0 }).raw, 0);
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ 1 }).raw, 1);
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ NS_PER_S }).raw, 0x10000);
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ NS_PER_S - 1 }).raw, 0x10000);
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ 65536 * NS_PER_S }).raw, UINT32_MAX);
    assert_int_equal(ntp_short32_from_dur_up((struct dur_ns){ -5 }).raw, 0);
    for (int64_t ns = 0; ns < 200000; ns += 7)
        assert_true(ntp_short32_to_dur(ntp_short32_from_dur_up((struct dur_ns){ ns })).ns >= ns);
}

static void sums_saturate(void **state)
{
    (void)state;
    assert_int_equal(ns_add(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(ns_add(INT64_MIN, -1), INT64_MIN);
    assert_int_equal(ns_sub(INT64_MIN, 1), INT64_MIN);
    assert_int_equal(ns_sub(INT64_MAX, -1), INT64_MAX);
    assert_int_equal(dur_from_s(1e30).ns, INT64_MAX);
    assert_int_equal(dur_from_s(-1e30).ns, INT64_MIN);
    assert_int_equal(dur_from_s(0.0 / (double)(ns_add(0, 0))).ns, 0);
    assert_int_equal(dur_from_s(-1.5e-9).ns, -1);
    assert_int_equal(dur_from_log2(-200).ns, 0);
    assert_int_equal(dur_from_log2(-1).ns, NS_PER_S / 2);
}

static void civil_time_round_trips_and_knows_its_weekdays(void **state)
{
    struct civil c = civil_from_utc(at(2026, 11, 23, 1, 2, 3));
    char text[CIVIL_TEXT_MAX];

    (void)state;
    assert_int_equal(c.weekday, 1);
    assert_string_equal(utc_to_text((struct utc_ns){ at(2026, 11, 23, 1, 2, 3).ns + 123456789 }, 9, text), "2026-11-23T01:02:03.123456789Z");
    assert_string_equal(utc_to_text((struct utc_ns){ -1 }, 0, text), "1969-12-31T23:59:59Z");
    for (int64_t day = -100000; day < 100000; day += 13) {
        struct utc_ns t = { day * 86400 * NS_PER_S + 5 }, back;

        c = civil_from_utc(t);
        assert_int_equal(civil_to_utc(&c, &back), 0);
        assert_int_equal(back.ns, t.ns);
    }
}

static void ERA_05_ends_of_the_count(void **state)
{
    const struct ntp_ts64 zero = { 0 };
    char text[CIVIL_TEXT_MAX];

    (void)state;
    assert_int_equal(ntp_ts64_to_utc(zero, (struct utc_ns){ INT64_MAX }).ns, INT64_MAX);
    assert_int_equal(ntp_ts64_to_utc((struct ntp_ts64){ UINT64_MAX }, (struct utc_ns){ INT64_MIN }).ns, INT64_MIN);
    assert_string_equal(utc_to_text((struct utc_ns){ 1 }, 10, text), "1970-01-01T00:00:00.000000001Z");
}

static void ERA_02_only_a_clock_that_was_set_is_plausible(void **state)
{
    static const struct { struct civil at; bool plausible; } rows[] = {
        { { .year = 1970, .month = 1, .day = 1, .second = 5 }, false },
        { { .year = 2025, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 59 }, false },
        { { .year = 2026, .month = 1, .day = 1 }, true },
        { { .year = 2038, .month = 1, .day = 20 }, true },
        { { .year = 2094, .month = 1, .day = 19 }, true },
        { { .year = 2094, .month = 1, .day = 20 }, false },
        { { .year = 2106, .month = 2, .day = 7 }, false },
    };
    struct utc_ns t;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(civil_to_utc(&rows[i].at, &t), 0);
        assert_int_equal(utc_is_plausible(t), rows[i].plausible);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_timestamps_give_a_positive_offset_when_we_are_behind),
        cmocka_unit_test(ERA_01_seconds_field_wraps_in_2036),
        cmocka_unit_test(ERA_03_every_era_within_68_years_of_the_pivot_is_right),
        cmocka_unit_test(timestamps_round_trip_to_the_nanosecond),
        cmocka_unit_test(ERA_05_impossible_parts_are_refused),
        cmocka_unit_test(ERA_05_dates_that_do_not_exist_are_refused),
        cmocka_unit_test(short_format_rounds_up_and_saturates),
        cmocka_unit_test(ERA_02_only_a_clock_that_was_set_is_plausible),
        cmocka_unit_test(ERA_05_ends_of_the_count),
        cmocka_unit_test(sums_saturate),
        cmocka_unit_test(civil_time_round_trips_and_knows_its_weekdays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
