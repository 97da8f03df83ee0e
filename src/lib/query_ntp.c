/* One NTP exchange by the daemon's own client association, so that the same checks hold (RFC 5905 section 8, RFC 9109). */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "io/stamp.h"
#include "io/udp.h"
#include "lib/query.h"
#include "ntp/client.h"

#define EXCHANGE 1
#define OWN_PRECISION_LOG2 (-20)
#define ANY_DISTANCE ((struct dur_ns){ INT64_MAX }) /* shown, whatever it is: the caller judges */

static void fill_random(void *ctx, void *out, size_t len)
{
    bool *failed = ctx;

    if (getrandom(out, len, 0) != (ssize_t)len) {
        memset(out, 0, len);
        *failed = true;
    }
}

/* IANA "NTP Kiss-o'-Death Codes" that a server may send to a plain client. */
static const struct { char code[5]; const char *meaning; } kisses[] = {
    { "DENY", "the server denies service to this address" },
    { "RSTR", "the server restricts service to this address" },
    { "RATE", "the server asks for fewer requests" },
    { "INIT", "the server has not synchronised for the first time yet" },
    { "STEP", "the server's clock was just stepped and is being measured anew" },
    { "NTSN", "the server could not verify the request's NTS cookie" },
    { "DROP", "the server dropped its own association" },
    { "AUTH", "the server could not authenticate the request" },
    { "CRYP", "the server could not authenticate the request" },
    { "NKEY", "the server has no such key" },
};

static const char *kiss_meaning(const char *code)
{
    for (size_t i = 0; i < sizeof kisses / sizeof kisses[0]; i++)
        if (strcmp(kisses[i].code, code) == 0)
            return kisses[i].meaning;
    return "a code that is not known here";
}

/* A stratum 0 answer's reference id is a code of four letters, as long as it is printable (RFC 5905 section 7.4). */
static void read_kiss(const struct ntp_header *h, struct utc_answer *out)
{
    char code[5] = { (char)(h->refid >> 24), (char)(h->refid >> 16 & 0xff), (char)(h->refid >> 8 & 0xff), (char)(h->refid & 0xff), 0 };

    if (h->stratum != 0 || h->refid == 0)
        return;
    for (int i = 0; i < 4; i++)
        if (code[i] < 0x21 || code[i] > 0x7e)
            code[i] = '?';
    memcpy(out->kiss, code, sizeof code);
}

static void read_header(const struct io_datagram *d, struct utc_answer *out)
{
    struct ntp_header h;
    struct ntp_tail tail;

    if (ntp_packet_parse((struct span){ d->bytes, d->len }, &h, &tail) != VERDICT_ACCEPTED)
        return;
    out->stratum = h.stratum;
    out->leap = h.leap;
    out->version = h.version;
    out->poll_log2 = h.poll_log2;
    out->precision_log2 = h.precision_log2;
    out->refid = h.refid;
    out->root_delay_ns = ntp_short32_to_dur(h.root_delay).ns;
    out->root_dispersion_ns = ntp_short32_to_dur(h.root_dispersion).ns;
    read_kiss(&h, out);
}

static void read_measurement(const struct measurement *m, struct utc_answer *out)
{
    struct dur_ns halves = dur_add((struct dur_ns){ m->delay.ns / 2 }, (struct dur_ns){ m->root_delay.ns / 2 });

    out->outcome = UTC_ANSWERED;
    out->reason[0] = '\0';
    out->offset_ns = utc_sub(m->utc, query_system_at(m->at)).ns;
    out->error_ns = dur_add(halves, dur_add(m->dispersion, m->root_dispersion)).ns;
    out->delay_ns = m->delay.ns;
    out->server_ns = m->utc.ns;
    out->kernel_stamps = m->stamp >= STAMP_KERNEL;
}

static void say_why_not(enum verdict v, bool genuine, struct utc_answer *out)
{
    out->outcome = genuine ? UTC_NO_TIME : UTC_REFUSED_ANSWER;
    if (genuine && out->kiss[0])
        snprintf(out->reason, sizeof out->reason, "kiss-o'-death %s: %s", out->kiss, kiss_meaning(out->kiss));
    else
        snprintf(out->reason, sizeof out->reason, "%s", verdict_text(v));
}

/* One datagram. Returns whether it was the answer, usable or not. */
static bool judge(struct ntp_client *c, const struct io_datagram *d, struct utc_answer *out)
{
    struct ntp_client_reply reply;
    struct ntp_client_input in = {
        .bytes = { d->bytes, d->len }, .from = d->from, .exchange = EXCHANGE, .rx = d->rx, .stamp = d->stamp,
        .pivot = query_system_at(d->rx), .precision_log2 = OWN_PRECISION_LOG2,
    };
    enum verdict v = d->cut ? VERDICT_LENGTH : ntp_client_input(c, &in, io_raw_now(), &reply);

    if (d->cut || !reply.answered) {
        say_why_not(v, false, out);
        return false;
    }
    read_header(d, out);
    if (reply.measured)
        read_measurement(&reply.m, out);
    else
        say_why_not(v, true, out);
    return true;
}

static int send_request(struct ntp_client *c, int fd)
{
    bool no_random = false;
    const struct rng rng = { fill_random, &no_random };
    uint8_t packet[NTP_HEADER_SIZE];
    struct mono_ns tx;
    int err;

    if (!ntp_client_run(c, io_raw_now(), &rng, EXCHANGE, packet))
        return -UE_RANGE;
    if (no_random)
        return -UE_UNSUPPORTED; /* a request that can be guessed is worse than none */
    err = io_udp_send(fd, packet, sizeof packet, &tx);
    if (err == 0)
        ntp_client_sent(c, EXCHANGE, tx, STAMP_USER);
    return err;
}

/* Read what is there: first the stamp of our own request, then datagrams. Returns 1 when answered, 0 to go on waiting, -UE_.... */
static int read_all(struct ntp_client *c, int fd, struct utc_answer *out)
{
    struct io_datagram d;
    struct mono_ns tx;
    enum stamp stamp;
    struct io_hardware_stamp unasked;
    int n;

    while ((n = io_udp_transmit_stamp(fd, &tx, &stamp, &unasked)) > 0)
        ntp_client_sent(c, EXCHANGE, tx, stamp);
    if (n < 0)
        return n;
    while ((n = io_udp_receive(fd, &d)) > 0)
        if (judge(c, &d, out))
            return 1;
    return n;
}

static int exchange(struct ntp_client *c, int fd, struct mono_ns deadline, struct utc_answer *out)
{
    int err = send_request(c, fd), n = 0;

    while (err == 0 && n == 0) {
        err = query_wait(fd, POLLIN | POLLPRI, deadline);
        if (err == 0)
            n = read_all(c, fd, out);
    }
    if (n < 0)
        return n;
    return err == -UE_TIMEOUT && out->reason[0] ? 0 : err;
}

int query_ntp(const struct net_addr *to, struct mono_ns deadline, struct utc_answer *out)
{
    struct ntp_client_options options = {
        .min_poll_log2 = 17, .max_poll_log2 = 17, .version = NTP_VERSION,
        .max_delay = mono_sub(deadline, io_raw_now()), .max_distance = ANY_DISTANCE,
    };
    struct ntp_client c;
    int fd = io_udp_connect(to), err;

    if (fd < 0)
        return fd;
    ntp_client_init(&c, &options, to, io_raw_now());
    err = exchange(&c, fd, deadline, out);
    close(fd);
    return err;
}
