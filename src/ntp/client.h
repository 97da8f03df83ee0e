/* One NTP client association: when to ask, what to send, what to make of the answer.
 *
 *          +------ poll due ------> PENDING --- valid reply ---> measurement
 *        IDLE <---------------------------------- timeout / send error (reach shifts in 0)
 *   a kiss-o'-death RATE raises the poll interval; DENY and RSTR stop the association (engine replaces a pool member)
 *
 * The on-wire protocol is one inert rule: input that is not the answer to the pending request changes nothing but a counter
 * (the caller's, indexed by the returned verdict).
 *
 * Each request carries a random 64-bit transmit timestamp that means nothing (data minimisation) and leaves from a new random port:
 * the mover opens one socket per exchange id. Our t1 and t4 never leave this machine.
 *
 * Driven by engine/. Standards: RFC 5905 sections 8, 9.2, 13, 14 (client), RFC 9109, draft-ietf-ntp-data-minimization. */
#ifndef NTP_CLIENT_H
#define NTP_CLIENT_H

#include "base/addr.h"
#include "base/measurement.h"
#include "base/rng.h"
#include "ntp/packet.h"

struct ntp_client_options {
    bool iburst;                 /* 4 requests 2 s apart at the start and after every silence of 8 polls */
    int8_t min_poll_log2;        /* -4 .. 17 */
    int8_t max_poll_log2;        /* >= min_poll_log2 */
    uint8_t version;             /* 3 or 4 on the wire */
    struct dur_ns max_delay;     /* longer round trips give VERDICT_DELAY; default 16 s at most */
    struct dur_ns max_distance;  /* root distance limit, RFC 5905 MAXDIST; default 1.5 s */
};

enum ntp_client_state { NTP_CLIENT_IDLE, NTP_CLIENT_PENDING, NTP_CLIENT_STOPPED };

struct ntp_client_stats { uint64_t sent, timed_out, send_errors, verdict[VERDICT_COUNT]; };

struct ntp_client {
    struct ntp_client_options options;
    struct net_addr peer;
    enum ntp_client_state state;
    uint8_t reach;               /* RFC 5905: shift register of the last eight polls */
    int8_t poll_log2;            /* in force now */
    int8_t poll_floor_log2;      /* raised by KoD RATE */
    uint8_t burst_left;
    uint32_t exchange;           /* id of the pending (or last) exchange; never 0 once sent */
    struct ntp_ts64 origin;      /* our random transmit timestamp, of the pending exchange */
    struct mono_ns sent_at;      /* t1, refined by the transmit stamp */
    uint8_t sent_stamp;          /* enum stamp of t1 */
    struct mono_ns next;         /* when to act next */
    struct mono_ns silent_since; /* last valid answer, or start */
    uint32_t kiss_code;          /* last KoD heeded, 0 none */
    struct ntp_header last;      /* of the last accepted reply, for status */
    struct ntp_client_stats stats;
};

struct ntp_client_reply { struct measurement m; bool measured; bool stop; /* KoD DENY or RSTR */ };

/* Start an association with `peer`; the first request is due at `first`. *o is copied. */
void ntp_client_init(struct ntp_client *c, const struct ntp_client_options *o, const struct net_addr *peer, struct mono_ns first);

/* When ntp_client_run wants to be called: poll due, or the pending request's timeout. MONO_NEVER when stopped. */
struct mono_ns ntp_client_next(const struct ntp_client *c);

/* Act at a deadline: closes a timed-out exchange, and fills `packet` (48 bytes) when a request is due. *exchange_id is a fresh id from the caller, used
 * only when a request is made. Returns true when there is a packet to send to c->peer; at most one per call. */
bool ntp_client_run(struct ntp_client *c, struct mono_ns now, const struct rng *rng, uint32_t exchange_id, uint8_t packet[NTP_HEADER_SIZE]);

/* The transmit timestamp of an exchange became known. Ignored unless it is the pending one and lies between the request and now. */
void ntp_client_sent(struct ntp_client *c, uint32_t exchange, struct mono_ns tx, enum stamp stamp);

/* The request could not be sent or was refused by the network. Counted; polling continues. */
void ntp_client_send_failed(struct ntp_client *c, uint32_t exchange, struct mono_ns now);

/* A datagram on an exchange's socket. `pivot` is our best guess of UTC (era), `rx` the raw instant it arrived, `own` our own addresses as refids
 * (own_count of them) to see loops. reply->m is valid when reply->measured; m.source is left 0. */
struct ntp_client_input {
    struct span bytes;
    struct net_addr from;
    uint32_t exchange;
    struct mono_ns rx;
    enum stamp stamp;
    struct utc_ns pivot;
    int8_t precision_log2;
    const uint32_t *own;
    unsigned own_count;
};
enum verdict ntp_client_input(struct ntp_client *c, const struct ntp_client_input *in, struct mono_ns now, struct ntp_client_reply *reply);

/* The clock's wish for the poll interval after a measurement; clamped to the options and to a floor set by KoD RATE. */
void ntp_client_set_poll(struct ntp_client *c, int poll_log2);

#endif
