/* Storms of who is asked and how: reference clocks, smears, pools, sources that come and go, their options, groups of orphans.
 *
 * Honest servers are h1 .. h(base), which are asked all day and outnumber the liars, then guests, then members of a pool. */
#include <math.h>

#include "sim/storm_kinds.h"

#define REFERENCE_CHANCE 0.5

static unsigned honest_of(const struct storm *s) { return s->servers - s->liars; }

static uint32_t draw_clocks(struct storm *s, unsigned of)
{
    uint32_t set = 0;

    for (unsigned i = 1; i <= of; i++)
        set |= (uint32_t)storm_chance(s, REFERENCE_CHANCE) << i;
    return set;
}

void storm_draw_sources(struct storm *s)
{
    s->base = honest_of(s);
    if (s->has[STORM_REFERENCE]) {
        s->honest_clocks = draw_clocks(s, s->base);
        s->lying_clocks = draw_clocks(s, s->liars);
    }
    if (s->has[STORM_GUESTS])
        s->guests = 1 + storm_below(s, 4);
    if (s->has[STORM_POOL])
        s->pooled = 1 + storm_below(s, 5);
    s->servers += s->guests + s->pooled;
    if (s->has[STORM_POOL] && !s->has[STORM_GUESTS] && s->liars == 0 && s->honest_clocks == 0 && storm_chance(s, 0.3))
        s->base = 0; /* a pool is all there is */
    if (s->has[STORM_SMEAR])
        s->calm_liars = storm_chance(s, 0.5);
}

/* -- reference clocks ------------------------------------------------------------------------------------------------- */

bool storm_is_clock(const struct storm *s, bool honest, unsigned i) { return (honest ? s->honest_clocks : s->lying_clocks) >> i & 1; }

/* What a truthful one is off and how its samples scatter are within what is declared, together. */
void storm_write_clock(struct storm *s, bool honest, unsigned i)
{
    double noise_us = floor(storm_log_between(s, 1, 20000)), offset_us = storm_between(s, -500000, 500000), every_s = storm_log_between(s, 1, 64);
    double declared_us = noise_us + 1 + (honest ? s->error_us[i] : 0);
    bool every_second = storm_chance(s, 0.3), late = storm_chance(s, 0.5), prefer = storm_chance(s, 0.2);

    fprintf(s->out, "reference c %c%u error %.0fus noise %.0fus every %.3fs", honest ? 'h' : 'l', i, declared_us, noise_us, every_second ? 1 : every_s);
    if (late)
        fprintf(s->out, " offset %.0fus", offset_us);
    fprintf(s->out, "\n");
    if (prefer)
        fprintf(s->out, "source c %c%u prefer\n", honest ? 'h' : 'l', i);
}

/* Receivers are a whole second off, or go on without the leap second for a while. */
static void write_whole_seconds(struct storm *s, unsigned i)
{
    double when = storm_between(s, 0, STORM_DAY_S), until = when + storm_log_between(s, 1, 20000);
    int seconds = storm_sign(s);

    if (s->leap && storm_chance(s, 0.5)) {
        when = s->leap_s;
        until = when + storm_log_between(s, 1, 3600);
    }
    fprintf(s->out, "at %.0f l%u lies %ds\nat %.0f l%u lies 0\n", when, i, seconds, until, i);
}

void storm_write_references(struct storm *s)
{
    for (unsigned i = 1; i <= s->base && s->liars == 0 && s->ignorant == 0; i++) {
        double lost = storm_between(s, 0, STORM_DAY_S), found = lost + storm_log_between(s, 1, 20000);

        if (storm_is_clock(s, true, i) && storm_chance(s, 0.4))
            fprintf(s->out, "at %.0f h%u loses its clock\nat %.0f h%u finds its clock\n", lost, i, found, i);
    }
    for (unsigned i = 1; i <= s->liars; i++)
        if (storm_chance(s, 0.6))
            write_whole_seconds(s, i);
}

