/* When it is said that a certificate ends. */
#include "base/test.h"

#include "nts/certificate.h"

#define DAY_NS (86400 * NS_PER_S)

static void when_it_is_said(void **state)
{
    static const struct { int64_t life_days, left_days; enum nts_expiry expected; } row[] = {
        { 365, 100, NTS_EXPIRY_FAR }, { 365, 31, NTS_EXPIRY_FAR }, { 365, 29, NTS_EXPIRY_NEAR }, { 365, 8, NTS_EXPIRY_NEAR },
        { 365, 6, NTS_EXPIRY_VERY_NEAR }, { 365, -1, NTS_EXPIRED }, { 90, 31, NTS_EXPIRY_FAR }, { 90, 29, NTS_EXPIRY_NEAR },
        { 30, 11, NTS_EXPIRY_FAR }, { 30, 9, NTS_EXPIRY_NEAR }, { 30, 2, NTS_EXPIRY_VERY_NEAR },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct utc_ns now = { 1790000000 * NS_PER_S };
        struct nts_validity v = { .until = utc_add(now, (struct dur_ns){ row[i].left_days * DAY_NS }) };

        v.life.ns = row[i].life_days * DAY_NS;
        if (nts_expiry(&v, now) != row[i].expected)
            fail_msg("%lld days of %lld left: %d", (long long)row[i].left_days, (long long)row[i].life_days, nts_expiry(&v, now));
    }
    assert_int_equal(nts_expiry(&(struct nts_validity){ .until = { 0 } }, (struct utc_ns){ 1790000000 * NS_PER_S }), NTS_EXPIRY_FAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(when_it_is_said) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
