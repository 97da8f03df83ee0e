/* What a what-if question came to, for people: sentences, then a table beside the undisturbed course. Pure. */
#ifndef CLI_SHOW_FORECAST_H
#define CLI_SHOW_FORECAST_H

#include <stdio.h>

#include "sim/forecast.h"
#include "sim/question.h"

struct what_if {
    const struct snapshot *snapshot;
    const struct question *question;
    const char *asked;              /* as typed */
    struct dur_ns before, ahead;    /* how long both run undisturbed, and how far they look then */
    struct forecast now, then;      /* undisturbed; with what was asked */
};

/* width: columns, 0 = no limit. */
void show_forecast(const struct what_if *w, unsigned width, FILE *out);

/* The configured name of a story's server "s3", printable; "the added source" for the one behind the last. Returns out. */
const char *show_forecast_name(const char *node, const struct snapshot *s, char *out, size_t size);

/* In how many seconds the daemon would be free-running if no answer ever came again; FORECAST_NONE: it is not, or never. */
double show_forecast_patience_s(const struct snapshot *s);

#endif
