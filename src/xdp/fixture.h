/* A synchronised page, the mirror made of it, and frames, for the tests of this room. */
#ifndef XDP_FIXTURE_H
#define XDP_FIXTURE_H

#include "base/test.h"

#include "xdp/respond.h"

#define START_NS (1001 * NS_PER_S)      /* CLOCK_MONOTONIC_RAW when the moment was made */
#define BOOT_AHEAD_NS (77 * NS_PER_S)   /* the machine has slept for so long */
#define IFINDEX 5

static const uint8_t mac_ours[6] = { 2, 0, 0, 0, 0, 1 }, mac_theirs[6] = { 2, 0, 0, 0, 0, 2 };
static const struct net_addr client4 = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };
static const struct net_addr client6 = { .family = ADDR_IPV6, .port = 40000, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 } };
static const struct net_addr server4 = { .family = ADDR_IPV4, .port = NTP_PORT, .bytes = { 192, 0, 2, 1 } };
static const struct net_addr server6 = { .family = ADDR_IPV6, .port = NTP_PORT, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

static inline struct page_data fixture_page(void)
{
    return (struct page_data){
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S + 123456789 }, .rate = 12e-6, .slew_end = { 1000 * NS_PER_S },
        .early = { 70000 }, .late = { 50000 }, .growth = 1e-6, .growth_silent = 15e-6, .silent_at = { 2000 * NS_PER_S },
        .holdover_at = { 2000 * NS_PER_S }, .free_running_at = { 3000 * NS_PER_S }, .leap_at = { INT64_MAX }, .root_delay = { 3 * NS_PER_MS },
        .reference_time = { INT64_C(1795395700) * NS_PER_S }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 2,
        .refid = NTP_REFID(198, 51, 100, 1), .precision_log2 = -25,
    };
}

/* CLOCK_BOOTTIME gains 40 ppm on CLOCK_MONOTONIC_RAW. */
#define FIXTURE_BOOT_RATE 40e-6
static inline struct xdp_clocks fixture_clocks(void)
{
    return (struct xdp_clocks){ { START_NS }, START_NS + BOOT_AHEAD_NS, FIXTURE_BOOT_RATE };
}

/* The raw clock when CLOCK_BOOTTIME says boot_ns. */
static inline struct mono_ns fixture_raw(uint64_t boot_ns)
{
    return (struct mono_ns){ START_NS + (int64_t)((double)((int64_t)boot_ns - START_NS - BOOT_AHEAD_NS) / (1 + FIXTURE_BOOT_RATE)) };
}

struct frame { size_t len; uint8_t bytes[1600]; };

static inline uint16_t fixture_checksum(uint32_t sum, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += wire_get16(at + i);
    if (len % 2)
        sum += (uint32_t)at[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static inline uint16_t fixture_udp_checksum(const struct frame *f)
{
    bool ipv6 = wire_get16(f->bytes + 12) == XDP_ETHERTYPE_IPV6;
    const uint8_t *ip = f->bytes + XDP_ETHERNET, *udp = ip + (ipv6 ? XDP_IPV6 : XDP_IPV4), *addresses = ip + (ipv6 ? 8 : 12);
    uint16_t len = wire_get16(udp + 4);
    uint32_t sum = XDP_PROTOCOL_UDP + len;

    for (unsigned i = 0; i < (ipv6 ? 32u : 8u); i += 2)
        sum += wire_get16(addresses + i);
    return fixture_checksum(sum, udp, len);
}

static inline uint8_t *frame_payload(struct frame *f)
{
    return f->bytes + XDP_ETHERNET + XDP_UDP + (wire_get16(f->bytes + 12) == XDP_ETHERTYPE_IPV6 ? XDP_IPV6 : XDP_IPV4);
}

/* As a network card hands it over, without the check sequence; short ones are not padded. */
static inline void frame_make(struct frame *f, const struct net_addr *from, const struct net_addr *to, const uint8_t *payload, size_t len)
{
    bool ipv6 = from->family == ADDR_IPV6;
    uint8_t *ip = f->bytes + XDP_ETHERNET, *udp = ip + (ipv6 ? XDP_IPV6 : XDP_IPV4);

    memset(f, 0, sizeof *f);
    f->len = (size_t)(udp - f->bytes) + XDP_UDP + len;
    memcpy(f->bytes, mac_ours, 6);
    memcpy(f->bytes + 6, mac_theirs, 6);
    wire_put16(f->bytes + 12, ipv6 ? XDP_ETHERTYPE_IPV6 : XDP_ETHERTYPE_IPV4);
    if (ipv6) {
        wire_put32(ip, 6u << 28 | 0x12345);
        wire_put16(ip + 4, (uint16_t)(XDP_UDP + len));
        ip[6] = XDP_PROTOCOL_UDP;
        ip[7] = 61;
        memcpy(ip + 8, from->bytes, 16);
        memcpy(ip + 24, to->bytes, 16);
    } else {
        ip[0] = 0x45;
        ip[1] = 0xb8;
        wire_put16(ip + 2, (uint16_t)(XDP_IPV4 + XDP_UDP + len));
        wire_put16(ip + 4, 0xbeef);
        ip[8] = 61;
        ip[9] = XDP_PROTOCOL_UDP;
        memcpy(ip + 12, from->bytes, 4);
        memcpy(ip + 16, to->bytes, 4);
        wire_put16(ip + 10, fixture_checksum(0, ip, XDP_IPV4));
    }
    wire_put16(udp, from->port);
    wire_put16(udp + 2, to->port);
    wire_put16(udp + 4, (uint16_t)(XDP_UDP + len));
    if (len > 0)
        memcpy(udp + XDP_UDP, payload, len);
    wire_put16(udp + 6, fixture_udp_checksum(f));
}

#endif
