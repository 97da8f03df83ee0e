#include "daemon/supervisor.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control_role.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/ke_client.h"
#include "daemon/logger.h"
#include "daemon/random.h"
#include "daemon/reload.h"
#include "daemon/resolver.h"
#include "daemon/serve_role.h"
#include "daemon/sieve.h"
#include "daemon/status.h"
#include "io/socket.h"
#include "io/unix.h"

#define QUICK_DEATHS 3
#define QUICK_SPAN_S 10
#define BACKOFF_MAX_S 30
#define ADMIN_DELAY_MS 200      /* the page about the time comes when the time is there */
#define BEATS_MISSED 3
#define PATIENCE_MS 5000        /* for children to end by themselves */

struct child {
    pid_t pid;                  /* 0: does not run */
    struct mono_ns start_at;    /* when to start it; MONO_NEVER */
    struct deaths deaths;
    unsigned missed;            /* rounds in which it had not seen the question yet */
    uint32_t asked;             /* the last question for a sign of life; 0: none yet */
    bool hung;                  /* it was killed because it gave no sign of life */
    int life, bell;             /* of a role that came by itself (join.h); -1: it was forked */
};

static struct {
    struct setup *setup;
    struct loop loop;
    struct child child[ROLE_COUNT];
    struct resolver resolver, ke_client;
    struct follow follow;
    struct sieve sieve;
    unsigned heard;             /* workers whose words are listened for */
    struct reload reload;
    struct status status;
    bool stopping;
    bool core_ran;              /* what is on the page is a core's */
    int code;                   /* how the parent will end */
    struct mono_ns kill_at;
    struct mono_ns look_at;     /* for signs of life; MONO_NEVER */
    uint32_t beat;              /* questions for them so far */
    pid_t pid;
    /* the state of a child's own role; the parent leaves them untouched */
    struct core core;
    struct serve_role serve;
    struct control_role control;
} sup;

/* -- the roles' own lives ------------------------------------------------------------------------------------------ */

static void on_signal_in_child(void *ctx, int number, struct mono_ns now)
{
    (void)ctx;
    (void)now;
    if (number == SIGTERM)
        loop_stop(&sup.loop);
    else if (number == SIGHUP && sup.core.engine)
        core_reread(&sup.core);
}

/* A restart goes on from the page: served time must not jump because a process died, nor is the first synchronisation still to come. */
static void go_on_from_page(struct core_world *w)
{
    static struct page_data page;
    struct clock_view v;
    struct mono_ns now = host_mono();

    if (page_read(w->page, &page) != 0)
        return;
    page_view(&page, now, &v);
    w->wall = v.utc;
    w->wall_at = now;
    w->before = &page;
}

static void tell_missing(const char *role, unsigned missing)
{
    char text[64];

    if (missing && sandbox_confines())
        logger_say("the process %s runs without %s, which this system does not offer or not to this user", role, sandbox_missing_text(missing, text));
}

/* Rights are given away; the death of the parent has to be asked for again, because that takes the wish along. */
static int give_up_rights(enum host_right right, struct setup *s)
{
    int err = host_confine(right, s->user);

    responder_leave(&s->responder);
    host_end_with_parent(sup.pid);
    return err;
}

static void keep_descriptors_of_core(const struct setup *s)
{
    int keep[6 + HARDWARE_CARDS_MAX + LOGGER_DESCRIPTORS_MAX] = { s->control_fd, s->world.clock_fd, s->world.resolve_fd, s->world.ke_fd, s->world.reload_fd,
                                                                         s->admin.core_end };

    for (unsigned i = 0; i < s->hardware.count; i++)
        keep[6 + i] = s->hardware.card[i].why_not ? -1 : s->hardware.card[i].phc.fd;
    logger_reopen();
    sandbox_keep_descriptors(keep, 6 + s->hardware.count + logger_descriptors(&keep[6 + s->hardware.count]));
}

