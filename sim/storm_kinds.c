#include "sim/storm_kinds.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/storm.h"

#define KIND_CHANCE 0.1

const char *const storm_kinds[] = { "leap", "moves", "core", "reload", "local", "chain", "interleaved", "dead", "hands", "standing", "creep", "pile",
                                    "reference", "smear", "pool", "guests", "options", "group", "edge",
                                    "claims", "near", "trades", NULL };

double storm_between(struct storm *s, double low, double high) { return low + (high - low) * prng_uniform(&s->p); }
double storm_log_between(struct storm *s, double low, double high) { return low * pow(high / low, prng_uniform(&s->p)); }
unsigned storm_below(struct storm *s, unsigned n) { return (unsigned)(prng_u64(&s->p) % (n > 0 ? n : 1)); }
bool storm_chance(struct storm *s, double share) { return prng_uniform(&s->p) < share; }
int storm_sign(struct storm *s) { return storm_chance(s, 0.5) ? 1 : -1; }

double storm_signed_log(struct storm *s, double low, double high)
{
    double size = storm_log_between(s, low, high);

    return storm_sign(s) * size;
}

bool storm_kind_add(const char *name, uint32_t *set)
{
    for (unsigned i = 0; i < STORM_KINDS; i++)
        if (strcmp(storm_kinds[i], name) == 0) {
            *set |= UINT32_C(1) << i;
            return true;
        }
    return false;
}

void storm_choose(struct storm *s, uint64_t seed, uint32_t with)
{
    prng_seed(&s->p, seed ^ UINT64_C(0x4b494e4453)); /* another stream than the day's */
    for (unsigned i = 0; i < STORM_KINDS; i++) {
        bool drawn = storm_chance(s, KIND_CHANCE);

        s->has[i] = drawn || with >> i & 1;
    }
    /* a statement about the system clock has to be true at each start */
    s->has[STORM_LEAP] |= s->has[STORM_SMEAR];
    s->has[STORM_LOCAL] |= s->has[STORM_GROUP];
    s->has[STORM_MOVES] &= !s->has[STORM_LOCAL];
    s->has[STORM_HANDS] &= !s->has[STORM_LOCAL];
    s->has[STORM_CLAIMS] &= !s->has[STORM_CREEP] && !s->has[STORM_STANDING]; /* they say what is claimed, too */
    prng_seed(&s->p, seed);
}

/* -- a leap second ----------------------------------------------------------------------------------------------- */

void storm_write_date(struct storm *s)
{
    static const char *const kinds[] = { "insert", "delete", "none" };
    unsigned hours = 2 + storm_below(s, 21);

    if (!s->has[STORM_LEAP])
        return;
    s->leap = kinds[storm_below(s, 3)];
    s->leap_s = hours * 3600.0;
    fprintf(s->out, "start 2026-12-31T%02u:00:00Z\nleap second %s at 2027-01-01\n", 24 - hours, s->leap);
}

static const char *other_leap(struct storm *s)
{
    static const char *const all[] = { "none", "insert", "delete" };

    return all[storm_below(s, 3)];
}

/* Most sources announce what is true. Others announce anything, at any time. */
static void write_leap(struct storm *s)
{
    static const char *const modes[] = { "step", "slew", "ignore", "smear" }, *const laws[] = { "linear", "cosine", "utc-sls" };
    unsigned all = s->base + s->liars, wrong = all ? (all - 1) / 2 - s->liars : 0;

    fprintf(s->out, "set c leap.mode %s\n", modes[storm_below(s, 4)]);
    fprintf(s->out, "set c leap.smear %s\n", laws[storm_below(s, 3)]);
    s->ignorant = wrong ? storm_below(s, wrong + 1) : 0;
    for (unsigned i = 1; i <= s->ignorant; i++)
        fprintf(s->out, "h%u announces leap %s\n", i, other_leap(s));
    for (unsigned i = 1; i <= s->liars; i++) {
        double when = storm_between(s, 0, STORM_DAY_S);
        const char *said = other_leap(s);

        if (storm_chance(s, 0.3))
            fprintf(s->out, "l%u smears %s\n", i, laws[storm_below(s, 3)]);
        if (storm_chance(s, 0.7))
            fprintf(s->out, "at %.0f l%u announces leap %s\n", when, i, said);
    }
}

