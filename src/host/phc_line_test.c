/* A line through noisy readings: offset, drift and the weight of width; what does not fit any more is let go. */
#include "base/test.h"

#include <math.h>
#include <stdlib.h>

#include "host/phc_line.h"

#define PHC_START INT64_C(1893456037000000000)
#define RAW_START INT64_C(5000000000)

/* The true line: the PHC is `drift` fast. */
static int64_t phc_at(int64_t raw, double drift) { return PHC_START + (raw - RAW_START) + llrint((double)(raw - RAW_START) * drift); }

/* The reading at second i, its middle off by error_ns. */
static struct phc_reading reading(int i, double drift, int64_t width_ns, int64_t error_ns)
{
    int64_t raw = RAW_START + i * NS_PER_S;

    return (struct phc_reading){ phc_at(raw, drift), { raw + error_ns }, { width_ns } };
}

/* How far the line puts the PHC's stamp of a known instant from it. */
static int64_t miss_ns(const struct phc_line *l, int64_t raw, double drift)
{
    struct mono_ns out;

    assert_true(phc_fit_raw(&l->fit, phc_at(raw, drift), &out));
    return out.ns - raw;
}

static void no_reading_is_no_line(void **state)
{
    struct phc_line l = { 0 };
    struct mono_ns out = { 42 };

    (void)state;
    assert_false(phc_fit_raw(&l.fit, PHC_START, &out));
    assert_int_equal(out.ns, 42);
}

static void one_reading_gives_the_offset(void **state)
{
    struct phc_line l = { 0 };
    struct phc_reading r = reading(0, 0, 10, 0);

    (void)state;
    phc_line_add(&l, &r);
    assert_int_equal(miss_ns(&l, RAW_START + 1234567, 0), 0);
}

static void drift_is_learnt(void **state)
{
    static const double drifts[] = { 0, 1e-6, -37e-6, 250e-6 };

    (void)state;
    for (size_t d = 0; d < sizeof drifts / sizeof drifts[0]; d++) {
        struct phc_line l = { 0 };

        for (int i = 0; i < 40; i++) {
            struct phc_reading r = reading(i, drifts[d], 0, 0);

            phc_line_add(&l, &r);
        }
        assert_int_equal(l.count, PHC_LINE_READINGS);
        assert_true(llabs(miss_ns(&l, RAW_START + 40 * NS_PER_S, drifts[d])) <= 2);
        assert_true(llabs(miss_ns(&l, RAW_START + 38 * NS_PER_S + 5, drifts[d])) <= 2);
    }
}

/* Readings 2 us wide with errors up to 0.9 us: the mean of sixteen is well inside, and the stated error holds. */
static void many_wide_readings_are_better_than_one(void **state)
{
    struct phc_line l = { 0 };
    uint32_t x = 1;

    (void)state;
    for (int i = 0; i < 16; i++) {
        struct phc_reading r;

        x = x * 1664525 + 1013904223;
        r = reading(i, 20e-6, 2000, (int64_t)(x >> 16) % 1801 - 900);
        phc_line_add(&l, &r);
    }
    assert_int_equal(l.count, 16);
    assert_true(llabs(miss_ns(&l, RAW_START + 15 * NS_PER_S, 20e-6)) < 700);
    assert_true(fabs(l.fit.rate + 20e-6) < 1e-7);
    assert_in_range(l.fit.error.ns, 1000, 2100);
}

static void a_wide_reading_moves_a_narrow_line_little(void **state)
{
    struct phc_line l = { 0 };

    (void)state;
    for (int i = 0; i < 16; i++) {
        struct phc_reading r = i == 15 ? reading(i, 0, 100000, 49000) : reading(i, 0, 100, 0);

        phc_line_add(&l, &r);
    }
    assert_int_equal(l.count, 16);
    assert_true(llabs(miss_ns(&l, RAW_START + 15 * NS_PER_S, 0)) < 20);
}

