/* The cursor never leaves its bytes, and an error sticks. */
#include "base/test.h"

#include "base/ring.h"
#include "base/wire.h"

static void reads_are_big_endian_and_bounded(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    struct cursor c = cursor_of((struct span){ bytes, sizeof bytes });

    (void)state;
    assert_int_equal(cursor_u8(&c), 0x01);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u32(&c), 0x04050607);
    assert_true(cursor_u64(&c) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_false(c.failed);
    assert_int_equal(cursor_left(&c), 0);
}

static void an_error_sticks_and_yields_zeros(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct cursor c = cursor_of((struct span){ bytes, sizeof bytes });

    (void)state;
    assert_int_equal(cursor_u32(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0);
    assert_int_equal(cursor_take(&c, 1).len, 0);
}

static void writes_round_trip_and_are_bounded(void **state)
{
    uint8_t buf[15];
    struct writer w = writer_of(buf, sizeof buf);
    struct cursor c;

    (void)state;
    writer_u8(&w, 0xfe);
    writer_u16(&w, 0xfedc);
    writer_u32(&w, 0xfedcba98);
    writer_u64(&w, UINT64_C(0xfedcba9876543210));
    assert_false(w.failed);
    assert_int_equal(writer_len(&w), sizeof buf);
    writer_u8(&w, 1);
    assert_true(w.failed);
    c = cursor_of((struct span){ buf, sizeof buf });
    assert_int_equal(cursor_u8(&c), 0xfe);
    assert_int_equal(cursor_u16(&c), 0xfedc);
    assert_int_equal(cursor_u32(&c), 0xfedcba98);
    assert_true(cursor_u64(&c) == UINT64_C(0xfedcba9876543210));
}

RING(three, int, 3)

static void a_full_ring_drops_its_oldest(void **state)
{
    struct three r;

    (void)state;
    three_clear(&r);
    for (int i = 1; i <= 5; i++)
        three_push(&r, i);
    assert_int_equal(three_count(&r), 3);
    assert_int_equal(*three_at(&r, 0), 3);
    assert_int_equal(*three_at(&r, 2), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_big_endian_and_bounded),
        cmocka_unit_test(an_error_sticks_and_yields_zeros),
        cmocka_unit_test(writes_round_trip_and_are_bounded),
        cmocka_unit_test(a_full_ring_drops_its_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
