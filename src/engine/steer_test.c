/* Steering: what the system clock is told, and what another hand on it changes. */
#include "engine/engine_fixture.h"

static void CLK_01_a_step_by_another_hand_is_a_disruption(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct event ev = { .kind = EVENT_CLOCK_PAIR };
    struct clock_view v;

    (void)state;
    begin(&w, true);
    synchronise(&w);
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_SYNCHRONISED);
    ev.u.pair.raw = w.now;
    ev.u.pair.system.ns = truth(w.now) + 3600 * NS_PER_S;
    give(&w, &ev);
    assert_true(logged(&w, LOG_CLOCK_DISRUPTED));
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_DISRUPTED);
    assert_int_equal(v.leap, LEAP_UNKNOWN);
    assert_non_null(strstr(problem_of(&w, PROBLEM_CLOCK_MOVED)->detail, "another program stepped the system clock"));
    assert_non_null(problem_of(&w, PROBLEM_DISRUPTED));
    end(&w);
}

static void CLK_02_a_suspended_machine_is_disrupted_until_measured_again(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct event ev = { .kind = EVENT_CLOCK_PAIR };
    struct clock_view v;

    (void)state;
    begin(&w, false);
    synchronise(&w);
    ev.u.pair.raw = w.now;
    ev.u.pair.system.ns = truth(w.now);
    give(&w, &ev);
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_SYNCHRONISED);
    ev.u.pair.asleep.ns = 900 * NS_PER_US;
    give(&w, &ev);
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_SYNCHRONISED);
    ev.u.pair.asleep.ns += 30 * NS_PER_MS; /* woken at once */
    give(&w, &ev);
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_DISRUPTED);
    assert_int_equal(v.stratum, 0);
    assert_non_null(strstr(problem_of(&w, PROBLEM_CLOCK_MOVED)->detail, "suspended"));
    assert_non_null(problem_of(&w, PROBLEM_DISRUPTED));
    end(&w);
}

static void CLK_02_a_moved_machine_is_disrupted_until_measured_again(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct event ev = { .kind = EVENT_MOVED };
    struct clock_view v;

    (void)state;
    begin(&w, true);
    synchronise(&w);
    give(&w, &ev);
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_DISRUPTED);
    assert_int_equal(v.stratum, 0);
    assert_non_null(strstr(problem_of(&w, PROBLEM_CLOCK_MOVED)->detail, "the virtual machine was moved or restored"));
    assert_non_null(problem_of(&w, PROBLEM_DISRUPTED));
    end(&w);
}

static const struct clock_command *last_status(const struct world *w)
{
    const struct clock_command *last = NULL;
    const struct action *a;

    for (unsigned i = 0; (a = find(w, ACTION_CLOCK, i)); i++)
        if (a->u.clock.verb == CLOCK_SET_STATUS)
            last = &a->u.clock;
    return last;
}

static unsigned statuses(const struct world *w)
{
    const struct action *a;
    unsigned n = 0;

    for (unsigned i = 0; (a = find(w, ACTION_CLOCK, i)); i++)
        n += a->u.clock.verb == CLOCK_SET_STATUS;
    return n;
}

/* Whatever flag the kernel carries, our first word replaces all of them: one command, and no other until the error estimates are due for a refresh. None of
 * those that follow over an hour arms or says anything else of a leap second. */
static void LEAP_07_what_another_program_armed_is_cleared_once(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, true);
    assert_int_equal(statuses(&w), 1);
    assert_int_equal(last_status(&w)->leap, LEAP_NONE);
    assert_false(last_status(&w)->synchronised);
    forget(&w);
    pass(&w, START_NS + 50 * NS_PER_S);
    assert_int_equal(statuses(&w), 0);
    for (int minute = 1; minute <= 60; minute++) {
        forget(&w);
        pass(&w, START_NS + (50 + 60 * minute) * NS_PER_S);
        assert_in_range(statuses(&w), 0, 1);
        assert_int_equal(last_status(&w) ? last_status(&w)->leap : LEAP_NONE, LEAP_NONE);
    }
    end(&w);
}

