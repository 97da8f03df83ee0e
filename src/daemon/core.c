#include "daemon/core_part.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/exit.h"
#include "daemon/logger.h"
#include "daemon/memory_file.h"
#include "daemon/trouble.h"
#include "host/wake.h"
#include "io/stamp.h"

#define ACTIONS_A_STEP 16
#define PROBLEMS_LOOK_NS NS_PER_S
#define CLOCKBOUND_NS NS_PER_S  /* its clients call what is older than 5 s free-running */
#define VMCLOCK_LOOK_NS (NS_PER_S / 2) /* readers of the page are to know within a second */

/* -- events ---------------------------------------------------------------------------------------------------- */

static void obey(struct core *c, const struct action *a);

static void drain(struct core *c, const struct event *ev)
{
    static const struct event tick = { .kind = EVENT_TICK };
    struct action out[ACTIONS_A_STEP];
    size_t n;

    if (ev->kind == EVENT_CLOCK_PAIR && dur_sub(ev->u.pair.asleep, c->asleep).ns > PAGE_SLEEP_NS)
        c->asleep = ev->u.pair.asleep; /* what is published from here on knows of it */
    do {
        n = engine_step(c->engine, ev, host_mono(), out, ACTIONS_A_STEP);
        for (size_t i = 0; i < n; i++)
            obey(c, &out[i]);
        ev = &tick;
    } while (n == ACTIONS_A_STEP);
}

/* Actions cause events while the engine is still handing actions out: those wait their turn. */
void core_input(struct core *c, const struct event *ev)
{
    if (c->stepping) {
        assert(c->queue_count < CORE_QUEUE_MAX); /* each outstanding exchange and command can fail once */
        c->queue[(c->queue_first + c->queue_count++) % CORE_QUEUE_MAX] = *ev;
        return;
    }
    c->stepping = true;
    drain(c, ev);
    while (c->queue_count > 0) {
        struct event waiting = c->queue[c->queue_first];

        c->queue_first = (c->queue_first + 1) % CORE_QUEUE_MAX;
        c->queue_count--;
        drain(c, &waiting);
    }
    c->stepping = false;
}

/* -- the responder in the kernel --------------------------------------------------------------------------------- */

/* After a sleep the page holds no longer, and the responder knows nothing until there is another one. */
void core_tell_responder(struct core *c)
{
    const struct core_world *w = c->world;
    struct page_data page;
    double rate_ppm = 0;

    if (!w->responder->mirror || page_read(w->page, &page) != 0)
        return;
    if (io_slept_since(page.asleep))
        page.status = CLOCK_DISRUPTED;
    host_clock_system.read_frequency(&rate_ppm);
    c->responder_due = responder_write(w->responder, w->serve, &page, rate_ppm);
}

static void tell_clockbound(struct core *c)
{
    const struct core_world *w = c->world;
    struct page_data page;

    if (!w->clockbound || page_read(w->page, &page) != 0)
        return;
    if (io_slept_since(page.asleep))
        page.status = CLOCK_DISRUPTED;
    clockbound_update(w->clockbound, &page, w->steer, w->vmclock != NULL);
    c->clockbound_due = mono_add(host_mono(), (struct dur_ns){ CLOCKBOUND_NS });
}

/* -- the system clock ------------------------------------------------------------------------------------------- */

static void read_clock(struct core *c)
{
    struct host_pair p = host_pair();

    core_input(c, &(struct event){ .kind = EVENT_CLOCK_PAIR, .u.pair = { p.raw, p.system, io_asleep() } });
}

/* The system clock's rate may be another one now. */
static void result(struct core *c, uint32_t number, int err)
{
    core_input(c, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { number, err } });
    core_tell_responder(c);
    tell_clockbound(c);
}

