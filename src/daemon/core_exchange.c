/* The sockets of the core role: one for each request, so that each has a port of its own (RFC 9109). */
#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/core_part.h"
#include "io/stamp.h"

#define LATE_STAMP_MS 1

static struct core_exchange *free_exchange(struct core *c)
{
    for (unsigned i = 0; i < CORE_EXCHANGES_MAX; i++)
        if (!c->exchange[i].id)
            return &c->exchange[i];
    return NULL;
}

static struct core_exchange *exchange_of(struct core *c, int fd)
{
    for (unsigned i = 0; i < CORE_EXCHANGES_MAX; i++)
        if (c->exchange[i].id && c->exchange[i].fd == fd)
            return &c->exchange[i];
    return NULL;
}

void core_close_exchange(struct core *c, uint32_t id)
{
    for (unsigned i = 0; i < CORE_EXCHANGES_MAX; i++)
        if (id && c->exchange[i].id == id) {
            loop_forget(c->loop, c->exchange[i].fd);
            close(c->exchange[i].fd);
            c->exchange[i].id = 0;
        }
}

static void failed(struct core *c, uint32_t id, int err)
{
    core_input(c, &(struct event){ .kind = EVENT_SEND_FAILED, .u.failed = { id, err } });
}

static void on_transmit_stamp(struct core *c, struct core_exchange *x)
{
    struct hardware *h = c->world->hardware;
    struct io_hardware_stamp hardware;
    struct dur_ns error;
    struct mono_ns tx;
    enum stamp stamp;
    int got = io_udp_transmit_stamp(x->fd, &tx, &stamp, &hardware);

    if (got < 0)
        failed(c, x->id, got);
    if (got <= 0)
        return;
    hardware_refresh(h, &hardware, host_mono());
    if (hardware_place(h->lines, &hardware, HARDWARE_LEFT, host_mono(), &tx, &error)) {
        stamp = STAMP_HARDWARE;
        x->late_stamp = false;
    }
    if (stamp != STAMP_USER)
        core_input(c, &(struct event){ .kind = EVENT_TX_STAMP, .u.tx = { x->id, tx, stamp } });
}

/* A card's stamp of the request may come after the answer, which would be judged without it. */
static void wait_for_stamp(struct core *c, struct core_exchange *x)
{
    struct pollfd p = { x->fd, POLLPRI, 0 };

    if (poll(&p, 1, LATE_STAMP_MS) > 0 && p.revents & (POLLPRI | POLLERR))
        on_transmit_stamp(c, x);
    x->late_stamp = false;
}

static void on_reply(struct core *c, const struct core_exchange *x)
{
    struct io_datagram *d = &c->datagram;
    uint32_t id = x->id;
    int fd = x->fd;
    struct dur_ns error = { 0 };
    int got = io_udp_receive(fd, d);

    if (got < 0)
        failed(c, id, got);
    if (got <= 0 || d->cut)
        return;
    hardware_refresh(c->world->hardware, &d->hardware, host_mono());
    hardware_arrival(c->world->hardware->lines, d, &error);
    core_input(c, &(struct event){ .kind = EVENT_DATAGRAM, .u.datagram = { .exchange = id, .from = d->from, .to = x->own, .bytes = { d->bytes, d->len },
                                                                          .rx = d->rx, .stamp = d->stamp, .rx_error = error } });
}

static void on_exchange(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct core *c = ctx;
    struct core_exchange *x = exchange_of(c, fd);

    (void)now;
    if (x && revents & (POLLPRI | POLLERR))
        on_transmit_stamp(c, x);
    if (x && revents & POLLIN && x->late_stamp && x->fd == fd)
        wait_for_stamp(c, x);
    if (x && revents & POLLIN && x->id && x->fd == fd)
        on_reply(c, x);
}

static int open_exchange(struct core *c, uint32_t id, const struct net_addr *to)
{
    struct core_exchange *x = free_exchange(c);
    int fd;

    if (!x)
        return -UE_FULL;
    fd = io_udp_connect(to);
    if (fd < 0)
        return fd;
    if (loop_watch(c->loop, fd, POLLIN | POLLPRI, on_exchange, c) != 0) {
        close(fd);
        return -UE_FULL;
    }
    if (c->world->options->ntp.dscp)
        io_udp_mark(fd, to->family, (unsigned)c->world->options->ntp.dscp);
    *x = (struct core_exchange){ .id = id, .fd = fd, .late_stamp = hardware_on(c->world->hardware) };
    io_udp_local(fd, &x->own);
    if (x->late_stamp)
        io_udp_ask_hardware(fd, to->family, IO_CLIENT);
    return fd;
}

void core_send_request(struct core *c, const struct action *a)
{
    struct mono_ns tx;
    int fd = open_exchange(c, a->u.send.exchange, &a->u.send.to);
    int err = fd < 0 ? fd : io_udp_send(fd, a->u.send.bytes, a->u.send.len, &tx);

    if (err) {
        core_close_exchange(c, a->u.send.exchange);
        failed(c, a->u.send.exchange, err);
        return;
    }
    core_input(c, &(struct event){ .kind = EVENT_TX_STAMP, .u.tx = { a->u.send.exchange, tx, STAMP_USER } });
}
