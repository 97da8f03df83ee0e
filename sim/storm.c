#include "sim/storm.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "sim/check.h"
#include "sim/storm_kinds.h"

/* The assumptions: clock.max_drift 1 ppm while measured, 15 ppm once all sources are silent; more than half of the sources truthful. */
#define WALK_PPM 0.25     /* walk, sine and steps together stay within +-0.5 ppm of the middle: 1 ppm from any learnt value */
#define SINE_PPM 0.2
#define STEP_PPM 0.04
#define SILENT_PPM 14.4
#define LOCAL_SILENT_PPM 12 /* the statement about the start grows at max_drift_silent from a frequency that nobody has learnt */
#define EDGE_SILENT_PPM 14 /* what jumps from edge to edge is there at any moment */
#define REFERENCE_POLL_LOG2 4 /* of a reference clock one sample in 4 to 16 s counts, however often it is read */
#define DEAD_S (-20780.0 * STORM_DAY_S) /* before 1970-02 */

/* Honest ones are h1.., liars l1..; a truthful server's clock is anywhere inside its own claim, often at the very edge. */
static void write_servers(struct storm *s)
{
    s->servers = 1 + storm_below(s, 7);
    s->liars = storm_chance(s, 0.6) ? storm_below(s, (s->servers + 1) / 2) : 0;
    if (s->has[STORM_NEAR] && s->liars == 0) {
        s->servers += 2;
        s->liars = 1;
    }
    storm_draw_sources(s);
    for (unsigned i = 1; i <= s->servers - s->liars; i++) {
        double error_us = floor(storm_log_between(s, 1, 20000)), root_delay_us = storm_log_between(s, 1, 20000);
        unsigned stratum = 1 + storm_below(s, 4);

        fprintf(s->out, "node server h%u stratum %u error %.0fus root delay %.0fus\n", i, stratum, error_us + storm_is_clock(s, true, i),
                storm_is_clock(s, true, i) ? 0 : root_delay_us); /* rates are rounded */
        s->error_us[i] = error_us;
        for (unsigned change = s->has[STORM_CREEP] || s->has[STORM_CLAIMS] ? 0 : storm_below(s, 4); change > 0; change--) {
            double when = storm_between(s, 0, STORM_DAY_S), part = storm_chance(s, 0.5) ? storm_sign(s) : storm_between(s, -1, 1);

            fprintf(s->out, "at %.0f h%u lies %.0fus\n", when, i, part * error_us);
        }
    }
    if (s->liars)
        fprintf(s->out, "node server l1..l%u stratum 1 error 1us\n", s->liars);
    storm_hush(s, 0, 0);
}

static void write_liars(struct storm *s)
{
    bool together = storm_chance(s, 0.5);
    double when = storm_between(s, 0, STORM_DAY_S / 2), lie = storm_signed_log(s, 1e-4, 3600);

    for (unsigned i = 1; i <= s->liars && !s->calm_liars; i++) {
        if (!together) {
            when = storm_between(s, 0, STORM_DAY_S / 2);
            lie = storm_signed_log(s, 1e-4, 3600);
        }
        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f l%u drifts %.3fppm\n", when, i, storm_signed_log(s, 0.01, 1000));
        else
            fprintf(s->out, "at %.0f l%u lies %.6fs\n", when, i, lie);
        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f l%u lies 0\n", storm_between(s, when, STORM_DAY_S), i);
    }
}

static void write_client(struct storm *s)
{
    static const char *const stamps[] = { "", " user stamps", " hardware stamps" };
    const char *kind = s->leap ? s->leap : "none";

    double drift_max = s->has[STORM_LOCAL] ? 2 : 400;
    double drift = storm_between(s, -drift_max, drift_max), wander = storm_log_between(s, 1e-11, 1e-7), farthest = storm_chance(s, 0.2) ? 4e8 : 3600;
    double offset = storm_signed_log(s, 1e-6, s->has[STORM_LOCAL] ? 1 : farthest);
    bool steers = storm_chance(s, 0.5), warm = storm_chance(s, 0.3) && !s->has[STORM_EDGE];
    const char *stamp = stamps[storm_below(s, 3)];

    fprintf(s->out, "node client c drift %.3fppm wander %.3g within %.3gppm offset %.6fs%s%s", drift, s->has[STORM_EDGE] ? 0 : wander, WALK_PPM,
            s->has[STORM_DEAD] ? DEAD_S : offset, steers ? " steers" : "", stamp);
    if (warm)
        fprintf(s->out, " temperature %.2fppm period %.0fm", SINE_PPM, storm_log_between(s, 10, 1440));
    fprintf(s->out, "\n");
    if (storm_chance(s, 0.3))
        fprintf(s->out, "set c holdover.max_error %.0fms\n", storm_log_between(s, 10, 10000));
    for (unsigned i = storm_below(s, 4); i > 0; i--)
        fprintf(s->out, "at %.0f c reads leap file %s at %s\n", storm_chance(s, 0.5) ? storm_between(s, 1, 300) : storm_between(s, 1, STORM_DAY_S), kind,
                s->leap ? "2027-01-01" : "2037-01-01");
}

