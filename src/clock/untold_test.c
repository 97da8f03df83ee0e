/* A month's end of which nobody has said anything: when that counts, what is told then, and how it is passed. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/doubt.h"
#include "clock/leap.h"
#include "clock/untold.h"

#define HOUR_S 3600.0
#define DAY_S 86400.0
#define MIDNIGHT (INT64_C(1798761600) * NS_PER_S) /* 2027-01-01 */
#define RAW_NS (INT64_C(10000000) * NS_PER_S)     /* the raw clock then */
#define HALF_S 1e-3                               /* of the bound */

static struct clock c;
static const struct untold_words silent = { false, false }, none = { true, true }, no_word = { false, true };

static struct mono_ns raw(double x_s) { return (struct mono_ns){ RAW_NS + (int64_t)llround(x_s * 1e9) }; }
static struct utc_ns utc(double x_s) { return (struct utc_ns){ MIDNIGHT + (int64_t)llround(x_s * 1e9) }; }

/* x seconds after that midnight. */
static void now(double x_s)
{
    c.estimate.at = c.estimate.aged = c.page.heartbeat = raw(x_s);
    c.estimate.tai = utc_to_tai(utc(x_s), 37);
}

/* A clock that was measured a moment before. */
static void begin(double x_s)
{
    memset(&c, 0, sizeof c);
    c.page.status = CLOCK_SYNCHRONISED;
    c.page.tai_minus_utc_s = 37;
    c.page.leap_at.ns = INT64_MAX;
    c.page.reference_time = utc(x_s - 1);
    c.policy.synchronised_once = true;
    c.estimate.bound = (struct clock_span){ -HALF_S, HALF_S };
    now(x_s);
}

static void at(double x_s, bool known, const struct untold_words *w)
{
    now(x_s);
    untold_refresh(&c, known, w);
}

/* By how much the bound that is published is wider than the one that is kept, and that one than it was. */
static double told_wider_s(void)
{
    struct clock_span b = c.estimate.bound;

    untold_widen(&c, &b);
    assert_true(fabs((b.lo_s - c.estimate.bound.lo_s) + (b.hi_s - c.estimate.bound.hi_s)) < 1e-9);
    return b.hi_s - c.estimate.bound.hi_s;
}

static double kept_wider_s(void)
{
    assert_true(fabs(c.estimate.bound.lo_s + c.estimate.bound.hi_s) < 1e-9);
    return c.estimate.bound.hi_s - HALF_S;
}

static void assert_about(double value, double expected) { assert_true(fabs(value - expected) < 1e-6); }

/* From two hours before it counts what most sources say; then it stays said while they are silent, and no longer when they say something else. */
static void what_is_said_of_the_months_end_counts(void **state)
{
    (void)state;
    begin(-3 * HOUR_S);
    at(-3 * HOUR_S, false, &none);
    assert_false(c.leap.untold); /* it is about the month that was */
    at(-7199, false, &silent);
    assert_true(c.leap.untold && !c.leap.spoken);
    at(-HOUR_S, false, &none);
    assert_true(!c.leap.untold && c.leap.spoken);
    at(-HOUR_S / 2, false, &silent);
    assert_true(!c.leap.untold);
    at(-HOUR_S / 3, false, &no_word);
    assert_true(c.leap.untold);
    at(-HOUR_S / 4, true, &no_word);
    assert_false(c.leap.untold); /* a file came */
}

