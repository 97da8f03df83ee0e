/* What an audit wants to know of the guard: a line in the log for each prefix that begins to be blocked. Workers write no log; core reads from the table what
 * they left there. */
#ifndef DAEMON_AUDIT_H
#define DAEMON_AUDIT_H

#include "daemon/loop.h"
#include "guard/guard.h"

struct audit {
    const struct guard *guard;
    uint32_t told;              /* blocks, as guard_next_block counts */
    struct mono_ns next;
};

/* Adds itself to the loop; rests while guard (NULL: none) cannot block at all. Blocks from before are not told again. */
void audit_start(struct audit *a, struct loop *loop, const struct guard *guard);

/* The guard, or its limits, may be others now. */
void audit_change(struct audit *a, const struct guard *guard);

#endif
