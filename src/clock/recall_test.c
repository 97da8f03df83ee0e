/* A restart goes on from what was learnt, and from no earlier time. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/clock_fixture.h"
#include "clock/noise.h"

#define HOUR_S 3600.0
#define YEAR_S (365 * 86400.0)

static struct fixture f, again;
static struct clock_memory m;

/* An hour with a source 1 ms away. */
static void run_an_hour(struct fixture *w)
{
    for (int i = 0; i < 225; i++) {
        fixture_sleep(w, 16);
        fixture_answer(w, 0, 0.0005 + 0.00001 * (i % 7), 0.0005 + 0.00001 * (i % 5), 0);
    }
}

static void learn(struct fixture *w)
{
    fixture_init(w, 0.5);
    w->slow = 20e-6;
    fixture_source(w, 0);
    run_an_hour(w);
    clock_remember(&w->c, fixture_now(w), &m);
}

/* The same world, another daemon: the wall clock off by off_s. */
static void start_again(double off_s)
{
    again = f;
    again.a.count = 0;
    clock_init(&again.c, &again.o, &(struct clock_start){ fixture_now(&again), utc_add(fixture_utc(&again), dur_from_s(off_s)), &m, -25, NULL });
    fixture_source(&again, 0);
}

static void what_was_learnt_is_there_again(void **state)
{
    (void)state;
    learn(&f);
    assert_true(m.drift.valid && fabs(m.drift.freq_ppm - 20) < 0.5);
    assert_true(m.wander > 0 && m.synchronised_once && m.count == 1);
    start_again(0);
    assert_true(fabs(again.c.page.rate - f.c.estimate.rate) < 1e-9);
    assert_true(again.c.estimate.skew < 2 * f.c.estimate.skew);
    assert_true(fabs(log10(again.c.estimate.wander / f.c.estimate.wander)) < 1);
    assert_true(again.c.source[0].noise.samples >= NOISE_LAW_SAMPLES);
    assert_true(fabs(again.c.source[0].noise.floor_s - f.c.source[0].noise.floor_s) < 1e-12);
}

static void a_source_that_was_silent_this_time_is_not_forgotten(void **state)
{
    struct clock_memory next;

    (void)state;
    learn(&f);
    start_again(0);
    clock_remember(&again.c, fixture_now(&again), &next);
    assert_int_equal(next.count, 1);
    assert_int_equal(next.saved.ns, m.saved.ns);
    assert_true(next.drift.valid && next.synchronised_once);
}

static void another_boot_makes_the_frequency_less_certain(void **state)
{
    double same;

    (void)state;
    learn(&f);
    start_again(0);
    same = again.c.estimate.skew;
    f.raw_s -= HOUR_S / 2; /* the raw clock started anew */
    start_again(0);
    assert_true(again.c.estimate.skew > 0.4e-6 && again.c.estimate.skew > 2 * same);
}

static void ST_06_the_line_never_starts_before_it_was_saved(void **state)
{
    (void)state;
    learn(&f);
    fixture_sleep(&f, HOUR_S);
    start_again(-10 * YEAR_S);
    assert_int_equal(fixture_view(&again).utc.ns, m.saved.ns);
    assert_true(fabs(dur_to_s(clock_gap(&again.c)) - (10 * YEAR_S - HOUR_S)) < 1);
    assert_int_equal(fixture_view(&again).status, CLOCK_UNSYNCHRONISED);
    start_again(5);
    assert_int_equal(clock_gap(&again.c).ns, 0);
    assert_true(fabs(fixture_error_s(&again) - 5) < 1e-3);
}

static void ST_06_nor_before_this_program_was_written(void **state)
{
    (void)state;
    m = (struct clock_memory){ .saved = { 86400 * NS_PER_S } };
    start_again(-60 * YEAR_S);
    assert_int_equal(fixture_view(&again).utc.ns, UTC_PLAUSIBLE_FROM_S * NS_PER_S);
}

/* The operator's `local` is about a clock that was set; this one went back. */
static void ST_06_a_clock_that_went_back_is_not_the_one_local_is_about(void **state)
{
    (void)state;
    learn(&f);
    f.o.local.present = true;
    f.o.local.stratum = 10;
    f.o.local.error = (struct dur_ns){ NS_PER_S };
    start_again(-2 * HOUR_S);
    assert_int_equal(fixture_view(&again).status, CLOCK_UNSYNCHRONISED);
    start_again(0);
    assert_int_equal(fixture_view(&again).status, CLOCK_LOCAL);
}

#define STATED_S 1.0