/* All commands so far were obeyed. */
static void obey(struct world *w)
{
    while (w->obeyed != w->commanded)
        give(w, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { .number = ++w->obeyed } });
}

/* The system clock obeys, and gains ppm more than it was told to, for seconds. */
static void drift_away(struct world *w, double ppm, int seconds)
{
    for (int i = 0; i < 4 * seconds; i++) {
        w->system_error.ns += (int64_t)((w->freq_ppm + ppm) * 250);
        pass(w, w->now.ns + NS_PER_S / 4);
        obey(w);
    }
}

static void CLK_03_a_frequency_that_another_program_set_is_told_and_said_again(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, true);
    synchronise(&w);
    drift_away(&w, 0, 20); /* it obeys from now on */
    forget(&w);
    drift_away(&w, 0, 60);
    assert_false(logged(&w, LOG_CLOCK_RETUNED));
    forget(&w);
    drift_away(&w, 500, 17);
    assert_true(logged(&w, LOG_CLOCK_RETUNED));
    assert_false(logged(&w, LOG_CLOCK_DISRUPTED));
    assert_true(count_of(&w, ACTION_CLOCK) > 0);
    assert_non_null(strstr(problem_of(&w, PROBLEM_CLOCK_MOVED)->detail, "another program changed the system clock's frequency"));
    end(&w);
}

/* A clock role that ended with a command, before it answered. The next answer tells: the frequency is said again, nobody is blamed for it, and whoever does
 * change it later is told of as ever. */
static void CLK_03_a_command_without_an_answer_hides_no_other_program(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    uint32_t lost;

    (void)state;
    begin(&w, true);
    synchronise(&w);
    drift_away(&w, 0, 20);
    pass(&w, w.now.ns + 61 * NS_PER_S); /* the kernel is told the status anew */
    lost = w.commanded;
    assert_int_not_equal(lost, w.obeyed);
    w.obeyed = lost;
    forget(&w);
    drift_away(&w, 0, 80);
    assert_int_not_equal(w.obeyed, lost);
    assert_false(logged(&w, LOG_CLOCK_RETUNED));
    drift_away(&w, 500, 17);
    assert_true(logged(&w, LOG_CLOCK_RETUNED));
    end(&w);
}

/* The first step commanded since the last forget(), or NULL. */
static const struct action *first_step(const struct world *w)
{
    const struct action *a;

    for (unsigned i = 0; (a = find(w, ACTION_CLOCK, i)); i++)
        if (a->u.clock.verb == CLOCK_SET_STEP)
            return a;
    return NULL;
}

/* Synchronised, then another program moves the system clock, and the source is measured again. */
static void move_clock(struct world *w, int64_t by_s)
{
    unsigned answered = 0;

    begin(w, true);
    synchronise(w);
    pass(w, w->now.ns + 20 * NS_PER_S);
    forget(w);
    w->system_error.ns += by_s * NS_PER_S;
    for (int i = 0; i < 120 && !first_step(w); i++) {
        pass(w, w->now.ns + NS_PER_S);
        if (find(w, ACTION_SEND, answered))
            answer(w, find(w, ACTION_SEND, answered++));
    }
}

static void CLK_01_a_system_clock_set_back_is_put_forward_by_a_step(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    move_clock(&w, -5);
    assert_true(logged(&w, LOG_CLOCK_DISRUPTED));
    assert_true(logged(&w, LOG_CLOCK_REPAIRED));
    assert_non_null(first_step(&w));
    assert_in_range(first_step(&w)->u.clock.step.ns, 4900 * NS_PER_MS, 5600 * NS_PER_MS); /* the answers took up to a second */
    end(&w);
}

static void CLK_01_a_system_clock_set_forward_is_never_stepped_back(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    move_clock(&w, 5);
    assert_true(logged(&w, LOG_CLOCK_DISRUPTED));
    assert_null(first_step(&w));
    end(&w);
}