static int live_as_core(struct setup *s, unsigned worker)
{
    const struct leap_options *leap = &s->options->engine.clock.leap;
    const struct sandbox_files files = { s->options->engine.clock.clock.drift_file.s, { leap->list.s, leap->zone.s } };

    (void)worker;
    ke_role_forget(&s->ke);
    if (give_up_rights(HOST_RIGHT_NONE, s) != 0)
        return EXIT_PERMISSION;
    keep_descriptors_of_core(s);
    mprotect(s->world.steps, sizeof *s->world.steps, PROT_READ);
    mprotect(s->sets, sizeof *s->sets, PROT_READ);
    if (loop_init(&sup.loop, false, on_signal_in_child, NULL) != 0)
        return EXIT_GENERAL;
    tell_missing("core", sandbox_enter(SANDBOX_CORE, &files, &s->world.shared->note[ROLE_CORE]));
    if (sup.core_ran)
        go_on_from_page(&s->world);
    if (core_start(&sup.core, &sup.loop, &s->world) != 0)
        return EXIT_GENERAL;
    control_role_start(&sup.control, &sup.loop, s->control_fd, &sup.core);
    if (s->admin.core_end >= 0)
        control_role_adopt(&sup.control, s->admin.core_end);
    loop_run(&sup.loop);
    core_stop(&sup.core);
    return 0;
}

/* Its own listeners (listeners_keep) and the end that it hears the parent by; nobody listens at the other. */
static void keep_descriptors_of_serve(const struct setup *s, unsigned worker)
{
    static int keep[LISTENERS_MAX + 3];
    size_t n = 0;

    keep[n++] = s->channel[worker][1];
    keep[n++] = s->life;
    keep[n++] = s->bell;
    for (unsigned i = 0; i < s->listeners.count; i++)
        keep[n++] = s->listeners.item[i].fd;
    logger_forget();
    sandbox_keep_descriptors(keep, n);
    sandbox_silence(s->channel[worker][1]);
}

static int live_as_serve(struct setup *s, unsigned worker)
{
    unsigned missing = sandbox_empty_root(s->run_dir, worker);

    if (s->ke.shared && random_begin() != 0)
        return EXIT_GENERAL;
    if (give_up_rights(HOST_RIGHT_NONE, s) != 0)
        return EXIT_PERMISSION;
    responder_forget(&s->responder);
    mprotect(s->world.page, sizeof *s->world.page, PROT_READ);
    munmap(s->world.steps, sizeof *s->world.steps);
    munmap(s->world.words, sizeof *s->world.words);
    if (s->world.clockbound)
        munmap(s->world.clockbound, sizeof *s->world.clockbound);
    if (s->ke.shared)
        mprotect(s->ke.shared, sizeof *s->ke.shared, PROT_READ);
    if (loop_init(&sup.loop, false, on_signal_in_child, NULL) != 0)
        return EXIT_GENERAL;
    sup.loop.busy = s->options->ntp.busy_poll;
    listeners_keep(&s->listeners, worker);
    if (s->listeners.steer_over)
        host_run_on(worker, s->listeners.steer_over);
    mprotect(s->hardware.lines, sizeof *s->hardware.lines, PROT_READ);
    mprotect(s->sets, sizeof *s->sets, PROT_READ);
    serve_role_start(&sup.serve, &sup.loop,
                     &(struct serve_world){ &s->listeners, &s->serve, s->sets, s->world.page, hardware_lines_used(&s->hardware), s->world.shared,
                                            follow_say_flood, &s->channel[worker][1], s->life > 0 ? s : NULL }, worker);
    follow_obey(&sup.serve, &sup.loop, s->channel[worker][1]);
    if (missing && !sandbox_has_landlock())
        tell_missing("serve", missing);
    if (sandbox_confines())
        loop_end_by_signal();
    keep_descriptors_of_serve(s, worker);
    sandbox_enter(SANDBOX_SERVE, NULL, &s->world.shared->note[ROLE_SERVE + worker]);
    loop_run(&sup.loop);
    return 0;
}

static int live_as_clock(struct setup *s, unsigned worker)
{
    (void)worker;
    mprotect(s->sets, sizeof *s->sets, PROT_READ);
    munmap(s->world.words, sizeof *s->world.words);
    if (give_up_rights(HOST_RIGHT_SET_CLOCK, s) != 0)
        return EXIT_PERMISSION;
    responder_forget(&s->responder);
    loop_release_signals();
    loop_end_by_signal();
    logger_forget();
    sandbox_keep_descriptors((int[]){ s->clock_end, s->life, s->bell }, 3);
    tell_missing("clock", sandbox_enter(SANDBOX_CLOCK, NULL, &s->world.shared->note[ROLE_CLOCK]));
    return clock_role_run(s->clock_end, &s->sets->limits, s->world.driver, s->world.steps);
}

