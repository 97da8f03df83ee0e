/* From the configured lines to servers being asked: names are looked up and looked up again, pool members replaced, exchanges matched to slots.
 *
 *   configured line --numeric--> slot
 *                   --ACTION_RESOLVE--> candidates --> slot (pool: up to `members`)
 *   slot --poll due--> ACTION_SEND --EVENT_DATAGRAM--> ntp_client_input --> clock_measure
 *        --useless for 8 polls, or told to go away--> next candidate (pool)
 *
 * Standards: RFC 5905 section 13 (poll process), RFC 9109 (fresh port per request), RFC 8633 section 3.3 (pools). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "engine/state.h"

#define USELESS_POLLS 8          /* of a pool member, before another is tried: one full reach register */
#define ORPHAN_DISTANCE_S 65535  /* a group that has been without UTC for weeks still keeps together: all that the format can say */
#define RESOLVE_FIRST_LOG2 1     /* a name that failed is tried again after 2, 4, 8 ... s */
#define RESOLVE_MAX_LOG2 9       /* ... at most 512 s */

static const struct source_options *options_of(const struct engine *e, const struct slot *s) { return &e->options.source[s->configured]; }
static bool is_pool(const struct source_options *o) { return o->pool.s[0] != '\0'; }
static const char *name_of(const struct source_options *o) { return is_pool(o) ? o->pool.s : o->server.s; }
static uint16_t index_of(const struct engine *e, const struct slot *s) { return (uint16_t)(s - e->slot); }
static const char *slot_name(const struct slot *s) { return s->name[s->name_in_use]; }

/* RFC 5905 section 7.3: the IPv4 address, or the first four octets of the MD5 of the IPv6 address. */
static uint32_t refid_of(const struct net_addr *a)
{
    uint8_t digest[CRYPTO_MD5_SIZE];
    const uint8_t *b = a->bytes;

    if (a->family == ADDR_IPV6) {
        crypto_md5(a->bytes, sizeof a->bytes, digest);
        b = digest;
    }
    return NTP_REFID(b[0], b[1], b[2], b[3]);
}

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
    if (is_pool(o))
        snprintf(name, sizeof name, "%.63s", addr_to_text(&shown, text));
    else if (usual)
        snprintf(name, sizeof name, "%.63s", name_of(o));
    else
        snprintf(name, sizeof name, "%.56s:%u", name_of(o), a->port);
    s->name_in_use ^= 1;
    snprintf(s->name[s->name_in_use], SNAPSHOT_NAME_MAX, "%.63s", name);
}

