#include "serve/serve.h"

#include <assert.h>

#include "base/smear.h"
#include "crypto/mac.h"
#include "ntp/server.h"
#include "timeproto/timeproto.h"

const char *service_name(enum service s)
{
    static const char *const name[SERVICE_COUNT] = { "NTP", "TIME", "DAYTIME" };

    assert((unsigned)s < SERVICE_COUNT);
    return name[s];
}

/* The cheap checks that need no look at the bytes. */
static enum verdict check_addresses(const struct serve_request *r)
{
    if (serve_would_loop(r->service, r->from.port))
        return VERDICT_SOURCE_PORT;
    if (!addr_is_usable_server(&r->from))
        return VERDICT_SOURCE_ADDRESS;
    if (r->to.family == ADDR_NONE)
        return VERDICT_ANSWERED;
    if (!addr_is_usable_server(&r->to))
        return VERDICT_DESTINATION;
    return addr_equal(&r->from, &r->to) ? VERDICT_SELF : VERDICT_ANSWERED;
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool is_listed(const struct option_nets *nets, const struct net_addr *a)
{
    for (uint32_t i = 0; i < nets->count; i++)
        if (nets->item[i].addr.family == a->family && same_prefix(nets->item[i].addr.bytes, a->bytes, nets->item[i].bits))
            return true;
    return false;
}

typedef enum verdict answer_fn(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a);

static struct dur_ns smear_at(const struct serve_options *o, const struct page_data *page, struct tai_ns at)
{
    return smear_offset((enum smear_law)(o->ntp.smear + 1), at, page->leap_at, page->leap_delta_s);
}

/* Who is wrong by so much is wrong by the smear of that as well. */
static void smear_view(const struct serve_options *o, const struct page_data *page, struct clock_view *v)
{
    const struct dur_ns by = smear_at(o, page, v->tai), early = utc_sub(v->earliest, v->utc), late = utc_sub(v->latest, v->utc);
    const struct dur_ns of_early = dur_sub(smear_at(o, page, tai_add(v->tai, early)), by), of_late = dur_sub(smear_at(o, page, tai_add(v->tai, late)), by);

    v->utc = utc_add(v->utc, by);
    v->reference_time = utc_add(v->reference_time, by);
    v->earliest = utc_add(v->utc, dur_add(early, of_early));
    v->latest = utc_add(v->utc, dur_add(late, of_late));
    v->root_dispersion = dur_add(v->root_dispersion, dur_max(dur_abs(of_early), dur_abs(of_late)));
    if (v->leap != LEAP_UNKNOWN)
        v->leap = LEAP_NONE;
}

#define LINE_NS (INT64_C(1) << 30)      /* how far back a line from the moment is drawn: a second and a little */
#define UNITS_PER_NS (4.294967296 * (1 << 30))

/* Served time of late as a line, unless something bent it. */
static uint64_t pace_of(const struct serve_moment *m)
{
    const struct page_data *p = m->page;
    int64_t behind_slew = mono_sub(m->tx, p->slew_end).ns, from_leap = ns_sub(m->view.tai.ns, p->leap_at.ns);
    double slope = 1 + p->rate;

    if (m->smeared || (p->leap_delta_s != 0 && from_leap > -LINE_NS && from_leap < 2 * LINE_NS))
        return 0;
    if (p->slew.ns != 0 && behind_slew >= 0 && behind_slew < LINE_NS)
        return 0;
    if (p->slew.ns != 0 && behind_slew < 0)
        slope -= (double)p->slew.ns / (double)mono_sub(p->slew_end, p->raw_ref).ns;
    return (uint64_t)(slope * UNITS_PER_NS);
}

void serve_prepare(const struct serve_options *o, const struct page_data *page, struct mono_ns tx, bool smeared, struct serve_moment *out)
{
    out->page = page;
    out->tx = tx;
    out->smeared = smeared;
    page_view(page, tx, &out->view);
    if (smeared)
        smear_view(o, page, &out->view);
    ntp_server_prepare(&out->view, &out->ntp);
    out->stamp = ntp_ts64_from_utc(out->view.utc);
    out->units_per_ns = pace_of(out);
}

/* What a listener's clock said or says at t. */
static inline struct utc_ns told(const struct serve_options *o, const struct page_data *page, bool smeared, struct mono_ns t)
{
    struct clock_view at_t;

    if (!smeared)
        return page_utc(page, t);
    page_view(page, t, &at_t);
    return utc_add(at_t.utc, smear_at(o, page, at_t.tai));
}

static struct utc_ns arrival(const struct serve_options *o, const struct page_data *page, const struct serve_request *r)
{
    return told(o, page, r->smeared, r->rx);
}

/* The same as a timestamp, by a multiplication where that will do. */
static inline struct ntp_ts64 arrival_stamp(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r)
{
    uint64_t ago = (uint64_t)mono_sub(m->tx, r->rx).ns;

    if (m->units_per_ns == 0 || ago >= (uint64_t)LINE_NS || mono_before(r->rx, m->page->raw_ref))
        return ntp_ts64_from_utc(arrival(o, m->page, r));
    return (struct ntp_ts64){ m->stamp.raw - ((ago * m->units_per_ns + LINE_NS - 1) >> 30) }; /* rather early than late */
}

static struct ntp_ts64 stamp_in(const uint8_t *packet, size_t at) { return (struct ntp_ts64){ wire_get64(packet + at) }; }

/* The basic answer becomes an interleaved one where the request names an answer whose departure is known. */
static void interleave(const struct serve_options *o, const struct serve_request *r, uint8_t *out)
{
    struct ntp_ts64 receive = stamp_in(out, NTP_AT_RECEIVE);
    struct ntp_ts64 left = interleave_turn(o->interleave, &r->from, stamp_in(r->bytes.at, NTP_AT_ORIGIN), &receive, r->rx);

    wire_put64(out + NTP_AT_RECEIVE, receive.raw);
    if (left.raw)
        ntp_server_interleave(r->bytes.at, left, out);
}

void serve_left(const struct serve_options *o, const struct page_data *page, bool smeared, const struct net_addr *to, struct span answer, struct mono_ns tx)
{
    if (o->interleave && answer.len >= NTP_HEADER_SIZE)
        interleave_left(o->interleave, to, stamp_in(answer.at, NTP_AT_RECEIVE), ntp_server_transmit(told(o, page, smeared, tx)));
}

/* How an answer is authenticated: as its request was, or not at all. Request and answer are judged and sealed in one go, NTS or MAC; what comes of a bad one is
 * thrown away. */
struct seal { struct ntp_seal mac; struct nts_session nts; };

/* Whether it is right is known when the answer is sealed. */
static bool claims_one(const struct seal *s) { return ntp_seal_is_there(&s->mac) || s->nts.unique_id.len > 0; }

static enum verdict authenticate(const struct serve_options *o, const struct ntp_server_request *request, struct seal *seal)
{
    enum verdict v;

