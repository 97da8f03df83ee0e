/* What the core role has done for it by programs of their own: names are looked up, keys of NTS established. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "crypto/mac.h"
#include "daemon/core_part.h"
#include "daemon/ke_client.h"
#include "daemon/logger.h"
#include "daemon/resolve.h"
#include "ke/ke.h"

/* After a reload the same number is another line of `sources`. */
static uint16_t tagged(const struct core *c, uint16_t configured) { return (uint16_t)(c->turn << 8 | configured); }

/* False for the answer to a question from before. */
static bool untag(const struct core *c, uint16_t *configured)
{
    bool ours = *configured >> 8 == c->turn && (*configured & 0xff) < ENGINE_CONFIGURED_MAX;

    *configured &= 0xff;
    return ours;
}

/* -- names ------------------------------------------------------------------------------------------------------ */

static void unresolved(struct core *c, uint16_t configured, int err)
{
    core_input(c, &(struct event){ .kind = EVENT_ADDRESSES, .u.addresses = { .configured = configured, .err = err } });
}

void core_resolve(struct core *c, uint16_t configured, const char *name)
{
    int err = c->world->resolve_fd < 0 ? -UE_UNSUPPORTED : resolve_ask(c->world->resolve_fd, tagged(c, configured), name);

    if (err) {
        unresolved(c, configured, err);
        return;
    }
    c->names_asked |= 1u << configured;
    c->names_due = mono_add(host_mono(), (struct dur_ns){ RESOLVE_PATIENCE_S * NS_PER_S });
}

void core_give_up_names(struct core *c)
{
    uint32_t asked = c->names_asked;

    c->names_asked = 0;
    c->names_due = MONO_NEVER;
    for (uint16_t i = 0; asked >> i; i++)
        if (asked >> i & 1)
            unresolved(c, i, -UE_TIMEOUT);
}

static void on_addresses(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct core *c = ctx;
    struct resolve_answer a;
    struct event ev = { .kind = EVENT_ADDRESSES };

    (void)now;
    if (revents & LOOP_HUNG_UP)
        loop_forget(c->loop, fd); /* the parent sees to it */
    if (resolve_take(fd, &a) != 0 || !untag(c, &a.configured) || !(c->names_asked >> a.configured & 1))
        return;
    c->names_asked &= ~(1u << a.configured);
    if (!c->names_asked)
        c->names_due = MONO_NEVER;
    ev.u.addresses.configured = a.configured;
    ev.u.addresses.err = a.err;
    ev.u.addresses.count = a.count < EVENT_ADDRESSES_MAX ? a.count : EVENT_ADDRESSES_MAX;
    memcpy(ev.u.addresses.addr, a.addr, ev.u.addresses.count * sizeof a.addr[0]);
    core_input(c, &ev);
}

/* -- NTS ---------------------------------------------------------------------------------------------------------- */

static void without_keys(struct core *c, uint16_t configured, const char *why)
{
    core_input(c, &(struct event){ .kind = EVENT_NTS, .u.nts = { .configured = configured, .wrong = why } });
}

static void say_whom_to_trust(const struct nts_options *o, const struct source_options *source, struct ke_trust *out)
{
    snprintf(out->authorities, sizeof out->authorities, "%s", source->nts_trusted.s[0] ? source->nts_trusted.s : o->trusted_certificates.s);
    snprintf(out->revoked, sizeof out->revoked, "%s", o->revoked_certificates.s);
    snprintf(out->pin, sizeof out->pin, "%s", source->nts_pin.s);
    snprintf(out->certificate, sizeof out->certificate, "%s", o->client_certificate.s);
    snprintf(out->private_key, sizeof out->private_key, "%s", o->client_private_key.s);
}

void core_establish(struct core *c, const struct action *a)
{
    uint16_t configured = a->u.establish.configured;
    struct ke_question q = { .configured = tagged(c, configured), .port = a->u.establish.port, .heard = a->u.establish.heard,
                             .trust = { .at = a->u.establish.at, .dead = a->u.establish.dead } };
    int err;

    snprintf(q.name, sizeof q.name, "%s", a->u.establish.name);
    say_whom_to_trust(&c->world->options->nts, &engine_options_now(c->engine)->source[configured], &q.trust);
    err = ke_client_ask(c->world->ke_fd, &q);

    if (err) {
        without_keys(c, configured, ue_text(err));
        return;
    }
    c->keys_asked |= 1u << configured;
    c->keys_due = mono_add(host_mono(), (struct dur_ns){ KE_CLIENT_PATIENCE_S * NS_PER_S });
}

void core_give_up_keys(struct core *c)
{
    uint32_t asked = c->keys_asked;

    c->keys_asked = 0;
    c->keys_due = MONO_NEVER;
    for (uint16_t i = 0; asked >> i; i++)
        if (asked >> i & 1)
            without_keys(c, i, ue_text(UE_TIMEOUT));
}

/* Once: each question has a process of its own, a role that died is started anew. */
static void tell_missing(struct core *c, unsigned who, const char *name, unsigned missing)
{
    unsigned news = missing & SANDBOX_MISSING_ALL & ~c->missing_told[who];

    if (news)
        logger_say_missing(name, news);
    c->missing_told[who] |= news;
}

void core_tell_missing(struct core *c)
{
    const struct core_world *w = c->world;

    for (unsigned r = 0; r < ROLE_COUNT; r++)
        tell_missing(c, r < ROLE_SERVE ? r : ROLE_SERVE, role_name((enum role)r), w->shared->note[r].missing);
    if (w->ke)
        tell_missing(c, ROLE_KE, role_name(ROLE_KE), w->ke->missing);
}

static void on_keys(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct core *c = ctx;
    struct ke_answer a;

    (void)now;
    if (revents & LOOP_HUNG_UP)
        loop_forget(c->loop, fd);
    if (ke_client_take(fd, &a) == 0 && untag(c, &a.configured) && c->keys_asked >> a.configured & 1) {
        c->keys_asked &= ~(1u << a.configured);
        if (!c->keys_asked)
            c->keys_due = MONO_NEVER;
        tell_missing(c, ROLE_COUNT, "ke client", a.missing);
        core_input(c, &(struct event){ .kind = EVENT_NTS, .u.nts = { a.configured, a.wrong[0] ? a.wrong : NULL, &a.keys, &a.grant, a.ntp, a.valid,
                                                                     a.refused, a.refused_why } });
    }
    crypto_wipe(&a, sizeof a);
}

/* -- their sockets ------------------------------------------------------------------------------------------------ */

void core_watch_helpers(struct core *c)
{
    const struct core_world *w = c->world;

    if (w->ke_fd >= 0 && !c->keys_watched)
        c->keys_watched = loop_watch(c->loop, w->ke_fd, POLLIN | POLLRDHUP, on_keys, c) == 0;
    if (w->resolve_fd >= 0 && !c->names_watched)
        c->names_watched = loop_watch(c->loop, w->resolve_fd, POLLIN | POLLRDHUP, on_addresses, c) == 0;
}
