/* What a source's own samples prove of the frequency. */
#include <math.h>

#include "base/rng.h"
#include "base/test.h"
#include "clock/pace.h"

static struct mono_ns at(double s) { return (struct mono_ns){ (int64_t)llround(s * 1e9) }; }

static void one_sample_proves_nothing(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    pace_take(&p, at(0), 1e-3, 1e-6);
    assert_false(p.known);
    pace_take(&p, at(100), 1e-3, 1e-6);
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
            pace_take(&p, at(t), 0.02 + rate * t + half * (2 * prng_uniform(&r) - 1), half); /* 20 ms: a constant asymmetry */
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
    pace_take(&p, at(0), 0, 1e-6);
    pace_take(&p, at(100), 1e-4, 1e-6); /* 1 ppm */
    pace_follow(&p, (struct clock_move){ .x_s = 1e-4, .y = 1e-6 }, at(100)); /* the line took it up */
    assert_true(fabs(p.rate.lo_s + p.rate.hi_s) < 1e-12);
    pace_take(&p, at(200), 0, 1e-6);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s - p.rate.lo_s < 2.1e-8);
}

static void another_path_keeps_what_was_proven(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    pace_take(&p, at(0), 0, 1e-6);
    pace_take(&p, at(100), 0, 1e-6);
    pace_forget(&p);
    pace_take(&p, at(200), 5e-3, 1e-6); /* 5 ms more asymmetry would be 50 ppm */
    assert_true(p.known && fabs(p.rate.hi_s - 2e-8) < 1e-12);
    pace_doubt(&p, 1e-5);
    pace_take(&p, at(201), 5e-3, 1e-6);
    assert_true(fabs(p.rate.hi_s) < 1e-4);
}

/* The mean over a silence is not the frequency of now; what was known before is, within what the silence allows. */
static void silence_has_to_be_proven_again(void **state)
{
    struct clock_pace p = { .known = false };

    (void)state;
    pace_take(&p, at(0), 0, 1e-6);
    pace_take(&p, at(100), 0, 1e-6);
    pace_loosen(&p, 15e-6);
    for (int i = 0; i < 10; i++) { /* 14 ppm all the while, and back */
        pace_take(&p, at(10000 + i), 0.14, 1e-4);
        assert_true(p.known && fabs(p.rate.lo_s + 15.02e-6) < 1e-12 && fabs(p.rate.hi_s - 15.02e-6) < 1e-12);
    }
    pace_take(&p, at(10100), 0.14, 1e-4);
    assert_true(p.rate.lo_s < 0 && p.rate.hi_s > 0 && p.rate.hi_s < 2.1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_proves_nothing),
        cmocka_unit_test(truth_is_always_inside),
        cmocka_unit_test(moves_of_the_line_are_followed),
        cmocka_unit_test(another_path_keeps_what_was_proven),
        cmocka_unit_test(silence_has_to_be_proven_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
