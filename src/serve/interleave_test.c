/* The memory of interleaved mode: who gets the stamp of an earlier answer, and who keeps a row while many want one. */
#include "base/test.h"

#include "ntp/packet.h"
#include "serve/serve.h"

#define SECOND(n) ((struct mono_ns){ (n) * NS_PER_S })

static struct interleave table;
static const struct net_addr alice = { .family = ADDR_IPV6, .port = 40000, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 } };
static const struct net_addr bob = { .family = ADDR_IPV6, .port = 40000, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 10 } }; /* the same /64: the same set */

static void fresh_table(void)
{
    memset(&table, 0, sizeof table);
    interleave_init(&table, &(struct guard_key){ 1, 2 });
}

/* One request at `s` seconds that names `origin`; its answer has `receive` and leaves at `left`. Returns what the client is told. */
static uint64_t turn(const struct net_addr *from, uint64_t origin, uint64_t receive, uint64_t left, int64_t s)
{
    struct ntp_ts64 r = { receive };
    uint64_t told = interleave_turn(&table, from, (struct ntp_ts64){ origin }, &r, SECOND(s)).raw;

    assert_int_equal(r.raw, receive);
    if (left)
        interleave_left(&table, from, r, (struct ntp_ts64){ left });
    return told;
}

static void the_next_request_gets_the_stamp_once(void **state)
{
    struct net_addr other_port = alice;

    (void)state;
    fresh_table();
    other_port.port = 50000; /* RFC 9109 */
    assert_int_equal(turn(&alice, 1, 11, 12, 0), 0);
    assert_int_equal(turn(&other_port, 11, 21, 22, 1), 12);
    assert_int_equal(turn(&alice, 21, 31, 32, 2), 22);
    assert_int_equal(turn(&alice, 11, 41, 42, 2), 0); /* an old one again: a replay or a duplicate */
    assert_int_equal(turn(&alice, 31, 51, 52, 3), 32); /* and it did no harm */
}

static void NTP_30_a_timestamp_saved_for_another_address_is_not_told(void **state)
{
    struct net_addr four = { .family = ADDR_IPV4, .bytes = { 192, 0, 2, 1 } }, next = { .family = ADDR_IPV4, .bytes = { 192, 0, 2, 2 } };

    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 12, 0);
    turn(&four, 1, 13, 14, 0);
    assert_int_equal(turn(&bob, 11, 21, 22, 1), 0);
    assert_int_equal(turn(&next, 13, 23, 24, 1), 0);
    assert_int_equal(turn(&alice, 13, 25, 26, 1), 0);
    assert_int_equal(turn(&alice, 11, 31, 32, 2), 12);
}

static void without_a_stamp_there_is_nothing_to_tell(void **state)
{
    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 0, 0);
    assert_int_equal(turn(&alice, 11, 21, 22, 1), 0);
    interleave_left(&table, &alice, (struct ntp_ts64){ 11 }, (struct ntp_ts64){ 12 }); /* too late */
    interleave_left(&table, &bob, (struct ntp_ts64){ 21 }, (struct ntp_ts64){ 99 });   /* not his */
    assert_int_equal(turn(&alice, 21, 31, 32, 2), 22);
}

static void receive_timestamps_are_unique_for_a_client(void **state)
{
    struct ntp_ts64 receive = { 11 };

    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 12, 0);
    interleave_turn(&table, &alice, (struct ntp_ts64){ 3 }, &receive, SECOND(0));
    assert_int_equal(receive.raw, 13);
    interleave_left(&table, &alice, receive, (struct ntp_ts64){ 14 });
    assert_int_equal(turn(&alice, 11, 21, 22, 1), 12);
    assert_int_equal(turn(&alice, 13, 23, 24, 1), 14);
}

/* Two workers wrote one row at once: whatever mixture of words is left says nothing. */
static void torn_rows_say_nothing(void **state)
{
    struct interleave_row *r = NULL;

    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 12, 0);
    for (unsigned i = 0; i < INTERLEAVE_SETS; i++)
        if (table.set[i][0].key)
            r = &table.set[i][0];
    assert_non_null(r);
    r->left = 112;
    assert_int_equal(turn(&alice, 11, 21, 22, 1), 0);
    r->check ^= 4;
    assert_int_equal(turn(&alice, 21, 31, 32, 2), 0);
}

