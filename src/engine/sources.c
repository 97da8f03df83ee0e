/* From the configured lines to servers being asked: names are looked up and looked up again, pool members replaced.
 *
 *   configured line --numeric--> slot
 *                   --ACTION_RESOLVE--> candidates --> slot (pool: up to `members`)
 *   slot --useless for 8 polls, or told to go away--> next candidate (pool)
 *        --4 polls unanswered, and never answered---> next candidate (server)
 *
 * What is asked of a slot, and what its answers are worth, is in exchanges.c. Standards: RFC 8633 section 3.3 (pools). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "engine/state.h"

#define USELESS_POLLS 8          /* of a pool member, before another is tried: one full reach register */
#define WRONG_POLLS 4            /* of a server that never answered, before its name's next address is tried: a burst */
#define ORPHAN_DISTANCE_S 65535  /* a group that has been without UTC for weeks still keeps together: all that the format can say */
#define RESOLVE_FIRST_LOG2 1     /* a name that failed is tried again after 2, 4, 8 ... s */
#define RESOLVE_MAX_LOG2 9       /* ... at most 512 s */
#define INTERFACE_MAX_LOG2 3     /* ... at most 8 s where it is the number of an interface, which this machine knows */

static const char *name_of(const struct source_options *o) { return options_pool(o) ? o->pool.s : o->server.s; } /* to look up */

static struct ntp_client_options client_options(const struct source_options *o)
{
    return (struct ntp_client_options){
        .iburst = o->iburst,
        .interleaved = o->interleaved,
        .min_poll_log2 = (int8_t)o->min_poll,
        .max_poll_log2 = (int8_t)(o->max_poll > o->min_poll ? o->max_poll : o->min_poll),
        .version = o->version == 3 ? 3 : NTP_VERSION,
        .authenticated = o->key != 0 || o->nts,
        .max_delay = { 16 * NS_PER_S },      /* NTPC-14 */
        .max_distance = { 3 * NS_PER_S / 2 },/* RFC 5905 section 13, MAXDIST */
    };
}

static void name_slot(struct slot *s, const struct source_options *o, const struct net_addr *a)
{
    char text[ADDR_TEXT_MAX], name[SNAPSHOT_NAME_MAX + 8];
    bool usual = a->port == NTP_PORT;
    struct net_addr shown = *a;

    shown.port = usual ? 0 : a->port;
    if (options_reference(o))
        snprintf(name, sizeof name, "%.63s", options_name(o, (char[OPTIONS_NAME_MAX]){ 0 }));
    else if (options_pool(o))
        snprintf(name, sizeof name, "%.63s", addr_to_text(&shown, text));
    else if (usual)
        snprintf(name, sizeof name, "%.63s", name_of(o));
    else
        snprintf(name, sizeof name, "%.56s:%u", name_of(o), a->port);
    s->name_in_use ^= 1;
    snprintf(s->name[s->name_in_use], SNAPSHOT_NAME_MAX, "%.63s", name);
}

static struct slot *slot_take(struct engine *e, struct slot *s, uint16_t configured, const struct net_addr *addr)
{
    s->used = true;
    if (slot_index(e, s) >= e->slots)
        e->slots = slot_index(e, s) + 1u;
    s->heard = false;
    s->refused = s->unusable = 0;
    s->useless = 0;
    s->configured = configured;
    name_slot(s, &e->options.source[configured], addr);
    return s;
}

/* The clock and the log hear of it. */
static void slot_added(struct engine *e, struct slot *s, const struct clock_source_options *so)
{
    struct clock_actions a = { .count = 0 };
    struct log_record *r;

    clock_source_add(&e->clock, slot_index(e, s), so);
    clock_source_offline(&e->clock, slot_index(e, s), slot_is_offline(e, s), e->now, &a);
    engine_clock_actions(e, &a);
    r = engine_log(e, LOG_SOURCE_ADDED);
    log_text(r, "source", slot_name(s));
    if (slot_is_reference(e, s))
        log_text(r, "address", "a reference clock");
    else
        log_addr(r, "address", &s->client.peer);
}

