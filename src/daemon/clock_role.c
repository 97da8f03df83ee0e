#include "daemon/clock_role.h"

#include <errno.h>
#include <math.h>
#include <string.h>
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

/* -- what is permitted ---------------------------------------------------------------------------------------------- */

static bool frequency_permitted(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s)
{
    (void)s;
    return isfinite(c->freq_ppm) && fabs(c->freq_ppm) <= l->freq_max_ppm;
}

/* The sum of all steps with this one; the first ever is free. */
static struct dur_ns stepped_with(const struct shared_steps *s, struct dur_ns step)
{
    return s->synchronised_ever ? dur_add(s->stepped, dur_abs(dur_sub(step, s->gap))) : s->stepped;
}

static bool step_permitted(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s)
{
    return c->step.ns <= STEP_MAX_NS && c->step.ns >= -STEP_MAX_NS && s->used < l->step_limit && !dur_before(l->step_budget, stepped_with(s, c->step));
}

/* From another process a bool is a byte first. */
static bool is_bool(const bool *b)
{
    uint8_t byte;

    memcpy(&byte, b, 1);
    return byte <= 1;
}

static bool status_permitted(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s)
{
    (void)l;
    (void)s;
    return is_bool(&c->synchronised) && (unsigned)c->leap <= LEAP_UNKNOWN && c->max_error.ns >= 0 && c->est_error.ns >= 0 && c->tai_minus_utc_s >= TAI_MIN_S &&
           c->tai_minus_utc_s <= TAI_MAX_S;
}

/* -- what is done ------------------------------------------------------------------------------------------------------ */

static int set_frequency(const struct clock_command *c, const struct host_clock *driver, struct shared_steps *s)
{
    (void)s;
    return driver->frequency(c->freq_ppm);
}

static int set_step(const struct clock_command *c, const struct host_clock *driver, struct shared_steps *s)
{
    struct dur_ns sum = stepped_with(s, c->step);
    int err = driver->step(c->step);

    if (err)
        return err;
    s->used++;
    s->stepped = sum;
    s->synchronised_ever = true;
    s->gap = (struct dur_ns){ 0 };
    return 0;
}

static int set_status(const struct clock_command *c, const struct host_clock *driver, struct shared_steps *s)
{
    struct host_clock_status status = { c->synchronised, c->leap, c->max_error, c->est_error, c->tai_minus_utc_s };

    (void)s;
    return driver->status(&status);
}

static const struct {
    bool (*permitted)(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s);
    int (*act)(const struct clock_command *c, const struct host_clock *driver, struct shared_steps *s);
} verbs[] = {
    [CLOCK_SET_FREQUENCY] = { frequency_permitted, set_frequency },
    [CLOCK_SET_STEP] = { step_permitted, set_step },
    [CLOCK_SET_STATUS] = { status_permitted, set_status },
};

int clock_command_check(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s)
{
    return (unsigned)c->verb < sizeof verbs / sizeof verbs[0] && verbs[c->verb].permitted(c, l, s) ? 0 : -UE_RANGE;
}

int clock_role_obey(const struct clock_command *c, const struct clock_limits *l, const struct host_clock *driver, struct shared_steps *s)
{
    return clock_command_check(c, l, s) == 0 ? verbs[c->verb].act(c, driver, s) : -UE_RANGE;
}

int clock_role_run(int fd, const struct clock_limits *l, const struct host_clock *driver, struct shared_steps *s)
{
    struct clock_command c;

    for (;;) {
        ssize_t n = recv(fd, &c, sizeof c, 0);
        struct clock_answer answer = { .err = -UE_RANGE };

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        if (n == (ssize_t)sizeof c)
            answer = (struct clock_answer){ c.number, clock_role_obey(&c, l, driver, s) };
        send(fd, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}
