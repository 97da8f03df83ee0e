/* What the roles decide by themselves: limits of the clock role, steering or not, delays after deaths, the instance's lock, messages of the resolver. */
#include "base/test.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/admin_role.h"
#include "daemon/clock_role.h"
#include "daemon/deaths.h"
#include "daemon/instance.h"
#include "daemon/mode.h"
#include "daemon/resolve.h"
#include "io/unix.h"

/* -- the clock role --------------------------------------------------------------------------------------------------- */

static unsigned driven;

static int count_frequency(double ppm) { (void)ppm; driven++; return 0; }
static int count_step(struct dur_ns by) { (void)by; driven++; return 0; }
static int count_status(const struct host_clock_status *s) { (void)s; driven++; return 0; }

static const struct host_clock counting = { .name = "counting", .frequency = count_frequency, .step = count_step, .status = count_status };
static const struct clock_limits limits = { .freq_max_ppm = 1000, .step_limit = 2, .step_budget = { INT64_MAX } };

#define LONGEST_STEP_NS (INT64_C(200) * 366 * 86400 * NS_PER_S)

static void commands_outside_the_limits_never_reach_the_clock(void **state)
{
    static const struct clock_command bad[] = {
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = NAN },
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = INFINITY },
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = 1000.1 },
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = -1000.1 },
        { .verb = CLOCK_SET_STEP, .step = { INT64_MAX } },
        { .verb = CLOCK_SET_STEP, .step = { INT64_MIN } },
        { .verb = CLOCK_SET_STATUS, .leap = 4 },
        { .verb = CLOCK_SET_STATUS, .max_error = { -1 } },
        { .verb = CLOCK_SET_STATUS, .est_error = { -1 } },
        { .verb = CLOCK_SET_STATUS, .tai_minus_utc_s = 1001 },
        { .verb = CLOCK_SET_STATUS, .tai_minus_utc_s = -1001 },
        { .verb = CLOCK_SET_STEP, .step = { LONGEST_STEP_NS + 1 } },
        { .verb = CLOCK_SET_STEP, .step = { -LONGEST_STEP_NS - 1 } },
        { .verb = 3 },
    };
    struct shared_steps shared = { 0 };

    (void)state;
    driven = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(clock_role_obey(&bad[i], &limits, &counting, &shared), -UE_RANGE);
    assert_int_equal(driven, 0);
}

/* What the discipline may want: the frequency of the oscillator and the slew over it, as far as the kernel has them. */
static void limits_follow_from_the_configuration(void **state)
{
    struct clock_options o = { .clock = { .max_frequency = 500, .max_slew = 100, .step_limit = 3, .step_budget = { 7 } } };
    struct clock_limits l = clock_limits_of(&o);

    (void)state;
    assert_true(l.freq_max_ppm == 600);
    assert_true(l.step_limit == 3 && l.step_budget.ns == 7);
    o.clock.max_slew = 100000;
    assert_true(clock_limits_of(&o).freq_max_ppm == HOST_FREQUENCY_MAX_PPM);
}

/* As another process may send it: no value that C knows. */
static void a_truth_value_that_is_none_is_refused(void **state)
{
    struct clock_command c = { .verb = CLOCK_SET_STATUS };

    (void)state;
    driven = 0;
    memset(&c.synchronised, 1, 1); /* the byte behind it is none of its */
    memset((char *)&c.synchronised + 1, 0xff, offsetof(struct clock_command, leap) - offsetof(struct clock_command, synchronised) - 1);
    assert_int_equal(clock_role_obey(&c, &limits, &counting, &(struct shared_steps){ 0 }), 0);
    driven = 0;
    memset(&c.synchronised, 2, 1);
    assert_int_equal(clock_role_obey(&c, &limits, &counting, &(struct shared_steps){ 0 }), -UE_RANGE);
    assert_int_equal(driven, 0);
}

