/* A smear is continuous, monotonic, at most half a second off (UTC-SLS: one), and over when it should be. */
#include "base/test.h"


#include "base/page.h"
#include "base/smear.h"

#define LEAP_TAI (INT64_C(1483228836) * NS_PER_S) /* 2016-12-31 23:59:60 */

/* First instant with the new count; had the second been deleted, that would have been at 23:59:59. */
static struct tai_ns leap_at(int32_t delta) { return (struct tai_ns){ LEAP_TAI - (delta < 0 ? NS_PER_S : 0) }; }

/* Smeared time at a TAI instant, as a POSIX count. */
static int64_t smeared(enum smear_law law, int64_t tai, int32_t delta)
{
    int64_t utc = tai - (36 + (tai >= leap_at(delta).ns ? delta : 0)) * NS_PER_S;

    return utc + smear_offset(law, (struct tai_ns){ tai }, leap_at(delta), delta).ns;
}

static void every_law_is_continuous_and_forward_for_insertion_and_deletion(void **state)
{
    (void)state;
    for (int law = SMEAR_LINEAR; law < SMEAR_LAW_COUNT; law++)
        for (int delta = -1; delta <= 1; delta += 2) {
            int64_t step = NS_PER_S / 4, before = smeared((enum smear_law)law, LEAP_TAI - 50000 * NS_PER_S, delta);

            for (int64_t t = LEAP_TAI - 50000 * NS_PER_S + step; t < LEAP_TAI + 50000 * NS_PER_S; t += step) {
                int64_t now = smeared((enum smear_law)law, t, delta);

                assert_in_range(now - before, step - step / 500, step + step / 500);
                before = now;
            }
        }
}

static void the_linear_smear_runs_from_noon_to_noon(void **state)
{
    int64_t noon = INT64_C(1483228800) - 43200;

    (void)state;
    assert_int_equal(smeared(SMEAR_LINEAR, (noon + 36) * NS_PER_S, 1), noon * NS_PER_S);
    assert_int_equal(smeared(SMEAR_LINEAR, (noon + 86400 + 37) * NS_PER_S, 1), (noon + 86400) * NS_PER_S);
    assert_int_equal(smeared(SMEAR_LINEAR, (noon + 86400 + 35) * NS_PER_S, -1), (noon + 86400) * NS_PER_S);
    assert_true(smear_offset(SMEAR_LINEAR, (struct tai_ns){ (noon + 35) * NS_PER_S }, (struct tai_ns){ LEAP_TAI }, 1).ns == 0);
    /* in the middle of the 86401 s half a second is taken in */
    assert_in_range(500000000 + smear_offset(SMEAR_LINEAR, (struct tai_ns){ LEAP_TAI - 1 }, (struct tai_ns){ LEAP_TAI }, 1).ns, 0, 10000);
    assert_in_range(smear_offset(SMEAR_LINEAR, (struct tai_ns){ LEAP_TAI }, (struct tai_ns){ LEAP_TAI }, 1).ns, 500000000, 500010000);
}

static void utc_sls_takes_the_last_thousand_seconds(void **state)
{
    (void)state;
    assert_true(smear_offset(SMEAR_UTC_SLS, (struct tai_ns){ LEAP_TAI - 1000 * NS_PER_S }, (struct tai_ns){ LEAP_TAI }, 1).ns == 0);
    assert_true(smear_offset(SMEAR_UTC_SLS, (struct tai_ns){ LEAP_TAI - 998 * NS_PER_S }, (struct tai_ns){ LEAP_TAI }, 1).ns == -NS_PER_MS);
    assert_true(smear_offset(SMEAR_UTC_SLS, (struct tai_ns){ LEAP_TAI + NS_PER_S }, (struct tai_ns){ LEAP_TAI }, 1).ns == 0);
}

static void without_a_leap_there_is_no_smear(void **state)
{
    (void)state;
    assert_true(smear_offset(SMEAR_LINEAR, (struct tai_ns){ LEAP_TAI }, (struct tai_ns){ INT64_MAX }, 1).ns == 0);
    assert_true(smear_offset(SMEAR_LINEAR, (struct tai_ns){ LEAP_TAI }, (struct tai_ns){ LEAP_TAI }, 0).ns == 0);
    assert_true(smear_offset(SMEAR_NONE, (struct tai_ns){ LEAP_TAI }, (struct tai_ns){ LEAP_TAI }, 1).ns == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_law_is_continuous_and_forward_for_insertion_and_deletion),
        cmocka_unit_test(the_linear_smear_runs_from_noon_to_noon),
        cmocka_unit_test(utc_sls_takes_the_last_thousand_seconds),
        cmocka_unit_test(without_a_leap_there_is_no_smear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
