/* Children whose end the kernel will not tell at first. */
#include "base/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/child.h"

static struct { unsigned failures, calls; } kernel;

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    kernel.calls++;
    if (kernel.failures == 0)
        return __real_waitpid(pid, status, options);
    kernel.failures--;
    errno = EIO;
    return -1;
}

/* One that has ended with code 7, and is still there to be asked for. */
static pid_t ended_child(void)
{
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(7);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pid;
}

static void PROC_07_a_child_is_seen_to_end_though_the_call_failed(void **state)
{
    int status = 0;

    (void)state;
    for (unsigned failures = 0; failures <= 3; failures++) {
        pid_t pid = ended_child();

        kernel.failures = failures;
        assert_int_equal(host_child_ended(&status), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
}

static void a_call_that_always_fails_is_given_up(void **state)
{
    pid_t pid = ended_child();
    int status = 0;

    (void)state;
    kernel.failures = 1000;
    assert_true(host_child_ended(&status) < 0);
    kernel.failures = 0;
    assert_int_equal(host_child_ended(&status), pid);
}

static void without_children_it_is_asked_once(void **state)
{
    int status = 0;

    (void)state;
    kernel.calls = 0;
    assert_true(host_child_ended(&status) <= 0);
    assert_int_equal(kernel.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(PROC_07_a_child_is_seen_to_end_though_the_call_failed),
        cmocka_unit_test(a_call_that_always_fails_is_given_up),
        cmocka_unit_test(without_children_it_is_asked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
