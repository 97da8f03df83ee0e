#include "daemon/options_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/smear.h"
#include "conf/check.h"
#include "daemon/key_file.h"
#include "guard/access.h"
#include "ntp/packet.h"

#define POOL_MIN_POLL_LOG2 4 /* RFC 5905 section 7.2, MINPOLL: public servers are asked every 16 s at the most */

struct rules {
    const struct daemon_options *o;
    const struct conf_tree *tree;
    struct conf_origin nowhere; /* for values that are defaults */
    struct conf_errors *errors;
};

static struct conf_origin place(const struct rules *r, const char *section, size_t item, const char *key)
{
    const struct conf_node *n = conf_given(r->tree, section, item, key);

    return n && n->at.kind != CONF_FROM_DEFAULT ? n->at : r->nowhere;
}

/* The first of two keys that was given by somebody: the error points there. */
static struct conf_origin place_of_pair(const struct rules *r, const char *section, size_t item, const char *one, const char *other)
{
    return place(r, section, item, conf_given(r->tree, section, item, one) ? one : other);
}

static struct conf_origin source_place(const struct rules *r, size_t i)
{
    const struct conf_node *n = conf_node_item(conf_node_find(r->tree->root, "sources"), i);

    return n && n->at.kind != CONF_FROM_DEFAULT ? n->at : r->nowhere;
}

/* Nothing is told about values in the place of which a default stands because they were wrong by themselves. */
static bool both_sound(const struct rules *r, const char *section, size_t item, const char *one, const char *other)
{
    const struct conf_node *home = conf_node_find(r->tree->root, section), *a, *b;

    if (home && home->kind == CONF_NODE_LIST)
        home = conf_node_item(home, item);
    a = conf_node_find(home, one);
    b = conf_node_find(home, other);
    return !(home && home->bad) && !(a && a->bad) && !(b && b->bad);
}

static void check_source(const struct rules *r, size_t i)
{
    const struct source_options *s = &r->o->engine.source[i];
    bool server = s->server.s[0] != '\0', pool = s->pool.s[0] != '\0';
    int ways = server + pool + (s->shm >= 0) + (s->sock.s[0] != '\0');

    if (ways != 1 && both_sound(r, "sources", i, "server", "pool") && both_sound(r, "sources", i, "shm", "sock"))
        conf_error_add(r->errors, source_place(r, i), "sources[%zu]: %s; each source has exactly one of server, pool, shm and sock", i,
                       ways == 0 ? "neither server nor pool, shm or sock is given"
                       : server && pool ? "both server and pool are given" : "more than one of them is given");
    if (s->min_poll > s->max_poll && both_sound(r, "sources", i, "min_poll", "max_poll"))
        conf_error_add(r->errors, place_of_pair(r, "sources", i, "min_poll", "max_poll"), "sources[%zu]: min_poll %lld is above max_poll %lld", i,
                       (long long)s->min_poll, (long long)s->max_poll);
    if (pool && s->min_poll < POOL_MIN_POLL_LOG2)
        conf_error_add(r->errors, place(r, "sources", i, "min_poll"),
                       "sources[%zu].min_poll: %lld is too often for the servers of a pool; expected at least %d", i, (long long)s->min_poll,
                       POOL_MIN_POLL_LOG2);
}

/* Keys that mean nothing to a reference clock, or to a server. Given as they are by default they do no harm: a printed configuration has them all. */
static void check_kind(const struct rules *r, size_t i)
{
    const struct source_options *s = &r->o->engine.source[i];
    const struct { const char *key; bool given; } row[] = {
        { "port", s->port != NTP_PORT }, { "iburst", !s->iburst }, { "min_poll", s->min_poll != 6 }, { "max_poll", s->max_poll != 10 },
        { "interleaved", s->interleaved }, { "members", s->members != 4 }, { "smear", s->smear }, { "key", s->key != 0 }, { "next_key", s->next_key != 0 },
        { "version", s->version != NTP_VERSION }, { "nts", s->nts }, { "nts_trusted", s->nts_trusted.s[0] }, { "nts_pin", s->nts_pin.s[0] },
        { "nts_port", s->nts_port != 4460 },
    }, own[] = { { "refid", s->refid.s[0] }, { "error", s->error.ns != 0 }, { "offset", s->offset.ns != 0 } };
    bool reference = options_reference(s), server = (s->server.s[0] || s->pool.s[0]) && s->shm < 0 && s->sock.s[0] == '\0';

    for (size_t k = 0; reference && k < sizeof row / sizeof row[0]; k++)
        if (row[k].given)
            conf_error_add(r->errors, place(r, "sources", i, row[k].key), "sources[%zu].%s: it is for servers, this is a reference clock; take it away", i,
                           row[k].key);
    for (size_t k = 0; server && k < sizeof own / sizeof own[0]; k++)
        if (own[k].given)
            conf_error_add(r->errors, place(r, "sources", i, own[k].key), "sources[%zu].%s: it is for reference clocks (shm, sock); take it away", i,
                           own[k].key);
}

