#include "daemon/children.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/lives.h"
#include "daemon/logger.h"
#include "io/socket.h"

#define ADMIN_DELAY_MS 200      /* the page about the time comes when the time is there */
#define BEATS_MISSED 3
#define FORK_AGAIN_MS 20        /* nobody is to be without an answer for 50 ms; then twice as long each time, */
#define FORK_AGAIN_LOG2 6       /* so often */
#define PATIENCE_MS 5000        /* for children to end by themselves */

bool children_wanted(const struct children *c, enum role r)
{
    if (r == ROLE_CLOCK)
        return c->setup->mode.steer;
    if (r == ROLE_KE)
        return c->setup->ke.shared != NULL;
    if (r == ROLE_ADMIN)
        return c->setup->admin.shared != NULL;
    return r == ROLE_CORE || (c->setup->listeners.count > 0 && r - ROLE_SERVE < c->setup->workers);
}

/* Without it the time is served all the same. */
static bool is_extra(enum role r) { return r == ROLE_KE || r == ROLE_ADMIN; }

/* -- start ----------------------------------------------------------------------------------------------------------- */

/* It may have come before it was its turn. */
static void await_role(struct children *c, enum role r, struct mono_ns now)
{
    c->child[r].start_at = MONO_NEVER;
    if (c->child[r].pid == 0)
        c->setup->world.shared->awaited_ns[r] = now.ns;
}

static void start_child(struct children *c, enum role r)
{
    struct child *x = &c->child[r];
    pid_t pid;

    if (join_has(&c->setup->join, r)) {
        await_role(c, r, host_mono());
        return;
    }
    if (r >= ROLE_SERVE)
        follow_forget(c->setup->channel[r - ROLE_SERVE][1]);
    pid = fork();
    x->start_at = MONO_NEVER;
    if (pid == 0)
        lives_lead(r, c->setup, c->parent, c->core_ran);
    if (pid > 0) {
        x->pid = pid;
        x->asked = x->missed = x->refused = 0;
        c->core_ran |= r == ROLE_CORE;
        return;
    }
    logger_say("cannot start the process %s: %s; trying again", role_name(r), ue_text(io_error(errno)));
    x->start_at = mono_add(host_mono(), dur_from_ms(FORK_AGAIN_MS << x->refused));
    x->refused += x->refused < FORK_AGAIN_LOG2;
}

/* Those who answer come first, and have their turn before the others are started. */
static void start_all(struct children *c)
{
    for (int r = ROLE_COUNT - 1; r >= 0; r--) {
        c->child[r] = (struct child){ .start_at = MONO_NEVER, .life = -1, .bell = -1 };
        if (r == ROLE_ADMIN && children_wanted(c, ROLE_ADMIN))
            c->child[r].start_at = mono_add(host_mono(), dur_from_ms(ADMIN_DELAY_MS));
        else if (children_wanted(c, (enum role)r))
            start_child(c, (enum role)r);
        if (r == ROLE_SERVE)
            sched_yield();
    }
}

void children_start_serving(struct children *c)
{
    for (int r = ROLE_SERVE; r < ROLE_COUNT; r++)
        if (children_wanted(c, (enum role)r) && !c->child[r].pid && c->child[r].start_at.ns == MONO_NEVER.ns && !c->setup->world.shared->awaited_ns[r])
            start_child(c, (enum role)r);
}

/* -- death ----------------------------------------------------------------------------------------------------------- */

struct sandbox_note *children_note(const struct children *c, enum role r)
{
    const struct setup *s = c->setup;

    return r == ROLE_KE ? &s->ke.shared->note : r == ROLE_ADMIN ? &s->admin.shared->note : &s->world.shared->note[r];
}

static void note_death(struct children *c, enum role r, struct mono_ns now)
{
    struct shared_state *shared = c->setup->world.shared;
    struct shared_death *d = &shared->death[r];

    if (r == ROLE_CORE)
        reload_taken(c->reload, c->setup->sets->generation); /* the next one starts with it */
    if (r >= ROLE_SERVE)
        __atomic_store_n(&shared->in_use[r - ROLE_SERVE], 0, __ATOMIC_SEQ_CST);
    *d = (struct shared_death){ .count = d->count + 1, .hung = c->child[r].hung, .at_ns = now.ns };
    c->child[r].hung = false;
    if (r == ROLE_ADMIN && admin_role_renew(&c->setup->admin, now))
        children_signal(c, ROLE_CORE, SIGKILL);
}