/* A program of its own, which drops its rights when it has read the private key. */
static int live_as_ke(struct setup *s, unsigned worker)
{
    (void)worker;
    ke_role_become(&s->ke);
    return EXIT_GENERAL;
}

/* Likewise. */
static int live_as_admin(struct setup *s, unsigned worker)
{
    (void)worker;
    admin_role_become(&s->admin);
    return EXIT_GENERAL;
}

static int (*const lives[ROLE_SERVE + 1])(struct setup *, unsigned worker) = {
    [ROLE_CLOCK] = live_as_clock, [ROLE_CORE] = live_as_core, [ROLE_KE] = live_as_ke, [ROLE_ADMIN] = live_as_admin, [ROLE_SERVE] = live_as_serve,
};

/* -- the parent's life ----------------------------------------------------------------------------------------------- */

struct dur_ns supervisor_delay(struct deaths *d, struct mono_ns now)
{
    int64_t delay_s;

    if (d->quick == 0 || mono_sub(now, d->first).ns > QUICK_SPAN_S * NS_PER_S + (INT64_C(1) << d->backoff_log2) * NS_PER_S)
        *d = (struct deaths){ 0, now, 0 };
    if (d->quick < QUICK_DEATHS) {
        d->quick++;
        return (struct dur_ns){ 0 };
    }
    delay_s = INT64_C(1) << d->backoff_log2;
    d->first = now;
    if (delay_s < BACKOFF_MAX_S)
        d->backoff_log2++;
    return (struct dur_ns){ (delay_s < BACKOFF_MAX_S ? delay_s : BACKOFF_MAX_S) * NS_PER_S };
}

static bool wanted(enum role r)
{
    if (r == ROLE_CLOCK)
        return sup.setup->mode.steer;
    if (r == ROLE_KE)
        return sup.setup->ke.shared != NULL;
    if (r == ROLE_ADMIN)
        return sup.setup->admin.shared != NULL;
    return r == ROLE_CORE || (sup.setup->listeners.count > 0 && r - ROLE_SERVE < sup.setup->workers);
}

/* Instrumented builds have something to write at the end: what was run, what leaks. */
_Noreturn static void leave(int code)
{
    if (!sandbox_confines())
        exit(code);
    _exit(code);
}

/* Without it the time is served all the same. */
static bool is_extra(enum role r) { return r == ROLE_KE || r == ROLE_ADMIN; }

/* It may have come before it was its turn. */
static void await_role(enum role r, struct mono_ns now)
{
    sup.child[r].start_at = MONO_NEVER;
    if (sup.child[r].pid == 0)
        sup.setup->world.shared->awaited_ns[r] = now.ns;
}

static void start_child(enum role r)
{
    struct child *c = &sup.child[r];
    pid_t pid;

    if (join_has(&sup.setup->join, r)) {
        await_role(r, host_mono());
        return;
    }
    if (r >= ROLE_SERVE)
        follow_forget(sup.setup->channel[r - ROLE_SERVE][1]);
    pid = fork();
    c->start_at = MONO_NEVER;
    if (pid == 0) {
        host_name_process(role_name(r));
        leave(lives[r < ROLE_SERVE ? r : ROLE_SERVE](sup.setup, r < ROLE_SERVE ? 0 : r - ROLE_SERVE));
    }
    if (pid > 0) {
        c->pid = pid;
        c->asked = c->missed = 0;
        sup.core_ran |= r == ROLE_CORE;
        return;
    }
    logger_say("cannot start the process %s: %s; trying again", role_name(r), ue_text(io_error(errno)));
    c->start_at = mono_add(host_mono(), (struct dur_ns){ NS_PER_S });
}

static struct sandbox_note *note_of(enum role r)
{
    return r == ROLE_KE ? &sup.setup->ke.shared->note : r == ROLE_ADMIN ? &sup.setup->admin.shared->note : &sup.setup->world.shared->note[r];
}

