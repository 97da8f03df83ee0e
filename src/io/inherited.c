#include "io/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */

/* -1 where it is no number of that range. */
static long number(const char *text, long most)
{
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : -1;

    return text && end != text && *end == '\0' && n >= 0 && n <= most ? n : -1;
}

static int kind_of(int fd, int option)
{
    socklen_t len = sizeof(int);
    int value = -1;

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool place_of(int fd, struct net_addr *at)
{
    union io_sockaddr s = { .any.sa_family = AF_UNSPEC };
    socklen_t len = sizeof s;

    if (getsockname(fd, &s.any, &len) != 0)
        return false;
    *at = io_addr_from(&s);
    return at->family != ADDR_NONE;
}

void inherited_begin(struct inherited *h)
{
    long pid = number(getenv("LISTEN_PID"), INT32_MAX), count = number(getenv("LISTEN_FDS"), sysconf(_SC_OPEN_MAX) - FIRST);

    h->count = 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (pid != getpid())
        return;
    for (int fd = FIRST; fd < FIRST + count; fd++) {
        if (h->count == INHERITED_MAX || kind_of(fd, SO_TYPE) < 0) {
            close(fd);
            continue;
        }
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        h->fd[h->count++] = fd;
    }
}

static bool fits(int fd, const struct net_addr *at, bool stream)
{
    struct net_addr own;

    if (kind_of(fd, SO_TYPE) != (stream ? SOCK_STREAM : SOCK_DGRAM) || (stream && kind_of(fd, SO_ACCEPTCONN) != 1))
        return false;
    return place_of(fd, &own) && addr_equal(&own, at);
}

int inherited_take(struct inherited *h, const struct net_addr *at, bool stream)
{
    for (unsigned i = 0; i < h->count; i++)
        if (h->fd[i] >= 0 && fits(h->fd[i], at, stream)) {
            int fd = h->fd[i];

            h->fd[i] = -1;
            return fd;
        }
    return -1;
}

bool inherited_drop(struct inherited *h, struct net_addr *at, bool *stream)
{
    while (h->count > 0) {
        int fd = h->fd[--h->count];

        if (fd < 0)
            continue;
        if (!place_of(fd, at))
            *at = (struct net_addr){ .family = ADDR_NONE };
        *stream = kind_of(fd, SO_TYPE) == SOCK_STREAM;
        close(fd);
        return true;
    }
    return false;
}
