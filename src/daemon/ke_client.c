#include "daemon/ke_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/loop.h"
#include "daemon/place.h"
#include "io/socket.h"

int ke_client_ask(int fd, const struct ke_question *q)
{
    if (fd < 0)
        return -UE_UNSUPPORTED;
    return send(fd, q, sizeof *q, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *q ? 0 : -UE_BUSY;
}

static bool sound(const struct ke_answer *a)
{
    const struct nts_ke_grant *g = &a->grant;

    if (!memchr(a->wrong, '\0', sizeof a->wrong) || !memchr(a->refused_why, '\0', sizeof a->refused_why))
        return false;
    if (a->wrong[0])
        return true;
    return (a->ntp.family == ADDR_IPV4 || a->ntp.family == ADDR_IPV6) && crypto_siv_key_size(g->aead) > 0 && a->keys.aead == g->aead && g->cookie_count >= 1
        && g->cookie_count <= NTS_COOKIES_MAX && g->cookie_size >= 4 && g->cookie_size <= NTS_COOKIE_KEPT_MAX && g->cookie_size % 4 == 0;
}

int ke_client_take(int fd, struct ke_answer *out)
{
    if (recv(fd, out, sizeof *out, MSG_DONTWAIT) != (ssize_t)sizeof *out)
        return -UE_TRUNCATED;
    return sound(out) ? 0 : -UE_SYNTAX;
}

static void decline(int fd, int err)
{
    struct ke_question q;
    struct ke_answer a = { .configured = 0 };

    if (recv(fd, &q, sizeof q, MSG_DONTWAIT) != (ssize_t)sizeof q)
        return;
    a.configured = q.configured;
    snprintf(a.wrong, sizeof a.wrong, "simple-utcd-ke: %s", ue_text(err));
    send(fd, &a, sizeof a, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static pid_t spawn(int fd, const struct host_user *user)
{
    char path[PLACE_PATH_MAX], whom[HOST_USER_TEXT_MAX];
    pid_t pid;

    place_of_helper("simple-utcd-ke", path);
    pid = fork();
    if (pid == 0) {
        if (fd == KE_CLIENT_FD ? fcntl(fd, F_SETFD, 0) != 0 : dup2(fd, KE_CLIENT_FD) < 0)
            _exit(1);
        loop_release_signals();
        execl(path, "simple-utcd-ke", "client", host_user_to_text(user, whom), (char *)NULL);
        _exit(127);
    }
    return pid;
}

const struct resolver_program ke_client_program = { spawn, decline, "the program simple-utcd-ke is missing: sources with nts cannot be asked" };
