/* The first block is ChaCha20's (keystream of the key 0 and nonce 0: RFC 8439 appendix A.1, vector 1, from its 33rd byte on), and nothing comes twice. */
#include "base/test.h"

#include <string.h>

#include "crypto/stream.h"

static void known_stream(void **state)
{
    static const uint8_t seed[CRYPTO_STREAM_SEED_SIZE];
    static const uint8_t want[32] = { 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
                                      0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86 };
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
