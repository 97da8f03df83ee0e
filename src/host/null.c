/* Accepts all, changes nothing. */
#include "host/clock.h"

static int null_probe(void) { return 0; }

static int null_frequency(double ppm)
{
    (void)ppm;
    return 0;
}

static int null_step(struct dur_ns by)
{
    (void)by;
    return 0;
}

static int null_status(const struct host_clock_status *s)
{
    (void)s;
    return 0;
}

static int null_read_frequency(double *ppm)
{
    *ppm = 0;
    return 0;
}

const struct host_clock host_clock_null = { "null", null_probe, null_frequency, null_step, null_status, null_read_frequency };
