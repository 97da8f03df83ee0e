#include "serve/departure.h"

#define EVERY_NS NS_PER_S
#define EARLY_NS (40 * NS_PER_MS)

int departure_wish(struct departure *d, unsigned n, struct mono_ns now)
{
    bool crowd = d->crowd && n >= DEPARTURE_CROWD;

    if (mono_before(now, d->next))
        return -1;
    d->next = mono_add(now, (struct dur_ns){ d->samples < DEPARTURE_EARLY_SAMPLES ? EARLY_NS : EVERY_NS });
    d->crowd = !d->crowd;
    return crowd ? (int)n - 1 : 0;
}

/* Down at once, up slowly. */
static void follow(int32_t *floor_ns, int64_t sample_ns)
{
    int64_t up = *floor_ns + DEPARTURE_RISE_NS;

    *floor_ns = (int32_t)(sample_ns < up ? sample_ns : up);
}

void departure_learn(struct departure *d, unsigned k, struct dur_ns late)
{
    int64_t behind_first = late.ns - d->first_ns;

    if (late.ns < 0 || late.ns > DEPARTURE_ACCIDENT_NS)
        return;
    d->samples += d->samples < DEPARTURE_EARLY_SAMPLES;
    if (k == 0)
        follow(&d->first_ns, late.ns);
    else
        follow(&d->further_ns, behind_first > 0 ? behind_first / k : 0);
}

static int64_t at_most(int64_t ns, int64_t most) { return ns < 0 ? 0 : ns < most ? ns : most; }

struct dur_ns departure_ahead(const struct departure *d)
{
    return (struct dur_ns){ at_most(d->first_ns - DEPARTURE_MARGIN_NS, DEPARTURE_AHEAD_MAX_NS) };
}

/* Of what each further one takes, half: their sum grows with the batch, and so would an error. */
struct mono_ns departure_of(struct departure *d, unsigned k, struct mono_ns now)
{
    int64_t ahead = departure_ahead(d).ns;
    struct mono_ns at;

    if (ahead > 0)
        ahead += k * at_most(d->further_ns / 2, DEPARTURE_FURTHER_MAX_NS);
    at = mono_add(now, (struct dur_ns){ ahead });
    if (mono_before(d->told, at))
        d->told = at;
    return d->told;
}
