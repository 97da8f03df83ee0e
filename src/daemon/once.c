#include "daemon/once.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/core.h"
#include "daemon/exit.h"
#include "daemon/logger.h"
#include "daemon/resolve.h"
#include "daemon/resolver.h"
#include "daemon/responder.h"
#include "host/child.h"

#define ENOUGH_ANSWERS 4        /* a whole burst of one selected source */
#define ENOUGH_S 10             /* after the first synchronisation: whoever has not answered by then is not waited for */
#define PATIENCE_S 20
#define LOOK_MS 50

static struct {
    struct loop loop;
    struct core core;
    struct core_world world;
    struct resolver resolver;
    struct snapshot snapshot;
    struct mono_ns give_up, synchronised_at, next;
    bool done;
} once;

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    int status;
    pid_t pid;

    (void)ctx;
    (void)now;
    if (number == SIGCHLD)
        while ((pid = host_child_ended(&status)) > 0)
            resolver_reaped(&once.resolver, pid, status);
    else if (number != SIGHUP)
        loop_stop(&once.loop);
}

static bool enough(const struct snapshot *s, struct mono_ns now)
{
    struct clock_view v;

    page_view(&s->page, now, &v);
    if (v.status != CLOCK_SYNCHRONISED)
        return false;
    once.synchronised_at = mono_min(once.synchronised_at, now);
    if (mono_sub(now, once.synchronised_at).ns >= ENOUGH_S * NS_PER_S)
        return true;
    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->source[i].state == SOURCE_SELECTED && s->source[i].accepted < ENOUGH_ANSWERS)
            return false;
    return true;
}

static struct mono_ns next(void *ctx)
{
    (void)ctx;
    return once.next;
}

static void run(void *ctx, struct mono_ns now)
{
    (void)ctx;
    core_snapshot(&once.core, &once.snapshot);
    once.done = enough(&once.snapshot, now);
    if (once.done || !mono_before(now, once.give_up))
        loop_stop(&once.loop);
    once.next = mono_add(now, dur_from_ms(LOOK_MS));
}

/* Served and system time at one instant; the virtual clock has been stepped, not slewed, so served is the estimate. */
static int set_clock(bool dry_run)
{
    struct host_pair p = host_pair();
    struct clock_view v;
    struct dur_ns off, bound;
    char off_text[24], bound_text[24];
    int err;

    page_view(&once.snapshot.page, p.raw, &v);
    off = utc_sub(v.utc, p.system);
    bound = dur_max(utc_sub(v.utc, v.earliest), utc_sub(v.latest, v.utc));
    ns_to_text(dur_abs(off).ns, off_text);
    ns_to_text(bound.ns, bound_text);
    if (dry_run) {
        printf("the system clock is %s %s (known within %s); without --dry-run it would be set\n", off_text, off.ns < 0 ? "ahead" : "behind", bound_text);
        return 0;
    }
    err = host_clock_system.step(off);
    if (err) {
        fprintf(stderr, "simple-utcd: cannot set the system clock: %s; start as root or with CAP_SYS_TIME\n", ue_text(err));
        return EXIT_PERMISSION;
    }
    printf("the system clock was %s %s (known within %s) and has been set\n", off_text, off.ns < 0 ? "ahead" : "behind", bound_text);
    return 0;
}

/* Asked before anybody on the network is. */
static int may_set(const struct daemon_options *o)
{
    char rival[32];

    if (host_clock_system.probe() != 0) {
        fputs("simple-utcd: no right to set the system clock: start as root or with CAP_SYS_TIME, or look with --once --dry-run\n", stderr);
        return EXIT_PERMISSION;
    }
    if (o->engine.clock.clock.mode != CLOCK_MODE_SYSTEM && host_other_discipliner(rival, sizeof rival) && rival[0]) {
        fprintf(stderr, "simple-utcd: %s steers the system clock; stop it first, or insist with clock.mode: system\n", rival);
        return EXIT_GENERAL;
    }
    return 0;
}

/* A clock of its own, that takes the sources' time at once however far it is, and keeps nothing. */
static struct daemon_options *options_for_once(const struct daemon_options *o)
{
    static struct daemon_options own;

    own = *o;
    own.engine.clock.local.present = false;
    own.engine.clock.clock.step_threshold = (struct dur_ns){ 1 };
    own.engine.clock.clock.step_limit = 1;
    own.engine.clock.clock.drift_file.s[0] = '\0';
    return &own;
}

static int start(const struct daemon_options *o)
{
    static struct config_sets sets;
    static struct page page;
    static struct shared_state shared;
    static struct shared_steps steps;
    static struct hardware hardware;
    static struct hardware_lines lines;
    static struct responder responder;
    static const struct listeners nobody;
    static const struct mode virtual_clock;
    static const struct option_texts none;
    struct host_pair now = host_pair();
    int fd[2] = { -1, -1 };

    if (resolve_pair(fd) != 0)
        fd[0] = fd[1] = -1; /* numeric addresses work without */
    page_init(&page, 0);
    hardware_start(&hardware, &none, &lines);
    once.world = (struct core_world){ .options = o, .page = &page, .shared = &shared, .steps = &steps,
                                      .clock_mode = "virtual", .clock_reason = "--once", .clock_fd = -1,
                                      .driver = &host_clock_null, .hardware = &hardware, .responder = &responder, .listeners = &nobody, .mode = &virtual_clock,
                                      .resolve_fd = fd[0], .ke_fd = -1, .sets = &sets, .reload_fd = -1, .operators = GROUP_NONE,
                                      .wall = now.system, .wall_at = now.raw };
    once.give_up = mono_add(now.raw, (struct dur_ns){ PATIENCE_S * NS_PER_S });
    once.synchronised_at = MONO_NEVER;
    if (loop_init(&once.loop, true, on_signal, NULL) != 0)
        return -UE_UNSUPPORTED;
    resolver_start(&once.resolver, &once.loop, fd[1], NULL);
    loop_add_part(&once.loop, &(struct loop_part){ NULL, next, run });
    return core_start(&once.core, &once.loop, &once.world);
}

int once_run(const struct daemon_options *options, bool dry_run)
{
    int code = dry_run ? 0 : may_set(options);

    if (code)
        return code;
    if (options->engine.source_count == 0) {
        fputs("simple-utcd: no source is configured: nobody can be asked for the time; the clock was not touched\n", stderr);
        return EXIT_NOT_SYNCHRONISED;
    }
    if (start(options_for_once(options)) != 0)
        return EXIT_GENERAL;
    loop_run(&once.loop);
    if (once.done)
        return set_clock(dry_run);
    fprintf(stderr, "simple-utcd: not synchronised within %d s: %s; the clock was not touched\n", PATIENCE_S,
            once.snapshot.hint[0] ? once.snapshot.hint : "no source gave the time");
    return EXIT_NOT_SYNCHRONISED;
}