static void slot_fill(struct engine *e, struct slot *s, uint16_t configured, const struct net_addr *addr)
{
    const struct source_options *o = &e->options.source[configured];
    struct ntp_client_options co = client_options(o);
    struct clock_source_options so = { .refid = refid_of(addr), .prefer = o->prefer, .min_poll_log2 = co.min_poll_log2, .max_poll_log2 = co.max_poll_log2,
                                       .smear = (enum smear_law)o->smear };
    struct log_record *r;

    if (e->options.clock.local.present && e->options.clock.local.orphan)
        co.max_distance = (struct dur_ns){ ORPHAN_DISTANCE_S * NS_PER_S };
    s->used = true;
    s->heard = false;
    s->refused = s->unusable = 0;
    s->useless = 0;
    s->configured = configured;
    name_slot(s, o, addr);
    so.name = slot_name(s);
    ntp_client_init(&s->client, &co, addr, e->now);
    clock_source_add(&e->clock, index_of(e, s), &so, e->now);
    r = engine_log(e, LOG_SOURCE_ADDED);
    log_text(r, "source", slot_name(s));
    log_addr(r, "address", addr);
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

    return is_pool(o) ? (unsigned)o->members : 1;
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

static struct dur_ns resolve_pause(uint8_t failures)
{
    int log2_s = RESOLVE_FIRST_LOG2 + (failures > 0 ? failures - 1 : 0);

    return dur_from_log2(log2_s < RESOLVE_MAX_LOG2 ? log2_s : RESOLVE_MAX_LOG2);
}

/* A pool may not point at ourselves or at nothing (NTPC-25); a server named by the operator may be on this machine. */
static bool acceptable(const struct source_options *o, const struct net_addr *a)
{
    if (!addr_is_usable_server(a))
        return false;
    return !is_pool(o) || !addr_is_loopback(a) || strcmp(o->pool.s, "localhost") == 0;
}

static void close_exchange(struct engine *e, uint32_t exchange)
{
    engine_emit(e, ACTION_CLOSE)->u.close.exchange = exchange;
}

void sources_drop(struct engine *e, struct slot *s, enum log_id id, const char *reason)
{
    struct clock_actions a = { .count = 0 };
    struct log_record *r = engine_log(e, id);

    log_text(r, "source", slot_name(s));
    log_text(r, "reason", reason);
    if (s->client.state == NTP_CLIENT_PENDING)
        close_exchange(e, s->client.exchange);
    clock_source_remove(&e->clock, index_of(e, s), e->now, &a);
    engine_clock_actions(e, &a);
    s->used = false;
}

/* Take a pool member out and put the next candidate in; with none left, ask for the name again. */
static void replace(struct engine *e, struct slot *s, const char *reason)
{
    uint16_t configured = s->configured;
    struct configured *c = &e->configured[configured];

    sources_drop(e, s, LOG_SOURCE_REPLACED, reason);
    fill_from_candidates(e, configured);
    if (!e->options.source[configured].nts && slots_of(e, configured) < wanted_of(e, configured) && !c->waiting && c->resolve_at.ns == MONO_NEVER.ns)
        c->resolve_at = mono_add(e->now, resolve_pause(c->failures));
}

/* A server by name that is silent: has its name led elsewhere? */
static bool moves_away(const struct engine *e, uint16_t configured)
{
    const struct configured *c = &e->configured[configured];

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured)
            return !is_pool(options_of(e, &e->slot[i])) && e->slot[i].client.reach == 0 && c->candidate_count > 0;
    return false;
}

void sources_addresses(struct engine *e, uint16_t configured, int err, const struct net_addr *addr, uint32_t count)
{
    const struct source_options *o = &e->options.source[configured];
    struct configured *c = &e->configured[configured];
    unsigned taken = 0, limit = is_pool(o) ? ENGINE_POOL_MEMBERS : EVENT_ADDRESSES_MAX; /* NTPC-24 */

    assert(configured < e->options.source_count && count <= EVENT_ADDRESSES_MAX);
    c->waiting = false;
    c->candidate_count = 0;
    for (uint32_t i = 0; i < count && taken < limit; i++) {
        struct net_addr a = addr[i];

        a.port = (uint16_t)o->port;
        if (!acceptable(o, &a) || asked_already(e, &a))
            continue;
        c->candidate[c->candidate_count++] = a;
        taken++;
    }
    if (moves_away(e, configured))
        replace(e, sources_slot_of(e, configured), "it does not answer, and its name has another address now");
    fill_from_candidates(e, configured);
    if (slots_of(e, configured) >= wanted_of(e, configured)) {
        c->failures = 0;
        return;
    }
    if (c->failures < UINT8_MAX)
        c->failures++;
    c->resolve_at = mono_add(e->now, resolve_pause(c->failures));
    if (slots_of(e, configured) == 0) {
        struct log_record *r = engine_log(e, LOG_NAME_UNRESOLVED);

        log_text(r, "name", name_of(o));
        log_text(r, "reason", err ? ue_text(err) : "no usable address among the answers");
        log_ns(r, "retry_ns", resolve_pause(c->failures).ns);
    }
}

void sources_begin(struct engine *e, uint16_t i)
{
    const struct source_options *o = &e->options.source[i];
    struct configured *c = &e->configured[i];
    struct net_addr a;

    *c = (struct configured){ .resolve_at = MONO_NEVER, .establish_at = MONO_NEVER };
    if (o->nts)
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
        sources_begin(e, i);
}

unsigned sources_count(const struct engine *e, uint16_t configured) { return slots_of(e, configured); }

