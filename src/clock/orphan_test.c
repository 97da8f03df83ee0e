/* Who counts in a group without UTC, what a follower states, and what it does not learn. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/clock_fixture.h"

#define STRATUM 10
#define ERROR_S 0.5

static struct fixture f;

static void begin(unsigned sources)
{
    memset(&f, 0, sizeof f);
    f.o = fixture_options();
    f.o.local.present = f.o.local.orphan = true;
    f.o.local.stratum = STRATUM;
    f.o.local.error = dur_from_s(ERROR_S);
    fixture_start(&f, 0.1);
    for (uint16_t i = 0; i < sources; i++)
        fixture_source(&f, i);
}

/* An answer 1 ms away, wrong by lie_s. */
static void answer(uint16_t slot, enum standing standing, uint32_t rank, double lie_s)
{
    struct measurement m = { .source = slot, .standing = (uint8_t)standing, .rank = rank, .stratum = standing == STANDING_UTC ? 2 : STRATUM,
                             .dispersion = { 4 }, .root_dispersion = dur_from_s(standing == STANDING_UTC ? 0 : 1e-6), .delay = { NS_PER_MS } };

    m.at.ns = fixture_now(&f).ns - NS_PER_MS / 2;
    m.utc.ns = fixture_utc(&f).ns - NS_PER_MS / 2 + (int64_t)(lie_s * 1e9);
    f.a.count = 0;
    clock_measure(&f.c, &m, fixture_now(&f), &f.a);
}

static void hear(uint16_t slot, enum standing standing, uint32_t rank, double lie_s, unsigned times)
{
    while (times--) {
        fixture_sleep(&f, 16);
        answer(slot, standing, rank, lie_s);
    }
}

static void the_smallest_rank_is_followed(void **state)
{
    (void)state;
    begin(3);
    answer(0, STANDING_REFERENCE, 20, 0.2);
    answer(1, STANDING_REFERENCE, 10, 0.3);
    answer(2, STANDING_ASIDE, 5, 0);
    hear(1, STANDING_REFERENCE, 10, 0.3, 2);
    hear(0, STANDING_REFERENCE, 20, 0.2, 1);
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
    assert_int_equal(f.c.page.refid, 0x0a000002);
    assert_int_equal(clock_source_view(&f.c, 0, fixture_now(&f)).state, CLOCK_SOURCE_OUTLIER);
}

/* It claims a microsecond; nobody has measured that. */
static void a_follower_never_states_less_than_its_own_statement(void **state)
{
    struct clock_view v;

    (void)state;
    begin(1);
    for (int i = 0; i < 40; i++) {
        hear(0, STANDING_REFERENCE, 1, 0.3, 1);
        v = fixture_view(&f);
        assert_true(dur_to_s(utc_sub(v.latest, v.utc)) >= ERROR_S && dur_to_s(utc_sub(v.utc, v.earliest)) >= ERROR_S);
    }
}

/* It may move by itself: what it said before proves nothing on now, so the bound is never narrower than what the last word leaves. */
static void a_reference_that_moves_takes_the_bound_along(void **state)
{
    struct clock_view v;

    (void)state;
    begin(1);
    for (int i = 0; i < 40; i++) {
        hear(0, STANDING_REFERENCE, 1, 0.3 + 10e-3 * (i % 2), 1);
        v = fixture_view(&f);
        assert_true(dur_to_s(utc_sub(v.latest, v.earliest)) >= 2 * ERROR_S);
    }
}

/* What is learnt is the reference's oscillator, and when it was is nobody's UTC. */
static void a_follower_remembers_neither_time_nor_frequency(void **state)
{
    static struct clock_memory m;

    (void)state;
    begin(1);
    f.slow = 20e-6;
    hear(0, STANDING_REFERENCE, 1, 0, 200);
    assert_true(clock_drift(&f.c).valid);
    clock_remember(&f.c, fixture_now(&f), &m);
    assert_false(m.drift.valid);
    assert_int_equal(m.saved.ns, 0);
    assert_false(m.synchronised_once);
}

/* But what it told readers, with the group's leap second, is where it goes on; of the count before that it takes nothing back. */
static void a_follower_goes_on_with_what_it_told(void **state)
{
    static struct clock_memory m;

    (void)state;
    begin(1);
    hear(0, STANDING_REFERENCE, 1, 0, 10);
    f.c.page.leap_delta_s = 1;
    f.c.page.leap_at = tai_add(f.c.page.tai_ref, (struct dur_ns){ 3600 * NS_PER_S });
    clock_remember(&f.c, fixture_now(&f), &m);
    assert_int_equal(m.stated.ns, fixture_view(&f).utc.ns);
    assert_int_equal(m.leap_delta_s, 1);
    assert_int_equal(m.leap_midnight.ns, page_leap_midnight(&f.c.page).ns);
    assert_int_equal(m.tai_minus_utc_s, f.c.page.tai_minus_utc_s);
    f.c.memory = m;
    f.c.page.leap_delta_s = 0;
    clock_remember(&f.c, fixture_now(&f), &m);
    assert_int_equal(m.leap_delta_s, 1);
}

