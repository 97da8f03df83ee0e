/* The noise law: floor, path changes, and what is learnt of exponential and Gaussian jitter. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/test.h"
#include "clock/noise.h"

static struct prng rng;
static struct clock_noise n;
static struct clock_law law;
static unsigned outside; /* samples whose error the law did not expect */

static int begin(void **state)
{
    (void)state;
    prng_seed(&rng, 7);
    noise_init(&n);
    return 0;
}

/* Feeds samples of known error, as the estimate would report them when it knows the truth. */
static double feed(unsigned count, double floor_s, bool gaussian)
{
    double square = 0;

    outside = 0;
    for (unsigned i = 0; i < count; i++) {
        double d1 = gaussian ? 60e-6 + 1e-5 * prng_normal(&rng) : 1e-5 * prng_exponential(&rng);
        double d2 = gaussian ? 60e-6 + 1e-5 * prng_normal(&rng) : 1e-5 * prng_exponential(&rng);
        double e = (d1 - d2) / 2, body;
        struct clock_fit fit = { .innovation_s = e };

        noise_law(&n, floor_s + d1 + d2, &law);
        body = exp(-e * e / (2 * law.body_var)) / sqrt(2 * M_PI * law.body_var) * law.share[NOISE_BODY];
        fit.part[NOISE_BOX] = fabs(e) <= law.half_s ? law.share[NOISE_BOX] / (2 * law.half_s) : 0;
        fit.part[NOISE_BODY] = body;
        fit.body_e2 = e * e;
        body += fit.part[NOISE_BOX];
        for (unsigned k = 0; k < NOISE_PARTS; k++)
            fit.part[k] /= body;
        noise_learn(&n, &law, &fit);
        outside += i > 100 && fabs(e) > law.half_s;
        square += e * e;
    }
    return sqrt(square / count);
}

static void floor_is_the_shortest_trip_and_falls_at_once(void **state)
{
    (void)state;
    noise_law(&n, 250e-6, &law);
    noise_law(&n, 200e-6, &law);
    noise_law(&n, 300e-6, &law);
    assert_true(fabs(n.floor_s - 200e-6) < 1e-12);
    assert_true(law.half_s >= 50e-6); /* half the excess of 100 us, and a little for a floor known from three samples */
    assert_true(law.half_s < 120e-6);
}

static void floor_ages(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        noise_law(&n, 100e-6, &law);
    for (int i = 0; i < 600; i++)
        noise_law(&n, 150e-6 + 20e-6 * prng_exponential(&rng), &law);
    assert_true(n.floor_s > 149e-6);
}

static void longer_path_is_followed_within_a_few_samples(void **state)
{
    (void)state;
    feed(300, 200e-6, false);
    for (int i = 0; i < 6; i++)
        noise_law(&n, 2200e-6 + 1e-5 * prng_exponential(&rng), &law);
    assert_true(n.floor_s > 2199e-6);
}

/* A clock that was set during an exchange, a stamp of another packet: no path is shorter for one packet only. */
static void lone_short_trip_is_no_floor(void **state)
{
    (void)state;
    noise_law(&n, 170e-6, &law);
    feed(100, 200e-6, false);
    assert_true(n.floor_s > 199e-6 && n.scale_s < 30e-6);
    noise_init(&n);
    feed(100, 200e-6, false);
    noise_law(&n, 100e-6, &law);
    assert_true(n.floor_s > 199e-6);
    assert_true(law.half_s > 49e-6); /* as doubtful as it is short */
    noise_law(&n, 101e-6, &law);
    assert_true(n.floor_s < 101e-6); /* confirmed */
}

static void queue_does_not_move_the_floor(void **state)
{
    (void)state;
    feed(300, 200e-6, false);
    for (int i = 0; i < 60; i++)
        noise_law(&n, 200e-6 + 2e-3 * prng_exponential(&rng), &law);
    assert_true(n.floor_s < 230e-6);
}

/* One sample in so many is late by 5 ms. */
static void feed_late(struct clock_noise *of, unsigned count, unsigned every)
{
    for (unsigned i = 0; i < count; i++)
        noise_law(of, 200e-6 + 1e-5 * (prng_exponential(&rng) + prng_exponential(&rng)) + (i % every == 0 ? 5e-3 : 0), &law);
}

