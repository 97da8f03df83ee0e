/* The first block is AES-256's for the key 0 and the counters 2 and 3, as OpenSSL has it (0 and 1 make the next key), and nothing comes twice. */
#include "base/test.h"

#include <string.h>

#include "crypto/stream.h"

static void known_stream(void **state)
{
    static const uint8_t seed[CRYPTO_STREAM_SEED_SIZE];
    static const uint8_t want[32] = { 0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
                                      0x72, 0x60, 0x03, 0xca, 0x37, 0xa6, 0x2a, 0x74, 0xd1, 0xa2, 0xf5, 0x8e, 0x75, 0x06, 0x35, 0x8e };
    struct crypto_stream s;
    uint8_t out[32];

    (void)state;
    crypto_stream_init(&s, seed);
    crypto_stream_take(&s, out, 10);
    crypto_stream_take(&s, out + 10, 22);
    assert_memory_equal(out, want, sizeof want);
}

static void nothing_twice_and_nothing_kept(void **state)
{
    static const uint8_t seed[CRYPTO_STREAM_SEED_SIZE] = { 9 };
    static uint8_t out[40 * CRYPTO_STREAM_BLOCK];
    struct crypto_stream s;

    (void)state;
    crypto_stream_init(&s, seed);
    crypto_stream_take(&s, out, sizeof out);
    for (size_t i = 16; i + 16 <= sizeof out; i += 16)
        assert_memory_not_equal(out, out + i, 16);
    for (size_t i = 0; i + 16 <= sizeof out; i += 16)
        assert_null(memmem(&s, sizeof s, out + i, 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_stream), cmocka_unit_test(nothing_twice_and_nothing_kept) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
