/* Sockets handed over: the right ones are found by their address, and what the environment says is not believed beyond that. */
#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/inherited.h"
#include "io/tcp.h"
#include "io/udp.h"

static struct net_addr local(uint16_t port)
{
    struct net_addr a;

    assert_int_equal(addr_from_text("127.0.0.1", port, &a), 0);
    return a;
}

/* A socket at a port of the system's choice, moved to descriptor `as`. */
static struct net_addr open_as(int as, bool stream)
{
    struct net_addr any = local(1), at;
    union io_sockaddr s;
    socklen_t len;
    int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);

    any.port = 0;
    len = io_sockaddr_from(&any, &s);
    assert_true(fd >= 0 && bind(fd, &s.any, len) == 0);
    assert_true(!stream || listen(fd, 1) == 0);
    len = sizeof s;
    assert_int_equal(getsockname(fd, &s.any, &len), 0);
    at = io_addr_from(&s);
    if (fd != as) {
        assert_int_equal(dup2(fd, as), as);
        close(fd);
    }
    return at;
}

static void say(long pid, const char *count)
{
    char text[24];

    snprintf(text, sizeof text, "%ld", pid);
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", "a:b", 1);
}

/* In a child, whose descriptors are its own to lose. Ends by exit code 0 when all is well. */
static void in_child(void (*run)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void must(bool holds)
{
    if (!holds)
        _exit(1);
}

static void take_by_address(void)
{
    struct net_addr udp = open_as(3, false), tcp = open_as(4, true), other = open_as(5, false), at;
    struct inherited h;
    bool stream;

    say(getpid(), "3");
    inherited_begin(&h);
    must(h.count == 3 && !getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
    must(inherited_take(&h, &udp, true) == -1 || udp.port == tcp.port);
    must(inherited_take(&h, &tcp, true) == 4);
    must(inherited_take(&h, &udp, false) == 3);
    must(inherited_take(&h, &udp, false) == -1); /* once */
    must(fcntl(3, F_GETFD) & FD_CLOEXEC);
    must(inherited_drop(&h, &at, &stream) && addr_equal(&at, &other) && !stream);
    must(fcntl(5, F_GETFD) == -1);
    must(!inherited_drop(&h, &at, &stream));
}

static void what_is_found_by_its_address_is_taken(void **state)
{
    (void)state;
    in_child(take_by_address);
}

static void meant_for_another(void)
{
    static const char *const counts[] = { "", "0", "-1", "1x", "99999999999999999999", "1" };
    struct inherited h;

    open_as(3, false);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        say(i + 1 < sizeof counts / sizeof counts[0] ? getpid() : getppid(), counts[i]);
        inherited_begin(&h);
        must(h.count == 0 && fcntl(3, F_GETFD) >= 0);
    }
    unsetenv("LISTEN_FDS");
    inherited_begin(&h);
    must(h.count == 0);
}

static void what_is_meant_for_another_process_is_left_alone(void **state)
{
    (void)state;
    in_child(meant_for_another);
}

static void no_socket(void)
{
    struct inherited h;
    struct net_addr at;
    int file = open("/dev/null", O_RDONLY);

    must(dup2(file, 3) == 3);
    at = open_as(4, true);
    close(5);
    say(getpid(), "3"); /* one more than there are */
    inherited_begin(&h);
    must(h.count == 1 && inherited_take(&h, &at, true) == 4);
    must(fcntl(3, F_GETFD) == -1);
}

static void what_is_no_socket_is_closed(void **state)
{
    (void)state;
    in_child(no_socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_by_its_address_is_taken),
        cmocka_unit_test(what_is_meant_for_another_process_is_left_alone),
        cmocka_unit_test(what_is_no_socket_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
