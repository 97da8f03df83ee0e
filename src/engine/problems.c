/* What is wrong, as far as the engine knows. */
#include <stdio.h>

#include "base/err.h"
#include "clock/untold.h"
#include "engine/state.h"

#define SILENT_POLLS 3                      /* in a row: one or two are lost anywhere */
#define UNANSWERED_NS (5 * NS_PER_S)        /* no path that is of use takes so long */
#define TOLD_NS (600 * NS_PER_S)            /* what is over is told so long: who looks at the machine a little later still learns of it */

static const char *name_of(const struct source_options *o) { return o->pool.s[0] ? o->pool.s : o->server.s; }

static bool is_silent(const struct slot *s)
{
    return s->client.stats.sent >= SILENT_POLLS && (s->client.reach & ((1u << SILENT_POLLS) - 1)) == 0;
}

/* The first request without an answer is told of, long before silence is sure: an operator who looks a few seconds after it knows. */
static bool is_unanswered(const struct slot *s, struct mono_ns now)
{
    return (s->client.missed > 0 || s->client.state == NTP_CLIENT_PENDING) && mono_sub(now, s->unanswered_since).ns >= UNANSWERED_NS;
}

/* What the network said of the requests that were not answered. It proves nothing, and helps whoever looks. */
static const char *of_network(const struct slot *s)
{
    return s->client.stats.send_errors > s->unsent_before ? "; the network refuses them" : "";
}

/* A server drops what is authenticated by a key that it does not know, without a word: from here that looks like a firewall. */
static const char *of_key(const struct engine *e, const struct slot *s, char out[80])
{
    int64_t key = e->options.source[s->configured].key;

    out[0] = '\0';
    if (key)
        snprintf(out, 80, "; a server that has another key %lld than ours, or none, is silent too", (long long)(s->key ? s->key->id : key));
    return out;
}

static void note_unanswered(const struct slot *s, struct mono_ns now, struct problems *out)
{
    char detail[PROBLEM_DETAIL_MAX], asked[24], answered[24];

    ns_to_text(mono_sub(now, s->unanswered_since).ns, asked);
    if (s->client.stats.verdict[VERDICT_ACCEPTED])
        snprintf(detail, sizeof detail, "asked %s ago; the last answer came %s ago%s", asked, ns_to_text(mono_sub(now, s->client.silent_since).ns, answered),
                 of_network(s));
    else
        snprintf(detail, sizeof detail, "asked %s ago, not one answer so far%s", asked, of_network(s));
    problems_note(out, PROBLEM_SOURCE_UNANSWERED, s->name[s->name_in_use], detail);
}

static void note_silent(const struct engine *e, const struct slot *s, struct mono_ns now, struct problems *out)
{
    char detail[PROBLEM_DETAIL_MAX], age[24], key[80];

    if (s->client.stats.verdict[VERDICT_ACCEPTED])
        snprintf(detail, sizeof detail, "the last answer came %s ago%s%s", ns_to_text(mono_sub(now, s->client.silent_since).ns, age), of_network(s),
                 of_key(e, s, key));
    else
        snprintf(detail, sizeof detail, "not one answer so far%s%s", of_network(s), of_key(e, s, key));
    problems_note(out, PROBLEM_SOURCE_SILENT, s->name[s->name_in_use], detail);
}

const char *sources_kiss_text(const struct slot *s)
{
    return slot_is_denied(s) ? "it asked us to stop (kiss-o'-death), and is not asked until `utcctl sources online`"
                             : "it asked us to ask less often (kiss RATE)";
}

static const char *why_unusable(const struct slot *s)
{
    if (s->unusable != VERDICT_KISS)
        return verdict_text((enum verdict)s->unusable);
    return sources_kiss_text(s);
}

/* Returns whether the source is silent. */
static bool note_slot(const struct engine *e, const struct slot *s, struct mono_ns now, struct problems *out)
{
    int state = (int)clock_source_view(&e->clock, (uint16_t)(s - e->slot), now).state;
    const char *name = s->name[s->name_in_use];

    if (exchanges_lack_key(e, s))
        problems_note(out, PROBLEM_KEY_UNFIT, name, exchanges_key_text((enum verdict)s->unusable));
    else if (s->unusable)
        problems_note(out, PROBLEM_SOURCE_REFUSED, name, why_unusable(s));
    else if (is_silent(s))
        note_silent(e, s, now, out);
    else if (state == CLOCK_SOURCE_FALSETICKER)
        problems_note(out, PROBLEM_SOURCE_FALSE, name, NULL);
    else if (state == CLOCK_SOURCE_REFUSED)
        problems_note(out, PROBLEM_SOURCE_REFUSED, name, verdict_text(VERDICT_SMEARED));
    else if (is_unanswered(s, now))
        note_unanswered(s, now, out);
    return !s->unusable && is_silent(s);
}

