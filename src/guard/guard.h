/* Who is answered: (address, listener, now) -> verdict.
 *
 *   access list of the listener (access.h) -> bucket of the source's prefix -> verdict
 *
 * One struct guard in memory that every worker shares, zeroed before guard_init; it never grows. Each prefix (IPv4 /32, IPv6 /64 by default) has a row
 * of 32 bytes in a table of sets of eight, found by a keyed hash, which is the client log as well. Its bucket is one number, the theoretical arrival time
 * of the generic cell rate algorithm (ITU-T I.371): how far it lies beyond `now` is how much the prefix has used up. A block is the same number
 * put `block_for` ahead. A newcomer to a full set takes the row whose bucket is the emptiest (without a limit: that has been silent the longest), so
 * forged sources push out each other, not those that are held back. Rows are changed by atomic operations without a lock: a limit counts once over all
 * workers. How many different prefixes there have been is estimated by a sketch (HyperLogLog; Flajolet et al. 2007) that newcomers alone touch.
 *
 * A flood from one prefix is thinned out before it is read, where the system can do that: guard_floods says which prefixes to drop all but one request in
 * GUARD_SIEVE_ONE_IN of, and one that comes through counts as so many in all numbers here. What becomes of it is decided as ever.
 *
 * A request that the list wants authenticated and that is not is dropped and counted: a kiss-o'-death (AUTH, RFC 5905 section 7.4) would itself be
 * unauthenticated, so that its receiver may not believe it (RFC 8915 section 5.7), and would tell forgers where to go on.
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

/* Recent requests: all of this window, half of those of the one before, a quarter, and so on. At a steady rate they are rate x (time since the window
 * began + the window), whenever one looks. */
struct guard_count {
    uint32_t requests;
    uint32_t refused;   /* in a row: since the bucket was last empty */
    uint32_t recent;
    uint32_t last_s;    /* when the last one came; whole seconds of `now` */
};

/* Four cache lines, of which a lookup reads the first and one of the counts, and with a limit the second. */
struct guard_set {
    uint64_t prefix[GUARD_SET_SIZE];    /* 0: free */
    int64_t arrival_ns[GUARD_SET_SIZE]; /* with a limit: theoretical arrival time, on the scale of `now` */
    struct guard_count count[GUARD_SET_SIZE];
};

/* What the limit options come to. */
struct guard_limit {
    bool on;
    int64_t interval_ns, burst_ns, block_ns;
    uint32_t rate, burst, kiss, leak, block_above, window_s;
    uint64_t ipv4_mask, ipv6_mask;
    int64_t flood_ns;   /* GUARD_FLOOD_STEP requests of a prefix that is refused come within that time: a flood */
};

#define GUARD_LISTS_MAX 8
#define GUARD_LISTS_KEPT (2 * GUARD_LISTS_MAX) /* those that hold, and the next ones while they are made */
#define GUARD_LOG_WINDOW_S 16   /* of the rate in the client log, where no block_window is configured */
#define GUARD_SKETCH_LOG2 12
#define GUARD_BLOCKS_KEPT 16

/* A block that began. */
struct guard_block { uint64_t prefix; int64_t at_ns; uint32_t per_second; };

#define GUARD_FLOODS_MAX 8
#define GUARD_SIEVE_ONE_IN 32

/* A prefix that is refused and goes on asking. */
struct guard_flood { uint64_t prefix; int64_t at_ns, until_ns; /* counted last; a flood until then */ };

struct guard {
    bool counted;           /* clients are counted */
    uint32_t sieved;        /* of sieve */
    struct guard_limit limit;
    struct guard_key key;
    uint64_t sieve[GUARD_FLOODS_MAX]; /* prefixes that are thinned out now */
    uint32_t denials;       /* of those told: which one gets the next kiss */
    uint32_t lists;         /* 0: no access list is given */
    struct access_list access[GUARD_LISTS_KEPT];
    uint32_t blocks;        /* that ever began */
    struct guard_block block[GUARD_BLOCKS_KEPT];
    uint32_t floods;        /* that ever began */
    struct guard_flood flood[GUARD_FLOODS_MAX];
    uint8_t sketch[1 << GUARD_SKETCH_LOG2];
    _Alignas(64) struct guard_set set[GUARD_SETS];
};

/* What whoever makes the lists knows of them, zeroed at first: in memory of his own, because workers write to *g, and would have a say in where he writes. */
struct guard_maker {
    uint32_t bank, made;    /* of the lists that are being made: the first's number, and how many there are */
    uint32_t items[GUARD_LISTS_KEPT]; /* a list per set of configured items that hold at some listener; bit i: item i */
    struct access_list list; /* the one that is being made */
};

