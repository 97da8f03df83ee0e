/* Expectations: what holds passes, what does not fails at the right moment, and what was never looked at is no pass. */
#include "base/test.h"

#include <stdio.h>

#include "sim/check.h"

#define WORLD "run 2h\nnode server good error 1us\nnode client c drift 20ppm offset 0.01s\nlink c good delay 1ms\nsource c good poll 6\nat 1h good lies 50ms\n"

/* The result of the one expectation. */
static struct check_result judge(const char *expectation)
{
    char text[600];
    struct story_error error;
    struct check_result r;
    struct story s;
    struct sim_world *w;
    struct check c;

    snprintf(text, sizeof text, "%s%s\n", WORLD, expectation);
    if (story_parse(&s, "x", text, &error))
        fail_msg("%d:%d: %s", error.line, error.column, error.text);
    w = world_new(&s, 1, NULL);
    check_init(&c, w, false);
    world_run(w);
    check_finish(&c, w);
    r = c.result[0];
    r.when.ns -= w->start.ns;
    check_free(&c);
    world_free(w);
    story_free(&s);
    return r;
}

static void what_holds_passes(void **state)
{
    static const char *const lines[] = {
        "expect c by 10m |error| < 100ms", "expect c from 10m until 59m |error| < 1ms", "at 30m expect c status synchronised", "expect c by 1m stratum = 2",
        "expect c from 1m until 59m good state selected", "expect c from 1m good accepted >= 1", "expect c once |error| > 5ms",
        "expect c from 10m until 50m rms error < 1ms",
        "expect c until 3s packets <= 3", "expect c logged clock_panic = 0", "at 30m expect c named source-silent = 0",
        "expect c from 10m until 50m mean bound < 5ms",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (judge(lines[i]).failed)
            fail_msg("%s", lines[i]);
}

static void what_does_not_hold_fails(void **state)
{
    static const char *const lines[] = {
        "expect c by 10m |error| < 1ns", "at 30m expect c status holdover", "expect c stratum = 2", "expect c from 1m good state falseticker",
        "expect c once |error| > 5h", "expect c until 50m rms error < 1us", "expect c logged source_added > 7", "expect c from 10m not usable",
        "expect c from 10m until 50m mean bound < 1us",
        "at 30m expect c named source-silent = 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (!judge(lines[i]).failed)
            fail_msg("%s", lines[i]);
}

static void a_failure_has_its_moment(void **state)
{
    struct check_result r = judge("expect c from 10m good |offset| < 10ms");

    (void)state;
    assert_true(r.failed);
    assert_true(r.when.ns >= 3600 * NS_PER_S && r.when.ns < 3700 * NS_PER_S);
    assert_true(r.value > 10e6);
}

static void what_was_never_looked_at_is_no_pass(void **state)
{
    (void)state;
    assert_true(judge("expect c from 3h |error| < 1s").failed);
    assert_true(judge("expect c from 3h rms error < 1s").failed);
    assert_true(judge("expect c from 3h once |error| < 1s").failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_passes), cmocka_unit_test(what_does_not_hold_fails), cmocka_unit_test(a_failure_has_its_moment),
        cmocka_unit_test(what_was_never_looked_at_is_no_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
