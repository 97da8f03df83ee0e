/* HTTP as a role: its listeners, memory and way to core are made here, the rest is a program of its own (admin/admin.h).
 *
 * An address that cannot be had is said and left out: time is served all the same, and a page about it is not worth more than the time. */
#ifndef DAEMON_ADMIN_ROLE_H
#define DAEMON_ADMIN_ROLE_H

#include "admin/admin.h"
#include "daemon/options.h"
#include "host/privilege.h"

struct admin_role {
    struct admin_shared *shared; /* NULL: there is no HTTP */
    struct admin_orders orders;  /* what the program is to be told, here where it cannot write */
    int shared_fd;
    int core_end;                /* core answers here, as on a connection of the control socket; -1: no HTTP */
    int own_end;
    struct mono_ns renewed_at;   /* that way; 0: never */
    unsigned count;
    int listener[OPTION_LIST_MAX];
    struct option_addrs wanted;  /* http.listen at the start, */
    const char *refused[OPTION_LIST_MAX]; /* and why each is not served, static; NULL: it is */
};

/* Opens what it can; the rest is told. vmclock: as the clock page names it. Returns 0, or -UE_... when there is no memory or descriptor. */
int admin_role_open(struct admin_role *a, const struct http_options *o, const struct host_user *user, const char *run_dir, const char *vmclock);

/* Where people begin, or "" when nothing listens. */
const char *admin_role_url(const struct admin_role *a, char out[ADDR_TEXT_MAX + 24]);

/* What a program that is about to start finds in the memory, whatever one before it wrote there. */
void admin_role_order(const struct admin_role *a);

/* The program has ended. Where it ended its way to core too, there is another one, if deaths_may_renew: then core has to be started anew, and it returns
 * true. */
bool admin_role_renew(struct admin_role *a, struct mono_ns now);

/* In a child: become the program. Returns when there is none. */
void admin_role_become(const struct admin_role *a);

#endif
