/* One client association, driven by a sequence of events: the input is a list of {event, argument, payload}.
 * Whatever comes, the association keeps its limits, and what it drops changes nothing but a counter. */
#include <assert.h>
#include <string.h>

#include "base/rng.h"
#include "ntp/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct ntp_client c;
    struct prng prng;
    struct rng rng;
    struct mono_ns now;
    uint32_t exchange;
    struct ntp_ts64 left;        /* when the last answer left the server */
};

static const struct net_addr peer = { .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } };
static const struct utc_ns epoch = { INT64_C(1795400000) * NS_PER_S };
static const uint32_t own = NTP_REFID(192, 0, 2, 77);

static void check_limits(const struct ntp_client *c)
{
    assert(c->options.min_poll_log2 <= c->poll_log2 && c->poll_floor_log2 <= c->poll_log2 && c->poll_log2 <= c->options.max_poll_log2);
    assert(c->burst_left <= 4);
    assert((c->state == NTP_CLIENT_STOPPED) == (c->next.ns == MONO_NEVER.ns));
    assert(c->state != NTP_CLIENT_PENDING || (c->origin.raw != 0 && !mono_before(c->sent_at, c->asked_at)));
    assert(c->origin_interleaved.raw != c->origin.raw || c->exchange == 0);
    assert(!c->interleaved || c->last.version != 0);
}

static void tick(struct run *r, uint8_t argument)
{
    uint8_t packet[NTP_HEADER_SIZE];
    struct mono_ns before = r->c.asked_at, due = r->c.next;

    if (r->c.next.ns != MONO_NEVER.ns && argument & 1)
        r->now = mono_before(r->now, r->c.next) ? r->c.next : r->now;
    else
        r->now.ns += argument * 100 * NS_PER_MS;
    if (!ntp_client_run(&r->c, r->now, &r->rng, r->exchange + 1, packet))
        return;
    assert(!mono_before(r->now, due));
    assert(r->exchange == 0 || mono_sub(r->now, before).ns >= NS_PER_S); /* never faster than the start's first retry */
    assert(packet[0] == (4 << 3 | NTP_MODE_CLIENT));
    r->exchange++;
}

static void check_measurement(const struct measurement *m)
{
    assert(m->stratum >= 1 && m->stratum <= 15 && m->leap != LEAP_UNKNOWN);
    assert(m->delay.ns >= 0 && m->delay.ns <= 16 * NS_PER_S && m->dispersion.ns > 0);
    assert(m->root_delay.ns / 2 + m->root_dispersion.ns + m->dispersion.ns <= 3 * NS_PER_S / 2);
}

static void deliver(struct run *r, uint8_t argument, const uint8_t *bytes, size_t len)
{
    struct ntp_client before = r->c;
    struct ntp_client_input in = {
        .bytes = { bytes, len }, .from = peer, .exchange = r->exchange - (argument >> 6 == 1), .rx = r->now, .stamp = STAMP_KERNEL,
        .pivot = { epoch.ns + r->now.ns }, .precision_log2 = -25, .own = &own, .own_count = 1,
    };
    struct ntp_client_reply reply;
    enum verdict v;

    in.from.port = (uint16_t)(in.from.port + (argument >> 6 == 2));
    v = ntp_client_input(&r->c, &in, r->now, &reply);
    assert(r->c.stats.verdict[v] == before.stats.verdict[v] + 1);
    assert(reply.measured == (v == VERDICT_ACCEPTED && !(r->c.interleaved && before.previous.measured)));
    assert(v != VERDICT_ACCEPTED || r->c.previous.measured == !r->c.interleaved);
    if (reply.measured) {
        check_measurement(&reply.m);
    } else if (v != VERDICT_ACCEPTED && v != VERDICT_KISS) {
        before.stats.verdict[v]++;
        assert(memcmp(&before, &r->c, sizeof before) == 0);
    }
}

/* The true answer in either mode, with `len` bytes of damage laid over it from byte `argument` on. */
static void deliver_answer(struct run *r, bool interleaved, uint8_t argument, const uint8_t *damage, size_t len)
{
    uint8_t bytes[NTP_HEADER_SIZE + 64] = { 0 };
    struct ntp_ts64 t2 = ntp_ts64_from_utc((struct utc_ns){ epoch.ns + r->now.ns + NS_PER_MS });
    size_t at = argument % NTP_HEADER_SIZE, room = sizeof bytes - at;

    ntp_header_write(&(struct ntp_header){ .version = 4, .mode = NTP_MODE_SERVER, .stratum = 1, .precision_log2 = -20, .refid = NTP_REFID('G', 'P', 'S', 0),
                                           .origin = interleaved ? r->c.origin_interleaved : r->c.origin, .receive = t2,
                                           .transmit = interleaved ? r->left : t2 }, bytes);
    r->left = t2;
    len = len < room ? len : room;
    for (size_t i = 0; i < len; i++)
        bytes[at + i] ^= damage[i];
    r->now.ns += 2 * NS_PER_MS;
    deliver(r, argument, bytes, at + len > NTP_HEADER_SIZE ? at + len : NTP_HEADER_SIZE);
}

static void one_event(struct run *r, uint8_t event, uint8_t argument, const uint8_t *payload, size_t len)
{
    switch (event % 7) {
    case 0:
        tick(r, argument);
        break;
    case 1:
        deliver_answer(r, false, argument, payload, len);
        break;
    case 6:
        deliver_answer(r, true, argument, payload, len);
        break;
    case 2:
        deliver(r, argument, payload, len);
        break;
    case 3:
        ntp_client_sent(&r->c, r->exchange - (argument >> 7), (struct mono_ns){ r->now.ns + (argument & 0x7f) * 1000 - 10000 }, STAMP_KERNEL);
        break;
    case 4:
        ntp_client_send_failed(&r->c, r->exchange - (argument & 1));
        break;
    default:
        ntp_client_set_poll(&r->c, (struct dur_ns){ (int64_t)argument << 32 });
    }
    check_limits(&r->c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntp_client_options o = { .iburst = true, .interleaved = true, .min_poll_log2 = 3, .max_poll_log2 = 7, .version = 4, .max_delay = { 16 * NS_PER_S },
                                    .max_distance = { 3 * NS_PER_S / 2 } };
    struct cursor c = cursor_of((struct span){ data, size });
    struct run r = { .now = { NS_PER_S } };

    prng_seed(&r.prng, 1);
    r.rng = prng_as_rng(&r.prng);
    ntp_client_init(&r.c, &o, &peer, r.now);
    while (cursor_left(&c) >= 3) {
        uint8_t event = cursor_u8(&c), argument = cursor_u8(&c), len = cursor_u8(&c);
        struct span payload = cursor_take(&c, len < cursor_left(&c) ? len : cursor_left(&c));

        one_event(&r, event, argument, payload.at, payload.len);
    }
    return 0;
}
