/* What a source's own samples prove of the frequency. */
#include <math.h>

#include "base/rng.h"
#include "base/test.h"
#include "clock/pace.h"

static struct mono_ns at(double s) { return (struct mono_ns){ (int64_t)llround(s * 1e9) }; }

/* A sample off by up to half_s on a path of known length. */
static void take(struct clock_pace *p, double t, double offset_s, double half_s)
{
    const struct clock_mark m = { .at = at(t), .offset_s = offset_s, .delay_s = 40e-3 + 2 * half_s };

    pace_take(p, &m, (struct pace_path){ 40e-3, 0 });
}

static void one_sample_proves_nothing(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 1e-3, 1e-6);
    assert_false(p.known);
    take(&p, 100, 1e-3, 1e-6);
    assert_true(p.known);
    assert_true(fabs(p.rate.lo_s + 2e-8) < 1e-12 && fabs(p.rate.hi_s - 2e-8) < 1e-12);
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
            take(&p, t, 0.02 + rate * t + half * (2 * prng_uniform(&r) - 1), half); /* 20 ms: a constant asymmetry */
            if (p.known)
                assert_true(p.rate.lo_s <= rate && rate <= p.rate.hi_s);
        }
        assert_true(p.rate.hi_s - p.rate.lo_s < 0.3e-6 + 4 * half / 3000); /* and it narrows as time passes */
    }
}

static void moves_of_the_line_are_followed(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 0, 1e-6);
    take(&p, 100, 1e-4, 1e-6); /* 1 ppm */
    pace_follow(&p, (struct clock_move){ .x_s = 1e-4, .y = 1e-6 }, at(100)); /* the line took it up */
    assert_true(fabs(p.rate.lo_s + p.rate.hi_s) < 1e-12);
    take(&p, 200, 0, 1e-6);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s - p.rate.lo_s < 2.1e-8);
}

static void another_path_keeps_what_was_proven(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 0, 1e-6);
    take(&p, 100, 0, 1e-6);
    pace_forget(&p);
    take(&p, 200, 5e-3, 1e-6); /* 5 ms more asymmetry would be 50 ppm */
    assert_true(p.known && fabs(p.rate.hi_s - 2e-8) < 1e-12);
}

/* The first samples say little, until it is known how offsets scatter: then they count as others do, by their round trips. */
static void first_samples_count_later(void **state)
{
    static const double delay_s[] = { 20.1e-3, 30e-3, 21e-3 };
    struct clock_pace p = { .known = false };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        const struct clock_mark m = { .at = at(100 * i), .delay_s = delay_s[i], .spread_s = INFINITY };

        pace_take(&p, &m, (struct pace_path){ 20.1e-3, 0 });
    }
    assert_true(p.known && p.rate.hi_s > 100e-6); /* 20 ms in 200 s */
    pace_take(&p, &(struct clock_mark){ .at = at(300), .delay_s = 20e-3, .spread_s = 1e-6 }, (struct pace_path){ 20e-3, 0 });
    assert_true(fabs(p.rate.hi_s - 51e-6 / 300) < 1e-12 && fabs(p.rate.lo_s + 51e-6 / 300) < 1e-12);
}

/* A rate proven over what was taken for the shortest round trip is not kept when that turns out shorter. */
static void a_shorter_path_takes_back_what_was_proven(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 0, 1e-6);
    take(&p, 100, 0, 1e-6);
    assert_true(p.rate.hi_s < 2.1e-8);
    pace_take(&p, &(struct clock_mark){ .at = at(200), .delay_s = 30e-3 }, (struct pace_path){ 30e-3, 0 });
    assert_true(p.rate.hi_s > 24e-6 && p.rate.lo_s < -24e-6); /* 5 ms in 200 s */
}