/* All the asymmetry a round trip can hide: one direction may take the whole delay. */
static void write_link(struct storm *s, const char *name, bool may_lose, bool absent)
{
    static const char *const laws[] = { "exponential", "gaussian", "heavy", "uniform" };
    double delay_us = storm_log_between(s, 20, 100000), share = storm_chance(s, 0.3) ? storm_below(s, 2) : storm_between(s, 0.3, 0.7);
    double loss = may_lose ? storm_between(s, 0, 50) : storm_between(s, 0, 8);
    int poll_min = (int)storm_below(s, s->has[STORM_OPTIONS] ? 9 : 5) + (s->has[STORM_OPTIONS] ? 2 : 4);

    s->delay_us = delay_us;
    for (int way = 0; way < 2; way++) {
        double part_us = delay_us * (way ? share : 1 - share), jitter_us = storm_chance(s, 0.2) ? 0 : storm_log_between(s, 0.5, delay_us);
        double copies = storm_between(s, 0, 5), overtaken = storm_between(s, 0, 5), by_ms = storm_log_between(s, 1, 2000);
        double queue_us = storm_log_between(s, 100, 200000), period_m = storm_between(s, 20, 900);
        const char *from = way ? name : "c", *to = way ? "c" : name, *law = laws[storm_below(s, 4)];

        fprintf(s->out, "link %s to %s delay %.0fus jitter %s %.1fus loss %.1f%%\n", from, to, part_us, law, jitter_us, loss);
        fprintf(s->out, "link %s to %s duplicate %.1f%% reorder %.1f%% by %.0fms\n", from, to, copies, overtaken, by_ms);
        if (storm_chance(s, 0.2))
            fprintf(s->out, "link %s to %s congested %.0fus period %.0fm\n", from, to, queue_us, period_m);
    }
    s->poll_max = poll_min + (int)storm_below(s, 3);
    if (!absent)
        fprintf(s->out, "source c %s poll %d..%d%s\n", name, poll_min, s->poll_max, storm_chance(s, 0.8) ? "" : " no burst");
}

/* Another path; or the same round trip, and the other side is the slow one now, which no client can see. */
static void write_route(struct storm *s, const char *name)
{
    double when = storm_between(s, 0, STORM_DAY_S), delay_us = storm_chance(s, 0.5) ? storm_log_between(s, 20, 200000) : s->delay_us;
    double share = storm_chance(s, 0.5) ? storm_below(s, 2) : storm_between(s, 0, 1);

    fprintf(s->out, "at %.0f link c to %s delay %.0fus\nat %.0f link %s to c delay %.0fus\n", when, name, delay_us * share, when, name, delay_us * (1 - share));
}

/* Anything but flipped bits, which could make a true answer a lie nobody can see. */
static void write_forgery(struct storm *s, const char *name)
{
    double when = storm_between(s, 0, STORM_DAY_S);

    fprintf(s->out, "at %.0f %s forges %s\n", when, name, story_tampers[storm_below(s, TAMPER_BITS)]);
}

static void write_paths(struct storm *s)
{
    int poll_max = 0;

    for (unsigned i = 0; i < s->servers; i++) {
        char name[16];
        bool honest = i < s->servers - s->liars;
        unsigned number = honest ? i + 1 : i + 1 - (s->servers - s->liars);

        snprintf(name, sizeof name, "%c%u", honest ? 'h' : 'l', number);
        if (storm_is_clock(s, honest, number)) {
            storm_write_clock(s, honest, number);
            poll_max = poll_max > REFERENCE_POLL_LOG2 ? poll_max : REFERENCE_POLL_LOG2;
            continue;
        }
        write_link(s, name, s->liars == 0, honest && number > s->base);
        poll_max = s->poll_max > poll_max ? s->poll_max : poll_max;
        if (storm_chance(s, 0.3))
            write_route(s, name);
        if (s->liars == 0 && storm_chance(s, 0.1))
            fprintf(s->out, "at %.0f %s kisses RATE\n", storm_between(s, 0, STORM_DAY_S), name);
        if (storm_chance(s, 0.1))
            write_forgery(s, name);
    }
    s->poll_max = poll_max;
}

