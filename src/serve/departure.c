#include "serve/departure.h"

#include <string.h>

#define ENOUGH 4                        /* samples, before anything is believed */
#define EVERY_NS NS_PER_S
#define AT_FIRST_NS (20 * NS_PER_MS)    /* until there are samples enough */

int departure_wish(struct departure *d, unsigned n, struct mono_ns now)
{
    bool crowd = d->crowd && n >= DEPARTURE_CROWD;

    if (mono_before(now, d->next))
        return -1;
    d->next = mono_add(now, (struct dur_ns){ d->first.count < DEPARTURE_SAMPLES ? AT_FIRST_NS : EVERY_NS });
    d->crowd = !d->crowd;
    return crowd ? (int)n - 1 : 0;
}

/* The second smallest; 0 while there are too few: the first answers of a process are slow ones. */
static int32_t robust_minimum(const struct departure_figure *f)
{
    uint32_t n = f->count < DEPARTURE_SAMPLES ? f->count : DEPARTURE_SAMPLES;
    int32_t least = INT32_MAX, second = INT32_MAX;

    for (uint32_t i = 0; i < n; i++) {
        if (f->ns[i] < least) {
            second = least;
            least = f->ns[i];
        } else if (f->ns[i] < second) {
            second = f->ns[i];
        }
    }
    return n < ENOUGH ? 0 : second;
}

static void add(struct departure_figure *f, int64_t ns)
{
    f->ns[f->count % DEPARTURE_SAMPLES] = (int32_t)ns;
    f->count = f->count + 1 == 2 * DEPARTURE_SAMPLES ? DEPARTURE_SAMPLES : f->count + 1;
    f->value_ns = robust_minimum(f);
}

void departure_learn(struct departure *d, unsigned k, struct dur_ns late)
{
    if (late.ns < 0 || late.ns > DEPARTURE_MAX_NS)
        return;
    if (k == 0)
        add(&d->first, late.ns);
    else if (d->first.count > 0 && late.ns > d->first.value_ns)
        add(&d->further, (late.ns - d->first.value_ns) / k);
}

struct mono_ns departure_of(struct departure *d, unsigned k, struct mono_ns now)
{
    int64_t ahead = d->first.value_ns + (int64_t)k * d->further.value_ns;
    struct mono_ns at = mono_add(now, (struct dur_ns){ ahead < DEPARTURE_MAX_NS ? ahead : DEPARTURE_MAX_NS });

    if (mono_before(d->told, at))
        d->told = at;
    return d->told;
}
