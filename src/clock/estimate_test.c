/* The bank of filters: converges, learns the wander, and never loses a nanosecond of its line. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/test.h"
#include "clock/estimate.h"

#define TAI0 (INT64_C(1893456037) * NS_PER_S)

static struct mono_ns at(double s) { return (struct mono_ns){ (int64_t)llround(s * 1e9) }; }

static struct clock_law gaussian_law(double sd_s)
{
    return (struct clock_law){ .half_s = 10 * sd_s, .soft_var = 1e-18, .body_var = sd_s * sd_s, .edge_var = sd_s * sd_s,
                               .share = { [NOISE_BODY] = 1 }, .misfit_s = 100 * sd_s };
}

static struct clock_law box_law(double half_s)
{
    return (struct clock_law){ .half_s = half_s, .soft_var = 1e-18, .body_var = half_s * half_s / 3, .edge_var = 1e-18, .share = { [NOISE_BOX] = 1 },
                               .misfit_s = 10 * half_s };
}

struct truth { double x_s, y; };

static void walk(struct truth *t, struct prng *r, double wander, double dt_s)
{
    double dy = wander * sqrt(dt_s) * prng_normal(r);

    t->x_s += (t->y + dy / 2) * dt_s + wander * sqrt(dt_s * dt_s * dt_s / 12) * prng_normal(r);
    t->y += dy;
}

/* Runs `samples` polls of dt_s; returns the RMS error of the second half. */
static double run(struct clock_estimate *e, struct prng *r, double wander, double sd_s, unsigned samples, double dt_s)
{
    struct truth t = { 0, 20e-6 };
    double square = 0;

    estimate_start(e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-3, 1e-4);
    for (unsigned i = 1; i <= samples; i++) {
        struct tai_ns now = { TAI0 + (int64_t)llround(i * dt_s * 1e9) };
        struct clock_law law = gaussian_law(sd_s);
        struct clock_fit fit;
        double z, error;

        walk(&t, r, wander, dt_s);
        e->aged = at(i * dt_s);
        z = estimate_offset_s(e, at(i * dt_s), tai_add(now, dur_from_s(t.x_s + sd_s * prng_normal(r))));
        estimate_update(e, at(i * dt_s), z, &law, &fit);
        error = estimate_offset_s(e, at(i * dt_s), tai_add(now, dur_from_s(t.x_s)));
        square += i > samples / 2 ? error * error : 0;
    }
    return sqrt(square / (samples - samples / 2));
}

static void error_is_near_the_optimum_at_every_wander(void **state)
{
    static const struct { double wander, most_s; } rows[] = {
        { 1e-10, 4e-6 }, { 1e-9, 6e-6 }, { 1e-8, 11e-6 }, { 1e-7, 13e-6 }, /* the filter that knows the wander: 3.0, 5.3, 8.6, 9.8 us */
    };
    struct clock_estimate e = { .rate = 0 };
    struct prng r;

    (void)state;
    prng_seed(&r, 11);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double rms = run(&e, &r, rows[i].wander, 1e-5, 4000, 64);

        if (rms > rows[i].most_s)
            fail_msg("wander %g: rms %g s", rows[i].wander, rms);
        assert_true(e.wander > rows[i].wander / 5 && e.wander < rows[i].wander * 10);
    }
}

/* A hundred samples together tell of it what one does where noise is small. */
static void wander_is_learnt_through_large_noise_too(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    double square = 0;
    struct prng r;

    (void)state;
    prng_seed(&r, 11);
    for (unsigned i = 0; i < 20; i++) {
        double rms = run(&e, &r, 1e-9, 7e-3, 5400, 64);

        square += rms * rms / 20;
    }
    if (sqrt(square) > 0.87e-3) /* a filter that knows the wander: 0.76 ms */
        fail_msg("rms %g s", sqrt(square));
}

