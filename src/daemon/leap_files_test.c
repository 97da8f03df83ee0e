/* Which files are read, and that no file can make the daemon wait, allocate without bound or lose what it knew. */
#include "base/test_folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/leap_files.h"

/* The published list of 1972 alone, made small: update, expiry and one line, with its hash. */
static const char good[] = "#$\t3676924800\n#@\t3928521600\n2272060800\t10\n#h\ta7a7aebc 230cb8a8 0e7e6ab8 b69d8a10 984e795e\n";

static char path[64];

static int make_folder(void **state)
{
    (void)state;
    return folder_make("leap", path, sizeof path);
}

static void put(const char *text, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

static bool look(struct leap_files *f, struct leap_table *t) { return leap_files_read(f, LEAP_FROM_LIST, path, t); }

static void a_good_file_is_read_once_until_it_changes(void **state)
{
    struct leap_files f;
    struct leap_table t;

    (void)state;
    leap_files_start(&f, (struct mono_ns){ 0 });
    unlink(path);
    assert_false(look(&f, &t));
    put(good, strlen(good));
    assert_true(look(&f, &t));
    assert_int_equal(t.entry[0].tai_minus_utc_s, 10);
    assert_false(look(&f, &t));
    unlink(path);
    assert_false(look(&f, &t));
    put(good, strlen(good));
    assert_true(look(&f, &t));
}

static void LEAP_04_a_bad_file_after_a_good_one_gives_no_table(void **state)
{
    struct leap_files f;
    struct leap_table t = { .count = 77 };

    (void)state;
    leap_files_start(&f, (struct mono_ns){ 0 });
    for (size_t len = 0; len < strlen(good); len++) {
        put(good, len);
        assert_false(look(&f, &t));
        assert_int_equal(t.count, 77);
        unlink(path);
        assert_false(look(&f, &t));
    }
}

static void LEAP_04_a_file_of_100_mib_is_refused_unread(void **state)
{
    static uint8_t bytes[LEAP_FILE_MAX];
    size_t len = 0;

    (void)state;
    put(good, strlen(good));
    assert_int_equal(truncate(path, 100L * 1024 * 1024), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_RANGE);
    assert_int_equal(len, 0);
    assert_int_equal(truncate(path, LEAP_FILE_MAX + 1), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_RANGE);
    assert_int_equal(truncate(path, LEAP_FILE_MAX), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), 0);
    assert_int_equal(len, LEAP_FILE_MAX);
}

static void LEAP_04_what_is_no_regular_file_is_never_opened(void **state)
{
    uint8_t bytes[16];
    size_t len;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_UNSUPPORTED); /* and does not wait for a writer */
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_UNSUPPORTED);
    unlink(path);
    assert_int_equal(symlink(folder, path), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_UNSUPPORTED);
    unlink(path);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(leap_file_load(path, bytes, sizeof bytes, &len), -UE_NO_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_read_once_until_it_changes),
        cmocka_unit_test(LEAP_04_a_bad_file_after_a_good_one_gives_no_table),
        cmocka_unit_test(LEAP_04_a_file_of_100_mib_is_refused_unread),
        cmocka_unit_test(LEAP_04_what_is_no_regular_file_is_never_opened),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
