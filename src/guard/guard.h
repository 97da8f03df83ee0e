/* Who is answered: (address, now) -> verdict.
 *
 *   access list (access.h) -> bucket of the source's prefix -> verdict
 *
 * One struct guard in memory that every worker shares, zeroed before guard_init; it never grows. Each prefix (IPv4 /32, IPv6 /64 by default) has a row
 * of 24 bytes in a table of sets of eight, found by a keyed hash, which is the client log as well. Its bucket is one number, the theoretical arrival time
 * of the generic cell rate algorithm (ITU-T I.371): how far it lies beyond `now` is how much the prefix has used up. A block is the same number
 * put `block_for` ahead. A newcomer to a full set takes the row whose bucket is the emptiest, so forged sources push out each other, not those that are
 * held back. Rows are changed by atomic operations without a lock: a limit counts once over all workers.
 *
 * Standards: RFC 5905 section 7.4 (kiss codes DENY and RATE), RFC 8633 section 5.4 (rate limiting). */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "base/time.h"
#include "base/verdict.h"
#include "guard/access.h"
#include "guard/hash.h"
#include "guard/options.h"

#define GUARD_SET_SIZE 8
#define GUARD_SETS 16384
#define GUARD_CLIENTS_MAX (GUARD_SET_SIZE * GUARD_SETS)

struct guard_count {
    uint32_t requests;
    uint32_t refused;   /* in a row: since the bucket was last empty */
};

/* Three cache lines; what every lookup reads is the first one. */
struct guard_set {
    uint64_t prefix[GUARD_SET_SIZE];    /* 0: free */
    int64_t arrival_ns[GUARD_SET_SIZE]; /* theoretical arrival time, on the scale of `now` */
    struct guard_count count[GUARD_SET_SIZE];
};

/* What the limit options come to. */
struct guard_limit {
    bool on;
    int64_t interval_ns, burst_ns, block_ns;
    uint32_t kiss, leak, block_after;
    uint64_t ipv4_mask, ipv6_mask;
};

struct guard {
    bool listed, counted;   /* an access list is given; clients are counted */
    struct guard_limit limit;
    struct guard_key key;
    uint32_t denials;       /* of those told: which one gets the next kiss */
    struct access_list access;
    _Alignas(64) struct guard_set set[GUARD_SETS];
};

/* Fills a zeroed *g; `seed` is secret and random. log_clients: count them even without a limit. */
void guard_init(struct guard *g, const struct guard_options *o, bool log_clients, const struct guard_key *seed);

/* Does anything of these options, or a client log, need a struct guard at all? */
bool guard_is_needed(const struct guard_options *o, bool log_clients);

/* One request for service < ACCESS_SERVICES. Returns VERDICT_ANSWERED when it may be answered, VERDICT_DENIED, _RATE_LIMITED, _BLOCKED or _UNAUTHENTICATED
 * for silence, VERDICT_DENY_KISS or VERDICT_RATE_KISS when a protocol that has a kiss-o'-death should send it, and others stay silent. */
enum verdict guard_check(struct guard *g, const struct net_addr *from, unsigned service, struct mono_ns now);

/* Tells the processor that a request from there will be checked soon: its part of the table is fetched while others are answered. */
void guard_expect(const struct guard *g, const struct net_addr *from);

/* The access list alone: for connections, which their own table bounds, and for people who ask what holds. */
enum access_action guard_access(const struct guard *g, const struct net_addr *from, unsigned service);

/* One row of the client log. */
struct guard_client {
    struct net_addr net;    /* the prefix, port 0 */
    uint8_t bits;
    uint32_t requests, refused;
    bool blocked;
};

/* The n busiest prefixes, most requests first, and in *clients how many are known. Returns how many were written. Looks at the whole table. */
unsigned guard_top(const struct guard *g, struct mono_ns now, struct guard_client *out, unsigned n, uint32_t *clients);

#endif
