/* Files that hold secrets: read when nobody else could have written them, and no others. */
#include "base/test_folder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/secret_file.h"

static char path[64];
static bool no_fstat;
static int read_errno;      /* of the next read, which then works */
static bool reads_fail;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
ssize_t __real_read(int fd, void *out, size_t size);
ssize_t __wrap_read(int fd, void *out, size_t size);

int __wrap_fstat(int fd, struct stat *st)
{
    errno = EIO;
    return no_fstat ? -1 : __real_fstat(fd, st);
}

ssize_t __wrap_read(int fd, void *out, size_t size)
{
    if (!read_errno)
        return __real_read(fd, out, size);
    errno = read_errno;
    read_errno = reads_fail ? read_errno : 0;
    return -1;
}

static void make(const char *name, mode_t mode)
{
    FILE *f = fopen(name, "w");

    assert_non_null(f);
    fputs("secret", f);
    fclose(f);
    assert_int_equal(chmod(name, mode), 0);
}

static int begin(void **state)
{
    (void)state;
    if (folder_make("secret", path, sizeof path) != 0)
        return -1;
    make(path, 0600);
    no_fstat = reads_fail = false;
    read_errno = 0;
    return 0;
}

static const char *read_it(const char *name)
{
    static uint8_t bytes[64];
    size_t len = 77;
    const char *wrong = host_secret_file_read(name, bytes, sizeof bytes, &len);

    if (wrong)
        return wrong;
    assert_int_equal(len, 6);
    assert_memory_equal(bytes, "secret", 6);
    return "good";
}

static void expect(const char *name, const char *words)
{
    const char *said = read_it(name);

    if (!strstr(said, words))
        fail_msg("%s: %s", words, said);
}

static void what_is_its_owners_alone_is_read(void **state)
{
    char longer[700];

    (void)state;
    expect(path, "good");
    assert_int_equal(chmod(path, 0640), 0); /* its group may read it */
    expect(path, "good");
    assert_int_equal(chmod(folder, 01777), 0); /* where nobody can take another's file away */
    expect(path, "good");
    assert_int_equal(chdir(folder), 0);
    expect("secret", "good");
    assert_int_equal(chdir("/"), 0);
    snprintf(longer, sizeof longer, "%s/", folder);
    while (strlen(longer) < 600)
        strcat(longer, "./");
    strcat(longer, "secret");
    expect(longer, "its name is too long");
}

static void what_others_could_have_written_is_not(void **state)
{
    static const mode_t modes[] = { 0604, 0602, 0601, 0620, 0644 };
    char link[80];

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        expect(path, "chmod 600");
    }
    assert_int_equal(chmod(path, 0600), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chmod(folder, i ? 0720 : 0702), 0);
        expect(path, "others may write in its directory");
        assert_non_null(host_secret_file_write(path, (const uint8_t *)"x", 1));
    }
    assert_int_equal(chmod(folder, 0700), 0);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(path, link), 0);
    expect(link, "it is a symbolic link");
    expect(folder, "it is no regular file");
    unlink(path);
    expect(path, "the file does not exist");
    expect("/no/such/folder/secret", "the file does not exist");
    assert_string_equal(host_secret_file_write("/no/such/folder/secret", (const uint8_t *)"x", 1), "its directory does not exist");
}

static void what_is_anothers_is_not(void **state)
{
    (void)state;
    if (geteuid() != 0)
        return; /* only root can give a file away */
    assert_int_equal(chown(path, 12345, 0), 0);
    expect(path, "it belongs to another user");
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chown(folder, 12345, 0), 0);
    expect(path, "others may write in its directory");
}

static void what_cannot_be_read_has_a_reason(void **state)
{
    uint8_t bytes[6];
    size_t len;

    (void)state;
    assert_string_equal(host_secret_file_read(path, bytes, sizeof bytes, &len), "it is too large");
    no_fstat = true;
    expect(path, strerror(EIO));
    no_fstat = false;
    read_errno = EINTR; /* once */
    expect(path, "good");
    reads_fail = true;
    read_errno = EIO;
    expect(path, strerror(EIO));
}

static void what_is_written_is_read(void **state)
{
    char beside[80];
    struct stat st;

    (void)state;
    unlink(path);
    assert_null(host_secret_file_write(path, (const uint8_t *)"secret", 6));
    expect(path, "good");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    snprintf(beside, sizeof beside, "%s.new", path);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_non_null(host_secret_file_write(path, (const uint8_t *)"other", 5));
    expect(path, "good");
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = { ROW(what_is_its_owners_alone_is_read), ROW(what_others_could_have_written_is_not), ROW(what_is_anothers_is_not),
                                        ROW(what_cannot_be_read_has_a_reason), ROW(what_is_written_is_read) };

    return cmocka_run_group_tests_name("host secret_file", tests, NULL, NULL);
}