/* Nobody measures it, and it stops after a minute under `local`, its clock set wrong by off_s. */
static void run_stated(double off_s)
{
    memset(&f, 0, sizeof f);
    f.o = fixture_options();
    f.o.local.present = true;
    f.o.local.stratum = 10;
    f.o.local.error = dur_from_s(STATED_S);
    fixture_start(&f, off_s);
    fixture_sleep(&f, 60);
    clock_remember(&f.c, fixture_now(&f), &m);
}

/* What was told last is where the next run goes on, but only where the system clock can be meant by the statement. The bound is about that clock. */
static void a_statement_goes_on_with_what_it_told(void **state)
{
    struct clock_view v;

    (void)state;
    run_stated(0.5);
    assert_int_equal(m.saved.ns, 0);
    assert_int_equal(m.stated.ns, fixture_view(&f).utc.ns);
    start_again(0.5 - STATED_S);
    v = fixture_view(&again);
    assert_int_equal(v.utc.ns, m.stated.ns);
    assert_int_equal(v.status, CLOCK_LOCAL);
    assert_true(fabs(dur_to_s(utc_sub(v.utc, v.earliest)) - 2 * STATED_S) < 1e-6);
    start_again(0.5 - STATED_S - 1e-3);
    assert_true(fabs(fixture_error_s(&again) - (0.5 - STATED_S - 1e-3)) < 1e-6);
    assert_int_equal(fixture_view(&again).status, CLOCK_LOCAL);
    start_again(0.7);
    assert_true(fabs(fixture_error_s(&again) - 0.7) < 1e-6);
}

/* The next run's memory can be read, and has the count of after it. */
static void a_statement_outlives_the_leap_second_it_knew(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    struct clock_memory read;

    (void)state;
    for (int saved_near = 0; saved_near <= 1; saved_near++) {
        run_stated(0);
        m.tai_minus_utc_s = 37;
        m.leap_delta_s = 1;
        m.leap_midnight = (struct utc_ns){ FIXTURE_UTC };
        m.saved.ns = FIXTURE_UTC - (saved_near ? 1 : 10) * INT64_C(43200) * NS_PER_S;
        start_again(0);
        for (int i = 0; i < 3 * 86400 / 60; i++) {
            fixture_sleep(&again, 60);
            again.a.count = 0;
            clock_tick(&again.c, fixture_now(&again), &again.a);
        }
        clock_remember(&again.c, fixture_now(&again), &m);
        assert_int_equal(clock_memory_from_text(text, clock_memory_to_text(&m, text), 500, &read), 0);
        assert_int_equal(again.c.page.tai_minus_utc_s, 38);
        fixture_sleep(&f, 3 * 86400);
        start_again(0);
        clock_tick(&again.c, fixture_now(&again), &again.a);
        assert_int_equal(again.c.page.tai_minus_utc_s, 38);
    }
}

/* What is kept while a second is told twice is midnight, with the count of after it; the next run knows both counts. */
static void what_is_kept_within_an_inserted_second_is_midnight(void **state)
{
    struct page_data *p = &f.c.page;

    (void)state;
    learn(&f);
    p->leap_delta_s = 1;
    p->leap_at = tai_add(fixture_view(&f).tai, dur_from_s(-0.5));
    clock_remember(&f.c, fixture_now(&f), &m);
    assert_int_equal(m.saved.ns, page_leap_midnight(p).ns);
    assert_int_equal(m.tai_minus_utc_s, p->tai_minus_utc_s + 1);
    start_again(-5);
    assert_int_equal(fixture_view(&again).utc.ns, m.saved.ns);
    assert_int_equal(again.c.leap.voted_before_s, p->tai_minus_utc_s);
}

/* Where the statement is taken back by a reload, and made again by another, it is about the same clock. */
static void a_statement_made_again_is_about_the_same_clock(void **state)
{
    struct clock_options o;
    struct clock_view v;

    (void)state;
    run_stated(0.5);
    start_again(0.5 - STATED_S);
    o = again.o;
    o.local.present = false;
    clock_change(&again.c, &o, fixture_now(&again), &again.a);
    assert_int_equal(fixture_view(&again).status, CLOCK_UNSYNCHRONISED);
    clock_change(&again.c, &again.o, fixture_now(&again), &again.a);
    v = fixture_view(&again);
    assert_int_equal(v.status, CLOCK_LOCAL);
    assert_true(fabs(dur_to_s(utc_sub(v.utc, v.earliest)) - 2 * STATED_S) < 1e-6);
}

static void without_a_statement_the_system_clock_is_right(void **state)
{
    (void)state;
    run_stated(0.5);
    f.o.local.present = false;
    start_again(0);
    assert_true(fabs(fixture_error_s(&again)) < 1e-6);
}