/* What is done in the last hours of the day, and over its end. */
static void write_around_leap(struct storm *s)
{
    double before = storm_log_between(s, 1, 6000), after = storm_log_between(s, 1, 6000), from = s->leap_s - before;
    unsigned what = storm_below(s, 5);

    if (s->liars || what == 4)
        return;
    if (what == 0)
        fprintf(s->out, "at %.0f c suspends %.0fs\n", from, before + after);
    else if (what == 1)
        fprintf(s->out, "at %.0f c restarts\n", s->leap_s + storm_sign(s) * fmin(before, after));
    else if (what == 2)
        fprintf(s->out, "at %.0f c core dies %.0fs\n", from, fmin(before + after, 3600));
    else if (s->calm_from < from) {
        fprintf(s->out, "at %.0f h1..h%u falls silent\nat %.0f h1..h%u answers again\n", from, s->servers, s->leap_s + after, s->servers);
        s->calm_from = s->leap_s + after + STORM_LIAR_WAIT_S;
    }
}

/* -- the machine and its processes -------------------------------------------------------------------------------- */

void storm_hush(struct storm *s, double from, double until)
{
    assert(s->hushes < STORM_HUSHES_MAX);
    s->hush[s->hushes++] = (struct storm_span){ floor(from), ceil(until) + STORM_LIAR_WAIT_S };
}

static int by_begin(const void *a, const void *b)
{
    const struct storm_span *l = a, *r = b;

    return (l->from > r->from) - (l->from < r->from);
}

void storm_write_hushes(struct storm *s)
{
    qsort(s->hush, s->hushes, sizeof s->hush[0], by_begin);
    for (unsigned i = 0, next; s->liars && i < s->hushes; i = next) {
        double until = s->hush[i].until;

        for (next = i + 1; next < s->hushes && s->hush[next].from <= until; next++)
            until = fmax(until, s->hush[next].until);
        fprintf(s->out, "at %.0f l1..l%u falls silent\nat %.0f l1..l%u answers again\n", s->hush[i].from, s->liars, until, s->liars);
    }
}

/* Elsewhere the oscillator has any frequency; how long it took nobody tells, up to the day that clock_moved reckons with. */
static void write_moves(struct storm *s)
{
    for (unsigned i = 1 + storm_below(s, 2); i > 0; i--) {
        double when = storm_between(s, 60, STORM_DAY_S), away = storm_log_between(s, 1e-3, 20000);
        double jump = storm_log_between(s, 1e-6, 1), other_ppm = storm_between(s, -45, 45);

        fprintf(s->out, "at %.0f c moves %.3fs\n", when, away);
        fprintf(s->out, "at %.0f c changes frequency %.3fppm\n", when, other_ppm);
        if (storm_chance(s, 0.5))
            fprintf(s->out, "at %.0f c raw jumps %.6fs\n", when, jump);
        storm_hush(s, when, when + away);
    }
}

static void write_core(struct storm *s)
{
    for (unsigned i = 1 + storm_below(s, 4); i > 0; i--) {
        double when = storm_between(s, 60, STORM_DAY_S), gone = storm_log_between(s, 0.01, 3600);

        fprintf(s->out, "at %.0f c core dies %.3fs\n", when, gone);
        storm_hush(s, when, when + gone);
    }
}

/* Limits are wider than they have to be until some moment, or become wider. */
static void write_reload(struct storm *s)
{
    for (unsigned i = 1 + storm_below(s, 3); i > 0; i--) {
        double when = storm_between(s, 60, STORM_DAY_S), drift_ppm = storm_log_between(s, 1, 50), silent_ppm = storm_log_between(s, 15, 100);
        double wider_ppm = storm_chance(s, 0.5) ? 1 : drift_ppm, error_ms = storm_log_between(s, 10, 10000);
        double panic_s = storm_log_between(s, 0.01, 1000), slew_ppm = storm_log_between(s, 50, 5000);
        unsigned sources = 1 + storm_below(s, s->servers - s->liars), poll = 4 + storm_below(s, 4), changed = 1 + storm_below(s, s->base);

        fprintf(s->out, "%sset c clock.max_drift %.3fppm\n", i == 1 ? "" : "at 1 ", drift_ppm);
        fprintf(s->out, "at %.0f set c clock.max_drift %.3fppm\n", when, wider_ppm);
        fprintf(s->out, "at %.0f set c clock.max_drift_silent %.3fppm\n", when, fmax(silent_ppm, drift_ppm));
        fprintf(s->out, "at %.0f set c holdover.max_error %.0fms\n", when, error_ms);
        fprintf(s->out, "at %.0f set c clock.panic_threshold %.3fs\n", when, panic_s);
        fprintf(s->out, "at %.0f set c clock.max_slew %.0fppm\n", when, slew_ppm);
        fprintf(s->out, "at %.0f set c clock.min_sources %u\n", when, storm_chance(s, 0.5) ? 1 : sources);
        if (poll + 1 <= (unsigned)s->poll_max && s->base && !s->has[STORM_STANDING])
            fprintf(s->out, "at %.0f source c h%u poll %u..%u\n", when, changed, poll, poll + 1);
        fprintf(s->out, "at %.0f c reloads\n", when);
    }
}

