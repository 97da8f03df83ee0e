#include "guard/guard.h"

#include <assert.h>

#include "base/wire.h"

#define DENY_KISS_ONE_IN 16     /* of the requests that the access list would tell */
#define BLOCK_SLACK_NS NS_PER_S /* what lies farther beyond a full bucket is a block, however the stamps of two workers differ */

/* IPv4 prefixes stand where IPv6 has multicast, which is never a source: no two prefixes share a number, and none is 0. */
#define IPV4_PLACE (UINT64_C(0xffff) << 48)
#define IPV6_ZERO_PLACE (UINT64_C(0xfffe) << 48)

static uint64_t mask64(int64_t bits) { return ~(UINT64_MAX >> 1 >> (bits - 1)); }

static struct guard_limit limit_of(const struct rate_limit_options *o)
{
    struct guard_limit l = { .on = o->present, .ipv4_mask = mask64(32), .ipv6_mask = mask64(64) };

    if (!o->present)
        return l;
    l.interval_ns = NS_PER_S / o->rate;
    l.burst_ns = l.interval_ns * o->burst;
    l.block_ns = l.burst_ns + BLOCK_SLACK_NS + o->block_for.ns;
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

/* -- rows ---------------------------------------------------------------------------------------------------------- */

/* Rows are shared memory: every look and change is atomic, none needs an order among others. */
#define LOAD(at) __atomic_load_n(at, __ATOMIC_RELAXED)
#define STORE(at, v) __atomic_store_n(at, v, __ATOMIC_RELAXED)
#define ADD(at, n) __atomic_add_fetch(at, n, __ATOMIC_RELAXED)
#define SWAP(at, old, v) __atomic_compare_exchange_n(at, old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)

static uint64_t prefix_of(const struct guard_limit *l, const struct net_addr *a)
{
    bool ipv6;
    uint64_t high = access_key_of(a, &ipv6).high;

    if (!ipv6)
        return IPV4_PLACE | (high & l->ipv4_mask) >> 32;
    high &= l->ipv6_mask;
    return high ? high : IPV6_ZERO_PLACE;
}

static unsigned emptiest(const struct guard_set *s)
{
    unsigned best = 0;

    for (unsigned i = 0; i < GUARD_SET_SIZE; i++) {
        if (LOAD(&s->prefix[i]) == 0)
            return i;
        if (LOAD(&s->arrival_ns[i]) < LOAD(&s->arrival_ns[best]))
            best = i;
    }
    return best;
}

/* The prefix's row, taken from another one if need be. Another worker may take the same row at the same time: the later one wins, and the loser's
 * request is counted on its row. */
static unsigned row_of(struct guard_set *s, uint64_t prefix)
{
    unsigned i;

    for (i = 0; i < GUARD_SET_SIZE; i++)
        if (LOAD(&s->prefix[i]) == prefix)
            return i;
    i = emptiest(s);
    STORE(&s->prefix[i], prefix);
    STORE(&s->arrival_ns[i], INT64_MIN);
    STORE(&s->count[i].requests, 0);
    STORE(&s->count[i].refused, 0);
    return i;
}

/* -- buckets ------------------------------------------------------------------------------------------------------- */

enum bucket { BUCKET_WAS_EMPTY, BUCKET_HAS_ROOM, BUCKET_IS_FULL, BUCKET_IS_BLOCKED };

static enum bucket bucket_state(const struct guard_limit *l, int64_t arrival_ns, int64_t now)
{
    if (arrival_ns <= now)
        return BUCKET_WAS_EMPTY;
    if (arrival_ns > now + l->burst_ns + BLOCK_SLACK_NS)
        return BUCKET_IS_BLOCKED;
    return arrival_ns + l->interval_ns > now + l->burst_ns ? BUCKET_IS_FULL : BUCKET_HAS_ROOM;
}

/* Pours one request in if there is room. */
static enum bucket pour(const struct guard_limit *l, int64_t *arrival_ns, int64_t now)
{
    int64_t old = LOAD(arrival_ns);
    enum bucket b;

    do {
        b = bucket_state(l, old, now);
        if (b > BUCKET_HAS_ROOM)
            return b;
    } while (!SWAP(arrival_ns, &old, (b == BUCKET_WAS_EMPTY ? now : old) + l->interval_ns));
    return b;
}

static bool is_turn(uint32_t count, uint32_t one_in) { return one_in != 0 && count % one_in == 0; }

static enum verdict refuse(const struct guard_limit *l, struct guard_set *s, unsigned row, int64_t now)
{
    uint32_t refused = ADD(&s->count[row].refused, 1);

