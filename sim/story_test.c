/* The story language: what is understood, and how a mistake is told. */
#include "base/test.h"

#include <string.h>

#include "base/err.h"
#include "sim/story.h"

static void a_story_is_understood(void **state)
{
    static const char text[] =
        "seed 7                                   # comment\n"
        "start 2036-02-07T06:00:00Z\n"
        "node server good1..good4 stratum 1 error 1us\n"
        "\n"
        "node client c drift 40ppm wander 1e-9 offset 0.1s steers\n"
        "link c good1..good4 delay 20ms jitter exponential 1ms loss 1%\n"
        "source c good1,good3 poll 4..6 prefer\n"
        "at 60 link c good1 loss 30%\n"
        "at 1h good2 lies +10s\n"
        "at 2h expect c status synchronised\n"
        "expect c by 900s |error| < 1ms\n"
        "expect c good2 from 2h until 3h state falseticker\n"
        "always expect c bound holds\n"
        "mutant set c clock.step_limit 0\n"
        "run 1d\n";
    struct story_error error;
    struct story s;

    (void)state;
    assert_int_equal(story_parse(&s, "x", text, &error), 0);
    assert_int_equal(s.seed, 7);
    assert_int_equal(s.run.ns, 86400 * NS_PER_S);
    assert_int_equal(s.node_count, 5);
    assert_true(s.node[4].client);
    assert_string_equal(s.node[3].name, "good4");
    assert_int_equal(s.mutant_count, 1);
    assert_int_equal(s.expectation_count, 4);
    assert_int_equal(s.expectation[0].from.ns, 7200 * NS_PER_S);
    assert_int_equal(s.expectation[0].until.ns, 7200 * NS_PER_S);
    assert_true(s.expectation[1].quantity == QUANTITY_ERROR && s.expectation[1].limit == 1e6 && s.expectation[1].until.ns == INT64_MAX);
    assert_int_equal(s.expectation[2].source, 1);
    assert_int_equal(s.expectation[2].until.ns, 3 * 3600 * NS_PER_S);
    story_free(&s);
}

struct mistake { const char *text; int line, column; const char *says; };

static void mistakes_are_told_with_place_and_nearest_word(void **state)
{
    static const struct mistake rows[] = {
        { "node server a\nat 5 a lyes 3s\n", 2, 8, "lies" },
        { "node client c\nexpect c |eror| < 1ms\n", 2, 10, "|error|" },
        { "node client c drft 3ppm\n", 1, 15, "drift" },
        { "node client c\nset c clock.step_limt 3\n", 2, 7, "clock.step_limit" },
        { "node server a\na leves late 50us\n", 2, 3, "leaves" },
        { "node server a\nnode client c\nsource c a interleavd\n", 3, 12, "interleaved" },
        { "node client c\nset c clock.step_limit 3000\n", 2, 24, "range" },
        { "node server a\nnode client c\nlink c a delay 20ms jiter exponential 1ms\n", 3, 21, "mean \"jitter\"" },
        { "node server a\nnode client c\nlink c a jitter exponental 1ms\n", 3, 17, "mean \"exponential\"" },
        { "node server a\nnode client c\nlink c a jitter\n", 3, 16, "ends" },
        { "sed 4\n", 1, 1, "seed" },
        { "node server a\nat 5 b lies 3s\n", 2, 6, "" },
        { "node server a\na lies 3parsecs\n", 2, 8, "duration" },
        { "node client c\nexpect c status synchronized\n", 2, 17, "synchronised" },
        { "node client c\nexpect c by 5 |error| 1ms\n", 2, 23, "comparison" },
        { "node server a\nnode server a\n", 2, 13, "already" },
        { "node server a\na announces leap insrt\n", 2, 18, "insert" },
        { "run 0\n", 1, 5, "longer" },
        { "run 1d 2d\n", 1, 8, "nothing more" },
        { "node server a3..a1\n", 1, 13, "range" },
        { "node server a\na drifts\n", 2, 9, "ends" },
        { "mutant expect c usable\n", 1, 8, "mutant" },
        { "node client c\nc restarts\n", 2, 1, "at" },
        { "node client c\nat 1h node client d\n", 2, 7, "start" },
        { "node client c wander 1e300\n", 1, 22, "is no number from 0 to 1e-05" },
        { "node client c wander -1e-9\n", 1, 22, "is no number" },
        { "node server a stratum 256\n", 1, 23, "is no whole number from 0 to 255" },
        { "node server a stratum 2.5\n", 1, 23, "is no whole number" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct story_error error = { 0 };
        struct story s;

        assert_int_equal(story_parse(&s, "x", rows[i].text, &error), -UE_SYNTAX);
        if (error.line != rows[i].line || error.column != rows[i].column || !strstr(error.text, rows[i].says))
            fail_msg("row %zu: %d:%d: %s", i, error.line, error.column, error.text);
        story_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_story_is_understood), cmocka_unit_test(mistakes_are_told_with_place_and_nearest_word) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
