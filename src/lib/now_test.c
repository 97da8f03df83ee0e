/* What applications do with the time: compare, wait, stamp; from many threads, across a fork, while a daemon writes as fast as it can. */
#include "utc/utc.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "lib/play.h"

#define TAI_S INT64_C(1700000037)
#define THREADS 4
#define STAMPS 20000

static struct page *page;
static struct utc *utc;

static struct utc_time now_of(int (*ask)(struct utc *, struct utc_time *))
{
    struct utc_time t;

    assert_int_equal(ask(utc, &t), 0);
    return t;
}

static void after_and_before_are_certain_or_unknown(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_time t;

    (void)state;
    assert_int_equal(utc_after(utc, 0), -UE_BUSY);
    assert_int_equal(utc_before(utc, 0), -UE_BUSY);
    d.early.ns = d.late.ns = 3600 * NS_PER_S;
    page_publish(page, &d);
    t = now_of(utc_now);
    assert_int_equal(utc_after(utc, t.earliest_ns - 1), UTC_YES);
    assert_int_equal(utc_after(utc, t.best_ns), UTC_UNKNOWN);
    assert_int_equal(utc_after(utc, t.latest_ns + 600 * NS_PER_S), UTC_NO);
    assert_int_equal(utc_before(utc, t.earliest_ns - 1), UTC_NO);
    assert_int_equal(utc_before(utc, t.best_ns), UTC_UNKNOWN);
    assert_int_equal(utc_before(utc, t.latest_ns + 600 * NS_PER_S), UTC_YES);
    d.status = CLOCK_DISRUPTED;
    page_publish(page, &d);
    assert_int_equal(utc_after(utc, t.earliest_ns - 1), UTC_UNKNOWN);
    assert_int_equal(utc_before(utc, t.latest_ns + 600 * NS_PER_S), UTC_UNKNOWN);
}

static void commit_wait_ends_when_it_is_certain_and_not_before(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_time before, after;

    (void)state;
    d.early.ns = 3 * NS_PER_MS;
    d.late.ns = 5 * NS_PER_MS;
    page_publish(page, &d);
    before = now_of(utc_now);
    assert_int_equal(utc_wait_until_after(utc, before.latest_ns, INT64_MAX), 0);
    after = now_of(utc_now);
    assert_true(after.earliest_ns > before.latest_ns);
    assert_true(after.best_ns - before.best_ns > 8 * NS_PER_MS);
    assert_int_equal(utc_wait_until_after(utc, before.latest_ns, 0), 0); /* past is past */
}

static void commit_wait_gives_up_in_time(void **state)
{
    struct page_data d = play_data(TAI_S);

    (void)state;
    assert_int_equal(utc_wait_until_after(utc, 0, 0), -UE_BUSY);
    page_publish(page, &d);
    assert_int_equal(utc_wait_until_after(utc, now_of(utc_now).latest_ns + 3600 * NS_PER_S, NS_PER_MS), -UE_TIMEOUT);
    d.status = CLOCK_FREE_RUNNING;
    page_publish(page, &d);
    assert_int_equal(utc_wait_until_after(utc, 0, NS_PER_MS), -UE_TIMEOUT);
}

/* CLK-02: published before the machine slept for as long as it has slept so far and a second. */
static void CLK_02_the_checked_form_looks_for_sleep(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_time t;

    (void)state;
    d.asleep.ns -= NS_PER_S;
    page_publish(page, &d);
    assert_int_equal(now_of(utc_now).status, UTC_SYNCHRONISED);
    t = now_of(utc_now_checked);
    assert_int_equal(t.status, UTC_DISRUPTED);
    assert_int_equal(t.usable, 0);
    assert_int_equal(t.stratum, 0);
    assert_int_equal(t.leap, UTC_LEAP_UNKNOWN);
    assert_int_equal(utc_wait_until_after(utc, 0, NS_PER_MS), -UE_TIMEOUT);
    d.heartbeat.ns -= 300 * NS_PER_S; /* nobody is there to notice */
    page_publish(page, &d);
    assert_int_equal(now_of(utc_now).status, UTC_DISRUPTED);
    d.asleep = io_asleep();
    page_publish(page, &d);
    assert_int_equal(now_of(utc_now_checked).status, UTC_SYNCHRONISED);
}

/* CLK-02: the device says that the machine is another one than the page was written on. */
static void CLK_02_the_checked_form_looks_at_the_vmclock(void **state)
{
    const struct { uint32_t magic, size; uint16_t version; uint8_t id, type; uint32_t sequence; uint64_t marker; } device = { 0x4b4c4356, 104, 1, 1, 0, 2, 7 };
    struct page_data d = play_data(TAI_S);
    char path[40] = "/tmp/utc_vmclock.XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0 && write(fd, &device, sizeof device) == sizeof device);
    strcpy(page->vmclock, path);
    utc_close(utc);
    assert_int_equal(utc_open(&utc, play_path), 0);
    d.disruption = 7;
    page_publish(page, &d);
    assert_int_equal(now_of(utc_now_checked).status, UTC_SYNCHRONISED);
    assert_int_equal(pwrite(fd, "\x08", 1, 16), 1);
    assert_int_equal(now_of(utc_now_checked).status, UTC_DISRUPTED);
    assert_int_equal(now_of(utc_now).status, UTC_SYNCHRONISED);
    d.disruption = 8;
    page_publish(page, &d);
    assert_int_equal(now_of(utc_now_checked).status, UTC_SYNCHRONISED);
    close(fd);
    unlink(path);
}

