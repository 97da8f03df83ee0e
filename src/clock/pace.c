#include "clock/pace.h"

#include <math.h>

#define MARK_NS (7200 * NS_PER_S) /* a mark is replaced after two hours, */
#define MARK_WIDTH 0.2e-6         /* or when it already proves this much, s/s: the younger the mark, the more it says about now */
#define MARK_PICK 4               /* the best of so many samples becomes the mark */
#define KEPT_SAMPLES 4            /* a tighter result is kept so long */

static struct clock_span between(const struct clock_mark *m, struct mono_ns at, double offset_s, double half_s)
{
    double t_s = dur_to_s(mono_sub(at, m->at));

    if (!m->set || t_s <= 0)
        return (struct clock_span){ -INFINITY, INFINITY };
    return (struct clock_span){ (offset_s - m->offset_s - half_s - m->half_s) / t_s, (offset_s - m->offset_s + half_s + m->half_s) / t_s };
}

static double width(struct clock_span s) { return s.hi_s - s.lo_s; }

static void keep_marks(struct clock_pace *p, struct clock_mark now)
{
    struct clock_mark *young = &p->mark[1];

    if (young->set && (mono_sub(now.at, young->at).ns >= MARK_NS || width(between(young, now.at, now.offset_s, now.half_s)) < MARK_WIDTH)) {
        p->mark[0] = *young;
        p->picked = 0;
    }
    if (p->picked == 0 || (p->picked < MARK_PICK && now.half_s < young->half_s))
        *young = now;
    p->picked++;
}

void pace_take(struct clock_pace *p, struct mono_ns at, double offset_s, double half_s)
{
    struct clock_span old = between(&p->mark[0], at, offset_s, half_s), young = between(&p->mark[1], at, offset_s, half_s);
    struct clock_span best = width(old) < width(young) ? old : young;

    p->kept++;
    if (isfinite(width(best)) && (!p->known || (p->kept >= KEPT_SAMPLES && !p->loose) || width(best) < width(p->rate))) {
        p->rate = best;
        p->known = true;
        p->loose = false;
        p->kept = 0;
    }
    keep_marks(p, (struct clock_mark){ .set = true, .at = at, .offset_s = offset_s, .half_s = half_s });
}

void pace_doubt(struct clock_pace *p, double by_s)
{
    p->mark[0].half_s += by_s;
    p->mark[1].half_s += by_s;
}

void pace_forget(struct clock_pace *p)
{
    p->mark[0].set = p->mark[1].set = false;
    p->picked = 0;
}

void pace_loosen(struct clock_pace *p, double by)
{
    pace_forget(p);
    p->rate.lo_s -= by;
    p->rate.hi_s += by;
    p->loose = p->known;
}

void pace_follow(struct clock_pace *p, struct clock_move move, struct mono_ns aged)
{
    for (unsigned i = 0; i < 2; i++)
        p->mark[i].offset_s -= move.x_s - move.y * dur_to_s(mono_sub(aged, p->mark[i].at));
    p->rate.lo_s -= move.y;
    p->rate.hi_s -= move.y;
}
