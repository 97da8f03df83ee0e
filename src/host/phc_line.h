/* The line between a network card's clock (PHC) and CLOCK_MONOTONIC_RAW, drawn through repeated readings of both. Pure.
 *
 * Of each burst of readings the narrowest counts: the least was in its way. The line is the weighted regression over the latest readings that lie on one
 * line within what each is known to; when the newest does not fit any more, because the card's clock was stepped or steered by another, older readings
 * are let go until it does. */
#ifndef HOST_PHC_LINE_H
#define HOST_PHC_LINE_H

#include <stdbool.h>

#include "base/time.h"

#define PHC_LINE_READINGS 16

/* Both clocks at one instant: the PHC said phc_ns somewhere within width/2 of raw. */
struct phc_reading { int64_t phc_ns; struct mono_ns raw; struct dur_ns width; };

/* raw = raw_ref + (phc - phc_ref) * (1 + rate), true within `error` at raw_ref; valid: at least one reading was taken. Plain data, for any memory. */
struct phc_fit { bool valid; int64_t phc_ref_ns; struct mono_ns raw_ref; double rate; struct dur_ns error; };

struct phc_line {
    unsigned count;
    struct phc_reading reading[PHC_LINE_READINGS]; /* oldest first */
    struct phc_fit fit;
};

/* The narrowest of a burst; n >= 1. A width below 0 counts as no reading. Returns false when none is left. */
bool phc_narrowest(const struct phc_reading *r, unsigned n, struct phc_reading *out);

/* Take one reading in and draw the line anew. A zeroed line is empty. Readings closer together than PHC_LINE_SPACING_NS replace each other. */
#define PHC_LINE_SPACING_NS (NS_PER_S / 4)
void phc_line_add(struct phc_line *l, const struct phc_reading *r);

/* Returns false, *out untouched, without a line, or farther than PHC_FIT_REACH_NS from its reference. */
#define PHC_FIT_REACH_NS (4 * NS_PER_S)
bool phc_fit_raw(const struct phc_fit *f, int64_t phc_ns, struct mono_ns *out);

#endif
