/* What is served: continuous, run into the estimate within a third of a poll interval, never faster than max_slew, and stepped only when told to. */
#include "clock/clock_fixture.h"
#include "clock/discipline.h"
#include "clock/estimate.h"
#include "clock/interval.h"

/* Synchronised for an hour at 64 s polls. */
static void settle(struct fixture *f)
{
    fixture_init(f, 0);
    fixture_source(f, 0);
    f->c.source[0].max_poll_log2 = 6;
    fixture_sleep(f, 1);
    for (int i = 0; i < 60; i++) {
        fixture_answer(f, 0, 1e-4, 1e-4, 0);
        fixture_sleep(f, 64);
    }
    f->a.count = 0;
}

/* The estimate moves by x_s and is published. */
static void correct(struct fixture *f, double x_s)
{
    interval_age(&f->c, fixture_now(f));
    interval_follow(&f->c, estimate_shift(&f->c.estimate, x_s));
    discipline_publish(&f->c, CLOCK_SYNCHRONISED, true, fixture_now(f), &f->a);
}

static double slew_s(const struct fixture *f) { return dur_to_s(mono_sub(f->c.page.slew_end, f->c.page.raw_ref)); }

static void correction_is_spread_over_a_third_of_the_interval(void **state)
{
    struct fixture f;
    double before_s;

    (void)state;
    settle(&f);
    before_s = fixture_error_s(&f);
    correct(&f, 50e-6);
    assert_true(fabs(fixture_error_s(&f) - before_s) < 5e-9); /* served time does not jump */
    assert_true(fabs(slew_s(&f) - 64.0 / 3) < 0.01);
    fixture_sleep(&f, 64.0 / 6);
    assert_true(fabs(fixture_error_s(&f) - before_s - 25e-6) < 1e-6);
    fixture_sleep(&f, 64.0 / 6 + 0.1);
    assert_true(fabs(fixture_error_s(&f) - before_s - 50e-6) < 1e-7);
}

static void short_intervals_still_slew_gently(void **state)
{
    struct fixture f;

    (void)state;
    settle(&f);
    f.c.source[0].min_poll_log2 = f.c.source[0].max_poll_log2 = 2;
    correct(&f, 1e-6);
    assert_true(fabs(slew_s(&f) - 2) < 0.01);
    f.c.source[0].min_poll_log2 = f.c.source[0].max_poll_log2 = 0;
    correct(&f, 1e-6);
    assert_true(fabs(slew_s(&f) - 1) < 0.01); /* but is over before the next sample */
}

static void slew_is_never_faster_than_the_limit(void **state)
{
    struct fixture f;

    (void)state;
    settle(&f);
    correct(&f, -0.1);
    assert_true(fabs(slew_s(&f) - 0.1 / 500e-6) < 0.1);
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
}

static void step_jumps_and_says_so_only_when_announced(void **state)
{
    struct fixture f;

    (void)state;
    settle(&f);
    interval_follow(&f.c, estimate_shift(&f.c.estimate, 0.25));
    discipline_step(&f.c, false, fixture_now(&f), &f.a);
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
    interval_follow(&f.c, estimate_shift(&f.c.estimate, 0.25));
    discipline_step(&f.c, true, fixture_now(&f), &f.a);
    assert_true(fixture_did(&f, CLOCK_DO_STEP));
    assert_true(discipline_residue(&f.c, fixture_now(&f)).ns == 0);
    assert_true(fabs(fixture_error_s(&f) - 0.5) < 1e-4);
}

static void silence_is_eight_polls(void **state)
{
    struct fixture f;

    (void)state;
    settle(&f);
    assert_int_equal(discipline_silence(&f.c).ns, 8 * 64 * NS_PER_S);
    correct(&f, 0);
    assert_int_equal(mono_sub(f.c.page.silent_at, fixture_now(&f)).ns, 8 * 64 * NS_PER_S);
    assert_int_equal(discipline_status(&f.c, fixture_now(&f)), CLOCK_SYNCHRONISED);
    fixture_sleep(&f, 8 * 64 + 1);
    assert_int_equal(discipline_status(&f.c, fixture_now(&f)), CLOCK_HOLDOVER);
}

static void bound_reaches_its_limit_when_the_page_says(void **state)
{
    struct fixture f;
    struct clock_view v;

    (void)state;
    settle(&f);
    correct(&f, 0);
    page_view(&f.c.page, f.c.page.free_running_at, &v);
    assert_true(fabs(dur_to_s(utc_sub(v.latest, v.utc)) - 1) < 1e-3 || fabs(dur_to_s(utc_sub(v.utc, v.earliest)) - 1) < 1e-3);
}

static void steering_follows_the_slew_and_works_off_what_is_left(void **state)
{
    struct fixture f;
    struct mono_ns next;
    double rate;

    (void)state;
    settle(&f);
    correct(&f, 50e-6);
    next = clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ 0 }, 0, &rate);
    assert_true(fabs(rate - f.c.page.rate - 50e-6 / (64.0 / 3)) < 1e-9);
    assert_true(mono_sub(next, fixture_now(&f)).ns <= 16 * NS_PER_S);
    fixture_sleep(&f, 30);
    clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ 16000 }, 0, &rate); /* 16 us ahead */
    assert_true(fabs(rate - f.c.page.rate + 1e-6) < 1e-9);
    clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ NS_PER_S }, 0, &rate);
    assert_true(fabs(rate - f.c.page.rate + 500e-6) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correction_is_spread_over_a_third_of_the_interval),
        cmocka_unit_test(short_intervals_still_slew_gently),
        cmocka_unit_test(slew_is_never_faster_than_the_limit),
        cmocka_unit_test(step_jumps_and_says_so_only_when_announced),
        cmocka_unit_test(silence_is_eight_polls),
        cmocka_unit_test(bound_reaches_its_limit_when_the_page_says),
        cmocka_unit_test(steering_follows_the_slew_and_works_off_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
