#include "guard/guard.h"

#include <string.h>

#include "base/err.h"
#include "guard/check.h"

/* -- options ------------------------------------------------------------------------------------------------------- */

static uint64_t mask64(int64_t bits) { return ~(UINT64_MAX >> 1 >> (bits - 1)); }

#define FLOOD_PER_SECOND 20000 /* below, to read and refuse each one is no burden */

/* GUARD_FLOOD_STEP requests: faster than that, and so fast that more than the limit comes through the sieve. */
static int64_t flood_ns(int64_t rate)
{
    int64_t least = 2 * GUARD_SIEVE_ONE_IN * rate;

    return GUARD_FLOOD_STEP * NS_PER_S / (least > FLOOD_PER_SECOND ? least : FLOOD_PER_SECOND);
}

static struct guard_limit limit_of(const struct rate_limit_options *o)
{
    struct guard_limit l = { .on = o->present, .window_s = GUARD_LOG_WINDOW_S, .ipv4_mask = mask64(32), .ipv6_mask = mask64(64) };

    if (!o->present)
        return l;
    l.interval_ns = NS_PER_S / o->rate;
    l.burst_ns = l.interval_ns * o->burst;
    l.flood_ns = flood_ns(o->rate);
    l.block_ns = l.burst_ns + GUARD_BLOCK_SLACK_NS + o->block_for.ns;
    l.rate = (uint32_t)o->rate;
    l.burst = (uint32_t)o->burst;
    l.kiss = (uint32_t)o->kiss;
    l.leak = (uint32_t)o->leak;
    l.block_above = (uint32_t)o->block_above;
    if (o->block_window.ns >= NS_PER_S)
        l.window_s = (uint32_t)(o->block_window.ns / NS_PER_S);
    l.ipv4_mask = mask64(o->ipv4_prefix);
    l.ipv6_mask = mask64(o->ipv6_prefix);
    return l;
}

void guard_init(struct guard *g, struct guard_maker *m, const struct guard_options *o, bool log_clients, const struct guard_key *seed)
{
    g->limit = limit_of(&o->rate_limit);
    g->counted = o->rate_limit.present || log_clients;
    g->key = *seed;
    if (o->access_count > 0)
        guard_list_at(g, m, o, NULL, "");
    g->lists = m->made;
}

/* Nobody goes by a list of the other bank, unless he has not heard of the change before this one. */
void guard_change_begin(struct guard *g, struct guard_maker *m, const struct guard_options *o)
{
    m->bank ^= GUARD_LISTS_MAX;
    m->made = 0;
    if (o->access_count > 0)
        guard_list_at(g, m, o, NULL, "");
}

void guard_change_end(struct guard *g, const struct guard_maker *m, const struct guard_options *o, bool log_clients)
{
    g->limit = limit_of(&o->rate_limit);
    ATOMIC_STORE(&g->counted, o->rate_limit.present || log_clients);
    ATOMIC_STORE(&g->lists, m->made);
}

void guard_change_abort(struct guard_maker *m) { m->bank ^= GUARD_LISTS_MAX; }

bool guard_is_needed(const struct guard_options *o, bool log_clients) { return o->access_count > 0 || o->rate_limit.present || log_clients; }

/* -- access lists -------------------------------------------------------------------------------------------------- */

/* The choices of access.service are in the order of the service numbers; the last one is all of them. */
static uint8_t services_of(const struct access_options *o)
{
    return (uint8_t)(o->service == ACCESS_SERVICES - 1 ? (1u << ACCESS_SERVICES) - 1 : 1u << o->service);
}

/* Does the item hold at that listener? NULL: at one that no item names. */
static bool holds_at(const struct access_options *o, const struct net_addr *listener, const char *interface)
{
    for (uint32_t i = 0; i < o->listeners.count && listener; i++) {
        const struct net_addr *named = &o->listeners.item[i];

        if (addr_same_host(named, listener) && (named->port == 0 || named->port == listener->port) && strcmp(o->listeners.interface[i], interface) == 0)
            return true;
    }
    return o->listeners.count == 0;
}