/* Nobody but the operator knows how wrong it may be, and a guess would make the bound a guess. */
static void check_reference(const struct rules *r, size_t i)
{
    const struct source_options *s = &r->o->engine.source[i];

    if (!options_reference(s))
        return;
    if (s->error.ns == 0 && both_sound(r, "sources", i, "error", "error"))
        conf_error_add(r->errors, source_place(r, i), "sources[%zu]: error is missing; write how far true time may be from each sample, such as "
                                                      "\"500ms\" for a receiver's sentences over a serial line, \"1ms\" for its pulses", i);
    for (const char *c = s->refid.s; *c; c++)
        if (*c <= ' ' || *c > '~') {
            conf_error_add(r->errors, place(r, "sources", i, "refid"), "sources[%zu].refid: up to four letters, digits or signs of ASCII are expected", i);
            break;
        }
}

/* A source that names a key is never asked without one, so a key that is not there makes it useless. */
static void check_source_key(const struct rules *r, size_t i, const char *name, int64_t id)
{
    if (id == 0 || keys_find(r->o->key_table, (uint32_t)id))
        return;
    if (r->o->keys.file.s[0] == '\0')
        conf_error_add(r->errors, place(r, "sources", i, name), "sources[%zu].%s: there is no keys.file to find key %lld in", i, name, (long long)id);
    else if (r->o->key_table)
        conf_error_add(r->errors, place(r, "sources", i, name), "sources[%zu].%s: there is no key %lld in %s", i, name, (long long)id, r->o->keys.file.s);
}

static void check_source_keys(const struct rules *r, size_t i)
{
    const struct source_options *s = &r->o->engine.source[i];

    check_source_key(r, i, "key", s->key);
    check_source_key(r, i, "next_key", s->next_key);
    if (s->next_key && !s->key)
        conf_error_add(r->errors, place(r, "sources", i, "next_key"), "sources[%zu].next_key: it takes over from `key`, which is not given", i);
}

/* sha256// and the 32 bytes of a hash in base64. */
static bool is_pin(const char *text)
{
    static const char word[] = "sha256//", letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return strncmp(text, word, sizeof word - 1) == 0 && strspn(text + sizeof word - 1, letters) == 43 && strcmp(text + sizeof word - 1 + 43, "=") == 0;
}

static void check_source_nts(const struct rules *r, size_t i)
{
    const struct source_options *s = &r->o->engine.source[i];
    const char *against = s->pool.s[0] ? "pool" : s->key ? "key" : s->version != 4 ? "version" : NULL;

    if (s->nts_pin.s[0] && !is_pin(s->nts_pin.s))
        conf_error_add(r->errors, place(r, "sources", i, "nts_pin"),
                       "sources[%zu].nts_pin: it is sha256// and 44 characters of base64, the SHA-256 of the public key", i);
    if ((s->nts_pin.s[0] || s->nts_trusted.s[0]) && !s->nts)
        conf_error_add(r->errors, place_of_pair(r, "sources", i, "nts_pin", "nts_trusted"), "sources[%zu]: nts_pin and nts_trusted go with `nts: true`", i);
    if (s->nts && against)
        conf_error_add(r->errors, place(r, "sources", i, "nts"), "sources[%zu].nts: it takes one `server`, version 4 and no key; take `%s` away", i, against);
}

/* One machine given twice would vote twice. */
static void check_twins(const struct rules *r, size_t i)
{
    const struct source_options *all = r->o->engine.source, *s = &all[i];
    char name[OPTIONS_NAME_MAX], other[OPTIONS_NAME_MAX];

    for (size_t k = 0; k < i && *options_name(s, name); k++)
        if (strcasecmp(options_name(s, name), options_name(&all[k], other)) == 0 && (*s->server.s == '\0') == (*all[k].server.s == '\0') &&
            all[k].port == s->port) {
            conf_error_add(r->errors, source_place(r, i), "sources[%zu]: the same as sources[%zu]; one machine may not vote twice", i, k);
            return;
        }
}