static void settle_slot(struct engine *e, struct slot *s)
{
    const struct source_options *o = options_of(e, s);
    struct ntp_client_options co = client_options(o);
    struct clock_source_options so = { .name = slot_name(s), .prefer = o->prefer, .min_poll_log2 = co.min_poll_log2, .max_poll_log2 = co.max_poll_log2,
                                       .smear = (enum smear_law)o->smear };

    if (e->options.clock.local.present && e->options.clock.local.orphan)
        co.max_distance = (struct dur_ns){ ORPHAN_DISTANCE_S * NS_PER_S };
    ntp_client_change(&s->client, &co);
    clock_source_change(&e->clock, index_of(e, s), &so);
}

void sources_settle(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured)
            settle_slot(e, &e->slot[i]);
    while (slots_of(e, configured) > wanted_of(e, configured))
        sources_drop(e, sources_slot_of(e, configured), LOG_SOURCE_REMOVED, "fewer members are wanted");
    if (!c->numeric && !e->options.source[configured].nts && slots_of(e, configured) < wanted_of(e, configured) && !c->waiting)
        c->resolve_at = mono_min(c->resolve_at, e->now);
}

void sources_put(struct engine *e, uint16_t configured, const struct net_addr *a)
{
    struct slot *s = sources_slot_of(e, configured);

    if (s && addr_equal(&s->client.peer, a))
        return;
    if (s)
        replace(e, s, "key establishment named another server");
    s = free_slot(e);
    if (s && !asked_already(e, a)) {
        nts_client_init(&e->nts[s - e->slot].client);
        slot_fill(e, s, configured, a);
    }
}

/* Silent for a whole register of polls: its name may have another address by now. */
static void ask_name_again(struct engine *e, struct slot *s)
{
    struct configured *c = &e->configured[s->configured];

    if (s->client.reach != 0 || c->numeric || nts_is_wanted(e, s)) {
        s->useless = 0;
        return;
    }
    if (++s->useless < USELESS_POLLS || c->waiting)
        return;
    s->useless = 0;
    c->resolve_at = mono_min(c->resolve_at, e->now);
}

/* Unreachable, refused, or outvoted for a whole register of polls: a pool has others. */
static void judge_pool_member(struct engine *e, struct slot *s)
{
    int state = (int)clock_source_view(&e->clock, index_of(e, s), e->now).state;
    bool outvoted = state == CLOCK_SOURCE_FALSETICKER || state == CLOCK_SOURCE_REFUSED;

    if (!is_pool(options_of(e, s))) {
        ask_name_again(e, s);
        return;
    }
    if (s->client.reach != 0 && !outvoted) {
        s->useless = 0;
        return;
    }
    if (++s->useless >= USELESS_POLLS)
        replace(e, s, s->client.reach == 0 ? "it does not answer" : "it disagrees with the others");
}

static void missed(struct engine *e, struct slot *s)
{
    struct clock_actions a = { .count = 0 };

    clock_source_missed(&e->clock, index_of(e, s), s->client.reach, e->now, &a);
    engine_clock_actions(e, &a);
    ntp_client_set_poll(&s->client, clock_poll(&e->clock, index_of(e, s)));
    if (s->client.reach == 0 && s->heard) {
        struct log_record *r = engine_log(e, LOG_SOURCE_LOST);

        s->heard = false;
        log_text(r, "source", slot_name(s));
        log_int(r, "polls", USELESS_POLLS);
    }
    judge_pool_member(e, s);
}

static uint32_t fresh_exchange(struct engine *e)
{
    if (++e->last_exchange == 0)
        e->last_exchange = 1;
    return e->last_exchange;
}

/* The source is of no use: said once per reason. */
static void log_refused(struct engine *e, struct slot *s, enum verdict v)
{
    struct log_record *r;

    if (s->refused == v)
        return;
    s->refused = (uint8_t)v;
    r = engine_log(e, LOG_SOURCE_REFUSED);
    log_text(r, "source", slot_name(s));
    log_text(r, "reason", verdict_text(v));
}

static void note_unusable(struct slot *s, enum verdict v)
{
    s->unusable = (uint8_t)v;
    s->unusable_exchange = s->client.exchange;
}

