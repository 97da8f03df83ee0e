#include "daemon/supervisor.h"

#include <sys/socket.h>
#include <unistd.h>

#include "daemon/arrivals.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/ke_client.h"
#include "daemon/logger.h"
#include "daemon/resolve.h"
#include "daemon/resolver.h"
#include "daemon/rival.h"
#include "daemon/sieve.h"
#include "daemon/status.h"
#include "host/child.h"
#include "host/privilege.h"

static struct {
    struct setup *setup;
    struct loop loop;
    struct children children;
    struct resolver resolver, ke_client;
    struct follow follow;
    struct sieve sieve;
    struct rival rival;
    unsigned heard;             /* workers whose words are listened for */
    struct reload reload;
    struct status status;
} sup;

static void signal_child(enum role r, int number) { children_signal(&sup.children, r, number); }

static void stop(int number, struct mono_ns now)
{
    if (sup.children.stopping)
        return;
    status_stopping(number);
    children_stop(&sup.children, now);
}

static void mend_channels(void);

static void reap(struct mono_ns now)
{
    int status;
    pid_t pid;

    mend_channels();
    while ((pid = host_child_ended(&status)) > 0)
        if (!resolver_reaped(&sup.resolver, pid, status) && !resolver_reaped(&sup.ke_client, pid, status) && !reload_reaped(&sup.reload, pid, status))
            children_reaped(&sup.children, pid, status, now);
    if (sup.children.stopping)
        children_go_on_stopping(&sup.children);
}

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    (void)ctx;
    if (number == SIGCHLD) {
        reap(now);
    } else if (number == SIGHUP) {
        signal_child(ROLE_CORE, SIGHUP);
        reload_ask(&sup.reload, 0);
    } else {
        stop(number, now);
    }
}

/* -- reload ---------------------------------------------------------------------------------------------------------- */

