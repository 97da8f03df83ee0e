/* Who is answered at the door, with what, and which counter says so. */
#include "base/test.h"

#include "base/rng.h"
#include "ntp/packet.h"
#include "serve/serve.h"
#include "serve/test_page.h"

struct door {
    struct serve_options options;
    struct page_data page;
    struct serve_stats stats;
    struct serve_request request;
    uint8_t bytes[1500];
    uint8_t out[SERVE_ANSWER_MAX];
    size_t out_len;
};

static const struct net_addr client4 = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };
static const struct net_addr client6 = { .family = ADDR_IPV6, .port = 40000, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 } };
static const struct net_addr server4 = { .family = ADDR_IPV4, .port = NTP_PORT, .bytes = { 192, 0, 2, 1 } };

/* A synchronised page and a version 4 request of 48 bytes. */
static void door_init(struct door *d, enum service service)
{
    memset(d, 0, sizeof *d);
    d->page = synchronised_page();
    d->request = (struct serve_request){
        .service = service, .bytes = { d->bytes, NTP_HEADER_SIZE }, .from = client4, .to = server4,
        .rx = { 1001 * NS_PER_S }, .tx = { 1001 * NS_PER_S + 10000 },
    };
    d->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    memset(d->bytes + 40, 0x77, 8);
}

static enum verdict knock(struct door *d)
{
    struct serve_stats before = d->stats;
    enum service s = d->request.service;
    enum verdict v;

    memset(d->out, 0xa5, sizeof d->out);
    v = serve_datagram(&d->options, &d->page, &d->request, &d->stats, d->out, &d->out_len);
    before.requests[s]++;
    before.verdict[s][v]++;
    assert_memory_equal(&before, &d->stats, sizeof before);
    return v;
}

/* Silence: not one byte, for this reason. */
static void assert_silent(struct door *d, enum verdict expected)
{
    assert_int_equal(knock(d), expected);
    assert_int_equal(d->out_len, 0);
    for (size_t i = 0; i < sizeof d->out; i++)
        assert_int_equal(d->out[i], 0xa5);
}

static struct ntp_header assert_answered(struct door *d)
{
    struct ntp_header h;
    struct ntp_tail tail;

    assert_int_equal(knock(d), VERDICT_ANSWERED);
    assert_int_equal(d->out_len, NTP_HEADER_SIZE);
    assert_true(d->out_len <= d->request.bytes.len);
    assert_int_equal(ntp_packet_parse((struct span){ d->out, d->out_len }, &h, &tail), VERDICT_ACCEPTED);
    return h;
}

/* A request with `rest` bytes behind the header that begin with an extension field claiming `claimed`. */
static void with_field(struct door *d, size_t rest, uint16_t claimed)
{
    d->request.bytes.len = NTP_HEADER_SIZE + rest;
    d->bytes[NTP_HEADER_SIZE] = 0x7f;
    d->bytes[NTP_HEADER_SIZE + 2] = (uint8_t)(claimed >> 8);
    d->bytes[NTP_HEADER_SIZE + 3] = (uint8_t)claimed;
}

static void assert_lengths_silent(const uint16_t *length, size_t n, enum verdict expected)
{
    for (size_t i = 0; i < n; i++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        d.request.bytes.len = length[i];
        assert_silent(&d, expected);
    }
}

static void NTP_01_short_payloads(void **state)
{
    (void)state;
    assert_lengths_silent((uint16_t[]){ 0, 1, 12, 47 }, 4, VERDICT_SHORT);
}

static void NTP_02_lengths_that_are_no_multiple_of_four(void **state)
{
    (void)state;
    assert_lengths_silent((uint16_t[]){ 49, 50, 51, 53, 1028, 1472 }, 6, VERDICT_LENGTH);
}

static void assert_first_byte_silent(uint8_t first, enum verdict expected)
{
    struct door d;

    door_init(&d, SERVICE_NTP);
    d.bytes[0] = first;
    assert_silent(&d, expected);
}