/* Forged requests from one /64, which all fall into one set: an owner who came back keeps his row while he is expected. */
static void forged_requests_take_no_row_of_who_came_back(void **state)
{
    struct net_addr forged = alice;
    uint64_t odd = 1001;

    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 12, 0);
    turn(&alice, 11, 21, 22, 16);
    for (int i = 0; i < 1000; i++, odd += 2) {
        forged.bytes[14] = (uint8_t)(i % 100 + 1);
        turn(&forged, odd, odd, odd + 1, 17 + i / 50);
    }
    assert_int_equal(turn(&alice, 21, 31, 32, 40), 22);
}

static void a_row_whose_owner_stays_away_is_given_away(void **state)
{
    uint64_t odd = 1001;

    (void)state;
    fresh_table();
    turn(&alice, 1, 11, 12, 0);
    turn(&alice, 11, 21, 22, 16);
    for (int i = 0; i < 100; i++, odd += 2)
        turn(&bob, odd, odd, odd + 1, 16 + 2 * 16 + INTERLEAVE_KEPT_S);
    assert_int_equal(turn(&alice, 21, 31, 32, 60), 0);
    assert_int_equal(turn(&alice, 31, 41, 42, 76), 32); /* it begins anew */
}

/* Eight clients of one set that all came back leave no room for a ninth, who is told nothing and hurts nobody. */
static void a_full_set_turns_newcomers_away(void **state)
{
    struct net_addr who = alice;

    (void)state;
    fresh_table();
    for (uint8_t i = 0; i < INTERLEAVE_SET_SIZE; i++) {
        who.bytes[15] = i;
        turn(&who, 1, 101 + 4u * i, 102 + 4u * i, 0);
        assert_int_equal(turn(&who, 101 + 4u * i, 201 + 4u * i, 202 + 4u * i, 10), 102 + 4u * i);
    }
    who.bytes[15] = 99;
    assert_int_equal(turn(&who, 1, 301, 302, 11), 0);
    assert_int_equal(turn(&who, 301, 303, 304, 12), 0);
    for (uint8_t i = 0; i < INTERLEAVE_SET_SIZE; i++) {
        who.bytes[15] = i;
        assert_int_equal(turn(&who, 201 + 4u * i, 401 + 4u * i, 402 + 4u * i, 20), 202 + 4u * i);
    }
}

/* ---- at the door ---- */