/* -- smears ----------------------------------------------------------------------------------------------------------- */

static const char *any_law(struct storm *s)
{
    static const char *const laws[] = { "linear", "cosine", "utc-sls" };

    return laws[storm_below(s, 3)];
}

/* Who smears announces nothing: where those who announce are not the most, often a file says it, and else nobody does. */
void storm_write_smear(struct storm *s)
{
    unsigned all = s->base + s->liars, declared = 0;
    bool everyone = storm_chance(s, 0.4), file, nobody;

    for (unsigned i = 1; i <= s->base; i++) {
        const char *law = any_law(s);

        if (storm_is_clock(s, true, i) || !(storm_chance(s, 0.5) || everyone))
            continue;
        declared++;
        s->smears[i] = law;
        fprintf(s->out, "h%u smears %s\nsource c h%u smear %s\n", i, law, i, law);
    }
    for (unsigned i = 1; i <= s->liars; i++) {
        const char *does = any_law(s), *says = any_law(s);

        if (storm_chance(s, 0.7))
            fprintf(s->out, "l%u smears %s\n", i, does);
        if (storm_chance(s, 0.3) && !storm_is_clock(s, false, i))
            fprintf(s->out, "source c l%u smear %s\n", i, says);
    }
    file = 2 * (declared + s->ignorant + s->liars) >= all || storm_chance(s, 0.5);
    nobody = storm_chance(s, 0.4);
    if (file && !nobody)
        fprintf(s->out, "c reads leap file %s at 2027-01-01\n", s->leap); /* before the first answers, as the daemon does */
}

/* -- pools ------------------------------------------------------------------------------------------------------------ */

static void write_candidates(struct storm *s, unsigned first, unsigned last)
{
    fprintf(s->out, "h%u..h%u", first, last);
    if (s->base && !s->smears[1] && storm_chance(s, 0.3))
        fprintf(s->out, ",h1");
    if (s->liars && s->base && storm_chance(s, 0.3) && !s->lying_clocks)
        fprintf(s->out, ",l1");
}

static void write_member(struct storm *s, unsigned i)
{
    static const struct { const char *falls, *comes_back; } ways[] = {
        { "loses its clock", "finds its clock" }, { "kisses DENY", "kisses nothing" }, { "kisses RATE", "kisses nothing" },
        { "tampers alarm", "tampers nothing" },
        { "tampers short", "tampers nothing" }, { "tampers twice", "tampers nothing" }, { "tampers late", "tampers nothing" },
    };
    double when = storm_between(s, 0, STORM_DAY_S), until = when + storm_log_between(s, 1, 30000);
    unsigned way = storm_below(s, sizeof ways / sizeof ways[0]);

    if (storm_chance(s, 0.6))
        fprintf(s->out, "at %.0f h%u %s\nat %.0f h%u %s\n", when, i, ways[way].falls, until, i, ways[way].comes_back);
}

void storm_write_pool(struct storm *s)
{
    unsigned first = s->base ? s->base + s->guests + 1 : 1, last = honest_of(s), members = 1 + storm_below(s, 4), poll = 4 + storm_below(s, 3);
    unsigned poll_max = (unsigned)s->poll_max;

    fprintf(s->out, "pool c pool.example of ");
    write_candidates(s, first, last);
    fprintf(s->out, " members %u poll %u..%u\n", members, poll < poll_max ? poll : poll_max, poll_max);
    for (unsigned i = first; i <= last; i++)
        write_member(s, i);
    for (unsigned i = storm_below(s, 5); i > 0; i--) {
        unsigned from = first + storm_below(s, last - first + 1), to = from + storm_below(s, last - from + 1);

        fprintf(s->out, "at %.0f c resolves pool.example to ", storm_between(s, 1, STORM_DAY_S));
        write_candidates(s, from, to);
        fprintf(s->out, "\n");
    }
    if (s->base && s->liars == 0 && !storm_is_clock(s, true, 1) && !s->smears[1]) { /* a server is found at another address */
        double when = storm_between(s, 0, STORM_DAY_S);

        fprintf(s->out, "at %.0f h1 loses its clock\nat %.0f c resolves h1 to h%u\n", when, when, last);
    }
}