/* The number comes from a process that broke its own rules: it only chooses a name. */
static void name_refused_call(enum role r, char *out, size_t size)
{
    int32_t number = note_of(r)->refused_call;
    char name[SANDBOX_NAME_MAX];

    sandbox_call_name(number, name);
    snprintf(out, size, "SIGSYS: the system call %.31s (%ld) is not in its list", name[0] ? name : "unknown", (long)number);
}

static void tell_death(enum role r, pid_t pid, int status, struct dur_ns delay)
{
    struct log_record log = { .id = LOG_CHILD_DIED };
    char reason[96];

    if (WIFSIGNALED(status))
        snprintf(reason, sizeof reason, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == SANDBOX_EXIT)
        name_refused_call(r, reason, sizeof reason);
    else
        snprintf(reason, sizeof reason, "exit code %d", WEXITSTATUS(status));
    log_text(&log, "role", role_name(r));
    log_int(&log, "pid", pid);
    log_text(&log, "reason", reason);
    log_ns(&log, "retry_ns", delay.ns);
    logger_write(&log, host_mono());
}

/* How it ended is told to its service alone. */
static void tell_left(enum role r, const char *reason, struct mono_ns now)
{
    struct log_record log = { .id = LOG_ROLE_LEFT };

    log_text(&log, "role", role_name(r));
    log_int(&log, "pid", sup.child[r].pid);
    log_text(&log, "reason", reason);
    logger_write(&log, now);
}

static void note_death(enum role r, struct mono_ns now)
{
    struct shared_death *d = &sup.setup->world.shared->death[r];

    if (r == ROLE_CORE)
        reload_taken(&sup.reload, sup.setup->sets->generation); /* the next one starts with it */
    if (r >= ROLE_SERVE)
        __atomic_store_n(&sup.setup->world.shared->in_use[r - ROLE_SERVE], 0, __ATOMIC_SEQ_CST);
    *d = (struct shared_death){ .count = d->count + 1, .hung = sup.child[r].hung, .at_ns = now.ns };
    sup.child[r].hung = false;
}

/* It ended, or shall: the connection's end is SIGTERM to it. Its service starts the next one. */
static void part_from(enum role r, const char *reason, struct mono_ns now)
{
    struct child *c = &sup.child[r];

    loop_forget(&sup.loop, c->life);
    close(c->life);
    close(c->bell);
    c->life = c->bell = -1;
    if (!sup.stopping) {
        note_death(r, now);
        tell_left(r, reason, now);
    }
    c->pid = 0;
    if (!sup.stopping)
        await_role(r, now);
}

/* At the end of all, who is told to end is waited for, as children are: the next daemon wants its addresses. */
static void signal_joined(enum role r, int number)
{
    if (number == SIGTERM && sup.stopping)
        shutdown(sup.child[r].life, SHUT_WR);
    else if (number != SIGHUP || send(sup.child[r].bell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        part_from(r, "it was told to end", host_mono());
}

static void signal_child(enum role r, int number)
{
    if (sup.child[r].life >= 0)
        signal_joined(r, number);
    else if (sup.child[r].pid)
        kill(sup.child[r].pid, number);
}

/* The clock process ends last: the core's farewell command still needs it. */
static void go_on_stopping(void)
{
    if (!sup.child[ROLE_CORE].pid)
        signal_child(ROLE_CLOCK, SIGTERM);
    for (int r = 0; r < ROLE_COUNT; r++)
        if (sup.child[r].pid)
            return;
    loop_stop(&sup.loop);
}

static void stop_children(struct mono_ns now)
{
    sup.stopping = true;
    if (sup.setup->join.any) {
        loop_forget(&sup.loop, sup.setup->join.fd);
        join_close(&sup.setup->join, sup.setup->run_dir);
    }
    sup.kill_at = mono_add(now, dur_from_ms(PATIENCE_MS));
    for (int r = ROLE_CORE; r < ROLE_COUNT; r++)
        signal_child((enum role)r, SIGTERM);
    go_on_stopping();
}

/* -- roles that come by themselves ---------------------------------------------------------------------------------------- */

/* It is gone, or speaks, which no role does. */
static void on_life(void *ctx, int fd, short revents, struct mono_ns now)
{
    char reason[96] = "it ended, or its service did";

    (void)ctx;
    (void)revents;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (sup.child[r].life != fd)
            continue;
        if (note_of((enum role)r)->refused_call)
            name_refused_call((enum role)r, reason, sizeof reason);
        part_from((enum role)r, reason, now);
        if (sup.stopping)
            go_on_stopping();
        return;
    }
}

/* Who has ended makes room before the next one is judged, though both are told in one round. */
static void look_for_ended(struct mono_ns now)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct pollfd p = { .fd = sup.child[r].life, .events = POLLIN };

        if (p.fd >= 0 && poll(&p, 1, 0) > 0)
            on_life(NULL, p.fd, p.revents, now);
    }
}

