/* The clock role: the only holder of the right to set the system clock. It obeys struct clock_command, and checks every field against limits of its own,
 * because the process that sends them talks to the network. */
#ifndef DAEMON_CLOCK_ROLE_H
#define DAEMON_CLOCK_ROLE_H

#include "daemon/shared.h"
#include "engine/engine.h"
#include "host/clock.h"

struct clock_limits {
    double freq_max_ppm;     /* of a frequency command: oscillator and slew together */
    uint32_t step_limit;     /* steps allowed since the parent started */
    struct dur_ns step_budget; /* what all steps after the first synchronisation ever may add up to, earlier runs included */
};

/* As configured: max_frequency and max_slew together, step_limit, step_budget. */
struct clock_limits clock_limits_of(const struct clock_options *o);

/* Is every field of the command inside the limits, and a step inside what is left of the budget? Returns 0 or -UE_RANGE. Core asks before it sends, the clock
 * role again before it obeys. */
int clock_command_check(const struct clock_command *c, const struct clock_limits *l, const struct shared_steps *s);

/* Check, then do what the command says. Returns 0; -UE_RANGE; what the driver returned. */
int clock_role_obey(const struct clock_command *c, const struct clock_limits *l, const struct host_clock *driver, struct shared_steps *s);

/* The process: commands come as whole datagrams on fd, each is answered by a struct clock_answer; what is no command by number 0. Ends with the socket;
 * returns the exit code. */
int clock_role_run(int fd, const struct clock_limits *l, const struct host_clock *driver, struct shared_steps *s);

#endif
