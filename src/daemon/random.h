/* Random bytes for packets in a role that may not ask the system for them any more. */
#ifndef DAEMON_RANDOM_H
#define DAEMON_RANDOM_H

#include "base/rng.h"

/* This process's own stream begins, with a seed of the system's. In a child: after it was forked, before it gives rights away. Returns 0 or -UE_.... */
int random_begin(void);

/* The stream. */
const struct rng *random_stream(void);

#endif
