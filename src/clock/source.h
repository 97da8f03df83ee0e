/* Private state of the clock room that its owner stores; shapes belong to clock/. Seconds as double are offsets from the estimate line. */
#ifndef CLOCK_SOURCE_H
#define CLOCK_SOURCE_H

#include "base/log.h"
#include "base/measurement.h"
#include "base/smear.h"

/* True time minus the estimate line lies in [lo_s, hi_s]. */
struct clock_span { double lo_s, hi_s; };

/* What a source that is declared to smear was seen to do at the month's end that is in doubt (doubt.c). */
enum doubt_seen { DOUBT_UNSEEN, DOUBT_SEEN_NONE, DOUBT_SEEN_INSERT, DOUBT_SEEN_DELETE };

/* One source's noise law: how far its offset is off, given how much longer than its shortest the round trip took (noise.c). */
enum clock_noise_part { NOISE_BOX, NOISE_BODY, NOISE_EDGE_LOW, NOISE_EDGE_HIGH, NOISE_PARTS };
#define CLOCK_NOISE_BINS 3
#define CLOCK_NOISE_BLOCKS 8
#define CLOCK_NOISE_FIRST 16
#define CLOCK_NOISE_RISES 3

/* Round trips in a row that stay above the floor by a multiple of the usual excess, as it was when they began. */
struct clock_rise {
    double share;                                /* of all round trips, a run that goes on not counted */
    double unit_s, least_s;                      /* that excess; the shortest of the run */
    double leaning_s;                            /* sum of what the estimate was off against them, */
    uint32_t run, leanings;                      /* and of how many */
};

struct clock_noise {
    double least_s;                              /* shortest round trip of the window, be it as odd as it may */
    double floor_s;                              /* shortest round trip of the window */
    double scale_s;                              /* mean excess over it, late packets being left out, */
    double all_s;                                /* and with them */
    double first_s[CLOCK_NOISE_FIRST];           /* the first round trips, sorted */
    double error_var;                            /* mean square of the offset error */
    double typical_s;                            /* standard deviation of the offset error of a sample as most are */
    double block_min_s[CLOCK_NOISE_BLOCKS][2];   /* the window: the two shortest of each block of samples; the oldest block is forgotten */
    double late;                                 /* share of round trips far above the floor, a run of them that goes on not counted: */
    double run_least_s, run_most_s;              /* the shortest and the longest of that run */
    uint32_t run;                                /* how long it is */
    struct clock_rise rise[CLOCK_NOISE_RISES];
    double since_s[2];                           /* the two shortest since the path was found to be longer on both sides */
    double mean_s, m2, m3;                       /* of the round trips, central moments */
    double shaped;                               /* samples behind them */
    double floored;                              /* what offsets say for a floor and against none: logarithm of the likelihood ratio, forgetting */
    double excess_s;                             /* of the last round trip */
    struct { double excess_s, off_s, excess_2, off_2, both, seen; } beside; /* means of excesses, of what offsets were off, and of their products */
    double apart_var, aparts;                    /* of a reference clock: half the mean square of how far two samples in a row are apart; of how many */
    uint32_t samples, in_block, block, firsts;
    struct { double share[NOISE_PARTS]; double body; double seen; } bin[CLOCK_NOISE_BINS]; /* by excess/scale; body: variance / scale^2 */
};

/* The likelihood of one sample's error. */
struct clock_law {
    unsigned bin;
    double tilt;                   /* the error's density in the box goes by exp(tilt e), 1/s */
    double half_s;                 /* half width of the box, */
    double unseen_s;               /* of which the floor, a minimum of few samples, may still be too high by this, as expected */
    double soft_var;               /* its edges are as soft as time stamps are noisy */
    double body_var, edge_var;
    double share[NOISE_PARTS];     /* sum 1 */
    bool late;                     /* the sample weighs next to nothing beside a usual one */
    double misfit_s;               /* a sample that fits nothing may be anywhere within this width, and the estimate's own */
};

/* What the estimate made of one sample: the parts' responsibilities and the misfit's (sum 1), the mean squared error under the body. */
struct clock_fit { double part[NOISE_PARTS]; double outlier; double body_e2; double innovation_s, innovation_var; };

