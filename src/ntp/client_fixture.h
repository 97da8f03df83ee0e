/* For the client's tests: an association, a true server 1 ms away in each direction, and time that moves only when told to. */
#ifndef NTP_CLIENT_FIXTURE_H
#define NTP_CLIENT_FIXTURE_H

#include "base/test.h"

#include "base/rng.h"
#include "ntp/client.h"

struct fixture {
    struct ntp_client c;
    struct prng prng;
    struct rng rng;
    struct net_addr peer;
    struct mono_ns now;
    struct utc_ns epoch;         /* true UTC at mono 0 */
    struct dur_ns pivot_error;
    uint32_t exchange;
    uint8_t packet[NTP_HEADER_SIZE];
};

static const struct utc_ns fixture_epoch = { INT64_C(1795400000) * NS_PER_S }; /* in November 2026 */

static inline struct utc_ns utc_of(struct mono_ns t) { return (struct utc_ns){ fixture_epoch.ns + t.ns }; }

static inline struct ntp_client_options fixture_options(bool iburst)
{
    return (struct ntp_client_options){
        .iburst = iburst, .min_poll_log2 = 6, .max_poll_log2 = 10, .version = 4, .max_delay = { 16 * NS_PER_S }, .max_distance = { 1500 * NS_PER_MS },
    };
}

static inline void fixture_init(struct fixture *f, bool iburst)
{
    struct ntp_client_options o = fixture_options(iburst);

    memset(f, 0, sizeof *f);
    prng_seed(&f->prng, 7);
    f->rng = prng_as_rng(&f->prng);
    f->now.ns = 1000 * NS_PER_S;
    f->epoch = fixture_epoch;
    f->peer = (struct net_addr){ .family = ADDR_IPV4, .port = NTP_PORT, .bytes = { 192, 0, 2, 1 } };
    ntp_client_init(&f->c, &o, &f->peer, f->now);
}

/* Let time pass until the next request leaves. */
static inline void ask(struct fixture *f)
{
    bool sent = false;

    for (int i = 0; i < 3 && !sent; i++) {
        if (mono_before(f->now, ntp_client_next(&f->c)))
            f->now = ntp_client_next(&f->c);
        sent = ntp_client_run(&f->c, f->now, &f->rng, f->exchange + 1, f->packet);
    }
    assert_true(sent);
    f->exchange++;
}

/* An association whose first request is out. */
static inline void fixture_asked(struct fixture *f, bool iburst)
{
    fixture_init(f, iburst);
    ask(f);
}

/* The true answer to the pending request by a server that is `ahead_ns` ahead; time moves on to its departure, 1.1 ms after the request. */
static inline struct ntp_header answer_header(struct fixture *f, int64_t ahead_ns)
{
    struct utc_ns t2 = { f->epoch.ns + f->now.ns + NS_PER_MS + ahead_ns }, t3 = { t2.ns + 100 * NS_PER_US };

    f->now.ns += 1100 * NS_PER_US;
    return (struct ntp_header){
        .version = 4, .mode = NTP_MODE_SERVER, .stratum = 2, .precision_log2 = -25, .root_delay = { 0x400 }, .root_dispersion = { 0x100 },
        .refid = NTP_REFID(198, 51, 100, 7), .reference = ntp_ts64_from_utc((struct utc_ns){ t2.ns - 30 * NS_PER_S }),
        .origin = f->c.origin, .receive = ntp_ts64_from_utc(t2), .transmit = ntp_ts64_from_utc(t3),
    };
}

static inline struct ntp_header kiss_header(struct fixture *f, uint32_t code)
{
    struct ntp_header h = answer_header(f, 0);

    h.leap = LEAP_UNKNOWN;
    h.stratum = 0;
    h.refid = code;
    return h;
}

/* An input that is right in everything but, perhaps, the bytes. */
static inline struct ntp_client_input input_of(const struct fixture *f, const uint8_t *bytes, size_t len)
{
    return (struct ntp_client_input){
        .bytes = { bytes, len }, .from = f->peer, .exchange = f->exchange, .rx = f->now, .stamp = STAMP_USER,
        .pivot = { f->epoch.ns + f->now.ns + f->pivot_error.ns }, .precision_log2 = -25,
    };
}

static inline enum verdict deliver(struct fixture *f, const struct ntp_header *h, struct ntp_client_reply *r)
{
    uint8_t bytes[NTP_HEADER_SIZE];
    struct ntp_client_input in = input_of(f, bytes, sizeof bytes);

    ntp_header_write(h, bytes);
    return ntp_client_input(&f->c, &in, f->now, r);
}

static inline enum verdict answer(struct fixture *f, int64_t ahead_ns)
{
    struct ntp_header h = answer_header(f, ahead_ns);
    struct ntp_client_reply r;

    f->now.ns += NS_PER_MS;
    return deliver(f, &h, &r);
}

/* An answer that takes no time away from the next interval. */
static inline void answer_quickly(struct fixture *f)
{
    struct mono_ns asked = f->now;

    assert_int_equal(answer(f, 0), VERDICT_ACCEPTED);
    f->now = asked;
}

/* Everything but the counters. */
static inline void assert_unchanged(const struct ntp_client *before, const struct ntp_client *after)
{
    struct ntp_client a = *before;

    a.stats = after->stats;
    assert_memory_equal(&a, after, sizeof a);
}

#endif
