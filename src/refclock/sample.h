/* What a program that listens to a reference clock hands over, in whatever format. */
#ifndef REFCLOCK_SAMPLE_H
#define REFCLOCK_SAMPLE_H

#include "base/time.h"

struct refclock_sample {
    int64_t received_ns;        /* CLOCK_REALTIME when the reference said so, ns */
    struct utc_ns reference;    /* what it said then */
    struct dur_ns rounding;     /* >= 0: how far the format may have rounded that */
    uint8_t leap;               /* enum leap, never LEAP_UNKNOWN */
};

#endif
