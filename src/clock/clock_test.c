/* The door: synchronisation, liars, steps, panic, silence, disruption, steering. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "clock/clock_fixture.h"

static void polls(struct fixture *f, unsigned count, double every_s, unsigned sources, const double *lie_s)
{
    for (unsigned i = 0; i < count; i++)
        for (uint16_t s = 0; s < sources; s++) {
            fixture_sleep(f, every_s / sources);
            fixture_answer(f, s, 1e-4 + 1e-6 * (i % 3), 1e-4 + 1e-6 * (i % 2), lie_s ? lie_s[s] : 0);
        }
}

/* A clock that has followed one good source for so many polls. */
static void follow_one(struct fixture *f, unsigned count)
{
    fixture_init(f, 0);
    fixture_source(f, 0);
    polls(f, count, 64, 1, NULL);
}

static enum clock_status status(const struct fixture *f) { return fixture_view(f).status; }
static int source_state(const struct fixture *f, uint16_t slot) { return (int)clock_source_view(&f->c, slot, fixture_now(f)).state; }

static void lone_source_synchronises_at_once(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, -10);
    fixture_source(&f, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_int_equal(fixture_view(&f).leap, LEAP_UNKNOWN);
    assert_int_equal(fixture_view(&f).stratum, 0);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fixture_did(&f, CLOCK_DO_STEP));
    assert_true(fabs(fixture_error_s(&f)) < 1e-6);
    assert_int_equal(fixture_view(&f).stratum, 3);
    assert_int_equal(fixture_view(&f).refid, 0x0a000001);
    assert_int_equal(fixture_view(&f).root_delay.ns, 200000);
}

static void small_first_error_is_slewed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, -0.5e-3);
    fixture_source(&f, 0);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
    assert_true(fabs(fixture_error_s(&f) + 0.5e-3) < 1e-6);
    fixture_sleep(&f, 25);
    assert_true(fabs(fixture_error_s(&f)) < 1e-5);
}

static void quick_liar_does_not_set_the_clock(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.3);
    for (uint16_t i = 0; i < 3; i++)
        fixture_source(&f, i);
    fixture_sleep(&f, 0.1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 100);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    fixture_sleep(&f, 0.1);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    fixture_sleep(&f, 0.1);
    fixture_answer(&f, 2, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-4);
    assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_FALSETICKER);
    assert_int_equal(clock_page(&f.c)->sources_false, 1);
}

static void waiting_for_the_others_ends(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.3);
    fixture_source(&f, 0);
    fixture_source(&f, 1);
    fixture_source(&f, 2);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_true(mono_sub(clock_next(&f.c), fixture_now(&f)).ns <= 4 * NS_PER_S);
    fixture_sleep(&f, 4.001);
    fixture_tick(&f);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(mono_before(fixture_now(&f), clock_next(&f.c)));
}

/* Two that contradict each other, and silence: whichever is heard first is waited after for the other, however often time is looked at meanwhile. */
static void NTPC_17_after_a_silence_half_of_the_sources_is_no_majority(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.01);
    fixture_source(&f, 0);
    fixture_source(&f, 1);
    polls(&f, 5, 64, 2, (const double[2]){ 0, 10 });
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    for (uint16_t i = 0; i < 2; i++)
        clock_source_missed(&f.c, i, 0, fixture_now(&f), &f.a);
    for (int i = 0; i < 60; i++) {
        fixture_sleep(&f, 60);
        fixture_tick(&f);
    }
    fixture_answer(&f, 1, 1e-4, 1e-4, 10);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
        fixture_sleep(&f, 10);
        fixture_tick(&f);
    }
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    fixture_sleep(&f, 60);
    fixture_tick(&f);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
}

/* Its answers come more seldom than what is waited for: each is not the first one anew. */
static void waiting_ends_where_the_source_left_is_asked_seldom(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.01);
    fixture_source(&f, 0);
    fixture_source(&f, 1);
    polls(&f, 50, 64, 2, (const double[2]){ 0, 0 });
    for (uint16_t i = 0; i < 2; i++)
        clock_source_missed(&f.c, i, 0, fixture_now(&f), &f.a);
    f.c.source[0].min_poll_log2 = 10;
    fixture_sleep(&f, 6000);
    assert_int_equal(status(&f), CLOCK_HOLDOVER);
    for (int i = 0; i < 12; i++) {
        fixture_sleep(&f, 1024);
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    }
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

