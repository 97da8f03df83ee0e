#include "clock/pace.h"

#include <math.h>

#define MARK_NS (14400 * NS_PER_S) /* a mark is dropped after four hours, */
#define MARK_WIDTH 0.4e-6         /* or when the next one proves this much, s/s: the younger the mark, the more it says about now; */
#define MARK_YOUNG_NS (1024 * NS_PER_S) /* but in less time sides that trade their delays look like a drift */
#define SAMPLES_ENOUGH 8          /* to see whether errors keep within their round trips */
#define STRAIN_MARGIN 2.0         /* the largest error seen is not the largest there is, */
#define STRAIN_BROKEN 2.0         /* beyond this round trips say nothing of errors */
#define STRAIN_KEPT 1.0           /* up to here all is as round trips say */
#define STRAIN_YOUNG 32.0         /* and of few samples far less so */
#define STRAIN_MEMORY 48.0        /* samples */
#define STRAIGHT_NS (5120 * NS_PER_S) /* an oscillator that wanders draws no straight line over hours, but over this */
#define ANOTHER_RATE 3            /* an offset that is wrong once misfits twice, a path that changed once */

/* How far a sample may be off beside what is constant, if it keeps within its round trip: half of what that took beyond the shortest. */
static double astray_s(const struct clock_mark *m, struct pace_path path)
{
    return (fmax(m->delay_s - path.floor_s, 0) + path.unseen_s) / 2 + path.unseen_s;
}

static double apart_s(const struct clock_mark *m, const struct clock_mark *now) { return dur_to_s(mono_sub(now->at, m->at)); }

/* Whatever the path did, both are off by no more than half their round trips. */
static struct clock_span between(const struct clock_mark *m, const struct clock_mark *now, double strain, struct pace_path path)
{
    double t_s = apart_s(m, now), moved_s = now->offset_s - m->offset_s;
    double by_s = m->own_s + now->own_s + fmin(strain * (astray_s(m, path) + astray_s(now, path)), (m->delay_s + now->delay_s) / 2);

    if (t_s <= 0)
        return (struct clock_span){ -INFINITY, INFINITY };
    return (struct clock_span){ (moved_s - by_s) / t_s, (moved_s + by_s) / t_s };
}

/* Of few samples nothing is known but that. */
static double strain_now(const struct clock_pace *p) { return p->taken <= SAMPLES_ENOUGH ? INFINITY : p->strain; }

static double width(struct clock_span s) { return s.hi_s - s.lo_s; }

static void drop(struct clock_pace *p, unsigned which)
{
    p->marks--;
    for (unsigned i = which; i < p->marks; i++)
        p->mark[i] = p->mark[i + 1];
}

/* Of the two that are closest to each other for their age, the one that proves less; the first and the last stay. */
static void thin(struct clock_pace *p, struct pace_path path)
{
    const struct clock_mark *m = p->mark, *last = &m[p->marks - 1];
    double closest = INFINITY;
    unsigned at = 0;

    for (unsigned i = 0; i + 1 < p->marks; i++) {
        double near = apart_s(&m[i], &m[i + 1]) / apart_s(&m[i], last);

        if (near < closest) {
            closest = near;
            at = i;
        }
    }
    if (at == 0 || (at + 2 < p->marks && m[at].own_s + astray_s(&m[at], path) < m[at + 1].own_s + astray_s(&m[at + 1], path)))
        at++;
    drop(p, at);
}

/* Is the oldest mark of no use any more? */
static bool outlived(const struct clock_pace *p, const struct clock_mark *now, struct pace_path path)
{
    const struct clock_mark *next = &p->mark[1];

    if (mono_sub(now->at, p->mark[0].at).ns > MARK_NS)
        return true;
    return mono_sub(now->at, next->at).ns > MARK_YOUNG_NS && width(between(next, now, strain_now(p), path)) < MARK_WIDTH;
}

static void keep(struct clock_pace *p, const struct clock_mark *now, struct pace_path path)
{
    p->mark[p->marks++] = *now;
    p->taken++;
    while (p->marks > 2 && outlived(p, now, path))
        drop(p, 0);
    if (p->marks > CLOCK_MARKS)
        thin(p, path);
}

/* The rate that fits the marks best, those that may be off by less counting more. */
static double fitted(const struct clock_pace *p, unsigned from, struct pace_path path)
{
    double w = 0, t = 0, z = 0, tt = 0, tz = 0;

    for (unsigned i = from; i < p->marks; i++) {
        double at_s = apart_s(&p->mark[from], &p->mark[i]), off_s = astray_s(&p->mark[i], path) + p->mark[i].own_s + 1e-12, weight = 1 / (off_s * off_s);

        w += weight;
        t += weight * at_s;
        z += weight * p->mark[i].offset_s;
        tt += weight * at_s * at_s;
        tz += weight * at_s * p->mark[i].offset_s;
    }
    return (tz - t * z / w) / (tt - t * t / w);
}

