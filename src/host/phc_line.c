#include "host/phc_line.h"

#include <math.h>
#include <string.h>

#define ROUNDING_NS 4.0      /* of readings that are exact but for whole nanoseconds and a divider */
#define RATE_MAX 1e-3        /* two oscillators differ by less: more is a step */
#define RATE_SPAN_NS (NS_PER_S / 2) /* readings over less than this say nothing about the rate */

bool phc_narrowest(const struct phc_reading *r, unsigned n, struct phc_reading *out)
{
    const struct phc_reading *best = NULL;

    for (unsigned i = 0; i < n; i++)
        if (r[i].width.ns >= 0 && (!best || r[i].width.ns < best->width.ns))
            best = &r[i];
    if (best)
        *out = *best;
    return best != NULL;
}

/* How far the reading may be from the line. */
static double slack_ns(const struct phc_reading *r) { return (double)r->width.ns / 2 + ROUNDING_NS; }

/* How much later, in nanoseconds, RAW was than the PHC's count since the reference says. */
static double lead_ns(const struct phc_reading *r, const struct phc_reading *ref)
{
    return (double)ns_sub(ns_sub(r->raw.ns, ref->raw.ns), ns_sub(r->phc_ns, ref->phc_ns));
}

static double age_ns(const struct phc_reading *r, const struct phc_reading *ref) { return (double)ns_sub(r->phc_ns, ref->phc_ns); }

/* Weighted regression of lead over age, both counted from the newest reading; the rate is kept where the span is too short for one. */
static void regress(const struct phc_reading *r, unsigned n, double *at_newest_ns, double *rate)
{
    const struct phc_reading *ref = &r[n - 1];
    double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0, mean_x, mean_y;

    for (unsigned i = 0; i < n; i++) {
        double x = age_ns(&r[i], ref), y = lead_ns(&r[i], ref), weight = 1 / (slack_ns(&r[i]) * slack_ns(&r[i]));

        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    mean_x = wx / w;
    mean_y = wy / w;
    if (age_ns(ref, &r[0]) >= (double)RATE_SPAN_NS)
        *rate = (wxy - wx * mean_y) / (wxx - wx * mean_x);
    *at_newest_ns = mean_y - *rate * mean_x;
}

static bool fits_all(const struct phc_reading *r, unsigned n, double at_newest_ns, double rate)
{
    if (!(fabs(rate) <= RATE_MAX))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!(fabs(lead_ns(&r[i], &r[n - 1]) - at_newest_ns - rate * age_ns(&r[i], &r[n - 1])) <= slack_ns(&r[i])))
            return false;
    return true;
}

/* The line lies within every reading it was drawn through, so that the narrowest bounds its error there. */
static struct dur_ns error_of(const struct phc_reading *r, unsigned n)
{
    double least = slack_ns(&r[0]);

    for (unsigned i = 1; i < n; i++)
        least = fmin(least, slack_ns(&r[i]));
    return (struct dur_ns){ 2 * (int64_t)ceil(least) };
}

static void draw(struct phc_line *l)
{
    unsigned n = l->count;
    double at_newest_ns = 0, rate;
    const struct phc_reading *newest = &l->reading[l->count - 1];

    for (;; n = n / 2 > 0 ? n / 2 : 1) {
        rate = l->fit.rate;
        regress(newest + 1 - n, n, &at_newest_ns, &rate);
        if (n == 1 || fits_all(newest + 1 - n, n, at_newest_ns, rate))
            break;
    }
    memmove(l->reading, newest + 1 - n, n * sizeof *newest);
    l->count = n;
    newest = &l->reading[n - 1];
    l->fit = (struct phc_fit){ true, newest->phc_ns, { ns_add(newest->raw.ns, llrint(at_newest_ns)) }, rate, error_of(l->reading, n) };
}

void phc_line_add(struct phc_line *l, const struct phc_reading *r)
{
    struct phc_reading *newest = &l->reading[l->count ? l->count - 1 : 0];

    if (l->count > 0 && r->phc_ns <= newest->phc_ns)
        l->count = 0; /* its clock went back: nothing before counts */
    if (l->count > 0 && mono_sub(r->raw, newest->raw).ns < PHC_LINE_SPACING_NS)
        l->count--;
    if (l->count == PHC_LINE_READINGS)
        memmove(l->reading, l->reading + 1, --l->count * sizeof *r);
    l->reading[l->count++] = *r;
    draw(l);
}

bool phc_fit_raw(const struct phc_fit *f, int64_t phc_ns, struct mono_ns *out)
{
    int64_t since = ns_sub(phc_ns, f->phc_ref_ns);

    if (!f->valid || since > PHC_FIT_REACH_NS || since < -PHC_FIT_REACH_NS)
        return false;
    out->ns = ns_add(ns_add(f->raw_ref.ns, since), llrint((double)since * f->rate));
    return true;
}