static void slot_fill(struct engine *e, struct slot *s, uint16_t configured, const struct net_addr *addr)
{
    const struct source_options *o = &e->options.source[configured];
    struct ntp_client_options co = client_options(o);
    struct clock_source_options so = { .refid = exchanges_refid(addr), .prefer = o->prefer, .min_poll_log2 = co.min_poll_log2,
                                       .max_poll_log2 = co.max_poll_log2, .smear = (enum smear_law)o->smear };

    if (e->options.clock.local.present && e->options.clock.local.orphan)
        co.max_distance = (struct dur_ns){ ORPHAN_DISTANCE_S * NS_PER_S };
    so.name = slot_name(slot_take(e, s, configured, addr));
    ntp_client_init(&s->client, &co, addr, e->now);
    slot_added(e, s, &so);
}

struct slot *sources_slot_of(struct engine *e, uint16_t configured)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured)
            return &e->slot[i];
    return NULL;
}

static struct slot *free_slot(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (!e->slot[i].used)
            return &e->slot[i];
    return NULL;
}

static unsigned slots_of(const struct engine *e, uint16_t configured)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        n += e->slot[i].used && e->slot[i].configured == configured;
    return n;
}

static unsigned wanted_of(const struct engine *e, uint16_t configured)
{
    const struct source_options *o = &e->options.source[configured];

    return options_pool(o) ? (unsigned)o->members : 1;
}

static bool asked_already(const struct engine *e, const struct net_addr *a)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && addr_equal(&e->slot[i].client.peer, a))
            return true;
    return false;
}

/* Give the line its servers from the candidates it has. */
static void fill_from_candidates(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];

    while (c->candidate_count > 0 && slots_of(e, configured) < wanted_of(e, configured)) {
        struct net_addr a = c->candidate[0];
        struct slot *s = free_slot(e);

        if (!s || !engine_has_room(e))
            return;
        c->candidate_count--;
        memmove(c->candidate, c->candidate + 1, c->candidate_count * sizeof a);
        if (!asked_already(e, &a))
            slot_fill(e, s, configured, &a);
    }
}

static void resolve(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];
    struct action *a = engine_emit(e, ACTION_RESOLVE);

    a->u.resolve.configured = configured;
    a->u.resolve.name = name_of(&e->options.source[configured]);
    c->waiting = true;
    c->resolve_at = MONO_NEVER;
}

/* "fe80::1%eth0": what is looked up is the interface's number, which is another one when it is made anew. */
static bool is_by_interface(const struct engine *e, uint16_t configured)
{
    return !e->configured[configured].numeric && strchr(name_of(&e->options.source[configured]), '%') != NULL;
}

static struct dur_ns resolve_pause(const struct engine *e, uint16_t configured)
{
    int failures = e->configured[configured].failures, most = is_by_interface(e, configured) ? INTERFACE_MAX_LOG2 : RESOLVE_MAX_LOG2;
    int log2_s = RESOLVE_FIRST_LOG2 + (failures > 0 ? failures - 1 : 0);

    return dur_from_log2(log2_s < most ? log2_s : most);
}

/* A pool may not point at ourselves or at nothing (NTPC-25); a server named by the operator may be on this machine. */
static bool acceptable(const struct source_options *o, const struct net_addr *a)
{
    if (!addr_is_usable_server(a))
        return false;
    return !options_pool(o) || !addr_is_loopback(a) || strcmp(o->pool.s, "localhost") == 0;
}

void sources_drop(struct engine *e, struct slot *s, enum log_id id, const char *reason)
{
    struct clock_actions a = { .count = 0 };
    struct log_record *r = engine_log(e, id);

    log_text(r, "source", slot_name(s));
    log_text(r, "reason", reason);
    if (s->client.state == NTP_CLIENT_PENDING)
        exchanges_close(e, s->client.exchange);
    clock_source_remove(&e->clock, slot_index(e, s), e->now, &a);
    engine_clock_actions(e, &a);
    s->used = false;
}

void sources_replace(struct engine *e, struct slot *s, const char *reason)
{
    uint16_t configured = s->configured;
    struct configured *c = &e->configured[configured];

    sources_drop(e, s, LOG_SOURCE_REPLACED, reason);
    fill_from_candidates(e, configured);
    if (!e->options.source[configured].nts && slots_of(e, configured) < wanted_of(e, configured) && !c->waiting && c->resolve_at.ns == MONO_NEVER.ns)
        c->resolve_at = mono_add(e->now, resolve_pause(e, configured));
}

