/* Files that a person wrote or a container was given: which are read, and what is said of the others. */
#include "base/test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/file.h"

static char path[64];
static int open_errno, read_errno;  /* of the next call */
static bool no_fstat, as_stdin, in_pieces;

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
ssize_t __real_read(int fd, void *out, size_t size);
ssize_t __wrap_read(int fd, void *out, size_t size);

static bool fails(int *number)
{
    if (!*number)
        return false;
    errno = *number;
    *number = 0;
    return true;
}

int __wrap_open(const char *name, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = va_arg(args, int); /* not there without O_CREAT, and then not looked at */
    va_end(args);
    if (as_stdin)
        close(0); /* the least number that is free is taken */
    return fails(&open_errno) ? -1 : __real_open(name, flags, mode);
}

int __wrap_fstat(int fd, struct stat *st)
{
    errno = EIO;
    return no_fstat ? -1 : __real_fstat(fd, st);
}

ssize_t __wrap_read(int fd, void *out, size_t size)
{
    return fails(&read_errno) ? -1 : __real_read(fd, out, in_pieces && size > 3 ? 3 : size);
}

static int begin(void **state)
{
    (void)state;
    return folder_make("file", path, sizeof path);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

/* What is told of a file; "" when it is read. */
static const char *told(const char *name)
{
    static char buffer[CONF_FILE_MAX];
    static struct conf_errors errors;
    size_t len;

    memset(&errors, 0, sizeof errors);
    if (conf_file_read(name, buffer, &len, &errors)) {
        assert_int_equal(errors.found, 0);
        return "";
    }
    assert_int_equal(errors.found, 1);
    return errors.text[0];
}

static void expect(const char *name, const char *words)
{
    const char *said = told(name);

    if (!strstr(said, words) || !*said != !*words)
        fail_msg("%s is not said, but %s", words, said);
}

static void CFG_a_file_is_read_or_told_why_not(void **state)
{
    static const struct { int number; const char *words; } rows[] = {
        { EACCES, "may not be read by this user" }, { ELOOP, "leads in a circle" }, { ENAMETOOLONG, "is too long" }, { EMFILE, "Too many open files" },
    };

    (void)state;
    expect(path, "does not exist");
    write_file("ntp: {}\n", 8);
    expect(path, "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_errno = rows[i].number;
        expect(path, rows[i].words);
    }
    no_fstat = true;
    expect(path, strerror(EIO));
    no_fstat = false;
    read_errno = EINTR;
    expect(path, "");
    read_errno = EIO;
    expect(path, strerror(EIO));
    expect(folder, "is a directory");
    expect("/dev/null", "is not a regular file");
    assert_int_equal(chmod(path, 0602), 0);
    expect(path, "everybody may write");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, CONF_FILE_MAX), 0);
    expect(path, "");
    assert_int_equal(truncate(path, CONF_FILE_MAX + 1), 0);
    expect(path, "larger than 256 KiB");
}

static void a_value_is_what_the_file_holds(void **state)
{
    static const struct { const char *bytes; size_t len; const char *value, *wrong; } rows[] = {
        { "value", 5, "value", NULL }, { "value\n", 6, "value", NULL }, { "value\n\n", 7, "value\n", NULL }, { "", 0, NULL, "it is empty" },
        { "\n", 1, NULL, "it is empty" }, { "a\0b", 3, NULL, "it holds a NUL byte" },
    };
    char out[CONF_VALUE_FILE_MAX], longer[CONF_VALUE_FILE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *wrong;

        write_file(rows[i].bytes, rows[i].len);
        wrong = conf_value_file_read(path, out);
        if (!wrong != !rows[i].wrong || (wrong && strcmp(wrong, rows[i].wrong) != 0))
            fail_msg("row %zu: %s", i, wrong ? wrong : "read");
        if (!wrong)
            assert_string_equal(out, rows[i].value);
    }
    memset(longer, 'x', sizeof longer);
    write_file(longer, sizeof longer);
    assert_string_equal(conf_value_file_read(path, out), "it is longer than a value");
    write_file(longer, sizeof longer - 1);
    assert_null(conf_value_file_read(path, out));
    assert_int_equal(strlen(out), sizeof longer - 1);
    assert_string_equal(conf_value_file_read(folder, out), "it is not a regular file");
    assert_string_equal(conf_value_file_read("/no/such/file", out), strerror(ENOENT));
    assert_int_equal(chmod(path, 0602), 0);
    assert_true(strncmp(conf_value_file_read(path, out), "everybody may write to it", 25) == 0);
    assert_int_equal(chmod(path, 0600), 0);
    no_fstat = true;
    assert_string_equal(conf_value_file_read(path, out), strerror(EIO));
    no_fstat = false;
    read_errno = EIO;
    assert_string_equal(conf_value_file_read(path, out), strerror(EIO));
}

/* Without a standard input it is 0. */
static void any_descriptor_is_read_and_closed(void **state)
{
    char out[CONF_VALUE_FILE_MAX];

    (void)state;
    write_file("value\n", 6);
    as_stdin = true;
    expect(path, "");
    assert_int_equal(fcntl(0, F_GETFD), -1);
    assert_null(conf_value_file_read(path, out));
    assert_int_equal(fcntl(0, F_GETFD), -1);
    as_stdin = false;
}

static void what_comes_in_pieces_is_put_together(void **state)
{
    char out[CONF_VALUE_FILE_MAX];

    (void)state;
    write_file("1234567890", 10);
    in_pieces = true;
    assert_null(conf_value_file_read(path, out));
    assert_string_equal(out, "1234567890");
    in_pieces = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(CFG_a_file_is_read_or_told_why_not, begin, folder_remove),
                                        cmocka_unit_test_setup_teardown(a_value_is_what_the_file_holds, begin, folder_remove),
                                        cmocka_unit_test_setup_teardown(any_descriptor_is_read_and_closed, begin, folder_remove),
                                        cmocka_unit_test_setup_teardown(what_comes_in_pieces_is_put_together, begin, folder_remove) };

    return cmocka_run_group_tests_name("conf file", tests, NULL, NULL);
}