static void late_packets_do_not_make_all_look_bad(void **state)
{
    struct clock_noise with, without;

    (void)state;
    noise_init(&with);
    noise_init(&without);
    feed_late(&with, 300, 5);
    prng_seed(&rng, 7);
    feed_late(&without, 300, 301);
    assert_true(with.scale_s < 2 * without.scale_s);
    assert_true(with.typical_s < 1.6 * without.typical_s);
    assert_true(with.all_s > 2 * with.scale_s); /* the proof's allowance for the floor stays as wide as it was */
    noise_law(&with, 5200e-6, &law);
    assert_true(law.late);
    noise_law(&with, 220e-6, &law);
    assert_false(law.late);
}

static void first_packet_may_be_late(void **state)
{
    (void)state;
    noise_law(&n, 50e-3, &law);
    feed_late(&n, 14, 4);
    assert_true(n.scale_s > 5e-4);
    noise_law(&n, 215e-6, &law); /* the sixteenth */
    assert_true(n.scale_s < 80e-6 && n.typical_s < 40e-6);
}

static void late_packets_in_a_row_are_no_longer_path_where_they_are_common(void **state)
{
    (void)state;
    feed_late(&n, 300, 3);
    for (int i = 0; i < 9; i++)
        noise_law(&n, 5200e-6 + 1e-5 * prng_exponential(&rng), &law);
    assert_true(n.floor_s < 210e-6);
    for (int i = 0; i < 6; i++)
        noise_law(&n, 5200e-6 + 1e-5 * prng_exponential(&rng), &law);
    assert_true(n.floor_s > 5e-3);
}

/* Queued packets, and then a longer path: only what is alike counts. */
static void longer_path_is_seen_after_a_queue(void **state)
{
    (void)state;
    feed(300, 200e-6, false);
    for (int i = 0; i < 5; i++)
        noise_law(&n, (1000 + 4000 * i) * 1e-6, &law);
    for (int i = 0; i < 7; i++)
        noise_law(&n, 2200e-6 + 1e-5 * prng_exponential(&rng), &law);
    assert_true(n.floor_s > 2199e-6);
}

/* Jitter of 10 us a side, over a floor; each sample is off by that, and by `off_s`. How many until the floor of the law is above `above_s`? */
static unsigned samples_until_risen(double floor_s, double off_s, double above_s, unsigned most)
{
    unsigned i = 0;

    for (; i < most && n.floor_s < above_s; i++) {
        double d1 = 1e-5 * prng_exponential(&rng), d2 = 1e-5 * prng_exponential(&rng);
        struct clock_fit fit = { .innovation_s = off_s + (d1 - d2) / 2, .part = { [NOISE_BOX] = 1 } };

        noise_law(&n, floor_s + d1 + d2, &law);
        noise_learn(&n, &law, &fit);
    }
    return i;
}

