/* The sockets of requests: one each, closed when it is over, and every way in which sending, stamping and receiving can fail. */
#include "base/test.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "daemon/core_part.h"
#include "io/stamp.h"

/* -- the movers and the engine, played ------------------------------------------------------------------------------------- */

static struct core core;
static struct core_world world;
static struct daemon_options options;
static struct hardware hardware;

static struct {
    int next_fd, connect_err, send_err, receive, stamp;     /* what the movers return */
    bool no_watch, cards, placed, late, cut;
    enum stamp kind;                                        /* of transmit stamps */
    unsigned marked, asked_cards, closed, forgotten;
} play;

static struct event event;
static unsigned events;
static loop_ready *ready;

void __wrap_core_input(struct core *c, const struct event *ev);
int __wrap_loop_watch(struct loop *l, int fd, short wanted, loop_ready *r, void *ctx);
void __wrap_loop_forget(struct loop *l, int fd);
int __wrap_close(int fd);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_io_udp_connect(const struct net_addr *to);
int __wrap_io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx);
int __wrap_io_udp_receive(int fd, struct io_datagram *out);
int __wrap_io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp, struct io_hardware_stamp *out);
void __wrap_io_udp_mark(int fd, uint8_t family, unsigned dscp);
void __wrap_io_udp_local(int fd, struct net_addr *out);
void __wrap_io_udp_ask_hardware(int fd, uint8_t family, enum io_side side);
bool __wrap_hardware_on(const struct hardware *h);
bool __wrap_hardware_place(const struct hardware_lines *l, const struct io_hardware_stamp *s, enum hardware_way way, struct mono_ns by, struct mono_ns *at,
                           struct dur_ns *error);

void __wrap_core_input(struct core *c, const struct event *ev)
{
    assert_ptr_equal(c, &core);
    event = *ev;
    events++;
    if (ev->kind == EVENT_SEND_FAILED) /* as the engine does */
        core_close_exchange(c, ev->u.failed.exchange);
}

int __wrap_loop_watch(struct loop *l, int fd, short wanted, loop_ready *r, void *ctx)
{
    (void)l;
    (void)fd;
    assert_true(wanted == (POLLIN | POLLPRI) && ctx == &core);
    ready = r;
    return play.no_watch ? -UE_FULL : 0;
}

void __wrap_loop_forget(struct loop *l, int fd)
{
    (void)l;
    (void)fd;
    play.forgotten++;
}

int __wrap_close(int fd)
{
    (void)fd;
    play.closed++;
    return 0;
}

int __wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
    assert_true(n == 1 && ms == 1);
    p->revents = play.late ? POLLERR : 0;
    return play.late;
}

int __wrap_io_udp_connect(const struct net_addr *to)
{
    (void)to;
    return play.connect_err ? play.connect_err : play.next_fd++;
}

int __wrap_io_udp_send(int fd, const void *bytes, size_t len, struct mono_ns *tx)
{
    (void)fd;
    (void)bytes;
    (void)len;
    tx->ns = 77;
    return play.send_err;
}

int __wrap_io_udp_receive(int fd, struct io_datagram *out)
{
    (void)fd;
    out->cut = play.cut;
    out->len = 48;
    return play.receive;
}

int __wrap_io_udp_transmit_stamp(int fd, struct mono_ns *tx, enum stamp *stamp, struct io_hardware_stamp *out)
{
    (void)fd;
    tx->ns = 78;
    *stamp = play.kind;
    *out = (struct io_hardware_stamp){ 0 };
    return play.stamp;
}

void __wrap_io_udp_mark(int fd, uint8_t family, unsigned dscp)
{
    (void)fd;
    (void)family;
    play.marked = dscp;
}

void __wrap_io_udp_local(int fd, struct net_addr *out)
{
    (void)fd;
    *out = (struct net_addr){ .family = ADDR_IPV4 };
}

void __wrap_io_udp_ask_hardware(int fd, uint8_t family, enum io_side side)
{
    (void)fd;
    (void)family;
    assert_int_equal(side, IO_CLIENT);
    play.asked_cards++;
}

bool __wrap_hardware_on(const struct hardware *h)
{
    (void)h;
    return play.cards;
}

bool __wrap_hardware_place(const struct hardware_lines *l, const struct io_hardware_stamp *s, enum hardware_way way, struct mono_ns by, struct mono_ns *at,
                           struct dur_ns *error)
{
    (void)l;
    (void)s;
    (void)by;
    (void)error;
    assert_int_equal(way, HARDWARE_LEFT);
    if (play.placed)
        at->ns = 79;
    return play.placed;
}

static int begin(void **state)
{
    (void)state;
    memset(&core, 0, sizeof core);
    memset(&play, 0, sizeof play);
    play.next_fd = 10;
    world = (struct core_world){ .options = &options, .hardware = &hardware };
    core.world = &world;
    options.ntp.dscp = 0;
    events = 0;
    return 0;
}

