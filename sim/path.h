/* One direction of a network path: how long a packet takes, or that it is lost. */
#ifndef SIM_PATH_H
#define SIM_PATH_H

#include <stdbool.h>

#include "base/rng.h"
#include "base/time.h"

enum path_jitter {
    PATH_EXPONENTIAL, /* extra delay of mean J */
    PATH_GAUSSIAN,    /* J * N(0,1) around the delay, never below 0 in total */
    PATH_HEAVY,       /* J * product of three exponentials */
    PATH_UNIFORM,     /* 0 .. J */
    PATH_JITTER_COUNT
};

struct path {
    bool exists;
    struct dur_ns delay;                  /* of an empty network */
    uint8_t law;                          /* enum path_jitter */
    struct dur_ns jitter;                 /* J */
    struct dur_ns queue, queue_period;    /* congestion: a queue whose mean swells to `queue` and falls back once a period */
    double loss, duplicate, reorder;      /* probabilities */
    struct dur_ns reorder_by;             /* extra delay of a packet that is overtaken */
};

/* One packet sent at `now`: false when lost, else its delay. */
bool path_carry(const struct path *p, struct tai_ns now, struct prng *r, struct dur_ns *delay);

/* Does the network deliver a second copy of a packet? */
bool path_duplicates(const struct path *p, struct prng *r);

#endif
