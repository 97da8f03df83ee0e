#include "daemon/log_remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/socket.h"

#define RETRY_NS (10 * NS_PER_S)

static void begin(struct log_remote *r)
{
    union io_sockaddr to;
    socklen_t len = io_sockaddr_from(&r->at, &to);
    int flags;

    r->fd = io_socket(to.any.sa_family, r->stream ? SOCK_STREAM : SOCK_DGRAM);
    if (r->fd < 0)
        return;
    flags = fcntl(r->fd, F_GETFL); /* connect(2) must not wait for a server that is away */
    fcntl(r->fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(r->fd, &to.any, len) == 0 || errno == EINPROGRESS)
        return;
    close(r->fd);
    r->fd = -1;
}

static void end(struct log_remote *r)
{
    close(r->fd);
    r->fd = -1;
}

void log_remote_open(struct log_remote *r, const struct net_addr *at, bool stream)
{
    *r = (struct log_remote){ .at = *at, .stream = stream, .fd = -1 };
    begin(r);
}

void log_remote_reopen(struct log_remote *r)
{
    if (!r->stream)
        return;
    if (r->fd >= 0)
        end(r);
    begin(r);
}

static bool may_try(struct log_remote *r, struct mono_ns now)
{
    if (r->any && mono_sub(now, r->tried).ns < RETRY_NS)
        return false;
    r->any = true;
    r->tried = now;
    return true;
}

void log_remote_send(struct log_remote *r, const char *message, size_t len, struct mono_ns now)
{
    char counted[LOG_MESSAGE_MAX + 16];
    size_t all = len;
    ssize_t n;

    if (r->fd < 0 && may_try(r, now))
        begin(r);
    if (r->stream) {
        all = (size_t)snprintf(counted, sizeof counted, "%zu %.*s", len, (int)len, message);
        message = counted;
    }
    n = r->fd < 0 ? -1 : send(r->fd, message, all, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n == (ssize_t)all)
        return;
    /* Half a message, or none ever again: a stream is begun anew. One that is still being connected is not: its socket is full. */
    if (r->stream && r->fd >= 0 && (n >= 0 || (errno != EAGAIN && errno != EINPROGRESS && errno != EALREADY && errno != ENOTCONN)))
        end(r);
}
