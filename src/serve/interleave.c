#include "serve/interleave.h"

#include <stddef.h>

#include "base/wire.h"

#define UNIQUE_STEP 2 /* keeps a receive timestamp odd; 0.5 ns */

static uint64_t load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static void store(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }

void interleave_init(struct interleave *t, const struct guard_key *key) { t->key = *key; }

/* Of the address without its port, which is another one for each request (RFC 9109). */
static uint64_t key_of(const struct interleave *t, const struct net_addr *a, struct ntp_ts64 receive)
{
    uint64_t h = guard_hash(&t->key, wire_get64(a->bytes) ^ a->family);

    h = guard_hash(&t->key, h ^ wire_get64(a->bytes + 8));
    h = guard_hash(&t->key, h ^ receive.raw);
    return h ? h : 1;
}

static struct interleave_row *set_of(struct interleave *t, const struct net_addr *a)
{
    return t->set[guard_hash(&t->key, ~wire_get64(a->bytes) ^ a->family) % INTERLEAVE_SETS];
}

static struct interleave_row *find(struct interleave_row *set, uint64_t key)
{
    for (unsigned i = 0; i < INTERLEAVE_SET_SIZE; i++)
        if (load(&set[i].key) == key)
            return &set[i];
    return NULL;
}

static uint64_t left_of(const struct interleave_row *r, uint64_t key)
{
    uint64_t left = load(&r->left);

    return (left ^ load(&r->check)) == key ? left : 0;
}

/* Until when nobody else may have it. */
static uint32_t kept_until_s(const struct interleave_row *r)
{
    return r->interval_s ? r->used_s + 2 * r->interval_s + INTERLEAVE_KEPT_S : r->used_s;
}

/* The row whose owner is overdue longest; NULL when none is. */
static struct interleave_row *find_overdue(struct interleave_row *set, uint32_t now_s)
{
    struct interleave_row *oldest = NULL;

    for (unsigned i = 0; i < INTERLEAVE_SET_SIZE; i++) {
        if (load(&set[i].key) == 0)
            return &set[i];
        if (kept_until_s(&set[i]) <= now_s && (!oldest || kept_until_s(&set[i]) < kept_until_s(oldest)))
            oldest = &set[i];
    }
    return oldest;
}

static void write_row(struct interleave_row *r, uint64_t key, uint64_t left)
{
    store(&r->left, left);
    store(&r->check, key ^ left);
    store(&r->key, key);
}

static uint32_t interval_s(const struct interleave_row *r, uint32_t now_s)
{
    uint32_t passed = now_s - r->used_s;

    if (passed == 0)
        return 1;
    return passed < INTERLEAVE_INTERVAL_MAX_S ? passed : INTERLEAVE_INTERVAL_MAX_S;
}

struct ntp_ts64 interleave_turn(struct interleave *t, const struct net_addr *from, struct ntp_ts64 origin, struct ntp_ts64 *receive, struct mono_ns now)
{
    struct interleave_row *set = set_of(t, from), *r;
    uint32_t now_s = (uint32_t)(now.ns / NS_PER_S), interval = 0;
    uint64_t key = key_of(t, from, origin), left = 0;

    r = find(set, key);
    if (r) {
        left = left_of(r, key);
        interval = interval_s(r, now_s);
    } else {
        r = find_overdue(set, now_s);
    }
    if (!r)
        return (struct ntp_ts64){ 0 };
    while (find(set, key = key_of(t, from, *receive)))
        receive->raw += UNIQUE_STEP;
    write_row(r, key, 0);
    r->used_s = now_s;
    r->interval_s = interval;
    return (struct ntp_ts64){ left };
}

void interleave_left(struct interleave *t, const struct net_addr *to, struct ntp_ts64 receive, struct ntp_ts64 left)
{
    uint64_t key = key_of(t, to, receive);
    struct interleave_row *r = find(set_of(t, to), key);

    if (r)
        write_row(r, key, left.raw);
}