static void an_untold_end_widens_the_bound(void **state)
{
    static const struct { double x_s, told_s, kept_s; } rows[] = {
        { -7199, 0, 0 }, { -60, 0, 0 }, { -8.1, 0, 0 }, { -8, 1, 0 }, { -1, 1, 0 }, { 0, 1, 0 }, { 7.9, 1, 0 }, { 8.1, 0, 1 }, { 60, 0, 1 },
    };

    (void)state;
    begin(-3 * HOUR_S);
    c.source[1] = (struct clock_source){ .used = true, .span = { -HALF_S, HALF_S }, .pace = { .known = true, .marks = 3, .taken = 3 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        at(rows[i].x_s, false, &silent);
        assert_about(told_wider_s(), rows[i].told_s);
        assert_about(kept_wider_s(), rows[i].kept_s);
        assert_about(c.source[1].span.hi_s - HALF_S, rows[i].kept_s);
        assert_about(-c.source[1].span.lo_s - HALF_S, rows[i].kept_s);
        assert_int_equal(c.source[1].pace.marks, rows[i].kept_s > 0 ? 0 : 3);
    }
}

/* Sources that smear may hide half a second around midnight: what is told holds that and the whole second, not both after each other. Where truth was measured
 * before midnight it is a second away after it, also where that is over for who smears. */
static void who_doubts_what_smears_hide_passes_it_as_well(void **state)
{
    (void)state;
    begin(-3 * HOUR_S);
    c.source[0] = (struct clock_source){ .used = true, .smear = SMEAR_LINEAR, .span = { -HALF_S, HALF_S } };
    c.leap.doubted = (struct utc_ns){ MIDNIGHT };
    c.leap.in_doubt = true;
    for (double x_s = -7; x_s < 8; x_s += 7) {
        struct clock_span told = { c.estimate.bound.lo_s - 0.5, c.estimate.bound.hi_s + 0.5 }, wider = { -2, 2 };

        at(x_s, false, &silent);
        untold_widen(&c, &told);
        assert_about(told.hi_s, 1 + HALF_S);
        assert_about(told.lo_s, -1 - HALF_S);
        untold_widen(&c, &wider);
        assert_about(wider.hi_s, 2);
    }
    at(9, false, &silent);
    assert_about(kept_wider_s(), 1);
    assert_about(c.source[0].span.hi_s, 1 + HALF_S);
}

/* Nothing of it where a word was heard, the operator says so, or the clock was never set. */
static void else_it_stays(void **state)
{
    (void)state;
    for (int why = 0; why < 4; why++) {
        begin(-3 * HOUR_S);
        c.options.leap.unknown = why == 1 ? LEAP_UNKNOWN_NONE : LEAP_UNKNOWN_DOUBT;
        c.policy.synchronised_once = why != 2;
        for (double x_s = -7200; x_s < 60; x_s += 4) {
            at(x_s, why == 3, why == 0 ? &none : &silent);
            assert_about(told_wider_s(), 0);
        }
        assert_about(kept_wider_s(), 0);
        assert_false(c.leap.untold);
    }
}

/* A file that comes after midnight says what was, not where UTC is now: that is only known when it is measured. */
static void what_comes_later_does_not_help(void **state)
{
    (void)state;
    begin(-3 * HOUR_S);
    at(-10, false, &silent);
    at(1, true, &silent);
    assert_about(told_wider_s(), 1);
    at(9, true, &silent);
    assert_about(kept_wider_s(), 1);
    at(100, false, &none);
    assert_about(kept_wider_s(), 1);
}

/* A clock that is known to a minute passes midnight somewhere within two. */
static void midnight_is_as_wide_as_the_bound(void **state)
{
    static const struct { double x_s, told_s; } rows[] = { { -68.1, 0 }, { -67.9, 1 }, { 67.9, 1 }, { 68.1, 0 } };

    (void)state;
    begin(-3 * HOUR_S);
    c.estimate.bound = (struct clock_span){ -60, 60 };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        at(rows[i].x_s, false, &silent);
        assert_about(told_wider_s(), rows[i].told_s);
    }
    assert_about(c.estimate.bound.hi_s, 61);
}

