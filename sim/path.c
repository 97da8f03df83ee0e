#include "sim/path.h"

#include <math.h>

static double jitter_ns(const struct path *p, struct prng *r)
{
    double j = (double)p->jitter.ns;

    if (j <= 0)
        return 0;
    switch (p->law) {
    case PATH_GAUSSIAN:
        return j * prng_normal(r);
    case PATH_HEAVY:
        j *= prng_exponential(r);
        j *= prng_exponential(r);
        return j * prng_exponential(r);
    case PATH_UNIFORM:
        return j * prng_uniform(r);
    default:
        return j * prng_exponential(r);
    }
}

/* Half of each period the queue is empty; then its mean is a sine's arch, and a packet meets an exponential part of it. */
static double queue_ns(const struct path *p, struct tai_ns now, struct prng *r)
{
    double arch;

    if (p->queue.ns <= 0 || p->queue_period.ns <= 0)
        return 0;
    arch = sin(2 * M_PI * (double)(now.ns % p->queue_period.ns) / (double)p->queue_period.ns);
    return arch <= 0 ? 0 : (double)p->queue.ns * arch * prng_exponential(r);
}

bool path_carry(const struct path *p, struct tai_ns now, struct prng *r, struct dur_ns *delay)
{
    double ns = (double)p->delay.ns + jitter_ns(p, r) + queue_ns(p, now, r);

    if (!p->exists || (p->loss > 0 && prng_uniform(r) < p->loss))
        return false;
    if (p->reorder > 0 && prng_uniform(r) < p->reorder)
        ns += (double)p->reorder_by.ns;
    *delay = (struct dur_ns){ ns > 0 ? (int64_t)ns : 0 };
    return true;
}

bool path_duplicates(const struct path *p, struct prng *r) { return p->duplicate > 0 && prng_uniform(r) < p->duplicate; }
