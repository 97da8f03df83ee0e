/* When an answer will really leave, from when earlier ones did: what the transmit timestamp of basic mode has to be put ahead by.
 *
 * The timestamp is written while the answer is made; the kernel sends it some microseconds later. Now and then (once a second, at the start more often) an
 * answer is sent with a wish for the kernel's transmit stamp, and how late it was is kept: of answers that left first, and by how much each further one
 * of a batch is later. Of the latest DEPARTURE_SAMPLES the second smallest counts: a timestamp that is early makes the round trip look longer than it is,
 * which a client's bound covers; one that is late would make it look shorter. Nothing is told that lies before what was told already.
 *
 * One for each listener and worker; nothing is shared. */
#ifndef SERVE_DEPARTURE_H
#define SERVE_DEPARTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define DEPARTURE_SAMPLES 16
#define DEPARTURE_MAX_NS 1000000        /* later than this is an accident, and no promise is put so far ahead */
#define DEPARTURE_CROWD 16              /* answers in a batch, from which on the last one tells of the others */

struct departure_figure { int32_t ns[DEPARTURE_SAMPLES], value_ns; uint32_t count; };

/* All 0 at the start. */
struct departure {
    struct departure_figure first, further; /* how late the first one of a batch is; each one behind it, to the one before */
    struct mono_ns next, told;              /* when a sample is due; the latest instant that was told */
    bool crowd;                             /* the next sample is to be that of a crowd's last one */
};

/* Is a sample due, and of which answer of a batch of about n? Returns its index, or -1. */
int departure_wish(struct departure *d, unsigned n, struct mono_ns now);

/* The answer that was the kth of its batch (from 0) left so late after its timestamp had been read. */
void departure_learn(struct departure *d, unsigned k, struct dur_ns late);

/* When the kth answer of a batch leaves whose timestamp is read at `now`. */
struct mono_ns departure_of(struct departure *d, unsigned k, struct mono_ns now);

#endif