static uint32_t items_at(const struct guard_options *o, const struct net_addr *listener, const char *interface)
{
    uint32_t items = 0;

    for (uint32_t i = 0; i < o->access_count; i++)
        items |= holds_at(&o->access[i], listener, interface) ? UINT32_C(1) << i : 0;
    return items;
}

/* The rules of those items. Rules are numbered over all items, so that a number tells item and network whatever the list. */
static void build_access(struct access_list *l, const struct guard_options *o, uint32_t items)
{
    struct access_rule rule[ACCESS_RULES_MAX];
    unsigned n = 0;

    for (uint32_t i = 0; i < o->access_count; i++)
        for (uint32_t k = 0; k < o->access[i].nets.count; k++)
            rule[n++] = (struct access_rule){ o->access[i].nets.item[k].addr, o->access[i].nets.item[k].bits, o->access[i].action,
                                              items >> i & 1 ? services_of(&o->access[i]) : 0, o->access[i].listeners.count > 0 };
    access_build(l, rule, n);
}

int guard_list_at(struct guard *g, struct guard_maker *m, const struct guard_options *o, const struct net_addr *listener, const char *interface)
{
    uint32_t items = items_at(o, listener, interface);

    if (o->access_count == 0)
        return 0;
    for (uint32_t i = m->bank; i < m->bank + m->made; i++)
        if (m->items[i] == items)
            return (int)i;
    if (m->made == GUARD_LISTS_MAX)
        return -UE_FULL;
    m->items[m->bank + m->made] = items;
    build_access(&m->list, o, items);
    g->access[m->bank + m->made] = m->list;
    return (int)(m->bank + m->made++);
}

struct guard_reason guard_explain(const struct guard *g, const struct guard_options *o, const struct net_addr *from, unsigned list, unsigned service)
{
    struct guard_reason r = { .action = (uint8_t)guard_access(g, from, list, service) & ACCESS_AUTHENTICATE };
    uint32_t rule = g->lists ? access_rule_at(&g->access[list], from, service) : ACCESS_NO_RULE;

    if (rule == ACCESS_NO_RULE)
        return r;
    while (r.item < o->access_count && rule >= o->access[r.item].nets.count)
        rule -= o->access[r.item++].nets.count;
    r.net = rule;
    r.matched = r.item < o->access_count;
    return r;
}

/* -- the door ------------------------------------------------------------------------------------------------------ */

/* Requests that one of that prefix stands for. */
static uint32_t counts_as(const struct guard *g, uint64_t prefix)
{
    for (uint32_t i = ATOMIC_LOAD(&g->sieved); i > 0; i--)
        if (ATOMIC_LOAD(&g->sieve[(i - 1) % GUARD_FLOODS_MAX]) == prefix)
            return GUARD_SIEVE_ONE_IN;
    return 1;
}

void guard_expect(const struct guard *g, const struct net_addr *from, struct guard_expected *e)
{
    const struct guard_set *s;

    e->from = from;
    e->counts_as = 1;
    if (!g->counted)
        return;
    guard_find(g, from, e);
    if (ATOMIC_LOAD(&g->sieved))
        e->counts_as = counts_as(g, e->prefix);
    s = &g->set[guard_set_in(e->hash)];
    __builtin_prefetch(s->prefix, 0);
    __builtin_prefetch(s->count, 1);
    __builtin_prefetch(s->count + GUARD_SET_SIZE / 2, 1);
    if (g->limit.on)
        __builtin_prefetch(s->arrival_ns, 1);
}

enum verdict guard_check_expected(struct guard *g, const struct guard_expected *e, unsigned list, unsigned service, struct mono_ns now)
{
    return guard_judge(g, guard_access_at(g, e->from, list, service), e, true, now.ns);
}

enum access_action guard_access(const struct guard *g, const struct net_addr *from, unsigned list, unsigned service)
{
    return guard_access_at(g, from, list, service);
}

enum verdict guard_check(struct guard *g, const struct net_addr *from, unsigned list, unsigned service, struct mono_ns now)
{
    struct guard_expected e;

    guard_expect(g, from, &e);
    return guard_check_expected(g, &e, list, service, now);
}
