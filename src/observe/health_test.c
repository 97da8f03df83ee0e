/* Alive, started, ready: yes, or why not. */
#include "observe/health.h"

#include <stdio.h>
#include <string.h>

#include "base/test.h"

static struct snapshot good(void)
{
    static struct snapshot s;

    memset(&s, 0, sizeof s);
    s.now.ns = s.page.raw_ref.ns = NS_PER_S;
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.stratum = 2;
    s.page.holdover_at = s.page.free_running_at = s.page.silent_at = MONO_NEVER;
    s.page.early.ns = s.page.late.ns = NS_PER_MS;
    s.page.growth = 1e-6;
    return s;
}

static const char *ask(enum health_question q, const struct snapshot *s, int64_t silence_s, struct mono_ns now, bool *is)
{
    const struct health_facts f = { s, { silence_s * NS_PER_S }, now, { 10 * NS_PER_MS } };
    static char out[HEALTH_MAX];
    size_t len;

    *is = health_write(q, &f, out, &len);
    assert_int_equal(strlen(out), len);
    return out;
}

static void a_good_clock_passes(void **state)
{
    struct snapshot s = good();
    bool is;

    (void)state;
    for (int q = HEALTH_LIVE; q <= HEALTH_READY; q++) {
        assert_string_equal(ask((enum health_question)q, &s, 1, s.now, &is), "{\"status\":\"pass\"}");
        assert_true(is);
    }
}

static void before_the_first_answer_it_is_alive_and_no_more(void **state)
{
    bool is;

    (void)state;
    ask(HEALTH_LIVE, NULL, 0, (struct mono_ns){ 0 }, &is);
    assert_true(is);
    assert_string_equal(ask(HEALTH_STARTED, NULL, 0, (struct mono_ns){ 0 }, &is),
                        "{\"status\":\"fail\",\"notes\":[\"the keeper of the clock has not answered yet\"]}");
    assert_false(is);
    ask(HEALTH_READY, NULL, 0, (struct mono_ns){ 0 }, &is);
    assert_false(is);
}

static void a_silent_core_is_not_ready_and_in_the_end_not_alive(void **state)
{
    struct snapshot s = good();
    bool is;

    (void)state;
    assert_non_null(strstr(ask(HEALTH_READY, &s, HEALTH_SILENCE_S + 1, s.now, &is), "has said nothing for 6 s"));
    assert_false(is);
    ask(HEALTH_LIVE, &s, HEALTH_SILENCE_S + 1, s.now, &is);
    assert_true(is);
    ask(HEALTH_LIVE, &s, HEALTH_DEAD_S + 1, s.now, &is);
    assert_false(is);
}

/* A page that nobody renews says less and less: after 9000 s at 1 ppm it has gone from 1 ms to the budget of 10 ms. */
static void ready_takes_status_and_bound(void **state)
{
    struct snapshot s = good();
    struct mono_ns later = mono_add(s.now, (struct dur_ns){ 8900 * NS_PER_S }), too_late = mono_add(s.now, (struct dur_ns){ 9100 * NS_PER_S });
    bool is;

    (void)state;
    ask(HEALTH_READY, &s, 1, later, &is);
    assert_true(is);
    assert_non_null(strstr(ask(HEALTH_READY, &s, 1, too_late, &is), "is above http.ready_max_error, 10 ms"));
    assert_false(is);
    s.page.status = CLOCK_UNSYNCHRONISED;
    snprintf(s.hint, sizeof s.hint, "no source answers");
    assert_non_null(strstr(ask(HEALTH_READY, &s, 1, s.now, &is), "\"the clock: not synchronised, no source answers\""));
    assert_false(is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_clock_passes),
        cmocka_unit_test(before_the_first_answer_it_is_alive_and_no_more),
        cmocka_unit_test(a_silent_core_is_not_ready_and_in_the_end_not_alive),
        cmocka_unit_test(ready_takes_status_and_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