static void NTP_03_version_0(void **state)
{
    (void)state;
    assert_first_byte_silent(0 << 3 | NTP_MODE_CLIENT, VERDICT_VERSION);
}

static void NTP_04_versions_5_to_7_and_no_version_but_the_one_asked(void **state)
{
    (void)state;
    for (uint8_t version = 5; version <= 7; version++)
        assert_first_byte_silent((uint8_t)(version << 3 | NTP_MODE_CLIENT), VERDICT_VERSION);
    for (uint8_t version = 1; version <= 4; version++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        d.bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
        assert_int_equal(assert_answered(&d).version, version);
    }
}

static void NTP_05_mode_0(void **state)
{
    struct door d;

    (void)state;
    assert_first_byte_silent(4 << 3, VERDICT_MODE);
    door_init(&d, SERVICE_NTP);
    d.bytes[0] = 1 << 3;
    assert_int_equal(assert_answered(&d).mode, NTP_MODE_SERVER);
    d.request.from.port = NTP_PORT;
    assert_silent(&d, VERDICT_MODE);
}

static void NTP_06_mode_6_from_anywhere(void **state)
{
    static const struct net_addr from[] = {
        { .family = ADDR_IPV4, .port = 40000, .bytes = { 127, 0, 0, 1 } },
        { .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 9 } },
    };

    (void)state;
    for (uint8_t opcode = 0; opcode < 32; opcode++)
        for (size_t len = 1; len <= 468; len += 11)
            for (int i = 0; i < 2; i++) {
                struct door d;

                door_init(&d, SERVICE_NTP);
                d.bytes[0] = 2 << 3 | NTP_MODE_CONTROL;
                d.bytes[1] = opcode;
                d.request.from = from[i];
                d.request.bytes.len = len;
                assert_silent(&d, VERDICT_PRIVATE_MODE);
            }
}

static void NTP_07_mode_7(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        memcpy(d.bytes, (uint8_t[]){ 0x17, 0x00, 0x03, (uint8_t)code }, 4);
        d.request.bytes.len = code & 1 ? 8 : 192;
        assert_silent(&d, VERDICT_PRIVATE_MODE);
    }
}

static void NTP_08_answers_from_strangers(void **state)
{
    (void)state;
    for (uint8_t version = 1; version <= 4; version++) {
        assert_first_byte_silent((uint8_t)(version << 3 | NTP_MODE_SERVER), VERDICT_MODE);
        assert_first_byte_silent((uint8_t)(version << 3 | NTP_MODE_PASSIVE), VERDICT_MODE);
        assert_first_byte_silent((uint8_t)(version << 3 | NTP_MODE_BROADCAST), VERDICT_MODE);
    }
}

static void NTP_09_symmetric_active(void **state)
{
    struct door d;

    (void)state;
    assert_first_byte_silent(4 << 3 | NTP_MODE_ACTIVE, VERDICT_SYMMETRIC);
    door_init(&d, SERVICE_NTP);
    d.bytes[0] = 4 << 3 | NTP_MODE_ACTIVE;
    d.options.ntp.symmetric_reply = true;
    assert_int_equal(assert_answered(&d).mode, NTP_MODE_PASSIVE);
}

static void NTP_10_zero_transmit_timestamp(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, SERVICE_NTP);
    memset(d.bytes + 40, 0, 8);
    assert_int_equal(assert_answered(&d).origin.raw, 0);
}

static void NTP_11_every_other_byte_0xff(void **state)
{
    struct door d;
    struct ntp_header h;

    (void)state;
    door_init(&d, SERVICE_NTP);
    memset(d.bytes + 1, 0xff, NTP_HEADER_SIZE - 1);
    h = assert_answered(&d);
    assert_int_equal(h.stratum, 2);
    assert_int_equal(h.refid, d.page.refid);
    assert_int_equal(h.origin.raw, UINT64_MAX);
    assert_int_equal(h.precision_log2, -25);
    assert_int_equal(h.root_delay.raw, 0);
}

