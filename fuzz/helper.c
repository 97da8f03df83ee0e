/* What the programs say that look up names and NTS keys, which outside bytes may have turned: the first byte chooses the program, the rest is its
 * message. What is taken goes into an engine, which asks nobody else than it may and goes on. */
#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "daemon/ke_client.h"
#include "daemon/resolve.h"
#include "engine/engine.h"
#include "engine/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine engine;
static struct prng prng;
static struct mono_ns now;

static void begin(void)
{
    static struct engine_options o;

    memset(&o, 0, sizeof o);
    o.clock.clock.max_drift = 1;
    o.clock.clock.max_drift_silent = 15;
    o.clock.clock.max_frequency = o.clock.clock.max_slew = 500;
    o.clock.clock.min_sources = 1;
    o.source_count = 2;
    strcpy(o.source[0].pool.s, "pool.example");
    strcpy(o.source[1].server.s, "nts.example");
    o.source[1].nts = true;
    for (unsigned i = 0; i < o.source_count; i++) {
        o.source[i].port = 123;
        o.source[i].min_poll = 6;
        o.source[i].max_poll = 10;
        o.source[i].version = 4;
    }
    prng_seed(&prng, 1);
    now = (struct mono_ns){ NS_PER_S };
    engine_init(&engine, &(struct engine_start){ .options = &o, .rng = prng_as_rng(&prng), .now = now, .wall = { INT64_C(1800000000) * NS_PER_S } });
}

static void step(const struct event *ev)
{
    static struct action out[64];
    size_t n;

    do {
        n = engine_step(&engine, ev, now, out, 64);
        for (size_t i = 0; i < n; i++)
            assert(out[i].kind != ACTION_SEND || (out[i].u.send.to.family != ADDR_NONE && out[i].u.send.to.port != 0));
        ev = &(const struct event){ .kind = EVENT_TICK };
    } while (n == 64);
}

static void pass(void)
{
    for (int i = 0; i < 4; i++) {
        now = mono_add(now, (struct dur_ns){ 2 * NS_PER_S });
        step(&(struct event){ .kind = EVENT_TICK });
    }
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        assert(!engine.slot[i].used || engine.slot[i].configured < engine.options.source_count);
}

static void take_addresses(int fd)
{
    struct event ev = { .kind = EVENT_ADDRESSES };
    struct resolve_answer a;

    if (resolve_take(fd, &a) != 0)
        return;
    ev.u.addresses.configured = 0; /* core takes an answer to its own questions alone */
    ev.u.addresses.err = a.err;
    ev.u.addresses.count = a.count;
    assert(a.count <= EVENT_ADDRESSES_MAX);
    memcpy(ev.u.addresses.addr, a.addr, sizeof ev.u.addresses.addr);
    step(&ev);
}

static void take_keys(int fd)
{
    static struct ke_answer a;
    struct event ev = { .kind = EVENT_NTS };

    if (ke_client_take(fd, &a) != 0)
        return;
    ev.u.nts.configured = 1;
    ev.u.nts.wrong = a.wrong[0] ? a.wrong : NULL;
    ev.u.nts.keys = &a.keys;
    ev.u.nts.grant = &a.grant;
    ev.u.nts.ntp = a.ntp;
    ev.u.nts.valid = a.valid;
    step(&ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[sizeof(struct ke_answer)];
    size_t whole = size && data[0] & 1 ? sizeof(struct ke_answer) : sizeof(struct resolve_answer);
    int fd[2];

    if (size < 1 || resolve_pair(fd) != 0)
        return 0;
    begin();
    pass();
    memset(message, 0, sizeof message); /* a short input is a whole message that ends in zeroes, unless it asks to be cut */
    memcpy(message, data + 1, size - 1 < whole ? size - 1 : whole);
    assert(send(fd[1], message, data[0] & 2 && size > 1 ? size - 1 < whole ? size - 1 : whole : whole, 0) > 0);
    if (data[0] & 1)
        take_keys(fd[0]);
    else
        take_addresses(fd[0]);
    pass();
    close(fd[0]);
    close(fd[1]);
    return 0;
}