static void commands_within_them_do(void **state)
{
    static const struct clock_command good[] = {
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = -1000 },
        { .verb = CLOCK_SET_STEP, .step = { INT64_C(3600) * NS_PER_S } },
        { .verb = CLOCK_SET_STATUS, .synchronised = true, .leap = LEAP_DELETE, .tai_minus_utc_s = 37 },
        { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = 1000 },
        { .verb = CLOCK_SET_STATUS, .leap = LEAP_UNKNOWN, .tai_minus_utc_s = 1000 },
        { .verb = CLOCK_SET_STATUS, .tai_minus_utc_s = -1000 },
    };
    struct shared_steps shared = { 0 };

    (void)state;
    driven = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(clock_role_obey(&good[i], &limits, &counting, &shared), 0);
    assert_int_equal(driven, sizeof good / sizeof good[0]);
    for (size_t i = 0; i < 2; i++) {
        const struct clock_command longest = { .verb = CLOCK_SET_STEP, .step = { i ? LONGEST_STEP_NS : -LONGEST_STEP_NS } };
        struct shared_steps none = { 0 };

        assert_int_equal(clock_role_obey(&longest, &limits, &counting, &none), 0);
    }
}

static const struct clock_command set_frequency = { .verb = CLOCK_SET_FREQUENCY, .freq_ppm = 1, .number = 7 };
static int core_fd;

static void command_and_leave(int number)
{
    (void)number;
    if (send(core_fd, &set_frequency, sizeof set_frequency, 0) != sizeof set_frequency || send(core_fd, &set_frequency, 3, 0) != 3)
        abort();
    shutdown(core_fd, SHUT_WR);
}

/* Each command has its answer; what is no command is refused; a signal is not the end, the end of the one who commands is. */
static void the_role_obeys_until_core_is_gone(void **state)
{
    const struct itimerval soon = { .it_value.tv_usec = 50000 };
    struct shared_steps shared = { 0 };
    struct clock_answer answer;
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
    core_fd = fd[0];
    assert_int_equal(sigaction(SIGALRM, &(struct sigaction){ .sa_handler = command_and_leave }, NULL), 0); /* without SA_RESTART */
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0); /* while the role waits */
    driven = 0;
    assert_int_equal(clock_role_run(fd[1], &limits, &counting, &shared), 0);
    signal(SIGALRM, SIG_DFL);
    assert_int_equal(driven, 1);
    assert_int_equal(recv(fd[0], &answer, sizeof answer, MSG_DONTWAIT), sizeof answer);
    assert_true(answer.number == 7 && answer.err == 0);
    assert_int_equal(recv(fd[0], &answer, sizeof answer, MSG_DONTWAIT), sizeof answer);
    assert_true(answer.number == 0 && answer.err == -UE_RANGE);
    assert_int_equal(recv(fd[0], &answer, sizeof answer, MSG_DONTWAIT), -1);
    close(fd[0]);
    close(fd[1]);
}

static int count_failure(struct dur_ns by) { (void)by; driven++; return -UE_PERMISSION; }

static void a_step_that_failed_is_not_counted(void **state)
{
    static const struct host_clock failing = { .name = "failing", .step = count_failure };
    const struct clock_command c = { .verb = CLOCK_SET_STEP, .step = { 1 } };
    struct shared_steps shared = { .gap = { 7 } };

    (void)state;
    assert_int_equal(clock_role_obey(&c, &limits, &failing, &shared), -UE_PERMISSION);
    assert_true(shared.used == 0 && !shared.synchronised_ever && shared.gap.ns == 7);
}

static void the_number_of_steps_is_the_parents(void **state)
{
    const struct clock_command step = { .verb = CLOCK_SET_STEP, .step = { 1 } };
    struct shared_steps shared = { 0 };

    (void)state;
    assert_int_equal(clock_role_obey(&step, &limits, &counting, &shared), 0);
    assert_int_equal(clock_role_obey(&step, &limits, &counting, &shared), 0);
    assert_int_equal(clock_role_obey(&step, &limits, &counting, &shared), -UE_RANGE);
    assert_int_equal(shared.used, 2);
}

static int step(struct shared_steps *shared, int64_t by_s)
{
    static const struct clock_limits ten_seconds = { .step_limit = 100, .step_budget = { 10 * NS_PER_S } };
    const struct clock_command c = { .verb = CLOCK_SET_STEP, .step = { by_s * NS_PER_S } };

    return clock_role_obey(&c, &ten_seconds, &counting, shared);
}