static void command_clock(struct core *c, const struct clock_command *command)
{
    const struct core_world *w = c->world;
    struct clock_limits limits = clock_limits_of(&w->options->engine.clock);

    if (command->verb == CLOCK_SET_STEP)
        clockbound_withdraw(w->clockbound); /* until the result is there */
    if (w->clock_fd < 0)
        result(c, command->number, clock_role_obey(command, &limits, w->driver, w->steps));
    else if (clock_command_check(command, &limits, w->steps) != 0)
        result(c, command->number, -UE_RANGE);
    else if (send(w->clock_fd, command, sizeof *command, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        result(c, command->number, -UE_BUSY);
}

static void on_clock_result(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct clock_answer a;

    (void)revents;
    (void)now;
    if (recv(fd, &a, sizeof a, MSG_DONTWAIT) == (ssize_t)sizeof a)
        result(ctx, a.number, a.err <= 0 && a.err > -UE_COUNT ? a.err : -UE_IO);
}

/* -- memory ----------------------------------------------------------------------------------------------------- */

static const char *drift_file(const struct core *c) { return c->world->options->engine.clock.clock.drift_file.s; }

static void tell_not_saved(struct core *c, int err)
{
    struct log_record r = { .id = LOG_STATE_NOT_SAVED };

    if (err && !c->save_err) {
        log_text(&r, "file", drift_file(c));
        log_text(&r, "reason", memory_file_why(err));
        logger_write(&r, host_mono());
    }
    c->save_err = err;
}

void core_read_memory(struct core_world *w)
{
    const struct clock_own_options *o = &w->options->engine.clock.clock;

    if (o->drift_file.s[0] != '\0')
        memory_file_load(o->drift_file.s, o->max_frequency, &w->memory);
}

/* A core that takes another's place knows more than the parent did at its start: the file (core_read_memory), and the page the other left. */
static void recall(struct core *c, struct clock_memory *m)
{
    const struct core_world *w = c->world;

    *m = w->memory;
    if (drift_file(c)[0] != '\0')
        tell_not_saved(c, memory_file_can_save(drift_file(c)));
    if (!w->before)
        return;
    m->drift = (struct clock_drift){ .freq_ppm = w->before->rate * 1e6, .skew_ppm = w->before->growth * 1e6, .valid = true };
    m->stepped = dur_max(m->stepped, w->steps->stepped);
}

/* What the clock role counted is the truth about steps of the system clock. */
static void save(struct core *c)
{
    static struct clock_memory m;

    if (drift_file(c)[0] == '\0')
        return;
    engine_remember(c->engine, &m);
    m.stepped = dur_max(m.stepped, c->world->steps->stepped);
    if (m.drift.valid || m.synchronised_once || m.stated.ns != 0)
        tell_not_saved(c, memory_file_save(drift_file(c), &m));
}

/* -- leap seconds -------------------------------------------------------------------------------------------------- */

static void look_at_leap_files(struct core *c, struct mono_ns now)
{
    const struct leap_options *o = &c->world->options->engine.clock.leap;
    const char *const path[LEAP_ORIGINS] = { [LEAP_FROM_LIST] = o->list.s, [LEAP_FROM_ZONE] = o->zone.s };
    struct leap_table table;

    c->leap_files.next = mono_add(now, (struct dur_ns){ LEAP_FILES_LOOK_S * NS_PER_S });
    for (int i = 0; i < LEAP_ORIGINS; i++)
        if (leap_files_read(&c->leap_files, (enum clock_leap_origin)i, path[i], &table))
            core_input(c, &(struct event){ .kind = EVENT_LEAP_TABLE, .u.leap = { (enum clock_leap_origin)i, &table } });
}

static bool any_source_smears(const struct engine_options *o)
{
    for (uint32_t i = 0; i < o->source_count; i++)
        if (o->source[i].smear != 0)
            return true;
    return false;
}

void core_reread(struct core *c) { look_at_leap_files(c, host_mono()); }

/* -- actions ---------------------------------------------------------------------------------------------------- */

void core_tell_disruptions(const struct core *c, struct page_data *page)
{
    page->asleep = c->asleep;
    page->disruption = c->disruption;
}

static void publish(struct core *c)
{
    struct page_data page = *engine_page(c->engine);
    struct clock_lapse lapse = engine_lapse(c->engine);

    core_tell_disruptions(c, &page);
    page_publish(c->world->page, &page);
    if (c->world->legacy)
        legacy_keep(c->world->legacy, &page, &lapse);
    core_tell_responder(c);
    tell_clockbound(c);
}

static void obey(struct core *c, const struct action *a)
{
    switch (a->kind) {
    case ACTION_SEND: core_send_request(c, a); break;
    case ACTION_CLOSE: core_close_exchange(c, a->u.close.exchange); break;
    case ACTION_RESOLVE: core_resolve(c, a->u.resolve.configured, a->u.resolve.name); break;
    case ACTION_ESTABLISH: core_establish(c, a); break;
    case ACTION_READ_CLOCK: read_clock(c); break;
    case ACTION_CLOCK: command_clock(c, &a->u.clock); break;
    case ACTION_PUBLISH: publish(c); break;
    case ACTION_SAVE: save(c); break;
    case ACTION_LOG: logger_write(&a->u.log, host_mono()); break;
    }
}

static void fill_random(void *ctx, void *out, size_t len)
{
    uint8_t *at = out;

    (void)ctx;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            logger_say("the system gives no random numbers: without them requests could be forged; ending");
            _exit(EXIT_GENERAL);
        }
        at += n;
        len -= (size_t)n;
    }
}

