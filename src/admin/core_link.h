/* The way to core: a question each second over a socket pair, by the control protocol. Core may die and come back meanwhile; the pair stays. */
#ifndef ADMIN_CORE_LINK_H
#define ADMIN_CORE_LINK_H

#include "io/machine.h"
#include "observe/control.h"

struct core_link {
    int fd;
    bool known;                 /* there is a snapshot */
    struct mono_ns asked_at, answered_at;
    const struct io_vmclock *vmclock; /* tells that the virtual machine was moved; NULL: there is none, or none that this program may read */
    struct snapshot snapshot;   /* the last there was */
};

/* fd: our end of the pair; vmclock: mapped, or NULL. Both borrowed. */
void core_link_start(struct core_link *l, int fd, const struct io_vmclock *vmclock);

/* Asks, if it is time to; returns when it will be. */
struct mono_ns core_link_ask(struct core_link *l, struct mono_ns now);

/* Something waits at fd. Returns true when it was a new snapshot. */
bool core_link_take(struct core_link *l, struct mono_ns now);

/* To be called before anything is said: if the machine has slept, or was moved or restored, since the snapshot's page was made, the page says nothing
 * usable until core has measured again, as with utc_now_checked. Two readings of a clock. */
void core_link_look(struct core_link *l);

/* How long ago the last snapshot came. */
struct dur_ns core_link_silence(const struct core_link *l, struct mono_ns now);

#endif