/* Returns its role, of several workers one that is not there; -1: none is awaited. */
static int vacancy(int kind)
{
    int last = kind < ROLE_SERVE ? kind : ROLE_COUNT - 1;

    for (int r = kind; kind >= 0 && r <= last; r++)
        if (wanted((enum role)r) && !sup.child[r].pid)
            return r;
    return -1;
}

static int admit(enum role r, int connection)
{
    struct child *c = &sup.child[r];
    uid_t user;

    if (r >= ROLE_SERVE)
        follow_forget(sup.setup->channel[r - ROLE_SERVE][1]);
    c->bell = join_hand_over(sup.setup, r, connection);
    if (c->bell < 0 || loop_watch(&sup.loop, connection, POLLIN, on_life, NULL) != 0 || !io_unix_peer(connection, &user, &c->pid))
        return c->bell < 0 ? c->bell : -UE_FULL;
    note_of(r)->refused_call = 0;
    c->life = connection;
    c->asked = c->missed = 0;
    sup.setup->world.shared->awaited_ns[r] = 0;
    return 0;
}

static void tell_refused(int connection, int kind, int err)
{
    const char *why = kind < 0 ? "no process.*_user is that one" : err ? ue_text(err) : "it is there already, or not needed";
    uid_t user = 0;
    pid_t process = 0;

    io_unix_peer(connection, &user, &process);
    logger_say("the process %ld of user %lu wants to be %s and is refused: %s", (long)process, (unsigned long)user,
               kind < 0 ? "a role" : role_name((enum role)kind), why);
}

static void on_arrival(void *ctx, int fd, short revents, struct mono_ns now)
{
    int connection;

    (void)ctx;
    (void)revents;
    look_for_ended(now);
    while ((connection = io_unix_accept(fd)) > 0) {
        int kind = join_role_of(&sup.setup->join, connection), r = vacancy(kind);
        int err = r < 0 ? 0 : admit((enum role)r, connection);

        if (r >= 0 && !err)
            continue;
        tell_refused(connection, kind, err);
        join_refuse(connection);
        close(connection);
    }
}

/* A role that ends by itself before the start is over would do so again. */
static void give_up(enum role r, int code, struct mono_ns now)
{
    char call[96] = "no memory is left";

    if (code == SANDBOX_EXIT)
        name_refused_call(r, call, sizeof call);
    logger_say("the process %s cannot start (%s): ending", role_name(r),
               code == EXIT_PERMISSION ? "the system does not let it give its rights away" : call);
    sup.code = code && code != SANDBOX_EXIT ? code : EXIT_GENERAL;
    stop_children(now);
}

static void reaped(pid_t pid, int status, struct mono_ns now)
{
    struct dur_ns delay;

    if (resolver_reaped(&sup.resolver, pid, status) || resolver_reaped(&sup.ke_client, pid, status) || reload_reaped(&sup.reload, pid, status))
        return;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (sup.child[r].pid != pid)
            continue;
        sup.child[r].pid = 0;
        if (sup.stopping)
            return;
        if (!sup.status.started && WIFEXITED(status) && !is_extra((enum role)r)) {
            give_up((enum role)r, WEXITSTATUS(status), now);
            return;
        }
        note_death((enum role)r, now);
        delay = supervisor_delay(&sup.child[r].deaths, now);
        tell_death((enum role)r, pid, status, delay);
        sup.child[r].start_at = mono_add(now, delay);
    }
}

