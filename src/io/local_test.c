/* The word that something changed, in a network namespace of our own; interfaces by name; sockets at one interface. */
#include "base/test.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"
#include "io/local.h"
#include "io/socket.h"
#include "io/udp.h"

static bool isolated; /* where the system lets us have a namespace */

static int take_namespace(void **state)
{
    (void)state;
    isolated = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return 0;
}

static void loopback(bool up)
{
    struct ifreq r = { .ifr_name = "lo", .ifr_flags = (short)(up ? IFF_UP : 0) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &r), 0);
    close(fd);
}

static void a_change_is_told_once(void **state)
{
    int fd = io_local_watch();

    (void)state;
    assert_true(fd >= 0);
    if (isolated) {
        assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0), 0);
        loopback(true);
        assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 1000), 1);
        io_local_changed(fd);
        assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 0), 0);
    }
    close(fd);
}

static void interfaces_by_name(void **state)
{
    (void)state;
    assert_int_equal(io_local_interface("lo"), if_nametoindex("lo"));
    assert_int_equal(io_local_interface("there-is-none"), 0);
}

static void a_listener_at_one_interface(void **state)
{
    struct net_addr at = { .family = ADDR_IPV4 };
    char name[IF_NAMESIZE] = "";
    socklen_t len = sizeof name;
    int fd = io_udp_listen(&at, "lo");

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
    assert_string_equal(name, "lo");
    close(fd);
    assert_int_equal(io_udp_listen(&at, "there-is-none"), -UE_NO_ADDRESS);
    at.family = ADDR_IPV6;
    memcpy(at.bytes, ((uint8_t[16]){ 0xfe, 0x80, [15] = 1 }), 16);
    assert_true(io_udp_listen(&at, "there-is-none") < 0);
}

static void the_class_of_what_leaves(void **state)
{
    struct net_addr at = { .family = ADDR_IPV4, .bytes = { 127, 0, 0, 1 } };
    int fd = io_udp_listen(&at, ""), class = 0;
    socklen_t len = sizeof class;

    (void)state;
    io_udp_mark(fd, ADDR_IPV4, 46);
    assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_TOS, &class, &len), 0);
    assert_int_equal(class, 46 << 2);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_told_once),
        cmocka_unit_test(interfaces_by_name),
        cmocka_unit_test(a_listener_at_one_interface),
        cmocka_unit_test(the_class_of_what_leaves),
    };

    return cmocka_run_group_tests(tests, take_namespace, NULL);
}
