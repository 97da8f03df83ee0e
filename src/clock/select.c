#include "clock/select.h"

#include <math.h>

#include "clock/interval.h"

/* The voters' spans. */
struct ballot { unsigned count; struct clock_span span[CLOCK_SOURCES_MAX]; };

bool select_counts(const struct clock_source *s)
{
    return s->used && s->sampled && s->reach != 0 && !s->smears && !s->aside;
}

/* How many spans hold the point. */
static unsigned cover(const struct ballot *b, double at)
{
    unsigned n = 0;

    for (unsigned i = 0; i < b->count; i++)
        n += b->span[i].lo_s <= at && at <= b->span[i].hi_s;
    return n;
}

/* From the first to the last point that lies in at least `enough` spans. The set of such points begins at some span's low edge and ends at
 * some span's high edge. Returns false when there is no such point. */
static bool covered(const struct ballot *b, unsigned enough, struct clock_span *out)
{
    *out = (struct clock_span){ INFINITY, -INFINITY };
    for (unsigned i = 0; i < b->count; i++) {
        if (cover(b, b->span[i].lo_s) >= enough)
            out->lo_s = fmin(out->lo_s, b->span[i].lo_s);
        if (cover(b, b->span[i].hi_s) >= enough)
            out->hi_s = fmax(out->hi_s, b->span[i].hi_s);
    }
    return out->lo_s <= out->hi_s;
}

void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, struct clock_majority *out)
{
    struct ballot b = { .count = 0 };
    struct clock_span common;
    unsigned enough, absent;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]))
            b.span[b.count++] = source[i].span;
    absent = electorate > b.count ? electorate - b.count : 0;
    enough = (b.count + absent) / 2 + 1;
    *out = (struct clock_majority){ .selectable = b.count };
    out->found = covered(&b, enough, &out->core);
    covered(&b, enough > absent ? enough - absent : 1, &out->hull);
    if (!out->found) {
        covered(&b, 1, &out->core);
        return;
    }
    for (unsigned i = 0; i < b.count; i++)
        out->agreeing += interval_meet(b.span[i], out->core, &common);
}

struct clock_span select_rate(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, double drift, double limit)
{
    struct clock_span all = { -limit, limit }, found;
    struct ballot b = { .count = 0 };
    unsigned enough, absent;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]) && source[i].pace.known)
            b.span[b.count++] = (struct clock_span){ source[i].pace.rate.lo_s - drift, source[i].pace.rate.hi_s + drift };
        else if (select_counts(&source[i]))
            b.span[b.count++] = all;
    absent = electorate > b.count ? electorate - b.count : 0;
    enough = (b.count + absent) / 2 + 1;
    if (!covered(&b, enough > absent ? enough - absent : 1, &found) && !covered(&b, 1, &found))
        return all;
    return (struct clock_span){ fmax(found.lo_s + drift, -limit), fmin(found.hi_s - drift, limit) };
}