static void stop(int number, struct mono_ns now)
{
    if (sup.stopping)
        return;
    status_stopping(number);
    stop_children(now);
}

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    int status;
    pid_t pid;

    (void)ctx;
    if (number == SIGCHLD) {
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            reaped(pid, status, now);
        if (sup.stopping)
            go_on_stopping();
    } else if (number == SIGHUP) {
        signal_child(ROLE_CORE, SIGHUP);
        signal_child(ROLE_KE, SIGHUP);
        reload_ask(&sup.reload, 0);
    } else {
        stop(number, now);
    }
}

/* -- signs of life --------------------------------------------------------------------------------------------------- */

static bool ask_alive(enum role r, uint32_t beat)
{
    const struct reload_word word = { RELOAD_ALIVE, beat };

    if (r == ROLE_CORE)
        return send(sup.setup->reload_end, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof word;
    return follow_ask_alive(sup.setup->channel[r - ROLE_SERVE][0], beat) == 0;
}

/* Clock and ke do one thing at a time and are asked by others: they are not looked after here. */
static bool is_looked_after(enum role r) { return r == ROLE_CORE || r >= ROLE_SERVE; }

/* Killed by a signal that a stopped process dies of as well. */
static void end_hung(enum role r)
{
    logger_say("the process %s (pid %ld) gives no sign of life: ending it", role_name(r), (long)sup.child[r].pid);
    sup.child[r].hung = true;
    signal_child(r, SIGKILL);
}

/* Each round asks everybody; who has not seen his question for BEATS_MISSED rounds is hung. A parent that slept itself counts no rounds: time alone hangs
 * nobody. */
static void look_for_life(struct mono_ns now)
{
    sup.beat++;
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct child *c = &sup.child[r];
        uint32_t seen = sup.setup->world.shared->beat[r];

        if (!is_looked_after((enum role)r) || !c->pid || c->hung)
            continue;
        if (c->asked && seen < c->asked && ++c->missed >= BEATS_MISSED) {
            end_hung((enum role)r);
            continue;
        }
        if (!c->asked || seen >= c->asked)
            c->missed = 0;
        if (c->missed == 0)
            c->asked = ask_alive((enum role)r, sup.beat) ? sup.beat : c->asked;
    }
    sup.look_at = mono_add(now, (struct dur_ns){ sup.setup->options->process.watchdog.ns / BEATS_MISSED });
}

static void watch_life(void)
{
    int64_t ns = sup.setup->options->process.watchdog.ns;

    sup.look_at = ns ? mono_add(host_mono(), (struct dur_ns){ ns / BEATS_MISSED }) : MONO_NEVER;
}

static struct mono_ns next(void *ctx)
{
    struct mono_ns first = sup.stopping ? sup.kill_at : sup.look_at;

    (void)ctx;
    for (int r = 0; r < ROLE_COUNT && !sup.stopping; r++)
        first = mono_min(first, sup.child[r].start_at);
    return first;
}

static void run(void *ctx, struct mono_ns now)
{
    (void)ctx;
    if (!sup.stopping && !mono_before(now, sup.look_at))
        look_for_life(now);
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (sup.stopping)
            signal_child((enum role)r, SIGKILL);
        else if (!mono_before(now, sup.child[r].start_at))
            start_child((enum role)r);
    }
    if (sup.stopping)
        sup.kill_at = mono_add(now, dur_from_ms(PATIENCE_MS));
}

static bool all_alive(void *ctx)
{
    (void)ctx;
    for (int r = 0; r < ROLE_COUNT; r++)
        if (wanted((enum role)r) && (!sup.child[r].pid || sup.child[r].missed > 1) && !is_extra((enum role)r) && !join_has(&sup.setup->join, (enum role)r))
            return false;
    return true;
}

/* Those who answer come first, and have their turn before the others are started. */
static void start_children(void)
{
    for (int r = ROLE_COUNT - 1; r >= 0; r--) {
        sup.child[r] = (struct child){ .start_at = MONO_NEVER, .life = -1, .bell = -1 };
        if (r == ROLE_ADMIN && wanted(ROLE_ADMIN))
            sup.child[r].start_at = mono_add(host_mono(), dur_from_ms(ADMIN_DELAY_MS));
        else if (wanted((enum role)r))
            start_child((enum role)r);
        if (r == ROLE_SERVE)
            sched_yield();
    }
}

