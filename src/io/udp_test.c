/* Over loopback: stamps come from the kernel, answers leave from the address that was asked, errors of the network arrive. */
#include "base/test.h"

#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "io/udp.h"

#define WAIT_MS 10000
#define SLACK_NS (10 * NS_PER_MS)   /* a stamp changes clocks by a pair of readings, which a busy machine may tear apart */

static struct net_addr address(const char *text)
{
    struct net_addr a;

    assert_int_equal(addr_from_text(text, 0, &a), 0);
    return a;
}

/* A listener on a port the kernel chose, and where it is. */
static int listen_somewhere(const char *host, struct net_addr *at)
{
    union io_sockaddr sa;
    socklen_t len = sizeof sa;
    int fd;

    *at = address(host);
    fd = io_udp_listen(at, "");
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, &sa.any, &len), 0);
    at->port = io_addr_from(&sa).port;
    return fd;
}

static short wait_for(int fd, short events)
{
    struct pollfd p = { fd, events, 0 };

    poll(&p, 1, WAIT_MS);
    return p.revents;
}

/* A listener and a client of it. */
struct pair { struct net_addr server; int listener, client; };

static struct pair open_pair(const char *host)
{
    struct pair p;

    p.listener = listen_somewhere(host, &p.server);
    p.client = io_udp_connect(&p.server);
    assert_true(p.client >= 0);
    return p;
}

static void close_pair(const struct pair *p)
{
    close(p->client);
    close(p->listener);
}

static struct mono_ns ask(const struct pair *p, const void *bytes, size_t len)
{
    struct mono_ns sent;

    assert_int_equal(io_udp_send(p->client, bytes, len, &sent), 0);
    return sent;
}

static void skip_without_ipv6(void)
{
    struct net_addr a = address("::1");
    int probe = io_udp_listen(&a, "");

    if (probe == -UE_UNSUPPORTED)
        skip();
    close(probe);
}

static struct io_batch batch;

static void receive_batch(int listener, unsigned count)
{
    assert_true(wait_for(listener, POLLIN) & POLLIN);
    assert_int_equal(io_batch_receive(&batch, listener), count);
}

/* The kernel begins to stamp some time after the first socket of the machine wished for it, and ends with the last: this pair stays. */
static int wait_for_stamps(void **state)
{
    struct pair p = open_pair("127.0.0.1");
    struct mono_ns end = mono_add(io_raw_now(), dur_from_ms(WAIT_MS));

    (void)state;
    do {
        ask(&p, "first", 5);
        receive_batch(p.listener, 1);
    } while (batch.datagram[0].stamp != STAMP_KERNEL && mono_before(io_raw_now(), end));
    return 0;
}

static void there_and_back(const char *host)
{
    struct pair p = open_pair(host);
    struct io_datagram reply;
    const struct io_datagram *request = &batch.datagram[0];
    struct mono_ns sent = ask(&p, "question", 8), left;
    enum stamp stamp = STAMP_USER;
    struct io_hardware_stamp hardware;
    struct net_addr own;

    io_udp_local(p.client, &own);
    assert_true(addr_same_host(&own, &p.server) && own.port != 0); /* on loopback both ends are one host */
    receive_batch(p.listener, 1);
    assert_int_equal(request->len, 8);
    assert_false(request->cut);
    assert_int_equal(request->to.family, ADDR_NONE); /* the listener has one address */
    assert_int_equal(request->stamp, STAMP_KERNEL);
    assert_true(sent.ns - SLACK_NS <= request->rx.ns && request->rx.ns <= io_raw_now().ns + SLACK_NS);

    io_batch_answer(&batch, 0, (const uint8_t *)"answer", 6);
    assert_int_equal(io_batch_send(&batch, p.listener), 1);
    assert_true(wait_for(p.client, POLLIN) & POLLIN);
    assert_int_equal(io_udp_transmit_stamp(p.client, &left, &stamp, &hardware), 1);
    assert_int_equal(stamp, STAMP_KERNEL);
    assert_true(left.ns <= request->rx.ns + SLACK_NS);
    assert_int_equal(io_udp_receive(p.client, &reply), 1);
    assert_int_equal(reply.stamp, STAMP_KERNEL);
    assert_true(addr_equal(&reply.from, &p.server));
    assert_int_equal(io_udp_receive(p.client, &reply), 0);
    close_pair(&p);
}

