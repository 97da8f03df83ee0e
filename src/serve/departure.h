/* When an answer will leave at the earliest, from when earlier ones did: what the transmit timestamp of basic mode can be put ahead by.
 *
 * The timestamp is written while the answer is made; the kernel sends it some microseconds later. Now and then (once a second, at the start more often) an
 * answer is sent with a wish for the kernel's transmit stamp, which tells how late it was: of answers that left first, and by how much each further one of a
 * batch is later.
 *
 * Only where ntp.put_ahead asks for it: how late an answer is depends on whether its CPU slept, so that on a machine that is loaded by turns some per cent
 * of the answers leave before the floor, and a client nearby sees a negative round trip.
 *
 * What is kept is a floor, not a mean. A timestamp that is early makes the round trip look longer than it is, which a client's bound covers; one that is
 * later than the packet makes it look shorter, even negative, and the answer is thrown away. So the floor starts at nothing, follows a faster answer at once
 * and rises by DEPARTURE_RISE_NS a sample at most, whatever a burst or a busy machine does; less than it is used, and never more than
 * DEPARTURE_AHEAD_MAX_NS. Nothing is told that lies before what was told already.
 *
 * One for each listener and worker; nothing is shared. */
#ifndef SERVE_DEPARTURE_H
#define SERVE_DEPARTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define DEPARTURE_RISE_NS 100
#define DEPARTURE_MARGIN_NS 2000
#define DEPARTURE_AHEAD_MAX_NS 10000
#define DEPARTURE_FURTHER_MAX_NS 2000
#define DEPARTURE_ACCIDENT_NS 1000000   /* later than this tells nothing */
#define DEPARTURE_CROWD 16              /* answers in a batch, from which on the last one tells of the others */
#define DEPARTURE_EARLY_SAMPLES 256     /* that are taken faster, after the start */

/* All 0 at the start. */
struct departure {
    int32_t first_ns, further_ns;   /* floors: how late the first one of a batch is; each one behind it, to the one before */
    uint32_t samples;
    bool crowd;                     /* the next sample is to be that of a crowd's last one */
    struct mono_ns next, told;      /* when a sample is due; the latest instant that was told */
};

/* Is a sample due, and of which answer of a batch of about n? Returns its index, or -1. */
int departure_wish(struct departure *d, unsigned n, struct mono_ns now);

/* The answer that was the kth of its batch (from 0) left so late after its timestamp had been read. */
void departure_learn(struct departure *d, unsigned k, struct dur_ns late);

/* What the first timestamp of a batch is put ahead by. */
struct dur_ns departure_ahead(const struct departure *d);

/* When the kth answer of a batch leaves at the earliest, whose timestamp is read at `now`. */
struct mono_ns departure_of(struct departure *d, unsigned k, struct mono_ns now);

#endif