static void assert_fields_silent(const uint16_t *claimed, size_t n, size_t rest, enum verdict expected)
{
    for (size_t i = 0; i < n; i++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        with_field(&d, rest, claimed[i]);
        assert_silent(&d, expected);
    }
}

static void NTP_12_extension_length_0_to_3(void **state)
{
    (void)state;
    assert_fields_silent((uint16_t[]){ 0, 1, 2, 3 }, 4, 28, VERDICT_EXTENSION);
    assert_fields_silent((uint16_t[]){ 0, 1, 2, 3 }, 4, 512, VERDICT_EXTENSION);
    assert_fields_silent((uint16_t[]){ 0, 1, 2, 3 }, 4, 16, VERDICT_MAC);
}

static void NTP_13_extension_beyond_the_end(void **state)
{
    (void)state;
    assert_fields_silent((uint16_t[]){ 65, 68, 65532 }, 3, 64, VERDICT_EXTENSION);
    assert_fields_silent((uint16_t[]){ 65532 }, 1, 16, VERDICT_MAC); /* 64 bytes in all */
}

static void NTP_14_extension_length_no_multiple_of_four(void **state)
{
    (void)state;
    assert_fields_silent((uint16_t[]){ 17, 30 }, 2, 64, VERDICT_EXTENSION);
    for (uint8_t first = 17; first <= 47; first += 13) { /* and the next field ends where the packet does */
        struct door d;

        door_init(&d, SERVICE_NTP);
        with_field(&d, 64, first);
        d.bytes[NTP_HEADER_SIZE + first + 3] = (uint8_t)(64 - first);
        assert_silent(&d, VERDICT_EXTENSION);
    }
}

static void NTP_15_lone_field_of_16_to_24_bytes(void **state)
{
    (void)state;
    for (uint16_t n = 16; n <= 24; n += 4)
        assert_fields_silent(&n, 1, n, n == 16 ? VERDICT_MAC : VERDICT_KEY_UNKNOWN);
}

static void NTP_16_unknown_extension_is_ignored(void **state)
{
    (void)state;
    for (uint16_t n = 28; n <= 976; n += 4) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        with_field(&d, n, n);
        assert_answered(&d);
    }
}

static void NTP_17_unknown_key(void **state)
{
    struct door d;

    (void)state;
    for (uint8_t version = 3; version <= 4; version++) {
        door_init(&d, SERVICE_NTP);
        d.bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
        d.bytes[NTP_HEADER_SIZE + 3] = 42;
        d.request.bytes.len = NTP_HEADER_SIZE + 4 + 16;
        assert_silent(&d, VERDICT_KEY_UNKNOWN);
        d.request.bytes.len = NTP_HEADER_SIZE + 4 + 20;
        assert_silent(&d, VERDICT_KEY_UNKNOWN);
    }
}

static void NTP_18_digests_of_odd_lengths(void **state)
{
    static const struct { uint8_t digest; enum verdict verdict; } row[] = {
        { 4, VERDICT_MAC }, { 8, VERDICT_MAC }, { 12, VERDICT_MAC }, { 24, VERDICT_EXTENSION }, { 28, VERDICT_EXTENSION }, { 68, VERDICT_EXTENSION },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        d.bytes[NTP_HEADER_SIZE + 3] = 1; /* the key id; read as a field's length when the rest is too long for a MAC */
        d.request.bytes.len = NTP_HEADER_SIZE + 4u + row[i].digest;
        assert_silent(&d, row[i].verdict);
    }
}

static void NTP_19_key_id_0(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, SERVICE_NTP);
    d.request.bytes.len = NTP_HEADER_SIZE + 4 + 16;
    assert_silent(&d, VERDICT_KEY_UNKNOWN);
}

static void NTP_21_source_ports_that_would_loop(void **state)
{
    static const uint16_t port[] = { 0, 7, 13, 17, 19, 37, 53 }, fine[] = { 1, 123, 1024, 40000, 65535, 64 + 7, 64 + 13 };

    (void)state;
    for (int i = 0; i < 7; i++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        d.request.from.port = port[i];
        assert_silent(&d, VERDICT_SOURCE_PORT);
        d.request.from.port = fine[i];
        assert_answered(&d);
    }
}

