#include "clock/noise.h"

#include <math.h>
#include <string.h>

#define BLOCK_SAMPLES 64        /* 8 blocks: the floor is at most 512 samples old */
#define SCALE_MEMORY 64.0
#define USUAL 2.0               /* scales: what is longer is no usual excess, */
#define USUAL_MEAN 0.945        /* without it, this is left of the mean of exponential excess in both directions */
#define LEARN_MEMORY 48.0
#define PRIOR_SAMPLES 16.0
#define FIRST_SCALE 0.25        /* of the round trip, until samples tell */
#define SCALE_MIN_S 2e-9
#define FIRST_BODY 0.125        /* Var(e)/E(D)^2 of exponential excess: J^2/2 over (2J)^2 */
#define SHARE_MIN 0.01
#define LATE 16.0               /* a sample that weighs less than this part of a usual one is as good as lost */
#define MISFIT_SPREAD 10.0
#define SHAPE_MEMORY 64.0
#define SHAPE_SAMPLES 8         /* until then moments say nothing */
#define MIDDLE_MEAN 1.2         /* mean over median of exponential excess in both directions, */
#define FIRST_TYPICAL 0.3       /* and typical error over that mean */
#define SKEW_FLOORED 1.2        /* of exponential excess in both directions, as few samples show it, */
#define SKEW_SPREAD 0.4         /* give or take */
#define FLOORED 0.9             /* of all paths, before anything is known: their jitter piles up above a floor */
#define EXCESS_MOST 4.0         /* scales: what is longer would count for all the others, */
#define SLOPE_MOST 0.49         /* and no direction is quite without jitter */
#define SLOPE_SURE 1.5          /* standard deviations that a slope has to be beyond to count, and by what it is */
#define TILT_LEAST 0.01         /* over half the box: less is no tilt */
#define TILT_MOST 30.0          /* from here on the far edge does not matter */
#define TELLING 2.0             /* one offset says no more than this for a floor or against it, a logarithm */
#define LONE_SAMPLES 8          /* from here on */
#define LONE_GAP 2.5            /* a shortest round trip that the next is so many expected errors of the floor above stands alone */
#define APART_MEMORY 64.0       /* of a reference clock: samples; */
#define APART_MOST 16.0         /* one that is farther off than so many variances is no longer noise; */
#define DECLARED_GUESS 0.25     /* of the declared error, until samples tell, */
#define DECLARED_LEAST 1e-3     /* and at least: what two samples in a row have in common is not seen in their difference */
#define LONGER_PATH 4.0         /* scales: round trips this far above the floor are late, and a run of them means a new path: */
#define LONGER_RUN 6.0          /* so many, or more where late packets are common, */
#define CHANCE 1e-6             /* so that chance makes no such run */
#define RISE_SAMPLES 32         /* before, what is usual is not known well enough */
#define EVEN 0.25               /* of what a path became longer by: offsets that shift by less did not take it all on one side */

static const double rises[CLOCK_NOISE_RISES] = { 0.5, 1, 2 }, prior_rise[CLOCK_NOISE_RISES] = { 0.736, 0.406, 0.092 }; /* exponential excess both ways */
static const double prior_share[NOISE_PARTS] = { [NOISE_BOX] = 0.70, [NOISE_BODY] = 0.26, [NOISE_EDGE_LOW] = 0.02, [NOISE_EDGE_HIGH] = 0.02 };

void noise_init(struct clock_noise *n)
{
    memset(n, 0, sizeof *n);
    for (unsigned i = 0; i < CLOCK_NOISE_BINS; i++) {
        memcpy(n->bin[i].share, prior_share, sizeof prior_share);
        n->bin[i].body = FIRST_BODY;
    }
    for (unsigned i = 0; i < CLOCK_NOISE_RISES; i++)
        n->rise[i].share = prior_rise[i];
}

bool noise_is_sane(const struct clock_noise *n)
{
    for (unsigned b = 0; b < CLOCK_NOISE_BINS; b++) {
        double sum = 0;

        for (unsigned p = 0; p < NOISE_PARTS; p++) {
            if (!(n->bin[b].share[p] > 0))
                return false;
            sum += n->bin[b].share[p];
        }
        if (!(fabs(sum - 1) < 1e-3 && n->bin[b].body > 0))
            return false;
    }
    return n->floor_s >= 0 && n->scale_s >= SCALE_MIN_S / 2 && n->error_var > 0;
}

