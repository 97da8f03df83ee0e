/* Reference clocks: a server node that tells its time without packets, to one client. */
#include <math.h>

#include "sim/client.h"

#define EVERY_NS NS_PER_S
#define READING_NS 2000          /* of placing a sample; the engine is told so */

static void say_next(struct sim_world *w, const struct sim_node *n, unsigned from)
{
    struct sim_event e = { .at = tai_add(w->now, w->node[from].s.every), .kind = SIM_REFERENCE, .node = (uint16_t)(n - w->node), .from = (uint16_t)from };

    sim_queue_push(&w->queue, &e);
}

/* Named twice it is told other options, and goes on as it did. */
static void attach(struct sim_world *w, struct sim_node *n, unsigned from, const struct attributes *a)
{
    struct source_options *o = client_source(n, w->node[from].name, false, 0);
    struct sim_server *s = &w->node[from].s;

    if (!o)
        return;
    o->server.s[0] = '\0';
    o->shm = from;
    o->error = (struct dur_ns){ (int64_t)a->value[ATTR_ERROR] };
    o->offset = (struct dur_ns){ (int64_t)a->value[ATTR_OFFSET] };
    s->offset = o->offset;
    s->noise = (struct dur_ns){ (int64_t)a->value[ATTR_NOISE] };
    if (s->every.ns > 0)
        return;
    s->every = (struct dur_ns){ attr_given(a, ATTR_EVERY) ? (int64_t)a->value[ATTR_EVERY] : EVERY_NS };
    say_next(w, n, from);
}

void reference_attach(struct sim_world *w, struct sim_node *n, uint64_t whom, const struct attributes *a)
{
    for (unsigned i = 0; i < w->node_count; i++)
        if (whom >> i & 1)
            attach(w, n, i, a);
}

static int64_t evenly_ns(struct prng *p, int64_t most_ns) { return llround((double)most_ns * (2 * prng_uniform(p) - 1)); }

/* The line of the engine's options that it is; it may have been told of none. */
static bool line_of(const struct engine_options *o, unsigned from, uint16_t *line)
{
    for (*line = 0; *line < o->source_count; ++*line)
        if (options_reference(&o->source[*line]) && o->source[*line].shm == from)
            return true;
    return false;
}

void reference_says(struct sim_world *w, struct sim_node *n, unsigned from)
{
    struct sim_node *clock = &w->node[from];
    struct event ev = { .kind = EVENT_REFERENCE };
    struct page_data page;
    struct dur_ns off;

    say_next(w, n, from);
    if (clock->s.silent || n->c.asleep || n->c.core_dead || !line_of(engine_options_now(n->c.engine), from, &ev.u.reference.configured))
        return;
    server_page(w, clock, &page);
    off = dur_sub((struct dur_ns){ evenly_ns(&clock->prng, clock->s.noise.ns) }, clock->s.offset);
    ev.u.reference.why = clock->s.lost ? VERDICT_REF_UNSYNCHRONISED : VERDICT_ACCEPTED;
    ev.u.reference.at = mono_add(client_advance(w, n), (struct dur_ns){ -READING_NS - evenly_ns(&clock->prng, READING_NS) });
    ev.u.reference.utc = utc_add(page_tai_to_utc(&page, tai_add(page.tai_ref, (struct dur_ns){ -READING_NS })), off);
    ev.u.reference.error = (struct dur_ns){ READING_NS };
    ev.u.reference.leap = page.leap;
    n->c.answers += !clock->s.lost;
    client_feed(w, n, &ev);
}
