/* Questions are read or refused with a reason; the story of a snapshot is what it is, word for word; a false daemon cannot write one. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "sim/forecast.h"
#include "sim/twin.h"

static struct snapshot a_snapshot(void)
{
    struct snapshot s = { .clock_mode = "system", .freq_ppm = -12.5, .skew_ppm = 0.01, .wander = 2e-9, .max_drift_ppm = 1, .max_drift_silent_ppm = 15 };

    s.holdover_max_error.ns = NS_PER_S;
    s.step_budget.ns = 100 * NS_PER_S;
    s.stepped.ns = 40 * NS_PER_S;
    s.limits = (struct snapshot_limits){ .max_frequency_ppm = 400, .max_slew_ppm = 300, .step_threshold = { 2 * NS_PER_MS },
                                         .panic_threshold = { 5 * NS_PER_S }, .step_limit = 3, .min_sources = 1 };
    s.uptime.ns = 7200 * NS_PER_S;
    s.page.tai_minus_utc_s = 37;
    s.page.tai_ref.ns = (INT64_C(1795392000) + 37) * NS_PER_S;
    s.source_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        struct snapshot_source *x = &s.source[i];

        *x = (struct snapshot_source){ .state = SOURCE_SELECTED, .stratum = 1, .reach = 255, .poll_log2 = 7, .min_poll_log2 = 6, .max_poll_log2 = 10 };
        snprintf(x->name, sizeof x->name, "%c.example", (int)('a' + i));
        x->addr = (struct net_addr){ .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, (uint8_t)(i + 1) } };
        x->delay_floor.ns = 20 * NS_PER_MS;
        x->delay_excess.ns = 2 * NS_PER_MS;
        x->root_dispersion.ns = 10000;
        x->sent = 100;
        x->accepted = 100;
    }
    s.source[1].state = SOURCE_FALSETICKER;
    s.source[1].offset.ns = 100 * NS_PER_MS;
    s.source[2].accepted = 81;
    return s;
}

static char *written(const struct snapshot *s, const char *asked)
{
    char error[QUESTION_ERROR_MAX], *text = NULL;
    struct question q;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(question_parse(asked, s, &q, error), 0);
    twin_write(out, s, &q, &q);
    fclose(out);
    return text;
}

static void the_story_of_a_snapshot(void **state)
{
    static const char golden[] =
        "# A running daemon as a story, for `utcctl sim`.\n"
        "start 2026-11-23T00:00:00Z\n"
        "run 18000s\n"
        "probe 1s\n"
        "node client c drift 12.500000ppm wander 2e-09 within 0.250000ppm knows 12.500000ppm to 0.010000ppm steers\n"
        "set c holdover.max_error 1000000000ns\n"
        "set c clock.max_drift 1.000000ppm\n"
        "set c clock.max_drift_silent 15.000000ppm\n"
        "set c clock.max_frequency 400.000000ppm\n"
        "set c clock.max_slew 300.000000ppm\n"
        "set c clock.step_threshold 2000000ns\n"
        "set c clock.panic_threshold 5000000000ns\n"
        "set c clock.step_limit 3\n"
        "set c clock.step_budget 60000000000ns\n"
        "set c clock.min_sources 1\n"
        "\n"
        "# s1: a.example at 192.0.2.1:123, selected\n"
        "node server s1 stratum 1 error 10000ns root delay 0ns\n"
        "link c s1 delay 10000000ns jitter exponential 1000000ns\n"
        "source c s1 poll 6..10\n"
        "\n"
        "# s2: b.example at 192.0.2.2:123, falseticker\n"
        "node server s2 stratum 1 error 10000ns root delay 0ns\n"
        "link c s2 delay 10000000ns jitter exponential 1000000ns\n"
        "source c s2 poll 6..10\n"
        "s2 lies 100000000ns\n"
        "\n"
        "# s3: c.example at 192.0.2.3:123, selected\n"
        "node server s3 stratum 1 error 10000ns root delay 0ns\n"
        "link c s3 delay 10000000ns jitter exponential 1000000ns loss 10.0%\n"
        "source c s3 poll 6..10\n"
        "\n"
        "at 7200s s1 falls silent\n"
        "at 7200s s2 falls silent\n"
        "at 7200s s3 falls silent\n"
        "at 14400s s1 answers again\n"
        "at 14400s s2 answers again\n"
        "at 14400s s3 answers again\n";
    struct snapshot s = a_snapshot();
    char *text = written(&s, "cut 2h");

    (void)state;
    assert_string_equal(text, golden);
    free(text);
}

static void every_question_makes_a_story_that_runs(void **state)
{
    static const char *const questions[] = { "lie b.example -10s", "lie 192.0.2.1 1ms", "cut 30s", "temperature -15C", "temperature 10K 50ppb", "add",
                                             "add jitter 1ms delay 3ms", "remove s2" };
    struct snapshot s = a_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        char *text = written(&s, questions[i]);
        struct story_error error;
        struct forecast f;

        assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 1, &f, &error), 0);
        assert_int_equal(f.runs, 1);
        assert_int_equal(f.unusable_runs, 0);
        assert_true(f.error_max_s > 0 && f.error_rms_s <= f.error_max_s && f.error_max_s <= f.bound_max_s);
        assert_int_equal(f.broken, 0);
        free(text);
    }
}

/* Sources that agree and are seen to be off keep what they claim: were they liars, they would be the majority here. */
static void outliers_are_no_liars(void **state)
{
    static const struct { int64_t offset_ns; const char *there, *back, *lie; } rows[] = {
        { 4 * NS_PER_MS, "link c to s2 delay 14000000ns", "link s2 to c delay 6000000ns", "" },
        { -30 * NS_PER_MS, "link c to s2 delay 0ns", "link s2 to c delay 20000000ns", "\ns2 lies -10000ns\n" },
    };
    struct snapshot s = a_snapshot();
    struct story_error error;
    struct forecast f;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text;

        s.source[1].state = s.source[2].state = SOURCE_OUTLIER;
        s.source[1].offset.ns = s.source[2].offset.ns = rows[i].offset_ns;
        text = written(&s, "add");
        assert_non_null(strstr(text, rows[i].there));
        assert_non_null(strstr(text, rows[i].back));
        assert_non_null(strstr(text, rows[i].lie));
        assert_int_equal(strstr(text, "lies") != NULL, rows[i].lie[0] != '\0');
        assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 2, &f, &error), 0);
        assert_int_equal(f.broken, 0);
        free(text);
    }
}