static const struct key *last_key(const struct engine *e, const struct source_options *o)
{
    return keys_last(keys_find(e->options.keys, (uint32_t)o->key), keys_find(e->options.keys, (uint32_t)o->next_key));
}

static void note_key(const struct engine *e, const struct source_options *o, const struct clock_view *v, struct problems *out)
{
    const struct key *k = last_key(e, o);
    char detail[PROBLEM_DETAIL_MAX], left[24];
    enum nts_expiry expiry;

    if (!k)
        return;
    expiry = nts_expiry(&(struct nts_validity){ k->from, k->until, utc_sub(k->until, k->from) }, v->utc); /* keys are renewed as certificates are */
    if (expiry == NTS_EXPIRY_FAR || (!e->clock.policy.synchronised_once && expiry != NTS_EXPIRED))
        return;
    snprintf(detail, sizeof detail, "key %u is good for %s more", k->id, ns_to_text(utc_sub(k->until, v->utc).ns, left));
    problems_note(out, PROBLEM_KEY_EXPIRES, name_of(o), expiry != NTS_EXPIRED                  ? detail
                  : e->clock.policy.synchronised_once ? "it has ended"
                                                      : "it has ended, by this machine's clock, which was not set yet");
}

static void note_configured(const struct engine *e, uint16_t i, const struct clock_view *v, struct problems *out)
{
    const struct configured *c = &e->configured[i];

    if (c->offline)
        return;
    note_key(e, &e->options.source[i], v, out);
    if (c->expiry_told > NTS_EXPIRY_FAR)
        problems_note(out, PROBLEM_CERTIFICATE, name_of(&e->options.source[i]), c->expiry_told == NTS_EXPIRED ? "it has expired" : NULL);
    if (c->failures > 0)
        problems_note(out, PROBLEM_NAME_UNRESOLVED, name_of(&e->options.source[i]), c->unresolved);
    if (c->refusals > 0)
        problems_note(out, PROBLEM_NO_KEYS, name_of(&e->options.source[i]), c->refused);
}

static void note_sources(const struct engine *e, struct mono_ns now, struct problems *out)
{
    unsigned used = 0, silent = 0, offline = 0;
    struct clock_view v;

    page_view(engine_page(e), now, &v);
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && !e->configured[e->slot[i].configured].offline) {
            used++;
            silent += note_slot(e, &e->slot[i], now, out);
        }
    for (uint16_t i = 0; i < e->options.source_count; i++) {
        note_configured(e, i, &v, out);
        offline += e->configured[i].offline;
    }
    if (offline == e->options.source_count && !e->options.clock.local.present)
        problems_note(out, PROBLEM_NO_SOURCE, NULL, offline ? "every source was taken offline" : NULL);
    if (used > 0 && silent == used)
        problems_note(out, PROBLEM_ALL_SILENT, NULL, NULL);
}

/* Until a source has told the time, and for a while after the start. */
static void note_behind(const struct engine *e, struct mono_ns now, struct problems *out)
{
    struct dur_ns gap = clock_gap(&e->clock);
    char detail[PROBLEM_DETAIL_MAX], by[24];

    if (gap.ns < GAP_TOLD_NS || (e->clock.policy.synchronised_once && mono_sub(now, e->started).ns > TOLD_NS))
        return;
    snprintf(detail, sizeof detail, "it was %s behind", ns_to_text(gap.ns, by));
    problems_note(out, PROBLEM_CLOCK_BEHIND, NULL, detail);
}

static void note_broken(const struct clock_policy *p, struct mono_ns now, struct problems *out)
{
    char detail[PROBLEM_DETAIL_MAX], by[24], age[24];

    if (!p->bound_broken || mono_sub(now, p->broken_at).ns > TOLD_NS)
        return;
    ns_to_text(dur_abs(p->broken_by).ns, by);
    snprintf(detail, sizeof detail, "%s from what was served, %s ago", by, ns_to_text(mono_sub(now, p->broken_at).ns, age));
    problems_note(out, PROBLEM_BOUND_BROKEN, NULL, detail);
}