/* Both sides of the path trade their delays, and the round trip says nothing of it: the offset has moved by more than anything else explains. */
static void a_trade_of_sides_is_noticed(void **state)
{
    const struct pace_path path = { 40e-3, 0 };
    struct clock_pace p = { .known = false };
    struct clock_mark m = { .at = at(200), .delay_s = 40e-3, .spread_s = 1e-6 };

    (void)state;
    pace_compare(&p, &m, path, 1e-6);
    take(&p, 0, 0, 1e-6);
    take(&p, 100, 0, 1e-6);
    m.offset_s = 90e-6; /* 0.9 ppm */
    pace_compare(&p, &m, path, 1e-6);
    assert_true(p.mark[0].set);
    m.offset_s = 110e-6;
    m.spread_s = 20e-6; /* offsets scatter that much anyhow */
    pace_compare(&p, &m, path, 1e-6);
    assert_true(p.mark[0].set);
    m.spread_s = 1e-6;
    pace_compare(&p, &m, path, 1e-6);
    assert_false(p.mark[0].set);
    assert_true(p.known && p.rate.hi_s < 2.1e-8); /* what was proven before stays */
}

/* A source that stops drifting away is not held for ever against what it seemed to prove. */
static void another_frequency_is_proven_anew(void **state)
{
    const struct pace_path path = { 40e-3, 0 };
    struct clock_pace p = { .known = false };

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct clock_mark m = { .at = at(100 * i), .offset_s = i < 10 ? 0.01 * i : 0.09, .delay_s = 40e-3, .spread_s = 1e-6 };

        pace_compare(&p, &m, path, 1e-6);
        pace_take(&p, &m, path);
        assert_true(i == 0 || i >= 12 || p.rate.lo_s > 99e-6);
    }
    assert_true(p.known && p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s < 1e-7);
}

/* Whatever was learnt of scatter, two samples are wrong by half of both round trips at the most. */
static void half_of_both_round_trips_is_the_most(void **state)
{
    struct clock_mark m = { .at = at(0), .delay_s = 40e-3, .spread_s = INFINITY };
    struct clock_pace p = { .known = false };

    (void)state;
    pace_take(&p, &m, (struct pace_path){ 40e-3, 0 });
    m.at = at(1000);
    m.spread_s = 39e-3; /* an early trade of sides: its trace stays with the early sample */
    pace_take(&p, &m, (struct pace_path){ 40e-3, 0 });
    assert_true(fabs(p.rate.hi_s - 40e-6) < 1e-12);
    m.at = at(2000);
    m.spread_s = 2e-3; /* and is not forgotten with the scatter of later ones */
    pace_take(&p, &m, (struct pace_path){ 40e-3, 0 });
    assert_true(fabs(p.rate.hi_s - 20e-6) < 1e-12);
}

/* Scattered offsets say less, though all round trips be alike. */
static void scatter_counts_where_round_trips_are_alike(void **state)
{
    struct clock_mark m = { .at = at(0), .delay_s = 40e-3, .spread_s = 2e-3 };
    struct clock_pace p = { .known = false };

    (void)state;
    pace_take(&p, &m, (struct pace_path){ 40e-3, 0 });
    m.at = at(1000);
    pace_take(&p, &m, (struct pace_path){ 40e-3, 0 });
    assert_true(p.known && fabs(p.rate.hi_s - 4e-6) < 1e-12);
}

/* The mean over a silence is not the frequency of now; what was known before is, within what the silence allows. */
static void silence_has_to_be_proven_again(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    take(&p, 0, 0, 1e-6);
    take(&p, 100, 0, 1e-6);
    pace_loosen(&p, 15e-6);
    for (int i = 0; i < 10; i++) { /* 14 ppm all the while, and back */
        take(&p, 10000 + i, 0.14, 1e-4);
        assert_true(p.known && fabs(p.rate.lo_s + 15.02e-6) < 1e-12 && fabs(p.rate.hi_s - 15.02e-6) < 1e-12);
    }
    take(&p, 10100, 0.14, 1e-4);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s < 2.1e-6);
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
        cmocka_unit_test(half_of_both_round_trips_is_the_most),
        cmocka_unit_test(scatter_counts_where_round_trips_are_alike),
        cmocka_unit_test(silence_has_to_be_proven_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
