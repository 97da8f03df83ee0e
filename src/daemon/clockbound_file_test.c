/* The file of ClockBound's segment: ours alone, or left as it is. */
#include "base/test_folder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/clockbound_file.h"

static char own[48], path[64], why[120];
static bool no_fstat, no_map;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

int __wrap_fstat(int fd, struct stat *st) { return no_fstat ? -1 : __real_fstat(fd, st); }

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    errno = ENOMEM;
    return no_map ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

static int begin(void **state)
{
    (void)state;
    if (folder_make("own", own, sizeof own) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/shm0", own);
    return 0;
}

static void expect(const char *name, const char *words)
{
    struct clockbound_segment *s = clockbound_open(name, why, sizeof why);

    if (!strstr(why, words) || !*why != !*words || !s != (*words != '\0'))
        fail_msg("%s: %s", words, why);
    if (s)
        munmap(s, sizeof *s);
}

static void the_file_lies_in_a_folder_of_its_own(void **state)
{
    (void)state;
    expect("shm0", "a folder of its own");
    expect("/shm0", "a folder of its own");
    expect("/no/such/folder/shm0", "does not exist"); /* one is made, not two */
}

static void every_fault_of_the_file_has_words(void **state)
{
    char other[80];

    (void)state;
    expect(path, ""); /* made, with its folder */
    expect(path, ""); /* found */
    assert_int_equal(chmod(path, 0664), 0);
    expect(path, "others may write to it");
    assert_int_equal(chmod(path, 0644), 0);
    snprintf(other, sizeof other, "%s/other", own);
    assert_int_equal(link(path, other), 0);
    expect(path, "it has another name as well");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    expect(path, "it is a symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect(path, "it is no regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect(path, "reading or writing failed");
    no_fstat = true;
    expect(other, "it cannot be looked at");
    no_fstat = false;
    no_map = true;
    expect(other, "memory");
    no_map = false;
    assert_int_equal(chmod(own, 0777), 0);
    expect(other, "its folder is another user's, or others may write to it");
    assert_int_equal(chmod(own, 0755), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(other, 12345, 0), 0); /* only root can give a file away */
        expect(other, "it belongs to another user");
    }
}

/* Without a segment nothing is done; what a reader finds at the end is that nothing is known. */
static void the_segment_is_withdrawn(void **state)
{
    const struct page_data page = { .status = CLOCK_SYNCHRONISED, .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER };
    struct clockbound_segment *s;

    (void)state;
    clockbound_update(NULL, &page, true, false);
    clockbound_withdraw(NULL);
    s = clockbound_open(path, why, sizeof why);
    assert_non_null(s);
    clockbound_update(s, &page, true, true);
    assert_int_equal(s->bound.status, CLOCKBOUND_SYNCHRONIZED);
    assert_int_equal(s->bound.disruption_support, 1);
    clockbound_withdraw(s);
    assert_int_equal(s->bound.status, CLOCKBOUND_UNKNOWN);
    clockbound_update(s, &page, false, false);
    assert_int_equal(s->bound.status, CLOCKBOUND_UNKNOWN); /* somebody else's clock */
    munmap(s, sizeof *s);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = { ROW(the_file_lies_in_a_folder_of_its_own), ROW(every_fault_of_the_file_has_words), ROW(the_segment_is_withdrawn) };

    return cmocka_run_group_tests_name("clockbound file", tests, NULL, NULL);
}
