#include "daemon/listeners.h"

#include <unistd.h>

#include "base/err.h"
#include "daemon/logger.h"
#include "host/clock.h"
#include "io/tcp.h"
#include "io/udp.h"

/* Which sockets a service has. */
struct transport { enum service service; const struct option_addrs *addrs; bool udp, tcp, smeared; unsigned workers; };

static bool has_address(const struct option_addrs *list, const struct net_addr *a)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (addr_equal(&list->item[i], a))
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
        n += l->item[i].service == s;
    return n;
}

static int open_one(struct listeners *l, const struct transport *t, bool stream, uint8_t worker, const struct net_addr *at, struct listen_failure *f)
{
    int fd = -UE_FULL;

    if (l->count < LISTENERS_MAX)
        fd = stream ? io_tcp_listen(at) : worker ? io_udp_listen_beside(l->item[l->count - 1].fd, at) : io_udp_listen(at);
    if (fd < 0) {
        *f = (struct listen_failure){ fd, t->service, stream, t->smeared, *at };
        return fd;
    }
    l->item[l->count++] = (struct listener){ .fd = fd, .service = t->service, .stream = stream, .smeared = t->smeared, .worker = worker, .at = *at };
    return 0;
}

/* A socket for each worker, one after the other. */
static int open_udp(struct listeners *l, const struct transport *t, const struct net_addr *at, struct listen_failure *f)
{
    int err = 0;

    for (uint8_t worker = 0; worker < t->workers && !err; worker++)
        err = open_one(l, t, false, worker, at, f);
    return err;
}

static int open_both(struct listeners *l, const struct transport *t, const struct net_addr *at, struct listen_failure *f)
{
    int err = t->udp ? open_udp(l, t, at, f) : 0;

    return !err && t->tcp ? open_one(l, t, true, 0, at, f) : err;
}

static int open_service(struct listeners *l, const struct transport *t, struct listen_failure *f)
{
    bool without_ipv6 = false;

    for (uint32_t i = 0; i < t->addrs->count; i++) {
        const struct net_addr *at = &t->addrs->item[i];
        struct net_addr v4 = { .family = ADDR_IPV4, .port = at->port };
        int err = is_every_address(at) && !has_address(t->addrs, &v4) ? open_both(l, t, &v4, f) : 0;

        if (!err)
            err = open_both(l, t, at, f);
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

int listeners_open(struct listeners *l, const struct daemon_options *o, unsigned workers, struct listen_failure *failure)
{
    const struct transport transports[] = {
        { SERVICE_NTP, &o->ntp.listen, true, false, false, workers },
        { SERVICE_NTP, &o->ntp.smear_listen, true, false, true, workers },
        { SERVICE_TIME, &o->timeproto.time.listen, true, true, false, 1 },
        { SERVICE_DAYTIME, &o->timeproto.daytime.listen, o->timeproto.daytime.udp_from.count > 0, true, false, 1 },
    };

    l->count = 0;
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        int err = open_service(l, &transports[i], failure);

        if (err) {
            listeners_close(l);
            return err;
        }
    }
    return 0;
}

void listeners_close(struct listeners *l)
{
    while (l->count > 0)
        close(l->item[--l->count].fd);
}

void listeners_log(const struct listeners *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        struct log_record r = { .id = LOG_LISTENING };
        char service[32];

        if (l->item[i].worker > 0)
            continue;
        snprintf(service, sizeof service, "%s (%s%s)", service_name(l->item[i].service), l->item[i].stream ? "TCP" : "UDP",
                 l->item[i].smeared ? ", smeared" : "");
        log_text(&r, "service", service);
        log_addr(&r, "address", &l->item[i].at);
        logger_write(&r, host_mono());
    }
}