static void there_and_back_by_ipv4(void **state)
{
    (void)state;
    there_and_back("127.0.0.1");
}

static void there_and_back_by_ipv6(void **state)
{
    (void)state;
    skip_without_ipv6();
    there_and_back("::1");
}

static void the_answer_leaves_from_the_address_that_was_asked(void **state)
{
    struct net_addr server, asked;
    struct io_datagram d;
    int listener = listen_somewhere("0.0.0.0", &server), client;

    (void)state;
    asked = address("127.0.0.77");
    asked.port = server.port;
    client = io_udp_connect(&asked);
    assert_int_equal(send(client, "?", 1, 0), 1);
    receive_batch(listener, 1);
    assert_true(addr_same_host(&batch.datagram[0].to, &asked));
    io_batch_answer(&batch, 0, (const uint8_t *)"!", 1);
    assert_int_equal(io_batch_send(&batch, listener), 1);
    assert_true(wait_for(client, POLLIN) & POLLIN); /* a connected socket hears 127.0.0.77 only */
    assert_int_equal(io_udp_receive(client, &d), 1);
    close(client);
    close(listener);
}

/* NTP-23: whoever answers a broadcast must be able to see that it was one. */
static void a_broadcast_is_told_as_one(void **state)
{
    struct net_addr server, all = address("255.255.255.255");
    union io_sockaddr to;
    struct io_datagram d;
    int listener = listen_somewhere("0.0.0.0", &server), client = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    struct net_addr subnet = address("127.255.255.255");

    (void)state;
    subnet.port = server.port;
    setsockopt(client, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
    assert_int_equal(sendto(client, "?", 1, 0, &to.any, io_sockaddr_from(&subnet, &to)), 1);
    assert_true(wait_for(listener, POLLIN) & POLLIN);
    assert_int_equal(io_udp_receive(listener, &d), 1);
    assert_true(addr_same_host(&d.to, &all));
    close(client);
    close(listener);
}

/* Two answers, the second with a stamp: its echo says where it went and what it was. */
static void an_answer_says_when_it_left(const char *host)
{
    struct pair p = open_pair(host);
    struct io_datagram *echo = batch.datagram;
    struct mono_ns before, after;
    struct net_addr asked;

    for (int i = 0; i < 2; i++)
        ask(&p, "question", 8);
    receive_batch(p.listener, 2);
    asked = batch.datagram[1].from;
    io_batch_answer(&batch, 0, (const uint8_t *)"plain!", 6);
    io_batch_answer(&batch, 1, (const uint8_t *)"answer", 6);
    io_batch_stamp(&batch);
    before = io_raw_now();
    assert_int_equal(io_batch_send(&batch, p.listener), 2);
    assert_true(wait_for(p.listener, 0) & POLLERR);
    after = io_raw_now();
    assert_int_equal(io_batch_left(&batch, p.listener, (enum addr_family)p.server.family, 2), 1);
    assert_true(addr_equal(&echo->to, &asked));
    assert_int_equal(echo->len, 6);
    assert_memory_equal(echo->bytes, "answer", 6);
    assert_int_equal(echo->stamp, STAMP_KERNEL);
    assert_true(before.ns - SLACK_NS <= echo->rx.ns && echo->rx.ns <= after.ns + SLACK_NS);
    assert_int_equal(io_batch_left(&batch, p.listener, (enum addr_family)p.server.family, 6), 0);
    close_pair(&p);
}

static void an_answer_says_when_it_left_by_ipv4(void **state)
{
    (void)state;
    an_answer_says_when_it_left("127.0.0.1");
}

static void an_answer_says_when_it_left_by_ipv6(void **state)
{
    (void)state;
    skip_without_ipv6();
    an_answer_says_when_it_left("::1");
}

/* What the echo holds is checked before it is believed. */
static void an_echo_that_is_too_short_is_passed_over(void **state)
{
    struct pair p = open_pair("127.0.0.1");

    (void)state;
    for (int i = 0; i < 2; i++)
        ask(&p, "question", 8);
    receive_batch(p.listener, 2);
    io_batch_answer(&batch, 0, (const uint8_t *)"answer", 6);
    io_batch_stamp(&batch);
    io_batch_answer(&batch, 1, (const uint8_t *)"longer answer", 13);
    io_batch_stamp(&batch);
    assert_int_equal(io_batch_send(&batch, p.listener), 2);
    assert_true(wait_for(p.listener, 0) & POLLERR);
    assert_int_equal(io_batch_left(&batch, p.listener, ADDR_IPV4, 7), 2); /* by one call */
    assert_int_equal(batch.datagram[0].len, 0);
    assert_int_equal(batch.datagram[1].len, 13);
    close_pair(&p);
}

static void a_datagram_too_long_is_marked(void **state)
{
    static const uint8_t long_one[IO_DATAGRAM_MAX + 1];
    struct pair p = open_pair("127.0.0.1");
    struct io_datagram d;

    (void)state;
    ask(&p, long_one, sizeof long_one);
    assert_true(wait_for(p.listener, POLLIN) & POLLIN);
    assert_int_equal(io_udp_receive(p.listener, &d), 1);
    assert_true(d.cut);
    assert_int_equal(d.len, IO_DATAGRAM_MAX);
    close_pair(&p);
}

static void a_batch_comes_in_order_and_no_answer_holds_up_the_next(void **state)
{
    struct pair p = open_pair("127.0.0.1");

    (void)state;
    for (uint8_t i = 0; i < 3; i++)
        ask(&p, &i, 1);
    receive_batch(p.listener, 3);
    batch.datagram[1].to = address("192.0.2.1"); /* not ours: the kernel refuses to send from it */
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(batch.datagram[i].bytes[0], i);
        io_batch_answer(&batch, i, batch.datagram[i].bytes, 1);
    }
    assert_int_equal(io_batch_send(&batch, p.listener), 2);
    assert_int_equal(io_batch_receive(&batch, p.listener), 0);
    assert_int_equal(io_batch_send(&batch, p.listener), 0);
    close_pair(&p);
}

