/* Reference clocks: samples come by themselves, about one a second; the clock gets the middle one of each poll.
 *
 *   EVENT_REFERENCE --> the poll's samples --poll over--> middle one --> exchanges_measured --> clock
 *                                           `--none--> exchanges_missed
 *
 * A sample is a measurement of stratum 0 without a round trip. What it is worth is the operator's word: root dispersion is the declared `error`, and each of
 * the samples lies within it, so the middle one does. In the beginning, and when something does not fit, every sample counts at once.
 *
 * Standards: RFC 5905 section 11.1 (reference clocks are of stratum 0), its figure 12 for reference ids. */
#include <string.h>

#include "engine/state.h"

#define MIN_POLL_LOG2 2             /* asking costs nobody anything: from 4 s */
#define MAX_POLL_LOG2 4             /* to 16 s */
#define SINGLE_SAMPLES 8            /* until then there is nothing to choose from */

static uint32_t refid_of(const struct source_options *o)
{
    const char *text = o->refid.s[0] ? o->refid.s : o->sock.s[0] ? "SOCK" : "SHM";
    uint8_t b[4] = { 0 };

    for (unsigned i = 0; i < sizeof b && text[i]; i++)
        b[i] = (uint8_t)text[i];
    return NTP_REFID(b[0], b[1], b[2], b[3]);
}

static struct clock_source_options options_for_clock(const struct engine *e, const struct slot *s)
{
    const struct source_options *o = slot_options(e, s);

    return (struct clock_source_options){ .name = slot_name(s), .refid = refid_of(o), .prefer = o->prefer, .min_poll_log2 = MIN_POLL_LOG2,
                                          .max_poll_log2 = MAX_POLL_LOG2 };
}

/* What status shows of a server's last answer. */
static void show(const struct engine *e, struct slot *s, uint8_t leap)
{
    const struct source_options *o = slot_options(e, s);

    s->client.last = (struct ntp_header){ .version = NTP_VERSION, .leap = leap, .refid = refid_of(o), .root_dispersion = ntp_short32_from_dur_up(o->error) };
}

static void next_poll(struct engine *e, struct slot *s)
{
    s->reference.count = 0;
    s->reference.refused = false;
    s->reference.next = mono_add(e->now, s->client.poll);
}

void references_fill(struct engine *e, struct slot *s, struct clock_source_options *so)
{
    memset(&s->client, 0, sizeof s->client);
    s->client.options.min_poll_log2 = MIN_POLL_LOG2;
    s->client.options.max_poll_log2 = MAX_POLL_LOG2;
    s->client.state = NTP_CLIENT_STOPPED; /* nothing is ever sent */
    s->client.next = MONO_NEVER;
    s->client.silent_since = s->unanswered_since = e->now;
    ntp_client_set_poll(&s->client, dur_from_log2(MIN_POLL_LOG2));
    show(e, s, LEAP_NONE);
    next_poll(e, s);
    *so = options_for_clock(e, s);
}

void references_settle(struct engine *e, struct slot *s)
{
    const struct clock_source_options so = options_for_clock(e, s);

    show(e, s, s->client.last.leap);
    clock_source_change(&e->clock, slot_index(e, s), &so);
}

static int64_t against_page(const struct engine *e, const struct reference_sample *r)
{
    return utc_sub(r->utc, page_utc(engine_page(e), r->at)).ns;
}

/* Sorted by insertion: they are few. Of an even number the oldest is left out, since the upper of two middle ones would lean to one side. */
static const struct reference_sample *middle_of(const struct engine *e, struct reference *r)
{
    if (r->count % 2 == 0)
        memmove(r->sample, r->sample + 1, --r->count * sizeof r->sample[0]);
    for (unsigned i = 1; i < r->count; i++) {
        struct reference_sample x = r->sample[i];
        unsigned k = i;

        for (; k > 0 && against_page(e, &r->sample[k - 1]) > against_page(e, &x); k--)
            r->sample[k] = r->sample[k - 1];
        r->sample[k] = x;
    }
    return &r->sample[r->count / 2];
}