/* On a loaded machine with a short path the oscillator seems to wander as fast as a filter can believe: its twin stays within the drift limit all the same. */
static void a_wild_oscillator_keeps_the_assumptions(void **state)
{
    struct snapshot s = a_snapshot();
    struct story_error error;
    struct forecast f;
    char *text;

    (void)state;
    s.wander = 1e-6;
    for (uint32_t i = 0; i < s.source_count; i++) {
        s.source[i].state = SOURCE_SELECTED;
        s.source[i].poll_log2 = s.source[i].min_poll_log2 = s.source[i].max_poll_log2 = 2;
        s.source[i].delay_floor.ns = 4000;
        s.source[i].delay_excess.ns = 1000;
        s.source[i].root_dispersion.ns = 0;
    }
    text = written(&s, "add");
    assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 2, &f, &error), 0);
    assert_int_equal(f.broken, 0);
    free(text);
}

static void a_liar_is_named_and_an_oscillator_out_of_bounds_is_noticed(void **state)
{
    struct snapshot s = a_snapshot();
    struct story_error error;
    struct forecast f;
    char *text;

    (void)state;
    s.source[1].state = SOURCE_SELECTED;
    text = written(&s, "lie s2 +10s");
    assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 2, &f, &error), 0);
    assert_int_equal(f.server_count, 4);
    for (unsigned n = 0; n < f.server_count; n++)
        assert_int_equal(f.server[n].false_runs, strcmp(f.server[n].name, "s2") == 0 ? 2 : 0);
    free(text);
    text = written(&s, "temperature +100C 3ppm");
    assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 1, &f, &error), 0);
    assert_true(f.broken > 0);
    free(text);
}

static struct forecast asked(const struct snapshot *s, const char *question)
{
    char *text = written(s, question);
    struct story_error error;
    struct forecast f;

    assert_int_equal(forecast_run(text, (struct dur_ns){ 7200 * NS_PER_S }, 2, &f, &error), 0);
    free(text);
    return f;
}