/* The system clock keeps within what is stated at each start: its oscillator is good from the beginning, and no operator steps it. */
static void write_local(struct storm *s)
{
    double error_s = storm_log_between(s, STORM_LOCAL_S, 100 * STORM_LOCAL_S);

    fprintf(s->out, "set c local.error %.3fs\nset c local.stratum %u\n", error_s, 5 + storm_below(s, 11));
}

/* -- another client, which has the first for a source -------------------------------------------------------------- */

static void write_follower(struct storm *s, const char *name, const char *of)
{
    double drift = storm_between(s, -400, 400), wander = storm_log_between(s, 1e-11, 1e-7), delay_us = storm_log_between(s, 20, 50000);
    double offset = storm_signed_log(s, 1e-6, 3600), jitter_us = storm_log_between(s, 0.5, delay_us), share = storm_between(s, 0, 1);
    unsigned poll = 4 + storm_below(s, 5), more = storm_below(s, 3);

    fprintf(s->out, "node client %s drift %.3fppm wander %.3g within 0.4ppm offset %.6fs\n", name, drift, wander, offset);
    fprintf(s->out, "link %s to %s delay %.0fus jitter exponential %.1fus\n", name, of, delay_us * share, jitter_us);
    fprintf(s->out, "link %s to %s delay %.0fus jitter exponential %.1fus\n", of, name, delay_us * (1 - share), jitter_us);
    fprintf(s->out, "source %s %s poll %u..%u\n", name, of, poll, poll + more);
    if (storm_chance(s, 0.5))
        fprintf(s->out, "set %s holdover.max_error %.0fms\n", name, storm_log_between(s, 10, 10000));
}

static void write_chain(struct storm *s)
{
    double when = storm_between(s, 60, STORM_DAY_S), gone = storm_log_between(s, 0.01, 3600);
    double sleeps = storm_between(s, 60, STORM_DAY_S), slept = storm_log_between(s, 1, 20000);

    write_follower(s, "d", "c");
    if (storm_chance(s, 0.5))
        write_follower(s, "e", "d");
    if (storm_chance(s, 0.3))
        fprintf(s->out, "at %.0f d core dies %.3fs\n", when, gone);
    if (storm_chance(s, 0.3))
        fprintf(s->out, "at %.0f d suspends %.0fs\n", sleeps, slept);
}

/* -- the rest -------------------------------------------------------------------------------------------------------- */

static void write_interleaved(struct storm *s)
{
    for (unsigned i = 1; i <= s->servers - s->liars; i++) {
        double late_us = storm_log_between(s, 1, 100000);

        if (storm_chance(s, 0.7) && !s->has[STORM_STANDING] && i <= s->base)
            fprintf(s->out, "source c h%u interleaved\n", i);
        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f h%u leaves late %.0fus\n", storm_between(s, 0, STORM_DAY_S), i, late_us);
    }
}

/* The system clock and the network, in other hands: no part of what is served. */
static void write_hands(struct storm *s)
{
    for (unsigned i = 1 + storm_below(s, 3); i > 0; i--) {
        double when = storm_between(s, 0, STORM_DAY_S), until = when + storm_log_between(s, 1, 20000), rate = storm_signed_log(s, 1, 500);

        if (storm_chance(s, 0.5))
            fprintf(s->out, "at %.0f c is retuned %.3fppm\n", when, rate);
        if (storm_chance(s, 0.5))
            fprintf(s->out, "at %.0f c refuses clock commands\nat %.0f c obeys clock commands\n", when, until);
        if (storm_chance(s, 0.5)) {
            fprintf(s->out, "at %.0f c network refuses\nat %.0f c network works\n", when, until);
            storm_hush(s, when, until);
        }
    }
}

