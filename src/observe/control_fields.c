#include "observe/control_fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* May a field of n bytes be read? After the first that is missing none is. */
static bool codec_has(struct control_codec *x, size_t n)
{
    if (cursor_left(&x->in) < n)
        x->ended = true;
    return !x->ended;
}

static void field_u8(struct control_codec *x, uint8_t *v)
{
    if (x->writing)
        writer_u8(&x->out, *v);
    else if (codec_has(x, 1))
        *v = cursor_u8(&x->in);
}

static void field_u16(struct control_codec *x, uint16_t *v)
{
    if (x->writing)
        writer_u16(&x->out, *v);
    else if (codec_has(x, 2))
        *v = cursor_u16(&x->in);
}

static void field_u32(struct control_codec *x, uint32_t *v)
{
    if (x->writing)
        writer_u32(&x->out, *v);
    else if (codec_has(x, 4))
        *v = cursor_u32(&x->in);
}

static void field_u64(struct control_codec *x, uint64_t *v)
{
    if (x->writing)
        writer_u64(&x->out, *v);
    else if (codec_has(x, 8))
        *v = cursor_u64(&x->in);
}

static void field_i8(struct control_codec *x, int8_t *v)
{
    uint8_t u = (uint8_t)*v;

    field_u8(x, &u);
    *v = (int8_t)u;
}

static void field_i32(struct control_codec *x, int32_t *v)
{
    uint32_t u = (uint32_t)*v;

    field_u32(x, &u);
    *v = (int32_t)u;
}

static void field_ns(struct control_codec *x, int64_t *ns)
{
    uint64_t u = (uint64_t)*ns;

    field_u64(x, &u);
    *ns = (int64_t)u;
}

/* An IEEE 754 double by its bits; what is not finite becomes 0. */
static void field_double(struct control_codec *x, double *v)
{
    uint64_t u;

    memcpy(&u, v, sizeof u);
    field_u64(x, &u);
    memcpy(v, &u, sizeof u);
    if (!isfinite(*v))
        *v = 0;
}

void control_field_text(struct control_codec *x, char *text, size_t size)
{
    uint8_t len = (uint8_t)strnlen(text, size - 1);
    struct span s;

    field_u8(x, &len);
    if (x->writing) {
        writer_bytes(&x->out, text, len);
        return;
    }
    if (!codec_has(x, len))
        return;
    s = cursor_take(&x->in, len);
    if (s.len >= size)
        s.len = size - 1;
    len = (uint8_t)strnlen((const char *)s.at, s.len);
    memcpy(text, s.at, len);
    memset(text + len, 0, size - len);
}

static void field_addr(struct control_codec *x, struct net_addr *a)
{
    field_u8(x, &a->family);
    field_u16(x, &a->port);
    field_u32(x, &a->scope);
    for (size_t i = 0; i < sizeof a->bytes; i++)
        field_u8(x, &a->bytes[i]);
}

static void limit_fields(struct control_codec *x, struct snapshot_limits *l)
{
    field_double(x, &l->max_frequency_ppm);
    field_double(x, &l->max_slew_ppm);
    field_ns(x, &l->step_threshold.ns);
    field_ns(x, &l->panic_threshold.ns);
    field_u32(x, &l->step_limit);
    field_u16(x, &l->min_sources);
    field_u16(x, &l->local_stratum);
    field_ns(x, &l->local_error.ns);
}

void control_daemon_fields(struct control_codec *x, struct snapshot *s)
{
    control_field_text(x, s->version, sizeof s->version);
    control_field_text(x, s->clock_mode, sizeof s->clock_mode);
    control_field_text(x, s->clock_reason, sizeof s->clock_reason);
    control_field_text(x, s->hint, sizeof s->hint);
    field_ns(x, &s->now.ns);
    field_double(x, &s->freq_ppm);
    field_double(x, &s->skew_ppm);
    field_double(x, &s->max_drift_ppm);
    field_double(x, &s->max_drift_silent_ppm);
    field_ns(x, &s->uptime.ns);
    field_u64(x, &s->steps);
    control_field_text(x, s->leap_source, sizeof s->leap_source);
    field_ns(x, &s->leap_expires.ns);
    field_double(x, &s->wander);
    field_ns(x, &s->holdover_max_error.ns);
    field_ns(x, &s->stepped.ns);
    field_ns(x, &s->step_budget.ns);
    field_u64(x, &s->control_denied);
    field_u32(x, &s->reloads);
    field_ns(x, &s->certificate_expires.ns);
    field_u64(x, &s->handshakes);
    field_u64(x, &s->handshakes_granted);
    field_u64(x, &s->answers_unsent);
    field_u64(x, &s->connections_put_off);
    limit_fields(x, &s->limits);
    field_u8(x, &s->others_hidden);
}

