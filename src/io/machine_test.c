/* The VMClock device, played by a file that this test writes. */
#include "base/test.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/machine.h"

static char path[64];

struct device { uint32_t magic, size; uint16_t version; uint8_t counter_id, time_type; uint32_t seq_count; uint64_t marker; };

static struct device good(uint64_t marker)
{
    return (struct device){ htole32(0x4b4c4356), htole32(104), htole16(1), 1, 0, htole32(2), htole64(marker) };
}

static void write_device(const void *bytes, size_t len, off_t at)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);

    assert_true(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len);
    close(fd);
}

static void the_number_of_a_start_stays(void **state)
{
    (void)state;
    assert_true(io_boot() == io_boot());
    if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
        assert_true(io_boot() != 0);
}

static void CLK_02_another_marker_is_seen_in_the_mapping(void **state)
{
    struct device d = good(7);
    const struct io_vmclock *v;

    (void)state;
    write_device(&d, sizeof d, 0);
    v = io_vmclock_open(path);
    assert_non_null(v);
    assert_true(io_vmclock_marker(v) == 7);
    d = good(8);
    write_device(&d, sizeof d, 0);
    assert_true(io_vmclock_marker(v) == 8);
    d.seq_count = htole32(3); /* the host is in the middle, and stays there */
    write_device(&d, sizeof d, 0);
    assert_true(io_vmclock_marker(v) == UINT64_MAX);
    io_vmclock_close(v);
}

static void what_is_no_vmclock_is_not_mapped(void **state)
{
    struct device d = good(7);
    char link[80];

    (void)state;
    assert_null(io_vmclock_open("/nonexistent"));
    assert_null(io_vmclock_open("/dev/null"));
    write_device(&d, 8, 0);
    assert_int_equal(truncate(path, 8), 0);
    assert_null(io_vmclock_open(path));
    d.magic = 0;
    write_device(&d, sizeof d, 0);
    assert_null(io_vmclock_open(path));
    d = good(7);
    d.version = 0;
    write_device(&d, sizeof d, 0);
    assert_null(io_vmclock_open(path));
    d = good(7);
    write_device(&d, sizeof d, 0);
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_null(io_vmclock_open(link));
    unlink(link);
}

static void without_a_device_the_marker_is_nought(void **state)
{
    (void)state;
    assert_true(io_vmclock_marker(NULL) == 0);
    io_vmclock_close(NULL);
}

static int before_each(void **state)
{
    int fd;

    (void)state;
    snprintf(path, sizeof path, "/tmp/io_machine_test.XXXXXX");
    fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int after_each(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_a_start_stays),
        cmocka_unit_test_setup_teardown(CLK_02_another_marker_is_seen_in_the_mapping, before_each, after_each),
        cmocka_unit_test_setup_teardown(what_is_no_vmclock_is_not_mapped, before_each, after_each),
        cmocka_unit_test(without_a_device_the_marker_is_nought),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