void children_part(struct children *c, enum role r, const char *reason, struct mono_ns now)
{
    struct child *x = &c->child[r];

    loop_forget(c->loop, x->life);
    close(x->life);
    close(x->bell);
    x->life = x->bell = -1;
    if (!c->stopping) {
        note_death(c, r, now);
        deaths_tell_left(r, x->pid, reason, now);
    }
    x->pid = 0;
    if (!c->stopping)
        await_role(c, r, now);
}

/* A role that ends by itself before the start is over would do so again. */
static void give_up(struct children *c, enum role r, int code, struct mono_ns now)
{
    char call[96] = "no memory is left";

    if (code == SANDBOX_EXIT)
        deaths_name_call(children_note(c, r)->refused_call, call, sizeof call);
    logger_say("the process %s cannot start (%s): ending", role_name(r),
               code == EXIT_PERMISSION ? "the system does not let it give its rights away" : call);
    c->code = code && code != SANDBOX_EXIT ? code : EXIT_GENERAL;
    children_stop(c, now);
}

static void child_died(struct children *c, enum role r, const struct death *d, struct mono_ns now)
{
    struct dur_ns delay;

    if (c->stopping)
        return;
    if (!*c->started && WIFEXITED(d->status) && !is_extra(r)) {
        give_up(c, r, WEXITSTATUS(d->status), now);
        return;
    }
    note_death(c, r, now);
    delay = deaths_delay(&c->child[r].deaths, now);
    if (delay.ns == 0)
        start_child(c, r); /* before it is told: the log may take its time */
    else
        c->child[r].start_at = mono_add(now, delay);
    deaths_tell(r, d, delay);
}

void children_reaped(struct children *c, pid_t pid, int status, struct mono_ns now)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (c->child[r].pid != pid)
            continue;
        c->child[r].pid = 0;
        child_died(c, (enum role)r, &(struct death){ pid, status, children_note(c, (enum role)r)->refused_call }, now);
    }
}

/* -- signals and the end --------------------------------------------------------------------------------------------- */

