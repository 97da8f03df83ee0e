/* What an operator said is there for the next core, whole, and for one configuration alone. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/operator_words.h"

static struct engine_options of(uint32_t count)
{
    struct engine_options o = { .source_count = count };

    for (uint32_t i = 0; i < count; i++)
        snprintf(o.source[i].server.s, sizeof o.source[i].server.s, "192.0.2.%u", count);
    return o;
}

static void the_next_core_goes_on_with_it(void **state)
{
    struct operator_words *w = operator_words_new();
    struct engine_options o = of(3), out = of(1);
    uint32_t offline = 7;

    (void)state;
    assert_non_null(w);
    assert_false(operator_words_recall(w, 0, &out, &offline));
    assert_int_equal(out.source_count, 1);
    assert_int_equal(offline, 7);
    if (fork() == 0) { /* a core that says it and dies */
        operator_words_keep(w, 4, &o, 2);
        _exit(0);
    }
    wait(NULL);
    assert_true(operator_words_recall(w, 4, &out, &offline));
    assert_int_equal(out.source_count, 3);
    assert_int_equal(offline, 2);
    assert_string_equal(out.source[2].server.s, "192.0.2.3");
    assert_false(operator_words_recall(w, 5, &out, &offline)); /* a reload is the later word */
}

static void a_core_killed_in_the_middle_leaves_what_was_there(void **state)
{
    struct operator_words *w = operator_words_new();
    struct engine_options o = of(2), out = of(1);
    uint32_t offline = 0;

    (void)state;
    operator_words_keep(w, 1, &o, 0);
    memset(&w->copy[(w->turn + 1) % 2], 0xff, sizeof w->copy[0] / 2); /* as far as it came */
    assert_true(operator_words_recall(w, 1, &out, &offline));
    assert_int_equal(out.source_count, 2);
    assert_string_equal(out.source[1].server.s, "192.0.2.2");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_core_goes_on_with_it),
        cmocka_unit_test(a_core_killed_in_the_middle_leaves_what_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
