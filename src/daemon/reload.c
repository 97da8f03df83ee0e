#include "daemon/reload.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/exit.h"
#include "daemon/key_file.h"
#include "daemon/logger.h"
#include "daemon/wire.h"
#include "host/privilege.h"
#include "host/sandbox.h"
#include "io/socket.h"

#define PATIENCE_MS 10000       /* for a reader that hangs, on a dead network file system say */
#define BEHIND_MS 10            /* until we look again whether everybody goes by the last one */
#define LATE_MS 5000            /* a worker holds a configuration for one batch of answers, unless it stands still or is not ours any more */
#define SETTLE_MS 3000          /* for key establishment to read its certificate and key */
#define SETTLE_STEP_MS 10
#define REMIND_MS 1000          /* a signal that comes just before it waits for the next packet is seen after that */
#define WATCH_MS 2000
#define STILL_MS 1000           /* a file that was not written to for so long is whole */

extern char **environ;

static struct config_sets *sets_of(const struct reload *r) { return r->setup->sets; }

static struct config_set *next_set(const struct reload *r) { return config_set_of(sets_of(r), sets_of(r)->generation + 1); }

/* -- the report ---------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void report(struct reload_report *p, const char *format, ...)
{
    size_t len = strlen(p->text);
    va_list args;

    va_start(args, format);
    vsnprintf(p->text + len, sizeof p->text - len, format, args);
    va_end(args);
}

static void over(struct reload *r)
{
    r->settled_by = MONO_NEVER;
    r->due = r->asked ? host_mono() : MONO_NEVER;
    r->hooks.done(r->hooks.ctx, r->ticket);
}

/* A certificate that was renewed has its old name, and no row of the configuration changes: so it is looked at, however the reload ended. */
static void settle_first(struct reload *r)
{
    const struct ke_picture *picture = r->setup->ke.picture;

    r->looked = picture ? __atomic_load_n(&picture->looked, __ATOMIC_ACQUIRE) : 0;
    if (!picture || !r->hooks.look_again(r->hooks.ctx)) {
        over(r);
        return;
    }
    r->settled_by = mono_add(host_mono(), dur_from_ms(SETTLE_MS));
    r->remind_at = mono_add(host_mono(), dur_from_ms(REMIND_MS));
    r->due = host_mono();
}

/* What that program writes is believed as its word alone: it need not end it, nor ever look. */
static void settle(struct reload *r, struct mono_ns now)
{
    const struct ke_picture *picture = r->setup->ke.picture;
    struct reload_report *p = &sets_of(r)->report;
    char why[128], shown[4 * sizeof why];
    bool looked = __atomic_load_n(&picture->looked, __ATOMIC_ACQUIRE) != r->looked;

    r->due = mono_add(now, dur_from_ms(SETTLE_STEP_MS));
    if (!looked && mono_before(now, r->settled_by)) {
        if (!mono_before(now, r->remind_at) && r->hooks.look_again(r->hooks.ctx))
            r->remind_at = mono_add(now, dur_from_ms(REMIND_MS));
        return;
    }
    snprintf(why, sizeof why, "%.127s", picture->refused);
    p->certificate_refused = looked && why[0];
    if (p->certificate_refused)
        report(p, "nts.certificate is refused: %s; what was good before stays in use\n", text_printable(why, shown, sizeof shown));
    else if (!looked)
        report(p, "nts.certificate was not looked at yet: `utcctl status` tells when it is refused\n");
    over(r);
}

static void finish(struct reload *r, bool refused)
{
    struct reload_report *p = &sets_of(r)->report;
    struct log_record log = { .id = refused ? LOG_RELOAD_REFUSED : LOG_RELOADED };

    p->refused = refused;
    p->ticket = r->ticket;
    p->count++;
    log_text(&log, refused ? "reason" : "changed", refused ? p->reason : p->changes.live.count ? p->changes.live.text : "nothing has changed");
    logger_write(&log, host_mono());
    settle_first(r);
}