static void check_sources(const struct rules *r)
{
    const struct engine_options *e = &r->o->engine;
    int64_t possible = 0;

    for (size_t i = 0; i < e->source_count; i++) {
        check_source(r, i);
        check_kind(r, i);
        check_reference(r, i);
        check_source_keys(r, i);
        check_source_nts(r, i);
        check_twins(r, i);
        possible += *e->source[i].pool.s ? e->source[i].members : 1;
    }
    if (possible > ENGINE_SOURCES_MAX)
        conf_error_add(r->errors, r->nowhere, "sources: %lld servers and pool members together; at most %d are followed", (long long)possible,
                       ENGINE_SOURCES_MAX);
    if (e->source_count > 0 && e->clock.clock.min_sources > possible)
        conf_error_add(r->errors, place(r, "clock", 0, "min_sources"), "clock.min_sources: %lld can never agree, there are at most %lld sources",
                       (long long)e->clock.clock.min_sources, (long long)possible);
}

static void check_clock(const struct rules *r)
{
    const struct clock_own_options *c = &r->o->engine.clock.clock;

    if (c->max_drift_silent < c->max_drift && both_sound(r, "clock", 0, "max_drift_silent", "max_drift"))
        conf_error_add(r->errors, place_of_pair(r, "clock", 0, "max_drift_silent", "max_drift"),
                       "clock.max_drift_silent: below max_drift; an unwatched clock is not better than a watched one");
    if (c->max_frequency < c->max_drift && both_sound(r, "clock", 0, "max_frequency", "max_drift"))
        conf_error_add(r->errors, place_of_pair(r, "clock", 0, "max_frequency", "max_drift"), "clock.max_frequency: below max_drift");
    if (c->panic_threshold.ns < c->step_threshold.ns && both_sound(r, "clock", 0, "panic_threshold", "step_threshold"))
        conf_error_add(r->errors, place_of_pair(r, "clock", 0, "panic_threshold", "step_threshold"),
                       "clock.panic_threshold: below step_threshold; what is slewed at the start would be refused later");
}

#define UTC_SLS_PPM 1000.0 /* base/smear.h: a second in 1000 s */

static void check_leap(const struct rules *r)
{
    const struct clock_options *c = &r->o->engine.clock;
    struct conf_origin slew = place(r, "clock", 0, "max_slew");

    if (c->leap.mode != LEAP_MODE_SMEAR || c->leap.smear + 1 != SMEAR_UTC_SLS || c->clock.max_slew >= UTC_SLS_PPM)
        return;
    conf_error_add(r->errors, place_of_pair(r, "leap", 0, "smear", "mode"),
                   "leap.smear: utc-sls moves the system clock by 1000 ppm, and clock.max_slew permits %g; raise that to 1000ppm, or choose linear or cosine",
                   c->clock.max_slew);
    if (slew.kind != CONF_FROM_DEFAULT)
        conf_error_add(r->errors, slew, "clock.max_slew: %g ppm is too slow for leap.smear: utc-sls", c->clock.max_slew);
}

static void check_nts(const struct rules *r)
{
    const struct nts_options *n = &r->o->nts;
    const char *key = n->listen.count > 0 ? "listen" : "certified_listen";

    if (!n->client_certificate.s[0] != !n->client_private_key.s[0])
        conf_error_add(r->errors, place_of_pair(r, "nts", 0, "client_certificate", "client_private_key"),
                       "nts.client_certificate, nts.client_private_key: one is no use without the other");
    if (n->listen.count + n->certified_listen.count == 0)
        return;
    if (!n->certificate.s[0] || !n->private_key.s[0])
        conf_error_add(r->errors, place(r, "nts", 0, key), "nts.%s: it takes nts.certificate and nts.private_key as well", key);
    if (n->certified_listen.count > 0 && !n->client_authorities.s[0])
        conf_error_add(r->errors, place(r, "nts", 0, "certified_listen"), "nts.certified_listen: it takes nts.client_authorities, who vouch for clients");
    if (r->o->ntp.listen.count == 0 && n->ntp_port == 0)
        conf_error_add(r->errors, place(r, "nts", 0, key), "nts.%s: there is no ntp.listen to send clients to; set nts.ntp_port and nts.ntp_server", key);
}

