/* One seed, one run; another seed, another run; and a day costs little. */
#include "base/test.h"

#include "sim/check.h"

static const char text[] =
    "run 1d\n"
    "node server good1..good3 error 1us\n"
    "node client c drift 40ppm wander 1e-9 offset 0.1s steers noise 50ns\n"
    "link c good1..good3 delay 2ms jitter heavy 100us loss 5% duplicate 2% reorder 2% by 1s\n"
    "at 6h good2 lies 3s\n"
    "at 9h c suspends 1h\n"
    "at 12h good1 tampers bits\n"
    "at 15h c restarts\n"
    "expect c by 1h packets > 10\n";

static uint64_t run_hash(uint64_t seed, uint64_t *events)
{
    struct story_error error;
    struct story s;
    struct sim_world *w;
    struct check c;
    uint64_t hash;

    assert_int_equal(story_parse(&s, "x", text, &error), 0);
    w = world_new(&s, seed, NULL);
    check_init(&c, w, false);
    world_run(w);
    check_finish(&c, w);
    hash = w->hash;
    *events = w->events;
    check_free(&c);
    world_free(w);
    story_free(&s);
    return hash;
}

static void a_seed_replays_bit_for_bit(void **state)
{
    uint64_t events[3], hash = run_hash(7, &events[0]);

    (void)state;
    assert_true(events[0] > 86400);
    assert_true(hash == run_hash(7, &events[1]));
    assert_true(events[0] == events[1]);
    assert_true(hash != run_hash(8, &events[2]));
}

/* A server's page answers as the story says: truth, lie, silence. */
static void a_server_tells_truth_and_lie(void **state)
{
    struct story_error error;
    struct page_data page;
    struct clock_view view;
    struct story s;
    struct sim_world *w;

    (void)state;
    assert_int_equal(story_parse(&s, "x", "node server a error 2ms root delay 6ms\na lies -3s\n", &error), 0);
    w = world_new(&s, 1, NULL);
    server_page(w, &w->node[0], &page);
    page_view(&page, (struct mono_ns){ w->now.ns }, &view);
    assert_int_equal(utc_sub(view.utc, world_utc(w)).ns, -3 * NS_PER_S);
    assert_int_equal(view.stratum, 1);
    assert_true(view.root_dispersion.ns == 2 * NS_PER_MS && view.root_delay.ns == 6 * NS_PER_MS);
    world_free(w);
    story_free(&s);
}

static uint64_t violations(const char *story, enum invariant i)
{
    struct story_error error;
    struct story s;
    struct sim_world *w;
    uint64_t count;

    assert_int_equal(story_parse(&s, "x", story, &error), 0);
    w = world_new(&s, 1, NULL);
    world_run(w);
    count = w->node[1].c.totals.violations[i];
    world_free(w);
    story_free(&s);
    return count;
}

/* A raw clock that jumps and nobody told: the bound is false, and the simulator sees it. */
static void a_false_bound_is_seen(void **state)
{
    static const char world[] = "run 2h\nnode server a\nnode client c drift 20ppm\nlink c a delay 1ms\nsource c a poll 6\n";
    char broken[sizeof world + 40];

    (void)state;
    snprintf(broken, sizeof broken, "%sat 1h c raw jumps 1s\n", world);
    assert_int_equal(violations(world, INVARIANT_BOUND), 0);
    assert_true(violations(broken, INVARIANT_BOUND) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_replays_bit_for_bit), cmocka_unit_test(a_server_tells_truth_and_lie), cmocka_unit_test(a_false_bound_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
