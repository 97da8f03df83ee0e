/* Whom an operator took out has no vote and is not waited for; whoever is merely silent is. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/clock_fixture.h"

static struct fixture f;

static void begin(unsigned sources)
{
    fixture_init(&f, 0.1);
    for (uint16_t i = 0; i < sources; i++)
        fixture_source(&f, i);
}

static void take(uint16_t slot, bool offline)
{
    f.a.count = 0;
    clock_source_offline(&f.c, slot, offline, fixture_now(&f), &f.a);
}

/* All of the first `sources` answer every 64 s, and tell the truth. */
static void hear_all(unsigned sources, unsigned times)
{
    while (times--) {
        fixture_sleep(&f, 64);
        for (uint16_t i = 0; i < sources; i++)
            fixture_answer(&f, i, 0.001, 0.001, 0);
    }
}

static void hear(uint16_t slot, double lie_s, unsigned times)
{
    while (times--) {
        fixture_sleep(&f, 64);
        fixture_answer(&f, slot, 0.001, 0.001, lie_s);
    }
}

static int state_of(uint16_t slot) { return (int)clock_source_view(&f.c, slot, fixture_now(&f)).state; }

static void one_that_others_contradict_by_their_silence_is_not_followed(void **state)
{
    (void)state;
    begin(3);
    hear_all(3, 10);
    hear(2, 1, 8);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

static void one_that_is_left_by_the_operator_is(void **state)
{
    (void)state;
    begin(3);
    hear_all(3, 10);
    take(0, true);
    take(1, true);
    hear(2, 1, 8);
    assert_int_equal(state_of(2), CLOCK_SOURCE_SELECTED);
    fixture_sleep(&f, 4000); /* it is worked off */
    assert_true(fabs(fixture_error_s(&f) - 1) < 0.1);
}

/* Two that disagree are no majority; it takes no wait once one of them is taken out, nor when the clock is new. */
static void the_majority_is_that_of_those_who_are_left(void **state)
{
    (void)state;
    begin(2);
    hear_all(2, 10);
    hear(1, 5, 1);
    fixture_sleep(&f, 64);
    fixture_answer(&f, 0, 0.001, 0.001, 0);
    assert_int_equal(fixture_view(&f).status, CLOCK_UNSYNCHRONISED);
    take(1, true);
    hear(0, 0, 1);
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    begin(3);
    take(1, true);
    take(2, true);
    hear(0, 0, 1);
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
}

static void what_comes_of_it_is_not_looked_at(void **state)
{
    struct clock_view before;

    (void)state;
    begin(1);
    hear_all(1, 10);
    take(0, true);
    before = fixture_view(&f);
    fixture_answer(&f, 0, 0.001, 0.001, 1);
    fixture_answer(&f, 0, 0.001, 0.001, 1);
    assert_int_equal(fixture_view(&f).latest.ns, before.latest.ns);
    assert_int_equal(f.c.page.sources_reachable, 0);
}

/* Of what it said before nothing counts; until it answers it is one that may side with anybody. */
static void back_in_it_counts_with_its_first_answer(void **state)
{
    (void)state;
    begin(3);
    hear_all(3, 10);
    take(0, true);
    take(1, true);
    hear(2, 0, 4);
    assert_int_equal(f.c.page.sources_reachable, 1);
    take(0, false);
    take(1, false);
    assert_int_equal(f.c.page.sources_reachable, 1);
    assert_int_equal(state_of(0), CLOCK_SOURCE_NEW);
    hear(2, 1, 4);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    hear_all(3, 2);
    assert_int_equal(f.c.page.sources_reachable, 3);
    assert_int_equal(state_of(0), CLOCK_SOURCE_SELECTED);
}

static void the_clock_holds_over_when_all_are_taken_out(void **state)
{
    (void)state;
    begin(2);
    hear_all(2, 10);
    take(0, true);
    take(1, true);
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
    fixture_sleep(&f, 3600);
    fixture_tick(&f);
    assert_int_equal(fixture_view(&f).status, CLOCK_HOLDOVER);
    hear(0, 0, 1); /* not looked at */
    assert_int_equal(fixture_view(&f).status, CLOCK_HOLDOVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_others_contradict_by_their_silence_is_not_followed),
        cmocka_unit_test(one_that_is_left_by_the_operator_is),
        cmocka_unit_test(the_majority_is_that_of_those_who_are_left),
        cmocka_unit_test(what_comes_of_it_is_not_looked_at),
        cmocka_unit_test(back_in_it_counts_with_its_first_answer),
        cmocka_unit_test(the_clock_holds_over_when_all_are_taken_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
