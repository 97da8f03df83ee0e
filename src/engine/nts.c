/* Sources with NTS: keys are established, requests sealed, answers opened, and keys established again when the server knows our cookies no more.
 *
 *   configured line --ACTION_ESTABLISH--> EVENT_NTS --> slot with cookies --request, answer with fresh cookies--> ...
 *        ^--- cookies used up, or NTSN: with the next request, at once but not within PAUSE of the last time ---|
 *        ^--- keys in use for REFRESH: they go on being used until there are new ones --------------------------'
 *
 * A request for which there is no cookie waits for the keys and leaves when they come, as long as its exchange is open: that is a poll without a gap. It never
 * leaves without NTS, however long that takes. Standards: RFC 8915 sections 4.2 and 5.7. */
#include <stdio.h>
#include <string.h>

#include "engine/state.h"

#define PAUSE_FIRST_LOG2 4       /* after a failure 16, 32, 64 ... s; RFC 8915 section 4.2 wants 10 s at least */
#define EXPIRY_LOOK_S 3600
#define PAUSE_MAX_LOG2 16        /* ... and up to 18 h */
#define REFRESH_S (28 * 86400)   /* after so long the server has to prove its name again: its certificate may be another by now, or revoked */
#define REFRESH_NEAR_S 86400     /* ... and sooner when the end of the certificate by which the keys came is near */

static struct nts_slot *state_of(struct engine *e, const struct slot *s) { return &e->nts[s - e->slot]; }

static struct dur_ns pause_after(uint8_t refusals)
{
    int log2_s = PAUSE_FIRST_LOG2 + (refusals > 0 ? refusals - 1 : 0);

    return dur_from_log2(log2_s < PAUSE_MAX_LOG2 ? log2_s : PAUSE_MAX_LOG2);
}

void nts_start(struct engine *e, uint16_t configured)
{
    e->configured[configured].establish_at = e->configured[configured].establish_not_before = e->now;
}

static void establish(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];
    const struct slot *s = sources_slot_of(e, configured);
    struct action *a = engine_emit(e, ACTION_ESTABLISH);

    a->u.establish.configured = configured;
    a->u.establish.name = e->options.source[configured].server.s;
    a->u.establish.port = (uint16_t)e->options.source[configured].nts_port;
    a->u.establish.at = bootstrap_passed(e);
    a->u.establish.dead = e->bootstrap > 0;
    a->u.establish.heard = s && s->client.reach ? s->client.peer : (struct net_addr){ .family = ADDR_NONE };
    c->establishing = true;
    c->establish_at = MONO_NEVER;
}

/* Keys are needed: now, unless that was tried a moment ago. */
static void want_keys(struct engine *e, uint16_t configured)
{
    struct configured *c = &e->configured[configured];

    if (!c->establishing && c->establish_at.ns == MONO_NEVER.ns)
        c->establish_at = mono_before(e->now, c->establish_not_before) ? c->establish_not_before : e->now;
}

static bool is_stale(const struct engine *e, const struct configured *c, enum nts_expiry expiry)
{
    int64_t age_s = mono_sub(e->now, c->established_at).ns / NS_PER_S;

    return c->valid.until.ns != 0 && !c->offline && age_s >= (expiry == NTS_EXPIRY_FAR ? REFRESH_S : REFRESH_NEAR_S);
}

static void tell_expiry(struct engine *e, uint16_t i, enum nts_expiry expiry, struct utc_ns now)
{
    struct log_record *r = engine_log(e, LOG_CERTIFICATE_EXPIRES);

    e->configured[i].expiry_told = (uint8_t)expiry;
    log_text(r, "source", e->options.source[i].server.s);
    log_ns(r, "left_ns", dur_max(utc_sub(e->configured[i].valid.until, now), (struct dur_ns){ 0 }).ns);
}

/* That certificates end is told before it hurts, once for each degree of nearness; but not before it was asked whether there is another by now. */
static void look_at_certificates(struct engine *e)
{
    struct utc_ns now = bootstrap_passed(e);

    e->expiry_at = mono_add(e->now, (struct dur_ns){ EXPIRY_LOOK_S * NS_PER_S });
    for (uint16_t i = 0; i < e->options.source_count && e->bootstrap == 0; i++) {
        struct configured *c = &e->configured[i];
        enum nts_expiry expiry = nts_expiry(&c->valid, now);

        if (is_stale(e, c, expiry) && c->refusals == 0)
            want_keys(e, i);
        else if (expiry > c->expiry_told)
            tell_expiry(e, i, expiry, now);
    }
}

