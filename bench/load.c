/* Load for an NTP server: asks as fast as answers come (closed loop) or at a steady rate whatever comes back (open loop), from one source address or
 * from many of 127.0.0.0/8, and tells rates, losses and latencies as one JSON object.
 *
 * usage: load ADDRESS PORT [--outstanding N] [--rate N] [--batch N] [--sources N] [--seconds S] [--warm-up S]
 *
 * The instant a request was due travels in its transmit timestamp and comes back as the origin timestamp: latency needs no table. In the open loop
 * it is measured from the due time, so that a late sender does not hide a slow server. One thread, waiting in poll(). */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 64
#define NTP_SIZE 48
#define NS 1000000000LL
#define STALLED_MS 100          /* closed loop: what has not come back by then is lost */
#define DRAIN_MS 200            /* for the last answers */
#define FIRST_SOURCE 0x7f010001 /* 127.1.0.1 */
#define QUEUE_BYTES (8 << 20)

/* Latencies: 32 classes for each doubling. */
#define CLASSES_LOG2 5
#define CLASSES ((64 - CLASSES_LOG2) << CLASSES_LOG2)

struct tally { uint64_t sent, answers, bad, kisses; };

static struct {
    struct sockaddr_in server;
    long outstanding, rate, batch, sources;
    double seconds, warm_up;
    int fd;
    uint64_t next_source;
    struct tally all;
    uint64_t latency[CLASSES];
    int64_t latency_max;
} load = { .outstanding = 128, .batch = BATCH_MAX, .sources = 1, .seconds = 1, .warm_up = 0.15 };

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static int64_t mono(void) { return now_ns(CLOCK_MONOTONIC); }

/* -- latencies ------------------------------------------------------------------------------------------------------ */

static unsigned class_of(int64_t ns)
{
    uint64_t v = ns > 0 ? (uint64_t)ns : 0;
    int top = v >> CLASSES_LOG2 ? 63 - __builtin_clzll(v) : CLASSES_LOG2;

    return (unsigned)(((uint64_t)(top - CLASSES_LOG2) << CLASSES_LOG2) + (v >> (top - CLASSES_LOG2)));
}

static double class_middle_us(unsigned c)
{
    unsigned shift = c >> CLASSES_LOG2 ? (c >> CLASSES_LOG2) - 1 : 0;

    return ((double)(c - (shift << CLASSES_LOG2)) + 0.5) * (double)(1ULL << shift) / 1e3;
}

static double percentile_us(double share)
{
    uint64_t count = 0, seen = 0;

    for (unsigned c = 0; c < CLASSES; c++)
        count += load.latency[c];
    for (unsigned c = 0; c < CLASSES; c++) {
        seen += load.latency[c];
        if (count && (double)seen >= share * (double)count)
            return class_middle_us(c);
    }
    return 0;
}

/* -- packets -------------------------------------------------------------------------------------------------------- */

struct slot {
    uint8_t bytes[NTP_SIZE + 16];
    struct iovec iov;
    struct sockaddr_in peer;
    union { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control;
};

static void fill_request(struct slot *s, struct msghdr *m, int64_t due)
{
    memset(s->bytes, 0, NTP_SIZE);
    s->bytes[0] = 4 << 3 | 3;
    memcpy(s->bytes + 40, &due, sizeof due);
    s->iov = (struct iovec){ s->bytes, NTP_SIZE };
    *m = (struct msghdr){ .msg_name = &load.server, .msg_namelen = sizeof load.server, .msg_iov = &s->iov, .msg_iovlen = 1 };
    if (load.sources > 1) {
        struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(FIRST_SOURCE + (uint32_t)(load.next_source++ % (uint64_t)load.sources)) };

        s->control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
        memcpy(CMSG_DATA(&s->control.align), &info, sizeof info);
        m->msg_control = &s->control;
        m->msg_controllen = sizeof s->control;
    }
}

/* n requests, due at `due` and then every `step` ns. Returns how many left. */
static long ask(long n, int64_t due, int64_t step)
{
    static struct slot slot[BATCH_MAX];
    struct mmsghdr m[BATCH_MAX];
    int sent;

    if (n > load.batch)
        n = load.batch;
    for (long i = 0; i < n; i++)
        fill_request(&slot[i], &m[i].msg_hdr, due + i * step);
    sent = sendmmsg(load.fd, m, (unsigned)n, 0);
    if (sent < 0)
        return 0;
    load.all.sent += (uint64_t)sent;
    return sent;
}

static void judge(const uint8_t *bytes, size_t len, int64_t now)
{
    int64_t due, latency;

    if (len != NTP_SIZE || (bytes[0] & 7) != 4) {
        load.all.bad++;
        return;
    }
    load.all.kisses += bytes[1] == 0 && (memcmp(bytes + 12, "RATE", 4) == 0 || memcmp(bytes + 12, "DENY", 4) == 0);
    load.all.answers++;
    memcpy(&due, bytes + 24, sizeof due);
    latency = now - due;
    load.latency[class_of(latency)]++;
    if (latency > load.latency_max)
        load.latency_max = latency;
}

