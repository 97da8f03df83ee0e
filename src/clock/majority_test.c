/* Whose word is followed, when, and what is said of the others; what follows from it for the served line. */
#include "clock/clock_fixture.h"

#define WIDE ((struct dur_ns){ 20 * NS_PER_MS }) /* a root dispersion within which a source may sit anywhere */

static enum clock_status status(const struct fixture *f) { return fixture_view(f).status; }
static int source_state(const struct fixture *f, uint16_t slot) { return (int)clock_source_view(&f->c, slot, fixture_now(f)).state; }

static void begin(struct fixture *f, unsigned sources, double off_s)
{
    fixture_init(f, off_s);
    for (uint16_t i = 0; i < sources; i++)
        fixture_source(f, i);
}

/* Answers of all sources in turn, each with its own error, 64 s from one round to the next. */
static void rounds(struct fixture *f, unsigned count, unsigned sources, const double *lie_s, struct dur_ns root_dispersion)
{
    for (unsigned i = 0; i < count; i++)
        for (uint16_t s = 0; s < sources; s++) {
            fixture_sleep(f, 64.0 / sources);
            fixture_answer_rooted(f, s, 1e-4 + 1e-6 * (i % 3), 1e-4 + 1e-6 * (i % 2), lie_s[s], (struct dur_ns){ 0 }, root_dispersion);
        }
}

/* Of two that agree the one that proves more leads, whichever came first. */
static void the_narrowest_leads(void **state)
{
    (void)state;
    for (uint16_t narrow = 0; narrow < 2; narrow++) {
        struct fixture f;

        begin(&f, 2, 0.3);
        for (uint16_t s = 0; s < 2; s++) {
            fixture_sleep(&f, 0.1);
            fixture_answer(&f, s, 1e-4, s == narrow ? 1e-4 : 80e-3, 0);
        }
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    }
}

/* How well it is known at first is what its round trip allows, and never nothing. */
static void what_leads_is_known_by_its_round_trip(void **state)
{
    static const struct { double trip_s, sd_s; } rows[] = { { 80e-3, 20e-3 }, { 4e-6, 1e-6 }, { 0, 1e-6 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;

        begin(&f, 1, 0.3);
        fixture_answer(&f, 0, rows[i].trip_s / 2, rows[i].trip_s / 2, 0);
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_true(fabs(sqrt(f.c.estimate.bank[0].pxx) / rows[i].sd_s - 1) < 1e-6);
    }
}

/* The others of the majority have their say at once: the estimate is none's alone. Who is not preferred has none. */
static void the_first_majority_is_combined(void **state)
{
    (void)state;
    for (int prefer = 0; prefer < 2; prefer++) {
        struct fixture f;

        begin(&f, 2, 0.3);
        f.c.source[0].prefer = prefer;
        fixture_answer_rooted(&f, 0, 1e-3, 1e-3, 0.4e-3, (struct dur_ns){ 0 }, (struct dur_ns){ 0 });
        fixture_answer_rooted(&f, 1, 1e-3, 1e-3, -0.4e-3, (struct dur_ns){ 0 }, (struct dur_ns){ NS_PER_US });
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_int_equal(source_state(&f, 1), prefer ? CLOCK_SOURCE_OUTLIER : CLOCK_SOURCE_SELECTED);
        if (prefer)
            assert_true(fabs(fixture_error_s(&f) - 0.4e-3) < 1e-6);
        else
            assert_true(fabs(fixture_error_s(&f)) < 0.35e-3);
    }
}

/* The one that leads may be off by what it claims, and was heard first only: two others that fit each other and not it take the clock along. */
static void two_at_the_start_correct_the_one_that_leads(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 5, 0.3); /* three of five are a majority */
    fixture_answer_rooted(&f, 0, 1e-5, 1e-5, 15e-3, (struct dur_ns){ 0 }, WIDE);
    fixture_answer_rooted(&f, 1, 5e-5, 5e-5, 0, (struct dur_ns){ 0 }, WIDE);
    fixture_answer_rooted(&f, 2, 5e-5, 5e-5, 0, (struct dur_ns){ 0 }, WIDE);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* What is served never jumps while it is measured, however far and in which direction the estimate goes. */
static void a_measured_clock_is_slewed(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double honest = 0, moved = sign * 5e-3;
        bool far = false;
        struct fixture f;

        begin(&f, 1, 0);
        f.c.options.clock.step_budget = (struct dur_ns){ 50 * NS_PER_S };
        rounds(&f, 20, 1, &honest, WIDE);
        for (int i = 0; i < 10; i++) {
            struct clock_view before;

            fixture_sleep(&f, 16);
            before = fixture_view(&f);
            fixture_answer_rooted(&f, 0, 1e-4, 1e-4, moved, (struct dur_ns){ 0 }, WIDE);
            assert_true(dur_abs(utc_sub(fixture_view(&f).utc, before.utc)).ns <= NS_PER_US);
            far = far || dur_before(f.o.clock.step_threshold, dur_abs(clock_page(&f.c)->slew));
        }
        assert_true(far);
    }
}

