#include "refclock/place.h"

#include <assert.h>
#include <math.h>

#define KEEP_NS (NS_PER_S / 2)
#define TELLING_NS (NS_PER_S / 4)   /* over less than that a rate is noise of reading */
#define PAIR_NS 1000.0              /* two readings are one instant within this */
#define STEPPED 0.1                 /* no clock is steered so fast */

/* Of CLOCK_REALTIME against the raw clock, from one reading to the next. */
static double rate_between(const struct refclock_pair *a, const struct refclock_pair *b)
{
    double raw = (double)mono_sub(b->raw, a->raw).ns;

    assert(raw > 0); /* readings are kept only when the last is half a second old, and that of now is put only behind the last */
    return ((double)ns_sub(b->realtime_ns, a->realtime_ns) - raw) / raw;
}

void refclock_past_add(struct refclock_past *p, struct refclock_pair now)
{
    if (p->count > 0 && mono_sub(now.raw, p->pair[p->count - 1].raw).ns < KEEP_NS)
        return;
    if (p->count == REFCLOCK_PAIRS) {
        p->count--;
        for (unsigned i = 0; i < p->count; i++)
            p->pair[i] = p->pair[i + 1];
    }
    p->pair[p->count++] = now;
}

/* How far a rate that changed at any instant between a[0] and a[1] puts what lies between them: never more than over the whole of it. Where nothing is known of
 * before, it may have been the raw clock's own. */
static double unlike(const struct refclock_pair *a, bool before, bool after)
{
    double rate = rate_between(&a[0], &a[1]), was = before ? rate_between(&a[-1], &a[0]) : 0, change = fabs(rate - was);

    if (after && mono_sub(a[2].raw, a[1].raw).ns >= TELLING_NS)
        change = fmax(change, fmax(fabs(rate_between(&a[1], &a[2]) - rate), fabs(rate_between(&a[1], &a[2]) - was)));
    return change * (double)mono_sub(a[1].raw, a[0].raw).ns;
}

enum verdict refclock_place(const struct refclock_past *p, struct refclock_pair now, int64_t stamp_ns, struct mono_ns *at, struct dur_ns *error)
{
    struct refclock_pair all[REFCLOCK_PAIRS + 1] = { { { 0 }, 0 } };
    unsigned n = 0, k;
    double share;

    for (; n < p->count; n++)
        all[n] = p->pair[n];
    if (n > 0 && mono_before(all[n - 1].raw, now.raw))
        all[n++] = now;
    if (n < 2 || stamp_ns < all[0].realtime_ns)
        return VERDICT_REF_OLD;
    for (k = n - 2;; k--) {
        if (!(fabs(rate_between(&all[k], &all[k + 1])) < STEPPED))
            return VERDICT_REF_STEPPED;
        if (stamp_ns >= all[k].realtime_ns)
            break;
        assert(k > 0); /* the oldest is no later than the stamp: that was asked above */
    }
    if (stamp_ns > now.realtime_ns)
        return VERDICT_REF_FUTURE;
    share = (double)(stamp_ns - all[k].realtime_ns) / (double)(all[k + 1].realtime_ns - all[k].realtime_ns);
    *at = mono_add(all[k].raw, (struct dur_ns){ (int64_t)(share * (double)mono_sub(all[k + 1].raw, all[k].raw).ns) });
    error->ns = (int64_t)ceil(unlike(&all[k], k > 0, k + 2 < n) + PAIR_NS);
    return VERDICT_ACCEPTED;
}
