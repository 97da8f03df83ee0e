/* What the sieve lets through over loopback, by family, prefix and share. */
#include "base/test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/udp.h"

#define ASKED 2000

static struct net_addr address(const char *text, uint16_t port)
{
    struct net_addr a;

    assert_int_equal(addr_from_text(text, 0, &a), 0);
    a.port = port;
    return a;
}

static int listen_at(const char *host, uint16_t *port)
{
    struct net_addr at = address(host, 0);
    union io_sockaddr sa;
    socklen_t len = sizeof sa;
    int fd = io_udp_listen(&at, "");

    if (fd == -UE_UNSUPPORTED || fd == -UE_NO_ADDRESS)
        skip();
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, &sa.any, &len), 0);
    *port = io_addr_from(&sa).port;
    return fd;
}

/* How many of ASKED datagrams come through, one after the other, so that none is lost for want of room. */
static unsigned through(int listener, const char *source, const char *host, uint16_t port)
{
    static struct io_datagram d;
    struct net_addr from = address(source, 0), to = address(host, port);
    union io_sockaddr sa;
    socklen_t len = io_sockaddr_from(&to, &sa);
    int fd = io_bind(&from, "", SOCK_DGRAM, false);
    unsigned came = 0;

    assert_true(fd >= 0);
    for (unsigned i = 0; i < ASKED; i++) {
        assert_int_equal(sendto(fd, "?", 1, 0, &sa.any, len), 1);
        came += io_udp_receive(listener, &d) > 0;
    }
    close(fd);
    return came;
}

static struct io_sieve sieve_of(const char *net, uint8_t bits, uint32_t one_in)
{
    return (struct io_sieve){ .one_in = one_in, .count = 1, .item = { { address(net, 0), bits } } };
}

static void a_share_of_one_prefix_comes_through(void **state)
{
    struct io_sieve s = sieve_of("127.0.8.0", 24, 8);
    uint16_t port;
    int fd = listen_at("127.0.0.1", &port);
    uint32_t before = io_udp_dropped(fd);
    unsigned came;

    (void)state;
    assert_int_equal(io_udp_sieve(fd, &s), 0);
    came = through(fd, "127.0.8.77", "127.0.0.1", port);
    assert_in_range(came, ASKED / 8 / 2, 2 * ASKED / 8);
    assert_int_equal(io_udp_dropped(fd) - before, ASKED - came);
    assert_int_equal(through(fd, "127.0.9.77", "127.0.0.1", port), ASKED);
    assert_int_equal(io_udp_sieve(fd, &(struct io_sieve){ 0 }), 0);
    assert_int_equal(io_udp_sieve(fd, &(struct io_sieve){ 0 }), 0);
    assert_int_equal(through(fd, "127.0.8.77", "127.0.0.1", port), ASKED);
    close(fd);
}

/* As many as there is room for, of both families: the last is found as well as the first. */
static void every_place_of_a_full_sieve_counts(void **state)
{
    struct io_sieve s = { .one_in = UINT32_MAX, .count = IO_SIEVE_MAX };
    uint16_t port, port6;
    int fd = listen_at("127.0.0.1", &port), fd6 = listen_at("::1", &port6);
    char text[32];

    (void)state;
    for (unsigned i = 0; i < IO_SIEVE_MAX; i++) {
        bool ipv6 = i % 2;

        snprintf(text, sizeof text, ipv6 ? "2001:db8:%u::" : "127.0.0.%u", i + 10);
        s.item[i].net = address(text, 0);
        s.item[i].bits = ipv6 ? 64 : 32;
    }
    s.item[IO_SIEVE_MAX - 1].net = address("::", 0);
    assert_int_equal(io_udp_sieve(fd, &s), 0);
    assert_int_equal(io_udp_sieve(fd6, &s), 0);
    assert_in_range(through(fd, "127.0.0.10", "127.0.0.1", port), 0, 1);
    assert_in_range(through(fd, "127.0.0.16", "127.0.0.1", port), 0, 1);
    assert_int_equal(through(fd, "127.0.0.17", "127.0.0.1", port), ASKED);
    assert_in_range(through(fd6, "::1", "::1", port6), 0, 1);
    s.count--;
    assert_int_equal(io_udp_sieve(fd6, &s), 0);
    assert_int_equal(through(fd6, "::1", "::1", port6), ASKED);
    close(fd);
    close(fd6);
}

static void prefixes_of_ipv6_have_any_length(void **state)
{
    static const struct { const char *net; uint8_t bits; bool match; } row[] = {
        { "::", 16, true }, { "::", 32, true }, { "::", 48, true }, { "::", 64, true }, { "0:0:0:1::", 64, false }, { "0:0:0:1::", 48, true },
        { "0:1::", 32, false }, { "0:1::", 16, true }, { "8000::", 16, false },
    };
    uint16_t port;
    int fd = listen_at("::1", &port);

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct io_sieve s = sieve_of(row[i].net, row[i].bits, UINT32_MAX);

        assert_int_equal(io_udp_sieve(fd, &s), 0);
        if (row[i].match)
            assert_in_range(through(fd, "::1", "::1", port), 0, 1);
        else
            assert_int_equal(through(fd, "::1", "::1", port), ASKED);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_one_prefix_comes_through),
        cmocka_unit_test(every_place_of_a_full_sieve_counts),
        cmocka_unit_test(prefixes_of_ipv6_have_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