/* Who was away over it: asleep, or without a core. One that was measured after it knows; one that has just been set was, if most of its sources were. */
static void who_was_away_has_not_heard_either(void **state)
{
    static const struct { const char *name; double x_s, reference_s, source_s; bool known; double wider_s; } rows[] = {
        { "measured before", HOUR_S, -HOUR_S, -HOUR_S, false, 1 },
        { "measured before, and it is known what came", HOUR_S, -HOUR_S, -HOUR_S, true, 0 },
        { "measured after", HOUR_S, 10, 10, false, 0 },
        { "at that instant", HOUR_S, 0, 0, false, 0 },
        { "for weeks", 20 * DAY_S, -DAY_S, -DAY_S, false, 1 },
        { "set for the first time, at once", 0.5, NAN, 0.4, false, 0 },
        { "set for the first time, by what is older", 9, NAN, -1, false, 1 },
        { "set for the first time, an hour after", HOUR_S, NAN, -1, false, 0 },
        { "set for the first time, within the month", 2 * HOUR_S, NAN, -1, false, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        c.page.reference_time.ns = isnan(rows[i].reference_s) ? 0 : utc(rows[i].reference_s).ns;
        c.source[0] = (struct clock_source){ .used = true, .sampled = true, .reach = 1, .state = CLOCK_SOURCE_SELECTED, .last.at = raw(rows[i].source_s) };
        c.policy.electorate = 1;
        at(rows[i].x_s, rows[i].known, &silent);
        if (fabs(kept_wider_s() + told_wider_s() - rows[i].wider_s) > 1e-6)
            fail_msg("%s: %g", rows[i].name, kept_wider_s() + told_wider_s());
    }
}

/* One that hears nothing for months is in doubt once for each of them. */
static void each_month_has_an_end(void **state)
{
    (void)state;
    begin(-3 * HOUR_S);
    at(-10, false, &silent);
    at(31 * DAY_S - 5, false, &silent);
    assert_about(kept_wider_s() + told_wider_s(), 2);
    at(31 * DAY_S + 10, false, &silent);
    assert_about(kept_wider_s(), 2);
}

/* On the wire it is a second: half an hour later where nobody was heard than where this clock itself is in doubt, since words are gathered meanwhile. */
static void the_wire_tells_a_second(void **state)
{
    static const struct { double x_s; int doubt_s, untold_s; } rows[] = {
        { -7201, 0, 0 }, { -7199, 2, 0 }, { -5401, 2, 0 }, { -5399, 2, 2 }, { 0, 2, 2 }, { 7.9, 2, 2 }, { 8.1, 0, 0 },
    };

    (void)state;
    for (int in_doubt = 0; in_doubt < 2; in_doubt++) {
        begin(-3 * HOUR_S);
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            c.leap.in_doubt = in_doubt;
            at(rows[i].x_s, false, in_doubt ? &none : &silent);
            assert_int_equal(untold_root_delay(&c).ns, (in_doubt ? rows[i].doubt_s : rows[i].untold_s) * NS_PER_S);
        }
    }
    at(-60, false, &none);
    c.leap.in_doubt = false;
    assert_int_equal(untold_root_delay(&c).ns, 0);
}

/* It has a name as long as the wire tells it, and is remembered when it was passed with a wider bound. */
static void what_nobody_says_has_a_midnight(void **state)
{
    static const struct { double x_s; bool named, passed; } rows[] = {
        { -7199, false, false }, { -5401, false, false }, { -5399, true, false }, { 7.9, true, false }, { 8.1, false, true }, { 60, false, true },
    };

    (void)state;
    begin(-3 * HOUR_S);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        at(rows[i].x_s, false, &silent);
        assert_int_equal(untold_midnight(&c).ns, rows[i].named ? MIDNIGHT : 0);
        assert_int_equal(c.leap.passed.ns, rows[i].passed ? MIDNIGHT : 0);
        assert_true((c.leap.passed_at.ns != 0) == rows[i].passed);
    }
    begin(-3 * HOUR_S);
    at(-60, false, &none);
    assert_int_equal(untold_midnight(&c).ns, 0);
    at(60, false, &none);
    assert_int_equal(c.leap.passed_at.ns, 0);
}

/* Whose root distance is a second says nothing by announcing nothing; by announcing something it does. */
static void a_second_of_distance_is_no_word(void **state)
{
    static const struct { int64_t delay_ns, dispersion_ns; enum leap leap; bool no_word; } rows[] = {
        { 2 * NS_PER_S, 0, LEAP_NONE, true }, { 0, NS_PER_S, LEAP_NONE, true },       { NS_PER_S, NS_PER_S / 2, LEAP_NONE, true },
        { 2 * NS_PER_S - 2, 0, LEAP_NONE, false }, { 0, NS_PER_S - 1, LEAP_NONE, false }, { 2 * NS_PER_S, NS_PER_S, LEAP_INSERT, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct measurement m = { .root_delay = { rows[i].delay_ns }, .root_dispersion = { rows[i].dispersion_ns }, .leap = (uint8_t)rows[i].leap };

        assert_true(untold_is_no_word(&m) == rows[i].no_word);
    }
}

/* A page is written each 64 s, so what is told from two hours before on is told two minutes later for sure. */
static void words_are_recent_for_two_hours(void **state)
{
    struct measurement m = { .leap = LEAP_NONE };

    (void)state;
    begin(-60);
    at(-60, false, &silent);
    m.utc = utc(-7073);
    assert_false(untold_is_recent(&c, &m));
    m.utc = utc(-7072);
    assert_true(untold_is_recent(&c, &m));
}

static void the_next_instant(void **state)
{
    static const struct { double x_s, next_s; } rows[] = { { -7199, -5400 }, { -5399, -8.001 }, { -8, 8.001 }, { 7, 8.001 } };

    (void)state;
    begin(-3 * HOUR_S);
    assert_int_equal(untold_next(&c).ns, MONO_NEVER.ns);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double next_s;

        at(rows[i].x_s, false, &silent);
        next_s = dur_to_s(mono_sub(untold_next(&c), raw(0)));
        assert_true(next_s >= rows[i].next_s && next_s < rows[i].next_s + 2e-3);
    }
    at(9, false, &silent);
    assert_int_equal(untold_next(&c).ns, MONO_NEVER.ns);
}

