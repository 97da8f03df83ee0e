/* What a what-if question came to, word for word. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "cli/show_forecast.h"

static char *shown(const struct what_if *w, unsigned width)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    show_forecast(w, width, out);
    fclose(out);
    return text;
}

static struct snapshot picture;

static void set_up_picture(void)
{
    picture.source_count = 2;
    strcpy(picture.source[0].name, "a.example");
    strcpy(picture.source[1].name, "b.example");
}

static void a_lie_that_is_outvoted(void **state)
{
    static const char golden[] =
        "What if a.example were wrong by +10 s?\n"
        "\n"
        "Time would stay usable for all of the 6 h looked at.\n"
        "While usable it would be off by 12 us at worst, said to be within ±1.2 ms at worst; undisturbed by 10 us, within ±1.1 ms.\n"
        "True time would stay within the bound in every run.\n"
        "a.example would be named a falseticker in 7 of 8 runs, after 1.067 min at the latest.\n"
        "\n";
    const struct question q = { .kind = QUESTION_LIE, .source = 0, .amount = { 10 * NS_PER_S } };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "lie a.example +10s", .ahead = { 21600 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    w.now = (struct forecast){ .runs = 8, .error_max_s = 10e-6, .error_rms_s = 3e-6, .bound_max_s = 1.1e-3, .free_running_s = FORECAST_NONE };
    w.then = (struct forecast){ .runs = 8, .error_max_s = 12e-6, .error_rms_s = 3e-6, .bound_max_s = 1.2e-3, .free_running_s = FORECAST_NONE,
                                 .server_count = 1 };
    w.then.server[0] = (struct forecast_server){ "s1", 7, 64, 0 };
    text = shown(&w, 0);
    assert_memory_equal(text, golden, sizeof golden - 1);
    assert_non_null(strstr(text, "Sources named false"));
    assert_non_null(strstr(text, "never"));
    free(text);
}

/* Without a majority against it a lie is called false until the clock gives way. */
static void a_lie_that_nobody_outvotes(void **state)
{
    const struct question q = { .kind = QUESTION_LIE, .source = 0, .amount = { 4 * NS_PER_S } };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "lie a.example +4s", .ahead = { 21600 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    w.now = (struct forecast){ .runs = 8, .free_running_s = FORECAST_NONE };
    w.then = (struct forecast){ .runs = 8, .error_max_s = 4, .bound_max_s = 4.1, .free_running_s = FORECAST_NONE, .broken = 9, .server_count = 2 };
    w.then.server[1] = (struct forecast_server){ "s1", 8, 64, 8 };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "a.example would be named a falseticker in 8 of 8 runs, after 1.067 min at the latest.\n"
                                 "But in the end a.example would be followed in 8 of 8 runs: nothing outvotes it.\n"));
    free(text);
    w.then.server[1] = (struct forecast_server){ "s1", 0, 0, 8 };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "No source would be named a falseticker: nothing outvotes the one that lies, and time would go with it."));
    free(text);
    w.then.broken = 0;
    text = shown(&w, 0);
    assert_non_null(strstr(text, "No source would be named a falseticker: so small a lie is within what the sources say of their own errors."));
    free(text);
}

static void the_statement_local_is_told_apart(void **state)
{
    const struct question q = { .kind = QUESTION_CUT, .amount = { 86400 * NS_PER_S } };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "cut 1d", .before = { 900 * NS_PER_S }, .ahead = { 90000 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    w.now = (struct forecast){ .runs = 8, .free_running_s = FORECAST_NONE, .local_s = FORECAST_NONE };
    w.then = (struct forecast){ .runs = 8, .free_running_s = FORECAST_NONE, .local_runs = 8, .local_s = 50400 };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "In 8 of 8 runs it would be served by the operator's statement `local` alone, 14 h after that at the earliest.\n"));
    assert_non_null(strstr(text, "By `local` alone after"));
    free(text);
    w.then.local_s = 0;
    text = shown(&w, 0);
    assert_non_null(strstr(text, "statement `local` alone, at once.\n"));
    free(text);
}

/* Both figures of a cut are told with what makes them differ. */
static void a_cut_is_told_beside_the_pages_own_patience(void **state)
{
    const struct question q = { .kind = QUESTION_CUT, .amount = { 3600 * NS_PER_S } };
    struct snapshot s = { .now = { 100 * NS_PER_S }, .uptime = { 90 * NS_PER_S } };
    struct what_if w = { .snapshot = &s, .question = &q, .asked = "cut 1h", .before = { 900 * NS_PER_S }, .ahead = { 7200 * NS_PER_S } };
    char *text;

    (void)state;
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.free_running_at.ns = 700 * NS_PER_S;
    w.now = w.then = (struct forecast){ .runs = 8, .free_running_s = FORECAST_NONE };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "As it stands now, running for 1.5 min, the daemon itself would hold over for 10 min without an answer; the runs go "
                                 "undisturbed for 15 min first.\n"));
    free(text);
}

