/* What the clock remembers over restarts: frequency, wander, each source's noise law, how much has been stepped, when it was written, TAI-UTC then, and a
 * leap second near it.
 *
 * Text, versioned, closed by a checksum, so that a torn or foreign text is never taken for a good one. It is taken whole or not at all; numbers a
 * clock cannot have are refused, a frequency beyond the limit is clamped and marked uncertain. Reading and writing files is the daemon's. */
#ifndef CLOCK_MEMORY_H
#define CLOCK_MEMORY_H

#include <stddef.h>

#include "clock/source.h"

#define CLOCK_MEMORY_SOURCES 16
#define CLOCK_MEMORY_NAME_MAX 64
#define CLOCK_MEMORY_TEXT_MAX 16384

#define CLOCK_MEMORY_LEAP_NS (86400 * NS_PER_S) /* how near a leap second is kept */

struct clock_drift {
    double freq_ppm;               /* positive: this machine's oscillator is slow, i.e. page rate * 1e6 */
    double skew_ppm;               /* its uncertainty, standard deviation, >= 0 */
    bool valid;
};

/* One source's noise law, under the name it has in the configuration. */
struct clock_memory_source { char name[CLOCK_MEMORY_NAME_MAX]; struct clock_noise noise; };

struct clock_memory {
    struct clock_drift drift;
    double beyond_ppm;             /* the frequency that a text told, where it was beyond the limit; 0: it was not */
    double wander;                 /* s/s per sqrt(s); 0: not known */
    struct utc_ns saved;           /* served UTC when it was written, by a clock that was synchronised; 0: never. A later start cannot be earlier */
    struct utc_ns stated;          /* UTC served when it was written, by a statement or a group's reference, unmeasured since `saved`; 0: it was not */
    struct mono_ns saved_raw;      /* CLOCK_MONOTONIC_RAW at the same instant: tells whether it is still the same boot */
    struct dur_ns stepped;         /* sum of all steps after the first synchronisation ever */
    int32_t tai_minus_utc_s;       /* when it was saved; 0: not known */
    int32_t leap_delta_s;          /* a leap second less than a day from then or from `stated`: 1, -1; 0: none */
    struct utc_ns leap_midnight;   /* which it is before */
    bool synchronised_once;        /* there was a first synchronisation: later steps count */
    uint32_t count;
    struct clock_memory_source source[CLOCK_MEMORY_SOURCES];
};

/* The text, NUL-terminated; returns its length. A source whose name is no word is left out. */
size_t clock_memory_to_text(const struct clock_memory *m, char out[CLOCK_MEMORY_TEXT_MAX]);

/* Returns 0; -UE_TRUNCATED (cut or changed), -UE_SYNTAX, -UE_VERSION, -UE_RANGE. *out changes on success only. Version 1, frequency and skew alone, is
 * taken too. A frequency above max_frequency_ppm is clamped to it, its skew set to it, and told in beyond_ppm. */
int clock_memory_from_text(const char *text, size_t len, double max_frequency_ppm, struct clock_memory *out);

/* Is the leap second, if there is one, less than a day from what was saved or stated? A text that has another is refused. */
bool clock_memory_leap_is_near(const struct clock_memory *m);

/* The law remembered under that name, or NULL. */
const struct clock_noise *clock_memory_find(const struct clock_memory *m, const char *name);

#endif
