/* The responder in the kernel and the sockets' door, asked the same: what the one decides is what the other would, byte for byte but for timestamps. */
#include "xdp/fixture.h"

#include "base/rng.h"

struct both {
    struct serve_options options;
    struct page_data page;
    struct xdp_mirror mirror;
    struct serve_stats by_xdp, by_socket;
    struct xdp_world world;
    enum service service;
    struct frame frame, before;
    uint8_t out[SERVE_ANSWER_MAX];
    size_t out_len;
};

static uint64_t boot_now;

static uint64_t fixture_clock(void) { return boot_now; }

static void tell_time(struct both *b)
{
    const struct xdp_clocks clocks = fixture_clocks();
    struct xdp_moment moment;

    xdp_moment_make(&b->options, &b->page, &clocks, &moment);
    xdp_moment_publish(&b->mirror, &moment);
}

static void set_up(struct both *b)
{
    const struct local_addr local[] = { { server4, IFINDEX, { 2, 0, 0, 0, 0, 1 } }, { server6, IFINDEX, { 2, 0, 0, 0, 0, 1 } } };
    const struct net_addr every4 = { .family = ADDR_IPV4, .port = NTP_PORT }, every6 = { .family = ADDR_IPV6, .port = NTP_PORT };
    struct xdp_listener listener[] = {
        { .at = every4, .service = SERVICE_NTP },
        { .at = every6, .service = SERVICE_NTP },
        { .at = every4, .service = SERVICE_TIME },
        { .at = every6, .service = SERVICE_TIME },
    };

    listener[2].at.port = listener[3].at.port = 37;
    memset(b, 0, sizeof *b);
    b->page = fixture_page();
    b->world = (struct xdp_world){ .mirror = &b->mirror, .stats = &b->by_xdp, .ifindex = IFINDEX };
    assert_int_equal(xdp_places_publish(&b->mirror, listener, 4, local, 2), 0);
    tell_time(b);
    boot_now = (uint64_t)(START_NS + BOOT_AHEAD_NS) + 700 * (uint64_t)NS_PER_MS;
}

static struct both *new_both(void)
{
    static struct both b;

    set_up(&b);
    return &b;
}

static void make_request(struct both *b, enum service s, const struct net_addr *from, const uint8_t *payload, size_t len)
{
    struct net_addr to = from->family == ADDR_IPV6 ? server6 : server4;

    to.port = s == SERVICE_NTP ? NTP_PORT : 37;
    b->service = s;
    frame_make(&b->frame, from, &to, payload, len);
}

static void make_ntp(struct both *b, const struct net_addr *from, uint8_t first)
{
    uint8_t request[NTP_HEADER_SIZE] = { first, 0, 6, [NTP_AT_TRANSMIT] = 1, 2, 3, 4, 5, 6, 7, 8 };

    make_request(b, SERVICE_NTP, from, request, sizeof request);
}

static enum xdp_outcome ask_xdp(struct both *b)
{
    b->before = b->frame;
    b->world.guard = b->options.guard;
    return xdp_respond(&b->world, fixture_clock, b->frame.bytes, b->frame.bytes + b->frame.len);
}

/* What the socket's side says to the frame as it was. */
static enum verdict ask_socket(struct both *b)
{
    struct frame *f = &b->before;
    bool ipv6 = wire_get16(f->bytes + 12) == XDP_ETHERTYPE_IPV6;
    const uint8_t *ip = f->bytes + XDP_ETHERNET, *udp = ip + (ipv6 ? XDP_IPV6 : XDP_IPV4);
    struct mono_ns now = fixture_raw(boot_now);
    struct serve_request r = { .service = b->service, .bytes = { udp + XDP_UDP, (size_t)wire_get16(udp + 4) - XDP_UDP }, .rx = now, .tx = now };

    r.from = (struct net_addr){ .family = ipv6 ? ADDR_IPV6 : ADDR_IPV4, .port = wire_get16(udp) };
    r.to = (struct net_addr){ .family = r.from.family, .port = wire_get16(udp + 2) };
    memcpy(r.from.bytes, ip + (ipv6 ? 8 : 12), ipv6 ? 16 : 4);
    memcpy(r.to.bytes, ip + (ipv6 ? 24 : 16), ipv6 ? 16 : 4);
    return serve_datagram(&b->options, &b->page, &r, &b->by_socket, b->out, &b->out_len);
}

