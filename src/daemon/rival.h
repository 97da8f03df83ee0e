/* Another program that steers the system clock while this one does: looked for at the start (mode.h), and again each half minute by the parent, for it may
 * be started or stopped at any time. It is named; the clock goes on being steered. Only what /proc shows is found: the packaged unit hides the processes of
 * other users (ProtectProc=), and has systemd stop the services of others instead (Conflicts=). */
#ifndef DAEMON_RIVAL_H
#define DAEMON_RIVAL_H

#include "daemon/loop.h"
#include "daemon/mode.h"
#include "daemon/shared.h"

#define RIVAL_LOOK_S 30

struct rival {
    const struct mode *mode;
    struct shared_state *shared;
    struct mono_ns next;
    unsigned (*running)(void);      /* as host_discipline_running */
};

/* Looks from now on, where the system clock is steered. */
void rival_start(struct rival *r, struct loop *l, const struct mode *m, struct shared_state *shared);

/* One look at `now`: a change is told in the log. */
void rival_look(struct rival *r, struct mono_ns now);

/* Who it is by the last look, or by that of the start before the first or where that one was never seen; "": nobody. */
const char *rival_name(const struct mode *m, const struct shared_state *shared);

#endif
