/* TCP connections as the serve role takes them: a few a round, none while there is no descriptor for one, and together when they come as a crowd. */
#include "base/test.h"

#include <string.h>

#include "base/err.h"
#include "daemon/serve_role.h"

#define UDP_FD 70
#define TCP_FD 77
#define NONE (-1)

static struct serve_role role;
static struct shared_state shared;
static struct config_sets sets;
static struct page page;
static struct listeners listeners = {
    .count = 2, .item = { { .fd = UDP_FD, .service = SERVICE_TIME }, { .fd = TCP_FD, .service = SERVICE_TIME, .stream = true } },
};
static struct loop loop;
static struct loop_part part;
static loop_ready *ready;
static unsigned waiting, welcomed;  /* connections */
static int out_of_room;             /* what accept says instead */
static int tcp_events;              /* what the listener waits for; NONE: as at first */
static struct mono_ns now;

int __wrap_loop_watch(struct loop *l, int fd, short events, loop_ready *r, void *ctx);
void __wrap_loop_events(struct loop *l, int fd, short events);
void __wrap_loop_add_part(struct loop *l, const struct loop_part *p);
int __wrap_io_tcp_accept(int listener, struct net_addr *from, int flags);
bool __wrap_io_tcp_say(struct tcp_table *t, int fd, const void *bytes, size_t len, struct mono_ns at);
struct mono_ns __wrap_host_mono(void);

int __wrap_loop_watch(struct loop *l, int fd, short events, loop_ready *r, void *ctx)
{
    (void)l;
    assert_int_equal(events, POLLIN);
    assert_ptr_equal(ctx, &role);
    if (fd == TCP_FD)
        ready = r;
    return 0;
}

void __wrap_loop_events(struct loop *l, int fd, short events)
{
    (void)l;
    assert_int_equal(fd, TCP_FD); /* who asks by datagrams goes on being answered */
    tcp_events = events;
}

void __wrap_loop_add_part(struct loop *l, const struct loop_part *p)
{
    (void)l;
    part = *p;
}

int __wrap_io_tcp_accept(int listener, struct net_addr *from, int flags)
{
    (void)flags;
    assert_int_equal(listener, TCP_FD);
    *from = (struct net_addr){ .family = ADDR_NONE };
    if (out_of_room)
        return out_of_room;
    return waiting > 0 ? waiting--, 1000 : 0;
}

bool __wrap_io_tcp_say(struct tcp_table *t, int fd, const void *bytes, size_t len, struct mono_ns at)
{
    (void)t;
    (void)fd;
    (void)bytes;
    (void)len;
    (void)at;
    welcomed++;
    return false;
}

struct mono_ns __wrap_host_mono(void) { return now; }

static void begin(void)
{
    const struct serve_world w = { .listeners = &listeners, .sets = &sets, .page = &page, .shared = &shared };

    memset(&role, 0, sizeof role);
    memset(&shared, 0, sizeof shared);
    waiting = welcomed = 0;
    out_of_room = 0;
    tcp_events = NONE;
    now = (struct mono_ns){ 1000 * NS_PER_S };
    serve_role_start(&role, &loop, &w, 0);
}

static void look(void) { ready(&role, TCP_FD, POLLIN, now); }

static void later(int64_t ns) { now = mono_add(now, (struct dur_ns){ ns }); }

static void a_crowd_leaves_time_for_others(void **state)
{
    (void)state;
    begin();
    waiting = 100;
    look();
    assert_in_range(waiting, 50, 99);
    assert_int_equal(welcomed, 100 - waiting);
    assert_int_equal(tcp_events, NONE); /* the others are taken in the next round */
}

static void without_a_descriptor_it_rests(void **state)
{
    (void)state;
    begin();
    out_of_room = -UE_FULL;
    look();
    assert_int_equal(shared.lack[0].unaccepted, 1);
    assert_int_equal(tcp_events, 0);
    assert_int_equal(part.next(part.ctx).ns - now.ns, 500 * NS_PER_MS);
    later(499 * NS_PER_MS);
    part.run(part.ctx, now);
    assert_int_equal(tcp_events, 0);
    later(NS_PER_MS);
    part.run(part.ctx, now);
    assert_int_equal(tcp_events, POLLIN);
    assert_true(part.next(part.ctx).ns == MONO_NEVER.ns);
}

/* A connection is 1 ms after the one before, and then less. */
static void a_crowd_is_gathered(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 2; i++) {
        later(NS_PER_MS);
        waiting = 1;
        look();
        assert_int_equal(tcp_events, NONE);
    }
    later(NS_PER_MS - 1);
    waiting = 1;
    look();
    assert_int_equal(tcp_events, 0);
    later(part.next(part.ctx).ns - now.ns);
    part.run(part.ctx, now);
    assert_int_equal(tcp_events, POLLIN);
    assert_int_equal(welcomed, 3);
}

static void who_left_again_makes_no_crowd(void **state)
{
    (void)state;
    begin();
    look();
    look();
    assert_int_equal(tcp_events, NONE);
    assert_int_equal(shared.lack[0].unaccepted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_leaves_time_for_others),
        cmocka_unit_test(without_a_descriptor_it_rests),
        cmocka_unit_test(a_crowd_is_gathered),
        cmocka_unit_test(who_left_again_makes_no_crowd),
    };

    return cmocka_run_group_tests_name("serve accept", tests, NULL, NULL);
}
