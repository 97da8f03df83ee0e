/* Every address we answer on, opened before anything else is promised. */
#ifndef DAEMON_LISTENERS_H
#define DAEMON_LISTENERS_H

#include <stdbool.h>

#include "daemon/options.h"
#include "io/inherited.h"
#include "serve/serve.h"

#define LISTENERS_MAX 640
#define WORKERS_MAX 16

struct listener {
    int fd;             /* -1: its address or interface is not there */
    enum service service;
    bool stream, smeared;
    bool removed;       /* no longer configured: the place is free */
    bool wanted, fresh; /* during a change: it stays; it was opened for it */
    uint8_t worker;     /* which of the serve processes answers here */
    uint8_t list;       /* of the guard's access lists, the one that holds here */
    int err;            /* why it could not be opened though it is there, -UE_...; 0 */
    uint32_t ifindex;   /* of `interface` when it was opened */
    struct net_addr at;
    char interface[ADDR_INTERFACE_MAX]; /* "": all */
};

/* What sockets are given when they are opened: dscp, ask_cards; steer_over: of so many workers that of the CPU gets a request; 0: by source.
 * inherited: sockets handed over, used where one fits, or NULL. */
struct listeners {
    unsigned count, steer_over;
    uint8_t dscp;
    bool ask_cards;
    struct inherited *inherited;
    bool changing;
    unsigned place;     /* during a change: of the listener opened last */
    struct listener item[LISTENERS_MAX];
};

/* What went wrong, and where. */
struct listen_failure { int err; enum service service; bool stream, smeared; struct net_addr at; };

/* Opens all whose address and interface are there, or none: returns 0, or -UE_... with *failure filled. NTP over UDP has a socket for each of `workers`
 * processes. "[::]" stands for every address of both families. An IPv6 address is left out (unless it is the only one of its service) on a machine
 * without IPv6; what was left out is logged. */
int listeners_open(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure);
void listeners_close(struct listeners *l);

/* In a child: gives up the sockets of other workers, which the parent keeps. WORKERS_MAX: of all. */
void listeners_keep(struct listeners *l, unsigned worker);

/* What is done about a listener by its index: before its socket is closed, and after it was opened. */
struct listeners_hooks { void *ctx; void (*gone)(void *ctx, unsigned i); void (*come)(void *ctx, unsigned i); };

/* Addresses and interfaces may have changed: opens what can be opened now, anew where an interface was made anew, and logs it. A socket whose address is
 * gone stays: it answers again when the address is back. */
void listeners_follow(struct listeners *l, const struct listeners_hooks *h);

/* Another configuration. Begin opens what is new beside what there is, or nothing: returns 0, or -UE_... with *failure filled, as listeners_open does. Then
 * either end closes what is no longer configured and hands out what is new, or abort closes what is new. What stays is not touched. */
int listeners_change_begin(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure);
void listeners_change_end(struct listeners *l, const struct listeners_hooks *h);
void listeners_change_abort(struct listeners *l);

/* One line for each address. */
void listeners_log(const struct listeners *l);

#endif