static void CLK_01_beyond_the_budget_it_is_slewed_and_told(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", ""), .budget = { NS_PER_S } };
    static struct snapshot s;

    (void)state;
    move_clock(&w, -5);
    assert_true(logged(&w, LOG_STEP_BUDGET));
    assert_null(first_step(&w));
    engine_snapshot(w.engine, w.now, &s);
    assert_non_null(strstr(s.hint, "clock.step_budget is spent"));
    assert_non_null(problem_of(&w, PROBLEM_STEP_BUDGET));
    end(&w);
}

/* -- `utcctl step` ------------------------------------------------------------------------------------------------------- */

static const char *step_refusal(struct world *w)
{
    struct dur_ns by;

    return engine_step_refusal(w->engine, &by);
}

static void order_step(struct world *w)
{
    const struct event ev = { .kind = EVENT_STEP };

    forget(w);
    give(w, &ev);
}

/* A clock that is 50 ms fast: too little for the step policy, which slews it; an operator may not want to wait. */
static void begin_slewing(struct world *w)
{
    w->system_error.ns = 50 * NS_PER_MS;
    begin(w, true);
    synchronise(w);
    assert_null(first_step(w));
}

static void CTL_14_a_step_goes_to_where_the_clock_is_slewed_to(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    static struct snapshot s;
    struct dur_ns by;

    (void)state;
    begin_slewing(&w);
    assert_null(engine_step_refusal(w.engine, &by));
    assert_in_range(-by.ns, 40 * NS_PER_MS, 51 * NS_PER_MS);
    order_step(&w);
    assert_non_null(first_step(&w));
    assert_int_equal(first_step(&w)->u.clock.step.ns, by.ns);
    assert_true(logged(&w, LOG_CLOCK_STEPPED_NOW));
    assert_non_null(find(&w, ACTION_SAVE, 0)); /* what was spent of the budget is not forgotten */
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.steps, 1);
    end(&w);
}

/* Refused with a reason; and an order that comes all the same does nothing. */
static void assert_refused(struct world *w, const char *why)
{
    const char *told = step_refusal(w);

    if (!told || !strstr(told, why))
        fail_msg("%s: %s", why, told ? told : "not refused");
    order_step(w);
    assert_null(first_step(w));
    end(w);
}

static void CTL_14_a_step_is_refused_with_its_reason(void **state)
{
    const struct world fresh = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct world w = fresh;
    struct utc_ns served;

    (void)state;
    begin(&w, false);
    assert_refused(&w, "virtual clock");
    w = fresh;
    begin(&w, true);
    assert_refused(&w, "not synchronised");
    w = fresh;
    begin(&w, true);
    synchronise(&w);
    served = page_utc(engine_page(w.engine), w.now); /* as if it had been slewed there meanwhile */
    w.system_error.ns = served.ns - truth(w.now);
    give(&w, &(struct event){ .kind = EVENT_CLOCK_PAIR, .u.pair = { w.now, served, w.asleep } });
    assert_refused(&w, "nothing to step");
    w = fresh;
    begin_slewing(&w);
    w.options.clock.clock.step_limit = 0;
    give(&w, &(struct event){ .kind = EVENT_OPTIONS, .u.options = { &w.options } });
    assert_refused(&w, "clock.step_limit");
    w = fresh;
    w.budget.ns = 10 * NS_PER_MS;
    begin_slewing(&w);
    assert_refused(&w, "clock.step_budget");
}

/* The next midnight of this world, and a table with a leap second there. */
static struct leap_table table_for_midnight(const struct world *w, int32_t delta)
{
    int64_t day_ns = 86400 * NS_PER_S, midnight = (truth(w->now) / day_ns + 1) * day_ns;
    struct leap_table t = { .updated = { 0 }, .expires = { midnight + 100 * day_ns }, .count = 2, .entry = { { { 0 }, 37 }, { { midnight }, 37 + delta } } };