void control_page_fields(struct control_codec *x, struct page_data *p)
{
    field_ns(x, &p->raw_ref.ns);
    field_ns(x, &p->tai_ref.ns);
    field_double(x, &p->rate);
    field_ns(x, &p->slew.ns);
    field_ns(x, &p->slew_end.ns);
    field_ns(x, &p->early.ns);
    field_ns(x, &p->late.ns);
    field_double(x, &p->growth);
    field_double(x, &p->growth_silent);
    field_ns(x, &p->silent_at.ns);
    field_ns(x, &p->holdover_at.ns);
    field_ns(x, &p->free_running_at.ns);
    field_ns(x, &p->leap_at.ns);
    field_ns(x, &p->root_delay.ns);
    field_ns(x, &p->reference_time.ns);
    field_ns(x, &p->system_clock_error.ns);
    field_ns(x, &p->heartbeat.ns);
    field_i32(x, &p->tai_minus_utc_s);
    field_i32(x, &p->leap_delta_s);
    field_u32(x, &p->refid);
    field_u8(x, &p->status);
    field_u8(x, &p->leap);
    field_u8(x, &p->stratum);
    field_i8(x, &p->precision_log2);
    field_u8(x, &p->sources_total);
    field_u8(x, &p->sources_reachable);
    field_u8(x, &p->sources_selected);
    field_u8(x, &p->sources_false);
    field_ns(x, &p->asleep.ns);
    field_u64(x, &p->disruption);
}

/* VERDICT_COUNT: none that is known here. */
static int verdict_from_label(const char *label)
{
    int v = 0;

    while (v < VERDICT_COUNT && strcmp(label, verdict_label((enum verdict)v)) != 0)
        v++;
    return v;
}

/* Counters that are not 0: how many u8, then { label | count u64 }. */
static void verdict_fields(struct control_codec *x, uint64_t verdict[VERDICT_COUNT])
{
    uint8_t n = 0, v = 0;

    for (int i = 0; i < VERDICT_COUNT; i++)
        n = (uint8_t)(n + (verdict[i] != 0));
    field_u8(x, &n);
    for (uint8_t i = 0; i < n && !x->ended; i++) {
        char label[32] = "";
        uint64_t count = 0;
        int known;

        if (x->writing) {
            while (verdict[v] == 0)
                v++;
            snprintf(label, sizeof label, "%s", verdict_label((enum verdict)v));
            count = verdict[v++];
        }
        control_field_text(x, label, sizeof label);
        field_u64(x, &count);
        known = verdict_from_label(label);
        if (!x->writing && known != VERDICT_COUNT)
            verdict[known] = count;
    }
}

void control_source_fields(struct control_codec *x, struct snapshot_source *s)
{
    control_field_text(x, s->name, sizeof s->name);
    field_addr(x, &s->addr);
    field_u8(x, &s->state);
    field_u8(x, &s->pool);
    field_u8(x, &s->prefer);
    field_u8(x, &s->reach);
    field_u8(x, &s->stratum);
    field_u8(x, &s->leap);
    field_u8(x, &s->stamp);
    field_u8(x, &s->interleaved);
    field_i8(x, &s->poll_log2);
    field_u32(x, &s->refid);
    field_ns(x, &s->offset.ns);
    field_ns(x, &s->delay.ns);
    field_ns(x, &s->jitter.ns);
    field_ns(x, &s->bound.ns);
    field_ns(x, &s->root_delay.ns);
    field_ns(x, &s->root_dispersion.ns);
    field_ns(x, &s->last_answer_age.ns);
    field_u64(x, &s->sent);
    field_u64(x, &s->accepted);
    field_u64(x, &s->dropped);
    verdict_fields(x, s->verdict);
    field_i8(x, &s->min_poll_log2);
    field_i8(x, &s->max_poll_log2);
    field_ns(x, &s->delay_floor.ns);
    field_ns(x, &s->delay_excess.ns);
    field_ns(x, &s->certificate_expires.ns);
    field_u8(x, &s->auth);
    field_u8(x, &s->cookies);
    field_u32(x, &s->key_id);
}

