#include "clock/estimate.h"

#include <assert.h>
#include <math.h>

#define SWITCH 0.01             /* probability per sample that the wander becomes the next larger or the next smaller of the bank, */
#define TELLING 0.2             /* where a sample counts for so much or more beside what was known; less where it tells less */
#define OUTLIER 1e-4            /* prior probability of a sample that fits nothing */
#define MISFIT_SIGMAS 10.0
#define RELEARN 0.003           /* share of the belief that returns to the prior at each sample: what cannot be learnt stays a guess */
#define WANDER_MEMORY 32.0      /* samples */
#define AGILE 8                 /* the filter from which on a jump is taken for one of frequency, */
#define FREQUENCY_JUMPED 0.5    /* with this probability */
#define OPENED_SAMPLES 4        /* then tell */
#define JUMP_SINCE_S 1.0        /* a jump is not taken for a frequency of less than this */
#define NEVER_LESS 1e-9         /* weight no filter falls below */
#define EVEN_TILT 0.01          /* over half the box: less is none */
#define STEEP 5.0               /* tilt times deviation */
#define VAR_MIN 1e-20           /* (0.1 ns)^2 */

static const double wander[CLOCK_FILTERS] = { 1e-11, 3.2e-11, 1e-10, 3.2e-10, 1e-9, 3.2e-9, 1e-8, 3.2e-8, 1e-7, 3.2e-7, 1e-6 };

/* Before anything is known: quartz in a computer wanders by some 1e-9; agile errors cost less than stiff ones. */
static const double prior[CLOCK_FILTERS] = { 0.005, 0.02, 0.06, 0.13, 0.20, 0.22, 0.17, 0.11, 0.055, 0.02, 0.01 };

void estimate_start(struct clock_estimate *e, struct mono_ns at, struct tai_ns tai, double rate, double x_sd_s, double y_sd)
{
    assert(x_sd_s > 0 && y_sd > 0);
    e->started = e->at = at;
    e->tai = tai;
    e->rate = rate;
    e->skew = y_sd;
    e->surprises = e->opened = 0;
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        e->bank[i] = (struct clock_filter){ .pxx = x_sd_s * x_sd_s, .pyy = y_sd * y_sd, .weight = prior[i] };
    e->wander = 1e-9;
    e->taken = 0;
}

struct tai_ns estimate_tai(const struct clock_estimate *e, struct mono_ns at)
{
    int64_t dt = mono_sub(at, e->at).ns;

    return (struct tai_ns){ ns_add(e->tai.ns, ns_add(dt, (int64_t)floor((double)dt * e->rate + 0.5))) };
}

double estimate_offset_s(const struct clock_estimate *e, struct mono_ns at, struct tai_ns tai)
{
    int64_t dt = mono_sub(at, e->at).ns;
    double turned = (double)dt * e->rate;

    return ((double)ns_sub(ns_sub(tai.ns, e->tai.ns), dt) - turned) * 1e-9;
}

/* Interacting multiple models: each filter starts from the mixture of those that may have turned into it. */
static void mix(struct clock_filter *bank, double turn)
{
    struct clock_filter old[CLOCK_FILTERS];

    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        old[i] = bank[i];
    for (unsigned j = 0; j < CLOCK_FILTERS; j++) {
        struct clock_filter m = { 0 };
        unsigned from = j > 0 ? j - 1 : 0, to = j + 1 < CLOCK_FILTERS ? j + 1 : j;

        for (unsigned i = from; i <= to; i++) {
            double p = old[i].weight * (i == j ? 1 - 2 * turn : turn);

            m.weight += p;
            m.x_s += p * old[i].x_s;
            m.y += p * old[i].y;
        }
        m.x_s /= m.weight;
        m.y /= m.weight;
        for (unsigned i = from; i <= to; i++) {
            double p = old[i].weight * (i == j ? 1 - 2 * turn : turn) / m.weight, dx = old[i].x_s - m.x_s, dy = old[i].y - m.y;

            m.pxx += p * (old[i].pxx + dx * dx);
            m.pxy += p * (old[i].pxy + dx * dy);
            m.pyy += p * (old[i].pyy + dy * dy);
        }
        bank[j] = m;
    }
}

