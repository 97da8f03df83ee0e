/* A snapshot as Prometheus reads it: its text format 0.0.4, or OpenMetrics 1.0. What is told stands in metrics.def, a row for each metric.
 *
 * The number of series is bounded by that of sources, services and processes; clients have none. Text from outside is escaped. */
#ifndef OBSERVE_METRICS_H
#define OBSERVE_METRICS_H

#include "observe/snapshot.h"

#define METRICS_MAX (65536 + 16384 * SNAPSHOT_SOURCES_MAX)
#define METRICS_PREFIX "simple_utcd_"

enum metrics_format { METRICS_PROMETHEUS, METRICS_OPENMETRICS };

/* The value of Content-Type. */
const char *metrics_content_type(enum metrics_format f);

/* s: NULL when the keeper of the clock does not answer: then that is all that is told. Returns the length, 0 when it did not fit into `size`. */
size_t metrics_write(const struct snapshot *s, const char *version, enum metrics_format f, char *out, size_t size);

#endif
