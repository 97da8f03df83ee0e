#include "lint/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/check.h"
#include "daemon/wire.h"

#define MANY_SOURCES 4          /* RFC 8633 section 3.2 */
#define PUBLIC_MIN_POLL 6
#define KEY_ENDS_NS (30 * 86400 * NS_PER_S)

const struct lint_row lint_rows[LINT_RULES] = {
#define LINT(name, id, severity, sentence, fix) [LINT_##name##_RULE] = { id, LINT_##severity, sentence, fix },
#include "lint/lint.def"
#undef LINT
};

struct lint { const struct daemon_options *o; struct lint_place at; };

void lint_add(const struct lint_place *p, enum lint_rule rule, const char *section, size_t item, const char *key, const char *format, ...)
{
    const struct conf_node *n = key ? conf_given(p->tree, section, item, key) : conf_node_item(conf_node_find(p->tree->root, section), item);
    struct lint_finding *f;
    va_list args;

    if (!n && !key)
        n = conf_node_find(p->tree->root, section);
    p->out->found++;
    if (p->out->kept == LINT_FINDINGS_MAX)
        return;
    f = &p->out->finding[p->out->kept++];
    f->rule = rule;
    f->at = n && n->at.kind != CONF_FROM_DEFAULT ? n->at : (struct conf_origin){ CONF_FROM_FILE, 0, 0, p->path ? p->path : "configuration" };
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
}

/* -- sources ---------------------------------------------------------------------------------------------------------------- */

static const char *host_of(const struct source_options *s) { return s->server.s[0] ? s->server.s : s->pool.s; }

static bool is_numeric(const struct source_options *s, struct net_addr *a)
{
    char interface[ADDR_INTERFACE_MAX];

    return addr_at_from_text(host_of(s), 0, a, interface) == 0;
}

static bool is_own(const struct source_options *s)
{
    struct net_addr a;

    return is_numeric(s, &a) && (addr_is_private(&a) || addr_is_loopback(&a));
}

static void count_sources(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;
    int64_t possible = 0;

    for (uint32_t i = 0; i < e->source_count; i++)
        possible += e->source[i].pool.s[0] ? e->source[i].members : 1;
    if (possible == 0 && !e->clock.local.present && l->o->top.sources_dir.s[0] == '\0')
        lint_add(&l->at, LINT_NO_SOURCES_RULE, "sources", 0, NULL, "nobody is asked for the time, and none is stated");
    if (possible == 2)
        lint_add(&l->at, LINT_TWO_SOURCES_RULE, "sources", 0, NULL, "two sources: when they disagree, neither is believed");
    else if (possible > 0 && possible < MANY_SOURCES)
        lint_add(&l->at, LINT_FEW_SOURCES_RULE, "sources", 0, NULL, "%lld source%s; four outvote one that lies while another is away", (long long)possible,
                 possible == 1 ? "" : "s");
}

/* Is "co.uk" what anybody may register names below, as far as such are common? */
static bool is_shared_suffix(const char *name)
{
    static const char *const second[] = { "ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org" };
    size_t len = strcspn(name, ".");
    const char *country = name + len + 1;

    for (size_t i = 0; i < sizeof second / sizeof second[0]; i++)
        if (strlen(second[i]) == len && strncasecmp(second[i], name, len) == 0)
            return strcspn(country, ".") == 2;
    return false;
}

/* The last two labels of a name, three below such as co.uk, or the first 16 or 32 bits of an address. */
static void provider_of(const struct source_options *s, char *out, size_t size)
{
    const char *host = host_of(s), *dot = host + strlen(host);
    struct net_addr a;

    if (is_numeric(s, &a)) {
        snprintf(out, size, "%02x%02x%02x%02x", a.bytes[0], a.bytes[1], a.family == ADDR_IPV6 ? a.bytes[2] : 0, a.family == ADDR_IPV6 ? a.bytes[3] : 0);
        return;
    }
    for (int dots = 0; dot > host; dot--)
        if (dot[-1] == '.' && *dot && ++dots >= 2 && !(dots == 2 && is_shared_suffix(dot)))
            break;
    snprintf(out, size, "%s", dot);
}

static void one_provider(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;
    char first[256], other[256];

    if (e->source_count < 2 || is_own(&e->source[0]) || options_reference(&e->source[0]))
        return;
    provider_of(&e->source[0], first, sizeof first);
    for (uint32_t i = 0; i < e->source_count; i++) {
        provider_of(&e->source[i], other, sizeof other);
        if (e->source[i].pool.s[0] || strcasecmp(first, other) != 0)
            return;
    }
    lint_add(&l->at, LINT_ONE_PROVIDER_RULE, "sources", 0, NULL, "all %u sources are %s's", e->source_count,
             is_numeric(&e->source[0], &(struct net_addr){ 0 }) ? "one network" : first);
}

