/* The NTP server's answer to one request: stateless, never longer than the request.
 *
 *   mode 3                              -> mode 4
 *   mode 0 of version 1, port not 123   -> mode 4 (version 1 had no mode field: RFC 1059 section 3.3, RFC 1119 appendix B)
 *   mode 1, ntp.symmetric_reply         -> mode 2, keeping nothing (RFC 5905 section 9.2 without the association)
 *   everything else                     -> silence
 *
 * The answer is the 48-byte header in the version that was asked, and behind it a MAC where the request had a good one: extension fields are checked,
 * ignored and not sent back. A request with a MAC that is not good is dropped (no crypto-NAK: who shares no key needs none). A clock that must not be used
 * is told by LI 3, stratum 0 and a kiss code (RFC 5905 section 7.4): INIT, or STEP after a disruption.
 *
 * Receive timestamps are odd and transmit timestamps even, in units of 2^-32 s: no timestamp is ever both, as interleaved mode needs it (RFC 9769 section 2),
 * and a request shows by its origin which of the two it returns.
 *
 * Not done here: the memory that interleaved mode takes, and which addresses and ports may ask (serve/).
 * Standards: RFC 5905 sections 7.3, 7.4, 9.2 and 14 (mode 3 to 4), RFC 1305 and 1119 (versions 1-3), RFC 7822, RFC 9769. */
#ifndef NTP_SERVER_H
#define NTP_SERVER_H

#include "base/addr.h"
#include "base/page.h"
#include "ntp/mac.h"
#include "ntp/options.h"
#include "ntp/packet.h"

struct ntp_server_request {
    struct span bytes;             /* datagram as received, untrusted */
    const struct net_addr *from;   /* its source, untrusted; borrowed */
    struct utc_ns rx;              /* what the served clock said when it reached us */
};

/* What answers that leave together have in common: a header on the wire, with 0 for version, mode, poll, origin and receive timestamp. */
struct ntp_prepared { uint8_t bytes[NTP_HEADER_SIZE]; };

/* Fills it.
 * view     the clock when they leave: its .utc is the transmit timestamp; >= each request->rx, a leap second's repeat aside */
void ntp_server_prepare(const struct clock_view *view, struct ntp_prepared *out);

/* The same for requests that are refused: a kiss-o'-death (RFC 5905 section 7.4) with that code, NTP_REFID('R', 'A', 'T', 'E') for instance: LI 3,
 * stratum 0 and no time that could be used. */
void ntp_server_prepare_kiss(uint32_t code, struct utc_ns tx, struct ntp_prepared *out);

static inline bool ntp_seal_is_there(const struct ntp_seal *s) { return s->key != NULL; }

/* How may the request be authenticated, and how will its answer be? To be asked before it is answered when it is longer than a header. Of its MAC everything is
 * judged here but the code (ntp_server_seal).
 * Returns VERDICT_ANSWERED with *seal, or why the request is to be dropped. now: UTC, for lifetimes of keys. keys: NULL for none. */
enum verdict ntp_server_authenticate(const struct key_table *keys, const struct ntp_server_request *request, struct utc_ns now, struct ntp_seal *seal);

/* The codes that are still to be judged and made, where there is a seal; the answer of *len bytes has room for as long a MAC. *len becomes what it has with
 * it, the length of the request's header and MAC at most. Is the request's code wrong, the answer is to be thrown away: VERDICT_MAC_WRONG. */
void ntp_server_seal(const struct ntp_seal *seal, uint8_t *answer, size_t *len, struct crypto_mac_exchange *codes);

/* Answer one request; the MAC of a request is not looked at here.
 * receive  what the served clock said when it came; made odd here
 * out      at least NTP_HEADER_SIZE bytes
 * Returns VERDICT_ANSWERED with *out_len = NTP_HEADER_SIZE, or the reason of silence with *out_len 0. Does not fail. */
enum verdict ntp_server_reply_to(const struct ntp_options *options, const struct ntp_prepared *prepared, struct span request, uint16_t port,
                                 struct ntp_ts64 receive, uint8_t *out, size_t *out_len);