/* The key to ask with, or NULL and why there is none. The successor comes first: once its lifetime has begun it is the one. Where neither is good by a clock
 * that is not known to be right, they take turns: a clock never set must not lock everybody out. */
static const struct key *key_of(const struct engine *e, const struct slot *s, enum verdict *why)
{
    const struct source_options *o = options_of(e, s);
    const struct key *next = keys_find(e->options.keys, (uint32_t)o->next_key), *first = keys_find(e->options.keys, (uint32_t)o->key);
    enum verdict of_next = VERDICT_KEY_UNKNOWN;
    struct clock_view view;

    page_view(engine_page(e), e->now, &view);
    *why = first ? key_judge(first, &s->client.peer, view.utc) : VERDICT_KEY_UNKNOWN;
    if (next)
        of_next = key_judge(next, &s->client.peer, view.utc);
    if (of_next == VERDICT_ACCEPTED && (next->from.ns != INT64_MIN || *why != VERDICT_ACCEPTED))
        return next;
    if (*why == VERDICT_ACCEPTED)
        return first;
    if (view.stratum == 0 && of_next == VERDICT_KEY_LIFETIME && (s->client.missed & 1 || *why != VERDICT_KEY_LIFETIME))
        return next;
    return view.stratum == 0 && *why == VERDICT_KEY_LIFETIME ? first : NULL;
}

void sources_send(struct engine *e, struct slot *s, const uint8_t *bytes, size_t len)
{
    struct action *a = engine_emit(e, ACTION_SEND);

    a->u.send.exchange = s->client.exchange;
    a->u.send.to = s->client.peer;
    a->u.send.bytes = bytes;
    a->u.send.len = len;
}

/* The request with all it takes to be believed; a source with a key is never asked without. */
static void send_request(struct engine *e, struct slot *s, const uint8_t packet[NTP_HEADER_SIZE])
{
    enum verdict why = VERDICT_ACCEPTED;
    size_t len = NTP_HEADER_SIZE;

    s->unsent = false;
    if (nts_is_wanted(e, s)) {
        nts_send(e, s, packet);
        return;
    }
    s->key = options_of(e, s)->key ? key_of(e, s, &why) : NULL;
    if (options_of(e, s)->key && !s->key) {
        note_unusable(s, why);
        log_refused(e, s, why);
        ntp_client_send_failed(&s->client, s->client.exchange);
        return;
    }
    memcpy(s->request, packet, NTP_HEADER_SIZE);
    if (s->key)
        len = ntp_mac_append(s->key, ntp_mac_size(s->key, s->client.options.version), s->request, NTP_HEADER_SIZE);
    sources_send(e, s, s->request, len);
}

/* One deadline of one slot: a timeout, a request, or both. */
static void run_slot(struct engine *e, struct slot *s)
{
    bool pending = s->client.state == NTP_CLIENT_PENDING;
    uint32_t old = s->client.exchange;
    uint64_t timed_out = s->client.stats.timed_out;
    uint8_t packet[NTP_HEADER_SIZE];
    bool send = ntp_client_run(&s->client, e->now, &e->rng, fresh_exchange(e), packet);

    if (pending && (send || s->client.state != NTP_CLIENT_PENDING))
        close_exchange(e, old);
    if (s->client.stats.timed_out != timed_out && s->unusable_exchange != old)
        s->unusable = 0; /* nothing came at all */
    if (send && s->client.missed == 0)
        s->unanswered_since = e->now;
    if (send)
        send_request(e, s, packet);
    if (s->client.stats.timed_out != timed_out)
        missed(e, s);
}

/* One that is offline still ends the exchange that is under way. */
static struct mono_ns next_of(const struct engine *e, const struct slot *s)
{
    return e->configured[s->configured].offline && s->client.state != NTP_CLIENT_PENDING ? MONO_NEVER : ntp_client_next(&s->client);
}

