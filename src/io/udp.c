#include "io/udp.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <stdalign.h>
#include <time.h>
#include <unistd.h>

#include "io/socket.h"
#include "io/stamp.h"

#define UDP_HEADER 8
#define BATCH_AT_FIRST 8  /* divides IO_BATCH_MAX by a power of two */
#define RECEIVE_BUFFER (1 << 20) /* of a listener: a burst waits rather than being lost; the system may grant less */

/* -- sockets ------------------------------------------------------------------------------------------------ */

static void ask_for_stamps(int fd, unsigned extra)
{
    unsigned flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | extra;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags); /* refused: stamps are taken here */
}

/* Where requests went, and where answers leave from: known by itself for a socket that has one address. */
static void ask_for_destinations(int fd, const struct net_addr *at)
{
    int one = 1;

    if (addr_is_usable_server(at))
        return;
    if (at->family == ADDR_IPV6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    else
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
}

/* Answers are short. One that no path may cut cannot have a piece of it forged, nor be made smaller by a forged word on the path; and the system need not
 * find a number for pieces by its table of destinations, which with many of them takes it a tenth of the time of an answer. */
static void leave_whole(int fd, const struct net_addr *at)
{
    int whole = IP_PMTUDISC_PROBE;

    if (at->family == ADDR_IPV4)
        setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof whole);
}

int io_udp_adopt(int fd, const struct net_addr *at)
{
    int buffer = RECEIVE_BUFFER;

    ask_for_destinations(fd, at);
    leave_whole(fd, at);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    ask_for_stamps(fd, 0);
    return fd;
}

static int listen_at(const struct net_addr *at, const char *interface, bool shared)
{
    int fd = io_bind(at, interface, SOCK_DGRAM, shared);

    return fd < 0 ? fd : io_udp_adopt(fd, at);
}

int io_udp_listen(const struct net_addr *at, const char *interface) { return listen_at(at, interface, false); }

int io_udp_listen_beside(int first, const struct net_addr *at, const char *interface)
{
    int one = 1;

    return setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 ? listen_at(at, interface, true) : io_error(errno);
}

int io_udp_steer_by_cpu(int fd, unsigned n)
{
    struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_CPU)), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
                                  BPF_STMT(BPF_RET | BPF_A, 0) };
    struct sock_fprog program = { sizeof code / sizeof code[0], code };

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0 ? 0 : io_error(errno);
}

void io_udp_mark(int fd, uint8_t family, unsigned dscp)
{
    int class = (int)dscp << 2; /* above the two bits of RFC 3168 */

    if (family == ADDR_IPV6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class);
    else
        setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof class);
}

int io_udp_connect(const struct net_addr *to)
{
    union io_sockaddr sa;
    socklen_t len = io_sockaddr_from(to, &sa);
    int fd = io_socket(sa.any.sa_family, SOCK_DGRAM), err;

    if (fd < 0)
        return fd;
    ask_for_stamps(fd, SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY);
    if (connect(fd, &sa.any, len) == 0)
        return fd;
    err = io_error(errno);
    close(fd);
    return err;
}

void io_udp_local(int fd, struct net_addr *out)
{
    union io_sockaddr sa;
    socklen_t len = sizeof sa;

    *out = (struct net_addr){ .family = ADDR_NONE };
    if (getsockname(fd, &sa.any, &len) == 0)
        io_addr_read(&sa, out);
}

