#include "daemon/one_process.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/control_role.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/ke_client.h"
#include "daemon/logger.h"
#include "daemon/notify.h"
#include "daemon/random.h"
#include "daemon/resolver.h"
#include "daemon/serve_role.h"
#include "daemon/status.h"

static struct {
    struct setup *setup;
    struct loop loop;
    struct core core;
    struct serve_role serve;
    struct control_role control;
    struct resolver resolver, ke_client;
    struct status status;
    struct follow follow;
    pid_t ke;               /* the program of NTS key establishment; 0: none */
} all;

static void start_ke(void)
{
    pid_t parent = getpid();

    if (!all.setup->ke.shared)
        return;
    all.ke = fork();
    if (all.ke == 0) {
        host_end_with_parent(parent);
        ke_role_become(&all.setup->ke);
        _exit(EXIT_GENERAL);
    }
}

static void ke_ended(void)
{
    all.ke = 0;
    logger_say("NTS key establishment has ended: clients with cookies go on being served, new ones are not (with one process per role it is started again)");
}

static void stop_ke(void)
{
    if (all.ke <= 0)
        return;
    kill(all.ke, SIGTERM);
    waitpid(all.ke, NULL, 0);
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
        if (all.ke > 0)
            kill(all.ke, SIGHUP);
        logger_say("SIGHUP: looked at the leap second files; reading the configuration anew is not built yet, restart to take changes");
    } else {
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == all.ke)
                ke_ended();
            else if (!resolver_reaped(&all.resolver, pid, status))
                resolver_reaped(&all.ke_client, pid, status);
    }
}

int one_process_run(struct setup *s)
{
    all.setup = s;
    if (loop_init(&all.loop, true, on_signal, NULL) != 0 || (s->ke.shared && random_begin() != 0)) {
        setup_clean(s);
        return EXIT_GENERAL;
    }
    serve_role_start(&all.serve, &all.loop, &s->listeners, &s->serve, s->world.page, hardware_lines_used(&s->hardware), 0,
                     s->world.shared);
    serve_role_catch_up(&all.serve);
    if (core_start(&all.core, &all.loop, &s->world) != 0) {
        setup_clean(s);
        return EXIT_GENERAL;
    }
    follow_start(&all.follow, &all.loop, &s->listeners, &(struct listeners_hooks){ &all.serve, follow_gone_here, follow_come_here },
                 s->world.shared->not_listening);
    if (s->control_fd >= 0)
        control_role_start(&all.control, &all.loop, s->control_fd, &all.core);
    resolver_start(&all.resolver, &all.loop, s->resolve_end);
    resolver_start_program(&all.ke_client, &all.loop, s->ke_end, &ke_client_program);
    responder_follow(&s->responder, &all.loop, &s->listeners);
    status_start(&all.status, &all.loop, s);
    start_ke();
    loop_run(&all.loop);
    stop_ke();
    resolver_end(&all.resolver);
    resolver_end(&all.ke_client);
    core_stop(&all.core);
    setup_clean(s);
    return 0;
}