/* A remembered sample: how much it may be off beside a constant is told from its round trip when it is used, by what is known of the path then. */
struct clock_mark {
    struct mono_ns at;
    double offset_s, delay_s;
    double own_s;                  /* of its stamps and its source */
};
/* Some of the samples, the oldest first, and where they leave the true frequency minus the line's rate, in s/s (pace.c). */
#define CLOCK_MARKS 16
struct clock_pace {
    struct clock_mark mark[CLOCK_MARKS + 1];
    uint32_t marks, taken, misfits;
    uint32_t from;                 /* the first mark that counts in the proof */
    double most, most_young;       /* strain seen, of all marks and of the youngest, slowly forgotten */
    double strain;                 /* by how much errors are let go beyond what their round trips say; 0: not known yet */
    struct clock_span rate;
    struct mono_ns proven;
    bool known, held;              /* held: proven by samples that are forgotten */
};

struct clock_source {
    bool used, prefer, sampled;
    bool smears;                   /* found to smear, undeclared: refused until that is over */
    uint8_t smear;                 /* enum smear_law it is declared to follow */
    uint8_t seen;                  /* whether it does so at this month's end: enum doubt_seen */
    bool misfit;                   /* its last sample fitted nothing */
    uint8_t standing;              /* enum standing, of the last sample */
    bool aside;                    /* does not count now, for its standing */
    uint32_t rank;
    bool offline;                  /* an operator took it out: it has no vote and is not waited for */
    bool odd;                      /* its offsets do not fit the others' by chance: outlier */
    uint8_t reach;                 /* RFC 5905: the last eight polls */
    uint8_t told;                  /* the same, of answers that were not late */
    uint8_t state;                 /* of struct clock_source_view */
    int8_t min_poll_log2, max_poll_log2;
    uint32_t refid;
    const char *name;
    struct measurement last;
    struct clock_law law;          /* of the last sample */
    struct clock_span span;        /* from the last sample alone, aged */
    double offset_s;               /* of the last sample, against the line */
    double bias_s;                 /* slow mean of its innovations, against what all sources agree on */
    double innovation_var;         /* their spread */
    uint32_t innovations;          /* how many, up to those that the mean remembers */
    struct clock_noise noise;
    struct clock_pace pace;
};

/* One member of the bank: phase and frequency error of the line, with their covariance, under one assumed wander. */
struct clock_filter { double x_s, y, pxx, pxy, pyy, weight; };
#define CLOCK_FILTERS 11

/* The line moved: by x_s at the instant `aged` of the estimate, and its rate by y. */
struct clock_move { double x_s, y; };

struct clock_estimate {
    struct mono_ns started;        /* the instant of its first sample */
    struct mono_ns at;             /* the line: TAI at `at`, and its rate */
    struct tai_ns tai;
    double rate;
    struct clock_filter bank[CLOCK_FILTERS];
    double skew;                   /* s/s, standard deviation of the line's rate, mean over the bank */
    double wander;                 /* s/s per sqrt(s), as the bank sees it now */
    uint32_t taken;                /* measurements since then */
    uint32_t surprises;            /* measurements in a row that no filter could explain */
    uint32_t opened;               /* measurements that are still to tell how the clock jumped */
    struct mono_ns aged;           /* the instant all spans are meant for */
    struct clock_span rate_known;  /* s/s, the majority's word on the true frequency minus the line's rate */
    struct clock_span bound;       /* the majority's, intersected over time */
};

struct clock_policy {
    bool synchronised_once;        /* the first synchronisation is over: no more steps */
    bool started;                  /* and the wait for all sources with it */
    bool resumed;                 /* goes on from another's page; the sources have not proven the frequency again yet */
    bool waiting, rail_logged, panic_logged, split_logged, saved;
    uint32_t steps;
    uint32_t electorate;           /* how many sources the majority is more than half of */
    uint32_t hearable;             /* how many sources there are with those that may still answer */
    uint32_t contradictions;       /* majority verdicts in a row outside the bound */
    bool bound_broken;             /* the bound was given up for the majority's, */
    struct mono_ns broken_at;      /* last then, */
    struct dur_ns broken_by;       /* which was so far away: sources minus served */
    struct mono_ns first_answer;   /* since then waiting for a majority of all sources */
    struct mono_ns last_answer;
    struct mono_ns save_at;
    struct dur_ns lost;            /* what a disruption may have cost */
    struct mono_ns lost_at;        /* the last one, 0: none */
    struct dur_ns slept;           /* what sleeps alone have cost a usable clock that nobody has put right yet */
    struct dur_ns root_delay;      /* of the way to who leads */
    bool orphan;                   /* what is served is the time of a local reference of our group */
    struct mono_ns last_utc;       /* last sample of a source that says it has UTC; the start */
    bool synchronised_ever;        /* now or in an earlier run: steps count from there on */
    bool budget_logged;            /* a step was refused for the budget */
    struct dur_ns stepped;         /* counted against the budget, earlier runs included */
    struct dur_ns gap;             /* the line started so far after the wall clock */
};

#endif