/* Room is made ready as it is needed: nothing is left behind or turned around by that. */
static void batches_grow_until_all_waiting_come_at_once(void **state)
{
    struct pair p = open_pair("127.0.0.1");
    unsigned got = 0, before = 0, largest = 0;

    (void)state;
    io_batch_init(&batch);
    for (uint8_t i = 0; i < 4 * IO_BATCH_MAX - 1; i++)
        ask(&p, &i, 1);
    while ((before = io_batch_receive(&batch, p.listener)) > 0) {
        for (unsigned i = 0; i < before; i++)
            assert_int_equal(batch.datagram[i].bytes[0], got++);
        largest = before > largest ? before : largest;
    }
    assert_int_equal(got, 4 * IO_BATCH_MAX - 1);
    assert_int_equal(largest, IO_BATCH_MAX);
    close_pair(&p);
}

static void nobody_there_is_reported(void **state)
{
    struct net_addr server;
    struct io_datagram d;
    struct mono_ns tx;
    enum stamp stamp;
    struct io_hardware_stamp hardware;
    int listener = listen_somewhere("127.0.0.1", &server), client, err = 0;

    (void)state;
    close(listener);
    client = io_udp_connect(&server);
    assert_int_equal(io_udp_send(client, "?", 1, &tx), 0);
    for (int i = 0; i < 3 && err >= 0; i++) { /* the stamp and the refusal come in either order */
        wait_for(client, POLLIN | POLLPRI);
        err = io_udp_transmit_stamp(client, &tx, &stamp, &hardware);
        if (err == 0)
            err = io_udp_receive(client, &d);
    }
    assert_int_equal(err, -UE_REFUSED);
    close(client);
}