/* Another path: what round trips of two have in common is no shape. */
static void forget_shape(struct clock_noise *n)
{
    n->shaped = n->mean_s = n->m2 = n->m3 = n->floored = 0;
    memset(&n->beside, 0, sizeof n->beside);
}

static void restart_window(struct clock_noise *n, double floor_s)
{
    for (unsigned i = 0; i < CLOCK_NOISE_BLOCKS; i++)
        n->block_min_s[i][0] = n->block_min_s[i][1] = i == n->block ? floor_s : INFINITY;
    n->in_block = 0;
    n->floor_s = n->least_s = floor_s;
}

/* So many late packets in a row are no chance. */
static double no_chance(const struct clock_noise *n) { return fmax(LONGER_RUN, log(CHANCE) / log(n->late)); }

/* What was taken for the beginning of a longer path was late packets. */
static void end_run(struct clock_noise *n)
{
    n->late = 1 - (1 - n->late) * pow(1 - 1 / SCALE_MEMORY, n->run);
    n->run = 0;
}

static void lengthen_run(struct clock_noise *n, double delay_s)
{
    double least = fmin(n->run_least_s, delay_s), most = fmax(n->run_most_s, delay_s);

    if (n->run > 0 && most - least > (least - n->floor_s) / 2)
        end_run(n);
    n->run_least_s = n->run > 0 ? least : delay_s;
    n->run_most_s = n->run > 0 ? most : delay_s;
    n->run++;
}

/* A path that became longer shows as round trips that all stay far above the old floor, close to each other. A queue wanders instead, and late packets
 * are no longer in a row than chance has it. */
static void follow_longer_path(struct clock_noise *n, double delay_s)
{
    if (delay_s - n->floor_s <= LONGER_PATH * n->scale_s) {
        end_run(n);
        n->late *= 1 - 1 / SCALE_MEMORY;
        return;
    }
    lengthen_run(n, delay_s);
    if (n->run < no_chance(n))
        return;
    restart_window(n, n->run_least_s);
    forget_shape(n);
    n->run = 0;
}

/* Keep the two smallest. */
static void keep(double least[2], double v)
{
    if (v < least[0]) {
        least[1] = least[0];
        least[0] = v;
    } else if (v < least[1]) {
        least[1] = v;
    }
}

/* How much too high a minimum is expected to be: the mean for one sample of exponential excess, about 0.6 mean/sqrt(n) for many. */
static double unseen_s(const struct clock_noise *n, double mean_s)
{
    return (n->samples < 3 ? 1 : 0.6) * mean_s / sqrt(fmin(n->samples, BLOCK_SAMPLES * CLOCK_NOISE_BLOCKS));
}

/* The shortest round trip of the window, unless no other comes near it: then it was no round trip of this path, and is left out until another
 * confirms it. */
static void find_floor(struct clock_noise *n)
{
    double least[2] = { INFINITY, INFINITY }, before_s = n->floor_s;

    for (unsigned i = 0; i < CLOCK_NOISE_BLOCKS; i++) {
        keep(least, n->block_min_s[i][0]);
        keep(least, n->block_min_s[i][1]);
    }
    n->least_s = least[0];
    n->floor_s = n->samples >= LONE_SAMPLES && least[1] - least[0] > LONE_GAP * unseen_s(n, n->all_s) ? least[1] : least[0];
    n->floor_s = fmax(n->floor_s, n->since_s[1]);
    if (before_s - n->floor_s > LONGER_PATH * n->scale_s)
        forget_shape(n);
}

/* A path that became longer by less than LONGER_PATH shows as a run of round trips that do not come down to the floor any more, longer than chance makes
 * it. */
