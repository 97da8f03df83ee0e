/* A stamp is believed only when its age makes sense. */
#include "base/test.h"

#include "io/stamp.h"

static void a_fresh_stamp_lands_at_its_age(void **state)
{
    struct io_instant now = { { 5000000000 }, 1000000000000 };
    struct mono_ns raw = { 0 };

    (void)state;
    assert_true(io_stamp_to_raw(&now, now.realtime_ns - 1500, &raw));
    assert_true(raw.ns == now.raw.ns - 1500);
    assert_true(io_stamp_to_raw(&now, now.realtime_ns, &raw));
    assert_true(io_stamp_to_raw(&now, now.realtime_ns - NS_PER_S, &raw));
}

static void a_stamp_from_the_future_or_the_past_is_refused(void **state)
{
    struct io_instant now = { { 5000000000 }, 1000000000000 };
    struct mono_ns raw = { 42 };

    (void)state;
    assert_false(io_stamp_to_raw(&now, now.realtime_ns + 1, &raw));
    assert_false(io_stamp_to_raw(&now, now.realtime_ns - NS_PER_S - 1, &raw));
    assert_false(io_stamp_to_raw(&now, INT64_MIN, &raw));
    assert_false(io_stamp_to_raw(&now, 0, &raw));
    assert_true(raw.ns == 42);
}

static void an_instant_is_one_instant(void **state)
{
    struct mono_ns before = io_raw_now();
    struct io_instant now = io_instant_now();
    struct mono_ns after = io_raw_now();

    (void)state;
    assert_true(before.ns <= now.raw.ns && now.raw.ns <= after.ns);
    assert_true(now.realtime_ns > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_stamp_lands_at_its_age),
        cmocka_unit_test(a_stamp_from_the_future_or_the_past_is_refused),
        cmocka_unit_test(an_instant_is_one_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
