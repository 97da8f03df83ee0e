#include "guard/access.h"

#include <assert.h>

static bool key_equal(struct access_key a, struct access_key b) { return a.high == b.high && a.low == b.low; }

/* The first `bits` bits set. */
static struct access_key mask_of(unsigned bits)
{
    struct access_key m = { bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits), 0 };

    if (bits > 64)
        m.low = bits >= 128 ? UINT64_MAX : ~(UINT64_MAX >> (bits - 64));
    return m;
}

/* A rule in the terms of its family's list. */
struct prefix { struct access_key net, mask; unsigned bits; bool ipv6; };

static struct prefix prefix_of(const struct access_rule *r)
{
    struct prefix p = { .bits = r->bits };

    p.net = access_key_of(&r->net, &p.ipv6);
    if (!p.ipv6 && r->net.family == ADDR_IPV6) /* ::ffff:0:0/96 and longer */
        p.bits = r->bits > 96 ? r->bits - 96u : 0;
    p.mask = mask_of(p.bits);
    return p;
}

static bool covers(const struct prefix *p, struct access_key k)
{
    return (k.high & p->mask.high) == p->net.high && (k.low & p->mask.low) == p->net.low;
}

/* The key behind the last one of the prefix; false when the space ends there. */
static bool behind(const struct prefix *p, struct access_key *out)
{
    out->low = (p->net.low | ~p->mask.low) + 1;
    out->high = (p->net.high | ~p->mask.high) + (out->low == 0);
    return out->high != 0 || out->low != 0;
}

typedef struct access_range *range_list;

static void add_edge(range_list range, uint32_t *count, struct access_key k)
{
    uint32_t at = *count;

    while (at > 0 && access_key_before(k, range[at - 1].start))
        at--;
    if (at > 0 && key_equal(range[at - 1].start, k))
        return;
    memmove(range + at + 1, range + at, (*count - at) * sizeof *range);
    range[at] = (struct access_range){ .start = k };
    ++*count;
}

static int service_count(unsigned services) { return __builtin_popcount(services); }

static bool beats(const struct access_rule *r, unsigned bits, const struct access_rule *best, unsigned best_bits)
{
    if (!best || bits != best_bits)
        return !best || bits > best_bits;
    if (r->at_listener != best->at_listener)
        return r->at_listener;
    return service_count(r->services) <= service_count(best->services);
}

static uint16_t best_rule_at(const struct access_rule *rules, unsigned n, bool ipv6, struct access_key k, unsigned service)
{
    const struct access_rule *best = NULL;
    unsigned best_bits = 0;

    for (unsigned i = 0; i < n; i++) {
        struct prefix p = prefix_of(&rules[i]);

        if (p.ipv6 == ipv6 && rules[i].services >> service & 1 && covers(&p, k) && beats(&rules[i], p.bits, best, best_bits)) {
            best = &rules[i];
            best_bits = p.bits;
        }
    }
    return best ? (uint16_t)(best - rules) : ACCESS_NO_RULE;
}

static void build_family(struct access_list *l, bool ipv6, const struct access_rule *rules, unsigned n)
{
    range_list range = l->family[ipv6].range;
    uint32_t *count = &l->family[ipv6].count;

    *count = 0;
    for (unsigned i = 0; i < n; i++) {
        struct prefix p = prefix_of(&rules[i]);
        struct access_key end;

        if (p.ipv6 != ipv6)
            continue;
        add_edge(range, count, (struct access_key){ 0, 0 });
        add_edge(range, count, p.net);
        if (behind(&p, &end))
            add_edge(range, count, end);
    }
    for (uint32_t i = 0; i < *count; i++)
        for (unsigned s = 0; s < ACCESS_SERVICES; s++) {
            uint16_t best = best_rule_at(rules, n, ipv6, range[i].start, s);

            range[i].rule[s] = best;
            range[i].action[s] = best == ACCESS_NO_RULE ? ACCESS_ALLOW : rules[best].action;
        }
}

void access_build(struct access_list *l, const struct access_rule *rules, unsigned n)
{
    assert(n <= ACCESS_RULES_MAX);
    build_family(l, false, rules, n);
    build_family(l, true, rules, n);
}

uint16_t access_rule_at(const struct access_list *l, const struct net_addr *from, unsigned service)
{
    const struct access_range *r = access_range_at(l, from);

    return r ? r->rule[service] : ACCESS_NO_RULE;
}