/* A list was refused for one that was better; that one may have expired since. */
static void note_worse_list(const struct engine *e, struct mono_ns now, struct problems *out)
{
    bool expired = leap_table_expires_in(&e->clock.leap.table[LEAP_FROM_LIST], page_utc(engine_page(e), now)).ns <= 0;

    problems_note(out, PROBLEM_LEAP_REFUSED, e->options.clock.leap.list.s,
                  expired ? "it had expired when it came; the one in force has expired since" : "it has expired, the one in force has not");
}

static void note_before(struct problems *out, enum problem_kind kind, struct utc_ns midnight)
{
    char at[CIVIL_TEXT_MAX], detail[PROBLEM_DETAIL_MAX];

    snprintf(detail, sizeof detail, "before %s", utc_to_text(midnight, 0, at));
    problems_note(out, kind, NULL, detail);
}

/* What was passed so stays a second wider until it is measured: who wonders at the bound reads why. */
static void note_untold(const struct clock *c, struct mono_ns now, struct problems *out)
{
    char at[CIVIL_TEXT_MAX], detail[PROBLEM_DETAIL_MAX];

    if (untold_midnight(c).ns != 0) {
        note_before(out, PROBLEM_LEAP_UNTOLD, untold_midnight(c));
    } else if (c->leap.passed_at.ns != 0 && mono_sub(now, c->leap.passed_at).ns <= TOLD_NS) {
        snprintf(detail, sizeof detail, "before %s: the error bound is a second wider until it is measured", utc_to_text(c->leap.passed, 0, at));
        problems_note(out, PROBLEM_LEAP_UNTOLD, NULL, detail);
    }
}

static void note_leap_tables(const struct engine *e, struct mono_ns now, struct problems *out)
{
    const struct clock_leap *l = &e->clock.leap;

    if (l->conflict)
        problems_note(out, PROBLEM_LEAP_CONFLICT, NULL, NULL);
    if (l->in_doubt)
        note_before(out, PROBLEM_LEAP_UNKNOWN, l->doubted);
    else
        note_untold(&e->clock, now, out);
    if (l->worse)
        note_worse_list(e, now, out);
    if (l->differ_at.ns != 0)
        note_before(out, PROBLEM_LEAP_FILES_DIFFER, l->differ_at);
}

static void note_clock(const struct engine *e, struct mono_ns now, struct problems *out)
{
    struct clock_view v;

    page_view(engine_page(e), now, &v);
    if (e->clock.policy.split_logged)
        problems_note(out, PROBLEM_NO_MAJORITY, NULL, NULL);
    if (v.status == CLOCK_HOLDOVER)
        problems_note(out, PROBLEM_HOLDOVER, NULL, NULL);
    if (v.status == CLOCK_FREE_RUNNING)
        problems_note(out, PROBLEM_FREE_RUNNING, NULL, NULL);
    if (v.status == CLOCK_DISRUPTED)
        problems_note(out, PROBLEM_DISRUPTED, NULL, NULL);
    if (e->clock.policy.panic_logged)
        problems_note(out, PROBLEM_PANIC, NULL, NULL);
    if (e->clock.policy.rail_logged)
        problems_note(out, PROBLEM_FREQUENCY_RAIL, NULL, NULL);
    note_leap_tables(e, now, out);
    if (clock_steps(&e->clock).refused || e->steering.budget_spent)
        problems_note(out, PROBLEM_STEP_BUDGET, NULL, NULL);
    if (clock_leap_expired(&e->clock, now))
        problems_note(out, PROBLEM_LEAP_EXPIRED, NULL, NULL);
}

static void note_steering(const struct engine *e, struct mono_ns now, struct problems *out)
{
    const struct steering *s = &e->steering;
    char detail[PROBLEM_DETAIL_MAX], age[24];

    if (s->refused)
        problems_note(out, PROBLEM_CANNOT_STEER, NULL, ue_text(s->refused_err));
    if (!s->was_moved || mono_sub(now, s->moved_at).ns > TOLD_NS)
        return;
    snprintf(detail, sizeof detail, "%s, %s ago", s->moved_by, ns_to_text(mono_sub(now, s->moved_at).ns, age));
    problems_note(out, PROBLEM_CLOCK_MOVED, NULL, detail);
}

void engine_problems(const struct engine *e, struct mono_ns now, struct problems *out)
{
    note_clock(e, now, out);
    note_behind(e, now, out);
    note_broken(&e->clock.policy, now, out);
    note_steering(e, now, out);
    note_sources(e, now, out);
}
