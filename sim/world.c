#include "sim/client.h"

#include <stdlib.h>
#include <string.h>

#define LEAPING_NS (5 * NS_PER_S / 2)

struct utc_ns world_utc(const struct sim_world *w)
{
    return tai_to_utc(w->now, SIM_TAI_MINUS_UTC_S + (tai_before(w->now, w->leap_at) ? 0 : w->leap_delta_s));
}

bool world_is_leaping(const struct sim_world *w)
{
    return w->leap_delta_s != 0 && dur_abs(tai_sub(w->now, w->leap_at)).ns < LEAPING_NS;
}

/* Every node and path has its own stream, so that a change to one leaves the noise of the others. */
static uint64_t stream(uint64_t seed, uint64_t a, uint64_t b)
{
    return seed * UINT64_C(0x9e3779b97f4a7c15) + a * UINT64_C(0xd1b54a32d192ed03) + b * UINT64_C(0x8cb92ba72f3d8dd7);
}

static void make_nodes(struct sim_world *w, uint64_t seed)
{
    w->node_count = w->story->node_count;
    for (unsigned i = 0; i < w->node_count; i++) {
        struct sim_node *n = &w->node[i];

        n->name = w->story->node[i].name;
        n->client = w->story->node[i].client;
        n->addr = (struct net_addr){ .family = ADDR_IPV4, .port = NTP_PORT, .bytes = { 203, 0, 113, (uint8_t)(i + 1) } };
        prng_seed(&n->prng, stream(seed, 1, i));
        prng_seed(&n->c.engine_prng, stream(seed, 2, i));
        for (unsigned j = 0; j < w->node_count; j++)
            prng_seed(&w->link[i][j].prng, stream(seed, 3 + i, j));
    }
}

/* What a link made a source and no `source` or `pool` has named yet. */
static void configure_linked(struct sim_world *w, struct sim_node *n)
{
    uint64_t pooled = 0;

    for (uint32_t i = 0; i < n->c.options.source_count; i++)
        pooled |= n->c.members[i];
    for (unsigned j = 0; j < w->node_count; j++)
        if (n->c.uses >> j & 1 && !(pooled >> j & 1))
            client_source(n, w->node[j].name, false, UINT64_C(1) << j);
}

static void plan(struct sim_world *w, const struct statement *st, uint32_t index)
{
    struct sim_event e = { .at = tai_add(w->start, st->at), .kind = SIM_STATEMENT, .number = index };

    if (st->at.ns > 0)
        sim_queue_push(&w->queue, &e);
    else
        deed_apply(w, st);
}

/* A mutant stands in for the statement that does the same to the same at the same time; what only sets named values is added to. */
static bool is_replaced(const struct statement *st, const struct statement *mutant)
{
    return mutant && st != mutant && st->deed > DEED_EXCUSE && st->deed == mutant->deed && st->at.ns == mutant->at.ns && st->who == mutant->who;
}

static const struct statement *planned(const struct sim_world *w, uint32_t index, const struct statement *mutant)
{
    return index == w->story->statement_count ? mutant : &w->story->statement[index];
}

struct sim_world *world_new(const struct story *s, uint64_t seed, const struct statement *mutant)
{
    struct sim_world *w = calloc(1, sizeof *w);

    if (!w)
        abort();
    w->story = s;
    w->mutant = mutant;
    w->start = w->now = utc_to_tai(s->start, SIM_TAI_MINUS_UTC_S);
    w->end = tai_add(w->start, s->run);
    w->hash = UINT64_C(0xcbf29ce484222325);
    make_nodes(w, seed);
    for (uint32_t i = 0; i < s->statement_count + (mutant != NULL); i++)
        if (!is_replaced(planned(w, i, mutant), mutant))
            plan(w, planned(w, i, mutant), i);
    for (unsigned i = 0; i < w->node_count; i++)
        if (w->node[i].client)
            configure_linked(w, &w->node[i]);
    return w;
}

void world_free(struct sim_world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        client_free(&w->node[i]);
        free(w->node[i].interleave);
    }
    sim_queue_free(&w->queue);
    free(w);
}

void world_probe_at(struct sim_world *w, struct dur_ns at)
{
    struct sim_event e = { .at = tai_add(w->start, at), .kind = SIM_PROBE };

    sim_queue_push(&w->queue, &e);
}

void world_send(struct sim_world *w, struct tai_ns at, struct sim_event *packet, unsigned from, unsigned to)
{
    struct sim_link *l = &w->link[from][to];
    struct sim_event e = *packet;
    struct dur_ns delay;
    unsigned copies = 1 + path_duplicates(&l->path, &l->prng);

    while (copies-- > 0)
        if (path_carry(&l->path, at, &l->prng, &delay)) {
            e.at = tai_add(at, delay);
            sim_queue_push(&w->queue, &e);
        }
}

/* FNV-1a over what makes two runs the same run. */
static void mix(struct sim_world *w, const void *bytes, size_t len)
{
    const uint8_t *b = bytes;

    for (size_t i = 0; i < len; i++)
        w->hash = (w->hash ^ b[i]) * UINT64_C(0x100000001b3);
}

static void record(struct sim_world *w, const struct sim_event *e)
{
    static const char *const names[SIM_KIND_COUNT] = { "statement", "probe", "wake", "packet", "sent", "unsent", "names", "pair", "resume", "revive",
                                                       "result", "reference" };

    w->events++;
    mix(w, &e->at, sizeof e->at);
    mix(w, &e->kind, sizeof e->kind);
    mix(w, &e->node, sizeof e->node);
    mix(w, e->bytes, e->len);
    if (!w->trace || e->kind == SIM_PROBE)
        return;
    fprintf(w->trace, "%.9f %s %s", dur_to_s(tai_sub(e->at, w->start)), names[e->kind], e->kind == SIM_STATEMENT ? "" : w->node[e->node].name);
    for (unsigned i = 0; i < e->len; i++)
        fprintf(w->trace, "%s%02x", i ? "" : " ", e->bytes[i]);
    fprintf(w->trace, "\n");
}

static void probe(struct sim_world *w, bool regular)
{
    struct sim_event next = { .at = tai_add(w->now, w->story->probe), .kind = SIM_PROBE, .number = 1 };

    for (unsigned i = 0; i < w->node_count; i++)
        if (w->node[i].client) {
            const struct sim_reading *r = client_read(w, &w->node[i]);

            mix(w, &r->view.utc, sizeof r->view.utc);
        }
    if (w->probe)
        w->probe(w->probe_ctx, w, regular);
    if (regular)
        sim_queue_push(&w->queue, &next);
}

static void dispatch(struct sim_world *w, const struct sim_event *e)
{
    struct sim_node *n = &w->node[e->node];

    if (e->kind == SIM_STATEMENT)
        deed_apply(w, planned(w, e->number, w->mutant));
    else if (e->kind == SIM_PROBE)
        probe(w, e->number == 1);
    else if (e->kind == SIM_PACKET && e->number == SIM_REQUEST)
        server_receive(w, n, e);
    else if (e->kind == SIM_REFERENCE)
        reference_says(w, n, e->from);
    else
        client_event(w, n, e);
}

void world_run(struct sim_world *w)
{
    struct sim_event first = { .at = w->start, .kind = SIM_PROBE, .number = 1 }, e;

    for (unsigned i = 0; i < w->node_count; i++)
        if (w->node[i].client)
            client_start(w, &w->node[i]);
    sim_queue_push(&w->queue, &first);
    while (sim_queue_pop(&w->queue, &e) && e.at.ns <= w->end.ns) {
        w->now = e.at;
        record(w, &e);
        dispatch(w, &e);
    }
}
