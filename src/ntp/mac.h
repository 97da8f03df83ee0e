/* The message authentication code behind a packet: key identifier and digest, by a symmetric key (RFC 5905 section 7.3, RFC 8573).
 *
 *   version 4: the digest has at most 160 bits, longer ones are cut; what follows the header and is longer is an extension field (RFC 7822 section 7.5.1.4)
 *   version 3: the whole digest, and cut to 160 bits is taken as well, because there are programs that cut it in every version
 *
 * The answer has a MAC by the key and of the length of the request's. */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include "crypto/mac.h"
#include "keys/keys.h"
#include "ntp/packet.h"

#define NTP_MAC_SIZE_MAX (4 + CRYPTO_MAC_SIZE_MAX)

/* How long a MAC by this key is when we begin, key identifier included. */
size_t ntp_mac_size(const struct key *k, uint8_t version);

/* Write a MAC of mac_size bytes behind the len bytes at packet, which has room for it. Returns the new length. */
size_t ntp_mac_append(const struct key *k, size_t mac_size, uint8_t *packet, size_t len);

/* Does the datagram, which ntp_packet_check or _parse accepted with this tail, have a MAC by this key? VERDICT_ACCEPTED, or VERDICT_UNAUTHENTICATED (no MAC),
 * _CRYPTO_NAK, _KEY_UNKNOWN (of another key), _MAC (of another length) or _MAC_WRONG. */
enum verdict ntp_mac_check(const struct key *k, struct span datagram, const struct ntp_tail *tail);

/* The same but for the code itself: _ACCEPTED only says that it may be one by this key. */
enum verdict ntp_mac_claim(const struct key *k, struct span datagram, const struct ntp_tail *tail);

/* How an answer is authenticated; without a key: not at all. tail: the request's, as ntp_packet_check found it; all is borrowed. */
struct ntp_seal { const struct key *key; struct span request; struct ntp_tail tail; };

/* The codes by which a request that ntp_mac_claim accepted is judged, and the answer of len bytes gets a MAC by the same key: all of it but the code is written
 * here. It is as long as the request's, for which there has to be room. */
void ntp_mac_exchange(const struct ntp_seal *seal, uint8_t *answer, size_t len, struct crypto_mac_exchange *out);

/* The number of the key a MAC says it is by. */
static inline uint32_t ntp_mac_key_id(const struct ntp_tail *tail) { return wire_get32(tail->mac.at); }

#endif
