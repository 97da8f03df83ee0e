#include "io/unix.h"

#define GROUPS_MAX 256

#include <errno.h>
#include <poll.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"

#define BACKLOG 16

/* Returns the length of the address, 0 when the name does not fit. "@name" is abstract. */
static socklen_t unix_address(const char *name, struct sockaddr_un *out)
{
    size_t len = strlen(name);

    if (len == 0 || len >= sizeof out->sun_path)
        return 0;
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(out->sun_path, name, len);
    if (name[0] == '@')
        out->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] != '@'));
}

/* The mode is there with the socket: to change it by the name afterwards would be to change that of what somebody else put there meanwhile. */
static int bind_with_mode(int fd, const struct sockaddr_un *sa, socklen_t len, unsigned mode)
{
    mode_t before = umask(0777 & ~mode);
    int err = bind(fd, (const struct sockaddr *)sa, len) == 0 ? 0 : io_error(errno);

    umask(before);
    return err;
}

static int listen_at(const char *path, unsigned mode, int type)
{
    struct sockaddr_un sa;
    socklen_t len = unix_address(path, &sa);
    struct stat st;
    int fd, err;

    if (!len)
        return -UE_RANGE;
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return -UE_IN_USE;
    fd = io_socket(AF_UNIX, type);
    if (fd < 0)
        return fd;
    unlink(path);
    err = bind_with_mode(fd, &sa, len, mode);
    if (!err && (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0)) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        return fd;
    }
    if (!err) {
        err = io_error(errno);
        unlink(path);
    }
    close(fd);
    return err;
}

int io_unix_listen(const char *path, unsigned mode) { return listen_at(path, mode, SOCK_STREAM); }

int io_unix_listen_packets(const char *path, unsigned mode) { return listen_at(path, mode, SOCK_SEQPACKET); }

int io_unix_bind(const char *path, unsigned mode) { return listen_at(path, mode, SOCK_DGRAM); }

ssize_t io_unix_receive(int fd, void *bytes, size_t size) { return recv(fd, bytes, size, MSG_DONTWAIT | MSG_TRUNC); }

int io_unix_connect_packets(const char *path)
{
    struct sockaddr_un sa;
    socklen_t len = unix_address(path, &sa);
    int fd = len ? io_socket(AF_UNIX, SOCK_SEQPACKET) : -UE_RANGE, err;

    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, len) == 0)
        return fd;
    err = io_error(errno);
    close(fd);
    return err;
}

int io_unix_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0)
        return fd;
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -UE_FULL : 0;
}

bool io_unix_peer_is(int fd, uid_t user)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == user);
}

bool io_unix_peer(int fd, uid_t *user, pid_t *process)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    *user = peer.uid;
    *process = peer.pid;
    return true;
}

bool io_unix_is_over(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLRDHUP };

    return poll(&p, 1, 0) > 0;
}

/* A user with more groups than that is asked for by the first one alone. */
bool io_unix_peer_is_in(int fd, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.gid == group)
        return true;
    len = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
        return false;
    for (size_t i = 0; i < len / sizeof groups[0]; i++)
        if (groups[i] == group)
            return true;
    return false;
}

int io_unix_datagram(const char *to, const char *text)
{
    struct sockaddr_un sa;
    socklen_t len = unix_address(to, &sa);
    int fd, err = 0;

    if (!len)
        return -UE_RANGE;
    fd = io_socket(AF_UNIX, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    if (sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0)
        err = io_error(errno);
    close(fd);
    return err;
}

union fd_control { struct cmsghdr align; char bytes[CMSG_SPACE(IO_UNIX_FDS_MAX * sizeof(int))]; };

int io_unix_send_fds(int socket, const void *bytes, size_t len, const int fd[], unsigned count)
{
    union fd_control control = { .align = { .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    struct iovec iov = { (void *)bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (count > IO_UNIX_FDS_MAX)
        return -UE_RANGE;
    if (count > 0) {
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        memcpy(CMSG_DATA(&control.align), fd, count * sizeof(int));
    }
    return sendmsg(socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? io_error(errno) : 0;
}

bool io_unix_say(int socket, const void *bytes, size_t len)
{
    struct iovec iov = { (void *)bytes, len };
    struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

    return sendmmsg(socket, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static unsigned take_fds(const struct cmsghdr *c, int fd[IO_UNIX_FDS_MAX])
{
    unsigned count = 0;

    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(0)) {
        count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fd, CMSG_DATA(c), count * sizeof(int));
    }
    return count;
}

int io_unix_receive_fds(int socket, void *bytes, size_t len, int fd[IO_UNIX_FDS_MAX], unsigned *count, bool wait)
{
    union fd_control control;
    struct iovec iov = { bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    ssize_t n = io_receive_one(socket, &m, (wait ? 0 : MSG_DONTWAIT) | MSG_CMSG_CLOEXEC);

    *count = n >= 0 ? take_fds(CMSG_FIRSTHDR(&m), fd) : 0; /* an empty message may carry some too */
    if (n == (ssize_t)len && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return 1;
    while (*count > 0)
        close(fd[--*count]);
    return n > 0 ? -UE_VERSION : 0;
}

int io_unix_send_fd(int socket, const void *bytes, size_t len, int fd) { return io_unix_send_fds(socket, bytes, len, &fd, fd >= 0); }

int io_unix_receive_fd(int socket, void *bytes, size_t len, int *fd)
{
    int all[IO_UNIX_FDS_MAX];
    unsigned count;
    int came = io_unix_receive_fds(socket, bytes, len, all, &count, false);

    *fd = count > 0 ? all[0] : -1;
    while (count > 1)
        close(all[--count]);
    return came > 0;
}