/* Forward at once after a disruption, backward never. */
static void after_a_disruption_only_forward(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double honest = 0;
        struct clock_view before;
        struct fixture f;
        double jump_s;

        begin(&f, 1, 0);
        rounds(&f, 20, 1, &honest, WIDE);
        f.true_s += sign * 0.5;
        f.a.count = 0;
        clock_disrupted(&f.c, (struct dur_ns){ NS_PER_S }, "a test", fixture_now(&f), &f.a);
        fixture_sleep(&f, 1);
        before = fixture_view(&f);
        fixture_answer_rooted(&f, 0, 1e-4, 1e-4, 0, (struct dur_ns){ 0 }, WIDE);
        jump_s = dur_to_s(utc_sub(fixture_view(&f).utc, before.utc));
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_true(fixture_logged(&f, LOG_SYNCHRONISED) && !fixture_logged(&f, LOG_CLOCK_STEPPED));
        assert_true(sign > 0 ? fabs(jump_s - 0.5) < 1e-3 : fabs(jump_s) < 1e-6);
        fixture_sleep(&f, 16);
        fixture_answer_rooted(&f, 0, 1e-4, 1e-4, 0, (struct dur_ns){ 0 }, WIDE);
        assert_false(fixture_logged(&f, LOG_SYNCHRONISED));
    }
}

/* Also where the first answers after it were no majority. */
static void after_a_split_it_is_put_forward_too(void **state)
{
    const double honest[2] = { 0 };
    struct fixture f;

    (void)state;
    begin(&f, 2, 0);
    rounds(&f, 20, 2, honest, (struct dur_ns){ 0 });
    f.true_s += 0.5;
    f.a.count = 0;
    clock_disrupted(&f.c, (struct dur_ns){ NS_PER_S }, "a test", fixture_now(&f), &f.a);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_DISRUPTED);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0.3);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* One of three that leans, within what it claims, is told from the others; of two nobody knows which. */
static void in_company_one_that_leans_is_an_outlier(void **state)
{
    const double lie_s[3] = { 4e-3, 0, 0 };
    struct fixture f;

    (void)state;
    begin(&f, 3, 0);
    rounds(&f, 30, 3, lie_s, WIDE);
    assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_OUTLIER);
    assert_int_equal(source_state(&f, 1), CLOCK_SOURCE_SELECTED);
    begin(&f, 2, 0);
    rounds(&f, 30, 2, lie_s, WIDE);
    assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_SELECTED);
    assert_int_equal(source_state(&f, 1), CLOCK_SOURCE_SELECTED);
}