static int64_t difference(const uint8_t *a, const uint8_t *b) { return (int64_t)(wire_get64(a) - wire_get64(b)); }

#define NTP_UNITS_IN_TEN_NS 43

/* Receive and transmit timestamps are the same to a few nanoseconds, root dispersion to its last bit; all else is the same. */
static void assert_same_ntp(const uint8_t *xdp, const uint8_t *socket)
{
    uint32_t dispersion = wire_get32(xdp + NTP_AT_ROOT_DISPERSION), expected = wire_get32(socket + NTP_AT_ROOT_DISPERSION);

    assert_memory_equal(xdp, socket, NTP_AT_ROOT_DISPERSION);
    assert_memory_equal(xdp + NTP_AT_REFID, socket + NTP_AT_REFID, NTP_AT_RECEIVE - NTP_AT_REFID);
    assert_true(dispersion == expected || dispersion == expected + 1);
    assert_in_range(difference(xdp + NTP_AT_RECEIVE, socket + NTP_AT_RECEIVE) + NTP_UNITS_IN_TEN_NS, 0, 2 * NTP_UNITS_IN_TEN_NS);
    assert_in_range(difference(xdp + NTP_AT_TRANSMIT, socket + NTP_AT_TRANSMIT) + NTP_UNITS_IN_TEN_NS, 0, 2 * NTP_UNITS_IN_TEN_NS);
    assert_true(difference(xdp + NTP_AT_TRANSMIT, xdp + NTP_AT_RECEIVE) > 0);
}

/* Headers of the way back, with checksums that are right. */
static void assert_turned(struct both *b)
{
    bool ipv6 = wire_get16(b->frame.bytes + 12) == XDP_ETHERTYPE_IPV6;
    const uint8_t *was = b->before.bytes, *is = b->frame.bytes;
    unsigned address = XDP_ETHERNET + (ipv6 ? 8 : 12), size = ipv6 ? 16 : 4, udp = XDP_ETHERNET + (ipv6 ? XDP_IPV6 : XDP_IPV4);

    assert_memory_equal(is, was + 6, 6);
    assert_memory_equal(is + 6, was, 6);
    assert_memory_equal(is + address, was + address + size, size);
    assert_memory_equal(is + address + size, was + address, size);
    assert_int_equal(wire_get16(is + udp), wire_get16(was + udp + 2));
    assert_int_equal(wire_get16(is + udp + 2), wire_get16(was + udp));
    assert_int_equal(is[XDP_ETHERNET + (ipv6 ? 7 : 8)], XDP_HOPS);
    assert_int_equal(fixture_udp_checksum(&b->frame), 0);
    if (!ipv6)
        assert_int_equal(fixture_checksum(0, is + XDP_ETHERNET, XDP_IPV4), 0);
}

static void assert_passed(struct both *b)
{
    assert_int_equal(ask_xdp(b), XDP_OUTCOME_PASS);
    assert_memory_equal(b->frame.bytes, b->before.bytes, sizeof b->frame.bytes);
    assert_int_equal(b->by_xdp.requests[SERVICE_NTP] + b->by_xdp.requests[SERVICE_TIME], 0);
}

static void assert_answered_alike(struct both *b)
{
    assert_int_equal(ask_xdp(b), XDP_OUTCOME_ANSWERED);
    assert_int_equal(ask_socket(b), VERDICT_ANSWERED);
    assert_int_equal(wire_get16(frame_payload(&b->frame) - 4), XDP_UDP + b->out_len);
    assert_turned(b);
    if (b->service == SERVICE_NTP)
        assert_same_ntp(frame_payload(&b->frame), b->out);
    else
        assert_memory_equal(frame_payload(&b->frame), b->out, TIME_SIZE);
    assert_memory_equal(&b->by_xdp, &b->by_socket, sizeof b->by_xdp);
}

/* -- plain requests ------------------------------------------------------------------------------------------------ */