static void the_sum_of_steps_goes_on_from_earlier_runs(void **state)
{
    struct shared_steps shared = { .synchronised_ever = true, .stepped = { 5 * NS_PER_S } };

    (void)state;
    assert_int_equal(step(&shared, 6), -UE_RANGE);
    assert_int_equal(step(&shared, -6), -UE_RANGE);
    assert_int_equal(shared.stepped.ns, 5 * NS_PER_S);
    assert_int_equal(step(&shared, -4), 0);
    assert_int_equal(step(&shared, 2), -UE_RANGE);
    assert_int_equal(step(&shared, 1), 0);
    assert_int_equal(shared.stepped.ns, 10 * NS_PER_S);
}

static void the_first_step_ever_is_free_and_so_is_a_known_gap(void **state)
{
    struct shared_steps fresh = { 0 }, behind = { .synchronised_ever = true, .gap = { 1000 * NS_PER_S } };

    (void)state;
    assert_int_equal(step(&fresh, 86400), 0);
    assert_int_equal(step(&fresh, 11), -UE_RANGE);
    assert_int_equal(step(&behind, 1004), 0);
    assert_int_equal(step(&behind, 7), -UE_RANGE);
}

/* -- steering or not --------------------------------------------------------------------------------------------------- */

static int permitted(void) { return 0; }
static int forbidden(void) { return -UE_PERMISSION; }
static bool nobody(char *name, size_t size) { (void)size; name[0] = '\0'; return false; }
static bool unseen(char *name, size_t size) { (void)size; name[0] = '\0'; return true; }
static bool chronyd(char *name, size_t size) { snprintf(name, size, "chronyd"); return true; }

static void auto_steers_only_when_all_is_well(void **state)
{
    static const struct { struct mode_facts facts; bool steer; const char *word; } rows[] = {
        { { false, false, permitted, nobody }, true, "permitted" },
        { { true, false, permitted, nobody }, false, "build tree" },
        { { false, false, forbidden, nobody }, false, "CAP_SYS_TIME" },
        { { false, false, permitted, chronyd }, false, "chronyd" },
        { { false, true, permitted, chronyd }, false, "chronyd" },
        { { false, false, permitted, unseen }, false, "not to be seen" },
        { { false, true, permitted, unseen }, true, "permitted" },
        { { false, false, permitted, nobody, .others_hidden = true }, true, "is seen to" },
    };
    struct mode m;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mode_decide(CLOCK_MODE_AUTO, &rows[i].facts, &m);
        assert_int_equal(m.steer, rows[i].steer);
        assert_non_null(strstr(m.reason, rows[i].word));
        assert_string_equal(m.rival, "");
        assert_int_equal(m.others_hidden, m.steer && rows[i].facts.others_hidden);
    }
}

static void an_order_is_obeyed_if_it_can_be(void **state)
{
    struct mode_facts facts = { true, false, permitted, chronyd };
    struct mode m;

    (void)state;
    mode_decide(CLOCK_MODE_SYSTEM, &facts, &m);
    assert_true(m.steer);
    assert_string_equal(m.rival, "chronyd");
    assert_false(m.rival_unseen);
    facts.other = unseen;
    mode_decide(CLOCK_MODE_SYSTEM, &facts, &m);
    assert_string_equal(m.rival, "another program");
    assert_true(m.rival_unseen);
    facts.other = nobody;
    mode_decide(CLOCK_MODE_SYSTEM, &facts, &m);
    assert_string_equal(m.rival, "");
    assert_false(m.rival_unseen);
    facts.probe = forbidden;
    mode_decide(CLOCK_MODE_SYSTEM, &facts, &m);
    assert_false(m.steer);
    assert_int_equal(m.refused, -UE_PERMISSION);
    mode_decide(CLOCK_MODE_VIRTUAL, &facts, &m);
    assert_false(m.steer);
    assert_int_equal(m.refused, 0);
}

/* -- deaths ------------------------------------------------------------------------------------------------------------- */

