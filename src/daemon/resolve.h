/* Names become addresses in a program of its own (simple-utcd-resolve), because the system's resolver blocks, loads modules and parses bytes from
 * outside. It is talked to over a socket pair by whole, fixed-size messages, started when a question waits, and ends when it has been idle.
 *
 *   core --resolve_question--> [socket pair] --> simple-utcd-resolve --getaddrinfo--> --resolve_answer--> core
 *              parent: starts the program when a question waits and none runs */
#ifndef DAEMON_RESOLVE_H
#define DAEMON_RESOLVE_H

#include <sys/types.h>

#include "base/addr.h"
#include "host/privilege.h"
#include "base/option.h"

#define RESOLVE_ADDRESSES_MAX 16
#define RESOLVE_FD 3            /* where the program finds its socket */
#define RESOLVE_IDLE_MS 10000   /* the program ends after so long without a question */
#define RESOLVE_PATIENCE_S 120  /* a question without an answer for so long is given up: the program died over it */

struct resolve_question {
    uint16_t configured;
    char name[OPTION_TEXT_MAX];
};

struct resolve_answer {
    uint16_t configured;
    int32_t err;                /* 0 or -UE_... */
    uint32_t count;
    struct net_addr addr[RESOLVE_ADDRESSES_MAX]; /* ports 0 */
};

/* The core's side. Both return 0 or -UE_...; an answer is checked: count, families, err's sign. */
int resolve_ask(int fd, uint16_t configured, const char *name);
int resolve_take(int fd, struct resolve_answer *out);

/* Two ends: [0] for the core, [1] for the program. Returns 0 or -UE_.... */
int resolve_pair(int fd[2]);

/* The program cannot be started: take one waiting question at its end and answer it with err. */
void resolve_decline(int fd, int err);

/* Start the program with its socket; it is looked for beside our own executable (a build tree), then where it is installed. user: whom it
 * becomes, or NULL. Returns its process id or -UE_.... */
pid_t resolve_spawn(int fd, const struct host_user *user);

#endif
