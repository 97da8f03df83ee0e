/* ST-01, ST-02, LEAP-07: what was found at the start has a name from then on, for ten minutes. */
#include "base/test.h"

#include <string.h>

#include "base/err.h"
#include "daemon/found.h"

#define TEN_MINUTES_S 600

static const struct problem *told(const struct found *f, enum problem_kind kind, int64_t seconds)
{
    static struct problems p;

    p.count = 0;
    found_note(f, "/var/lib/drift", (struct dur_ns){ seconds * NS_PER_S }, &p);
    return p.count == 1 && p.item[0].kind == kind ? &p.item[0] : NULL;
}

static void only_so_long(const struct found *f, enum problem_kind kind, const char *subject, const char *detail)
{
    assert_non_null(told(f, kind, 0));
    assert_string_equal(told(f, kind, 1)->subject, subject);
    assert_string_equal(told(f, kind, 1)->detail, detail);
    assert_non_null(told(f, kind, TEN_MINUTES_S));
    assert_null(told(f, kind, TEN_MINUTES_S + 1));
}

static void a_start_at_which_all_was_well_tells_nothing(void **state)
{
    struct problems p = { .count = 0 };

    (void)state;
    found_note(&(struct found){ .leap_armed = LEAP_NONE }, "/var/lib/drift", (struct dur_ns){ 0 }, &p);
    assert_int_equal(p.count, 0);
}

static void ST_01_a_file_that_was_set_aside_is_named_with_the_reason(void **state)
{
    (void)state;
    only_so_long(&(struct found){ .state_err = -UE_TRUNCATED, .leap_armed = LEAP_NONE }, PROBLEM_SET_ASIDE, "/var/lib/drift", ue_text(UE_TRUNCATED));
}

static void ST_02_a_frequency_that_was_clamped_is_named_with_its_value(void **state)
{
    (void)state;
    only_so_long(&(struct found){ .beyond_ppm = -600, .leap_armed = LEAP_NONE }, PROBLEM_STATE_CLAMPED, "/var/lib/drift", "it says -600.000 ppm");
    only_so_long(&(struct found){ .beyond_ppm = 600, .leap_armed = LEAP_NONE }, PROBLEM_STATE_CLAMPED, "/var/lib/drift", "it says +600.000 ppm");
}

static void LEAP_07_what_another_program_had_armed_is_named(void **state)
{
    (void)state;
    only_so_long(&(struct found){ .leap_armed = LEAP_INSERT }, PROBLEM_LEAP_CLEARED, "", "a second was to be inserted");
    only_so_long(&(struct found){ .leap_armed = LEAP_DELETE }, PROBLEM_LEAP_CLEARED, "", "a second was to be deleted");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_at_which_all_was_well_tells_nothing),
        cmocka_unit_test(ST_01_a_file_that_was_set_aside_is_named_with_the_reason),
        cmocka_unit_test(ST_02_a_frequency_that_was_clamped_is_named_with_its_value),
        cmocka_unit_test(LEAP_07_what_another_program_had_armed_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