/* -- sources that come and go ----------------------------------------------------------------------------------------- */

/* Often close to something else that happens. */
static double some_time(struct storm *s)
{
    double when = storm_between(s, 2, STORM_DAY_S), near = storm_signed_log(s, 0.01, 600);
    unsigned hush = storm_below(s, s->hushes);
    bool at_end = storm_chance(s, 0.3);

    if (s->leap && storm_chance(s, 0.3))
        when = s->leap_s + near;
    else if (s->hushes && storm_chance(s, 0.6))
        when = (at_end ? s->hush[hush].until - STORM_LIAR_WAIT_S : s->hush[hush].from) + near;
    return fmin(fmax(when, 2), STORM_DAY_S);
}

static void write_visits(struct storm *s, char kind, unsigned i, bool here)
{
    for (unsigned n = 1 + storm_below(s, 4); n > 0; n--) {
        double when = some_time(s);
        unsigned poll = 4 + storm_below(s, 3);

        here = !here;
        if (here)
            fprintf(s->out, "at %.3f source c %c%u poll %u..%d%s%s\n", when, kind, i, poll < (unsigned)s->poll_max ? poll : (unsigned)s->poll_max, s->poll_max,
                    kind == 'h' && s->smears[i] ? " smear " : "", kind == 'h' && s->smears[i] ? s->smears[i] : "");
        else
            fprintf(s->out, "at %.3f c forgets %c%u\n", when, kind, i);
        fprintf(s->out, "at %.3f c reloads\n", when);
    }
}

/* Guests and liars; where there are no liars and none that announce a wrong leap second, all of them. */
void storm_write_guests(struct storm *s)
{
    for (unsigned i = s->base + 1; i <= s->base + s->guests; i++)
        write_visits(s, 'h', i, false);
    for (unsigned i = 1; i <= s->liars; i++)
        if (storm_chance(s, 0.5) && !storm_is_clock(s, false, i))
            write_visits(s, 'l', i, true);
    for (unsigned i = 1; i <= s->base && s->liars == 0 && s->ignorant == 0; i++)
        if (storm_chance(s, 0.4) && !storm_is_clock(s, true, i))
            write_visits(s, 'h', i, true);
}

/* -- options ---------------------------------------------------------------------------------------------------------- */

void storm_write_options(struct storm *s)
{
    unsigned honest = s->base, mute = s->liars ? s->base - s->liars - 1 : s->base;
    double threshold_s = storm_log_between(s, 1e-6, 1000), panic_s = storm_log_between(s, 1e-3, 1000), slew_ppm = storm_log_between(s, 1, 100000);
    double budget_s = storm_log_between(s, 1e-3, 10000);

    for (unsigned i = 1; i <= honest; i++)
        if (storm_chance(s, 0.3))
            fprintf(s->out, "source c h%u prefer\n", i);
    for (unsigned i = 1; i <= s->liars; i++)
        if (storm_chance(s, 0.3))
            fprintf(s->out, "source c l%u prefer\n", i);
    if (mute && !s->leap && storm_chance(s, 0.3)) /* has to authenticate, and there is no key */
        fprintf(s->out, "source c h1 key 7\n");
    if (storm_chance(s, 0.3))
        fprintf(s->out, "set c clock.min_sources %u\n", 1 + storm_below(s, honest));
    if (storm_chance(s, 0.5))
        fprintf(s->out, "set c clock.step_limit %u\n", storm_below(s, 9));
    if (storm_chance(s, 0.5))
        fprintf(s->out, "set c clock.step_threshold %.6fs\n", threshold_s);
    if (storm_chance(s, 0.3))
        fprintf(s->out, "set c clock.panic_threshold %.3fs\n", panic_s);
    if (storm_chance(s, 0.3))
        fprintf(s->out, "set c clock.max_slew %.0fppm\n", slew_ppm);
    if (storm_chance(s, 0.3))
        fprintf(s->out, "set c clock.step_budget %.3fs\n", budget_s);
}

