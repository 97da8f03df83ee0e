/* Where a daemon of this user keeps its files, and whose folders are believed. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "lib/run_dir.h"

static uid_t user;
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void) { return user; }

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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_user_has_a_place), cmocka_unit_test(a_daemon_is_looked_for_in_two_places),
                                        cmocka_unit_test(CTL_04_folders_of_others_are_not_believed) };

    return cmocka_run_group_tests_name("lib run_dir", tests, NULL, NULL);
}
