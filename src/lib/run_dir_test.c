/* Where a daemon of this user keeps its files, whose folders are believed, and what libutc finds there. */
#include "base/test.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
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

static const char *systems_page; /* the file that stands for the system's own, or NULL: none */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (strcmp(path, "/run/simple-utcd/page") != 0)
        return __real_open(path, flags, mode);
    errno = ENOENT;
    return systems_page ? __real_open(systems_page, flags, mode) : -1;
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
    struct page_data d;
    struct utc_time t;
    struct page *p;
    struct utc *u;
    char own[80];

    user = 77;
    assert_int_equal(play_begin(state), 0);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    snprintf(own, sizeof own, "%s/simple-utcd", folder);
    assert_int_equal(utc_open(&u, NULL), -UE_NO_FILE);
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
    assert_int_equal(utc_open(&u, NULL), -UE_VERSION);
    assert_int_equal(utc_open(&u, play_path), -UE_VERSION);
    munmap(p, sizeof *p);
    assert_int_equal(folder_remove(state), 0);
}

static int64_t age_of_found_s(void)
{
    struct utc_time t;
    struct utc *u;

    assert_int_equal(utc_open(&u, NULL), 0);
    assert_int_equal(utc_now(u, &t), 0);
    utc_close(u);
    return t.writer_age_ns / NS_PER_S;
}

/* The pages are told apart by their age. */
static void a_page_that_a_daemon_left_stands_behind_one_that_is_kept(void **state)
{
    char own[80], own_page[96], system[96];
    struct page *mine, *systems;
    struct page_data d;

    user = 77;
    assert_int_equal(play_begin(state), 0);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    snprintf(own, sizeof own, "%s/simple-utcd", folder);
    assert_int_equal(mkdir(own, 0700), 0);
    snprintf(system, sizeof system, "%s/system", folder);
    snprintf(own_page, sizeof own_page, "%s/page", own);
    strcpy(play_path, system);
    systems = play_page();
    strcpy(play_path, own_page);
    mine = play_page();
    d = play_data(1700000037);
    d.heartbeat.ns -= 5 * NS_PER_S;
    page_publish(systems, &d);
    d.heartbeat.ns -= 5 * NS_PER_S;
    page_publish(mine, &d);
    systems_page = system;
    assert_int_equal(age_of_found_s(), 10); /* both are kept: one's own */
    mine->superseded = 1;                   /* ended */
    assert_int_equal(age_of_found_s(), 5);
    systems->superseded = 1;
    assert_int_equal(age_of_found_s(), 10);
    systems->superseded = mine->superseded = 0;
    d.heartbeat.ns -= 300 * NS_PER_S;       /* killed */
    page_publish(mine, &d);
    assert_int_equal(age_of_found_s(), 5);
    systems_page = NULL;
    assert_int_equal(age_of_found_s(), 310);
    munmap(mine, sizeof *mine);
    munmap(systems, sizeof *systems);
    assert_int_equal(folder_remove(state), 0);
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
    assert_int_equal(folder_remove(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_user_has_a_place), cmocka_unit_test(a_daemon_is_looked_for_in_two_places),
                                        cmocka_unit_test(CTL_04_folders_of_others_are_not_believed),
                                        cmocka_unit_test(a_page_is_looked_for_where_daemons_are),
                                        cmocka_unit_test(a_page_that_a_daemon_left_stands_behind_one_that_is_kept),
                                        cmocka_unit_test(a_page_without_memory) };

    return cmocka_run_group_tests_name("lib run_dir", tests, NULL, NULL);
}