struct service { const char *section, *key; const struct option_addrs *listen; };

#define SERVICES 4

static void services_of(const struct daemon_options *o, struct service out[SERVICES])
{
    out[0] = (struct service){ "ntp", "listen", &o->ntp.listen };
    out[1] = (struct service){ "ntp", "smear_listen", &o->ntp.smear_listen };
    out[2] = (struct service){ "time", "listen", &o->timeproto.time.listen };
    out[3] = (struct service){ "daytime", "listen", &o->timeproto.daytime.listen };
}

static void check_services(const struct rules *r)
{
    struct service service[SERVICES];
    const struct local_options *local = &r->o->engine.clock.local;
    struct { const struct net_addr *at; const char *interface; } seen[4 * OPTION_LIST_MAX];
    size_t n = 0;
    char text[ADDR_AT_TEXT_MAX];

    services_of(r->o, service);
    for (size_t s = 0; s < SERVICES; s++)
        for (uint32_t i = 0; i < service[s].listen->count; i++) {
            const struct net_addr *a = &service[s].listen->item[i];
            const char *interface = service[s].listen->interface[i];
            struct conf_origin at = place(r, service[s].section, 0, service[s].key);

            for (size_t k = 0; k < n; k++)
                if (addr_equal(seen[k].at, a) && strcmp(seen[k].interface, interface) == 0)
                    conf_error_add(r->errors, at, "%s.%s: %s is given twice", service[s].section, service[s].key, addr_at_to_text(a, interface, text));
            seen[n].at = a;
            seen[n++].interface = interface;
            if (local->present && !local->public && !addr_is_loopback(a))
                conf_error_add(r->errors, at,
                               "%s.%s: %s reaches beyond this machine while `local` is set: others would be given a time that nobody measured; "
                               "listen on loopback, take `local` away, or state `local: { public: true }`",
                               service[s].section, service[s].key, addr_at_to_text(a, interface, text));
        }
}

static void check_xdp(const struct rules *r)
{
    const struct ntp_options *o = &r->o->ntp;

    if (o->xdp != NTP_XDP_OFF && r->o->process.serve_user.s[0])
        conf_error_add(r->errors, place(r, "ntp", 0, "xdp"), "ntp.xdp: its memory cannot be handed to a service; take process.serve_user out, or say xdp: off");
    if (o->xdp != NTP_XDP_OFF && o->xdp_interfaces.count == 0 && both_sound(r, "ntp", 0, "xdp", "xdp_interfaces"))
        conf_error_add(r->errors, place(r, "ntp", 0, "xdp"), "ntp.xdp: on no interface; name those whose requests it shall answer in ntp.xdp_interfaces");
}

static bool is_listener(const struct rules *r, const struct net_addr *a, const char *interface)
{
    struct service service[SERVICES];

    services_of(r->o, service);
    for (size_t s = 0; s < SERVICES; s++)
        for (uint32_t i = 0; i < service[s].listen->count; i++) {
            const struct net_addr *at = &service[s].listen->item[i];

            if (addr_same_host(a, at) && (a->port == 0 || a->port == at->port) && strcmp(interface, service[s].listen->interface[i]) == 0)
                return true;
        }
    return false;
}

static struct conf_origin access_place(const struct rules *r, size_t i)
{
    const struct conf_node *n = conf_node_item(conf_node_find(r->tree->root, "access"), i);

    return n ? n->at : r->nowhere;
}

static void check_access_listeners(const struct rules *r, size_t i)
{
    const struct access_options *a = &r->o->guard.access[i];
    char text[ADDR_AT_TEXT_MAX];

    for (uint32_t k = 0; k < a->listeners.count; k++) {
        const struct conf_node *n = conf_node_item(conf_given(r->tree, "access", i, "listeners"), k);

        if (!is_listener(r, &a->listeners.item[k], a->listeners.interface[k]))
            conf_error_add(r->errors, n ? n->at : access_place(r, i),
                           "access[%zu].listeners: nothing listens on %s; name an address as it stands in a listen list", i,
                           addr_at_to_text(&a->listeners.item[k], a->listeners.interface[k], text));
    }
}

