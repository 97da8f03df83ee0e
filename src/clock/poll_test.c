/* How often a source is asked: growth against noise, limits, and what shortens it. */
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
        { 1e-3, 1e-11, 14400 /* age/6 */ },
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
    struct clock c;

    (void)state;
    calm(&c, 1e-3, 1e-10)->estimate.at = (struct mono_ns){ 448 * NS_PER_S };
    assert_true(fabs(chosen(&c) - 448 / 6.0) < 1e-6);
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

static void burst_goes_on_while_the_frequency_is_a_guess(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-5, 1e-9)->source[0].min_poll_log2 = 6;
    c.estimate.skew = 1e-6; /* 64 us until the next poll */
    assert_false(poll_is_guessed(&c, &c.source[0]));
    c.source[0].noise.samples = NOISE_LAW_SAMPLES - 1;
    assert_true(poll_is_guessed(&c, &c.source[0]));
    c.source[0].noise.samples = 100;
    c.estimate.opened = 1;
    assert_true(poll_is_guessed(&c, &c.source[0]));
    c.estimate.skew = 1e-8;
    assert_false(poll_is_guessed(&c, &c.source[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_is_where_wander_reaches_the_noise),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(young_estimate_is_measured_often),
        cmocka_unit_test(surprise_brings_the_shortest_interval),
        cmocka_unit_test(missing_or_late_answer_is_asked_for_sooner_at_no_more_packets),
        cmocka_unit_test(burst_goes_on_while_the_frequency_is_a_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
