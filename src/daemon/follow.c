#include "daemon/follow.h"

#include <unistd.h>

#include "base/err.h"
#include "daemon/logger.h"
#include "io/local.h"
#include "io/unix.h"

static void look(struct follow *f)
{
    listeners_follow(f->listeners, &f->hooks);
    for (unsigned i = 0; i < f->listeners->count; i++)
        f->failed[i] = (uint8_t)-f->listeners->item[i].err;
}

static void on_change(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct follow *f = ctx;

    (void)revents;
    (void)now;
    io_local_changed(fd);
    look(f);
}

void follow_start(struct follow *f, struct loop *loop, struct listeners *l, const struct listeners_hooks *hooks, uint8_t failed[LISTENERS_MAX])
{
    f->listeners = l;
    f->failed = failed;
    f->hooks = *hooks;
    if (l->count == 0)
        return;
    f->fd = io_local_watch();
    if (f->fd >= 0 && loop_watch(loop, f->fd, POLLIN, on_change, f) == 0)
        look(f);
    else
        logger_say("addresses and interfaces that come and go are not followed: %s", ue_text(f->fd < 0 ? f->fd : -UE_FULL));
}

void follow_gone_here(void *serve_role, unsigned i) { serve_role_leave(serve_role, i); }

void follow_come_here(void *serve_role, unsigned i) { serve_role_listen(serve_role, i); }

/* -- between processes ----------------------------------------------------------------------------------------------- */

struct message { uint32_t listener, ifindex; };

int follow_tell(int channel, unsigned i, const struct listener *x, bool come)
{
    const struct message m = { i, x->ifindex };

    return io_unix_send_fd(channel, &m, sizeof m, come ? x->fd : -1);
}

static void on_message(void *ctx, int channel, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;
    struct message m;
    int fd;

    (void)now;
    if (revents & (POLLHUP | POLLERR))
        loop_stop(s->loop); /* the parent is gone, and nobody is left to start another */
    while (io_unix_receive_fd(channel, &m, sizeof m, &fd) > 0) {
        struct listener *x = m.listener < s->listeners->count ? &s->listeners->item[m.listener] : NULL;

        if (!x) {
            if (fd >= 0)
                close(fd);
            continue;
        }
        if (x->fd >= 0) {
            serve_role_leave(s, m.listener);
            close(x->fd);
        }
        x->fd = fd;
        x->ifindex = m.ifindex;
        if (fd >= 0)
            serve_role_listen(s, m.listener);
    }
}

void follow_obey(struct serve_role *s, struct loop *loop, int channel)
{
    struct message m;
    int fd;

    while (io_unix_receive_fd(channel, &m, sizeof m, &fd) > 0)
        if (fd >= 0)
            close(fd);
    loop_watch(loop, channel, POLLIN, on_message, s);
}