/* A page that nobody renews ends a few seconds before midnight, unless it is known what comes, or it holds both already. */
static void a_page_ends_with_the_month(void **state)
{
    static const struct { double x_s; bool known, spoken, in_doubt, declared; double ends_s; } rows[] = {
        { -25 * HOUR_S, false, false, false, false, NAN },
        { -20 * HOUR_S, false, false, false, false, -4 }, { -20 * HOUR_S, true, false, false, false, NAN }, { -20 * HOUR_S, false, false, false, true, NAN },
        { -HOUR_S, false, false, false, false, -4 },      { -HOUR_S, false, true, false, false, NAN },      { -HOUR_S, false, true, true, false, -4 },
        { -8.1, false, false, false, false, -4 },         { -7.9, false, false, false, false, NAN },        { HOUR_S, false, false, false, false, NAN },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mono_ns ends;

        begin(rows[i].x_s);
        c.options.leap.unknown = rows[i].declared ? LEAP_UNKNOWN_NONE : LEAP_UNKNOWN_DOUBT;
        at(rows[i].x_s, rows[i].known, rows[i].spoken ? &none : &silent);
        c.leap.in_doubt = rows[i].in_doubt;
        ends = untold_ends(&c);
        if (isnan(rows[i].ends_s) ? ends.ns != MONO_NEVER.ns : fabs(dur_to_s(mono_sub(ends, raw(rows[i].ends_s)))) > 0.01)
            fail_msg("row %u: %g", i, dur_to_s(mono_sub(ends, raw(0))));
    }
}

/* Each instant belongs to what begins with it. */
static void an_instant_belongs_to_what_begins(void **state)
{
    (void)state;
    begin(-3 * HOUR_S);
    c.estimate.bound = (struct clock_span){ 0, 0 };
    c.leap.in_doubt = true;
    at(-7200, false, &silent);
    assert_int_equal(untold_root_delay(&c).ns, 2 * NS_PER_S);
    c.leap.in_doubt = false;
    at(-5400, false, &silent);
    assert_int_equal(untold_root_delay(&c).ns, 2 * NS_PER_S);
    at(-8, false, &silent);
    assert_about(told_wider_s(), 1);
    assert_int_equal(untold_ends(&c).ns, MONO_NEVER.ns);
    at(0, false, &none); /* too late */
    assert_true(c.leap.untold);
    c.leap.in_doubt = true;
    at(8, false, &silent);
    assert_false(c.leap.untold);
    c.estimate.bound = (struct clock_span){ 0, 0 };
    assert_int_equal(untold_root_delay(&c).ns, 0);
}

/* Raw seconds are shorter than seconds where the line gains on them. */
static void instants_are_told_by_the_raw_clock(void **state)
{
    (void)state;
    begin(-7199);
    at(-7199, false, &silent);
    c.estimate.rate = 1e-3;
    assert_true(fabs(dur_to_s(mono_sub(untold_next(&c), raw(-7199))) - 1799 * 0.999) < 0.1);
    assert_true(fabs(dur_to_s(mono_sub(untold_ends(&c), raw(-7199))) - 7195 * 0.999) < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_of_the_months_end_counts),
        cmocka_unit_test(an_untold_end_widens_the_bound),
        cmocka_unit_test(who_doubts_what_smears_hide_passes_it_as_well),
        cmocka_unit_test(else_it_stays),
        cmocka_unit_test(what_comes_later_does_not_help),
        cmocka_unit_test(midnight_is_as_wide_as_the_bound),
        cmocka_unit_test(who_was_away_has_not_heard_either),
        cmocka_unit_test(each_month_has_an_end),
        cmocka_unit_test(the_wire_tells_a_second),
        cmocka_unit_test(what_nobody_says_has_a_midnight),
        cmocka_unit_test(a_second_of_distance_is_no_word),
        cmocka_unit_test(words_are_recent_for_two_hours),
        cmocka_unit_test(the_next_instant),
        cmocka_unit_test(a_page_ends_with_the_month),
        cmocka_unit_test(an_instant_belongs_to_what_begins),
        cmocka_unit_test(instants_are_told_by_the_raw_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