/* PROC-02 */
static void three_quick_deaths_are_answered_at_once_then_it_backs_off(void **state)
{
    static const int64_t delay_s[] = { 0, 0, 0, 1, 2, 4, 8, 16, 30, 30 };
    struct deaths d = { 0 };
    struct mono_ns now = { 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof delay_s / sizeof delay_s[0]; i++) {
        struct dur_ns delay = deaths_delay(&d, now);

        assert_int_equal(delay.ns, delay_s[i] * NS_PER_S);
        now = mono_add(mono_add(now, delay), dur_from_ms(100));
    }
    now = mono_add(now, (struct dur_ns){ 3600 * NS_PER_S });
    assert_int_equal(deaths_delay(&d, now).ns, 0);
}

static void a_refused_call_has_words(void **state)
{
    char text[96], cut[8];

    (void)state;
    deaths_name_call(SYS_mount, text, sizeof text);
    assert_non_null(strstr(text, "the system call mount ("));
    deaths_name_call(99999, text, sizeof text);
    assert_string_equal(text, "SIGSYS: the system call unknown (99999) is not in its list");
    deaths_name_call(-1, cut, sizeof cut);
    assert_string_equal(cut, "SIGSYS:");
}

/* -- one instance -------------------------------------------------------------------------------------------------------- */