/* After a disruption answers come at ordinary polls: a liar who is asked more often is waited after for two minutes, not for the four seconds of a start. */
static void after_a_disruption_the_others_are_waited_for(void **state)
{
    const double honest[3] = { 0 };
    struct fixture f;

    (void)state;
    begin(&f, 3, 0);
    rounds(&f, 10, 3, honest, (struct dur_ns){ 0 });
    f.a.count = 0;
    clock_disrupted(&f.c, (struct dur_ns){ NS_PER_S }, "a test", fixture_now(&f), &f.a);
    for (int i = 0; i < 30; i++) {
        fixture_sleep(&f, 4);
        fixture_answer(&f, 0, 1e-4, 1e-4, 0.5);
        assert_int_equal(status(&f), CLOCK_DISRUPTED);
    }
    fixture_answer(&f, 1, 1e-4, 1e-4, 0);
    fixture_answer(&f, 2, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* After a silence also one that has been gone for long is waited for: he may be back with the others, and for ten minutes in holdover. */
static void after_a_silence_all_are_waited_for(void **state)
{
    const double honest[2] = { 0 };
    struct fixture f;

    (void)state;
    begin(&f, 2, 0);
    f.c.source[0].max_poll_log2 = f.c.source[1].max_poll_log2 = 6;
    rounds(&f, 3, 2, honest, (struct dur_ns){ 0 });
    rounds(&f, 60, 1, honest, (struct dur_ns){ 0 });
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    f.a.count = 0;
    clock_source_missed(&f.c, 1, 0, fixture_now(&f), &f.a);
    fixture_sleep(&f, 9 * 64);
    assert_int_equal(status(&f), CLOCK_HOLDOVER);
    for (int i = 0; i < 10; i++) {
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
        assert_int_equal(status(&f), CLOCK_HOLDOVER);
        fixture_sleep(&f, 60);
    }
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

/* More than half of them say so, with one answer each: no repeat is asked for, and it is kept for status by how much the bound was wrong. */
static void a_majority_beyond_the_bound_is_believed_at_once(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double honest[3] = { 0 };
        struct fixture f;

        begin(&f, 3, 0);
        rounds(&f, 20, 3, honest, (struct dur_ns){ 0 });
        fixture_sleep(&f, 16);
        fixture_answer(&f, 0, 1e-4, 1e-4, sign * 0.5);
        assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_FALSETICKER);
        assert_false(fixture_logged(&f, LOG_CLOCK_DISRUPTED) || f.c.policy.bound_broken);
        fixture_answer(&f, 1, 1e-4, 1e-4, sign * 0.5);
        assert_true(fixture_logged(&f, LOG_CLOCK_DISRUPTED) && f.c.policy.bound_broken);
        assert_true(fabs(dur_to_s(f.c.policy.broken_by) - sign * 0.5) < 1e-3);
        assert_int_equal(source_state(&f, 2), CLOCK_SOURCE_FALSETICKER);
        fixture_answer(&f, 0, 1e-4, 1e-4, sign * 0.5);
        assert_false(fixture_logged(&f, LOG_CLOCK_DISRUPTED));
    }
}

/* Beyond panic_threshold not even a majority is; said once, until the sources come back. */
static void beyond_the_panic_threshold_nobody_is_believed(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double honest[3] = { 0 };
        unsigned told = 0;
        struct fixture f;

        begin(&f, 3, 0);
        for (unsigned again = 1; again <= 2; again++) {
            rounds(&f, 30, 3, honest, (struct dur_ns){ 0 });
            assert_int_equal(source_state(&f, 1), CLOCK_SOURCE_SELECTED);
            for (uint16_t i = 0; i < 9; i++) {
                fixture_sleep(&f, 2);
                fixture_answer(&f, i % 3, 1e-4, 1e-4, sign * 10.1);
                told += fixture_logged(&f, LOG_CLOCK_PANIC);
                assert_true(fabs(fixture_error_s(&f)) < 1e-3);
            }
            assert_int_equal(told, again);
        }
        fixture_sleep(&f, 2);
        rounds(&f, 1, 3, honest, (struct dur_ns){ 0 });
        for (uint16_t i = 0; i < 3; i++)
            fixture_answer(&f, i, 1e-4, 1e-4, sign * 9.9);
        assert_true(f.c.policy.bound_broken);
    }
}

/* How far it is counts from what is served, not from the estimate that this is on its way to. */
static void panic_counts_from_what_is_served(void **state)
{
    const double honest[3] = { 0 };

    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct fixture f;

        begin(&f, 3, -6);
        f.c.options.clock.step_limit = 0; /* so it is being worked off for hours */
        rounds(&f, 5, 3, honest, (struct dur_ns){ 0 });
        assert_true(fabs(fixture_error_s(&f) + 6) < 0.3);
        for (uint16_t i = 0; i < 2; i++)
            fixture_answer(&f, i, 1e-4, 1e-4, sign * 5);
        assert_true(fixture_logged(&f, LOG_CLOCK_PANIC) == (sign > 0) && f.c.policy.bound_broken == (sign < 0));
        if (sign < 0)
            assert_true(fabs(dur_to_s(f.c.policy.broken_by) - 1) < 0.3);
    }
}