/* Of a normal of deviation sd_s around 0, cut by a box of half width half_s around z_s in which the error's density goes by exp(tilt e). */
static double mean_in_tilted_box(double sd_s, double z_s, double half_s, double tilt)
{
    double sum = 0, first = 0, from = fmax(z_s - half_s, -8 * sd_s), to = fmin(z_s + half_s, 8 * sd_s);

    for (int k = 0; k < 20000; k++) {
        double x = from + (k + 0.5) * (to - from) / 20000, p = exp(-x * x / (2 * sd_s * sd_s) + tilt * (z_s - x) - fabs(tilt) * half_s);

        sum += p;
        first += p * x;
    }
    return first / sum;
}

static void tilted_box_moves_the_estimate_as_bayes_has_it(void **state)
{
    static const struct { double sd_s, z_s, half_s, tilt; } rows[] = {
        { 1e-5, 0, 1e-5, 1e5 }, { 1e-5, 2e-5, 3e-5, -1e5 }, { 1e-5, 3e-5, 3e-5, 4e5 },
        { 1e-5, -2e-5, 4e-5, 1e4 }, { 2e-4, 5e-5, 6e-5, 1e5 }, { 1e-3, 0, 1e-4, -5e4 },
    };
    struct clock_estimate e = { .rate = 0 };
    struct clock_fit fit;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clock_law law = box_law(rows[i].half_s);
        double mean, want = mean_in_tilted_box(rows[i].sd_s, rows[i].z_s, rows[i].half_s, rows[i].tilt);

        law.tilt = rows[i].tilt;
        estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, rows[i].sd_s, 1e-9);
        mean = estimate_update(&e, at(0), rows[i].z_s, &law, &fit).x_s;
        if (fabs(mean - want) > 0.03 * fmin(rows[i].sd_s, rows[i].half_s))
            fail_msg("row %u: %g s, not %g", i, mean, want);
    }
}

/* What the bank was told before the first measurement is no reason to ask more often for long. */
static void first_guess_of_wander_is_soon_forgotten(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    struct prng r;

    (void)state;
    prng_seed(&r, 12);
    run(&e, &r, 1e-10, 1e-5, 24, 64);
    assert_true(e.wander < 1e-9);
}

static void box_is_tighter_than_its_centre(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    struct clock_law wide = box_law(1e-3), narrow = box_law(1e-6);
    struct clock_fit fit;

    (void)state;
    estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-5, 1e-9);
    estimate_update(&e, at(1), 0, &narrow, &fit);
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        assert_true(e.bank[i].pxx < 1e-12);
    estimate_update(&e, at(2), 0.9e-3, &wide, &fit); /* the box reaches to -0.1 ms: it says nothing new */
    assert_true(fabs(estimate_offset_s(&e, at(2), (struct tai_ns){ TAI0 + 2 * NS_PER_S })) < 1e-6);
    assert_true(fit.outlier < 0.01);
}

static void misfit_changes_nothing_and_is_told(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    struct clock_law law = box_law(1e-6);
    struct clock_fit fit;

    (void)state;
    estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-6, 1e-10);
    for (int i = 1; i < 10; i++)
        estimate_update(&e, at(i), 0, &law, &fit);
    estimate_update(&e, at(10), 0.5, &law, &fit);
    assert_true(fit.outlier > 0.99);
    assert_true(fabs(estimate_offset_s(&e, at(10), (struct tai_ns){ TAI0 + 10 * NS_PER_S })) < 1e-6);
}

static void frequency_step_is_followed_in_a_few_samples(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    struct clock_law law = gaussian_law(1e-5);
    struct clock_fit fit;
    struct prng r;
    double off = 0;

    (void)state;
    prng_seed(&r, 5);
    estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-5, 1e-8);
    for (int i = 1; i <= 210; i++) {
        struct tai_ns truth = { TAI0 + (int64_t)llround(i * 64e9 + (i > 200 ? (i - 200) * 64e3 : 0)) }; /* 1 ppm from the 200th on */

        estimate_update(&e, at(i * 64), estimate_offset_s(&e, at(i * 64), truth) + 1e-5 * prng_normal(&r), &law, &fit);
        off = estimate_offset_s(&e, at(i * 64), truth);
    }
    assert_true(fabs(off) < 4e-5);
    assert_true(fabs(e.rate - 1e-6) < 0.3e-6);
}

