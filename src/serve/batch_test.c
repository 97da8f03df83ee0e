/* A batch is answered as each of its requests would be alone, whatever keys meet in it and whichever codes are wrong. */
#include "base/test.h"

#include "serve/serve.h"
#include "serve/test_page.h"

#define BATCH 16
#define ROUNDS 3000

static struct key_table table;
static uint64_t state = 88172645463325252;

static unsigned below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

struct one { uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX]; struct serve_request request; };

/* Plain, or with a MAC by one of the keys; one in four has a bit turned round somewhere behind its first byte. */
static void make(struct one *one, struct mono_ns tx)
{
    const uint8_t version = (uint8_t)(3 + below(2));
    const uint32_t id = below(table.count + 1);
    size_t len = NTP_HEADER_SIZE;

    memset(one->bytes, 0, sizeof one->bytes);
    one->bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
    wire_put64(one->bytes + NTP_AT_TRANSMIT, state);
    if (id > 0)
        len = ntp_mac_append(keys_find(&table, id), ntp_mac_size(keys_find(&table, id), version), one->bytes, NTP_HEADER_SIZE);
    if (below(4) == 0)
        one->bytes[1 + below((unsigned)len - 1)] ^= (uint8_t)(1 << below(8));
    one->request = (struct serve_request){
        .service = SERVICE_NTP, .bytes = { one->bytes, len }, .from = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } },
        .rx = { tx.ns - 10000 }, .tx = tx,
    };
}

static void each_as_if_alone(void **unused)
{
    static const char file[] = "1 SHA512 HEX:00112233445566778899aabbccddeeff0011223344556677\n2 SHA512 a-shorter-one\n3 SHA384 another\n4 SHA1 short\n"
                               "5 AES128 HEX:00112233445566778899aabbccddeeff\n"
                               "6 SHA512 a-key-of-more-than-sixty-three-bytes-has-to-go-another-way-than-all-the-others\n";
    const struct keys_options keys = { .allow_legacy = true };
    const struct serve_options o = { .keys = &table };
    const struct page_data page = synchronised_page();
    const struct mono_ns tx = { 1001 * NS_PER_S };
    static struct serve_stats together, alone;
    static struct one one[BATCH];
    static uint8_t space[BATCH * SERVE_ANSWER_MAX];
    struct serve_answer answer[BATCH];
    struct serve_moment moment;

    (void)unused;
    assert_int_equal(keys_read((struct span){ (const uint8_t *)file, sizeof file - 1 }, &keys, &table).fault, KEY_FAULT_NONE);
    serve_prepare(&o, &page, tx, false, &moment);
    for (int round = 0; round < ROUNDS; round++) {
        unsigned n = 1 + below(BATCH);
        uint8_t *at = space; /* one behind the other, as they are made */

        for (unsigned i = 0; i < n; i++) {
            make(&one[i], tx);
            answer[i].out = at;
            serve_begin(&o, &moment, &one[i].request, &together, &answer[i]);
            at += answer[i].len;
        }
        serve_finish(answer, n, &together);
        for (unsigned i = 0; i < n; i++) {
            uint8_t out[SERVE_ANSWER_MAX];
            size_t len;

            assert_int_equal(serve_datagram(&o, &page, &one[i].request, &alone, out, &len), answer[i].verdict);
            assert_int_equal(answer[i].len, len);
            assert_memory_equal(answer[i].out, out, len);
        }
        assert_memory_equal(&together, &alone, sizeof alone);
    }
    assert_in_range(alone.verdict[SERVICE_NTP][VERDICT_MAC_WRONG], ROUNDS / 4, UINT64_MAX);
    assert_in_range(alone.verdict[SERVICE_NTP][VERDICT_ANSWERED], ROUNDS, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_as_if_alone) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