static void what_was_measured_ends_what_was_stated(void **state)
{
    (void)state;
    run_stated(0.5);
    start_again(0.5);
    for (int i = 0; i < 4; i++) {
        fixture_sleep(&again, 16);
        fixture_answer(&again, 0, 0.0005, 0.0005, 0);
    }
    assert_int_equal(fixture_view(&again).status, CLOCK_SYNCHRONISED);
    clock_remember(&again.c, fixture_now(&again), &m);
    assert_int_equal(m.stated.ns, 0);
    assert_true(m.saved.ns != 0);
}

/* One that is not usable when it ends told nothing that the next run could contradict. */
static void what_a_disrupted_clock_shows_is_not_stated(void **state)
{
    (void)state;
    run_stated(0.5);
    fixture_sleep(&f, 60);
    clock_disrupted(&f.c, (struct dur_ns){ NS_PER_S }, "a test", fixture_now(&f), &f.a);
    m.stated.ns = 0;
    clock_remember(&f.c, fixture_now(&f), &m);
    assert_int_equal(m.stated.ns, 0);
}

static void synchronise_again(double off_s, double budget_s)
{
    f.o.clock.step_budget = dur_from_s(budget_s);
    start_again(off_s);
    for (int i = 0; i < 20; i++) {
        fixture_sleep(&again, 1);
        fixture_answer(&again, 0, 0.0005, 0.0005, 0);
        if (clock_steps(&again.c).refused)
            return;
    }
}

static void steps_add_up_over_restarts(void **state)
{
    (void)state;
    learn(&f);
    assert_int_equal(m.stepped.ns, 0); /* the first synchronisation ever is free */
    synchronise_again(20, 60);
    assert_true(fabs(fixture_error_s(&again)) < 1e-3);
    clock_remember(&again.c, fixture_now(&again), &m);
    synchronise_again(25, 60);
    clock_remember(&again.c, fixture_now(&again), &m);
    assert_true(fabs(dur_to_s(m.stepped) - 45) < 0.1);
    synchronise_again(20, 60);
    assert_true(clock_steps(&again.c).refused);
    assert_true(fixture_logged(&again, LOG_STEP_BUDGET));
    assert_true(fabs(fixture_error_s(&again) - 20) < 0.1);
    assert_int_equal(fixture_view(&again).status, CLOCK_UNSYNCHRONISED);
}

/* What a slew may do within the panic threshold it does; no step is needed. */
static void a_small_error_beyond_the_budget_is_slewed(void **state)
{
    (void)state;
    learn(&f);
    synchronise_again(2, 1);
    assert_false(clock_steps(&again.c).refused);
    assert_int_equal(fixture_view(&again).status, CLOCK_SYNCHRONISED);
    assert_true(fixture_error_s(&again) > 1.9);
    assert_int_equal(clock_steps(&again.c).stepped.ns, 0);
}

/* A year without power is no step: the line started at the saved time, and only what lies beyond counts. */
static void the_way_to_the_saved_time_is_free(void **state)
{
    (void)state;
    learn(&f);
    fixture_sleep(&f, 30);
    synchronise_again(-YEAR_S, 60);
    assert_true(fabs(fixture_error_s(&again)) < 1e-3);
    assert_true(fabs(dur_to_s(clock_steps(&again.c).stepped) - 31) < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learnt_is_there_again),
        cmocka_unit_test(a_source_that_was_silent_this_time_is_not_forgotten),
        cmocka_unit_test(another_boot_makes_the_frequency_less_certain),
        cmocka_unit_test(ST_06_the_line_never_starts_before_it_was_saved),
        cmocka_unit_test(ST_06_nor_before_this_program_was_written),
        cmocka_unit_test(ST_06_a_clock_that_went_back_is_not_the_one_local_is_about),
        cmocka_unit_test(a_statement_goes_on_with_what_it_told),
        cmocka_unit_test(a_statement_outlives_the_leap_second_it_knew),
        cmocka_unit_test(what_is_kept_within_an_inserted_second_is_midnight),
        cmocka_unit_test(a_statement_made_again_is_about_the_same_clock),
        cmocka_unit_test(without_a_statement_the_system_clock_is_right),
        cmocka_unit_test(what_was_measured_ends_what_was_stated),
        cmocka_unit_test(what_a_disrupted_clock_shows_is_not_stated),
        cmocka_unit_test(steps_add_up_over_restarts),
        cmocka_unit_test(a_small_error_beyond_the_budget_is_slewed),
        cmocka_unit_test(the_way_to_the_saved_time_is_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
