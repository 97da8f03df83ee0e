#include "daemon/loop.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "host/clock.h"

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
#define SIGNAL_COUNT (sizeof signals / sizeof signals[0])

static volatile sig_atomic_t came[NSIG];

static void note(int number) { came[number] = 1; }

static bool take_signals(const struct loop *l)
{
    struct sigaction act = { .sa_handler = note };
    sigset_t ours;
    bool taken = true;

    sigemptyset(&ours);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        came[signals[i]] = 0;
        taken &= sigaction(signals[i], &act, NULL) == 0;
        sigaddset(&ours, signals[i]);
    }
    taken &= signal(SIGPIPE, SIG_IGN) != SIG_ERR;
    return taken & (sigprocmask(l->plain ? SIG_UNBLOCK : SIG_BLOCK, &ours, NULL) == 0);
}

void loop_release_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        signal(signals[i], SIG_DFL);
        sigaddset(&ours, signals[i]);
    }
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &ours, NULL);
}

void loop_end_by_signal(void)
{
    sigset_t end;

    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        signal(signals[i], signals[i] == SIGTERM ? SIG_DFL : SIG_IGN);
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &end, NULL); /* ppoll() takes no signal while a descriptor is ready, which under load is always */
}

int loop_init(struct loop *l, bool plain, void (*on_signal)(void *ctx, int number, struct mono_ns now), void *ctx)
{
    l->plain = plain;
    l->stopped = l->forgotten = false;
    l->watch_count = l->part_count = 0;
    l->on_signal = on_signal;
    l->on_return = NULL;
    l->signal_ctx = ctx;
    sigemptyset(&l->waiting);
    if (take_signals(l))
        return 0;
    fputs("simple-utcd: the signals that end, reload and tell of children cannot be taken over\n", stderr);
    return -UE_UNSUPPORTED;
}

static struct pollfd *find(struct loop *l, int fd)
{
    for (unsigned i = 0; i < l->watch_count; i++)
        if (l->poll[i].fd == fd)
            return &l->poll[i];
    return NULL;
}

int loop_watch(struct loop *l, int fd, short events, loop_ready *ready, void *ctx)
{
    assert(fd >= 0 && !find(l, fd));
    if (l->watch_count == LOOP_WATCHES_MAX)
        return -UE_FULL;
    l->poll[l->watch_count] = (struct pollfd){ fd, events, 0 };
    l->watch[l->watch_count].ready = ready;
    l->watch[l->watch_count++].ctx = ctx;
    return 0;
}

/* The row stays until the round is over, so that rows do not move under the dispatcher. */
void loop_forget(struct loop *l, int fd)
{
    struct pollfd *p = find(l, fd);

    if (!p)
        return;
    p->fd = -1;
    l->forgotten = true;
}

void loop_events(struct loop *l, int fd, short events)
{
    struct pollfd *p = find(l, fd);

    if (p)
        p->events = events;
}

void loop_add_part(struct loop *l, const struct loop_part *p)
{
    assert(l->part_count < LOOP_PARTS_MAX);
    l->part[l->part_count++] = *p;
}

void loop_on_return(struct loop *l, void (*on_return)(void *ctx), void *ctx)
{
    l->on_return = on_return;
    l->return_ctx = ctx;
}

void loop_stop(struct loop *l) { l->stopped = true; }

static void drop_forgotten(struct loop *l)
{
    unsigned kept = 0;

    if (!l->forgotten)
        return;
    l->forgotten = false;
    for (unsigned i = 0; i < l->watch_count; i++)
        if (l->poll[i].fd >= 0) {
            l->poll[kept] = l->poll[i];
            l->watch[kept++] = l->watch[i];
        }
    l->watch_count = kept;
}

static struct mono_ns earliest(const struct loop *l)
{
    struct mono_ns next = MONO_NEVER;

    for (unsigned i = 0; i < l->part_count; i++)
        next = mono_min(next, l->part[i].next(l->part[i].ctx));
    return next;
}

/* Returns what poll said: > 0 when descriptors are ready. */
static int wait_for(struct loop *l, struct mono_ns next)
{
    int64_t left = next.ns == MONO_NEVER.ns ? INT64_MAX : mono_sub(next, host_mono()).ns;

    if (left < 0 || l->busy)
        left = 0;
    if (l->plain) {
        int64_t ms = left / NS_PER_MS + (left % NS_PER_MS != 0); /* rounded up: waking early would only mean waking twice */

        return poll(l->poll, l->watch_count, ms > LOOP_PLAIN_MAX_MS ? LOOP_PLAIN_MAX_MS : (int)ms);
    }
    return ppoll(l->poll, l->watch_count, left == INT64_MAX ? NULL : &(struct timespec){ (time_t)(left / NS_PER_S), (long)(left % NS_PER_S) }, &l->waiting);
}

static void hand_out_signals(struct loop *l)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (came[signals[i]]) {
            came[signals[i]] = 0;
            l->on_signal(l->signal_ctx, signals[i], host_mono());
        }
}

/* Is the row one of those that poll found? */
static bool hand_out(const struct loop *l, unsigned i, struct mono_ns now)
{
    if (!l->poll[i].revents)
        return false;
    if (l->poll[i].fd >= 0) /* not forgotten by one before it */
        l->watch[i].ready(l->watch[i].ctx, l->poll[i].fd, l->poll[i].revents, now);
    return true;
}

void loop_run(struct loop *l)
{
    while (!l->stopped) {
        int ready;
        struct mono_ns now, due;

        hand_out_signals(l);
        if (l->stopped)
            break;
        due = earliest(l);
        ready = wait_for(l, due);
        if (l->on_return)
            l->on_return(l->return_ctx);
        now = host_mono();
        for (unsigned i = 0, n = l->watch_count; ready > 0 && i < n; i++)
            ready -= hand_out(l, i, now);
        for (unsigned i = 0; i < l->part_count && !mono_before(now, due); i++) /* what became due meanwhile has its turn in the next round */
            if (!mono_before(now, l->part[i].next(l->part[i].ctx)))
                l->part[i].run(l->part[i].ctx, now);
        drop_forgotten(l);
    }
}
