/* Options come from the rooms' rows: defaults, units, limits. */
#include "base/test.h"

#include "base/err.h"
#include "sim/option.h"

static void defaults_are_those_of_the_rows(void **state)
{
    struct engine_options o;
    struct source_options s;

    (void)state;
    option_defaults(&o);
    option_source_defaults(&s);
    assert_true(o.clock.clock.max_drift == 1);
    assert_int_equal(o.clock.clock.step_threshold.ns, NS_PER_MS);
    assert_int_equal(o.clock.holdover.max_error.ns, NS_PER_S);
    assert_false(o.clock.local.present);
    assert_int_equal(o.source_count, 0);
    assert_int_equal(s.port, 123);
    assert_true(s.iburst);
    assert_string_equal(s.server.s, "");
}

static void values_are_checked(void **state)
{
    struct engine_options o;

    (void)state;
    option_defaults(&o);
    assert_int_equal(option_set(&o, "clock.max_drift", "2ppm"), 0);
    assert_true(o.clock.clock.max_drift > 1.999 && o.clock.clock.max_drift < 2.001);
    assert_int_equal(option_set(&o, "clock.mode", "virtual"), 0);
    assert_int_equal(o.clock.clock.mode, CLOCK_MODE_VIRTUAL);
    assert_int_equal(option_set(&o, "clock.mode", "virtu"), -UE_SYNTAX);
    assert_int_equal(option_set(&o, "clock.step_limit", "-1"), -UE_RANGE);
    assert_int_equal(option_set(&o, "clock.step_limit", "many"), -UE_SYNTAX);
    assert_int_equal(option_set(&o, "clock.max_drift", "501ppm"), -UE_RANGE);
    assert_int_equal(option_set(&o, "clock.nothing", "1"), -UE_NO_NAME);
}

static void local_is_a_statement(void **state)
{
    struct engine_options o;

    (void)state;
    option_defaults(&o);
    assert_int_equal(option_set(&o, "local.error", "20d"), -UE_RANGE);
    assert_false(o.clock.local.present);
    assert_int_equal(option_set(&o, "local.error", "2s"), 0);
    assert_true(o.clock.local.present);
    assert_int_equal(o.clock.local.stratum, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_rows), cmocka_unit_test(values_are_checked), cmocka_unit_test(local_is_a_statement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
