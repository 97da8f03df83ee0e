/* Sources that smear a leap second: told apart, taken back to UTC, and not believed before either is sure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/smear.h"
#include "base/test.h"
#include "clock/unsmear.h"

#define HOUR_S 3600
#define LEAP_TAI_S INT64_C(1798761637) /* 2027-01-01, were a second inserted before it */
#define RAW_S INT64_C(1000000)         /* the raw clock then */

static struct tai_ns tai(double before_leap_s) { return (struct tai_ns){ LEAP_TAI_S * NS_PER_S - (int64_t)llround(before_leap_s * 1e9) }; }
static struct mono_ns raw(double before_leap_s) { return (struct mono_ns){ RAW_S * NS_PER_S - (int64_t)llround(before_leap_s * 1e9) }; }

/* A synchronised clock that knows of the leap; its line runs with true time, less lag_s. */
static struct clock at(double before_leap_s, double lag_s, double half_s)
{
    struct clock c = { .options.clock.max_drift = 1 };

    c.page = (struct page_data){ .leap_at = tai(0), .leap_delta_s = 1, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .growth = 1e-6 };
    c.estimate.at = c.estimate.aged = raw(before_leap_s);
    c.estimate.tai = tai(before_leap_s + lag_s);
    c.estimate.bound = (struct clock_span){ -half_s, half_s };
    return c;
}

/* The same clock, later: what it remembers stays. */
static void move(struct clock *c, double before_leap_s, double lag_s, double half_s)
{
    struct clock_leap kept = c->leap;

    *c = at(before_leap_s, lag_s, half_s);
    c->leap = kept;
}

static void source(struct clock *c, unsigned slot, double before_leap_s, double offset_s, double half_s)
{
    c->source[slot] = (struct clock_source){ .used = true, .sampled = true, .reach = 1, .name = "a source", .last.at = raw(before_leap_s),
                                             .span = { offset_s - half_s, offset_s + half_s } };
}

/* A clock that knew its bound, a millisecond on either side, ten seconds into the longest smears, and now knows it within 50 us. */
static struct clock since_noon(double before_leap_s, double lag_s)
{
    struct clock c = at(12 * HOUR_S + 10, 0, 1e-3);

    unsmear_remember(&c);
    move(&c, before_leap_s, lag_s, 50e-6);
    return c;
}

static void smears_are_taken_back(void **state)
{
    const struct clock c = at(0, 0, 0);

    (void)state;
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
        for (double t = 13 * HOUR_S; t > 0; t -= 97.3) { /* before the leap, where UTC says one thing only */
            struct utc_ns smeared = utc_add(tai_to_utc(tai(t), 37), smear_offset(law, tai(t), tai(0), 1));
            struct tai_ns back = unsmear_tai_of(&c.page, law, smeared, tai(t));

            if (llabs(tai_sub(back, tai(t)).ns) > 2)
                fail_msg("law %d, %.1f s before: %lld ns off", (int)law, t, (long long)tai_sub(back, tai(t)).ns);
        }
}

/* Who smears nothing says within the repeated second which of the two he means by being near to what is expected. */
static void without_a_law_what_is_expected_decides(void **state)
{
    const struct clock c = at(0, 0, 0);

    (void)state;
    assert_int_equal(unsmear_tai_of(&c.page, SMEAR_NONE, tai_to_utc(tai(0.5), 37), tai(0.5)).ns, tai(0.5).ns);
    assert_int_equal(unsmear_tai_of(&c.page, SMEAR_NONE, tai_to_utc(tai(0.5), 37), tai(-0.5)).ns, tai(-0.5).ns);
}

/* Ten seconds into a linear smear that all have followed: 116 us, which no source could be told by. */
static void what_was_known_before_stays_in_the_bound(void **state)
{
    struct clock c = since_noon(12 * HOUR_S - 100, 1157e-6);
    struct clock_span b;
    double growth = 1e-6;

    (void)state;
    c.estimate.rate = -11.6e-6;
    source(&c, 0, 12 * HOUR_S - 100, 0, 500e-6);
    b = unsmear_bound(&c, &growth);
    assert_true(b.lo_s <= 157e-6 && b.hi_s >= 2157e-6); /* a millisecond on both sides of the truth */
    assert_true(b.hi_s < 2400e-6);
    assert_true(growth > 12.5e-6); /* the line leaves what was known at its own pace */
    c.leap.have_before = false;
    growth = 1e-6;
    b = unsmear_bound(&c, &growth);
    assert_true(b.lo_s == -50e-6 && b.hi_s == 50e-6 && growth == 1e-6);
}

/* Hours later every source that smeared would have been found out; but each has to have been heard since. */
static void until_no_source_could_be_smearing(void **state)
{
    struct clock c = since_noon(8 * HOUR_S, 0);
    double growth = 1e-6;

    (void)state;
    source(&c, 0, 8 * HOUR_S, 0, 500e-6);
    source(&c, 1, 12 * HOUR_S - 50, 0, 500e-6); /* last heard just after noon */
    unsmear_remember(&c);
    assert_true(unsmear_bound(&c, &growth).hi_s > 900e-6);
    source(&c, 1, 8 * HOUR_S, 0, 0.1); /* as much may hide in so wide a span */
    unsmear_remember(&c);
    assert_true(unsmear_bound(&c, &growth).hi_s > 900e-6);
    source(&c, 1, 8 * HOUR_S, 0, 500e-6);
    unsmear_remember(&c);
    growth = 1e-6;
    assert_true(unsmear_bound(&c, &growth).hi_s == 50e-6);
    assert_true(growth == 1e-6);
    move(&c, 900, 0, 50e-6); /* and when UTC-SLS begins, that is another question */
    assert_true(unsmear_bound(&c, &growth).hi_s > 900e-6);
}

