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

/* How the answer is authenticated; all 0: not at all. */
struct ntp_seal { const struct key *key; size_t mac_size; };

static inline bool ntp_seal_is_there(const struct ntp_seal *s) { return s->key != NULL; }

/* Is the request authenticated, and how will its answer be? To be asked before it is answered when it is longer than a header.
 * Returns VERDICT_ANSWERED with *seal, or why the request is to be dropped. now: UTC, for lifetimes of keys. keys: NULL for none. */
enum verdict ntp_server_authenticate(const struct key_table *keys, const struct ntp_server_request *request, struct utc_ns now, struct ntp_seal *seal);

/* Authenticate the answer of len bytes; room for NTP_MAC_SIZE_MAX more. Returns the new length, that of the request's header and MAC at most. */
size_t ntp_server_seal(const struct ntp_seal *seal, uint8_t *answer, size_t len);

/* Answer one request; the MAC of a request is not looked at here.
 * out      at least NTP_HEADER_SIZE bytes
 * Returns VERDICT_ANSWERED with *out_len = NTP_HEADER_SIZE, or the reason of silence with *out_len 0. Does not fail. */
enum verdict ntp_server_reply(const struct ntp_options *options, const struct ntp_prepared *prepared, const struct ntp_server_request *request, uint8_t *out,
                              size_t *out_len);

/* Does a request that was answered ask for interleaved mode, as far as it can show? */
static inline bool ntp_server_is_interleaved(const uint8_t request[NTP_HEADER_SIZE])
{
    return request[NTP_AT_ORIGIN + 7] & 1 && (request[0] & 7) == NTP_MODE_CLIENT && memcmp(request + NTP_AT_RECEIVE, request + NTP_AT_TRANSMIT, 8) != 0;
}

/* Turns the basic answer into an interleaved one: `left` is when the answer left that the request's origin names. */
void ntp_server_interleave(const uint8_t request[NTP_HEADER_SIZE], struct ntp_ts64 left, uint8_t answer[NTP_HEADER_SIZE]);

/* A transmit timestamp. */
struct ntp_ts64 ntp_server_transmit(struct utc_ns t);

/* ntp_server_prepare and ntp_server_reply for a single one. */
enum verdict ntp_server_answer(const struct ntp_options *options, const struct clock_view *view, const struct ntp_server_request *request,
                               uint8_t *out, size_t *out_len);

#endif