static void NTP_22_our_own_address_and_port(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, SERVICE_NTP);
    d.request.from = d.request.to;
    assert_silent(&d, VERDICT_SELF);
    d.request.from.port = 40000; /* a client on this machine */
    assert_answered(&d);
}

static void NTP_23_multicast_and_broadcast_destinations(void **state)
{
    static const struct net_addr to[] = {
        { .family = ADDR_IPV4, .port = 123, .bytes = { 224, 0, 1, 1 } },
        { .family = ADDR_IPV4, .port = 123, .bytes = { 255, 255, 255, 255 } },
        { .family = ADDR_IPV6, .port = 123, .bytes = { 0xff, 0x02, [14] = 1, 1 } },
    };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        d.request.to = to[i];
        assert_silent(&d, VERDICT_DESTINATION);
        d.request.to.family = ADDR_NONE; /* not told by the system */
        assert_answered(&d);
        d.request.from = to[i]; /* nor is anything sent there */
        assert_silent(&d, VERDICT_SOURCE_ADDRESS);
    }
}

/* NTP-28: every status that must not be used says so, whatever the page holds beside it. */
static void NTP_28_not_synchronised_on_the_wire(void **state)
{
    (void)state;
    for (int s = 0; s < CLOCK_STATUS_COUNT; s++) {
        bool usable = s == CLOCK_SYNCHRONISED || s == CLOCK_HOLDOVER || s == CLOCK_LOCAL;
        struct door d;
        struct ntp_header h;

        door_init(&d, SERVICE_NTP);
        d.page.status = (uint8_t)s;
        h = assert_answered(&d);
        assert_int_equal(h.leap, usable ? LEAP_NONE : LEAP_UNKNOWN);
        assert_int_equal(h.stratum, usable ? 2 : 0);
        if (!usable)
            assert_int_equal(h.refid, s == CLOCK_DISRUPTED ? NTP_REFID('S', 'T', 'E', 'P') : NTP_REFID('I', 'N', 'I', 'T'));
    }
}

static int64_t dispersion_at(struct door *d, int64_t s)
{
    d->request.rx.ns = d->request.tx.ns = s * NS_PER_S;
    return ntp_short32_to_dur(assert_answered(d).root_dispersion).ns;
}

static void NTP_29_dispersion_grows_in_silence_until_the_limit(void **state)
{
    struct door d;
    int64_t at_2000;

    (void)state;
    door_init(&d, SERVICE_NTP);
    at_2000 = dispersion_at(&d, 2000);
    assert_in_range(at_2000, 1001 * NS_PER_US, 1020 * NS_PER_US); /* 1 us + 1000 s at 1 ppm, rounded up to 15 us */
    assert_true(dispersion_at(&d, 2999) - at_2000 >= 999 * 15 * NS_PER_US - 15 * NS_PER_US);
    d.request.rx.ns = d.request.tx.ns = 3000 * NS_PER_S;
    assert_int_equal(assert_answered(&d).stratum, 0);
}

static void NTP_31_version_3_with_a_tail(void **state)
{
    (void)state;
    for (size_t rest = 1; rest <= 19; rest++) {
        struct door d;

        door_init(&d, SERVICE_NTP);
        with_field(&d, rest, (uint16_t)rest);
        d.bytes[0] = 3 << 3 | NTP_MODE_CLIENT;
        assert_silent(&d, rest % 4 ? VERDICT_LENGTH : rest == 4 ? VERDICT_CRYPTO_NAK : VERDICT_MAC);
    }
}

