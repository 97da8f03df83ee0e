/* A drift file is loaded whole or not at all, and saving never costs the old one: ST-01 .. ST-05. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/drift.h"

#define LIMIT_PPM 500.0

static char folder[] = "/tmp/drift_test_XXXXXX";
static char path[64], bad[72], beside[72];

/* Calls of drift_save that reach the disk, made to fail from the n-th on: a full disk, or the moment the power goes. */
static int calls_left = -1, fail_with;

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *name);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *name);

static bool fails(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    calls_left = 0;
    errno = fail_with;
    return true;
}

ssize_t __wrap_write(int fd, const void *p, size_t n) { return fails() ? -1 : __real_write(fd, p, n); }
int __wrap_fsync(int fd) { return fails() ? -1 : __real_fsync(fd); }
int __wrap_rename(const char *from, const char *to) { return fails() ? -1 : __real_rename(from, to); }
int __wrap_unlink(const char *name) { return fails() ? -1 : __real_unlink(name); }

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/drift", folder);
    snprintf(bad, sizeof bad, "%s.bad", path);
    snprintf(beside, sizeof beside, "%s.new", path);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    calls_left = -1;
    unlink(path);
    unlink(bad);
    unlink(beside);
    return 0;
}

static int remove_folder(void **state)
{
    clean(state);
    return rmdir(folder);
}

static void put(const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
}

static void what_is_saved_is_loaded(void **state)
{
    static const double rows[] = { 0, 12.345678901, -499.999999999, 1e-9, 500 };
    struct clock_drift in = { .skew_ppm = 0.25, .valid = true }, out;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        in.freq_ppm = rows[i];
        assert_int_equal(drift_save(path, &in), 0);
        assert_int_equal(drift_load(path, LIMIT_PPM, &out), 0);
        assert_true(out.valid && fabs(out.freq_ppm - in.freq_ppm) < 1e-9 && fabs(out.skew_ppm - 0.25) < 1e-9);
    }
    assert_int_equal(access(bad, F_OK), -1);
}

static void no_file_is_no_complaint(void **state)
{
    struct clock_drift d = { .freq_ppm = 7 };

    (void)state;
    assert_int_equal(drift_load(path, LIMIT_PPM, &d), -UE_NO_FILE);
    assert_true(d.freq_ppm == 7);
}

static void ST_01_a_file_cut_anywhere_is_set_aside(void **state)
{
    char text[DRIFT_TEXT_MAX];
    size_t len = drift_to_text(&(struct clock_drift){ -12.5, 0.125, true }, text);
    struct clock_drift d;

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        put(text, cut);
        assert_true(drift_load(path, LIMIT_PPM, &d) < 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(bad, F_OK), 0);
    }
}

static void ST_01_a_flipped_bit_is_noticed(void **state)
{
    char text[DRIFT_TEXT_MAX];
    size_t len = drift_to_text(&(struct clock_drift){ -12.5, 0.125, true }, text);
    struct clock_drift d;

    (void)state;
    for (size_t i = 0; i < len * 8; i++) {
        text[i / 8] ^= (char)(1 << i % 8);
        assert_true(drift_from_text(text, len, LIMIT_PPM, &d) < 0);
        text[i / 8] ^= (char)(1 << i % 8);
    }
    assert_int_equal(drift_from_text(text, len, LIMIT_PPM, &d), 0);
}

static void ST_01_newer_versions_and_foreign_files_are_refused(void **state)
{
    static const struct { const char *text; int err; } rows[] = {
        { "simple-utcd drift 2\nanything\n", -UE_VERSION }, { "0.000\n", -UE_SYNTAX }, { "", -UE_SYNTAX }, { "-12.345 0.1\n", -UE_SYNTAX },
    };
    struct clock_drift d;
    char large[4096];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(drift_from_text(rows[i].text, strlen(rows[i].text), LIMIT_PPM, &d), rows[i].err);
    memset(large, 'x', sizeof large);
    put(large, sizeof large);
    assert_int_equal(drift_load(path, LIMIT_PPM, &d), -UE_SYNTAX);
}