static void take_rise(struct clock_noise *n, struct clock_rise *r, double least, double delay_s)
{
    double excess = delay_s - n->floor_s;

    if (n->samples < RISE_SAMPLES)
        return;
    if (excess <= least * (r->run ? r->unit_s : n->scale_s)) {
        r->share = (1 - (1 - r->share) * pow(1 - 1 / SCALE_MEMORY, r->run)) * (1 - 1 / SCALE_MEMORY);
        r->run = 0;
        return;
    }
    if (r->run == 0) {
        r->unit_s = n->scale_s;
        r->least_s = delay_s;
        r->leaning_s = r->leanings = 0;
    }
    r->least_s = fmin(r->least_s, delay_s);
    r->run++;
}

/* Where it became longer on both sides alike, offsets stay as they are; where one side has a queue, truth is at the edge of what the old floor allows. */
static bool risen(const struct clock_noise *n, const struct clock_rise *r, double least_share)
{
    return r->run >= fmax(LONGER_RUN, log(CHANCE) / log(fmax(r->share, least_share))) && r->leanings >= LONGER_RUN &&
           fabs(r->leaning_s) < EVEN * (r->least_s - n->floor_s) * r->leanings;
}

/* The floor of the law is that of the run; what the bound is proven by (least_s) is not touched. */
static void raise_floor(struct clock_noise *n, const struct clock_rise *r)
{
    n->floor_s = n->since_s[0] = n->since_s[1] = r->least_s;
    n->scale_s = fmin(n->scale_s, r->unit_s);
    forget_shape(n);
    for (unsigned i = 0; i < CLOCK_NOISE_RISES; i++)
        n->rise[i].run = 0;
}

static void window_take(struct clock_noise *n, double delay_s)
{
    if (n->samples == 0)
        restart_window(n, INFINITY);
    if (n->in_block >= BLOCK_SAMPLES) {
        n->in_block = 0;
        n->block = (n->block + 1) % CLOCK_NOISE_BLOCKS;
        n->block_min_s[n->block][0] = n->block_min_s[n->block][1] = INFINITY;
    }
    n->in_block++;
    keep(n->block_min_s[n->block], delay_s);
    keep(n->since_s, delay_s);
    n->samples++;
    find_floor(n);
    follow_longer_path(n, delay_s);
    for (unsigned i = 0; i < CLOCK_NOISE_RISES; i++)
        take_rise(n, &n->rise[i], rises[i], delay_s);
}

/* Central moments of the round trips, forgetting. */
static void take_shape(struct clock_noise *n, double delay_s)
{
    double g = 1 / fmin(n->shaped + 1, SHAPE_MEMORY), d = delay_s - n->mean_s;

    n->m3 = (1 - g) * (n->m3 - 3 * g * d * n->m2 + g * (1 - 2 * g) * d * d * d);
    n->m2 = (1 - g) * (n->m2 + g * d * d);
    n->mean_s += g * d;
    n->shaped = fmin(n->shaped + 1, SHAPE_MEMORY);
}

/* Offsets against round trips: their variances and covariance. */
struct against { double excess, off, both; };

static struct against against_of(const struct clock_noise *n)
{
    return (struct against){ n->beside.excess_2 - n->beside.excess_s * n->beside.excess_s, n->beside.off_2 - n->beside.off_s * n->beside.off_s,
                             n->beside.both - n->beside.excess_s * n->beside.off_s };
}

/* Offsets that go with the round trips are no even jitter without a floor: there one says nothing of the other. Of n normal pairs that do not, this is how
 * likely such a correlation is. */
static double apartness(const struct clock_noise *n)
{
    struct against a = against_of(n);

    if (n->beside.seen < SHAPE_SAMPLES || !(a.excess > 0 && a.off > 0))
        return 1;
    return pow(fmax(1 - a.both * a.both / (a.excess * a.off), 0), n->beside.seen / 2);
}

/* Of two directions of exponential excess, of means a and b, the error's density goes by exp((1/b - 1/a) e) within the box. The variance of the round trips
 * is a^2 + b^2, and the error's slope against them (a^2 - b^2)/(a^2 + b^2)/2. */