static void plain_ntp_is_answered_as_by_the_socket(void **state)
{
    const struct net_addr *from[] = { &client4, &client6 };

    (void)state;
    for (unsigned family = 0; family < 2; family++)
        for (uint8_t version = 3; version <= 4; version++)
            for (int poll = -128; poll < 128; poll += 5) {
                struct both *b = new_both();

                make_ntp(b, from[family], (uint8_t)(version << 3 | NTP_MODE_CLIENT));
                frame_payload(&b->frame)[NTP_AT_POLL] = (uint8_t)poll;
                assert_answered_alike(b);
            }
}

static void answers_carry_the_listeners_traffic_class(void **state)
{
    struct both *b = new_both();

    (void)state;
    for (unsigned i = 0; b->mirror.place[i].ifindex; i++)
        b->mirror.place[i].traffic_class = 0xb8;
    make_ntp(b, &client4, 0x23);
    assert_answered_alike(b);
    assert_int_equal(b->frame.bytes[XDP_ETHERNET + 1], 0xb8);
    make_ntp(b, &client6, 0x23);
    assert_answered_alike(b);
    assert_int_equal(wire_get16(b->frame.bytes + XDP_ETHERNET), 0x6b80);
}

static void NTP_10_zero_transmit_timestamp(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_ntp(b, &client4, 0x23);
    memset(frame_payload(&b->frame) + NTP_AT_TRANSMIT, 0, 8);
    assert_answered_alike(b);
}

static void unsynchronised_says_so(void **state)
{
    static const uint8_t status[] = { CLOCK_UNSYNCHRONISED, CLOCK_FREE_RUNNING, CLOCK_DISRUPTED, CLOCK_HOLDOVER, CLOCK_LOCAL };

    (void)state;
    for (size_t i = 0; i < sizeof status; i++) {
        struct both *b = new_both();

        b->page.status = status[i];
        tell_time(b);
        make_ntp(b, &client4, 0x23);
        if (status[i] != CLOCK_LOCAL) { /* its reference time is every instant */
            assert_answered_alike(b);
            continue;
        }
        assert_int_equal(ask_xdp(b), XDP_OUTCOME_ANSWERED);
        assert_int_equal(ask_socket(b), VERDICT_ANSWERED);
        memcpy(b->out + NTP_AT_REFERENCE, frame_payload(&b->frame) + NTP_AT_REFERENCE, 8);
        assert_same_ntp(frame_payload(&b->frame), b->out);
    }
}

static void time_is_answered_where_there_is_room(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_request(b, SERVICE_TIME, &client4, (const uint8_t *)"", 0);
    b->frame.len = 60; /* padded on its way */
    assert_answered_alike(b);
    b = new_both();
    make_request(b, SERVICE_TIME, &client6, (const uint8_t *)"abcd", 4);
    assert_answered_alike(b);
}

static void time_without_room_is_left_to_the_sockets(void **state)
{
    static const struct { const struct net_addr *from; size_t len; } row[] = { { &client4, 0 }, { &client4, 3 }, { &client4, 19 }, { &client6, 0 },
                                                                              { &client6, 3 }, { &client6, 5 }, { &client6, 400 } };
    static const uint8_t zeros[400];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct both *b = new_both();

        make_request(b, SERVICE_TIME, row[i].from, zeros, row[i].len);
        assert_passed(b);
    }
}

/* The lengths of both headers agree with each other, but not with the frame. */
static void time_of_another_length_than_the_frame_is_left_to_the_sockets(void **state)
{
    static const unsigned says[] = { 0, 4, 7, 8 + 19, 8 + 24, 8 + 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        struct both *b = new_both();
        uint8_t *ip = b->frame.bytes + XDP_ETHERNET;

        make_request(b, SERVICE_TIME, &client4, (const uint8_t *)"abcd", 4);
        b->frame.len = XDP_TIME_FRAME_MAX;
        wire_put16(ip + 2, (uint16_t)(XDP_IPV4 + says[i]));
        wire_put16(ip + 10, 0);
        wire_put16(ip + 10, fixture_checksum(0, ip, XDP_IPV4));
        wire_put16(ip + XDP_IPV4 + 4, (uint16_t)says[i]);
        assert_passed(b);
    }
}

