/* Floods are thinned out by the kernel: whoever holds the sockets gives them a filter (io_udp_sieve) while the guard knows of prefixes that flood
 * (guard_floods), and counts what they dropped.
 *
 *   worker: a flood has begun --> parent, over the pair of sockets of follow.h --> sieve_look: filters at every UDP socket, and the guard counts accordingly
 *
 * The worker's word only says that it is time to look: who floods is read from the guard. Where the system does not take a filter, requests are refused one
 * by one, as before. */
#ifndef DAEMON_SIEVE_H
#define DAEMON_SIEVE_H

#include "daemon/listeners.h"
#include "daemon/loop.h"
#include "daemon/shared.h"

struct sieve {
    struct guard *guard;
    const struct listeners *listeners;
    uint64_t *dropped;                  /* by service */
    unsigned count;                     /* of flood; 0: no socket has a filter */
    struct guard_client flood[GUARD_FLOODS_MAX];
    bool cannot;                        /* the system takes no filter */
    struct mono_ns next, looked_at;
    uint32_t before[LISTENERS_MAX];     /* what the sockets had dropped when they were looked at */
};

/* Adds itself to the loop. NULL guard: there is nothing to do. */
void sieve_start(struct sieve *s, struct loop *loop, struct guard *g, const struct listeners *l, struct shared_state *shared);

/* A flood has begun. */
void sieve_look(struct sieve *s);

#endif
