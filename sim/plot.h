/* A run as one SVG picture: error and bound, frequency error, poll interval, over time; dashed lines where something happens. */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdio.h>

#include "sim/check.h"
#include "sim/story.h"

/* Nothing where the course is empty. */
void plot_svg(FILE *out, const struct story *s, const struct check_course *course);

#endif
