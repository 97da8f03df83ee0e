#include "ntp/packet.h"

#define FIELD_HEADER 4   /* type, length */
#define FIELD_SHORTEST 16 /* RFC 7822 section 7.5 */
#define MAC_LONGEST 24   /* RFC 7822 section 7.5.1.4: a longer rest begins with an extension field */

static struct ntp_header read_header(const uint8_t p[NTP_HEADER_SIZE])
{
    return (struct ntp_header){
        .leap = p[0] >> 6, .version = p[0] >> 3 & 7, .mode = p[0] & 7,
        .stratum = p[NTP_AT_STRATUM], .poll_log2 = (int8_t)p[NTP_AT_POLL], .precision_log2 = (int8_t)p[NTP_AT_PRECISION],
        .root_delay = { wire_get32(p + NTP_AT_ROOT_DELAY) }, .root_dispersion = { wire_get32(p + NTP_AT_ROOT_DISPERSION) },
        .refid = wire_get32(p + NTP_AT_REFID), .reference = { wire_get64(p + NTP_AT_REFERENCE) }, .origin = { wire_get64(p + NTP_AT_ORIGIN) },
        .receive = { wire_get64(p + NTP_AT_RECEIVE) }, .transmit = { wire_get64(p + NTP_AT_TRANSMIT) },
    };
}

void ntp_header_write(const struct ntp_header *h, uint8_t out[NTP_HEADER_SIZE])
{
    out[0] = (uint8_t)(h->leap << 6 | (h->version & 7) << 3 | (h->mode & 7));
    out[NTP_AT_STRATUM] = h->stratum;
    out[NTP_AT_POLL] = (uint8_t)h->poll_log2;
    out[NTP_AT_PRECISION] = (uint8_t)h->precision_log2;
    wire_put32(out + NTP_AT_ROOT_DELAY, h->root_delay.raw);
    wire_put32(out + NTP_AT_ROOT_DISPERSION, h->root_dispersion.raw);
    wire_put32(out + NTP_AT_REFID, h->refid);
    wire_put64(out + NTP_AT_REFERENCE, h->reference.raw);
    wire_put64(out + NTP_AT_ORIGIN, h->origin.raw);
    wire_put64(out + NTP_AT_RECEIVE, h->receive.raw);
    wire_put64(out + NTP_AT_TRANSMIT, h->transmit.raw);
}

/* Key id alone (a crypto-NAK), or with a digest of 128 or 160 bits; version 3, which has no extension fields, carries whole SHA-2 digests too. */
static bool is_mac_length(uint8_t version, size_t n)
{
    return n == 0 || n == 4 || n == 20 || n == 24 || (version == 3 && (n == 36 || n == 52 || n == 68));
}

bool ntp_extension_next(struct cursor *fields, uint16_t *type, struct span *body)
{
    struct span header = cursor_take(fields, FIELD_HEADER);
    uint16_t length;

    if (header.len == 0)
        return false;
    *type = wire_get16(header.at);
    length = wire_get16(header.at + 2);
    if (length < FIELD_SHORTEST || length % 4 != 0)
        return false;
    *body = cursor_take(fields, length - FIELD_HEADER);
    return !fields->failed;
}

__attribute__((noinline)) static enum verdict read_tail(struct span rest, uint8_t version, struct ntp_tail *tail)
{
    struct cursor c = cursor_of(rest);

    if (version < 3)
        return VERDICT_LENGTH;
    while (version == 4 && cursor_left(&c) > MAC_LONGEST) {
        struct span body;
        uint16_t type;

        if (!ntp_extension_next(&c, &type, &body))
            return VERDICT_EXTENSION;
    }
    tail->extensions = (struct span){ rest.at, rest.len - cursor_left(&c) };
    tail->mac = (struct span){ c.at, cursor_left(&c) };
    return is_mac_length(version, tail->mac.len) ? VERDICT_ACCEPTED : VERDICT_MAC;
}

enum verdict ntp_packet_check(struct span datagram, struct ntp_tail *tail)
{
    uint8_t version;

    if (datagram.len < NTP_HEADER_SIZE)
        return VERDICT_SHORT;
    if (datagram.len > NTP_PACKET_MAX || datagram.len % 4 != 0)
        return VERDICT_LENGTH;
    version = datagram.at[0] >> 3 & 7;
    if (version < 1 || version > NTP_VERSION)
        return VERDICT_VERSION;
    *tail = (struct ntp_tail){ 0 };
    if (datagram.len == NTP_HEADER_SIZE) /* nearly every packet */
        return VERDICT_ACCEPTED;
    return read_tail((struct span){ datagram.at + NTP_HEADER_SIZE, datagram.len - NTP_HEADER_SIZE }, version, tail);
}

enum verdict ntp_packet_parse(struct span datagram, struct ntp_header *h, struct ntp_tail *tail)
{
    if (datagram.len >= NTP_HEADER_SIZE)
        *h = read_header(datagram.at);
    return ntp_packet_check(datagram, tail);
}
