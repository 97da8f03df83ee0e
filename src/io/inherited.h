/* Listening sockets that whoever started this program had open already and handed over, by the protocol of sd_listen_fds(3): LISTEN_PID is our number,
 * LISTEN_FDS says how many, from descriptor 3 on. So ports below 1024 need no right of ours, and a restart loses no request that is on its way. */
#ifndef IO_INHERITED_H
#define IO_INHERITED_H

#include <stdbool.h>

#include "base/addr.h"

#define INHERITED_MAX 64

struct inherited { unsigned count; int fd[INHERITED_MAX]; }; /* -1: taken */

/* Fills *h with the sockets meant for this process, makes them close-on-exec, and forgets the environment's word of them. More than INHERITED_MAX, and what
 * is no socket, are closed. */
void inherited_begin(struct inherited *h);

/* A socket bound to exactly this address, of this kind (stream: it listens). Returns it, the caller's from now on, or -1. */
int inherited_take(struct inherited *h, const struct net_addr *at, bool stream);

/* What is left, which nobody asked for: returns false when there is none, else closes one and tells where it was bound (ADDR_NONE: no address). */
bool inherited_drop(struct inherited *h, struct net_addr *at, bool *stream);

#endif
