/* The responder's whole decision, as source for the program in the kernel (program.c) and for its tests.
 *
 *   frame -> plain? -> a place of ours? -> a moment that holds? -> guard -> answer in place, or silence
 *
 * Plain is an NTP request of version 3 or 4 in mode 3, of exactly 48 bytes and not interleaved, or an RFC 868 request with room for its answer; in one
 * untagged Ethernet frame, IPv4 without options or fragments, or IPv6 without extension headers. Whatever is not plain is nobody's business here: it is
 * passed up to the sockets untouched and uncounted, and their verdict is the verdict. So what is decided here is what serve_begin would decide, from the
 * same guard, by the same source; only the mover is another one.
 *
 * The checksum of a request's UDP header is not looked at: that of the frame and of the IPv4 header were right, a virtual link leaves it half made, and who
 * asked checks what comes back.
 *
 * Standards: RFC 5905, RFC 868, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 768, RFC 1071 (checksums). */
#ifndef XDP_RESPOND_H
#define XDP_RESPOND_H

#include "guard/check.h"
#include "ntp/server.h"
#include "timeproto/timeproto.h"
#include "xdp/mirror.h"

enum xdp_outcome { XDP_OUTCOME_PASS, XDP_OUTCOME_SILENT, XDP_OUTCOME_ANSWERED };

/* What the program was given. */
struct xdp_world {
    const struct xdp_mirror *mirror;
    struct guard *guard;            /* NULL: everybody is answered */
    struct serve_stats *stats;      /* this CPU's */
    uint32_t ifindex;               /* where the frame came in */
    uint64_t now_ns;                /* CLOCK_BOOTTIME; read as late as may be, xdp_respond does it */
};

#define XDP_ETHERNET 14
#define XDP_IPV4 20
#define XDP_IPV6 40
#define XDP_UDP 8
#define XDP_ETHERTYPE_IPV4 0x0800
#define XDP_ETHERTYPE_IPV6 0x86dd
#define XDP_PROTOCOL_UDP 17
#define XDP_HOPS 64
#define XDP_DONT_FRAGMENT 0x4000
#define XDP_TIME_FRAME_MAX 60       /* the shortest frame there is on a wire: its padding holds the answer to an empty request */
#define XDP_TIME_PAYLOAD_MAX (XDP_TIME_FRAME_MAX - XDP_ETHERNET - XDP_IPV4 - XDP_UDP)

/* A plain frame, as far as it was looked at. */
struct xdp_frame {
    uint8_t *ip, *udp, *payload;
    uint32_t payload_len;
    bool ipv6;
    struct net_addr from;
    uint64_t to_high, to_low;       /* as in struct xdp_place */
    uint16_t port;                  /* it was sent to */
    uint8_t service, list, traffic_class; /* of the place that is */
};

/* A sum of 16-bit words in whichever byte order they lie; RFC 1071 section 2 (B). */
static inline uint16_t xdp_fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static inline uint64_t xdp_sum(const uint8_t *at, unsigned len)
{
    uint64_t sum = 0;
    uint32_t word;

    for (unsigned i = 0; i < len; i += 4) {
        memcpy(&word, at + i, sizeof word);
        sum += word;
    }
    return sum;
}

