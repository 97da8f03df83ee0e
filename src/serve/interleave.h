/* What interleaved mode needs to remember: when the previous answer to a client really left (RFC 9769 section 2).
 *
 *   request whose origin is one of our receive timestamps --> row: {address, receive timestamp of our answer} --> transmit stamp of that answer
 *        the client's next request, with that receive timestamp as origin, from the same address --> the stamp; the row now stands for the new answer
 *
 * One table of fixed size in memory that every worker shares, zeroed before interleave_init. A row does not hold the address but a keyed hash of address
 * and timestamp, so an origin saved for another address finds nothing. Rows are written without a lock: the three words of a row must fit each other, and
 * what two workers wrote at once does not.
 *
 * Who takes rows. Receive timestamps are odd and transmit timestamps even, so a client of the basic protocol, which returns our transmit timestamp, takes
 * none. Whoever returns the receive timestamp has heard our answer, so its address is not forged: its row is kept until it should have been back, twice
 * the time between its last two requests. A forged request can only take a row that nobody proved, or whose owner stayed away. An IPv4 address or IPv6 /64
 * has INTERLEAVE_SET_SIZE rows at most. Who finds no row is answered in basic mode. */
#ifndef SERVE_INTERLEAVE_H
#define SERVE_INTERLEAVE_H

#include "base/addr.h"
#include "base/time.h"
#include "guard/hash.h"

#define INTERLEAVE_SET_SIZE 8
#define INTERLEAVE_SETS 2048
#define INTERLEAVE_KEPT_S 4       /* beyond twice its interval */
#define INTERLEAVE_INTERVAL_MAX_S 4096

struct interleave_row {
    uint64_t key;                 /* keyed hash of address and receive timestamp; 0: free */
    uint64_t left;                /* transmit timestamp, 0 while it is not known */
    uint64_t check;               /* key ^ left, or the row is torn */
    uint32_t used_s;              /* last request */
    uint32_t interval_s;          /* between the last two; 0: its owner has not been back yet */
};

struct interleave {
    struct guard_key key;
    _Alignas(64) struct interleave_row set[INTERLEAVE_SETS][INTERLEAVE_SET_SIZE];
};

/* Fills a zeroed *t; `key` is secret and random. */
void interleave_init(struct interleave *t, const struct guard_key *key);

/* A request from `from` names our receive timestamp `origin`; *receive is that of the answer under way, made unique for this client.
 * Returns when the answer that carried `origin` left, or 0: not known, answer in basic mode. Either way the new answer's stamp is expected. */
struct ntp_ts64 interleave_turn(struct interleave *t, const struct net_addr *from, struct ntp_ts64 origin, struct ntp_ts64 *receive, struct mono_ns now);

/* The answer to `to` with this receive timestamp left at `left`, not 0. */
void interleave_left(struct interleave *t, const struct net_addr *to, struct ntp_ts64 receive, struct ntp_ts64 left);

#endif