/* The kernel's notice about a send without copy (SO_EE_ORIGIN_ZEROCOPY) is nothing we ask for: an origin this code does not know. */
static void NTPC_28_a_notice_of_unknown_origin_is_passed_over(void **state)
{
    struct pair p = open_pair("127.0.0.1");
    struct mono_ns tx;
    enum stamp stamp;
    struct io_hardware_stamp hardware;
    int on = 1, stamps = 0;

    (void)state;
    if (setsockopt(p.client, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) != 0)
        skip();
    for (int i = 0; i < 4; i++)
        assert_int_equal(send(p.client, "question", 8, MSG_ZEROCOPY | MSG_DONTWAIT), 8);
    assert_int_equal(io_udp_send(p.client, "question", 8, &tx), 0);
    for (int i = 0; i < 20; i++) { /* stamps and notices in any order; never an error, never a stamp made of a notice */
        int got;

        wait_for(p.client, POLLPRI);
        got = io_udp_transmit_stamp(p.client, &tx, &stamp, &hardware);
        assert_true(got == 0 || got == 1);
        assert_true(got == 0 || stamp == STAMP_KERNEL);
        stamps += got;
        if (got == 0 && !(wait_for(p.client, 0) & POLLERR))
            break;
    }
    assert_in_range(stamps, 1, 5);
    close_pair(&p);
}

static void every_exchange_has_a_port_of_its_own(void **state)
{
    struct net_addr server = address("127.0.0.1:21001");
    union io_sockaddr sa;
    uint16_t port[16];

    (void)state;
    for (int i = 0; i < 16; i++) {
        socklen_t len = sizeof sa;
        int fd = io_udp_connect(&server);

        assert_int_equal(getsockname(fd, &sa.any, &len), 0);
        port[i] = io_addr_from(&sa).port;
        close(fd);
    }
    for (int i = 2; i < 16; i++) /* RFC 9109: neither the same again nor simply counted up */
        if ((uint16_t)(port[i] - port[i - 1]) != (uint16_t)(port[i - 1] - port[i - 2]))
            return;
    fail_msg("ports are predictable");
}

static void a_port_in_use_or_a_foreign_address_is_told(void **state)
{
    struct net_addr at, foreign = address("192.0.2.1:21002");
    int listener = listen_somewhere("127.0.0.1", &at);

    (void)state;
    assert_int_equal(io_udp_listen(&at, ""), -UE_IN_USE);
    assert_int_equal(io_udp_listen(&foreign, ""), -UE_NO_ADDRESS);
    close(listener);
}

/* No answer is cut into fragments on its way, and none asks the system for a number of fragments. */
static void answers_leave_whole(void **state)
{
    struct pair p = open_pair("127.0.0.1");
    socklen_t len = sizeof(int);
    int how = -1;

    (void)state;
    assert_int_equal(getsockopt(p.listener, IPPROTO_IP, IP_MTU_DISCOVER, &how, &len), 0);
    assert_int_equal(how, IP_PMTUDISC_PROBE);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_leave_whole),
        cmocka_unit_test(there_and_back_by_ipv4),
        cmocka_unit_test(there_and_back_by_ipv6),
        cmocka_unit_test(the_answer_leaves_from_the_address_that_was_asked),
        cmocka_unit_test(a_broadcast_is_told_as_one),
        cmocka_unit_test(an_answer_says_when_it_left_by_ipv4),
        cmocka_unit_test(an_answer_says_when_it_left_by_ipv6),
        cmocka_unit_test(an_echo_that_is_too_short_is_passed_over),
        cmocka_unit_test(a_datagram_too_long_is_marked),
        cmocka_unit_test(a_batch_comes_in_order_and_no_answer_holds_up_the_next),
        cmocka_unit_test(batches_grow_until_all_waiting_come_at_once),
        cmocka_unit_test(nobody_there_is_reported),
        cmocka_unit_test(NTPC_28_a_notice_of_unknown_origin_is_passed_over),
        cmocka_unit_test(every_exchange_has_a_port_of_its_own),
        cmocka_unit_test(a_port_in_use_or_a_foreign_address_is_told),
    };

    io_batch_init(&batch);
    return cmocka_run_group_tests(tests, wait_for_stamps, NULL);
}
