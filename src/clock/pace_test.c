/* What a source's own samples prove of the frequency. */
#include <math.h>

#include "base/rng.h"
#include "base/test.h"
#include "clock/pace.h"

#define PATH_S 40e-3
#define DRIFT 1e-6
#define SETTLED 9 /* samples, until errors are known to keep within their round trips */

static const struct pace_path known_path = { PATH_S, 0 };

static struct mono_ns at(double s) { return (struct mono_ns){ (int64_t)llround(s * 1e9) }; }

static struct clock_mark mark(double t, double offset_s, double half_s)
{
    return (struct clock_mark){ .at = at(t), .offset_s = offset_s, .delay_s = PATH_S + 2 * half_s };
}

/* A sample off by up to half_s on a path of known length. */
static void take(struct clock_pace *p, double t, double offset_s, double half_s)
{
    const struct clock_mark m = mark(t, offset_s, half_s);

    pace_take(p, &m, known_path, DRIFT);
}

/* Samples every 10 s up to t, all alike. */
static void settle(struct clock_pace *p, double t, double half_s)
{
    *p = (struct clock_pace){ .known = false };
    for (int i = SETTLED - 1; i >= 0; i--)
        take(p, t - 10 * i, 0, half_s);
}

static bool within(const struct clock_pace *p, double limit) { return p->known && p->rate.lo_s >= -limit && p->rate.hi_s <= limit; }

static void one_sample_proves_nothing(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 1e-3, 1e-6);
    assert_false(p.known);
    take(&p, 100, 1e-3, 1e-6);
    assert_true(within(&p, 40.003e-3 / 100) && !within(&p, 40e-3 / 100));
}

static void truth_is_always_inside(void **state)
{
    struct prng r;

    (void)state;
    prng_seed(&r, 3);
    for (int run = 0; run < 200; run++) {
        struct clock_pace p = { .known = false };
        double rate = (prng_uniform(&r) - 0.5) * 1e-4, half = 1e-3 * prng_uniform(&r);

        for (double t = 0; t < 20000; t += 16 + 500 * prng_uniform(&r)) {
            double line_s = 0.02 + rate * t; /* 20 ms: a constant asymmetry */

            take(&p, t, line_s + half * (2 * prng_uniform(&r) - 1), half);
            if (p.known)
                assert_true(p.rate.lo_s <= rate && rate <= p.rate.hi_s);
            if (p.known) { /* the line follows, as the estimate's does */
                double by = (p.rate.lo_s + p.rate.hi_s) / 2;

                pace_follow(&p, (struct clock_move){ .y = by }, at(0));
                rate -= by;
            }
        }
        assert_true(p.rate.hi_s - p.rate.lo_s < 0.7e-6 + 4 * half / 3000); /* and it narrows as time passes */
    }
}

static void moves_of_the_line_are_followed(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    pace_follow(&p, (struct clock_move){ .x_s = 50e-6 }, at(0));
    take(&p, 100, -50e-6, 1e-6);
    assert_true(within(&p, 5e-6 / 180));
    pace_follow(&p, (struct clock_move){ .y = 1e-6 }, at(100));
    assert_true(p.rate.lo_s > -1.1e-6 && p.rate.hi_s < -0.9e-6);
    take(&p, 200, -150e-6, 1e-6);
    assert_true(p.rate.lo_s < -1e-6 && p.rate.hi_s > -1e-6);
}

static void another_path_keeps_what_was_proven(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    assert_true(within(&p, 5e-6 / 80));
    pace_forget(&p);
    for (int i = 0; i < SETTLED; i++) {
        take(&p, 100 + i, i % 2 ? 5.01e-3 : 5e-3, 1e-4); /* 5 ms more asymmetry would be 50 ppm */
        assert_true(within(&p, 5e-6 / 80));
    }
}

/* The first samples count with half of their round trips, until there are enough to see that errors keep within the excess. */
static void first_samples_count_later(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    for (int i = 0; i < SETTLED; i++) {
        assert_true(i < 2 || (p.known && p.rate.hi_s >= PATH_S / (100 * (i - 1)) - 1e-12));
        take(&p, 100 * i, 0, 1e-6);
    }
    assert_true(within(&p, 4e-6 / 800));
}

