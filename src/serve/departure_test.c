/* Transmit timestamps ahead of their time: never beyond what was measured, never backwards. */
#include "base/test.h"

#include "base/rng.h"
#include "serve/departure.h"

static struct departure d;

static int start(void **state)
{
    (void)state;
    d = (struct departure){ 0 };
    return 0;
}

static struct mono_ns at(int64_t ns) { return (struct mono_ns){ ns }; }

static void learn(unsigned k, int64_t late_ns) { departure_learn(&d, k, (struct dur_ns){ late_ns }); }

static void nothing_is_ahead_before_something_is_known(void **state)
{
    (void)state;
    assert_int_equal(departure_of(&d, 0, at(1000)).ns, 1000);
    assert_int_equal(departure_of(&d, 63, at(2000)).ns, 2000);
}

/* Slowly up, so that no burst is believed; at once down. */
static void a_floor_rises_slowly_and_falls_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        learn(0, 400000);
    assert_int_equal(d.first_ns, 10 * DEPARTURE_RISE_NS);
    assert_int_equal(departure_of(&d, 0, at(0)).ns, 0);
    for (int i = 0; i < 1000; i++)
        learn(0, 9000 + i % 7 * 1000);
    assert_in_range(d.first_ns, 9000, 9000 + 7 * DEPARTURE_RISE_NS);
    assert_int_equal(departure_ahead(&d).ns, d.first_ns - DEPARTURE_MARGIN_NS);
    learn(0, 3000);
    assert_int_equal(departure_ahead(&d).ns, 1000);
    learn(0, 100);
    assert_int_equal(departure_ahead(&d).ns, 0);
}

static void accidents_are_not_learnt(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        learn(0, 5000);
    learn(0, -1);
    learn(0, DEPARTURE_ACCIDENT_NS + 1);
    assert_int_equal(d.first_ns, 5000);
    learn(20, 4000); /* before the first one of its batch? */
    assert_int_equal(d.further_ns, 0);
}

static void never_ahead_by_more_than_a_bound(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        learn(0, DEPARTURE_ACCIDENT_NS);
        learn(20, DEPARTURE_ACCIDENT_NS);
    }
    assert_int_equal(departure_of(&d, 0, at(0)).ns, DEPARTURE_AHEAD_MAX_NS);
    assert_true(departure_of(&d, 63, at(0)).ns <= DEPARTURE_AHEAD_MAX_NS + 63 * DEPARTURE_FURTHER_MAX_NS);
}

static void those_behind_the_first_leave_later(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        learn(0, 10000);
        learn(20, 10000 + 20 * 1500);
    }
    assert_int_equal(departure_of(&d, 0, at(0)).ns, 8000);
    assert_int_equal(departure_of(&d, 8, at(0)).ns, 8000 + 8 * 750);
}

/* On a busy machine most answers leave late but some do not: those are never told later than they leave. */
static void never_later_than_the_fastest_sampled(void **state)
{
    struct prng p;

    (void)state;
    prng_seed(&p, 3);
    for (int i = 0; i < 5000; i++) {
        bool busy = i % 1000 < 300 && prng_u64(&p) % 16 != 0;

        learn(0, 7000 + (int64_t)(prng_u64(&p) % (busy ? 200000 : 1000)));
        if (i >= 1000)
            assert_true(departure_ahead(&d).ns <= 7000 + 40 * DEPARTURE_RISE_NS);
        if (i % 1000 > 350)
            assert_true(departure_ahead(&d).ns <= 7000);
    }
}

/* What is told never goes back, whatever is learnt meanwhile. */
static void told_time_is_monotonic(void **state)
{
    struct prng p;
    int64_t now = 0, before = 0;

    (void)state;
    prng_seed(&p, 7);
    for (int i = 0; i < 10000; i++) {
        unsigned k = (unsigned)(prng_u64(&p) % 64);
        int64_t told = departure_of(&d, k, at(now)).ns;

        assert_true(told >= before && told >= now);
        assert_true(told <= now + DEPARTURE_AHEAD_MAX_NS + 63 * DEPARTURE_FURTHER_MAX_NS || told == before);
        before = told;
        now += (int64_t)(prng_u64(&p) % 50000);
        learn(k, (int64_t)(prng_u64(&p) % 100000));
    }
}

/* Of first ones and of the last ones of crowds in turn: some in each of the first seconds, then one a second. */
static void samples_are_rare(void **state)
{
    unsigned wishes = 0, crowds = 0, late = 0;

    (void)state;
    for (int64_t t = 0; t < 60 * NS_PER_S; t += NS_PER_MS) {
        int k = departure_wish(&d, 64, at(t));

        if (k < 0)
            continue;
        assert_true(k == 0 || k == 63);
        crowds += k == 63;
        wishes++;
        late += t >= 30 * NS_PER_S;
        learn((unsigned)k, 10000 + k * 1000);
    }
    assert_in_range(wishes, DEPARTURE_EARLY_SAMPLES, DEPARTURE_EARLY_SAMPLES + 60);
    assert_in_range(late, 29, 31);
    assert_in_range(crowds, wishes / 2 - 1, wishes / 2 + 1);
    assert_int_equal(departure_wish(&d, 1, at(61 * NS_PER_S)), 0);
    assert_int_equal(departure_wish(&d, DEPARTURE_CROWD - 1, at(63 * NS_PER_S)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_ahead_before_something_is_known, start),
        cmocka_unit_test_setup(a_floor_rises_slowly_and_falls_at_once, start),
        cmocka_unit_test_setup(never_ahead_by_more_than_a_bound, start),
        cmocka_unit_test_setup(never_later_than_the_fastest_sampled, start),
        cmocka_unit_test_setup(accidents_are_not_learnt, start),
        cmocka_unit_test_setup(those_behind_the_first_leave_later, start),
        cmocka_unit_test_setup(told_time_is_monotonic, start),
        cmocka_unit_test_setup(samples_are_rare, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
