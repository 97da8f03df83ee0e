#include "daemon/listeners.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/logger.h"
#include "host/clock.h"
#include "io/local.h"
#include "io/tcp.h"
#include "io/udp.h"

/* Which sockets a service has. */
struct transport { enum service service; const struct option_addrs *addrs; bool udp, tcp, smeared; unsigned workers; };

static bool has_place(const struct option_addrs *list, const struct net_addr *a, const char *interface)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (addr_equal(&list->item[i], a) && strcmp(list->interface[i], interface) == 0)
            return true;
    return false;
}

static bool is_every_address(const struct net_addr *a)
{
    struct net_addr any = { .family = ADDR_IPV6, .port = a->port };

    return addr_equal(a, &any);
}

static unsigned opened_of(const struct listeners *l, enum service s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < l->count; i++)
        n += l->item[i].service == s && !l->item[i].removed;
    return n;
}

static int take_inherited(const struct listeners *l, const struct listener *x)
{
    int fd = l->inherited && x->worker == 0 && !x->interface[0] ? inherited_take(l->inherited, &x->at, x->stream) : -1;

    return fd < 0 ? fd : x->stream ? io_tcp_adopt(fd) : io_udp_adopt(fd, &x->at);
}

/* A worker's socket stands behind that of the worker before it, and beside it on the port. */
static int open_socket(const struct listeners *l, unsigned i)
{
    const struct listener *x = &l->item[i];
    int fd = take_inherited(l, x);

    if (fd >= 0)
        return fd;
    if (x->stream)
        return io_tcp_listen(&x->at, x->interface);
    if (x->worker == 0)
        return io_udp_listen(&x->at, x->interface);
    return x[-1].fd < 0 ? -UE_NO_ADDRESS : io_udp_listen_beside(x[-1].fd, &x->at, x->interface);
}

/* Returns 0, with the socket or, where the address is not there, without; or -UE_.... */
static int open_item(struct listeners *l, unsigned i)
{
    struct listener *x = &l->item[i];
    uint32_t ifindex = x->interface[0] ? io_local_interface(x->interface) : 0;

    x->fd = open_socket(l, i);
    if (x->fd < 0) {
        int err = x->fd;

        x->fd = -1;
        return err == -UE_NO_ADDRESS ? 0 : err;
    }
    x->ifindex = ifindex;
    if (l->steer_over && x->worker + 1u == l->steer_over)
        io_udp_steer_by_cpu(x->fd, l->steer_over);
    if (l->dscp)
        io_udp_mark(x->fd, x->at.family, l->dscp);
    if (l->ask_cards && !x->stream)
        io_udp_ask_hardware(x->fd, x->at.family, IO_LISTENER);
    return 0;
}

static bool is_same(const struct listener *a, const struct listener *b)
{
    return a->service == b->service && a->stream == b->stream && a->smeared == b->smeared && a->worker == b->worker && addr_equal(&a->at, &b->at) &&
           strcmp(a->interface, b->interface) == 0;
}

/* During a change: the one that is there already; NULL. */
static struct listener *find_same(struct listeners *l, const struct listener *as)
{
    for (unsigned i = 0; i < l->count && l->changing; i++)
        if (!l->item[i].removed && is_same(&l->item[i], as))
            return &l->item[i];
    return NULL;
}

static bool is_free(const struct listeners *l, unsigned at, unsigned n)
{
    for (unsigned i = at; i < at + n; i++)
        if (i >= l->count || !l->item[i].removed)
            return false;
    return true;
}

/* Sockets of several workers lie side by side: where a group of them was removed, or behind all others. */
static unsigned find_place(const struct listeners *l, const struct listener *as, unsigned n)
{
    if (as->worker > 0)
        return l->place + 1;
    for (unsigned i = 0; i < l->count; i++)
        if (is_free(l, i, n))
            return i;
    return l->count;
}

static int open_one(struct listeners *l, const struct listener *as, unsigned n, struct listen_failure *f)
{
    struct listener *same = find_same(l, as);
    int err = -UE_FULL;

    if (same) {
        same->wanted = true;
        l->place = (unsigned)(same - l->item);
        return 0;
    }
    l->place = find_place(l, as, n);
    if (l->place < LISTENERS_MAX) {
        l->item[l->place] = *as;
        l->item[l->place].fresh = l->changing;
        err = open_item(l, l->place);
        l->item[l->place].removed = err != 0;
    }
    if (err)
        *f = (struct listen_failure){ err, as->service, as->stream, as->smeared, as->at };
    else if (l->place == l->count)
        l->count++;
    return err;
}

/* UDP a socket for each worker, one after the other; then TCP. */
static int open_both(struct listeners *l, const struct transport *t, const struct net_addr *at, const char *interface, struct listen_failure *f)
{
    struct listener x = { .service = t->service, .smeared = t->smeared, .at = *at };
    int err = 0;

    memcpy(x.interface, interface, sizeof x.interface);
    for (; t->udp && x.worker < t->workers && !err; x.worker++)
        err = open_one(l, &x, t->workers, f);
    x.worker = 0;
    x.stream = true;
    return !err && t->tcp ? open_one(l, &x, 1, f) : err;
}

