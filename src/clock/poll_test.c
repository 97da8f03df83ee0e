/* How often a source is asked: growth against noise, limits, and what shortens it. */
#include <math.h>

#include "base/test.h"
#include "clock/noise.h"
#include "clock/poll.h"

/* A clock that has long been measured: noise and wander as given. */
static struct clock *calm(struct clock *c, double noise_s, double wander)
{
    *c = (struct clock){ .policy = { .synchronised_once = true }, .estimate = { .at = { 86400 * NS_PER_S }, .wander = wander, .skew = 1e-8 } };
    c->source[0] = (struct clock_source){ .used = true, .reach = 0xff, .min_poll_log2 = 0, .max_poll_log2 = 17,
                                          .noise = { .typical_s = noise_s, .error_var = noise_s * noise_s, .samples = 100 } };
    return c;
}

static int chosen(const struct clock *c) { return poll_choose(c, &c->source[0]); }

static void interval_is_where_wander_reaches_the_noise(void **state)
{
    static const struct { double noise_s, wander; int log2; } rows[] = {
        { 1e-5, 1e-9, 9 }, { 1e-5, 1e-8, 7 }, { 1e-4, 1e-9, 11 }, { 1e-4, 1e-8, 9 }, { 1e-3, 1e-7, 9 }, { 1e-7, 1e-9, 4 }, { 1e-3, 1e-11, 14 /* age/7 */ },
    };
    struct clock c;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int log2 = chosen(calm(&c, rows[i].noise_s, rows[i].wander));

        if (log2 > rows[i].log2 || log2 < rows[i].log2 - 1) /* between the powers of two */
            fail_msg("noise %g wander %g: %d", rows[i].noise_s, rows[i].wander, log2);
    }
}

static void limits_hold(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-3, 1e-10)->source[0].max_poll_log2 = 10;
    assert_int_equal(chosen(&c), 10);
    calm(&c, 1e-9, 1e-7)->source[0].min_poll_log2 = 6;
    assert_int_equal(chosen(&c), 6);
}

static void young_estimate_is_measured_often(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-3, 1e-10)->estimate.at = (struct mono_ns){ 448 * NS_PER_S };
    assert_int_equal(chosen(&c), 6); /* 448 s / 7 */
}

static void surprise_brings_the_shortest_interval(void **state)
{
    struct clock c;

    (void)state;
    calm(&c, 1e-4, 1e-9)->estimate.surprises = 1;
    assert_int_equal(chosen(&c), 0);
    calm(&c, 1e-4, 1e-9)->estimate.opened = 1;
    assert_int_equal(chosen(&c), 0);
    calm(&c, 1e-4, 1e-9)->policy.contradictions = 1;
    assert_int_equal(chosen(&c), 0);
    calm(&c, 1e-4, 1e-9)->policy.synchronised_once = false;
    assert_int_equal(chosen(&c), 0);
}

static void missing_answer_is_asked_for_sooner_and_then_less(void **state)
{
    static const struct { unsigned reach; int sooner; } rows[] = { { 0xff, 0 }, { 0xfe, 1 }, { 0xfc, 0 }, { 0xf8, 0 }, { 0x55, 0 } };
    struct clock c;
    int usual;

    (void)state;
    usual = chosen(calm(&c, 1e-4, 1e-9));
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.source[0].reach = (uint8_t)rows[i].reach;
        assert_int_equal(chosen(&c), usual - rows[i].sooner);
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
        cmocka_unit_test(missing_answer_is_asked_for_sooner_and_then_less),
        cmocka_unit_test(burst_goes_on_while_the_frequency_is_a_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