/* NTPC-16 */
static void ntpc_16_falseticker_is_named_and_not_followed(void **state)
{
    const double lie_s[3] = { 0, 0, 10 };
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.01);
    for (uint16_t i = 0; i < 3; i++)
        fixture_source(&f, i);
    polls(&f, 50, 64, 3, lie_s);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-5);
    assert_int_equal(source_state(&f, 2), CLOCK_SOURCE_FALSETICKER);
    assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_SELECTED);
}

/* NTPC-17 */
static void ntpc_17_two_that_disagree_are_no_majority(void **state)
{
    const double lie_s[2] = { 0, 1 };
    struct fixture f;
    struct utc_ns start;
    bool logged = false;

    (void)state;
    fixture_init(&f, 0.25);
    start = fixture_view(&f).utc;
    fixture_source(&f, 0);
    fixture_source(&f, 1);
    for (unsigned i = 0; i < 20; i++) {
        polls(&f, 1, 64, 2, lie_s);
        logged = logged || fixture_logged(&f, LOG_NO_MAJORITY);
        assert_false(fixture_did(&f, CLOCK_DO_STEP));
        assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    }
    assert_true(logged);
    assert_true(llabs(utc_sub(fixture_view(&f).utc, start).ns - 20 * 64 * NS_PER_S) < 10);
}

static void majority_lost_is_not_synchronised(void **state)
{
    double lie_s[2] = { 0, 0 };
    struct fixture f;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    fixture_source(&f, 1);
    polls(&f, 10, 64, 2, lie_s);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    lie_s[1] = 0.05;
    polls(&f, 1, 64, 2, lie_s);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-4);
    lie_s[1] = 0;
    polls(&f, 3, 64, 2, lie_s);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

/* NTPC-18 */
static void ntpc_18_twelve_years_are_refused(void **state)
{
    const double twelve_years_s = 12 * 365.25 * 86400;
    struct fixture f;
    bool panic = false;

    (void)state;
    follow_one(&f, 20);
    for (int i = 0; i < 30; i++) {
        polls(&f, 1, 64, 1, &twelve_years_s);
        panic = panic || fixture_logged(&f, LOG_CLOCK_PANIC);
        assert_false(fixture_did(&f, CLOCK_DO_STEP));
    }
    assert_true(panic);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    assert_int_equal(status(&f), CLOCK_HOLDOVER); /* no word of a truthful source for 30 polls */
}

