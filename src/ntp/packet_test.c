/* What is written is read back; what is malformed is named. */
#include "base/test.h"

#include "base/rng.h"
#include "ntp/packet.h"

static struct ntp_header random_header(struct prng *p)
{
    uint64_t r = prng_u64(p);

    return (struct ntp_header){
        .leap = r & 3, .version = (uint8_t)(1 + (r >> 2 & 3)), .mode = r >> 4 & 7, .stratum = (uint8_t)(r >> 8), .poll_log2 = (int8_t)(r >> 16),
        .precision_log2 = (int8_t)(r >> 24), .root_delay = { (uint32_t)prng_u64(p) }, .root_dispersion = { (uint32_t)prng_u64(p) },
        .refid = (uint32_t)(r >> 32), .reference = { prng_u64(p) }, .origin = { prng_u64(p) }, .receive = { prng_u64(p) }, .transmit = { prng_u64(p) },
    };
}

static void assert_same_header(const struct ntp_header *a, const struct ntp_header *b)
{
    assert_int_equal(a->leap, b->leap);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->mode, b->mode);
    assert_int_equal(a->stratum, b->stratum);
    assert_int_equal(a->poll_log2, b->poll_log2);
    assert_int_equal(a->precision_log2, b->precision_log2);
    assert_int_equal(a->root_delay.raw, b->root_delay.raw);
    assert_int_equal(a->root_dispersion.raw, b->root_dispersion.raw);
    assert_int_equal(a->refid, b->refid);
    assert_int_equal(a->reference.raw, b->reference.raw);
    assert_int_equal(a->origin.raw, b->origin.raw);
    assert_int_equal(a->receive.raw, b->receive.raw);
    assert_int_equal(a->transmit.raw, b->transmit.raw);
}

static void a_header_written_is_read_back(void **state)
{
    struct prng p;

    (void)state;
    prng_seed(&p, 1);
    for (int i = 0; i < 10000; i++) {
        struct ntp_header h = random_header(&p), back;
        struct ntp_tail tail;
        uint8_t bytes[NTP_HEADER_SIZE];

        ntp_header_write(&h, bytes);
        assert_int_equal(ntp_packet_parse((struct span){ bytes, sizeof bytes }, &back, &tail), VERDICT_ACCEPTED);
        assert_same_header(&h, &back);
        assert_int_equal(tail.mac.len + tail.extensions.len, 0);
    }
}

/* Fixed bytes, so that the order of bytes is the wire's on every machine. */
static void a_header_has_its_place_on_the_wire(void **state)
{
    static const uint8_t wire[NTP_HEADER_SIZE] = {
        0x64, 2, 6, 0xe9, 0, 1, 2, 3, 4, 5, 6, 7, 'G', 'P', 'S', 0,
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
    };
    struct ntp_header h, expected = {
        .leap = 1, .version = 4, .mode = NTP_MODE_SERVER, .stratum = 2, .poll_log2 = 6, .precision_log2 = -23, .root_delay = { 0x00010203 },
        .root_dispersion = { 0x04050607 }, .refid = NTP_REFID('G', 'P', 'S', 0), .reference = { 0x1011121314151617 },
        .origin = { 0x2021222324252627 }, .receive = { 0x3031323334353637 }, .transmit = { 0x4041424344454647 },
    };
    struct ntp_tail tail;
    uint8_t out[NTP_HEADER_SIZE];

    (void)state;
    assert_int_equal(ntp_packet_parse((struct span){ wire, sizeof wire }, &h, &tail), VERDICT_ACCEPTED);
    assert_same_header(&h, &expected);
    ntp_header_write(&expected, out);
    assert_memory_equal(out, wire, sizeof wire);
}

/* A packet of `version` with `rest` bytes behind the header; the first field, if any, claims `claimed` bytes. */
static enum verdict parse_rest(uint8_t version, size_t rest, uint16_t claimed, struct ntp_tail *tail)
{
    static uint8_t bytes[NTP_PACKET_MAX + 8];
    struct ntp_header h;