/* The old set stays; what was prepared is given up by whoever prepared it. */
__attribute__((format(printf, 2, 3))) static void refuse(struct reload *r, const char *format, ...)
{
    struct reload_report *p = &sets_of(r)->report;
    va_list args;

    va_start(args, format);
    vsnprintf(p->reason, sizeof p->reason, format, args);
    va_end(args);
    report(p, "%s\n", p->reason);
    finish(r, true);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static bool load(struct config_set *out, const char *path, struct reload_report *p)
{
    static struct conf_errors errors;

    memset(&out->options, 0, sizeof out->options);
    if (daemon_options_load(&out->options, path, environ, &errors) == 0) {
        if (out->options.key_table)
            memcpy(&out->keys, out->options.key_table, sizeof out->keys);
        key_file_forget(out->options.key_table);
        out->options.engine.keys = out->options.key_table = out->options.key_table ? &out->keys : NULL;
        if (config_group(out->options.control.operators.s, &out->operators))
            return true;
        snprintf(p->reason, sizeof p->reason, "control.operators: there is no group \"%.32s\"", out->options.control.operators.s);
        report(p, "%s\n", p->reason);
        return false;
    }
    snprintf(p->reason, sizeof p->reason, "%.159s", errors.kept ? errors.text[0] : ue_text(UE_MEMORY));
    for (uint32_t i = 0; i < errors.kept; i++)
        report(p, "%s\n", errors.text[i]);
    if (errors.found > errors.kept)
        report(p, "... and %u more errors\n", errors.found - errors.kept);
    return false;
}

/* What only root may read is read as it was at the start; but there is no right beyond that, nothing can be written, and nothing else is done. */
static void live_as_reader(const struct reload *r)
{
    bool good;

    host_name_process("reload");
    host_end_with_parent(r->setup->pid);
    loop_release_signals();
    if (host_confine(HOST_RIGHT_NONE, NULL) != 0)
        _exit(EXIT_PERMISSION);
    sandbox_read_only();
    good = load(next_set(r), r->setup->options->file, &sets_of(r)->report);
    _exit(good ? 0 : EXIT_CONFIGURATION);
}

static void judge(struct reload *r);
static void watch_files(struct reload *r);

static void begin(struct reload *r, struct mono_ns now)
{
    struct reload_report *p = &sets_of(r)->report;

    r->asked = false;
    r->late_at = MONO_NEVER;
    r->ticket = r->last_ticket;
    *p = (struct reload_report){ .count = p->count };
    if (r->in_process) {
        if (load(next_set(r), r->setup->options->file, p))
            judge(r);
        else
            finish(r, true);
        return;
    }
    r->reader = fork();
    if (r->reader == 0)
        live_as_reader(r);
    if (r->reader < 0) {
        r->reader = 0;
        refuse(r, "cannot start a process that reads the configuration: %s", ue_text(io_error(errno)));
        return;
    }
    r->due = mono_add(now, dur_from_ms(PATIENCE_MS));
}

bool reload_reaped(struct reload *r, pid_t pid, int status)
{
    if (r->reader == 0 || pid != r->reader)
        return false;
    r->reader = 0;
    r->due = MONO_NEVER;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        judge(r);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIGURATION)
        finish(r, true);
    else
        refuse(r, "the process that reads the configuration ended by %s", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "an error of the system");
    return true;
}

/* -- judging ------------------------------------------------------------------------------------------------------- */

static bool needs_guard(const struct daemon_options *o) { return guard_is_needed(&o->guard, o->ntp.client_log); }

/* What the rows' classes cannot know. Returns a key that takes a restart here, or NULL. */
static const char *needs_restart(struct setup *s, const struct daemon_options *o)
{
    const struct source_options *missing;

    if (!references_have(&s->references, &o->engine, &missing))
        return "sources: a reference clock that was not there at the start";
    return s->responder.mirror && needs_guard(o) && !s->responder.clients ? "access, rate_limit or ntp.client_log beside ntp.xdp" : NULL;
}

static bool open_listeners(struct reload *r, const struct daemon_options *o)
{
    struct listen_failure f;
    char at[ADDR_TEXT_MAX];

    if (listeners_change_begin(&r->setup->listeners, o, r->setup->workers, &f) == 0)
        return true;
    refuse(r, "cannot serve %s on %s %s: %s%s", service_name(f.service), addr_to_text(&f.at, at), f.stream ? "(TCP)" : "(UDP)", ue_text(f.err),
           f.err == -UE_IN_USE ? "; an address that overlaps one served now takes a restart, or a reload without the old one first" : "");
    return false;
}

