/* The bound as a property: thousands of randomised schedules inside the declared assumptions, their edges included. */
#include "base/rng.h"
#include "clock/clock_fixture.h"

#define SOURCES_MAX 5
#define TRADE_FROM_S 900
#define MAX_DRIFT 1e-6 /* fixture_options() */
#define CREEP 0.3e-6 /* s/s: what one side gains and the other loses, and so what the offset moves by */
#ifndef SCHEDULES /* fewer where the machine is emulated */
#define SCHEDULES 2000
#endif

enum law { LAW_EXPONENTIAL, LAW_ANY_SPLIT, LAW_ONE_WAY, LAW_NORMAL, LAW_QUEUE, LAW_TRADE, LAW_CREEP, LAW_COUNT };
enum drift { DRIFT_STEADY, DRIFT_FLIPS, DRIFT_EDGE, DRIFT_WANDER, DRIFT_COUNT };

struct peer {
    bool liar;
    enum law law;
    double base_s, jitter_s, loss;
    double lie_s;       /* truthful: within its root dispersion */
    double lie_rate;    /* liars drift away */
    struct dur_ns root_delay, root_dispersion;
    double next_s;
    int burst;
    uint8_t reach;
};

struct schedule {
    struct fixture f;
    struct prng rng;
    struct peer peer[SOURCES_MAX];
    unsigned peers;
    enum drift drift;
    double centre, flip, edge, next_flip_s, silence_from_s, silence_to_s;
    bool served_once, jumped;
    struct utc_ns last_served;
    uint64_t seed;
};

static double between(struct prng *r, double lo, double hi) { return lo + (hi - lo) * prng_uniform(r); }
static double log_between(struct prng *r, double lo, double hi) { return exp(between(r, log(lo), log(hi))); }
static unsigned one_of(struct prng *r, unsigned n) { return (unsigned)(prng_u64(r) % n); }

static void peer_init(struct schedule *s, struct peer *p, bool liar)
{
    struct prng *r = &s->rng;
    double root_s = log_between(r, 1e-7, 5e-3);

    p->liar = liar;
    p->law = one_of(r, LAW_COUNT);
    p->base_s = log_between(r, 5e-6, 5e-2);
    p->jitter_s = p->base_s * log_between(r, 1e-3, 3);
    p->loss = prng_uniform(r) < 0.3 ? 0.3 : 0;
    p->root_delay = dur_from_s(root_s);
    p->root_dispersion = dur_from_s(root_s);
    /* A truthful source may be wrong by its root distance exactly. */
    p->lie_s = liar ? between(r, -1, 1) * log_between(r, 1e-4, 5) : root_s * 1.5 * (one_of(r, 2) ? 1 : -1) * (one_of(r, 2) ? 1 : prng_uniform(r));
    p->lie_rate = liar ? between(r, -5e-6, 5e-6) : 0;
    p->next_s = between(r, 0.1, 1);
    p->burst = 4;
}

static void delays(struct schedule *s, struct peer *p, double *out_s, double *back_s)
{
    struct prng *r = &s->rng;
    double extra;

    *out_s = *back_s = p->base_s / 2;
    switch (p->law) {
    case LAW_EXPONENTIAL:
        *out_s += p->jitter_s * prng_exponential(r);
        *back_s += p->jitter_s * prng_exponential(r);
        break;
    case LAW_ANY_SPLIT: /* the whole round trip, divided anyhow */
        extra = p->base_s + p->jitter_s * prng_exponential(r);
        *out_s = extra * prng_uniform(r);
        *back_s = extra - *out_s;
        break;
    case LAW_ONE_WAY: /* asymmetric by the full delay, always */
        *out_s = p->base_s + p->jitter_s * prng_exponential(r);
        *back_s = 1e-9;
        break;
    case LAW_NORMAL:
        *out_s += fabs(p->base_s + p->jitter_s * prng_normal(r));
        *back_s += fabs(p->base_s + p->jitter_s * prng_normal(r));
        break;
    case LAW_TRADE: /* one side's delay for the other's, at once, and nothing of it in the round trip; but not before there is anything to tell it from */
        extra = s->f.true_s > TRADE_FROM_S && sin(s->f.true_s / 3000 + p->base_s * 1e5) > 0 ? p->base_s : 0;
        *out_s = extra + p->jitter_s * prng_exponential(r);
        *back_s = p->base_s - extra + p->jitter_s * prng_exponential(r);
        break;
    case LAW_CREEP: /* the same so slowly that it looks like a frequency, within what the oscillator is allowed */
        extra = fabs(fmod(s->f.true_s * CREEP / p->base_s, 2) - 1) * p->base_s;
        *out_s = extra + p->jitter_s * prng_exponential(r);
        *back_s = p->base_s - extra + p->jitter_s * prng_exponential(r);
        break;
    default: /* a queue one way that comes and goes */
        *out_s += p->jitter_s * prng_exponential(r) * (sin(s->f.true_s / 1800) > 0 ? 10 : 0.1);
        break;
    }
}

