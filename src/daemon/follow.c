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
    if (f->responder)
        responder_rewrite(f->responder);
}

static void on_change(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct follow *f = ctx;

    (void)revents;
    (void)now;
    io_local_changed(fd);
    look(f);
}

void follow_again(struct follow *f)
{
    if (f->listeners->count == 0 || f->fd > 0)
        return;
    f->fd = io_local_watch();
    if (f->fd >= 0 && loop_watch(f->loop, f->fd, POLLIN, on_change, f) != 0) {
        close(f->fd);
        f->fd = -UE_FULL;
    }
    if (f->fd >= 0)
        look(f);
    else
        logger_say("addresses and interfaces that come and go are not followed: %s", ue_text(f->fd));
}

void follow_start(struct follow *f, struct loop *loop, struct listeners *l, const struct listeners_hooks *hooks, uint8_t failed[LISTENERS_MAX])
{
    *f = (struct follow){ .loop = loop, .listeners = l, .failed = failed, .hooks = *hooks };
    follow_again(f);
}

void follow_gone_here(void *serve_role, unsigned i) { serve_role_leave(serve_role, i); }

void follow_come_here(void *serve_role, unsigned i) { serve_role_listen(serve_role, i); }

/* -- between processes ----------------------------------------------------------------------------------------------- */

/* What a worker has to know of a listener, with its socket or, unless it only goes by another list, without: then it is gone. */
struct message { uint32_t place, beat; bool same; struct listener as; };

#define NO_PLACE UINT32_MAX /* no listener is meant: a question for a sign of life */

int follow_tell(int channel, unsigned i, const struct listener *x, bool come)
{
    const struct message m = { .place = i, .as = *x };

    return io_unix_send_fd(channel, &m, sizeof m, come ? x->fd : -1);
}

int follow_tell_list(int channel, unsigned i, const struct listener *x)
{
    const struct message m = { .place = i, .same = true, .as = *x };

    return io_unix_send_fd(channel, &m, sizeof m, -1);
}

int follow_ask_alive(int channel, uint32_t beat)
{
    const struct message m = { .place = NO_PLACE, .beat = beat };

    return io_unix_send_fd(channel, &m, sizeof m, -1);
}

#define WORDS_A_ROUND 16

/* All that a worker ever says. */
struct word { uint32_t flood, beat; };

void follow_say_flood(void *channel)
{
    const struct word word = { .flood = true };

    io_unix_say(*(const int *)channel, &word, sizeof word); /* not taken: one is on its way already */
}

/* One who never stops talking is heard again in the next round, when the others have been. */
bool follow_heard_flood(int channel, uint32_t *beat)
{
    struct word word = { 0 };
    bool flood = false;
    int fd;

    *beat = 0;
    for (int i = 0; i < WORDS_A_ROUND && io_unix_receive_fd(channel, &word, sizeof word, &fd) > 0; i++) {
        flood |= word.flood != 0;
        *beat = word.beat ? word.beat : *beat;
        if (fd >= 0)
            close(fd);
    }
    return flood;
}

/* Places between belong to other workers. */
static struct listener *place_of(struct listeners *l, uint32_t place)
{
    if (place >= LISTENERS_MAX)
        return NULL;
    for (; l->count <= place; l->count++)
        l->item[l->count] = (struct listener){ .fd = -1, .removed = true };
    return &l->item[place];
}

static void take(struct serve_role *s, int channel, const struct message *m, int fd)
{
    struct listener *x = place_of(s->listeners, m->place);

    if (m->place == NO_PLACE)
        io_unix_say(channel, &(struct word){ .beat = m->beat }, sizeof(struct word));
    if (!x || m->same) {
        if (x)
            x->list = m->as.list;
        if (fd >= 0)
            close(fd);
        return;
    }
    if (x->fd >= 0) {
        serve_role_leave(s, m->place);
        close(x->fd);
    }
    *x = m->as;
    x->fd = fd;
    if (fd >= 0)
        serve_role_listen(s, m->place);
}

static void on_message(void *ctx, int channel, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;
    struct message m;
    int fd;

    (void)now;
    if (revents & (POLLHUP | POLLERR))
        loop_stop(s->loop); /* the parent is gone, and nobody is left to start another */
    while (io_unix_receive_fd(channel, &m, sizeof m, &fd) > 0)
        take(s, channel, &m, fd);
}

void follow_forget(int channel)
{
    struct message m;
    int fd;

    while (io_unix_receive_fd(channel, &m, sizeof m, &fd) > 0)
        if (fd >= 0)
            close(fd);
}

void follow_obey(struct serve_role *s, struct loop *loop, int channel) { loop_watch(loop, channel, POLLIN, on_message, s); }
