#include "ntp/client.h"

#include <assert.h>
#include <string.h>

#define BURST_REQUESTS 4
#define REACH_BITS 8
#define BACKOFF_POLLS 4        /* unanswered polls per doubling, once all of REACH_BITS are missed */
#define DITHER_SHARE 32        /* at most 1/32 of an interval is added */
#define SQRT2_NUM 1414         /* the middle between two powers of two, in their logarithm */
#define SQRT2_DEN 1000
#define PHI_PPM 15             /* RFC 5905 section 7.2: frequency tolerance */
#define ROUNDING_NS 2          /* halves cut off, 32.32 to nanoseconds */

/* ---- pace ---- */

static bool ever_answered(const struct ntp_client *c) { return c->last.version != 0; }

/* A server that sent a kiss is spared. */
static bool may_hurry(const struct ntp_client *c) { return c->options.iburst && c->kiss_code == 0; }

static struct dur_ns backed_off_poll(const struct ntp_client *c)
{
    int doublings = c->missed > REACH_BITS ? (c->missed - REACH_BITS - 1) / BACKOFF_POLLS + 1 : 0;
    struct dur_ns wait = c->poll, longest = dur_from_log2(c->options.max_poll_log2);

    while (doublings-- > 0 && dur_before(wait, longest))
        wait.ns *= 2;
    return dur_min(wait, longest);
}

/* From one request to the next, as things stand. */
static struct dur_ns interval(const struct ntp_client *c)
{
    struct dur_ns wait = backed_off_poll(c);

    if (c->burst_left > 0)
        wait = dur_min(wait, c->spacing);
    else if (may_hurry(c) && !ever_answered(c) && c->missed > 0)
        wait = dur_min(wait, dur_from_log2(c->missed - 1)); /* the fourth unanswered request: 8 s, then 16 s ... */
    wait.ns += wait.ns / (256 * DITHER_SHARE) * c->dither;
    return wait;
}

/* Within the limits; told in whole powers of two, as everybody tells it. */
static void set_interval(struct ntp_client *c, struct dur_ns poll)
{
    struct dur_ns least = dur_max(dur_from_log2(c->options.min_poll_log2), dur_from_log2(c->poll_floor_log2));
    int log2_s = c->options.min_poll_log2;

    c->poll = dur_min(dur_max(poll, least), dur_from_log2(c->options.max_poll_log2));
    while (c->poll.ns >= dur_from_log2(log2_s).ns / SQRT2_DEN * SQRT2_NUM)
        log2_s++;
    c->poll_log2 = (int8_t)log2_s;
}

static void close_exchange(struct ntp_client *c, bool answered)
{
    c->state = NTP_CLIENT_IDLE;
    c->reach = (uint8_t)(c->reach << 1 | answered);
    if (answered)
        c->missed = 0;
    else if (c->missed < UINT8_MAX)
        c->missed++;
    c->next = mono_add(c->asked_at, interval(c));
}

/* A zero origin is never an answer to us. */
static struct ntp_ts64 nonce(const struct rng *rng)
{
    uint64_t random = rng_u64(rng);

    return (struct ntp_ts64){ random | (random == 0) };
}

static bool may_interleave(const struct ntp_client *c, struct mono_ns now)
{
    return c->options.interleaved && ever_answered(c) && c->missed < NTP_INTERLEAVED_MISSED_MAX
        && !dur_before(NTP_INTERLEAVED_AGE_MAX, mono_sub(now, c->previous.sent_at));
}

static void open_exchange(struct ntp_client *c, struct mono_ns now, const struct rng *rng, uint32_t exchange_id)
{
    c->state = NTP_CLIENT_PENDING;
    c->exchange = exchange_id;
    c->origin = nonce(rng);
    c->origin_interleaved = may_interleave(c, now) ? nonce(rng) : (struct ntp_ts64){ 0 };
    if (c->origin_interleaved.raw == c->origin.raw) /* RFC 9769 section 2: the two must differ to tell the mode */
        c->origin_interleaved.raw = 0;
    c->dither = (uint8_t)rng_u64(rng);
    c->asked_at = c->sent_at = now;
    c->sent_stamp = STAMP_USER;
    if (c->burst_left > 0)
        c->burst_left--;
    c->next = mono_add(now, dur_min(c->options.max_delay, interval(c)));
    c->stats.sent++;
}