/* What the first synchronisation let through is worked off however far it is. Would the threshold count it again, the sources could say nothing more until
 * it is, and a bound that they contradict by less stayed false (utcsim --storm 26120407929). */
static void panic_does_not_count_twice_what_was_let_through(void **state)
{
    const double honest[3] = { 0 };

    (void)state;
    for (int sign = -1; sign <= 1; sign += 2)
        for (int beyond = 0; beyond < 2; beyond++) {
            struct fixture f;

            begin(&f, 3, -60);
            f.c.options.clock.step_limit = 0;
            rounds(&f, 5, 3, honest, (struct dur_ns){ 0 });
            assert_true(fabs(fixture_error_s(&f) + 60) < 0.3);
            for (uint16_t i = 0; i < 2; i++)
                fixture_answer(&f, i, 1e-4, 1e-4, sign * (beyond ? 10.1 : 9.9));
            assert_true(fixture_logged(&f, LOG_CLOCK_PANIC) == beyond && f.c.policy.bound_broken != beyond);
        }
}

/* As soon as the frequency is good it is saved, later by the hour. */
static void what_was_learnt_is_saved_as_soon_as_it_is_good(void **state)
{
    const double honest = 0;
    unsigned saves = 0;
    struct fixture f;

    (void)state;
    begin(&f, 1, 0);
    for (int i = 0; i < 40; i++) {
        rounds(&f, 1, 1, &honest, (struct dur_ns){ 0 });
        fixture_tick(&f);
        saves += fixture_did(&f, CLOCK_DO_SAVE);
        assert_true(saves == clock_drift(&f.c).valid);
    }
    assert_int_equal(saves, 1);
}

/* Each time anew, and each time once. */
static void a_split_and_a_falseticker_are_told_once(void **state)
{
    const double agreed[3] = { 0 }, split[2] = { 0, 0.5 }, lies[3] = { 0.5, 0, 0 };
    struct fixture f;

    (void)state;
    begin(&f, 2, 0);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0.5);
    assert_true(fixture_logged(&f, LOG_NO_MAJORITY));
    fixture_answer(&f, 1, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0.5);
    assert_true(fixture_logged(&f, LOG_NO_MAJORITY));
    for (int i = 0; i < 2; i++) {
        bool told = false;

        rounds(&f, 3, 2, agreed, (struct dur_ns){ 0 });
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        for (int k = 0; k < 4; k++) {
            rounds(&f, 1, 2, split, (struct dur_ns){ 0 });
            assert_false(told && fixture_logged(&f, LOG_NO_MAJORITY));
            told = told || fixture_logged(&f, LOG_NO_MAJORITY);
        }
        assert_true(told);
        assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    }
    begin(&f, 3, 0);
    rounds(&f, 3, 3, agreed, (struct dur_ns){ 0 });
    fixture_answer(&f, 0, 1e-4, 1e-4, lies[0]);
    assert_true(fixture_logged(&f, LOG_SOURCE_FALSETICKER));
    rounds(&f, 1, 3, lies, (struct dur_ns){ 0 });
    fixture_answer(&f, 0, 1e-4, 1e-4, lies[0]);
    assert_false(fixture_logged(&f, LOG_SOURCE_FALSETICKER));
}

/* Nothing is stepped where the limit is none, and what is far off is slewed. */
static void a_step_limit_of_none_is_kept(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1, -0.3);
    f.c.options.clock.step_limit = 0;
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
    assert_true(fabs(fixture_error_s(&f) + 0.3) < 1e-6);
}

