/* One NTP client association: when to ask, what to send, what to make of the answer.
 *
 *          +------ poll due ------> PENDING --- usable answer ---> measurement, reach shifts in 1
 *        IDLE <---------------------------+--- timeout -----------> reach shifts in 0
 *                                         +--- kiss RATE ---------> the poll interval rises, reach shifts in 0
 *                                         +--- kiss DENY, RSTR ---> STOPPED (the engine replaces a pool member; an operator may resume another)
 *
 * The on-wire protocol is one inert rule: whatever is not a usable answer, or a kiss heeded, to the pending request changes nothing but one
 * counter. A rejected packet does not even end the exchange, so that it cannot shadow the true answer that follows it. Network errors
 * are counted in the same spirit: an ICMP message proves nothing.
 *
 * Each request carries a random 64-bit transmit timestamp that means nothing, and no other field that tells about us (data minimisation).
 * It leaves from a new random port: the mover opens one socket per exchange id. Our t1 and t4 never leave this machine.
 *
 * Interleaved mode (RFC 9769 section 2), where the option asks for it. A request then names the server's receive timestamp of the last usable answer as
 * its origin, and carries two random numbers, one as receive and one as transmit timestamp. Which of them comes back as origin tells the mode of the answer:
 *
 *   origin == our transmit --> basic: the four timestamps of this exchange
 *   origin == our receive  --> interleaved: its transmit timestamp is when the *previous* answer really left, which completes the previous exchange
 *
 * A measurement is then one poll older and its t3 was taken where the packet left. An exchange is measured once: where a basic answer was followed by an
 * interleaved one, the latter brings nothing new. After NTP_INTERLEAVED_MISSED_MAX polls without a usable answer, and where the previous exchange is
 * older than NTP_INTERLEAVED_AGE_MAX, the request is a basic one.
 *
 * An exchange stays open until the next request is due, at most max_delay; what comes later is VERDICT_UNSOLICITED.
 *
 * Pace. The interval is what the clock wishes, any time from 2^min_poll to 2^max_poll s, plus up to 1/32 of it at random, never less. With
 * iburst: four requests 2 s apart at the start; the first answer after a silence of eight polls is followed by three more in the same way, and any answer
 * where the clock wishes so, or by one alone, sooner than the interval; until the first answer ever, the burst's spacing doubles up to the poll
 * interval. A kiss RATE ends all hurry for good. After eight unanswered polls the interval doubles with every four more, up to max_poll.
 *
 * A round trip much longer than usual is no error of the packet: what it is worth is decided in clock/, which keeps the register of delays.
 *
 * Driven by engine/. Standards: RFC 5905 sections 7.4, 8, 9.2, 13, 14 (client), RFC 9109, RFC 9769, draft-ietf-ntp-data-minimization. */
#ifndef NTP_CLIENT_H
#define NTP_CLIENT_H

#include "base/addr.h"
#include "base/measurement.h"
#include "base/rng.h"
#include "ntp/packet.h"

#define NTP_INTERLEAVED_MISSED_MAX 2
#define NTP_INTERLEAVED_AGE_MAX ((struct dur_ns){ 150 * NS_PER_S }) /* extrapolating over longer costs more than the better stamp brings */

#define NTP_CLIENT_BURST ((struct dur_ns){ 2 * NS_PER_S }) /* RFC 5905 section 13, BTIME */

struct ntp_client_options {
    bool iburst;
    bool interleaved;            /* ask for interleaved mode; a server that does not know it is measured in basic mode */
    int8_t min_poll_log2;        /* -4 .. 17 */
    int8_t max_poll_log2;        /* min_poll_log2 .. 17 */
    uint8_t version;             /* 3 or 4; an answer must have the same */
    struct dur_ns max_delay;     /* longer round trips give VERDICT_DELAY; RFC 5905 MAXDISP, 16 s */
    bool authenticated;          /* nothing is believed that is not authenticated, kisses included */
    struct dur_ns max_distance;  /* limit of root_delay/2 + root_dispersion + precisions; RFC 5905 MAXDIST, 1.5 s */
};

enum ntp_client_state { NTP_CLIENT_IDLE, NTP_CLIENT_PENDING, NTP_CLIENT_STOPPED };

/* timed_out: exchanges that ended without a usable answer, whatever came instead. */
struct ntp_client_stats { uint64_t sent, timed_out, send_errors, verdict[VERDICT_COUNT]; };

/* Our side of the exchange that ended with the last usable answer, whose other side is in that answer. */
struct ntp_client_exchange {
    struct mono_ns sent_at, received_at; /* t1, t4 */
    uint8_t stamp;               /* enum stamp, the worse of the two */
    bool measured;               /* in basic mode */
};

