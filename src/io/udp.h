/* UDP movers: bytes, addresses and timestamps; no protocol. All sockets are non-blocking per call (MSG_DONTWAIT).
 *
 * Every stamp is turned into CLOCK_MONOTONIC_RAW at this edge: one (RAW, REALTIME) pair per batch, age = REALTIME now - stamp, refused unless
 * 0 <= age <= 1 s (then the time of the read is used, STAMP_USER). */
#ifndef IO_UDP_H
#define IO_UDP_H

#include "base/addr.h"
#include "base/measurement.h"
#include "base/wire.h"

#define IO_DATAGRAM_MAX 1500 /* one byte more than any payload that is looked at; longer ones arrive cut, with `cut` set */
#define IO_BATCH_MAX 32      /* datagrams moved by one call at most */

struct io_datagram {
    struct net_addr from, to;    /* to: local address if the system tells, else ADDR_NONE; any IPv4 broadcast is told as 255.255.255.255 */
    uint32_t ifindex;
    struct mono_ns rx;
    enum stamp stamp;
    bool cut;
    size_t len;
    uint8_t bytes[IO_DATAGRAM_MAX];
};

/* A bound listener, alone on its port: destination addresses and receive stamps are asked for. Returns the descriptor or -UE_...
 * (-UE_UNSUPPORTED: no IPv6 here). */
int io_udp_listen(const struct net_addr *at);

/* A fresh connected client socket with a random port and transmit stamps asked for (or fewer things, on systems that refuse). */
int io_udp_connect(const struct net_addr *to);

/* One datagram waiting? Returns 1, 0 for none, -UE_... for an error the socket reported (ICMP). */
int io_udp_receive(int fd, struct io_datagram *d);

/* Up to n (at most IO_BATCH_MAX) at once. Returns how many. */
unsigned io_udp_receive_batch(int fd, struct io_datagram *d, unsigned n);

/* Send on a connected socket. *tx gets the instant just before the call. Returns 0 or -UE_.... */
int io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx);

/* Answer from a listener: from the address it was sent to. Returns how many left; the rest is lost (a full queue, a firewall), not retried. */
struct io_answer { const struct io_datagram *request; const uint8_t *bytes; size_t len; };
unsigned io_udp_answer_batch(int fd, const struct io_answer *a, unsigned n);

/* After the poll loop said POLLPRI or POLLERR for a client socket: a transmit stamp on its error queue? Returns 1 with *tx, 0 for none,
 * -UE_... for an error the network reported. */
int io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp);

#endif
