/* No UDP service is of use to somebody who forges sources: whatever comes, the frame of the answer is no longer than the frame of the request. Seeded;
 * PACKETS for each service in the environment, for more than a million in all. */
#include "base/test.h"

#include <stdlib.h>

#include "base/rng.h"
#include "serve/serve.h"

#define PACKETS 340000
#define PAYLOAD_MAX 1472
#define INTERVAL_NS 10000
#define FRAME_MIN 60    /* without its check sequence */

struct door {
    struct serve_options options;
    struct page_data page;
    struct prng random;
    struct mono_ns now;
    uint8_t bytes[PAYLOAD_MAX];
};

/* Bytes of an Ethernet frame. */
static size_t frame(enum addr_family family, size_t payload)
{
    size_t n = 14 + (family == ADDR_IPV6 ? 40u : 20u) + 8 + payload;

    return n < FRAME_MIN ? FRAME_MIN : n;
}

static size_t below(struct door *d, size_t n) { return (size_t)(prng_u64(&d->random) % n); }

static void randomise(struct door *d, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = prng_u64(&d->random);

        memcpy(d->bytes + i, &word, len - i < 8 ? len - i : 8);
    }
}

/* What clients, scanners and forgers send: first byte, length, and what the field behind the header says of itself. */
static size_t listed(struct door *d)
{
    static const struct { uint8_t first; uint16_t len, kind, claimed; } form[] = {
        { 0x23, 48, 0, 0 }, { 0x1b, 48, 0, 0 }, { 0x13, 48, 0, 0 }, { 0x0b, 48, 0, 0 }, { 0xe3, 48, 0, 0 }, { 0x21, 48, 0, 0 }, { 0x25, 48, 0, 0 },
        { 0x16, 12, 0, 0 }, { 0x17, 8, 0, 0 }, { 0x17, 48, 0, 0 }, { 0x27, 192, 0, 0 }, { 0x23, 68, 0, 0 }, { 0x23, 72, 0, 0 }, { 0x23, 52, 0, 0 },
        { 0x23, 76, 0x0104, 28 }, { 0x23, 228, 0x0204, 36 }, { 0x23, 1024, 0x0304, 976 }, { 0x23, 76, 0xffff, 3 }, { 0x23, 47, 0, 0 }, { 0, 0, 0, 0 },
        { 0, 1, 0, 0 }, { 0, 3, 0, 0 }, { 0, 4, 0, 0 }, { 0, 18, 0, 0 },
    };
    size_t i = below(d, sizeof form / sizeof form[0]), len = form[i].len;

    randomise(d, len);
    if (len > NTP_HEADER_SIZE + 4) {
        wire_put16(d->bytes + NTP_HEADER_SIZE, form[i].kind);
        wire_put16(d->bytes + NTP_HEADER_SIZE + 2, form[i].claimed);
    }
    d->bytes[0] = form[i].first;
    return len;
}

static size_t random_one(struct door *d)
{
    size_t len = below(d, 2) ? below(d, PAYLOAD_MAX + 1) : below(d, 100);

    randomise(d, len);
    return len;
}

static struct serve_request request(struct door *d, enum service service)
{
    struct serve_request r = { .service = service, .from = { .family = below(d, 2) ? ADDR_IPV6 : ADDR_IPV4, .port = (uint16_t)(1024 + below(d, 60000)) } };
    uint64_t host = below(d, 1000);

    d->now = r.rx = mono_add(d->now, (struct dur_ns){ INTERVAL_NS });
    r.tx = mono_add(r.rx, (struct dur_ns){ INTERVAL_NS });
    memcpy(r.from.bytes, (uint8_t[]){ 0x20, 0x01, 0x0d, 0xb8 }, 4);
    r.from.bytes[2] = (uint8_t)(host >> 8);
    r.from.bytes[3] = (uint8_t)host;
    r.bytes = (struct span){ d->bytes, below(d, 2) ? listed(d) : random_one(d) };
    return r;
}

static void start(struct door *d, struct guard *guard, struct interleave *table)
{
    struct guard_options limit = { .rate_limit = { .present = true, .rate = 32, .burst = 8, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 2, .leak = 3 } };

    memset(d, 0, sizeof *d);
    d->page = (struct page_data){
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S }, .slew_end = { 1000 * NS_PER_S }, .silent_at = { 2000 * NS_PER_S },
        .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 2,
    };
    d->now = d->page.raw_ref;
    d->options.ntp.symmetric_reply = true;
    guard_init(guard, &(struct guard_maker){ 0 }, &limit, true, &(struct guard_key){ 1, 2 });
    interleave_init(table, &(struct guard_key){ 3, 4 });
    d->options.guard = guard;
    d->options.interleave = table;
    prng_seed(&d->random, 20);
}

static void no_service_amplifies(enum service service)
{
    const char *wanted = getenv("PACKETS");
    long packets = wanted ? atol(wanted) : PACKETS;
    struct guard *guard = calloc(1, sizeof *guard);
    struct interleave *table = calloc(1, sizeof *table);
    struct serve_stats stats = { 0 };
    uint8_t out[SERVE_ANSWER_MAX];
    uint64_t in_bytes = 0, out_bytes = 0;
    struct door d;

    assert_true(guard && table);
    start(&d, guard, table);
    for (long i = 0; i < packets; i++) {
        struct serve_request r = request(&d, service);
        size_t len, asked = frame((enum addr_family)r.from.family, r.bytes.len), told;

        serve_datagram(&d.options, &d.page, &r, &stats, out, &len);
        told = len ? frame((enum addr_family)r.from.family, len) : 0;
        assert_true(told <= asked);
        in_bytes += asked;
        out_bytes += told;
    }
    print_message("# %s: %.3f bytes out for each byte in\n", service_name(service), (double)out_bytes / (double)in_bytes);
    assert_true(service == SERVICE_DAYTIME || stats.verdict[service][VERDICT_ANSWERED] > (uint64_t)packets / 20); /* something was answered at all */
    assert_true(service != SERVICE_NTP || stats.verdict[service][VERDICT_RATE_KISS] > 0);
    free(table);
    free(guard);
}

static void ntp_amplifies_nothing(void **state)
{
    (void)state;
    no_service_amplifies(SERVICE_NTP);
}

static void time_amplifies_nothing(void **state)
{
    (void)state;
    no_service_amplifies(SERVICE_TIME);
}

static void daytime_amplifies_nothing(void **state)
{
    (void)state;
    no_service_amplifies(SERVICE_DAYTIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ntp_amplifies_nothing),
        cmocka_unit_test(time_amplifies_nothing),
        cmocka_unit_test(daytime_amplifies_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