/* In every other schedule some sources follow one machine, or each other, liars and truthful ones alike. */
static void make_kin(struct schedule *s)
{
    struct prng r;

    prng_seed(&r, ~s->seed);
    for (unsigned i = 0; s->seed % 2 && i < s->peers; i++)
        s->f.upstream[i] = one_of(&r, 2) ? fixture_refid(one_of(&r, s->peers)) : one_of(&r, 3);
}

static void schedule_init(struct schedule *s, uint64_t seed)
{
    unsigned liars;

    memset(s, 0, sizeof *s);
    s->seed = seed;
    prng_seed(&s->rng, seed);
    s->f.o = fixture_options();
    s->drift = one_of(&s->rng, DRIFT_COUNT);
    s->centre = s->f.slow = between(&s->rng, -490e-6, 490e-6);
    fixture_start(&s->f, between(&s->rng, -1, 1) * log_between(&s->rng, 1e-6, 1e4));
    s->flip = MAX_DRIFT / 2;
    s->edge = 0.7 * MAX_DRIFT;
    s->peers = 1 + one_of(&s->rng, SOURCES_MAX);
    liars = one_of(&s->rng, (s->peers + 1) / 2);
    s->silence_from_s = between(&s->rng, 2000, 15000);
    s->silence_to_s = s->silence_from_s + (one_of(&s->rng, 2) ? between(&s->rng, 600, 8000) : 0);
    for (unsigned i = 0; i < s->peers; i++) {
        peer_init(s, &s->peer[i], i < liars);
        fixture_source(&s->f, (uint16_t)i);
        if (s->peer[i].law == LAW_CREEP) { /* what is learnt may be off by that much */
            s->flip = (MAX_DRIFT - CREEP) / 2;
            s->edge -= CREEP;
        }
    }
    make_kin(s);
}

/* The oscillator: within max_drift of what was learnt. */
static void turn_oscillator(struct schedule *s)
{
    if (s->f.true_s < s->next_flip_s)
        return;
    s->next_flip_s = s->f.true_s + between(&s->rng, 10, 2000);
    switch (s->drift) {
    case DRIFT_FLIPS:
        s->f.slow = s->centre + (one_of(&s->rng, 2) ? s->flip : -s->flip);
        break;
    case DRIFT_EDGE: /* once a frequency has been learnt: away from it as far as is declared, and there to stay */
        if (!s->jumped && clock_drift(&s->f.c).skew_ppm < 0.05 && fabs(clock_page(&s->f.c)->rate - s->f.slow) < MAX_DRIFT - s->edge) {
            s->f.slow = clock_page(&s->f.c)->rate + (one_of(&s->rng, 2) ? s->edge : -s->edge);
            s->jumped = true;
        }
        break;
    case DRIFT_WANDER:
        s->f.slow += 1e-8 * prng_normal(&s->rng);
        break;
    default:
        break;
    }
}

static void check(struct schedule *s)
{
    struct clock_view v = fixture_view(&s->f);
    struct utc_ns t = fixture_utc(&s->f);
    bool usable = v.leap != LEAP_UNKNOWN;
    int64_t radius = v.root_delay.ns / 2 + v.root_dispersion.ns;

    if (!s->served_once && !usable)
        return;
    s->served_once = true;
    if (t.ns < v.earliest.ns || t.ns > v.latest.ns || dur_abs(utc_sub(t, v.utc)).ns > radius || v.utc.ns < s->last_served.ns) {
        print_message("seed %llu at %.1f s: status %d, true - served %lld ns, bound -%lld +%lld, served moved %lld\n", (unsigned long long)s->seed, s->f.true_s,
                      (int)v.status, (long long)(t.ns - v.utc.ns), (long long)(v.utc.ns - v.earliest.ns), (long long)(v.latest.ns - v.utc.ns),
                      (long long)(v.utc.ns - s->last_served.ns));
        fail();
    }
    s->last_served = v.utc;
}

