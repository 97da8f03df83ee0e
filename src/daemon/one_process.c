#include "daemon/one_process.h"

#include <string.h>
#include <sys/wait.h>

#include "daemon/control_role.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/logger.h"
#include "daemon/notify.h"
#include "daemon/resolver.h"
#include "daemon/serve_role.h"
#include "daemon/status.h"

static struct {
    struct setup *setup;
    struct loop loop;
    struct core core;
    struct serve_role serve;
    struct control_role control;
    struct resolver resolver;
    struct status status;
    struct follow follow;
} all;

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
        logger_say("SIGHUP: looked at the leap second files; reading the configuration anew is not built yet, restart to take changes");
    } else {
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            resolver_reaped(&all.resolver, pid, status);
    }
}

int one_process_run(struct setup *s)
{
    all.setup = s;
    loop_init(&all.loop, true, on_signal, NULL);
    if (core_start(&all.core, &all.loop, &s->world) != 0)
        return EXIT_GENERAL;
    serve_role_start(&all.serve, &all.loop, &s->listeners, &s->serve, s->world.page, hardware_lines_used(&s->hardware), 0,
                     s->world.shared);
    follow_start(&all.follow, &all.loop, &s->listeners, &(struct listeners_hooks){ &all.serve, follow_gone_here, follow_come_here });
    if (s->control_fd >= 0)
        control_role_start(&all.control, &all.loop, s->control_fd, &all.core);
    resolver_start(&all.resolver, &all.loop, s->resolve_end);
    responder_follow(&s->responder, &all.loop, &s->listeners);
    status_start(&all.status, &all.loop, s);
    loop_run(&all.loop);
    core_stop(&all.core);
    setup_clean(s);
    return 0;
}