static void time_is_silent_while_unsynchronised(void **state)
{
    struct both *b = new_both();

    (void)state;
    b->page.status = CLOCK_UNSYNCHRONISED;
    tell_time(b);
    make_request(b, SERVICE_TIME, &client6, (const uint8_t *)"abcd", 4);
    assert_passed(b);
}

/* -- what is not plain --------------------------------------------------------------------------------------------- */

static void other_first_bytes_are_passed_up(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        struct both *b = new_both();
        bool plain = (first & 0x3f) == 0x23 || (first & 0x3f) == 0x1b;

        make_ntp(b, &client4, (uint8_t)first);
        if (plain)
            assert_answered_alike(b);
        else
            assert_passed(b);
    }
}

static void other_lengths_are_passed_up(void **state)
{
    static uint8_t bytes[1024] = { 0x23 };

    (void)state;
    for (size_t len = 0; len <= sizeof bytes; len += len < 80 ? 1 : 59) {
        struct both *b = new_both();

        if (len == NTP_HEADER_SIZE)
            continue;
        make_request(b, SERVICE_NTP, &client4, bytes, len);
        assert_passed(b);
        make_request(b, SERVICE_NTP, &client6, bytes, len);
        assert_passed(b);
    }
}

/* One byte of a good frame is another one. */
struct odd { const char *what; size_t at; uint8_t value; };

static void assert_all_passed(const struct net_addr *from, const struct odd *odd, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct both *b = new_both();
        uint8_t *ip = b->frame.bytes + XDP_ETHERNET;

        make_ntp(b, from, 0x23);
        b->frame.bytes[odd[i].at] = odd[i].value;
        if (from->family == ADDR_IPV4 && odd[i].at >= XDP_ETHERNET && odd[i].at < XDP_ETHERNET + XDP_IPV4 && odd[i].at != 24) {
            wire_put16(ip + 10, 0);
            wire_put16(ip + 10, fixture_checksum(0, ip, XDP_IPV4));
        }
        assert_passed(b);
    }
}

static void odd_ipv4_is_passed_up(void **state)
{
    static const struct odd odd[] = {
        { "not our hardware address", 5, 9 }, { "broadcast", 0, 0xff }, { "VLAN", 12, 0x81 }, { "options", 14, 0x46 }, { "version", 14, 0x65 },
        { "length", 17, 75 }, { "length", 16, 1 }, { "more fragments", 20, 0x20 }, { "reserved flag", 20, 0x80 }, { "fragment", 21, 1 },
        { "TCP", 23, 6 }, { "header checksum", 24, 0x5a }, { "source 0.0.2.9", 26, 0 }, { "source 127.0.2.9", 26, 127 }, { "multicast source", 26, 224 },
        { "source 255", 26, 255 }, { "not our address", 33, 2 }, { "not our port", 37, 124 }, { "UDP length", 39, 55 }, { "UDP length", 38, 1 },
    };

    (void)state;
    assert_all_passed(&client4, odd, sizeof odd / sizeof odd[0]);
}

static void odd_ipv6_is_passed_up(void **state)
{
    static const struct odd odd[] = {
        { "not our hardware address", 5, 9 }, { "multicast", 0, 0x33 }, { "version", 14, 0x45 }, { "hop-by-hop", 20, 0 }, { "fragment", 20, 44 },
        { "length", 19, 55 }, { "length", 18, 1 }, { "multicast source", 22, 0xff }, { "not our address", 53, 7 }, { "not our port", 57, 124 },
        { "UDP length", 59, 57 },
    };

    (void)state;
    assert_all_passed(&client6, odd, sizeof odd / sizeof odd[0]);
}

static void NTP_21_source_ports_of_other_services(void **state)
{
    static const uint16_t port[] = { 0, 7, 13, 17, 19, 37, 53 };

    (void)state;
    for (size_t i = 0; i < sizeof port / sizeof port[0]; i++) {
        struct both *b = new_both();
        struct net_addr from = client4;

        from.port = port[i];
        make_ntp(b, &from, 0x23);
        assert_passed(b);
    }
}

