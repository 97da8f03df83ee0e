/* CTL-12: text from the network is shown as text. And: everything that can be on the page fits, at once. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "admin/page.h"

#define EVIL "<script>alert(1)</script>\"'&"

static char out[PAGE_TEXT_MAX];
static struct snapshot s;
static struct history h;

static struct page_facts facts(void) { return (struct page_facts){ &s, &h, { 0 }, s.now, "1.2" }; }

/* As full as it can be, each text from outside being `text`. */
static void fill(const char *text, uint32_t problems)
{
    memset(&s, 0, sizeof s);
    memset(&h, 0, sizeof h);
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.stratum = 3;
    s.page.holdover_at = s.page.free_running_at = s.page.silent_at = MONO_NEVER;
    snprintf(s.hint, sizeof s.hint, "%s", text);
    s.source_count = SNAPSHOT_SOURCES_MAX;
    for (int i = 0; i < SNAPSHOT_SOURCES_MAX; i++) {
        struct snapshot_source *src = &s.source[i];

        snprintf(src->name, sizeof src->name, "%s", text);
        src->state = SOURCE_SELECTED;
        src->stratum = 1;
        src->refid = UINT32_C(0x3c623e27); /* "<b>'" */
        src->reach = 0x55;
        src->bound.ns = 1000 + i;
    }
    for (int i = 0; i < HISTORY_POINTS + 10; i++) {
        s.now.ns = i * HISTORY_EVERY_S * NS_PER_S;
        s.page.early.ns = i % 2 ? 10 : NS_PER_S;
        s.problems.count = i % 2 ? problems : 0;
        for (uint32_t p = 0; p < problems; p++) {
            s.problems.item[p].kind = PROBLEM_SOURCE_SILENT;
            snprintf(s.problems.item[p].subject, sizeof s.problems.item[p].subject, "%u%s", p, text);
            snprintf(s.problems.item[p].detail, sizeof s.problems.item[p].detail, "%s", text);
        }
        history_look(&h, &s);
    }
}

static void CTL_12_text_from_outside_stays_text(void **state)
{
    (void)state;
    fill(EVIL, 3);
    const struct page_facts f = facts();
    assert_true(page_write(&f, out) > 0);
    assert_null(strstr(out, "<script>"));
    assert_null(strstr(out, "<b>"));
    assert_non_null(strstr(out, "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;"));
    assert_non_null(strstr(out, "&lt;b&gt;&#39;"));
    assert_true(page_event(&f, out) > 0);
    assert_null(strstr(out, "<script>"));
    assert_null(strstr(out, "<b>"));
}

static void an_event_is_one_line_and_nothing_but_ASCII(void **state)
{
    size_t len;

    (void)state;
    fill("\xff\n\r\x80", 3);
    const struct page_facts f = facts();
    len = page_event(&f, out);
    assert_memory_equal(out, "data: {", 7);
    assert_string_equal(out + len - 3, "}\n\n");
    assert_ptr_equal(memchr(out, '\n', len), out + len - 2);
    for (size_t i = 0; i < len - 2; i++)
        assert_true(out[i] >= 0x20 && out[i] < 0x7f);
}

static void the_fullest_page_fits(void **state)
{
    (void)state;
    fill("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", PROBLEMS_MAX);
    const struct page_facts f = facts();
    assert_in_range(page_write(&f, out), 20000, 90000);
    assert_null(strstr(out, "{{"));
    assert_in_range(page_event(&f, out), 20000, 95000);
}

static void where_nobody_answers_it_is_said_once(void **state)
{
    (void)state;
    fill("x", 2);
    const struct page_facts f = facts();
    page_write(&f, out);
    assert_non_null(strstr(out, "<h3>source 1x does not answer"));
    s.problems.item[s.problems.count++] = (struct problem){ .kind = PROBLEM_ALL_SILENT };
    page_write(&f, out);
    assert_null(strstr(out, "<h3>source 1x does not answer"));
    assert_non_null(strstr(out, "<h3>no source answers"));
}