/* 5 ms within 64 s: by a jump of phase, or by 156 ppm for half of it. Three samples 2 s apart tell which. */
static void burst_tells_a_jump_of_phase_from_one_of_frequency(void **state)
{
    static const double y[] = { 0, 156.25e-6 };
    struct clock_law law = gaussian_law(1e-5);
    struct clock_fit fit;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct clock_estimate e = { .rate = 0 }, before;
        struct prng r;

        prng_seed(&r, 15);
        run(&e, &r, 1e-9, 1e-5, 300, 64);
        before = e;
        estimate_open(&e, 5e-3, 64);
        for (int i = 0; i < 4; i++) {
            struct mono_ns now = at(301 * 64 + 2 * i);
            struct tai_ns truth = tai_add(estimate_tai(&before, now), dur_from_s(5e-3 + y[k] * 2 * i));

            estimate_update(&e, now, estimate_offset_s(&e, now, truth), &law, &fit);
        }
        if (fabs(e.rate - before.rate - y[k]) > 5e-6)
            fail_msg("after a jump by %g: %g", y[k], e.rate - before.rate);
    }
}

/* Of a fraction of a second it says nothing on frequency. */
static void a_jump_between_close_samples_is_bounded_as_a_frequency(void **state)
{
    static const struct { double since_s, pyy; } rows[] = { { 2, 0.75 }, { 1, 3 }, { 0.01, 3 }, { -1, 3 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clock_estimate e = { .rate = 0 };

        estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-3, 1e-6);
        estimate_open(&e, 1, rows[i].since_s);
        assert_true(fabs(e.bank[CLOCK_FILTERS - 1].pyy - rows[i].pyy) < 1e-9);
        assert_true(fabs(e.bank[0].pyy - 1e-12) < 1e-15 && fabs(e.bank[0].pxx - 1) < 1e-5);
    }
}

/* Two samples of one instant, where the first left nothing open. */
static void a_phase_that_is_known_exactly_can_be_measured_again(void **state)
{
    const struct clock_law law = box_law(1e-3);
    struct clock_estimate e = { .rate = 0 };
    struct clock_fit fit;

    (void)state;
    estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 0, 1e-3, 1e-6);
    estimate_replace(&e, 0, 0);
    estimate_update(&e, at(0), 0, &law, &fit);
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        assert_true(isfinite(e.bank[i].x_s) && isfinite(e.bank[i].y) && e.bank[i].pxx > 0);
    assert_true(isfinite(e.rate));
}

static void moving_the_line_is_exact(void **state)
{
    struct clock_estimate e = { .rate = 0 };
    struct tai_ns before;
    struct clock_move m;

    (void)state;
    estimate_start(&e, at(0), (struct tai_ns){ TAI0 }, 3e-5, 1e-3, 1e-6);
    e.aged = at(1000);
    before = estimate_tai(&e, at(1000));
    m = estimate_shift(&e, 1.2345e-3);
    assert_int_equal(tai_sub(estimate_tai(&e, at(1000)), before).ns, 1234500);
    assert_true(fabs(m.x_s - 1.2345e-3) < 1e-15 && m.y == 0);
    m = estimate_limit(&e, -1e-5, 1e-5);
    assert_true(fabs(m.y + 2e-5) < 1e-12 && fabs(m.x_s + 0.02) < 1e-9);
    assert_true(llabs(tai_sub(estimate_tai(&e, at(1000)), before).ns - 1234500 + 20000000) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_near_the_optimum_at_every_wander),  cmocka_unit_test(first_guess_of_wander_is_soon_forgotten),
        cmocka_unit_test(tilted_box_moves_the_estimate_as_bayes_has_it),
        cmocka_unit_test(wander_is_learnt_through_large_noise_too),
        cmocka_unit_test(box_is_tighter_than_its_centre),
        cmocka_unit_test(misfit_changes_nothing_and_is_told),    cmocka_unit_test(frequency_step_is_followed_in_a_few_samples),
        cmocka_unit_test(burst_tells_a_jump_of_phase_from_one_of_frequency), cmocka_unit_test(moving_the_line_is_exact),
        cmocka_unit_test(a_phase_that_is_known_exactly_can_be_measured_again),
        cmocka_unit_test(a_jump_between_close_samples_is_bounded_as_a_frequency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
