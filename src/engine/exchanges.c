/* One server's requests and answers: when a slot is due its request leaves, with all it takes to be believed; its answer goes to the clock.
 *
 *   slot --poll due--> ACTION_SEND --EVENT_DATAGRAM--> ntp_client_input --> clock_measure
 *
 * Standards: RFC 5905 section 13 (poll process), RFC 9109 (fresh port per request). */
#include <string.h>

#include "crypto/hash.h"
#include "engine/state.h"

#define REACH_POLLS 8 /* in a reach register, RFC 5905 section 13 */
#define HURRY_AFTER_NS (64 * NS_PER_S) /* a machine that naps all the time presses nobody */

uint32_t exchanges_refid(const struct net_addr *a)
{
    uint8_t digest[CRYPTO_MD5_SIZE];
    const uint8_t *b = a->bytes;

    if (a->family == ADDR_IPV6) {
        crypto_md5(a->bytes, sizeof a->bytes, digest);
        b = digest;
    }
    return NTP_REFID(b[0], b[1], b[2], b[3]);
}

void exchanges_close(struct engine *e, uint32_t exchange)
{
    engine_emit(e, ACTION_CLOSE)->u.close.exchange = exchange;
}

void exchanges_missed(struct engine *e, struct slot *s)
{
    struct clock_actions a = { .count = 0 };

    clock_source_missed(&e->clock, slot_index(e, s), s->client.reach, e->now, &a);
    engine_clock_actions(e, &a);
    ntp_client_set_poll(&s->client, clock_poll(&e->clock, slot_index(e, s)));
    if (s->client.reach == 0 && s->heard) {
        struct log_record *r = engine_log(e, LOG_SOURCE_LOST);

        s->heard = false;
        log_text(r, "source", slot_name(s));
        log_int(r, "polls", REACH_POLLS);
    }
    sources_judge(e, s);
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
    log_text(r, "reason", exchanges_lack_key(e, s) ? exchanges_key_text(v) : verdict_text(v));
}

bool exchanges_lack_key(const struct engine *e, const struct slot *s) { return s->unusable && slot_options(e, s)->key && !s->key; }

const char *exchanges_key_text(enum verdict why)
{
    return why == VERDICT_KEY_LIFETIME  ? "its key is not yet good, or no more"
           : why == VERDICT_KEY_ADDRESS ? "its key is not for that address"
                                        : "its key is not there";
}

static void note_unusable(struct slot *s, enum verdict v)
{
    s->unusable = (uint8_t)v;
    s->unusable_exchange = s->client.exchange;
}

void exchanges_refused(struct engine *e, struct slot *s, enum verdict v)
{
    note_unusable(s, v);
    log_refused(e, s, v);
}

/* The key to ask with, or NULL and why there is none. The successor comes first: once its lifetime has begun it is the one. Where neither is good by a clock
 * that is not known to be right, they take turns: a clock never set must not lock everybody out. */
static const struct key *key_of(const struct engine *e, const struct slot *s, enum verdict *why)
{
    const struct source_options *o = slot_options(e, s);
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

void exchanges_send(struct engine *e, struct slot *s, const uint8_t *bytes, size_t len)
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
    s->key = slot_options(e, s)->key ? key_of(e, s, &why) : NULL;
    if (slot_options(e, s)->key && !s->key) {
        exchanges_refused(e, s, why);
        ntp_client_send_failed(&s->client, s->client.exchange);
        return;
    }
    memcpy(s->request, packet, NTP_HEADER_SIZE);
    if (s->key)
        len = ntp_mac_append(s->key, ntp_mac_size(s->key, s->client.options.version), s->request, NTP_HEADER_SIZE);
    exchanges_send(e, s, s->request, len);
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
        exchanges_close(e, old);
    if (s->client.stats.timed_out != timed_out && s->unusable_exchange != old)
        s->unusable = 0; /* nothing came at all */
    if (send && s->client.missed == 0) {
        s->unanswered_since = e->now;
        s->unsent_before = s->client.stats.send_errors;
    }
    if (send)
        send_request(e, s, packet);
    if (s->client.stats.timed_out != timed_out && !slot_is_offline(e, s))
        exchanges_missed(e, s);
}

/* One that is offline still ends the exchange that is under way. */
static struct mono_ns next_of(const struct engine *e, const struct slot *s)
{
    return slot_is_offline(e, s) && s->client.state != NTP_CLIENT_PENDING ? MONO_NEVER : ntp_client_next(&s->client);
}

void exchanges_tick(struct engine *e)
{
    for (unsigned i = 0; i < e->slots && engine_has_room(e); i++)
        if (e->slot[i].used && !mono_before(e->now, next_of(e, &e->slot[i])))
            run_slot(e, &e->slot[i]);
}

struct mono_ns exchanges_next(const struct engine *e)
{
    struct mono_ns next = MONO_NEVER;

    for (unsigned i = 0; i < e->slots; i++)
        if (e->slot[i].used)
            next = mono_min(next, next_of(e, &e->slot[i]));
    return next;
}