/* Who says of themselves that they smear. */
static bool is_known_to_smear(const char *host)
{
    static const char *const known[] = {
        "time.google.com",   "time1.google.com",   "time2.google.com",   "time3.google.com",   "time4.google.com",   "time.android.com",   "time.aws.com",
        "169.254.169.123",   "time.facebook.com", "time1.facebook.com", "time2.facebook.com", "time3.facebook.com", "time4.facebook.com",
        "time5.facebook.com", "fd00:ec2::123",
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(host, known[i]) == 0)
            return true;
    return false;
}

static void mixed_smear(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;
    bool others = false;

    for (uint32_t i = 0; i < e->source_count; i++)
        others |= !is_known_to_smear(host_of(&e->source[i]));
    for (uint32_t i = 0; i < e->source_count && others; i++)
        if (is_known_to_smear(host_of(&e->source[i])) && e->source[i].smear == 0)
            lint_add(&l->at, LINT_MIXED_SMEAR_RULE, "sources", i, NULL, "%.100s spreads leap seconds, others here do not", host_of(&e->source[i]));
}

static void smear_without_list(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;

    if (e->clock.leap.unknown == LEAP_UNKNOWN_NONE || access(e->clock.leap.list.s, R_OK) == 0)
        return;
    for (uint32_t i = 0; i < e->source_count; i++)
        if (e->source[i].smear != 0) {
            lint_add(&l->at, LINT_SMEAR_WITHOUT_LIST_RULE, "leap", 0, "list", "%.100s smears, and leap.list is no file that can be read",
                     host_of(&e->source[i]));
            return;
        }
}

/* The pool the daemon asks by default, without the brackets of the schema: "POOL", "0.POOL" ... */
static bool is_default_pool(const char *host)
{
    const char *defaults = conf_section_find(&daemon_schema, "sources")->default_text, *name = strstr(defaults, "pool: "), *end;

    if (!name)
        return false;
    name += strlen("pool: ");
    end = name + strcspn(name, " }");
    if (host[0] >= '0' && host[0] <= '9' && host[1] == '.')
        host += 2;
    return strlen(host) == (size_t)(end - name) && strncasecmp(host, name, (size_t)(end - name)) == 0;
}

static void each_source(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;
    bool proven = false;

    for (uint32_t i = 0; i < e->source_count; i++) {
        const struct source_options *s = &e->source[i];
        const struct conf_node *given = conf_node_find(l->at.tree->root, "sources");
        struct net_addr a;

        proven |= s->nts || s->key || options_reference(s); /* one at this machine is nobody else's */
        if (s->min_poll < PUBLIC_MIN_POLL && !is_own(s))
            lint_add(&l->at, LINT_FAST_POLL_RULE, "sources", i, "min_poll", "%.100s is asked up to %s", host_of(s),
                     s->min_poll < 0 ? "several times a second" : s->min_poll < 4 ? "every few seconds" : "every 16 or 32 s");
        if (is_numeric(s, &a) && a.family == ADDR_IPV6 && addr_is_link_local(&a) && a.scope == 0)
            lint_add(&l->at, LINT_NO_INTERFACE_RULE, "sources", i, "server", "%.100s does not say at which interface", host_of(s));
        if (s->pool.s[0] && given && given->at.kind != CONF_FROM_DEFAULT && is_default_pool(s->pool.s))
            lint_add(&l->at, LINT_POOL_ZONE_RULE, "sources", i, "pool", "%.100s is the zone of those who have none of their own", s->pool.s);
    }
    if (e->source_count > 0 && !proven)
        lint_add(&l->at, LINT_UNAUTHENTICATED_RULE, "sources", 0, NULL, "no source has nts or a key");
}

/* -- serving ----------------------------------------------------------------------------------------------------------------- */

/* Does anything listen beyond this machine? The first such place, as text; NULL: nothing. */
static const char *public_listener(const struct daemon_options *o, char out[ADDR_AT_TEXT_MAX])
{
    const struct option_addrs *all[] = { &o->ntp.listen, &o->ntp.smear_listen, &o->timeproto.time.listen, &o->timeproto.daytime.listen };

    for (size_t s = 0; s < sizeof all / sizeof all[0]; s++)
        for (uint32_t i = 0; i < all[s]->count; i++)
            if (!addr_is_loopback(&all[s]->item[i]))
                return addr_at_to_text(&all[s]->item[i], all[s]->interface[i], out);
    return NULL;
}

static bool refuses_somebody(const struct guard_options *g)
{
    for (uint32_t i = 0; i < g->access_count; i++)
        if (g->access[i].action != 0)
            return true;
    return false;
}

