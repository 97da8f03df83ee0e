/* A month's end at which all sources smear and nobody announces anything: what is held, what is seen, and when it is over. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "clock/doubt.h"
#include "clock/interval.h"
#include "clock/unsmear.h"

#define HOUR_S 3600.0
#define MIDNIGHT (INT64_C(1798761600) * NS_PER_S) /* 2027-01-01 */
#define RAW_NS (INT64_C(1000000) * NS_PER_S)      /* the raw clock then */
#define HALF_S 1e-3                               /* of the bound, and of what a source says */

static struct clock c;

static struct mono_ns raw(double x_s) { return (struct mono_ns){ RAW_NS + (int64_t)llround(x_s * 1e9) }; }
static struct utc_ns utc(double x_s) { return (struct utc_ns){ MIDNIGHT + (int64_t)llround(x_s * 1e9) }; }

/* x seconds after that midnight; what was remembered stays. */
static void now(double x_s)
{
    c.page.status = CLOCK_SYNCHRONISED;
    c.page.tai_minus_utc_s = 37;
    c.page.growth = 1e-6;
    c.page.heartbeat = raw(x_s);
    c.policy.synchronised_once = true;
    c.options.clock.max_drift = 1;
    c.estimate.at = c.estimate.aged = raw(x_s);
    c.estimate.tai = utc_to_tai(utc(x_s), 37);
    c.estimate.bound = (struct clock_span){ -HALF_S, HALF_S };
}

static void begin(double x_s)
{
    memset(&c, 0, sizeof c);
    now(x_s);
}

static void source(unsigned slot, enum smear_law law, double x_s, double offset_s)
{
    c.source[slot] = (struct clock_source){ .used = true, .sampled = true, .smear = (uint8_t)law, .state = CLOCK_SOURCE_SELECTED, .last.at = raw(x_s),
                                            .span = { offset_s - HALF_S, offset_s + HALF_S } };
}

static void refresh(double x_s) { doubt_refresh(&c, utc(x_s), false, false); }

/* An hour before the linear smear, with what is known then kept. */
static void begin_remembered(void)
{
    begin(-13 * HOUR_S);
    source(0, SMEAR_LINEAR, -13 * HOUR_S, 0);
    refresh(-13 * HOUR_S);
    unsmear_remember(&c);
}

static double half_of_bound_s(void)
{
    struct clock_span b = c.estimate.bound;
    double growth = 0;

    doubt_widen(&c, &b, &growth);
    return fmin(-b.lo_s, b.hi_s);
}

