/* A server of the story: a page made of the truth and its lies, answered by the same code as in production. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/client.h"

#define LATE_NS (INT64_C(3600) * NS_PER_S) /* long after the following request */

void server_init(struct sim_node *n, unsigned index, const struct attributes *a)
{
    n->s.stratum = attr_given(a, ATTR_STRATUM) ? (uint8_t)a->value[ATTR_STRATUM] : 1;
    n->s.error = (struct dur_ns){ (int64_t)a->value[ATTR_ERROR] };
    n->s.root_dispersion = n->s.error;
    n->s.root_delay = (struct dur_ns){ (int64_t)a->value[ATTR_ROOT_DELAY] };
    n->s.refid = n->s.stratum == 1 ? NTP_REFID('S', 'I', 'M', 0) : NTP_REFID(198, 51, 100, index & 0xff);
}

/* On the day before the leap second all servers announce it, if the story does not say otherwise; who smears does not. */
static enum leap announced(const struct sim_world *w, const struct sim_server *s)
{
    int64_t left_ns = tai_sub(w->leap_at, w->now).ns;

    if (s->leap_told || w->leap_delta_s == 0 || left_ns <= 0 || left_ns > 86400 * NS_PER_S)
        return (enum leap)s->leap;
    return w->leap_delta_s > 0 ? LEAP_INSERT : LEAP_DELETE;
}

void server_page(const struct sim_world *w, const struct sim_node *n, struct page_data *out)
{
    const struct sim_server *s = &n->s;
    struct tai_ns now = w->now;
    double drifted_ns = s->drift * (double)tai_sub(now, s->drift_from).ns;
    struct mono_ns raw = { now.ns };

    *out = (struct page_data){
        .raw_ref = raw, .slew_end = raw, .heartbeat = raw,
        .tai_ref = tai_add(now, (struct dur_ns){ ns_add(s->lie.ns, llround(drifted_ns)) }),
        .early = s->root_dispersion, .late = s->root_dispersion,
        .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER,
        .leap_at = w->leap_delta_s ? w->leap_at : (struct tai_ns){ INT64_MAX }, .leap_delta_s = w->leap_delta_s, .root_delay = s->root_delay,
        .tai_minus_utc_s = SIM_TAI_MINUS_UTC_S, .refid = s->refid,
        .status = s->lost ? CLOCK_UNSYNCHRONISED : CLOCK_SYNCHRONISED,
        .leap = (uint8_t)(s->lost ? LEAP_UNKNOWN : announced(w, s)), .stratum = s->lost ? 0 : s->stratum, .precision_log2 = -25,
    };
    out->reference_time = tai_to_utc(tai_add(out->tai_ref, (struct dur_ns){ -8 * NS_PER_S }), SIM_TAI_MINUS_UTC_S);
    /* dispersion stands for the whole bound: page_view counts half the root delay in it */
    out->early = out->late = dur_add(out->early, (struct dur_ns){ s->root_delay.ns / 2 });
}

static void reply(struct sim_world *w, struct sim_node *n, enum tamper t, const struct sim_event *answer)
{
    unsigned self = (unsigned)(n - w->node);
    struct sim_event e = *answer;
    struct tai_ns at = tai_add(w->now, (struct dur_ns){ SIM_SERVICE_NS + n->s.leaves_late.ns + (t == TAMPER_LATE ? LATE_NS : 0) });

    e.len = tamper_apply(t, e.bytes, e.len, n->s.kiss, &n->prng);
    if (t == TAMPER_PORT)
        e.from_port = TAMPERED_PORT;
    world_send(w, at, &e, self, answer->node);
    if (t == TAMPER_TWICE)
        world_send(w, at, &e, self, answer->node);
}

/* As the daemon does by default: departures are remembered for who asks for them. */
static struct interleave *departures(struct sim_node *n)
{
    if (!n->interleave) {
        n->interleave = calloc(1, sizeof *n->interleave);
        if (!n->interleave)
            abort();
        interleave_init(n->interleave, &(struct guard_key){ 1, 2 }); /* nobody forges here */
    }
    return n->interleave;
}

static bool asks_interleaved(const struct sim_event *request)
{
    return request->len == NTP_HEADER_SIZE && ntp_server_is_interleaved(request->bytes);
}

void server_receive(struct sim_world *w, struct sim_node *n, const struct sim_event *request)
{
    struct sim_event answer = { .kind = SIM_PACKET, .node = request->from, .from = request->node, .number = SIM_ANSWER };
    struct serve_request r = { .service = SERVICE_NTP, .bytes = { request->bytes, request->len }, .from = w->node[request->from].addr, .to = n->addr };
    uint8_t out[SERVE_ANSWER_MAX];
    struct serve_options options = w->serve;
    struct page_data page;
    size_t len = 0;

    if (n->client) {
        if (!client_serves(n) || n->c.asleep)
            return;
        oscillator_advance(&n->oscillator, w->now, &n->prng);
        r.rx = n->oscillator.raw;
        page = n->c.page;
    } else {
        r.rx = (struct mono_ns){ w->now.ns };
        server_page(w, n, &page);
        r.smeared = n->s.smear != SMEAR_NONE;
        options.ntp.smear = (uint8_t)(r.smeared ? n->s.smear - 1 : 0);
    }
    answer.from_port = NTP_PORT;
    answer.exchange = request->exchange;
    r.from.port = request->from_port;
    r.tx = mono_add(r.rx, (struct dur_ns){ SIM_SERVICE_NS });
    if (asks_interleaved(request))
        options.interleave = departures(n);
    if (n->s.silent || serve_datagram(&options, &page, &r, &n->c.stats, out, &len) != VERDICT_ANSWERED)
        return;
    if (serve_wants_stamp(&options, &r, out))
        serve_left(&options, &page, r.smeared, &r.from, (struct span){ out, len }, mono_add(r.tx, n->s.leaves_late));
    memcpy(answer.bytes, out, len);
    answer.len = (uint8_t)len;
    if (n->s.forge != TAMPER_NOTHING)
        reply(w, n, n->s.forge, &answer);
    reply(w, n, n->s.tamper, &answer);
}