static void answers_stamp_arrival_and_departure(void **state)
{
    struct door d;
    struct ntp_header h;

    (void)state;
    door_init(&d, SERVICE_NTP);
    h = assert_answered(&d);
    assert_int_equal(h.receive.raw, ntp_ts64_from_utc((struct utc_ns){ INT64_C(1795395724) * NS_PER_S }).raw - 1); /* odd */
    assert_int_equal(h.transmit.raw, ntp_ts64_from_utc((struct utc_ns){ INT64_C(1795395724) * NS_PER_S + 10000 }).raw);
    assert_int_equal(h.origin.raw, UINT64_C(0x7777777777777777));
}

static void a_departure_is_never_before_the_arrival(void **state)
{
    struct door d;
    struct ntp_header h;

    (void)state;
    door_init(&d, SERVICE_NTP);
    d.request.tx.ns = d.request.rx.ns - 500;
    h = assert_answered(&d);
    assert_int_equal(h.transmit.raw, h.receive.raw + 1); /* 0.2 ns: never the same timestamp */
}

/* Nothing is saved, so that nothing saved for one client can be had by another. */
static void NTP_30_an_interleaved_request_gets_a_basic_answer(void **state)
{
    struct door d;
    struct ntp_header first, h;

    (void)state;
    door_init(&d, SERVICE_NTP);
    first = assert_answered(&d);
    ntp_header_write(&(struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT, .origin = first.receive, .receive = first.origin, .transmit = { 5 } },
                     d.bytes);
    for (int other = 0; other < 2; other++) {
        d.request.from.bytes[3] = (uint8_t)(d.request.from.bytes[3] + other);
        h = assert_answered(&d);
        assert_int_equal(h.origin.raw, 5);
        assert_int_equal(h.transmit.raw, first.transmit.raw);
    }
}

/* TIME_SIZE at most, and only if the frame that carries it is no longer than the one that asked. */
static void TD_01_TIME_over_UDP(void **state)
{
    static const uint16_t length[] = { 0, 1, 3, 4, 1472 };

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct door d;

        door_init(&d, SERVICE_TIME);
        d.request.bytes.len = length[i];
        assert_int_equal(knock(&d), VERDICT_ANSWERED);
        assert_int_equal(d.out_len, 4);
        d.request.from = client6;
        d.request.to = (struct net_addr){ 0 };
        if (length[i] >= 4)
            assert_int_equal(knock(&d), VERDICT_ANSWERED);
        else
            assert_silent(&d, VERDICT_NOT_LISTED);
        d.options.timeproto.time.empty_udp6_from.count = 1;
        d.options.timeproto.time.empty_udp6_from.item[0].addr = client6;
        d.options.timeproto.time.empty_udp6_from.item[0].bits = 120;
        assert_int_equal(knock(&d), VERDICT_ANSWERED);
        d.request.from.bytes[14] = 1;
        if (length[i] < 4)
            assert_silent(&d, VERDICT_NOT_LISTED);
    }
}

static void TD_02_DAYTIME_over_UDP_for_listed_networks_only(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, SERVICE_DAYTIME);
    assert_silent(&d, VERDICT_NOT_LISTED);
    d.options.timeproto.daytime.udp_from.count = 1;
    d.options.timeproto.daytime.udp_from.item[0].addr = client4;
    d.options.timeproto.daytime.udp_from.item[0].bits = 29; /* 192.0.2.8 to .15 */
    assert_int_equal(knock(&d), VERDICT_ANSWERED);
    assert_memory_equal(d.out, "Monday, November 23, 2026", 25);
    d.request.from.bytes[3] = 16;
    assert_silent(&d, VERDICT_NOT_LISTED);
    d.options.timeproto.daytime.udp_from.item[0].bits = 0;
    assert_int_equal(knock(&d), VERDICT_ANSWERED);
    d.request.from = client6; /* 0.0.0.0/0 lists no IPv6 */
    assert_silent(&d, VERDICT_NOT_LISTED);
}