/* What the configuration says decides the answer: how many have to agree, what is too much to follow, what stands in when nobody is left. */
static void the_limits_are_the_daemons(void **state)
{
    struct snapshot s = a_snapshot();
    struct forecast f;

    (void)state;
    s.source[1].state = SOURCE_SELECTED;
    assert_int_equal(asked(&s, "remove s1").free_running_runs, 0);
    s.limits.min_sources = 3;
    assert_int_equal(asked(&s, "remove s1").unusable_runs, 2);
    s.limits.min_sources = 1;
    f = asked(&s, "cut 2d");
    assert_int_equal(f.free_running_runs, 2);
    assert_int_equal(f.local_runs, 0);
    s.limits.local_stratum = 10;
    s.limits.local_error.ns = 100 * NS_PER_MS;
    f = asked(&s, "cut 2d");
    assert_int_equal(f.local_runs, 2);
    assert_true(f.local_s > 3600 && f.free_running_runs == 0);
}

/* Nobody outvotes the only source: a lie within the panic threshold is called false first and followed then, a greater one never. */
static void an_only_source_is_followed_within_the_panic_threshold(void **state)
{
    struct snapshot s = a_snapshot();
    struct forecast f;

    (void)state;
    s.source_count = 1;
    f = asked(&s, "lie s1 +4s");
    assert_int_equal(f.server[1].false_runs, 2);
    assert_int_equal(f.server[1].followed_runs, 2);
    assert_true(f.broken > 0 && f.error_max_s > 3.9);
    f = asked(&s, "lie s1 +6s");
    assert_int_equal(f.server[1].false_runs, 2);
    assert_int_equal(f.server[1].followed_runs, 0);
    assert_true(f.broken == 0 && f.error_max_s < 0.1);
}

/* Without a majority all sources are new, and their twins disagree as they do. Without the wrong one there is time. */
static void where_there_is_no_majority_the_twin_has_none(void **state)
{
    struct snapshot s = a_snapshot();
    struct forecast f;

    (void)state;
    s.source_count = 2;
    s.source[0].state = s.source[1].state = SOURCE_NEW;
    s.source[0].bound.ns = s.source[1].bound.ns = 11 * NS_PER_MS;
    s.source[0].offset.ns = 10 * NS_PER_MS; /* by what its bound allows, which is no lie */
    s.source[1].offset.ns = 7 * NS_PER_S;
    f = asked(&s, "temperature +1C");
    assert_int_equal(f.unusable_runs, 2);
    assert_false(forecast_ever_usable(&f));
    f = asked(&s, "remove s2");
    assert_int_equal(f.free_running_runs, 0);
    assert_true(f.error_max_s < 1e-3);
}

static void units_may_stand_apart(void **state)
{
    static const char *const rows[][2] = { { "cut 6 h", "cut 6h" }, { "lie s1 -10 ms", "lie s1 -10ms" },
                                           { "temperature +15 °C 0.2 ppm", "temperature +15C 0.2ppm" },
                                           { "temperature -3°C", "temperature -3C" },
                                           { "add delay 5 ms jitter 100 us", "add delay 5ms jitter 100us" } };
    struct snapshot s = a_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *apart = written(&s, rows[i][0]), *together = written(&s, rows[i][1]);

        assert_string_equal(apart, together);
        free(apart);
        free(together);
    }
}

/* "1 5s" is not "15s". */
static void a_number_is_no_unit(void **state)
{
    static const char *const rows[] = { "cut 1 5h", "lie s1 1 5s", "lie s1 -1 .5s", "temperature +1 5C", "cut 6 5 h" };
    const struct snapshot s = a_snapshot();
    char error[QUESTION_ERROR_MAX];
    struct question q;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (question_parse(rows[i], &s, &q, error) == 0)
            fail_msg("'%s' was understood", rows[i]);
}

static void who_tells_no_time_cannot_lie(void **state)
{
    static const uint8_t silent[] = { SOURCE_UNREACHABLE, SOURCE_REFUSED };
    struct snapshot s = a_snapshot();
    char error[QUESTION_ERROR_MAX];
    struct question q;

    (void)state;
    assert_true(twin_has_time(&s));
    for (size_t i = 0; i < sizeof silent; i++) {
        s.source[0].state = s.source[1].state = s.source[2].state = silent[i];
        assert_int_not_equal(question_parse("lie s1 +10s", &s, &q, error), 0);
        assert_non_null(strstr(error, "gives no time at present"));
        assert_true(twin_possible(&s));
        assert_false(twin_has_time(&s));
    }
}

