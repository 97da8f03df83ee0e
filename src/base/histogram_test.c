/* Every duration is counted once, at the first limit that is not below it. */
#include "base/test.h"

#include "base/histogram.h"

static void a_duration_is_counted_at_its_limit(void **state)
{
    const struct { int64_t ns; unsigned at; } rows[] = {
        { INT64_MIN, 0 }, { 0, 0 }, { 100, 0 }, { 101, 1 }, { 200, 1 }, { 500, 2 }, { 501, 3 }, { 1000, 3 }, { NS_PER_MS, 12 }, { NS_PER_MS + 1, 13 },
        { 10 * NS_PER_S, 24 }, { 10 * NS_PER_S + 1, 25 }, { INT64_MAX, 25 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct histogram h = { .sum_ns = 0 };
        uint64_t all = 0;

        histogram_add(&h, (struct dur_ns){ rows[i].ns });
        for (unsigned k = 0; k <= HISTOGRAM_LIMITS; k++)
            all += h.count[k];
        assert_int_equal(all, 1);
        assert_int_equal(h.count[rows[i].at], 1);
        assert_int_equal(h.sum_ns, rows[i].ns > 0 ? rows[i].ns : 0);
    }
}

static void limits_rise_and_sums_stay_at_the_rail(void **state)
{
    struct histogram h = { .sum_ns = INT64_MAX - 1 }, more = { .sum_ns = 0 };

    (void)state;
    for (unsigned i = 1; i < HISTOGRAM_LIMITS; i++)
        assert_true(histogram_limit_ns[i] > histogram_limit_ns[i - 1]);
    histogram_add(&more, (struct dur_ns){ 1000 });
    histogram_join(&h, &more);
    assert_int_equal(h.sum_ns, INT64_MAX);
    assert_int_equal(h.count[3], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_counted_at_its_limit),
        cmocka_unit_test(limits_rise_and_sums_stay_at_the_rail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
