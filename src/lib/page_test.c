/* libutc over a page that a test writes: what utc_now tells, and every file that is no page. */
#include "utc/utc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/page.h"
#include "base/test.h"
#include "io/stamp.h"
#include "lib/run_dir.h"

static char dir[64], path[96];

static struct page *make_page(void)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    struct page *p;

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof *p), 0);
    p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(p != MAP_FAILED);
    close(fd);
    page_init(p);
    return p;
}

static struct page_data some_data(int64_t tai_s)
{
    struct mono_ns now = io_raw_now();

    return (struct page_data){
        .raw_ref = now, .slew_end = now, .heartbeat = now, .tai_ref = { tai_s * NS_PER_S }, .early = { 1000 }, .late = { 2000 }, .tai_minus_utc_s = 37,
        .status = CLOCK_SYNCHRONISED, .stratum = 3, .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER,
        .leap_at = { INT64_MAX },
    };
}

static void the_page_tells_time_and_bound(void **state)
{
    struct page *p = make_page();
    struct page_data d = some_data(1700000037);
    struct utc_time t;
    struct utc *u;

    (void)state;
    assert_int_equal(utc_open(&u, path), 0);
    assert_int_equal(utc_now(u, &t), -UE_BUSY);
    page_publish(p, &d);
    assert_int_equal(utc_now(u, &t), 0);
    assert_true(t.best_ns >= INT64_C(1700000000) * NS_PER_S && t.best_ns < INT64_C(1700000060) * NS_PER_S);
    assert_int_equal(t.best_ns - t.earliest_ns, 1000);
    assert_int_equal(t.latest_ns - t.best_ns, 2000);
    assert_int_equal(t.tai_ns - t.best_ns, 37 * NS_PER_S);
    assert_int_equal(t.status, UTC_SYNCHRONISED);
    assert_int_equal(t.stratum, 3);
    assert_int_equal(t.usable, 1);
    assert_true(t.writer_age_ns >= 0 && t.writer_age_ns < 60 * NS_PER_S);
    d.free_running_at = d.raw_ref;
    page_publish(p, &d);
    assert_int_equal(utc_now(u, &t), 0);
    assert_int_equal(t.status, UTC_FREE_RUNNING);
    assert_int_equal(t.usable, 0);
    assert_int_equal(t.leap, UTC_LEAP_UNKNOWN);
    utc_close(u);
    munmap(p, sizeof *p);
}

static void a_superseded_page_is_mapped_anew(void **state)
{
    struct page *old = make_page(), *fresh;
    struct page_data d = some_data(1700000037);
    struct utc_time t;
    struct utc *u;

    (void)state;
    page_publish(old, &d);
    assert_int_equal(utc_open(&u, path), 0);
    assert_int_equal(unlink(path), 0);
    fresh = make_page();
    d.stratum = 9;
    page_publish(fresh, &d);
    assert_int_equal(utc_now(u, &t), 0);
    assert_int_equal(t.stratum, 3);
    old->superseded = 1;
    assert_int_equal(utc_now(u, &t), 0);
    assert_int_equal(t.stratum, 9);
    utc_close(u);
    munmap(old, sizeof *old);
    munmap(fresh, sizeof *fresh);
}

static void what_is_no_page_is_refused(void **state)
{
    char link[112];
    struct page *p = make_page();
    struct utc *u;

    (void)state;
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_true(utc_open(&u, link) < 0);
    unlink(link);
    p->version++;
    assert_int_equal(utc_open(&u, path), -UE_VERSION);
    p->version--;
    p->magic = 0;
    assert_int_equal(utc_open(&u, path), -UE_VERSION);
    munmap(p, sizeof *p);
    assert_int_equal(truncate(path, 8), 0);
    assert_int_equal(utc_open(&u, path), -UE_VERSION);
    unlink(path);
    assert_int_equal(utc_open(&u, path), -UE_NO_FILE);
    assert_int_equal(utc_open(&u, dir), -UE_VERSION);
}

static void a_directory_that_others_may_write_is_not_trusted(void **state)
{
    char link[112];

    (void)state;
    assert_true(run_dir_trusted(dir));
    assert_int_equal(chmod(dir, 0777), 0);
    assert_false(run_dir_trusted(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    snprintf(link, sizeof link, "%s.link", dir);
    assert_int_equal(symlink(dir, link), 0);
    assert_false(run_dir_trusted(link));
    unlink(link);
    assert_false(run_dir_trusted("/nonexistent"));
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/utc_page_test.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/page", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_tells_time_and_bound),
        cmocka_unit_test(a_superseded_page_is_mapped_anew),
        cmocka_unit_test(what_is_no_page_is_refused),
        cmocka_unit_test(a_directory_that_others_may_write_is_not_trusted),
    };

    return cmocka_run_group_tests_name("page", tests, make_dir, remove_dir);
}
