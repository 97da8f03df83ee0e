/* The guard's word on one request, as source for two programs: this one (guard.c) and the one that answers inside the kernel (xdp/program.c), which looks
 * at the same struct guard in memory they share. Hence no call leaves this header, and every loop and index has a bound that can be seen: the kernel
 * proves both before it lets a program run. */
#ifndef GUARD_CHECK_H
#define GUARD_CHECK_H

#include "base/atomic.h"
#include "guard/guard.h"

#define GUARD_DENY_KISS_ONE_IN 16     /* of the requests that the access list would tell */
#define GUARD_BLOCK_SLACK_NS NS_PER_S /* what lies farther beyond a full bucket is a block, however the stamps of two workers differ */
#define GUARD_PATIENCE 16384          /* requests refused in a row, from which on those answered all the same become rarer */
#define GUARD_SELDOM 128              /* at most, by so much; with the 65536 of the options it fits */
#define GUARD_FLOOD_AFTER (4 * GUARD_PATIENCE) /* refused in a row, of a flood: one in GUARD_SIEVE_ONE_IN is answered by then, with the leak of the options */
#define GUARD_FLOOD_STEP 4096         /* requests, whose pace is looked at */
#define GUARD_FLOOD_HOLD_NS (NS_PER_S / 2) /* a flood that is not seen to go on is over: longer than any flood_ns */
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

static inline void guard_find(const struct guard *g, const struct net_addr *from, struct guard_expected *e)
{
    e->prefix = guard_prefix_of(&g->limit, from);
    e->hash = guard_hash(&g->key, e->prefix);
}

static inline size_t guard_set_in(uint64_t hash) { return hash % GUARD_SETS; }

/* -- rows ---------------------------------------------------------------------------------------------------------- */

/* How much there is to lose with a row: how far its bucket is used up, or without a limit when it was last seen. */
static inline int64_t guard_worth(const struct guard *g, const struct guard_set *s, unsigned i)
{
    return g->limit.on ? ATOMIC_LOAD(&s->arrival_ns[i]) : ATOMIC_LOAD(&s->count[i].last_s);
}

static inline unsigned guard_emptiest(const struct guard *g, const struct guard_set *s)
{
    unsigned best = 0;
    int64_t least = INT64_MAX;

    for (unsigned i = 0; i < GUARD_SET_SIZE; i++) {
        int64_t worth = guard_worth(g, s, i);

        if (ATOMIC_LOAD(&s->prefix[i]) == 0)
            return i;
        if (worth < least) {
            least = worth;
            best = i;
        }
    }
    return best;
}

/* HyperLogLog: of all prefixes that share a register, the longest run of zeros in a hash. */
static inline void guard_sketch(struct guard *g, uint64_t hash)
{
    uint8_t *longest = &g->sketch[hash >> (64 - GUARD_SKETCH_LOG2)];
    uint64_t rest = hash << GUARD_SKETCH_LOG2;
    uint8_t run = 1;

    while (run <= 64 - GUARD_SKETCH_LOG2 && !(rest >> (64 - run)))
        run++;
    if (run > ATOMIC_LOAD(longest))
        ATOMIC_STORE(longest, run);
}

/* For a newcomer: a row that is taken from another prefix if need be. Another worker may take the same row at the same time: the later one wins, and the
 * loser's request is counted on its row. */
static inline unsigned guard_take_row(struct guard *g, struct guard_set *s, uint64_t prefix, uint64_t hash)
{
    unsigned i = guard_emptiest(g, s);

    guard_sketch(g, hash);
    ATOMIC_STORE(&s->prefix[i], prefix);
    ATOMIC_STORE(&s->arrival_ns[i], INT64_MIN);
    ATOMIC_STORE(&s->count[i].requests, 0);
    ATOMIC_STORE(&s->count[i].refused, 0);
    ATOMIC_STORE(&s->count[i].recent, 0);
    return i;
}

static inline unsigned guard_row_of(struct guard *g, struct guard_set *s, uint64_t prefix, uint64_t hash)
{
    for (unsigned i = 0; i < GUARD_SET_SIZE; i++)
        if (ATOMIC_LOAD(&s->prefix[i]) == prefix)
            return i;
    return guard_take_row(g, s, prefix, hash);
}