void io_udp_ask_hardware(int fd, uint8_t family, enum io_side side)
{
    int one = 1; /* a client socket has to be told as well which interface its packets leave by */

    if (family == ADDR_IPV6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    else
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    ask_for_stamps(fd, SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_OPT_PKTINFO | SOF_TIMESTAMPING_OPT_CMSG |
                       (side == IO_CLIENT ? SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_HARDWARE : 0));
}

/* -- what came along with a datagram ------------------------------------------------------------------------ */

/* A network's own broadcast address looks like any other; only the kernel knows. It shows by naming a different address of ours (ip(7)), and all
 * broadcasts become 255.255.255.255. */
static void read_destination4(const struct in_pktinfo *info, struct io_datagram *d)
{
    in_addr_t to = info->ipi_addr.s_addr;

    if (info->ipi_spec_dst.s_addr != to && !IN_MULTICAST(ntohl(to)))
        to = htonl(INADDR_BROADCAST);
    d->to.family = ADDR_IPV4;
    memcpy(d->to.bytes, &to, 4);
    d->ifindex = (uint32_t)info->ipi_ifindex;
}

static void read_destination6(const struct in6_pktinfo *info, struct io_datagram *d)
{
    d->to.family = ADDR_IPV6;
    memcpy(d->to.bytes, &info->ipi6_addr, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
        d->to.scope = info->ipi6_ifindex; /* as the system names it in a source address */
    d->ifindex = info->ipi6_ifindex;
}

/* One of the three: the first is the software's, an instant of CLOCK_REALTIME, the last the card's. 0 when there is none. */
enum { SOFTWARE_STAMP = 0, HARDWARE_STAMP = 2 };
static int64_t read_stamp(const struct cmsghdr *c, unsigned which)
{
    struct timespec ts;

    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING || c->cmsg_len < CMSG_LEN(3 * sizeof ts))
        return 0;
    memcpy(&ts, CMSG_DATA(c) + which * sizeof ts, sizeof ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void read_hardware(const struct cmsghdr *c, struct io_hardware_stamp *h)
{
    struct scm_ts_pktinfo info;

    if (c->cmsg_level != SOL_SOCKET)
        return;
    if (c->cmsg_type == SCM_TIMESTAMPING_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof info)) {
        memcpy(&info, CMSG_DATA(c), sizeof info);
        h->ifindex = info.if_index;
        h->wire_bytes = info.pkt_length;
    } else if (c->cmsg_type == SCM_TIMESTAMPING) {
        h->ns = read_stamp(c, HARDWARE_STAMP);
    }
}

static void read_control(const struct cmsghdr *c, const struct io_instant *now, struct io_datagram *d)
{
    const void *data = CMSG_DATA(c);

    if (c->cmsg_level == SOL_SOCKET) {
        if (io_stamp_to_raw(now, read_stamp(c, SOFTWARE_STAMP), &d->rx))
            d->stamp = STAMP_KERNEL;
        read_hardware(c, &d->hardware);
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof(struct in_pktinfo))) {
        read_destination4(data, d);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo))) {
        read_destination6(data, d);
    }
}

static void take(const union io_sockaddr *peer, struct msghdr *m, size_t len, const struct io_instant *now, struct io_datagram *d)
{
    io_addr_read(peer, &d->from);
    d->to = (struct net_addr){ 0 };
    d->ifindex = 0;
    d->rx = now->raw;
    d->stamp = STAMP_USER;
    d->hardware = (struct io_hardware_stamp){ 0 };
    d->cut = (m->msg_flags & MSG_TRUNC) != 0;
    d->len = len;
    for (const struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, (struct cmsghdr *)c))
        read_control(c, now, d);
    if (!d->hardware.ifindex)
        d->hardware.ifindex = d->ifindex;
}

/* -- receiving ---------------------------------------------------------------------------------------------- */