static void TD_03_ports_of_other_servers(void **state)
{
    static const uint16_t port[] = { 7, 13, 19, 37, 123 };

    (void)state;
    for (int i = 0; i < 5; i++)
        for (int s = SERVICE_TIME; s <= SERVICE_DAYTIME; s++) {
            struct door d;

            door_init(&d, (enum service)s);
            d.options.timeproto.daytime.udp_from.count = 1;
            d.options.timeproto.daytime.udp_from.item[0].addr = client4;
            d.request.from.port = port[i];
            assert_silent(&d, VERDICT_SOURCE_PORT);
        }
}

static enum verdict connect_to(struct door *d, enum service s)
{
    struct serve_stats before = d->stats;
    enum verdict v;

    d->request.service = s;
    v = serve_stream(&d->options, &d->page, &d->request, &d->stats, d->out, &d->out_len);

    before.requests[s]++;
    before.verdict[s][v]++;
    assert_memory_equal(&before, &d->stats, sizeof before);
    return v;
}

static void TD_04_not_synchronised_is_silence(void **state)
{
    (void)state;
    for (int s = 0; s < CLOCK_STATUS_COUNT; s++) {
        bool usable = s == CLOCK_SYNCHRONISED || s == CLOCK_HOLDOVER || s == CLOCK_LOCAL;
        enum verdict expected = usable ? VERDICT_ANSWERED : VERDICT_NOT_SYNCHRONISED;
        struct door d;

        door_init(&d, SERVICE_TIME);
        d.page.status = (uint8_t)s;
        assert_int_equal(knock(&d), expected);
        assert_int_equal(d.out_len, usable ? 4 : 0);
        assert_int_equal(connect_to(&d, SERVICE_TIME), expected);
        assert_int_equal(d.out_len, usable ? 4 : 0);
        assert_int_equal(connect_to(&d, SERVICE_DAYTIME), expected);
        assert_int_equal(d.out_len, usable ? strlen("Monday, November 23, 2026 01:02:04-UTC\r\n") : 0);
    }
}

/* An inserted second is told by telling one value twice: read every 100 ms, TIME moves by 0 or 1. */
static void TD_06_an_inserted_leap_second_repeats_one_value(void **state)
{
    struct door d;
    uint32_t last = 0;
    int64_t repeated_ms = 0, most_ms = 0;

    (void)state;
    door_init(&d, SERVICE_TIME);
    d.page.leap_at.ns = d.page.tai_ref.ns + 5 * NS_PER_S;
    d.page.leap_delta_s = 1;
    for (int64_t ms = 0; ms < 10000; ms += 100) {
        struct cursor c;
        uint32_t now;

        d.request.tx.ns = 1000 * NS_PER_S + ms * NS_PER_MS;
        assert_int_equal(connect_to(&d, SERVICE_TIME), VERDICT_ANSWERED);
        c = cursor_of((struct span){ d.out, d.out_len });
        now = cursor_u32(&c);
        if (last)
            assert_in_range(now - last + 1, 0, 2);
        repeated_ms = now == last ? repeated_ms + 100 : 0;
        most_ms = repeated_ms > most_ms ? repeated_ms : most_ms;
        last = now;
    }
    assert_int_equal(most_ms, 1900);
}

/* Random bytes at every service: an answer is never longer than the frame that asked, NTP's never longer than the request. */
static void random_datagrams_are_answered_shorter_or_not_at_all(void **state)
{
    struct prng p;

    (void)state;
    prng_seed(&p, 11);
    for (int i = 0; i < 100000; i++) {
        struct door d;

        door_init(&d, prng_u64(&p) % 2 ? SERVICE_NTP : SERVICE_TIME);
        for (int k = 0; k < 128; k++)
            d.bytes[k] = (uint8_t)prng_u64(&p);
        d.bytes[0] = (uint8_t)(d.bytes[0] & 7 ? d.bytes[0] : 0x23);
        d.request.bytes.len = prng_u64(&p) % 128;
        d.request.from.port = (uint16_t)prng_u64(&p);
        knock(&d);
        assert_true(d.out_len <= (d.request.service == SERVICE_NTP ? d.request.bytes.len : 4));
    }
}