void nts_tick(struct engine *e)
{
    if (!mono_before(e->now, e->expiry_at))
        look_at_certificates(e);
    for (uint16_t i = 0; i < e->options.source_count && engine_has_room(e); i++)
        if (e->options.source[i].nts && !e->configured[i].offline && !mono_before(e->now, e->configured[i].establish_at))
            establish(e, i);
}

struct mono_ns nts_next(const struct engine *e)
{
    struct mono_ns next = MONO_NEVER;

    for (uint16_t i = 0; i < e->options.source_count; i++)
        if (e->options.source[i].nts)
            next = mono_min(next, e->configured[i].offline ? e->expiry_at : mono_min(e->configured[i].establish_at, e->expiry_at));
    return next;
}

static void failed(struct engine *e, uint16_t configured, const char *why)
{
    struct configured *c = &e->configured[configured];
    struct log_record *r = engine_log(e, LOG_NTS_FAILED);

    if (c->refusals < UINT8_MAX)
        c->refusals++;
    snprintf(c->refused, sizeof c->refused, "%s", why);
    c->establish_at = mono_add(e->now, pause_after(c->refusals));
    log_text(r, "source", e->options.source[configured].server.s);
    log_text(r, "reason", why);
    log_ns(r, "retry_ns", pause_after(c->refusals).ns);
}

static void tell_refusals(struct engine *e, const struct event *ev)
{
    struct log_record *r = engine_log(e, LOG_NTS_REFUSED);

    log_int(r, "addresses", ev->u.nts.refused);
    log_text(r, "source", e->options.source[ev->u.nts.configured].server.s);
    log_text(r, "reason", ev->u.nts.refused_why);
}

static void seal_and_send(struct engine *e, struct slot *s, const uint8_t packet[NTP_HEADER_SIZE])
{
    struct nts_slot *n = state_of(e, s);

    memcpy(n->request, packet, NTP_HEADER_SIZE);
    exchanges_send(e, s, n->request, nts_client_seal(&n->client, &e->rng, n->request));
    s->unsent = false;
}

void nts_established(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->u.nts.configured;
    struct configured *c = &e->configured[i];
    struct net_addr ntp = ev->u.nts.ntp;
    struct log_record *r;
    struct slot *s;

    c->establishing = false;
    if (ev->u.nts.wrong) {
        failed(e, i, ev->u.nts.wrong);
        return;
    }
    c->establish_not_before = mono_add(e->now, pause_after(0));
    ntp.port = ntp.port ? ntp.port : (uint16_t)e->options.source[i].port;
    s = sources_put(e, i, &ntp);
    if (!s) {
        failed(e, i, "another source is that server already");
        return;
    }
    c->refusals = 0;
    c->valid = ev->u.nts.valid;
    c->established_at = e->now;
    c->expiry_told = NTS_EXPIRY_FAR;
    e->expiry_at = e->now;
    nts_client_take(&state_of(e, s)->client, ev->u.nts.keys, ev->u.nts.grant);
    r = engine_log(e, LOG_NTS_ESTABLISHED);
    log_text(r, "source", e->options.source[i].server.s);
    log_int(r, "cookies", ev->u.nts.grant->cookie_count);
    log_int(r, "aead", ev->u.nts.grant->aead);
    log_addr(r, "address", &ntp);
    if (ev->u.nts.refused)
        tell_refusals(e, ev);
    if (s->unsent && s->client.state == NTP_CLIENT_PENDING)
        seal_and_send(e, s, s->request);
}

void nts_send(struct engine *e, struct slot *s, const uint8_t packet[NTP_HEADER_SIZE])
{
    if (nts_client_is_ready(&state_of(e, s)->client)) {
        seal_and_send(e, s, packet);
        return;
    }
    memcpy(s->request, packet, NTP_HEADER_SIZE);
    s->unsent = true;
    want_keys(e, s->configured);
}

enum verdict nts_judge(struct engine *e, const struct slot *s, struct span datagram, struct nts_fresh *fresh)
{
    return nts_client_open(&state_of(e, s)->client, datagram, fresh);
}

void nts_heed(struct engine *e, const struct slot *s, enum verdict authentic, enum verdict v, const struct nts_fresh *fresh)
{
    if (authentic == VERDICT_ACCEPTED)
        nts_client_accept(&state_of(e, s)->client, fresh);
    else if (v == VERDICT_NTS_NAK)
        nts_client_refuse(&state_of(e, s)->client);
}