/* At the end of all, who is told to end is waited for, as children are: the next daemon wants its addresses. */
static void signal_joined(struct children *c, enum role r, int number)
{
    if (number == SIGTERM && c->stopping)
        shutdown(c->child[r].life, SHUT_WR);
    else if (number != SIGHUP || send(c->child[r].bell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        children_part(c, r, "it was told to end", host_mono());
}

void children_signal(struct children *c, enum role r, int number)
{
    if (c->child[r].life >= 0)
        signal_joined(c, r, number);
    else if (c->child[r].pid)
        kill(c->child[r].pid, number);
}

void children_replace_workers(struct children *c)
{
    struct shared_state *shared = c->setup->world.shared;

    for (int r = ROLE_SERVE; r < ROLE_COUNT; r++) {
        if (c->child[r].pid) {
            logger_say("the process %s (pid %ld) does not go over to another configuration: ending it", role_name((enum role)r), (long)c->child[r].pid);
            children_signal(c, (enum role)r, SIGKILL);
        } else {
            __atomic_store_n(&shared->in_use[r - ROLE_SERVE], 0, __ATOMIC_SEQ_CST);
        }
    }
}

/* The clock process ends last: the core's farewell command still needs it. */
void children_go_on_stopping(struct children *c)
{
    if (!c->child[ROLE_CORE].pid)
        children_signal(c, ROLE_CLOCK, SIGTERM);
    for (int r = 0; r < ROLE_COUNT; r++)
        if (c->child[r].pid)
            return;
    loop_stop(c->loop);
}

void children_stop(struct children *c, struct mono_ns now)
{
    struct setup *s = c->setup;

    c->stopping = true;
    if (s->join.any) {
        loop_forget(c->loop, s->join.fd);
        join_close(&s->join, s->run_dir);
    }
    c->kill_at = mono_add(now, dur_from_ms(PATIENCE_MS));
    for (int r = ROLE_CORE; r < ROLE_COUNT; r++)
        children_signal(c, (enum role)r, SIGTERM);
    children_go_on_stopping(c);
}

/* -- signs of life --------------------------------------------------------------------------------------------------- */

static bool ask_alive(const struct setup *s, enum role r, uint32_t beat)
{
    const struct reload_word word = { RELOAD_ALIVE, beat };

    if (r == ROLE_CORE)
        return send(s->reload_end, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof word;
    return follow_ask_alive(s->channel[r - ROLE_SERVE][0], beat) == 0;
}

/* Clock and ke do one thing at a time and are asked by others: they are not looked after here. */
static bool is_looked_after(enum role r) { return r == ROLE_CORE || r >= ROLE_SERVE; }

/* Killed by a signal that a stopped process dies of as well. */
static void end_hung(struct children *c, enum role r)
{
    logger_say("the process %s (pid %ld) gives no sign of life: ending it", role_name(r), (long)c->child[r].pid);
    c->child[r].hung = true;
    children_signal(c, r, SIGKILL);
}

/* Each round asks everybody; who has not seen his question for BEATS_MISSED rounds is hung. A parent that slept itself counts no rounds: time alone hangs
 * nobody. */
static void look_for_life(struct children *c, struct mono_ns now)
{
    c->beat++;
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct child *x = &c->child[r];

        if (!is_looked_after((enum role)r) || !x->pid || x->hung)
            continue;
        if (x->asked && x->seen < x->asked && ++x->missed >= BEATS_MISSED) {
            end_hung(c, (enum role)r);
            continue;
        }
        if (!x->asked || x->seen >= x->asked)
            x->missed = 0;
        if (x->missed == 0)
            x->asked = ask_alive(c->setup, (enum role)r, c->beat) ? c->beat : x->asked;
        else
            ask_alive(c->setup, (enum role)r, x->asked); /* the answer may have found no room */
    }
    c->look_at = mono_add(now, (struct dur_ns){ c->setup->options->process.watchdog.ns / BEATS_MISSED });
}

/* By its own way alone: what lies in memory that all children share, any of them could write. */
void children_heard(struct children *c, enum role r, uint32_t beat)
{
    if (beat <= c->beat)
        c->child[r].seen = beat;
}

void children_watch_life(struct children *c)
{
    int64_t ns = c->setup->options->process.watchdog.ns;

    c->look_at = ns ? mono_min(c->look_at, mono_add(host_mono(), (struct dur_ns){ ns / BEATS_MISSED })) : MONO_NEVER; /* however often that is told */
}

bool children_alive(void *ctx)
{
    const struct children *c = ctx;

    for (int r = 0; r < ROLE_COUNT; r++)
        if (children_wanted(c, (enum role)r) && (!c->child[r].pid || c->child[r].missed > 1) && !is_extra((enum role)r)
            && !join_has(&c->setup->join, (enum role)r))
            return false;
    return true;
}

/* -- in the loop ----------------------------------------------------------------------------------------------------- */

static struct mono_ns next(void *ctx)
{
    const struct children *c = ctx;
    struct mono_ns first = c->stopping ? c->kill_at : c->look_at;

    for (int r = 0; r < ROLE_COUNT && !c->stopping; r++)
        first = mono_min(first, c->child[r].start_at);
    return first;
}

static void run(void *ctx, struct mono_ns now)
{
    struct children *c = ctx;

    if (!c->stopping && !mono_before(now, c->look_at))
        look_for_life(c, now);
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (c->stopping)
            children_signal(c, (enum role)r, SIGKILL);
        else if (!mono_before(now, c->child[r].start_at))
            start_child(c, (enum role)r);
    }
    if (c->stopping)
        c->kill_at = mono_add(now, dur_from_ms(PATIENCE_MS));
}

void children_start(struct children *c, struct loop *loop, struct setup *s, struct reload *reload, const bool *started)
{
    c->setup = s;
    c->loop = loop;
    c->reload = reload;
    c->started = started;
    c->parent = getpid();
    c->look_at = MONO_NEVER;
    children_watch_life(c);
    start_all(c);
    loop_add_part(loop, &(struct loop_part){ c, next, run });
}