void sources_tick(struct engine *e)
{
    nts_tick(e);
    for (uint16_t i = 0; i < e->options.source_count && engine_has_room(e); i++)
        if (e->configured[i].begin)
            sources_begin(e, i);
        else if (!mono_before(e->now, e->configured[i].resolve_at))
            resolve(e, i);
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX && engine_has_room(e); i++)
        if (e->slot[i].used && !mono_before(e->now, next_of(e, &e->slot[i])))
            run_slot(e, &e->slot[i]);
}

struct mono_ns sources_next(const struct engine *e)
{
    struct mono_ns next = nts_next(e);

    for (uint16_t i = 0; i < e->options.source_count; i++)
        next = e->configured[i].begin ? e->now : mono_min(next, e->configured[i].resolve_at);
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used)
            next = mono_min(next, next_of(e, &e->slot[i]));
    return next;
}

static struct slot *slot_of_exchange(struct engine *e, uint32_t exchange)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].client.state == NTP_CLIENT_PENDING && e->slot[i].client.exchange == exchange)
            return &e->slot[i];
    return NULL;
}

static void log_reached(struct engine *e, struct slot *s, const struct measurement *m)
{
    struct log_record *r;

    s->unusable = 0;
    if (s->heard)
        return;
    s->heard = true;
    s->refused = 0;
    r = engine_log(e, LOG_SOURCE_REACHED);
    log_text(r, "source", slot_name(s));
    log_int(r, "stratum", m->stratum);
    log_ns(r, "offset_ns", clock_source_view(&e->clock, index_of(e, s), e->now).offset.ns);
    log_ns(r, "delay_ns", m->delay.ns);
}

static void log_kiss(struct engine *e, struct slot *s)
{
    uint32_t k = s->client.kiss_code;
    struct log_record *r = engine_log(e, LOG_SOURCE_KISS);

    log_text(r, "source", slot_name(s));
    log_text(r, "code", k == NTP_REFID('R', 'A', 'T', 'E') ? "RATE" : k == NTP_REFID('D', 'E', 'N', 'Y') ? "DENY" : "RSTR");
}

/* The server follows `other`, and has heard of it since we last did. By four polls, that a loss of both of us at one time is not taken for it. */
static bool heard_since(const struct engine *e, const struct ntp_header *h, const struct ntp_client *other)
{
    struct clock_view v;
    struct dur_ns told_ago;

    if (other->reach != 0)
        return false;
    page_view(engine_page(e), e->now, &v);
    told_ago = utc_sub(v.utc, ntp_ts64_to_utc(h->reference, v.utc));
    return dur_before(told_ago, dur_sub(mono_sub(e->now, other->silent_since), (struct dur_ns){ 4 * other->poll.ns }));
}

/* Does the server only pass on what another source of ours says? Among machines that ask each other that would make loops. */
static bool is_derived(const struct engine *e, const struct slot *s)
{
    const struct ntp_header *h = &s->client.last;

    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++) {
        const struct slot *other = &e->slot[i];

        if (other->used && other != s && h->stratum > 1 && refid_of(&other->client.peer) == h->refid && !heard_since(e, h, &other->client))
            return true;
    }
    return false;
}

/* Only in a group of orphans is a source judged by whom it follows (clock/orphan.h). `own`: our address towards it. */
static enum standing standing_of(const struct engine *e, const struct slot *s, const struct net_addr *own)
{
    const struct local_options *local = &e->options.clock.local;
    unsigned stratum = s->client.last.stratum;

    if (!local->present || !local->orphan)
        return STANDING_UTC;
    if (stratum < (unsigned)local->stratum)
        return is_derived(e, s) ? STANDING_ASIDE : STANDING_UTC;
    if (stratum > (unsigned)local->stratum || own->family == ADDR_NONE || refid_of(&s->client.peer) >= refid_of(own))
        return STANDING_ASIDE;
    return STANDING_REFERENCE;
}

