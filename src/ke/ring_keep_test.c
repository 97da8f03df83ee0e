/* Which folder a file of keys lies in: the same number on another file system is another one. */
#include "base/test.h"

#include <sys/stat.h>

#include "ke/ring_keep.h"

/* The roots of proc and sys are number 1 of their file systems, both of them. */
static void the_same_number_elsewhere_is_another_folder(void **state)
{
    struct stat proc, sys;

    (void)state;
    assert_int_equal(stat("/proc/.", &proc), 0);
    if (stat("/sys/.", &sys) != 0 || sys.st_ino != proc.st_ino || sys.st_dev == proc.st_dev)
        skip();
    assert_true(ring_keep_folder("/proc/keys") != 0);
    assert_true(ring_keep_folder("/proc/keys") == ring_keep_folder("/proc/other"));
    assert_true(ring_keep_folder("/proc/keys") != ring_keep_folder("/sys/keys"));
}

static void a_folder_that_is_not_there_is_none(void **state)
{
    (void)state;
    assert_true(ring_keep_folder("/nonexistent/keys") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_same_number_elsewhere_is_another_folder), cmocka_unit_test(a_folder_that_is_not_there_is_none) };

    return cmocka_run_group_tests_name("ring keep", tests, NULL, NULL);
}
