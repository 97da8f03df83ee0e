/* The parent's door: strangers who come as fast as they can are sent away, a few a round, and hold nobody up. */
#include "base/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/arrivals.h"
#include "io/unix.h"

static struct { loop_ready *ready; void *ctx; } door;
static unsigned waiting;    /* strangers */

int __wrap_loop_watch(struct loop *l, int fd, short events, loop_ready *ready, void *ctx);
int __wrap_io_unix_accept(int listener);

int __wrap_loop_watch(struct loop *l, int fd, short events, loop_ready *ready, void *ctx)
{
    (void)l;
    assert_true(fd == 77 && events == POLLIN);
    door.ready = ready;
    door.ctx = ctx;
    return 0;
}

/* Of nobody's user. */
int __wrap_io_unix_accept(int listener)
{
    assert_int_equal(listener, 77);
    return waiting > 0 ? waiting--, open("/dev/null", O_RDONLY) : 0;
}

static void a_crowd_of_strangers_leaves_time_for_others(void **state)
{
    static struct setup setup = { .join = { .any = true, .fd = 77 } };
    static struct children children = { .setup = &setup };
    int lowest = open("/dev/null", O_RDONLY);

    (void)state;
    close(lowest);
    for (int r = 0; r < ROLE_COUNT; r++)
        children.child[r].life = -1;
    arrivals_start(&children);
    waiting = 100;
    door.ready(door.ctx, 77, POLLIN, (struct mono_ns){ 0 });
    assert_in_range(waiting, 50, 99);
    while (waiting > 0)
        door.ready(door.ctx, 77, POLLIN, (struct mono_ns){ 0 });
    assert_int_equal(open("/dev/null", O_RDONLY), lowest); /* every connection was closed */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_crowd_of_strangers_leaves_time_for_others) };

    return cmocka_run_group_tests_name("arrivals", tests, NULL, NULL);
}