    seal->nts.unique_id.len = 0;
    v = ntp_server_authenticate(o->keys, request, request->rx, &seal->mac);
    if (v != VERDICT_ANSWERED || !o->nts || ntp_seal_is_there(&seal->mac))
        return v;
    return nts_is_meant(seal->mac.tail.extensions) ? nts_server_begin(o->nts, request->bytes, seal->mac.tail.extensions, &seal->nts) : VERDICT_ANSWERED;
}

static enum verdict put_seal(const struct serve_options *o, struct seal *seal, struct serve_answer *a)
{
    if (seal->nts.unique_id.len > 0)
        return nts_server_finish(o->nts, &seal->nts, o->rng, a->out, SERVE_ANSWER_MAX, &a->len);
    if (!ntp_seal_is_there(&seal->mac))
        return VERDICT_ANSWERED;
    ntp_server_seal(&seal->mac, a->out, &a->len, &a->codes);
    a->waits = a->codes.m->by_two;
    return a->waits || crypto_mac_exchange(&a->codes) ? VERDICT_ANSWERED : VERDICT_MAC_WRONG;
}

/* The kiss that sends an NTS client back to key establishment (RFC 8915 section 5.7). */
static enum verdict answer_nak(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, const struct seal *seal,
                               struct serve_answer *a)
{
    const struct ntp_server_request request = { r->bytes, &r->from, arrival(o, m->page, r) };
    struct ntp_prepared header;
    enum verdict v;