int io_udp_receive(int fd, struct io_datagram *d)
{
    union io_sockaddr peer;
    union io_control control;
    struct iovec iov = { d->bytes, sizeof d->bytes };
    struct msghdr m = { .msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                        .msg_controllen = sizeof control };
    struct io_instant now;
    ssize_t len = recvmsg(fd, &m, MSG_DONTWAIT);

    if (len < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : io_error(errno);
    now = io_instant_now();
    take(&peer, &m, (size_t)len, &now, d);
    return 1;
}

static void make_slot(struct io_batch *b, unsigned i)
{
    struct io_slot *s = &b->slot[i];

    s->in = (struct iovec){ b->datagram[i].bytes, sizeof b->datagram[i].bytes };
    b->in[i].msg_hdr = (struct msghdr){ .msg_name = &s->peer, .msg_namelen = sizeof s->peer, .msg_iov = &s->in, .msg_iovlen = 1,
                                        .msg_control = &s->control, .msg_controllen = sizeof s->control };
    b->out[i].msg_hdr = (struct msghdr){ .msg_iovlen = 1 };
}

static void make_slots(struct io_batch *b, unsigned ready)
{
    while (b->ready < ready)
        make_slot(b, b->ready++);
}

void io_batch_init(struct io_batch *b)
{
    b->count = b->answers = b->ready = 0;
    b->ask_cards = false;
    make_slots(b, BATCH_AT_FIRST);
}

/* The system overwrote the lengths of the last batch's messages. */
static void make_ready(struct io_batch *b)
{
    for (unsigned i = 0; i < b->count; i++) {
        b->in[i].msg_hdr.msg_namelen = sizeof b->slot[i].peer;
        b->in[i].msg_hdr.msg_controllen = sizeof b->slot[i].control;
    }
    if (b->count == b->ready && b->ready < IO_BATCH_MAX)
        make_slots(b, 2 * b->ready);
    b->count = b->answers = 0;
}

/* What waits in the socket's queue, or in that of its errors (flags). Returns b->count. */
static inline unsigned read_queue(struct io_batch *b, int fd, int flags)
{
    int got;

    make_ready(b);
    got = recvmmsg(fd, b->in, b->ready, flags | MSG_DONTWAIT, NULL);
    if (got < 0 && (errno == ENOSYS || errno == EBADF)) { /* EBADF: a system that has the call but not for this descriptor */
        ssize_t len = recvmsg(fd, &b->in[0].msg_hdr, flags | MSG_DONTWAIT);

        got = len < 0 ? 0 : 1;
        b->in[0].msg_len = (unsigned)len;
    }
    b->count = got > 0 ? (unsigned)got : 0;
    return b->count;
}

unsigned io_batch_receive(struct io_batch *b, int fd)
{
    struct io_instant now;

    if (read_queue(b, fd, 0) == 0)
        return 0;
    now = io_instant_now();
    for (unsigned i = 0; i < b->count; i++)
        take(&b->slot[i].peer, &b->in[i].msg_hdr, b->in[i].msg_len, &now, &b->datagram[i]);
    return b->count;
}

/* -- sending ------------------------------------------------------------------------------------------------ */

int io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx)
{
    struct iovec iov = { (void *)bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

    *tx = io_raw_now();
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? io_error(errno) : 0;
}

/* The source address of the answer, in the place of what came with the request; a link-local one needs its interface as well. Returns the length. Apart,
 * because a listener with one address does not need it. */
__attribute__((noinline)) static size_t write_source(const struct io_datagram *request, union io_control *control)
{
    void *data = CMSG_DATA(&control->align);

    if (request->to.family == ADDR_IPV4) {
        struct in_pktinfo info = { 0 };

        memcpy(&info.ipi_spec_dst, request->to.bytes, 4);
        control->align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
        memcpy(data, &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    if (request->to.family == ADDR_IPV6) {
        struct in6_pktinfo info = { 0 };

        memcpy(&info.ipi6_addr, request->to.bytes, 16);
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = request->ifindex;
        control->align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
        memcpy(data, &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    return 0;
}

void io_batch_answer(struct io_batch *b, unsigned i, const uint8_t *bytes, size_t len)
{
    struct io_slot *s = &b->slot[i];
    struct msghdr *m = &b->out[b->answers].msg_hdr;

    assert(i < b->count && b->answers < b->count);
    s->out = (struct iovec){ (void *)bytes, len };
    m->msg_name = &s->peer;
    m->msg_namelen = b->in[i].msg_hdr.msg_namelen;
    m->msg_iov = &s->out;
    m->msg_control = &s->control;
    m->msg_controllen = b->datagram[i].to.family == ADDR_NONE ? 0 : write_source(&b->datagram[i], &s->control);
    b->answers++;
}

void io_batch_stamp(struct io_batch *b)
{
    const unsigned flags = SOF_TIMESTAMPING_TX_SOFTWARE | (b->ask_cards ? SOF_TIMESTAMPING_TX_HARDWARE : 0u);
    struct msghdr *m = &b->out[b->answers - 1].msg_hdr;
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control + m->msg_controllen);

    assert(b->answers > 0 && m->msg_controllen + CMSG_SPACE(sizeof flags) <= IO_CONTROL_MAX);
    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof flags), .cmsg_level = SOL_SOCKET, .cmsg_type = SO_TIMESTAMPING };
    memcpy(CMSG_DATA(c), &flags, sizeof flags);
    m->msg_controllen += CMSG_SPACE(sizeof flags);
}

unsigned io_batch_send(struct io_batch *b, int fd)
{
    unsigned left = 0;

    for (unsigned i = 0; i < b->answers;) {
        int sent = sendmmsg(fd, b->out + i, b->answers - i, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && (errno == ENOSYS || errno == EBADF)) /* EBADF: a system that has the call but not for this descriptor */
            sent = sendmsg(fd, &b->out[i].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
        if (sent > 0)
            left += (unsigned)sent;
        i += sent > 0 ? (unsigned)sent : 1; /* one that cannot leave does not hold up the others */
    }
    b->answers = 0;
    return left;
}

/* -- the error queue ---------------------------------------------------------------------------------------- */

/* A transmit stamp names its interface as an arrival does. */
static uint32_t interface_of(const struct cmsghdr *c)
{
    struct in_pktinfo v4 = { 0 };
    struct in6_pktinfo v6 = { 0 };

    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof v4))
        memcpy(&v4, CMSG_DATA(c), sizeof v4);
    else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof v6))
        memcpy(&v6, CMSG_DATA(c), sizeof v6);
    return (uint32_t)v4.ipi_ifindex | v6.ipi6_ifindex;
}