/* By something near the usual excess, 20 us: the law follows, the proof of the bound does not. */
static void path_a_little_longer_on_both_sides_is_followed(void **state)
{
    static const struct { double by_s; unsigned most; } rows[] = { { 15e-6, 70 }, { 25e-6, 25 }, { 50e-6, 10 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        noise_init(&n);
        samples_until_risen(100e-6, 0, 1, 2000);
        assert_true(n.floor_s < 102e-6);
        assert_true(samples_until_risen(100e-6 + rows[i].by_s, 0, 100e-6 + rows[i].by_s / 2, 300) < rows[i].most);
        assert_true(n.floor_s < 100e-6 + rows[i].by_s + 15e-6);
        assert_true(n.least_s < 102e-6);
        samples_until_risen(100e-6, 0, 1, 60);
        assert_true(n.floor_s < 105e-6); /* the path is short again */
    }
}

static void path_longer_on_one_side_keeps_its_floor(void **state)
{
    (void)state;
    samples_until_risen(100e-6, 0, 1, 1000);
    samples_until_risen(130e-6, 15e-6, 1, 200);
    assert_true(n.floor_s < 102e-6);
}

static void exponential_excess_stays_in_the_box(void **state)
{
    double rms;

    (void)state;
    rms = feed(2000, 200e-6, false);
    assert_true(outside < 40); /* 2 %: the floor is known from 512 samples only */
    assert_true(n.bin[1].share[NOISE_BOX] > n.bin[1].share[NOISE_BODY]);
    assert_true(noise_sd(&n) > rms / 2 && noise_sd(&n) < rms * 2);
}

static void gaussian_jitter_is_learnt_as_a_body(void **state)
{
    double rms, sd;

    (void)state;
    rms = feed(2000, 200e-6, true);
    assert_true(n.bin[1].share[NOISE_BODY] > 0.7);
    sd = sqrt(n.bin[1].body) * n.scale_s;
    assert_true(sd > rms * 0.7 && sd < rms * 1.4);
    assert_true(noise_sd(&n) > rms * 0.7 && noise_sd(&n) < rms * 1.5);
}

/* Its mean over 300 samples a law, of which the first 24 are not counted: the share of the body, and its deviation beside the true one. */
static double share_of_body(bool gaussian, double *too_wide)
{
    double share = 0, wide = 0;

    for (unsigned i = 0; i < 300; i++) {
        feed(1, 200e-6, gaussian);
        share += i < 24 ? 0 : law.share[NOISE_BODY] / 276;
        wide += i < 24 ? 0 : sqrt(law.body_var) / (1e-5 / M_SQRT2) / 276;
    }
    *too_wide = wide;
    return share;
}

/* A day under default polling has a hundred samples. */
static void jitter_without_a_floor_is_soon_taken_for_one_body(void **state)
{
    double wide;

    (void)state;
    assert_true(share_of_body(true, &wide) > 0.8);
    assert_true(wide > 0.9 && wide < 1.25);
    noise_init(&n);
    assert_true(share_of_body(false, &wide) < 0.25);
}

/* Even jitter of one direction is not skewed either, but there the offset goes with the round trip. The parts are told nothing; how much of the law is left
 * to the box? */
static double box_beside_even_jitter(bool both)
{
    double box = 0;

    noise_init(&n);
    for (unsigned i = 0; i < 200; i++) {
        double d1 = 1e-3 * prng_uniform(&rng), d2 = both ? 1e-3 * prng_uniform(&rng) : 0.5e-3;
        struct clock_fit fit = { .innovation_s = (d1 - d2) / 2 };

        noise_law(&n, 10e-3 + d1 + d2, &law);
        memcpy(fit.part, law.share, sizeof fit.part);
        fit.body_e2 = law.body_var;
        noise_learn(&n, &law, &fit);
        box += i < 100 ? 0 : law.share[NOISE_BOX] / 100;
    }
    return box;
}

static void offsets_that_go_with_the_round_trip_ask_for_a_floor(void **state)
{
    (void)state;
    assert_true(box_beside_even_jitter(true) < 0.5);
    assert_true(box_beside_even_jitter(false) > 0.6);
}

/* As the estimate sees it, which knows the truth a little worse than the quieter side would have it. */
static double tilt_beside(double up_s, double down_s, unsigned samples)
{
    double tilt = 0;

    noise_init(&n);
    for (unsigned i = 0; i < samples; i++) {
        double d1 = up_s * prng_exponential(&rng), d2 = down_s * prng_exponential(&rng);
        struct clock_fit fit = { .innovation_s = (d1 - d2) / 2 + 20e-6 * prng_normal(&rng) };

        noise_law(&n, 200e-6 + d1 + d2, &law);
        memcpy(fit.part, law.share, sizeof fit.part);
        fit.body_e2 = law.body_var;
        noise_learn(&n, &law, &fit);
        tilt += i < samples / 2 ? 0 : law.tilt / (samples - samples / 2);
    }
    return tilt;
}

/* Jitter of 10 us against 100 us: a density that falls by e in 11 us. */
static void noisier_side_is_learnt_from_few_samples(void **state)
{
    double there = tilt_beside(100e-6, 10e-6, 80), back = tilt_beside(10e-6, 100e-6, 80), alike = tilt_beside(100e-6, 100e-6, 400);

    (void)state;
    if (!(there > 1 / 40e-6 && there < 1 / 10e-6 && back < -1 / 40e-6 && back > -1 / 10e-6))
        fail_msg("tilts %g and %g", there, back);
    assert_true(fabs(alike) < 1 / 1000e-6);
}

static void error_in_a_tilted_box_has_the_moments_of_its_density(void **state)
{
    static const double tilts[] = { 0, 1e3, -1e4, 3e5, -3e6 };

    (void)state;
    for (unsigned i = 0; i < sizeof tilts / sizeof tilts[0]; i++) {
        struct noise_moments m = noise_in_box(1e-5, tilts[i]);
        double sum = 0, first = 0, second = 0;

        for (int k = -10000; k < 10000; k++) {
            double e = (k + 0.5) * 1e-9, p = exp(tilts[i] * e - fabs(tilts[i]) * 1e-5);

            sum += p;
            first += p * e;
            second += p * e * e;
        }
        first /= sum;
        assert_true(fabs(m.mean_s - first) < 1e-9);
        assert_true(fabs(m.var / (second / sum - first * first) - 1) < 0.01);
    }
}

static void misfit_widens_at_most_twofold(void **state)
{
    struct clock_fit fit = { .outlier = 1, .innovation_s = 1 };
    double before;

    (void)state;
    noise_law(&n, 200e-6, &law);
    before = n.bin[law.bin].body;
    noise_learn(&n, &law, &fit);
    assert_true(n.bin[law.bin].body > before && n.bin[law.bin].body <= 2 * before);
}

/* A reference clock: what is declared is a guess until two samples in a row have told, and one that is far off tells little. */
static void a_reference_clock_is_as_noisy_as_its_samples_are_apart(void **state)
{
    double before = NAN, e;

    (void)state;
    for (int i = 0; i < 400; i++) {
        e = 5e-6 * prng_normal(&rng);
        noise_reference(&n, 1e-3, 1e-6, e - before, &law);
        before = e;
        if (i < 8)
            assert_true(fabs(noise_sd(&n) - 0.25e-3) < 1e-9);
    }
    assert_true(noise_sd(&n) > 3.5e-6 && noise_sd(&n) < 7e-6);
    assert_true(law.body_var >= n.error_var && law.half_s > 0 && noise_is_sane(&n));
    noise_reference(&n, 1e-3, 1e-6, 0.5e-3, &law);
    assert_true(noise_sd(&n) < 9e-6);
    for (int i = 0; i < 400; i++)
        noise_reference(&n, 1e-3, 0, 0, &law);
    assert_true(noise_sd(&n) >= 1e-6); /* as steady as it looks it is not: a thousandth of what is declared */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(floor_is_the_shortest_trip_and_falls_at_once, begin),
        cmocka_unit_test_setup(floor_ages, begin),
        cmocka_unit_test_setup(longer_path_is_followed_within_a_few_samples, begin),
        cmocka_unit_test_setup(lone_short_trip_is_no_floor, begin),
        cmocka_unit_test_setup(queue_does_not_move_the_floor, begin),
        cmocka_unit_test_setup(late_packets_do_not_make_all_look_bad, begin),
        cmocka_unit_test_setup(first_packet_may_be_late, begin),
        cmocka_unit_test_setup(late_packets_in_a_row_are_no_longer_path_where_they_are_common, begin),
        cmocka_unit_test_setup(longer_path_is_seen_after_a_queue, begin),
        cmocka_unit_test_setup(path_a_little_longer_on_both_sides_is_followed, begin),
        cmocka_unit_test_setup(path_longer_on_one_side_keeps_its_floor, begin),
        cmocka_unit_test_setup(exponential_excess_stays_in_the_box, begin),
        cmocka_unit_test_setup(gaussian_jitter_is_learnt_as_a_body, begin),
        cmocka_unit_test_setup(jitter_without_a_floor_is_soon_taken_for_one_body, begin),
        cmocka_unit_test_setup(offsets_that_go_with_the_round_trip_ask_for_a_floor, begin),
        cmocka_unit_test_setup(noisier_side_is_learnt_from_few_samples, begin),
        cmocka_unit_test_setup(error_in_a_tilted_box_has_the_moments_of_its_density, begin),
        cmocka_unit_test_setup(misfit_widens_at_most_twofold, begin),
        cmocka_unit_test_setup(a_reference_clock_is_as_noisy_as_its_samples_are_apart, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