/* Publishing is seamless: at the same instant the old page and the new one tell the same time, unless a step was announced. */
static void check_seam(struct schedule *s, const struct clock_view *before)
{
    struct clock_view after = fixture_view(&s->f);

    if (fixture_did(&s->f, CLOCK_DO_STEP)) {
        assert_false(s->served_once);
        return;
    }
    assert_true(dur_abs(utc_sub(after.utc, before->utc)).ns <= 1);
}

/* More than half of the reachable sources are truthful: an answer that would break that is lost. */
static bool would_outnumber(const struct schedule *s, unsigned asked)
{
    unsigned truthful = 0, liars = 0;

    for (unsigned i = 0; i < s->peers; i++) {
        bool reachable = i == asked || s->peer[i].reach != 0;

        truthful += reachable && !s->peer[i].liar;
        liars += reachable && s->peer[i].liar;
    }
    return liars >= truthful;
}

static void poll(struct schedule *s, unsigned i)
{
    struct peer *p = &s->peer[i];
    bool silent = s->f.true_s > s->silence_from_s && s->f.true_s < s->silence_to_s, lost = silent || (s->f.true_s > 20 && prng_uniform(&s->rng) < p->loss);
    struct clock_view before = fixture_view(&s->f);
    double out_s, back_s;

    lost = lost || (s->f.true_s > 20 && would_outnumber(s, i));
    p->reach = (uint8_t)(p->reach << 1 | !lost);
    if (lost) {
        s->f.a.count = 0;
        clock_source_missed(&s->f.c, (uint16_t)i, p->reach, fixture_now(&s->f), &s->f.a);
    } else {
        delays(s, p, &out_s, &back_s);
        fixture_answer_rooted(&s->f, (uint16_t)i, out_s, back_s, p->lie_s + p->lie_rate * s->f.true_s, p->root_delay, p->root_dispersion);
    }
    check_seam(s, &before);
    p->next_s = s->f.true_s + (p->burst > 1 ? 2 : dur_to_s(clock_poll(&s->f.c, (uint16_t)i)) * between(&s->rng, 1, 1.03));
    p->burst -= p->burst > 1;
    if (silent) /* they come back together, as polls that back off and burst do */
        p->next_s = fmin(p->next_s, s->silence_to_s + between(&s->rng, 0, 60));
}

static void run(uint64_t seed, double until_s)
{
    static struct schedule s;

    schedule_init(&s, seed);
    while (s.f.true_s < until_s) {
        double next_s = s.f.true_s + between(&s.rng, 0.5, 40);
        unsigned due = SOURCES_MAX;

        for (unsigned i = 0; i < s.peers; i++)
            if (s.peer[i].next_s < next_s) {
                due = i;
                next_s = s.peer[i].next_s;
            }
        fixture_sleep(&s.f, fmax(next_s - s.f.true_s, 0));
        check(&s);
        turn_oscillator(&s);
        if (!mono_before(fixture_now(&s.f), clock_next(&s.f.c))) {
            struct clock_view before = fixture_view(&s.f);

            fixture_tick(&s.f);
            check_seam(&s, &before);
        }
        if (due < SOURCES_MAX)
            poll(&s, due);
        check(&s);
    }
}

static void bound_holds_inside_the_assumptions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SCHEDULES; seed++)
        run(seed, 20000);
}

/* Of hundreds of thousands these left the bound by up to 0.3 % while few samples were believed more: a lone source whose path takes any part of a round trip,
 * or trades its sides in the first hour, or soon after a silence. */
static void bound_holds_where_few_samples_once_said_too_much(void **state)
{
    static const uint64_t seeds[] = { 17235, 142316, 459159, 810013324, 810015073 };

    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        run(seeds[i], 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_holds_inside_the_assumptions), cmocka_unit_test(bound_holds_where_few_samples_once_said_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