/* What servers say of themselves besides the time. */
static void write_standing(struct storm *s)
{
    unsigned honest = s->servers - s->liars;

    for (unsigned i = 1; i <= honest && s->liars == 0; i++) {
        double lost = storm_between(s, 0, STORM_DAY_S), found = lost + storm_log_between(s, 1, 20000), more_us = storm_log_between(s, 1, 100000);
        double when = storm_between(s, 0, STORM_DAY_S);
        unsigned of = 1 + storm_below(s, honest), stratum = 1 + storm_below(s, 15);

        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f h%u loses its clock\nat %.0f h%u finds its clock\n", lost, i, found, i);
        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f h%u announces root dispersion %.0fus\n", when, i, s->error_us[i] + more_us);
        if (of != i && storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f h%u follows h%u\n", when, i, of);
        if (storm_chance(s, 0.3))
            fprintf(s->out, "at %.0f h%u announces stratum %u\n", when, i, stratum);
    }
    if (storm_chance(s, 0.3) && !s->has[STORM_LEAP] && s->base)
        fprintf(s->out, "source c h%u prefer\n", 1 + storm_below(s, s->base));
}

/* However fast it drifts, an honest server stays inside its claim. */
static void write_creep(struct storm *s)
{
    for (unsigned i = 1; i <= s->servers - s->liars; i++) {
        double rate_ppm = storm_log_between(s, 0.02, STORM_CREEP_PPM), at = storm_between(s, 0, STORM_DAY_S), takes = 2 * s->error_us[i] / rate_ppm;
        int way = storm_sign(s);

        if (storm_chance(s, 0.3))
            continue;
        fprintf(s->out, "at %.0f h%u lies %.0fus\nat %.0f h%u drifts %.6fppm\n", at, i, -way * s->error_us[i], at, i, way * rate_ppm);
        fprintf(s->out, "at %.0f h%u drifts 0\n", at + floor(takes), i);
    }
}

/* Asleep within an outage, anew within a sleep, all within an hour or so. */
static void write_pile(struct storm *s)
{
    double when = storm_between(s, 600, STORM_DAY_S * 0.9), until = when + storm_log_between(s, 600, 20000);

    if (s->liars)
        return;
    if (storm_chance(s, 0.5) && s->calm_from < when) {
        fprintf(s->out, "at %.0f h1..h%u falls silent\nat %.0f h1..h%u answers again\n", when, s->servers, until, s->servers);
        s->calm_from = until + STORM_LIAR_WAIT_S;
    }
    for (unsigned i = 3 + storm_below(s, 6); i > 0; i--) {
        static const char *const deeds[] = { "restarts", "starts afresh", "suspends", "core dies", "moves" };
        unsigned deed = storm_below(s, s->has[STORM_LOCAL] ? 4 : 5);
        double at = storm_between(s, when - 600, until + 600), lasts = storm_log_between(s, 0.01, 3000);

        if (deed == 1 && s->leap)
            deed = 0; /* without its drift file it cannot know of one that is over */
        fprintf(s->out, "at %.0f c %s", at, deeds[deed]);
        if (deed >= 2)
            fprintf(s->out, " %.2fs", lasts);
        fprintf(s->out, "\n");
    }
}

void storm_write_kinds(struct storm *s)
{
    static void (*const writers[STORM_KINDS])(struct storm *) = {
        [STORM_LEAP] = write_leap, [STORM_MOVES] = write_moves, [STORM_CORE] = write_core, [STORM_RELOAD] = write_reload, [STORM_LOCAL] = write_local,
        [STORM_CHAIN] = write_chain, [STORM_INTERLEAVED] = write_interleaved, [STORM_HANDS] = write_hands, [STORM_STANDING] = write_standing,
        [STORM_CREEP] = write_creep, [STORM_PILE] = write_pile, [STORM_REFERENCE] = storm_write_references, [STORM_SMEAR] = storm_write_smear,
        [STORM_POOL] = storm_write_pool, [STORM_GUESTS] = storm_write_guests, [STORM_OPTIONS] = storm_write_options, [STORM_GROUP] = storm_write_group,
        [STORM_EDGE] = storm_write_edge, [STORM_CLAIMS] = storm_write_claims, [STORM_NEAR] = storm_write_near, [STORM_TRADES] = storm_write_trades,
    };

    for (unsigned i = 0; i < STORM_KINDS; i++)
        if (s->has[i] && writers[i])
            writers[i](s);
    if (s->has[STORM_LEAP])
        write_around_leap(s);
}
