/* The raw clock stood still, or is another: the machine slept, was moved, or put back to a snapshot; or another hand moved the system clock, which may mean so.
 *
 *   any status --clock_disrupted, clock_slept, clock_moved--> DISRUPTED --measured again--> SYNCHRONISED
 *        LOCAL --clock_slept, put forward by it--> LOCAL             `--slept, where the operator states `local`: 64 s--> LOCAL
 *
 * These three are declared in clock/clock.h. */
#ifndef CLOCK_DISRUPTION_H
#define CLOCK_DISRUPTION_H

#include "clock/clock.h"

#define DISRUPTION_LOCAL_WAIT_NS (64 * NS_PER_S) /* so long after a sleep a source may answer before `local` goes on without */

/* When `local` goes on without a source; MONO_NEVER: it does not wait. Asked for with each datagram that wakes a daemon in one process, so it is no call. */
static inline struct mono_ns disruption_next(const struct clock *c)
{
    if (c->policy.slept.ns == 0 || !c->options.local.present || c->page.status != CLOCK_DISRUPTED)
        return MONO_NEVER;
    return mono_add(c->policy.lost_at, (struct dur_ns){ DISRUPTION_LOCAL_WAIT_NS });
}
/* If that has come: it does. */
void disruption_end_wait(struct clock *c, struct mono_ns now, struct clock_actions *out);

/* What was asked before a sleep or a move says nothing on now, though it may be heard after it: in interleaved mode a whole poll later. */
bool disruption_hides(const struct clock *c, const struct measurement *m);

/* What they had cost the clock that published the page with which this one goes on; after the page was taken. */
void disruption_resume(struct clock *c, const struct clock_lapse *lapse);

#endif