static void ST_01_numbers_no_clock_can_have_are_refused(void **state)
{
    static const struct clock_drift rows[] = {
        { NAN, 1, true }, { INFINITY, 1, true }, { 1e9, 1, true }, { 1, NAN, true }, { 1, -1, true }, { 1, 1e9, true },
    };
    char text[DRIFT_TEXT_MAX];
    struct clock_drift d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(drift_from_text(text, drift_to_text(&rows[i], text), LIMIT_PPM, &d), -UE_RANGE);
}

static void ST_02_an_implausible_frequency_is_clamped_and_uncertain(void **state)
{
    char text[DRIFT_TEXT_MAX];
    struct clock_drift d;

    (void)state;
    assert_int_equal(drift_from_text(text, drift_to_text(&(struct clock_drift){ 600, 0.01, true }, text), LIMIT_PPM, &d), 0);
    assert_true(d.freq_ppm == LIMIT_PPM && d.skew_ppm == LIMIT_PPM);
    assert_int_equal(drift_from_text(text, drift_to_text(&(struct clock_drift){ -600, 0.01, true }, text), LIMIT_PPM, &d), 0);
    assert_true(d.freq_ppm == -LIMIT_PPM && d.skew_ppm == LIMIT_PPM);
}

static void a_file_others_may_write_is_not_believed(void **state)
{
    struct clock_drift d = { 1, 1, true };

    (void)state;
    assert_int_equal(drift_save(path, &d), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(drift_load(path, LIMIT_PPM, &d), -UE_PERMISSION);
}

static void ST_03_a_full_disk_costs_nothing(void **state)
{
    struct clock_drift before = { 1.5, 0.1, true }, after = { 2.5, 0.1, true }, d;

    (void)state;
    assert_int_equal(drift_save(path, &before), 0);
    fail_with = ENOSPC;
    calls_left = 1; /* the unlink of a left-over passes, the write does not */
    assert_int_equal(drift_save(path, &after), -UE_NO_SPACE);
    calls_left = -1;
    assert_int_equal(drift_load(path, LIMIT_PPM, &d), 0);
    assert_true(d.freq_ppm == before.freq_ppm);
}

static void ST_04_a_folder_that_went_away_is_told(void **state)
{
    (void)state;
    assert_int_equal(drift_save("/nonexistent/drift", &(struct clock_drift){ 1, 1, true }), -UE_NO_FILE);
}

static void ST_05_a_cut_at_any_call_leaves_a_whole_file(void **state)
{
    struct clock_drift before = { 1.5, 0.1, true }, after = { 2.5, 0.1, true }, d;

    (void)state;
    fail_with = EIO;
    for (int n = 0; n < 8; n++) {
        calls_left = -1;
        assert_int_equal(drift_save(path, &before), 0);
        calls_left = n;
        drift_save(path, &after);
        calls_left = -1;
        assert_int_equal(drift_load(path, LIMIT_PPM, &d), 0);
        assert_true(d.freq_ppm == before.freq_ppm || d.freq_ppm == after.freq_ppm);
    }
    assert_true(d.freq_ppm == after.freq_ppm); /* the last round was not cut at all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_saved_is_loaded, clean),
        cmocka_unit_test_teardown(no_file_is_no_complaint, clean),
        cmocka_unit_test_teardown(ST_01_a_file_cut_anywhere_is_set_aside, clean),
        cmocka_unit_test_teardown(ST_01_a_flipped_bit_is_noticed, clean),
        cmocka_unit_test_teardown(ST_01_newer_versions_and_foreign_files_are_refused, clean),
        cmocka_unit_test_teardown(ST_01_numbers_no_clock_can_have_are_refused, clean),
        cmocka_unit_test_teardown(ST_02_an_implausible_frequency_is_clamped_and_uncertain, clean),
        cmocka_unit_test_teardown(a_file_others_may_write_is_not_believed, clean),
        cmocka_unit_test_teardown(ST_03_a_full_disk_costs_nothing, clean),
        cmocka_unit_test_teardown(ST_04_a_folder_that_went_away_is_told, clean),
        cmocka_unit_test_teardown(ST_05_a_cut_at_any_call_leaves_a_whole_file, clean),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
