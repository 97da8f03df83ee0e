#include "observe/snapshot_json.h"

#include <stdio.h>

static void instant(struct json *j, const char *text_key, const char *ns_key, struct utc_ns t)
{
    char text[CIVIL_TEXT_MAX];

    json_text(j, text_key, utc_to_text(t, 9, text));
    json_int(j, ns_key, t.ns);
}

static void instant_or_null(struct json *j, const char *text_key, const char *ns_key, struct utc_ns t)
{
    if (t.ns)
        instant(j, text_key, ns_key, t);
    else
        json_null(j, text_key);
}

void snapshot_json_daemon(struct json *j, const struct snapshot *s)
{
    json_object(j, "daemon");
    json_text(j, "version", s->version);
    json_int(j, "uptime_ns", s->uptime.ns);
    json_count(j, "reloads", s->reloads);
    json_count(j, "control_denied", s->control_denied);
    json_count(j, "answers_unsent", s->answers_unsent);
    json_count(j, "connections_put_off", s->connections_put_off);
    instant_or_null(j, "nts_certificate_expires", "nts_certificate_expires_ns", s->certificate_expires);
    json_count(j, "nts_handshakes", s->handshakes);
    json_count(j, "nts_handshakes_granted", s->handshakes_granted);
    json_object_end(j);
}

static void reference_id(struct json *j, uint32_t refid, unsigned stratum)
{
    char text[REFID_TEXT_MAX];

    json_text(j, "reference_id", refid_to_text(refid, stratum, text));
}

static void time_fields(struct json *j, const struct page_data *p, const struct clock_view *v)
{
    instant(j, "utc", "utc_ns", v->utc);
    json_int(j, "earliest_ns", v->earliest.ns);
    json_int(j, "latest_ns", v->latest.ns);
    json_int(j, "bound_ns", clock_view_bound(v).ns);
    json_int(j, "tai_minus_utc_s", (v->tai.ns - v->utc.ns) / NS_PER_S);
    json_int(j, "root_delay_ns", v->root_delay.ns);
    json_int(j, "root_dispersion_ns", v->root_dispersion.ns);
    if (p->reference_time.ns)
        instant(j, "reference_time", "reference_time_ns", v->reference_time);
    else
        json_null(j, "reference_time");
}

static void leap_fields(struct json *j, const struct snapshot *s, const struct clock_view *v)
{
    const struct page_data *p = &s->page;

    json_text(j, "leap", leap_text(v->leap));
    if (p->leap_delta_s)
        instant(j, "leap_at", "leap_at_ns", page_leap_midnight(p));
    else
        json_null(j, "leap_at");
    json_text(j, "leap_source", s->leap_source);
    instant_or_null(j, "leap_source_expires", "leap_source_expires_ns", s->leap_expires);
}

static void machine_fields(struct json *j, const struct snapshot *s)
{
    json_text(j, "mode", s->clock_mode);
    json_text(j, "mode_reason", s->clock_reason);
    json_double(j, "frequency_ppm", s->freq_ppm);
    json_double(j, "skew_ppm", s->skew_ppm);
    json_double(j, "wander", s->wander);
    json_double(j, "max_drift_ppm", s->max_drift_ppm);
    json_double(j, "max_drift_silent_ppm", s->max_drift_silent_ppm);
    json_double(j, "max_frequency_ppm", s->limits.max_frequency_ppm);
    if (s->limits.local_stratum > 0)
        json_int(j, "local_error_ns", s->limits.local_error.ns);
    else
        json_null(j, "local_error_ns");
    json_int(j, "system_clock_error_ns", s->page.system_clock_error.ns);
    json_count(j, "steps", s->steps);
    json_int(j, "stepped_ns", s->stepped.ns);
    json_int(j, "step_budget_ns", s->step_budget.ns);
    json_int(j, "heartbeat_age_ns", mono_sub(s->now, s->page.heartbeat).ns);
}