    memset(bytes, 0, sizeof bytes);
    bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
    bytes[NTP_HEADER_SIZE] = 0x7f;
    bytes[NTP_HEADER_SIZE + 2] = (uint8_t)(claimed >> 8);
    bytes[NTP_HEADER_SIZE + 3] = (uint8_t)claimed;
    return ntp_packet_parse((struct span){ bytes, NTP_HEADER_SIZE + rest }, &h, tail);
}

static void what_follows_the_header_is_judged_by_version_and_length(void **state)
{
    static const struct { uint8_t version; uint16_t rest, claimed; enum verdict verdict; uint16_t extensions, mac; } row[] = {
        { 1, 0, 0, VERDICT_ACCEPTED, 0, 0 },
        { 1, 4, 0, VERDICT_LENGTH, 0, 0 },
        { 2, 20, 0, VERDICT_LENGTH, 0, 0 },
        { 3, 4, 0, VERDICT_ACCEPTED, 0, 4 },
        { 3, 16, 0, VERDICT_MAC, 0, 0 },
        { 3, 20, 0, VERDICT_ACCEPTED, 0, 20 },
        { 3, 24, 0, VERDICT_ACCEPTED, 0, 24 },
        { 3, 28, 28, VERDICT_MAC, 0, 0 },
        { 3, 36, 0, VERDICT_ACCEPTED, 0, 36 },
        { 3, 52, 0, VERDICT_ACCEPTED, 0, 52 },
        { 3, 68, 0, VERDICT_ACCEPTED, 0, 68 },
        { 3, 72, 0, VERDICT_MAC, 0, 0 },
        { 4, 4, 0, VERDICT_ACCEPTED, 0, 4 },
        { 4, 8, 8, VERDICT_MAC, 0, 0 },
        { 4, 16, 16, VERDICT_MAC, 0, 0 },
        { 4, 20, 20, VERDICT_ACCEPTED, 0, 20 },
        { 4, 24, 24, VERDICT_ACCEPTED, 0, 24 },
        { 4, 28, 28, VERDICT_ACCEPTED, 28, 0 },
        { 4, 36, 16, VERDICT_ACCEPTED, 16, 20 },
        { 4, 32, 12, VERDICT_EXTENSION, 0, 0 },
        { 4, 32, 28, VERDICT_ACCEPTED, 28, 4 },
        { 4, 32, 36, VERDICT_EXTENSION, 0, 0 },
        { 4, NTP_PACKET_MAX - NTP_HEADER_SIZE, NTP_PACKET_MAX - NTP_HEADER_SIZE, VERDICT_ACCEPTED, NTP_PACKET_MAX - NTP_HEADER_SIZE, 0 },
        { 4, NTP_PACKET_MAX - NTP_HEADER_SIZE + 4, 28, VERDICT_LENGTH, 0, 0 },
        { 4, 3, 0, VERDICT_LENGTH, 0, 0 },
        { 0, 0, 0, VERDICT_VERSION, 0, 0 },
        { 5, 0, 0, VERDICT_VERSION, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ntp_tail tail = { 0 };

        assert_int_equal(parse_rest(row[i].version, row[i].rest, row[i].claimed, &tail), row[i].verdict);
        if (row[i].verdict == VERDICT_ACCEPTED) {
            assert_int_equal(tail.extensions.len, row[i].extensions);
            assert_int_equal(tail.mac.len, row[i].mac);
        }
    }
}

static void fields_are_walked_in_order(void **state)
{
    static const uint8_t fields[16 + 20] = { 1, 4, 0, 16, [16] = 2, 4, 0, 20, 0xaa };
    struct cursor c = cursor_of((struct span){ fields, sizeof fields });
    struct span body;
    uint16_t type;

    (void)state;
    assert_true(ntp_extension_next(&c, &type, &body));
    assert_int_equal(type, 0x0104);
    assert_int_equal(body.len, 12);
    assert_true(ntp_extension_next(&c, &type, &body));
    assert_int_equal(type, 0x0204);
    assert_int_equal(body.len, 16);
    assert_int_equal(body.at[0], 0xaa);
    assert_false(ntp_extension_next(&c, &type, &body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_written_is_read_back),
        cmocka_unit_test(a_header_has_its_place_on_the_wire),
        cmocka_unit_test(what_follows_the_header_is_judged_by_version_and_length),
        cmocka_unit_test(fields_are_walked_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