static double tilt_of(const struct clock_noise *n)
{
    struct against a = against_of(n);
    double slope = a.both / a.excess, sure;

    if (n->beside.seen < SHAPE_SAMPLES || !(a.excess > 0))
        return 0;
    sure = fmin(fabs(slope), SLOPE_MOST) - SLOPE_SURE * sqrt(fmax(a.off - slope * a.both, 0) / a.excess / (n->beside.seen - 2));
    return sure > 0 ? copysign(1 / sqrt(a.excess * (0.5 - sure)) - 1 / sqrt(a.excess * (0.5 + sure)), slope) : 0;
}

struct noise_moments noise_in_box(double half_s, double tilt)
{
    double steep = fabs(tilt) * half_s, far = steep < TILT_MOST ? 1 / (sinh(steep) * sinh(steep)) : 0;

    if (steep < TILT_LEAST)
        return (struct noise_moments){ tilt * half_s * half_s / 3, half_s * half_s / 3 };
    return (struct noise_moments){ copysign(half_s / tanh(steep) - half_s / steep, tilt), half_s * half_s * (1 / (steep * steep) - far) };
}

/* How likely round trips of this shape, and what the offsets were beside them, are to have a hard floor under them. Jitter that piles up above a floor is
 * skewed to the right, 1.4 for two exponential directions; jitter that is not, is not. The skewness of n normal variables scatters by sqrt(6/n). */
static double floor_share(const struct clock_noise *n, double prior)
{
    double skew, plain, floored, odds;

    if (n->shaped < SHAPE_SAMPLES || !(n->m2 > 0))
        return prior;
    skew = fmin(n->m3 / (n->m2 * sqrt(n->m2)), SKEW_FLOORED);
    plain = sqrt(6 / n->shaped);
    floored = sqrt(SKEW_SPREAD * SKEW_SPREAD + 6 / n->shaped);
    odds = (1 - prior) / prior * floored / plain * apartness(n) *
           exp((skew - SKEW_FLOORED) * (skew - SKEW_FLOORED) / (2 * floored * floored) - skew * skew / (2 * plain * plain) - n->floored);
    return 1 / (1 + odds);
}

/* Of two independent directions the offset's error has a quarter of the round trip's variance, whatever the law. The variance of n normal variables is
 * itself known from them so well that the next one has n/(n - 3) of it. */
static double shape_var(const struct clock_noise *n)
{
    double exponential = FIRST_BODY * n->scale_s * n->scale_s;

    return n->shaped < SHAPE_SAMPLES ? exponential : fmin(exponential, n->m2 / 4 * n->shaped / (n->shaped - 3));
}

/* On a path without a floor a round trip says nothing of the offset's error: one body for all of them. */
static void allow_no_floor(const struct clock_noise *n, struct clock_law *law)
{
    double without = 1 - floor_share(n, FLOORED);

    for (unsigned i = 0; i < NOISE_PARTS; i++)
        law->share[i] += without * ((i == NOISE_BODY ? 1 - (NOISE_PARTS - 1) * SHARE_MIN : SHARE_MIN) - law->share[i]);
    law->body_var += without * (shape_var(n) - law->body_var);
}

/* What was learnt of samples like this one, and as long as those were few, what the shape of all says. */
static void expect(const struct clock_noise *n, struct clock_law *law)
{
    double learnt = n->bin[law->bin].seen / (n->bin[law->bin].seen + PRIOR_SAMPLES), centre = prior_share[NOISE_BOX] + prior_share[NOISE_BODY];
    double box = centre * floor_share(n, prior_share[NOISE_BOX] / centre), unit = n->scale_s * n->scale_s;

    for (unsigned i = 0; i < NOISE_PARTS; i++) {
        double guess = i == NOISE_BOX ? box : i == NOISE_BODY ? centre - box : prior_share[i];

        law->share[i] = fmax(learnt * n->bin[law->bin].share[i] + (1 - learnt) * guess, SHARE_MIN);
    }
    law->body_var = learnt * n->bin[law->bin].body * unit + (1 - learnt) * shape_var(n);
    allow_no_floor(n, law);
    law->body_var += law->soft_var;
}

