/* Every address we answer on, opened before anything else is promised. */
#ifndef DAEMON_LISTENERS_H
#define DAEMON_LISTENERS_H

#include <stdbool.h>

#include "daemon/options.h"
#include "serve/serve.h"

#define LISTENERS_MAX 640
#define WORKERS_MAX 16

struct listener {
    int fd;
    enum service service;
    bool stream, smeared;
    uint8_t worker;     /* which of the serve processes answers here */
    uint8_t list;       /* of the guard's access lists, the one that holds here */
    struct net_addr at;
};

struct listeners { unsigned count; struct listener item[LISTENERS_MAX]; };

/* What went wrong, and where. */
struct listen_failure { int err; enum service service; bool stream, smeared; struct net_addr at; };

/* Opens all of them, or none: returns 0, or -UE_... with *failure filled. NTP over UDP has a socket for each of `workers` processes. "[::]" stands for
 * every address of both families. An IPv6 address is left out (unless it is the only one of its service) on a machine without IPv6; what was left out is
 * logged. */
int listeners_open(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure);
void listeners_close(struct listeners *l);

/* One line for each address. */
void listeners_log(const struct listeners *l);

#endif