static void services_have_names(void **state)
{
    (void)state;
    assert_string_equal(service_name(SERVICE_NTP), "NTP");
    assert_string_equal(service_name(SERVICE_TIME), "TIME");
    assert_string_equal(service_name(SERVICE_DAYTIME), "DAYTIME");
}

/* -- the guard ------------------------------------------------------------------------------------------------------- */

static struct guard guard;

/* client4 may have two answers, then a kiss for one in three; 203.0.113.0/24 is denied, 198.51.100.0/24 is told so. */
static void with_guard(struct door *d, enum service service)
{
    struct guard_options o = { .access_count = 2, .rate_limit = { .present = true, .rate = 1, .burst = 2, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 3 } };

    o.access[0] = (struct access_options){ .nets = { 1, { { { .family = ADDR_IPV4, .bytes = { 203, 0, 113 } }, 24 } } }, .action = ACCESS_DENY, .service = 3 };
    o.access[1] = (struct access_options){ .nets = { 1, { { { .family = ADDR_IPV4, .bytes = { 198, 51, 100 } }, 24 } } }, .action = ACCESS_KISS, .service = 3 };
    door_init(d, service);
    memset(&guard, 0, sizeof guard);
    guard_init(&guard, &(struct guard_maker){ 0 }, &o, false, &(struct guard_key){ 1, 2 });
    d->options.guard = &guard;
}

static void from(struct door *d, uint8_t a, uint8_t b, uint8_t c) { memcpy(d->request.from.bytes, ((uint8_t[]){ a, b, c }), 3); }

static void assert_kiss(struct door *d, enum verdict expected, uint32_t code)
{
    struct ntp_header h;
    struct ntp_tail tail;

    assert_int_equal(knock(d), expected);
    assert_int_equal(d->out_len, NTP_HEADER_SIZE);
    assert_int_equal(ntp_packet_parse((struct span){ d->out, d->out_len }, &h, &tail), VERDICT_ACCEPTED);
    assert_int_equal(h.mode, NTP_MODE_SERVER);
    assert_int_equal(h.leap, LEAP_UNKNOWN);
    assert_int_equal(h.stratum, 0);
    assert_int_equal(h.refid, code);
    assert_int_equal(h.reference.raw, 0);
    assert_int_equal(h.origin.raw, 0x7777777777777777);
}

static void access_list_denies(void **state)
{
    struct door d;

    (void)state;
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        with_guard(&d, (enum service)s);
        d.options.timeproto.daytime.udp_from.count = 1;
        from(&d, 203, 0, 113);
        assert_silent(&d, VERDICT_DENIED);
    }
}

static void access_list_tells_one_in_sixteen(void **state)
{
    struct door d;

    (void)state;
    with_guard(&d, SERVICE_NTP);
    from(&d, 198, 51, 100);
    for (int i = 0; i < 15; i++)
        assert_silent(&d, VERDICT_DENIED);
    assert_kiss(&d, VERDICT_DENY_KISS, NTP_REFID('D', 'E', 'N', 'Y'));
    assert_silent(&d, VERDICT_DENIED);
}

static void NTP_27_kiss_rate_is_one_in_n_and_48_bytes(void **state)
{
    struct door d;

    (void)state;
    with_guard(&d, SERVICE_NTP);
    assert_answered(&d);
    assert_answered(&d);
    for (int i = 0; i < 9; i++) {
        assert_silent(&d, VERDICT_RATE_LIMITED);
        assert_silent(&d, VERDICT_RATE_LIMITED);
        assert_kiss(&d, VERDICT_RATE_KISS, NTP_REFID('R', 'A', 'T', 'E'));
    }
}

/* A kiss answers requests: anything else gets none, and counts against the limit all the same. */
static void no_kiss_for_what_is_no_request(void **state)
{
    struct door d;

    (void)state;
    with_guard(&d, SERVICE_NTP);
    d.bytes[0] = 2 << 3 | NTP_MODE_CONTROL;
    assert_silent(&d, VERDICT_PRIVATE_MODE);
    assert_silent(&d, VERDICT_PRIVATE_MODE);
    for (int i = 0; i < 9; i++)
        assert_silent(&d, VERDICT_RATE_LIMITED);
}