/* How far any two marks are apart against such a rate, in what their round trips allow. What their source allows is not taken off: it may hide a trade. */
static double strained(const struct clock_pace *p, unsigned from, double rate, struct pace_path path)
{
    double most = 0;

    for (unsigned j = from + 1; j < p->marks; j++)
        for (unsigned i = from; i < j; i++) {
            const struct clock_mark *a = &p->mark[i], *b = &p->mark[j];

            most = fmax(most, fabs(b->offset_s - a->offset_s - rate * apart_s(a, b)) / (astray_s(a, path) + astray_s(b, path) + 1e-12));
        }
    return most;
}

/* Do the errors of these marks keep within what their round trips allow? Jitter without a floor does not, nor does a path that shares its delay out anew each
 * time. What was seen is remembered as it is against the marks' own rate. */
static double scatter(const struct clock_pace *p, unsigned from, double *most, struct pace_path path)
{
    *most = fmin(fmax(strained(p, from, fitted(p, from, path), path), *most * (1 - 1 / STRAIN_MEMORY)), 2 * STRAIN_BROKEN);
    return *most;
}

static double with_margin(const struct clock_pace *p, double seen) { return fmax(STRAIN_MARGIN * (1 + STRAIN_YOUNG / p->taken) * seen, 1); }

/* The first of the marks along which the frequency may be taken for constant. */
static unsigned first_straight(const struct clock_pace *p)
{
    unsigned i = 0;

    while (i + 3 < p->marks && mono_sub(p->mark[p->marks - 1].at, p->mark[i].at).ns > STRAIGHT_NS)
        i++;
    return i;
}

/* Marks have to fit the line as well, which may be led by others, be at its beginning, or bend as the oscillator wanders: where they do not, the youngest may,
 * and else all err by as much as that. Where they do not even fit each other, round trips say nothing. */
static void strain(struct clock_pace *p, struct pace_path path)
{
    unsigned straight = first_straight(p);
    double all, line, young;

    p->from = 0;
    if (p->taken <= SAMPLES_ENOUGH)
        return;
    all = scatter(p, 0, &p->most, path);
    line = strained(p, 0, 0, path);
    young = fmax(scatter(p, straight, &p->most_young, path), strained(p, straight, 0, path));
    p->strain = all > STRAIN_BROKEN ? INFINITY : with_margin(p, fmax(all, line));
    if (fmax(all, line) <= STRAIN_BROKEN || young > STRAIN_KEPT)
        return;
    p->strain = with_margin(p, young);
    p->from = straight;
}

/* Nothing that was proven stays, but the last mark may be compared with by half of both round trips. */
static void begin_again(struct clock_pace *p)
{
    struct clock_mark last = p->mark[p->marks - 1];

    pace_forget(p);
    p->known = p->held = false;
    p->mark[0] = last;
    p->marks = p->taken = 1;
}

void pace_compare(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path, double drift)
{
    struct clock_span moved;

    if (p->marks == 0 || p->strain < 1) /* nothing to compare with, or nothing known of its path */
        return;
    moved = between(&p->mark[p->marks - 1], sample, p->strain, path);
    if (!p->known || (moved.lo_s <= p->rate.hi_s + drift && moved.hi_s >= p->rate.lo_s - drift)) {
        p->misfits = 0;
        return;
    }
    if (++p->misfits < ANOTHER_RATE)
        pace_forget(p);
    else
        begin_again(p);
}

/* Where all pairs of marks meet: each is about a mean of its own, of which the frequency now is within the drift limit. */
static struct clock_span proven(const struct clock_pace *p, struct pace_path path)
{
    struct clock_span all = { -INFINITY, INFINITY };

    for (unsigned j = p->from + 1; j < p->marks; j++)
        for (unsigned i = p->from; i < j; i++) {
            struct clock_span s = between(&p->mark[i], &p->mark[j], strain_now(p), path);

            all.lo_s = fmax(all.lo_s, s.lo_s);
            all.hi_s = fmin(all.hi_s, s.hi_s);
        }
    return all;
}

void pace_take(struct clock_pace *p, const struct clock_mark *sample, struct pace_path path, double drift)
{
    struct clock_span now;

    keep(p, sample, path);
    strain(p, path);
    now = proven(p, path);
    while (p->marks > p->from + 2 && width(now) < -2 * drift) { /* no frequency is within the limit of all these means: the oldest say least of where it is */
        drop(p, 0);
        p->from -= p->from > 0;
        now = proven(p, path);
    }
    if (!isfinite(width(now)) || (p->held && width(now) >= width(p->rate) && mono_sub(sample->at, p->proven).ns < MARK_NS))
        return;
    p->rate = now;
    p->proven = sample->at;
    p->known = true;
    p->held = false;
}

void pace_forget(struct clock_pace *p)
{
    p->marks = p->taken = 0;
    p->most = p->most_young = 0;
    p->from = 0;
    p->held = p->known;
}

void pace_loosen(struct clock_pace *p, double by)
{
    pace_forget(p);
    p->rate.lo_s -= by;
    p->rate.hi_s += by;
}

void pace_follow(struct clock_pace *p, struct clock_move move, struct mono_ns aged)
{
    for (unsigned i = 0; i < p->marks; i++)
        p->mark[i].offset_s -= move.x_s - move.y * dur_to_s(mono_sub(aged, p->mark[i].at));
    p->rate.lo_s -= move.y;
    p->rate.hi_s -= move.y;
}
