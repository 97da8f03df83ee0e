#include "daemon/clock_role.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/err.h"

#define STEP_MAX_NS (INT64_C(200) * 366 * 86400 * NS_PER_S) /* from any absurd boot time to any date the clock can hold */
#define TAI_MIN_S (-1000)
#define TAI_MAX_S 1000

struct clock_limits clock_limits_of(const struct clock_options *o)
{
    return (struct clock_limits){
        .freq_max_ppm = fmin(o->clock.max_frequency + o->clock.max_slew, HOST_FREQUENCY_MAX_PPM),
        .step_limit = (uint32_t)o->clock.step_limit,
        .step_budget = o->clock.step_budget,
    };
}

static int set_frequency(const struct clock_command *c, const struct clock_limits *l, const struct host_clock *driver)
{
    if (!isfinite(c->freq_ppm) || fabs(c->freq_ppm) > l->freq_max_ppm)
        return -UE_RANGE;
    return driver->frequency(c->freq_ppm);
}

/* The sum of all steps with this one; the first ever is free. */
static struct dur_ns stepped_with(const struct shared_steps *s, struct dur_ns step)
{
    return s->synchronised_ever ? dur_add(s->stepped, dur_abs(dur_sub(step, s->gap))) : s->stepped;
}

static int set_step(const struct clock_command *c, const struct clock_limits *l, const struct host_clock *driver, struct shared_steps *s)
{
    struct dur_ns sum = stepped_with(s, c->step);
    int err;

    if (c->step.ns > STEP_MAX_NS || c->step.ns < -STEP_MAX_NS || s->used >= l->step_limit || dur_before(l->step_budget, sum))
        return -UE_RANGE;
    err = driver->step(c->step);
    if (err)
        return err;
    s->used++;
    s->stepped = sum;
    s->synchronised_ever = true;
    s->gap = (struct dur_ns){ 0 };
    return 0;
}

static int set_status(const struct clock_command *c, const struct host_clock *driver)
{
    struct host_clock_status s = { c->synchronised, c->leap, c->max_error, c->est_error, c->tai_minus_utc_s };

    if ((unsigned)c->leap > LEAP_UNKNOWN || c->max_error.ns < 0 || c->est_error.ns < 0 || c->tai_minus_utc_s < TAI_MIN_S || c->tai_minus_utc_s > TAI_MAX_S)
        return -UE_RANGE;
    return driver->status(&s);
}

int clock_role_obey(const struct clock_command *c, const struct clock_limits *l, const struct host_clock *driver, struct shared_state *shared)
{
    switch (c->verb) {
    case CLOCK_SET_FREQUENCY: return set_frequency(c, l, driver);
    case CLOCK_SET_STEP: return set_step(c, l, driver, &shared->steps);
    case CLOCK_SET_STATUS: return set_status(c, driver);
    }
    return -UE_RANGE;
}

int clock_role_run(int fd, const struct clock_limits *l, const struct host_clock *driver, struct shared_state *shared)
{
    struct clock_command c;

    signal(SIGINT, SIG_IGN); /* the terminal's: the parent decides */
    signal(SIGTERM, SIG_DFL);
    for (;;) {
        ssize_t n = recv(fd, &c, sizeof c, 0);
        int result = n == (ssize_t)sizeof c ? clock_role_obey(&c, l, driver, shared) : -UE_RANGE;

        if (n == 0 || (n < 0 && errno != EINTR))
            return 0;
        if (n > 0)
            send(fd, &result, sizeof result, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}