/* A server by name that is silent: has its name led elsewhere? */
static bool moves_away(const struct engine *e, uint16_t configured)
{
    const struct configured *c = &e->configured[configured];

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured)
            return !options_pool(slot_options(e, &e->slot[i])) && (e->slot[i].client.reach == 0 || is_by_interface(e, configured)) && c->candidate_count > 0;
    return false;
}

/* The addresses of a name that can be put to use. Returns whether one more would have been, were it not asked already. */
static bool take_candidates(struct engine *e, uint16_t configured, const struct net_addr addr[], uint32_t count)
{
    const struct source_options *o = &e->options.source[configured];
    struct configured *c = &e->configured[configured];
    unsigned limit = options_pool(o) ? ENGINE_POOL_MEMBERS : EVENT_ADDRESSES_MAX; /* NTPC-24 */
    bool asked = false;

    c->candidate_count = 0;
    for (uint32_t i = 0; i < count && c->candidate_count < limit; i++) {
        struct net_addr a = addr[i];

        a.port = (uint16_t)o->port;
        if (!acceptable(o, &a))
            continue;
        if (asked_already(e, &a))
            asked = true;
        else
            c->candidate[c->candidate_count++] = a;
    }
    return asked;
}

static void look_up_again_later(struct engine *e, uint16_t configured, const char *why)
{
    struct configured *c = &e->configured[configured];
    struct log_record *r;

    if (c->failures < UINT8_MAX)
        c->failures++;
    c->unresolved = why;
    c->resolve_at = mono_add(e->now, resolve_pause(e, configured));
    if (slots_of(e, configured) > 0)
        return;
    r = engine_log(e, LOG_NAME_UNRESOLVED);
    log_text(r, "name", name_of(&e->options.source[configured]));
    log_text(r, "reason", why);
    log_ns(r, "retry_ns", resolve_pause(e, configured).ns);
}

void sources_addresses(struct engine *e, const struct event *ev)
{
    const uint16_t configured = ev->u.addresses.configured;
    const int err = ev->u.addresses.err;
    bool asked;

    assert(configured < e->options.source_count && ev->u.addresses.count <= EVENT_ADDRESSES_MAX);
    e->configured[configured].waiting = false;
    asked = take_candidates(e, configured, ev->u.addresses.addr, ev->u.addresses.count);
    if (moves_away(e, configured))
        sources_replace(e, sources_slot_of(e, configured), "it does not answer, and its name has another address now");
    fill_from_candidates(e, configured);
    if (slots_of(e, configured) >= wanted_of(e, configured))
        e->configured[configured].failures = 0;
    else
        look_up_again_later(e, configured, err ? ue_text(err) : asked ? "every address of it is asked already, by another source"
                                                                      : "no usable address among the answers");
}

/* Nothing is to be looked up or asked: who reads it hands its samples in. */
static void begin_reference(struct engine *e, uint16_t i)
{
    static const struct net_addr nowhere = { .family = ADDR_NONE };
    struct clock_source_options so;
    struct slot *s = free_slot(e);

    e->configured[i].numeric = true;
    if (!s)
        return;
    slot_take(e, s, i, &nowhere);
    references_fill(e, s, &so);
    slot_added(e, s, &so);
}

/* A new line: its name or address is put to use. */
static void begin(struct engine *e, uint16_t i)
{
    const struct source_options *o = &e->options.source[i];
    struct configured *c = &e->configured[i];
    struct net_addr a;

    *c = (struct configured){ .resolve_at = MONO_NEVER, .establish_at = MONO_NEVER };
    if (options_reference(o))
        begin_reference(e, i);
    else if (o->nts)
        nts_start(e, i);
    else if (addr_from_text(name_of(o), (uint16_t)o->port, &a) == 0) {
        a.port = (uint16_t)o->port;
        c->numeric = true;
        c->candidate[c->candidate_count++] = a;
        fill_from_candidates(e, i);
    } else {
        resolve(e, i);
    }
}

void sources_start(struct engine *e)
{
    for (uint16_t i = 0; i < e->options.source_count; i++)
        begin(e, i);
}

