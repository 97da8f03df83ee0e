/* The NTP server's answer to one request: stateless, never longer than the request.
 *
 * Standards: RFC 5905 sections 9.2 and 14 (mode 3 to 4), RFC 1305 and 1119 (versions 1-3), RFC 7822, RFC 9109. */
#ifndef NTP_SERVER_H
#define NTP_SERVER_H

#include "base/addr.h"
#include "base/page.h"
#include "ntp/options.h"
#include "ntp/packet.h"

/* Answer one client request.
 * options  ntp.* as configured
 * rx       what the clock said when the request reached us; tx: when the answer leaves (its .utc is the transmit timestamp)
 * request  datagram as received, untrusted; from: its source (port 0..1023 of other UDP services are refused)
 * out      at least NTP_HEADER_SIZE bytes
 * Returns VERDICT_ANSWERED with *out_len set (<= request.len), or the reason of silence with *out_len 0. Does not fail. */
enum verdict ntp_server_answer(const struct ntp_options *options, const struct clock_view *rx, const struct clock_view *tx, struct span request,
                               const struct net_addr *from, uint8_t *out, size_t *out_len);

#endif
