/* Problems are noted once, dated, and told in words. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "observe/problem.h"

static void every_row_has_an_id_and_words(void **state)
{
    (void)state;
    for (int k = 0; k < PROBLEM_KINDS; k++) {
        const struct problem_text *t = problem_text((enum problem_kind)k);

        assert_int_equal(problem_from_id(t->id), k); /* no id twice */
        assert_true(t->symptom[0] && t->cause[0] && t->fix[0]);
    }
    assert_int_equal(problem_from_id("nonsense"), -1);
}

static void the_same_is_noted_once_and_no_more_than_fit(void **state)
{
    struct problems p = { 0 };
    char name[16];

    (void)state;
    problems_note(&p, PROBLEM_SOURCE_SILENT, "a", "first");
    problems_note(&p, PROBLEM_SOURCE_SILENT, "a", "again");
    problems_note(&p, PROBLEM_SOURCE_FALSE, "a", NULL);
    assert_int_equal(p.count, 2);
    assert_string_equal(p.item[0].detail, "first");
    for (int i = 0; i < 2 * PROBLEMS_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        problems_note(&p, PROBLEM_SOURCE_SILENT, name, NULL);
    }
    assert_int_equal(p.count, PROBLEMS_MAX);
}

static void ages_begin_when_a_problem_is_first_seen(void **state)
{
    struct problem_memory m = { 0 };
    struct problems p = { 0 };

    (void)state;
    problems_note(&p, PROBLEM_SOURCE_SILENT, "a", NULL);
    problems_date(&m, &p, (struct mono_ns){ 100 });
    assert_int_equal(p.item[0].age.ns, 0);
    p.count = 0;
    problems_note(&p, PROBLEM_LEAP_EXPIRED, NULL, NULL);
    problems_note(&p, PROBLEM_SOURCE_SILENT, "a", NULL);
    problems_date(&m, &p, (struct mono_ns){ 150 });
    assert_int_equal(p.item[0].age.ns, 0);
    assert_int_equal(p.item[1].age.ns, 50);
    p.count = 0;
    problems_date(&m, &p, (struct mono_ns){ 160 }); /* over */
    problems_note(&p, PROBLEM_SOURCE_SILENT, "a", NULL);
    problems_date(&m, &p, (struct mono_ns){ 170 });
    assert_int_equal(p.item[0].age.ns, 0);
}

static void the_subject_stands_in_every_text(void **state)
{
    struct problems p = { 0 };
    char out[PROBLEM_SENTENCE_MAX], small[12];

    (void)state;
    problems_note(&p, PROBLEM_SOURCE_SILENT, "ntp1", "why");
    assert_string_equal(problem_sentence(&p.item[0], out), "source ntp1 does not answer: why");
    assert_non_null(strstr(problem_say(&p.item[0], problem_text(PROBLEM_SOURCE_SILENT)->fix, out, sizeof out), "utcctl query ntp1"));
    assert_string_equal(problem_say(&p.item[0], "source {} does", small, sizeof small), "source ntp1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_an_id_and_words),
        cmocka_unit_test(the_same_is_noted_once_and_no_more_than_fit),
        cmocka_unit_test(ages_begin_when_a_problem_is_first_seen),
        cmocka_unit_test(the_subject_stands_in_every_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
