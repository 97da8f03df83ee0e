/* The small poll loop of every role: descriptors, deadlines, signals.
 *
 *   until loop_stop:  wait for a descriptor, a signal or the earliest deadline -> signals -> descriptors -> parts whose deadline has come
 *
 * plain: poll() alone, woken by the handlers' EINTR; because a signal may come just before poll(), it never sleeps longer than LOOP_PLAIN_MAX_MS.
 * Otherwise ppoll() opens the signals for its own time only, and sleeps as long as it may. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

#include "base/time.h"

#define LOOP_WATCHES_MAX 320
#define LOOP_PARTS_MAX 12
#define LOOP_PLAIN_MAX_MS 10000
#define LOOP_HUNG_UP (POLLRDHUP | POLLHUP | POLLERR) /* what is there of it where POLLRDHUP is asked for: the other side has ended its way to us */

typedef void loop_ready(void *ctx, int fd, short revents, struct mono_ns now);

/* Something with deadlines: next() tells when run() wants to be called. */
struct loop_part {
    void *ctx;
    struct mono_ns (*next)(void *ctx);
    void (*run)(void *ctx, struct mono_ns now);
};

struct loop {
    bool plain, stopped;
    bool forgotten;     /* a row is to be dropped */
    bool busy;          /* not plain: never sleep, look again at once */
    unsigned watch_count, part_count;
    struct pollfd poll[LOOP_WATCHES_MAX];
    struct { loop_ready *ready; void *ctx; } watch[LOOP_WATCHES_MAX];
    struct loop_part part[LOOP_PARTS_MAX];
    void *signal_ctx;
    void (*on_signal)(void *ctx, int number, struct mono_ns now);
    void *return_ctx;
    void (*on_return)(void *ctx);
    sigset_t waiting;   /* the mask while ppoll() waits */
};

/* Takes SIGTERM, SIGINT, SIGHUP and SIGCHLD over (and ignores SIGPIPE): each is handed to on_signal, in the loop. 0, or -UE_UNSUPPORTED, which is told:
 * who could not be ended or would not hear of its children must not go on. */
int loop_init(struct loop *l, bool plain, void (*on_signal)(void *ctx, int number, struct mono_ns now), void *ctx);

/* For a role that may not even return from a handler: SIGTERM ends the process, whatever it does; the others are ignored. After loop_init. */
void loop_end_by_signal(void);

/* Undoes what loop_init did to the signals: in a child before exec. */
void loop_release_signals(void);

/* Returns 0, or -UE_FULL when LOOP_WATCHES_MAX descriptors are watched. */
int loop_watch(struct loop *l, int fd, short events, loop_ready *ready, void *ctx);
void loop_forget(struct loop *l, int fd);
/* Change what a watched descriptor waits for; 0: nothing. */
void loop_events(struct loop *l, int fd, short events);
/* At most LOOP_PARTS_MAX (asserted). */
void loop_add_part(struct loop *l, const struct loop_part *p);

/* What is to be done whenever waiting ends, before anything else is looked at. */
void loop_on_return(struct loop *l, void (*on_return)(void *ctx), void *ctx);

/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
