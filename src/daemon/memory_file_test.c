/* The memory is loaded whole or not at all, and saving never costs the old one: ST-01 .. ST-05. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "clock/noise.h"
#include "daemon/memory_file.h"

#define LIMIT_PPM 500.0

static char folder[] = "/tmp/memory_test_XXXXXX";
static char path[64], bad[72], beside[72];
static struct clock_memory loaded;

/* Calls of memory_file_save that reach the disk, made to fail from the n-th on: a full disk, or the moment the power goes. */
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

/* What was written and not yet brought to the disk: a power cut leaves some sectors of it. */
static ino_t unsynced;

static ino_t inode_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    if (fails())
        return -1;
    unsynced = inode_of(fd);
    return __real_write(fd, p, n);
}

int __wrap_fsync(int fd)
{
    if (fails())
        return -1;
    if (inode_of(fd) == unsynced)
        unsynced = 0;
    return __real_fsync(fd);
}

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

static struct clock_memory known(double freq_ppm)
{
    return (struct clock_memory){ .drift = { freq_ppm, 0.125, true }, .wander = 1e-9, .saved = { 1800000000 * NS_PER_S }, .synchronised_once = true };
}

static void what_is_saved_is_loaded(void **state)
{
    struct clock_memory m = known(-12.5);

    (void)state;
    m.stepped.ns = 7;
    assert_int_equal(memory_file_save(path, &m), 0);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), 0);
    assert_memory_equal(&loaded, &m, sizeof m);
    assert_int_equal(access(bad, F_OK), -1);
}

static void no_file_is_no_complaint(void **state)
{
    (void)state;
    loaded = known(7);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), -UE_NO_FILE);
    assert_true(loaded.drift.freq_ppm == 7);
}

static void ST_01_a_file_cut_anywhere_is_set_aside(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    struct clock_memory m = known(-12.5);
    size_t len = clock_memory_to_text(&m, text);

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        put(text, cut);
        assert_true(memory_file_load(path, LIMIT_PPM, &loaded) < 0);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(bad, F_OK), 0);
    }
}

static void ST_01_what_cannot_be_meant_is_set_aside(void **state)
{
    static const struct { const char *text; int err; } rows[] = {
        { "simple-utcd drift 9\nanything\n", -UE_VERSION }, { "simple-utcd clock 3\nanything\n", -UE_VERSION }, { "0.000\n", -UE_SYNTAX }, { "", -UE_EMPTY },
        { "simple-utcd drift 1\nfreq_ppm 0.0\nskew_ppm 1.0\nchecksum 00000000\n", -UE_CHECKSUM },
        { "-12.345 0.1\n", -UE_SYNTAX },
    };
    static char large[3 * CLOCK_MEMORY_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(rows[i].text, strlen(rows[i].text));
        assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), rows[i].err);
        assert_int_equal(access(bad, F_OK), 0);
    }
    memset(large, 'x', sizeof large);
    put(large, sizeof large);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), -UE_SYNTAX);
}

/* Nobody waits for the other end of a pipe. */
static void what_is_no_regular_file_is_called_so(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), -UE_NOT_REGULAR);
    assert_int_equal(remove(bad), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), -UE_NOT_REGULAR);
    assert_int_equal(remove(bad), 0);
}

static void a_file_others_may_write_is_not_believed(void **state)
{
    struct clock_memory m = known(1);

    (void)state;
    assert_int_equal(memory_file_save(path, &m), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), -UE_OPEN_TO_ALL);
}

static void ST_03_a_full_disk_costs_nothing(void **state)
{
    struct clock_memory before = known(1.5), after = known(2.5);

    (void)state;
    assert_int_equal(memory_file_save(path, &before), 0);
    fail_with = ENOSPC;
    calls_left = 1; /* the unlink of a left-over passes, the write does not */
    assert_int_equal(memory_file_save(path, &after), -UE_NO_SPACE);
    calls_left = -1;
    assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), 0);
    assert_true(loaded.drift.freq_ppm == before.drift.freq_ppm);
}

static void ST_04_a_folder_that_went_away_is_told(void **state)
{
    (void)state;
    assert_int_equal(memory_file_save("/nonexistent/drift", &loaded), -UE_NO_FILE);
}

static void ST_05_a_cut_at_any_call_leaves_a_whole_file(void **state)
{
    struct clock_memory before = known(1.5), after = known(2.5);

    (void)state;
    fail_with = EIO;
    for (int n = 0; n < 8; n++) {
        calls_left = -1;
        assert_int_equal(memory_file_save(path, &before), 0);
        calls_left = n;
        memory_file_save(path, &after);
        calls_left = -1;
        assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), 0);
        assert_true(loaded.drift.freq_ppm == before.drift.freq_ppm || loaded.drift.freq_ppm == after.drift.freq_ppm);
    }
    assert_true(loaded.drift.freq_ppm == after.drift.freq_ppm); /* the last round was not cut at all */
}

/* A second file system, in mind: the old content is there until the rename is, the new one's sectors in any number until it was synced. */
static void ST_05_the_power_goes_at_any_call_and_sectors_are_torn(void **state)
{
    static struct clock_memory before, after;
    struct stat st;

    (void)state;
    before = known(1.5);
    after = known(2.5);
    for (after.count = 0; after.count < 16; after.count++) {
        struct clock_memory_source *s = &after.source[after.count];

        snprintf(s->name, sizeof s->name, "source%u", (unsigned)after.count);
        noise_init(&s->noise);
        s->noise.scale_s = s->noise.error_var = 1e-3;
    }
    fail_with = EIO;
    for (int n = 0; n < 8; n++) {
        for (off_t sectors = 0; sectors < 4; sectors++) {
            calls_left = -1;
            assert_int_equal(memory_file_save(path, &before), 0);
            calls_left = n;
            memory_file_save(path, &after);
            calls_left = -1;
            if (stat(path, &st) == 0 && st.st_ino == unsynced)
                assert_int_equal(truncate(path, sectors * 512), 0);
            assert_int_equal(memory_file_load(path, LIMIT_PPM, &loaded), 0);
            assert_true(loaded.drift.freq_ppm == before.drift.freq_ppm || loaded.count == 16);
        }
    }
    assert_int_equal(loaded.count, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_saved_is_loaded, clean),
        cmocka_unit_test_teardown(no_file_is_no_complaint, clean),
        cmocka_unit_test_teardown(ST_01_a_file_cut_anywhere_is_set_aside, clean),
        cmocka_unit_test_teardown(ST_01_what_cannot_be_meant_is_set_aside, clean),
        cmocka_unit_test_teardown(what_is_no_regular_file_is_called_so, clean),
        cmocka_unit_test_teardown(a_file_others_may_write_is_not_believed, clean),
        cmocka_unit_test_teardown(ST_03_a_full_disk_costs_nothing, clean),
        cmocka_unit_test_teardown(ST_04_a_folder_that_went_away_is_told, clean),
        cmocka_unit_test_teardown(ST_05_a_cut_at_any_call_leaves_a_whole_file, clean),
        cmocka_unit_test_teardown(ST_05_the_power_goes_at_any_call_and_sectors_are_torn, clean),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
