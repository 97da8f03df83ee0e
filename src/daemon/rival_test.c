/* Another program at the same clock is named while it is there, whenever it comes; each change is told once. */
#include "daemon/rival.h"

#include <string.h>

#include "base/test.h"
#include "host/clock.h"

static unsigned runs;
static unsigned running(void) { return runs; }

static struct mode steering = { .steer = true };
static struct shared_state memory, *const shared = &memory;
static struct rival rival;
static struct mono_ns now;

static int before_each(void **state)
{
    (void)state;
    memset(shared, 0, sizeof *shared);
    steering.rival[0] = '\0';
    steering.rival_unseen = false;
    rival = (struct rival){ .mode = &steering, .shared = shared, .running = running };
    now = (struct mono_ns){ 1000 * NS_PER_S };
    return 0;
}

static const char *name_with(unsigned n)
{
    runs = n;
    rival_look(&rival, now);
    assert_int_equal(mono_sub(rival.next, now).ns, RIVAL_LOOK_S * NS_PER_S);
    return rival_name(&steering, shared);
}

static void who_comes_later_is_named_until_it_goes(void **state)
{
    (void)state;
    assert_string_equal(rival_name(&steering, shared), "");
    assert_string_equal(name_with(0), "");
    assert_string_equal(name_with(1), host_discipline_name(1));
    assert_string_equal(name_with(2), host_discipline_name(2));
    assert_string_equal(name_with(0), "");
}

static void the_start_counts_until_the_first_look(void **state)
{
    (void)state;
    strcpy(steering.rival, "chronyd");
    assert_string_equal(rival_name(&steering, shared), "chronyd");
    assert_string_equal(name_with(0), "");
}

/* Outside of a container, say: to be seen neither then nor later. */
static void who_was_never_seen_has_not_ended(void **state)
{
    (void)state;
    strcpy(steering.rival, "another program");
    steering.rival_unseen = true;
    assert_string_equal(name_with(0), "another program");
    assert_string_equal(name_with(1), host_discipline_name(1));
    assert_string_equal(name_with(0), "another program");
}

/* A virtual clock has no rival, so nobody looks. */
static void only_who_steers_looks(void **state)
{
    static struct loop l;
    struct mode virtual = { .steer = false };

    (void)state;
    rival_start(&rival, &l, &virtual, shared);
    assert_int_equal(l.part_count, 0);
    rival_start(&rival, &l, &steering, shared);
    assert_int_equal(l.part_count, 1);
    assert_true(mono_before(host_mono(), l.part[0].next(l.part[0].ctx)));
    l.part[0].run(l.part[0].ctx, now);
    assert_string_equal(rival_name(&steering, shared), host_discipline_name(host_discipline_running()));
    assert_string_equal(host_discipline_name(255), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_comes_later_is_named_until_it_goes, before_each),
        cmocka_unit_test_setup(the_start_counts_until_the_first_look, before_each),
        cmocka_unit_test_setup(who_was_never_seen_has_not_ended, before_each),
        cmocka_unit_test_setup(only_who_steers_looks, before_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
