/* A client's engine: what it is fed with, and what is done with what it wants. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim/client.h"
#include "sim/option.h"

#define ACTIONS_MAX 16
#define SEND_NS 5000             /* from the engine's wish to the wire */
#define LEAP_2017_NS (INT64_C(1483228800) * NS_PER_S)
#define LEAP_FILE_VALID_NS (180 * 86400 * NS_PER_S)
#define RESOLVE_NS (5 * NS_PER_MS)
#define PRECISION_LOG2 (-25)
#define WAKES_MAX 10000          /* in one instant: the engine is stuck */
#define NOISE_SIGMAS 3.0         /* stamps are clipped there, and the engine is told so by its precision */

bool client_serves(const struct sim_node *n) { return n->c.published && !n->c.missed_sleep && !n->c.missed_move; }

void client_init(struct sim_node *n, const struct attributes *a, struct tai_ns start)
{
    struct sim_client *c = &n->c;

    option_defaults(&c->options);
    n->oscillator = (struct oscillator){
        .at = start, .raw = { (int64_t)(prng_uniform(&n->prng) * 1e13) }, .y = a->value[ATTR_DRIFT], .wander = a->value[ATTR_WANDER],
        .y_mid = a->value[ATTR_DRIFT], .y_span = a->value[ATTR_WITHIN],
        .sine = a->value[ATTR_TEMPERATURE], .sine_period_s = attr_given(a, ATTR_PERIOD) ? a->value[ATTR_PERIOD] * 1e-9 : 86400,
    };
    c->offset = (struct dur_ns){ (int64_t)a->value[ATTR_OFFSET] };
    c->steer = attr_given(a, ATTR_STEER);
    c->stamp = attr_given(a, ATTR_USER_STAMPS) ? STAMP_USER : attr_given(a, ATTR_HARDWARE_STAMPS) ? STAMP_HARDWARE : STAMP_KERNEL;
    c->noise_ns = a->value[ATTR_NOISE];
    if (attr_given(a, ATTR_KNOWS)) /* its drift file counts a slow oscillator as positive */
        c->memory.drift = (struct clock_drift){ -a->value[ATTR_KNOWS] * 1e6, a->value[ATTR_TO] * 1e6, true };
    c->system = (struct sim_system_clock){ .at = utc_add(tai_to_utc(start, SIM_TAI_MINUS_UTC_S), c->offset), .raw = n->oscillator.raw };
}

static void clock_command(struct sim_world *w, struct sim_node *n, const struct clock_command *k)
{
    struct sim_event result = { .at = w->now, .kind = SIM_RESULT, .node = (uint16_t)(n - w->node), .number = n->c.system.refuses ? UE_PERMISSION : 0,
                                .exchange = k->number };

    sim_queue_push(&w->queue, &result);
    if (!n->c.system.refuses)
        client_obey(n, k);
}

static double stamp_noise_ns(struct sim_node *n)
{
    return n->c.noise_ns > 0 ? n->c.noise_ns * fmin(NOISE_SIGMAS, fabs(prng_normal(&n->prng))) : 0;
}

static int node_of(const struct sim_world *w, const struct net_addr *a)
{
    for (unsigned i = 0; i < w->node_count; i++)
        if (addr_same_host(&w->node[i].addr, a))
            return (int)i;
    return -1;
}

static void send_request(struct sim_world *w, struct sim_node *n, const struct action *a)
{
    uint16_t self = (uint16_t)(n - w->node);
    struct sim_event e = { .at = w->now, .kind = SIM_UNSENT, .node = self, .number = a->u.send.exchange };
    int to = node_of(w, &a->u.send.to);
    struct tai_ns leaves = tai_add(w->now, (struct dur_ns){ SEND_NS });

    n->c.totals.packets++;
    if (n->c.open_count < SIM_EXCHANGES_MAX)
        n->c.open[n->c.open_count++] = a->u.send.exchange;
    if (n->c.network_refuses || to < 0) {
        sim_queue_push(&w->queue, &e);
        return;
    }
    if (n->c.stamp != STAMP_USER) {
        e.kind = SIM_SENT;
        e.at = leaves;
        sim_queue_push(&w->queue, &e);
    }
    e = (struct sim_event){ .kind = SIM_PACKET, .from = self, .node = (uint16_t)to, .exchange = a->u.send.exchange, .len = (uint8_t)a->u.send.len };
    e.from_port = (uint16_t)(40000 + a->u.send.exchange % 20000);
    memcpy(e.bytes, a->u.send.bytes, a->u.send.len);
    world_send(w, leaves, &e, self, (unsigned)to);
}

