/* What is said to the kernel and what is made of its answers, over a kernel that this test plays: nobody's clock is set, no right is lost. */
#include "base/test.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "host/clock.h"
#include "host/privilege.h"

static struct {
    int adjust_errno, adjtimex_errno, settime_errno;    /* 0: does as it is told */
    bool no_raw, no_realtime, no_proc, no_affinity;
    struct timex told;                                  /* the last that was to change something */
    struct timex shows;                                 /* what it answers with */
    struct timespec set;
    int64_t now_ns;                                     /* CLOCK_REALTIME; 0: the true one */
    const char *refuses;                                /* "groups", "gid", "uid", "caps", "all caps", "no new privileges" */
    uint32_t caps;
    uid_t uid;
    gid_t gid;
    unsigned long keeps;
    bool no_new_privileges;
} kernel;

static bool refuses(const char *what) { return kernel.refuses && strcmp(kernel.refuses, what) == 0; }

static int answer(struct timex *t, int number)
{
    if (t->modes)
        kernel.told = *t;
    else
        *t = kernel.shows;
    errno = number;
    return number ? -1 : 0;
}

int __wrap_clock_adjtime(clockid_t id, struct timex *t);
int __wrap_adjtimex(struct timex *t);
int __wrap_clock_settime(clockid_t id, const struct timespec *t);
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);
int __wrap_setgroups(size_t n, const gid_t *groups);
int __wrap_setresgid(gid_t r, gid_t e, gid_t s);
int __wrap_setresuid(uid_t r, uid_t e, uid_t s);
int __wrap_prctl(int option, ...);
long __wrap_syscall(long number, ...);
int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);

int __wrap_clock_adjtime(clockid_t id, struct timex *t)
{
    assert_int_equal(id, CLOCK_REALTIME);
    return answer(t, kernel.adjust_errno);
}

int __wrap_adjtimex(struct timex *t) { return answer(t, kernel.adjtimex_errno); }

int __wrap_clock_settime(clockid_t id, const struct timespec *t)
{
    assert_int_equal(id, CLOCK_REALTIME);
    kernel.set = *t;
    errno = kernel.settime_errno;
    return errno ? -1 : 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    if ((id == CLOCK_MONOTONIC_RAW && kernel.no_raw) || (id == CLOCK_REALTIME && kernel.no_realtime)) {
        errno = EINVAL;
        return -1;
    }
    if (id == CLOCK_REALTIME && kernel.now_ns) {
        *t = (struct timespec){ kernel.now_ns / NS_PER_S, (long)(kernel.now_ns % NS_PER_S) };
        return 0;
    }
    return __real_clock_gettime(id, t);
}

DIR *__wrap_opendir(const char *name) { return kernel.no_proc ? NULL : __real_opendir(name); }

int __wrap_setgroups(size_t n, const gid_t *groups)
{
    (void)groups;
    assert_int_equal(n, 0);
    return refuses("groups") ? -1 : 0;
}

int __wrap_setresgid(gid_t r, gid_t e, gid_t s)
{
    assert_true(r == e && e == s);
    kernel.gid = r;
    return refuses("gid") ? -1 : 0;
}

int __wrap_setresuid(uid_t r, uid_t e, uid_t s)
{
    assert_true(r == e && e == s);
    kernel.uid = r;
    return refuses("uid") ? -1 : 0;
}

int __wrap_prctl(int option, ...)
{
    va_list args;

    va_start(args, option);
    if (option == PR_SET_KEEPCAPS)
        kernel.keeps = (unsigned long)va_arg(args, int);
    va_end(args);
    if (option != PR_SET_NO_NEW_PRIVS)
        return 0;
    kernel.no_new_privileges = !refuses("no new privileges");
    return kernel.no_new_privileges ? 0 : -1;
}

/* capset(2) alone is called so. */
long __wrap_syscall(long number, ...)
{
    const struct __user_cap_data_struct *data;
    va_list args;

    (void)number;
    va_start(args, number);
    va_arg(args, void *);
    data = va_arg(args, const struct __user_cap_data_struct *);
    va_end(args);
    if (refuses("all caps") || (refuses("caps") && data[0].effective))
        return -1;
    kernel.caps = data[0].effective;
    return 0;
}

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    return kernel.no_affinity ? -1 : __real_sched_getaffinity(pid, size, set);
}

static int kernel_anew(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return 0;
}

/* -- reading ---------------------------------------------------------------------------------------------------------- */