/* NTPC-19 */
static void ntpc_19_one_hour_is_stepped_once(void **state)
{
    const double hour_s = 3600;
    struct fixture f;
    bool panic = false;

    (void)state;
    fixture_init(&f, -hour_s);
    fixture_source(&f, 0);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_true(fixture_did(&f, CLOCK_DO_STEP));
    polls(&f, 10, 64, 1, NULL);
    for (int i = 0; i < 10; i++) {
        polls(&f, 1, 64, 1, &hour_s);
        panic = panic || fixture_logged(&f, LOG_CLOCK_PANIC);
        assert_false(fixture_did(&f, CLOCK_DO_STEP));
    }
    assert_true(panic);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

static void lone_source_that_moved_is_believed_the_second_time(void **state)
{
    const double moved_s = 0.01;
    struct fixture f;

    (void)state;
    follow_one(&f, 20);
    polls(&f, 1, 64, 1, &moved_s);
    assert_true(clock_burst(&f.c, 0).ns > 0);
    assert_true(fabs(fixture_error_s(&f)) < 1e-4);
    fixture_sleep(&f, 2);
    fixture_answer(&f, 0, 1e-4, 1e-4, moved_s);
    assert_true(fixture_logged(&f, LOG_CLOCK_DISRUPTED));
    assert_true(clock_burst(&f.c, 0).ns > 0);
    for (int i = 0; i < 3; i++) { /* the rest of the burst tells a jump from a new frequency */
        fixture_sleep(&f, 2);
        fixture_answer(&f, 0, 1e-4, 1e-4, moved_s);
    }
    assert_int_equal(clock_burst(&f.c, 0).ns, 0);
    assert_true(fabs(f.c.estimate.rate) < 1e-6); /* a frequency that makes 10 ms in 66 s is off by 150 ppm */
    fixture_sleep(&f, dur_to_s(clock_poll(&f.c, 0)) / 3 + 1); /* over which a correction is spread */
    assert_true(fabs(fixture_error_s(&f) - moved_s) < 1e-3);
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
}

/* ERA-01, ERA-02 and years the wire cannot tell apart: nothing here knows an era. */
static void era_01_02_any_start_reaches_any_time(void **state)
{
    static const double off_s[] = { -1893456000.0, 2398291200.0, -86400 * 365.0 };

    (void)state;
    for (unsigned i = 0; i < sizeof off_s / sizeof off_s[0]; i++) {
        struct fixture f;

        fixture_init(&f, off_s[i]);
        fixture_source(&f, 0);
        fixture_sleep(&f, 1);
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_true(fabs(fixture_error_s(&f)) < 1e-5);
        polls(&f, 10, 64, 1, NULL);
        assert_true(fabs(fixture_error_s(&f)) < 1e-4);
    }
}

/* CLK-06 */
static void clk_06_frequency_rail_is_alarmed_without_wind_up(void **state)
{
    struct fixture f;
    bool alarmed = false;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    f.slow = 700e-6;
    for (int i = 0; i < 40; i++) {
        polls(&f, 1, 64, 1, NULL);
        alarmed = alarmed || fixture_logged(&f, LOG_CLOCK_FREQUENCY_RAIL);
        assert_true(fabs(clock_page(&f.c)->rate) <= 500.001e-6);
    }
    assert_true(alarmed);
    f.slow = 20e-6;
    polls(&f, 60, 64, 1, NULL);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    assert_true(fabs(clock_page(&f.c)->rate - 20e-6) < 2e-6);
}

static void silence_is_holdover_then_free_running(void **state)
{
    struct fixture f;
    struct clock_view v;
    double bound_s;

    (void)state;
    follow_one(&f, 60);
    v = fixture_view(&f);
    bound_s = dur_to_s(utc_sub(v.latest, v.utc));
    fixture_sleep(&f, 1025 * 8);
    assert_int_equal(status(&f), CLOCK_HOLDOVER); /* the page says so by itself */
    assert_int_equal(fixture_view(&f).stratum, 3);
    fixture_tick(&f);
    assert_true(fixture_logged(&f, LOG_HOLDOVER));
    v = fixture_view(&f);
    assert_true(dur_to_s(utc_sub(v.latest, v.utc)) > bound_s + 1e-6 * 1000);
    fixture_sleep(&f, 3600 * 24 * 3);
    assert_int_equal(status(&f), CLOCK_FREE_RUNNING);
    assert_int_equal(fixture_view(&f).stratum, 0);
    fixture_tick(&f);
    assert_true(fixture_logged(&f, LOG_FREE_RUNNING));
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

static void local_is_served_as_stated(void **state)
{
    struct fixture f;
    struct clock_view v;

    (void)state;
    fixture_init(&f, 0);
    f.o.local.present = true;
    f.o.local.stratum = 10;
    f.o.local.error = (struct dur_ns){ NS_PER_S };
    fixture_start(&f, 0.4);
    v = fixture_view(&f);
    assert_int_equal(v.status, CLOCK_LOCAL);
    assert_int_equal(v.stratum, 10);
    assert_true(v.root_dispersion.ns >= NS_PER_S && v.root_dispersion.ns < NS_PER_S + 100);
    fixture_sleep(&f, 1000);
    v = fixture_view(&f);
    assert_true(v.root_dispersion.ns >= NS_PER_S + 15 * NS_PER_MS);
    assert_true(fixture_utc(&f).ns >= v.earliest.ns && fixture_utc(&f).ns <= v.latest.ns);
    fixture_source(&f, 0);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

static void disruption_is_told_until_measured_again(void **state)
{
    struct fixture f;

    (void)state;
    follow_one(&f, 20);
    f.true_s += 3600; /* asleep: the raw clock stood still */
    f.a.count = 0;
    clock_disrupted(&f.c, (struct dur_ns){ 3600 * NS_PER_S }, "asleep", fixture_now(&f), &f.a);
    assert_int_equal(status(&f), CLOCK_DISRUPTED);
    assert_int_equal(fixture_view(&f).leap, LEAP_UNKNOWN);
    assert_true(fixture_utc(&f).ns <= fixture_view(&f).latest.ns);
    assert_true(clock_burst(&f.c, 0).ns > 0);
    fixture_sleep(&f, 1);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3); /* forward, at once; the system clock went on during sleep and needs no step */
    assert_false(fixture_did(&f, CLOCK_DO_STEP));
}

/* CLK-02: the sleep is told too short by as much as a clock chip may, and the machine wakes with another frequency at once. */
static void CLK_02_a_sleep_is_a_silence_told_roughly(void **state)
{
    struct fixture f;
    struct clock_view v;

    (void)state;
    follow_one(&f, 60);
    assert_true(clock_page(&f.c)->growth < 3e-6);
    f.true_s += 5006;
    f.slow = 14e-6;
    f.a.count = 0;
    clock_slept(&f.c, (struct dur_ns){ 5000 * NS_PER_S }, fixture_now(&f), &f.a);
    assert_int_equal(status(&f), CLOCK_DISRUPTED);
    v = fixture_view(&f);
    assert_true(fixture_utc(&f).ns <= v.latest.ns);
    fixture_sleep(&f, 600);
    assert_true(utc_sub(fixture_view(&f).latest, fixture_view(&f).earliest).ns >= utc_sub(v.latest, v.earliest).ns + 2 * 600 * 14 * NS_PER_US);
    for (int i = 0; i < 40; i++) {
        fixture_sleep(&f, 16);
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
        v = fixture_view(&f);
        assert_true(fixture_utc(&f).ns >= v.earliest.ns && fixture_utc(&f).ns <= v.latest.ns);
    }
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

/* A nap is no silence: the clock chip's roughness is all that it costs once something is heard. */
static void a_nap_leaves_the_frequency_known(void **state)
{
    struct fixture f;

    (void)state;
    follow_one(&f, 60);
    f.true_s += 30;
    f.a.count = 0;
    clock_slept(&f.c, (struct dur_ns){ 30 * NS_PER_S }, fixture_now(&f), &f.a);
    fixture_sleep(&f, 16);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(clock_page(&f.c)->growth < 3e-6);
}

static void assert_bound_holds(const struct fixture *f)
{
    struct clock_view v = fixture_view(f);

    assert_false(utc_earlier(fixture_utc(f), v.earliest) || utc_earlier(v.latest, fixture_utc(f)));
}

/* Another clock goes on from this one's page, as after the death of the process that kept it, s seconds later. */
static void die_and_resume(struct fixture *f, double s)
{
    struct page_data page = *clock_page(&f->c);
    struct clock_lapse lapse = clock_lapse(&f->c);

    fixture_sleep(f, s);
    f->a.count = 0;
    clock_init(&f->c, &f->o, &(struct clock_start){ fixture_now(f), { 0 }, NULL, -25, &page, lapse });
}

/* CLK-02: with the statement `local` a clock that was synchronised goes on after a sleep, once nobody has put it right for a minute; the kernel's count may be
 * 3 s off. What else disturbed it is not made up for. */
static void local_goes_on_after_a_sleep_where_nobody_answers(void **state)
{
    static const struct { bool local, again, moved, dies; double told_s; enum clock_status then; } rows[] = {
        { true, false, false, false, 597, CLOCK_LOCAL },     { true, false, false, false, 603, CLOCK_LOCAL }, { true, true, false, false, 603, CLOCK_LOCAL },
        { false, false, false, false, 600, CLOCK_DISRUPTED }, { true, false, true, false, 600, CLOCK_DISRUPTED },
        { true, false, false, true, 597, CLOCK_LOCAL },      { true, true, false, true, 603, CLOCK_LOCAL },   { true, false, true, true, 600, CLOCK_DISRUPTED },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture_init(&f, 0);
        f.o.local = (struct local_options){ .present = rows[i].local, .stratum = 10, .error = { NS_PER_S } };
        fixture_start(&f, 0);
        fixture_source(&f, 0);
        polls(&f, 40, 64, 1, NULL);
        f.true_s += 600;
        clock_slept(&f.c, dur_from_s(rows[i].told_s), fixture_now(&f), &f.a);
        if (rows[i].again) {
            if (rows[i].dies) {
                die_and_resume(&f, 0.1);
                fixture_source(&f, 0);
            }
            fixture_sleep(&f, 30);
            f.true_s += 600;
            clock_slept(&f.c, dur_from_s(rows[i].told_s), fixture_now(&f), &f.a);
        }
        if (rows[i].moved)
            clock_moved(&f.c, fixture_now(&f), &f.a);
        fixture_sleep(&f, 40);
        if (rows[i].dies) {
            die_and_resume(&f, 1);
            fixture_source(&f, 0);
        }
        fixture_sleep(&f, 22 + !rows[i].dies);
        f.a.count = 0;
        clock_source_missed(&f.c, 0, 0, fixture_now(&f), &f.a);
        fixture_tick(&f);
        assert_int_equal(status(&f), CLOCK_DISRUPTED);
        assert_true(!rows[i].local || rows[i].moved || mono_sub(clock_next(&f.c), fixture_now(&f)).ns <= 2 * NS_PER_S);
        fixture_sleep(&f, 2);
        fixture_tick(&f);
        assert_int_equal(status(&f), rows[i].then);
        if (rows[i].then != CLOCK_LOCAL)
            continue;
        assert_int_equal(fixture_view(&f).stratum, 10);
        assert_bound_holds(&f);
        assert_true(dur_to_s(utc_sub(fixture_view(&f).latest, fixture_view(&f).earliest)) < 2 * 3.7 * (1 + rows[i].again));
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
        assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
        assert_bound_holds(&f);
    }
}

/* One of three answers while it waits, which is no majority: the line is put forward after that, and what it said is told against the new one. */
static void who_answered_before_local_goes_on_is_told_against_the_line_as_it_is(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0);
    f.o.local = (struct local_options){ .present = true, .stratum = 10, .error = { NS_PER_S } };
    fixture_start(&f, 0);
    for (uint16_t i = 0; i < 3; i++)
        fixture_source(&f, i);
    polls(&f, 40, 64, 3, NULL);
    f.true_s += 600;
    clock_slept(&f.c, dur_from_s(602), fixture_now(&f), &f.a);
    fixture_sleep(&f, 2);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    fixture_sleep(&f, 64);
    fixture_tick(&f);
    assert_int_equal(status(&f), CLOCK_LOCAL);
    assert_true(fabs(dur_to_s(clock_source_view(&f.c, 0, fixture_now(&f)).offset)) < 3);
    for (int i = 0; i < 60; i++) {
        fixture_sleep(&f, 16);
        fixture_answer(&f, (uint16_t)(i % 3), 1e-4, 1e-4, 0);
        assert_false(fixture_logged(&f, LOG_CLOCK_FREQUENCY_RAIL));
        assert_bound_holds(&f);
    }
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(f.c.estimate.rate) < 1e-5);
}

/* CLK-02: on another host, whose oscillator is 200 ppm slower, a minute was lost: nothing is usable until measured, and from then on the bound holds. */
static void CLK_02_a_moved_machine_is_learnt_anew(void **state)
{
    struct fixture f;
    struct clock_view v;

    (void)state;
    follow_one(&f, 60);
    f.true_s += 60;
    f.slow = 200e-6;
    f.a.count = 0;
    clock_moved(&f.c, fixture_now(&f), &f.a);
    assert_int_equal(status(&f), CLOCK_DISRUPTED);
    v = fixture_view(&f);
    assert_true(fixture_utc(&f).ns >= v.earliest.ns && fixture_utc(&f).ns <= v.latest.ns);
    for (int i = 0; i < 40; i++) {
        fixture_sleep(&f, 16);
        v = fixture_view(&f);
        assert_true(v.leap == LEAP_UNKNOWN || (fixture_utc(&f).ns >= v.earliest.ns && fixture_utc(&f).ns <= v.latest.ns));
        fixture_answer(&f, 0, 1e-4, 1e-4, 0);
        v = fixture_view(&f);
        assert_true(v.leap == LEAP_UNKNOWN || (fixture_utc(&f).ns >= v.earliest.ns && fixture_utc(&f).ns <= v.latest.ns));
    }
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* PROC-02 */
static void PROC_02_a_successor_goes_on_as_the_page_says(void **state)
{
    struct clock_view before, after;
    struct fixture f;

    (void)state;
    fixture_init(&f, 3);
    f.slow = 20e-6;
    fixture_source(&f, 0);
    polls(&f, 20, 64, 1, NULL);
    fixture_sleep(&f, 5);
    before = fixture_view(&f);
    die_and_resume(&f, 0);
    after = fixture_view(&f);
    assert_true(llabs(utc_sub(after.utc, before.utc).ns) <= 1);
    assert_true(utc_sub(after.latest, after.earliest).ns - utc_sub(before.latest, before.earliest).ns <= 10);
    assert_int_equal(after.status, CLOCK_SYNCHRONISED);
    assert_int_equal(after.stratum, before.stratum);
    die_and_resume(&f, 30);
    fixture_source(&f, 0);
    fixture_tick(&f);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(clock_page(&f.c)->growth < 50e-6); /* the frequency is as proven as it was */
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    polls(&f, 5, 64, 1, NULL);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* PROC-02: the one step at the start has been. */
static void PROC_02_a_successor_steps_no_more(void **state)
{
    const double lie_s[1] = { 5e-3 }, gross_s[1] = { 60 };
    double error_s;
    struct fixture f;

    (void)state;
    fixture_init(&f, 3);
    fixture_source(&f, 0);
    polls(&f, 20, 64, 1, NULL);
    die_and_resume(&f, 10);
    fixture_source(&f, 0);
    for (int i = 0; i < 4; i++) {
        error_s = fixture_error_s(&f);
        fixture_answer(&f, 0, 1e-4, 1e-4, lie_s[0]);
        assert_false(fixture_did(&f, CLOCK_DO_STEP));
        assert_true(fabs(fixture_error_s(&f) - error_s) < 1e-6);
        fixture_sleep(&f, 1);
    }
    die_and_resume(&f, 10);
    fixture_source(&f, 0);
    error_s = fixture_error_s(&f);
    polls(&f, 3, 2, 1, gross_s);
    assert_true(fabs(fixture_error_s(&f) - error_s) < 10e-3); /* nor is what the panic threshold forbids followed */
}

/* A quick liar does not own the clock because the others have not answered the successor yet. */
static void PROC_02_a_successor_hears_all_sources_before_it_believes(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0);
    for (uint16_t i = 0; i < 3; i++)
        fixture_source(&f, i);
    polls(&f, 10, 64, 3, NULL);
    die_and_resume(&f, 1);
    for (uint16_t i = 0; i < 3; i++)
        fixture_source(&f, i);
    for (int i = 0; i < 5; i++) {
        fixture_answer(&f, 0, 1e-4, 1e-4, 0.2);
        fixture_sleep(&f, 2);
    }
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
    fixture_answer(&f, 1, 1e-4, 1e-4, 0);
    fixture_answer(&f, 2, 1e-4, 1e-4, 0);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0.2);
    assert_int_equal(clock_source_view(&f.c, 0, fixture_now(&f)).state, CLOCK_SOURCE_FALSETICKER);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

/* Who never was synchronised starts as anybody does. */
static void a_successor_of_a_beginner_is_a_beginner(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 3);
    die_and_resume(&f, 1);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    fixture_source(&f, 0);
    fixture_answer(&f, 0, 1e-4, 1e-4, 0);
    assert_true(fixture_did(&f, CLOCK_DO_STEP));
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

static void preferred_source_is_used_alone(void **state)
{
    const double lie_s[2] = { 0, 60e-6 };
    struct clock_source_options so = { .name = "preferred", .prefer = true, .min_poll_log2 = 6, .max_poll_log2 = 10 };
    struct fixture f;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    clock_source_add(&f.c, 1, &so);
    polls(&f, 40, 64, 2, lie_s);
    assert_int_equal(source_state(&f, 1), CLOCK_SOURCE_SELECTED);
    assert_int_equal(source_state(&f, 0), CLOCK_SOURCE_OUTLIER);
    assert_true(fabs(fixture_error_s(&f) - 60e-6) < 6e-6);
}

static void too_few_sources_are_no_synchronisation(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 0);
    f.o.clock.min_sources = 2;
    fixture_start(&f, 0);
    fixture_source(&f, 0);
    polls(&f, 10, 64, 1, NULL);
    assert_int_equal(status(&f), CLOCK_UNSYNCHRONISED);
    fixture_source(&f, 1);
    polls(&f, 2, 64, 2, NULL);
    assert_int_equal(status(&f), CLOCK_SYNCHRONISED);
}

static void absurd_measurements_change_nothing(void **state)
{
    struct fixture f;
    struct measurement m;
    struct page_data before;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    polls(&f, 10, 64, 1, NULL);
    before = *clock_page(&f.c);
    m = (struct measurement){ .stratum = 1, .at = fixture_now(&f), .utc = fixture_utc(&f), .delay = { -1 } };
    assert_int_equal(clock_measure(&f.c, &m, fixture_now(&f), &f.a), VERDICT_BACKWARDS);
    m.delay.ns = 1000;
    m.root_dispersion.ns = -5;
    assert_int_equal(clock_measure(&f.c, &m, fixture_now(&f), &f.a), VERDICT_BACKWARDS);
    m.root_dispersion.ns = 0;
    m.at = mono_add(fixture_now(&f), (struct dur_ns){ 1 });
    assert_int_equal(clock_measure(&f.c, &m, fixture_now(&f), &f.a), VERDICT_STALE);
    m.at = mono_add(fixture_now(&f), (struct dur_ns){ -193 * NS_PER_S });
    assert_int_equal(clock_measure(&f.c, &m, fixture_now(&f), &f.a), VERDICT_STALE);
    m.at = mono_add(fixture_now(&f), (struct dur_ns){ -65 * NS_PER_S });
    clock_measure(&f.c, &m, fixture_now(&f), &f.a);
    assert_memory_equal(&before, clock_page(&f.c), sizeof before);
    m.at = fixture_now(&f);
    m.delay.ns = m.dispersion.ns = m.root_delay.ns = m.root_dispersion.ns = INT64_MAX; /* huge but possible: it proves nothing, and breaks nothing */
    clock_measure(&f.c, &m, fixture_now(&f), &f.a);
    m.utc.ns = INT64_MIN;
    f.a.count = 0;
    clock_measure(&f.c, &m, fixture_now(&f), &f.a);
    assert_true(isfinite(clock_page(&f.c)->rate) && isfinite(clock_page(&f.c)->growth));
    polls(&f, 30, 64, 1, NULL);
    assert_true(fabs(fixture_error_s(&f)) < 1e-3);
}

static void steering_follows_the_line_and_works_off_the_error(void **state)
{
    struct fixture f;
    struct mono_ns next;
    double rate;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    f.slow = 30e-6;
    polls(&f, 60, 64, 1, NULL);
    fixture_sleep(&f, 60);
    next = clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ 0 }, 0, &rate);
    assert_true(fabs(rate - 30e-6) < 1e-6);
    assert_true(mono_before(fixture_now(&f), next));
    clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ 1000 }, 0, &rate); /* 1 us ahead */
    assert_true(rate < 30e-6 && rate > 29e-6);
    clock_steer(&f.c, fixture_now(&f), (struct dur_ns){ -NS_PER_S }, 0, &rate);
    assert_true(fabs(rate - clock_page(&f.c)->rate - 500e-6) < 1e-9);
}

