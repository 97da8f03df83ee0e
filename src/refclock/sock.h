/* Samples as datagrams to a UNIX socket, the format of chronyd's reference clock SOCK, which gpsd and others speak.
 *
 *   gpsd --datagram--> refclock_sock_read --> sample, or why it is none
 *
 * Numbers are in the machine's own order and size: sender and reader run on one machine. A datagram that is only a pulse says nothing about which second it
 * begins, and is not used.
 *
 * Standards: none; "struct sock_sample" of chronyd (refclock_sock.c), chrony.conf(5). */
#ifndef REFCLOCK_SOCK_H
#define REFCLOCK_SOCK_H

#include <sys/time.h>

#include "base/verdict.h"
#include "base/wire.h"
#include "refclock/sample.h"

#define REFCLOCK_SOCK_MAGIC 0x534f434b /* "SOCK" */

struct refclock_sock {
    struct timeval at;          /* CLOCK_REALTIME */
    double offset_s;            /* true time minus that */
    int pulse;                  /* 0: offset_s is whole; anything else: of a pulse */
    int leap;
    int unused;
    int magic;
};

/* Returns VERDICT_ACCEPTED, and *out a sample, or the reason why it is none. */
enum verdict refclock_sock_read(struct span datagram, struct refclock_sample *out);

#endif
