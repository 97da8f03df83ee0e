/* The two protocols of whole seconds: TIME over UDP (RFC 868) and DAYTIME over TCP (RFC 867). Both cut the second off, so the answer stands for the
 * middle of a second, half a second wide to each side. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "io/udp.h"
#include "lib/query.h"
#include "timeproto/timeproto.h"

#define HALF_SECOND_NS (NS_PER_S / 2)

static void fill(struct utc_ns second, struct mono_ns sent, struct mono_ns received, struct utc_answer *out)
{
    int64_t delay_ns = mono_sub(received, sent).ns;
    struct mono_ns middle = mono_add(sent, (struct dur_ns){ delay_ns / 2 });

    out->outcome = UTC_ANSWERED;
    out->reason[0] = '\0';
    out->delay_ns = delay_ns;
    out->server_ns = ns_add(second.ns, HALF_SECOND_NS);
    out->offset_ns = ns_sub(out->server_ns, query_system_at(middle).ns);
    out->error_ns = delay_ns / 2 + HALF_SECOND_NS;
}

static void refuse(struct utc_answer *out, int32_t outcome, const char *reason)
{
    out->outcome = outcome;
    snprintf(out->reason, sizeof out->reason, "%s", reason);
}

/* ---- TIME ---- */

static bool read_time(const struct io_datagram *d, struct mono_ns sent, struct utc_answer *out)
{
    struct cursor c = cursor_of((struct span){ d->bytes, d->len });
    uint64_t seconds = cursor_u32(&c);

    if (d->len != TIME_SIZE) {
        refuse(out, UTC_REFUSED_ANSWER, "not four bytes long, as TIME (RFC 868) answers are");
        return false;
    }
    fill(ntp_ts64_to_utc((struct ntp_ts64){ seconds << 32 }, query_system_at(d->rx)), sent, d->rx, out);
    return true;
}

static int time_exchange(int fd, struct mono_ns deadline, struct utc_answer *out)
{
    struct io_datagram d;
    struct mono_ns sent;
    /* RFC 868 wants an empty datagram and servers look at nothing; as long as the answer it is no amplifier, so ours answers it over IPv6 too. */
    static const uint8_t request[TIME_SIZE];
    int err = io_udp_send(fd, request, sizeof request, &sent), n = 0;

    while (err == 0) {
        n = io_udp_receive(fd, &d);
        if (n < 0)
            return n;
        if (n > 0 && read_time(&d, sent, out))
            return 0;
        if (n == 0)
            err = query_wait(fd, POLLIN, deadline);
    }
    return err == -UE_TIMEOUT && out->reason[0] ? 0 : err;
}

int query_time(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out)
{
    int fd = io_udp_connect(to), err;

    if (fd < 0)
        return fd;
    err = time_exchange(fd, deadline, out);
    close(fd);
    return err;
}

/* ---- DAYTIME ---- */

static const char *const months[] = {
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
};

int query_daytime_parse(struct span line, struct utc_ns *out)
{
    char text[DAYTIME_MAX] = "", day[16], month[16], zone[4];
    unsigned d, y, h, m, s;
    struct civil c = { 0 };

    memcpy(text, line.at, line.len < sizeof text - 1 ? line.len : sizeof text - 1);
    if (sscanf(text, "%15[A-Za-z], %15[A-Za-z] %2u, %4u %2u:%2u:%2u-%3[A-Z]", day, month, &d, &y, &h, &m, &s, zone) != 8)
        return -UE_SYNTAX;
    if (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0)
        return -UE_SYNTAX;
    for (unsigned i = 0; i < 12; i++)
        if (strcmp(month, months[i]) == 0)
            c.month = (uint8_t)(i + 1);
    c.year = (int32_t)y;
    c.day = (uint8_t)d;
    c.hour = (uint8_t)h;
    c.minute = (uint8_t)m;
    c.second = (uint8_t)s;
    return civil_to_utc(&c, out) == 0 ? 0 : -UE_SYNTAX;
}

/* A connection or -UE_... at the deadline. */
static int connect_until(const struct net_addr *to, struct mono_ns deadline)
{
    union io_sockaddr sa;
    socklen_t sa_len = io_sockaddr_from(to, &sa), len = sizeof(int);
    int fd = io_socket(sa.any.sa_family, SOCK_STREAM), err, so_error = 0;

    if (fd < 0)
        return fd;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    err = connect(fd, &sa.any, sa_len) == 0 ? 0 : errno == EINPROGRESS ? query_wait(fd, POLLOUT, deadline) : io_error(errno);
    if (err == 0 && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &so_error, &len) != 0 || so_error != 0))
        err = io_error(so_error);
    if (err < 0)
        close(fd);
    return err < 0 ? err : fd;
}

/* Until the line's end, the peer's, or the buffer's. *received: when the first byte was seen. */
static int read_line(int fd, struct mono_ns deadline, uint8_t *line, size_t size, size_t *len, struct mono_ns *received)
{
    *len = 0;
    while (*len < size && !memchr(line, '\n', *len)) {
        int err = query_wait(fd, POLLIN, deadline);
        ssize_t n;

        if (err < 0)
            return err;
        if (*len == 0)
            *received = io_raw_now();
        n = recv(fd, line + *len, size - *len, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return io_error(errno);
        if (n == 0)
            break;
        *len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void read_daytime(struct span line, struct mono_ns sent, struct mono_ns received, struct utc_answer *out)
{
    struct span shown = { line.at, line.len };
    struct utc_ns second;

    while (shown.len > 0 && (shown.at[shown.len - 1] == '\n' || shown.at[shown.len - 1] == '\r'))
        shown.len--;
    query_printable(shown, out->text, sizeof out->text);
    if (line.len == 0)
        refuse(out, UTC_NO_TIME, "the server closed without a word: it has no time to give");
    else if (query_daytime_parse(line, &second) < 0)
        refuse(out, UTC_NO_TIME, "the line does not state UTC in RFC 867's form");
    else
        fill(second, sent, received, out);
}

int query_daytime(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out)
{
    struct mono_ns sent = io_raw_now(), received = sent;
    int fd = connect_until(to, deadline), err;
    uint8_t line[DAYTIME_MAX];
    size_t len;

    if (fd < 0)
        return fd;
    err = read_line(fd, deadline, line, sizeof line, &len, &received);
    close(fd);
    if (err == 0)
        read_daytime((struct span){ line, len }, sent, received, out);
    return err;
}