    return t;
}

static const struct clock_command *status_in_mode(struct world *w, enum leap_mode mode, int32_t delta)
{
    struct event ev = { .kind = EVENT_LEAP_TABLE };
    struct leap_table t;

    w->options.clock.leap.mode = (uint8_t)mode;
    begin(w, true);
    synchronise(w);
    t = table_for_midnight(w, delta);
    ev.u.leap.table = &t;
    give(w, &ev);
    pass(w, w->now.ns + 20 * NS_PER_S);
    return last_status(w);
}

static void the_kernel_is_told_in_mode_step_alone(void **state)
{
    (void)state;
    for (enum leap_mode mode = LEAP_MODE_STEP; mode <= LEAP_MODE_SMEAR; mode++)
        for (int32_t delta = -1; delta <= 1; delta += 2) {
            struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
            const struct clock_command *told = status_in_mode(&w, mode, delta);
            enum leap last = told ? told->leap : LEAP_NONE;

            assert_int_equal(last, mode != LEAP_MODE_STEP ? LEAP_NONE : delta > 0 ? LEAP_INSERT : LEAP_DELETE);
            end(&w);
        }
}

/* A second off it would leap at another time than the served line. */
static void a_system_clock_far_off_is_not_told(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", ""), .system_error = { -3 * NS_PER_S } };
    const struct clock_command *told;

    (void)state;
    w.options.clock.clock.step_limit = 0;
    told = status_in_mode(&w, LEAP_MODE_STEP, 1);
    assert_true(!told || told->leap == LEAP_NONE);
    end(&w);
}

static void CLK_05_a_clock_that_may_not_be_set_is_told_once(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct event ev = { .kind = EVENT_CLOCK_RESULT, .u.result = { 1, -UE_PERMISSION } };
    static struct snapshot s;

    (void)state;
    begin(&w, true);
    synchronise(&w);
    give(&w, &ev);
    assert_true(logged(&w, LOG_CLOCK_CANNOT_SET));
    forget(&w);
    ev.u.result.number++;
    give(&w, &ev);
    assert_false(logged(&w, LOG_CLOCK_CANNOT_SET));
    engine_snapshot(w.engine, w.now, &s);
    assert_string_equal(s.hint, ue_text(UE_PERMISSION));
    end(&w);
}

static void a_virtual_clock_never_touches_the_host(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, false);
    synchronise(&w);
    pass(&w, w.now.ns + 600 * NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_CLOCK), 0);
    assert_int_equal(count_of(&w, ACTION_READ_CLOCK), 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CLK_01_a_step_by_another_hand_is_a_disruption),
        cmocka_unit_test(CLK_01_a_system_clock_set_back_is_put_forward_by_a_step),
        cmocka_unit_test(CLK_01_a_system_clock_set_forward_is_never_stepped_back),
        cmocka_unit_test(CLK_01_beyond_the_budget_it_is_slewed_and_told),
        cmocka_unit_test(CLK_02_a_suspended_machine_is_disrupted_until_measured_again),
        cmocka_unit_test(CLK_02_a_moved_machine_is_disrupted_until_measured_again),
        cmocka_unit_test(LEAP_07_what_another_program_armed_is_cleared_once),
        cmocka_unit_test(CLK_03_a_frequency_that_another_program_set_is_told_and_said_again),
        cmocka_unit_test(CLK_03_a_command_without_an_answer_hides_no_other_program),
        cmocka_unit_test(CTL_14_a_step_goes_to_where_the_clock_is_slewed_to),
        cmocka_unit_test(CTL_14_a_step_is_refused_with_its_reason),
        cmocka_unit_test(the_kernel_is_told_in_mode_step_alone),
        cmocka_unit_test(a_system_clock_far_off_is_not_told),
        cmocka_unit_test(CLK_05_a_clock_that_may_not_be_set_is_told_once),
        cmocka_unit_test(a_virtual_clock_never_touches_the_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
