/* The vectors of RFC 1321 appendix A.5. */
#include "base/test.h"

#include <string.h>

#include "crypto/hash.h"

static void md5_vectors(void **state)
{
    static const struct { const char *text; uint8_t digest[CRYPTO_MD5_SIZE]; } rows[] = {
        { "", { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e } },
        { "abc", { 0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72 } },
    };
    uint8_t out[CRYPTO_MD5_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        crypto_md5(rows[i].text, strlen(rows[i].text), out);
        assert_memory_equal(out, rows[i].digest, sizeof out);
    }
}

/* FIPS 180-4, "abc". */
static void sha1_vector(void **state)
{
    static const uint8_t want[CRYPTO_SHA1_SIZE] = { 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                                    0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d };
    uint8_t out[CRYPTO_SHA1_SIZE];

    (void)state;
    crypto_sha1("abc", 3, out);
    assert_memory_equal(out, want, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(md5_vectors), cmocka_unit_test(sha1_vector) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
