#include "clock/select.h"

#include <math.h>

#include "clock/interval.h"

bool select_counts(const struct clock_source *s)
{
    return s->used && s->sampled && s->reach != 0;
}

/* How many spans hold the point. */
static unsigned cover(const struct clock_source *source, double at_s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        n += select_counts(&source[i]) && source[i].span.lo_s <= at_s && at_s <= source[i].span.hi_s;
    return n;
}

/* The set of points covered often enough begins at some span's low edge and ends at some span's high edge. */
static void find_hull(const struct clock_source *source, struct clock_majority *m)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_span *s = &source[i].span;

        if (!select_counts(&source[i]))
            continue;
        if (cover(source, s->lo_s) > m->selectable / 2) {
            m->hull.lo_s = m->found ? fmin(m->hull.lo_s, s->lo_s) : s->lo_s;
            m->found = true;
        }
    }
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX && m->found; i++)
        if (select_counts(&source[i]) && cover(source, source[i].span.hi_s) > m->selectable / 2)
            m->hull.hi_s = fmax(m->hull.hi_s, source[i].span.hi_s);
}

void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], struct clock_majority *out)
{
    struct clock_span common, spread = { INFINITY, -INFINITY };

    *out = (struct clock_majority){ .hull = { 0, -INFINITY } };
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        if (!select_counts(&source[i]))
            continue;
        out->selectable++;
        spread.lo_s = fmin(spread.lo_s, source[i].span.lo_s);
        spread.hi_s = fmax(spread.hi_s, source[i].span.hi_s);
    }
    find_hull(source, out);
    if (!out->found) {
        out->hull = spread;
        return;
    }
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        out->agreeing += select_counts(&source[i]) && interval_meet(source[i].span, out->hull, &common);
}