static void one_lost_packet_is_no_news(void **state)
{
    uint64_t before;

    (void)state;
    fill("x", 0);
    before = h.changes;
    s.problems.count = 1;
    s.problems.item[0].kind = PROBLEM_SOURCE_UNANSWERED;
    history_look(&h, &s);
    s.problems.count = 0;
    history_look(&h, &s);
    assert_int_equal(h.changes, before);
}

static void what_a_program_left_is_gone_on_with_unless_it_cannot_be(void **state)
{
    (void)state;
    fill("x", 1);
    history_resume(&h);
    assert_int_equal(h.points, HISTORY_POINTS + 10);
    assert_non_null(history_change(&h, 0));
    h.problems.item[0].kind = PROBLEM_KINDS;
    history_resume(&h);
    assert_int_equal(h.points, 0);
    fill("x", 1);
    h.problems.count = PROBLEMS_MAX + 1;
    history_resume(&h);
    assert_null(history_change(&h, 0));
    fill("x", 1);
    memset(h.change[3].text, 'a', sizeof h.change[3].text);
    history_resume(&h);
    assert_false(h.begun);
}

static void without_an_answer_it_says_so(void **state)
{
    (void)state;
    fill("", 0);
    struct page_facts f = facts();
    f.silence.ns = INT64_C(60) * NS_PER_S;
    page_write(&f, out);
    assert_non_null(strstr(out, "The keeper of the clock does not answer."));
    f.snapshot = NULL;
    memset(&h, 0, sizeof h);
    page_write(&f, out);
    assert_non_null(strstr(out, "has not answered yet"));
}

static void a_point_is_the_worst_of_its_seconds_and_an_hour_of_them_is_kept(void **state)
{
    (void)state;
    fill("", 0);
    assert_null(history_point(&h, HISTORY_POINTS));
    assert_int_equal(history_point(&h, HISTORY_POINTS - 1)->at.ns, s.now.ns);
    assert_int_equal(history_point(&h, 0)->at.ns, s.now.ns - (HISTORY_POINTS - 1) * HISTORY_EVERY_S * NS_PER_S);
    s.now.ns += NS_PER_S;
    s.page.early.ns = 77 * NS_PER_S;
    history_look(&h, &s);
    assert_int_equal(history_point(&h, HISTORY_POINTS - 1)->bound.ns, 77 * NS_PER_S);
    s.now.ns += NS_PER_S;
    s.page.status = CLOCK_DISRUPTED;
    history_look(&h, &s);
    assert_false(history_point(&h, HISTORY_POINTS - 1)->usable);
    assert_string_equal(history_change(&h, 0)->text, "the clock is now: disrupted");
    assert_false(history_change(&h, 0)->good);
}

static void what_begins_and_ends_is_noted_newest_first(void **state)
{
    (void)state;
    fill("x", 1);
    assert_string_equal(history_change(&h, 0)->text, "source 0x does not answer");
    assert_string_equal(history_change(&h, 1)->text, "over: source 0x does not answer");
    assert_true(history_change(&h, 1)->good);
    assert_null(history_change(&h, HISTORY_CHANGES));
    s.steps++;
    history_look(&h, &s);
    assert_string_equal(history_change(&h, 0)->text, "the clock was set by a step");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CTL_12_text_from_outside_stays_text),
        cmocka_unit_test(an_event_is_one_line_and_nothing_but_ASCII),
        cmocka_unit_test(the_fullest_page_fits),
        cmocka_unit_test(where_nobody_answers_it_is_said_once),
        cmocka_unit_test(one_lost_packet_is_no_news),
        cmocka_unit_test(what_a_program_left_is_gone_on_with_unless_it_cannot_be),
        cmocka_unit_test(without_an_answer_it_says_so),
        cmocka_unit_test(a_point_is_the_worst_of_its_seconds_and_an_hour_of_them_is_kept),
        cmocka_unit_test(what_begins_and_ends_is_noted_newest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