static void a_second_instance_learns_the_pid_of_the_first(void **state)
{
    char folder[] = "/tmp/roles_test_XXXXXX", lock[64];
    pid_t other = 0, child;
    struct stat st;
    int status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(instance_make_dir(folder, NULL), 0);
    snprintf(lock, sizeof lock, "%s/" INSTANCE_LOCK, folder);
    close(open(lock, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)); /* as earlier versions left it */
    assert_int_equal(instance_lock(folder, &other), 0);
    assert_int_equal(stat(lock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* whoever may read it may lock it as well */
    child = fork();
    if (child == 0)
        _exit(instance_lock(folder, &other) == -UE_BUSY && other == getppid() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(instance_steered_before(folder));
    instance_mark_steering(folder);
    assert_true(instance_steered_before(folder));
    snprintf(lock, sizeof lock, "%s/" INSTANCE_LOCK, folder);
    unlink(lock);
    snprintf(lock, sizeof lock, "%s/" INSTANCE_MARK, folder);
    unlink(lock);
    rmdir(folder);
}

/* CVE-2020-14367: what a link in the run directory leads to is neither opened nor written. */
static void CTL_04_no_process_number_is_written_through_a_link(void **state)
{
    char folder[] = "/tmp/roles_test_XXXXXX", link[64], victim[64];
    pid_t other = 0;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(victim, sizeof victim, "%s/victim", folder);
    close(open(victim, O_WRONLY | O_CREAT, 0600));
    snprintf(link, sizeof link, "%s/" INSTANCE_LOCK, folder);
    assert_int_equal(symlink(victim, link), 0);
    assert_true(instance_lock(folder, &other) < 0);
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 0);
    unlink(link);
    snprintf(link, sizeof link, "%s/" INSTANCE_MARK, folder);
    assert_int_equal(symlink("/tmp/no-such-file-of-roles-test", link), 0);
    instance_mark_steering(folder);
    assert_int_equal(access("/tmp/no-such-file-of-roles-test", F_OK), -1);
    unlink(link);
    unlink(victim);
    rmdir(folder);
}

static void a_folder_that_others_may_write_is_not_trusted(void **state)
{
    char folder[] = "/tmp/roles_test_XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(instance_make_dir(folder, NULL), -UE_PERMISSION);
    rmdir(folder);
    assert_int_equal(instance_make_dir("/nonexistent/run", NULL), -UE_NO_FILE);
}

/* -- names ----------------------------------------------------------------------------------------------------------------- */

static void answers_of_the_resolver_are_checked(void **state)
{
    struct resolve_answer a = { .count = 1, .addr = { { .family = ADDR_IPV4 } } }, got;
    int fd[2];

    (void)state;
    assert_int_equal(resolve_pair(fd), 0);
    assert_int_equal(write(fd[1], &a, sizeof a), sizeof a);
    assert_int_equal(resolve_take(fd[0], &got), 0);
    a.count = RESOLVE_ADDRESSES_MAX + 1;
    assert_int_equal(write(fd[1], &a, sizeof a), sizeof a);
    assert_int_equal(resolve_take(fd[0], &got), -UE_SYNTAX);
    a.count = 1;
    a.addr[0].family = 7;
    assert_int_equal(write(fd[1], &a, sizeof a), sizeof a);
    assert_int_equal(resolve_take(fd[0], &got), -UE_SYNTAX);
    a.count = 0;
    a.err = 5;
    assert_int_equal(write(fd[1], &a, sizeof a), sizeof a);
    assert_int_equal(resolve_take(fd[0], &got), -UE_SYNTAX);
    assert_int_equal(write(fd[1], &a, 3), 3);
    assert_int_equal(resolve_take(fd[0], &got), -UE_TRUNCATED);
    close(fd[0]);
    close(fd[1]);
}

static void a_question_that_nobody_takes_is_declined(void **state)
{
    struct resolve_answer got;
    char name[OPTION_TEXT_MAX + 1];
    int fd[2];

    (void)state;
    assert_int_equal(resolve_pair(fd), 0);
    assert_int_equal(resolve_ask(fd[0], 9, "ntp.example.org"), 0);
    resolve_decline(fd[1], -UE_UNSUPPORTED);
    assert_int_equal(resolve_take(fd[0], &got), 0);
    assert_int_equal(got.configured, 9);
    assert_int_equal(got.err, -UE_UNSUPPORTED);
    resolve_decline(fd[1], -UE_UNSUPPORTED); /* none waits */
    assert_int_equal(resolve_take(fd[0], &got), -UE_TRUNCATED);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(resolve_ask(fd[0], 0, name), -UE_NO_NAME);
    close(fd[0]);
    close(fd[1]);
}

/* Core would be started anew each time that it is ended and ends the way. */
static void PROC_09_the_program_of_the_page_that_ends_the_way_to_core_is_heeded_once_an_hour(void **state)
{
    const struct mono_ns first = { 5 * NS_PER_S }, soon = { 3604 * NS_PER_S }, later = { 3605 * NS_PER_S };
    struct admin_role a = { .core_end = -1 };
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
    a.core_end = fd[0];
    a.own_end = fd[1];
    assert_false(admin_role_renew(&a, first)); /* it only ended */
    shutdown(a.own_end, SHUT_WR);
    assert_true(admin_role_renew(&a, first));
    assert_false(io_unix_is_over(a.core_end) || io_unix_is_over(a.own_end));
    shutdown(a.own_end, SHUT_WR);
    fd[1] = a.own_end;
    assert_false(admin_role_renew(&a, soon));
    assert_int_equal(a.own_end, fd[1]);
    assert_true(admin_role_renew(&a, later));
    close(a.core_end);
    close(a.own_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_outside_the_limits_never_reach_the_clock),
        cmocka_unit_test(limits_follow_from_the_configuration),
        cmocka_unit_test(a_truth_value_that_is_none_is_refused),
        cmocka_unit_test(commands_within_them_do),
        cmocka_unit_test(the_role_obeys_until_core_is_gone),
        cmocka_unit_test(a_step_that_failed_is_not_counted),
        cmocka_unit_test(the_number_of_steps_is_the_parents),
        cmocka_unit_test(the_sum_of_steps_goes_on_from_earlier_runs),
        cmocka_unit_test(the_first_step_ever_is_free_and_so_is_a_known_gap),
        cmocka_unit_test(auto_steers_only_when_all_is_well),
        cmocka_unit_test(an_order_is_obeyed_if_it_can_be),
        cmocka_unit_test(three_quick_deaths_are_answered_at_once_then_it_backs_off),
        cmocka_unit_test(a_refused_call_has_words),
        cmocka_unit_test(a_second_instance_learns_the_pid_of_the_first),
        cmocka_unit_test(CTL_04_no_process_number_is_written_through_a_link),
        cmocka_unit_test(a_folder_that_others_may_write_is_not_trusted),
        cmocka_unit_test(answers_of_the_resolver_are_checked),
        cmocka_unit_test(a_question_that_nobody_takes_is_declined),
        cmocka_unit_test(PROC_09_the_program_of_the_page_that_ends_the_way_to_core_is_heeded_once_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