static void request(uint32_t id)
{
    const struct action a = { .kind = ACTION_SEND, .u.send = { .exchange = id, .to = { .family = ADDR_IPV4 }, .len = 48 } };

    core_send_request(&core, &a);
}

static void expect_failed(uint32_t id, int err)
{
    assert_int_equal(event.kind, EVENT_SEND_FAILED);
    assert_true(event.u.failed.exchange == id && event.u.failed.err == err);
}

/* -- tests -------------------------------------------------------------------------------------------------------------------- */

static void a_request_has_a_socket_of_its_own(void **state)
{
    (void)state;
    options.ntp.dscp = 46;
    request(5);
    assert_true(events == 1 && event.kind == EVENT_TX_STAMP && event.u.tx.exchange == 5 && event.u.tx.tx.ns == 77 && event.u.tx.stamp == STAMP_USER);
    assert_true(play.marked == 46 && play.asked_cards == 0);
    core_close_exchange(&core, 0); /* none */
    core_close_exchange(&core, 6);
    assert_int_equal(play.closed, 0);
    core_close_exchange(&core, 5);
    assert_true(play.closed == 1 && play.forgotten == 1);
    play.cards = true;
    request(6);
    assert_int_equal(play.asked_cards, 1);
}

static void a_request_that_cannot_leave_is_told(void **state)
{
    (void)state;
    play.connect_err = -UE_UNREACHABLE;
    request(5);
    expect_failed(5, -UE_UNREACHABLE);
    play.connect_err = 0;
    play.no_watch = true;
    request(5);
    expect_failed(5, -UE_FULL);
    assert_int_equal(play.closed, 1);
    play.no_watch = false;
    play.send_err = -UE_REFUSED;
    request(5);
    expect_failed(5, -UE_REFUSED);
    assert_int_equal(play.closed, 2);
    play.send_err = 0;
    for (uint32_t id = 1; id <= CORE_EXCHANGES_MAX; id++)
        request(id);
    request(CORE_EXCHANGES_MAX + 1);
    expect_failed(CORE_EXCHANGES_MAX + 1, -UE_FULL);
}

static void happens(short revents) { ready(&core, 10, revents, (struct mono_ns){ 0 }); }

static void an_answer_comes_to_its_request(void **state)
{
    (void)state;
    request(5);
    play.receive = 1;
    happens(POLLIN);
    assert_true(events == 2 && event.kind == EVENT_DATAGRAM && event.u.datagram.exchange == 5 && event.u.datagram.bytes.len == 48);
    play.cut = true;
    happens(POLLIN);
    play.receive = 0;
    happens(POLLIN);
    ready(&core, 11, POLLIN | POLLPRI, (struct mono_ns){ 0 }); /* of one that is closed */
    assert_int_equal(events, 2);
    play.receive = -UE_REFUSED;
    happens(POLLIN);
    expect_failed(5, -UE_REFUSED);
}

static void the_kernels_stamp_of_a_request_is_told(void **state)
{
    (void)state;
    request(5);
    play.stamp = 1;
    play.kind = STAMP_USER;
    happens(POLLERR);
    assert_int_equal(events, 1); /* no better than what is known */
    play.kind = STAMP_KERNEL;
    happens(POLLPRI);
    assert_true(events == 2 && event.kind == EVENT_TX_STAMP && event.u.tx.tx.ns == 78 && event.u.tx.stamp == STAMP_KERNEL);
    play.stamp = 0;
    happens(POLLPRI);
    assert_int_equal(events, 2);
    play.stamp = -UE_UNREACHABLE;
    play.receive = 1;
    happens(POLLERR | POLLIN); /* closed by the first, so the answer is nobody's */
    assert_int_equal(events, 3);
    expect_failed(5, -UE_UNREACHABLE);
}

static void a_cards_stamp_is_waited_for(void **state)
{
    (void)state;
    play.cards = true;
    request(5);
    play.receive = play.stamp = 1;
    play.late = play.placed = true;
    happens(POLLIN);
    assert_true(events == 3 && event.kind == EVENT_DATAGRAM); /* behind the stamp */
    assert_false(core.exchange[0].late_stamp);
    play.next_fd = 10;
    core_close_exchange(&core, 5);
    request(6);
    play.late = false;
    happens(POLLIN);
    assert_int_equal(events, 5); /* it did not come in time */
    core_close_exchange(&core, 6);
    play.next_fd = 10;
    request(7);
    happens(POLLPRI); /* before the answer: nothing is left to wait for */
    assert_true(event.kind == EVENT_TX_STAMP && event.u.tx.tx.ns == 79 && event.u.tx.stamp == STAMP_HARDWARE && !core.exchange[0].late_stamp);
}

#define ROW(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = { ROW(a_request_has_a_socket_of_its_own), ROW(a_request_that_cannot_leave_is_told), ROW(an_answer_comes_to_its_request),
                                        ROW(the_kernels_stamp_of_a_request_is_told), ROW(a_cards_stamp_is_waited_for) };

    return cmocka_run_group_tests_name("core exchange", tests, NULL, NULL);
}
