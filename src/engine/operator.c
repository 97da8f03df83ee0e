/* An operator's word on a line of `sources` while the engine runs: out, back in, or some quick questions now. */
#include <string.h>

#include "base/addr.h"
#include "engine/state.h"

static bool is_named(const struct slot *s, const char *name)
{
    struct net_addr a;

    return strcmp(s->name[s->name_in_use], name) == 0 || (addr_from_text(name, s->client.peer.port, &a) == 0 && addr_equal(&a, &s->client.peer));
}

int engine_find_source(const struct engine *e, const char *name)
{
    if (name[0] == '\0') /* what a pool or a reference clock has for a server */
        return -1;
    for (uint16_t i = 0; i < e->options.source_count; i++)
        if (strcmp(e->options.source[i].server.s, name) == 0 || strcmp(e->options.source[i].pool.s, name) == 0)
            return i;
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && is_named(&e->slot[i], name))
            return e->slot[i].configured;
    return -1;
}

void sources_offline(struct engine *e, uint16_t configured, bool offline)
{
    struct clock_actions a = { .count = 0 };

    if (e->configured[configured].offline == offline)
        return;
    e->configured[configured].offline = offline;
    for (uint16_t i = 0; i < ENGINE_SOURCES_MAX; i++) {
        struct slot *s = &e->slot[i];

        if (!s->used || s->configured != configured)
            continue;
        ntp_client_rest(&s->client);
        s->heard = false;
        s->unusable = s->useless = 0;
        clock_source_offline(&e->clock, i, offline, e->now, &a);
        engine_clock_actions(e, &a);
    }
}

static void ask_again(struct engine *e, struct slot *s)
{
    if (!slot_is_denied(s))
        return;
    s->unusable = s->useless = 0;
    ntp_client_resume(&s->client, e->now);
}

static void act_on(struct engine *e, uint16_t configured, enum engine_source_act act)
{
    if (act != ENGINE_SOURCE_BURST)
        sources_offline(e, configured, act == ENGINE_SOURCE_OFFLINE);
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++) {
        struct slot *s = &e->slot[i];

        if (!s->used || s->configured != configured || act == ENGINE_SOURCE_OFFLINE)
            continue;
        if (act == ENGINE_SOURCE_ONLINE)
            ask_again(e, s);
        ntp_client_hurry(&s->client, e->now);
    }
}

const char *engine_burst_refusal(const struct engine *e, int configured)
{
    const char *why = NULL;

    if (e->configured[configured].offline)
        return "it is offline and not asked until `utcctl sources online`";
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++) {
        const struct slot *s = &e->slot[i];

        if (!s->used || s->configured != configured)
            continue;
        if (s->client.kiss_code == 0)
            return NULL;
        why = sources_kiss_text(s);
    }
    return why;
}

void sources_act(struct engine *e, const struct event *ev)
{
    const char *name = ev->u.source.name;
    int only = name[0] ? engine_find_source(e, name) : -1;

    for (uint16_t i = 0; i < e->options.source_count; i++)
        if (name[0] == '\0' || i == only)
            act_on(e, i, ev->u.source.act);
}