static void serving(const struct lint *l)
{
    const struct daemon_options *o = l->o;
    char text[ADDR_AT_TEXT_MAX];
    const char *at = public_listener(o, text);

    if (!at)
        return;
    if (!refuses_somebody(&o->guard) && !o->guard.rate_limit.present)
        lint_add(&l->at, LINT_OPEN_SERVER_RULE, "ntp", 0, "listen", "%s answers everybody, without access list and rate limit", at);
    if (o->engine.clock.local.present && !(o->engine.clock.local.orphan && refuses_somebody(&o->guard))) /* a closed group knows what it is */
        lint_add(&l->at, LINT_PUBLIC_LOCAL_RULE, "local", 0, "public", "the operator's statement is served on %s", at);
    if (o->engine.clock.clock.min_sources == 1 && o->engine.source_count > 1)
        lint_add(&l->at, LINT_ONE_IS_BELIEVED_RULE, "clock", 0, "min_sources", "one source is enough to be served on %s", at);
    if (access(o->engine.clock.leap.list.s, R_OK) != 0 && access(o->engine.clock.leap.zone.s, R_OK) != 0)
        lint_add(&l->at, LINT_NO_LEAP_FILE_RULE, "leap", 0, "list", "neither leap.list nor leap.zone is a file that can be read");
}

static void daytime_amplifies(const struct lint *l)
{
    const struct option_nets *nets = &l->o->timeproto.daytime.udp_from;

    for (uint32_t i = 0; i < nets->count; i++)
        if (nets->item[i].bits < (nets->item[i].addr.family == ADDR_IPV4 ? 8 : 16) && l->o->timeproto.daytime.listen.count > 0)
            lint_add(&l->at, LINT_DAYTIME_AMPLIFIES_RULE, "daytime", 0, "udp_from", "a prefix of %u bits is more than one's own networks", nets->item[i].bits);
}

/* -- the rest ------------------------------------------------------------------------------------------------------------------- */

static void keys(const struct lint *l)
{
    struct stat s;

    if (l->o->keys.allow_legacy)
        lint_add(&l->at, LINT_LEGACY_KEYS_RULE, "keys", 0, "allow_legacy", "MD5 and SHA-1 keys are taken");
    if (l->o->keys.file.s[0] && stat(l->o->keys.file.s, &s) == 0 && s.st_mode & S_IRGRP)
        lint_add(&l->at, LINT_KEY_FILE_GROUP_RULE, "keys", 0, "file", "%.150s can be read by its group", l->o->keys.file.s);
}

/* As long before as the daemon tells of it: a month, or a third of a short life. */
static bool ends_soon(const struct key *k, int64_t left_ns)
{
    int64_t third_ns = utc_sub(k->until, k->from).ns / 3;

    return k->until.ns != INT64_MAX && left_ns < (third_ns < KEY_ENDS_NS ? third_ns : KEY_ENDS_NS);
}

static void ends_of_keys(const struct lint *l)
{
    const struct engine_options *e = &l->o->engine;
    struct timespec t;
    char left[24];

    clock_gettime(CLOCK_REALTIME, &t);
    for (uint32_t i = 0; i < e->source_count; i++) {
        const struct source_options *s = &e->source[i];
        const struct key *k = keys_last(keys_find(l->o->key_table, (uint32_t)s->key), keys_find(l->o->key_table, (uint32_t)s->next_key));
        int64_t left_ns = k ? utc_sub(k->until, (struct utc_ns){ (int64_t)t.tv_sec * NS_PER_S }).ns : 0;

        if (k && left_ns <= 0)
            lint_add(&l->at, LINT_KEY_ENDS_RULE, "sources", i, "key", "key %u of %.100s has ended", k->id, host_of(s));
        else if (k && ends_soon(k, left_ns))
            lint_add(&l->at, LINT_KEY_ENDS_RULE, "sources", i, "key", "key %u of %.100s is good for %s more, and none follows", k->id, host_of(s),
                     ns_to_text(left_ns, left));
    }
}

static void the_clock(const struct lint *l)
{
    const struct clock_own_options *c = &l->o->engine.clock.clock;

    if (c->mode != CLOCK_MODE_VIRTUAL && c->drift_file.s[0] == '\0')
        lint_add(&l->at, LINT_NO_DRIFT_FILE_RULE, "clock", 0, "drift_file", "clock.drift_file is not set");
    if (c->step_limit >= 100 && c->step_budget.ns >= 36500LL * 86400 * NS_PER_S)
        lint_add(&l->at, LINT_STEPS_WITHOUT_END_RULE, "clock", 0, "step_limit", "%lld steps of any size", (long long)c->step_limit);
    if (l->o->ntp.xdp != NTP_XDP_OFF)
        lint_add(&l->at, LINT_FIREWALL_BLIND_RULE, "ntp", 0, "xdp", "requests at %u interface%s are answered before the firewall",
                 l->o->ntp.xdp_interfaces.count, l->o->ntp.xdp_interfaces.count == 1 ? "" : "s");
}

void lint_configuration(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct lint_report *out)
{
    const struct lint l = { o, { tree, path, out } };

    count_sources(&l);
    one_provider(&l);
    mixed_smear(&l);
    smear_without_list(&l);
    each_source(&l);
    serving(&l);
    daytime_amplifies(&l);
    keys(&l);
    ends_of_keys(&l);
    the_clock(&l);
}