/* Fills a zeroed *g; `seed` is secret and random. log_clients: count them even without a limit. */
void guard_init(struct guard *g, struct guard_maker *m, const struct guard_options *o, bool log_clients, const struct guard_key *seed);

/* Other options while workers go on asking: begin, guard_list_at for each listener, then end or, where that did not go well, abort. Until the end the old lists
 * hold, and until a worker knows its listener's new number it goes by an old list. Rows and blocks stay; a change of prefix lengths makes new rows. */
void guard_change_begin(struct guard *g, struct guard_maker *m, const struct guard_options *o);
void guard_change_end(struct guard *g, const struct guard_maker *m, const struct guard_options *o, bool log_clients);
void guard_change_abort(struct guard_maker *m);

/* Does anything of these options, or a client log, need a struct guard at all? */
bool guard_is_needed(const struct guard_options *o, bool log_clients);

/* Which of g's access lists holds at the listener on that address and interface ("": any), 0 .. GUARD_LISTS_KEPT - 1. Asked for each listener before any
 * request comes. The first list holds at all that no item names. Returns -UE_FULL when the listeners need more than GUARD_LISTS_MAX different lists. */
int guard_list_at(struct guard *g, struct guard_maker *m, const struct guard_options *o, const struct net_addr *listener, const char *interface);

/* One request for service < ACCESS_SERVICES at a listener with that list. Returns VERDICT_ANSWERED when it may be answered, VERDICT_DENIED,
 * _RATE_LIMITED or _BLOCKED for silence, _UNAUTHENTICATED when it may be answered if it authenticates itself, VERDICT_DENY_KISS or VERDICT_RATE_KISS
 * when a protocol that has a kiss-o'-death should send it, and others stay silent. */
enum verdict guard_check(struct guard *g, const struct net_addr *from, unsigned list, unsigned service, struct mono_ns now);

/* Tells the processor that a request from there will be checked soon: its part of the table is fetched while others are answered. *e remembers where. */
struct guard_expected {
    const struct net_addr *from;
    uint64_t prefix, hash;
    uint32_t counts_as; /* so many requests: 1, but behind the sieve */
};
void guard_expect(const struct guard *g, const struct net_addr *from, struct guard_expected *e);

/* guard_check of what was expected; e->from still stands. */
enum verdict guard_check_expected(struct guard *g, const struct guard_expected *e, unsigned list, unsigned service, struct mono_ns now);

/* The access list alone, for connections, which their own table bounds. */
enum access_action guard_access(const struct guard *g, const struct net_addr *from, unsigned list, unsigned service);

/* What holds, and why: for people. */
struct guard_reason {
    uint8_t action;         /* enum access_action */
    bool matched;           /* a configured item says so; false: none covers the address, which is allowed */
    uint32_t item, net;     /* options.access[item].nets.item[net] */
};
struct guard_reason guard_explain(const struct guard *g, const struct guard_options *o, const struct net_addr *from, unsigned list, unsigned service);

/* One row of the client log. */
struct guard_client {
    struct net_addr net;    /* the prefix, port 0 */
    uint8_t bits;
    bool blocked;
    uint32_t requests, refused, last_s;
    double per_second;      /* of late */
};

/* The n busiest prefixes, most requests first, and in *clients how many are known. Returns how many were written. Looks at the whole table. */
unsigned guard_top(const struct guard *g, struct mono_ns now, struct guard_client *out, unsigned n, uint32_t *clients);

/* The row of the prefix that address is in; false when there is none. */
bool guard_client_at(const struct guard *g, const struct net_addr *from, struct mono_ns now, struct guard_client *out);

/* How many floods ever began. When it changes, whoever holds the sockets is to look at guard_floods; that is where it ends, too. */
uint32_t guard_floods_ever(const struct guard *g);

/* The prefixes to be thinned out now, until *until (MONO_NEVER: none): then to be asked again, as a flood may go on. Returns how many. */
unsigned guard_floods(const struct guard *g, struct mono_ns now, struct guard_client out[GUARD_FLOODS_MAX], struct mono_ns *until);

/* From now on one request in GUARD_SIEVE_ONE_IN of these prefixes comes through, and all of others. n: 0 for none. */
void guard_sieve(struct guard *g, const struct guard_client *flood, unsigned n);

/* How many different prefixes there have been, to about 2 %; one that was forgotten and came back counts once. */
double guard_prefixes_ever(const struct guard *g);

/* The next block that began and was not yet told, for a log: *told counts, from 0. False when there is none. Those that began while more than
 * GUARD_BLOCKS_KEPT waited are skipped, and *told says so. */
bool guard_next_block(const struct guard *g, uint32_t *told, struct guard_client *out);

#endif