static void other_services_have_no_kiss(void **state)
{
    struct door d;

    (void)state;
    with_guard(&d, SERVICE_TIME);
    d.request.bytes.len = 0;
    assert_int_equal(knock(&d), VERDICT_ANSWERED);
    assert_int_equal(knock(&d), VERDICT_ANSWERED);
    for (int i = 0; i < 9; i++)
        assert_silent(&d, VERDICT_RATE_LIMITED);
}

static void access_list_holds_for_connections(void **state)
{
    struct door d;

    (void)state;
    with_guard(&d, SERVICE_TIME);
    assert_int_equal(connect_to(&d, SERVICE_TIME), VERDICT_ANSWERED);
    from(&d, 203, 0, 113);
    assert_int_equal(connect_to(&d, SERVICE_TIME), VERDICT_DENIED);
    assert_int_equal(d.out_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(NTP_01_short_payloads),
        cmocka_unit_test(NTP_02_lengths_that_are_no_multiple_of_four),
        cmocka_unit_test(NTP_03_version_0),
        cmocka_unit_test(NTP_04_versions_5_to_7_and_no_version_but_the_one_asked),
        cmocka_unit_test(NTP_05_mode_0),
        cmocka_unit_test(NTP_06_mode_6_from_anywhere),
        cmocka_unit_test(NTP_07_mode_7),
        cmocka_unit_test(NTP_08_answers_from_strangers),
        cmocka_unit_test(NTP_09_symmetric_active),
        cmocka_unit_test(NTP_10_zero_transmit_timestamp),
        cmocka_unit_test(NTP_11_every_other_byte_0xff),
        cmocka_unit_test(NTP_12_extension_length_0_to_3),
        cmocka_unit_test(NTP_13_extension_beyond_the_end),
        cmocka_unit_test(NTP_14_extension_length_no_multiple_of_four),
        cmocka_unit_test(NTP_15_lone_field_of_16_to_24_bytes),
        cmocka_unit_test(NTP_16_unknown_extension_is_ignored),
        cmocka_unit_test(NTP_17_unknown_key),
        cmocka_unit_test(NTP_18_digests_of_odd_lengths),
        cmocka_unit_test(NTP_19_key_id_0),
        cmocka_unit_test(NTP_21_source_ports_that_would_loop),
        cmocka_unit_test(NTP_22_our_own_address_and_port),
        cmocka_unit_test(NTP_23_multicast_and_broadcast_destinations),
        cmocka_unit_test(NTP_28_not_synchronised_on_the_wire),
        cmocka_unit_test(NTP_29_dispersion_grows_in_silence_until_the_limit),
        cmocka_unit_test(NTP_31_version_3_with_a_tail),
        cmocka_unit_test(answers_stamp_arrival_and_departure),
        cmocka_unit_test(a_departure_is_never_before_the_arrival),
        cmocka_unit_test(NTP_30_an_interleaved_request_gets_a_basic_answer),
        cmocka_unit_test(TD_01_TIME_over_UDP),
        cmocka_unit_test(TD_02_DAYTIME_over_UDP_for_listed_networks_only),
        cmocka_unit_test(TD_03_ports_of_other_servers),
        cmocka_unit_test(TD_04_not_synchronised_is_silence),
        cmocka_unit_test(TD_06_an_inserted_leap_second_repeats_one_value),
        cmocka_unit_test(random_datagrams_are_answered_shorter_or_not_at_all),
        cmocka_unit_test(services_have_names),
        cmocka_unit_test(access_list_denies),
        cmocka_unit_test(access_list_tells_one_in_sixteen),
        cmocka_unit_test(NTP_27_kiss_rate_is_one_in_n_and_48_bytes),
        cmocka_unit_test(no_kiss_for_what_is_no_request),
        cmocka_unit_test(other_services_have_no_kiss),
        cmocka_unit_test(access_list_holds_for_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
