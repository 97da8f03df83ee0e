#include "ntp/server.h"

/* The mode that answers this one, or the reason why nothing does. */
static enum verdict choose_mode(const struct ntp_options *options, uint8_t mode, uint8_t version, uint16_t port, uint8_t *reply_mode)
{
    *reply_mode = NTP_MODE_SERVER;
    switch (mode) {
    case NTP_MODE_CLIENT:
        return VERDICT_ANSWERED;
    case NTP_MODE_RESERVED: /* from port 123 it would be a version 1 peer, not a client */
        return version == 1 && port != NTP_PORT ? VERDICT_ANSWERED : VERDICT_MODE;
    case NTP_MODE_ACTIVE:
        *reply_mode = NTP_MODE_PASSIVE;
        return options->symmetric_reply ? VERDICT_ANSWERED : VERDICT_SYMMETRIC;
    default:
        return VERDICT_MODE;
    }
}

/* Modes 6 and 7 share only the first byte with a time packet, so they are known before anything else is looked at. */
static bool is_private(struct span bytes) { return bytes.len > 0 && (bytes.at[0] & 7) >= NTP_MODE_CONTROL; }

struct ntp_ts64 ntp_server_transmit(struct utc_ns t) { return ntp_server_transmit_of(ntp_ts64_from_utc(t)); }

static uint32_t kiss_of(enum clock_status s) { return s == CLOCK_DISRUPTED ? NTP_REFID('S', 'T', 'E', 'P') : NTP_REFID('I', 'N', 'I', 'T'); }

/* Never after the transmit timestamp: clients drop such an answer (RFC 5905 section 9.2, header check). A local reference is set at every
 * instant, and version 3 clients drop what was not set for a day (RFC 1305 section 3.4.4, NTP.MAXAGE). */
static struct utc_ns reference_of(const struct clock_view *view)
{
    if (view->status == CLOCK_LOCAL || utc_earlier(view->utc, view->reference_time))
        return view->utc;
    return view->reference_time;
}

/* An error beyond what the wire can say, 18 hours, is said by not being synchronised: who only slews towards UTC may be years away from it. */
static bool can_be_told(const struct clock_view *view)
{
    const struct dur_ns end = { 65536 * NS_PER_S };

    return view->stratum && dur_before(view->root_delay, end) && dur_before(view->root_dispersion, end);
}

void ntp_server_prepare(const struct clock_view *view, struct ntp_prepared *out)
{
    bool told = can_be_told(view);
    struct ntp_header h = {
        .leap = (uint8_t)(told ? view->leap : LEAP_UNKNOWN), .stratum = told ? view->stratum : 0, .precision_log2 = view->precision_log2,
        .root_delay = ntp_short32_from_dur_up(view->root_delay), .root_dispersion = ntp_short32_from_dur_up(view->root_dispersion),
        .refid = told ? view->refid : kiss_of(view->status), .transmit = ntp_server_transmit(view->utc),
    };

    if (told)
        h.reference = ntp_server_transmit(reference_of(view));
    ntp_header_write(&h, out->bytes);
}

void ntp_server_prepare_kiss(uint32_t code, struct utc_ns tx, struct ntp_prepared *out)
{
    ntp_header_write(&(struct ntp_header){ .leap = LEAP_UNKNOWN, .refid = code, .transmit = ntp_server_transmit(tx) }, out->bytes);
}

/* That a key is not good now, or not for this address, is told of nobody who does not have it. */
static enum verdict judge(const struct key *key, const struct ntp_server_request *request, const struct ntp_tail *tail, struct utc_ns now)
{
    enum verdict of_key = key_judge(key, request->from, now), v = of_key == VERDICT_ACCEPTED ? of_key : ntp_mac_check(key, request->bytes, tail);

    return v == VERDICT_ACCEPTED ? of_key : v;
}

enum verdict ntp_server_authenticate(const struct key_table *keys, const struct ntp_server_request *request, struct utc_ns now, struct ntp_seal *seal)
{
    const struct key *key;
    enum verdict v;

    seal->key = NULL;
    seal->request = request->bytes;
    if (is_private(request->bytes))
        return VERDICT_PRIVATE_MODE;
    v = ntp_packet_check(request->bytes, &seal->tail);
    if (v != VERDICT_ACCEPTED)
        return v;
    if (seal->tail.mac.len == 0)
        return VERDICT_ANSWERED;
    key = keys_find(keys, ntp_mac_key_id(&seal->tail));
    if (seal->tail.mac.len > 4 && !key) /* its number alone is a crypto-NAK, told below */
        return VERDICT_KEY_UNKNOWN;
    v = key ? ntp_mac_claim(key, request->bytes, &seal->tail) : VERDICT_CRYPTO_NAK;
    if (v == VERDICT_ACCEPTED)
        v = judge(key, request, &seal->tail, now);
    if (v != VERDICT_ACCEPTED)
        return v;
    seal->key = key;
    return VERDICT_ANSWERED;
}

void ntp_server_seal(const struct ntp_seal *seal, uint8_t *answer, size_t *len, struct crypto_mac_exchange *codes)
{
    ntp_mac_exchange(seal, answer, *len, codes);
    *len += seal->tail.mac.len;
}

enum verdict ntp_server_reply_to(const struct ntp_options *options, const struct ntp_prepared *prepared, struct span request, uint16_t port,
                                 struct ntp_ts64 receive, uint8_t *out, size_t *out_len)
{
    struct ntp_tail tail;
    enum verdict v;

    *out_len = 0;
    if (is_private(request))
        return VERDICT_PRIVATE_MODE;
    v = ntp_packet_check(request, &tail);
    return v == VERDICT_ACCEPTED ? ntp_server_reply_to_checked(options, prepared, request.at, port, receive, out, out_len) : v;
}

enum verdict ntp_server_reply_to_checked(const struct ntp_options *options, const struct ntp_prepared *prepared, const uint8_t request[NTP_HEADER_SIZE],
                                         uint16_t port, struct ntp_ts64 receive, uint8_t *out, size_t *out_len)
{
    struct ntp_asked asked = ntp_server_asked(request);
    enum verdict v = choose_mode(options, request[0] & 7, asked.version, port, &asked.reply_mode);

    *out_len = 0;
    if (v != VERDICT_ANSWERED)
        return v;
    ntp_server_write(prepared, &asked, ntp_server_receive_of(receive), out);
    *out_len = NTP_HEADER_SIZE;
    return VERDICT_ANSWERED;
}

enum verdict ntp_server_reply(const struct ntp_options *options, const struct ntp_prepared *prepared, const struct ntp_server_request *request, uint8_t *out,
                              size_t *out_len)
{
    return ntp_server_reply_to(options, prepared, request->bytes, request->from->port, ntp_ts64_from_utc(request->rx), out, out_len);
}

void ntp_server_interleave(const uint8_t request[NTP_HEADER_SIZE], struct ntp_ts64 left, uint8_t answer[NTP_HEADER_SIZE])
{
    memcpy(answer + NTP_AT_ORIGIN, request + NTP_AT_RECEIVE, 8);
    wire_put64(answer + NTP_AT_TRANSMIT, left.raw);
}
