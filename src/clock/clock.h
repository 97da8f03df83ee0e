/* The clock room: measurements in, one estimate with an honest bound out.
 *
 *   measurement -> filter (per source) -> select (majority intersection) -> combine (one estimate of phase and frequency)
 *               -> discipline (served line, step policy) -> page_data + actions
 *
 * The estimate is a line, TAI as a function of CLOCK_MONOTONIC_RAW, so steering the system clock never disturbs it: the actuator follows
 * the page. `now` always comes in; nothing here reads a clock, allocates, or keeps a global.
 *
 * Rules: an interval [earliest, latest] is kept beside the statistics. Each measurement of a truthful source puts true time within
 * delay/2 + dispersion + root distance of it; intervals age by the drift limit and are intersected over time and over the sources of the
 * majority. The estimate may be off by chance, the interval must not.
 *
 * Standards: RFC 5905 sections 10-12 for the words and the majority rule; docs/clock.md for model, equations and sources. */
#ifndef CLOCK_CLOCK_H
#define CLOCK_CLOCK_H

#include "base/measurement.h"
#include "base/page.h"
#include "base/verdict.h"
#include "clock/leap_table.h"
#include "clock/memory.h"
#include "clock/options.h"
#include "clock/source.h"

#define CLOCK_SOURCES_MAX 16

/* What the host should do; values are absolute, so a lost or repeated action does no harm. */
enum clock_action_kind {
    CLOCK_DO_PUBLISH,   /* the page content changed: clock_page() */
    CLOCK_DO_STEP,      /* served time was stepped by offset (initial step policy): the system clock must follow at once */
    CLOCK_DO_SAVE,      /* what was learnt is worth saving: clock_memory() */
    CLOCK_DO_LOG        /* log */
};

struct clock_action { enum clock_action_kind kind; struct dur_ns offset; struct log_record log; };
#define CLOCK_ACTIONS_MAX (CLOCK_SOURCES_MAX + 16) /* each source may be told of in one call, beside all else that it does */
struct clock_actions { unsigned count; struct clock_action item[CLOCK_ACTIONS_MAX]; }; /* the caller empties it */

/* Leap seconds: what files and sources say of them (leap.c). */
#define LEAP_BY_MEMORY (~0u) /* more than any number of sources */
enum clock_leap_origin { LEAP_FROM_LIST, LEAP_FROM_ZONE, LEAP_ORIGINS };
struct clock_leap {
    bool have[LEAP_ORIGINS];
    bool conflict, conflict_told;   /* most sources contradict the valid list at this moment; since the last table that was said */
    bool worse;                     /* the last list that came had expired, the one in force has not */
    struct utc_ns differ_at;        /* the zone has a change there that the list has not, though valid beyond it; 0: none */
    uint8_t expiry_told;            /* 1: expires soon, 2: has expired */
    struct leap_table table[LEAP_ORIGINS];
    int32_t voted_delta_s, voted_before_s;
    unsigned voted_by;              /* by how many sources at the most; LEAP_BY_MEMORY: in an earlier run, and by nobody in this one */
    struct utc_ns voted_midnight, told_midnight;
    bool by_vote;                   /* the one in the page is by the sources' word */
    int32_t saved_s;                /* TAI - UTC when its change was saved last */
    bool have_before;
    struct clock_estimate before;   /* as it was before any source can have begun to smear (unsmear.c) */
    double before_growth;
    uint8_t ruled_out;              /* bits of enum smear_law: no source can follow it and not have been found out */
    struct utc_ns doubted;          /* the midnight at which sources that smear may take in a leap second that nobody announces (doubt.c); 0: none */
    struct utc_ns doubt_told;
    uint8_t followed;               /* bits of enum smear_law: sources there are, or were since, may have followed it */
    bool in_doubt, found;           /* it may still come; it became known after a smear had begun, and the sources' words are still to be taken back */
    struct utc_ns month;            /* the month's beginning that is near, or was last (untold.c), */
    bool known, spoken, untold;     /* a file or a leap second says what comes; most sources said that none comes with it; nobody could */
    struct utc_ns untold_told;      /* the beginning of a month that was told of as such; */
    struct utc_ns passed;           /* the last that was passed so, with a wider bound from then on, */
    struct mono_ns passed_at;       /* and when; 0: none */
    double loose;                   /* s/s by which the sources' rate may be another than the oscillator's */
};