/* A rate proven over what was taken for the shortest round trip is not kept when that turns out shorter. */
static void a_shorter_path_takes_back_what_was_proven(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    pace_take(&p, &(struct clock_mark){ .at = at(120), .delay_s = 30e-3 }, (struct pace_path){ 30e-3, 0 }, DRIFT);
    assert_true(p.rate.hi_s > 24e-6 && p.rate.lo_s < -24e-6); /* 5 ms in 200 s */
}

/* Both sides of the path trade their delays, and the round trip says nothing of it: the offset has moved by more than anything else explains. */
static void a_trade_of_sides_is_noticed(void **state)
{
    struct clock_mark m = mark(100, 0, 0);
    struct clock_pace p = { .known = false };

    (void)state;
    pace_compare(&p, &m, known_path, DRIFT); /* nothing to compare with */
    settle(&p, 0, 1e-6);
    m.offset_s = 90e-6; /* 0.9 ppm */
    pace_compare(&p, &m, known_path, DRIFT);
    assert_int_equal(p.marks, SETTLED);
    m.offset_s = 110e-6;
    pace_compare(&p, &m, known_path, DRIFT);
    assert_int_equal(p.marks, 0);
    assert_true(within(&p, 5e-6 / 80)); /* what was proven before stays */
}

/* A source that stops drifting away is not held for ever against what it seemed to prove. */
static void another_frequency_is_proven_anew(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    for (int i = 1; i <= 30; i++) {
        struct clock_mark m = mark(100 * i, 0.01 * i, 1e-6); /* 100 ppm */

        pace_compare(&p, &m, known_path, DRIFT);
        pace_take(&p, &m, known_path, DRIFT);
        assert_true(i >= 3 || within(&p, 1e-7));
    }
    assert_true(p.known && p.rate.lo_s <= 100e-6 && p.rate.hi_s >= 100e-6);
}

/* At once, from the sample before: by half of both round trips, 400 ppm here, and not from nothing. */
static void another_frequency_is_sought_from_the_last_sample(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    for (int i = 1; i <= 3; i++) {
        struct clock_mark m = mark(100 * i, 0.01 * i, 1e-6);

        pace_compare(&p, &m, known_path, DRIFT);
        pace_take(&p, &m, known_path, DRIFT);
    }
    assert_true(within(&p, 501e-6) && p.rate.hi_s > 499e-6 && p.rate.lo_s < -299e-6 && p.marks == 2);
}

/* A frequency that went farther than the limit within the samples' time: what contradicts the youngest is forgotten, and what is left meets. */
static void a_frequency_that_wandered_is_known_by_the_youngest(void **state)
{
    struct clock_pace p = { .known = false };
    double y = -3e-6, x = 0;

    (void)state;
    for (int i = 0; i < 40; i++) { /* 24 ppm in 4000 s */
        y += 0.6e-6;
        x += y * 100;
        pace_take(&p, &(struct clock_mark){ .at = at(100 * i), .offset_s = x, .delay_s = 200e-6 }, (struct pace_path){ 200e-6, 0 }, DRIFT);
    }
    assert_true(p.known && p.rate.hi_s - p.rate.lo_s >= -2 * DRIFT);
    assert_true(p.rate.lo_s < y && p.rate.hi_s > y - 3e-6); /* what it was eight hundred seconds before is in no pair of them */
}

/* Whatever was seen of errors, two samples are wrong by half of both round trips at the most. */
static void half_of_both_round_trips_is_the_most(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    for (int i = 0; i < 12; i++) { /* a trade of sides, never noticed */
        take(&p, 100 * i, i < 6 ? -19e-3 : 19e-3, 1e-6);
        assert_true(p.marks < 2 || (p.rate.lo_s < 0 && p.rate.hi_s > 0));
    }
    assert_true(isinf(p.strain));
}

/* Errors that do not keep within their round trips count with more, and beyond measure with all of those: a path without a floor, sides that trade. */
static void scatter_counts_where_round_trips_are_alike(void **state)
{
    struct clock_pace tame = { .known = false }, wild = { .known = false };

    (void)state;
    for (int i = 0; i < 20; i++) {
        take(&tame, 100 * i, i % 2 ? 10e-6 : -10e-6, 10e-6);
        take(&wild, 100 * i, i % 2 ? 15e-6 : -15e-6, 10e-6);
    }
    assert_true(tame.strain > 1 && isfinite(tame.strain) && wild.strain > tame.strain);
    assert_true(wild.rate.hi_s > tame.rate.hi_s && wild.rate.lo_s < tame.rate.lo_s);
    take(&wild, 2000, 100e-6, 10e-6);
    assert_true(isinf(wild.strain));
}

