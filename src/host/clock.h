/* The host's clocks behind one face: a driver for the system clock (linux.c), and null drivers.
 *
 * Only the clock role calls the setters. Each returns 0 or -UE_.... */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/measurement.h"
#include "base/time.h"

struct host_pair { struct mono_ns raw; struct utc_ns system; struct dur_ns width; struct dur_ns asleep; };

/* CLOCK_MONOTONIC_RAW; CLOCK_MONOTONIC where there is none. */
struct mono_ns host_mono(void);

/* RAW - REALTIME - RAW, the tightest of a few tries; raw is the middle, width the distance. asleep: BOOTTIME - MONOTONIC, 0 where unknown. */
struct host_pair host_pair(void);

/* log2 of the smallest step of reading the clock, RFC 5905 section 7.3; a bounded number of reads. */
int8_t host_precision_log2(void);

struct host_clock_status { bool synchronised; enum leap leap; struct dur_ns max_error, est_error; int32_t tai_minus_utc_s; };

struct host_clock {
    const char *name; /* "system", "null" */
    int (*probe)(void);                                    /* 0: this process may steer (write back the frequency just read) */
    int (*frequency)(double ppm);                          /* absolute rate relative to CLOCK_MONOTONIC_RAW, tick and freq as needed */
    int (*step)(struct dur_ns by);
    int (*status)(const struct host_clock_status *s);
    int (*read_frequency)(double *ppm);
};

extern const struct host_clock host_clock_system; /* clock_adjtime, or adjtimex where that is missing */
extern const struct host_clock host_clock_null;   /* accepts all, changes nothing */

/* Is another program disciplining this clock? Writes its name (or "" ) and returns true if so. Looks for known daemons by their process names and for a
 * kernel clock that is kept synchronised by somebody. */
bool host_other_discipliner(char *name, size_t size);

#endif