/* -- reload ---------------------------------------------------------------------------------------------------------- */

static void tell_core(enum reload_kind kind, uint32_t number)
{
    const struct reload_word word = { kind, number };

    if (send(sup.setup->reload_end, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof word && kind == RELOAD_COMMIT)
        signal_child(ROLE_CORE, SIGTERM); /* it does not listen: the next one starts with what is in force */
}

static void on_worker_word(void *ctx, int fd, short revents, struct mono_ns now)
{
    (void)ctx;
    (void)revents;
    (void)now;
    if (follow_heard_flood(fd))
        sieve_look(&sup.sieve);
}

static void hear_workers(void)
{
    for (; sup.heard < sup.setup->workers && sup.setup->channel[sup.heard][0] >= 0; sup.heard++)
        loop_watch(&sup.loop, sup.setup->channel[sup.heard][0], POLLIN, on_worker_word, NULL);
}

/* Those that have no process yet, because until now nothing was served. */
static void start_serving(void)
{
    if (sup.setup->listeners.count == 0 || setup_channels(sup.setup) != 0)
        return;
    hear_workers();
    for (int r = ROLE_SERVE; r < ROLE_COUNT; r++)
        if (wanted((enum role)r) && !sup.child[r].pid && sup.child[r].start_at.ns == MONO_NEVER.ns && !sup.setup->world.shared->awaited_ns[r])
            start_child((enum role)r);
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
    tell_core(RELOAD_COMMIT, sup.setup->sets->generation);
    watch_life();
    start_serving();
    ke_role_change(&sup.setup->ke, &sup.setup->options->nts);
    if (conf_names_have(&changes->live, "nts.certificate") || conf_names_have(&changes->live, "nts.private_key"))
        signal_child(ROLE_KE, SIGHUP);
    follow_again(&sup.follow);
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
    if (word.kind == RELOAD_TAKEN && word.number == sup.setup->sets->generation)
        reload_taken(&sup.reload, word.number);
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

int supervisor_run(struct setup *s)
{
    sup.setup = s;
    sup.pid = getpid();
    if (loop_init(&sup.loop, false, on_signal, NULL) != 0) {
        setup_clean(s);
        return EXIT_GENERAL;
    }
    watch_life();
    start_children();
    loop_add_part(&sup.loop, &(struct loop_part){ NULL, next, run });
    resolver_start(&sup.resolver, &sup.loop, s->resolve_end);
    resolver_start_program(&sup.ke_client, &sup.loop, s->ke_end, &ke_client_program);
    follow_start(&sup.follow, &sup.loop, &s->listeners, &(struct listeners_hooks){ NULL, listener_gone, listener_come },
                 s->world.shared->not_listening);
    sieve_start(&sup.sieve, &sup.loop, s->guard_memory, &s->listeners, s->world.shared);
    hear_workers();
    responder_follow(&s->responder, &sup.loop, &s->listeners);
    reload_start(&sup.reload, &sup.loop, s,
                 &(struct reload_hooks){ NULL, { NULL, listener_gone, listener_come }, list_changed, committed, reloaded }, false);
    loop_watch(&sup.loop, s->reload_end, POLLIN, on_core_word, NULL);
    if (s->join.any)
        loop_watch(&sup.loop, s->join.fd, POLLIN, on_arrival, NULL);
    status_start(&sup.status, &sup.loop, s);
    sup.status.alive = all_alive;
    loop_run(&sup.loop);
    resolver_end(&sup.resolver);
    resolver_end(&sup.ke_client);
    setup_clean(s);
    return sup.code;
}

int supervisor_join(const char *path, enum role wanted)
{
    static struct setup s;
    enum role r;
    int code = join_enter(&s, path, wanted, &r);

    if (code)
        return code;
    sup.setup = &s;
    sup.pid = getppid();
    host_name_process(role_name(r));
    leave(lives[r < ROLE_SERVE ? r : ROLE_SERVE](&s, r < ROLE_SERVE ? 0 : r - ROLE_SERVE));
}