static void a_reference_that_falls_silent_leaves_us_with_our_own(void **state)
{
    (void)state;
    begin(1);
    hear(0, STANDING_REFERENCE, 1, 0, 3);
    fixture_sleep(&f, 20 * 64);
    fixture_tick(&f);
    assert_int_equal(fixture_view(&f).status, CLOCK_LOCAL);
    assert_int_equal(fixture_view(&f).stratum, STRATUM);
    assert_int_equal(clock_source_view(&f.c, 0, fixture_now(&f)).state, CLOCK_SOURCE_OUTLIER);
    hear(0, STANDING_REFERENCE, 1, 0, 1);
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
    assert_true(fixture_logged(&f, LOG_ORPHAN));
}

/* A group has one reference, however many sources a clock of UTC is asked to have. */
static void one_reference_is_enough(void **state)
{
    (void)state;
    begin(2);
    f.c.options.clock.min_sources = 2;
    hear(0, STANDING_REFERENCE, 1, 0.3, 5);
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
}

static void a_source_of_utc_ends_it(void **state)
{
    (void)state;
    begin(2);
    hear(0, STANDING_REFERENCE, 1, 0.3, 10); /* the other has not answered yet, and is waited for a while */
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
    hear(1, STANDING_UTC, 0, 0, 12);
    assert_int_equal(fixture_view(&f).stratum, 3);
    hear(0, STANDING_REFERENCE, 1, 0.3, 5);
    assert_int_equal(fixture_view(&f).stratum, 3);
    assert_true(dur_to_s(utc_sub(fixture_view(&f).latest, fixture_view(&f).utc)) < ERROR_S);
}

/* That the reference's frequency was learnt well says little of UTC's: it is as uncertain as an oscillator's after a silence. */
static void what_was_learnt_of_a_references_frequency_ends_with_it(void **state)
{
    double least = fixture_options().clock.max_drift_silent * 1e-6;

    (void)state;
    begin(2);
    hear(0, STANDING_REFERENCE, 1, 0.3, 200);
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
    assert_true(f.c.estimate.skew < least / 10);
    while (fixture_view(&f).stratum == STRATUM + 1)
        hear(1, STANDING_UTC, 0, 0, 1);
    assert_true(sqrt(f.c.estimate.bank[0].pyy) > 0.99 * least);
}

/* Of steps only those after UTC was known count. */
static void a_budget_begins_with_utc(void **state)
{
    (void)state;
    begin(2);
    hear(0, STANDING_REFERENCE, 1, 0.3, 10);
    assert_int_equal(fixture_view(&f).stratum, STRATUM + 1);
    clock_count_step(&f.c, (struct dur_ns){ NS_PER_S });
    assert_int_equal(clock_steps(&f.c).stepped.ns, 0);
    hear(1, STANDING_UTC, 0, 0, 12);
    assert_int_equal(fixture_view(&f).stratum, 3);
    clock_count_step(&f.c, (struct dur_ns){ NS_PER_S });
    assert_int_equal(clock_steps(&f.c).stepped.ns, NS_PER_S);
}

static void a_source_that_may_still_answer_is_waited_for(void **state)
{
    (void)state;
    begin(2);
    answer(0, STANDING_REFERENCE, 1, 0.3);
    hear(0, STANDING_REFERENCE, 1, 0.3, 3);
    assert_int_equal(fixture_view(&f).status, CLOCK_LOCAL);
    hear(0, STANDING_REFERENCE, 1, 0.3, 1); /* after 64 s */
    assert_int_equal(fixture_view(&f).status, CLOCK_SYNCHRONISED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_rank_is_followed),
        cmocka_unit_test(a_follower_never_states_less_than_its_own_statement),
        cmocka_unit_test(a_reference_that_moves_takes_the_bound_along),
        cmocka_unit_test(a_follower_remembers_neither_time_nor_frequency),
        cmocka_unit_test(a_follower_goes_on_with_what_it_told),
        cmocka_unit_test(a_reference_that_falls_silent_leaves_us_with_our_own),
        cmocka_unit_test(one_reference_is_enough),
        cmocka_unit_test(a_source_of_utc_ends_it),
        cmocka_unit_test(what_was_learnt_of_a_references_frequency_ends_with_it),
        cmocka_unit_test(a_budget_begins_with_utc),
        cmocka_unit_test(a_source_that_may_still_answer_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
