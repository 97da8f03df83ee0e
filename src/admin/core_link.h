/* The way to core: a question each second over a socket pair, by the control protocol. Core may die and come back meanwhile; the pair stays. */
#ifndef ADMIN_CORE_LINK_H
#define ADMIN_CORE_LINK_H

#include "observe/control.h"

struct core_link {
    int fd;
    bool known;                 /* there is a snapshot */
    struct mono_ns asked_at, answered_at;
    struct snapshot snapshot;   /* the last there was */
};

/* fd: our end of the pair, borrowed. */
void core_link_start(struct core_link *l, int fd);

/* Asks, if it is time to; returns when it will be. */
struct mono_ns core_link_ask(struct core_link *l, struct mono_ns now);

/* Something waits at fd. Returns true when it was a new snapshot. */
bool core_link_take(struct core_link *l, struct mono_ns now);

/* How long ago the last snapshot came. */
struct dur_ns core_link_silence(const struct core_link *l, struct mono_ns now);

#endif
