/* libutc over a page that a test writes: what utc_now tells, and every file that is no page. */
#include "utc/utc.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/page.h"
#include "lib/page.h"
#include "lib/play.h"
#include "lib/run_dir.h"

static void the_page_tells_time_and_bound(void **state)
{
    struct page *p = play_page();
    struct page_data d = play_data(1700000037);
    struct utc_time t;
    struct utc *u;

    (void)state;
    assert_int_equal(utc_open(&u, play_path), 0);
    assert_int_equal(utc_now(u, &t), -UE_BUSY);
    page_publish(p, &d);
    assert_int_equal(utc_now(u, &t), 0);
    assert_true(t.best_ns >= INT64_C(1700000000) * NS_PER_S && t.best_ns < INT64_C(1700000060) * NS_PER_S);
    assert_in_range(t.best_ns - t.earliest_ns, 1000, 1010);
    assert_in_range(t.latest_ns - t.best_ns, 2000, 2010);
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

/* The stratum that is told now; looked: a moment after the library has looked for another page. */
static int stratum_of(struct utc *u, bool looked)
{
    struct utc_time t;

    if (!looked)
        u->looked_at = INT64_MIN;
    assert_int_equal(utc_now(u, &t), 0);
    return t.stratum;
}

/* The page at play_path loses its name to another one that tells of stratum 9. */
static struct page *take_its_place(void)
{
    struct page_data d = play_data(1700000037);
    struct page *fresh;

    assert_int_equal(unlink(play_path), 0);
    fresh = play_page();
    d.stratum = 9;
    page_publish(fresh, &d);
    return fresh;
}

static void close_all(struct utc *u, struct page *old, struct page *fresh)
{
    utc_close(u);
    munmap(old, sizeof *old);
    munmap(fresh, sizeof *fresh);
}

static void a_superseded_page_is_mapped_anew(void **state)
{
    struct page *old = play_page(), *fresh;
    struct page_data d = play_data(1700000037);
    struct utc *u;

    (void)state;
    page_publish(old, &d);
    assert_int_equal(utc_open(&u, play_path), 0);
    fresh = take_its_place();
    assert_int_equal(stratum_of(u, true), 3);
    old->superseded = 1;
    assert_int_equal(stratum_of(u, true), 9);
    close_all(u, old, fresh);
}

static void what_is_no_page_is_refused(void **state)
{
    char link[112];
    struct page *p = play_page();
    struct utc *u;

    (void)state;
    snprintf(link, sizeof link, "%s.link", play_path);
    assert_int_equal(symlink(play_path, link), 0);
    assert_true(utc_open(&u, link) < 0);
    unlink(link);
    p->version++;
    assert_int_equal(utc_open(&u, play_path), -UE_VERSION);
    p->version--;
    p->magic = 0;
    assert_int_equal(utc_open(&u, play_path), -UE_VERSION);
    munmap(p, sizeof *p);
    assert_int_equal(truncate(play_path, 8), 0);
    assert_int_equal(utc_open(&u, play_path), -UE_VERSION);
    unlink(play_path);
    assert_int_equal(utc_open(&u, play_path), -UE_NO_FILE);
    assert_int_equal(utc_open(&u, folder), -UE_VERSION);
}

static void a_directory_that_others_may_write_is_not_trusted(void **state)
{
    char link[112];

    (void)state;
    assert_true(run_dir_trusted(folder));
    assert_int_equal(chmod(folder, 0777), 0);
    assert_false(run_dir_trusted(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    snprintf(link, sizeof link, "%s.link", folder);
    assert_int_equal(symlink(folder, link), 0);
    assert_false(run_dir_trusted(link));
    unlink(link);
    assert_false(run_dir_trusted("/nonexistent"));
}

static void what_is_from_before_the_machine_was_started_is_refused(void **state)
{
    struct page *p = play_page();
    struct page_data d = play_data(1700000037);
    struct utc *u;

    (void)state;
    page_publish(p, &d);
    p->boot++;
    assert_int_equal(utc_open(&u, play_path), io_boot() ? -UE_STALE : 0);
    p->boot = 0; /* not known to the daemon */
    assert_int_equal(utc_open(&u, play_path), 0);
    utc_close(u);
    munmap(p, sizeof *p);
}

/* Killed without a word, its folder taken away: nobody marks the old page. */
static void a_page_whose_writer_is_long_dead_is_left_for_a_living_one(void **state)
{
    struct page *old = play_page(), *fresh;
    struct page_data d = play_data(1700000037);
    struct utc *u;

    (void)state;
    d.heartbeat.ns -= 300 * NS_PER_S;
    page_publish(old, &d);
    assert_int_equal(utc_open(&u, play_path), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stratum_of(u, false), 3);
        assert_null(u->now->before); /* the same file is not mapped twice */
    }
    fresh = take_its_place();
    assert_int_equal(stratum_of(u, false), 9);
    close_all(u, old, fresh);
}

/* The next one may be of a layout that this library does not know, or say nothing yet: the old one's bound goes on growing. */
static void what_is_no_better_does_not_take_a_pages_place(void **state)
{
    struct page *old = play_page(), *fresh;
    struct page_data d = play_data(1700000037);
    struct utc *u;

    (void)state;
    page_publish(old, &d);
    assert_int_equal(utc_open(&u, play_path), 0);
    assert_int_equal(unlink(play_path), 0);
    fresh = play_page();
    old->superseded = 1;
    assert_int_equal(stratum_of(u, true), 3);
    fresh->version++;
    d.stratum = 9;
    page_publish(fresh, &d);
    assert_int_equal(stratum_of(u, false), 3);
    fresh->version--;
    assert_int_equal(stratum_of(u, true), 3);
    assert_int_equal(stratum_of(u, false), 9);
    close_all(u, old, fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_tells_time_and_bound),
        cmocka_unit_test(a_superseded_page_is_mapped_anew),
        cmocka_unit_test(a_page_whose_writer_is_long_dead_is_left_for_a_living_one),
        cmocka_unit_test(what_is_no_better_does_not_take_a_pages_place),
        cmocka_unit_test(what_is_no_page_is_refused),
        cmocka_unit_test(what_is_from_before_the_machine_was_started_is_refused),
        cmocka_unit_test(a_directory_that_others_may_write_is_not_trusted),
    };

    return cmocka_run_group_tests_name("page", tests, play_begin, folder_remove);
}