static void without_a_raw_clock_the_monotonic_one_is_read(void **state)
{
    struct timespec t;
    struct mono_ns m;

    (void)state;
    kernel.no_raw = true;
    __real_clock_gettime(CLOCK_MONOTONIC, &t);
    m = host_mono();
    assert_true(m.ns >= (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec);
    assert_true(m.ns < (int64_t)(t.tv_sec + 600) * NS_PER_S);
}

static void what_the_kernel_has_armed_is_told(void **state)
{
    (void)state;
    assert_int_equal(host_leap_armed(), LEAP_NONE);
    kernel.shows.status = STA_INS;
    assert_int_equal(host_leap_armed(), LEAP_INSERT);
    kernel.shows.status = STA_DEL;
    assert_int_equal(host_leap_armed(), LEAP_DELETE);
    kernel.adjust_errno = EPERM;
    assert_int_equal(host_leap_armed(), LEAP_NONE);
}

static void a_clock_that_somebody_unseen_keeps(void **state)
{
    char name[32];

    (void)state;
    kernel.no_proc = true;
    assert_true(host_other_discipliner(name, sizeof name));
    assert_string_equal(name, "");
    kernel.shows.maxerror = 2000000;
    assert_false(host_other_discipliner(name, sizeof name));
    kernel.shows = (struct timex){ .status = STA_UNSYNC };
    assert_false(host_other_discipliner(name, sizeof name));
    kernel.shows.status = 0;
    kernel.adjust_errno = EPERM;
    assert_false(host_other_discipliner(name, sizeof name));
}

/* -- steering --------------------------------------------------------------------------------------------------------- */

static void the_probe_writes_what_is_there(void **state)
{
    (void)state;
    kernel.shows.freq = 77 << 16;
    assert_int_equal(host_clock_system.probe(), 0);
    assert_int_equal(kernel.told.modes, ADJ_FREQUENCY);
    assert_int_equal(kernel.told.freq, 77 << 16);
    kernel.adjust_errno = EPERM;
    assert_int_equal(host_clock_system.probe(), -UE_PERMISSION);
}

static void a_rate_is_a_tick_and_a_rest(void **state)
{
    double ppm = 0;

    (void)state;
    assert_int_equal(host_clock_system.frequency(1000.5), 0);
    assert_int_equal(kernel.told.modes, ADJ_FREQUENCY | ADJ_TICK);
    assert_int_equal(kernel.told.tick, 10010);
    assert_int_equal(kernel.told.freq, 1 << 15);
    kernel.shows = kernel.told;
    assert_int_equal(host_clock_system.read_frequency(&ppm), 0);
    assert_true(ppm == 1000.5);
    kernel.adjust_errno = EPERM;
    assert_int_equal(host_clock_system.read_frequency(&ppm), -UE_PERMISSION);
}

static void errors_of_the_kernel_are_ours(void **state)
{
    static const struct { int adjust, adjtimex, err; } rows[] = {
        { EPERM, 0, -UE_PERMISSION }, { EINVAL, 0, -UE_RANGE }, { EFAULT, 0, -UE_UNSUPPORTED }, { ENOSYS, 0, 0 }, { EOPNOTSUPP, 0, 0 },
        { ENOSYS, EPERM, -UE_PERMISSION }, { ENOSYS, EINVAL, -UE_RANGE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kernel.adjust_errno = rows[i].adjust;
        kernel.adjtimex_errno = rows[i].adjtimex;
        assert_int_equal(host_clock_system.frequency(1), rows[i].err);
    }
}

/* The rest is never negative. */
static void a_step_is_seconds_and_a_rest(void **state)
{
    static const struct { int64_t by_ns; long sec, nsec; } rows[] = {
        { 1, 0, 1 }, { NS_PER_S, 1, 0 }, { -1, -1, 999999999 }, { -NS_PER_S, -1, 0 }, { INT64_C(86400) * NS_PER_S + 5, 86400, 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(host_clock_system.step((struct dur_ns){ rows[i].by_ns }), 0);
        assert_int_equal(kernel.told.modes, ADJ_SETOFFSET | ADJ_NANO);
        assert_int_equal(kernel.told.time.tv_sec, rows[i].sec);
        assert_int_equal(kernel.told.time.tv_usec, rows[i].nsec);
    }
    assert_int_equal(kernel.set.tv_sec, 0);
}

/* A kernel that cannot set by an offset is told the time. */
static void where_there_are_no_offsets_the_time_is_set(void **state)
{
    (void)state;
    kernel.adjust_errno = EINVAL;
    kernel.now_ns = INT64_C(1700000000) * NS_PER_S + 5;
    assert_int_equal(host_clock_system.step((struct dur_ns){ -6 }), 0);
    assert_int_equal(kernel.set.tv_sec, 1699999999);
    assert_int_equal(kernel.set.tv_nsec, 999999999);
    kernel.settime_errno = EPERM;
    assert_int_equal(host_clock_system.step((struct dur_ns){ 1 }), -UE_PERMISSION);
    kernel.settime_errno = EINVAL;
    assert_int_equal(host_clock_system.step((struct dur_ns){ 1 }), -UE_RANGE);
    kernel.no_realtime = true;
    assert_int_equal(host_clock_system.step((struct dur_ns){ 1 }), -UE_UNSUPPORTED);
    kernel.adjust_errno = EPERM; /* who may not, may not either way */
    kernel.set.tv_sec = 0;
    assert_int_equal(host_clock_system.step((struct dur_ns){ 1 }), -UE_PERMISSION);
    assert_int_equal(kernel.set.tv_sec, 0);
}

static void the_kernels_status_follows(void **state)
{
    static const struct { struct host_clock_status s; int status; bool tai; long error_us; } rows[] = {
        { { .synchronised = false, .leap = LEAP_INSERT, .tai_minus_utc_s = 37 }, STA_UNSYNC, false, 1 },
        { { .synchronised = true, .leap = LEAP_NONE, .tai_minus_utc_s = 37, .max_error = { 1000 } }, 0, true, 2 },
        { { .synchronised = true, .leap = LEAP_INSERT, .max_error = { -5 } }, STA_INS, false, 0 },
        { { .synchronised = true, .leap = LEAP_DELETE, .tai_minus_utc_s = 1000, .max_error = { INT64_MAX } }, STA_DEL, false, 16000000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(host_clock_system.status(&rows[i].s), 0);
        assert_int_equal(kernel.told.status, rows[i].status);
        assert_int_equal(kernel.told.maxerror, rows[i].error_us);
        assert_int_equal(kernel.told.modes, ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR | (rows[i].tai ? ADJ_TAI : 0));
        assert_true(!rows[i].tai || kernel.told.constant == 37);
    }
}

/* -- rights ----------------------------------------------------------------------------------------------------------- */

static void a_role_becomes_its_user_and_keeps_one_right(void **state)
{
    const struct host_user user = { 77, 78 };

    (void)state;
    assert_int_equal(host_confine(HOST_RIGHT_SET_CLOCK, &user), 0);
    assert_true(kernel.uid == 77 && kernel.gid == 78 && kernel.keeps == 1 && kernel.no_new_privileges);
    assert_int_equal(kernel.caps, 1u << CAP_SYS_TIME);
    assert_int_equal(host_confine(HOST_RIGHT_NONE, &user), 0);
    assert_true(kernel.keeps == 0 && kernel.caps == 0);
}

static void what_cannot_be_given_away_is_told(void **state)
{
    static const struct { const char *what; enum host_right right; int err; } rows[] = {
        { "groups", HOST_RIGHT_NONE, -UE_PERMISSION }, { "gid", HOST_RIGHT_NONE, -UE_PERMISSION }, { "uid", HOST_RIGHT_NONE, -UE_PERMISSION },
        { "caps", HOST_RIGHT_SET_CLOCK, 0 }, /* it was never there: nothing is kept */
        { "all caps", HOST_RIGHT_SET_CLOCK, -UE_PERMISSION }, { "all caps", HOST_RIGHT_NONE, -UE_PERMISSION },
        { "no new privileges", HOST_RIGHT_NONE, -UE_UNSUPPORTED },
    };
    const struct host_user user = { 77, 78 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kernel_anew(NULL);
        kernel.refuses = rows[i].what;
        if (host_confine(rows[i].right, &user) != rows[i].err)
            fail_msg("%s", rows[i].what);
        assert_int_equal(kernel.caps, 0);
    }
}

static volatile sig_atomic_t ended;

static void count_end(int number)
{
    (void)number;
    ended++;
}

static void who_has_lost_its_parent_ends(void **state)
{
    (void)state;
    signal(SIGTERM, count_end);
    host_end_with_parent(getppid());
    assert_int_equal(ended, 0);
    host_end_with_parent(getppid() + 1);
    assert_int_equal(ended, 1);
    signal(SIGTERM, SIG_DFL);
}

static void where_cpus_cannot_be_chosen_any_will_do(void **state)
{
    cpu_set_t before, after;

    (void)state;
    __real_sched_getaffinity(0, sizeof before, &before);
    kernel.no_affinity = true;
    host_run_on(0, 2);
    __real_sched_getaffinity(0, sizeof after, &after);
    assert_true(CPU_EQUAL(&before, &after));
}

/* More than this process has or may have, and less; what it has already stays. */
static void descriptors_are_allowed_up_to_the_hard_limit(void **state)
{
    struct rlimit before, l;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 128 }), 0);
    assert_int_equal(host_allow_descriptors(32), 32);
    assert_int_equal(host_allow_descriptors(100), 100);
    assert_int_equal(host_allow_descriptors(200), 128);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
    assert_int_equal(l.rlim_cur, 128);
    setrlimit(RLIMIT_NOFILE, &before); /* root may */
}

#define ROW(test) cmocka_unit_test_setup(test, kernel_anew)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(without_a_raw_clock_the_monotonic_one_is_read), ROW(what_the_kernel_has_armed_is_told), ROW(a_clock_that_somebody_unseen_keeps),
        ROW(the_probe_writes_what_is_there), ROW(a_rate_is_a_tick_and_a_rest), ROW(errors_of_the_kernel_are_ours), ROW(a_step_is_seconds_and_a_rest),
        ROW(where_there_are_no_offsets_the_time_is_set), ROW(the_kernels_status_follows), ROW(a_role_becomes_its_user_and_keeps_one_right),
        ROW(what_cannot_be_given_away_is_told), ROW(who_has_lost_its_parent_ends), ROW(where_cpus_cannot_be_chosen_any_will_do),
        ROW(descriptors_are_allowed_up_to_the_hard_limit),
    };

    return cmocka_run_group_tests_name("host linux", tests, NULL, NULL);
}
