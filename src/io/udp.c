#include "io/udp.h"

#include <assert.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdalign.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"

/* Destination address, three timestamps, an extended error and some air. */
#define CONTROL_SIZE 256
#define RECEIVE_BUFFER (1 << 20) /* of a listener: a burst waits rather than being lost; the system may grant less */

struct slot {
    union io_sockaddr peer;
    struct iovec iov;
    alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE];
};

/* -- sockets ------------------------------------------------------------------------------------------------ */

static void ask_for_stamps(int fd, unsigned extra)
{
    unsigned flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | extra;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags); /* refused: stamps are taken here */
}

int io_udp_listen(const struct net_addr *at)
{
    int fd = io_bind(at, SOCK_DGRAM), one = 1, buffer = RECEIVE_BUFFER;

    if (fd < 0)
        return fd;
    if (at->family == ADDR_IPV6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    else
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    ask_for_stamps(fd, 0);
    return fd;
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

/* -- what came along with a datagram ------------------------------------------------------------------------ */

static void read_destination(const struct cmsghdr *c, struct io_datagram *d)
{
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;

        memcpy(&info, CMSG_DATA(c), sizeof info);
        d->to.family = ADDR_IPV4;
        memcpy(d->to.bytes, &info.ipi_addr, 4);
        if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr && !IN_MULTICAST(ntohl(info.ipi_addr.s_addr)))
            memset(d->to.bytes, 0xff, 4); /* a subnet's broadcast address: only the kernel knows, and names another address of ours (ip(7)) */
        d->ifindex = (uint32_t)info.ipi_ifindex;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;

        memcpy(&info, CMSG_DATA(c), sizeof info);
        d->to.family = ADDR_IPV6;
        memcpy(d->to.bytes, &info.ipi6_addr, 16);
        d->ifindex = info.ipi6_ifindex;
    }
}

/* The software stamp, as an instant of CLOCK_REALTIME; 0 when there is none. */
static int64_t software_stamp(const struct cmsghdr *c)
{
    struct timespec ts[3];

    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING || c->cmsg_len < CMSG_LEN(sizeof ts))
        return 0;
    memcpy(ts, CMSG_DATA(c), sizeof ts);
    return (int64_t)ts[0].tv_sec * NS_PER_S + ts[0].tv_nsec;
}

static void prepare(struct slot *s, struct io_datagram *d, struct msghdr *m)
{
    s->iov = (struct iovec){ d->bytes, sizeof d->bytes };
    *m = (struct msghdr){ .msg_name = &s->peer, .msg_namelen = sizeof s->peer, .msg_iov = &s->iov, .msg_iovlen = 1,
                          .msg_control = s->control, .msg_controllen = sizeof s->control };
}

static void take(const struct slot *s, struct msghdr *m, size_t len, const struct io_instant *now, struct io_datagram *d)
{
    d->from = io_addr_from(&s->peer);
    d->to = (struct net_addr){ 0 };
    d->ifindex = 0;
    d->rx = now->raw;
    d->stamp = STAMP_USER;
    d->cut = (m->msg_flags & MSG_TRUNC) != 0;
    d->len = len;
    for (const struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, (struct cmsghdr *)c)) {
        read_destination(c, d);
        if (io_stamp_to_raw(now, software_stamp(c), &d->rx))
            d->stamp = STAMP_KERNEL;
    }
}

/* -- receiving ---------------------------------------------------------------------------------------------- */

int io_udp_receive(int fd, struct io_datagram *d)
{
    struct slot slot;
    struct msghdr m;
    struct io_instant now;
    ssize_t len;

    prepare(&slot, d, &m);
    len = recvmsg(fd, &m, MSG_DONTWAIT);
    if (len < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : io_error(errno);
    now = io_instant_now();
    take(&slot, &m, (size_t)len, &now, d);
    return 1;
}

unsigned io_udp_receive_batch(int fd, struct io_datagram *d, unsigned n)
{
    struct slot slot[IO_BATCH_MAX];
    struct mmsghdr m[IO_BATCH_MAX];
    struct io_instant now;
    int got;

    assert(n <= IO_BATCH_MAX);
    for (unsigned i = 0; i < n; i++)
        prepare(&slot[i], &d[i], &m[i].msg_hdr);
    got = recvmmsg(fd, m, n, MSG_DONTWAIT, NULL);
    if (got < 0 && errno == ENOSYS)
        return io_udp_receive(fd, d) > 0;
    if (got <= 0)
        return 0;
    now = io_instant_now();
    for (int i = 0; i < got; i++)
        take(&slot[i], &m[i].msg_hdr, m[i].msg_len, &now, &d[i]);
    return (unsigned)got;
}

/* -- sending ------------------------------------------------------------------------------------------------ */

int io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx)
{
    struct iovec iov = { (void *)bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

    *tx = io_raw_now();
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? io_error(errno) : 0;
}

static size_t put_control(struct cmsghdr *c, int level, int type, const void *data, size_t len)
{
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    return CMSG_SPACE(len);
}

/* The source address of the answer; a link-local one needs its interface as well. Returns the length of the control data. */
static size_t write_source(const struct io_datagram *request, uint8_t *control)
{
    struct cmsghdr *c = (struct cmsghdr *)control;

    memset(control, 0, CONTROL_SIZE);
    if (request->to.family == ADDR_IPV4) {
        struct in_pktinfo info = { 0 };

        memcpy(&info.ipi_spec_dst, request->to.bytes, 4);
        return put_control(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
    if (request->to.family == ADDR_IPV6) {
        struct in6_pktinfo info = { 0 };

        memcpy(&info.ipi6_addr, request->to.bytes, 16);
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = request->ifindex;
        return put_control(c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
    return 0;
}

static void address_answer(const struct io_answer *a, struct slot *s, struct msghdr *m)
{
    s->iov = (struct iovec){ (void *)a->bytes, a->len };
    *m = (struct msghdr){ .msg_name = &s->peer, .msg_namelen = io_sockaddr_from(&a->request->from, &s->peer), .msg_iov = &s->iov, .msg_iovlen = 1 };
    m->msg_controllen = write_source(a->request, s->control);
    m->msg_control = m->msg_controllen ? s->control : NULL;
}

unsigned io_udp_answer_batch(int fd, const struct io_answer *a, unsigned n)
{
    struct slot slot[IO_BATCH_MAX];
    struct mmsghdr m[IO_BATCH_MAX];
    unsigned left = 0;

    assert(n <= IO_BATCH_MAX);
    for (unsigned i = 0; i < n; i++)
        address_answer(&a[i], &slot[i], &m[i].msg_hdr);
    for (unsigned i = 0; i < n;) {
        int sent = sendmmsg(fd, m + i, n - i, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && (errno == ENOSYS || errno == EBADF)) /* EBADF: a system that has the call but not for this descriptor */
            sent = sendmsg(fd, &m[i].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
        if (sent > 0)
            left += (unsigned)sent;
        i += sent > 0 ? (unsigned)sent : 1; /* one that cannot leave does not hold up the others */
    }
    return left;
}

int io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp)
{
    uint8_t echo[IO_DATAGRAM_MAX]; /* some systems give the packet back with the stamp */
    alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE];
    struct iovec iov = { echo, sizeof echo };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct io_instant now;
    int pending = 0;
    socklen_t len = sizeof pending;

    if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &len) == 0 && pending ? io_error(pending) : 0;
    now = io_instant_now();
    for (const struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, (struct cmsghdr *)c))
        if (io_stamp_to_raw(&now, software_stamp(c), tx)) {
            *stamp = STAMP_KERNEL;
            return 1;
        }
    return 0;
}