static void there_is_doubt_on_the_last_day_of_a_month(void **state)
{
    static const struct { const char *name; double x_s; enum smear_law law; bool known, none, declared; bool doubt, begun; } rows[] = {
        { "two days before", -48 * HOUR_S, SMEAR_LINEAR, false, false, false, false, false },
        { "on the morning of the last day", -23 * HOUR_S, SMEAR_LINEAR, false, false, false, true, false },
        { "after noon", -11 * HOUR_S, SMEAR_LINEAR, false, false, false, true, true },
        { "on the next morning", 11 * HOUR_S, SMEAR_COSINE, false, false, false, true, true },
        { "a smear that is over", 11 * HOUR_S, SMEAR_UTC_SLS, false, false, false, false, false },
        { "on the next afternoon", 13 * HOUR_S, SMEAR_LINEAR, false, false, false, false, false },
        { "with a list", -11 * HOUR_S, SMEAR_LINEAR, true, false, false, false, false },
        { "most say that there is none", -11 * HOUR_S, SMEAR_LINEAR, false, true, false, false, false },
        { "the operator says so", -11 * HOUR_S, SMEAR_LINEAR, false, false, true, false, false },
        { "nobody smears", -11 * HOUR_S, SMEAR_NONE, false, false, false, false, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        source(0, rows[i].law, rows[i].x_s, 0);
        c.options.leap.unknown = rows[i].declared ? LEAP_UNKNOWN_NONE : LEAP_UNKNOWN_DOUBT;
        doubt_refresh(&c, utc(rows[i].x_s), rows[i].known, rows[i].none);
        if (c.leap.in_doubt != rows[i].doubt || doubt_has_begun(&c) != rows[i].begun)
            fail_msg("%s: %d, %d", rows[i].name, c.leap.in_doubt, doubt_has_begun(&c));
    }
}

/* A month's end is doubted for a day on both sides, and no longer. */
static void a_months_end_is_doubted_for_a_day(void **state)
{
    static const struct { double x_s; bool doubted; } rows[] = {
        { -24.1 * HOUR_S, false }, { -23.9 * HOUR_S, true }, { 23.9 * HOUR_S, true }, { 24.1 * HOUR_S, false }, { 47 * HOUR_S, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        source(0, SMEAR_LINEAR, rows[i].x_s, 0);
        refresh(rows[i].x_s);
        if ((c.leap.doubted.ns == MIDNIGHT) != rows[i].doubted || (c.leap.doubted.ns != 0) != rows[i].doubted)
            fail_msg("row %u", i);
    }
}

/* With nothing known from before the smear the bound is as much wider as it may hide. */
static void what_a_smear_hides_is_in_the_bound(void **state)
{
    static const struct { double x_s; enum smear_law law; double hides_s; } rows[] = {
        { -13 * HOUR_S, SMEAR_LINEAR, 0 }, { -6 * HOUR_S, SMEAR_LINEAR, 0.25 }, { 0, SMEAR_LINEAR, 0.5 }, { 6 * HOUR_S, SMEAR_LINEAR, 0.25 },
        { -6 * HOUR_S, SMEAR_COSINE, 0.14645 }, { 6 * HOUR_S, SMEAR_COSINE, 0.14645 }, { -500, SMEAR_UTC_SLS, 0.5 }, { -9, SMEAR_UTC_SLS, 0.991 },
        { 5, SMEAR_UTC_SLS, 1 }, { 10, SMEAR_UTC_SLS, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        source(0, rows[i].law, rows[i].x_s, 0);
        refresh(rows[i].x_s);
        if (fabs(half_of_bound_s() - HALF_S - rows[i].hides_s) > 1.1e-3)
            fail_msg("law %d at %.0f s: %.6f s", rows[i].law, rows[i].x_s, half_of_bound_s() - HALF_S);
    }
}

/* What was known before noon holds whoever smears; the sources may have taken the line along. */
static void what_was_known_before_is_held(void **state)
{
    struct clock_span b;
    double growth = 0;

    (void)state;
    begin_remembered();
    assert_true(c.leap.have_before);
    now(-11 * HOUR_S);
    c.estimate.tai = tai_add(c.estimate.tai, (struct dur_ns){ -40 * NS_PER_MS });
    refresh(-11 * HOUR_S);
    b = c.estimate.bound;
    doubt_widen(&c, &b, &growth);
    assert_true(b.lo_s == -HALF_S && b.hi_s > 0.041 && b.hi_s < 0.06);
    assert_true(c.leap.loose == 0);
    now(-8);
    refresh(-8); /* and with midnight comes the second itself */
    assert_false(c.leap.have_before);
    assert_true(c.estimate.bound.lo_s <= -1 - HALF_S && c.estimate.bound.hi_s >= 1 + HALF_S);
    assert_true(c.source[0].span.hi_s > 1);
}

static void what_a_source_does_is_seen(void **state)
{
    static const struct { const char *name; double offset_s, x_s; enum doubt_seen seen; } rows[] = {
        { "nothing yet", 0, -11.98 * HOUR_S, DOUBT_UNSEEN }, { "no smear", 0, -11 * HOUR_S, DOUBT_SEEN_NONE },
        { "nor when two seconds would have shown", 0, -11.808 * HOUR_S, DOUBT_UNSEEN },
        { "a second is inserted", -0.0417, -11 * HOUR_S, DOUBT_SEEN_INSERT }, { "a second is left out", 0.0417, -11 * HOUR_S, DOUBT_SEEN_DELETE },
        { "something else", 0.3, -11 * HOUR_S, DOUBT_UNSEEN },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_remembered();
        now(rows[i].x_s);
        source(0, SMEAR_LINEAR, rows[i].x_s, rows[i].offset_s);
        refresh(rows[i].x_s);
        doubt_see(&c, &c.source[0]);
        if (c.source[0].seen != rows[i].seen)
            fail_msg("%s: %d", rows[i].name, c.source[0].seen);
    }
}

/* Where nothing is doubted, or nothing is known from before, there is nothing to see. */
static void nothing_is_seen_without_doubt_or_memory(void **state)
{
    static const struct { int64_t doubted_ns; bool have_before; } rows[] = { { 0, true }, { MIDNIGHT, false } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_remembered();
        now(-11 * HOUR_S);
        source(0, SMEAR_LINEAR, -11 * HOUR_S, 0);
        c.leap.doubted.ns = rows[i].doubted_ns;
        c.leap.have_before = rows[i].have_before;
        doubt_see(&c, &c.source[0]);
        assert_int_equal(c.source[0].seen, DOUBT_UNSEEN);
    }
}

/* Until 8 s before midnight, and no longer. */
static void what_a_source_does_is_seen_before_midnight(void **state)
{
    static const struct { double x_s; enum doubt_seen seen; } rows[] = { { -8, DOUBT_SEEN_NONE }, { -7.9, DOUBT_UNSEEN } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_remembered();
        now(rows[i].x_s);
        source(0, SMEAR_LINEAR, rows[i].x_s, 0);
        doubt_see(&c, &c.source[0]);
        assert_int_equal(c.source[0].seen, rows[i].seen);
    }
}

/* The rate of who smears is another than the oscillator's; when the smear is over it has to be proven again. */
static void the_rate_is_loose_meanwhile(void **state)
{
    double tight;

    (void)state;
    begin(-6 * HOUR_S);
    tight = interval_growth(&c);
    source(0, SMEAR_LINEAR, -6 * HOUR_S, 0);
    refresh(-6 * HOUR_S);
    assert_true(interval_growth(&c) > tight + 11.57e-6);
    now(13 * HOUR_S);
    refresh(13 * HOUR_S);
    assert_true(c.leap.loose == 0 && c.estimate.rate_known.hi_s > 11.57e-6 && c.estimate.rate_known.lo_s < -11.57e-6);
}

/* A pool changes its servers, a name may lead nowhere for hours: what they said before is in the estimate. */
static void who_is_gone_is_doubted_still(void **state)
{
    (void)state;
    begin(-6 * HOUR_S);
    source(0, SMEAR_LINEAR, -6 * HOUR_S, 0);
    source(1, SMEAR_UTC_SLS, -6 * HOUR_S, 0);
    refresh(-6 * HOUR_S);
    c.source[0].used = c.source[1].used = false;
    refresh(-6 * HOUR_S);
    assert_true(c.leap.in_doubt && half_of_bound_s() > 0.25);
    now(-500);
    refresh(-500); /* the second's law had not begun when it went */
    assert_true(half_of_bound_s() < 0.5);
    now(13 * HOUR_S);
    refresh(13 * HOUR_S);
    assert_false(c.leap.in_doubt);
    now(31 * 24 * HOUR_S - 6 * HOUR_S);
    refresh(31 * 24 * HOUR_S - 6 * HOUR_S);
    assert_false(c.leap.in_doubt);
}

/* By as much as the steepest law that is declared, and may go on, can be. */
static void the_rate_is_as_loose_as_a_law_is_steep(void **state)
{
    static const struct { enum smear_law law, other; double x_s, loose; } rows[] = {
        { SMEAR_LINEAR, SMEAR_NONE, -500, 11.7e-6 },        { SMEAR_COSINE, SMEAR_NONE, -500, 18.3e-6 },
        { SMEAR_LINEAR, SMEAR_COSINE, 500, 18.3e-6 },       { SMEAR_LINEAR, SMEAR_UTC_SLS, -500, 1.001e-3 },
        { SMEAR_COSINE, SMEAR_UTC_SLS, -1009, 18.3e-6 },    { SMEAR_COSINE, SMEAR_UTC_SLS, -1007.9, 1.001e-3 },
        { SMEAR_COSINE, SMEAR_UTC_SLS, 9, 1.001e-3 },       { SMEAR_COSINE, SMEAR_UTC_SLS, 9.1, 18.3e-6 },
        { SMEAR_LINEAR, SMEAR_NONE, 43209, 11.7e-6 },       { SMEAR_LINEAR, SMEAR_NONE, 43209.1, 0 },
        { SMEAR_COSINE, SMEAR_NONE, 43209, 18.3e-6 },       { SMEAR_COSINE, SMEAR_NONE, 43209.1, 0 },
        { SMEAR_LINEAR, SMEAR_NONE, -43208, 11.7e-6 },      { SMEAR_LINEAR, SMEAR_NONE, -43208.1, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        c.leap.doubted.ns = MIDNIGHT;
        source(0, rows[i].law, rows[i].x_s, 0);
        source(1, rows[i].other, rows[i].x_s, 0);
        refresh(rows[i].x_s);
        if (fabs(c.leap.loose - rows[i].loose) > 1e-9)
            fail_msg("row %u: %g", i, c.leap.loose);
    }
}

/* What is known is worth keeping until the first law of those declared begins. */
static void what_is_known_is_kept_until_a_law_begins(void **state)
{
    static const struct { enum smear_law law, other; double x_s; bool doubted, may; } rows[] = {
        { SMEAR_LINEAR, SMEAR_NONE, -43208.1, true, true },   { SMEAR_LINEAR, SMEAR_NONE, -43208, true, false },
        { SMEAR_COSINE, SMEAR_NONE, -43208.1, true, true },   { SMEAR_COSINE, SMEAR_NONE, -43200, true, false },
        { SMEAR_UTC_SLS, SMEAR_NONE, -1008.1, true, true },   { SMEAR_UTC_SLS, SMEAR_NONE, -1007.9, true, false },
        { SMEAR_UTC_SLS, SMEAR_LINEAR, -1008.1, true, false }, { SMEAR_UTC_SLS, SMEAR_NONE, -1008.1, false, false },
        { SMEAR_LINEAR, SMEAR_NONE, 60000, true, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        source(0, rows[i].law, rows[i].x_s, 0);
        source(1, rows[i].other, rows[i].x_s, 0);
        c.leap.doubted.ns = rows[i].doubted ? MIDNIGHT : 0;
        if (doubt_may_remember(&c) != rows[i].may)
            fail_msg("row %u", i);
    }
}

/* From 8 s before midnight to 8 s after a clock may be on either side of it. */
static void around_midnight_both_sides_are_held(void **state)
{
    static const struct { double x_s, hides_s; } rows[] = { { -8.1, 0.49991 }, { -8, 0.5001 }, { 0, 0.5 }, { 8, 0.5001 }, { 8.1, 0.4999 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].x_s);
        source(0, SMEAR_LINEAR, rows[i].x_s, 0);
        c.leap.doubted.ns = MIDNIGHT;
        refresh(rows[i].x_s);
        if (fabs(half_of_bound_s() - HALF_S - rows[i].hides_s) > 5e-5)
            fail_msg("at %.1f s: %.6f s", rows[i].x_s, half_of_bound_s() - HALF_S);
    }
}

/* Two smear, as they are declared to, one has UTC; a liar beside those who smear makes a majority with them, at the edge of what they say. Truth is as far
 * from the middle of their spans as the law hides, so it is farther from the edge; on whatever side that is. */
static void assert_nothing_is_cut_off(double x_s, int side, bool before)
{
    static const double wide_s = 0.04;
    struct clock_span hull = { side * 0.03 - HALF_S, side * 0.03 + HALF_S }, proven;
    double hides_s;

    begin(x_s);
    for (unsigned i = 0; i < 4; i++)
        source(i, i < 2 ? SMEAR_COSINE : SMEAR_NONE, x_s, 0);
    refresh(x_s);
    hides_s = half_of_bound_s() - HALF_S;
    c.leap.have_before = before;
    c.policy.electorate = 4;
    for (unsigned i = 0; i < 4; i++) {
        double at_s = i < 2 ? 0 : i == 2 ? -side * hides_s : side * 0.03, half_s = i < 2 ? wide_s : HALF_S;

        c.source[i].reach = 1;
        c.source[i].span = (struct clock_span){ at_s - half_s, at_s + half_s };
    }
    c.leap.loose = 0;
    c.estimate.bound = hull;
    refresh(x_s); /* the doubt begins with the first synchronisation: what set the bound did not know of it */
    proven = doubt_proven(&c, hull);
    if (!before)
        assert_true(c.estimate.bound.lo_s == proven.lo_s && c.estimate.bound.hi_s == proven.hi_s);
    c.estimate.bound = hull;
    refresh(x_s);
    assert_true(c.estimate.bound.lo_s == hull.lo_s && c.estimate.bound.hi_s == hull.hi_s);
    assert_true(proven.lo_s <= hull.lo_s && proven.hi_s >= hull.hi_s);
    assert_true(c.source[0].span.lo_s == -wide_s && c.source[1].span.hi_s == wide_s);
    if (before)
        assert_true(proven.lo_s == hull.lo_s && proven.hi_s == hull.hi_s);
    else if (side > 0)
        assert_true(fabs(proven.lo_s + HALF_S) < 1e-6 && proven.hi_s == hull.hi_s);
    else
        assert_true(fabs(proven.hi_s - HALF_S) < 1e-6 && proven.lo_s == hull.lo_s);
}

static void a_liar_cuts_nothing_off(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        assert_nothing_is_cut_off(-2.5 * HOUR_S, side, false);
        assert_nothing_is_cut_off(-2.5 * HOUR_S, side, true);
        assert_nothing_is_cut_off(-5, side, false);
    }
}

/* Who goes on from another's page knows where UTC is, and not where the sources are. */
static void who_takes_over_widens(void **state)
{
    (void)state;
    for (int resumed = 0; resumed <= 1; resumed++) {
        begin(-6 * HOUR_S);
        source(0, SMEAR_LINEAR, -6 * HOUR_S, 0);
        c.policy.resumed = resumed;
        for (int again = 0; again < 2; again++) { /* once */
            refresh(-6 * HOUR_S);
            assert_true(fabs(c.estimate.bound.hi_s - HALF_S - (resumed ? 0.25 : 0)) < 1e-4);
        }
    }
}

static void what_becomes_known_meanwhile_is_told(void **state)
{
    (void)state;
    begin(-13 * HOUR_S);
    source(0, SMEAR_LINEAR, -13 * HOUR_S, 0);
    refresh(-13 * HOUR_S);
    doubt_ends(&c); /* nothing had begun */
    assert_false(c.leap.found);
    begin(-6 * HOUR_S);
    source(0, SMEAR_LINEAR, -6 * HOUR_S, 0);
    refresh(-6 * HOUR_S);
    doubt_ends(&c);
    assert_true(c.leap.found && c.estimate.bound.hi_s > 1);
}

/* A page is written when a law begins, and just before midnight. */
static void the_next_instant(void **state)
{
    static const struct { double x_s, next_s; } rows[] = {
        { -13 * HOUR_S, -12 * HOUR_S - 8 }, { -12 * HOUR_S - 8 + 1e-6, -1008 }, { -1007, -8 }, { -7.9, INFINITY },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mono_ns next;

        begin(rows[i].x_s);
        source(0, SMEAR_LINEAR, rows[i].x_s, 0);
        source(1, SMEAR_UTC_SLS, rows[i].x_s, 0);
        assert_int_equal(doubt_next(&c).ns, MONO_NEVER.ns);
        refresh(rows[i].x_s);
        next = doubt_next(&c);
        c.estimate.rate = 1e-3; /* raw seconds are shorter then */
        if (!isinf(rows[i].next_s))
            assert_true(fabs(dur_to_s(mono_sub(doubt_next(&c), raw(rows[i].x_s))) - (rows[i].next_s - rows[i].x_s) * 0.999) < 0.05);
        if (isinf(rows[i].next_s) ? next.ns != MONO_NEVER.ns : !mono_before(raw(rows[i].next_s), next) || dur_to_s(mono_sub(next, raw(rows[i].next_s))) > 2e-3)
            fail_msg("after %.0f s: %.3f s", rows[i].x_s, dur_to_s(mono_sub(next, raw(0))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_doubt_on_the_last_day_of_a_month),
        cmocka_unit_test(a_months_end_is_doubted_for_a_day),
        cmocka_unit_test(what_a_smear_hides_is_in_the_bound),
        cmocka_unit_test(what_was_known_before_is_held),
        cmocka_unit_test(what_a_source_does_is_seen),
        cmocka_unit_test(nothing_is_seen_without_doubt_or_memory),
        cmocka_unit_test(what_a_source_does_is_seen_before_midnight),
        cmocka_unit_test(the_rate_is_loose_meanwhile),
        cmocka_unit_test(who_is_gone_is_doubted_still),
        cmocka_unit_test(the_rate_is_as_loose_as_a_law_is_steep),
        cmocka_unit_test(what_is_known_is_kept_until_a_law_begins),
        cmocka_unit_test(around_midnight_both_sides_are_held),
        cmocka_unit_test(a_liar_cuts_nothing_off),
        cmocka_unit_test(who_takes_over_widens),
        cmocka_unit_test(what_becomes_known_meanwhile_is_told),
        cmocka_unit_test(the_next_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