struct clock {
    struct clock_options options;
    struct clock_source source[CLOCK_SOURCES_MAX];
    struct clock_estimate estimate;
    struct clock_leap leap;
    struct page_data page;      /* what was last published */
    struct clock_policy policy; /* steps used, first synchronisation done, panic ... */
    struct clock_memory memory; /* as it was at the start */
};

/* What disruptions have cost that nobody has put right yet: it is not on the page. All zeroes: nothing. */
struct clock_lapse {
    struct dur_ns lost;             /* so far off the served line may be for it */
    struct mono_ns lost_at;         /* the last one, 0: none */
    struct dur_ns slept;            /* of a usable clock that nobody has put right yet, by sleeps alone */
};

/* What is known at the start. `now` and `wall`: a pair read then (wall: what the system clock says, perhaps absurd: 1970, 2106). The served line starts at
 * `wall`, but not before `memory` was written nor before this program was, and at the remembered rate. */
struct clock_start {
    struct mono_ns now;
    struct utc_ns wall;
    const struct clock_memory *memory; /* of earlier runs; NULL: none. Copied */
    int8_t precision_log2;          /* of reading the clock, as measured; published as it is */
    const struct page_data *page;   /* what an earlier clock published last, of the same raw clock; NULL: none. Borrowed for the call */
    struct clock_lapse lapse;       /* with `page`: what that clock had not made up for yet */
};

/* Start. Status UNSYNCHRONISED, or LOCAL if options->local.present. With the page of a clock that was synchronised once this is no start but a continuation:
 * line, bound and status go on as the page says, and the first step is history. `o` and what `start` names are copied, and are no part of `c`. */
void clock_init(struct clock *c, const struct clock_options *o, const struct clock_start *start);

/* Slots: the engine's source numbers. Adding resets the slot. */
struct clock_source_options {
    const char *name;               /* borrowed for log records until removal */
    uint32_t refid;                 /* what we announce while we follow this source */
    bool prefer;
    int8_t min_poll_log2, max_poll_log2;
    enum smear_law smear;           /* what it does with leap seconds, as the operator says */
};
void clock_source_add(struct clock *c, uint16_t slot, const struct clock_source_options *o);
void clock_source_remove(struct clock *c, uint16_t slot, struct mono_ns now, struct clock_actions *out);

/* Other options for the same source: what was learnt of it stays. `smear` has to be what it was. */
void clock_source_change(struct clock *c, uint16_t slot, const struct clock_source_options *o);

/* An operator takes the source out, or back in. While it is out it is as if it were not there: no vote, not waited for, and what comes of it is not looked at.
 * What was learnt of its path stays. Back in, it counts again with its first answer. */
void clock_source_offline(struct clock *c, uint16_t slot, bool offline, struct mono_ns now, struct clock_actions *out);

/* Other options for the clock from now on: limits, holdover, the statement `local`. What was learnt stays. Copied. */
void clock_change(struct clock *c, const struct clock_options *o, struct mono_ns now, struct clock_actions *out);

/* One measurement; m->source is a slot. May change estimate, page, status. Returns VERDICT_ACCEPTED, or why it is left out: OFFLINE, BACKWARDS, STALE,
 * BEFORE_DISRUPTION, NEAR_LEAP, ASIDE, SMEARED. */
enum verdict clock_measure(struct clock *c, const struct measurement *m, struct mono_ns now, struct clock_actions *out);

/* A poll of the source brought nothing (timeout, refusal, LI 3). `reach` is its register after the shift. */
void clock_source_missed(struct clock *c, uint16_t slot, uint8_t reach, struct mono_ns now, struct clock_actions *out);

/* A table of leap seconds was read; it replaces the one of the same origin, but an expired list none that has not. Copied. */
void clock_leap_table(struct clock *c, enum clock_leap_origin origin, const struct leap_table *t, struct mono_ns now, struct clock_actions *out);

