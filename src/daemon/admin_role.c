#include "daemon/admin_role.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/become.h"
#include "daemon/built.h"
#include "daemon/deaths.h"
#include "daemon/logger.h"
#include "daemon/place.h"
#include "io/socket.h"
#include "io/tcp.h"
#include "io/unix.h"

#define PROGRAM "simple-utcd-admin"

_Static_assert(ADMIN_SHARED_FD == BECOME_FIRST_FD && ADMIN_LISTEN_FD + OPTION_LIST_MAX <= BECOME_FIRST_FD + BECOME_FDS_MAX, "descriptors lie in a row");

static void open_listeners(struct admin_role *a, const struct option_addrs *listen)
{
    char at[ADDR_AT_TEXT_MAX];

    for (uint32_t i = 0; i < listen->count; i++) {
        int fd = io_tcp_listen(&listen->item[i], listen->interface[i]);

        if (fd >= 0) {
            a->listener[a->count++] = fd;
            continue;
        }
        a->refused[i] = ue_text(fd);
        logger_say("no page and metrics on %s: %s; time is served all the same. Correct http.listen, or free the address, and restart",
                   addr_at_to_text(&listen->item[i], listen->interface[i], at), ue_text(fd));
    }
}

/* The program may have been left out of an installation. */
static bool has_program(void)
{
    char path[PLACE_PATH_MAX];

    place_of_helper(PROGRAM, path);
    if (access(path, X_OK) == 0)
        return true;
    logger_say("no page and metrics: the program %s is missing; time is served all the same. Install it, or take http.listen out", path);
    return false;
}

static int connect_core(struct admin_role *a)
{
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
        return io_error(errno);
    a->core_end = fd[0];
    a->own_end = fd[1];
    return 0;
}

int admin_role_open(struct admin_role *a, const struct http_options *o, const struct host_user *user, const char *run_dir, const char *vmclock)
{
    *a = (struct admin_role){ .shared_fd = -1, .core_end = -1, .own_end = -1, .wanted = o->listen };
    if (o->listen.count > 0 && has_program())
        open_listeners(a, &o->listen);
    else
        for (uint32_t i = 0; i < o->listen.count; i++)
            a->refused[i] = "the program " PROGRAM " is missing";
    if (a->count == 0)
        return 0;
    a->shared = become_shared(PROGRAM, sizeof *a->shared, &a->shared_fd);
    if (!a->shared)
        return -UE_MEMORY;
    a->orders = (struct admin_orders){
        .magic = ADMIN_MAGIC,
        .listeners = a->count,
        .options = *o,
        .has_user = user != NULL,
        .uid = user ? user->uid : 0,
        .gid = user ? user->gid : 0,
        .version = SIMPLE_UTCD_VERSION,
    };
    snprintf(a->orders.run_dir, sizeof a->orders.run_dir, "%s", run_dir);
    snprintf(a->orders.vmclock, sizeof a->orders.vmclock, "%s", vmclock);
    admin_role_order(a);
    return connect_core(a);
}

bool admin_role_renew(struct admin_role *a, struct mono_ns now)
{
    bool may;
    int err;

    if (a->core_end >= 0) {
        if (!io_unix_is_over(a->core_end) && !io_unix_is_over(a->own_end))
            return false;
        may = deaths_may_renew(&a->renewed_at, now);
        logger_say("the program of the page and metrics ended its way to core: it was no program of ours any more; %s",
                   may ? "its way is made anew, and core with it" : "the page has nothing to tell until it ends again an hour after the last time");
        if (!may)
            return false;
        close(a->core_end);
        close(a->own_end);
        a->core_end = a->own_end = -1;
    }
    err = connect_core(a);
    if (err)
        logger_say("cannot make the way from the page's program to core: %s; tried again with its next start", ue_text(err));
    return err == 0;
}

void admin_role_order(const struct admin_role *a) { a->shared->orders = a->orders; }

const char *admin_role_url(const struct admin_role *a, char out[ADDR_TEXT_MAX + 24])
{
    char at[ADDR_TEXT_MAX];

    out[0] = '\0';
    if (a->count > 0)
        snprintf(out, ADDR_TEXT_MAX + 24, "http://%s/", addr_to_text(&a->orders.options.listen.item[0], at));
    return out;
}

void admin_role_become(const struct admin_role *a)
{
    int fd[2 + OPTION_LIST_MAX] = { a->shared_fd, a->own_end };

    for (unsigned i = 0; i < a->count; i++)
        fd[2 + i] = a->listener[i];
    if (a->shared)
        admin_role_order(a);
    become_helper(PROGRAM, NULL, fd, 2 + a->count);
}
