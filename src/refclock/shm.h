/* NTP shared memory: one sample at a time in a System V segment, as ntpd's driver 28 laid it down and gpsd, chronyd and others keep to.
 *
 *   gpsd --writes--> segment 0x4e545030 + unit --look--> sample, "nothing new", or why not
 *
 * The protocol lets the reader clear `valid` once it has read. Here nothing is ever written: what was seen last is remembered instead. So read access is
 * enough, and other readers of the same segment lose nothing by us.
 *
 * A writer of mode 1 counts before and after it writes; one of mode 0 sets `valid` last. A look takes both before and after the rest, and what changed
 * meanwhile is dropped.
 *
 * The segment's `precision` is not looked at: gpsd writes a habit there (-1, -20), and what a sample is worth is the operator's word (`error`).
 *
 * Standards: none; "struct shmTime" of ntpd (refclock_shm.c), gpsd's manual (gpsd-time-service-howto). */
#ifndef REFCLOCK_SHM_H
#define REFCLOCK_SHM_H

#include <time.h>

#include "base/verdict.h"
#include "refclock/sample.h"

#define REFCLOCK_SHM_KEY 0x4e545030 /* "NTP0": of unit 0 */
#define REFCLOCK_SHM_UNITS 256

/* As it lies in memory. A writer whose time_t has another size has a segment of another size, which is refused when it is attached. */
struct refclock_shm {
    int mode;
    int count;
    time_t clock_s;             /* what the reference said, */
    int clock_us;
    time_t receive_s;           /* and CLOCK_REALTIME when it did */
    int receive_us;
    int leap;
    int precision;
    int samples;
    int valid;
    unsigned clock_ns;          /* newer writers: the same in nanoseconds, where it agrees with the microseconds */
    unsigned receive_ns;
    int unused[8];
};

/* One look at it. */
struct refclock_shm_look { struct refclock_shm seen; int count_after, valid_after; };

/* What was seen last; all zeroes at the start. */
struct refclock_shm_reader { bool any; int count; int64_t received_ns; struct utc_ns reference; };

/* Copies it while others may be writing. */
void refclock_shm_look(const volatile struct refclock_shm *m, struct refclock_shm_look *out);

/* Returns false when there is nothing new. Otherwise *why is VERDICT_ACCEPTED, and *out a sample, or the reason why it is none. */
bool refclock_shm_judge(struct refclock_shm_reader *r, const struct refclock_shm_look *look, struct refclock_sample *out, enum verdict *why);

#endif
