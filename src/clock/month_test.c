/* When a month begins, and how far this clock is from it. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/month.h"

#define MIDNIGHT (INT64_C(1798761600) * NS_PER_S) /* 2027-01-01 */
#define RAW_NS (INT64_C(1000000) * NS_PER_S)      /* the raw clock then */

static struct utc_ns at(int32_t year, unsigned month, unsigned day, unsigned hour, uint32_t ns)
{
    struct civil c = { .year = year, .month = (uint8_t)month, .day = (uint8_t)day, .hour = (uint8_t)hour, .nanosecond = ns };
    struct utc_ns t;

    assert_int_equal(civil_to_utc(&c, &t), 0);
    return t;
}

static void a_month_begins_at_midnight(void **state)
{
    static const struct { int32_t year; unsigned month, day, hour; uint32_t ns; } rows[] = {
        { 2026, 12, 31, 23, 999999999 }, { 2027, 1, 1, 0, 0 }, { 2024, 2, 29, 12, 1 }, { 2100, 3, 1, 0, 1 }, { 1969, 12, 31, 23, 0 }, { 1900, 1, 2, 3, 4 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct utc_ns began = at(rows[i].year, rows[i].month, 1, 0, 0);

        assert_int_equal(month_begin(at(rows[i].year, rows[i].month, rows[i].day, rows[i].hour, rows[i].ns)).ns, began.ns);
        assert_int_equal(month_begin(began).ns, began.ns);
        assert_true(month_begin((struct utc_ns){ began.ns - 1 }).ns < began.ns);
    }
    assert_int_equal(month_begin((struct utc_ns){ INT64_MIN }).ns, INT64_MIN); /* the first that can be told has begun before */
}

/* An hour before midnight, on a raw clock that loses 100 ppm. */
static void the_next_instant_is_told_on_the_raw_clock(void **state)
{
    static const double x_s[] = { -3599, -8, 0, 8 };
    static struct clock c;

    (void)state;
    memset(&c, 0, sizeof c);
    c.page.tai_minus_utc_s = 37;
    c.page.heartbeat.ns = c.estimate.at.ns = RAW_NS;
    c.estimate.rate = 1e-4;
    c.estimate.tai = utc_to_tai((struct utc_ns){ MIDNIGHT - 3600 * NS_PER_S }, 37);
    for (unsigned i = 0; i < sizeof x_s / sizeof x_s[0]; i++) {
        struct mono_ns then = month_next(&c, (struct utc_ns){ MIDNIGHT }, x_s[i]);

        assert_true(fabs(dur_to_s(mono_sub(then, c.page.heartbeat)) - (3600 + x_s[i]) * (1 - 1e-4) - 1e-3) < 1e-6);
        assert_true(fabs(month_since_s(&c, (struct utc_ns){ MIDNIGHT }, then) - x_s[i] - 1e-3) < 1e-4);
    }
    assert_int_equal(month_next(&c, (struct utc_ns){ MIDNIGHT }, -3600).ns, MONO_NEVER.ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_begins_at_midnight),
        cmocka_unit_test(the_next_instant_is_told_on_the_raw_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
