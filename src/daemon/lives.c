#include "daemon/lives.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/control_role.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/logger.h"
#include "daemon/random.h"
#include "daemon/serve_role.h"

/* One a process: the parent, which has no such life, leaves it untouched. */
static struct {
    struct loop loop;
    struct core core;
    struct serve_role serve;
    struct control_role control;
    pid_t parent;
    bool goes_on;               /* core: from what is on the page */
} life;

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    (void)ctx;
    (void)now;
    if (number == SIGTERM)
        loop_stop(&life.loop);
    else if (number == SIGHUP && life.core.engine)
        core_reread(&life.core);
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

/* Rights are given away; the death of the parent has to be asked for again, because that takes the wish along. */
static int give_up_rights(enum host_right right, struct setup *s)
{
    int err = host_confine(right, s->user);

    responder_leave(&s->responder);
    host_end_with_parent(life.parent);
    return err;
}

static void keep_descriptors_of_core(const struct setup *s)
{
    int keep[6 + HARDWARE_CARDS_MAX + ENGINE_CONFIGURED_MAX + LOGGER_DESCRIPTORS_MAX] = {
        s->control_fd, s->world.clock_fd, s->world.resolve_fd, s->world.ke_fd, s->world.reload_fd, s->admin.core_end
    };
    unsigned n = 6;

    for (unsigned i = 0; i < s->hardware.count; i++)
        keep[n++] = s->hardware.card[i].why_not ? -1 : s->hardware.card[i].phc.fd;
    for (unsigned i = 0; i < s->references.count; i++)
        keep[n++] = s->references.line[i].fd;
    logger_reopen();
    sandbox_keep_descriptors(keep, n + logger_descriptors(&keep[n]));
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
    if (loop_init(&life.loop, false, on_signal, NULL) != 0)
        return EXIT_GENERAL;
    if (life.goes_on)
        core_read_memory(&s->world);
    sandbox_enter(SANDBOX_CORE, &files, &s->world.shared->note[ROLE_CORE]);
    if (life.goes_on)
        go_on_from_page(&s->world);
    if (core_start(&life.core, &life.loop, &s->world) != 0)
        return EXIT_GENERAL;
    control_role_start(&life.control, &life.loop, s->control_fd, &life.core);
    if (s->admin.core_end >= 0)
        control_role_adopt(&life.control, s->admin.core_end);
    loop_run(&life.loop);
    core_stop(&life.core);
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
    sandbox_empty_root(s->run_dir, worker);
    if (s->ke.shared && random_begin() != 0)
        return EXIT_GENERAL;
    if (give_up_rights(HOST_RIGHT_NONE, s) != 0)
        return EXIT_PERMISSION;
    responder_forget(&s->responder);
    references_forget(&s->references);
    mprotect(s->world.page, sizeof *s->world.page, PROT_READ);
    munmap(s->world.steps, sizeof *s->world.steps);
    munmap(s->world.words, sizeof *s->world.words);
    munmap(s->world.legacy, sizeof *s->world.legacy);
    if (s->world.clockbound)
        munmap(s->world.clockbound, sizeof *s->world.clockbound);
    if (s->ke.shared)
        mprotect(s->ke.shared, sizeof *s->ke.shared, PROT_READ);
    if (loop_init(&life.loop, false, on_signal, NULL) != 0)
        return EXIT_GENERAL;
    life.loop.busy = s->options->ntp.busy_poll;
    listeners_keep(&s->listeners, worker);
    if (s->listeners.steer_over)
        host_run_on(worker, s->listeners.steer_over);
    mprotect(s->hardware.lines, sizeof *s->hardware.lines, PROT_READ);
    mprotect(s->sets, sizeof *s->sets, PROT_READ);
    serve_role_start(&life.serve, &life.loop,
                     &(struct serve_world){ &s->listeners, &s->serve, s->sets, s->world.page, hardware_lines_used(&s->hardware), s->world.shared,
                                            follow_say_flood, &s->channel[worker][1], s->life > 0 ? s : NULL }, worker);
    follow_obey(&life.serve, &life.loop, s->channel[worker][1]);
    if (sandbox_confines())
        loop_end_by_signal();
    keep_descriptors_of_serve(s, worker);
    sandbox_enter(SANDBOX_SERVE, NULL, &s->world.shared->note[ROLE_SERVE + worker]);
    loop_run(&life.loop);
    return 0;
}

static int live_as_clock(struct setup *s, unsigned worker)
{
    (void)worker;
    mprotect(s->sets, sizeof *s->sets, PROT_READ);
    munmap(s->world.words, sizeof *s->world.words);
    munmap(s->world.legacy, sizeof *s->world.legacy);
    if (give_up_rights(HOST_RIGHT_SET_CLOCK, s) != 0)
        return EXIT_PERMISSION;
    responder_forget(&s->responder);
    references_forget(&s->references);
    loop_release_signals();
    loop_end_by_signal();
    logger_forget();
    sandbox_keep_descriptors((int[]){ s->clock_end, s->life, s->bell }, 3);
    sandbox_enter(SANDBOX_CLOCK, NULL, &s->world.shared->note[ROLE_CLOCK]);
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

/* Instrumented builds have something to write at the end: what was run, what leaks. */
_Noreturn static void leave(int code)
{
    if (!sandbox_confines())
        exit(code);
    _exit(code);
}

void lives_lead(enum role r, struct setup *s, pid_t parent, bool goes_on)
{
    life.parent = parent;
    life.goes_on = goes_on;
    host_name_process(role_name(r));
    leave(lives[r < ROLE_SERVE ? r : ROLE_SERVE](s, r < ROLE_SERVE ? 0 : r - ROLE_SERVE));
}

int lives_join(const char *path, enum role wanted)
{
    static struct setup s;
    enum role r;
    int code = join_enter(&s, path, wanted, &r);

    if (code)
        return code;
    lives_lead(r, &s, getppid(), false);
}
