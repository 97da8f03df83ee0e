/* SipHash-1-3 against CPython 3.11, which hashes bytes by it: hash(word.to_bytes(8, "little")) with PYTHONHASHSEED 0 and 42. */
#include "base/test.h"

#include "guard/hash.h"

static void equals_cpython(void **state)
{
    const struct guard_key zero = { 0, 0 }, seed42 = { 0xdc504fd368cd90af, 0xb920bb9ffe99e9c1 };
    const struct { const struct guard_key *key; uint64_t word, hash; } row[] = {
        { &zero, 1, 0x1e9f734161d62dd9 },
        { &zero, 0x0123456789abcdef, 0x8662046e52264db8 },
        { &zero, 0xffff0000c0000209, 0xf267076e0e86f387 },
        { &seed42, 1, 0x4dfec0acd507c5a4 },
        { &seed42, 0x0123456789abcdef, 0x009f3909b890b8a2 },
        { &seed42, 0xffff0000c0000209, 0xb194dec1d011c763 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++)
        assert_true(guard_hash(row[i].key, row[i].word) == row[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(equals_cpython) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
