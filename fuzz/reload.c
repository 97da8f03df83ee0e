/* One configuration after the other while everything runs: what a reload reads, judges, opens and puts in force, with a clock and sources behind it. The
 * input is texts, apart by zero bytes: each is a configuration, or, where it begins with one of + - =, time that passes, sockets that cannot be had, or
 * a reader of the set before the last. Files are in memory, sockets are played. However it goes: a refusal leaves everything as it was, and says why;
 * what was taken is what a start with it would have, but for the keys that take a restart, which stay; and no socket is left over or lost. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rng.h"
#include "daemon/logger.h"
#include "daemon/reload.h"
#include "daemon/wire.h"
#include "engine/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_io_udp_listen(const struct net_addr *at, const char *interface);
int __wrap_io_udp_listen_beside(int fd, const struct net_addr *at, const char *interface);
int __wrap_io_tcp_listen(const struct net_addr *at, const char *interface);
void __wrap_logger_start(const struct log_options *options);
void __wrap_logger_write(const struct log_record *r, struct mono_ns now);
void __wrap_logger_say(const char *format, ...);

#define CONFIGURATION_MAX 16384

static struct {
    struct setup setup;
    struct loop loop;
    struct reload reload;
    struct daemon_options first;
    struct key_table first_keys;
    struct prng prng;
    struct mono_ns now;
    struct engine *engine;
    int file;
    unsigned committed, done;
    bool refusing;               /* no socket is to be had */
} all;

/* ---- what is played ---- */