    ntp_server_prepare_kiss(NTP_REFID('N', 'T', 'S', 'N'), request.rx, &header);
    v = ntp_server_reply(&o->ntp, &header, &request, a->out, &a->len);
    if (v != VERDICT_ANSWERED)
        return v;
    a->len = nts_server_nak(&seal->nts, a->out, SERVE_ANSWER_MAX);
    return VERDICT_NTS_NAK;
}

/* Nearly every request is a bare header: nothing to authenticate, nothing to seal. */
static enum verdict answer_bare(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    enum verdict v = ntp_server_reply_to(&o->ntp, &m->ntp, r->bytes, r->from.port, arrival_stamp(o, m, r), a->out, &a->len);

    if (v == VERDICT_ANSWERED && serve_wants_stamp(o, r, a->out))
        interleave(o, r, a->out);
    return v;
}

static enum verdict answer_longer(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    const struct ntp_server_request request = { r->bytes, &r->from, m->view.utc }; /* keys are as good when it leaves as when it came */
    struct seal seal;
    enum verdict v = authenticate(o, &request, &seal);

    if (v == VERDICT_ANSWERED)
        v = ntp_server_reply_to_checked(&o->ntp, &m->ntp, r->bytes.at, r->from.port, arrival_stamp(o, m, r), a->out, &a->len);
    if (v == VERDICT_ANSWERED && serve_wants_stamp(o, r, a->out))
        interleave(o, r, a->out);
    if (v == VERDICT_ANSWERED)
        v = put_seal(o, &seal, a);
    if (v != VERDICT_ANSWERED)
        a->len = 0;
    return v == VERDICT_NTS_NAK ? answer_nak(o, m, r, &seal, a) : v;
}

static enum verdict answer_at(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    return (r->bytes.len == NTP_HEADER_SIZE ? answer_bare : answer_longer)(o, m, r, a);
}

/* Two stamps of different origin may disagree by their error; an answer that left before it was asked for is thrown away. */
__attribute__((noinline)) static enum verdict answer_late(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r,
                                                          struct serve_answer *a)
{
    struct serve_moment late;

    serve_prepare(o, m->page, r->rx, m->smeared, &late);
    return answer_at(o, &late, r, a);
}

static enum verdict answer_ntp(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    return mono_before(m->tx, r->rx) ? answer_late(o, m, r, a) : answer_at(o, m, r, a);
}

/* A request of a network whose requests have to be authenticated. */
static enum verdict answer_authenticated(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    const struct ntp_server_request request = { r->bytes, &r->from, arrival(o, m->page, r) };
    struct seal seal;
    enum verdict v = r->service == SERVICE_NTP ? authenticate(o, &request, &seal) : VERDICT_UNAUTHENTICATED;

    if (v != VERDICT_ANSWERED)
        return v;
    return claims_one(&seal) ? answer_ntp(o, m, r, a) : VERDICT_UNAUTHENTICATED;
}

/* An Ethernet frame has at least 60 bytes, so that over IPv4 the four bytes are never more than what came; over IPv6 (62 bytes with no
 * payload) they are when the request holds fewer. */
static enum verdict answer_time(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    if (r->from.family == ADDR_IPV6 && r->bytes.len < TIME_SIZE && !is_listed(&o->timeproto.time.empty_udp6_from, &r->from))
        return VERDICT_NOT_LISTED;
    return time_answer(&m->view, a->out, &a->len);
}

static enum verdict answer_daytime(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    if (!is_listed(&o->timeproto.daytime.udp_from, &r->from))
        return VERDICT_NOT_LISTED;
    return daytime_answer(&m->view, a->out, &a->len);
}

/* Tell what became of it. */
static void settle(struct serve_answer *a, enum verdict v, struct serve_stats *stats)
{
    a->waits = false;
    a->verdict = v;
    stats->requests[a->service]++;
    stats->verdict[a->service][v]++;
}

/* What a kiss becomes: sent, or silence where the protocol has none or the request is no good. */
static enum verdict kiss(enum verdict v, const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_answer *a)
{
    const struct ntp_server_request request = { r->bytes, &r->from, arrival(o, m->page, r) };
    bool deny = v == VERDICT_DENY_KISS;
    struct ntp_prepared header;
    struct seal seal;
    bool sent;

