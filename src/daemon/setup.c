#include "daemon/setup_part.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/exit.h"
#include "daemon/logger.h"
#include "daemon/random.h"
#include "daemon/resolve.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "io/unix.h"

#define PRIVILEGED_PORTS 1024
#define CONTROL_SOCKET_MODE 0666 /* what it answers is what anybody may ask over NTP, and counters */

int setup_refuse(int code, const char *format, ...)
{
    va_list args;

    fputs("simple-utcd: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

/* -- listeners ------------------------------------------------------------------------------------------------------ */

static int refuse_address(const struct listen_failure *f)
{
    static const char *const key[] = { [SERVICE_NTP] = "ntp.listen", [SERVICE_TIME] = "time.listen", [SERVICE_DAYTIME] = "daytime.listen" };
    char at[ADDR_TEXT_MAX];
    const char *hint = "";
    int code = EXIT_ADDRESS;

    if (f->err == -UE_IN_USE)
        hint = "; another program listens there (ss -lnptu shows which): stop it or choose another port in ";
    else if (f->err == -UE_PERMISSION) {
        code = EXIT_PERMISSION;
        hint = f->at.port < PRIVILEGED_PORTS ? "; ports below 1024 take root or CAP_NET_BIND_SERVICE: start with that right or choose a higher port in "
                                             : "; see ";
    } else
        hint = "; correct ";
    return setup_refuse(code, "cannot serve %s on %s %s: %s%s%s", service_name(f->service), addr_to_text(&f->at, at), f->stream ? "(TCP)" : "(UDP)",
                        ue_text(f->err), hint, f->smeared ? "ntp.smear_listen" : key[f->service]);
}

static unsigned workers_of(const struct setup *s)
{
    long cpus;

    if (s->one_process || s->options->ntp.workers == 1)
        return 1;
    if (s->options->ntp.workers > 0)
        return (unsigned)s->options->ntp.workers;
    cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus < 1 ? 1 : cpus > WORKERS_MAX ? WORKERS_MAX : (unsigned)cpus;
}

static int open_listeners(struct setup *s)
{
    struct listen_failure f;

    s->serve = (struct serve_options){ .keys = s->options->key_table, .ntp = s->options->ntp, .timeproto = s->options->timeproto };
    s->workers = workers_of(s);
    inherited_begin(&s->inherited);
    s->listeners.inherited = &s->inherited;
    return listeners_open(&s->listeners, s->options, s->workers, &f) == 0 ? 0 : refuse_address(&f);
}

/* What was handed over and asked for by no key stays closed: it would take requests that nobody answers. */
static int drop_inherited(struct setup *s)
{
    char text[ADDR_TEXT_MAX];
    struct net_addr at;
    bool stream;

    while (inherited_drop(&s->inherited, &at, &stream))
        logger_say("a socket handed over for %s (%s) is closed: no key of the configuration listens there", addr_to_text(&at, text), stream ? "TCP" : "UDP");
    return 0;
}

int setup_channel(struct setup *s, unsigned worker)
{
    return s->channel[worker][0] >= 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->channel[worker]) == 0 ? 0 : io_error(errno);
}

int setup_channels(struct setup *s)
{
    int err = 0;

    for (unsigned i = 0; i < s->workers && !s->one_process && s->listeners.count > 0 && err == 0; i++)
        err = setup_channel(s, i);
    return err;
}

static int connect_workers(struct setup *s)
{
    int err;

    for (unsigned i = 0; i < WORKERS_MAX; i++)
        s->channel[i][0] = s->channel[i][1] = -1;
    err = setup_channels(s);
    return err ? setup_refuse(EXIT_GENERAL, "cannot connect the serve processes: %s", ue_text(err)) : 0;
}

static int open_ke(struct setup *s)
{
    struct net_addr at = { .family = ADDR_NONE };
    char text[ADDR_TEXT_MAX];
    int err = ke_role_open(&s->ke, s->options, join_has(&s->join, ROLE_KE) ? NULL : s->user, &s->inherited, &at);

    if (s->ke.shared) {
        s->serve.nts = &s->ke.shared->ring;
        s->world.ke = s->ke.picture;
        s->serve.rng = random_stream();
    }
    if (!err)
        return 0;
    return setup_refuse(err == -UE_PERMISSION ? EXIT_PERMISSION : at.family ? EXIT_ADDRESS : EXIT_GENERAL,
                        "cannot serve NTS key establishment%s%s: %s; see nts.listen", at.family ? " on " : "", at.family ? addr_to_text(&at, text) : "",
                        ue_text(err));
}

/* -- shared memory, sockets between the roles -------------------------------------------------------------------------- */

static int map_shared(struct setup *s)
{
    const char *device = s->options->engine.clock.clock.vmclock.s;
    char path[RUN_PATH_MAX + 16];
    int err = 0;

    snprintf(path, sizeof path, "%s/" RUN_DIR_PAGE, s->run_dir);
    s->world.vmclock = io_vmclock_open(device);
    s->world.page = shared_page(s->detached ? "" : path, s->world.vmclock ? device : "", &err);
    s->world.shared = shared_state_new(join_part(&s->join, SHARED_STATE));
    s->world.steps = shared_steps_new(join_part(&s->join, SHARED_STEPS));
    s->sets = config_sets_new(join_part(&s->join, SHARED_SETS));
    s->world.words = operator_words_new();
    s->world.legacy = shared_new(sizeof *s->world.legacy, NULL);
    if (!s->world.page || !s->world.shared || !s->world.steps || !s->world.words || !s->world.legacy || !s->sets)
        return setup_refuse(EXIT_GENERAL, "no memory for the clock page");
    s->world.sets = s->sets;
    if (err && !s->detached)
        logger_say("cannot write the clock page %s (%s): programs that use libutc will not find this daemon", path, ue_text(err));
    return 0;
}

/* The daemon works without it, and says so. */
static int open_clockbound(struct setup *s)
{
    const char *path = s->options->clockbound.path.s;
    char why[96];

    if (path[0] == '\0' || s->detached)
        return 0;
    s->world.clockbound = clockbound_open(path, why, sizeof why);
    if (!s->world.clockbound)
        logger_say("clockbound.path: %s is not used: %s; ClockBound's clients will not find this daemon", path, why);
    return 0;
}

static int start_hardware(struct setup *s)
{
    struct hardware_lines *lines = shared_hardware_new(join_part(&s->join, SHARED_HARDWARE));

    if (!lines)
        return setup_refuse(EXIT_GENERAL, "no memory for hardware_timestamps");
    hardware_start(&s->hardware, &s->options->top.hardware_timestamps, lines);
    s->world.hardware = &s->hardware;
    s->listeners.ask_cards = hardware_on(&s->hardware);
    for (unsigned i = 0; s->listeners.ask_cards && i < s->listeners.count; i++)
        if (!s->listeners.item[i].stream && s->listeners.item[i].fd >= 0)
            io_udp_ask_hardware(s->listeners.item[i].fd, s->listeners.item[i].at.family, IO_LISTENER);
    return 0;
}

/* Shared memory that cannot be used is told of in the log and in status: whoever is quick on this machine could otherwise keep the daemon from starting. */
static int open_references(struct setup *s)
{
    const uid_t owner[] = { geteuid(), s->world.user };
    uint32_t failed = 0;
    int err = references_open(&s->references, &s->options->engine, owner, 2, &failed);

    s->world.references = &s->references;
    if (!err)
        return 0;
    return setup_refuse(err == -UE_PERMISSION ? EXIT_PERMISSION : EXIT_ADDRESS,
                        "cannot make the socket %s of a reference clock: %s; its directory has to be there, and nothing else in its place",
                        s->options->engine.source[failed].sock.s, ue_text(err));
}

static int start_responder(struct setup *s)
{
    responder_start(&s->responder, &s->options->ntp, guard_is_needed(&s->options->guard, s->options->ntp.client_log));
    s->world.responder = &s->responder;
    s->world.serve = &s->serve;
    return 0;
}

int setup_guard(struct setup *s, const struct guard_options *o, bool log_clients)
{
    struct guard_key seed;

    if (s->guard_ready)
        return 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return -UE_IO;
    guard_init(s->guard_memory, &s->lists, o, log_clients, &seed);
    s->guard_ready = true;
    return 0;
}

/* Memory that nothing needs yet stays untouched: a reload may ask for it, and every process has to have it in the same place. */
static int make_guard(struct setup *s)
{
    const struct guard_options *o = &s->options->guard;

    s->guard_memory = s->responder.clients ? s->responder.clients : shared_guard_new(join_part(&s->join, SHARED_GUARD));
    if (s->guard_memory && !guard_is_needed(o, s->options->ntp.client_log))
        return 0;
    if (!s->guard_memory || setup_guard(s, o, s->options->ntp.client_log) != 0)
        return setup_refuse(EXIT_GENERAL, "no memory or no randomness for access, rate_limit and ntp.client_log");
    s->serve.guard = s->guard_memory;
    s->world.guard = s->serve.guard;
    for (unsigned i = 0; i < s->listeners.count; i++) {
        struct listener *l = &s->listeners.item[i];
        int list = guard_list_at(s->serve.guard, &s->lists, o, &l->at, l->interface);

        if (list < 0)
            return setup_refuse(EXIT_CONFIGURATION, "access: the items name listeners in more than %d different combinations", GUARD_LISTS_MAX);
        l->list = (uint8_t)list;
    }
    return 0;
}

int setup_interleave(struct setup *s, const struct ntp_options *o)
{
    struct guard_key key;

    if (!o->interleaved || o->listen.count + o->smear_listen.count == 0 || s->serve.interleave)
        return 0;
    if (getrandom(&key, sizeof key, 0) != sizeof key)
        return -UE_IO;
    interleave_init(s->interleave_memory, &key);
    s->serve.interleave = s->interleave_memory;
    return 0;
}

static int make_interleave(struct setup *s)
{
    s->interleave_memory = shared_interleave_new(join_part(&s->join, SHARED_INTERLEAVE));
    if (!s->interleave_memory || setup_interleave(s, &s->options->ntp) != 0)
        return setup_refuse(EXIT_GENERAL, "no memory or no randomness for ntp.interleaved");
    return 0;
}

static void find_control_path(struct setup *s)
{
    const char *configured = s->options->control.socket.s;

    if (configured[0])
        snprintf(s->control_path, sizeof s->control_path, "%s", configured);
    else
        snprintf(s->control_path, sizeof s->control_path, "%s/" RUN_DIR_SOCKET, s->run_dir);
}

static int open_admin(struct setup *s)
{
    int err = admin_role_open(&s->admin, &s->options->http, join_has(&s->join, ROLE_ADMIN) ? NULL : s->user, s->run_dir, s->world.page->vmclock);

    s->world.admin = &s->admin;
    return err ? setup_refuse(EXIT_GENERAL, "cannot make what http takes: %s", ue_text(err)) : 0;
}

static int open_control(struct setup *s)
{
    s->control_fd = -1;
    if (s->detached)
        return 0;
    find_control_path(s);
    s->control_fd = io_unix_listen(s->control_path, CONTROL_SOCKET_MODE);
    if (s->control_fd >= 0)
        return 0;
    if (s->control_fd == -UE_UNSUPPORTED) {
        logger_say("no UNIX sockets here: utcctl can only read the clock page");
        s->control_fd = -1;
        return 0;
    }
    return setup_refuse(s->control_fd == -UE_PERMISSION ? EXIT_PERMISSION : EXIT_GENERAL, "cannot open the control socket %s: %s; see control.socket",
                        s->control_path, ue_text(s->control_fd));
}

static bool has_name(const struct engine_options *o)
{
    struct net_addr a;

    for (uint32_t i = 0; i < o->source_count; i++)
        if (!options_reference(&o->source[i]) && (o->source[i].pool.s[0] || (!o->source[i].nts && addr_from_text(o->source[i].server.s, 1, &a) != 0)))
            return true;
    return false;
}

static bool has_nts(const struct engine_options *o)
{
    for (uint32_t i = 0; i < o->source_count; i++)
        if (o->source[i].nts)
            return true;
    return false;
}

/* Ends of a pair: core's and the helper's. */
static int connect_helper(int *own, int *other)
{
    int fd[2], err = *own >= 0 ? 0 : resolve_pair(fd);

    if (err || *own >= 0)
        return err;
    *own = fd[0];
    *other = fd[1];
    return 0;
}

/* With a process per role a reload could not hand them to core later. */
int setup_helpers(struct setup *s, const struct engine_options *o)
{
    int err = s->one_process && !has_name(o) ? 0 : connect_helper(&s->world.resolve_fd, &s->resolve_end);

    if (!err && (!s->one_process || has_nts(o)))
        err = connect_helper(&s->world.ke_fd, &s->ke_end);
    return err;
}

static int connect_helpers(struct setup *s)
{
    int err;

    s->world.resolve_fd = s->resolve_end = s->world.ke_fd = s->ke_end = -1;
    err = setup_helpers(s, &s->options->engine);
    return err ? setup_refuse(EXIT_GENERAL, "cannot connect the helpers for names and NTS keys: %s", ue_text(err)) : 0;
}

/* In one process nothing is to be handed over. */
static int connect_reload(struct setup *s)
{
    int fd[2];

    s->world.reload_fd = s->reload_end = -1;
    if (s->one_process)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
        return setup_refuse(EXIT_GENERAL, "cannot connect the processes: %s", ue_text(io_error(errno)));
    s->world.reload_fd = fd[0];
    s->reload_end = fd[1];
    return 0;
}

static int connect_clock(struct setup *s)
{
    int fd[2];

    s->world.clock_fd = s->clock_end = -1;
    if (!s->mode.steer || s->one_process)
        return 0;
    s->sets->limits = clock_limits_of(&s->options->engine.clock);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
        return setup_refuse(EXIT_GENERAL, "cannot connect the clock process: %s", ue_text(io_error(errno)));
    s->world.clock_fd = fd[0];
    s->clock_end = fd[1];
    return 0;
}

/* Listeners come early: nothing answers for us meanwhile, and a client's first packet waits in the queue instead of being refused. */
int setup_make(struct setup *s, const struct daemon_options *options, bool one_process, const char *argv0)
{
    static int (*const steps[])(struct setup *) = {
        setup_find_user, setup_find_roles, setup_take_run_dir, open_listeners, connect_workers, open_ke, drop_inherited, map_shared, start_hardware,
        open_references, start_responder, make_guard, make_interleave, setup_decide_clock, setup_recall, connect_helpers, connect_clock, connect_reload,
        open_control, open_admin, open_clockbound, setup_publish_first_page, setup_open_join,
    };
    int code = 0;

    s->options = options;
    s->one_process = one_process;
    s->pid = getpid();
    s->argv0 = argv0;
    s->world.options = options;
    s->world.listeners = &s->listeners;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && code == 0; i++)
        code = steps[i](s);
    return code;
}

void setup_clean(const struct setup *s)
{
    if (s->world.page)
        __atomic_store_n(&s->world.page->superseded, 1, __ATOMIC_RELEASE); /* readers look for another: systemd takes the run directory away with us */
    references_clean(&s->references);
    if (s->control_fd < 0)
        return;
    unlink(s->control_path);
}
