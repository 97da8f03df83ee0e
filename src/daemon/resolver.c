#include "daemon/resolver.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/err.h"
#include "daemon/deaths.h"
#include "daemon/logger.h"
#include "daemon/resolve.h"
#include "host/clock.h"
#include "io/unix.h"

/* No program of ours ends its way to core: whoever has it would be told so for ever. */
static void renew(struct resolver *r)
{
    bool may = r->renew && deaths_may_renew(&r->renewed_at, host_mono());

    loop_forget(r->loop, r->fd);
    logger_say("a program that answers questions of core ended its way there: it is no program of ours any more; %s",
               may ? "its way is made anew" : "none is asked until the next start");
    if (!may)
        return;
    r->fd = r->asks = -1; /* closed; another there may be none */
    r->renew(r);
}

static void on_question(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct resolver *r = ctx;
    pid_t pid;

    (void)now;
    if (revents & LOOP_HUNG_UP) {
        renew(r);
        return;
    }
    pid = r->program->spawn(fd, r->user);
    if (pid < 0) {
        r->program->decline(fd, pid);
        return;
    }
    r->pid = pid;
    loop_events(r->loop, fd, POLLRDHUP); /* its own matter from now on */
}

static struct mono_ns next(void *ctx) { return ((const struct resolver *)ctx)->begin; }

static void begin(void *ctx, struct mono_ns now)
{
    struct resolver *r = ctx;

    (void)now;
    r->begin = MONO_NEVER;
    loop_watch(r->loop, r->fd, POLLIN | POLLRDHUP, on_question, r);
}

void resolver_go_on(struct resolver *r, int asks, int fd)
{
    r->asks = asks;
    r->fd = fd;
    loop_watch(r->loop, fd, r->pid ? POLLRDHUP : POLLIN | POLLRDHUP, on_question, r);
    if (r->pid > 0)
        kill(r->pid, SIGKILL);
}

void resolver_start(struct resolver *r, struct loop *loop, int fd, const struct host_user *user)
{
    static const struct resolver_program resolve = { resolve_spawn, resolve_decline,
                                                     "the program simple-utcd-resolve is missing: names cannot be looked up, numeric addresses work" };

    resolver_start_program(r, loop, fd, &resolve, user);
}

void resolver_start_program(struct resolver *r, struct loop *loop, int fd, const struct resolver_program *program, const struct host_user *user)
{
    *r = (struct resolver){ program, user, loop, fd, 0, MONO_NEVER, -1, NULL, { 0 } };
    if (fd < 0)
        return;
    r->begin = mono_add(host_mono(), dur_from_ms(RESOLVER_DELAY_MS));
    loop_add_part(loop, &(struct loop_part){ r, next, begin });
}

bool resolver_reaped(struct resolver *r, pid_t pid, int status)
{
    if (r->pid == 0 || pid != r->pid)
        return false;
    r->pid = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
            logger_say("%s", r->program->missing);
        r->program->decline(r->fd, -UE_UNSUPPORTED);
    }
    if (r->renew && (io_unix_is_over(r->asks) || io_unix_is_over(r->fd)))
        renew(r);
    else
        loop_events(r->loop, r->fd, POLLIN | POLLRDHUP);
    return true;
}

void resolver_end(struct resolver *r)
{
    if (r->pid <= 0)
        return;
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    r->pid = 0;
}
