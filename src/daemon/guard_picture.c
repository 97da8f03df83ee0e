#include "daemon/guard_picture.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/clock.h"

static void picture_of(const struct guard_client *c, struct mono_ns now, struct snapshot_client *out)
{
    int64_t age_s = now.ns / NS_PER_S - c->last_s;

    *out = (struct snapshot_client){ .net = c->net, .bits = c->bits, .blocked = c->blocked, .requests = c->requests, .refused = c->refused,
                                     .per_second = c->per_second, .last_age = { (age_s > 0 ? age_s : 0) * NS_PER_S } };
}

void guard_picture_clients(const struct core_world *w, const struct control_request *r, struct snapshot *out)
{
    struct guard_client top[SNAPSHOT_CLIENTS_MAX];
    struct mono_ns now = host_mono();

    out->clients = (struct snapshot_clients){ .counted = w->guard && w->guard->counted };
    if (!out->clients.counted)
        return;
    out->clients.count = guard_top(w->guard, now, top, r->clients < SNAPSHOT_CLIENTS_MAX ? r->clients : SNAPSHOT_CLIENTS_MAX, &out->clients.known);
    out->clients.ever = guard_prefixes_ever(w->guard);
    for (uint32_t i = 0; i < out->clients.count; i++)
        picture_of(&top[i], now, &out->clients.client[i]);
}

/* -- one address --------------------------------------------------------------------------------------------------- */

static void tell_rule(const struct daemon_options *o, const struct guard_reason *reason, struct snapshot_access *out)
{
    static const char *const action[] = { [ACCESS_ALLOW] = "allow", [ACCESS_DENY] = "deny", [ACCESS_KISS] = "kiss", [ACCESS_AUTHENTICATE] = "authenticate" };
    const struct guard_origin *origin = &o->guard.origin[reason->item][reason->net];
    char net[ADDR_TEXT_MAX];

    snprintf(out->action, sizeof out->action, "%s", action[reason->action]);
    out->matched = reason->matched;
    out->item = reason->item;
    if (!reason->matched)
        return;
    snprintf(out->net, sizeof out->net, "%s/%u", addr_to_text(&o->guard.access[reason->item].nets.item[reason->net].addr, net),
             o->guard.access[reason->item].nets.item[reason->net].bits);
    if (origin->line)
        snprintf(out->place, sizeof out->place, "%s:%u:%u", options_file_name(o, origin->file), origin->line, origin->column);
    else
        snprintf(out->place, sizeof out->place, "environment SIMPLE_UTCD_ACCESS");
}

static void explain(const struct core_world *w, const struct control_request *r, const struct listener *l, struct snapshot_access *out)
{
    struct guard_reason reason = { .action = ACCESS_ALLOW };
    struct mono_ns now = host_mono();
    struct guard_client client;
    char at[ADDR_AT_TEXT_MAX];

    *out = (struct snapshot_access){ .from = r->from, .listeners = 1 };
    snprintf(out->service, sizeof out->service, "%s", service_name(l->service));
    snprintf(out->listener, sizeof out->listener, "%s", addr_at_to_text(&l->at, l->interface, at));
    if (w->guard)
        reason = guard_explain(w->guard, &w->options->guard, &r->from, l->list, l->service);
    tell_rule(w->options, &reason, out);
    out->logged = w->guard && guard_client_at(w->guard, &r->from, now, &client);
    if (out->logged)
        picture_of(&client, now, &out->client);
}

static bool is_asked(const struct control_request *r, const struct listener *l)
{
    if (l->removed || l->worker > 0 || strcasecmp(r->service, service_name(l->service)) != 0)
        return false;
    if (r->listener.family != ADDR_NONE && strcmp(r->interface, l->interface) != 0)
        return false;
    return r->listener.family == ADDR_NONE || (addr_same_host(&r->listener, &l->at) && (r->listener.port == 0 || r->listener.port == l->at.port));
}

void guard_picture_access(const struct core_world *w, const struct control_request *r, struct snapshot *out)
{
    struct snapshot_access *of_list[GUARD_LISTS_KEPT] = { NULL };

    out->access_count = 0;
    for (unsigned i = 0; i < w->listeners->count; i++) {
        const struct listener *l = &w->listeners->item[i];

        if (!is_asked(r, l) || (i > 0 && l->stream && addr_equal(&l[-1].at, &l->at) && strcmp(l[-1].interface, l->interface) == 0))
            continue; /* TCP beside UDP is one listener for people */
        if (of_list[l->list]) {
            of_list[l->list]->listeners++;
            continue;
        }
        of_list[l->list] = &out->access[out->access_count++];
        explain(w, r, l, of_list[l->list]);
    }
}

_Static_assert(GUARD_LISTS_MAX <= SNAPSHOT_PLACES_MAX, "each list has a place in the picture");
