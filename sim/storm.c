#include "sim/storm.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "sim/check.h"

#define DAY_S 86400
#define LIAR_WAIT_S 4000 /* after a start or an outage honest sources are heard first: until then a liar alone would be a majority */

/* The assumptions: clock.max_drift 1 ppm while measured, 15 ppm once all sources are silent; more than half of the sources truthful. */
#define WALK_PPM 0.25     /* walk, sine and steps together stay within +-0.5 ppm of the middle: 1 ppm from any learnt value */
#define SINE_PPM 0.2
#define STEP_PPM 0.04
#define SILENT_PPM 14.4

/* delay_us: of the last path; calm_from: when the last outage is over. */
struct storm { FILE *out; struct prng p; unsigned servers, liars; int poll_max; double delay_us, calm_from; };

/* Draws stand in statements of their own: the order in which a call's arguments are evaluated is the compiler's. */
static double between(struct storm *s, double low, double high) { return low + (high - low) * prng_uniform(&s->p); }
static double log_between(struct storm *s, double low, double high) { return low * pow(high / low, prng_uniform(&s->p)); }
static unsigned below(struct storm *s, unsigned n) { return (unsigned)(prng_u64(&s->p) % n); }
static bool chance(struct storm *s, double share) { return prng_uniform(&s->p) < share; }
static int sign(struct storm *s) { return chance(s, 0.5) ? 1 : -1; }

static double signed_log(struct storm *s, double low, double high)
{
    double size = log_between(s, low, high);

    return sign(s) * size;
}

/* Honest ones are h1.., liars l1..; a truthful server's clock is anywhere inside its own claim, often at the very edge. */
static void write_servers(struct storm *s)
{
    s->servers = 1 + below(s, 7);
    s->liars = chance(s, 0.6) ? below(s, (s->servers + 1) / 2) : 0;
    for (unsigned i = 1; i <= s->servers - s->liars; i++) {
        double error_us = floor(log_between(s, 1, 20000)), root_delay_us = log_between(s, 1, 20000);
        unsigned stratum = 1 + below(s, 4);

        fprintf(s->out, "node server h%u stratum %u error %.0fus root delay %.0fus\n", i, stratum, error_us, root_delay_us);
        for (unsigned change = below(s, 4); change > 0; change--) {
            double when = between(s, 0, DAY_S), part = chance(s, 0.5) ? sign(s) : between(s, -1, 1);

            fprintf(s->out, "at %.0f h%u lies %.0fus\n", when, i, part * error_us);
        }
    }
    if (s->liars == 0)
        return;
    fprintf(s->out, "node server l1..l%u stratum 1 error 1us\nl1..l%u falls silent\nat %d l1..l%u answers again\n", s->liars, s->liars, LIAR_WAIT_S, s->liars);
}

static void write_liars(struct storm *s)
{
    bool together = chance(s, 0.5);
    double when = between(s, 0, DAY_S / 2), lie = signed_log(s, 1e-4, 3600);

    for (unsigned i = 1; i <= s->liars; i++) {
        if (!together) {
            when = between(s, 0, DAY_S / 2);
            lie = signed_log(s, 1e-4, 3600);
        }
        if (chance(s, 0.3))
            fprintf(s->out, "at %.0f l%u drifts %.3fppm\n", when, i, signed_log(s, 0.01, 1000));
        else
            fprintf(s->out, "at %.0f l%u lies %.6fs\n", when, i, lie);
        if (chance(s, 0.3))
            fprintf(s->out, "at %.0f l%u lies 0\n", between(s, when, DAY_S), i);
    }
}

static void write_client(struct storm *s)
{
    static const char *const stamps[] = { "", " user stamps", " hardware stamps" };

    double drift = between(s, -400, 400), wander = log_between(s, 1e-11, 1e-7), farthest = chance(s, 0.2) ? 4e8 : 3600, offset = signed_log(s, 1e-6, farthest);
    bool steers = chance(s, 0.5), warm = chance(s, 0.3);
    const char *stamp = stamps[below(s, 3)];

    fprintf(s->out, "node client c drift %.3fppm wander %.3g within %.3gppm offset %.6fs%s%s", drift, wander, WALK_PPM, offset, steers ? " steers" : "", stamp);
    if (warm)
        fprintf(s->out, " temperature %.2fppm period %.0fm", SINE_PPM, log_between(s, 10, 1440));
    fprintf(s->out, "\n");
    if (chance(s, 0.3))
        fprintf(s->out, "set c holdover.max_error %.0fms\n", log_between(s, 10, 10000));
    for (unsigned i = below(s, 4); i > 0; i--)
        fprintf(s->out, "at %.0f c reads leap file none at 2037-01-01\n", chance(s, 0.5) ? between(s, 1, 300) : between(s, 1, DAY_S));
}