static void predict(struct clock_filter *f, double w, double t)
{
    double q = w * w;

    f->x_s += f->y * t;
    f->pxx += 2 * t * f->pxy + t * t * f->pyy + q * t * t * t / 3;
    f->pxy += t * f->pyy + q * t * t / 2;
    f->pyy += q * t;
}

/* Replace the x marginal by (m, v); y follows by regression. */
static void absorb(struct clock_filter *f, double m, double v)
{
    double g = f->pxy / f->pxx;

    v = fmax(v, VAR_MIN);
    f->y += g * (m - f->x_s);
    f->pyy += g * g * (v - f->pxx);
    f->pxy = g * v;
    f->x_s = m;
    f->pxx = v;
}

/* Evidence of the sample under one part of its law, and the x marginal it leads to. */
struct piece { double evidence, mean, var; };

static struct piece piece_gauss(const struct clock_filter *f, double centre, double r)
{
    double v = f->pxx + r, d = centre - f->x_s;

    return (struct piece){ exp(-d * d / (2 * v)) / sqrt(2 * M_PI * v), f->x_s + f->pxx / v * d, f->pxx * r / v };
}

static double density(double a) { return exp(-a * a / 2) / sqrt(2 * M_PI); }
static double upper_tail(double a) { return erfc(a / M_SQRT2) / 2; }

/* The truncated normal of a box whose edges are blurred by a Gaussian of variance `soft`; what is left of it tells of nothing below `least`. */
static struct piece piece_cut(const struct clock_filter *f, double centre, double half, double v, double shift, double least)
{
    double sd = sqrt(v), a = (centre - half - f->x_s - shift) / sd, b = (centre + half - f->x_s - shift) / sd;
    double z = a > 0 ? upper_tail(a) - upper_tail(b) : upper_tail(-b) - upper_tail(-a), m, left;

    if (!(z > least))
        return (struct piece){ 0, f->x_s, f->pxx };
    m = (density(a) - density(b)) / z;
    left = fmin(fmax(1 + (a * density(a) - b * density(b)) / z - m * m, 1e-6), 1);
    return (struct piece){ z, f->x_s + f->pxx / v * (shift + m * sd), f->pxx - f->pxx * f->pxx / v * (1 - left) };
}

/* The box within which the error's density goes by exp(tilt e): that moves the normal which is cut by -tilt of its variance. Where the box is told from little
 * beside its tilt, what is cut off would be a difference of far tails, and its own moments say as much. */
static struct piece piece_box(const struct clock_filter *f, double centre, double half, double soft, double tilt)
{
    double v = f->pxx + soft, steep = fabs(tilt), from = half + (tilt < 0 ? centre - f->x_s : f->x_s - centre);
    struct noise_moments box;
    struct piece p;

    if (steep * half < EVEN_TILT) {
        p = piece_cut(f, centre, half, v, 0, 1e-12);
        p.evidence /= 2 * half;
    } else if (steep * sqrt(v) < STEEP) {
        p = piece_cut(f, centre, half, v, -tilt * v, 1e-200);
        p.evidence *= steep / (1 - exp(-2 * steep * half)) * exp(steep * steep * v / 2 - steep * from);
    } else {
        box = noise_in_box(half, tilt);
        p = piece_gauss(f, centre - box.mean_s, box.var + soft);
    }
    return isfinite(p.evidence) ? p : (struct piece){ 0, f->x_s, f->pxx };
}

static void pieces(const struct clock_filter *f, double z, const struct clock_law *law, double misfit, struct piece p[NOISE_PARTS + 1])
{
    p[NOISE_BOX] = piece_box(f, z, law->half_s, law->soft_var, law->tilt);
    p[NOISE_BODY] = piece_gauss(f, z, law->body_var);
    p[NOISE_EDGE_LOW] = piece_gauss(f, z - law->half_s, law->edge_var);
    p[NOISE_EDGE_HIGH] = piece_gauss(f, z + law->half_s, law->edge_var);
    p[NOISE_PARTS] = (struct piece){ misfit, f->x_s, f->pxx };
    for (unsigned i = 0; i < NOISE_PARTS; i++)
        p[i].evidence *= law->share[i];
}

