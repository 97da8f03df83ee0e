/* The noise law of one source: from the round trip of a sample to the likelihood of its offset error.
 *
 * With one-way excesses d1, d2 >= 0 over the shortest path, the offset error is (d1 - d2)/2, so it lies within half the round trip's excess
 * D = d1 + d2 whatever their law. Inside that box the law is a mixture whose shares are learnt in three classes of D: uniform (exponential
 * excess), a central body (Gaussian jitter, no hard floor), and the two edges (one direction queues). */
#ifndef CLOCK_NOISE_H
#define CLOCK_NOISE_H

#include "clock/source.h"

#define NOISE_LAW_SAMPLES 8 /* until then a source's noise law is a guess */

/* Before the first sample: the prior. */
void noise_init(struct clock_noise *n);

/* Could it have been learnt? For a law that was kept elsewhere. */
bool noise_is_sane(const struct clock_noise *n);

/* Take a sample's round trip into account and say what may be said about its offset error. */
void noise_law(struct clock_noise *n, double delay_s, struct clock_law *law);

/* The same for a reference clock, which has no round trip: its error is Gaussian, and how large is seen in how far two samples in a row are apart against the
 * line (apart_s; NAN for the first). declared_s: how wrong it may be at most; stamps_s: how far this sample may be off by its stamps alone. */
void noise_reference(struct clock_noise *n, double declared_s, double stamps_s, double apart_s, struct clock_law *law);

/* What the estimate found. A misfit is taken for a wider body, but not for more than twice as wide at once. */
void noise_learn(struct clock_noise *n, const struct clock_law *law, const struct clock_fit *fit);

/* Mean and variance of an error within half_s whose density goes by exp(tilt e). */
struct noise_moments { double mean_s, var; };
struct noise_moments noise_in_box(double half_s, double tilt);

/* Standard deviation of the offset error over all samples. */
double noise_sd(const struct clock_noise *n);

#endif
