/* Where a daemon of this user keeps its files, whose folders are believed, and what libutc finds there. */
#include "base/test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "lib/play.h"
#include "lib/run_dir.h"
#include "utc/utc.h"

static uid_t user;
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void) { return user; }

static unsigned allocations = UINT_MAX; /* that are left */
static bool no_map;
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

void *__wrap_calloc(size_t n, size_t size)
{
    if (allocations == 0)
        return NULL;
    allocations--;
    return __real_calloc(n, size);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    errno = ENOMEM;
    return no_map ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

static void every_user_has_a_place(void **state)
{
    char out[RUN_PATH_MAX];

    (void)state;
    user = 0;
    setenv("XDG_RUNTIME_DIR", "/run/user/77", 1);
    assert_int_equal(run_dir_own(out, sizeof out), 0);
    assert_string_equal(out, "/run/simple-utcd");
    user = 77;
    assert_int_equal(run_dir_own(out, sizeof out), 0);
    assert_string_equal(out, "/run/user/77/simple-utcd");
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    assert_int_equal(run_dir_own(out, sizeof out), 0);
    assert_string_equal(out, "/tmp/simple-utcd-77");
    unsetenv("XDG_RUNTIME_DIR");
    assert_int_equal(run_dir_own(out, sizeof out), 0);
    assert_string_equal(out, "/tmp/simple-utcd-77");
    assert_int_equal(run_dir_own(out, sizeof "/tmp/simple-utcd-77" - 1), -UE_RANGE);
    assert_int_equal(run_dir_own(out, sizeof "/tmp/simple-utcd-77"), 0);
}

static void a_daemon_is_looked_for_in_two_places(void **state)
{
    char path[RUN_PATH_MAX], longer[RUN_PATH_MAX + 8];

    (void)state;
    user = 0;
    assert_int_equal(run_dir_find(0, "page", path, sizeof path), 0);
    assert_string_equal(path, "/run/simple-utcd/page");
    assert_int_equal(run_dir_find(1, "page", path, sizeof path), -UE_NO_FILE); /* root's own is the system's */
    user = 77;
    setenv("XDG_RUNTIME_DIR", "/no/such/folder", 1);
    assert_int_equal(run_dir_find(0, "page", path, sizeof path), 0);
    assert_string_equal(path, "/no/such/folder/simple-utcd/page");
    assert_int_equal(run_dir_find(1, "page", path, sizeof path), 0);
    assert_string_equal(path, "/run/simple-utcd/page");
    assert_int_equal(run_dir_find(2, "page", path, sizeof path), -UE_NO_FILE);
    assert_int_equal(run_dir_find(1, "page", path, 10), -UE_RANGE);
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    setenv("XDG_RUNTIME_DIR", longer, 1);
    assert_int_equal(run_dir_find(0, "page", path, sizeof path), -UE_RANGE);
    assert_int_equal(run_dir_find(1, "page", path, sizeof path), 0); /* the system's is where it is, all the same */
    assert_string_equal(path, "/run/simple-utcd/page");
}

/* CTL-04 */
static void CTL_04_folders_of_others_are_not_believed(void **state)
{
    char session[] = "/tmp/run_dir_test_XXXXXX", own[64], file[80], path[RUN_PATH_MAX];

    (void)state;
    user = getuid();
    if (user == 0)
        user = 77; /* root has no place but the system's */
    assert_non_null(mkdtemp(session));
    setenv("XDG_RUNTIME_DIR", session, 1);
    snprintf(own, sizeof own, "%s/simple-utcd", session);
    assert_false(run_dir_trusted(own));
    assert_int_equal(mkdir(own, 0700), 0);
    assert_true(run_dir_trusted(own));
    assert_int_equal(run_dir_find(0, "page", path, sizeof path), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chmod(own, i ? 0702 : 0720), 0);
        assert_false(run_dir_trusted(own));
        assert_int_equal(run_dir_find(0, "page", path, sizeof path), -UE_PERMISSION);
    }
    assert_int_equal(chmod(own, 0700), 0);
    if (getuid() == 0) {
        assert_int_equal(chown(own, 12345, 12345), 0); /* neither root's nor user 77's */
        assert_false(run_dir_trusted(own));
    }
    snprintf(file, sizeof file, "%s/link", session);
    assert_int_equal(symlink(own, file), 0);
    assert_false(run_dir_trusted(file));
    unlink(file);
    rmdir(own);
    rmdir(session);
}

/* What utc_open goes by when no path is given: a page of ours before the system's, and the reason of the one that is there. */
static void a_page_is_looked_for_where_daemons_are(void **state)
{
    int elsewhere, here;
    struct page_data d;
    struct utc_time t;
    struct page *p;
    struct utc *u;
    char own[80];

    user = 77;
    assert_int_equal(play_begin(state), 0);
    setenv("XDG_RUNTIME_DIR", play_dir, 1);
    snprintf(own, sizeof own, "%s/simple-utcd", play_dir);
    elsewhere = utc_open(&u, NULL); /* this machine may have a daemon */
    if (elsewhere == 0)
        utc_close(u);
    assert_int_equal(mkdir(own, 0700), 0);
    snprintf(play_path, sizeof play_path, "%s/page", own);
    p = play_page();
    d = play_data(1700000037);
    page_publish(p, &d);
    assert_int_equal(utc_open(&u, NULL), 0);
    assert_int_equal(utc_now(u, &t), 0);
    utc_close(u);
    utc_close(NULL);
    assert_int_equal(truncate(play_path, 10), 0);
    here = utc_open(&u, NULL);
    if (here == 0)
        utc_close(u);
    assert_true(here == (elsewhere == -UE_NO_FILE ? -UE_VERSION : elsewhere));
    assert_int_equal(utc_open(&u, play_path), -UE_VERSION);
    munmap(p, sizeof *p);
    unlink(play_path);
    rmdir(own);
    rmdir(play_dir);
}

/* No memory for the handle, none for the map, none for its page. */
static void a_page_without_memory(void **state)
{
    struct page *p;
    struct utc *u;

    assert_int_equal(play_begin(state), 0);
    p = play_page();
    for (unsigned i = 0; i < 2; i++) {
        allocations = i;
        assert_int_equal(utc_open(&u, play_path), -UE_MEMORY);
    }
    allocations = UINT_MAX;
    no_map = true;
    assert_true(utc_open(&u, play_path) < 0);
    no_map = false;
    assert_int_equal(utc_open(&u, play_path), 0);
    utc_close(u);
    munmap(p, sizeof *p);
    assert_int_equal(play_end(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_user_has_a_place), cmocka_unit_test(a_daemon_is_looked_for_in_two_places),
                                        cmocka_unit_test(CTL_04_folders_of_others_are_not_believed),
                                        cmocka_unit_test(a_page_is_looked_for_where_daemons_are), cmocka_unit_test(a_page_without_memory) };

    return cmocka_run_group_tests_name("lib run_dir", tests, NULL, NULL);
}
