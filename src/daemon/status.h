/* What the parent tells people and the service manager: started (once the first page is out), the clock's state when it changes, alive, stopping. */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "daemon/loop.h"
#include "daemon/setup.h"

struct status {
    const struct setup *setup;
    bool started;
    int told;                    /* enum clock_status last told to the service manager, -1 none */
    struct dur_ns watchdog;      /* interval, 0 not wanted */
    struct mono_ns next;
    bool (*alive)(void *ctx);    /* NULL: always */
    void *ctx;
};

/* Adds itself to the loop. */
void status_start(struct status *st, struct loop *loop, const struct setup *s);

/* Told to people and to the service manager. */
void status_stopping(int signal_number);

#endif
