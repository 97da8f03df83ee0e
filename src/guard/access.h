/* The access list: which action holds for an address, by its longest matching prefix.
 *
 * Built once from rules in any order, nested or overlapping; looked up by a binary search over the ranges between the prefixes' edges, at most
 * ACCESS_STEPS_MAX steps. Of two rules with the same prefix the one about certain listeners wins, then the one about fewer services, then the later one.
 * An address that no rule covers is allowed. IPv4 and IPv6 have a list each; ::ffff:a.b.c.d is judged as the IPv4 address it carries. */
#ifndef GUARD_ACCESS_H
#define GUARD_ACCESS_H

#include "base/addr.h"
#include "base/wire.h"

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
    bool at_listener;       /* it is about certain listeners, not about all */
};

/* A place in the address space: an IPv4 address fills the first 32 bits. */
struct access_key { uint64_t high, low; };

#define ACCESS_NO_RULE UINT16_MAX

/* From `start` to the next range: what holds for each service, and by which rule. */
struct access_range { struct access_key start; uint16_t rule[ACCESS_SERVICES]; uint8_t action[ACCESS_SERVICES]; };

struct access_list { struct { uint32_t count; struct access_range range[ACCESS_RANGES_MAX]; } family[2]; };

/* The address as a key; *ipv6 tells which family it is judged as. */
static inline struct access_key access_key_of(const struct net_addr *a, bool *ipv6)
{
    struct access_key k = { wire_get64(a->bytes), wire_get64(a->bytes + 8) };

    *ipv6 = a->family == ADDR_IPV6 && !(k.high == 0 && k.low >> 32 == 0xffff);
    if (*ipv6)
        return k;
    return (struct access_key){ a->family == ADDR_IPV6 ? k.low << 32 : k.high & ~UINT64_C(0xffffffff), 0 };
}

static inline bool access_key_before(struct access_key a, struct access_key b) { return a.high < b.high || (a.high == b.high && a.low < b.low); }

/* Fills *l from n <= ACCESS_RULES_MAX rules (asserted). No rule at all gives an empty list. */
void access_build(struct access_list *l, const struct access_rule *rules, unsigned n);

/* Which rule says so: its index in what access_build was given, or ACCESS_NO_RULE. */
uint16_t access_rule_at(const struct access_list *l, const struct net_addr *from, unsigned service);

/* The range that holds the address, or NULL in an empty list; as source, for programs without calls (guard/check.h). */
static inline const struct access_range *access_range_at(const struct access_list *l, const struct net_addr *from)
{
    bool ipv6;
    struct access_key k = access_key_of(from, &ipv6);
    const struct access_range *range = l->family[ipv6].range;
    uint32_t first = 0, count = l->family[ipv6].count;

    if (count == 0)
        return NULL;
    for (unsigned i = 0; i < ACCESS_STEPS_MAX && count > 1; i++) { /* the range wanted is one of range[first .. first + count) */
        uint32_t half = count / 2, middle = first + half;

        if (middle >= ACCESS_RANGES_MAX) /* never so: whoever proves this program first does not know how `count` came to be */
            break;
        if (access_key_before(k, range[middle].start)) {
            count = half;
        } else {
            first = middle;
            count -= half;
        }
    }
    return &range[first];
}

/* What holds for a service < ACCESS_SERVICES at `from`. */
static inline enum access_action access_lookup(const struct access_list *l, const struct net_addr *from, unsigned service)
{
    const struct access_range *r = access_range_at(l, from);

    return r ? (enum access_action)r->action[service] : ACCESS_ALLOW;
}

#endif