    ntp_server_prepare_kiss(deny ? NTP_REFID('D', 'E', 'N', 'Y') : NTP_REFID('R', 'A', 'T', 'E'), request.rx, &header);
    sent = r->service == SERVICE_NTP && authenticate(o, &request, &seal) == VERDICT_ANSWERED
        && ntp_server_reply(&o->ntp, &header, &request, a->out, &a->len) == VERDICT_ANSWERED && put_seal(o, &seal, a) == VERDICT_ANSWERED
        && (!a->waits || crypto_mac_exchange(&a->codes));
    a->waits = false;
    if (sent)
        return v;
    a->len = 0;
    return deny ? VERDICT_DENIED : VERDICT_RATE_LIMITED;
}

bool serve_begin(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_stats *stats, struct serve_answer *a)
{
    static answer_fn *const answer[SERVICE_COUNT] = { answer_ntp, answer_time, answer_daytime };
    enum verdict v = check_addresses(r);

    assert((unsigned)r->service < SERVICE_COUNT);
    a->len = 0;
    a->service = r->service;
    a->waits = false;
    if (v == VERDICT_ANSWERED && o->guard)
        v = r->expected ? guard_check_expected(o->guard, r->expected, r->list, r->service, r->rx)
                        : guard_check(o->guard, &r->from, r->list, r->service, r->rx);
    if (v == VERDICT_ANSWERED)
        v = answer[r->service](o, m, r, a);
    else if (v == VERDICT_UNAUTHENTICATED)
        v = answer_authenticated(o, m, r, a);
    else if (v == VERDICT_DENY_KISS || v == VERDICT_RATE_KISS)
        v = kiss(v, o, m, r, a);
    if (!a->waits)
        settle(a, v, stats);
    return a->waits;
}

static void judge(struct serve_answer *a, bool good, struct serve_stats *stats)
{
    if (!good)
        a->len = 0;
    settle(a, good ? VERDICT_ANSWERED : VERDICT_MAC_WRONG, stats);
}

static void judge_two(struct serve_answer *a, struct serve_answer *b, struct serve_stats *stats)
{
    bool good[2];

    crypto_mac_exchange_two(&a->codes, &b->codes, good);
    judge(a, good[0], stats);
    judge(b, good[1], stats);
}

/* The first from `at` on that waits with a key of that kind; NULL: none. */
static struct serve_answer *next_of_kind(struct serve_answer *at, const struct serve_answer *end, uint8_t kind)
{
    while (at < end && !(at->waits && at->codes.m->kind == kind))
        at++;
    return at < end ? at : NULL;
}

void serve_finish(struct serve_answer a[], unsigned n, struct serve_stats *stats)
{
    for (unsigned i = 0; i < n; i++) {
        struct serve_answer *other;

        if (!a[i].waits)
            continue;
        other = next_of_kind(a + i + 1, a + n, a[i].codes.m->kind);
        if (other)
            judge_two(&a[i], other, stats);
        else
            judge(&a[i], crypto_mac_exchange(&a[i].codes), stats);
    }
}

enum verdict serve_datagram(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, struct serve_stats *stats,
                            uint8_t out[SERVE_ANSWER_MAX], size_t *out_len)
{
    struct serve_answer a = { .out = out };
    struct serve_moment m;

    serve_prepare(o, page, r->tx, r->smeared, &m);
    serve_begin(o, &m, r, stats, &a);
    serve_finish(&a, 1, stats);
    *out_len = a.len;
    return a.verdict;
}

static enum verdict admit(const struct serve_options *o, const struct serve_request *r)
{
    switch (o->guard ? guard_access(o->guard, &r->from, r->list, r->service) : ACCESS_ALLOW) {
    case ACCESS_ALLOW: return VERDICT_ANSWERED;
    case ACCESS_AUTHENTICATE: return VERDICT_UNAUTHENTICATED;
    default: return VERDICT_DENIED;
    }
}

enum verdict serve_stream(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, struct serve_stats *stats,
                          uint8_t out[SERVE_ANSWER_MAX], size_t *out_len)
{
    struct clock_view view;
    enum verdict v = admit(o, r);

    assert(r->service == SERVICE_TIME || r->service == SERVICE_DAYTIME);
    *out_len = 0;
    if (v == VERDICT_ANSWERED) {
        page_view(page, r->tx, &view);
        v = r->service == SERVICE_TIME ? time_answer(&view, out, out_len) : daytime_answer(&view, out, out_len);
    }
    stats->requests[r->service]++;
    stats->verdict[r->service][v]++;
    return v;
}