static void NTP_22_from_ourselves(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_ntp(b, &server4, 0x23);
    assert_passed(b);
    make_ntp(b, &server6, 0x23);
    assert_passed(b);
}

static void NTP_30_interleaved_is_for_the_sockets(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_ntp(b, &client4, 0x23);
    frame_payload(&b->frame)[NTP_AT_ORIGIN + 7] = 1;
    assert_passed(b);
}

static void frames_cut_anywhere_are_passed_up(void **state)
{
    const struct net_addr *from[] = { &client4, &client6 };

    (void)state;
    for (unsigned family = 0; family < 2; family++) {
        struct both *b = new_both();
        size_t whole;

        make_ntp(b, from[family], 0x23);
        whole = b->frame.len;
        for (size_t len = 0; len < whole; len++) {
            make_ntp(b, from[family], 0x23);
            b->frame.len = len;
            assert_passed(b);
        }
        b->frame.len = whole + 1; /* something behind it */
        assert_passed(b);
    }
}

static void at_another_interface_nothing_is_ours(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_ntp(b, &client4, 0x23);
    b->world.ifindex = IFINDEX + 1;
    assert_passed(b);
}

/* -- the moment ---------------------------------------------------------------------------------------------------- */

static void NET_08_without_a_heartbeat_the_sockets_are_asked(void **state)
{
    struct both *b = new_both();

    (void)state;
    make_ntp(b, &client4, 0x23);
    boot_now = (uint64_t)(START_NS + BOOT_AHEAD_NS + XDP_MOMENT_MAX_NS);
    assert_passed(b);
    boot_now = (uint64_t)(START_NS + BOOT_AHEAD_NS) - 1; /* another processor, a nanosecond behind */
    assert_passed(b);
    memset(&b->mirror.moment, 0, sizeof b->mirror.moment);
    boot_now = (uint64_t)(START_NS + BOOT_AHEAD_NS);
    assert_passed(b);
}

/* -- the guard ----------------------------------------------------------------------------------------------------- */

static struct guard_maker maker;

static struct guard *new_guard(const struct guard_options *o)
{
    static struct guard g;

    memset(&g, 0, sizeof g);
    memset(&maker, 0, sizeof maker);
    guard_init(&g, &maker, o, false, &(struct guard_key){ 1, 2 });
    return &g;
}

static void the_access_list_holds(void **state)
{
    static const struct { uint8_t action; enum verdict verdict; } row[] = { { ACCESS_DENY, VERDICT_DENIED }, { ACCESS_AUTHENTICATE, VERDICT_UNAUTHENTICATED },
                                                                            { ACCESS_KISS, VERDICT_DENIED } };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct guard_options o = { .access_count = 1 };
        struct both *b = new_both();

        o.access[0] = (struct access_options){ .nets = { 1, { { { .family = ADDR_IPV4, .bytes = { 192, 0, 2 } }, 24 } } }, .action = row[i].action,
                                               .service = ACCESS_SERVICES - 1 };
        b->options.guard = new_guard(&o);
        guard_list_at(b->options.guard, &maker, &o, &server4, "");
        make_ntp(b, &client4, 0x23);
        assert_int_equal(ask_xdp(b), XDP_OUTCOME_SILENT);
        assert_int_equal(b->by_xdp.verdict[SERVICE_NTP][row[i].verdict], 1);
        make_ntp(b, &client6, 0x23);
        assert_int_equal(ask_xdp(b), XDP_OUTCOME_ANSWERED);
    }
}

