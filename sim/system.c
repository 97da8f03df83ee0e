/* The clocks of a client's machine: the system clock is a line over the raw clock, which kernels, programs and story move. */
#include <math.h>

#include "sim/client.h"

struct utc_ns client_system(const struct sim_node *n)
{
    const struct sim_system_clock *s = &n->c.system;
    int64_t run = mono_sub(n->oscillator.raw, s->raw).ns;

    return (struct utc_ns){ s->at.ns + run + llround(s->frac_ns + s->rate * (double)run) };
}

/* The line begins anew, here. */
static void rebase(struct sim_node *n)
{
    struct sim_system_clock *s = &n->c.system;
    int64_t run = mono_sub(n->oscillator.raw, s->raw).ns;
    double whole;

    s->frac_ns = modf(s->frac_ns + s->rate * (double)run, &whole);
    s->at.ns += run + (int64_t)whole;
    s->raw = n->oscillator.raw;
}

/* As kernels do: the second before midnight is repeated, or left out, by the clock's own count. */
static void leap_if_due(struct sim_node *n)
{
    struct sim_system_clock *s = &n->c.system;
    int64_t left_ns = utc_sub(s->leap_at, client_system(n)).ns;

    if (s->leap_at.ns == 0 || left_ns > (s->told == LEAP_DELETE ? NS_PER_S : 0))
        return;
    s->at = utc_add(s->at, (struct dur_ns){ s->told == LEAP_DELETE ? NS_PER_S : -NS_PER_S });
    s->leap_at.ns = 0;
}

static void tell_leap(struct sim_node *n, enum leap told)
{
    struct sim_system_clock *s = &n->c.system;
    struct civil c = civil_from_utc(utc_add(client_system(n), (struct dur_ns){ 86400 * NS_PER_S }));

    if (told == s->told)
        return;
    s->told = told;
    s->leap_at.ns = 0;
    c.hour = c.minute = c.second = 0;
    c.nanosecond = 0;
    if ((told == LEAP_INSERT || told == LEAP_DELETE) && civil_to_utc(&c, &s->leap_at) != 0)
        s->leap_at.ns = 0;
}

struct mono_ns client_advance(struct sim_world *w, struct sim_node *n)
{
    if (n->c.asleep)
        oscillator_sleep(&n->oscillator, w->now);
    oscillator_advance(&n->oscillator, w->now, &n->prng);
    leap_if_due(n);
    return n->oscillator.raw;
}

void client_step_at_once(struct sim_node *n, struct dur_ns d)
{
    rebase(n);
    n->c.system.at = utc_add(n->c.system.at, d);
}

void client_step_system(struct sim_world *w, struct sim_node *n, struct dur_ns d)
{
    client_advance(w, n);
    client_step_at_once(n, d);
}

void client_obey(struct sim_node *n, const struct clock_command *k)
{
    rebase(n);
    if (k->verb == CLOCK_SET_FREQUENCY)
        n->c.system.rate = k->freq_ppm * 1e-6;
    else if (k->verb == CLOCK_SET_STEP)
        n->c.system.at = utc_add(n->c.system.at, k->step);
    else
        tell_leap(n, k->leap);
}

void client_retune(struct sim_world *w, struct sim_node *n, double rate)
{
    client_advance(w, n);
    rebase(n);
    n->c.system.rate = rate;
}

void client_jump_raw(struct sim_world *w, struct sim_node *n, struct dur_ns d)
{
    client_advance(w, n);
    rebase(n);
    n->oscillator.raw = mono_add(n->oscillator.raw, d);
    n->c.system.raw = n->oscillator.raw;
}
