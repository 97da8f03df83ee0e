#include "base/histogram.h"

#define DECADE(ns) 1 * (ns), 2 * (ns), 5 * (ns)

const int64_t histogram_limit_ns[HISTOGRAM_LIMITS] = {
    DECADE(100), DECADE(NS_PER_US), DECADE(10 * NS_PER_US), DECADE(100 * NS_PER_US), DECADE(NS_PER_MS), DECADE(10 * NS_PER_MS), DECADE(100 * NS_PER_MS),
    DECADE(NS_PER_S), 10 * NS_PER_S,
};

void histogram_add(struct histogram *h, struct dur_ns d)
{
    int64_t ns = d.ns > 0 ? d.ns : 0;
    unsigned i = 0;

    while (i < HISTOGRAM_LIMITS && ns > histogram_limit_ns[i])
        i++;
    h->count[i]++;
    h->sum_ns = ns_add(h->sum_ns, ns);
}

void histogram_join(struct histogram *h, const struct histogram *from)
{
    for (unsigned i = 0; i <= HISTOGRAM_LIMITS; i++)
        h->count[i] += from->count[i];
    h->sum_ns = ns_add(h->sum_ns, from->sum_ns);
}
