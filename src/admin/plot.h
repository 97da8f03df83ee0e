/* The last hour as a drawing (SVG): the error bound, and how far the best source in use was from the served time, both on one scale of tens. Pure. */
#ifndef ADMIN_PLOT_H
#define ADMIN_PLOT_H

#include "admin/history.h"
#include "observe/text.h"

/* Of at least two points; nothing is written for fewer. */
void plot_write(const struct history *h, struct mono_ns now, struct text *t);

#endif
