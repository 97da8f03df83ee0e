/* The guard's table and lists for the control socket: who asks, who is refused, and by which line of the configuration. */
#ifndef DAEMON_GUARD_PICTURE_H
#define DAEMON_GUARD_PICTURE_H

#include "daemon/core.h"
#include "observe/control.h"

/* out->clients: the r->clients busiest of them, at most SNAPSHOT_CLIENTS_MAX. */
void guard_picture_clients(const struct core_world *w, const struct control_request *r, struct snapshot *out);

/* out->access: what holds for r->from at each access list among the listeners of r->service, or at r->listener. */
void guard_picture_access(const struct core_world *w, const struct control_request *r, struct snapshot *out);

#endif