/* Ports tell what becomes of them: 7 is taken, 9 is of an address that is not there. */
static int open_played(const struct net_addr *at)
{
    if (all.refusing || at->port == 7)
        return -UE_IN_USE;
    return at->port == 9 ? -UE_NO_ADDRESS : open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_io_udp_listen(const struct net_addr *at, const char *interface) { (void)interface; return open_played(at); }
int __wrap_io_tcp_listen(const struct net_addr *at, const char *interface) { (void)interface; return open_played(at); }

int __wrap_io_udp_listen_beside(int fd, const struct net_addr *at, const char *interface)
{
    (void)interface;
    assert(fd >= 0);
    return open_played(at);
}

void __wrap_logger_start(const struct log_options *options) { (void)options; }
void __wrap_logger_write(const struct log_record *r, struct mono_ns now) { (void)r; (void)now; }
void __wrap_logger_say(const char *format, ...) { (void)format; }

/* ---- the engine behind it ---- */

static void step(const struct event *ev)
{
    static struct action out[64];

    while (engine_step(all.engine, ev, all.now, out, 64) == 64)
        ev = &(const struct event){ .kind = EVENT_TICK };
}

static void pass(unsigned times)
{
    struct clock_view v;

    for (; times > 0; times--) {
        all.now = mono_add(all.now, (struct dur_ns){ NS_PER_S });
        step(&(struct event){ .kind = EVENT_TICK });
    }
    page_view(engine_page(all.engine), all.now, &v);
    assert(v.earliest.ns <= v.utc.ns && v.utc.ns <= v.latest.ns);
}

/* ---- the start ---- */

static void gone(void *ctx, unsigned i) { (void)ctx; assert(i < all.setup.listeners.count); }
static void come(void *ctx, unsigned i) { (void)ctx; assert(i < all.setup.listeners.count && !all.setup.listeners.item[i].removed); }
static void done(void *ctx, uint32_t ticket) { (void)ctx; all.done++; assert(ticket == all.reload.ticket); }

static void commit(void *ctx, const struct conf_changes *changes)
{
    const struct config_sets *sets = all.setup.sets;

    (void)ctx;
    (void)changes;
    all.committed++;
    step(&(struct event){ .kind = EVENT_OPTIONS, .u.options.options = &all.setup.options->engine });
    assert(engine_options_now(all.engine)->source_count == all.setup.options->engine.source_count);
    reload_taken(&all.reload, sets->generation);
}

static void put(const char *text, size_t len)
{
    assert(ftruncate(all.file, 0) == 0 && pwrite(all.file, text, len, 0) == (ssize_t)len);
}

/* Once for the process: memory, and a first configuration that is only defaults without a source. */
static void make(void)
{
    static struct conf_errors errors;
    static char path[32]; /* borrowed by the options */

    all.file = memfd_create("configuration", MFD_CLOEXEC);
    assert(all.file >= 0 && fchmod(all.file, 0600) == 0); /* or everybody could write to it, and it would not be read */
    snprintf(path, sizeof path, "/proc/self/fd/%d", all.file);
    put("sources: []\n", 12);
    assert(daemon_options_load(&all.first, path, (char *[]){ NULL }, &errors) == 0);
    all.setup.sets = config_sets_new(NULL);
    all.setup.guard_memory = shared_guard_new(NULL);
    all.setup.interleave_memory = shared_interleave_new(NULL);
    all.setup.world.shared = shared_state_new(NULL);
    all.engine = malloc(engine_size());
    assert(all.setup.sets && all.setup.guard_memory && all.setup.interleave_memory && all.setup.world.shared && all.engine);
}

static void start(void)
{
    struct setup *s = &all.setup;
    struct listen_failure f;

    memset(&all.loop, 0, sizeof all.loop);
    s->options = &all.first;
    s->one_process = true;
    s->workers = 2;
    s->serve = (struct serve_options){ .ntp = all.first.ntp, .timeproto = all.first.timeproto };
    s->sets->generation = 0;
    s->guard_ready = false;
    memset(&s->sets->report, 0, sizeof s->sets->report);
    memset(s->world.shared->in_use, 0, sizeof s->world.shared->in_use);
    all.refusing = false;
    assert(listeners_open(&s->listeners, s->options, s->workers, &f) == 0);
    prng_seed(&all.prng, 1);
    all.now = (struct mono_ns){ NS_PER_S };
    engine_init(all.engine, &(struct engine_start){ .options = &all.first.engine, .rng = prng_as_rng(&all.prng), .now = all.now,
                                                    .wall = { INT64_C(1800000000) * NS_PER_S } });
    reload_start(&all.reload, &all.loop, s, &(struct reload_hooks){ NULL, { NULL, gone, come }, gone, commit, NULL, done }, true);
}

/* ---- what has to hold ---- */

/* The sockets that a start with these options would have, each in its place once, and no other. */
static void check_listeners(const struct daemon_options *o)
{
    static struct listeners fresh;
    const struct listeners *l = &all.setup.listeners;
    struct listen_failure f;
    unsigned have = 0, opened;

    for (unsigned i = 0; i < l->count; i++) {
        have += !l->item[i].removed;
        assert(l->item[i].removed ? l->item[i].fd == -1 : l->item[i].fd == -1 || fcntl(l->item[i].fd, F_GETFD) >= 0);
    }
    memset(&fresh, 0, sizeof fresh);
    if (listeners_open(&fresh, o, all.setup.workers, &f) != 0)
        return; /* one that is taken now, and was had before */
    opened = fresh.count;
    listeners_close(&fresh);
    assert(have == opened);
}

static void check_taken(const struct daemon_options *before)
{
    static struct daemon_options now;
    struct conf_changes none;

    assert(all.setup.options == &config_set_of(all.setup.sets, all.setup.sets->generation)->options);
    now = *all.setup.options;
    memset(&none, 0, sizeof none);
    conf_merge(&daemon_schema, before, &now, &none);
    assert(none.restart.count == 0);
    check_listeners(all.setup.options);
}

static void reload(const char *text, size_t len)
{
    static struct listeners listeners;
    static struct daemon_options before;
    const struct reload_report *p = &all.setup.sets->report;
    const struct daemon_options *was = all.setup.options;
    uint32_t generation = all.setup.sets->generation;
    unsigned committed = all.committed, asked = all.done;

    before = *was;
    memcpy(&listeners, &all.setup.listeners, sizeof listeners);
    put(text, len);
    reload_ask(&all.reload, asked + 1);
    all.loop.part[0].run(all.loop.part[0].ctx, host_mono());
    if (all.done == asked) { /* somebody still goes by the set that would be written to */
        memset(all.setup.world.shared->in_use, 0, sizeof all.setup.world.shared->in_use);
        all.reload.due = host_mono();
        all.loop.part[0].run(all.loop.part[0].ctx, host_mono());
    }
    assert(all.done == asked + 1 && memchr(p->text, '\0', sizeof p->text) && p->text[0]);
    if (p->refused) {
        assert(all.committed == committed && all.setup.sets->generation == generation && all.setup.options == was && p->reason[0]);
        assert(memcmp(&before, was, sizeof before) == 0);
        for (unsigned i = 0; i < listeners.count; i++)
            assert(all.setup.listeners.item[i].fd == listeners.item[i].fd && all.setup.listeners.item[i].list == listeners.item[i].list);
    } else {
        assert(all.committed == committed + 1 && all.setup.sets->generation == generation + 1);
        check_taken(&before);
    }
}

static int lowest_free(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    close(fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    int unused;

    if (!all.engine)
        make();
    unused = lowest_free();
    start();
    while (at < end) {
        size_t len = strnlen(at, (size_t)(end - at));

        if (len > 0 && at[0] == '+')
            pass(len < 64 ? (unsigned)len : 64);
        else if (len > 0 && at[0] == '-')
            all.refusing = len & 1;
        else if (len > 0 && at[0] == '=')
            all.setup.world.shared->in_use[len % WORKERS_MAX] = all.setup.sets->generation;
        else if (len < CONFIGURATION_MAX)
            reload(at, len);
        at += len + 1;
    }
    listeners_close(&all.setup.listeners);
    assert(lowest_free() == unused);
    return 0;
}
