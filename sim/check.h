/* Holds a running world against its story's expectations, and gathers what tables and plots show. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim/world.h"

#define CHECK_POINTS_MAX 2048

struct check_result {
    bool failed, reached;        /* reached: `once` was seen */
    struct tai_ns when;          /* of the first failure */
    double value;                /* then, or over the whole time */
    double sum;
    uint64_t count;
};

/* One client's course for a plot; thinned as it fills. */
struct check_point { double at_s, error_s, early_s, late_s, freq_ppm; int8_t poll_log2; bool usable; };
struct check_course { unsigned count; uint32_t every, seen; struct check_point point[CHECK_POINTS_MAX]; };

struct check {
    struct check_result *result; /* one per expectation */
    struct snapshot snapshot;    /* of snapshot_node at snapshot_at */
    struct tai_ns snapshot_at;
    unsigned snapshot_node;
    struct check_course *course; /* of the first client, or NULL: not wanted */
    FILE *csv;                   /* the same, every probe as a line of numbers, or NULL */
};

/* Before world_run: hooks itself to the world's probes. */
void check_init(struct check *c, struct sim_world *w, bool want_course);
/* Write a heading and from then on a line for each probe of the first client; `out` is borrowed until check_free. */
void check_csv(struct check *c, FILE *out);
/* After it: settles what is judged over the whole time. */
void check_finish(struct check *c, struct sim_world *w);
void check_free(struct check *c);

/* How many expectations and unexcused invariants failed. */
unsigned check_failures(const struct check *c, const struct sim_world *w);

#endif
