/* What was found at the start and is over with it: a state file that was not believed, a leap second that another program had armed. Told for ten minutes. */
#ifndef DAEMON_FOUND_H
#define DAEMON_FOUND_H

#include "base/measurement.h"
#include "observe/problem.h"

struct found {
    int state_err;                      /* why the state file was set aside: -UE_...; 0: it was not */
    double beyond_ppm;                  /* the frequency in it, where that was clamped; 0 */
    enum leap leap_armed;               /* in the kernel, and cleared; LEAP_NONE */
};

/* Adds to *out what is still told so long after the start. state_file: clock.drift_file. */
void found_note(const struct found *f, const char *state_file, struct dur_ns since_start, struct problems *out);

#endif
