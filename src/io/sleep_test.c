/* Sleep of the machine shows as CLOCK_BOOTTIME gaining on CLOCK_MONOTONIC, and nothing else does. The two clocks are played by this test. */
#include "base/test.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "io/stamp.h"

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

static int64_t mono_ns, slept_ns, held_up_ns; /* held up: taken off the processor between the two readings, so often */
static unsigned held_up_times, calls;
static bool no_boottime;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
    int64_t ns = mono_ns += 30;

    calls++;
    if (id == CLOCK_BOOTTIME && no_boottime) {
        errno = EINVAL;
        return -1;
    }
    if (id == CLOCK_BOOTTIME && held_up_times > 0) {
        held_up_times--;
        ns = mono_ns += held_up_ns;
    }
    if (id == CLOCK_BOOTTIME)
        ns += slept_ns;
    *ts = (struct timespec){ (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
    return 0;
}

static int before_each(void **state)
{
    (void)state;
    mono_ns = INT64_C(86400) * NS_PER_S - 45; /* so that a second begins between two readings */
    slept_ns = 7 * 3600 * NS_PER_S;
    held_up_ns = NS_PER_S;
    held_up_times = calls = 0;
    no_boottime = false;
    return 0;
}

/* CLK-02 */
static void CLK_02_a_sleep_is_seen(void **state)
{
    struct dur_ns asleep = io_asleep();

    (void)state;
    assert_false(io_slept_since(asleep));
    slept_ns += 900 * NS_PER_US;
    assert_false(io_slept_since(asleep));
    slept_ns += 200 * NS_PER_US;
    assert_true(io_slept_since(asleep));
    slept_ns += 8 * 3600 * NS_PER_S;
    assert_true(io_slept_since(asleep));
    assert_false(io_slept_since(io_asleep()));
}

static void being_held_up_is_no_sleep(void **state)
{
    struct dur_ns asleep = io_asleep();

    (void)state;
    held_up_times = 5;
    assert_false(io_slept_since(asleep));
    held_up_times = 4;
    assert_true(io_asleep().ns - asleep.ns < NS_PER_MS);
}

static void to_look_costs_two_readings(void **state)
{
    struct dur_ns asleep = io_asleep();

    (void)state;
    calls = 0;
    assert_false(io_slept_since(asleep));
    assert_int_equal(calls, 2);
}

static void a_system_that_does_not_tell_never_slept(void **state)
{
    (void)state;
    no_boottime = true;
    assert_true(io_asleep().ns == 0);
    assert_false(io_slept_since((struct dur_ns){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(CLK_02_a_sleep_is_seen, before_each),
        cmocka_unit_test_setup(being_held_up_is_no_sleep, before_each),
        cmocka_unit_test_setup(to_look_costs_two_readings, before_each),
        cmocka_unit_test_setup(a_system_that_does_not_tell_never_slept, before_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
