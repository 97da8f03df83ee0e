/* Events leave by instant, equals in the order they came. */
#include "base/test.h"

#include "base/rng.h"
#include "sim/queue.h"

static void events_leave_in_order(void **state)
{
    struct sim_queue q = { 0 };
    struct sim_event e = { 0 }, last = { .at = { INT64_MIN } };
    struct prng p;

    (void)state;
    prng_seed(&p, 3);
    for (uint32_t i = 0; i < 5000; i++) {
        e.at.ns = (int64_t)(prng_u64(&p) % 100); /* many equals */
        e.number = i;
        sim_queue_push(&q, &e);
    }
    for (int i = 0; i < 5000; i++) {
        assert_true(sim_queue_pop(&q, &e));
        assert_true(e.at.ns > last.at.ns || (e.at.ns == last.at.ns && e.number > last.number));
        last = e;
    }
    assert_false(sim_queue_pop(&q, &e));
    sim_queue_free(&q);
}

static void pushes_between_pops_keep_the_order(void **state)
{
    struct sim_queue q = { 0 };
    struct sim_event e = { .at = { 5 } };

    (void)state;
    sim_queue_push(&q, &e);
    e.at.ns = 9;
    sim_queue_push(&q, &e);
    assert_true(sim_queue_pop(&q, &e));
    assert_int_equal(e.at.ns, 5);
    e.at.ns = 7;
    sim_queue_push(&q, &e);
    assert_true(sim_queue_pop(&q, &e));
    assert_int_equal(e.at.ns, 7);
    assert_true(sim_queue_pop(&q, &e));
    assert_int_equal(e.at.ns, 9);
    sim_queue_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(events_leave_in_order), cmocka_unit_test(pushes_between_pops_keep_the_order) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
