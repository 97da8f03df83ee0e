#include "clock/pace.h"

#include <math.h>

#define MARK_NS (7200 * NS_PER_S) /* a mark is replaced after two hours, */
#define MARK_WIDTH 0.2e-6         /* or when it already proves this much, s/s: the younger the mark, the more it says about now */
#define MARK_PICK 4               /* the best of so many samples becomes the mark */
#define KEPT_SAMPLES 4            /* a tighter result is kept so long */
#define ANOTHER_RATE 3            /* an offset that is wrong once misfits twice, a path that changed once */

enum { OLD, YOUNG, LAST, MARKS };

/* How far a sample may be off beside what is constant: by half of what its round trip took beyond the shortest, and no less than offsets scatter. */
static double astray_s(const struct clock_mark *m, struct pace_path path)
{
    double excess_s = fmax(m->delay_s - path.floor_s, 0);

    return fmax((excess_s + path.unseen_s) / 2 + path.unseen_s, m->spread_s);
}

/* Whatever the path did, both are off by no more than half their round trips. */
static struct clock_span between(const struct clock_mark *m, const struct clock_mark *now, struct pace_path path)
{
    double t_s = dur_to_s(mono_sub(now->at, m->at)), moved_s = now->offset_s - m->offset_s;
    double by_s = m->own_s + now->own_s + fmin(astray_s(m, path) + astray_s(now, path), (m->delay_s + now->delay_s) / 2);

    if (!m->set || t_s <= 0)
        return (struct clock_span){ -INFINITY, INFINITY };
    return (struct clock_span){ (moved_s - by_s) / t_s, (moved_s + by_s) / t_s };
}

static double width(struct clock_span s) { return s.hi_s - s.lo_s; }

static double doubt_s(const struct clock_mark *m, struct pace_path path) { return m->own_s + fmin(astray_s(m, path), m->delay_s / 2); }

static void keep_marks(struct clock_pace *p, const struct clock_mark *now, struct pace_path path)
{
    struct clock_mark *young = &p->mark[YOUNG];

    if (young->set && (mono_sub(now->at, young->at).ns >= MARK_NS || width(between(young, now, path)) < MARK_WIDTH)) {
        p->mark[OLD] = *young;
        p->picked = 0;
    }
    if (p->picked == 0 || (p->picked < MARK_PICK && doubt_s(now, path) < doubt_s(young, path)))
        *young = *now;
    p->picked++;
}

void pace_compare(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path, double drift)
{
    struct clock_span moved = between(&p->mark[LAST], sample, path);

    if (!p->known || (moved.lo_s <= p->rate.hi_s + drift && moved.hi_s >= p->rate.lo_s - drift)) {
        p->misfits = 0;
        return;
    }
    pace_forget(p);
    p->known = ++p->misfits < ANOTHER_RATE;
}

/* What the path's first samples scattered is told by the next ones. */
static void learn_spread(struct clock_pace *p, double spread_s)
{
    for (unsigned i = 0; i < MARKS; i++)
        if (isinf(p->mark[i].spread_s))
            p->mark[i].spread_s = spread_s;
}

void pace_take(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path)
{
    struct clock_mark now = *sample;
    struct clock_span old, young, best;

    now.set = true;
    learn_spread(p, now.spread_s);
    old = between(&p->mark[OLD], &now, path);
    young = between(&p->mark[YOUNG], &now, path);
    best = width(old) < width(young) ? old : young;
    p->kept++;
    if (path.floor_s < p->floor_s) /* what was proven with a longer one was not */
        p->kept = KEPT_SAMPLES;
    p->floor_s = path.floor_s;
    if (isfinite(width(best)) && (!p->known || (p->kept >= KEPT_SAMPLES && !p->loose) || width(best) < width(p->rate))) {
        p->rate = best;
        p->known = true;
        p->loose = false;
        p->kept = 0;
    }
    keep_marks(p, &now, path);
    p->mark[LAST] = now;
}

void pace_forget(struct clock_pace *p)
{
    p->mark[OLD].set = p->mark[YOUNG].set = p->mark[LAST].set = false;
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
    for (unsigned i = 0; i < MARKS; i++)
        p->mark[i].offset_s -= move.x_s - move.y * dur_to_s(mono_sub(aged, p->mark[i].at));
    p->rate.lo_s -= move.y;
    p->rate.hi_s -= move.y;
}