/* For status: whose word leap seconds are taken on now ("list", "zone", "sources", "none"), and until when it is valid (INT64_MIN: it does not say). */
struct clock_leap_view { const char *from; struct utc_ns expires; };
struct clock_leap_view clock_leap_view(const struct clock *c, struct mono_ns now);
/* Has what is known expired, or the list in whose place something that names no end stands now? */
bool clock_leap_expired(const struct clock *c, struct mono_ns now);

/* The machine was suspended, or someone else stepped the clock, or RAW may have stopped: what is known is worth `lost` less. */
void clock_disrupted(struct clock *c, struct dur_ns lost, const char *reason, struct mono_ns now, struct clock_actions *out);

/* The machine slept for `slept` >= 0, as its clock chip counted. Silence goes on while it sleeps: after eight polls of it max_drift_silent holds. The
 * time is to be measured anew. What is served by the statement `local` is put forward by the sleep and goes on; where there is that statement, a clock that was
 * synchronised or held over does so too, after 64 s in which nobody has put it right. */
void clock_slept(struct clock *c, struct dur_ns slept, struct mono_ns now, struct clock_actions *out);

/* The virtual machine was moved to another host or put back to a snapshot: phase and frequency are both unknown, as at a start. */
void clock_moved(struct clock *c, struct mono_ns now, struct clock_actions *out);

/* Time passes: status transitions (holdover, free-running), slew ends, page refresh. Call at clock_next at the latest. */
void clock_tick(struct clock *c, struct mono_ns now, struct clock_actions *out);
struct mono_ns clock_next(const struct clock *c);

/* The poll interval this source deserves now, clamped to its limits. */
struct dur_ns clock_poll(const struct clock *c, uint16_t slot);

/* Something does not fit, or the frequency is a guess yet: the next answer should come so soon after the last one; 0: at the next poll. */
struct dur_ns clock_burst(const struct clock *c, uint16_t slot);

/* The page as it stands, owned by the clock; the frequency learnt; and all that is worth keeping over a restart. */
const struct page_data *clock_page(const struct clock *c);
struct clock_drift clock_drift(const struct clock *c);
void clock_remember(const struct clock *c, struct mono_ns now, struct clock_memory *out);

/* For who goes on from the page. */
struct clock_lapse clock_lapse(const struct clock *c);

/* The total step budget, clock.step_budget: does it allow a step by that much now? Before the first synchronisation ever every step is free. */
bool clock_may_step(const struct clock *c, struct dur_ns by);
/* The system clock was stepped beside the served line. */
void clock_count_step(struct clock *c, struct dur_ns by);
/* For status: what has been stepped of the budget; and whether a step was refused because of it. */
struct clock_steps { struct dur_ns stepped; bool refused; };
struct clock_steps clock_steps(const struct clock *c);
/* How far before the served line the wall clock was at the start: a clock that was set back, or has no battery. >= 0. */
struct dur_ns clock_gap(const struct clock *c);

/* For status: how much the frequency is found to wander, s/s per square root of a second. */
double clock_wander(const struct clock *c);

/* Steering: what rate (s/s, relative to CLOCK_MONOTONIC_RAW) the system clock should run at from now, and until when, given how far it is from where it
 * should be (system_error = system UTC - wanted UTC at `now`) and how fast that place moves against the served line (`gain`, s/s; 0 outside a smear).
 * Follows the served line's own slew and works off system_error, all within the slew limit. Returns the instant to call again. */
struct mono_ns clock_steer(const struct clock *c, struct mono_ns now, struct dur_ns system_error, double gain, double *rate);

/* For status: one source's state. */
struct clock_source_view {
    enum { CLOCK_SOURCE_UNUSED, CLOCK_SOURCE_NEW, CLOCK_SOURCE_UNREACHABLE, CLOCK_SOURCE_FALSETICKER, CLOCK_SOURCE_OUTLIER, CLOCK_SOURCE_SELECTED,
           CLOCK_SOURCE_REFUSED } state;
    struct dur_ns offset, delay, jitter, bound;
    struct dur_ns delay_floor, delay_excess;    /* learnt: shortest round trip, mean excess over it */
};
struct clock_source_view clock_source_view(const struct clock *c, uint16_t slot, struct mono_ns now);

#endif
