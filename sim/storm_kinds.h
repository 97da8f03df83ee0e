/* Kinds of trouble that a storm may have beside those every day has: each is a few statements more, from a stream of its own, so that a day without a kind is
 * the same day with one kind more in this list. The assumption each keeps is in docs/simulator.md. */
#ifndef SIM_STORM_KINDS_H
#define SIM_STORM_KINDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/rng.h"

#define STORM_DAY_S 86400
#define STORM_LIAR_WAIT_S 4000 /* after a start or an outage honest sources are heard first: until then a liar alone would be a majority */

/* LEAP: the day has a leap second, or liars say so. MOVES: the virtual machine is taken elsewhere. CORE: the process that measures dies. RELOAD: limits change.
 * LOCAL: the operator states how wrong the clock is. CHAIN: a second client follows the first. INTERLEAVED: RFC 9769. DEAD: a clock without a battery.
 * HANDS: others on the system clock, the network refuses. STANDING: servers lose and find their clocks, follow each other, are of one pool. CREEP: honest
 * servers drift inside their claim. PILE: many troubles close to each other. REFERENCE: some sources are reference clocks. SMEAR: some smear, declared or
 * (liars) not; the day has LEAP. POOL: some are members of a pool. GUESTS: sources come and go by a reload. OPTIONS: each source has other ones. GROUP:
 * orphans who ask each other; the day has LOCAL. EDGE: the frequency jumps from edge to edge. CLAIMS: what honest servers claim changes, and they are at its
 * edge. NEAR: liars lie by little, and are heard more often than others. TRADES: the sides of a path trade their delays. */
enum storm_kind {
    STORM_LEAP, STORM_MOVES, STORM_CORE, STORM_RELOAD, STORM_LOCAL, STORM_CHAIN, STORM_INTERLEAVED, STORM_DEAD, STORM_HANDS, STORM_STANDING, STORM_CREEP,
    STORM_PILE, STORM_REFERENCE, STORM_SMEAR, STORM_POOL, STORM_GUESTS, STORM_OPTIONS, STORM_GROUP,
    STORM_EDGE, STORM_CLAIMS, STORM_NEAR, STORM_TRADES, STORM_KINDS
};
extern const char *const storm_kinds[];        /* their names; NULL-terminated */

#define STORM_LOCAL_S 20       /* a system clock with an oscillator as local days have it is never farther off */
#define STORM_CREEP_PPM 100    /* of a server inside its claim */

#define STORM_HUSHES_MAX 32
#define STORM_SERVERS_MAX 20

struct storm_span { double from, until; };

/* delay_us: of the last path; calm_from: when the last outage is over; leap: NULL: the day has none, or what it is; leap_s: when, after the start. */
struct storm {
    FILE *out;
    struct prng p;
    unsigned servers, liars, ignorant;
    unsigned base, guests, pooled; /* of the honest ones: configured all day, for a while, as members of a pool */
    uint32_t honest_clocks, lying_clocks; /* which of h1.., of l1.. are reference clocks; bit = number */
    const char *smears[STORM_SERVERS_MAX]; /* what h1.. are declared to; NULL: nothing */
    bool calm_liars;             /* they lie about leap seconds alone */
    int poll_max;
    double delay_us, calm_from, leap_s, error_us[STORM_SERVERS_MAX];
    bool has[STORM_KINDS];
    bool astray;                 /* the frequency has been, today */
    const char *leap;
    struct storm_span hush[STORM_HUSHES_MAX]; /* when liars are not heard */
    unsigned hushes;
};

/* Draws stand in statements of their own: the order in which a call's arguments are evaluated is the compiler's. */
double storm_between(struct storm *s, double low, double high);
double storm_log_between(struct storm *s, double low, double high);
unsigned storm_below(struct storm *s, unsigned n);
bool storm_chance(struct storm *s, double share);
int storm_sign(struct storm *s);
double storm_signed_log(struct storm *s, double low, double high);

/* Which kinds the day has: those of the set `with`, and others by chance. To be called before anything is written. */
void storm_choose(struct storm *s, uint64_t seed, uint32_t with);

/* No liar is heard from `from` on until honest sources have had their time after `until`. */
void storm_hush(struct storm *s, double from, double until);
/* To be called last: when liars are silent. */
void storm_write_hushes(struct storm *s);

/* storm_sources.c: who is asked, and how. After servers and liars are drawn: who there is beside them. */
void storm_draw_sources(struct storm *s);
/* Is the source the i-th of h1.. or l1.. a reference clock? */
bool storm_is_clock(const struct storm *s, bool honest, unsigned i);
/* Its line. */
void storm_write_clock(struct storm *s, bool honest, unsigned i);
void storm_write_references(struct storm *s);
void storm_write_smear(struct storm *s);
void storm_write_pool(struct storm *s);
void storm_write_guests(struct storm *s);
void storm_write_options(struct storm *s);
void storm_write_group(struct storm *s);

/* storm_hostile.c: at the edges. */
void storm_write_edge(struct storm *s);
void storm_write_claims(struct storm *s);
void storm_write_near(struct storm *s);
void storm_write_trades(struct storm *s);

/* The first lines: when the day is. */
void storm_write_date(struct storm *s);
/* The rest of what its kinds are, after servers, client and paths. */
void storm_write_kinds(struct storm *s);

#endif
