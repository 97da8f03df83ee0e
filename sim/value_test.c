/* Numbers as people write them. */
#include "base/test.h"

#include <math.h>

#include "sim/value.h"

static void durations(void **state)
{
    static const struct { const char *word; int64_t ns; } good[] = {
        { "20ms", 20000000 }, { "900", 900 * NS_PER_S }, { "1h30m", 5400 * NS_PER_S }, { "-1h30m", -5400 * NS_PER_S },
        { "+10s", 10 * NS_PER_S }, { "0.5us", 500 }, { "1d", 86400 * NS_PER_S },
        { "0", 0 }, { "-3ns", -3 },
    };
    static const char *const bad[] = { "", "ms", "20 ms", "20parsecs", "1h-30m", "0x10", "inf", "nan", "1e", "400000d", "--3s", "9300000000", "-1e300" };
    struct dur_ns d;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(value_duration(good[i].word, &d));
        assert_int_equal(d.ns, good[i].ns);
    }
    d.ns = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(value_duration(bad[i], &d));
    assert_int_equal(d.ns, 42);
}

static void ratios_percentages_and_integers(void **state)
{
    double x;
    int64_t i;

    (void)state;
    assert_true(value_ratio("40ppm", &x) && fabs(x - 40e-6) < 1e-18);
    assert_true(value_ratio("-3ppb", &x) && fabs(x + 3e-9) < 1e-20);
    assert_true(value_ratio("1e-9", &x) && fabs(x - 1e-9) < 1e-20);
    assert_true(value_ratio("-0.1", &x) && x < 0);
    assert_false(value_ratio("0.11", &x));
    assert_false(value_ratio("-1e308ppm", &x));
    assert_false(value_ratio("1%", &x));
    assert_true(value_percent("30%", &x) && fabs(x - 0.3) < 1e-12);
    assert_false(value_percent("101%", &x));
    assert_false(value_percent("30", &x));
    assert_true(value_integer("-4", &i) && i == -4);
    assert_false(value_integer("1.5", &i));
}

static void dates(void **state)
{
    struct utc_ns t;

    (void)state;
    assert_true(value_date("1970-01-01", &t) && t.ns == 0);
    assert_true(value_date("2036-02-07T06:28:16Z", &t) && t.ns == INT64_C(2085978496) * NS_PER_S);
    assert_false(value_date("2036-02-30", &t));
    assert_false(value_date("2036-02-07T06:28", &t));
    assert_false(value_date("today", &t));
}

static void the_nearest_word_is_suggested(void **state)
{
    static const char *const words[] = { "lies", "drifts", "kisses" };

    (void)state;
    assert_string_equal(nearest_word("drifs", words, 3), "drifts");
    assert_string_equal(nearest_word("lyes", words, 3), "lies");
    assert_null(nearest_word("elephant", words, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations), cmocka_unit_test(ratios_percentages_and_integers), cmocka_unit_test(dates),
        cmocka_unit_test(the_nearest_word_is_suggested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