static void a_long_silent_page_is_told_by_its_lines(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_time t;

    (void)state;
    d.raw_ref.ns -= 5000 * NS_PER_S;
    d.slew_end.ns -= 4900 * NS_PER_S; /* beyond every piece that was cut */
    d.silent_at.ns = d.slew_end.ns + NS_PER_S;
    d.holdover_at.ns = d.silent_at.ns + NS_PER_S;
    d.free_running_at.ns = d.holdover_at.ns + NS_PER_S;
    d.growth_silent = 1e-5;
    page_publish(page, &d);
    t = now_of(utc_now);
    assert_int_equal(t.status, UTC_FREE_RUNNING);
    assert_int_equal(t.usable, 0);
    assert_true(t.best_ns - t.earliest_ns > 40 * NS_PER_MS);
    assert_in_range(t.latest_ns - t.earliest_ns - 2 * (t.best_ns - t.earliest_ns), 1000, 1001);
}

static void leap_seconds_are_told(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_leap_info l;

    (void)state;
    assert_int_equal(utc_leap_seconds(utc, &l), -UE_BUSY);
    page_publish(page, &d);
    assert_int_equal(utc_leap_seconds(utc, &l), 0);
    assert_int_equal(l.tai_minus_utc_s, 37);
    assert_int_equal(l.next_delta_s, 0);
    assert_true(l.next_ns == INT64_MAX && l.next_tai_ns == INT64_MAX && l.usable);
    d.leap_delta_s = 1;
    d.leap_at.ns = (TAI_S + 1000) * NS_PER_S;
    page_publish(page, &d);
    assert_int_equal(utc_leap_seconds(utc, &l), 0);
    assert_int_equal(l.next_delta_s, 1);
    assert_int_equal(l.next_ns, (TAI_S - 37 + 1000) * NS_PER_S);
    assert_int_equal(l.next_tai_ns, d.leap_at.ns);
    d.leap_delta_s = -1;
    page_publish(page, &d);
    assert_int_equal(utc_leap_seconds(utc, &l), 0);
    assert_int_equal(l.next_ns, (TAI_S - 36 + 1000) * NS_PER_S); /* 23:59:59 is left out */
    d.leap_at.ns = (TAI_S - 1000) * NS_PER_S;
    d.status = CLOCK_UNSYNCHRONISED;
    page_publish(page, &d);
    assert_int_equal(utc_leap_seconds(utc, &l), 0);
    assert_int_equal(l.tai_minus_utc_s, 36);
    assert_int_equal(l.next_delta_s, 0);
    assert_false(l.usable);
}

static void *stamp_often(void *out)
{
    int64_t *at = out;
    struct utc_time t;

    for (int i = 0; i < STAMPS; i++) {
        if (utc_stamp(utc, &t) != 0)
            return NULL;
        at[i] = t.best_ns;
    }
    return out;
}

static int by_value(const void *a, const void *b) { return *(const int64_t *)a < *(const int64_t *)b ? -1 : *(const int64_t *)a > *(const int64_t *)b; }

static void stamps_never_repeat_or_go_back(void **state)
{
    static int64_t stamp[THREADS][STAMPS];
    struct page_data d = play_data(TAI_S);
    int64_t *all = &stamp[0][0], last;
    pthread_t thread[THREADS];
    struct utc_time t;

    (void)state;
    page_publish(page, &d);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, stamp_often, stamp[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done;

        assert_int_equal(pthread_join(thread[i], &done), 0);
        assert_non_null(done);
        for (int k = 1; k < STAMPS; k++)
            assert_true(stamp[i][k] > stamp[i][k - 1]);
    }
    qsort(all, THREADS * STAMPS, sizeof *all, by_value);
    for (int k = 1; k < THREADS * STAMPS; k++)
        assert_true(all[k] > all[k - 1]);
    last = all[THREADS * STAMPS - 1];
    d.tai_ref.ns -= 10 * NS_PER_S; /* a step back, or another daemon */
    page_publish(page, &d);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(utc_stamp(utc, &t), 0);
        assert_true(t.best_ns == last + i);
    }
}

/* Every page of the storm says of itself which it is: a reader that is handed halves of two sees it. */
static void publish_numbered(struct page_data *d, int32_t n)
{
    d->early.ns = d->late.ns = 1000 * (int64_t)n;
    d->tai_minus_utc_s = n;
    d->stratum = (uint8_t)(1 + n % 15);
    page_publish(page, d);
}

static int64_t number_of(struct utc_time t) { return (t.tai_ns - t.best_ns) / NS_PER_S; }

