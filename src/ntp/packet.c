#include "ntp/packet.h"

#define FIELD_HEADER 4   /* type, length */
#define FIELD_SHORTEST 16 /* RFC 7822 section 7.5 */
#define MAC_LONGEST 24   /* RFC 7822 section 7.5.1.4: a longer rest begins with an extension field */

static struct ntp_header read_header(struct cursor *c)
{
    struct ntp_header h;
    uint8_t first = cursor_u8(c);

    h.leap = first >> 6;
    h.version = first >> 3 & 7;
    h.mode = first & 7;
    h.stratum = cursor_u8(c);
    h.poll_log2 = (int8_t)cursor_u8(c);
    h.precision_log2 = (int8_t)cursor_u8(c);
    h.root_delay.raw = cursor_u32(c);
    h.root_dispersion.raw = cursor_u32(c);
    h.refid = cursor_u32(c);
    h.reference.raw = cursor_u64(c);
    h.origin.raw = cursor_u64(c);
    h.receive.raw = cursor_u64(c);
    h.transmit.raw = cursor_u64(c);
    return h;
}

/* Key id alone (a crypto-NAK), or with a digest of 128 or 160 bits. */
static bool is_mac_length(size_t n) { return n == 0 || n == 4 || n == 20 || n == 24; }

bool ntp_extension_next(struct cursor *fields, uint16_t *type, struct span *body)
{
    uint16_t length;

    *type = cursor_u16(fields);
    length = cursor_u16(fields);
    if (fields->failed || length < FIELD_SHORTEST || length % 4 != 0)
        return false;
    *body = cursor_take(fields, length - FIELD_HEADER);
    return !fields->failed;
}

static enum verdict read_tail(struct span rest, uint8_t version, struct ntp_tail *tail)
{
    struct cursor c = cursor_of(rest);

    if (version < 3 && rest.len > 0)
        return VERDICT_LENGTH;
    while (version == 4 && cursor_left(&c) > MAC_LONGEST) {
        struct span body;
        uint16_t type;

        if (!ntp_extension_next(&c, &type, &body))
            return VERDICT_EXTENSION;
    }
    tail->extensions = (struct span){ rest.at, rest.len - cursor_left(&c) };
    tail->mac = (struct span){ c.at, cursor_left(&c) };
    return is_mac_length(tail->mac.len) ? VERDICT_ACCEPTED : VERDICT_MAC;
}

enum verdict ntp_packet_parse(struct span datagram, struct ntp_header *h, struct ntp_tail *tail)
{
    struct cursor c = cursor_of((struct span){ datagram.at, NTP_HEADER_SIZE });

    if (datagram.len < NTP_HEADER_SIZE)
        return VERDICT_SHORT;
    *h = read_header(&c);
    if (datagram.len > NTP_PACKET_MAX || datagram.len % 4 != 0)
        return VERDICT_LENGTH;
    if (h->version < 1 || h->version > NTP_VERSION)
        return VERDICT_VERSION;
    return read_tail((struct span){ c.at, datagram.len - NTP_HEADER_SIZE }, h->version, tail);
}

void ntp_header_write(const struct ntp_header *h, uint8_t out[NTP_HEADER_SIZE])
{
    struct writer w = writer_of(out, NTP_HEADER_SIZE);

    writer_u8(&w, (uint8_t)(h->leap << 6 | (h->version & 7) << 3 | (h->mode & 7)));
    writer_u8(&w, h->stratum);
    writer_u8(&w, (uint8_t)h->poll_log2);
    writer_u8(&w, (uint8_t)h->precision_log2);
    writer_u32(&w, h->root_delay.raw);
    writer_u32(&w, h->root_dispersion.raw);
    writer_u32(&w, h->refid);
    writer_u64(&w, h->reference.raw);
    writer_u64(&w, h->origin.raw);
    writer_u64(&w, h->receive.raw);
    writer_u64(&w, h->transmit.raw);
}
