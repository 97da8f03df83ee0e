/* The access list: which action holds for an address, by its longest matching prefix.
 *
 * Built once from rules in any order, nested or overlapping; looked up by a binary search over the ranges between the prefixes' edges, at most
 * ACCESS_STEPS_MAX steps. Of two rules with the same prefix the one about fewer services wins, then the later one. An address that no rule covers is
 * allowed. IPv4 and IPv6 have a list each; ::ffff:a.b.c.d is judged as the IPv4 address it carries. */
#ifndef GUARD_ACCESS_H
#define GUARD_ACCESS_H

#include "base/addr.h"

/* AUTHENTICATE: answered only when the request proves who sent it. */
enum access_action { ACCESS_ALLOW, ACCESS_DENY, ACCESS_KISS, ACCESS_AUTHENTICATE };

#define ACCESS_RULES_MAX 512
#define ACCESS_RANGES_MAX (2 * ACCESS_RULES_MAX + 1)
#define ACCESS_STEPS_MAX 11
#define ACCESS_SERVICES 4

struct access_rule {
    struct net_addr net;    /* no bit set behind the prefix; port and scope are not looked at */
    uint8_t bits;           /* 0 .. 32 or 128 */
    uint8_t action;         /* enum access_action */
    uint8_t services;       /* set of service numbers: bit s is service s, s < ACCESS_SERVICES */
};

/* A place in the address space: an IPv4 address fills the first 32 bits. */
struct access_key { uint64_t high, low; };

/* From `start` to the next range. */
struct access_range { struct access_key start; uint8_t action[ACCESS_SERVICES]; };

struct access_list { struct { uint32_t count; struct access_range range[ACCESS_RANGES_MAX]; } family[2]; };

/* The address as a key; *ipv6 tells which family it is judged as. */
struct access_key access_key_of(const struct net_addr *a, bool *ipv6);

/* Fills *l from n <= ACCESS_RULES_MAX rules (asserted). No rule at all gives an empty list. */
void access_build(struct access_list *l, const struct access_rule *rules, unsigned n);

/* What holds for service s < ACCESS_SERVICES at `from`. */
enum access_action access_find(const struct access_list *l, const struct net_addr *from, unsigned service);

#endif