/* The same for a request that ntp_server_authenticate let pass: it is not looked through again. */
enum verdict ntp_server_reply_to_checked(const struct ntp_options *options, const struct ntp_prepared *prepared, const uint8_t request[NTP_HEADER_SIZE],
                                         uint16_t port, struct ntp_ts64 receive, uint8_t *out, size_t *out_len);

/* ntp_server_reply_to, the time of receipt as UTC. */
enum verdict ntp_server_reply(const struct ntp_options *options, const struct ntp_prepared *prepared, const struct ntp_server_request *request, uint8_t *out,
                              size_t *out_len);

/* -- as source, for programs without calls (xdp/respond.h) ------------------------------------------------------------------------------------------- */

#define NTP_POLL_MIN_LOG2 (-4)
#define NTP_POLL_MAX_LOG2 17 /* RFC 5905 section 7.2, MAXPOLL */

/* What of a request its answer repeats. */
struct ntp_asked {
    uint8_t version, reply_mode;
    int8_t poll_log2;
    uint64_t transmit;
};

static inline struct ntp_asked ntp_server_asked(const uint8_t request[NTP_HEADER_SIZE])
{
    return (struct ntp_asked){ request[0] >> 3 & 7, NTP_MODE_SERVER, (int8_t)request[NTP_AT_POLL], wire_get64(request + NTP_AT_TRANSMIT) };
}

static inline int8_t ntp_server_clamp_poll(int8_t poll_log2)
{
    if (poll_log2 < NTP_POLL_MIN_LOG2)
        return NTP_POLL_MIN_LOG2;
    return poll_log2 > NTP_POLL_MAX_LOG2 ? NTP_POLL_MAX_LOG2 : poll_log2;
}

/* The whole answer; out may be where the request was. */
static inline void ntp_server_write(const struct ntp_prepared *prepared, const struct ntp_asked *a, struct ntp_ts64 receive, uint8_t out[NTP_HEADER_SIZE])
{
    memcpy(out, prepared->bytes, NTP_HEADER_SIZE);
    out[0] = (uint8_t)(prepared->bytes[0] | a->version << 3 | a->reply_mode);
    out[NTP_AT_POLL] = (uint8_t)ntp_server_clamp_poll(a->poll_log2);
    wire_put64(out + NTP_AT_ORIGIN, a->transmit);
    wire_put64(out + NTP_AT_RECEIVE, receive.raw);
}

/* A receive timestamp: odd and rounded down, and so never 0, which means "unknown" (RFC 5905 section 6). */
static inline struct ntp_ts64 ntp_server_receive_of(struct ntp_ts64 t) { return (struct ntp_ts64){ (t.raw - 1) | 1 }; }

/* A transmit timestamp: even and rounded up, and so later than any receive timestamp of the same instant; the first one of an era is told 0.5 ns late. */
static inline struct ntp_ts64 ntp_server_transmit_of(struct ntp_ts64 t)
{
    uint64_t even = (t.raw + 1) & ~UINT64_C(1);

    return (struct ntp_ts64){ even ? even : 2 };
}

/* Does a request that was answered ask for interleaved mode, as far as it can show? */
static inline bool ntp_server_is_interleaved(const uint8_t request[NTP_HEADER_SIZE])
{
    return request[NTP_AT_ORIGIN + 7] & 1 && (request[0] & 7) == NTP_MODE_CLIENT &&
           wire_get64(request + NTP_AT_RECEIVE) != wire_get64(request + NTP_AT_TRANSMIT);
}

/* Turns the basic answer into an interleaved one: `left` is when the answer left that the request's origin names. */
void ntp_server_interleave(const uint8_t request[NTP_HEADER_SIZE], struct ntp_ts64 left, uint8_t answer[NTP_HEADER_SIZE]);

/* A transmit timestamp. */
struct ntp_ts64 ntp_server_transmit(struct utc_ns t);

#endif
