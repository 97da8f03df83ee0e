/* Requests with a MAC at the door: answered with one, refused for a reason of its own, and where the access list wants it, nobody else is answered. */
#include "base/test.h"

#include "serve/serve.h"
#include "serve/test_page.h"

static struct key_table table;
static struct guard everyone, *const guard = &everyone;
static const struct net_addr client4 = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };
static const struct net_addr stranger = { .family = ADDR_IPV4, .port = 40000, .bytes = { 198, 51, 100, 9 } };

struct door {
    struct serve_options options;
    struct page_data page;
    struct serve_stats stats;
    struct serve_request request;
    uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX], out[SERVE_ANSWER_MAX];
    size_t out_len;
};

/* Keys: 1 for everybody, 2 for 192.0.2.0/24 alone, 3 was good until 2001. */
static void door_init(struct door *d)
{
    static const char file[] = "1 SHA1 first\n2 SHA1 second for=192.0.2.0/24\n3 SHA1 third until=2001-01-01\n";
    const struct keys_options o = { .allow_legacy = true };

    assert_int_equal(keys_read((struct span){ (const uint8_t *)file, sizeof file - 1 }, &o, &table).fault, KEY_FAULT_NONE);
    memset(d, 0, sizeof *d);
    d->options.keys = &table;
    d->page = synchronised_page();
    d->request = (struct serve_request){
        .service = SERVICE_NTP, .bytes = { d->bytes, NTP_HEADER_SIZE }, .from = client4, .rx = { 1001 * NS_PER_S }, .tx = { 1001 * NS_PER_S + 10000 },
    };
    d->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    memset(d->bytes + NTP_AT_TRANSMIT, 0x77, 8);
}

static void sign(struct door *d, uint32_t id)
{
    d->request.bytes.len = ntp_mac_append(keys_find(&table, id), 24, d->bytes, NTP_HEADER_SIZE);
}

static enum verdict knock(struct door *d)
{
    enum verdict v = serve_datagram(&d->options, &d->page, &d->request, &d->stats, d->out, &d->out_len);

    assert_true(d->out_len <= d->request.bytes.len);
    assert_int_equal(d->stats.verdict[SERVICE_NTP][v], 1);
    memset(&d->stats, 0, sizeof d->stats);
    return v;
}

static enum verdict check_answer(const struct door *d, uint32_t id)
{
    const struct span answer = { d->out, d->out_len };
    struct ntp_header h;
    struct ntp_tail tail;
    enum verdict v = ntp_packet_parse(answer, &h, &tail);

    return v == VERDICT_ACCEPTED ? ntp_mac_check(keys_find(&table, id), answer, &tail) : v;
}

static void a_good_mac_is_answered_with_one(void **state)
{
    struct door d;

    (void)state;
    for (uint8_t version = 3; version <= 4; version++)
        for (uint32_t id = 1; id <= 2; id++) {
            door_init(&d);
            d.bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
            sign(&d, id);
            assert_int_equal(knock(&d), VERDICT_ANSWERED);
            assert_int_equal(d.out_len, d.request.bytes.len);
            assert_int_equal(d.out[0] >> 3 & 7, version);
            assert_int_equal(check_answer(&d, id), VERDICT_ACCEPTED);
            assert_int_equal(check_answer(&d, 3 - id), VERDICT_KEY_UNKNOWN);
        }
}

