/* Another configuration while the engine runs: lines of `sources` that stay keep their servers, filters and polls, others come and go.
 *
 *   old line --same server, pool, port, NTS and smear, or same reference clock--> new line: slots move along, options are put into them
 *            --none such--> its slots are dropped            new line without an old one --> begun with the next tick */
#include <string.h>

#include "engine/state.h"

#define NO_LINE UINT16_MAX

/* What makes it the same line: the rest may change while it is asked. */
static bool is_same(const struct source_options *a, const struct source_options *b)
{
    return strcmp(a->server.s, b->server.s) == 0 && strcmp(a->pool.s, b->pool.s) == 0 && a->shm == b->shm && strcmp(a->sock.s, b->sock.s) == 0 &&
           a->port == b->port && a->nts == b->nts && a->nts_port == b->nts_port &&
           a->smear == b->smear && strcmp(a->nts_trusted.s, b->nts_trusted.s) == 0 && strcmp(a->nts_pin.s, b->nts_pin.s) == 0;
}

/* The line of `o` that is the same as `line`, and that no line before took. */
static uint16_t find_line(const struct engine_options *o, const struct source_options *line, uint32_t taken)
{
    for (uint16_t j = 0; j < o->source_count; j++)
        if (!(taken >> j & 1) && is_same(&o->source[j], line))
            return j;
    return NO_LINE;
}

/* Answers that are under way were asked for by another number: they are asked for again. */
static struct configured moved(const struct engine *e, const struct configured *old)
{
    struct configured c = *old;

    if (c.waiting)
        c.resolve_at = e->now;
    if (c.establishing)
        c.establish_at = e->now;
    c.waiting = c.establishing = false;
    return c;
}

static void move_slots(struct engine *e, const uint16_t to[ENGINE_CONFIGURED_MAX])
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++) {
        struct slot *s = &e->slot[i];

        if (s->used && to[s->configured] == NO_LINE)
            sources_drop(e, s, LOG_SOURCE_REMOVED, "it is no longer configured");
        else if (s->used)
            s->configured = to[s->configured];
    }
}

/* The table that keys were taken from goes away. */
static void find_keys_again(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].key)
            e->slot[i].key = keys_find(e->options.keys, e->slot[i].key->id);
}

static void change_sources(struct engine *e, const struct engine_options *o)
{
    struct configured fresh[ENGINE_CONFIGURED_MAX] = { { 0 } };
    uint16_t to[ENGINE_CONFIGURED_MAX];
    uint32_t kept = 0;

    for (uint16_t i = 0; i < e->options.source_count; i++) {
        to[i] = find_line(o, &e->options.source[i], kept);
        if (to[i] == NO_LINE)
            continue;
        kept |= UINT32_C(1) << to[i];
        fresh[to[i]] = moved(e, &e->configured[i]);
    }
    move_slots(e, to);
    memcpy(e->configured, fresh, sizeof fresh);
    e->options = *o;
    for (uint16_t j = 0; j < o->source_count; j++)
        if (kept >> j & 1)
            sources_settle(e, j);
        else
            e->configured[j] = (struct configured){ .begin = true, .resolve_at = MONO_NEVER, .establish_at = MONO_NEVER };
}

void engine_change(struct engine *e, const struct event *ev)
{
    struct clock_actions a = { .count = 0 };

    change_sources(e, ev->u.options.options);
    find_keys_again(e);
    clock_change(&e->clock, &e->options.clock, e->now, &a);
    bootstrap_demand(e);
    engine_clock_actions(e, &a);
}