static void close_exchange(struct sim_client *c, uint32_t exchange)
{
    for (unsigned i = 0; i < c->open_count; i++)
        if (c->open[i] == exchange) {
            c->open[i] = c->open[--c->open_count];
            return;
        }
}

static bool exchange_is_open(const struct sim_client *c, uint32_t exchange)
{
    for (unsigned i = 0; i < c->open_count; i++)
        if (c->open[i] == exchange)
            return true;
    return false;
}

static void log_line(struct sim_world *w, struct sim_node *n, const struct log_record *r)
{
    char text[320];

    n->c.logged[r->id]++;
    if (!w->log)
        return;
    log_render_text(r, text, sizeof text);
    fprintf(w->log, "# %12.3f %s: %s\n", dur_to_s(tai_sub(w->now, w->start)), n->name, text);
}

/* What is kept has to be what its own reader takes: the next run would set another aside, and all that was learnt with it. */
static void remember(struct sim_node *n)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    struct clock_memory read;

    engine_remember(n->c.engine, &n->c.memory);
    if (n->c.memory.saved.ns != 0 && !utc_is_plausible(n->c.memory.saved))
        return; /* a story of 2106 */
    assert(clock_memory_from_text(text, clock_memory_to_text(&n->c.memory, text), n->c.options.clock.clock.max_frequency, &read) == 0);
}

static void act(struct sim_world *w, struct sim_node *n, const struct action *a)
{
    struct sim_event e = { .at = w->now, .node = (uint16_t)(n - w->node) };

    switch (a->kind) {
    case ACTION_SEND:
        send_request(w, n, a);
        break;
    case ACTION_CLOSE:
        close_exchange(&n->c, a->u.close.exchange);
        break;
    case ACTION_RESOLVE:
        e.kind = SIM_NAMES;
        e.number = a->u.resolve.configured;
        e.at = tai_add(w->now, (struct dur_ns){ RESOLVE_NS });
        sim_queue_push(&w->queue, &e);
        break;
    case ACTION_ESTABLISH: /* no story has a source with NTS */
        break;
    case ACTION_READ_CLOCK:
        e.kind = SIM_PAIR;
        sim_queue_push(&w->queue, &e);
        break;
    case ACTION_CLOCK:
        clock_command(w, n, &a->u.clock);
        break;
    case ACTION_PUBLISH:
        n->c.page = *engine_page(n->c.engine);
        page_cut(&n->c.page, n->c.piece);
        n->c.published = true;
        break;
    case ACTION_SAVE:
        remember(n);
        break;
    case ACTION_LOG:
        log_line(w, n, &a->u.log);
        break;
    }
}

static void schedule(struct sim_world *w, struct sim_node *n)
{
    struct mono_ns deadline = engine_next_deadline(n->c.engine);
    struct sim_event e = { .kind = SIM_WAKE, .node = (uint16_t)(n - w->node), .number = ++n->c.wakes };

    if (deadline.ns == MONO_NEVER.ns)
        return;
    e.at = oscillator_when(&n->oscillator, deadline);
    n->c.wakes_now = e.at.ns == w->now.ns ? n->c.wakes_now + 1 : 0;
    if (n->c.wakes_now > WAKES_MAX) {
        fprintf(stderr, "%s: the engine of %s asks to be called at once, again and again\n", w->story->name, n->name);
        abort();
    }
    sim_queue_push(&w->queue, &e);
}

