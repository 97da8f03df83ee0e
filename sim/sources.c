/* The sources in a client's configuration, by the names that the story gives them. */
#include <string.h>

#include "sim/client.h"
#include "sim/option.h"

struct source_options *client_source(struct sim_node *n, const char *name, bool pool, uint64_t members)
{
    struct engine_options *o = &n->c.options;
    struct source_options *s;
    uint32_t i;

    for (i = 0; i < o->source_count; i++)
        if (strcmp(n->c.names[i], name) == 0)
            return &o->source[i];
    if (i == ENGINE_CONFIGURED_MAX)
        return NULL;
    s = &o->source[o->source_count++];
    option_source_defaults(s);
    snprintf(n->c.names[i], sizeof n->c.names[i], "%s", name);
    snprintf((pool ? &s->pool : &s->server)->s, OPTION_TEXT_MAX, "%s", name);
    n->c.members[i] = members;
    return s;
}

static int line_of(const struct sim_client *c, const char *name)
{
    for (uint32_t i = 0; i < c->options.source_count; i++)
        if (strcmp(c->names[i], name) == 0)
            return (int)i;
    return -1;
}

/* What the engine calls the source that the story calls so. */
static const char *engine_name(const struct sim_client *c, const char *name, char out[OPTIONS_NAME_MAX])
{
    int line = line_of(c, name);

    return line < 0 ? name : options_name(&c->options.source[line], out);
}

void client_forget(struct sim_node *n, const char *name)
{
    struct sim_client *c = &n->c;
    int line = line_of(c, name);
    uint32_t i = (uint32_t)line, behind;

    if (line < 0)
        return;
    behind = --c->options.source_count - i;
    memmove(&c->options.source[i], &c->options.source[i + 1], behind * sizeof c->options.source[0]);
    memmove(c->names[i], c->names[i + 1], behind * sizeof c->names[0]);
    memmove(&c->members[i], &c->members[i + 1], behind * sizeof c->members[0]);
}

void client_resolves(struct sim_node *n, const char *name, uint64_t whom)
{
    int line = line_of(&n->c, name);

    if (line >= 0)
        n->c.members[line] = whom;
}

void client_tell_sources(struct sim_world *w, struct sim_node *n, enum engine_source_act act, uint64_t whom)
{
    char name[OPTIONS_NAME_MAX];

    if (n->c.asleep || n->c.core_dead)
        return;
    client_advance(w, n);
    for (unsigned i = 0; i < w->node_count; i++)
        if (whom >> i & 1)
            client_feed(w, n, &(struct event){ .kind = EVENT_SOURCE, .u.source = { act, engine_name(&n->c, w->node[i].name, name) } });
}

void client_feed_names(struct sim_world *w, struct sim_node *n, uint16_t configured)
{
    const struct engine_options *o = engine_options_now(n->c.engine);
    struct event ev = { .kind = EVENT_ADDRESSES };
    char name[OPTIONS_NAME_MAX];
    int line;

    if (configured >= o->source_count)
        return;
    line = line_of(&n->c, options_name(&o->source[configured], name)); /* of those that are changed, and not told of yet */
    ev.u.addresses.configured = configured;
    for (unsigned i = 0; i < w->node_count && ev.u.addresses.count < EVENT_ADDRESSES_MAX; i++)
        if (line >= 0 && n->c.members[line] >> i & 1)
            ev.u.addresses.addr[ev.u.addresses.count++] = w->node[i].addr;
    client_feed(w, n, &ev);
}