/* Every source gone; after eight polls the frequency may go astray by up to the silent limit, for good or until just before they are back. An outage inside
 * another would end the silence before the frequency has come back. */
static void write_outage(struct storm *s)
{
    double from = storm_between(s, s->calm_from, s->calm_from + STORM_DAY_S * 0.5), silent = from + 10 * ldexp(1, s->poll_max) + 60;
    double until = from + storm_log_between(s, 60, 30000);
    double astray = storm_sign(s) * (s->has[STORM_LOCAL] ? LOCAL_SILENT_PPM : s->has[STORM_EDGE] ? EDGE_SILENT_PPM : SILENT_PPM);
    bool once = s->has[STORM_LOCAL] || s->has[STORM_PILE] || s->has[STORM_CORE] || s->has[STORM_MOVES];

    if (from > STORM_DAY_S)
        return;
    s->calm_from = until + STORM_LIAR_WAIT_S;

    fprintf(s->out, "at %.0f h1..h%u falls silent\nat %.0f h1..h%u answers again\n", from, s->servers - s->liars, until, s->servers - s->liars);
    storm_hush(s, from, until);
    if (storm_chance(s, 0.4) || silent + 20 >= until || (s->astray && once) || s->has[STORM_GROUP]) /* a group goes on talking */
        return;
    s->astray = true;
    fprintf(s->out, "at %.0f c changes frequency %.2fppm\n", silent, astray);
    if (storm_chance(s, 0.5))
        fprintf(s->out, "at %.0f c changes frequency %.2fppm\n", until - 10, -astray);
}

static void write_trouble(struct storm *s)
{
    double when = storm_between(s, STORM_LIAR_WAIT_S, STORM_DAY_S * 0.8), slept = storm_log_between(s, 1, 20000);

    switch (storm_below(s, 5)) {
    case 0:
        write_outage(s);
        break;
    case 1:
        fprintf(s->out, "at %.0f c suspends %.0fs\n", when, slept);
        if (!s->has[STORM_NEAR]) /* who was reachable before is waited for */
            storm_hush(s, when, when + slept);
        break;
    case 2:
        if (s->has[STORM_LOCAL])
            break;
        fprintf(s->out, "at %.0f c steps %.3fs\n", when, storm_signed_log(s, 1e-3, 3600));
        if (!s->has[STORM_NEAR]) /* who was reachable before is waited for */
            storm_hush(s, when, when);
        break;
    case 3:
        fprintf(s->out, "at %.0f c restarts\n", when);
        storm_hush(s, when, when);
        break;
    default:
        fprintf(s->out, "at %.0f c changes frequency %.3fppm\n", when, storm_sign(s) * STEP_PPM);
        break;
    }
}

/* An operator takes sources out and back in; of those that are left most are honest. */
static void write_operator(struct storm *s)
{
    unsigned most = s->liars ? s->base - s->liars - 1 : s->base, out = most ? 1 + storm_below(s, most) : 0;
    double from = storm_between(s, 1, STORM_DAY_S * 0.9), until = from + storm_log_between(s, 60, 30000);

    if (out && s->base)
        fprintf(s->out, "at %.0f c takes h1..h%u offline\nat %.0f c takes h1..h%u online\n", from, out, until, out);
    if (s->liars && storm_chance(s, 0.5))
        fprintf(s->out, "at %.0f c takes l1..l%u offline\nat %.0f c takes l1..l%u online\n", from, s->liars, until, s->liars);
}

void storm_write(FILE *out, uint64_t seed, uint32_t with)
{
    struct storm s = { .out = out, .calm_from = STORM_LIAR_WAIT_S };

    storm_choose(&s, seed, with);
    fprintf(out, "# written by utcsim --storm %llu\nseed %llu\nrun 1d\nprobe 16s\n", (unsigned long long)seed, (unsigned long long)(seed & 0xffffffff));
    storm_write_date(&s);
    write_servers(&s);
    write_client(&s);
    write_paths(&s);
    write_liars(&s);
    for (unsigned i = storm_below(&s, 3); i > 0; i--)
        write_trouble(&s);
    if (storm_chance(&s, 0.3))
        write_operator(&s);
    storm_write_kinds(&s);
    storm_write_hushes(&s);
}

