#include "daemon/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/loop.h"
#include "daemon/place.h"
#include "io/socket.h"

int resolve_ask(int fd, uint16_t configured, const char *name)
{
    struct resolve_question q = { .configured = configured };

    if (strlen(name) >= sizeof q.name)
        return -UE_NO_NAME;
    strcpy(q.name, name);
    return send(fd, &q, sizeof q, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof q ? 0 : -UE_BUSY;
}

static bool sound(const struct resolve_answer *a)
{
    if (a->count > RESOLVE_ADDRESSES_MAX || a->err > 0 || a->err <= -UE_COUNT)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->addr[i].family != ADDR_IPV4 && a->addr[i].family != ADDR_IPV6)
            return false;
    return true;
}

int resolve_take(int fd, struct resolve_answer *out)
{
    if (recv(fd, out, sizeof *out, MSG_DONTWAIT) != (ssize_t)sizeof *out)
        return -UE_TRUNCATED;
    return sound(out) ? 0 : -UE_SYNTAX;
}

int resolve_pair(int fd[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == 0 ? 0 : io_error(errno); }

void resolve_decline(int fd, int err)
{
    struct resolve_question q;
    struct resolve_answer a = { .err = err };

    if (recv(fd, &q, sizeof q, MSG_DONTWAIT) != (ssize_t)sizeof q)
        return;
    a.configured = q.configured;
    send(fd, &a, sizeof a, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* In the child: our end becomes RESOLVE_FD, everything else closes itself. */
static void become_resolver(int fd, const char *path, const struct host_user *user)
{
    char whom[HOST_USER_TEXT_MAX];

    if (fd == RESOLVE_FD)
        fcntl(fd, F_SETFD, 0);
    else if (dup2(fd, RESOLVE_FD) < 0)
        _exit(1);
    loop_release_signals();
    execl(path, "simple-utcd-resolve", host_user_to_text(user, whom), (char *)NULL);
    _exit(127);
}

pid_t resolve_spawn(int fd, const struct host_user *user)
{
    char path[PLACE_PATH_MAX];
    pid_t pid;

    place_of_helper("simple-utcd-resolve", path);
    pid = fork();
    if (pid == 0)
        become_resolver(fd, path, user);
    return pid < 0 ? io_error(errno) : pid;
}