/* All the asymmetry a round trip can hide: one direction may take the whole delay. */
static void write_link(struct storm *s, const char *name, bool may_lose)
{
    static const char *const laws[] = { "exponential", "gaussian", "heavy", "uniform" };
    double delay_us = log_between(s, 20, 100000), share = chance(s, 0.3) ? below(s, 2) : between(s, 0.3, 0.7);
    double loss = may_lose ? between(s, 0, 50) : between(s, 0, 8);
    int poll_min = (int)below(s, 5) + 4;

    s->delay_us = delay_us;
    for (int way = 0; way < 2; way++) {
        double part_us = delay_us * (way ? share : 1 - share), jitter_us = chance(s, 0.2) ? 0 : log_between(s, 0.5, delay_us);
        double copies = between(s, 0, 5), overtaken = between(s, 0, 5), by_ms = log_between(s, 1, 2000), queue_us = log_between(s, 100, 200000);
        double period_m = between(s, 20, 900);
        const char *from = way ? name : "c", *to = way ? "c" : name, *law = laws[below(s, 4)];

        fprintf(s->out, "link %s to %s delay %.0fus jitter %s %.1fus loss %.1f%%\n", from, to, part_us, law, jitter_us, loss);
        fprintf(s->out, "link %s to %s duplicate %.1f%% reorder %.1f%% by %.0fms\n", from, to, copies, overtaken, by_ms);
        if (chance(s, 0.2))
            fprintf(s->out, "link %s to %s congested %.0fus period %.0fm\n", from, to, queue_us, period_m);
    }
    s->poll_max = poll_min + (int)below(s, 3);
    fprintf(s->out, "source c %s poll %d..%d%s\n", name, poll_min, s->poll_max, chance(s, 0.8) ? "" : " no burst");
}

/* Another path; or the same round trip, and the other side is the slow one now, which no client can see. */
static void write_route(struct storm *s, const char *name)
{
    double when = between(s, 0, DAY_S), delay_us = chance(s, 0.5) ? log_between(s, 20, 200000) : s->delay_us;
    double share = chance(s, 0.5) ? below(s, 2) : between(s, 0, 1);

    fprintf(s->out, "at %.0f link c to %s delay %.0fus\nat %.0f link %s to c delay %.0fus\n", when, name, delay_us * share, when, name, delay_us * (1 - share));
}

/* Anything but flipped bits, which could make a true answer a lie nobody can see. */
static void write_forgery(struct storm *s, const char *name)
{
    double when = between(s, 0, DAY_S);

    fprintf(s->out, "at %.0f %s forges %s\n", when, name, story_tampers[below(s, TAMPER_BITS)]);
}

static void write_paths(struct storm *s)
{
    int poll_max = 0;

    for (unsigned i = 0; i < s->servers; i++) {
        char name[16];
        bool honest = i < s->servers - s->liars;

        snprintf(name, sizeof name, "%c%u", honest ? 'h' : 'l', honest ? i + 1 : i + 1 - (s->servers - s->liars));
        write_link(s, name, s->liars == 0);
        poll_max = s->poll_max > poll_max ? s->poll_max : poll_max;
        if (chance(s, 0.3))
            write_route(s, name);
        if (s->liars == 0 && chance(s, 0.1))
            fprintf(s->out, "at %.0f %s kisses RATE\n", between(s, 0, DAY_S), name);
        if (chance(s, 0.1))
            write_forgery(s, name);
    }
    s->poll_max = poll_max;
}

static void hush_liars(struct storm *s, double from, double until)
{
    if (s->liars)
        fprintf(s->out, "at %.0f l1..l%u falls silent\nat %.0f l1..l%u answers again\n", from, s->liars, until + LIAR_WAIT_S, s->liars);
}

