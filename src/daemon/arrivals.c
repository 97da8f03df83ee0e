#include "daemon/arrivals.h"

#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/follow.h"
#include "daemon/logger.h"
#include "io/unix.h"

#define ARRIVALS_A_ROUND 16

/* It is gone, or speaks, which no role does. */
static void on_life(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct children *c = ctx;
    char reason[96] = "it ended, or its service did";

    (void)revents;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (c->child[r].life != fd)
            continue;
        if (children_note(c, (enum role)r)->refused_call)
            deaths_name_call(children_note(c, (enum role)r)->refused_call, reason, sizeof reason);
        children_part(c, (enum role)r, reason, now);
        if (c->stopping)
            children_go_on_stopping(c);
        return;
    }
}

/* Who has ended makes room before the next one is judged, though both are told in one round. */
static void look_for_ended(struct children *c, struct mono_ns now)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct pollfd p = { .fd = c->child[r].life, .events = POLLIN };

        if (p.fd >= 0 && poll(&p, 1, 0) > 0)
            on_life(c, p.fd, p.revents, now);
    }
}

/* Returns its role, of several workers one that is not there; -1: none is awaited. */
static int vacancy(const struct children *c, int kind)
{
    int last = kind < ROLE_SERVE ? kind : ROLE_COUNT - 1;

    for (int r = kind; kind >= 0 && r <= last; r++)
        if (children_wanted(c, (enum role)r) && !c->child[r].pid)
            return r;
    return -1;
}

static int admit(struct children *c, enum role r, int connection)
{
    struct child *x = &c->child[r];
    uid_t user;
    pid_t pid;
    int bell;

    if (r >= ROLE_SERVE)
        follow_forget(c->setup->channel[r - ROLE_SERVE][1]);
    if (!io_unix_peer(connection, &user, &pid))
        return -UE_UNSUPPORTED;
    bell = join_hand_over(c->setup, r, connection);
    if (bell < 0)
        return bell;
    if (loop_watch(c->loop, connection, POLLIN, on_life, c) != 0) {
        close(bell);
        return -UE_FULL;
    }
    children_note(c, r)->refused_call = 0;
    x->life = connection;
    x->bell = bell;
    x->pid = pid;
    x->asked = x->missed = 0;
    c->setup->world.shared->awaited_ns[r] = 0;
    return 0;
}

static void tell_refused(int connection, int kind, int err, struct mono_ns now)
{
    struct log_record log = { .id = LOG_ROLE_REFUSED };
    uid_t user = 0;
    pid_t process = 0;

    io_unix_peer(connection, &user, &process);
    log_int(&log, "pid", process);
    log_int(&log, "uid", (int64_t)user);
    log_text(&log, "role", kind < 0 ? "a role" : role_name((enum role)kind));
    log_text(&log, "reason", kind < 0 ? "no process.*_user is that one" : err ? ue_text(err) : "it is there already, or not needed");
    logger_write(&log, now);
}

static void on_arrival(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct children *c = ctx;
    int connection;

    (void)revents;
    look_for_ended(c, now);
    for (int i = 0; i < ARRIVALS_A_ROUND && (connection = io_unix_accept(fd)) > 0; i++) { /* anybody may come, and as often as he likes */
        int kind = join_role_of(&c->setup->join, connection), r = vacancy(c, kind);
        int err = r < 0 ? 0 : admit(c, (enum role)r, connection);

        if (r >= 0 && !err)
            continue;
        tell_refused(connection, kind, err, now);
        join_refuse(connection);
        close(connection);
    }
}

void arrivals_start(struct children *c)
{
    if (c->setup->join.any)
        loop_watch(c->loop, c->setup->join.fd, POLLIN, on_arrival, c);
}
