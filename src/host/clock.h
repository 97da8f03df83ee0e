/* The host's clocks behind one face: a driver for the system clock (linux.c), and a null driver.
 *
 * Only the clock role calls the setters. Each returns 0 or -UE_.... */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/measurement.h"
#include "base/time.h"

struct host_pair { struct mono_ns raw; struct utc_ns system; struct dur_ns width; };

/* CLOCK_MONOTONIC_RAW; CLOCK_MONOTONIC where there is none. */
struct mono_ns host_mono(void);

/* RAW - REALTIME - RAW, the tightest of a few tries; raw is the middle, width the distance. */
struct host_pair host_pair(void);

/* The same with CLOCK_BOOTTIME, which goes on while the machine sleeps. */
struct host_boot { struct mono_ns raw; int64_t boot_ns; };
struct host_boot host_boot(void);

/* log2 of the smallest step of reading the clock, RFC 5905 section 7.3; a bounded number of reads. */
int8_t host_precision_log2(void);

#define HOST_FREQUENCY_MAX_PPM 100000.0 /* of the driver: tick +-10 %, frequency +-500 ppm */

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

/* The kernel's two knobs for one rate: ticks of 1/10000 (USER_HZ 100), and the rest within +-500 ppm as 2^-16 ppm. Small rates leave the tick alone.
 * ppm is clamped to +-HOST_FREQUENCY_MAX_PPM; what is not a number counts as 0. */
struct host_rate { long tick_us; long freq_scaled; };
struct host_rate host_rate_from_ppm(double ppm);
double host_rate_to_ppm(struct host_rate r);

/* The leap second the kernel has been told of, by whomever; LEAP_NONE when it cannot be read. */
enum leap host_leap_armed(void);

/* A known program that disciplines clocks and runs on this machine: its number, 1 or more; 0: none is to be seen. And its name, as the kernel shows it. */
unsigned host_discipline_running(void);
const char *host_discipline_name(unsigned n);

/* Can it be seen who runs on this machine? Not where /proc keeps the processes of other users to itself (hidepid, ProtectProc=), nor in a container. */
bool host_sees_others(void);

/* Is another program disciplining this clock? Writes its name and returns true if so: a known daemon by its process name; "" when there is none, but the
 * kernel clock was refreshed so lately that somebody unseen (outside this container) must keep it. */
bool host_other_discipliner(char *name, size_t size);

#endif
