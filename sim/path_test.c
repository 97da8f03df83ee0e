/* Delays have their laws; loss and copies their shares. */
#include "base/test.h"

#include <math.h>
#include <stdlib.h>

#include "sim/path.h"

static double mean_extra_ns(struct path p, double *second)
{
    struct prng r;
    double sum = 0, squares = 0;
    const int count = 200000;

    prng_seed(&r, 5);
    for (int i = 0; i < count; i++) {
        struct dur_ns d;

        assert_true(path_carry(&p, (struct tai_ns){ 0 }, &r, &d));
        assert_true(d.ns >= 0);
        sum += (double)(d.ns - p.delay.ns) / count;
        squares += pow((double)(d.ns - p.delay.ns), 2) / count;
    }
    *second = squares;
    return sum;
}

static void laws_have_their_moments(void **state)
{
    static const struct { enum path_jitter law; double mean, second; } rows[] = {
        { PATH_EXPONENTIAL, 1, 2 }, { PATH_GAUSSIAN, 0, 1 }, { PATH_HEAVY, 1, 8 }, { PATH_UNIFORM, 0.5, 1.0 / 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct path p = { .exists = true, .delay = { 20000000 }, .law = (uint8_t)rows[i].law, .jitter = { 1000000 } };
        double second, mean = mean_extra_ns(p, &second);

        assert_true(fabs(mean / 1e6 - rows[i].mean) < 0.02);
        assert_true(fabs(second / 1e12 / rows[i].second - 1) < 0.1);
    }
}

static void delay_never_turns_negative(void **state)
{
    struct path p = { .exists = true, .delay = { 10 }, .law = PATH_GAUSSIAN, .jitter = { 1000000 } };
    double second;

    (void)state;
    assert_true(mean_extra_ns(p, &second) > 0);
}

static void loss_and_copies_have_their_shares(void **state)
{
    struct path p = { .exists = true, .loss = 0.3, .duplicate = 0.1 };
    struct prng r;
    int carried = 0, copies = 0;
    struct dur_ns d;

    (void)state;
    prng_seed(&r, 1);
    for (int i = 0; i < 100000; i++) {
        carried += path_carry(&p, (struct tai_ns){ 0 }, &r, &d);
        copies += path_duplicates(&p, &r);
    }
    assert_true(abs(carried - 70000) < 700);
    assert_true(abs(copies - 10000) < 500);
    p.exists = false;
    p.loss = 0;
    assert_false(path_carry(&p, (struct tai_ns){ 0 }, &r, &d));
}

static void a_queue_swells_once_a_period(void **state)
{
    struct path p = { .exists = true, .delay = { 1000 }, .queue = { 5000000 }, .queue_period = { 8 * 3600 * NS_PER_S } };
    struct dur_ns d;
    struct prng r;
    double mean = 0;

    (void)state;
    prng_seed(&r, 1);
    for (int i = 0; i < 10000; i++) {
        assert_true(path_carry(&p, (struct tai_ns){ 2 * 3600 * NS_PER_S }, &r, &d)); /* the top of the arch */
        mean += (double)d.ns / 10000;
    }
    assert_true(fabs(mean / 5001000 - 1) < 0.05);
    assert_true(path_carry(&p, (struct tai_ns){ 6 * 3600 * NS_PER_S }, &r, &d)); /* the empty half */
    assert_int_equal(d.ns, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws_have_their_moments), cmocka_unit_test(delay_never_turns_negative), cmocka_unit_test(loss_and_copies_have_their_shares),
        cmocka_unit_test(a_queue_swells_once_a_period),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
