/* Placing stamps of the system clock on the raw one: by tables, and against a clock that is steered at random. */
#include "base/test.h"

#include <stdlib.h>

#include "refclock/place.h"

#define REAL_S INT64_C(1900000000)

/* Readings a second apart; the system clock gains so many ns in each of them. */
static struct refclock_past past_of(unsigned n, const int64_t gained_ns[])
{
    struct refclock_past p = { 0 };
    struct refclock_pair at = { { 100 * NS_PER_S }, REAL_S * NS_PER_S };

    refclock_past_add(&p, at);
    for (unsigned i = 0; i < n; i++) {
        at.raw.ns += NS_PER_S;
        at.realtime_ns += NS_PER_S + gained_ns[i];
        refclock_past_add(&p, at);
    }
    return p;
}

static struct refclock_pair later(const struct refclock_past *p, int64_t ns)
{
    struct refclock_pair last = p->pair[p->count - 1];

    return (struct refclock_pair){ mono_add(last.raw, (struct dur_ns){ ns }), last.realtime_ns + ns };
}

static void a_stamp_is_placed_where_the_clocks_say(void **state)
{
    static const int64_t even[] = { 50000, 50000, 50000 };
    struct refclock_past p = past_of(3, even);
    struct refclock_pair now = later(&p, 300 * NS_PER_MS);
    struct dur_ns error;
    struct mono_ns at;

    (void)state;
    assert_int_equal(refclock_place(&p, now, p.pair[1].realtime_ns + NS_PER_S / 2, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(at.ns - (p.pair[1].raw.ns + NS_PER_S / 2 - 25000), 0, 10);
    assert_in_range(error.ns, 1000, 1010); /* the rate did not change: no more than reading both */
    assert_int_equal(refclock_place(&p, now, now.realtime_ns, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(llabs(at.ns - now.raw.ns), 0, 1);
}

/* Of the rates around a stamp, one over less than a quarter of a second tells nothing, and one that nobody saw may have been none. */
static void the_error_follows_from_the_rates_that_are_known(void **state)
{
    static const int64_t even[] = { 50000, 50000, 50000 };
    struct refclock_past p = past_of(3, even);
    struct refclock_pair now = later(&p, 200 * NS_PER_MS);
    struct dur_ns error;
    struct mono_ns at;

    (void)state;
    now.realtime_ns += 100000;
    assert_int_equal(refclock_place(&p, now, p.pair[2].realtime_ns + 1, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(error.ns, 1000, 1010);
    now = later(&p, 300 * NS_PER_MS);
    now.realtime_ns += 100000;
    assert_int_equal(refclock_place(&p, now, p.pair[2].realtime_ns + 1, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(error.ns, 280000, 290000); /* 333 ppm for 50 */
    now = later(&p, 250 * NS_PER_MS);
    now.realtime_ns += 100000;
    assert_int_equal(refclock_place(&p, now, p.pair[2].realtime_ns + 1, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(error.ns, 350000, 352000); /* 400 ppm for 50: just long enough */
    assert_int_equal(refclock_place(&p, now, p.pair[0].realtime_ns, &at, &error), VERDICT_ACCEPTED);
    assert_int_equal(at.ns, p.pair[0].raw.ns);
    assert_in_range(error.ns, 51000, 51010); /* 50 ppm for 0 */
}

/* From the first second on, where the one before is not known: what comes behind it counts. */
static void two_readings_are_enough(void **state)
{
    static const int64_t later_on[] = { 0, 100000 };
    struct refclock_past p = past_of(0, later_on), q = past_of(2, later_on);
    struct dur_ns error;
    struct mono_ns at;

    (void)state;
    assert_int_equal(refclock_place(&p, later(&p, NS_PER_S), p.pair[0].realtime_ns + 7, &at, &error), VERDICT_ACCEPTED);
    assert_int_equal(at.ns, p.pair[0].raw.ns + 7);
    assert_int_equal(refclock_place(&q, later(&q, 1), q.pair[0].realtime_ns + 1, &at, &error), VERDICT_ACCEPTED);
    assert_in_range(error.ns, 100999, 101001);
}

/* Readings of now that are no later than the last kept say nothing new. */
static void a_reading_that_is_kept_already_is_no_other(void **state)
{
    static const int64_t even[] = { 0, 0 };
    struct refclock_past p = past_of(2, even);
    struct dur_ns error;
    struct mono_ns at;

    (void)state;
    assert_int_equal(refclock_place(&p, p.pair[2], p.pair[2].realtime_ns, &at, &error), VERDICT_ACCEPTED);
    assert_int_equal(at.ns, p.pair[2].raw.ns);
    assert_int_equal(error.ns, 1000);
}

static void what_cannot_be_placed_is_named(void **state)
{
    static const int64_t even[] = { 0, 0, 0, 0, 0, 0 }, stepped[] = { 0, 0, NS_PER_S / 2 }, back[] = { 0, 0, -2 * NS_PER_S };
    struct refclock_past none = { 0 }, p = past_of(6, even), q = past_of(3, stepped), r = past_of(3, back);
    struct dur_ns error;
    struct mono_ns at;

    (void)state;
    assert_int_equal(p.count, REFCLOCK_PAIRS);
    for (unsigned i = 1; i < p.count; i++) /* the oldest made room, no other did */
        assert_int_equal(mono_sub(p.pair[i].raw, p.pair[i - 1].raw).ns, NS_PER_S);
    assert_int_equal(refclock_place(&none, later(&p, 1), REAL_S * NS_PER_S, &at, &error), VERDICT_REF_OLD);
    assert_int_equal(refclock_place(&p, later(&p, 1), p.pair[0].realtime_ns - 1, &at, &error), VERDICT_REF_OLD);
    assert_int_equal(refclock_place(&p, later(&p, 1000), p.pair[p.count - 1].realtime_ns + 1001, &at, &error), VERDICT_REF_FUTURE);
    assert_int_equal(refclock_place(&q, later(&q, 1000), q.pair[1].realtime_ns + 1, &at, &error), VERDICT_REF_STEPPED);
    assert_int_equal(refclock_place(&q, later(&q, 1000), q.pair[3].realtime_ns + 1, &at, &error), VERDICT_ACCEPTED); /* after the step */
    assert_int_equal(refclock_place(&r, later(&r, 1000), r.pair[1].realtime_ns - 1, &at, &error), VERDICT_REF_STEPPED);
    assert_int_equal(refclock_place(&r, later(&r, 1000), r.pair[2].realtime_ns - 1, &at, &error), VERDICT_REF_FUTURE); /* that is said again only later */
}

static void readings_close_together_are_not_kept(void **state)
{
    static const int64_t even[] = { 0 };
    struct refclock_past p = past_of(1, even);

    (void)state;
    refclock_past_add(&p, later(&p, NS_PER_S / 2 - 1));
    assert_int_equal(p.count, 2);
    refclock_past_add(&p, later(&p, NS_PER_S / 2));
    assert_int_equal(p.count, 3);
}

/* The rate changes once a second by up to 500 ppm at any instant: the true place is always within the error that is told. */
static void the_error_covers_a_clock_that_is_steered(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (int run = 0; run < 20000; run++) {
        double rate[5] = { 0 }, turn[5] = { 0 }, real[6] = { 0 };
        struct refclock_past p = { 0 };
        int k = 1 + rand_r(&seed) % 3, steady = rand_r(&seed) % 2;
        double share = rand_r(&seed) % 1000 / 1000.0, then, was;
        struct dur_ns error;
        struct mono_ns at;

        for (int i = 0; i < 5; i++) {
            rate[i] = steady && i != k ? (i < k ? 0 : rate[k]) : (rand_r(&seed) % 1001 - 500) * 1e-6;
            turn[i] = rand_r(&seed) % 1000 / 1000.0;
        }
        for (int i = 0; i < 5; i++) {
            was = i ? rate[i - 1] : rate[0];
            refclock_past_add(&p, (struct refclock_pair){ { (100 + i) * NS_PER_S }, REAL_S * NS_PER_S + (int64_t)(real[i] * 1e9) });
            real[i + 1] = real[i] + turn[i] * (1 + was) + (1 - turn[i]) * (1 + rate[i]);
        }
        if (!steady) /* more than one change in a row of seconds is not promised */
            continue;
        was = rate[k - 1];
        then = real[k] + (share < turn[k] ? share * (1 + was) : turn[k] * (1 + was) + (share - turn[k]) * (1 + rate[k]));
        assert_int_equal(refclock_place(&p, (struct refclock_pair){ { 105 * NS_PER_S }, REAL_S * NS_PER_S + (int64_t)(real[5] * 1e9) },
                                        REAL_S * NS_PER_S + (int64_t)(then * 1e9), &at, &error), VERDICT_ACCEPTED);
        assert_true(llabs(at.ns - (int64_t)((100 + k + share) * 1e9)) <= error.ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_is_placed_where_the_clocks_say),
        cmocka_unit_test(the_error_follows_from_the_rates_that_are_known),
        cmocka_unit_test(two_readings_are_enough),
        cmocka_unit_test(a_reading_that_is_kept_already_is_no_other),
        cmocka_unit_test(what_cannot_be_placed_is_named),
        cmocka_unit_test(readings_close_together_are_not_kept),
        cmocka_unit_test(the_error_covers_a_clock_that_is_steered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