/* Guesses that began with a late packet are far too large for long; the middle one of the first samples is not. */
static void correct_guesses(struct clock_noise *n, double delay_s)
{
    unsigned i = n->firsts;

    if (i == CLOCK_NOISE_FIRST)
        return;
    for (; i > 0 && n->first_s[i - 1] > delay_s; i--)
        n->first_s[i] = n->first_s[i - 1];
    n->first_s[i] = delay_s;
    if (++n->firsts < CLOCK_NOISE_FIRST)
        return;
    n->scale_s = fmin(n->scale_s, fmax(MIDDLE_MEAN * (n->first_s[CLOCK_NOISE_FIRST / 2] - n->floor_s), SCALE_MIN_S));
    n->typical_s = fmin(n->typical_s, FIRST_TYPICAL * n->scale_s);
}

static void take_scale(struct clock_noise *n, double delay_s, double excess, double gain)
{
    if (n->samples == 1) {
        n->scale_s = n->all_s = fmax(FIRST_SCALE * delay_s, SCALE_MIN_S);
        n->error_var = FIRST_BODY * n->scale_s * n->scale_s;
    }
    n->scale_s = fmax(n->scale_s + gain * (fmin(excess, USUAL * n->scale_s) / USUAL_MEAN - n->scale_s), SCALE_MIN_S);
    n->all_s = fmax(n->all_s + gain * (fmin(excess, 4 * n->all_s) - n->all_s), SCALE_MIN_S);
    correct_guesses(n, delay_s);
}

static void take_error(struct clock_noise *n, struct clock_law *law, double gain)
{
    double error = law->share[NOISE_BOX] * noise_in_box(law->half_s, law->tilt).var + law->share[NOISE_BODY] * law->body_var +
                   (law->share[NOISE_EDGE_LOW] + law->share[NOISE_EDGE_HIGH]) * (law->half_s * law->half_s + law->edge_var);

    law->late = n->typical_s > 0 && error > LATE * n->typical_s * n->typical_s;
    n->error_var += gain * (fmin(error, 16 * n->error_var) - n->error_var);
    n->typical_s = n->typical_s > 0 ? n->typical_s * exp(gain * fmin(fmax(log(sqrt(error) / n->typical_s), -1), 1)) : sqrt(error);
}

void noise_law(struct clock_noise *n, double delay_s, struct clock_law *law)
{
    double excess, gain;

    window_take(n, delay_s);
    take_shape(n, delay_s);
    excess = fabs(delay_s - n->floor_s); /* one that is left out is as doubtful as it is short */
    gain = n->samples == 1 ? 0 : fmax(2.0 / (n->samples + 2), 1 / SCALE_MEMORY); /* early guesses are soon forgotten */
    take_scale(n, delay_s, excess, gain);
    n->excess_s = excess;
    law->bin = excess < n->scale_s / 2 ? 0 : excess < 2 * n->scale_s ? 1 : 2;
    law->unseen_s = unseen_s(n, n->all_s);
    law->half_s = (excess + unseen_s(n, n->scale_s)) / 2;
    law->soft_var = 0.02 * 0.02 * n->scale_s * n->scale_s + 1e-18;
    law->tilt = tilt_of(n);
    law->edge_var = 0.15 * 0.15 * law->half_s * law->half_s + law->soft_var;
    expect(n, law);
    take_error(n, law, gain);
    law->misfit_s = MISFIT_SPREAD * (n->scale_s + law->half_s);
}

static void take_apart(struct clock_noise *n, double apart_s)
{
    double half = apart_s * apart_s / 2;

    if (!isfinite(apart_s))
        return;
    if (n->aparts >= NOISE_LAW_SAMPLES)
        half = fmin(half, APART_MOST * n->apart_var);
    n->aparts = fmin(n->aparts + 1, APART_MEMORY);
    n->apart_var += (half - n->apart_var) / n->aparts;
}

