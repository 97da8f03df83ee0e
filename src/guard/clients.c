#include "guard/guard.h"

#include <math.h>

#include "guard/check.h"

static uint8_t bits_of(uint64_t mask) { return (uint8_t)__builtin_popcountll(mask); }

static struct guard_client client_named(const struct guard_limit *l, uint64_t prefix)
{
    struct guard_client c = { 0 };

    if ((prefix & GUARD_IPV4_PLACE) == GUARD_IPV4_PLACE) {
        c.net.family = ADDR_IPV4;
        c.bits = bits_of(l->ipv4_mask);
        wire_put32(c.net.bytes, (uint32_t)prefix);
    } else {
        c.net.family = ADDR_IPV6;
        c.bits = bits_of(l->ipv6_mask);
        wire_put64(c.net.bytes, prefix == GUARD_IPV6_ZERO_PLACE ? 0 : prefix);
    }
    return c;
}

/* A worker that is not ours any more may have written any window: those who look are core and the parent, which nothing divides by zero. */
static double rate_of(const struct guard_limit *l, const struct guard_count *count, int64_t now)
{
    uint32_t now_s = (uint32_t)(now / NS_PER_S), written = ATOMIC_LOAD(&l->window_s), window_s = written ? written : 1;
    double since_s = (double)(now % (NS_PER_S * window_s)) / (double)NS_PER_S;

    return guard_faded(ATOMIC_LOAD(&count->recent), ATOMIC_LOAD(&count->last_s), now_s, window_s) / (window_s + since_s);
}

static struct guard_client client_of(const struct guard *g, const struct guard_set *s, unsigned row, int64_t now)
{
    struct guard_client c = client_named(&g->limit, ATOMIC_LOAD(&s->prefix[row]));

    c.requests = ATOMIC_LOAD(&s->count[row].requests);
    c.refused = ATOMIC_LOAD(&s->count[row].refused);
    c.last_s = ATOMIC_LOAD(&s->count[row].last_s);
    c.per_second = rate_of(&g->limit, &s->count[row], now);
    c.blocked = g->limit.on && guard_bucket_state(&g->limit, ATOMIC_LOAD(&s->arrival_ns[row]), now) == GUARD_BUCKET_IS_BLOCKED;
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
                struct guard_client c = client_of(g, &g->set[i], row, now.ns);

                ++*clients;
                count = insert(out, count, n, &c);
            }
    return count;
}

bool guard_client_at(const struct guard *g, const struct net_addr *from, struct mono_ns now, struct guard_client *out)
{
    uint64_t prefix = guard_prefix_of(&g->limit, from);
    const struct guard_set *s = &g->set[guard_set_in(guard_hash(&g->key, prefix))];

    for (unsigned row = 0; row < GUARD_SET_SIZE && g->counted; row++)
        if (ATOMIC_LOAD(&s->prefix[row]) == prefix) {
            *out = client_of(g, s, row, now.ns);
            return true;
        }
    return false;
}

/* The paper's estimate, and below two and a half times the registers linear counting. */
double guard_prefixes_ever(const struct guard *g)
{
    const double m = 1 << GUARD_SKETCH_LOG2, alpha = 0.7213 / (1 + 1.079 / m);
    double sum = 0, empty = 0, estimate;

    for (size_t i = 0; i < sizeof g->sketch; i++) {
        uint8_t run = ATOMIC_LOAD(&g->sketch[i]) % 64;

        sum += 1 / (double)(UINT64_C(1) << run);
        empty += run == 0;
    }
    estimate = alpha * m * m / sum;
    return estimate <= 2.5 * m && empty > 0 ? m * log(m / empty) : estimate;
}

bool guard_next_block(const struct guard *g, uint32_t *told, struct guard_client *out)
{
    uint32_t blocks = ATOMIC_LOAD(&g->blocks);
    const struct guard_block *b;

    if (*told == blocks)
        return false;
    if (blocks - *told > GUARD_BLOCKS_KEPT)
        *told = blocks - GUARD_BLOCKS_KEPT;
    b = &g->block[(*told)++ % GUARD_BLOCKS_KEPT];
    *out = client_named(&g->limit, ATOMIC_LOAD(&b->prefix));
    out->last_s = (uint32_t)(ATOMIC_LOAD(&b->at_ns) / NS_PER_S);
    out->per_second = ATOMIC_LOAD(&b->per_second);
    out->blocked = true;
    return true;
}

/* -- floods -------------------------------------------------------------------------------------------------------- */

uint32_t guard_floods_ever(const struct guard *g) { return ATOMIC_LOAD(&g->floods); }

/* Is that prefix held back now? Its place may be another's since, and the limit may have changed. */
static bool is_refused(const struct guard *g, const struct guard_client *c, struct mono_ns now)
{
    struct guard_client known;

    return guard_client_at(g, &c->net, now, &known) && (known.blocked || known.refused > 0);
}

unsigned guard_floods(const struct guard *g, struct mono_ns now, struct guard_client out[GUARD_FLOODS_MAX], struct mono_ns *until)
{
    unsigned n = 0;

    *until = MONO_NEVER;
    for (unsigned i = 0; i < GUARD_FLOODS_MAX && g->limit.on; i++) {
        struct mono_ns end = { ATOMIC_LOAD(&g->flood[i].until_ns) };

        if (!mono_before(now, end))
            continue;
        out[n] = client_named(&g->limit, ATOMIC_LOAD(&g->flood[i].prefix));
        if (!is_refused(g, &out[n], now))
            continue;
        *until = mono_min(*until, end);
        n++;
    }
    return n;
}

void guard_sieve(struct guard *g, const struct guard_client *flood, unsigned n)
{
    ATOMIC_STORE(&g->sieved, 0);
    for (unsigned i = 0; i < n; i++)
        ATOMIC_STORE(&g->sieve[i], guard_prefix_of(&g->limit, &flood[i].net));
    ATOMIC_STORE(&g->sieved, n);
}