/* One filter takes the sample; its share of the fit is added with the weight it had before. Returns the evidence. */
static double filter_update(struct clock_filter *f, double z, const struct clock_law *law, double misfit, struct clock_fit *fit)
{
    struct piece p[NOISE_PARTS + 1];
    double sum = 0, mean = 0, var = 0, e;

    pieces(f, z, law, misfit, p);
    for (unsigned i = 0; i <= NOISE_PARTS; i++)
        sum += p[i].evidence;
    for (unsigned i = 0; i <= NOISE_PARTS; i++)
        mean += p[i].evidence / sum * p[i].mean;
    for (unsigned i = 0; i <= NOISE_PARTS; i++)
        var += p[i].evidence / sum * (p[i].var + (p[i].mean - mean) * (p[i].mean - mean));
    for (unsigned i = 0; i < NOISE_PARTS; i++)
        fit->part[i] += f->weight * p[i].evidence;
    fit->outlier += f->weight * p[NOISE_PARTS].evidence;
    e = z - p[NOISE_BODY].mean;
    fit->body_e2 += f->weight * p[NOISE_BODY].evidence * (e * e + p[NOISE_BODY].var);
    absorb(f, mean, var);
    return sum;
}

static void normalise(struct clock_filter *bank)
{
    double sum = 0;

    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        sum += bank[i].weight;
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        bank[i].weight = fmax((1 - RELEARN) * bank[i].weight / sum + RELEARN * prior[i], NEVER_LESS);
}

static void fit_finish(struct clock_fit *fit)
{
    double sum = fit->outlier;

    for (unsigned i = 0; i < NOISE_PARTS; i++)
        sum += fit->part[i];
    if (fit->part[NOISE_BODY] > 0)
        fit->body_e2 /= fit->part[NOISE_BODY];
    fit->outlier /= sum;
    for (unsigned i = 0; i < NOISE_PARTS; i++)
        fit->part[i] /= sum;
}

struct total { double x_s, y, pxx, skew, log_wander; };

static struct total total_of(const struct clock_filter *bank)
{
    struct total t = { 0 };
    double sum = 0;

    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        sum += bank[i].weight;
        t.x_s += bank[i].weight * bank[i].x_s;
        t.y += bank[i].weight * bank[i].y;
        t.log_wander += bank[i].weight * log(wander[i]);
    }
    t.x_s /= sum;
    t.y /= sum;
    t.log_wander /= sum;
    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        t.pxx += bank[i].weight / sum * (bank[i].pxx + (bank[i].x_s - t.x_s) * (bank[i].x_s - t.x_s));
        t.skew += bank[i].weight / sum * sqrt(bank[i].pyy + (bank[i].y - t.y) * (bank[i].y - t.y));
    }
    return t;
}

/* The wander that plans are made with: up at once, down slowly, because a long interval chosen in a calm moment is paid for later. Of few
 * samples all count: what was guessed before the first is no reason to ask more often for long. */
static double slow_wander(double slow, double fast, double taken)
{
    return fast > slow ? sqrt(fast * slow) : slow * pow(fast / slow, 1 / fmin(WANDER_MEMORY, 1 + taken / 2));
}

/* Take the bank's mean error into the line. */
static struct clock_move rebase(struct clock_estimate *e)
{
    struct total t = total_of(e->bank);
    struct clock_move move = estimate_shift(e, t.x_s);

    e->rate += t.y;
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        e->bank[i].y -= t.y;
    e->skew = t.skew;
    e->wander = slow_wander(e->wander, exp(t.log_wander), e->taken++);
    assert(isfinite(e->rate) && isfinite(e->skew));
    move.x_s += t.y * dur_to_s(mono_sub(e->aged, e->at));
    move.y = t.y;
    return move;
}

void estimate_expect(struct clock_estimate *e, double expected)
{
    if (!(expected > 0))
        return;
    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        double decades = log10(wander[i] / expected);

        e->bank[i].weight = prior[i] * exp(-decades * decades / 2) + NEVER_LESS; /* within a factor of ten, most likely: it may be another day */
    }
    normalise(e->bank);
    e->wander = expected;
}