static void a_step_of_the_card_begins_anew_and_keeps_the_rate(void **state)
{
    struct phc_line l = { 0 };
    struct phc_reading r;
    struct mono_ns out;

    (void)state;
    for (int i = 0; i < 10; i++) {
        r = reading(i, 30e-6, 100, 0);
        phc_line_add(&l, &r);
    }
    r = reading(10, 30e-6, 100, 0);
    r.phc_ns += 37 * NS_PER_S;
    phc_line_add(&l, &r);
    assert_int_equal(l.count, 1);
    assert_true(phc_fit_raw(&l.fit, r.phc_ns + NS_PER_S, &out));
    assert_true(llabs(out.ns - r.raw.ns - NS_PER_S + 30000) < 200);
    r = reading(11, 30e-6, 100, 0); /* and back */
    phc_line_add(&l, &r);
    assert_int_equal(l.count, 1);
    assert_true(llabs(miss_ns(&l, r.raw.ns, 30e-6)) <= 1);
}

/* Somebody steers the card's clock: at once the newest reading rules. */
static void a_change_of_rate_lets_old_readings_go(void **state)
{
    struct phc_line l = { 0 };

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct phc_reading r = reading(i, 0, 0, i < 16 ? 0 : (i - 15) * 400);

        phc_line_add(&l, &r);
        if (i == 16)
            assert_in_range(l.count, 1, 2);
    }
    assert_true(fabs(l.fit.rate - 400e-9) < 1e-12);
    assert_int_equal(l.fit.raw_ref.ns, RAW_START + 19 * NS_PER_S + 1600);
}

static void readings_in_quick_succession_say_nothing_about_the_rate(void **state)
{
    struct phc_line l = { 0 };

    (void)state;
    for (int i = 0; i < 10; i++) {
        struct phc_reading r = { PHC_START + i * 1000000, { RAW_START + i * 1000000 + i % 2 * 400 }, { 1000 } };

        phc_line_add(&l, &r);
    }
    assert_int_equal(l.count, 1);
    assert_true(l.fit.rate == 0);
}

static void far_from_the_readings_nothing_is_said(void **state)
{
    struct phc_line l = { 0 };
    struct phc_reading r = reading(0, 0, 0, 0);
    struct mono_ns out;

    (void)state;
    phc_line_add(&l, &r);
    assert_true(phc_fit_raw(&l.fit, PHC_START - PHC_FIT_REACH_NS, &out));
    assert_false(phc_fit_raw(&l.fit, PHC_START + PHC_FIT_REACH_NS + 1, &out));
    assert_false(phc_fit_raw(&l.fit, INT64_MIN, &out));
    assert_false(phc_fit_raw(&l.fit, INT64_MAX, &out));
}

static void of_a_burst_the_narrowest_counts(void **state)
{
    static const struct phc_reading burst[] = { { 1, { 1 }, { 900 } }, { 2, { 2 }, { -1 } }, { 3, { 3 }, { 120 } }, { 4, { 4 }, { 121 } } };
    struct phc_reading r = { 0 };

    (void)state;
    assert_true(phc_narrowest(burst, 4, &r));
    assert_int_equal(r.phc_ns, 3);
    assert_false(phc_narrowest(burst + 1, 1, &r));
    assert_int_equal(r.phc_ns, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reading_is_no_line),
        cmocka_unit_test(one_reading_gives_the_offset),
        cmocka_unit_test(drift_is_learnt),
        cmocka_unit_test(many_wide_readings_are_better_than_one),
        cmocka_unit_test(a_wide_reading_moves_a_narrow_line_little),
        cmocka_unit_test(a_step_of_the_card_begins_anew_and_keeps_the_rate),
        cmocka_unit_test(a_change_of_rate_lets_old_readings_go),
        cmocka_unit_test(readings_in_quick_succession_say_nothing_about_the_rate),
        cmocka_unit_test(far_from_the_readings_nothing_is_said),
        cmocka_unit_test(of_a_burst_the_narrowest_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
