/* The picture of the engine for every face. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "engine/state.h"

static uint64_t dropped(const struct ntp_client_stats *s)
{
    uint64_t n = 0;

    for (int v = 0; v < VERDICT_COUNT; v++)
        if (v != VERDICT_ACCEPTED && v != VERDICT_KISS && v != VERDICT_ANSWERED)
            n += s->verdict[v];
    return n;
}

static const uint8_t state_of_clock_state[] = {
    [CLOCK_SOURCE_UNUSED] = SOURCE_UNUSED,           [CLOCK_SOURCE_NEW] = SOURCE_NEW,         [CLOCK_SOURCE_UNREACHABLE] = SOURCE_UNREACHABLE,
    [CLOCK_SOURCE_FALSETICKER] = SOURCE_FALSETICKER, [CLOCK_SOURCE_OUTLIER] = SOURCE_OUTLIER, [CLOCK_SOURCE_SELECTED] = SOURCE_SELECTED,
    [CLOCK_SOURCE_REFUSED] = SOURCE_REFUSED,
};

/* What it takes to be believed. */
static void picture_of_authentication(const struct engine *e, const struct slot *s, struct snapshot_source *out)
{
    const struct source_options *o = &e->options.source[s->configured];

    out->auth = o->nts ? SOURCE_AUTH_NTS : o->key ? SOURCE_AUTH_KEY : SOURCE_AUTH_NONE;
    if (o->nts)
        out->cookies = (uint8_t)e->nts[s - e->slot].client.cookie_count;
    else if (o->key)
        out->key_id = s->key ? s->key->id : (uint32_t)o->key;
}

/* Beyond clock.panic_threshold even a majority is not followed. */
static uint8_t state_shown(const struct engine *e, const struct slot *s, int state)
{
    if (e->configured[s->configured].offline)
        return SOURCE_OFFLINE;
    if (slot_is_denied(s))
        return SOURCE_REFUSED;
    if (e->clock.policy.panic_logged && (state == CLOCK_SOURCE_SELECTED || state == CLOCK_SOURCE_OUTLIER))
        return SOURCE_FALSETICKER;
    return state_of_clock_state[state];
}

static void picture_of_slot(const struct engine *e, const struct slot *s, struct mono_ns now, struct snapshot_source *out)
{
    const struct ntp_client *c = &s->client;
    const struct source_options *o = &e->options.source[s->configured];
    struct clock_source_view v = clock_source_view(&e->clock, (uint16_t)(s - e->slot), now);

    memcpy(out->name, s->name[s->name_in_use], sizeof out->name);
    out->addr = c->peer;
    out->state = state_shown(e, s, (int)v.state);
    out->pool = o->pool.s[0] != '\0';
    out->prefer = o->prefer;
    out->reach = c->reach;
    out->stratum = c->last.stratum;
    out->leap = c->last.leap;
    out->stamp = s->stamp;
    out->interleaved = c->interleaved;
    picture_of_authentication(e, s, out);
    out->certificate_expires = e->configured[s->configured].valid.until;
    out->poll_log2 = c->poll_log2;
    out->min_poll_log2 = (int8_t)o->min_poll;
    out->max_poll_log2 = (int8_t)o->max_poll;
    out->refid = c->last.refid;
    out->offset = v.offset;
    out->delay = v.delay;
    out->jitter = v.jitter;
    out->bound = v.bound;
    out->delay_floor = v.delay_floor;
    out->delay_excess = v.delay_excess;
    out->root_delay = ntp_short32_to_dur(c->last.root_delay);
    out->root_dispersion = ntp_short32_to_dur(c->last.root_dispersion);
    out->last_answer_age = (struct dur_ns){ c->stats.verdict[VERDICT_ACCEPTED] ? mono_sub(now, c->silent_since).ns : -1 };
    out->sent = c->stats.sent;
    out->accepted = c->stats.verdict[VERDICT_ACCEPTED];
    out->dropped = dropped(&c->stats);
    memcpy(out->verdict, c->stats.verdict, sizeof out->verdict);
}

static void picture_of_unresolved(const struct source_options *o, bool offline, struct snapshot_source *out)
{
    snprintf(out->name, sizeof out->name, "%.63s", o->pool.s[0] ? o->pool.s : o->server.s);
    out->state = offline ? SOURCE_OFFLINE : o->nts ? SOURCE_KEYLESS : SOURCE_RESOLVING;
    out->pool = o->pool.s[0] != '\0';
    out->prefer = o->prefer;
    out->auth = o->nts ? SOURCE_AUTH_NTS : o->key ? SOURCE_AUTH_KEY : SOURCE_AUTH_NONE;
    out->key_id = o->nts ? 0 : (uint32_t)o->key;
    out->last_answer_age = (struct dur_ns){ -1 };
}

static bool has_slot(const struct engine *e, uint16_t configured)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && e->slot[i].configured == configured)
            return true;
    return false;
}