void client_step(struct sim_world *w, struct sim_node *n, const struct event *ev)
{
    static const struct event tick = { .kind = EVENT_TICK };
    struct action out[ACTIONS_MAX];
    size_t count;

    do { /* the engine wants its outbox empty before the next event */
        count = engine_step(n->c.engine, ev, n->oscillator.raw, out, ACTIONS_MAX);
        assert(count <= ACTIONS_MAX);
        for (size_t i = 0; i < count; i++)
            act(w, n, &out[i]);
        ev = &tick;
    } while (count == ACTIONS_MAX);
}

void client_feed(struct sim_world *w, struct sim_node *n, const struct event *ev)
{
    client_read(w, n);
    client_step(w, n, ev);
    client_read(w, n);
    schedule(w, n);
}

static void feed_pair(struct sim_world *w, struct sim_node *n)
{
    struct event ev = { .kind = EVENT_CLOCK_PAIR };

    ev.u.pair.raw = n->oscillator.raw;
    ev.u.pair.system = client_system(n);
    ev.u.pair.asleep = n->c.slept;
    client_feed(w, n, &ev);
}

static void feed_leap_file(struct sim_world *w, struct sim_node *n)
{
    struct event ev = { .kind = EVENT_LEAP_TABLE };

    ev.u.leap.origin = LEAP_FROM_LIST;
    ev.u.leap.table = &n->c.leap_file;
    client_feed(w, n, &ev);
}

static int8_t precision_of(double noise_ns)
{
    double worst_s = NOISE_SIGMAS * noise_ns * 1e-9;

    return worst_s > ldexp(1, PRECISION_LOG2) ? (int8_t)ceil(log2(worst_s)) : PRECISION_LOG2;
}

void client_begin(struct sim_world *w, struct sim_node *n, const struct page_data *before, uint32_t offline)
{
    struct sim_client *c = &n->c;
    struct mono_ns raw = client_advance(w, n);
    struct engine_start s = {
        .options = &c->options, .rng = prng_as_rng(&c->engine_prng), .now = raw, .wall = client_system(n),
        .memory = &c->memory, .page = before, .offline = offline, .asleep = before ? c->slept_told : c->slept, .steer = c->steer,
        .precision_log2 = precision_of(c->noise_ns),
    };

    if (!c->engine)
        c->engine = malloc(engine_size());
    if (!c->engine)
        abort();
    c->engine = engine_init(c->engine, &s);
    c->open_count = 0;
    c->slept_told = before ? c->slept_told : c->slept;
    client_step(w, n, &(struct event){ .kind = EVENT_TICK });
    client_read(w, n);
    schedule(w, n);
    if (c->leap_file.count > 0)
        feed_leap_file(w, n);
}

void client_start(struct sim_world *w, struct sim_node *n) { client_begin(w, n, NULL, 0); }

void client_restart(struct sim_world *w, struct sim_node *n, bool afresh)
{
    if (n->c.asleep || n->c.core_dead)
        return;
    client_read(w, n); /* what readers have seen up to now */
    client_step(w, n, &(struct event){ .kind = EVENT_STOP });
    if (afresh)
        n->c.memory = (struct clock_memory){ .count = 0 };
    if (afresh) /* it goes on by the system clock alone, which readers have not seen */
        n->c.published = n->c.last.usable = false;
    client_start(w, n);
}

void client_free(struct sim_node *n) { free(n->c.engine); }