/* Whom we asked a moment ago is asked again after the shortest interval there is: who was reachable is waited for (clock/majority.c). */
void exchanges_hurry(struct engine *e, struct dur_ns slept)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++) {
        struct slot *s = &e->slot[i];

        if (!s->used || slot_is_offline(e, s))
            continue;
        if (!slot_is_reference(e, s))
            ntp_client_set_poll(&s->client, clock_poll(&e->clock, slot_index(e, s)));
        if (!dur_before(dur_add(mono_sub(e->now, s->client.asked_at), slept), (struct dur_ns){ HURRY_AFTER_NS }))
            ntp_client_burst(&s->client, NTP_CLIENT_BURST);
    }
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
    log_ns(r, "offset_ns", clock_source_view(&e->clock, slot_index(e, s), e->now).offset.ns);
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

        if (other->used && other != s && h->stratum > 1 && exchanges_refid(&other->client.peer) == h->refid && !heard_since(e, h, &other->client))
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
    if (stratum > (unsigned)local->stratum || own->family == ADDR_NONE || exchanges_refid(&s->client.peer) >= exchanges_refid(own))
        return STANDING_ASIDE;
    return STANDING_REFERENCE;
}

void exchanges_measured(struct engine *e, struct slot *s, struct measurement *m, const struct net_addr *own)
{
    struct clock_actions a = { .count = 0 };
    enum verdict v;

    if (bootstrap_refuses(e, s, m->utc)) {
        s->client.stats.verdict[VERDICT_NTS_BOOTSTRAP]++;
        return;
    }
    m->source = slot_index(e, s);
    m->standing = (uint8_t)standing_of(e, s, own);
    m->rank = exchanges_refid(&s->client.peer);
    s->stamp = m->stamp;
    histogram_add(&e->offsets, dur_abs(utc_sub(m->utc, page_utc(engine_page(e), m->at))));
    if (!slot_is_reference(e, s))
        histogram_add(&e->delays, m->delay);
    v = clock_measure(&e->clock, m, e->now, &a);
    if (v != VERDICT_ACCEPTED)
        s->client.stats.verdict[v]++;
    engine_clock_actions(e, &a);
    bootstrap_look(e);
    ntp_client_set_poll(&s->client, clock_poll(&e->clock, m->source));
    ntp_client_burst(&s->client, clock_burst(&e->clock, m->source));
    log_reached(e, s, m);
    sources_judge(e, s);
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

/* What an answer that ends the exchange means for its source. to: our own address. */
static void heed(struct engine *e, struct slot *s, enum verdict v, struct ntp_client_reply *reply, const struct net_addr *to)
{
    if (slot_is_offline(e, s)) { /* asked before it was taken out */
        s->client.stats.verdict[VERDICT_OFFLINE] += reply->measured;
        ntp_client_rest(&s->client);
    } else if (reply->measured) {
        exchanges_measured(e, s, &reply->m, to);
    } else if (v == VERDICT_KISS) {
        note_unusable(s, v);
        log_kiss(e, s);
        s->heard = s->heard && !slot_is_denied(s); /* it is told what it said, not that it fell silent */
        exchanges_missed(e, s);
    }
    /* The slot may be another member's by now, where this answer was one useless poll too many. */
    if (s->used && reply->stop && s->client.state == NTP_CLIENT_STOPPED && options_pool(slot_options(e, s)))
        sources_replace(e, s, "it asked us to stop");
}

/* Addresses of shared carriers (RFC 6598) are used by many, as private ones are. */
static bool is_ours_alone(const struct net_addr *a)
{
    return a->family != ADDR_NONE && !addr_is_loopback(a) && !addr_is_private(a) && !(a->family == ADDR_IPV4 && a->bytes[0] == 100 && a->bytes[1] >> 6 == 1);
}

/* Who follows us may do so by another address than that from which we ask. A private one is believed there alone: elsewhere it is another machine's, as that of
 * a bridge to containers, which thousands have. Every host calls itself 127.0.0.1: as a reference id that says nothing about us. */
static unsigned own_refids(const struct engine *e, const struct net_addr *to, uint32_t out[1 + ENGINE_SOURCES_MAX])
{
    unsigned n = 0;

    if (to->family != ADDR_NONE && !addr_is_loopback(to))
        out[n++] = exchanges_refid(to);
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].own && e->slot[i].client.reach != 0)
            out[n++] = e->slot[i].own;
    return n;
}

void exchanges_datagram(struct engine *e, const struct event *ev)
{
    struct slot *s = slot_of_exchange(e, ev->u.datagram.exchange);
    uint32_t own[1 + ENGINE_SOURCES_MAX];
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
        .pivot = view.utc, .precision_log2 = e->precision_log2, .own = own,
        .own_count = own_refids(e, &ev->u.datagram.to, own),
    };
    v = ntp_client_input(&s->client, &in, e->now, &reply);
    if (v == VERDICT_ACCEPTED)
        s->own = is_ours_alone(&ev->u.datagram.to) ? exchanges_refid(&ev->u.datagram.to) : 0;
    if (nts_is_wanted(e, s))
        nts_heed(e, s, in.authentic, v, &fresh);
    if (s->client.state == NTP_CLIENT_PENDING) { /* of no use: the exchange waits on for a better answer, until its timeout */
        if (reply.answered)
            exchanges_refused(e, s, v);
        return;
    }
    exchanges_close(e, ev->u.datagram.exchange);
    heed(e, s, v, &reply, &ev->u.datagram.to);
}

void exchanges_sent(struct engine *e, const struct event *ev)
{
    struct slot *s = slot_of_exchange(e, ev->u.tx.exchange);

    if (s)
        ntp_client_sent(&s->client, ev->u.tx.exchange, ev->u.tx.tx, ev->u.tx.stamp);
}

void exchanges_send_failed(struct engine *e, const struct event *ev)
{
    struct slot *s = slot_of_exchange(e, ev->u.failed.exchange);

    if (s)
        ntp_client_send_failed(&s->client, ev->u.failed.exchange); /* the timeout ends the exchange */
}

void exchanges_stop(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].client.state == NTP_CLIENT_PENDING)
            exchanges_close(e, e->slot[i].client.exchange);
}