static void measure(struct engine *e, struct slot *s)
{
    static const struct net_addr nobody = { .family = ADDR_NONE };
    const struct source_options *o = slot_options(e, s);
    const struct reference_sample *middle = middle_of(e, &s->reference);
    struct dur_ns reading = dur_from_log2(e->precision_log2);
    struct measurement m = {
        .leap = middle->leap, .stamp = STAMP_USER, .refid = refid_of(o), .at = middle->at, .utc = utc_add(middle->utc, o->offset),
        .dispersion = dur_add(middle->error, reading), .root_dispersion = o->error,
    };

    s->client.stats.sent++;
    s->client.stats.verdict[VERDICT_ACCEPTED]++;
    s->client.reach = (uint8_t)(s->client.reach << 1 | 1);
    s->client.missed = 0;
    s->client.silent_since = s->unanswered_since = middle->at;
    show(e, s, middle->leap);
    exchanges_measured(e, s, &m, &nobody);
    next_poll(e, s);
}

static void miss(struct engine *e, struct slot *s)
{
    s->client.stats.sent++;
    s->client.stats.timed_out++;
    s->client.reach = (uint8_t)(s->client.reach << 1);
    if (s->client.missed < UINT8_MAX)
        s->client.missed++;
    if (!s->reference.refused)
        s->unusable = 0; /* nothing came at all */
    exchanges_missed(e, s);
    next_poll(e, s);
}

static void keep(struct reference *r, const struct event *ev)
{
    if (r->count == REFERENCE_SAMPLES)
        memmove(r->sample, r->sample + 1, --r->count * sizeof r->sample[0]);
    r->sample[r->count++] = (struct reference_sample){ ev->u.reference.at, ev->u.reference.utc, ev->u.reference.error, ev->u.reference.leap };
}

static bool is_urgent(const struct engine *e, const struct slot *s)
{
    return s->client.stats.verdict[VERDICT_ACCEPTED] < SINGLE_SAMPLES || s->client.reach == 0 || clock_burst(&e->clock, slot_index(e, s)).ns > 0;
}

/* Of the moment, not of the source. */
static bool passes(enum verdict why) { return why == VERDICT_REF_TORN || why == VERDICT_REF_STEPPED; }

void references_said(struct engine *e, const struct event *ev)
{
    struct slot *s = ev->u.reference.configured < e->options.source_count ? sources_slot_of(e, ev->u.reference.configured) : NULL;

    if (!s || !slot_is_reference(e, s))
        return;
    if (slot_is_offline(e, s)) {
        s->client.stats.verdict[VERDICT_OFFLINE]++;
        return;
    }
    if (ev->u.reference.why != VERDICT_ACCEPTED) {
        s->client.stats.verdict[ev->u.reference.why]++;
        if (passes(ev->u.reference.why))
            return;
        s->reference.refused = true;
        exchanges_refused(e, s, ev->u.reference.why);
        return;
    }
    keep(&s->reference, ev);
    if (is_urgent(e, s))
        measure(e, s);
}

void references_tick(struct engine *e)
{
    for (unsigned i = 0; i < e->slots && engine_has_room(e); i++) {
        struct slot *s = &e->slot[i];

        if (!s->used || !slot_is_reference(e, s) || mono_before(e->now, s->reference.next))
            continue;
        if (slot_is_offline(e, s))
            next_poll(e, s);
        else if (s->reference.count > 0)
            measure(e, s);
        else
            miss(e, s);
    }
}

struct mono_ns references_next(const struct engine *e)
{
    struct mono_ns next = MONO_NEVER;

    for (unsigned i = 0; i < e->slots; i++)
        if (e->slot[i].used && slot_is_reference(e, &e->slot[i]))
            next = mono_min(next, e->slot[i].reference.next);
    return next;
}