/* Two doors with a guard each, and one client that asks too often at both: every answer, silence and kiss is the same. */
static void the_rate_limit_is_the_same(void **state)
{
    const struct guard_options o = { .rate_limit = { .present = true, .rate = 4, .burst = 8, .ipv4_prefix = 32, .ipv6_prefix = 64, .kiss = 16, .leak = 8,
                                                     .block_for = { NS_PER_S } } };
    static struct guard at_xdp, at_socket;
    struct both *b = new_both();

    (void)state;
    guard_init(&at_xdp, &(struct guard_maker){ 0 }, &o, false, &(struct guard_key){ 1, 2 });
    guard_init(&at_socket, &(struct guard_maker){ 0 }, &o, false, &(struct guard_key){ 1, 2 });
    for (unsigned i = 0; i < 300; i++) {
        enum xdp_outcome outcome;

        boot_now += 3001 * (uint64_t)NS_PER_US; /* no whole part of the interval: the two clocks need not agree to the nanosecond */
        make_ntp(b, i % 2 ? &client4 : &client6, 0x23);
        b->options.guard = &at_xdp;
        outcome = ask_xdp(b);
        b->options.guard = &at_socket;
        ask_socket(b);
        assert_int_equal(outcome == XDP_OUTCOME_ANSWERED, b->out_len > 0);
        assert_int_not_equal(outcome, XDP_OUTCOME_PASS);
        if (b->out_len > 0)
            assert_same_ntp(frame_payload(&b->frame), b->out);
        assert_memory_equal(&b->by_xdp, &b->by_socket, sizeof b->by_xdp);
    }
    assert_true(b->by_xdp.verdict[SERVICE_NTP][VERDICT_RATE_KISS] > 0 && b->by_xdp.verdict[SERVICE_NTP][VERDICT_RATE_LIMITED] > 0);
}

/* -- anything ------------------------------------------------------------------------------------------------------ */

/* Good frames with a few bytes changed: whatever is not passed up is what the socket says, and nothing behind the frame is touched. */
static void random_frames(void **state)
{
    struct prng rng;
    unsigned answered = 0;

    (void)state;
    prng_seed(&rng, 4);
    for (unsigned i = 0; i < 200000; i++) {
        struct both *b = new_both();
        unsigned changes = (unsigned)(prng_u64(&rng) % 4);
        enum xdp_outcome outcome;

        make_ntp(b, prng_u64(&rng) % 2 ? &client4 : &client6, 0x23);
        while (changes-- > 0)
            b->frame.bytes[prng_u64(&rng) % b->frame.len] = (uint8_t)prng_u64(&rng);
        outcome = ask_xdp(b);
        assert_memory_equal(b->frame.bytes + b->frame.len, b->before.bytes + b->frame.len, sizeof b->frame.bytes - b->frame.len);
        if (outcome == XDP_OUTCOME_PASS)
            continue;
        answered++;
        assert_int_equal(ask_socket(b), VERDICT_ANSWERED);
        assert_turned(b);
        assert_same_ntp(frame_payload(&b->frame), b->out);
    }
    assert_true(answered > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_ntp_is_answered_as_by_the_socket),
        cmocka_unit_test(answers_carry_the_listeners_traffic_class),
        cmocka_unit_test(NTP_10_zero_transmit_timestamp),
        cmocka_unit_test(unsynchronised_says_so),
        cmocka_unit_test(time_is_answered_where_there_is_room),
        cmocka_unit_test(time_without_room_is_left_to_the_sockets),
        cmocka_unit_test(time_of_another_length_than_the_frame_is_left_to_the_sockets),
        cmocka_unit_test(time_is_silent_while_unsynchronised),
        cmocka_unit_test(other_first_bytes_are_passed_up),
        cmocka_unit_test(other_lengths_are_passed_up),
        cmocka_unit_test(odd_ipv4_is_passed_up),
        cmocka_unit_test(odd_ipv6_is_passed_up),
        cmocka_unit_test(NTP_21_source_ports_of_other_services),
        cmocka_unit_test(NTP_22_from_ourselves),
        cmocka_unit_test(NTP_30_interleaved_is_for_the_sockets),
        cmocka_unit_test(frames_cut_anywhere_are_passed_up),
        cmocka_unit_test(at_another_interface_nothing_is_ours),
        cmocka_unit_test(NET_08_without_a_heartbeat_the_sockets_are_asked),
        cmocka_unit_test(the_access_list_holds),
        cmocka_unit_test(the_rate_limit_is_the_same),
        cmocka_unit_test(random_frames),
    };

    return cmocka_run_group_tests_name("xdp respond", tests, NULL, NULL);
}