/* The line's own error, as long as it has one, makes wide and is forgotten with it. */
static void a_line_that_is_off_is_not_taken_for_scatter(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    for (int i = 0; i < 12; i++)
        take(&p, 100 * i, 1e-6 * 100 * i, 10e-6); /* 1 ppm: the marks lie on a straight line */
    assert_true(isfinite(p.strain) && p.strain > 100);
    pace_follow(&p, (struct clock_move){ .x_s = 1100e-6, .y = 1e-6 }, at(1100));
    take(&p, 1200, 0, 10e-6);
    assert_true(p.strain < 1.1 && within(&p, 0.05e-6));
}

/* Over hours an oscillator that wanders draws no straight line, which is no word on the path: over the last of them it does. */
static void the_youngest_are_asked_alone(void **state)
{
    struct clock_pace p = { .known = false };
    const double bend = 1e-6 / 14400, end_s = 14336;

    (void)state;
    for (int i = 0; i <= 112; i++) {
        double before_s = end_s - 128 * i;

        take(&p, 128 * i, -bend * before_s * before_s / 2, 0.3e-3);
        assert_true(i != 16 || p.from == 0); /* nothing to mind yet */
    }
    assert_true(p.from > 0 && isfinite(p.strain));
    assert_true(mono_sub(at(end_s), p.mark[p.from].at).ns <= at(5120).ns);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > -0.4e-6 && p.rate.hi_s - p.rate.lo_s < 1.5e-6); /* by all: 40 ms in four hours, 2.8 ppm either way */
    pace_forget(&p);
    assert_int_equal(p.from, 0);
}

/* Sixteen samples are kept, spread over time; a long time shows less of a trade than a short one, so they are not forgotten for proving much. */
static void marks_reach_far_back(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    for (int i = 0; i < 1000; i++) {
        take(&p, i, 0, 1e-6);
        assert_true(p.marks <= CLOCK_MARKS);
    }
    assert_true(p.mark[0].at.ns == 0 && p.mark[p.marks - 1].at.ns == at(999).ns);
    take(&p, 40000, 0, 1e-6);
    assert_true(p.mark[0].at.ns > 0); /* but what is older than four hours is */
}

/* The mean over a silence is not the frequency of now; what was known before is, within what the silence allows. */
static void silence_has_to_be_proven_again(void **state)
{
    struct clock_pace p;

    (void)state;
    settle(&p, 0, 1e-6);
    pace_loosen(&p, 15e-6);
    for (int i = 0; i < 5; i++) { /* 14 ppm all the while, and back */
        take(&p, 10000 + i, 0.14, 1e-4);
        assert_true(within(&p, 15.1e-6) && !within(&p, 15e-6));
    }
    for (int i = 0; i < 5; i++)
        take(&p, 10100 + i, 0.14, 1e-4);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s < 5e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_proves_nothing),
        cmocka_unit_test(truth_is_always_inside),
        cmocka_unit_test(moves_of_the_line_are_followed),
        cmocka_unit_test(another_path_keeps_what_was_proven),
        cmocka_unit_test(first_samples_count_later),
        cmocka_unit_test(a_shorter_path_takes_back_what_was_proven),
        cmocka_unit_test(a_trade_of_sides_is_noticed),
        cmocka_unit_test(another_frequency_is_proven_anew),
        cmocka_unit_test(another_frequency_is_sought_from_the_last_sample),
        cmocka_unit_test(a_frequency_that_wandered_is_known_by_the_youngest),
        cmocka_unit_test(half_of_both_round_trips_is_the_most),
        cmocka_unit_test(scatter_counts_where_round_trips_are_alike),
        cmocka_unit_test(a_line_that_is_off_is_not_taken_for_scatter),
        cmocka_unit_test(the_youngest_are_asked_alone),
        cmocka_unit_test(marks_reach_far_back),
        cmocka_unit_test(silence_has_to_be_proven_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
