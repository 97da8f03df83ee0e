#include "admin/plot.h"

#include <math.h>

#include "admin/html.h"

#define WIDTH 720.0
#define HEIGHT 220.0
#define LEFT 64.0
#define TOP 10.0
#define BOTTOM 190.0
#define GAP_S (3 * HISTORY_EVERY_S) /* no line where nothing was known for longer */

struct span { int minutes, tick; };
struct scale { struct mono_ns now; struct span span; int low, high; }; /* powers of ten of nanoseconds */
struct curve { const char *name; bool (*known)(const struct history_point *); int64_t (*value)(const struct history_point *); bool filled; };

static bool has_bound(const struct history_point *p) { return p->usable; }
static bool has_offset(const struct history_point *p) { return p->measured; }
static int64_t bound_of(const struct history_point *p) { return p->bound.ns; }
static int64_t offset_of(const struct history_point *p) { return p->offset.ns; }

static const struct curve curves[] = { { "bound", has_bound, bound_of, true }, { "offset", has_offset, offset_of, false } };

static double tens(int64_t ns) { return log10(ns < 1 ? 1.0 : (double)ns); }

static double x_of(const struct scale *s, struct mono_ns at)
{
    return WIDTH - (WIDTH - LEFT) * fmin(1.0, (double)mono_sub(s->now, at).ns / ((double)s->span.minutes * 60e9));
}

static double y_of(const struct scale *s, int64_t ns) { return BOTTOM - (BOTTOM - TOP) * (tens(ns) - s->low) / (s->high - s->low); }

static bool is_shown(const struct scale *s, const struct history_point *p, const struct curve *c)
{
    return c->known(p) && mono_sub(s->now, p->at).ns <= s->span.minutes * 60 * NS_PER_S;
}

/* The shortest that shows all points. */
static struct span span_of(const struct history *h, struct mono_ns now)
{
    static const struct span spans[] = { { 10, 5 }, { 30, 10 }, { 60, 15 } };
    const struct history_point *first = history_point(h, 0);
    size_t i = 0;

    while (first && i < sizeof spans / sizeof spans[0] - 1 && mono_sub(now, first->at).ns > spans[i].minutes * 60 * NS_PER_S)
        i++;
    return spans[i];
}

/* Whole powers of ten around everything that is drawn, two of them at least. */
static struct scale scale_of(const struct history *h, struct mono_ns now)
{
    struct scale s = { now, span_of(h, now), 19, 0 };
    const struct history_point *p;

    for (unsigned i = 0; (p = history_point(h, i)) != NULL; i++)
        for (unsigned c = 0; c < 2; c++)
            if (is_shown(&s, p, &curves[c])) {
                s.low = (int)fmin(s.low, floor(tens(curves[c].value(p))));
                s.high = (int)fmax(s.high, ceil(tens(curves[c].value(p))));
            }
    s.low = s.low > s.high ? 0 : s.low;
    s.high = s.high < s.low + 2 ? s.low + 2 : s.high;
    return s;
}

/* The run of points that follow each other without a gap, from the i-th on; returns where the next begins. */
static unsigned run_end(const struct history *h, const struct scale *s, const struct curve *c, unsigned i)
{
    const struct history_point *p, *before = NULL;

    for (; (p = history_point(h, i)) != NULL && is_shown(s, p, c); i++, before = p)
        if (before && mono_sub(p->at, before->at).ns > GAP_S * NS_PER_S)
            break;
    return i;
}

static void put_run(struct text *t, const struct history *h, const struct scale *s, const struct curve *c, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct history_point *p = history_point(h, i);

        text_put_format(t, "%s%.1f,%.1f", i == from ? "" : " ", x_of(s, p->at), y_of(s, c->value(p)));
    }
}

static void put_curve(struct text *t, const struct history *h, const struct scale *s, const struct curve *c)
{
    for (unsigned i = 0, end; history_point(h, i); i = end > i ? end : i + 1) {
        end = run_end(h, s, c, i);
        if (end < i + 2)
            continue;
        if (c->filled) {
            text_put_format(t, "<polygon class=\"area\" points=\"%.1f,%.0f ", x_of(s, history_point(h, i)->at), BOTTOM);
            put_run(t, h, s, c, i, end);
            text_put_format(t, " %.1f,%.0f\"/>", x_of(s, history_point(h, end - 1)->at), BOTTOM);
        }
        text_put_format(t, "<polyline class=\"%s\" points=\"", c->name);
        put_run(t, h, s, c, i, end);
        text_put(t, "\"/>");
    }
}

static void put_ago(struct text *t, const struct scale *s, int minutes)
{
    const char *anchor = minutes == 0 ? "end" : minutes == s->span.minutes ? "start" : "middle";

    text_put_format(t, "<text class=\"scale\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"%s\">", WIDTH - (WIDTH - LEFT) * minutes / s->span.minutes, HEIGHT - 8,
                    anchor);
    if (minutes)
        text_put_format(t, "&minus;%d min</text>", minutes);
    else
        text_put(t, "now</text>");
}

/* At most six lines across, each a power of ten with its name. */
static void put_grid(struct text *t, const struct scale *s)
{
    static const char *const units[] = { "ns", "&micro;s", "ms", "s" };
    static const char *const sizes[] = { "1", "10", "100" };
    int every = (s->high - s->low + 5) / 6;

    for (int e = s->low; e <= s->high; e += every) {
        double y = BOTTOM - (BOTTOM - TOP) * (e - s->low) / (s->high - s->low);

        text_put_format(t, "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH, y, y);
        if (e < 12)
            text_put_format(t, "<text class=\"scale\" x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s %s</text>", LEFT - 8, y + 4, sizes[e % 3], units[e / 3]);
    }
    for (int minutes = 0; minutes <= s->span.minutes; minutes += s->span.tick)
        put_ago(t, s, minutes);
}

/* What the drawing says, in words. */
static void put_words(struct text *t, const struct history *h, const struct scale *s)
{
    int64_t least = INT64_MAX, most = -1, last = -1;
    const struct history_point *p;

    for (unsigned i = 0; (p = history_point(h, i)) != NULL; i++)
        if (is_shown(s, p, &curves[0])) {
            last = p->bound.ns;
            least = last < least ? last : least;
            most = last > most ? last : most;
        }
    text_put(t, "<title id=\"plot-title\">Error bound and offset over the last hour</title><desc id=\"plot-desc\">");
    if (last < 0)
        text_put(t, "No error bound was known.");
    else {
        text_put(t, "The error bound was between ");
        html_put_ns(t, least);
        text_put(t, " and ");
        html_put_ns(t, most);
        text_put(t, ", and was last ");
        html_put_ns(t, last);
        text_put(t, ".");
    }
    text_put(t, "</desc>");
}

void plot_write(const struct history *h, struct mono_ns now, struct text *t)
{
    const struct scale s = scale_of(h, now);

    if (h->points < 2)
        return;
    text_put_format(t, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"plot-title plot-desc\">", WIDTH, HEIGHT);
    put_words(t, h, &s);
    put_grid(t, &s);
    for (unsigned c = 0; c < 2; c++)
        put_curve(t, h, &s, &curves[c]);
    text_put(t, "</svg>");
}