static void other_macs_are_not_answered(void **state)
{
    struct door d;

    (void)state;
    door_init(&d);
    sign(&d, 1);
    d.bytes[NTP_HEADER_SIZE + 23] ^= 1;
    assert_int_equal(knock(&d), VERDICT_MAC_WRONG);
    assert_int_equal(d.out_len, 0);
    sign(&d, 2);
    d.bytes[NTP_HEADER_SIZE + 3] = 1; /* another key than it says */
    assert_int_equal(knock(&d), VERDICT_MAC_WRONG);
    sign(&d, 3);
    assert_int_equal(knock(&d), VERDICT_KEY_LIFETIME);
    d.bytes[NTP_HEADER_SIZE + 23] ^= 1; /* who does not have the key is not told about it */
    assert_int_equal(knock(&d), VERDICT_MAC_WRONG);
    sign(&d, 2);
    d.request.from = stranger;
    assert_int_equal(knock(&d), VERDICT_KEY_ADDRESS);
    sign(&d, 1);
    d.bytes[NTP_HEADER_SIZE + 3] = 9;
    assert_int_equal(knock(&d), VERDICT_KEY_UNKNOWN);
    d.request.bytes.len = NTP_HEADER_SIZE + 4;
    assert_int_equal(knock(&d), VERDICT_CRYPTO_NAK);
    assert_int_equal(d.out_len, 0);
}

/* NTP-20 at the door, and without an answer for any of it. */
static void NTP_20_flipped_bits(void **state)
{
    struct door d;

    (void)state;
    door_init(&d);
    sign(&d, 1);
    for (size_t bit = 8 * (NTP_HEADER_SIZE + 4); bit < 8 * d.request.bytes.len; bit++) {
        d.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(knock(&d), VERDICT_MAC_WRONG);
        assert_int_equal(d.out_len, 0);
        d.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void make_guard(const struct guard_options *o)
{
    static const struct guard_key seed = { 1, 2 };

    memset(guard, 0, sizeof *guard);
    guard_init(guard, &(struct guard_maker){ 0 }, o, false, &seed);
}

static struct guard_options everybody(uint8_t action)
{
    struct guard_options o = { .access_count = 1 };

    o.access[0].action = action;
    o.access[0].nets.count = 1;
    o.access[0].nets.item[0].addr.family = ADDR_IPV4;
    return o;
}

static void where_it_is_wanted_nobody_else_is_answered(void **state)
{
    struct guard_options o = everybody(ACCESS_AUTHENTICATE);
    struct door d;

    (void)state;
    door_init(&d);
    make_guard(&o);
    d.options.guard = guard;
    assert_int_equal(knock(&d), VERDICT_UNAUTHENTICATED);
    assert_int_equal(d.out_len, 0);
    sign(&d, 1);
    assert_int_equal(knock(&d), VERDICT_ANSWERED);
    assert_int_equal(check_answer(&d, 1), VERDICT_ACCEPTED);
    d.bytes[NTP_HEADER_SIZE + 8] ^= 1;
    assert_int_equal(knock(&d), VERDICT_MAC_WRONG);
    assert_int_equal(d.out_len, 0);
    d.request.bytes.len = NTP_HEADER_SIZE + 28; /* an extension field proves nothing */
    memset(d.bytes + NTP_HEADER_SIZE, 0, 28);
    d.bytes[NTP_HEADER_SIZE + 3] = 28;
    assert_int_equal(knock(&d), VERDICT_UNAUTHENTICATED);
}

static void a_kiss_is_authenticated_as_well(void **state)
{
    struct guard_options o = everybody(ACCESS_KISS);
    enum verdict v = VERDICT_DENIED;
    struct door d;

    (void)state;
    door_init(&d);
    make_guard(&o);
    d.options.guard = guard;
    sign(&d, 1);
    for (int i = 0; i < 64 && v != VERDICT_DENY_KISS; i++)
        v = knock(&d);
    assert_int_equal(v, VERDICT_DENY_KISS);
    assert_int_equal(check_answer(&d, 1), VERDICT_ACCEPTED);
    make_guard(&o);
    d.bytes[NTP_HEADER_SIZE + 8] ^= 1;
    for (int i = 0; i < 64; i++) { /* never by a code that is wrong */
        assert_int_equal(knock(&d), VERDICT_DENIED);
        assert_int_equal(d.out_len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_good_mac_is_answered_with_one), cmocka_unit_test(other_macs_are_not_answered),
                                        cmocka_unit_test(NTP_20_flipped_bits), cmocka_unit_test(where_it_is_wanted_nobody_else_is_answered),
                                        cmocka_unit_test(a_kiss_is_authenticated_as_well) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