    if (l->block_after && refused >= l->block_after) {
        STORE(&s->count[row].refused, 0);
        STORE(&s->arrival_ns[row], now + l->block_ns);
        return VERDICT_BLOCKED;
    }
    if (is_turn(refused, l->kiss))
        return VERDICT_RATE_KISS;
    return is_turn(refused, l->leak) ? VERDICT_ANSWERED : VERDICT_RATE_LIMITED;
}

static size_t set_of(const struct guard *g, uint64_t prefix) { return guard_hash(&g->key, prefix) % GUARD_SETS; }

static enum verdict check_bucket(struct guard *g, const struct net_addr *from, int64_t now)
{
    uint64_t prefix = prefix_of(&g->limit, from);
    struct guard_set *s = &g->set[set_of(g, prefix)];
    unsigned row = row_of(s, prefix);

    ADD(&s->count[row].requests, 1);
    if (!g->limit.on) { /* a log alone: the least recently seen goes first */
        STORE(&s->arrival_ns[row], now);
        return VERDICT_ANSWERED;
    }
    switch (pour(&g->limit, &s->arrival_ns[row], now)) {
    case BUCKET_WAS_EMPTY:
        STORE(&s->count[row].refused, 0);
        return VERDICT_ANSWERED;
    case BUCKET_HAS_ROOM: return VERDICT_ANSWERED;
    case BUCKET_IS_FULL: return refuse(&g->limit, s, row, now);
    default: return VERDICT_BLOCKED;
    }
}

void guard_expect(const struct guard *g, const struct net_addr *from)
{
    const struct guard_set *s;

    if (!g->counted)
        return;
    s = &g->set[set_of(g, prefix_of(&g->limit, from))];
    __builtin_prefetch(s->prefix, 0);
    __builtin_prefetch(s->arrival_ns, 1);
    __builtin_prefetch(s->count, 1);
}

/* -- the door ------------------------------------------------------------------------------------------------------ */

enum access_action guard_access(const struct guard *g, const struct net_addr *from, unsigned service)
{
    return g->listed ? access_find(&g->access, from, service) : ACCESS_ALLOW;
}

enum verdict guard_check(struct guard *g, const struct net_addr *from, unsigned service, struct mono_ns now)
{
    switch (guard_access(g, from, service)) {
    case ACCESS_ALLOW: return g->counted ? check_bucket(g, from, now.ns) : VERDICT_ANSWERED;
    case ACCESS_KISS: return is_turn(ADD(&g->denials, 1), DENY_KISS_ONE_IN) ? VERDICT_DENY_KISS : VERDICT_DENIED;
    case ACCESS_AUTHENTICATE: return VERDICT_UNAUTHENTICATED;
    default: return VERDICT_DENIED;
    }
}

/* -- the client log ------------------------------------------------------------------------------------------------ */

static uint8_t bits_of(uint64_t mask) { return (uint8_t)__builtin_popcountll(mask); }

static struct guard_client client_of(const struct guard *g, const struct guard_set *s, unsigned row, struct mono_ns now)
{
    uint64_t prefix = LOAD(&s->prefix[row]);
    struct guard_client c = { .requests = LOAD(&s->count[row].requests), .refused = LOAD(&s->count[row].refused),
                              .blocked = g->limit.on && bucket_state(&g->limit, LOAD(&s->arrival_ns[row]), now.ns) == BUCKET_IS_BLOCKED };

    if ((prefix & IPV4_PLACE) == IPV4_PLACE) {
        c.net.family = ADDR_IPV4;
        c.bits = bits_of(g->limit.ipv4_mask);
        wire_put32(c.net.bytes, (uint32_t)prefix);
    } else {
        c.net.family = ADDR_IPV6;
        c.bits = bits_of(g->limit.ipv6_mask);
        wire_put64(c.net.bytes, prefix == IPV6_ZERO_PLACE ? 0 : prefix);
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
            if (LOAD(&g->set[i].prefix[row])) {
                struct guard_client c = client_of(g, &g->set[i], row, now);

                ++*clients;
                count = insert(out, count, n, &c);
            }
    return count;
}
