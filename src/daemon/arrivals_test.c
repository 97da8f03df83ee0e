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

/* No more than so many of those who come as a role find room in the loop, and whether the system tells who they are. */
static unsigned room;
static bool known;
static int forgotten;

int __wrap_join_role_of(const struct join *j, int connection);
int __wrap_join_hand_over(struct setup *s, enum role r, int connection);
bool __wrap_io_unix_peer(int fd, uid_t *user, pid_t *process);
void __wrap_loop_forget(struct loop *l, int fd);

int __wrap_join_role_of(const struct join *j, int connection)
{
    (void)connection;
    return j->user[ROLE_CLOCK] ? ROLE_CLOCK : -1;
}

int __wrap_join_hand_over(struct setup *s, enum role r, int connection)
{
    (void)s;
    (void)connection;
    assert_int_equal(r, ROLE_CLOCK);
    return open("/dev/null", O_RDONLY);
}

bool __wrap_io_unix_peer(int fd, uid_t *user, pid_t *process)
{
    (void)fd;
    *user = 1;
    *process = known ? 123 : 0;
    return known;
}

void __wrap_loop_forget(struct loop *l, int fd)
{
    (void)l;
    forgotten = fd;
}

int __wrap_loop_watch(struct loop *l, int fd, short events, loop_ready *ready, void *ctx)
{
    (void)l;
    if (fd != 77)
        return room > 0 ? room--, 0 : -1;
    assert_int_equal(events, POLLIN);
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

/* Nothing of it stays open or watched, and another may come in its place. */
static void who_cannot_be_let_in_leaves_nothing_behind(void **state)
{
    static struct shared_state shared;
    static struct setup setup = { .join = { .any = true, .fd = 77 }, .mode.steer = true, .world.shared = &shared };
    static struct children children = { .setup = &setup };
    int lowest = open("/dev/null", O_RDONLY);

    (void)state;
    close(lowest);
    setup.join.user[ROLE_CLOCK] = 1;
    for (int r = 0; r < ROLE_COUNT; r++)
        children.child[r].life = children.child[r].bell = -1;
    arrivals_start(&children);
    for (int i = 0; i < 2; i++) { /* the loop is full; the system does not tell who it is */
        room = (unsigned)i;
        known = i == 0;
        waiting = 1;
        forgotten = -1;
        door.ready(door.ctx, 77, POLLIN, (struct mono_ns){ 0 });
        assert_true(children.child[ROLE_CLOCK].pid == 0 && children.child[ROLE_CLOCK].life < 0 && children.child[ROLE_CLOCK].bell < 0);
        assert_true(room == (unsigned)i || forgotten >= 0);
        assert_int_equal(open("/dev/null", O_RDONLY), lowest);
        close(lowest);
    }
    known = true;
    room = waiting = 1;
    door.ready(door.ctx, 77, POLLIN, (struct mono_ns){ 0 });
    assert_true(children.child[ROLE_CLOCK].pid == 123 && children.child[ROLE_CLOCK].life >= 0 && children.child[ROLE_CLOCK].bell >= 0);
    close(children.child[ROLE_CLOCK].life);
    close(children.child[ROLE_CLOCK].bell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_of_strangers_leaves_time_for_others), cmocka_unit_test(who_cannot_be_let_in_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("arrivals", tests, NULL, NULL);
}
