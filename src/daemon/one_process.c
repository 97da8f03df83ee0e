#include "daemon/one_process.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/control_role.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/ke_client.h"
#include "daemon/logger.h"
#include "daemon/random.h"
#include "daemon/reload.h"
#include "daemon/resolver.h"
#include "daemon/rival.h"
#include "daemon/serve_role.h"
#include "daemon/sieve.h"
#include "daemon/status.h"
#include "host/child.h"

#define PATIENCE_MS 5000        /* for programs to end by themselves */
#define STEP_MS 10

static struct {
    struct setup *setup;
    struct loop loop;
    struct core core;
    struct serve_role serve;
    struct control_role control;
    struct resolver resolver, ke_client;
    struct status status;
    struct follow follow;
    struct sieve sieve;
    struct rival rival;
    struct reload reload;
    pid_t ke, admin;        /* the programs of NTS key establishment and of HTTP; 0: none */
} all;

static void become_ke(void) { ke_role_become(&all.setup->ke); }
static void become_admin(void) { admin_role_become(&all.setup->admin); }

static pid_t start_helper(void (*become)(void))
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        host_end_with_parent(parent);
        become();
        _exit(EXIT_GENERAL);
    }
    return pid;
}

static bool helper_ended(pid_t pid)
{
    if (pid == all.ke) {
        all.ke = 0;
        logger_say("NTS key establishment has ended: clients with cookies go on being served, new ones are not (one process per role starts it again)");
    } else if (pid == all.admin) {
        all.admin = 0;
        logger_say("metrics and health have ended: time is served all the same (with one process per role they are started again)");
    } else
        return false;
    return true;
}

/* One that is stopped, or waits for a disk, does not hold up the end. */
static void stop_helper(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    for (int i = 0; i < PATIENCE_MS / STEP_MS; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * NS_PER_MS }, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    int status;
    pid_t pid;

    (void)ctx;
    (void)now;
    if (number == SIGTERM || number == SIGINT) {
        status_stopping(number);
        loop_stop(&all.loop);
    } else if (number == SIGHUP) {
        core_reread(&all.core);
        reload_ask(&all.reload, 0);
    } else {
        while ((pid = host_child_ended(&status)) > 0)
            if (!helper_ended(pid) && !resolver_reaped(&all.resolver, pid, status))
                resolver_reaped(&all.ke_client, pid, status);
    }
}

static void ask_reload(uint32_t ticket) { reload_ask(&all.reload, ticket); }

static void need_helpers(const struct engine_options *o)
{
    setup_helpers(all.setup, o);
    if (all.resolver.fd < 0 && all.setup->resolve_end >= 0)
        resolver_start(&all.resolver, &all.loop, all.setup->resolve_end, all.setup->user);
    if (all.ke_client.fd < 0 && all.setup->ke_end >= 0)
        resolver_start_program(&all.ke_client, &all.loop, all.setup->ke_end, &ke_client_program, all.setup->user);
}

/* Whoever answers here reads the list beside it. */
static void list_changed(void *ctx, unsigned i)
{
    (void)ctx;
    (void)i;
}

static void committed(void *ctx, const struct conf_changes *changes)
{
    uint32_t generation = all.setup->sets->generation;

    (void)ctx;
    (void)changes;
    core_take_set(&all.core, generation);
    reload_taken(&all.reload, generation);
    ke_role_change(&all.setup->ke, all.setup->options);
    follow_again(&all.follow);
}

static bool look_again(void *ctx)
{
    (void)ctx;
    return all.ke > 0 && kill(all.ke, SIGHUP) == 0;
}

static void reloaded(void *ctx, uint32_t ticket)
{
    (void)ctx;
    core_reloaded(&all.core, ticket);
}

static void look_at_floods(void *ctx)
{
    (void)ctx;
    sieve_look(&all.sieve);
}

/* Serve, core and its socket. Returns 0 or -UE_.... */
static int start_roles(struct setup *s)
{
    int err;

    if (s->ke.shared && (err = random_begin()) != 0)
        return err;
    s->world.ask_reload = ask_reload;
    s->world.need_helpers = need_helpers;
    sieve_start(&all.sieve, &all.loop, s->guard_memory, &s->listeners, s->world.shared);
    serve_role_start(&all.serve, &all.loop,
                     &(struct serve_world){ &s->listeners, &s->serve, s->sets, s->world.page, hardware_lines_used(&s->hardware), s->world.shared,
                                            look_at_floods, NULL }, 0);
    serve_role_catch_up(&all.serve);
    err = core_start(&all.core, &all.loop, &s->world);
    if (err)
        return err;
    control_role_start(&all.control, &all.loop, s->control_fd, &all.core);
    if (s->admin.core_end >= 0)
        control_role_adopt(&all.control, s->admin.core_end);
    return 0;
}

/* What the parent does otherwise. */
static void start_parts(struct setup *s)
{
    follow_start(&all.follow, &all.loop, &s->listeners, &(struct listeners_hooks){ &all.serve, follow_gone_here, follow_come_here },
                 s->world.shared->not_listening);
    resolver_start(&all.resolver, &all.loop, s->resolve_end, s->user);
    resolver_start_program(&all.ke_client, &all.loop, s->ke_end, &ke_client_program, s->user);
    rival_start(&all.rival, &all.loop, &s->mode, s->world.shared);
    responder_follow(&s->responder, &all.follow, &s->world.shared->xdp_gone);
    reload_start(&all.reload, &all.loop, s,
                 &(struct reload_hooks){ NULL, { &all.serve, follow_gone_here, follow_come_here }, list_changed, committed, look_again, reloaded }, true);
    status_start(&all.status, &all.loop, s);
    if (s->ke.shared)
        all.ke = start_helper(become_ke);
    if (s->admin.shared)
        all.admin = start_helper(become_admin);
}

int one_process_run(struct setup *s)
{
    all.setup = s;
    if (loop_init(&all.loop, true, on_signal, NULL) != 0 || start_roles(s) != 0) {
        setup_clean(s);
        return EXIT_GENERAL;
    }
    start_parts(s);
    loop_run(&all.loop);
    stop_helper(all.ke);
    stop_helper(all.admin);
    resolver_end(&all.resolver);
    resolver_end(&all.ke_client);
    core_stop(&all.core);
    setup_clean(s);
    return 0;
}