/* Every source gone; after eight polls the frequency may go astray by up to the silent limit, for good or until just before they are back. An outage inside
 * another would end the silence before the frequency has come back. */
static void write_outage(struct storm *s)
{
    double from = between(s, s->calm_from, s->calm_from + DAY_S * 0.5), silent = from + 10 * ldexp(1, s->poll_max) + 60;
    double until = from + log_between(s, 60, 30000);
    double astray = sign(s) * SILENT_PPM;

    if (from > DAY_S)
        return;
    s->calm_from = until + LIAR_WAIT_S;

    fprintf(s->out, "at %.0f h1..h%u falls silent\nat %.0f h1..h%u answers again\n", from, s->servers - s->liars, until, s->servers - s->liars);
    hush_liars(s, from, until);
    if (chance(s, 0.4) || silent + 20 >= until)
        return;
    fprintf(s->out, "at %.0f c changes frequency %.2fppm\n", silent, astray);
    if (chance(s, 0.5))
        fprintf(s->out, "at %.0f c changes frequency %.2fppm\n", until - 10, -astray);
}

static void write_trouble(struct storm *s)
{
    double when = between(s, LIAR_WAIT_S, DAY_S * 0.8), slept = log_between(s, 1, 20000);

    switch (below(s, 5)) {
    case 0:
        write_outage(s);
        break;
    case 1:
        fprintf(s->out, "at %.0f c suspends %.0fs\n", when, slept);
        hush_liars(s, when, when + slept);
        break;
    case 2:
        fprintf(s->out, "at %.0f c steps %.3fs\n", when, signed_log(s, 1e-3, 3600));
        hush_liars(s, when, when);
        break;
    case 3:
        fprintf(s->out, "at %.0f c restarts\n", when);
        hush_liars(s, when, when);
        break;
    default:
        fprintf(s->out, "at %.0f c changes frequency %.3fppm\n", when, sign(s) * STEP_PPM);
        break;
    }
}

/* An operator takes sources out and back in; of those that are left most are honest. */
static void write_operator(struct storm *s)
{
    unsigned honest = s->servers - s->liars, most = s->liars ? honest - s->liars - 1 : honest, out = most ? 1 + below(s, most) : 0;
    double from = between(s, 0, DAY_S * 0.9), until = from + log_between(s, 60, 30000);

    if (out)
        fprintf(s->out, "at %.0f c takes h1..h%u offline\nat %.0f c takes h1..h%u online\n", from, out, until, out);
    if (s->liars && chance(s, 0.5))
        fprintf(s->out, "at %.0f c takes l1..l%u offline\nat %.0f c takes l1..l%u online\n", from, s->liars, until, s->liars);
}

void storm_write(FILE *out, uint64_t seed)
{
    struct storm s = { .out = out, .calm_from = LIAR_WAIT_S };

    prng_seed(&s.p, seed);
    fprintf(out, "# written by utcsim --storm %llu\nseed %llu\nrun 1d\nprobe 16s\n", (unsigned long long)seed, (unsigned long long)(seed & 0xffffffff));
    write_servers(&s);
    write_client(&s);
    write_paths(&s);
    write_liars(&s);
    /* two troubles may overlap: then the second could let liars speak while the first keeps the others silent */
    for (unsigned i = below(&s, s.liars ? 2 : 3); i > 0; i--)
        write_trouble(&s);
    if (chance(&s, 0.3))
        write_operator(&s);
}

/* In which ways a source gives no time: at first, or from some moment on. */
static void write_silence(struct storm *s, double when_s, const char *who)
{
    static const char *const ways[] = {
        "falls silent", "loses its clock", "tampers alarm", "tampers stratum-0", "tampers stratum-16", "tampers kiss-stratum", "kisses DENY", "kisses RATE",
        "kisses INIT", "announces root dispersion 100s", "tampers transmit-zero", "tampers late",
    };

    fprintf(s->out, "at %.0f %s %s\n", when_s, who, ways[below(s, sizeof ways / sizeof ways[0])]);
}

