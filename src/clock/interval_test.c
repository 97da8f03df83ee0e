/* Spans that age: at the page's growth, and never slower than what was measured can go astray. */
#include <math.h>

#include "base/test.h"
#include "clock/interval.h"

static bool near(double a, double b) { return fabs(a - b) < 1e-12; }

static void width_middle_and_farthest(void **state)
{
    static const struct { struct clock_span span; double width, middle, farthest; } rows[] = {
        { { -1, 3 }, 4, 1, 3 }, { { -3, 1 }, 4, -1, 3 }, { { 2, 5 }, 3, 3.5, 5 }, { { -5, -2 }, 3, -3.5, 5 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(interval_width(rows[i].span) == rows[i].width);
        assert_true(interval_middle(rows[i].span) == rows[i].middle);
        assert_true(interval_farthest(rows[i].span) == rows[i].farthest);
    }
}

static struct clock with_growth(double page)
{
    struct clock c = { .estimate.rate_known = { -400e-6, 500e-6 }, .estimate.aged = { 0 } };

    c.options.clock.max_drift = 1;
    c.page.growth = c.page.growth_silent = page;
    c.page.silent_at = MONO_NEVER;
    return c;
}

static void growth_is_drift_and_what_is_unproven(void **state)
{
    struct clock c = with_growth(0);

    (void)state;
    assert_true(near(interval_growth(&c), 501e-6));
    c.estimate.rate_known = (struct clock_span){ -2e-6, -1e-6 };
    assert_true(near(interval_growth(&c), 3e-6));
    c.leap.loose = 11.7e-6; /* what sources may smear comes on top */
    assert_true(near(interval_growth(&c), 14.7e-6));
}

static void what_was_measured_ages_faster_than_what_is_stated(void **state)
{
    struct clock c = with_growth(15e-6);

    (void)state;
    interval_age(&c, (struct mono_ns){ 10 * NS_PER_S });
    assert_true(near(c.estimate.bound.hi_s, 150e-6));
    assert_true(near(c.source[3].span.hi_s, 5010e-6));
    assert_true(near(c.source[3].span.lo_s, -5010e-6));
}

static void all_age_by_the_page_where_that_is_more(void **state)
{
    struct clock c = with_growth(600e-6);

    (void)state;
    interval_age(&c, (struct mono_ns){ 10 * NS_PER_S });
    assert_true(near(c.estimate.bound.lo_s, -6e-3));
    assert_true(near(c.source[0].span.lo_s, -6e-3));
}

/* 6 s of calm and 4 s of silence. */
static void silence_ages_at_its_own_pace(void **state)
{
    struct clock c = with_growth(600e-6);

    (void)state;
    c.page.growth_silent = 1e-3;
    c.page.silent_at.ns = 6 * NS_PER_S;
    interval_age(&c, (struct mono_ns){ 10 * NS_PER_S });
    assert_true(near(c.estimate.bound.hi_s, 6 * 600e-6 + 4e-3));
}

/* The oscillator's own limit, and what the steering adds to it, whichever way. */
static void a_forgotten_rate_may_be_anything_within_the_limit(void **state)
{
    struct clock c = with_growth(0);

    (void)state;
    c.options.clock.max_frequency = 500;
    c.estimate.rate = -30e-6;
    interval_forget_rate(&c);
    assert_true(near(c.estimate.rate_known.lo_s, -530e-6));
    assert_true(near(c.estimate.rate_known.hi_s, 530e-6));
}

static void a_measurement_is_as_old_as_it_is(void **state)
{
    const struct measurement m = { .at = { 0 }, .root_delay = { NS_PER_MS } };
    struct clock c = with_growth(15e-6);
    struct clock_span s = interval_of(&c, &m, 0, (struct mono_ns){ 4 * NS_PER_S });

    (void)state;
    assert_true(near(s.hi_s, 500e-6 + 4 * 501e-6));
    assert_true(near(s.lo_s, -s.hi_s));
}

/* Half of the exchange, and what the raw clock may be wrong by over the whole of it. */
static void an_exchange_costs_half_and_the_frequency(void **state)
{
    const struct measurement m = { .at = { 0 }, .delay = { 2 * NS_PER_S } };
    struct clock c = with_growth(0);

    (void)state;
    c.options.clock.max_frequency = 500;
    assert_true(near(interval_of(&c, &m, 0, (struct mono_ns){ 0 }).hi_s, 1 + 2 * 500e-6));
}

static void what_is_uncertain_adds_up(void **state)
{
    const struct measurement m = { .delay = { 2 * NS_PER_MS }, .dispersion = { 3 * NS_PER_MS },
                                   .root_delay = { 10 * NS_PER_MS }, .root_dispersion = { 7 * NS_PER_MS } };
    struct clock c = with_growth(0);

    (void)state;
    assert_true(near(interval_of(&c, &m, 0.5, (struct mono_ns){ 0 }).hi_s, 0.5 + 0.016));
    assert_true(near(interval_of(&c, &m, 0.5, (struct mono_ns){ 0 }).lo_s, 0.5 - 0.016));
}

static void intervals_that_touch_meet(void **state)
{
    struct clock_span common;

    (void)state;
    assert_true(interval_meet((struct clock_span){ 0, 1 }, (struct clock_span){ 1, 2 }, &common));
    assert_true(common.lo_s == 1 && common.hi_s == 1);
    assert_false(interval_meet((struct clock_span){ 0, 1 }, (struct clock_span){ 1.5, 2 }, &common));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_middle_and_farthest),
        cmocka_unit_test(growth_is_drift_and_what_is_unproven),
        cmocka_unit_test(what_was_measured_ages_faster_than_what_is_stated),
        cmocka_unit_test(all_age_by_the_page_where_that_is_more),
        cmocka_unit_test(silence_ages_at_its_own_pace),
        cmocka_unit_test(a_forgotten_rate_may_be_anything_within_the_limit),
        cmocka_unit_test(a_measurement_is_as_old_as_it_is),
        cmocka_unit_test(an_exchange_costs_half_and_the_frequency),
        cmocka_unit_test(what_is_uncertain_adds_up),
        cmocka_unit_test(intervals_that_touch_meet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