/* The first of all is free. */
static void steps_count_after_the_first_synchronisation(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1, -0.3);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_true(fixture_did(&f, CLOCK_DO_STEP) && fixture_logged(&f, LOG_CLOCK_STEPPED));
    assert_int_equal(clock_steps(&f.c).stepped.ns, 0);
    clock_count_step(&f.c, (struct dur_ns){ NS_PER_S });
    assert_int_equal(clock_steps(&f.c).stepped.ns, NS_PER_S);
}

/* Fourteen that follow one machine and contradict each other are outvoted by two witnesses, and each is told of. */
static void as_many_falsetickers_as_there_may_be_are_told(void **state)
{
    unsigned told = 0;
    struct fixture f;

    (void)state;
    begin(&f, CLOCK_SOURCES_MAX, 0.5);
    for (uint16_t i = 0; i < CLOCK_SOURCES_MAX; i++) {
        f.upstream[i] = i < 14 ? 7 : 8u + i;
        fixture_answer(&f, i, 1e-4, 1e-4, i < 14 ? 1 + 0.01 * i : 0);
    }
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fixture_did(&f, CLOCK_DO_STEP) && fabs(fixture_error_s(&f)) < 1e-3);
    for (unsigned i = 0; i < f.a.count; i++)
        told += f.a.item[i].kind == CLOCK_DO_LOG && f.a.item[i].log.id == LOG_SOURCE_FALSETICKER;
    assert_int_equal(told, 14);
}

static void fewer_than_min_sources_set_nothing(void **state)
{
    const double honest[2] = { 0 };
    struct utc_ns reference_time;
    struct fixture f;

    (void)state;
    begin(&f, 1, 0);
    f.c.options.clock.min_sources = 2;
    rounds(&f, 1, 1, honest, (struct dur_ns){ 0 });
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    begin(&f, 2, 0);
    f.c.options.clock.min_sources = 2;
    rounds(&f, 3, 2, honest, (struct dur_ns){ 0 });
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    f.a.count = 0;
    clock_source_remove(&f.c, 1, fixture_now(&f), &f.a);
    reference_time = clock_page(&f.c)->reference_time;
    fixture_sleep(&f, 64);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_true(clock_page(&f.c)->reference_time.ns == reference_time.ns);
}

/* Further off than a slew may reach, and nothing left to step by: told once, and nothing is done. */
static void a_spent_budget_is_kept(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1, -100);
    f.c.options.clock.step_budget = (struct dur_ns){ 50 * NS_PER_S };
    f.c.policy.synchronised_ever = true;
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_true(fixture_logged(&f, LOG_STEP_BUDGET) && clock_steps(&f.c).refused);
    fixture_sleep(&f, 2);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_false(fixture_logged(&f, LOG_STEP_BUDGET));
    f.c.options.clock.step_budget = (struct dur_ns){ 200 * NS_PER_S };
    fixture_sleep(&f, 2);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_int_equal(clock_steps(&f.c).stepped.ns / NS_PER_S, 100);
    assert_false(clock_steps(&f.c).refused);
}

/* Six hours before the end of a year who smears linearly is a quarter of a second behind. */
#define BEFORE_LEAP_S (-7 * 3600.0)
#define SMEARED_S (-0.25)

/* A clock that is 2 s behind then; one source has UTC and comes over a long way, the other may smear and is near. */
static void begin_before_a_leap(struct fixture *f, enum smear_law near_smears)
{
    const struct clock_source_options near = { .name = "near", .refid = fixture_refid(1), .min_poll_log2 = 6, .max_poll_log2 = 10, .smear = near_smears };

    memset(f, 0, sizeof *f);
    f->o = fixture_options();
    f->o.clock.step_limit = 1;
    f->true_s = BEFORE_LEAP_S;
    fixture_start(f, -2);
    fixture_source(f, 0);
    clock_source_add(&f->c, 1, &near);
}

static void announce(struct fixture *f, uint16_t slot, enum leap leap, double half_trip_s, double lie_s)
{
    const struct dur_ns half = dur_from_s(half_trip_s);
    struct measurement m = { .source = slot, .leap = (uint8_t)leap, .stratum = 2, .dispersion = { 4 }, .delay = { 2 * half.ns } };

    m.at = mono_add(fixture_now(f), dur_neg(half));
    m.utc = utc_add(fixture_utc(f), dur_from_s(lie_s - half_trip_s));
    f->a.count = 0;
    clock_measure(&f->c, &m, fixture_now(f), &f->a);
}