void storm_write_start(FILE *out, uint64_t seed)
{
    struct storm s = { .out = out };
    double run_s, loss, offset;

    prng_seed(&s.p, seed ^ UINT64_C(0x5354415254)); /* another stream than the days' */
    run_s = log_between(&s, 30, 1800);
    loss = chance(&s, 0.5) ? 0 : between(&s, 0, 100);
    offset = signed_log(&s, 1e-6, 4e8);
    s.servers = 1 + below(&s, 4);
    fprintf(out, "# written by utcsim --storm %llu --starts 1\n", (unsigned long long)seed);
    fprintf(out, "seed %llu\nrun %.0fs\nprobe 2s\n", (unsigned long long)(seed & 0xffffffff), run_s);
    fprintf(out, "node server h1..h%u error 100us\nnode client c drift %.1fppm wander 1e-9 offset %.6fs\n", s.servers, between(&s, -400, 400), offset);
    fprintf(out, "excuse c bound\n"); /* the days judge that, with paths that keep to the assumptions */
    fprintf(out, "link c h1..h%u delay %.0fus jitter exponential 100us loss %.1f%%\n", s.servers, log_between(&s, 20, 100000), loss);
    fprintf(out, "set c holdover.max_error %.0fms\n", log_between(&s, 1, 1000));
    for (unsigned i = 1; i <= s.servers; i++) {
        char name[16];

        snprintf(name, sizeof name, "h%u", i);
        fprintf(out, "source c %s poll 4\n", name);
        if (chance(&s, 0.7))
            write_silence(&s, chance(&s, 0.6) ? 0 : between(&s, 0, run_s), name);
    }
    if (chance(&s, 0.2))
        fprintf(out, "at %.0f c restarts\n", between(&s, 1, run_s));
    if (chance(&s, 0.2))
        fprintf(out, "at %.0f c suspends %.0fs\n", run_s / 2, between(&s, 1, 100));
}

struct outcome { uint64_t violations[INVARIANT_COUNT]; double days, usable_days; };

static struct outcome judge(const struct sim_world *w)
{
    struct outcome o = { .days = dur_to_s(w->story->run) / DAY_S };

    for (unsigned i = 0; i < w->node_count; i++) {
        const struct sim_totals *t = &w->node[i].c.totals;

        for (unsigned k = 0; w->node[i].client && k < INVARIANT_COUNT; k++)
            o.violations[k] += w->node[i].c.excused[k] ? 0 : t->violations[k];
        o.usable_days += t->probes ? o.days * (double)t->usable / (double)t->probes : 0;
    }
    return o;
}

static struct outcome run_one(void (*write)(FILE *, uint64_t), uint64_t seed, bool verbose)
{
    struct story_error error;
    struct outcome o;
    struct sim_world *w;
    struct story s;
    struct check c;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    write(f, seed);
    fclose(f);
    if (verbose)
        fputs(text, stdout);
    if (story_parse(&s, "storm", text, &error)) {
        fprintf(stderr, "storm %llu:%d:%d: %s\n", (unsigned long long)seed, error.line, error.column, error.text);
        abort();
    }
    w = world_new(&s, s.seed, NULL);
    w->log = verbose ? stdout : NULL;
    check_init(&c, w, false);
    world_run(w);
    o = judge(w);
    check_free(&c);
    world_free(w);
    story_free(&s);
    free(text);
    return o;
}

static bool tell(const struct outcome *o, uint64_t seed)
{
    bool broken = false;

    for (unsigned k = 0; k < INVARIANT_COUNT; k++) {
        if (o->violations[k] == 0)
            continue;
        printf("seed %llu: %s broken %llu times\n", (unsigned long long)seed, story_invariants[k], (unsigned long long)o->violations[k]);
        broken = true;
    }
    return broken;
}

unsigned storm_run(void (*write)(FILE *, uint64_t), uint64_t seed, unsigned runs, bool verbose)
{
    double days = 0, usable_days = 0;
    unsigned broken = 0;
    clock_t began = clock();

    for (unsigned i = 0; i < runs; i++) {
        struct outcome o = run_one(write, seed + i, verbose);

        days += o.days;
        usable_days += o.usable_days;
        broken += tell(&o, seed + i);
    }
    printf("%u runs, %.1f simulated days, usable %.1f %% of the time, %.0f s of processor time: %u with a broken invariant\n", runs, days,
           100 * usable_days / days, (double)(clock() - began) / CLOCKS_PER_SEC, broken);
    return broken;
}