/* What is left of `recent` after the windows that ended since. */
static inline uint32_t guard_faded(uint32_t recent, uint32_t last_s, uint32_t now_s, uint32_t window_s)
{
    uint32_t windows = now_s > last_s ? now_s / window_s - last_s / window_s : 0;

    return windows < 32 ? recent >> windows : 0;
}

/* Returns the requests so far. */
static inline uint32_t guard_count(struct guard_count *c, uint32_t counts_as, uint32_t now_s, uint32_t window_s)
{
    uint32_t last_s = ATOMIC_LOAD(&c->last_s), requests = ATOMIC_ADD(&c->requests, counts_as);

    if (last_s != now_s) {
        ATOMIC_STORE(&c->recent, guard_faded(ATOMIC_LOAD(&c->recent), last_s, now_s, window_s));
        ATOMIC_STORE(&c->last_s, now_s);
    }
    ATOMIC_ADD(&c->recent, counts_as);
    return requests;
}

/* The span that `recent` speaks of, at a steady rate. */
static inline uint32_t guard_span_s(const struct guard_limit *l, const struct guard_count *c)
{
    return l->window_s + ATOMIC_LOAD(&c->last_s) % l->window_s;
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

/* Is one of the last `counts_as` of them the one in so many? */
static inline bool guard_is_turn(uint32_t count, uint32_t counts_as, uint32_t one_in) { return one_in != 0 && count % one_in < counts_as; }

/* Of the requests refused in a row. A million a second answered one in eight would cost more than all honest clients do: after GUARD_PATIENCE of them it is
 * one in twice as many, after as many more three times, and so on up to GUARD_SELDOM times. */
static inline bool guard_is_turn_of_refused(uint32_t refused, uint32_t counts_as, uint32_t one_in)
{
    uint32_t times = 1 + refused / GUARD_PATIENCE;

    return guard_is_turn(refused, counts_as, one_in * (times < GUARD_SELDOM ? times : GUARD_SELDOM));
}

/* More than block_above times what the limit gives in that time, a whole burst besides? */
static inline bool guard_is_too_much(const struct guard_limit *l, const struct guard_count *c)
{
    return l->block_above != 0 && ATOMIC_LOAD(&c->recent) > (uint64_t)guard_span_s(l, c) * l->block_above * l->rate + l->burst;
}

static inline enum verdict guard_block(struct guard *g, struct guard_set *s, unsigned row, int64_t now)
{
    struct guard_block *b = &g->block[(ATOMIC_ADD(&g->blocks, 1) - 1) % GUARD_BLOCKS_KEPT];

    ATOMIC_STORE(&s->arrival_ns[row], now + g->limit.block_ns);
    ATOMIC_STORE(&b->prefix, ATOMIC_LOAD(&s->prefix[row]));
    ATOMIC_STORE(&b->at_ns, now);
    ATOMIC_STORE(&b->per_second, ATOMIC_LOAD(&s->count[row].recent) / guard_span_s(&g->limit, &s->count[row]));
    ATOMIC_STORE(&s->count[row].recent, 0); /* it starts afresh: what it asks while it is blocked decides about the next block */
    return VERDICT_BLOCKED;
}

static inline enum verdict guard_refuse(struct guard *g, struct guard_set *s, unsigned row, uint32_t counts_as, int64_t now)
{
    uint32_t refused = ATOMIC_ADD(&s->count[row].refused, counts_as);

    if (guard_is_too_much(&g->limit, &s->count[row]))
        return guard_block(g, s, row, now);
    if (guard_is_turn_of_refused(refused, counts_as, g->limit.kiss))
        return VERDICT_RATE_KISS;
    return guard_is_turn_of_refused(refused, counts_as, g->limit.leak) ? VERDICT_ANSWERED : VERDICT_RATE_LIMITED;
}

/* -- floods -------------------------------------------------------------------------------------------------------- */

/* The place of that prefix, or the one where nothing happened for longest. */
static inline unsigned guard_flood_place(const struct guard *g, uint64_t prefix)
{
    unsigned oldest = 0;

    for (unsigned i = 0; i < GUARD_FLOODS_MAX; i++) {
        if (ATOMIC_LOAD(&g->flood[i].prefix) == prefix)
            return i;
        if (ATOMIC_LOAD(&g->flood[i].at_ns) < ATOMIC_LOAD(&g->flood[oldest].at_ns))
            oldest = i;
    }
    return oldest;
}

/* Of a prefix that is refused, GUARD_FLOOD_STEP more requests came. */
static inline void guard_note_flood(struct guard *g, uint64_t prefix, int64_t now)
{
    struct guard_flood *f = &g->flood[guard_flood_place(g, prefix)];

    if (ATOMIC_LOAD(&f->prefix) != prefix) {
        ATOMIC_STORE(&f->until_ns, 0);
        ATOMIC_STORE(&f->prefix, prefix);
    } else if (now - ATOMIC_LOAD(&f->at_ns) <= g->limit.flood_ns) {
        bool begins = ATOMIC_LOAD(&f->until_ns) <= now;

        ATOMIC_STORE(&f->until_ns, now + GUARD_FLOOD_HOLD_NS);
        if (begins)
            ATOMIC_ADD(&g->floods, 1);
    }
    ATOMIC_STORE(&f->at_ns, now);
}

static inline enum verdict guard_check_bucket(struct guard *g, const struct guard_expected *e, bool sockets, int64_t now)
{
    struct guard_set *s = &g->set[guard_set_in(e->hash)];
    unsigned row = guard_row_of(g, s, e->prefix, e->hash);
    uint32_t requests = guard_count(&s->count[row], e->counts_as, (uint32_t)((uint64_t)now / NS_PER_S), g->limit.window_s);
    enum guard_bucket b = g->limit.on ? guard_pour(&g->limit, &s->arrival_ns[row], now) : GUARD_BUCKET_HAS_ROOM;

    if (b == GUARD_BUCKET_WAS_EMPTY)
        ATOMIC_STORE(&s->count[row].refused, 0);
    if (b <= GUARD_BUCKET_HAS_ROOM)
        return VERDICT_ANSWERED;
    if (sockets && guard_is_turn(requests, e->counts_as, GUARD_FLOOD_STEP)
        && (b == GUARD_BUCKET_IS_BLOCKED || ATOMIC_LOAD(&s->count[row].refused) >= GUARD_FLOOD_AFTER))
        guard_note_flood(g, e->prefix, now);
    return b == GUARD_BUCKET_IS_BLOCKED ? VERDICT_BLOCKED : guard_refuse(g, s, row, e->counts_as, now);
}

/* -- the door ------------------------------------------------------------------------------------------------------ */

static inline enum access_action guard_access_at(const struct guard *g, const struct net_addr *from, unsigned list, unsigned service)
{
    return g->lists ? access_lookup(&g->access[list % GUARD_LISTS_KEPT], from, service) : ACCESS_ALLOW;
}

/* What the list lets in is counted. */
static inline bool guard_is_let_in(enum access_action a) { return a == ACCESS_ALLOW || a == ACCESS_AUTHENTICATE; }

/* e is looked at only for what is let in and counted. sockets: it came to one, in front of which a flood can be thinned out. */
static inline enum verdict guard_judge(struct guard *g, enum access_action action, const struct guard_expected *e, bool sockets, int64_t now)
{
    enum verdict v;

    if (action == ACCESS_KISS)
        return guard_is_turn(ATOMIC_ADD(&g->denials, 1), 1, GUARD_DENY_KISS_ONE_IN) ? VERDICT_DENY_KISS : VERDICT_DENIED;
    if (!guard_is_let_in(action))
        return VERDICT_DENIED;
    v = g->counted ? guard_check_bucket(g, e, sockets, now) : VERDICT_ANSWERED;
    return v == VERDICT_ANSWERED && action == ACCESS_AUTHENTICATE ? VERDICT_UNAUTHENTICATED : v;
}

/* guard_check (guard.h) before any socket. */
static inline enum verdict guard_check_at(struct guard *g, const struct net_addr *from, unsigned list, unsigned service, int64_t now)
{
    enum access_action action = guard_access_at(g, from, list, service);
    struct guard_expected e = { .from = from, .counts_as = 1 };

    if (g->counted && guard_is_let_in(action))
        guard_find(g, from, &e);
    return guard_judge(g, action, &e, false, now);
}

#endif