static void settle_slot(struct engine *e, struct slot *s)
{
    const struct source_options *o = slot_options(e, s);
    struct ntp_client_options co = client_options(o);
    struct clock_source_options so = { .name = slot_name(s), .prefer = o->prefer, .min_poll_log2 = co.min_poll_log2, .max_poll_log2 = co.max_poll_log2,
                                       .smear = (enum smear_law)o->smear };

    if (e->options.clock.local.present && e->options.clock.local.orphan)
        co.max_distance = (struct dur_ns){ ORPHAN_DISTANCE_S * NS_PER_S };
    ntp_client_change(&s->client, &co);
    clock_source_change(&e->clock, slot_index(e, s), &so);
}

void sources_settle(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured && slot_is_reference(e, &e->slot[i]))
            references_settle(e, &e->slot[i]);
        else if (e->slot[i].used && e->slot[i].configured == configured)
            settle_slot(e, &e->slot[i]);
    while (slots_of(e, configured) > wanted_of(e, configured))
        sources_drop(e, sources_slot_of(e, configured), LOG_SOURCE_REMOVED, "fewer members are wanted");
    if (!c->numeric && !e->options.source[configured].nts && slots_of(e, configured) < wanted_of(e, configured) && !c->waiting)
        c->resolve_at = mono_min(c->resolve_at, e->now);
}

struct slot *sources_put(struct engine *e, uint16_t configured, const struct net_addr *a)
{
    struct slot *s = sources_slot_of(e, configured);

    if (s && addr_equal(&s->client.peer, a))
        return s;
    if (asked_already(e, a))
        return NULL;
    if (s)
        sources_replace(e, s, "key establishment named another server");
    s = free_slot(e);
    if (s) {
        nts_client_init(&e->nts[s - e->slot].client);
        slot_fill(e, s, configured, a);
    }
    return s;
}

/* The first address of a name may lead nowhere, as IPv6 does behind a router that drops it: one that never answered makes room for the next. */
static bool is_a_wrong_address(const struct engine *e, const struct slot *s)
{
    return s->client.last.version == 0 && s->client.missed >= WRONG_POLLS && e->configured[s->configured].candidate_count > 0;
}

/* Silent for a whole register of polls: its name may have another address by now. An interface's number is looked at with the first unanswered one. */
static void ask_name_again(struct engine *e, struct slot *s)
{
    struct configured *c = &e->configured[s->configured];
    bool by_interface = is_by_interface(e, s->configured);

    if (is_a_wrong_address(e, s)) {
        sources_replace(e, s, "it never answered, and its name has other addresses");
        return;
    }
    if ((by_interface ? s->client.missed == 0 : s->client.reach != 0) || c->numeric || nts_is_wanted(e, s)) {
        s->useless = 0;
        return;
    }
    if (++s->useless < (by_interface ? 1 : USELESS_POLLS) || c->waiting)
        return;
    s->useless = 0;
    c->resolve_at = mono_min(c->resolve_at, e->now);
}

void sources_judge(struct engine *e, struct slot *s)
{
    int state = (int)clock_source_view(&e->clock, slot_index(e, s), e->now).state;
    bool outvoted = state == CLOCK_SOURCE_FALSETICKER || state == CLOCK_SOURCE_REFUSED;

    if (!options_pool(slot_options(e, s))) {
        ask_name_again(e, s);
        return;
    }
    if (s->client.reach != 0 && !outvoted) {
        s->useless = 0;
        return;
    }
    if (++s->useless >= USELESS_POLLS)
        sources_replace(e, s, s->client.reach == 0 ? "it does not answer" : "it disagrees with the others");
}

void sources_tick(struct engine *e)
{
    nts_tick(e);
    for (uint16_t i = 0; i < e->options.source_count && engine_has_room(e); i++)
        if (e->configured[i].begin)
            begin(e, i);
        else if (!mono_before(e->now, e->configured[i].resolve_at))
            resolve(e, i);
}

struct mono_ns sources_next(const struct engine *e)
{
    struct mono_ns next = nts_next(e);

    for (uint16_t i = 0; i < e->options.source_count; i++)
        next = e->configured[i].begin ? e->now : mono_min(next, e->configured[i].resolve_at);
    return next;
}
