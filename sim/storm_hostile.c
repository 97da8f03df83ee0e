/* Storms of an examiner who knows the assumptions: everything at its edge, and at the worst moments. */
#include <math.h>

#include "sim/storm_kinds.h"

#define FLIPS_MAX 100
#define EDGE_PPM 0.42          /* to both sides of the middle; with the day's other steps 1 ppm from any learnt value */
#define SECONDS_LATE_MAX_MS 10000

/* Instants, evenly or by chance, of which there are no more than FLIPS_MAX. */
struct flips { double at, every; bool even; unsigned left; };

static struct flips draw_flips(struct storm *s, double shortest_s)
{
    double every = storm_log_between(s, shortest_s, 20000), at = storm_between(s, 1, STORM_DAY_S * 0.8);

    return (struct flips){ .at = at, .every = every, .even = storm_chance(s, 0.5), .left = FLIPS_MAX };
}

static bool next_flip(struct storm *s, struct flips *f, double *at)
{
    *at = f->at;
    f->at += f->even ? f->every : 0.01 + f->every * prng_exponential(&s->p);
    return f->left-- > 0 && *at < STORM_DAY_S;
}

/* A frequency that jumps from one edge to the other, as often as polls are or seldom. */
void storm_write_edge(struct storm *s)
{
    struct flips f = draw_flips(s, 1);
    int side = storm_sign(s);
    double at, by_ppm = EDGE_PPM;

    while (next_flip(s, &f, &at)) {
        fprintf(s->out, "at %.2f c changes frequency %.3fppm\n", at, side * by_ppm);
        side = -side;
        by_ppm = 2 * EDGE_PPM;
    }
}

static void write_claims_of(struct storm *s, unsigned i)
{
    struct flips f = draw_flips(s, 16);
    int side = storm_sign(s);
    double at;

    while (next_flip(s, &f, &at)) {
        double error_us = floor(storm_log_between(s, 1, 20000));

        fprintf(s->out, "at %.2f h%u announces root dispersion %.0fus\nat %.2f h%u lies %.0fus\n", at, i, error_us, at, i, side * error_us);
        side = -side;
    }
}

/* What honest servers claim changes all the time, and their clocks sit at its edge each time. */
void storm_write_claims(struct storm *s)
{
    bool interleaved = storm_chance(s, 0.5);

    for (unsigned i = 1; i <= s->servers - s->liars; i++)
        if (!storm_is_clock(s, true, i) && storm_chance(s, 0.7)) {
            write_claims_of(s, i);
            if (interleaved && i <= s->base)
                fprintf(s->out, "source c h%u interleaved\n", i);
        }
}

/* What is heard after it is believed anew. */
static void write_disruptions(struct storm *s)
{
    for (unsigned n = storm_below(s, 8); n > 0; n--) {
        double when = storm_between(s, STORM_LIAR_WAIT_S, STORM_DAY_S), slept = storm_log_between(s, 1, 3000), by_s = storm_signed_log(s, 0.01, 10);

        if (storm_chance(s, 0.5) || s->has[STORM_LOCAL])
            fprintf(s->out, "at %.1f c suspends %.1fs\n", when, slept);
        else
            fprintf(s->out, "at %.1f c steps %.3fs\n", when, by_s);
    }
}

/* Liars who are asked more often than all others and lie by less than those can see. */
void storm_write_near(struct storm *s)
{
    write_disruptions(s);
    for (unsigned i = 1; i <= s->liars; i++) {
        double lie_s = storm_signed_log(s, 1e-6, 0.03), delay_us = storm_log_between(s, 10, 300);

        if (storm_is_clock(s, false, i))
            continue;
        fprintf(s->out, "source c l%u poll 4\nlink c l%u delay %.0fus no jitter\nl%u lies %.6fs\n", i, i, delay_us, i, lie_s);
        for (unsigned n = storm_below(s, 6); n > 0; n--) {
            double when = storm_between(s, 1, STORM_DAY_S);

            fprintf(s->out, "at %.0f l%u lies %.6fs\n", when, i, storm_signed_log(s, 1e-6, 0.03));
        }
    }
}

static void write_trades_of(struct storm *s, unsigned i)
{
    struct flips f = draw_flips(s, 4);
    double delay_us = storm_log_between(s, 20, 100000), a = storm_chance(s, 0.5) ? 0 : storm_between(s, 0, 1), b = storm_chance(s, 0.5) ? 1 : 1 - a, at;
    bool wander = storm_chance(s, 0.3);

    fprintf(s->out, "link c to h%u reorder 5%% by %.0fms\n", i, storm_log_between(s, 1, SECONDS_LATE_MAX_MS));
    while (next_flip(s, &f, &at)) {
        double share = wander ? storm_between(s, 0, 1) : f.left & 1 ? a : b;

        fprintf(s->out, "at %.2f link c to h%u delay %.0fus\n", at, i, delay_us * share);
        fprintf(s->out, "at %.2f link h%u to c delay %.0fus\n", at, i, delay_us * (1 - share));
    }
}

/* Round trips stay as they are, and which way takes them flips; some requests are late by seconds. */
void storm_write_trades(struct storm *s)
{
    for (unsigned i = 1; i <= s->servers - s->liars; i++)
        if (!storm_is_clock(s, true, i) && storm_chance(s, 0.5))
            write_trades_of(s, i);
}
