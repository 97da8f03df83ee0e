/* A network address and UDP/TCP port without the system's socket headers. Text forms: "192.0.2.1:123", "[2001:db8::1%2]:123" (scope as a number). */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum addr_family { ADDR_NONE, ADDR_IPV4, ADDR_IPV6 };

struct net_addr {
    uint8_t family;     /* enum addr_family */
    uint8_t pad;        /* 0 */
    uint16_t port;      /* host order; 0 = none */
    uint32_t scope;     /* IPv6 scope id, 0 = none */
    uint8_t bytes[16];  /* IPv4 in the first four, the rest 0 */
};

/* An address of this machine (port and scope 0), and the interface that has it. */
struct local_addr { struct net_addr addr; uint32_t ifindex; uint8_t mac[6]; };

/* Same family, bytes and scope. Ports are compared by addr_equal only. */
static inline bool addr_same_host(const struct net_addr *a, const struct net_addr *b)
{
    return a->family == b->family && a->scope == b->scope && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool addr_equal(const struct net_addr *a, const struct net_addr *b) { return a->port == b->port && addr_same_host(a, b); }

bool addr_is_usable_server_ipv6(const struct net_addr *a); /* the rare half of the next one */

/* Never a server: "this network", multicast, reserved, broadcast; unspecified, multicast. */
static inline bool addr_is_usable_server(const struct net_addr *a)
{
    if (a->family == ADDR_IPV4)
        return a->bytes[0] != 0 && a->bytes[0] < 224;
    return addr_is_usable_server_ipv6(a);
}

/* 127.0.0.0/8, ::1. */
bool addr_is_loopback(const struct net_addr *a);
bool addr_is_private(const struct net_addr *a); /* RFC 1918, RFC 4193, link-local */

/* fe80::/10: the same address may be another machine's at another interface. */
static inline bool addr_is_link_local(const struct net_addr *a) { return a->family == ADDR_IPV6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80; }

#define ADDR_TEXT_MAX 72

/* With the port when it is not 0; "none" for ADDR_NONE. Returns out (ADDR_TEXT_MAX bytes). */
const char *addr_to_text(const struct net_addr *a, char *out);

/* Numeric addresses only: "192.0.2.1", "192.0.2.1:123", "2001:db8::1", "[2001:db8::1%2]:123"; "*:123" is [::]:123 (every address).
 * default_port stands in when the text has none. Returns 0, -UE_SYNTAX, or -UE_RANGE for a port outside 1 .. 65535; *out changes on success only. */
int addr_from_text(const char *text, uint16_t default_port, struct net_addr *out);

/* A place to listen at: an address, and the one interface it is meant at or "" for all. "192.0.2.1%eth0:123", "[fe80::1%eth0]:123", "*%eth0". The name
 * has 1 to ADDR_INTERFACE_MAX - 1 bytes without space, slash, colon, bracket and percent sign, and is no number. Outcomes as above. */
#define ADDR_INTERFACE_MAX 16
#define ADDR_AT_TEXT_MAX (ADDR_TEXT_MAX + ADDR_INTERFACE_MAX)
int addr_at_from_text(const char *text, uint16_t default_port, struct net_addr *out, char interface[ADDR_INTERFACE_MAX]);
const char *addr_at_to_text(const struct net_addr *a, const char *interface, char out[ADDR_AT_TEXT_MAX]);

#endif