void control_service_fields(struct control_codec *x, struct snapshot_service *s)
{
    control_field_text(x, s->name, sizeof s->name);
    field_u64(x, &s->requests);
    verdict_fields(x, s->verdict);
    field_ns(x, &s->ahead.ns);
}

void control_card_fields(struct control_codec *x, struct snapshot_card *s)
{
    control_field_text(x, s->name, sizeof s->name);
    field_u8(x, &s->on);
    control_field_text(x, s->text, sizeof s->text);
}

void control_problem_fields(struct control_codec *x, struct problem *p)
{
    char id[PROBLEM_ID_MAX] = "";
    int kind;

    if (x->writing)
        snprintf(id, sizeof id, "%s", problem_text((enum problem_kind)p->kind)->id);
    control_field_text(x, id, sizeof id);
    control_field_text(x, p->subject, sizeof p->subject);
    control_field_text(x, p->detail, sizeof p->detail);
    field_ns(x, &p->age.ns);
    kind = problem_from_id(id);
    p->kind = (uint8_t)(kind < 0 ? PROBLEM_KINDS : kind);
}

void control_client_fields(struct control_codec *x, struct snapshot_client *c)
{
    field_addr(x, &c->net);
    field_u8(x, &c->bits);
    field_u8(x, &c->blocked);
    field_u32(x, &c->requests);
    field_u32(x, &c->refused);
    field_double(x, &c->per_second);
    field_ns(x, &c->last_age.ns);
}

void control_histogram_fields(struct control_codec *x, uint8_t *which, struct histogram *h)
{
    uint8_t n = sizeof h->count / sizeof h->count[0];

    field_u8(x, which);
    field_ns(x, &h->sum_ns);
    field_u8(x, &n);
    for (uint8_t i = 0; i < n && i <= HISTOGRAM_LIMITS; i++)
        field_u64(x, &h->count[i]);
}

void control_process_fields(struct control_codec *x, struct snapshot_process *p)
{
    control_field_text(x, p->role, sizeof p->role);
    field_u32(x, &p->restarts);
}

void control_clients_fields(struct control_codec *x, struct snapshot_clients *c)
{
    field_u8(x, &c->counted);
    field_u32(x, &c->known);
    field_double(x, &c->ever);
}

void control_access_fields(struct control_codec *x, struct snapshot_access *a)
{
    field_addr(x, &a->from);
    control_field_text(x, a->service, sizeof a->service);
    control_field_text(x, a->listener, sizeof a->listener);
    field_u32(x, &a->listeners);
    control_field_text(x, a->action, sizeof a->action);
    field_u8(x, &a->matched);
    field_u32(x, &a->item);
    control_field_text(x, a->net, sizeof a->net);
    control_field_text(x, a->place, sizeof a->place);
    field_u8(x, &a->logged);
    control_client_fields(x, &a->client);
}

void control_question_fields(struct control_codec *x, struct control_request *r)
{
    if (r->verb == CONTROL_VERB_CLIENTS)
        field_u16(x, &r->clients);
    if (r->verb == CONTROL_VERB_SOURCE)
        field_u8(x, &r->act);
    if (r->verb == CONTROL_VERB_SOURCE || r->verb == CONTROL_VERB_LOG_LEVEL)
        control_field_text(x, r->text, sizeof r->text);
    if (r->verb == CONTROL_VERB_LOG_LEVEL)
        control_field_text(x, r->level, sizeof r->level);
    if (r->verb != CONTROL_VERB_ACCESS)
        return;
    field_addr(x, &r->from);
    control_field_text(x, r->service, sizeof r->service);
    field_addr(x, &r->listener);
    control_field_text(x, r->interface, sizeof r->interface);
}