/* -- the role ---------------------------------------------------------------------------------------------------- */

static struct mono_ns next(void *ctx)
{
    const struct core *c = ctx;
    struct mono_ns first = engine_next_deadline(c->engine);

    first = mono_min(first, mono_min(c->names_due, c->keys_due));
    first = mono_min(first, mono_min(c->leap_files.next, c->world->hardware->next));
    first = mono_min(first, mono_min(c->responder_due, c->clockbound_due));
    first = mono_min(first, mono_min(c->vmclock_due, c->references_due));
    return c->looked ? first : mono_min(first, c->problems_due);
}

/* A host that is in the middle of writing is asked again. */
static void look_for_move(struct core *c)
{
    uint64_t marker = io_vmclock_marker(c->world->vmclock);

    if (marker == c->disruption || marker == IO_VMCLOCK_UNREADABLE)
        return;
    c->disruption = marker;
    core_input(c, &(struct event){ .kind = EVENT_MOVED });
}

static void look_for_disruption(void *ctx)
{
    struct core *c = ctx;

    if (io_slept_since(c->asleep))
        read_clock(c);
    look_for_move(c);
}

/* Looked for sleep already, as at every return from waiting. */
static void on_wake(void *ctx, int fd, short revents, struct mono_ns now)
{
    (void)ctx;
    (void)revents;
    (void)now;
    host_wake_again(fd);
}

/* The plain loop keeps to the calls that simulators of clocks know: it looks whenever anything happens, every few seconds at least. */
static void wait_for_wake(struct core *c)
{
    int fd = c->loop->plain ? -UE_UNSUPPORTED : host_wake_open();

    loop_on_return(c->loop, look_for_disruption, c);
    if (fd >= 0 && loop_watch(c->loop, fd, POLLIN, on_wake, c) != 0)
        close(fd);
}

/* Engine, then trouble.c; dated. What the processes have to do without is no problem of the time, and only logged. */
void core_find_problems(struct core *c, struct mono_ns now, struct problems *out)
{
    out->count = 0;
    engine_problems(c->engine, now, out);
    trouble_note(c, now, out);
    lack_note(&c->lack, c->world->shared, now, out);
    core_tell_missing(c);
    problems_date(&c->problems, out, now);
    c->problems_due = mono_add(now, (struct dur_ns){ PROBLEMS_LOOK_NS });
}

/* First a second after the start, when every process has confined itself; then when something has happened anyway, so that each problem's age is right
 * whenever it is asked for. */