static void what_breaks_is_said(void **state)
{
    const struct question q = { .kind = QUESTION_CUT, .amount = { 3600 * NS_PER_S } };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "cut 1h", .ahead = { 7200 * NS_PER_S } };
    char *text;

    (void)state;
    w.now = (struct forecast){ .runs = 8, .free_running_s = FORECAST_NONE };
    w.then = (struct forecast){ .runs = 8, .free_running_runs = 5, .free_running_s = 1800, .broken = 3 };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "In 5 of 8 runs time would cease to be usable, 30 min after that at the earliest; at the end it is usable again."));
    assert_non_null(strstr(text, "True time would leave the bound"));
    assert_non_null(strstr(text, "No source would be named a falseticker."));
    free(text);
}

static void without_the_only_source_there_is_nothing_to_tell_of(void **state)
{
    static const char golden[] =
        "What if a.example were not there?\n"
        "\n"
        "There would be no time to serve: no other source is left that it could be learnt from. To see how long the running daemon would carry on without "
        "answers, ask `utcctl sim --what-if 'cut 6h'`.\n"
        "\n";
    const struct question q = { .kind = QUESTION_REMOVE };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "remove a.example", .ahead = { 7200 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    w.now = (struct forecast){ .runs = 8, .error_max_s = 10e-6, .bound_max_s = 1.1e-3, .free_running_s = FORECAST_NONE };
    w.then = (struct forecast){ .runs = 8, .unusable_runs = 8, .free_running_runs = 8, .lost_runs = 8, .server_count = 1 };
    text = shown(&w, 0);
    assert_memory_equal(text, golden, sizeof golden - 1);
    assert_non_null(strstr(text, "at once"));
    assert_null(strstr(text, "stay within the bound"));
    assert_non_null(strstr(text, "1.1 ms"));
    assert_null(strstr(text, "±0"));
    free(text);
}

static void a_daemon_without_time_is_told_so(void **state)
{
    struct question q = { .kind = QUESTION_REMOVE };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "remove a.example", .ahead = { 7200 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    w.now = (struct forecast){ .runs = 8, .unusable_runs = 8, .free_running_runs = 8, .lost_runs = 8 };
    w.then = (struct forecast){ .runs = 8, .bound_max_s = 1e-3, .free_running_s = FORECAST_NONE };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "said to be within ±1 ms at worst; undisturbed there is no time to serve.\n"));
    free(text);
    w.then = w.now;
    q.kind = QUESTION_CUT;
    text = shown(&w, 0);
    assert_non_null(strstr(text, "There would be no time to serve, at no moment of any run, and undisturbed neither: `utcctl status` says why.\n"));
    free(text);
}

static void too_few_sources_are_not_none(void **state)
{
    const struct question q = { .kind = QUESTION_REMOVE };
    struct what_if w = { .snapshot = &picture, .question = &q, .asked = "remove a.example", .ahead = { 7200 * NS_PER_S } };
    char *text;

    (void)state;
    set_up_picture();
    picture.limits.min_sources = 2;
    w.then = (struct forecast){ .runs = 8, .unusable_runs = 8, .free_running_runs = 8, .lost_runs = 8, .server_count = 2 };
    text = shown(&w, 0);
    assert_non_null(strstr(text, "There would be no time to serve: the 1 source left is not enough (clock.min_sources is 2), or no majority.\n"));
    free(text);
}

static void the_page_says_how_long_holdover_lasts(void **state)
{
    struct snapshot s = { .now = { 100 * NS_PER_S } };

    (void)state;
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.free_running_at.ns = 160 * NS_PER_S;
    assert_float_equal(show_forecast_patience_s(&s), 60, 1e-6);
    s.page.free_running_at.ns = INT64_MAX;
    assert_true(show_forecast_patience_s(&s) == FORECAST_NONE);
    s.page.free_running_at.ns = 160 * NS_PER_S;
    s.page.status = CLOCK_FREE_RUNNING;
    assert_true(show_forecast_patience_s(&s) == FORECAST_NONE);
}

static void an_added_source_has_a_name(void **state)
{
    char name[64];

    (void)state;
    set_up_picture();
    assert_string_equal(show_forecast_name("s2", &picture, name, sizeof name), "b.example");
    assert_string_equal(show_forecast_name("s3", &picture, name, sizeof name), "the added source");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lie_that_is_outvoted), cmocka_unit_test(what_breaks_is_said), cmocka_unit_test(an_added_source_has_a_name),
        cmocka_unit_test(without_the_only_source_there_is_nothing_to_tell_of), cmocka_unit_test(too_few_sources_are_not_none),
        cmocka_unit_test(a_daemon_without_time_is_told_so),
        cmocka_unit_test(a_lie_that_nobody_outvotes), cmocka_unit_test(the_statement_local_is_told_apart),
        cmocka_unit_test(a_cut_is_told_beside_the_pages_own_patience),
        cmocka_unit_test(the_page_says_how_long_holdover_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
