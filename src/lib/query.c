/* utc_query: a name, its addresses, one protocol. */
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "io/local.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "lib/query.h"
#include "ntp/packet.h"
#include "timeproto/timeproto.h"

#define ADDRESSES_TRIED 3
#define TIMEOUT_DEFAULT_MS 3000
#define TIMEOUT_MAX_MS 60000

static const struct { int socktype; uint16_t port; int (*ask)(const struct net_addr *, struct mono_ns, struct utc_answer *); } protocols[] = {
    [UTC_NTP] = { SOCK_DGRAM, NTP_PORT, query_ntp },
    [UTC_TIME] = { SOCK_DGRAM, TIME_PORT, query_time },
    [UTC_DAYTIME] = { SOCK_STREAM, DAYTIME_PORT, query_daytime },
};

int query_wait(int fd, short events, struct mono_ns deadline)
{
    struct pollfd p = { .fd = fd, .events = events };
    int n;

    do {
        int64_t left_ns = mono_sub(deadline, io_raw_now()).ns;

        if (left_ns <= 0)
            return -UE_TIMEOUT;
        n = poll(&p, 1, (int)(left_ns / NS_PER_MS) + 1);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n > 0 ? 0 : io_error(errno);
}

struct utc_ns query_system_at(struct mono_ns at)
{
    struct io_instant now = io_instant_now();

    return (struct utc_ns){ ns_sub(now.realtime_ns, mono_sub(now.raw, at).ns) };
}

void query_printable(struct span bytes, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len && n + 5 <= size; i++) {
        uint8_t c = bytes.at[i];

        if (c >= 0x20 && c < 0x7f && c != '\\')
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
    }
    out[n] = '\0';
}

/* Why the system found no address: it knows no interface either. */
static int unknown(const char *host)
{
    const char *interface = strchr(host, '%');

    return interface && if_nametoindex(interface + 1) == 0 ? -UE_NO_INTERFACE : -UE_NO_NAME;
}

/* The same link-local address stands at every interface, and numbers of interfaces are taken as they are written. */
static int check(const struct net_addr *a)
{
    if (a->family == ADDR_NONE)
        return -UE_NO_NAME;
    if (a->scope == 0 && addr_is_link_local(a))
        return -UE_LINK_LOCAL;
    return a->scope == 0 || io_local_is_there(a->scope) ? 0 : -UE_NO_INTERFACE;
}

static int look_up(const struct utc_query *q, struct net_addr *to, unsigned max, unsigned *count)
{
    struct addrinfo hints = { .ai_socktype = protocols[q->protocol].socktype }, *list;
    int err = -UE_NO_NAME;

    hints.ai_family = q->family == UTC_IPV4 ? AF_INET : q->family == UTC_IPV6 ? AF_INET6 : AF_UNSPEC;
    if (getaddrinfo(q->host, NULL, &hints, &list) != 0)
        return unknown(q->host);
    *count = 0;
    for (const struct addrinfo *a = list; a && *count < max; a = a->ai_next) {
        union io_sockaddr s;

        memset(&s, 0, sizeof s);
        memcpy(&s, a->ai_addr, a->ai_addrlen < sizeof s ? a->ai_addrlen : sizeof s);
        to[*count] = io_addr_from(&s);
        to[*count].port = q->port ? q->port : protocols[q->protocol].port;
        err = check(&to[*count]);
        *count += err == 0;
    }
    freeaddrinfo(list);
    return *count > 0 ? 0 : err;
}

static int ask(const struct utc_query *q, const struct net_addr *to, struct utc_answer *out)
{
    char text[ADDR_TEXT_MAX];
    int timeout_ms = q->timeout_ms ? q->timeout_ms : TIMEOUT_DEFAULT_MS;

    memset(out, 0, sizeof *out);
    out->stratum = -1;
    out->leap = UTC_LEAP_UNKNOWN;
    snprintf(out->address, sizeof out->address, "%s", addr_to_text(to, text));
    return protocols[q->protocol].ask(to, mono_add(io_raw_now(), dur_from_ms(timeout_ms)), out);
}

int utc_query(const struct utc_query *q, struct utc_answer *out)
{
    struct net_addr to[ADDRESSES_TRIED];
    unsigned count = 0;
    int err;

    if (!q->host || q->protocol < UTC_NTP || q->protocol > UTC_DAYTIME || q->timeout_ms < 0 || q->timeout_ms > TIMEOUT_MAX_MS)
        return -UE_RANGE;
    if (q->family != UTC_ANY && q->family != UTC_IPV4 && q->family != UTC_IPV6)
        return -UE_RANGE;
    err = look_up(q, to, ADDRESSES_TRIED, &count);
    for (unsigned i = 0; i < count; i++) {
        err = ask(q, &to[i], out);
        if (err == 0)
            break;
    }
    return err;
}
