/* The server of NTS key establishment as a role: its listeners and memory are made here, the rest is a program of its own (ke/ke.h). */
#ifndef DAEMON_KE_ROLE_H
#define DAEMON_KE_ROLE_H

#include "daemon/options.h"
#include "host/privilege.h"
#include "io/inherited.h"
#include "ke/ke.h"

struct ke_role {
    struct ke_shared *shared;    /* NULL: NTS is not served */
    struct ke_orders orders;     /* what the program is to be told, here where it cannot write */
    const struct ke_picture *picture; /* likewise */
    int shared_fd, picture_fd;
    unsigned count;
    int listener[KE_LISTENERS_MAX];
};

/* Opens listeners and memory. Returns 0, or -UE_... with *at the address it is about, or none. */
int ke_role_open(struct ke_role *k, const struct daemon_options *o, const struct host_user *user, struct inherited *inherited, struct net_addr *at);

/* Other options from now on, as far as they take no restart: files are looked at when the program gets SIGHUP, the port of the first ntp.listen is told at
 * once. */
void ke_role_change(struct ke_role *k, const struct daemon_options *o);

/* What a program that is about to start finds in the memory, whatever one before it wrote there. */
void ke_role_order(const struct ke_role *k);

/* In a child that has no use for cookie keys: they are not mapped any more, listeners are closed. */
void ke_role_forget(struct ke_role *k);

/* In a child: become the program. Returns when there is none. */
void ke_role_become(const struct ke_role *k);

#endif