/* Where noise is large the wander is told by many samples together, and each may forget only its part of what it adds. */
static double tells(const struct clock_estimate *e, double dt_s, const struct clock_law *law)
{
    double grown_s = e->skew * dt_s, expected = total_of(e->bank).pxx + grown_s * grown_s;

    return fmin(expected / (expected + law->body_var) / TELLING, 1);
}

struct clock_move estimate_update(struct clock_estimate *e, struct mono_ns at, double offset_s, const struct clock_law *law, struct clock_fit *fit)
{
    double dt_s = dur_to_s(mono_sub(at, e->at));
    struct total before;
    double misfit;

    assert(isfinite(offset_s) && law->half_s > 0);
    e->opened -= e->opened > 0;
    *fit = (struct clock_fit){ .outlier = 0 };
    if (dt_s > 0) { /* the line's own value at `at` stays the reference of the filters' x */
        e->tai = estimate_tai(e, at);
        e->at = at;
        mix(e->bank, SWITCH * tells(e, dt_s, law));
        for (unsigned i = 0; i < CLOCK_FILTERS; i++)
            predict(&e->bank[i], wander[i], dt_s);
    }
    before = total_of(e->bank);
    fit->innovation_s = offset_s - before.x_s;
    fit->innovation_var = before.pxx;
    misfit = OUTLIER / (law->misfit_s + MISFIT_SIGMAS * sqrt(before.pxx));
    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        double evidence = filter_update(&e->bank[i], offset_s, law, misfit, fit);

        e->bank[i].weight *= evidence / misfit; /* a ratio near 1, whatever the unit */
    }
    normalise(e->bank);
    fit_finish(fit);
    return rebase(e);
}

struct clock_move estimate_shift(struct clock_estimate *e, double x_s)
{
    struct dur_ns whole = dur_from_s(x_s);

    e->tai = tai_add(e->tai, whole);
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        e->bank[i].x_s -= dur_to_s(whole);
    return (struct clock_move){ dur_to_s(whole), 0 };
}

struct clock_move estimate_replace(struct clock_estimate *e, double x_s, double half_s)
{
    struct clock_move move = estimate_shift(e, x_s);

    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        e->bank[i].x_s = e->bank[i].pxy = 0;
        e->bank[i].pxx = fmax(half_s * half_s, VAR_MIN);
    }
    return move;
}

struct clock_move estimate_limit(struct clock_estimate *e, double lo, double hi)
{
    double y = fmin(fmax(e->rate, lo), hi) - e->rate;

    e->rate += y;
    return (struct clock_move){ y * dur_to_s(mono_sub(e->aged, e->at)), y };
}

void estimate_inflate(struct clock_estimate *e, double x_sd_s)
{
    for (unsigned i = 0; i < CLOCK_FILTERS; i++)
        e->bank[i].pxx += x_sd_s * x_sd_s;
}

/* A frequency that jumped at any instant of the last T seconds by y of standard deviation s moved the phase by y t, t even in 0..T: variances s^2 T^2/3,
 * s^2 T/2, s^2. The calm filters take it for a jump of phase. */
void estimate_open(struct clock_estimate *e, double jump_s, double since_s)
{
    double agile = 0, all = 0, pyy;

    since_s = fmax(since_s, JUMP_SINCE_S);
    pyy = 3 * jump_s * jump_s / (since_s * since_s);
    estimate_inflate(e, jump_s);
    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        all += e->bank[i].weight;
        agile += i < AGILE ? 0 : e->bank[i].weight;
    }
    for (unsigned i = 0; i < CLOCK_FILTERS; i++) {
        struct clock_filter *f = &e->bank[i];

        f->weight *= i < AGILE ? (1 - FREQUENCY_JUMPED) / (all - agile) : FREQUENCY_JUMPED / agile;
        if (i < AGILE)
            continue;
        f->pxy += pyy * since_s / 2;
        f->pyy += pyy;
    }
    e->opened = OPENED_SAMPLES;
}
