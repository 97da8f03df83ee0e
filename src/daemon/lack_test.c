/* PROC-04, PROC-05: what the system refuses the serve processes is named soon, and not for one client's sake. */
#include "base/test.h"

#include <string.h>

#include "daemon/lack.h"

static struct shared_state memory, *const shared = &memory;
static struct lack_watch watch;
static struct problems found;
static struct mono_ns now;

static int before_each(void **state)
{
    (void)state;
    memset(shared, 0, sizeof *shared);
    watch = (struct lack_watch){ .unsent = false };
    now = (struct mono_ns){ 1000 * NS_PER_S };
    return 0;
}

/* A second passes in which a worker makes so many answers, of which so many do not leave. */
static bool named(enum problem_kind kind, uint64_t answered, uint64_t unsent)
{
    shared->served[1].verdict[SERVICE_NTP][VERDICT_ANSWERED] += answered;
    shared->lack[1].unsent += unsent;
    now = mono_add(now, (struct dur_ns){ NS_PER_S });
    found.count = 0;
    lack_note(&watch, shared, now, &found);
    for (uint32_t i = 0; i < found.count; i++)
        if (found.item[i].kind == kind)
            return true;
    return false;
}

static void PROC_05_answers_that_do_not_leave_are_named_for_ten_seconds(void **state)
{
    (void)state;
    assert_false(named(PROBLEM_NOT_SENT, 100, 0));
    assert_true(named(PROBLEM_NOT_SENT, 100, 100));
    for (int s = 0; s < 10; s++)
        assert_true(named(PROBLEM_NOT_SENT, 100, 0));
    assert_false(named(PROBLEM_NOT_SENT, 100, 0));
}

static void one_client_out_of_reach_is_no_news(void **state)
{
    (void)state;
    for (int s = 0; s < 20; s++)
        assert_false(named(PROBLEM_NOT_SENT, 100, 40));
    assert_int_equal(lack_of(shared).unsent, 800);
}

static void PROC_04_connections_without_a_descriptor_are_named(void **state)
{
    (void)state;
    assert_false(named(PROBLEM_NO_DESCRIPTORS, 0, 0));
    shared->lack[0].unaccepted++;
    assert_true(named(PROBLEM_NO_DESCRIPTORS, 0, 0));
    assert_int_equal(found.count, 1);
    for (int s = 0; s < 10; s++)
        named(PROBLEM_NO_DESCRIPTORS, 0, 0);
    assert_false(named(PROBLEM_NO_DESCRIPTORS, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(PROC_05_answers_that_do_not_leave_are_named_for_ten_seconds, before_each),
        cmocka_unit_test_setup(one_client_out_of_reach_is_no_news, before_each),
        cmocka_unit_test_setup(PROC_04_connections_without_a_descriptor_are_named, before_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
