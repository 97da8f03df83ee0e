/* A stale socket is replaced, anything else at its path is left alone. */
#include "base/test_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/unix.h"

static char path[64];

/* Whoever owns the folder is quick: what was just bound there is moved away, and a link to a file of another's is in its place. */
static const char *victim;

int __real_bind(int fd, const struct sockaddr *at, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *at, socklen_t len);

int __wrap_bind(int fd, const struct sockaddr *at, socklen_t len)
{
    int result = __real_bind(fd, at, len);

    if (victim) {
        unlink(path);
        assert_int_equal(symlink(victim, path), 0);
    }
    return result;
}

static int make_folder(void **state)
{
    (void)state;
    return folder_make("socket", path, sizeof path);
}

static void a_stale_socket_is_replaced(void **state)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    struct stat st;
    char c;
    int first = io_unix_listen(path, 0600), second, client, server;

    (void)state;
    assert_true(first >= 0);
    close(first);
    second = io_unix_listen(path, 0666);
    assert_true(second >= 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    assert_int_equal(io_unix_accept(second), 0);
    strcpy(sa.sun_path, path);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&sa, sizeof sa), 0);
    server = io_unix_accept(second);
    assert_true(server > 0);
    assert_true(io_unix_peer_is(server, geteuid()));
    assert_false(io_unix_peer_is(-1, geteuid()));
    assert_int_equal(recv(server, &c, 1, 0), -1); /* does not block */
    close(server);
    close(client);
    close(second);
}

static void CTL_02_a_file_is_not(void **state)
{
    int fd;

    (void)state;
    unlink(path);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(io_unix_listen(path, 0600), -UE_IN_USE);
    assert_int_equal(access(path, F_OK), 0);
}

static void paths_that_cannot_be(void **state)
{
    char long_path[200];

    (void)state;
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(io_unix_listen(long_path, 0600), -UE_RANGE);
    assert_int_equal(io_unix_listen("", 0600), -UE_RANGE);
    assert_int_equal(io_unix_listen("/nonexistent/socket", 0600), -UE_NO_FILE);
    assert_int_equal(io_unix_datagram("/nonexistent/socket", "READY=1"), -UE_NO_FILE);
}

static void descriptors_travel(void **state)
{
    int pair[2], pipes[2], fd;
    char text[5];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(io_unix_receive_fd(pair[1], text, 5, &fd), 0);
    assert_int_equal(io_unix_send_fd(pair[0], "alone", 5, -1), 0);
    assert_int_equal(io_unix_send_fd(pair[0], "with!", 5, pipes[1]), 0);
    assert_int_equal(io_unix_send_fd(pair[0], "long one", 8, pipes[1]), 0);
    assert_int_equal(io_unix_receive_fd(pair[1], text, 5, &fd), 1);
    assert_int_equal(fd, -1);
    assert_int_equal(io_unix_receive_fd(pair[1], text, 5, &fd), 1);
    assert_memory_equal(text, "with!", 5);
    assert_true(fd >= 0 && fd != pipes[1]);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(pipes[0], text, 5), 1);
    close(fd);
    close(pair[0]);
    assert_int_equal(io_unix_receive_fd(pair[1], text, 4, &fd), 0);
    close(pair[1]);
    close(pipes[0]);
    close(pipes[1]);
}

static unsigned open_descriptors(void)
{
    DIR *all = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(all))
        n++;
    closedir(all);
    return n;
}

static void PROC_09_nobody_leaves_descriptors_here(void **state)
{
    static const char *const words[] = { "", "four", "a long one" };
    int pair[2], pipes[2], many[IO_UNIX_FDS_MAX], fd;
    unsigned before;
    char text[5];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(pipe(pipes), 0);
    for (unsigned i = 0; i < IO_UNIX_FDS_MAX; i++)
        many[i] = pipes[1];
    before = open_descriptors();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_int_equal(io_unix_send_fds(pair[0], words[i], strlen(words[i]), many, IO_UNIX_FDS_MAX), 0);
        assert_int_equal(io_unix_receive_fd(pair[1], text, sizeof text, &fd), 0);
        assert_int_equal(fd, -1);
        assert_int_equal(open_descriptors(), before);
    }
    close(pair[0]);
    close(pair[1]);
    close(pipes[0]);
    close(pipes[1]);
}

static void CTL_04_the_mode_of_what_takes_its_place_stays(void **state)
{
    char file[80];
    struct stat st;
    int fd;

    (void)state;
    unlink(path);
    snprintf(file, sizeof file, "%s/victim", folder);
    close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    victim = file;
    fd = io_unix_listen(path, 0666);
    victim = NULL;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_travel),
        cmocka_unit_test(PROC_09_nobody_leaves_descriptors_here),
        cmocka_unit_test(a_stale_socket_is_replaced),
        cmocka_unit_test(CTL_02_a_file_is_not),
        cmocka_unit_test(CTL_04_the_mode_of_what_takes_its_place_stays),
        cmocka_unit_test(paths_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