static void tell_core(enum reload_kind kind, uint32_t number)
{
    const struct reload_word word = { kind, number };

    if (send(sup.setup->reload_end, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof word && kind == RELOAD_COMMIT)
        signal_child(ROLE_CORE, SIGTERM); /* it does not listen: the next one starts with what is in force */
}

static void hear_worker(unsigned worker);

/* One that was cut off gets another way, at once or, where the system has none, before the next worker is started. Who runs without one is started anew. */
static void mend_channels(void)
{
    for (unsigned i = 0; i < sup.heard; i++)
        if (sup.setup->channel[i][0] < 0 && setup_channel(sup.setup, i) == 0) {
            hear_worker(i);
            signal_child((enum role)(ROLE_SERVE + i), SIGTERM);
        }
}

/* No worker of ours ends its own way to us. The next one gets another: this one stays ended for whoever has it. */
static void cut_off(unsigned worker)
{
    const enum role role = (enum role)(ROLE_SERVE + worker);
    int *channel = sup.setup->channel[worker];

    logger_say("the process %s (pid %ld) ended its way to us: it is no program of ours any more; ending it", role_name(role),
               (long)sup.children.child[role].pid);
    loop_forget(&sup.loop, channel[0]);
    close(channel[0]);
    close(channel[1]);
    channel[0] = channel[1] = -1;
    signal_child(role, SIGKILL);
    mend_channels();
}

static void on_worker_word(void *ctx, int fd, short revents, struct mono_ns now)
{
    const unsigned worker = (unsigned)((int(*)[2])ctx - sup.setup->channel);
    uint32_t beat;

    (void)now;
    if (revents & LOOP_HUNG_UP) {
        cut_off(worker);
        return;
    }
    if (follow_heard_flood(fd, &beat))
        sieve_look(&sup.sieve);
    if (beat)
        children_heard(&sup.children, (enum role)(ROLE_SERVE + worker), beat);
}

static void hear_worker(unsigned worker)
{
    loop_watch(&sup.loop, sup.setup->channel[worker][0], POLLIN | POLLRDHUP, on_worker_word, &sup.setup->channel[worker]);
}

static void hear_workers(void)
{
    for (; sup.heard < sup.setup->workers && sup.setup->channel[sup.heard][0] >= 0; sup.heard++)
        hear_worker(sup.heard);
}

static void start_serving(void)
{
    mend_channels();
    if (sup.setup->listeners.count == 0 || setup_channels(sup.setup) != 0)
        return;
    hear_workers();
    children_start_serving(&sup.children);
}

static void list_changed(void *ctx, unsigned i)
{
    const struct listener *x = &sup.setup->listeners.item[i];

    (void)ctx;
    if (follow_tell_list(sup.setup->channel[x->worker][0], i, x) != 0)
        signal_child((enum role)(ROLE_SERVE + x->worker), SIGTERM);
}

static void committed(void *ctx, const struct conf_changes *changes)
{
    (void)ctx;
    (void)changes;
    tell_core(RELOAD_COMMIT, sup.setup->sets->generation);
    children_watch_life(&sup.children);
    start_serving();
    ke_role_change(&sup.setup->ke, sup.setup->options);
    follow_again(&sup.follow);
}

static bool look_again(void *ctx)
{
    (void)ctx;
    signal_child(ROLE_KE, SIGHUP);
    return sup.children.child[ROLE_KE].pid != 0;
}

static void reloaded(void *ctx, uint32_t ticket)
{
    (void)ctx;
    tell_core(RELOAD_DONE, ticket);
}

static void on_core_word(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct reload_word word;

    (void)ctx;
    (void)revents;
    (void)now;
    if (recv(fd, &word, sizeof word, MSG_DONTWAIT) != (ssize_t)sizeof word)
        return;
    if (word.kind == RELOAD_ASK)
        reload_ask(&sup.reload, word.number);
    if (word.kind == RELOAD_LEVEL && (word.number & 0xff) < LOG_LEVELS && word.number >> 8 <= LOG_TOPICS)
        logger_set_level((enum log_topic)(word.number >> 8), (enum log_level)(word.number & 0xff));
    if (word.kind == RELOAD_ALIVE)
        children_heard(&sup.children, ROLE_CORE, word.number);
    if (word.kind == RELOAD_TAKEN && word.number == sup.setup->sets->generation)
        reload_taken(&sup.reload, word.number);
}

static void workers_late(void *ctx)
{
    (void)ctx;
    children_replace_workers(&sup.children);
}

/* A worker that does not take the word is started anew, with what there is then. */
static void tell_worker(unsigned i, bool come)
{
    const struct listener *x = &sup.setup->listeners.item[i];

    if (follow_tell(sup.setup->channel[x->worker][0], i, x, come) != 0)
        signal_child((enum role)(ROLE_SERVE + x->worker), SIGTERM);
}

static void listener_gone(void *ctx, unsigned i)
{
    (void)ctx;
    tell_worker(i, false);
}

static void listener_come(void *ctx, unsigned i)
{
    (void)ctx;
    tell_worker(i, true);
}

/* Core has its end from the fork: the next one has the new one. */
static void renew(struct resolver *r, int *asks, int *answers)
{
    int fd[2];

    close(*asks);
    close(*answers);
    *asks = *answers = -1;
    if (resolve_pair(fd) == 0) {
        *asks = fd[0];
        *answers = fd[1];
        resolver_go_on(r, fd[0], fd[1]);
    }
    signal_child(ROLE_CORE, SIGKILL);
}

static void renew_names(struct resolver *r) { renew(r, &sup.setup->world.resolve_fd, &sup.setup->resolve_end); }

static void renew_keys(struct resolver *r) { renew(r, &sup.setup->world.ke_fd, &sup.setup->ke_end); }

static void start_helpers(struct setup *s)
{
    resolver_start(&sup.resolver, &sup.loop, s->resolve_end, s->user);
    resolver_start_program(&sup.ke_client, &sup.loop, s->ke_end, &ke_client_program, s->user);
    sup.resolver.asks = s->world.resolve_fd;
    sup.resolver.renew = renew_names;
    sup.ke_client.asks = s->world.ke_fd;
    sup.ke_client.renew = renew_keys;
}

int supervisor_run(struct setup *s)
{
    sup.setup = s;
    if (loop_init(&sup.loop, false, on_signal, NULL) != 0) {
        setup_clean(s);
        return EXIT_GENERAL;
    }
    children_start(&sup.children, &sup.loop, s, &sup.reload, &sup.status.started);
    start_helpers(s);
    follow_start(&sup.follow, &sup.loop, &s->listeners, &(struct listeners_hooks){ NULL, listener_gone, listener_come },
                 s->world.shared->not_listening);
    sieve_start(&sup.sieve, &sup.loop, s->guard_memory, &s->listeners, s->world.shared);
    rival_start(&sup.rival, &sup.loop, &s->mode, s->world.shared);
    hear_workers();
    responder_follow(&s->responder, &sup.follow, &s->world.shared->xdp_gone);
    reload_start(&sup.reload, &sup.loop, s,
                 &(struct reload_hooks){ NULL, { NULL, listener_gone, listener_come }, list_changed, committed, look_again, reloaded, workers_late }, false);
    loop_watch(&sup.loop, s->reload_end, POLLIN, on_core_word, NULL);
    arrivals_start(&sup.children);
    status_start(&sup.status, &sup.loop, s);
    sup.status.alive = children_alive;
    sup.status.ctx = &sup.children;
    host_keep_code();
    loop_run(&sup.loop);
    resolver_end(&sup.resolver);
    resolver_end(&sup.ke_client);
    setup_clean(s);
    return sup.children.code;
}
