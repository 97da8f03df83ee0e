/* Reading is bounded and ordered, rates survive the kernel's units, and who has no right is told so and changes nothing. */
#include "base/test.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "host/clock.h"
#include "host/privilege.h"
#include "host/wake.h"

static void a_pair_is_one_instant(void **state)
{
    struct mono_ns before = host_mono();
    struct host_pair p = host_pair();
    struct mono_ns after = host_mono();

    (void)state;
    assert_true(before.ns <= p.raw.ns && p.raw.ns <= after.ns);
    assert_true(p.width.ns >= 0 && p.width.ns <= after.ns - before.ns);
    assert_true(p.system.ns > 0);
}

static void precision_is_what_reading_costs(void **state)
{
    int8_t p = host_precision_log2();

    (void)state;
    assert_in_range(p + 64, 64 - 29, 64 - 10);
}

static void rates_use_the_tick_only_when_they_must(void **state)
{
    static const struct { double ppm; long tick; } rows[] = {
        { 0, 10000 }, { 12.345678, 10000 }, { -480, 10000 }, { 481, 10005 }, { -481, 9995 }, { 1234.5, 10012 }, { -99999.5, 9000 }, { 100000, 11000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host_rate r = host_rate_from_ppm(rows[i].ppm);

        assert_int_equal(r.tick_us, rows[i].tick);
        assert_true(labs(r.freq_scaled) <= 500L << 16);
        assert_true(fabs(host_rate_to_ppm(r) - rows[i].ppm) <= 0.5 / 65536);
    }
}

static void absurd_rates_are_clamped(void **state)
{
    (void)state;
    assert_true(host_rate_to_ppm(host_rate_from_ppm(1e308)) == HOST_FREQUENCY_MAX_PPM);
    assert_true(host_rate_to_ppm(host_rate_from_ppm(-1e9)) == -HOST_FREQUENCY_MAX_PPM);
    assert_true(host_rate_to_ppm(host_rate_from_ppm(NAN)) == 0);
    assert_true(host_rate_to_ppm(host_rate_from_ppm(INFINITY)) == 0);
}

/* Runs in a child that gave every right away: the exit code counts what was refused. */
static int refusals_without_rights(void)
{
    struct host_clock_status s = { .synchronised = true };

    if (host_confine(HOST_RIGHT_NONE, NULL) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 100;
    return (host_clock_system.probe() == -UE_PERMISSION) + (host_clock_system.frequency(0) == -UE_PERMISSION) +
           (host_clock_system.step((struct dur_ns){ 1 }) == -UE_PERMISSION) + (host_clock_system.status(&s) == -UE_PERMISSION);
}

/* CLK-05 */
static void without_the_right_every_setter_says_so(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(refusals_without_rights());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
}

static void anybody_may_read_the_frequency(void **state)
{
    double ppm = NAN;

    (void)state;
    assert_int_equal(host_clock_system.read_frequency(&ppm), 0);
    assert_true(fabs(ppm) <= HOST_FREQUENCY_MAX_PPM);
}

static void the_null_clock_accepts_all(void **state)
{
    double ppm = 1;

    (void)state;
    assert_int_equal(host_clock_null.read_frequency(&ppm), 0);
    assert_true(ppm == 0);
    assert_int_equal(host_clock_null.probe(), 0);
    assert_int_equal(host_clock_null.frequency(1), 0);
    assert_int_equal(host_clock_null.step((struct dur_ns){ 1 }), 0);
    assert_int_equal(host_clock_null.status(&(struct host_clock_status){ .synchronised = true }), 0);
}

static void another_discipline_is_found_by_its_name(void **state)
{
    char name[32], ready;
    int pipe_fd[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(pipe_fd), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_NAME, "phc2sys", 0, 0, 0);
        if (write(pipe_fd[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    assert_int_equal(read(pipe_fd[0], &ready, 1), 1);
    assert_true(host_other_discipliner(name, sizeof name));
    assert_true(strlen(name) > 0); /* ours, or one that really runs here */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

static void nothing_wakes_a_machine_that_does_not_sleep(void **state)
{
    int fd = host_wake_open();

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 20), 0);
    host_wake_again(fd); /* never blocks */
    assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_one_instant),
        cmocka_unit_test(precision_is_what_reading_costs),
        cmocka_unit_test(rates_use_the_tick_only_when_they_must),
        cmocka_unit_test(absurd_rates_are_clamped),
        cmocka_unit_test(without_the_right_every_setter_says_so),
        cmocka_unit_test(anybody_may_read_the_frequency),
        cmocka_unit_test(the_null_clock_accepts_all),
        cmocka_unit_test(nothing_wakes_a_machine_that_does_not_sleep),
        cmocka_unit_test(another_discipline_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