/* -- a group of orphans ------------------------------------------------------------------------------------------------ */

static void write_group_link(struct storm *s, const char *a, const char *b)
{
    double delay_us = storm_log_between(s, 20, 50000), jitter_us = storm_log_between(s, 0.5, delay_us), share = storm_between(s, 0, 1);
    unsigned poll = 4 + storm_below(s, 4), more = storm_below(s, 3);

    fprintf(s->out, "link %s to %s delay %.0fus jitter exponential %.1fus\n", a, b, delay_us * share, jitter_us);
    fprintf(s->out, "link %s to %s delay %.0fus jitter exponential %.1fus\n", b, a, delay_us * (1 - share), jitter_us);
    fprintf(s->out, "source %s %s poll %u..%u\n", a, b, poll, poll + more);
}

static void write_group_trouble(struct storm *s, const char *name)
{
    static const char *const deeds[] = { "restarts", "suspends", "core dies", "network refuses" };

    for (unsigned n = storm_below(s, 5); n > 0; n--) {
        double when = storm_between(s, 60, STORM_DAY_S), lasts = storm_log_between(s, 0.1, 20000);
        unsigned deed = storm_below(s, 4);

        fprintf(s->out, "at %.0f %s %s", when, name, deeds[deed]);
        if (deed == 1 || deed == 2)
            fprintf(s->out, " %.2fs", lasts);
        if (deed == 3)
            fprintf(s->out, "\nat %.0f %s network works", when + lasts, name);
        fprintf(s->out, "\n");
    }
}

static void write_orphan(struct storm *s, const char *name)
{
    double drift = storm_between(s, -2, 2), wander = storm_log_between(s, 1e-11, 1e-8), offset = storm_signed_log(s, 1e-3, 1);

    fprintf(s->out, "node client %s drift %.3fppm wander %.3g within 0.25ppm offset %.6fs", name, drift, wander, offset);
    fprintf(s->out, "%s\n", storm_chance(s, 0.5) ? " steers" : "");
}

static void write_orphan_options(struct storm *s, const char *name, unsigned stratum)
{
    double error_s = storm_log_between(s, STORM_LOCAL_S, 5 * STORM_LOCAL_S), max_ms = storm_log_between(s, 10, 10000);

    fprintf(s->out, "set %s local.orphan true\nset %s local.stratum %u\n", name, name, stratum);
    fprintf(s->out, "set %s local.error %.3fs\nset %s holdover.max_error %.0fms\n", name, error_s, name, max_ms);
}

/* All ask each other, or each only its neighbours on a line or in a ring. Some have the first one's servers as well. */
void storm_write_group(struct storm *s)
{
    static const char *const name[] = { "c", "g1", "g2", "g3", "g4", "g5" };
    unsigned last = 1 + storm_below(s, 5), stratum = 5 + storm_below(s, 8);
    bool mesh = storm_chance(s, 0.5), ring = storm_chance(s, 0.5);

    for (unsigned i = 1; i <= last; i++)
        write_orphan(s, name[i]);
    for (unsigned i = 0; i <= last; i++) {
        write_orphan_options(s, name[i], stratum);
        for (unsigned k = 0; k <= last; k++)
            if (k != i && (mesh || k + 1 == i || i + 1 == k || (ring && ((i == 0 && k == last) || (k == 0 && i == last)))))
                write_group_link(s, name[i], name[k]);
        if (i > 0)
            write_group_trouble(s, name[i]);
    }
    if (storm_chance(s, 0.3) && s->liars == 0 && !storm_is_clock(s, true, 1) && s->base && !s->leap)
        write_group_link(s, name[last], "h1");
}
