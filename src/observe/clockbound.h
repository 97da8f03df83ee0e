/* The shared-memory segment of ClockBound, protocol version 2, so that programs made for AWS's daemon take the system clock's bound from this one.
 *
 * Standards: "ClockBound Shared Memory Protocol Version 2" (docs/PROTOCOL.md of github.com/aws/clock-bound, release 2.0.2), byte order of the machine.
 * What the text leaves open is as that release's writer and reader do it: a reader goes by the generation, trusts a synchronised status for 5 s after as_of,
 * calls it free-running until void_after, and nothing after that; it adds max_drift * (CLOCK_MONOTONIC - as_of) to the bound.
 *
 * The segment is about CLOCK_REALTIME, not about the time that this daemon serves: the bound holds the system clock's error and its rate's. Where the daemon
 * keeps a virtual clock, the system clock is somebody else's, and the status is unknown. */
#ifndef OBSERVE_CLOCKBOUND_H
#define OBSERVE_CLOCKBOUND_H

#include <stdint.h>

#include "base/page.h"

#define CLOCKBOUND_MAGIC_0 UINT32_C(0x414d5a4e)
#define CLOCKBOUND_MAGIC_1 UINT32_C(0x43420200)
#define CLOCKBOUND_VERSION 2

enum clockbound_status { CLOCKBOUND_UNKNOWN, CLOCKBOUND_SYNCHRONIZED, CLOCKBOUND_FREE_RUNNING, CLOCKBOUND_DISRUPTED };

struct clockbound_time { int64_t s, ns; };

struct clockbound_bound {
    struct clockbound_time as_of, void_after;   /* CLOCK_MONOTONIC_COARSE */
    int64_t bound_ns;                           /* of CLOCK_REALTIME at as_of */
    uint64_t disruption_marker;                 /* of the VMClock */
    uint32_t max_drift_ppb;
    int32_t status;                             /* enum clockbound_status */
    uint8_t disruption_support;                 /* 1: readers are to compare the marker with the VMClock's */
    uint8_t padding[7];
};

struct clockbound_segment {
    uint32_t magic[2];
    uint32_t size;
    uint16_t version;                           /* 0: not written yet */
    uint16_t generation;                        /* 0: not written yet; odd: being written */
    struct clockbound_bound bound;
};

/* How the system clock stands beside the page, at one instant. */
struct clockbound_clock {
    bool steered;                   /* by this daemon */
    double rate;                    /* s/s relative to CLOCK_MONOTONIC_RAW */
    struct mono_ns raw;
    struct utc_ns system;           /* CLOCK_REALTIME at raw */
    int64_t monotonic_ns;           /* CLOCK_MONOTONIC_COARSE, before raw */
    bool vmclock;                   /* there is one */
};

/* What the page says about it. */
void clockbound_make(const struct page_data *page, const struct clockbound_clock *c, struct clockbound_bound *out);

/* Writer: one process only. A segment that a writer of this layout left, even in the middle, stays readable as it is; anything else becomes an empty one. */
void clockbound_begin(struct clockbound_segment *s);
void clockbound_write(struct clockbound_segment *s, const struct clockbound_bound *b);

#endif
