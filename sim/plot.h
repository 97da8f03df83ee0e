/* A run as one SVG picture: error and bound, frequency error, poll interval, over time. */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdio.h>

#include "sim/check.h"

void plot_svg(FILE *out, const char *title, const struct check_course *course);

#endif