/* When a packet of ours left, as its message on the error queue says. */
struct departure { struct mono_ns tx; enum stamp stamp; struct io_hardware_stamp hardware; bool stamped; };

static void read_departure(struct msghdr *m, const struct io_instant *now, struct departure *d)
{
    *d = (struct departure){ .tx = now->raw, .stamp = STAMP_USER };
    for (const struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, (struct cmsghdr *)c)) {
        uint32_t ifindex = interface_of(c);

        if (io_stamp_to_raw(now, read_stamp(c, SOFTWARE_STAMP), &d->tx))
            d->stamp = STAMP_KERNEL;
        read_hardware(c, &d->hardware);
        d->hardware.ifindex = ifindex ? ifindex : d->hardware.ifindex;
    }
    d->stamped = d->stamp == STAMP_KERNEL || d->hardware.ns != 0;
}

int io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp, struct io_hardware_stamp *hardware)
{
    uint8_t echo[IO_DATAGRAM_MAX]; /* some systems give the packet back with the stamp */
    union io_control control;
    struct iovec iov = { echo, sizeof echo };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    struct io_instant now;
    struct departure d;
    int pending = 0;
    socklen_t len = sizeof pending;

    if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &len) == 0 && pending ? io_error(pending) : 0;
    now = io_instant_now();
    read_departure(&m, &now, &d);
    if (!d.stamped)
        return 0;
    *tx = d.tx;
    *stamp = d.stamp;
    *hardware = d.hardware;
    return 1;
}

#define PROTOCOL_UDP 17
#define IPV4_HEADER 20          /* we send no options */
#define IPV6_HEADER 40

/* Is this an IP header (RFC 791, RFC 8200) with a UDP datagram (RFC 768) behind it, and nothing behind that? */
static bool begins_datagram(enum addr_family family, const uint8_t *at, size_t len)
{
    size_t header = family == ADDR_IPV6 ? IPV6_HEADER : IPV4_HEADER;

    if (len < header + UDP_HEADER || wire_get16(at + header + 4) != len - header)
        return false;
    if (family == ADDR_IPV6)
        return at[0] >> 4 == 6 && at[6] == PROTOCOL_UDP && wire_get16(at + 4) == len - header;
    return at[0] == (4 << 4 | IPV4_HEADER / 4) && at[9] == PROTOCOL_UDP && wire_get16(at + 2) == len;
}

/* Our answer ends the echo, behind whatever headers the link has. Returns false when it is not what it should be. */
static bool read_echo(enum addr_family family, size_t len, size_t len_min, struct io_datagram *d)
{
    size_t header = family == ADDR_IPV6 ? IPV6_HEADER : IPV4_HEADER, address = family == ADDR_IPV6 ? 16 : 4, at = 0;
    const uint8_t *udp;

    while (at < len && !begins_datagram(family, d->bytes + at, len - at))
        at++;
    udp = d->bytes + at + header;
    if (len - at < header + UDP_HEADER + len_min)
        return false;
    d->to = (struct net_addr){ .family = (uint8_t)family, .port = wire_get16(udp + 2) };
    memcpy(d->to.bytes, udp - address, address);
    d->len = len - at - header - UDP_HEADER;
    memmove(d->bytes, udp + UDP_HEADER, d->len);
    return true;
}

unsigned io_batch_left(struct io_batch *b, int fd, enum addr_family family, size_t len_min)
{
    struct io_instant now;

    if (read_queue(b, fd, MSG_ERRQUEUE) == 0)
        return 0;
    now = io_instant_now();
    for (unsigned i = 0; i < b->count; i++) {
        struct io_datagram *echo = &b->datagram[i];
        struct departure d;

        read_departure(&b->in[i].msg_hdr, &now, &d);
        echo->rx = d.tx;
        echo->stamp = d.stamp;
        echo->hardware = d.hardware;
        if (!d.stamped || !read_echo(family, b->in[i].msg_len, len_min, echo))
            echo->len = 0;
    }
    return b->count;
}