static void frequency_survives_a_restart(void **state)
{
    struct fixture f;
    static struct clock_memory m;
    struct clock_drift d;

    (void)state;
    fixture_init(&f, 0);
    fixture_source(&f, 0);
    assert_false(clock_drift(&f.c).valid);
    f.slow = -80e-6;
    polls(&f, 60, 64, 1, NULL);
    d = clock_drift(&f.c);
    m.drift = d;
    assert_true(d.valid && fabs(d.freq_ppm + 80) < 0.1);
    clock_init(&f.c, &f.o, &(struct clock_start){ fixture_now(&f), fixture_utc(&f), &m, -25 });
    assert_int_equal(clock_page(&f.c)->precision_log2, -25);
    assert_true(fabs(clock_page(&f.c)->rate + 80e-6) < 1e-7);
}

/* A file is read long after the last measurement: the page that tells of it says no more about the error than the one before did. */
static void a_leap_file_does_not_make_the_bound_young(void **state)
{
    static const struct leap_table t = { .expires = { INT64_MAX }, .count = 1, .entry = { { { INT64_C(63072000) * NS_PER_S }, 37 } } };
    struct clock_view before, after;
    struct fixture f;

    (void)state;
    fixture_init(&f, 0.01);
    fixture_source(&f, 0);
    fixture_answer(&f, 0, 1e-3, 1e-3, 0);
    fixture_sleep(&f, 100);
    before = fixture_view(&f);
    f.a.count = 0;
    clock_leap_table(&f.c, LEAP_FROM_LIST, &t, fixture_now(&f), &f.a);
    after = fixture_view(&f);
    assert_int_equal(after.utc.ns, before.utc.ns);
    assert_true(utc_sub(after.latest, after.earliest).ns >= utc_sub(before.latest, before.earliest).ns - 4);
    assert_true(utc_sub(before.latest, before.earliest).ns > 50 * NS_PER_MS); /* the frequency is not known yet: it grows by 500 ppm */
}

