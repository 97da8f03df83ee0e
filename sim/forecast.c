#include "sim/forecast.h"

#include <math.h>
#include <string.h>

#include "sim/world.h"

struct watch {
    struct forecast *f;
    struct dur_ns moment;
    unsigned client;
    bool usable, looked, free_running, local;
    double error_s2;
    uint64_t usable_probes;
    bool called_false[STORY_NODES_MAX], followed[STORY_NODES_MAX];
};

static void look_at_server(struct watch *k, unsigned n, enum source_state state, double since_s)
{
    struct forecast_server *server = &k->f->server[n];

    k->followed[n] = state == SOURCE_SELECTED;
    if (state != SOURCE_FALSETICKER || k->called_false[n])
        return;
    k->called_false[n] = true;
    server->false_runs++;
    server->false_latest_s = fmax(server->false_latest_s, since_s);
}

/* A source has the address of its node. */
static void look_at_servers(struct watch *k, const struct sim_world *w, double since_s)
{
    static struct snapshot s;
    const struct sim_node *c = &w->node[k->client];

    engine_snapshot(c->c.engine, c->oscillator.raw, &s);
    for (uint32_t i = 0; i < s.source_count; i++)
        for (unsigned n = 0; n < w->node_count; n++)
            if (addr_same_host(&s.source[i].addr, &w->node[n].addr))
                look_at_server(k, n, (enum source_state)s.source[i].state, since_s);
}

static double earlier_s(double known_s, double s) { return known_s < 0 ? s : fmin(known_s, s); }

static void on_probe(void *ctx, struct sim_world *w, bool regular)
{
    struct watch *k = ctx;
    const struct sim_reading *r = &w->node[k->client].c.last;
    double since_s = dur_to_s(dur_sub(tai_sub(w->now, w->start), k->moment));
    struct forecast *f = k->f;

    (void)regular;
    if (since_s < 0)
        return;
    if (!k->looked)
        f->unusable_runs += !r->usable;
    k->looked = true;
    k->usable = r->usable;
    if (r->usable) {
        k->error_s2 += dur_to_s(r->error) * dur_to_s(r->error);
        k->usable_probes++;
        f->error_max_s = fmax(f->error_max_s, fabs(dur_to_s(r->error)));
        f->bound_max_s = fmax(f->bound_max_s, dur_to_s(r->bound));
    } else if (!k->free_running) {
        k->free_running = true;
        f->free_running_runs++;
        f->free_running_s = earlier_s(f->free_running_s, since_s);
    }
    if (r->view.status == CLOCK_LOCAL && !k->local) {
        k->local = true;
        f->local_runs++;
        f->local_s = earlier_s(f->local_s, since_s);
    }
    look_at_servers(k, w, since_s);
}

static void run_one(const struct story *s, uint64_t seed, struct watch *k)
{
    struct sim_world *w = world_new(s, seed, NULL);

    w->probe = on_probe;
    w->probe_ctx = k;
    while (!s->node[k->client].client)
        k->client++;
    world_run(w);
    k->f->broken += w->node[k->client].c.totals.violations[INVARIANT_BOUND];
    k->f->lost_runs += !k->usable;
    for (unsigned n = 0; n < w->node_count; n++)
        k->f->server[n].followed_runs += k->followed[n];
    world_free(w);
}

int forecast_run(const char *story, struct dur_ns moment, unsigned runs, struct forecast *out, struct story_error *error)
{
    double error_s2 = 0;
    uint64_t probes = 0;
    struct story s;
    int err = story_parse(&s, "what if", story, error);

    *out = (struct forecast){ .runs = runs, .free_running_s = FORECAST_NONE, .local_s = FORECAST_NONE, .server_count = err ? 0 : s.node_count };
    for (unsigned n = 0; n < out->server_count; n++)
        snprintf(out->server[n].name, sizeof out->server[n].name, "%s", s.node[n].name);
    for (unsigned i = 1; err == 0 && i <= runs; i++) {
        struct watch k = { .f = out, .moment = moment };

        run_one(&s, i, &k);
        error_s2 += k.error_s2;
        probes += k.usable_probes;
    }
    out->error_rms_s = probes ? sqrt(error_s2 / (double)probes) : 0;
    story_free(&s);
    return err;
}