/* A core that is dead, or not yet begun, reads it when it starts. */
void client_leap_file(struct sim_world *w, struct sim_node *n, enum leap what, struct utc_ns midnight, bool valid)
{
    struct leap_table table = { .updated = tai_to_utc(w->start, SIM_TAI_MINUS_UTC_S), .count = 1, .entry = { { { LEAP_2017_NS }, SIM_TAI_MINUS_UTC_S } } };

    if (n->c.asleep)
        return;
    table.expires = utc_add(tai_to_utc(w->end, SIM_TAI_MINUS_UTC_S), (struct dur_ns){ LEAP_FILE_VALID_NS });
    if (!valid)
        table.expires = utc_add(table.updated, (struct dur_ns){ -NS_PER_S });
    if (what == LEAP_INSERT || what == LEAP_DELETE)
        table.entry[table.count++] = (struct leap_entry){ midnight, SIM_TAI_MINUS_UTC_S + (what == LEAP_INSERT ? 1 : -1) };
    n->c.leap_file = table;
    if (!n->c.engine || n->c.core_dead)
        return;
    client_advance(w, n);
    feed_leap_file(w, n);
}

void client_reload(struct sim_world *w, struct sim_node *n)
{
    struct event ev = { .kind = EVENT_OPTIONS };

    if (n->c.asleep || n->c.core_dead)
        return;
    ev.u.options.options = &n->c.options;
    client_advance(w, n);
    client_feed(w, n, &ev);
}

static void feed_datagram(struct sim_world *w, struct sim_node *n, const struct sim_event *e)
{
    struct event ev = { .kind = EVENT_DATAGRAM };

    if (!exchange_is_open(&n->c, e->exchange))
        return; /* its socket is closed */
    n->c.answers++;
    ev.u.datagram.exchange = e->exchange;
    ev.u.datagram.from = w->node[e->from].addr;
    ev.u.datagram.from.port = e->from_port;
    ev.u.datagram.to = n->addr;
    ev.u.datagram.bytes = (struct span){ e->bytes, e->len };
    ev.u.datagram.rx = mono_add(n->oscillator.raw, (struct dur_ns){ -(int64_t)stamp_noise_ns(n) });
    ev.u.datagram.stamp = n->c.stamp;
    client_feed(w, n, &ev);
}

static void wake(struct sim_world *w, struct sim_node *n, uint32_t setting)
{
    if (setting != n->c.wakes)
        return;
    if (mono_before(n->oscillator.raw, engine_next_deadline(n->c.engine)))
        schedule(w, n);
    else
        client_feed(w, n, &(struct event){ .kind = EVENT_TICK });
}

static void feed_sent(struct sim_world *w, struct sim_node *n, uint32_t exchange)
{
    struct event ev = { .kind = EVENT_TX_STAMP };

    ev.u.tx.exchange = exchange;
    ev.u.tx.tx = mono_add(n->oscillator.raw, (struct dur_ns){ -(int64_t)stamp_noise_ns(n) });
    ev.u.tx.stamp = n->c.stamp;
    client_feed(w, n, &ev);
}

/* In a sleep packets are lost, and the clock that runs the timers stands still; resume sets them anew. */
static bool is_noticed(const struct sim_client *c, uint8_t kind)
{
    if (kind == SIM_RESUME)
        return true;
    if (c->asleep && (kind == SIM_WAKE || kind == SIM_PACKET))
        return false;
    return !c->core_dead || kind == SIM_REVIVE;
}

void client_event(struct sim_world *w, struct sim_node *n, const struct sim_event *e)
{
    client_advance(w, n);
    if (!is_noticed(&n->c, e->kind))
        return;
    switch (e->kind) {
    case SIM_WAKE: wake(w, n, e->number); break;
    case SIM_PACKET: feed_datagram(w, n, e); break;
    case SIM_SENT: feed_sent(w, n, e->number); break;
    case SIM_UNSENT: client_feed(w, n, &(struct event){ .kind = EVENT_SEND_FAILED, .u.failed = { .exchange = e->number, .err = -UE_UNREACHABLE } }); break;
    case SIM_NAMES: client_feed_names(w, n, (uint16_t)e->number); break;
    case SIM_PAIR: feed_pair(w, n); break;
    case SIM_RESULT: client_feed(w, n, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { e->exchange, -(int)e->number } }); break;
    case SIM_RESUME: client_resume(w, n); break;
    case SIM_REVIVE: client_core_returns(w, n); break;
    default: break;
    }
}