/* As xdp_fold's result goes into a header. */
static inline void xdp_put_checksum(uint8_t *at, uint64_t sum)
{
    uint16_t checksum = (uint16_t)~xdp_fold(sum);

    memcpy(at, &checksum, sizeof checksum);
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

static inline bool xdp_read_ipv4(uint8_t *ip, const uint8_t *end, struct xdp_frame *f)
{
    if (ip + XDP_IPV4 + XDP_UDP > end)
        return false;
    if (ip[0] != 0x45 || ip[9] != XDP_PROTOCOL_UDP || (wire_get16(ip + 6) & ~XDP_DONT_FRAGMENT) != 0 || xdp_fold(xdp_sum(ip, XDP_IPV4)) != 0xffff)
        return false;
    f->ip = ip;
    f->udp = ip + XDP_IPV4;
    f->payload = f->udp + XDP_UDP;
    f->payload_len = (uint32_t)wire_get16(ip + 2) - XDP_IPV4 - XDP_UDP;
    f->ipv6 = false;
    f->from.family = ADDR_IPV4;
    memcpy(f->from.bytes, ip + 12, 4);
    f->to_high = 0;
    f->to_low = 0;
    memcpy((uint8_t *)&f->to_low + 4, ip + 16, 4);
    ((uint8_t *)&f->to_low)[2] = ((uint8_t *)&f->to_low)[3] = 0xff;
    return f->from.bytes[0] != 127 && wire_get32(ip + 12) != wire_get32(ip + 16);
}

static inline bool xdp_read_ipv6(uint8_t *ip, const uint8_t *end, struct xdp_frame *f)
{
    uint64_t from_high, from_low;

    if (ip + XDP_IPV6 + XDP_UDP > end)
        return false;
    if (ip[0] >> 4 != 6 || ip[6] != XDP_PROTOCOL_UDP)
        return false;
    f->ip = ip;
    f->udp = ip + XDP_IPV6;
    f->payload = f->udp + XDP_UDP;
    f->payload_len = (uint32_t)wire_get16(ip + 4) - XDP_UDP;
    f->ipv6 = true;
    f->from.family = ADDR_IPV6;
    memcpy(f->from.bytes, ip + 8, 16);
    memcpy(&from_high, ip + 8, 8);
    memcpy(&from_low, ip + 16, 8);
    memcpy(&f->to_high, ip + 24, 8);
    memcpy(&f->to_low, ip + 32, 8);
    return from_high != f->to_high || from_low != f->to_low;
}

/* A source that the sockets would refuse without looking at its bytes is left to them, with its counter; so is one with IPv4 inside. */
static inline bool xdp_is_usable_source(const struct net_addr *a)
{
    uint64_t high = wire_get64(a->bytes);

    if (a->family == ADDR_IPV4)
        return a->bytes[0] != 0 && a->bytes[0] < 224;
    return high != 0 && a->bytes[0] != 0xff;
}

static inline bool xdp_read_frame(uint8_t *at, const uint8_t *end, struct xdp_frame *f)
{
    uint16_t type, length;

    if (at + XDP_ETHERNET > end)
        return false;
    type = wire_get16(at + 12);
    if (type == XDP_ETHERTYPE_IPV4 ? !xdp_read_ipv4(at + XDP_ETHERNET, end, f) : type != XDP_ETHERTYPE_IPV6 || !xdp_read_ipv6(at + XDP_ETHERNET, end, f))
        return false;
    length = wire_get16(f->udp + 4);
    f->from.port = wire_get16(f->udp);
    f->port = wire_get16(f->udp + 2);
    return length == f->payload_len + XDP_UDP && xdp_is_usable_source(&f->from);
}

/* What is known of the place is copied: a pointer to it would be one of as many to the kernel's proof as there are places, and each would be followed. */
static inline bool xdp_find_place(const struct xdp_world *w, const uint8_t *mac, struct xdp_frame *f)
{
    for (unsigned i = 0; i < XDP_PLACES_MAX; i++) {
        const struct xdp_place *p = &w->mirror->place[i];
        uint32_t ifindex = ATOMIC_LOAD(&p->ifindex);

        if (ifindex == 0)
            return false;
        if (ifindex == w->ifindex && p->low == f->to_low && p->high == f->to_high && p->port == f->port) {
            f->service = p->service;
            f->list = p->list;
            f->traffic_class = p->traffic_class;
            return wire_get32(mac) == wire_get32(p->mac) && wire_get16(mac + 4) == wire_get16(p->mac + 4);
        }
    }
    return false;
}

/* Does the frame end at `at`? In two comparisons, because the kernel's proof knows nothing of equality. */
static inline bool xdp_ends(const uint8_t *at, const uint8_t *end) { return at <= end && at + 1 > end; }

static inline bool xdp_is_plain_ntp(const struct xdp_frame *f, const uint8_t *end)
{
    uint8_t version_mode;

    if (f->payload_len != NTP_HEADER_SIZE || !xdp_ends(f->payload + NTP_HEADER_SIZE, end))
        return false;
    version_mode = f->payload[0] & 0x3f;
    return (version_mode == (4 << 3 | NTP_MODE_CLIENT) || version_mode == (3 << 3 | NTP_MODE_CLIENT)) && !ntp_server_is_interleaved(f->payload);
}

/* The frame's length stays what it is. A datagram that says it is longer than the frame, or shorter than its own headers, is left to the system, which drops
 * it. */
static inline bool xdp_is_plain_time(const struct xdp_frame *f, const uint8_t *start, const uint8_t *end)
{
    if (f->ipv6)
        return f->payload_len == TIME_SIZE && xdp_ends(f->payload + TIME_SIZE, end);
    return f->payload_len <= XDP_TIME_PAYLOAD_MAX && f->payload + f->payload_len <= end && f->payload + TIME_SIZE <= end && start + XDP_TIME_FRAME_MAX >= end;
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

typedef uint64_t xdp_clock(void);

/* The moment that holds now. Returns false when none does. */
static inline bool xdp_read_moment(struct xdp_world *w, xdp_clock *clock, struct xdp_moment *out, uint64_t *age_ns)
{
    uint32_t generation = ATOMIC_LOAD(&w->mirror->generation);

    memcpy(out, &w->mirror->moment[generation % XDP_MOMENTS], sizeof *out);
    w->now_ns = clock();
    *age_ns = w->now_ns - out->from_ns;
    /* The copy is written anew after three more: that this very one was, in between, does not happen and would be seen here. */
    return ATOMIC_LOAD(&w->mirror->generation) == generation && *age_ns < out->valid_ns;
}

static inline struct ntp_ts64 xdp_utc(const struct xdp_moment *m, uint64_t age_ns)
{
    return (struct ntp_ts64){ m->utc + (age_ns * m->rate >> XDP_RATE_SHIFT) };
}

static inline uint32_t xdp_dispersion(const struct xdp_moment *m, uint64_t age_ns)
{
    uint64_t now = m->dispersion + (uint64_t)((int64_t)age_ns * m->growth >> XDP_GROWTH_SHIFT);

    return (uint32_t)((now + UINT32_MAX) >> XDP_DISPERSION_SHIFT);
}

static inline void xdp_answer_ntp(struct xdp_moment *m, uint64_t age_ns, uint8_t *payload)
{
    struct ntp_asked asked = ntp_server_asked(payload);
    struct ntp_ts64 utc = xdp_utc(m, age_ns);

    ntp_server_write(&m->ntp, &asked, ntp_server_receive_of(utc), payload);
    wire_put32(payload + NTP_AT_ROOT_DISPERSION, xdp_dispersion(m, age_ns));
    wire_put64(payload + NTP_AT_TRANSMIT, ntp_server_transmit_of(utc).raw);
}

/* A kiss-o'-death: ntp_server_prepare_kiss. */
static inline void xdp_kiss(enum verdict v, const struct xdp_moment *m, uint64_t age_ns, uint8_t *payload)
{
    struct ntp_asked asked = ntp_server_asked(payload);
    struct ntp_prepared none = { { LEAP_UNKNOWN << 6 } };
    struct ntp_ts64 utc = xdp_utc(m, age_ns);

    ntp_server_write(&none, &asked, ntp_server_receive_of(utc), payload);
    wire_put32(payload + NTP_AT_REFID, v == VERDICT_DENY_KISS ? NTP_REFID('D', 'E', 'N', 'Y') : NTP_REFID('R', 'A', 'T', 'E'));
    wire_put64(payload + NTP_AT_TRANSMIT, ntp_server_transmit_of(utc).raw);
}

static inline void xdp_swap(uint8_t *a, uint8_t *b, unsigned len)
{
    for (unsigned i = 0; i < len; i += 2) {
        uint16_t x, y;

        memcpy(&x, a + i, 2);
        memcpy(&y, b + i, 2);
        memcpy(a + i, &y, 2);
        memcpy(b + i, &x, 2);
    }
}

/* Headers of the way back, as the system writes those of its own. Both return the sum of the addresses. */
static inline uint64_t xdp_turn_ipv4(uint8_t *ip, uint8_t traffic_class, unsigned payload_len)
{
    uint32_t from, to;

    memcpy(&from, ip + 12, 4);
    memcpy(&to, ip + 16, 4);
    wire_put32(ip, 0x45u << 24 | (uint32_t)traffic_class << 16 | (XDP_IPV4 + XDP_UDP + payload_len));
    wire_put32(ip + 4, XDP_DONT_FRAGMENT);
    wire_put32(ip + 8, (uint32_t)XDP_HOPS << 24 | XDP_PROTOCOL_UDP << 16);
    memcpy(ip + 12, &to, 4);
    memcpy(ip + 16, &from, 4);
    xdp_put_checksum(ip + 10, xdp_sum(ip, XDP_IPV4));
    return (uint64_t)from + to;
}

static inline uint64_t xdp_turn_ipv6(uint8_t *ip, uint8_t traffic_class, unsigned payload_len)
{
    wire_put32(ip, 6u << 28 | (uint32_t)traffic_class << 20);
    wire_put32(ip + 4, (uint32_t)(XDP_UDP + payload_len) << 16 | XDP_PROTOCOL_UDP << 8 | XDP_HOPS);
    xdp_swap(ip + 8, ip + 24, 16);
    return xdp_sum(ip + 8, 32);
}

/* payload_len: a multiple of four. That all of it lies before the end is known; the proofs of older kernels have forgotten it by now. */
static inline bool xdp_turn(uint8_t *ethernet, const uint8_t *end, const struct xdp_frame *f, unsigned payload_len)
{
    uint64_t sum = WIRE_SWAP(32, XDP_PROTOCOL_UDP << 16 | (XDP_UDP + payload_len));

    if (f->ipv6) {
        if (f->ip + XDP_IPV6 + XDP_UDP + payload_len > end)
            return false;
        sum += xdp_turn_ipv6(f->ip, f->traffic_class, payload_len);
    } else {
        if (f->ip + XDP_IPV4 + XDP_UDP + payload_len > end)
            return false;
        sum += xdp_turn_ipv4(f->ip, f->traffic_class, payload_len);
    }
    xdp_swap(ethernet, ethernet + 6, 6);
    xdp_swap(f->udp, f->udp + 2, 2);
    wire_put32(f->udp + 4, (XDP_UDP + payload_len) << 16);
    /* Never 0, which would mean "none": the length is not. */
    xdp_put_checksum(f->udp + 6, sum + xdp_sum(f->udp, XDP_UDP + payload_len));
    return true;
}

static inline enum xdp_outcome xdp_count(const struct xdp_world *w, enum service s, enum verdict v)
{
    w->stats->requests[s]++;
    w->stats->verdict[s][v]++;
    return v == VERDICT_ANSWERED || v == VERDICT_RATE_KISS || v == VERDICT_DENY_KISS ? XDP_OUTCOME_ANSWERED : XDP_OUTCOME_SILENT;
}

static inline enum xdp_outcome xdp_respond_ntp(const struct xdp_world *w, uint8_t *start, const uint8_t *end, const struct xdp_frame *f,
                                               struct xdp_moment *m, uint64_t age_ns)
{
    enum verdict v = w->guard ? guard_check_at(w->guard, &f->from, f->list, SERVICE_NTP, (int64_t)w->now_ns + m->raw_minus_boot_ns) : VERDICT_ANSWERED;

    if (v == VERDICT_ANSWERED)
        xdp_answer_ntp(m, age_ns, f->payload);
    else if (v == VERDICT_DENY_KISS || v == VERDICT_RATE_KISS)
        xdp_kiss(v, m, age_ns, f->payload);
    else
        return xdp_count(w, SERVICE_NTP, v);
    return xdp_turn(start, end, f, NTP_HEADER_SIZE) ? xdp_count(w, SERVICE_NTP, v) : XDP_OUTCOME_SILENT;
}

/* TIME has no kiss. */
static inline enum xdp_outcome xdp_respond_time(const struct xdp_world *w, uint8_t *start, const uint8_t *end, const struct xdp_frame *f,
                                                const struct xdp_moment *m, uint64_t age_ns)
{
    enum verdict v = w->guard ? guard_check_at(w->guard, &f->from, f->list, SERVICE_TIME, (int64_t)w->now_ns + m->raw_minus_boot_ns) : VERDICT_ANSWERED;

    if (v != VERDICT_ANSWERED)
        return xdp_count(w, SERVICE_TIME, v == VERDICT_DENY_KISS ? VERDICT_DENIED : v == VERDICT_RATE_KISS ? VERDICT_RATE_LIMITED : v);
    wire_put32(f->payload, (uint32_t)(xdp_utc(m, age_ns).raw >> 32));
    return xdp_turn(start, end, f, TIME_SIZE) ? xdp_count(w, SERVICE_TIME, v) : XDP_OUTCOME_SILENT;
}

/* One frame from start to end: an answer stands in its place, or it is to be dropped, or it is as it was. clock: CLOCK_BOOTTIME. */
static inline enum xdp_outcome xdp_respond(struct xdp_world *w, xdp_clock *clock, uint8_t *start, const uint8_t *end)
{
    struct xdp_frame f = { 0 };
    struct xdp_moment m;
    uint64_t age_ns;

    if (!xdp_read_frame(start, end, &f) || !xdp_find_place(w, start, &f) || serve_would_loop((enum service)f.service, f.from.port))
        return XDP_OUTCOME_PASS;
    if (f.service == SERVICE_NTP) {
        if (!xdp_is_plain_ntp(&f, end) || !xdp_read_moment(w, clock, &m, &age_ns))
            return XDP_OUTCOME_PASS;
        return xdp_respond_ntp(w, start, end, &f, &m, age_ns);
    }
    if (!xdp_is_plain_time(&f, start, end) || !xdp_read_moment(w, clock, &m, &age_ns) || !m.is_usable)
        return XDP_OUTCOME_PASS;
    return xdp_respond_time(w, start, end, &f, &m, age_ns);
}

#endif
