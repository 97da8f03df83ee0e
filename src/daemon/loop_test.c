/* Both ways of waiting: descriptors, deadlines and signals are heard; a descriptor forgotten by another's handler is left alone. */
#include "base/test.h"

#include <unistd.h>

#include "daemon/loop.h"
#include "host/clock.h"

static struct loop loop;
static unsigned heard[4];
static int last_signal;
static struct mono_ns due;

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    (void)ctx;
    (void)now;
    last_signal = number;
    loop_stop(&loop);
}

static void on_ready(void *ctx, int fd, short revents, struct mono_ns now)
{
    char c;

    (void)revents;
    (void)now;
    assert_int_equal(read(fd, &c, 1), 1);
    heard[*(int *)ctx]++;
}

static struct mono_ns never(void *ctx)
{
    (void)ctx;
    return due;
}

static void stop(void *ctx, struct mono_ns now)
{
    (void)ctx;
    assert_true(now.ns >= due.ns);
    due = MONO_NEVER;
    loop_stop(&loop);
}

static void stop_after_ms(int64_t ms)
{
    due = mono_add(host_mono(), dur_from_ms(ms));
    loop_add_part(&loop, &(struct loop_part){ NULL, never, stop });
}

static void descriptors_and_deadlines(bool plain)
{
    int fd[2], id = 0;

    heard[0] = 0;
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(loop_init(&loop, plain, on_signal, NULL), 0);
    assert_int_equal(loop_watch(&loop, fd[0], POLLIN, on_ready, &id), 0);
    stop_after_ms(20);
    assert_int_equal(write(fd[1], "xyz", 3), 3);
    loop_run(&loop);
    assert_int_equal(heard[0], 3);
    close(fd[0]);
    close(fd[1]);
}

static void plain_poll_hears_descriptors_and_deadlines(void **state)
{
    (void)state;
    descriptors_and_deadlines(true);
}

static void ppoll_hears_descriptors_and_deadlines(void **state)
{
    (void)state;
    descriptors_and_deadlines(false);
}

static void a_signal_that_came_before_the_wait_is_heard(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        last_signal = 0;
        assert_int_equal(loop_init(&loop, plain, on_signal, NULL), 0);
        raise(SIGHUP);
        loop_run(&loop);
        assert_int_equal(last_signal, SIGHUP);
    }
}

static int doomed;

static void forget_the_other(void *ctx, int fd, short revents, struct mono_ns now)
{
    on_ready(ctx, fd, revents, now);
    loop_forget(&loop, doomed);
}

static void a_forgotten_descriptor_is_left_alone(void **state)
{
    int a[2], b[2], ids[] = { 1, 2 };

    (void)state;
    heard[1] = heard[2] = 0;
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    doomed = b[0];
    assert_int_equal(loop_init(&loop, true, on_signal, NULL), 0);
    loop_watch(&loop, a[0], POLLIN, forget_the_other, &ids[0]);
    loop_watch(&loop, b[0], POLLIN, on_ready, &ids[1]);
    stop_after_ms(5);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    loop_run(&loop);
    assert_int_equal(heard[1], 1);
    assert_int_equal(heard[2], 0);
    assert_int_equal(loop.watch_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_poll_hears_descriptors_and_deadlines),
        cmocka_unit_test(ppoll_hears_descriptors_and_deadlines),
        cmocka_unit_test(a_signal_that_came_before_the_wait_is_heard),
        cmocka_unit_test(a_forgotten_descriptor_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
