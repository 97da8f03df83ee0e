/* Stamps of a network card as the system hands them over, played by this test; and that asking for them spoils nothing where there are none. */
#include "base/test.h"

#include <linux/net_tstamp.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/socket.h"
#include "io/stamp.h"
#include "io/udp.h"

ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);

#define PHC_NS (INT64_C(1893456037) * NS_PER_S + 123456789)

static struct { bool on, software, hardware, card, destination; } play;

static struct cmsghdr *put(struct msghdr *m, struct cmsghdr *c, int level, int type, const void *data, size_t len)
{
    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };
    memcpy(CMSG_DATA(c), data, len);
    m->msg_controllen += CMSG_SPACE(len);
    return (struct cmsghdr *)(void *)((char *)c + CMSG_SPACE(len));
}

static void put_stamps(struct msghdr *m, struct cmsghdr **at)
{
    struct timespec ts[3] = { { 0, 0 } };

    if (play.software)
        clock_gettime(CLOCK_REALTIME, &ts[0]);
    if (play.hardware)
        ts[2] = (struct timespec){ (time_t)(PHC_NS / NS_PER_S), (long)(PHC_NS % NS_PER_S) };
    *at = put(m, *at, SOL_SOCKET, SCM_TIMESTAMPING, ts, sizeof ts);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
    struct cmsghdr *at = m->msg_control;
    size_t room = m->msg_controllen;

    if (!play.on)
        return __real_recvmsg(fd, m, flags);
    m->msg_controllen = 0;
    if (play.destination)
        at = put(m, at, IPPROTO_IPV6, IPV6_PKTINFO, &(struct in6_pktinfo){ .ipi6_ifindex = 5 }, sizeof(struct in6_pktinfo));
    put_stamps(m, &at);
    if (play.card)
        at = put(m, at, SOL_SOCKET, SCM_TIMESTAMPING_PKTINFO, &(struct scm_ts_pktinfo){ .if_index = 4, .pkt_length = 110 }, sizeof(struct scm_ts_pktinfo));
    assert_true(m->msg_controllen <= room); /* else the system would cut it */
    return 48;
}

static void both_stamps_arrive_with_their_card(void **state)
{
    struct io_datagram d;

    (void)state;
    memset(&play, true, sizeof play);
    assert_int_equal(io_udp_receive(0, &d), 1);
    assert_int_equal(d.stamp, STAMP_KERNEL);
    assert_int_equal(d.hardware.ns, PHC_NS);
    assert_int_equal(d.hardware.ifindex, 4); /* the card, not what is built upon it */
    assert_int_equal(d.hardware.wire_bytes, 110);
    assert_int_equal(d.ifindex, 5);
}

static void a_card_that_is_not_named_is_the_interface(void **state)
{
    struct io_datagram d;

    (void)state;
    memset(&play, true, sizeof play);
    play.card = false;
    assert_int_equal(io_udp_receive(0, &d), 1);
    assert_int_equal(d.hardware.ns, PHC_NS);
    assert_int_equal(d.hardware.ifindex, 5);
    assert_int_equal(d.hardware.wire_bytes, 0);
}

static void no_hardware_stamp_leaves_none_of_the_last(void **state)
{
    struct io_datagram d;

    (void)state;
    memset(&play, true, sizeof play);
    assert_int_equal(io_udp_receive(0, &d), 1);
    play.hardware = play.card = false;
    assert_int_equal(io_udp_receive(0, &d), 1);
    assert_int_equal(d.hardware.ns, 0);
    assert_int_equal(d.stamp, STAMP_KERNEL);
}

static void a_transmit_stamp_may_be_of_either_kind(void **state)
{
    struct io_hardware_stamp hardware;
    struct mono_ns tx;
    enum stamp stamp;

    (void)state;
    memset(&play, true, sizeof play);
    play.card = false;
    assert_int_equal(io_udp_transmit_stamp(0, &tx, &stamp, &hardware), 1);
    assert_int_equal(stamp, STAMP_KERNEL);
    assert_int_equal(hardware.ns, PHC_NS);
    assert_int_equal(hardware.ifindex, 5);
    play.software = false;
    assert_int_equal(io_udp_transmit_stamp(0, &tx, &stamp, &hardware), 1);
    assert_int_equal(stamp, STAMP_USER);
    assert_int_equal(hardware.ns, PHC_NS);
    play.hardware = false;
    assert_int_equal(io_udp_transmit_stamp(0, &tx, &stamp, &hardware), 0);
}

/* Where no card stamps, the kernel's stamps come as they do when nobody asks for more; the request's with the interface it left by. */
/* The kernel begins to stamp some time after the first socket of the machine wished for it. */
static void wait_for_stamps(int listener, const struct net_addr *at)
{
    int client = io_udp_connect(at);
    struct io_datagram d = { .stamp = STAMP_USER };
    struct mono_ns sent;

    for (int i = 0; i < 1000 && d.stamp != STAMP_KERNEL; i++) {
        assert_int_equal(io_udp_send(client, "first", 5, &sent), 0);
        poll(&(struct pollfd){ listener, POLLIN, 0 }, 1, 1000);
        assert_int_equal(io_udp_receive(listener, &d), 1);
        poll(NULL, 0, d.stamp == STAMP_KERNEL ? 0 : 5);
    }
    close(client);
}

static void asking_in_vain_costs_nothing(void **state)
{
    struct net_addr at;
    union io_sockaddr sa;
    socklen_t len = sizeof sa;
    struct io_hardware_stamp hardware;
    struct mono_ns sent, tx;
    struct io_datagram d;
    enum stamp stamp;
    int listener, client;

    (void)state;
    play.on = false;
    assert_int_equal(addr_from_text("127.0.0.1", 0, &at), 0);
    listener = io_udp_listen(&at, "");
    assert_true(listener >= 0);
    assert_int_equal(getsockname(listener, &sa.any, &len), 0);
    at.port = io_addr_from(&sa).port;
    wait_for_stamps(listener, &at);
    client = io_udp_connect(&at);
    io_udp_ask_hardware(listener, at.family, IO_LISTENER);
    io_udp_ask_hardware(client, at.family, IO_CLIENT);
    assert_int_equal(io_udp_send(client, "question", 8, &sent), 0);
    poll(&(struct pollfd){ listener, POLLIN, 0 }, 1, 1000);
    assert_int_equal(io_udp_receive(listener, &d), 1);
    assert_int_equal(d.stamp, STAMP_KERNEL);
    assert_int_equal(d.hardware.ns, 0);
    assert_int_equal(io_udp_transmit_stamp(client, &tx, &stamp, &hardware), 1);
    assert_int_equal(stamp, STAMP_KERNEL);
    assert_int_equal(hardware.ns, 0);
    assert_int_equal(io_udp_transmit_stamp(client, &tx, &stamp, &hardware), 0);
    close(client);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_stamps_arrive_with_their_card),
        cmocka_unit_test(a_card_that_is_not_named_is_the_interface),
        cmocka_unit_test(no_hardware_stamp_leaves_none_of_the_last),
        cmocka_unit_test(a_transmit_stamp_may_be_of_either_kind),
        cmocka_unit_test(asking_in_vain_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