static void measured(struct engine *e, struct slot *s, struct measurement *m, const struct net_addr *own)
{
    struct clock_actions a = { .count = 0 };

    if (bootstrap_refuses(e, s, m->utc)) {
        s->client.stats.verdict[VERDICT_NTS_BOOTSTRAP]++;
        return;
    }
    m->source = index_of(e, s);
    m->standing = (uint8_t)standing_of(e, s, own);
    m->rank = refid_of(&s->client.peer);
    s->stamp = m->stamp;
    histogram_add(&e->offsets, dur_abs(utc_sub(m->utc, page_utc(engine_page(e), m->at))));
    histogram_add(&e->delays, m->delay);
    clock_measure(&e->clock, m, e->now, &a);
    engine_clock_actions(e, &a);
    bootstrap_look(e);
    ntp_client_set_poll(&s->client, clock_poll(&e->clock, m->source));
    if (clock_wants_burst(&e->clock, m->source))
        ntp_client_burst(&s->client);
    if (clock_source_view(&e->clock, m->source, e->now).state == CLOCK_SOURCE_REFUSED)
        s->client.stats.verdict[VERDICT_SMEARED]++;
    log_reached(e, s, m);
    judge_pool_member(e, s);
}

/* Is the datagram the answer of who has the key? */
static enum verdict authentic(struct engine *e, const struct slot *s, struct span datagram, struct nts_fresh *fresh)
{
    struct ntp_tail tail;
    enum verdict v = s->key ? ntp_packet_check(datagram, &tail) : VERDICT_UNAUTHENTICATED;

    if (nts_is_wanted(e, s))
        return nts_judge(e, s, datagram, fresh);
    return v == VERDICT_ACCEPTED ? ntp_mac_check(s->key, datagram, &tail) : v;
}

void sources_datagram(struct engine *e, const struct event *ev)
{
    struct slot *s = slot_of_exchange(e, ev->u.datagram.exchange);
    uint32_t own = refid_of(&ev->u.datagram.to);
    struct ntp_client_reply reply = { .measured = false };
    struct ntp_client_input in;
    struct nts_fresh fresh;
    struct clock_view view;
    enum verdict v;

    if (!s)
        return;
    page_view(engine_page(e), e->now, &view);
    in = (struct ntp_client_input){
        .bytes = ev->u.datagram.bytes, .from = ev->u.datagram.from, .exchange = ev->u.datagram.exchange, .rx = ev->u.datagram.rx, .stamp = ev->u.datagram.stamp,
        .rx_error = ev->u.datagram.rx_error, .authentic = authentic(e, s, ev->u.datagram.bytes, &fresh),
        .pivot = view.utc, .precision_log2 = e->precision_log2, .own = &own,
        /* Every host calls itself 127.0.0.1: as a reference id that says nothing about us. */
        .own_count = ev->u.datagram.to.family != ADDR_NONE && !addr_is_loopback(&ev->u.datagram.to),
    };
    v = ntp_client_input(&s->client, &in, e->now, &reply);
    if (nts_is_wanted(e, s))
        nts_heed(e, s, in.authentic, v, &fresh);
    if (s->client.state == NTP_CLIENT_PENDING) { /* of no use: the exchange waits on for a better answer, until its timeout */
        if (reply.answered) {
            note_unusable(s, v);
            log_refused(e, s, v);
        }
        return;
    }
    close_exchange(e, ev->u.datagram.exchange);
    if (reply.measured) {
        measured(e, s, &reply.m, &ev->u.datagram.to);
    } else if (v == VERDICT_KISS) {
        note_unusable(s, v);
        log_kiss(e, s);
        missed(e, s);
    }
    if (s->used && reply.stop && is_pool(options_of(e, s)))
        replace(e, s, "it asked us to stop");
}

void sources_sent(struct engine *e, uint32_t exchange, struct mono_ns tx, enum stamp stamp)
{
    struct slot *s = slot_of_exchange(e, exchange);

    if (s)
        ntp_client_sent(&s->client, exchange, tx, stamp);
}

void sources_send_failed(struct engine *e, uint32_t exchange)
{
    struct slot *s = slot_of_exchange(e, exchange);

    if (s)
        ntp_client_send_failed(&s->client, exchange); /* the timeout ends the exchange */
}

void sources_stop(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].client.state == NTP_CLIENT_PENDING)
            close_exchange(e, e->slot[i].client.exchange);
}
