/* Roles that come by themselves (join.h), at the parent's door: who comes is let in when that role is awaited, handed what it needs, and is a child from then
 * on (children.h); anybody else is told that he is not wanted. */
#ifndef DAEMON_ARRIVALS_H
#define DAEMON_ARRIVALS_H

#include "daemon/children.h"

/* Waits for them, where any comes by itself. c is kept. */
void arrivals_start(struct children *c);

#endif
