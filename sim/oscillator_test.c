/* The raw clock is the integral of the frequency, whatever the jumps it is evaluated by. */
#include "base/test.h"

#include <math.h>

#include "sim/oscillator.h"

static void constant_drift_is_exact(void **state)
{
    struct oscillator o = { .y = 40e-6 };

    (void)state;
    for (int64_t s = 1; s <= 1000; s++)
        oscillator_advance(&o, (struct tai_ns){ s * NS_PER_S }, NULL);
    assert_int_equal(o.raw.ns, 1000 * NS_PER_S + 40000000);
    oscillator_advance(&o, (struct tai_ns){ 3000 * NS_PER_S }, NULL);
    assert_int_equal(o.raw.ns, 3000 * NS_PER_S + 120000000);
}

static void a_sine_comes_back(void **state)
{
    struct oscillator o = { .sine = 1e-6, .sine_period_s = 7200 };

    (void)state;
    oscillator_advance(&o, (struct tai_ns){ 3600 * NS_PER_S }, NULL);
    /* half a period of a sine: amplitude * period / pi */
    assert_true(fabs((double)(o.raw.ns - 3600 * NS_PER_S) - 1e-6 * 7200 / M_PI * 1e9) < 2);
    oscillator_advance(&o, (struct tai_ns){ 7200 * NS_PER_S }, NULL);
    assert_true(fabs((double)(o.raw.ns - 7200 * NS_PER_S)) < 2);
}

/* One jump and a thousand steps have the same law: variances w^2 T^3/3 and w^2 T, covariance w^2 T^2/2. */
static void noise_has_its_covariance(int steps)
{
    double xx = 0, xy = 0, yy = 0, t = 1000, w = 1e-6;
    const int runs = 4000;
    struct prng p;

    prng_seed(&p, 11);
    for (int i = 0; i < runs; i++) {
        struct oscillator o = { .wander = w };
        double x, y;

        for (int k = 1; k <= steps; k++)
            oscillator_advance(&o, (struct tai_ns){ (int64_t)t * NS_PER_S / steps * k }, &p);
        x = (double)(o.raw.ns - (int64_t)t * NS_PER_S) * 1e-9;
        y = oscillator_rate(&o);
        xx += x * x / runs;
        xy += x * y / runs;
        yy += y * y / runs;
    }
    assert_true(fabs(xx / (w * w * t * t * t / 3) - 1) < 0.08);
    assert_true(fabs(xy / (w * w * t * t / 2) - 1) < 0.08);
    assert_true(fabs(yy / (w * w * t) - 1) < 0.08);
}

static void noise_has_its_covariance_in_one_jump(void **state) { (void)state; noise_has_its_covariance(1); }
static void noise_has_its_covariance_in_steps(void **state) { (void)state; noise_has_its_covariance(100); }

static void a_walk_stays_within(void **state)
{
    struct oscillator o = { .y = 10e-6, .y_mid = 10e-6, .y_span = 1e-7, .wander = 1e-7 };
    struct prng p;

    (void)state;
    prng_seed(&p, 2);
    for (int64_t s = 1; s < 20000; s++) {
        oscillator_advance(&o, (struct tai_ns){ s * NS_PER_S }, &p);
        assert_true(fabs(oscillator_rate(&o) - 10e-6) <= 1e-7 * (1 + 1e-9));
    }
}

/* However fast it walks and however seldom it is looked at. */
static void a_mean_stays_within(void **state)
{
    struct oscillator o = { .y = 10e-6, .y_mid = 10e-6, .y_span = 1e-7, .wander = 1e-6 };
    struct prng p;

    (void)state;
    prng_seed(&p, 3);
    for (int64_t s = 64; s < 100000; s += 64) {
        int64_t before = o.raw.ns;

        oscillator_advance(&o, (struct tai_ns){ s * NS_PER_S }, &p);
        assert_true(fabs((double)(o.raw.ns - before - 64 * NS_PER_S) - 640e3) <= 6400 + 1);
    }
}

static void sleep_stops_the_raw_clock(void **state)
{
    struct oscillator o = { .raw = { 77 } };

    (void)state;
    oscillator_sleep(&o, (struct tai_ns){ 5 * NS_PER_S });
    assert_int_equal(o.raw.ns, 77);
    oscillator_advance(&o, (struct tai_ns){ 6 * NS_PER_S }, NULL);
    assert_int_equal(o.raw.ns, 77 + NS_PER_S);
}

static void a_deadline_is_met_in_truth(void **state)
{
    struct oscillator o = { .y = 400e-6, .raw = { 1000 } };
    struct tai_ns when = oscillator_when(&o, (struct mono_ns){ 1000 + 64 * NS_PER_S });

    (void)state;
    oscillator_advance(&o, when, NULL);
    assert_true(o.raw.ns >= 64 * NS_PER_S + 999 && o.raw.ns <= 64 * NS_PER_S + 1002);
    assert_int_equal(oscillator_when(&o, (struct mono_ns){ 5 }).ns, when.ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_drift_is_exact), cmocka_unit_test(a_sine_comes_back), cmocka_unit_test(noise_has_its_covariance_in_one_jump),
        cmocka_unit_test(noise_has_its_covariance_in_steps), cmocka_unit_test(a_walk_stays_within), cmocka_unit_test(a_mean_stays_within),
        cmocka_unit_test(sleep_stops_the_raw_clock), cmocka_unit_test(a_deadline_is_met_in_truth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