/* The one that is near sets the clock, by a smear that nobody can take back before the other's word on the leap second is known. */
static void a_leap_second_that_the_first_answers_tell_of_begins_all_again(void **state)
{
    struct fixture f;

    (void)state;
    begin_before_a_leap(&f, SMEAR_LINEAR);
    announce(&f, 0, LEAP_INSERT, 0.3, 0);
    announce(&f, 1, LEAP_NONE, 1e-4, SMEARED_S);
    assert_int_equal(clock_page(&f.c)->leap_delta_s, 1);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_false(fixture_logged(&f, LOG_SYNCHRONISED));
    fixture_sleep(&f, 1);
    announce(&f, 0, LEAP_INSERT, 0.3, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fixture_logged(&f, LOG_SYNCHRONISED) && fixture_did(&f, CLOCK_DO_STEP) && !fixture_logged(&f, LOG_CLOCK_DISRUPTED));
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* It does not where nobody is declared to smear, where the leap second was known before, and where there is none. */
static void else_the_first_answers_stand(void **state)
{
    static const struct { bool listed; enum leap leap; enum smear_law law; double near_s; int32_t delta_s; } rows[] = {
        { false, LEAP_INSERT, SMEAR_NONE, 0, 1 }, { true, LEAP_INSERT, SMEAR_LINEAR, SMEARED_S, 1 }, { false, LEAP_NONE, SMEAR_LINEAR, 0, 0 },
    };
    const struct leap_table list = { .expires = { FIXTURE_UTC + 86400 * NS_PER_S }, .count = 2, .entry = { { { 0 }, 37 }, { { FIXTURE_NEW_YEAR }, 38 } } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;

        begin_before_a_leap(&f, rows[i].law);
        if (rows[i].listed)
            clock_leap_table(&f.c, LEAP_FROM_LIST, &list, fixture_now(&f), &f.a);
        announce(&f, 0, rows[i].leap, 0.3, 0);
        announce(&f, 1, rows[i].law == SMEAR_NONE ? rows[i].leap : LEAP_NONE, 1e-4, rows[i].near_s);
        assert_int_equal(clock_page(&f.c)->leap_delta_s, rows[i].delta_s);
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_true(fixture_logged(&f, LOG_SYNCHRONISED) && fabs(fixture_error_s(&f)) < 1e-3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_narrowest_leads),
        cmocka_unit_test(what_leads_is_known_by_its_round_trip),
        cmocka_unit_test(the_first_majority_is_combined),
        cmocka_unit_test(two_at_the_start_correct_the_one_that_leads),
        cmocka_unit_test(a_measured_clock_is_slewed),
        cmocka_unit_test(after_a_disruption_only_forward),
        cmocka_unit_test(after_a_split_it_is_put_forward_too),
        cmocka_unit_test(in_company_one_that_leans_is_an_outlier),
        cmocka_unit_test(after_a_disruption_the_others_are_waited_for),
        cmocka_unit_test(after_a_silence_all_are_waited_for),
        cmocka_unit_test(a_majority_beyond_the_bound_is_believed_at_once),
        cmocka_unit_test(beyond_the_panic_threshold_nobody_is_believed),
        cmocka_unit_test(panic_counts_from_what_is_served),
        cmocka_unit_test(panic_does_not_count_twice_what_was_let_through),
        cmocka_unit_test(what_was_learnt_is_saved_as_soon_as_it_is_good),
        cmocka_unit_test(a_split_and_a_falseticker_are_told_once),
        cmocka_unit_test(a_step_limit_of_none_is_kept),
        cmocka_unit_test(steps_count_after_the_first_synchronisation),
        cmocka_unit_test(as_many_falsetickers_as_there_may_be_are_told),
        cmocka_unit_test(fewer_than_min_sources_set_nothing),
        cmocka_unit_test(a_spent_budget_is_kept),
        cmocka_unit_test(a_leap_second_that_the_first_answers_tell_of_begins_all_again),
        cmocka_unit_test(else_the_first_answers_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