static void look_for_problems(struct core *c, struct mono_ns now)
{
    struct problems p;

    if (mono_before(now, c->problems_due))
        return;
    core_find_problems(c, now, &p);
    c->looked = true;
}

static void run(void *ctx, struct mono_ns now)
{
    struct core *c = ctx;

    if (!mono_before(now, c->world->hardware->next))
        hardware_read_all(c->world->hardware, now);
    if (!mono_before(now, c->names_due))
        core_give_up_names(c);
    if (!mono_before(now, c->keys_due))
        core_give_up_keys(c);
    if (!mono_before(now, c->responder_due))
        core_tell_responder(c);
    if (!mono_before(now, c->clockbound_due))
        tell_clockbound(c);
    if (!mono_before(now, c->references_due))
        core_look_at_references(c, now);
    if (!mono_before(now, c->vmclock_due)) /* looked at already, as at every return from waiting */
        c->vmclock_due = mono_add(now, (struct dur_ns){ VMCLOCK_LOOK_NS });
    core_input(c, &(struct event){ .kind = EVENT_TICK });
    if (!mono_before(now, c->leap_files.next))
        look_at_leap_files(c, now);
    look_for_problems(c, now);
}

/* With what earlier processes and operators left, beside the configuration. */
static void start_engine(struct core *c, void *storage, struct mono_ns now)
{
    static struct clock_memory memory;
    static struct engine_options options;
    const struct core_world *world = c->world;
    struct engine_start s;
    uint32_t offline = 0;

    recall(c, &memory);
    options = world->options->engine;
    if (world->words)
        operator_words_recall(world->words, world->sets->generation, &options, &offline);
    s = (struct engine_start){
        .options = &options,
        .offline = offline,
        .rng = { fill_random, NULL },
        .now = now,
        .wall = utc_add(world->wall, mono_sub(now, world->wall_at)),
        .memory = &memory,
        .page = world->before,
        .lapse = world->before && world->legacy ? legacy_recall(world->legacy, world->before) : (struct clock_lapse){ .lost = { 0 } },
        .steps_made = world->steps->used,
        .steer = world->steer,
        .asleep = c->asleep,
        .precision_log2 = host_precision_log2(),
    };
    c->engine = engine_init(storage, &s);
}

int core_start(struct core *c, struct loop *loop, struct core_world *world)
{
    struct mono_ns now = host_mono();
    void *storage = malloc(engine_size());

    if (!storage)
        return -UE_MEMORY;
    memset(c, 0, sizeof *c);
    c->world = world;
    c->loop = loop;
    c->names_due = c->keys_due = c->responder_due = c->clockbound_due = MONO_NEVER;
    c->problems_due = mono_add(now, (struct dur_ns){ PROBLEMS_LOOK_NS });
    leap_files_start(&c->leap_files, now);
    c->asleep = world->before ? world->before->asleep : io_asleep(); /* a sleep since then is still to be told */
    c->disruption = world->before ? world->before->disruption : io_vmclock_marker(world->vmclock);
    c->vmclock_due = world->vmclock ? now : MONO_NEVER;
    start_engine(c, storage, now);
    core_start_references(c);
    loop_add_part(loop, &(struct loop_part){ c, next, run });
    audit_start(&c->audit, loop, world->guard);
    wait_for_wake(c);
    if (world->clock_fd >= 0)
        loop_watch(loop, world->clock_fd, POLLIN, on_clock_result, c);
    core_heed_parent(c);
    core_watch_helpers(c);
    if (any_source_smears(engine_options_now(c->engine))) /* its first answer is taken back to UTC already, by a leap second that has to be known */
        look_at_leap_files(c, now);
    core_input(c, &(struct event){ .kind = EVENT_TICK });
    return 0;
}

void core_stop(struct core *c)
{
    core_input(c, &(struct event){ .kind = EVENT_STOP });
    free(c->engine);
    c->engine = NULL;
}