static const struct net_addr server = { .family = ADDR_IPV6, .port = NTP_PORT, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
static struct serve_options options;
static struct serve_stats stats;
static struct page_data page;

static void open_door(void)
{
    fresh_table();
    options = (struct serve_options){ .interleave = &table };
    page = (struct page_data){
        .raw_ref = SECOND(1000), .tai_ref = { INT64_C(1795395760) * NS_PER_S }, .slew_end = SECOND(1000), .early = { 1000 }, .late = { 1000 },
        .silent_at = SECOND(9000), .holdover_at = SECOND(9000), .free_running_at = SECOND(9000), .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37,
        .status = CLOCK_SYNCHRONISED, .stratum = 2, .precision_log2 = -25,
    };
}

/* An exchange at `s` seconds; the answer leaves 30 us after the request came, 20 us after its own transmit timestamp. */
static struct ntp_header knock(struct ntp_header q, const struct net_addr *from, int64_t s, bool expect_stamp)
{
    uint8_t bytes[NTP_HEADER_SIZE], out[SERVE_ANSWER_MAX];
    struct serve_request r = { .service = SERVICE_NTP, .bytes = { bytes, sizeof bytes }, .from = *from, .to = server, .rx = SECOND(s),
                               .tx = { SECOND(s).ns + 10000 } };
    struct ntp_header h;
    struct ntp_tail tail;
    size_t len;

    ntp_header_write(&q, bytes);
    assert_int_equal(serve_datagram(&options, &page, &r, &stats, out, &len), VERDICT_ANSWERED);
    assert_int_equal(serve_wants_stamp(&options, &r, out), expect_stamp);
    if (expect_stamp)
        serve_left(&options, &page, false, from, (struct span){ out, len }, (struct mono_ns){ SECOND(s).ns + 30000 });
    assert_int_equal(ntp_packet_parse((struct span){ out, len }, &h, &tail), VERDICT_ACCEPTED);
    assert_true(h.receive.raw % 2 == 1 && h.transmit.raw % 2 == 0);
    return h;
}

static struct ntp_header request(uint64_t origin)
{
    return (struct ntp_header){ .version = 4, .mode = NTP_MODE_CLIENT, .origin = { origin }, .receive = { 0x1111 }, .transmit = { 0x2222 } };
}

static void an_interleaved_request_gets_the_true_departure(void **state)
{
    struct ntp_header first, second, third;

    (void)state;
    open_door();
    first = knock(request(0), &alice, 1001, false);
    second = knock(request(first.receive.raw), &alice, 1002, true);
    assert_int_equal(second.origin.raw, 0x2222);
    third = knock(request(second.receive.raw), &alice, 1003, true);
    assert_int_equal(third.origin.raw, 0x1111);
    assert_in_range(ntp_ts64_to_utc(third.transmit, page_utc(&page, SECOND(1002))).ns - page_utc(&page, SECOND(1002)).ns, 30000, 30001);
    assert_in_range(ntp_ts64_to_utc(third.receive, page_utc(&page, SECOND(1003))).ns - page_utc(&page, SECOND(1003)).ns + 1, 0, 1);
}

static void NTP_30_another_address_gets_a_basic_answer(void **state)
{
    struct ntp_header h;

    (void)state;
    open_door();
    h = knock(request(knock(request(0), &alice, 1001, false).receive.raw), &alice, 1002, true);
    h = knock(request(h.receive.raw), &bob, 1003, true);
    assert_int_equal(h.origin.raw, 0x2222);
    assert_in_range(ntp_ts64_to_utc(h.transmit, page_utc(&page, SECOND(1003))).ns - page_utc(&page, SECOND(1003)).ns, 10000, 10001);
}

static void clients_of_the_basic_protocol_take_no_row(void **state)
{
    static const struct interleave_row free_row;
    struct ntp_header h, q;

    (void)state;
    open_door();
    h = knock(request(0), &alice, 1001, false);
    h = knock(request(h.transmit.raw), &alice, 1002, false); /* RFC 5905: origin is our transmit timestamp */
    q = request(h.receive.raw);
    q.receive = q.transmit; /* no telling which mode the answer would have */
    knock(q, &alice, 1003, false);
    q = request(h.receive.raw);
    options.ntp.symmetric_reply = true;
    q.mode = NTP_MODE_ACTIVE;
    knock(q, &alice, 1004, false);
    page.status = CLOCK_UNSYNCHRONISED;
    page.stratum = 0;
    knock(request(h.receive.raw), &alice, 1005, false);
    for (unsigned i = 0; i < INTERLEAVE_SETS; i++)
        for (unsigned j = 0; j < INTERLEAVE_SET_SIZE; j++)
            assert_memory_equal(&table.set[i][j], &free_row, sizeof free_row);
}

static void without_the_table_every_answer_is_basic(void **state)
{
    struct ntp_header h;

    (void)state;
    open_door();
    options.interleave = NULL;
    h = knock(request(1), &alice, 1001, false);
    assert_int_equal(knock(request(h.receive.raw), &alice, 1002, false).origin.raw, 0x2222);
    serve_left(&options, &page, false, &alice, (struct span){ (const uint8_t *)"", 0 }, SECOND(1002));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_request_gets_the_stamp_once),
        cmocka_unit_test(NTP_30_a_timestamp_saved_for_another_address_is_not_told),
        cmocka_unit_test(without_a_stamp_there_is_nothing_to_tell),
        cmocka_unit_test(receive_timestamps_are_unique_for_a_client),
        cmocka_unit_test(torn_rows_say_nothing),
        cmocka_unit_test(forged_requests_take_no_row_of_who_came_back),
        cmocka_unit_test(a_row_whose_owner_stays_away_is_given_away),
        cmocka_unit_test(a_full_set_turns_newcomers_away),
        cmocka_unit_test(an_interleaved_request_gets_the_true_departure),
        cmocka_unit_test(NTP_30_another_address_gets_a_basic_answer),
        cmocka_unit_test(clients_of_the_basic_protocol_take_no_row),
        cmocka_unit_test(without_the_table_every_answer_is_basic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