/* The lists of every listener, in `list`; true unless there are too many. */
static bool make_lists(struct setup *s, const struct daemon_options *o, uint8_t list[LISTENERS_MAX])
{
    struct guard *g = s->guard_memory;

    memset(list, 0, LISTENERS_MAX);
    if (!s->guard_ready && !needs_guard(o))
        return true;
    if (setup_guard(s, &o->guard, false) != 0)
        return false;
    guard_change_begin(g, &s->lists, &o->guard);
    for (unsigned i = 0; i < s->listeners.count; i++) {
        const struct listener *l = &s->listeners.item[i];
        int at = l->removed ? 0 : guard_list_at(g, &s->lists, &o->guard, &l->at, l->interface);

        if (at < 0) {
            guard_change_abort(&s->lists);
            return false;
        }
        list[i] = (uint8_t)at;
    }
    return true;
}

static void take_lists(struct reload *r, const uint8_t list[LISTENERS_MAX])
{
    struct listeners *l = &r->setup->listeners;

    for (unsigned i = 0; i < l->count; i++) {
        bool told = l->item[i].list == list[i] || l->item[i].removed || l->item[i].fresh;

        l->item[i].list = list[i];
        if (!told)
            r->hooks.list(r->hooks.ctx, i);
    }
}

/* Nothing can go wrong any more. */
static void commit(struct reload *r, struct config_set *fresh, const uint8_t list[LISTENERS_MAX], const struct conf_changes *changes)
{
    struct setup *s = r->setup;
    struct config_sets *sets = sets_of(r);

    setup_interleave(s, &fresh->options.ntp);
    fresh->serve = s->serve;
    fresh->serve.ntp = fresh->options.ntp;
    fresh->serve.timeproto = fresh->options.timeproto;
    fresh->serve.keys = fresh->options.key_table;
    fresh->serve.guard = needs_guard(&fresh->options) ? s->guard_memory : NULL;
    if (s->guard_ready)
        guard_change_end(s->guard_memory, &s->lists, &fresh->options.guard, fresh->options.ntp.client_log);
    sets->limits = clock_limits_of(&fresh->options.engine.clock);
    s->options = s->world.options = &fresh->options;
    s->serve = fresh->serve;
    s->world.guard = fresh->serve.guard;
    s->world.operators = fresh->operators;
    take_lists(r, list);
    __atomic_store_n(&sets->generation, sets->generation + 1, __ATOMIC_SEQ_CST);
    listeners_change_end(&s->listeners, &r->hooks.listeners);
    memcpy(&fresh->listeners, &s->listeners, sizeof fresh->listeners);
    logger_start(&fresh->options.log);
    responder_rewrite(&s->responder);
    r->hooks.commit(r->hooks.ctx, changes);
    if (conf_names_have(&changes->live, "process.watch_config"))
        watch_files(r);
}

static void tell_restart(const struct conf_names *names)
{
    struct log_record log = { .id = LOG_RESTART_NEEDED };

    if (names->count == 0)
        return;
    log_text(&log, "keys", names->text);
    logger_write(&log, host_mono());
}

static void judge(struct reload *r)
{
    struct config_set *fresh = next_set(r);
    struct reload_report *p = &sets_of(r)->report;
    const char *restart = needs_restart(r->setup, &fresh->options);
    uint8_t list[LISTENERS_MAX];

    conf_merge(&daemon_schema, r->setup->options, &fresh->options, &p->changes);
    if (!conf_names_have(&p->changes.live, "keys.file") && !keys_same(r->setup->options->key_table, fresh->options.key_table))
        conf_names_add(&p->changes.live, "keys", "file"); /* the same file with other keys */
    if (restart) {
        refuse(r, "%s takes a restart", restart);
        return;
    }
    if (!open_listeners(r, &fresh->options))
        return;
    if (!make_lists(r->setup, &fresh->options, list)) {
        listeners_change_abort(&r->setup->listeners);
        refuse(r, "access: the items name listeners in more than %d different combinations", GUARD_LISTS_MAX);
        return;
    }
    commit(r, fresh, list, &p->changes);
    report(p, "changed: %s\n", p->changes.live.count ? p->changes.live.text : "nothing");
    if (p->changes.restart.count)
        report(p, "needs a restart: %s\n", p->changes.restart.text);
    tell_restart(&p->changes.restart);
    finish(r, false);
}

