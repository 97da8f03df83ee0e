#include "io/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"

#define TCP_BACKLOG SOMAXCONN /* a handshake that finds no room is repeated by its client a second later */

/* accept has no flag for one call: a client that left again must not block us */
int io_tcp_adopt(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int io_tcp_listen(const struct net_addr *at, const char *interface)
{
    int fd = io_bind(at, interface, SOCK_STREAM, false), err;

    if (fd < 0)
        return fd;
    if (listen(fd, TCP_BACKLOG) == 0)
        return io_tcp_adopt(fd);
    err = io_error(errno);
    close(fd);
    return err;
}

/* For a system without the call, or one that has it but not for this descriptor. */
static int accept_plainly(int listener, union io_sockaddr *peer, socklen_t *len, int flags)
{
    int fd = accept(listener, &peer->any, len);

    return fd >= 0 && flags & SOCK_NONBLOCK ? io_tcp_adopt(fd) : fd;
}

int io_tcp_accept(int listener, struct net_addr *from, int flags)
{
    union io_sockaddr peer = { 0 };
    socklen_t len = sizeof peer;
    int fd = accept4(listener, &peer.any, &len, SOCK_CLOEXEC | flags);

    if (fd < 0 && (errno == ENOSYS || errno == EBADF))
        fd = accept_plainly(listener, &peer, &len, flags);
    *from = io_addr_from(&peer);
    if (fd >= 0)
        return fd;
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return -UE_FULL;
    case EBADF:
    case EINVAL:
    case ENOTSOCK: return -UE_IO;
    default: return 0; /* nobody there, or gone again: ECONNABORTED and the network errors of accept(2) */
    }
}

void io_tcp_init(struct tcp_table *t)
{
    t->count = 0;
}

static void forget(struct tcp_table *t, unsigned i)
{
    close(t->item[i].fd);
    memmove(&t->item[i], &t->item[i + 1], (--t->count - i) * sizeof t->item[0]);
}

/* By the calls that datagrams use as well, so that the role needs no others. A client that is gone already is no matter of ours. MSG_MORE: what is said and
 * the end of the connection are one segment. */
static void say_once(int fd, const void *bytes, size_t len)
{
    struct iovec iov = { (void *)bytes, len };
    struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

    if (sendmmsg(fd, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) < 0 && (errno == ENOSYS || errno == EBADF))
        send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE); /* systems that have it not, or not for this descriptor */
}

/* Takes what a client has sent, of which nothing is wanted. Returns as recv() does. */
static ssize_t throw_away(int fd)
{
    uint8_t waste[512];
    struct iovec iov = { waste, sizeof waste };

    return io_receive_one(fd, &(struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 }, MSG_DONTWAIT);
}

bool io_tcp_say(struct tcp_table *t, int fd, const void *bytes, size_t len, struct mono_ns now)
{
    if (len > 0)
        say_once(fd, bytes, len);
    if (throw_away(fd) <= 0) {
        close(fd);
        return false;
    }
    shutdown(fd, SHUT_WR);
    if (t->count == TCP_CONNECTIONS_MAX)
        forget(t, 0); /* entries stand in the order of arrival */
    t->item[t->count++] = (struct tcp_connection){ fd, mono_add(now, dur_from_ms(TCP_LINGER_MS)) };
    return true;
}

bool io_tcp_drain(struct tcp_table *t, int fd)
{
    ssize_t n = throw_away(fd);

    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return false;
    for (unsigned i = 0; i < t->count; i++)
        if (t->item[i].fd == fd) {
            forget(t, i);
            return true;
        }
    return false;
}

struct mono_ns io_tcp_expire(struct tcp_table *t, struct mono_ns now)
{
    while (t->count > 0 && !mono_before(now, t->item[0].cut_at))
        forget(t, 0);
    return t->count > 0 ? t->item[0].cut_at : MONO_NEVER;
}