/* Everybody fell silent. The honest are given up; the liar, asked seldom, is not yet, and the clock has come to wish for shorter intervals meanwhile. The
 * first honest answer and what the liar once said are no majority of two. */
static void a_liar_who_outlives_a_silence_is_no_majority(void **state)
{
    struct clock_view v;
    struct fixture f;
    struct prng r;

    (void)state;
    prng_seed(&r, 1);
    fixture_init(&f, 0);
    for (uint16_t i = 0; i < 4; i++)
        fixture_source(&f, i);
    for (int n = 0; n < 400; n++, fixture_sleep(&f, 256))
        for (uint16_t i = 0; i < 4; i++)
            fixture_answer(&f, i, (i < 3 ? 10e-3 : 0) + 4e-3 * prng_uniform(&r), (i < 3 ? 10e-3 : 0) + 4e-3 * prng_uniform(&r), i < 3 ? 0 : 14e-3);
    assert_int_equal(clock_poll(&f.c, 3).ns, 1024 * NS_PER_S);
    fixture_sleep(&f, 6000);
    for (uint16_t i = 0; i < 4; i++)
        clock_source_missed(&f.c, i, i < 3 ? 0 : 0x80, fixture_now(&f), &f.a);
    for (unsigned i = 0; i < 4; i++)
        f.c.source[i].max_poll_log2 = 6;
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
    fixture_answer(&f, 0, 10e-3, 10e-3, 0);
    v = fixture_view(&f);
    assert_true(v.earliest.ns <= fixture_utc(&f).ns && fixture_utc(&f).ns <= v.latest.ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lone_source_synchronises_at_once),
        cmocka_unit_test(small_first_error_is_slewed),
        cmocka_unit_test(quick_liar_does_not_set_the_clock),
        cmocka_unit_test(waiting_for_the_others_ends),
        cmocka_unit_test(NTPC_17_after_a_silence_half_of_the_sources_is_no_majority),
        cmocka_unit_test(waiting_ends_where_the_source_left_is_asked_seldom),
        cmocka_unit_test(ntpc_16_falseticker_is_named_and_not_followed),
        cmocka_unit_test(ntpc_17_two_that_disagree_are_no_majority),
        cmocka_unit_test(majority_lost_is_not_synchronised),
        cmocka_unit_test(ntpc_18_twelve_years_are_refused),
        cmocka_unit_test(ntpc_19_one_hour_is_stepped_once),
        cmocka_unit_test(lone_source_that_moved_is_believed_the_second_time),
        cmocka_unit_test(era_01_02_any_start_reaches_any_time),
        cmocka_unit_test(clk_06_frequency_rail_is_alarmed_without_wind_up),
        cmocka_unit_test(silence_is_holdover_then_free_running),
        cmocka_unit_test(local_is_served_as_stated),
        cmocka_unit_test(disruption_is_told_until_measured_again),
        cmocka_unit_test(CLK_02_a_sleep_is_a_silence_told_roughly),
        cmocka_unit_test(local_goes_on_after_a_sleep_where_nobody_answers),
        cmocka_unit_test(who_answered_before_local_goes_on_is_told_against_the_line_as_it_is),
        cmocka_unit_test(a_nap_leaves_the_frequency_known),
        cmocka_unit_test(CLK_02_a_moved_machine_is_learnt_anew),
        cmocka_unit_test(PROC_02_a_successor_goes_on_as_the_page_says),
        cmocka_unit_test(PROC_02_a_successor_steps_no_more),
        cmocka_unit_test(PROC_02_a_successor_hears_all_sources_before_it_believes),
        cmocka_unit_test(a_successor_of_a_beginner_is_a_beginner),
        cmocka_unit_test(preferred_source_is_used_alone),
        cmocka_unit_test(too_few_sources_are_no_synchronisation),
        cmocka_unit_test(absurd_measurements_change_nothing),
        cmocka_unit_test(steering_follows_the_line_and_works_off_the_error),
        cmocka_unit_test(frequency_survives_a_restart),
        cmocka_unit_test(a_leap_file_does_not_make_the_bound_young),
        cmocka_unit_test(a_liar_who_outlives_a_silence_is_no_majority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