static bool same_listeners(const struct option_addrs *a, const struct option_addrs *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!addr_equal(&a->item[i], &b->item[i]) || strcmp(a->interface[i], b->interface[i]) != 0)
            return false;
    return true;
}

/* The same network twice for the same service: one of the two would be silently without effect. */
static void check_access_twins(const struct rules *r, size_t i)
{
    const struct access_options *all = r->o->guard.access, *a = &all[i];
    char text[ADDR_TEXT_MAX];

    for (size_t k = 0; k < i; k++)
        for (uint32_t x = 0; x < a->nets.count && all[k].service == a->service && same_listeners(&all[k].listeners, &a->listeners); x++)
            for (uint32_t y = 0; y < all[k].nets.count; y++)
                if (addr_same_host(&a->nets.item[x].addr, &all[k].nets.item[y].addr) && a->nets.item[x].bits == all[k].nets.item[y].bits)
                    conf_error_add(r->errors, access_place(r, i), "access[%zu].nets: %s/%u stands in access[%zu] already", i,
                                   addr_to_text(&a->nets.item[x].addr, text), a->nets.item[x].bits, k);
}

static void check_access(const struct rules *r)
{
    const struct guard_options *g = &r->o->guard;
    bool refuses = false;

    for (size_t i = 0; i < g->access_count; i++) {
        if (g->access[i].nets.count == 0 && both_sound(r, "access", i, "nets", "nets"))
            conf_error_add(r->errors, access_place(r, i),
                           "access[%zu]: nets is missing; write the networks the item is about, [0.0.0.0/0, \"::/0\"] for all", i);
        check_access_twins(r, i);
        check_access_listeners(r, i);
        if (g->access[i].action == ACCESS_AUTHENTICATE && (g->access[i].service == 1 || g->access[i].service == 2))
            conf_error_add(r->errors, access_place(r, i), "access[%zu].action: TIME and DAYTIME have no authentication; write deny", i);
        refuses |= g->access[i].action != ACCESS_ALLOW;
    }
    if (g->access_count > 0 && !refuses)
        conf_error_add(r->errors, access_place(r, 0), "access: every item allows, so nobody is refused; add { nets: [0.0.0.0/0, \"::/0\"], action: deny } "
                                                      "to answer the others no more, or take the list away");
}

static void check_log(const struct rules *r)
{
    const struct log_options *o = &r->o->log;
    enum log_topic topic;
    enum log_level level;

    for (uint32_t i = 0; i < o->topics.count; i++)
        if (!options_log_topic(o->topics.item[i].s, &topic, &level))
            conf_error_add(r->errors, place(r, "log", 0, "topics"),
                           "log.topics: \"%.31s\" is not TOPIC=LEVEL; topics: daemon, sources, clock, nts, leap, service, audit; "
                           "levels: debug, info, notice, warning, error", o->topics.item[i].s);
    for (uint32_t i = 0; i < o->remote.count; i++)
        if (!addr_is_usable_server(&o->remote.item[i]) || o->remote.interface[i][0])
            conf_error_add(r->errors, place(r, "log", 0, "remote"), "log.remote: each item is the address of one server, such as 192.0.2.1:514");
}

bool options_log_topic(const char *text, enum log_topic *topic, enum log_level *level)
{
    char known[32];

    for (int t = 0; t < LOG_TOPICS; t++)
        for (int l = 0; l < LOG_LEVELS; l++) {
            snprintf(known, sizeof known, "%s=%s", log_topic_name((enum log_topic)t), log_level_name((enum log_level)l));
            if (strcmp(text, known) != 0)
                continue;
            *topic = (enum log_topic)t;
            *level = (enum log_level)l;
            return true;
        }
    return false;
}

void options_load_keys(struct daemon_options *o, const struct conf_tree *tree, const char *path, struct conf_errors *errors)
{
    const struct rules r = { o, tree, { CONF_FROM_FILE, 0, 0, path ? path : "configuration" }, errors };

    o->key_table = key_file_load(&o->keys, place(&r, "keys", 0, "file"), errors);
    o->engine.keys = o->key_table;
}

void options_check_rules(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct conf_errors *errors)
{
    const struct rules r = { o, tree, { CONF_FROM_FILE, 0, 0, path ? path : "configuration" }, errors };

    check_sources(&r);
    check_clock(&r);
    check_leap(&r);
    check_nts(&r);
    check_services(&r);
    check_xdp(&r);
    check_log(&r);
    check_access(&r);
}