void noise_reference(struct clock_noise *n, double declared_s, double stamps_s, double apart_s, struct clock_law *law)
{
    double least_s = fmax(DECLARED_LEAST * declared_s, SCALE_MIN_S), sd_s;

    take_apart(n, apart_s);
    if (n->aparts >= NOISE_LAW_SAMPLES)
        n->error_var = fmax(n->apart_var, least_s * least_s);
    else if (!(n->error_var > 0))
        n->error_var = fmax(DECLARED_GUESS * DECLARED_GUESS * declared_s * declared_s, least_s * least_s);
    n->samples++;
    n->scale_s = n->all_s = n->typical_s = sqrt(n->error_var);
    sd_s = hypot(n->typical_s, stamps_s / 3);
    *law = (struct clock_law){
        .half_s = sd_s, .unseen_s = sd_s, .soft_var = sd_s * sd_s, .body_var = sd_s * sd_s, .edge_var = sd_s * sd_s, .misfit_s = 2 * MISFIT_SPREAD * sd_s,
        .share = { [NOISE_BOX] = SHARE_MIN, [NOISE_BODY] = 1 - 3 * SHARE_MIN, [NOISE_EDGE_LOW] = SHARE_MIN, [NOISE_EDGE_HIGH] = SHARE_MIN },
    };
}

static void lean_rises(struct clock_noise *n, double innovation_s)
{
    for (unsigned i = 0; i < CLOCK_NOISE_RISES; i++) {
        struct clock_rise *r = &n->rise[i];

        if (r->run == 0)
            continue;
        r->leaning_s += innovation_s;
        r->leanings++;
        if (risen(n, r, prior_rise[i]))
            raise_floor(n, r);
    }
}

/* Which the offset fitted better: the box and its edges, which its round trip drew, or the body, which does not ask for it. */
static void weigh_floor(struct clock_noise *n, const struct clock_law *law, const struct clock_fit *fit)
{
    double drawn = fit->part[NOISE_BOX] + fit->part[NOISE_EDGE_LOW] + fit->part[NOISE_EDGE_HIGH], body = fit->part[NOISE_BODY];
    double ratio = drawn / (1 - law->share[NOISE_BODY]) / (body / law->share[NOISE_BODY]);

    if (n->shaped < SHAPE_SAMPLES || !(ratio >= 0))
        return;
    n->floored += fmin(fmax(log(ratio), -TELLING), TELLING) - n->floored / SHAPE_MEMORY;
}

static void take_beside(struct clock_noise *n, double off_s)
{
    double excess_s = fmin(n->excess_s, EXCESS_MOST * n->scale_s), g = 1 / fmin(n->beside.seen + 1, SHAPE_MEMORY);

    n->beside.excess_s += g * (excess_s - n->beside.excess_s);
    n->beside.off_s += g * (off_s - n->beside.off_s);
    n->beside.excess_2 += g * (excess_s * excess_s - n->beside.excess_2);
    n->beside.off_2 += g * (off_s * off_s - n->beside.off_2);
    n->beside.both += g * (excess_s * off_s - n->beside.both);
    n->beside.seen = fmin(n->beside.seen + 1, SHAPE_MEMORY);
}

void noise_learn(struct clock_noise *n, const struct clock_law *law, const struct clock_fit *fit)
{
    double gain = 1 / fmin(n->bin[law->bin].seen + 1, LEARN_MEMORY), sum = 0;
    double unit = n->scale_s * n->scale_s, *share = n->bin[law->bin].share, *body = &n->bin[law->bin].body;
    double seen = fit->part[NOISE_BODY] * fit->body_e2 + fit->outlier * fit->innovation_s * fit->innovation_s, weight = fit->part[NOISE_BODY] + fit->outlier;

    n->bin[law->bin].seen = fmin(n->bin[law->bin].seen + 1, LEARN_MEMORY);
    for (unsigned i = 0; i < NOISE_PARTS; i++) {
        share[i] = fmax(share[i] + gain * (fit->part[i] + (i == NOISE_BODY ? fit->outlier : 0) - share[i]), SHARE_MIN);
        sum += share[i];
    }
    for (unsigned i = 0; i < NOISE_PARTS; i++)
        share[i] /= sum;
    *body = fmin(fmax(*body + gain * (seen / unit - weight * *body), 1e-4), 2 * *body);
    weigh_floor(n, law, fit);
    if (n->shaped >= SHAPE_SAMPLES && fit->outlier < 0.5)
        take_beside(n, fit->innovation_s);
    lean_rises(n, fit->innovation_s);
}

double noise_sd(const struct clock_noise *n)
{
    return sqrt(n->error_var);
}
