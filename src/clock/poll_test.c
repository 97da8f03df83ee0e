/* How often a source is asked: growth against noise, limits, and what shortens it. */
#include <inttypes.h>
#include <math.h>

#include "base/test.h"
#include "clock/noise.h"
#include "clock/poll.h"

/* A clock that has long been measured: noise and wander as given. */
static struct clock *calm(struct clock *c, double noise_s, double wander)
{
    *c = (struct clock){ .policy = { .synchronised_once = true }, .estimate = { .at = { 86400 * NS_PER_S }, .wander = wander, .skew = 1e-8 } };
    c->source[0] = (struct clock_source){ .used = true, .reach = 0xff, .told = 0xff, .min_poll_log2 = 0, .max_poll_log2 = 17,
                                          .noise = { .typical_s = noise_s, .error_var = noise_s * noise_s, .samples = 100 } };
    return c;
}

static double chosen(const struct clock *c) { return dur_to_s(poll_choose(c, &c->source[0])); }

static void interval_is_where_wander_reaches_the_noise(void **state)
{
    static const struct { double noise_s, wander, interval_s; } rows[] = {
        { 1e-5, 1e-9, 465.6 }, { 1e-5, 1e-8, 100.3 }, { 1e-4, 1e-9, 2161 }, { 1e-4, 1e-8, 465.6 }, { 1e-3, 1e-7, 465.6 }, { 1e-7, 1e-9, 21.6 },
        { 1e-3, 1e-11, 4636 /* the age says so */ },
    };
    struct clock c;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double s = chosen(calm(&c, rows[i].noise_s, rows[i].wander));

        if (fabs(s / rows[i].interval_s - 1) > 0.01)
            fail_msg("noise %g wander %g: %g s", rows[i].noise_s, rows[i].wander, s);
    }
}

static void limits_hold(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-3, 1e-10)->source[0].max_poll_log2 = 10;
    assert_true(chosen(&c) == 1024);
    calm(&c, 1e-9, 1e-7)->source[0].min_poll_log2 = 6;
    assert_true(chosen(&c) == 64);
}

static void young_estimate_is_measured_often(void **state)
{
    static const struct { int64_t age_s; double interval_s; } rows[] = { { 8, 2 }, { 100, 25 }, { 448, 89.6 }, { 2160, 291.5 }, { 11600, 1028 } };
    struct clock c;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        calm(&c, 1e-3, 1e-10)->estimate.at = (struct mono_ns){ rows[i].age_s * NS_PER_S };
        if (fabs(chosen(&c) / rows[i].interval_s - 1) > 0.01)
            fail_msg("age %" PRId64 ": %g s", rows[i].age_s, chosen(&c));
    }
}

static void surprise_brings_the_shortest_interval(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-4, 1e-9)->estimate.surprises = 1;
    assert_true(chosen(&c) == 1);
    calm(&c, 1e-4, 1e-9)->estimate.opened = 1;
    assert_true(chosen(&c) == 1);
    calm(&c, 1e-4, 1e-9)->policy.contradictions = 1;
    assert_true(chosen(&c) == 1);
    calm(&c, 1e-4, 1e-9)->policy.synchronised_once = false;
    assert_true(chosen(&c) == 1);
}

static void missing_or_late_answer_is_asked_for_sooner_at_no_more_packets(void **state)
{
    static const struct { unsigned told; double share; } rows[] = {
        { 0xff, 1 }, { 0xfe, 0.5 * 14 / 13 }, { 0xfc, 14 / 13.0 }, { 0xfd, 14 / 13.0 }, { 0x55, 14 / 11.0 }, { 0xaa, 0.5 * 14 / 10 }, { 0x03, 1 },
    };
    struct clock c;
    double usual;

    (void)state;
    usual = chosen(calm(&c, 1e-4, 1e-9));
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.source[0].told = (uint8_t)rows[i].told;
        if (fabs(chosen(&c) / usual / rows[i].share - 1) > 1e-6)
            fail_msg("register %#x: %g of the interval", rows[i].told, chosen(&c) / usual);
    }
}

static double burst_s(const struct clock *c) { return dur_to_s(poll_burst(c, &c->source[0])); }

/* Asked again when it would be off by twice the noise, and by the shortest interval where that is later. */
static void guessed_frequency_is_asked_for_as_it_gets_better(void **state)
{
    static const struct { double skew, burst_s; } rows[] = { { 2e-5, 2 }, { 2e-6, 10 }, { 5e-7, 40 }, { 3.2e-7, 62.5 }, { 3.1e-7, 0 }, { 1e-8, 0 } };
    struct clock c;

    (void)state;
    calm(&c, 1e-5, 1e-9)->source[0].min_poll_log2 = 6;
    c.source[0].noise.samples = NOISE_LAW_SAMPLES - 1;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.estimate.skew = rows[i].skew;
        if (fabs(burst_s(&c) - rows[i].burst_s) > 1e-6)
            fail_msg("skew %g: %g s", rows[i].skew, burst_s(&c));
    }
    c.source[0].noise.samples = NOISE_LAW_SAMPLES;
    c.estimate.skew = 2e-6;
    assert_true(burst_s(&c) == 0);
}

static void what_does_not_fit_is_asked_for_at_once(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-5, 1e-9)->source[0].min_poll_log2 = 6;
    c.estimate.opened = 1;
    assert_true(burst_s(&c) == 0);
    c.estimate.skew = 1e-6;
    assert_true(burst_s(&c) == 2);
    calm(&c, 1e-5, 1e-9)->policy.contradictions = 1;
    assert_true(burst_s(&c) == 2);
    calm(&c, 1e-5, 1e-9)->page.status = CLOCK_DISRUPTED;
    assert_true(burst_s(&c) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_is_where_wander_reaches_the_noise),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(young_estimate_is_measured_often),
        cmocka_unit_test(surprise_brings_the_shortest_interval),
        cmocka_unit_test(missing_or_late_answer_is_asked_for_sooner_at_no_more_packets),
        cmocka_unit_test(guessed_frequency_is_asked_for_as_it_gets_better),
        cmocka_unit_test(what_does_not_fit_is_asked_for_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
