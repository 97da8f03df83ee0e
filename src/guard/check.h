/* The guard's word on one request, as source for two programs: this one (guard.c) and the one that answers inside the kernel (xdp/program.c), which looks
 * at the same struct guard in memory they share. Hence no call leaves this header, and every loop and index has a bound that can be seen: the kernel
 * proves both before it lets a program run. */
#ifndef GUARD_CHECK_H
#define GUARD_CHECK_H

#include "base/atomic.h"
#include "guard/guard.h"

#define GUARD_DENY_KISS_ONE_IN 16     /* of the requests that the access list would tell */
#define GUARD_BLOCK_SLACK_NS NS_PER_S /* what lies farther beyond a full bucket is a block, however the stamps of two workers differ */
#define GUARD_POUR_TRIES 16           /* each one lost is another request of the same prefix at the same time */

/* IPv4 prefixes stand where IPv6 has multicast, which is never a source: no two prefixes share a number, and none is 0. */
#define GUARD_IPV4_PLACE (UINT64_C(0xffff) << 48)
#define GUARD_IPV6_ZERO_PLACE (UINT64_C(0xfffe) << 48)

static inline uint64_t guard_prefix_of(const struct guard_limit *l, const struct net_addr *a)
{
    bool ipv6;
    uint64_t high = access_key_of(a, &ipv6).high;

    if (!ipv6)
        return GUARD_IPV4_PLACE | (high & l->ipv4_mask) >> 32;
    high &= l->ipv6_mask;
    return high ? high : GUARD_IPV6_ZERO_PLACE;
}

static inline size_t guard_set_of(const struct guard *g, uint64_t prefix) { return guard_hash(&g->key, prefix) % GUARD_SETS; }

/* -- rows ---------------------------------------------------------------------------------------------------------- */

static inline unsigned guard_emptiest(const struct guard_set *s)
{
    unsigned best = 0;
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < GUARD_SET_SIZE; i++) {
        int64_t arrival_ns = ATOMIC_LOAD(&s->arrival_ns[i]);

        if (ATOMIC_LOAD(&s->prefix[i]) == 0)
            return i;
        if (arrival_ns < least) {
            least = arrival_ns;
            best = i;
        }
    }
    return best;
}

/* The prefix's row, taken from another one if need be. Another worker may take the same row at the same time: the later one wins, and the loser's
 * request is counted on its row. */
static inline unsigned guard_row_of(struct guard_set *s, uint64_t prefix)
{
    unsigned i;

    for (i = 0; i < GUARD_SET_SIZE; i++)
        if (ATOMIC_LOAD(&s->prefix[i]) == prefix)
            return i;
    i = guard_emptiest(s);
    ATOMIC_STORE(&s->prefix[i], prefix);
    ATOMIC_STORE(&s->arrival_ns[i], INT64_MIN);
    ATOMIC_STORE(&s->count[i].requests, 0);
    ATOMIC_STORE(&s->count[i].refused, 0);
    return i;
}

/* -- buckets ------------------------------------------------------------------------------------------------------- */

enum guard_bucket { GUARD_BUCKET_WAS_EMPTY, GUARD_BUCKET_HAS_ROOM, GUARD_BUCKET_IS_FULL, GUARD_BUCKET_IS_BLOCKED };

static inline enum guard_bucket guard_bucket_state(const struct guard_limit *l, int64_t arrival_ns, int64_t now)
{
    if (arrival_ns <= now)
        return GUARD_BUCKET_WAS_EMPTY;
    if (arrival_ns > now + l->burst_ns + GUARD_BLOCK_SLACK_NS)
        return GUARD_BUCKET_IS_BLOCKED;
    return arrival_ns + l->interval_ns > now + l->burst_ns ? GUARD_BUCKET_IS_FULL : GUARD_BUCKET_HAS_ROOM;
}

/* Pours one request in if there is room. */
static inline enum guard_bucket guard_pour(const struct guard_limit *l, int64_t *arrival_ns, int64_t now)
{
    int64_t old = ATOMIC_LOAD(arrival_ns), seen;

    for (unsigned i = 0; i < GUARD_POUR_TRIES; i++) {
        enum guard_bucket b = guard_bucket_state(l, old, now);

        if (b > GUARD_BUCKET_HAS_ROOM)
            return b;
        seen = ATOMIC_SWAP(arrival_ns, old, (b == GUARD_BUCKET_WAS_EMPTY ? now : old) + l->interval_ns);
        if (seen == old)
            return b;
        old = seen;
    }
    return GUARD_BUCKET_HAS_ROOM;
}

static inline bool guard_is_turn(uint32_t count, uint32_t one_in) { return one_in != 0 && count % one_in == 0; }

static inline enum verdict guard_refuse(const struct guard_limit *l, struct guard_set *s, unsigned row, int64_t now)
{
    uint32_t refused = ATOMIC_ADD(&s->count[row].refused, 1);

    if (l->block_after && refused >= l->block_after) {
        ATOMIC_STORE(&s->count[row].refused, 0);
        ATOMIC_STORE(&s->arrival_ns[row], now + l->block_ns);
        return VERDICT_BLOCKED;
    }
    if (guard_is_turn(refused, l->kiss))
        return VERDICT_RATE_KISS;
    return guard_is_turn(refused, l->leak) ? VERDICT_ANSWERED : VERDICT_RATE_LIMITED;
}

static inline enum verdict guard_check_bucket(struct guard *g, const struct net_addr *from, int64_t now)
{
    uint64_t prefix = guard_prefix_of(&g->limit, from);
    struct guard_set *s = &g->set[guard_set_of(g, prefix)];
    unsigned row = guard_row_of(s, prefix);

    ATOMIC_ADD(&s->count[row].requests, 1);
    if (!g->limit.on) { /* a log alone: the least recently seen goes first */
        ATOMIC_STORE(&s->arrival_ns[row], now);
        return VERDICT_ANSWERED;
    }
    switch (guard_pour(&g->limit, &s->arrival_ns[row], now)) {
    case GUARD_BUCKET_WAS_EMPTY:
        ATOMIC_STORE(&s->count[row].refused, 0);
        return VERDICT_ANSWERED;
    case GUARD_BUCKET_HAS_ROOM: return VERDICT_ANSWERED;
    case GUARD_BUCKET_IS_FULL: return guard_refuse(&g->limit, s, row, now);
    default: return VERDICT_BLOCKED;
    }
}

/* -- the door ------------------------------------------------------------------------------------------------------ */

static inline enum access_action guard_access_at(const struct guard *g, const struct net_addr *from, unsigned service)
{
    return g->listed ? access_lookup(&g->access, from, service) : ACCESS_ALLOW;
}

/* guard_check (guard.h). */
static inline enum verdict guard_check_at(struct guard *g, const struct net_addr *from, unsigned service, int64_t now)
{
    switch (guard_access_at(g, from, service)) {
    case ACCESS_ALLOW: return g->counted ? guard_check_bucket(g, from, now) : VERDICT_ANSWERED;
    case ACCESS_KISS: return guard_is_turn(ATOMIC_ADD(&g->denials, 1), GUARD_DENY_KISS_ONE_IN) ? VERDICT_DENY_KISS : VERDICT_DENIED;
    case ACCESS_AUTHENTICATE: return VERDICT_UNAUTHENTICATED;
    default: return VERDICT_DENIED;
    }
}

#endif