/* Everything that waits. Returns how many. */
static long collect(void)
{
    static struct slot slot[BATCH_MAX];
    struct mmsghdr m[BATCH_MAX] = { 0 };
    int got;
    int64_t now;

    for (int i = 0; i < BATCH_MAX; i++) {
        slot[i].iov = (struct iovec){ slot[i].bytes, sizeof slot[i].bytes };
        m[i].msg_hdr = (struct msghdr){ .msg_iov = &slot[i].iov, .msg_iovlen = 1 };
    }
    got = recvmmsg(load.fd, m, BATCH_MAX, MSG_DONTWAIT, NULL);
    now = mono();
    for (int i = 0; i < got; i++)
        judge(slot[i].bytes, m[i].msg_len, now);
    return got > 0 ? got : 0;
}

static bool wait_until(int64_t until)
{
    struct pollfd p = { load.fd, POLLIN, 0 };
    int64_t left = until - mono();

    return ppoll(&p, 1, &(struct timespec){ left > 0 ? left / NS : 0, left > 0 ? (long)(left % NS) : 0 }, NULL) > 0;
}

/* -- the two loops -------------------------------------------------------------------------------------------------- */

static void closed_loop(int64_t end)
{
    long flying = 0;

    while (mono() < end) {
        while (flying < load.outstanding) {
            long sent = ask(load.outstanding - flying, mono(), 0);

            if (sent == 0)
                break;
            flying += sent;
        }
        if (!wait_until(mono() + STALLED_MS * NS / 1000))
            flying = 0;
        for (long got; (got = collect()) > 0;)
            flying -= got < flying ? got : flying;
    }
}

static void open_loop(int64_t end)
{
    int64_t step = NS / load.rate, due = mono();

    while (due < end) {
        long n = (long)((mono() - due) / step) + 1;

        if (mono() >= due)
            due += ask(n, due, step) * step;
        while (collect() == BATCH_MAX)
            ;
        wait_until(due);
    }
}

static void run(double seconds)
{
    int64_t end = mono() + (int64_t)(seconds * (double)NS);

    if (load.rate)
        open_loop(end);
    else
        closed_loop(end);
}

static void drain(void)
{
    int64_t end = mono() + DRAIN_MS * NS / 1000;

    while (load.all.answers + load.all.bad < load.all.sent && wait_until(end))
        collect();
}

/* -- command line --------------------------------------------------------------------------------------------------- */

static int refuse(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(2);
}

static void read_options(int argc, char **argv)
{
    const struct { const char *name; long *value; } number[] = {
        { "--outstanding", &load.outstanding }, { "--rate", &load.rate }, { "--batch", &load.batch }, { "--sources", &load.sources }
    };

    if (argc < 3 || argc % 2 == 0 || inet_pton(AF_INET, argv[1], &load.server.sin_addr) != 1)
        refuse("ADDRESS PORT and pairs of --option VALUE are expected; see the top of bench/load.c");
    load.server.sin_family = AF_INET;
    load.server.sin_port = htons((uint16_t)atoi(argv[2]));
    for (int i = 3; i < argc; i += 2) {
        bool known = false;

        for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
            if (strcmp(argv[i], number[k].name) == 0) {
                *number[k].value = atol(argv[i + 1]);
                known = *number[k].value > 0;
            }
        if (strcmp(argv[i], "--seconds") == 0)
            known = (load.seconds = atof(argv[i + 1])) > 0;
        else if (strcmp(argv[i], "--warm-up") == 0)
            known = (load.warm_up = atof(argv[i + 1])) >= 0;
        if (!known)
            refuse(argv[i]);
    }
    if (load.batch > BATCH_MAX)
        refuse("--batch is at most 64");
}

static void open_socket(void)
{
    int bytes = QUEUE_BYTES;

    load.fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (load.fd < 0 || (load.sources == 1 && connect(load.fd, (struct sockaddr *)&load.server, sizeof load.server) != 0))
        refuse(strerror(errno));
    if (setsockopt(load.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(load.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

int main(int argc, char **argv)
{
    struct tally warm;
    int64_t start, cpu, wall;

    read_options(argc, argv);
    open_socket();
    run(load.warm_up);
    drain();
    warm = load.all;
    memset(load.latency, 0, sizeof load.latency);
    load.latency_max = 0;
    start = mono();
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    run(load.seconds);
    wall = mono() - start;
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    drain();
    printf("{ \"sent\": %llu, \"answers\": %llu, \"bad\": %llu, \"kisses\": %llu, \"seconds\": %.6f, \"per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"max_us\": %.1f, \"cpu_percent\": %.1f, \"answers_with_warm_up\": %llu }\n",
           (unsigned long long)(load.all.sent - warm.sent), (unsigned long long)(load.all.answers - warm.answers), (unsigned long long)load.all.bad,
           (unsigned long long)load.all.kisses, (double)wall / 1e9, (double)(load.all.answers - warm.answers) * 1e9 / (double)wall, percentile_us(0.5),
           percentile_us(0.99), (double)load.latency_max / 1e3, 100.0 * (double)cpu / (double)wall, (unsigned long long)load.all.answers);
    return 0;
}
