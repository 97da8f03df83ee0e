/* Starts simple-utcd-resolve when a question waits at its end of the socket pair and no such program runs. Lives in the parent (or the one process). */
#ifndef DAEMON_RESOLVER_H
#define DAEMON_RESOLVER_H

#include <sys/types.h>

#include "daemon/loop.h"
#include "host/privilege.h"

#define RESOLVER_DELAY_MS 30    /* answers to clients first: starting a program takes the processor from them */

/* A program that answers questions on a socket: how it is started, how the question that waits is declined when it cannot be, and what to say then. */
struct resolver_program { pid_t (*spawn)(int fd, const struct host_user *user); void (*decline)(int fd, int err); const char *missing; };

struct resolver {
    const struct resolver_program *program;
    const struct host_user *user; /* whom it is to become; NULL: it stays who we are */
    struct loop *loop;
    int fd;
    pid_t pid;                  /* 0: none runs */
    struct mono_ns begin;       /* when questions are first looked at; MONO_NEVER once they are */
    int asks;                   /* core's end, where renew is not NULL */
    void (*renew)(struct resolver *r); /* a program that went wild ended the way to core: both sides need another (resolver_go_on); NULL: it stays ended */
    struct mono_ns renewed_at;  /* 0: never */
};

/* fd: the program's end; -1: no name is configured, nothing will happen. user: process.user, or NULL; borrowed. */
void resolver_start(struct resolver *r, struct loop *loop, int fd, const struct host_user *user);

/* The same for another program than simple-utcd-resolve. */
void resolver_start_program(struct resolver *r, struct loop *loop, int fd, const struct resolver_program *program, const struct host_user *user);

/* With another pair from here on; a program that still has the old one is ended. */
void resolver_go_on(struct resolver *r, int asks, int fd);

/* A child has ended: ours? Then the next question may start it anew; a bad end declines the question that waits. */
bool resolver_reaped(struct resolver *r, pid_t pid, int status);

/* The daemon ends: so does the program, at once, and it is waited for. It holds nothing that would be lost. */
void resolver_end(struct resolver *r);

#endif
