/* The server over a while: a sequence of requests by datagram and connection from a few clients, with the guard's limit and table, interleaved mode, and
 * departures told late, twice or never. The input is a list of {what, who, length, bytes}. However it goes: nothing is answered with more than was asked (UDP,
 * NTP and TIME), and what is counted adds up. */
#include <assert.h>
#include <string.h>

#include "guard/guard.h"
#include "serve/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLIENTS 4

struct run {
    struct serve_options options;
    struct serve_stats stats;
    struct page_data page;
    struct mono_ns now;
    uint64_t asked;
    struct { uint8_t answer[NTP_HEADER_SIZE]; struct net_addr to; bool any; } left;
};

static struct net_addr client(uint8_t who)
{
    uint8_t number = (uint8_t)(who % CLIENTS);

    return (struct net_addr){ .family = who & 4 ? ADDR_IPV6 : ADDR_IPV4, .port = (uint16_t)(1024 + number), .bytes = { 192, 0, 2, number } };
}

static struct serve_request request_of(struct run *r, enum service service, uint8_t who, struct span bytes)
{
    return (struct serve_request){ .service = service, .bytes = bytes, .from = client(who), .rx = r->now, .tx = { r->now.ns + 10000 } };
}

static void ask(struct run *r, enum service service, uint8_t who, struct span bytes)
{
    struct serve_request q = request_of(r, service, who, bytes);
    uint8_t out[SERVE_ANSWER_MAX];
    size_t len = 0;
    enum verdict v = serve_datagram(&r->options, &r->page, &q, &r->stats, out, &len);

    r->asked++;
    assert(v < VERDICT_COUNT && len <= sizeof out);
    assert(service == SERVICE_DAYTIME || len <= (bytes.len > 4 || service == SERVICE_NTP ? bytes.len : 4));
    if (service == SERVICE_NTP && len >= NTP_HEADER_SIZE && v == VERDICT_ANSWERED) {
        memcpy(r->left.answer, out, NTP_HEADER_SIZE);
        r->left.to = q.from;
        r->left.any = true;
    }
}

static void connect_to(struct run *r, enum service service, uint8_t who)
{
    struct serve_request q = request_of(r, service, who, (struct span){ NULL, 0 });
    uint8_t out[SERVE_ANSWER_MAX];
    size_t len = 0;

    serve_stream(&r->options, &r->page, &q, &r->stats, out, &len);
    r->asked++;
    assert(len <= 64 && (service != SERVICE_TIME || len == 0 || len == 4));
}

static void one(struct run *r, uint8_t what, uint8_t who, struct span bytes)
{
    switch (what % 6) {
    case 0: ask(r, SERVICE_NTP, who, bytes); break;
    case 1: ask(r, SERVICE_TIME, who, bytes); break;
    case 2: ask(r, SERVICE_DAYTIME, who, bytes); break;
    case 3: connect_to(r, what & 64 ? SERVICE_DAYTIME : SERVICE_TIME, who); break;
    case 4:
        if (r->left.any)
            serve_left(&r->options, &r->page, false, &r->left.to, (struct span){ r->left.answer, sizeof r->left.answer }, r->now);
        break;
    default: r->now.ns += (int64_t)who * who * NS_PER_MS;
    }
    r->now.ns += 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct guard_options limits = {
        .rate_limit = { .present = true, .rate = 8, .burst = 8, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 4 },
    };
    static struct guard guard;
    static struct interleave table;
    struct run r = {
        .page = { .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S },
                  .slew_end = { 1000 * NS_PER_S }, .silent_at = { 2000 * NS_PER_S },
                  .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .stratum = 2 },
        .now = { 1001 * NS_PER_S },
    };
    struct cursor c = cursor_of((struct span){ data, size });
    uint64_t counted = 0;

    guard_init(&guard, &(struct guard_maker){ 0 }, &limits, true, &(struct guard_key){ 3, 4 });
    interleave_init(&table, &(struct guard_key){ 1, 2 });
    r.options.guard = &guard;
    r.options.interleave = &table;
    while (cursor_left(&c) >= 3) {
        uint8_t what = cursor_u8(&c), who = cursor_u8(&c), len = cursor_u8(&c);
        struct span bytes = cursor_take(&c, len < cursor_left(&c) ? len : cursor_left(&c));

        one(&r, what, who, bytes);
    }
    for (unsigned s = 0; s < SERVICE_COUNT; s++)
        for (unsigned v = 0; v < VERDICT_COUNT; v++)
            counted += r.stats.verdict[s][v];
    assert(counted == r.asked);
    return 0;
}