static void pictures_of_sources(const struct engine *e, struct mono_ns now, struct snapshot *out)
{
    for (unsigned i = 0; i < ENGINE_SOURCES_MAX; i++)
        if (e->slot[i].used && out->source_count < SNAPSHOT_SOURCES_MAX)
            picture_of_slot(e, &e->slot[i], now, &out->source[out->source_count++]);
    for (uint16_t i = 0; i < e->options.source_count; i++)
        if (!has_slot(e, i) && out->source_count < SNAPSHOT_SOURCES_MAX)
            picture_of_unresolved(&e->options.source[i], e->configured[i].offline, &out->source[out->source_count++]);
}

static bool only_references(const struct engine *e)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->options.source_count; i++)
        n += options_reference(&e->options.source[i]);
    return n == e->options.source_count;
}

static const char *hint(const struct engine *e, const struct snapshot *s)
{
    unsigned by_state[SOURCE_STATE_COUNT] = { 0 };

    if (e->steering.refused)
        return ue_text(e->steering.refused_err);
    if (e->steering.budget_spent)
        return "the system clock is behind and only slewed: clock.step_budget is spent";
    if (clock_steps(&e->clock).refused)
        return "the sources are a step away, and clock.step_budget is spent";
    for (uint32_t i = 0; i < s->source_count; i++)
        by_state[s->source[i].state]++;
    if (s->source_count == 0)
        return "no source is configured";
    if (e->clock.policy.panic_logged)
        return "the sources say that the clock is off by more than clock.panic_threshold, and are not followed";
    if (e->bootstrap > 0)
        return "this machine's clock is dead: waiting for enough sources with NTS to agree";
    if (e->clock.policy.split_logged)
        return "the sources disagree and none has a majority";
    if (by_state[SOURCE_SELECTED] > 0 && e->clock.policy.orphan)
        return "no source gives UTC: following the local reference of the group";
    if (by_state[SOURCE_SELECTED] > 0)
        return "";
    if (by_state[SOURCE_OFFLINE] == s->source_count)
        return "every source was taken offline";
    if (by_state[SOURCE_RESOLVING] == s->source_count)
        return "no source's name could be resolved yet";
    if (by_state[SOURCE_KEYLESS] == s->source_count)
        return "no source has given NTS keys yet";
    if (by_state[SOURCE_UNREACHABLE] + by_state[SOURCE_RESOLVING] + by_state[SOURCE_KEYLESS] == s->source_count)
        return only_references(e) ? "no reference clock gives time: does its program run, and has the receiver a fix?"
                                  : "no source answers: is UDP port 123 open to the outside?";
    if (by_state[SOURCE_REFUSED] == s->source_count)
        return "the sources refuse us, or say that their time is not to be used";
    if (by_state[SOURCE_FALSETICKER] > 0)
        return "the sources disagree and none has a majority";
    return "waiting for the first answers";
}

static struct snapshot_limits picture_of_limits(const struct clock_options *o)
{
    return (struct snapshot_limits){
        .max_frequency_ppm = o->clock.max_frequency, .max_slew_ppm = o->clock.max_slew, .step_threshold = o->clock.step_threshold,
        .panic_threshold = o->clock.panic_threshold, .step_limit = (uint32_t)o->clock.step_limit, .min_sources = (uint16_t)o->clock.min_sources,
        .local_stratum = o->local.present ? (uint16_t)o->local.stratum : 0, .local_error = o->local.error,
    };
}

void engine_snapshot(const struct engine *e, struct mono_ns now, struct snapshot *out)
{
    struct clock_drift d = clock_drift(&e->clock);
    struct clock_steps steps = clock_steps(&e->clock);
    struct clock_leap_view leap = clock_leap_view(&e->clock, now);

    memset(out, 0, sizeof *out);
    out->page = *engine_page(e);
    out->page.system_clock_error = e->steering.error;
    out->now = now;
    out->freq_ppm = d.freq_ppm;
    out->skew_ppm = d.skew_ppm;
    out->wander = clock_wander(&e->clock);
    out->holdover_max_error = e->options.clock.holdover.max_error;
    out->limits = picture_of_limits(&e->options.clock);
    out->max_drift_ppm = e->options.clock.clock.max_drift;
    out->max_drift_silent_ppm = e->options.clock.clock.max_drift_silent;
    snprintf(out->leap_source, sizeof out->leap_source, "%s", leap.from);
    out->leap_expires.ns = leap.expires.ns == INT64_MIN ? 0 : leap.expires.ns;
    out->uptime = mono_sub(now, e->started);
    out->steps = e->steering.on ? e->system_steps : e->steps;
    out->stepped = steps.stepped;
    out->step_budget = e->options.clock.clock.step_budget;
    out->histogram[HISTOGRAM_OFFSET] = e->offsets;
    out->histogram[HISTOGRAM_DELAY] = e->delays;
    pictures_of_sources(e, now, out);
    snprintf(out->hint, sizeof out->hint, "%.95s", hint(e, out));
}