/* Each law for itself: an hour into it half a second of a line is 42 ms, of a cosine 4 ms. */
static void each_law_is_ruled_out_for_itself(void **state)
{
    struct clock c = since_noon(11 * HOUR_S, 0);
    double growth = 1e-6;

    (void)state;
    for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++) {
        c.leap.ruled_out = (uint8_t)~(1u << law);
        assert_true(unsmear_bound(&c, &growth).hi_s > 900e-6 || law == SMEAR_UTC_SLS);
    }
    source(&c, 0, 11 * HOUR_S, 0, 5e-3);
    c.leap.ruled_out = 0;
    unsmear_remember(&c);
    assert_int_equal(c.leap.ruled_out, 1 << SMEAR_LINEAR);
}

/* With no source there is none that could follow a law, and there are no more laws than have a name. */
static void without_sources_every_law_is_ruled_out(void **state)
{
    struct clock c = at(11 * HOUR_S, 0, 1e-3);

    (void)state;
    unsmear_remember(&c);
    assert_int_equal(c.leap.ruled_out, 1 << SMEAR_LINEAR | 1 << SMEAR_COSINE | 1 << SMEAR_UTC_SLS);
}

/* A leap second that is known only while it is being smeared finds nothing that was known before. */
static void what_was_before_another_day_is_forgotten(void **state)
{
    struct clock c = at(12 * HOUR_S + 10, 0, 1e-3);
    double growth = 1e-6;

    (void)state;
    unsmear_remember(&c);
    c.page.leap_delta_s = 0;
    unsmear_remember(&c);
    move(&c, 8 * HOUR_S, 0, 50e-6);
    assert_true(unsmear_bound(&c, &growth).hi_s == 50e-6);
}

/* Where two curves bring a source back, the one that does it best is told. At a third of the way a line is a sixth of a second off, a cosine a fifteenth. */
static void the_law_that_fits_best_is_told(void **state)
{
    static const struct { double offset, half_s; const char *law; } rows[] = { { 0.167, 0.12, "linear" }, { 0.1, 0.09, "cosine" } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clock c = at(8 * HOUR_S, 0, 1e-3);
        struct clock_actions out = { .count = 0 };
        bool taken_along;

        source(&c, 0, 8 * HOUR_S, -rows[i].offset, rows[i].half_s);
        assert_true(unsmear_refuses(&c, &c.source[0], &taken_along, &out));
        assert_string_equal(out.item[0].log.field[1].u.text, rows[i].law);
    }
}

static void one_that_left_the_bound_on_a_curve_is_refused(void **state)
{
    double t = 8 * HOUR_S, smear_s = dur_to_s(smear_offset(SMEAR_LINEAR, tai(t), tai(0), 1));
    struct clock c = at(t, 0, 1e-3);
    struct clock_actions out = { .count = 0 };
    bool taken_along;

    (void)state;
    source(&c, 0, t, 0, 500e-6);
    source(&c, 1, t, smear_s, 500e-6);
    source(&c, 2, t, -smear_s, 500e-6);
    source(&c, 3, t, smear_s, 500e-6);
    c.source[3].smear = SMEAR_LINEAR; /* and it has been taken back already: it is wrong */
    assert_false(unsmear_refuses(&c, &c.source[3], &taken_along, &out));
    assert_false(unsmear_refuses(&c, &c.source[0], &taken_along, &out));
    assert_true(unsmear_refuses(&c, &c.source[1], &taken_along, &out));
    assert_false(taken_along);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.item[0].log.id, LOG_SOURCE_SMEARS);
    assert_true(unsmear_refuses(&c, &c.source[1], &taken_along, &out)); /* said once */
    assert_int_equal(out.count, 1);
    assert_false(unsmear_refuses(&c, &c.source[2], &taken_along, &out)); /* wrong by as much, the other way: no smear */
    move(&c, 13 * HOUR_S, 0, 1e-3);
    source(&c, 1, 13 * HOUR_S, 0, 500e-6);
    assert_false(unsmear_refuses(&c, &c.source[1], &taken_along, &out));
}

/* The sources took the line along; the first that is found out brings back what was known. */
static void the_line_of_before_is_gone_back_to(void **state)
{
    double t = 10 * HOUR_S, smear_s = dur_to_s(smear_offset(SMEAR_LINEAR, tai(t), tai(0), 1));
    struct clock c = since_noon(t, -smear_s);
    struct clock_actions out = { .count = 0 };
    bool taken_along;

    (void)state;
    source(&c, 0, t, 0, 500e-6);
    assert_true(unsmear_refuses(&c, &c.source[0], &taken_along, &out));
    assert_true(taken_along);
    assert_true(c.estimate.bound.lo_s <= -1e-3 && c.estimate.bound.hi_s >= 1e-3);
    assert_int_equal(c.estimate.at.ns, raw(12 * HOUR_S + 10).ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smears_are_taken_back),
        cmocka_unit_test(without_a_law_what_is_expected_decides),
        cmocka_unit_test(what_was_known_before_stays_in_the_bound),
        cmocka_unit_test(until_no_source_could_be_smearing),
        cmocka_unit_test(each_law_is_ruled_out_for_itself),
        cmocka_unit_test(without_sources_every_law_is_ruled_out),
        cmocka_unit_test(what_was_before_another_day_is_forgotten),
        cmocka_unit_test(the_law_that_fits_best_is_told),
        cmocka_unit_test(one_that_left_the_bound_on_a_curve_is_refused),
        cmocka_unit_test(the_line_of_before_is_gone_back_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
