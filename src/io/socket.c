#include "io/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "io/local.h"

socklen_t io_sockaddr_from(const struct net_addr *a, union io_sockaddr *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == ADDR_IPV4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(a->port);
        memcpy(&out->v4.sin_addr, a->bytes, 4);
        return sizeof out->v4;
    }
    if (a->family == ADDR_IPV6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(a->port);
        out->v6.sin6_scope_id = a->scope;
        memcpy(&out->v6.sin6_addr, a->bytes, 16);
        return sizeof out->v6;
    }
    return 0;
}

void io_addr_read(const union io_sockaddr *s, struct net_addr *out)
{
    *out = (struct net_addr){ 0 };
    if (s->any.sa_family == AF_INET) {
        out->family = ADDR_IPV4;
        out->port = ntohs(s->v4.sin_port);
        memcpy(out->bytes, &s->v4.sin_addr, 4);
    } else if (s->any.sa_family == AF_INET6) {
        out->family = ADDR_IPV6;
        out->port = ntohs(s->v6.sin6_port);
        out->scope = s->v6.sin6_scope_id;
        memcpy(out->bytes, &s->v6.sin6_addr, 16);
    }
}

struct net_addr io_addr_from(const union io_sockaddr *s)
{
    struct net_addr a;

    io_addr_read(s, &a);
    return a;
}

int io_error(int system_error)
{
    switch (system_error) {
    case EACCES:
    case EPERM: return -UE_PERMISSION;
    case EROFS: return -UE_READ_ONLY;
    case EADDRINUSE: return -UE_IN_USE;
    case EADDRNOTAVAIL: return -UE_NO_ADDRESS;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN: return -UE_UNREACHABLE;
    case ECONNREFUSED: return -UE_REFUSED;
    case ETIMEDOUT: return -UE_TIMEOUT;
    case ENOENT:
    case ENOTDIR: return -UE_NO_FILE;
    case ENOSPC:
    case EDQUOT: return -UE_NO_SPACE;
    case ENOSYS:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT: return -UE_UNSUPPORTED;
    case EAGAIN:
    case EBUSY: return -UE_BUSY;
    case EMFILE:
    case ENFILE: return -UE_FULL;
    case ENOMEM:
    case ENOBUFS: return -UE_MEMORY;
    default: return -UE_IO;
    }
}

ssize_t io_receive_one(int fd, struct msghdr *m, int flags)
{
    struct mmsghdr one = { .msg_hdr = *m };
    int n = recvmmsg(fd, &one, 1, flags, NULL);

    if (n < 0 && (errno == ENOSYS || errno == EBADF)) /* EBADF: a system that has the call but not for this descriptor */
        return recvmsg(fd, m, flags);
    *m = one.msg_hdr;
    return n < 0 ? -1 : n == 0 ? 0 : (ssize_t)one.msg_len;
}

int io_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    if (fd < 0 && errno == EINVAL) {
        fd = socket(family, type, 0);
        if (fd < 0 && errno == EINVAL)
            return -UE_UNSUPPORTED; /* a family or type this system does not know */
        if (fd >= 0)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd < 0 ? io_error(errno) : fd;
}

/* Loopback or unspecified: addresses every IPv6 system has. */
static bool is_universal(const struct net_addr *a)
{
    static const uint8_t zero[15];

    return a->family == ADDR_IPV6 && memcmp(a->bytes, zero, sizeof zero) == 0 && a->bytes[15] <= 1;
}

static void choose_options(int fd, const struct net_addr *at, int type, bool shared)
{
    int one = 1;

    if (at->family == ADDR_IPV6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (type == SOCK_STREAM) /* connections of an earlier run may linger; on UDP it would let two servers share a port unseen */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
}

static int bind_to(int fd, const struct net_addr *at, const char *interface)
{
    struct net_addr scoped = *at;
    union io_sockaddr sa;
    socklen_t len;

    if (*interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0)
        return errno == ENODEV ? -UE_NO_ADDRESS : io_error(errno);
    if (*interface && scoped.scope == 0 && addr_is_link_local(at))
        scoped.scope = io_local_interface(interface);
    len = io_sockaddr_from(&scoped, &sa);
    if (bind(fd, &sa.any, len) == 0)
        return 0;
    if (errno == ENODEV)
        return -UE_NO_ADDRESS;
    return errno == EADDRNOTAVAIL && is_universal(at) ? -UE_UNSUPPORTED : io_error(errno);
}

int io_bind(const struct net_addr *at, const char *interface, int type, bool shared)
{
    int fd = io_socket(at->family == ADDR_IPV6 ? AF_INET6 : AF_INET, type), err;

    if (fd < 0)
        return fd;
    choose_options(fd, at, type, shared);
    err = bind_to(fd, at, interface);
    if (!err)
        return fd;
    close(fd);
    return err;
}