/* -- the loop ------------------------------------------------------------------------------------------------------ */

static bool is_worker_behind(const struct reload *r)
{
    for (unsigned w = 0; w < WORKERS_MAX; w++)
        if (__atomic_load_n(&r->setup->world.shared->in_use[w], __ATOMIC_SEQ_CST) == sets_of(r)->generation)
            return true; /* in_use is one more than the generation: the one before the last */
    return false;
}

/* Somebody may still read the copy that would be written to. */
static bool is_behind(const struct reload *r)
{
    return sets_of(r)->generation != 0 && (is_worker_behind(r) || r->taken != sets_of(r)->generation);
}

/* All workers can write where each says what it goes by: who does not go on is not known, but that it is one of them. */
static void wait_for_others(struct reload *r, struct mono_ns now)
{
    r->due = mono_add(now, dur_from_ms(BEHIND_MS));
    if (!is_worker_behind(r))
        r->late_at = MONO_NEVER;
    else if (r->late_at.ns == MONO_NEVER.ns)
        r->late_at = mono_add(now, dur_from_ms(LATE_MS));
    if (mono_before(now, r->late_at) || !r->hooks.late)
        return;
    r->late_at = MONO_NEVER;
    r->hooks.late(r->hooks.ctx);
}

/* Files are looked at, not waited for by the kernel: that works on every file system. What has changed is read when the next look finds it as it is: the
 * beginning of a file that is being written, an empty one above all, is a configuration too, and not the one that is meant. */
static void look_at_files(struct reload *r, struct mono_ns now)
{
    uint64_t state = daemon_options_files(r->setup->options);
    bool changes = r->seen && state != r->seen;

    if (r->changed && !changes)
        reload_ask(r, 0);
    r->changed = changes;
    r->seen = state;
    r->look_at = mono_add(now, dur_from_ms(changes ? STILL_MS : WATCH_MS));
}

static void watch_files(struct reload *r)
{
    r->look_at = r->setup->options->process.watch_config ? host_mono() : MONO_NEVER;
    r->seen = 0;
    r->changed = false;
}

static struct mono_ns next(void *ctx) { return mono_min(((const struct reload *)ctx)->due, ((const struct reload *)ctx)->look_at); }

static void run(void *ctx, struct mono_ns now)
{
    struct reload *r = ctx;

    if (!mono_before(now, r->look_at))
        look_at_files(r, now);
    if (mono_before(now, r->due))
        return;
    if (r->reader > 0) {
        kill(r->reader, SIGKILL); /* and refused when it is reaped */
        r->due = mono_add(now, dur_from_ms(PATIENCE_MS));
        return;
    }
    if (r->settled_by.ns != MONO_NEVER.ns) {
        settle(r, now);
        return;
    }
    r->due = MONO_NEVER;
    if (r->asked && is_behind(r))
        wait_for_others(r, now);
    else if (r->asked)
        begin(r, now);
}

void reload_ask(struct reload *r, uint32_t ticket)
{
    r->asked = true;
    if (ticket)
        r->last_ticket = ticket;
    if (r->reader == 0)
        r->due = host_mono();
}

void reload_taken(struct reload *r, uint32_t generation) { r->taken = generation; }

void reload_end(struct reload *r)
{
    if (r->reader > 0) {
        kill(r->reader, SIGKILL);
        waitpid(r->reader, NULL, 0);
    }
    r->reader = 0;
}

void reload_start(struct reload *r, struct loop *loop, struct setup *s, const struct reload_hooks *hooks, bool in_process)
{
    *r = (struct reload){ .setup = s, .loop = loop, .hooks = *hooks, .in_process = in_process, .due = MONO_NEVER, .late_at = MONO_NEVER,
                          .settled_by = MONO_NEVER };
    watch_files(r);
    loop_add_part(loop, &(struct loop_part){ r, next, run });
}
