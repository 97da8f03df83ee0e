/* Datagrams of reference clocks: every reason once. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "base/measurement.h"
#include "refclock/sock.h"

#define NOW_S INT64_C(1900000000)

static struct refclock_sock good(void)
{
    return (struct refclock_sock){ .at = { NOW_S, 500000 }, .offset_s = -0.125, .leap = 1, .magic = REFCLOCK_SOCK_MAGIC };
}

static enum verdict read_one(const struct refclock_sock *s, struct refclock_sample *out)
{
    return refclock_sock_read((struct span){ (const uint8_t *)s, sizeof *s }, out);
}

static void a_datagram_is_a_sample(void **state)
{
    struct refclock_sock d = good();
    struct refclock_sample s;

    (void)state;
    assert_int_equal(read_one(&d, &s), VERDICT_ACCEPTED);
    assert_int_equal(s.received_ns, NOW_S * NS_PER_S + 500 * NS_PER_MS);
    assert_int_equal(s.reference.ns, NOW_S * NS_PER_S + 375 * NS_PER_MS);
    assert_int_equal(s.leap, LEAP_INSERT);
    assert_int_equal(s.rounding.ns, 1);
    d.leap = 0;
    d.at.tv_usec = 999999;
    assert_int_equal(read_one(&d, &s), VERDICT_ACCEPTED);
    assert_int_equal(s.leap, LEAP_NONE);
    d.at.tv_usec = 0;
    assert_int_equal(read_one(&d, &s), VERDICT_ACCEPTED);
    d = good();
    d.at.tv_sec = NOW_S - 4000000000;
    d.offset_s = 4e9; /* as much as is believed */
    assert_int_equal(read_one(&d, &s), VERDICT_ACCEPTED);
    d.offset_s = 4000000001.;
    assert_int_equal(read_one(&d, &s), VERDICT_REF_RANGE);
    d.at.tv_sec = 0; /* a machine that woke up in 1970 */
    d.offset_s = 1.9e9;
    assert_int_equal(read_one(&d, &s), VERDICT_ACCEPTED);
    assert_true(s.rounding.ns > 100);
}

static void REF_09_malformed_datagrams_are_dropped(void **state)
{
    struct refclock_sock d = good();
    struct refclock_sample s;
    uint8_t longer[sizeof d + 8] = { 0 };

    (void)state;
    memcpy(longer, &d, sizeof d);
    for (size_t len = 0; len <= sizeof longer; len++)
        assert_int_equal(refclock_sock_read((struct span){ longer, len }, &s), len == sizeof d ? VERDICT_ACCEPTED : VERDICT_REF_LENGTH);
#define REFUSED(field, value, why) d = good(); d.field = value; assert_int_equal(read_one(&d, &s), why)
    REFUSED(magic, 0x4b434f53, VERDICT_REF_FORMAT);
    REFUSED(offset_s, NAN, VERDICT_REF_NOT_FINITE);
    REFUSED(offset_s, INFINITY, VERDICT_REF_NOT_FINITE);
    REFUSED(offset_s, -INFINITY, VERDICT_REF_NOT_FINITE);
    REFUSED(offset_s, 1e18, VERDICT_REF_RANGE);
    REFUSED(offset_s, -1.5e9, VERDICT_REF_ABSURD);
    REFUSED(pulse, 1, VERDICT_REF_PULSE);
    REFUSED(pulse, -1, VERDICT_REF_PULSE);
    REFUSED(leap, 3, VERDICT_REF_UNSYNCHRONISED);
    REFUSED(leap, 4, VERDICT_REF_RANGE);
    REFUSED(leap, -1, VERDICT_REF_RANGE);
    REFUSED(at.tv_usec, -1, VERDICT_REF_RANGE);
    REFUSED(at.tv_usec, 1000000, VERDICT_REF_RANGE);
    REFUSED(at.tv_usec, INT64_MAX / 2, VERDICT_REF_RANGE);
    REFUSED(at.tv_usec, INT64_MIN / 2, VERDICT_REF_RANGE);
    REFUSED(at.tv_sec, (time_t)INT64_MAX, VERDICT_REF_RANGE);
#undef REFUSED
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_is_a_sample),
        cmocka_unit_test(REF_09_malformed_datagrams_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
