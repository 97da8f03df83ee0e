/* TIME and DAYTIME: what is on the wire at known instants. Who is answered is tested in serve/serve_test.c. */
#include "base/test.h"

#include <string.h>

#include "timeproto/timeproto.h"

static struct clock_view view_at(int64_t unix_s, int64_t ns)
{
    return (struct clock_view){ .utc = { unix_s * NS_PER_S + ns }, .status = CLOCK_SYNCHRONISED, .stratum = 2 };
}

/* Known instants; the third and fourth rows are RFC 868's own examples. */
static void TIME_counts_from_1900_modulo_2_32(void **state)
{
    static const struct { int64_t unix_s; uint8_t wire[4]; } row[] = {
        { INT64_C(1795392123), { 0xee, 0xae, 0x00, 0xfb } }, /* 2026-11-23T00:02:03Z */
        { -1, { 0x83, 0xaa, 0x7e, 0x7f } },
        { 0, { 0x83, 0xaa, 0x7e, 0x80 } },          /* 2 208 988 800: 1970-01-01 */
        { 189302400, { 0x8e, 0xf3, 0x05, 0x00 } },  /* 2 398 291 200: 1976-01-01 */
        { INT64_C(2085978495), { 0xff, 0xff, 0xff, 0xff } }, /* 2036-02-07T06:28:15Z */
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct clock_view view = view_at(row[i].unix_s, 999999999);
        uint8_t out[TIME_SIZE];
        size_t len;

        assert_int_equal(time_answer(&view, out, &len), VERDICT_ANSWERED);
        assert_int_equal(len, TIME_SIZE);
        assert_memory_equal(out, row[i].wire, TIME_SIZE);
    }
}

static void ERA_06_the_counter_goes_on_as_an_NTP_second(void **state)
{
    (void)state;
    for (int64_t s = -2; s <= 2; s++) {
        struct clock_view view = view_at(INT64_C(2085978496) + s, 0);
        uint8_t out[TIME_SIZE], expected[TIME_SIZE] = { (uint8_t)(s >> 24), (uint8_t)(s >> 16), (uint8_t)(s >> 8), (uint8_t)s };
        size_t len;

        assert_int_equal(time_answer(&view, out, &len), VERDICT_ANSWERED);
        assert_memory_equal(out, expected, TIME_SIZE);
    }
}

static void DAYTIME_is_one_line(void **state)
{
    static const struct { int64_t unix_s; const char *line; } row[] = {
        { INT64_C(1795395723), "Monday, November 23, 2026 01:02:03-UTC\r\n" },
        { 0, "Thursday, January 1, 1970 00:00:00-UTC\r\n" },
        { INT64_C(2147483648), "Tuesday, January 19, 2038 03:14:08-UTC\r\n" },
        { INT64_C(4107542399), "Sunday, February 28, 2100 23:59:59-UTC\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct clock_view view = view_at(row[i].unix_s, 1);
        uint8_t out[DAYTIME_MAX];
        size_t len;

        assert_int_equal(daytime_answer(&view, out, &len), VERDICT_ANSWERED);
        assert_int_equal(len, strlen(row[i].line));
        assert_memory_equal(out, row[i].line, len);
    }
}

static void the_longest_line_fits(void **state)
{
    static const int64_t extreme[] = { INT64_MIN, INT64_MAX, INT64_C(1789516799) * NS_PER_S };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct clock_view view = { .utc = { extreme[i] }, .stratum = 1 };
        uint8_t out[DAYTIME_MAX];
        size_t len;

        assert_int_equal(daytime_answer(&view, out, &len), VERDICT_ANSWERED);
        assert_in_range(len, 20, DAYTIME_MAX - 1);
    }
}

static void TD_04_nothing_while_not_synchronised(void **state)
{
    struct clock_view view = view_at(INT64_C(1795395723), 0);
    uint8_t out[DAYTIME_MAX];
    size_t len = 9;

    (void)state;
    view.leap = LEAP_UNKNOWN;
    assert_int_equal(time_answer(&view, out, &len), VERDICT_NOT_SYNCHRONISED);
    assert_int_equal(len, 0);
    len = 9;
    assert_int_equal(daytime_answer(&view, out, &len), VERDICT_NOT_SYNCHRONISED);
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TIME_counts_from_1900_modulo_2_32),
        cmocka_unit_test(ERA_06_the_counter_goes_on_as_an_NTP_second),
        cmocka_unit_test(DAYTIME_is_one_line),
        cmocka_unit_test(the_longest_line_fits),
        cmocka_unit_test(TD_04_nothing_while_not_synchronised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