/* A source that answers sixteen times a second is simulated with longer polls; nonsense from a false daemon stays inside the language. */
static void numbers_from_outside_are_limited(void **state)
{
    struct snapshot s = a_snapshot();
    struct story_error error;
    struct forecast f;
    char *text;

    (void)state;
    s.uptime.ns = INT64_MAX;
    s.freq_ppm = 1e300;
    s.skew_ppm = -1;
    s.wander = 1e300;
    s.step_budget.ns = INT64_MIN;
    s.limits = (struct snapshot_limits){ 1e300, 1e300, { INT64_MAX }, { INT64_MAX }, UINT32_MAX, UINT16_MAX, UINT16_MAX, { INT64_MIN } };
    s.source[0] = (struct snapshot_source){ .name = "a\nrun 1s\n", .poll_log2 = -128, .delay_floor = { INT64_MAX }, .delay_excess = { INT64_MIN },
                                            .root_dispersion = { INT64_MIN }, .root_delay = { INT64_MAX }, .sent = 1000 };
    s.source[1].offset.ns = INT64_MAX;
    text = written(&s, "cut 30s");
    assert_non_null(strstr(text, "# s1: a\\x0arun 1s\\x0a at none"));
    assert_int_equal(forecast_run(text, (struct dur_ns){ 3600 * NS_PER_S }, 1, &f, &error), 0);
    free(text);
}

static void bad_questions_are_refused(void **state)
{
    static const struct { const char *text, *reason; } rows[] = {
        { "", "ask 'lie" }, { "lies a.example 1s", "ask 'lie" }, { "lie", "needs a source" }, { "lie x 1s", "there is no source 'x'" },
        { "lie a.example", "needs a time" }, { "lie a.example tomorrow", "needs a time" }, { "lie a.example 11y", "needs a time" },
        { "lie a.example 4000d", "out of range" }, { "cut 0s", "out of range" }, { "cut 31d", "from 1 s to " }, { "cut 1h 2h", "one word too many" },
        { "temperature 15", "needs a difference" }, { "temperature nanC", "" }, { "temperature 101C", "at most 100C" },
        { "temperature 1C warm", "is no change per kelvin" }, { "add delay", "needs a time" }, { "add noise", "one word too many" },
        { "remove", "needs a source" }, { "a b c d e f g h i", "too long" },
    };
    struct snapshot s = a_snapshot();
    struct question q;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[QUESTION_ERROR_MAX] = "";

        assert_int_not_equal(question_parse(rows[i].text, &s, &q, error), 0);
        assert_non_null(strstr(error, rows[i].reason));
        assert_true(error[0] != '\0');
    }
}

static void a_name_for_two_and_a_stranger_are_refused(void **state)
{
    struct snapshot s = a_snapshot();
    char error[QUESTION_ERROR_MAX];
    struct question q;

    (void)state;
    strcpy(s.source[1].name, "a.example");
    assert_int_not_equal(question_parse("remove a.example", &s, &q, error), 0);
    assert_non_null(strstr(error, "2 sources are called 'a.example'"));
    assert_int_equal(question_parse("remove 192.0.2.2", &s, &q, error), 0);
    assert_int_equal(q.source, 1);
    s.source[2].last_answer_age.ns = -1;
    assert_int_not_equal(question_parse("remove s3", &s, &q, error), 0);
    assert_non_null(strstr(error, "never answered"));
    s.source[1].state = SOURCE_OFFLINE;
    assert_int_not_equal(question_parse("remove 192.0.2.2", &s, &q, error), 0);
    assert_non_null(strstr(error, "is offline"));
    assert_true(twin_possible(&s));
    s.source_count = 0;
    assert_false(twin_possible(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_story_of_a_snapshot),
        cmocka_unit_test(every_question_makes_a_story_that_runs),
        cmocka_unit_test(outliers_are_no_liars),
        cmocka_unit_test(a_wild_oscillator_keeps_the_assumptions),
        cmocka_unit_test(a_liar_is_named_and_an_oscillator_out_of_bounds_is_noticed),
        cmocka_unit_test(the_limits_are_the_daemons),
        cmocka_unit_test(an_only_source_is_followed_within_the_panic_threshold),
        cmocka_unit_test(where_there_is_no_majority_the_twin_has_none),
        cmocka_unit_test(units_may_stand_apart),
        cmocka_unit_test(a_number_is_no_unit),
        cmocka_unit_test(who_tells_no_time_cannot_lie),
        cmocka_unit_test(numbers_from_outside_are_limited),
        cmocka_unit_test(bad_questions_are_refused),
        cmocka_unit_test(a_name_for_two_and_a_stranger_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