void ntp_client_init(struct ntp_client *c, const struct ntp_client_options *o, const struct net_addr *peer, struct mono_ns first)
{
    assert(-4 <= o->min_poll_log2 && o->min_poll_log2 <= o->max_poll_log2 && o->max_poll_log2 <= 17);
    assert(o->version == 3 || o->version == NTP_VERSION);
    memset(c, 0, sizeof *c);
    c->options = *o;
    c->peer = *peer;
    c->poll_floor_log2 = INT8_MIN;
    set_interval(c, dur_from_log2(o->min_poll_log2));
    c->burst_left = o->iburst ? BURST_REQUESTS : 0;
    c->spacing = NTP_CLIENT_BURST;
    c->next = c->silent_since = first;
}

struct mono_ns ntp_client_next(const struct ntp_client *c) { return c->next; }

static void write_request(const struct ntp_client *c, uint8_t packet[NTP_HEADER_SIZE])
{
    struct ntp_header h = { .version = c->options.version, .mode = NTP_MODE_CLIENT, .receive = c->origin_interleaved, .transmit = c->origin };

    if (c->origin_interleaved.raw)
        h.origin = c->last.receive;
    ntp_header_write(&h, packet);
}

bool ntp_client_run(struct ntp_client *c, struct mono_ns now, const struct rng *rng, uint32_t exchange_id, uint8_t packet[NTP_HEADER_SIZE])
{
    assert(exchange_id != 0);
    if (mono_before(now, c->next))
        return false;
    if (c->state == NTP_CLIENT_PENDING) {
        c->stats.timed_out++;
        close_exchange(c, false);
        if (mono_before(now, c->next))
            return false;
    }
    open_exchange(c, now, rng, exchange_id);
    write_request(c, packet);
    return true;
}

void ntp_client_sent(struct ntp_client *c, uint32_t exchange, struct mono_ns tx, enum stamp stamp)
{
    if (c->state != NTP_CLIENT_PENDING || exchange != c->exchange || mono_before(tx, c->asked_at) || mono_before(c->next, tx) || stamp < c->sent_stamp)
        return;
    c->sent_at = tx;
    c->sent_stamp = (uint8_t)stamp;
}

void ntp_client_send_failed(struct ntp_client *c, uint32_t exchange)
{
    if (c->state == NTP_CLIENT_PENDING && exchange == c->exchange)
        c->stats.send_errors++;
}

void ntp_client_burst(struct ntp_client *c, struct dur_ns spacing)
{
    if (spacing.ns == 0 || !may_hurry(c) || c->burst_left > 0 || c->state != NTP_CLIENT_IDLE || c->exchange == 0)
        return;
    c->spacing = dur_max(spacing, NTP_CLIENT_BURST);
    c->burst_left = dur_before(NTP_CLIENT_BURST, spacing) ? 1 : BURST_REQUESTS - 1;
    c->next = mono_add(c->asked_at, interval(c));
}

void ntp_client_set_poll(struct ntp_client *c, struct dur_ns poll)
{
    set_interval(c, poll);
    if (c->state == NTP_CLIENT_IDLE && c->exchange != 0)
        c->next = mono_add(c->asked_at, interval(c));
}

void ntp_client_hurry(struct ntp_client *c, struct mono_ns now)
{
    if (c->state != NTP_CLIENT_IDLE || c->kiss_code != 0)
        return;
    c->burst_left = BURST_REQUESTS;
    c->spacing = NTP_CLIENT_BURST;
    c->next = now;
}

void ntp_client_resume(struct ntp_client *c, struct mono_ns now)
{
    if (c->state != NTP_CLIENT_STOPPED)
        return;
    c->state = NTP_CLIENT_IDLE;
    c->next = now;
}

void ntp_client_rest(struct ntp_client *c)
{
    c->reach = 0;
    c->missed = 0;
}

void ntp_client_change(struct ntp_client *c, const struct ntp_client_options *o)
{
    c->options = *o;
    ntp_client_set_poll(c, c->poll);
}

/* ---- judging an answer: nothing here can change the association ---- */

static bool is_interleaved(const struct ntp_client *c, const struct ntp_header *h)
{
    return c->origin_interleaved.raw && h->origin.raw == c->origin_interleaved.raw;
}

/* Is it the answer to the pending request at all? */
static enum verdict judge_origin(const struct ntp_client *c, const struct ntp_client_input *in, struct ntp_header *h)
{
    struct ntp_tail tail;
    enum verdict v;

    if (!addr_equal(&in->from, &c->peer))
        return VERDICT_WRONG_PEER;
    v = ntp_packet_parse(in->bytes, h, &tail);
    if (v != VERDICT_ACCEPTED)
        return v;
    if (h->mode != NTP_MODE_SERVER)
        return VERDICT_MODE;
    if (h->version != c->options.version)
        return VERDICT_VERSION;
    if (in->exchange != c->exchange || c->state != NTP_CLIENT_PENDING)
        return ever_answered(c) && h->origin.raw == c->last.origin.raw ? VERDICT_DUPLICATE : VERDICT_UNSOLICITED;
    if (h->origin.raw != c->origin.raw && !is_interleaved(c, h))
        return VERDICT_BOGUS;
    return VERDICT_ACCEPTED;
}