void snapshot_json_clock(struct json *j, const struct snapshot *s)
{
    const struct page_data *p = &s->page;
    struct clock_view v;

    page_view(p, s->now, &v);
    json_object(j, "clock");
    json_text(j, "status", clock_status_text(v.status));
    json_bool(j, "usable", v.stratum != 0);
    json_text(j, "hint", s->hint);
    json_int(j, "stratum", v.stratum);
    reference_id(j, v.refid, v.stratum);
    time_fields(j, p, &v);
    leap_fields(j, s, &v);
    machine_fields(j, s);
    json_int(j, "sources_total", p->sources_total);
    json_int(j, "sources_reachable", p->sources_reachable);
    json_int(j, "sources_selected", p->sources_selected);
    json_int(j, "sources_false", p->sources_false);
    json_object_end(j);
}

static void address(struct json *j, const struct net_addr *a)
{
    char text[ADDR_TEXT_MAX];

    if (a->family == ADDR_NONE)
        json_null(j, "address");
    else
        json_text(j, "address", addr_to_text(a, text));
}

/* Only what was measured; a source that never answered has nulls, not zeros. */
static void measured(struct json *j, const struct snapshot_source *s)
{
    const struct { const char *key; int64_t ns; } rows[] = {
        { "offset_ns", s->offset.ns },
        { "bound_ns", s->bound.ns },
        { "delay_ns", s->delay.ns },
        { "delay_floor_ns", s->delay_floor.ns },
        { "delay_excess_ns", s->delay_excess.ns },
        { "jitter_ns", s->jitter.ns },
        { "root_delay_ns", s->root_delay.ns },
        { "root_dispersion_ns", s->root_dispersion.ns },
        { "last_answer_age_ns", s->last_answer_age.ns },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (s->last_answer_age.ns < 0)
            json_null(j, rows[i].key);
        else
            json_int(j, rows[i].key, rows[i].ns);
}

/* Only those that are not 0. */
static void verdicts(struct json *j, const uint64_t verdict[VERDICT_COUNT])
{
    json_object(j, "verdicts");
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (verdict[v])
            json_count(j, verdict_label((enum verdict)v), verdict[v]);
    json_object_end(j);
}

static void counters(struct json *j, const struct snapshot_source *s)
{
    json_count(j, "sent", s->sent);
    json_count(j, "accepted", s->accepted);
    json_count(j, "dropped", s->dropped);
    verdicts(j, s->verdict);
}

static void count_or_null(struct json *j, const char *key, bool known, uint32_t count)
{
    if (known)
        json_count(j, key, count);
    else
        json_null(j, key);
}

static void authentication(struct json *j, const struct snapshot_source *s)
{
    json_text(j, "authentication", source_auth_text((enum source_auth)s->auth));
    count_or_null(j, "key_id", s->auth == SOURCE_AUTH_KEY, s->key_id);
    count_or_null(j, "cookies", s->auth == SOURCE_AUTH_NTS, s->cookies);
}

static void source(struct json *j, const struct snapshot_source *s)
{
    json_object(j, NULL);
    json_text(j, "name", s->name);
    address(j, &s->addr);
    json_text(j, "state", source_state_text((enum source_state)s->state));
    json_bool(j, "pool", s->pool);
    json_bool(j, "prefer", s->prefer);
    json_int(j, "reach", s->reach);
    json_int(j, "poll_log2_s", s->poll_log2);
    json_int(j, "stratum", s->stratum);
    json_text(j, "leap", leap_text((enum leap)s->leap));
    reference_id(j, s->refid, s->stratum);
    json_text(j, "stamp", stamp_text((enum stamp)s->stamp));
    json_bool(j, "interleaved", s->interleaved);
    authentication(j, s);
    instant_or_null(j, "certificate_expires", "certificate_expires_ns", s->certificate_expires);
    measured(j, s);
    counters(j, s);
    json_object_end(j);
}

void snapshot_json_sources(struct json *j, const struct snapshot *s)
{
    json_array(j, "sources");
    for (uint32_t i = 0; i < s->source_count; i++)
        source(j, &s->source[i]);
    json_array_end(j);
}

static void interfaces(struct json *j, const char *name, const struct snapshot_card *card, uint32_t count)
{
    json_array(j, name);
    for (uint32_t i = 0; i < count; i++) {
        json_object(j, NULL);
        json_text(j, "interface", card[i].name);
        json_bool(j, "on", card[i].on);
        json_text(j, "detail", card[i].text);
        json_object_end(j);
    }
    json_array_end(j);
}

void snapshot_json_cards(struct json *j, const struct snapshot *s)
{
    interfaces(j, "hardware_timestamps", s->card, s->card_count);
    interfaces(j, "xdp", s->xdp, s->xdp_count);
}

void snapshot_json_services(struct json *j, const struct snapshot *s)
{
    json_array(j, "services");
    for (uint32_t i = 0; i < s->service_count; i++) {
        json_object(j, NULL);
        json_text(j, "name", s->service[i].name);
        json_count(j, "requests", s->service[i].requests);
        verdicts(j, s->service[i].verdict);
        json_int(j, "transmit_ahead_ns", s->service[i].ahead.ns);
        json_object_end(j);
    }
    json_array_end(j);
}

void snapshot_json_problems(struct json *j, const struct snapshot *s)
{
    char text[PROBLEM_SENTENCE_MAX];

    json_array(j, "problems");
    for (uint32_t i = 0; i < s->problems.count; i++) {
        const struct problem *p = &s->problems.item[i];
        const struct problem_text *t = problem_text((enum problem_kind)p->kind);

        json_object(j, NULL);
        json_text(j, "id", t->id);
        json_text(j, "subject", p->subject);
        json_bool(j, "grave", t->grave);
        json_int(j, "age_ns", p->age.ns);
        json_text(j, "sentence", problem_sentence(p, text));
        json_text(j, "cause", problem_say(p, t->cause, text, sizeof text));
        json_text(j, "fix", problem_say(p, t->fix, text, sizeof text));
        json_object_end(j);
    }
    json_array_end(j);
}

static const char *prefix_text(const struct snapshot_client *c, char *out, size_t size)
{
    char net[ADDR_TEXT_MAX];

    snprintf(out, size, "%s/%u", addr_to_text(&c->net, net), c->bits);
    return out;
}

static void client_object(struct json *j, const char *key, const struct snapshot_client *c)
{
    char prefix[ADDR_TEXT_MAX + 8];

    json_object(j, key);
    json_text(j, "prefix", prefix_text(c, prefix, sizeof prefix));
    json_int(j, "requests", c->requests);
    json_double(j, "per_second", c->per_second);
    json_int(j, "last_age_ns", c->last_age.ns);
    json_int(j, "refused_in_a_row", c->refused);
    json_bool(j, "blocked", c->blocked);
    json_object_end(j);
}

void snapshot_json_clients(struct json *j, const struct snapshot *s)
{
    const struct snapshot_clients *c = &s->clients;

    json_object(j, "clients");
    json_bool(j, "counted", c->counted);
    json_int(j, "known", c->known);
    json_double(j, "ever", c->ever);
    json_array(j, "list");
    for (uint32_t i = 0; i < c->count; i++)
        client_object(j, NULL, &c->client[i]);
    json_array_end(j);
    json_object_end(j);
}

static void rule_object(struct json *j, const struct snapshot_access *a)
{
    if (!a->matched) {
        json_null(j, "rule");
        return;
    }
    json_object(j, "rule");
    json_int(j, "item", a->item);
    json_text(j, "net", a->net);
    json_text(j, "written_at", a->place);
    json_object_end(j);
}

void snapshot_json_access(struct json *j, const struct snapshot *s)
{
    char from[ADDR_TEXT_MAX];

    json_array(j, "access");
    for (uint32_t i = 0; i < s->access_count; i++) {
        const struct snapshot_access *a = &s->access[i];

        json_object(j, NULL);
        json_text(j, "address", addr_to_text(&a->from, from));
        json_text(j, "service", a->service);
        json_text(j, "listener", a->listener);
        json_int(j, "listeners", a->listeners);
        json_text(j, "action", a->action);
        rule_object(j, a);
        if (a->logged)
            client_object(j, "client", &a->client);
        else
            json_null(j, "client");
        json_object_end(j);
    }
    json_array_end(j);
}
