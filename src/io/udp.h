/* UDP movers: bytes, addresses and timestamps; no protocol. All sockets are non-blocking per call (MSG_DONTWAIT).
 *
 * Every stamp is turned into CLOCK_MONOTONIC_RAW at this edge: one (RAW, REALTIME) pair per batch, age = REALTIME now - stamp, refused unless
 * 0 <= age <= 1 s (then the time of the read is used, STAMP_USER). */
#ifndef IO_UDP_H
#define IO_UDP_H

#include "base/addr.h"
#include "base/measurement.h"
#include "base/wire.h"
#include "io/socket.h"

#define IO_DATAGRAM_MAX 1500 /* one byte more than any payload that is looked at; longer ones arrive cut, with `cut` set */
#define IO_CONTROL_MAX 256   /* three timestamps, an interface, an extended error, and some air */
#define IO_BATCH_MAX 64      /* datagrams moved by one call at most */

/* A network card's own stamp: it counts a clock of the card's, and becomes an instant of ours by that clock's line (io/nic.h, host/phc.h). */
struct io_hardware_stamp {
    int64_t ns;             /* 0: none */
    uint32_t ifindex;       /* of the card; 0: the system does not tell */
    uint32_t wire_bytes;    /* of the frame without its check sequence; 0: not told */
};

struct io_datagram {
    struct net_addr from, to;    /* to: local address if the system tells, else ADDR_NONE; any IPv4 broadcast is told as 255.255.255.255 */
    uint32_t ifindex;
    struct mono_ns rx;
    enum stamp stamp;            /* of rx: STAMP_USER or STAMP_KERNEL */
    struct io_hardware_stamp hardware;
    bool cut;
    size_t len;
    uint8_t bytes[IO_DATAGRAM_MAX];
};

/* A bound listener, alone on its port: receive stamps are asked for, and destination addresses unless it is bound to a single one (`to` is ADDR_NONE
 * then). What it sends is not cut into fragments. interface as in io_bind. Returns the descriptor or -UE_... (-UE_UNSUPPORTED: no IPv6 here). */
int io_udp_listen(const struct net_addr *at, const char *interface);

/* The same for a socket that somebody else has bound. Returns it. */
int io_udp_adopt(int fd, const struct net_addr *at);

/* One more listener on the same address and port; the system shares requests out by source. first: the io_udp_listen socket, which was alone when it
 * was bound, so that no other program shares the port unseen. Returns the descriptor or -UE_.... */
int io_udp_listen_beside(int first, const struct net_addr *at, const char *interface);

/* The n listeners that share fd's port, in the order in which they were opened: number (CPU that received it) mod n gets a request. Returns 0 or -UE_...:
 * then the system goes on by source. */
int io_udp_steer_by_cpu(int fd, unsigned n);

/* The differentiated services code point (RFC 2474) of what leaves: 0 .. 63; queues on the way and here may prefer it. */
void io_udp_mark(int fd, uint8_t family, unsigned dscp);

/* What the system is to drop before it waits in a listener's queue: all but one datagram in `one_in`, at random, of those that come from these prefixes of up
 * to 64 bits. Where datagrams arrive faster than they can be read, even to refuse them takes what others need. */
#define IO_SIEVE_MAX 8
struct io_sieve { uint32_t one_in, count; struct { struct net_addr net; uint8_t bits; } item[IO_SIEVE_MAX]; };

/* In the place of the one before; count 0: nothing is dropped. Returns 0 or -UE_.... */
int io_udp_sieve(int fd, const struct io_sieve *s);

/* Datagrams that the socket did not take: for the sieve, and because its queue was full. It wraps around; 0 where the system does not tell. */
uint32_t io_udp_dropped(int fd);

/* A fresh connected client socket with a random port and transmit stamps asked for (or fewer things, on systems that refuse). */
int io_udp_connect(const struct net_addr *to);

/* The address such a socket sends from, ADDR_NONE if the system does not tell. */
void io_udp_local(int fd, struct net_addr *out);

/* Ask for the card's own stamps as well: of what arrives, and for a client socket of its requests. A system that refuses goes on as before. */
enum io_side { IO_LISTENER, IO_CLIENT };
void io_udp_ask_hardware(int fd, uint8_t family, enum io_side side);

/* One datagram waiting? Returns 1, 0 for none, -UE_... for an error the socket reported (ICMP). */
int io_udp_receive(int fd, struct io_datagram *d);

/* Send on a connected socket. *tx gets the instant just before the call. Returns 0 or -UE_.... */
int io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx);

/* Many datagrams of a listener by one system call, and their answers by another. What does not change from one batch to the next (addresses of buffers,
 * lengths) is written once, for as many as were ever needed: at a quiet server most of this stays memory that was never touched. */
struct io_batch {
    unsigned count;                         /* datagrams of the last io_batch_receive */
    unsigned ready;                         /* of datagram, in, out and slot, made ready */
    unsigned answers;                       /* of them, queued for io_batch_send */
    bool ask_cards;                         /* io_batch_stamp asks for the card's own stamps as well; false after io_batch_init */
    struct io_datagram datagram[IO_BATCH_MAX];
    struct mmsghdr in[IO_BATCH_MAX], out[IO_BATCH_MAX];
    struct io_slot { union io_sockaddr peer; struct iovec in, out; union io_control { struct cmsghdr align; uint8_t bytes[IO_CONTROL_MAX]; } control; }
        slot[IO_BATCH_MAX];
};

/* Once, before anything else. The batch may not move afterwards. */
void io_batch_init(struct io_batch *b);

/* What waits, into b->datagram[0 .. count): at first few, IO_BATCH_MAX at most; more each time as many came as could. Returns the count. */
unsigned io_batch_receive(struct io_batch *b, int fd);

/* Queues an answer to datagram i of the batch, at most one each; the bytes are borrowed until io_batch_send. */
void io_batch_answer(struct io_batch *b, unsigned i, const uint8_t *bytes, size_t len);

/* The answer queued last is to be stamped by the system as it leaves: io_udp_left. */
void io_batch_stamp(struct io_batch *b);

/* Sends what was queued, each from the address the request was sent to. Returns how many left; the rest is lost (a full queue, a firewall), not retried. */
unsigned io_batch_send(struct io_batch *b, int fd);

/* After the poll loop said POLLERR for a listener of that family: answers of at least len_min bytes that left with a stamp, into b->datagram[0 .. count), as
 * many as io_batch_receive would take. Each has where it went (to, without scope), when (rx, stamp, hardware) and what it was; len 0: it is none. Returns the
 * count. The packet itself says which it was: counted identifiers (SOF_TIMESTAMPING_OPT_ID) are one off for ever after a packet that was counted and then not
 * sent. */
unsigned io_batch_left(struct io_batch *b, int fd, enum addr_family family, size_t len_min);

/* After the poll loop said POLLPRI or POLLERR for a client socket: a transmit stamp on its error queue? Returns 1 with *tx and *stamp, *hardware filled if
 * the card stamped it (STAMP_USER: that is all there is), 0 for none, -UE_... for an error the network reported. */
int io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp, struct io_hardware_stamp *hardware);

#endif