struct ntp_client {
    struct ntp_client_options options;
    struct net_addr peer;
    enum ntp_client_state state;
    uint8_t reach;               /* RFC 5905 section 13: outcomes of the last eight polls, newest lowest */
    uint8_t missed;              /* polls in a row without a usable answer; stays at 255 */
    struct dur_ns poll;          /* the interval in force now */
    int8_t poll_log2;            /* the power of two nearest to it */
    int8_t poll_floor_log2;      /* what a kiss RATE asked for at least; INT8_MIN before one */
    uint8_t burst_left;          /* quick requests still to follow */
    struct dur_ns spacing;       /* from one of them to the next */
    uint8_t dither;              /* of the current interval, 1/256 of the largest */
    uint8_t sent_stamp;          /* enum stamp of t1 */
    uint32_t exchange;           /* id of the pending (or last) exchange; 0 before the first */
    struct ntp_ts64 origin;      /* the random transmit timestamp of that exchange; never 0 once sent */
    struct ntp_ts64 origin_interleaved; /* its random receive timestamp; 0 when it is a basic request */
    struct mono_ns asked_at;     /* when the request was made; intervals count from here */
    struct mono_ns sent_at;      /* t1: asked_at, refined by the transmit stamp */
    struct mono_ns next;         /* when to act next: poll due or timeout; MONO_NEVER when stopped */
    struct mono_ns silent_since; /* last usable answer, or start */
    uint32_t kiss_code;          /* last one heeded, 0 none */
    struct ntp_header last;      /* last accepted answer; version 0 = none yet */
    struct ntp_client_exchange previous; /* valid once there is one */
    bool interleaved;            /* the last accepted answer was an interleaved one */
    struct ntp_client_stats stats;
};

struct ntp_client_reply {
    bool answered;               /* it was the answer to our request, whatever it is worth */
    bool measured;               /* m is valid (m.source is left 0): always with VERDICT_ACCEPTED, but for the first interleaved answer after a basic one */
    bool stop;                   /* kiss DENY or RSTR: do not ask this server again */
    struct measurement m;
};

/* Start an association with `peer`. *o is copied. `first`: when to ask for the first time. */
void ntp_client_init(struct ntp_client *c, const struct ntp_client_options *o, const struct net_addr *peer, struct mono_ns first);

/* It was not asked on purpose, or will not be: how its last polls ended says nothing of it any more. What was learnt otherwise stays. */
void ntp_client_rest(struct ntp_client *c);

/* An operator wants a server asked again that asked us to stop: from `now` on, without hurry. */
void ntp_client_resume(struct ntp_client *c, struct mono_ns now);

/* Other options from now on, for the same server: what was learnt stays. *o is copied. */
void ntp_client_change(struct ntp_client *c, const struct ntp_client_options *o);

/* Some quick requests, the first at `now`: an operator wants them, whatever iburst says. Not where the server asked us to stop or to ask less. */
void ntp_client_hurry(struct ntp_client *c, struct mono_ns now);

/* When ntp_client_run wants to be called. MONO_NEVER when stopped. */
struct mono_ns ntp_client_next(const struct ntp_client *c);

/* Act at a deadline (any other time is harmless): closes a timed-out exchange, and fills `packet` when a request is due. exchange_id is a fresh
 * id from the caller, not 0, used only when a request is made. Returns true when there is a packet to send to c->peer. */
bool ntp_client_run(struct ntp_client *c, struct mono_ns now, const struct rng *rng, uint32_t exchange_id, uint8_t packet[NTP_HEADER_SIZE]);

/* The transmit timestamp of an exchange became known. Ignored unless that exchange is pending, tx lies between the request and the exchange's
 * timeout, and the stamp is no worse than the one already there. */
void ntp_client_sent(struct ntp_client *c, uint32_t exchange, struct mono_ns tx, enum stamp stamp);

/* The request could not be sent, or the network claims to have refused it. Counted; the exchange stays open until its timeout. */
void ntp_client_send_failed(struct ntp_client *c, uint32_t exchange);

/* A datagram on an exchange's socket. */
struct ntp_client_input {
    struct span bytes;           /* untrusted */
    struct net_addr from;        /* untrusted */
    enum verdict authentic;      /* where options.authenticated: VERDICT_ACCEPTED if it is, or why not */
    uint32_t exchange;           /* whose socket it came to */
    struct mono_ns rx;           /* t4 */
    enum stamp stamp;            /* of t4 */
    struct dur_ns rx_error;      /* >= 0: how far t1 and t4 together may be off, beside reading our clock */
    struct utc_ns pivot;         /* our best guess of UTC, for the era */
    int8_t precision_log2;       /* of reading our clock */
    const uint32_t *own;         /* our own addresses as refids, to see loops; borrowed */
    unsigned own_count;
};

/* Returns VERDICT_ACCEPTED, VERDICT_KISS (heeded), or why the datagram was dropped. */
enum verdict ntp_client_input(struct ntp_client *c, const struct ntp_client_input *in, struct mono_ns now, struct ntp_client_reply *reply);

/* The clock's wish: by NTP_CLIENT_BURST or less a few quick requests now, by more one that long after the last, by 0 none. Heeded where iburst is on, no kiss
 * was sent and none are under way. */
void ntp_client_burst(struct ntp_client *c, struct dur_ns spacing);

/* The clock's wish for the poll interval after a measurement; clamped to the options and to the floor set by kiss RATE. Counts from the last request. */
void ntp_client_set_poll(struct ntp_client *c, struct dur_ns poll);

#endif