/* In which ways a source gives no time: at first, or from some moment on. */
static void write_silence(struct storm *s, double when_s, const char *who)
{
    static const char *const ways[] = {
        "falls silent", "loses its clock", "tampers alarm", "tampers stratum-0", "tampers stratum-16", "tampers kiss-stratum", "kisses DENY", "kisses RATE",
        "kisses INIT", "announces root dispersion 100s", "tampers transmit-zero", "tampers late",
    };

    fprintf(s->out, "at %.0f %s %s\n", when_s, who, ways[storm_below(s, sizeof ways / sizeof ways[0])]);
}

void storm_write_start(FILE *out, uint64_t seed, uint32_t with)
{
    struct storm s = { .out = out };
    double run_s, loss, offset;

    (void)with;
    prng_seed(&s.p, seed ^ UINT64_C(0x5354415254)); /* another stream than the days' */
    run_s = storm_log_between(&s, 30, 1800);
    loss = storm_chance(&s, 0.5) ? 0 : storm_between(&s, 0, 100);
    offset = storm_signed_log(&s, 1e-6, 4e8);
    s.servers = 1 + storm_below(&s, 4);
    fprintf(out, "# written by utcsim --storm %llu --starts 1\n", (unsigned long long)seed);
    fprintf(out, "seed %llu\nrun %.0fs\nprobe 2s\n", (unsigned long long)(seed & 0xffffffff), run_s);
    fprintf(out, "node server h1..h%u error 100us\nnode client c drift %.1fppm wander 1e-9 offset %.6fs\n", s.servers, storm_between(&s, -400, 400), offset);
    fprintf(out, "excuse c bound\n"); /* the days judge that, with paths that keep to the assumptions */
    fprintf(out, "link c h1..h%u delay %.0fus jitter exponential 100us loss %.1f%%\n", s.servers, storm_log_between(&s, 20, 100000), loss);
    fprintf(out, "set c holdover.max_error %.0fms\n", storm_log_between(&s, 1, 1000));
    for (unsigned i = 1; i <= s.servers; i++) {
        char name[16];

        snprintf(name, sizeof name, "h%u", i);
        fprintf(out, "source c %s poll 4\n", name);
        if (storm_chance(&s, 0.7))
            write_silence(&s, storm_chance(&s, 0.6) ? 0 : storm_between(&s, 0, run_s), name);
    }
    if (storm_chance(&s, 0.2))
        fprintf(out, "at %.0f c restarts\n", storm_between(&s, 1, run_s));
    if (storm_chance(&s, 0.2))
        fprintf(out, "at %.0f c suspends %.0fs\n", run_s / 2, storm_between(&s, 1, 100));
}

struct outcome { uint64_t violations[INVARIANT_COUNT]; double days, usable_days; };

static struct outcome judge(const struct sim_world *w)
{
    struct outcome o = { .days = dur_to_s(w->story->run) / STORM_DAY_S };
    double usable = 0, clients = 0;

    for (unsigned i = 0; i < w->node_count; i++) {
        const struct sim_totals *t = &w->node[i].c.totals;

        for (unsigned k = 0; w->node[i].client && k < INVARIANT_COUNT; k++)
            o.violations[k] += w->node[i].c.excused[k] ? 0 : t->violations[k];
        clients += w->node[i].client;
        usable += w->node[i].client && t->probes ? (double)t->usable / (double)t->probes : 0;
    }
    o.usable_days = o.days * usable / clients;
    return o;
}

static struct outcome run_one(const struct storm_order *order, uint64_t seed)
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
    order->write(f, seed, order->with);
    fclose(f);
    if (order->verbose)
        fputs(text, stdout);
    if (story_parse(&s, "storm", text, &error)) {
        fprintf(stderr, "storm %llu:%d:%d: %s\n", (unsigned long long)seed, error.line, error.column, error.text);
        abort();
    }
    w = world_new(&s, s.seed, NULL);
    w->log = order->verbose ? stdout : NULL;
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

unsigned storm_run(const struct storm_order *order)
{
    double days = 0, usable_days = 0;
    unsigned broken = 0;
    clock_t began = clock();

    for (unsigned i = 0; i < order->runs; i++) {
        struct outcome o = run_one(order, order->seed + i);

        days += o.days;
        usable_days += o.usable_days;
        broken += tell(&o, order->seed + i);
    }
    printf("%u runs, %.1f simulated days, usable %.1f %% of the time, %.0f s of processor time: %u with a broken invariant\n", order->runs, days,
           100 * usable_days / days, (double)(clock() - began) / CLOCKS_PER_SEC, broken);
    return broken;
}
