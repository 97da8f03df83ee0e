/* Commands to the clock role, one after the other, as a hostile core would send them: what reaches the clock is inside the limits, and the steps
 * together inside the budget. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock_role.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct clock_limits limits = { .freq_max_ppm = 600, .step_limit = 3, .step_budget = { 100 * NS_PER_S } };
static unsigned steps;
static int64_t stepped_ns;

static int frequency(double ppm)
{
    assert(isfinite(ppm) && fabs(ppm) <= limits.freq_max_ppm);
    return 0;
}

static int step(struct dur_ns by)
{
    steps++;
    assert(steps <= limits.step_limit && by.ns != INT64_MIN);
    stepped_ns += by.ns < 0 ? -by.ns : by.ns;
    assert(stepped_ns <= limits.step_budget.ns);
    return 0;
}

static int status(const struct host_clock_status *s)
{
    assert((unsigned)s->leap <= LEAP_UNKNOWN && s->max_error.ns >= 0 && s->est_error.ns >= 0 && abs(s->tai_minus_utc_s) <= 1000);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct host_clock driver = { .name = "judge", .frequency = frequency, .step = step, .status = status };
    struct shared_steps s = { .synchronised_ever = true };
    struct clock_command c;

    steps = 0;
    stepped_ns = 0;
    for (; size >= sizeof c; data += sizeof c, size -= sizeof c) {
        memcpy(&c, data, sizeof c);
        assert(clock_command_check(&c, &limits, &s) == clock_role_obey(&c, &limits, &driver, &s));
    }
    return 0;
}
