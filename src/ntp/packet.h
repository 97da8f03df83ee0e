/* The NTP header and its extension fields: bytes to a plain struct and back, no judgement.
 *
 * Standards: RFC 5905 section 7.3 (header), RFC 7822 (extension fields), RFC 1305 (version 3, no extension fields). */
#ifndef NTP_PACKET_H
#define NTP_PACKET_H

#include "base/time.h"
#include "base/verdict.h"
#include "base/wire.h"

#define NTP_PORT 123
#define NTP_HEADER_SIZE 48
#define NTP_PACKET_MAX 1024       /* the longest datagram read; longer ones are dropped as VERDICT_LENGTH */
#define NTP_VERSION 4
#define NTP_STRATUM_MAX 16        /* RFC 5905 section 7.2, MAXSTRAT: unsynchronised */

enum ntp_mode { NTP_MODE_RESERVED, NTP_MODE_ACTIVE, NTP_MODE_PASSIVE, NTP_MODE_CLIENT, NTP_MODE_SERVER,
                NTP_MODE_BROADCAST, NTP_MODE_CONTROL, NTP_MODE_PRIVATE };

#define NTP_REFID(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Where each field lies: RFC 5905 section 7.3, figure 8. The first byte holds leap, version and mode. */
enum { NTP_AT_STRATUM = 1, NTP_AT_POLL = 2, NTP_AT_PRECISION = 3, NTP_AT_ROOT_DELAY = 4, NTP_AT_ROOT_DISPERSION = 8, NTP_AT_REFID = 12,
       NTP_AT_REFERENCE = 16, NTP_AT_ORIGIN = 24, NTP_AT_RECEIVE = 32, NTP_AT_TRANSMIT = 40 };

struct ntp_header {
    uint8_t leap;                       /* enum leap */
    uint8_t version;
    uint8_t mode;                       /* enum ntp_mode */
    uint8_t stratum;
    int8_t poll_log2;
    int8_t precision_log2;
    struct ntp_short32 root_delay, root_dispersion;
    uint32_t refid;
    struct ntp_ts64 reference, origin, receive, transmit;
};

/* What follows the header. Spans are borrowed from the datagram. */
struct ntp_tail {
    struct span extensions;             /* whole fields, each checked for length; empty if none */
    struct span mac;                    /* key id + digest, 0 bytes when there is none; 4 bytes = crypto-NAK */
};

/* Read header and tail. Returns VERDICT_ACCEPTED or VERDICT_{SHORT,LENGTH,VERSION,EXTENSION,MAC}; *h is filled once 48 bytes are there.
 * Versions 1..4 pass; fields after the header are understood for version 4 only, a MAC for 3 and 4. */
enum verdict ntp_packet_parse(struct span datagram, struct ntp_header *h, struct ntp_tail *tail);

/* The same verdict without reading the header: for a server, which needs three fields of it. */
enum verdict ntp_packet_check(struct span datagram, struct ntp_tail *tail);

/* Exactly NTP_HEADER_SIZE bytes. */
void ntp_header_write(const struct ntp_header *h, uint8_t out[NTP_HEADER_SIZE]);

/* Walk checked fields: each call takes one field's type and body. Returns false at the end. */
bool ntp_extension_next(struct cursor *fields, uint16_t *type, struct span *body);

#endif