static bool is_whole(const struct utc_time *t)
{
    int64_t n = number_of(*t);

    return t->stratum == 1 + n % 15 && t->latest_ns - t->best_ns - 1000 * n < 100 && t->latest_ns - t->best_ns >= 1000 * n &&
           t->best_ns - t->earliest_ns == t->latest_ns - t->best_ns;
}

static void *read_storm(void *stop)
{
    struct utc_time t;
    bool good = true;

    while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
        int err = utc_now(utc, &t);

        good = good && (err == -UE_BUSY || (err == 0 && is_whole(&t)));
    }
    return good ? stop : NULL;
}

static _Noreturn void write_storm(void)
{
    struct page_data d = play_data(TAI_S);

    for (int32_t n = 1;; n = n % 1000 + 1)
        publish_numbered(&d, n);
}

static void readers_see_whole_pages_while_one_is_written(void **state)
{
    struct page_data d = play_data(TAI_S);
    bool stop = false;
    pthread_t thread[THREADS];
    pid_t writer;

    (void)state;
    publish_numbered(&d, 1);
    writer = fork();
    if (writer == 0)
        write_storm();
    assert_true(writer > 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_storm, &stop), 0);
    usleep(200000);
    kill(writer, SIGKILL); /* in the middle of anything */
    waitpid(writer, NULL, 0);
    usleep(10000);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        void *good;

        assert_int_equal(pthread_join(thread[i], &good), 0);
        assert_non_null(good);
    }
    for (int i = 0; i < 100; i++) {
        struct utc_time t = now_of(utc_now);

        assert_true(is_whole(&t));
    }
}

/* A new daemon replaces the page again and again under readers that never heard of it. */
static void threads_follow_a_page_that_is_replaced(void **state)
{
    struct page_data d = play_data(TAI_S);
    bool stop = false;
    pthread_t thread[THREADS];

    (void)state;
    publish_numbered(&d, 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_storm, &stop), 0);
    for (int32_t n = 2; n < 5; n++) {
        struct page *old = page;

        assert_int_equal(unlink(play_path), 0);
        page = play_page();
        publish_numbered(&d, n);
        __atomic_store_n(&old->superseded, 1, __ATOMIC_RELEASE);
        for (int i = 0; i < 500 && number_of(now_of(utc_now)) != n; i++)
            usleep(10000);
        assert_int_equal(number_of(now_of(utc_now)), n);
        munmap(old, sizeof *old);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        void *good;

        assert_int_equal(pthread_join(thread[i], &good), 0);
        assert_non_null(good);
    }
}

static void both_sides_of_a_fork_read_and_close(void **state)
{
    struct page_data d = play_data(TAI_S);
    struct utc_time t;
    int status;
    pid_t child;

    (void)state;
    page_publish(page, &d);
    child = fork();
    if (child == 0) {
        bool good = utc_now(utc, &t) == 0 && t.usable;

        utc_close(utc);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(now_of(utc_now).usable, 1);
}

/* The only mapping of the page that a reader has: shared, and not to be written. */
static unsigned mappings_of_page(bool writable)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[8];
    unsigned n = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        if (strstr(line, play_path) && sscanf(line, "%*s %7s", rights) == 1)
            n += (rights[1] == 'w') == writable;
    fclose(maps);
    return n;
}

static void the_page_cannot_be_written_by_a_reader(void **state)
{
    (void)state;
    assert_int_equal(mappings_of_page(true), 1); /* the played daemon's own */
    assert_int_equal(mappings_of_page(false), 1);
    munmap(page, sizeof *page);
    assert_int_equal(mappings_of_page(true), 0);
    assert_int_equal(mappings_of_page(false), 1);
    utc_close(utc);
    utc = NULL;
    assert_int_equal(mappings_of_page(false), 0);
    page = play_page();
}

static int before_each(void **state)
{
    (void)state;
    unlink(play_path);
    page = play_page();
    return utc_open(&utc, play_path);
}

static int after_each(void **state)
{
    (void)state;
    utc_close(utc);
    utc = NULL;
    return munmap(page, sizeof *page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before_each, after_each)

static void whatever_is_asked_there_are_words(void **state)
{
    static const int numbers[] = { INT_MIN, INT_MIN + 1, -1000, -1, 0, 1, 1000, INT_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_true(*utc_error_text(numbers[i]));
        assert_true(*utc_status_text(numbers[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_asked_there_are_words),
        TEST(after_and_before_are_certain_or_unknown),
        TEST(commit_wait_ends_when_it_is_certain_and_not_before),
        TEST(commit_wait_gives_up_in_time),
        TEST(CLK_02_the_checked_form_looks_for_sleep),
        TEST(CLK_02_the_checked_form_looks_at_the_vmclock),
        TEST(a_long_silent_page_is_told_by_its_lines),
        TEST(leap_seconds_are_told),
        TEST(stamps_never_repeat_or_go_back),
        TEST(readers_see_whole_pages_while_one_is_written),
        TEST(threads_follow_a_page_that_is_replaced),
        TEST(both_sides_of_a_fork_read_and_close),
        TEST(the_page_cannot_be_written_by_a_reader),
    };

    return cmocka_run_group_tests_name("now", tests, play_begin, folder_remove);
}
