/* All sources in one estimate of phase and frequency. */
#ifndef CLOCK_COMBINE_H
#define CLOCK_COMBINE_H

#include "clock/clock.h"

/* The estimate takes the source's last sample. in_company: others can tell whether it was the source that moved, or the clock. */
void combine_sample(struct clock *c, struct clock_source *s, bool in_company);

/* What the majority proves of the true frequency. */
void combine_rate(struct clock *c);

/* The estimate stays inside the bound, its rate near what is proven, whatever the statistics say, and inside what the oscillator can be. */
void combine_confine(struct clock *c, struct clock_actions *out);

#endif