/* Asked only of the answer to our request, so that a stranger cannot even make us look. */
static enum verdict judge_authenticity(const struct ntp_client *c, const struct ntp_client_input *in)
{
    struct ntp_tail tail;

    if (c->options.authenticated)
        return in->authentic;
    ntp_packet_check(in->bytes, &tail);
    if (tail.mac.len > 0)
        return tail.mac.len == 4 ? VERDICT_CRYPTO_NAK : VERDICT_MAC;
    return VERDICT_ACCEPTED;
}

#define KISS_DENY NTP_REFID('D', 'E', 'N', 'Y')
#define KISS_RSTR NTP_REFID('R', 'S', 'T', 'R')
#define KISS_RATE NTP_REFID('R', 'A', 'T', 'E')

/* IANA "NTP Kiss-o'-Death Codes", with what each means to a client that shares no key with the server. */
static const struct { uint32_t code; enum verdict verdict; } kiss_codes[] = {
    { KISS_DENY, VERDICT_KISS },
    { KISS_RSTR, VERDICT_KISS },
    { KISS_RATE, VERDICT_KISS },
    { NTP_REFID('I', 'N', 'I', 'T'), VERDICT_SERVER_UNSYNCHRONISED },
    { NTP_REFID('S', 'T', 'E', 'P'), VERDICT_SERVER_UNSYNCHRONISED },
    { NTP_REFID('A', 'C', 'S', 'T'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('A', 'U', 'T', 'H'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('A', 'U', 'T', 'O'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('B', 'C', 'S', 'T'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('C', 'R', 'Y', 'P'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('D', 'R', 'O', 'P'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('M', 'C', 'S', 'T'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('N', 'K', 'E', 'Y'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('N', 'T', 'S', 'N'), VERDICT_KISS_UNKNOWN },
    { NTP_REFID('R', 'M', 'O', 'T'), VERDICT_KISS_UNKNOWN },
};

static bool find_kiss(uint32_t refid, enum verdict *v)
{
    for (unsigned i = 0; i < sizeof kiss_codes / sizeof kiss_codes[0]; i++)
        if (kiss_codes[i].code == refid) {
            *v = kiss_codes[i].verdict;
            return true;
        }
    return false;
}

static bool is_own(const struct ntp_client_input *in, uint32_t refid)
{
    for (unsigned i = 0; i < in->own_count; i++)
        if (in->own[i] == refid)
            return true;
    return false;
}

/* May the server's time be used? */
static enum verdict judge_server(const struct ntp_client_input *in, const struct ntp_header *h)
{
    enum verdict kiss = h->refid == 0 ? VERDICT_SERVER_UNSYNCHRONISED : VERDICT_KISS_UNKNOWN;
    bool listed = find_kiss(h->refid, &kiss);

    if (h->stratum == 0)
        return kiss;
    if (h->leap == LEAP_UNKNOWN)
        return VERDICT_SERVER_UNSYNCHRONISED;
    if (h->stratum >= NTP_STRATUM_MAX)
        return VERDICT_STRATUM;
    if (listed)
        return VERDICT_KISS_UNKNOWN;
    if (h->stratum > 1 && is_own(in, h->refid))
        return VERDICT_LOOP;
    if (h->receive.raw == 0 || h->transmit.raw == 0)
        return VERDICT_ZERO_TIME;
    return VERDICT_ACCEPTED;
}

static uint8_t worse_stamp(const struct ntp_client *c, const struct ntp_client_input *in)
{
    return (uint8_t)stamp_worse((enum stamp)c->sent_stamp, in->stamp);
}

/* The four timestamps of one exchange, how well ours were taken, and how wrong the server said that its own may be. */
struct exchange_times { struct mono_ns t1, t4; struct ntp_ts64 t2, t3; uint8_t stamp; struct dur_ns root_delay, root_dispersion; };

static struct exchange_times times_of(const struct ntp_client *c, const struct ntp_client_input *in, const struct ntp_header *h)
{
    const struct ntp_client_exchange *p = &c->previous;
    bool before = is_interleaved(c, h); /* RFC 9769 section 2: the transmit timestamp completes the exchange before */
    const struct ntp_header *claim = before ? &c->last : h; /* what is claimed now is of now */
    struct exchange_times x = { .root_delay = ntp_short32_to_dur(claim->root_delay), .root_dispersion = ntp_short32_to_dur(claim->root_dispersion) };

    x.t1 = before ? p->sent_at : c->sent_at;
    x.t2 = claim->receive;
    x.t3 = h->transmit;
    x.t4 = before ? p->received_at : in->rx;
    x.stamp = before ? p->stamp : worse_stamp(c, in);
    return x;
}

/* RFC 5905 section 8. A server that stamps the request late makes the round trip look negative; within both precisions that is
 * taken as 0 and the deficit goes into the dispersion. */
static enum verdict measure(const struct ntp_client *c, const struct ntp_client_input *in, const struct ntp_header *h, struct measurement *m)
{
    struct exchange_times x = times_of(c, in, h);
    struct utc_ns t2 = ntp_ts64_to_utc(x.t2, in->pivot), t3 = ntp_ts64_to_utc(x.t3, t2);
    struct dur_ns trip = mono_sub(x.t4, x.t1), held = utc_sub(t3, t2), delay = dur_sub(trip, held);
    struct dur_ns precision = dur_add(in->rx_error, dur_add(dur_from_log2(h->precision_log2), dur_from_log2(in->precision_log2)));
    const struct dur_ns none = { 0 };
    struct dur_ns dispersion;

    if (trip.ns < 0 || held.ns < 0 || dur_before(delay, dur_neg(precision)))
        return VERDICT_BACKWARDS;
    if (dur_before(c->options.max_delay, delay))
        return VERDICT_DELAY;
    dispersion = dur_add(dur_add(precision, dur_max(dur_neg(delay), none)), (struct dur_ns){ trip.ns / 1000000 * PHI_PPM + ROUNDING_NS });
    if (dur_before(c->options.max_distance, dur_add((struct dur_ns){ x.root_delay.ns / 2 }, dur_add(x.root_dispersion, dispersion))))
        return VERDICT_ROOT_DISTANCE;
    *m = (struct measurement){
        .stratum = h->stratum, .leap = h->leap, .refid = h->refid, .stamp = x.stamp,
        .at = mono_add(x.t1, (struct dur_ns){ trip.ns / 2 }), .utc = utc_add(t2, (struct dur_ns){ held.ns / 2 }),
        .delay = dur_max(delay, none), .dispersion = dispersion,
        .root_delay = x.root_delay, .root_dispersion = x.root_dispersion,
    };
    return VERDICT_ACCEPTED;
}

static enum verdict judge(const struct ntp_client *c, const struct ntp_client_input *in, struct ntp_header *h, struct ntp_client_reply *reply)
{
    enum verdict v = judge_origin(c, in, h);

    reply->answered = v == VERDICT_ACCEPTED;
    if (v == VERDICT_ACCEPTED)
        v = judge_authenticity(c, in);
    if (v == VERDICT_ACCEPTED)
        v = judge_server(in, h);
    if (v == VERDICT_ACCEPTED)
        v = measure(c, in, h, &reply->m);
    return v;
}

/* ---- heeding it ---- */

static void accept_answer(struct ntp_client *c, const struct ntp_client_input *in, const struct ntp_header *h, struct mono_ns now)
{
    c->interleaved = is_interleaved(c, h);
    c->previous = (struct ntp_client_exchange){ c->sent_at, in->rx, worse_stamp(c, in), !c->interleaved };
    if (c->reach == 0 && may_hurry(c)) {
        c->burst_left = BURST_REQUESTS - 1;
        c->spacing = NTP_CLIENT_BURST;
    }
    c->last = *h;
    c->silent_since = now;
    close_exchange(c, true);
}

static void heed_kiss(struct ntp_client *c, uint32_t code)
{
    c->kiss_code = code;
    c->burst_left = 0;
    if (code == KISS_RATE && c->poll_log2 < c->options.max_poll_log2) {
        c->poll_floor_log2 = (int8_t)(c->poll_log2 + 1);
        set_interval(c, c->poll);
    }
    close_exchange(c, false);
    if (code != KISS_RATE) {
        ntp_client_rest(c);
        c->state = NTP_CLIENT_STOPPED;
        c->next = MONO_NEVER;
    }
}

enum verdict ntp_client_input(struct ntp_client *c, const struct ntp_client_input *in, struct mono_ns now, struct ntp_client_reply *reply)
{
    struct ntp_header h;
    enum verdict v;

    *reply = (struct ntp_client_reply){ 0 };
    v = judge(c, in, &h, reply);
    c->stats.verdict[v]++;
    reply->measured = v == VERDICT_ACCEPTED && !(is_interleaved(c, &h) && c->previous.measured);
    if (v == VERDICT_ACCEPTED)
        accept_answer(c, in, &h, now);
    else if (v == VERDICT_KISS)
        heed_kiss(c, h.refid);
    reply->stop = c->state == NTP_CLIENT_STOPPED;
    return v;
}
