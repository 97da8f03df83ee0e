/* What a core that dies had not made up for yet is there for the next one, with the page that it belongs to and with no other. */
#include "base/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/legacy.h"
#include "daemon/shared.h"

static const struct clock_lapse lapse = { { 603 }, { 5 }, { 600 } };

static struct page_data page_of(int64_t asleep_ns, uint64_t disruption) { return (struct page_data){ .asleep = { asleep_ns }, .disruption = disruption }; }

static void the_next_core_goes_on_with_it(void **state)
{
    struct legacy *l = shared_new(sizeof *l, NULL);
    struct page_data page = page_of(600, 1), slept_again = page_of(601, 1), moved = page_of(600, 2);

    (void)state;
    assert_int_equal(legacy_recall(l, &page).lost.ns, 0);
    if (fork() == 0) { /* a core that dies */
        legacy_keep(l, &page, &lapse);
        _exit(0);
    }
    wait(NULL);
    assert_int_equal(legacy_recall(l, &page).lost.ns, 603);
    assert_int_equal(legacy_recall(l, &page).lost_at.ns, 5);
    assert_int_equal(legacy_recall(l, &page).slept.ns, 600);
    assert_int_equal(legacy_recall(l, &slept_again).slept.ns, 0);
    assert_int_equal(legacy_recall(l, &moved).slept.ns, 0);
}

/* The page was the next one's already: there is nothing with it. The page was not there yet: what was kept before holds. */
static void a_core_killed_in_the_middle_leaves_what_was_there(void **state)
{
    struct legacy *l = shared_new(sizeof *l, NULL);
    struct page_data page = page_of(600, 0), next = page_of(900, 0);

    (void)state;
    legacy_keep(l, &page, &lapse);
    memset(&l->copy[(l->turn + 1) % 2], 0xff, sizeof l->copy[0] / 2); /* as far as it came */
    assert_int_equal(legacy_recall(l, &page).slept.ns, 600);
    legacy_keep(l, &next, &(struct clock_lapse){ { 0 }, { 7 }, { 0 } });
    assert_int_equal(legacy_recall(l, &page).slept.ns, 600);
    assert_int_equal(legacy_recall(l, &next).lost_at.ns, 7);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_core_goes_on_with_it),
        cmocka_unit_test(a_core_killed_in_the_middle_leaves_what_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
