#include "guard/guard.h"

#include <assert.h>

#include "base/wire.h"
#include "guard/check.h"

static uint64_t mask64(int64_t bits) { return ~(UINT64_MAX >> 1 >> (bits - 1)); }

static struct guard_limit limit_of(const struct rate_limit_options *o)
{
    struct guard_limit l = { .on = o->present, .ipv4_mask = mask64(32), .ipv6_mask = mask64(64) };

    if (!o->present)
        return l;
    l.interval_ns = NS_PER_S / o->rate;
    l.burst_ns = l.interval_ns * o->burst;
    l.block_ns = l.burst_ns + GUARD_BLOCK_SLACK_NS + o->block_for.ns;
    l.kiss = (uint32_t)o->kiss;
    l.leak = (uint32_t)o->leak;
    l.block_after = (uint32_t)o->block_after;
    l.ipv4_mask = mask64(o->ipv4_prefix);
    l.ipv6_mask = mask64(o->ipv6_prefix);
    return l;
}

/* The choices of access.service are in the order of the service numbers; the last one is all of them. */
static uint8_t services_of(const struct access_options *o)
{
    return (uint8_t)(o->service == ACCESS_SERVICES - 1 ? (1u << ACCESS_SERVICES) - 1 : 1u << o->service);
}

static void build_access(struct guard *g, const struct guard_options *o)
{
    struct access_rule rule[ACCESS_RULES_MAX];
    unsigned n = 0;

    for (uint32_t i = 0; i < o->access_count; i++)
        for (uint32_t k = 0; k < o->access[i].nets.count; k++)
            rule[n++] = (struct access_rule){ o->access[i].nets.item[k].addr, o->access[i].nets.item[k].bits, o->access[i].action,
                                              services_of(&o->access[i]) };
    access_build(&g->access, rule, n);
    g->listed = n > 0;
}

void guard_init(struct guard *g, const struct guard_options *o, bool log_clients, const struct guard_key *seed)
{
    g->limit = limit_of(&o->rate_limit);
    g->counted = o->rate_limit.present || log_clients;
    g->key = *seed;
    build_access(g, o);
}

bool guard_is_needed(const struct guard_options *o, bool log_clients) { return o->access_count > 0 || o->rate_limit.present || log_clients; }

void guard_expect(const struct guard *g, const struct net_addr *from)
{
    const struct guard_set *s;

    if (!g->counted)
        return;
    s = &g->set[guard_set_of(g, guard_prefix_of(&g->limit, from))];
    __builtin_prefetch(s->prefix, 0);
    __builtin_prefetch(s->arrival_ns, 1);
    __builtin_prefetch(s->count, 1);
}

enum access_action guard_access(const struct guard *g, const struct net_addr *from, unsigned service) { return guard_access_at(g, from, service); }

enum verdict guard_check(struct guard *g, const struct net_addr *from, unsigned service, struct mono_ns now)
{
    return guard_check_at(g, from, service, now.ns);
}

/* -- the client log ------------------------------------------------------------------------------------------------ */

static uint8_t bits_of(uint64_t mask) { return (uint8_t)__builtin_popcountll(mask); }

static struct guard_client client_of(const struct guard *g, const struct guard_set *s, unsigned row, struct mono_ns now)
{
    uint64_t prefix = ATOMIC_LOAD(&s->prefix[row]);
    struct guard_client c = { .requests = ATOMIC_LOAD(&s->count[row].requests), .refused = ATOMIC_LOAD(&s->count[row].refused),
                              .blocked = g->limit.on && guard_bucket_state(&g->limit, ATOMIC_LOAD(&s->arrival_ns[row]), now.ns) == GUARD_BUCKET_IS_BLOCKED };

    if ((prefix & GUARD_IPV4_PLACE) == GUARD_IPV4_PLACE) {
        c.net.family = ADDR_IPV4;
        c.bits = bits_of(g->limit.ipv4_mask);
        wire_put32(c.net.bytes, (uint32_t)prefix);
    } else {
        c.net.family = ADDR_IPV6;
        c.bits = bits_of(g->limit.ipv6_mask);
        wire_put64(c.net.bytes, prefix == GUARD_IPV6_ZERO_PLACE ? 0 : prefix);
    }
    return c;
}

static unsigned insert(struct guard_client *out, unsigned count, unsigned n, const struct guard_client *c)
{
    unsigned at = count;

    while (at > 0 && out[at - 1].requests < c->requests)
        at--;
    if (at == n)
        return count;
    if (count == n)
        count--;
    memmove(out + at + 1, out + at, (count - at) * sizeof *out);
    out[at] = *c;
    return count + 1;
}

unsigned guard_top(const struct guard *g, struct mono_ns now, struct guard_client *out, unsigned n, uint32_t *clients)
{
    unsigned count = 0;

    *clients = 0;
    for (unsigned i = 0; i < GUARD_SETS; i++)
        for (unsigned row = 0; row < GUARD_SET_SIZE; row++)
            if (ATOMIC_LOAD(&g->set[i].prefix[row])) {
                struct guard_client c = client_of(g, &g->set[i], row, now);

                ++*clients;
                count = insert(out, count, n, &c);
            }
    return count;
}