static int open_service(struct listeners *l, const struct transport *t, struct listen_failure *f)
{
    bool without_ipv6 = false;

    for (uint32_t i = 0; i < t->addrs->count; i++) {
        const struct net_addr *at = &t->addrs->item[i];
        const char *interface = t->addrs->interface[i];
        struct net_addr v4 = { .family = ADDR_IPV4, .port = at->port };
        int err = is_every_address(at) && !has_place(t->addrs, &v4, interface) ? open_both(l, t, &v4, interface, f) : 0;

        if (!err)
            err = open_both(l, t, at, interface, f);
        if (err == -UE_UNSUPPORTED && at->family == ADDR_IPV6)
            without_ipv6 = true;
        else if (err)
            return err;
    }
    if (!without_ipv6)
        return 0;
    if (opened_of(l, t->service) == 0)
        return f->err;
    logger_say("no IPv6 on this machine: %s is served over IPv4 only", service_name(t->service));
    return 0;
}

static int open_services(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure)
{
    const struct transport transports[] = {
        { SERVICE_NTP, &o->ntp.listen, true, false, false, workers },
        { SERVICE_NTP, &o->ntp.smear_listen, true, false, true, workers },
        { SERVICE_TIME, &o->timeproto.time.listen, true, true, false, 1 },
        { SERVICE_DAYTIME, &o->timeproto.daytime.listen, o->timeproto.daytime.udp_from.count > 0, true, false, 1 },
    };

    int err = 0;

    for (size_t i = 0; i < sizeof transports / sizeof transports[0] && !err; i++)
        err = open_service(l, &transports[i], failure);
    return err;
}

int listeners_open(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure)
{
    int err;

    l->count = 0;
    l->dscp = (uint8_t)o->ntp.dscp;
    l->steer_over = o->ntp.steering == NTP_STEERING_CPU && workers > 1 ? workers : 0;
    err = open_services(l, o, workers, failure);
    if (err)
        listeners_close(l);
    return err;
}

static void shut(struct listener *x)
{
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
}

void listeners_close(struct listeners *l)
{
    while (l->count > 0)
        shut(&l->item[--l->count]);
}

void listeners_keep(struct listeners *l, unsigned worker)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->item[i].worker != worker)
            shut(&l->item[i]);
}

/* Once for all workers. */
static void tell(enum log_id id, const struct listener *x, int err)
{
    struct log_record r = { .id = id };
    char service[32], at[ADDR_AT_TEXT_MAX];

    if (x->worker > 0)
        return;
    snprintf(service, sizeof service, "%s (%s%s)", service_name(x->service), x->stream ? "TCP" : "UDP", x->smeared ? ", smeared" : "");
    log_text(&r, "service", service);
    log_text(&r, "address", addr_at_to_text(&x->at, x->interface, at));
    if (err)
        log_text(&r, "reason", ue_text(err));
    logger_write(&r, host_mono());
}

static void try_again(struct listeners *l, unsigned i, const struct listeners_hooks *h)
{
    struct listener *x = &l->item[i];
    int err = open_item(l, i);

    if (x->fd >= 0) {
        h->come(h->ctx, i);
        tell(LOG_LISTENING, x, 0);
    } else if (err && err != x->err) {
        tell(LOG_LISTEN_FAILED, x, err);
    }
    x->err = err;
}

void listeners_follow(struct listeners *l, const struct listeners_hooks *h)
{
    for (unsigned i = 0; i < l->count; i++) {
        struct listener *x = &l->item[i];
        uint32_t ifindex = x->interface[0] ? io_local_interface(x->interface) : 0;

        if (x->removed)
            continue;
        if (x->fd >= 0 && x->ifindex != ifindex) {
            h->gone(h->ctx, i);
            shut(x);
            tell(LOG_LISTEN_GONE, x, 0);
        }
        if (x->fd < 0)
            try_again(l, i, h);
    }
}

/* ---- another configuration ---- */

int listeners_change_begin(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure)
{
    int err;

    for (unsigned i = 0; i < l->count; i++)
        l->item[i].wanted = l->item[i].fresh = false;
    l->changing = true;
    err = open_services(l, o, workers, failure);
    l->changing = false;
    if (err)
        listeners_change_abort(l);
    return err;
}

static void remove_item(struct listener *x)
{
    shut(x);
    x->removed = true;
    x->err = 0;
}

void listeners_change_abort(struct listeners *l)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->item[i].fresh)
            remove_item(&l->item[i]);
}

void listeners_change_end(struct listeners *l, const struct listeners_hooks *h)
{
    for (unsigned i = 0; i < l->count; i++) {
        struct listener *x = &l->item[i];

        if (x->removed)
            continue;
        if (x->fresh) {
            if (x->fd >= 0)
                h->come(h->ctx, i);
            tell(x->fd < 0 ? LOG_LISTEN_WAITS : LOG_LISTENING, x, 0);
        } else if (!x->wanted) {
            if (x->fd >= 0)
                h->gone(h->ctx, i);
            remove_item(x);
            tell(LOG_LISTEN_ENDED, x, 0);
        }
    }
}

void listeners_log(const struct listeners *l)
{
    for (unsigned i = 0; i < l->count; i++)
        tell(l->item[i].fd < 0 ? LOG_LISTEN_WAITS : LOG_LISTENING, &l->item[i], 0);
}
