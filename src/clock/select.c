#include "clock/select.h"

#include <math.h>

#include "clock/interval.h"

/* The voters' spans, and how many of those who were asked have not voted. */
struct ballot { unsigned count, absent; struct clock_span span[CLOCK_SOURCES_MAX]; };

static void vote(struct ballot *b, struct clock_span span)
{
    b->span[b->count++] = span;
    if (b->absent > 0)
        b->absent--;
}

static unsigned majority_of(const struct ballot *b) { return (b->count + b->absent) / 2 + 1; }

bool select_counts(const struct clock_source *s)
{
    return s->used && s->sampled && s->reach != 0 && !s->smears && !s->aside && !s->offline;
}

/* How many spans hold the point. */
static unsigned cover(const struct ballot *b, double at)
{
    unsigned n = 0;

    for (unsigned i = 0; i < b->count; i++)
        n += b->span[i].lo_s <= at && at <= b->span[i].hi_s;
    return n;
}

/* From the first to the last point that lies in at least `enough` spans, with `siding` more that lie wherever they like. The set of such points begins at
 * some span's low edge and ends at some span's high edge. Returns false when there is no such point. */
static bool covered(const struct ballot *b, unsigned enough, unsigned siding, struct clock_span *out)
{
    *out = (struct clock_span){ INFINITY, -INFINITY };
    for (unsigned i = 0; i < b->count; i++) {
        if (cover(b, b->span[i].lo_s) + siding >= enough)
            out->lo_s = fmin(out->lo_s, b->span[i].lo_s);
        if (cover(b, b->span[i].hi_s) + siding >= enough)
            out->hi_s = fmax(out->hi_s, b->span[i].hi_s);
    }
    return out->lo_s <= out->hi_s;
}

void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, struct clock_majority *out)
{
    struct ballot b = { .absent = electorate };
    struct clock_span common;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]))
            vote(&b, source[i].span);
    *out = (struct clock_majority){ .selectable = b.count };
    out->found = covered(&b, majority_of(&b), 0, &out->core);
    covered(&b, majority_of(&b), b.absent, &out->hull);
    if (!out->found) {
        covered(&b, 0, 0, &out->core);
        return;
    }
    for (unsigned i = 0; i < b.count; i++)
        out->agreeing += interval_meet(b.span[i], out->core, &common);
}

struct clock_span select_rate(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, double drift, double limit)
{
    struct clock_span all = { -limit, limit }, found;
    struct ballot b = { .absent = electorate };

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]) && source[i].pace.known)
            vote(&b, (struct clock_span){ source[i].pace.rate.lo_s - drift, source[i].pace.rate.hi_s + drift });
        else if (select_counts(&source[i]))
            vote(&b, all);
    if (!covered(&b, majority_of(&b), b.absent, &found) && !covered(&b, 0, 0, &found))
        return all;
    return (struct clock_span){ fmax(found.lo_s + drift, -limit), fmin(found.hi_s - drift, limit) };
}
