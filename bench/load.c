/* Load for a server of NTP, or of TIME over UDP: asks as fast as answers come (closed loop) or at a steady rate whatever comes back (open loop), from
 * one source address or from many (bench/tool.h), and tells rates, losses and latencies as one JSON object.
 *
 * usage: load ADDRESS PORT [--outstanding N] [--rate N] [--batch N] [--sources N] [--seconds S] [--warm-up S] [--segments 1] [--time 1] [--made 1]
 *             [--histogram 1] [--at T] [--spin 1] [--interleaved 1]
 *
 * The instant a request was due travels in its transmit timestamp and comes back as the origin timestamp: latency needs no table. In the open loop
 * it is measured from the due time, so that a late sender does not hide a slow server. One thread, waiting in poll().
 * --segments: a batch leaves as one packet that the receiving side cuts (UDP_SEGMENT), which makes asking cheap. --time: empty requests, no
 * latencies. --made: requests are read from standard input, each behind two bytes of length, and sent in turn as they are (bench/seal.c makes them; their
 * transmit timestamps are their numbers). --at: begin when CLOCK_MONOTONIC shows so many seconds. --spin: never sleep, so that a latency holds the
 * server's waking alone, and the server, in whose time the kernel would wake us, does not pay for ours. --interleaved: each request asks for interleaved
 * mode, of an exchange that never was. */
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define TIME_SIZE 4
#define STALLED_MS 100          /* closed loop: what has not come back by then is lost */
#define DRAIN_MS 200            /* for the last answers */

/* Latencies: 32 classes for each doubling. */
#define CLASSES_LOG2 5
#define CLASSES ((64 - CLASSES_LOG2) << CLASSES_LOG2)

#define MADE_MAX 16384
#define REQUEST_MAX 1024

struct tally { uint64_t sent, answers, bad, kisses; };

/* Of --made. */
static struct {
    uint64_t count, next;
    struct made { size_t len; int64_t due; uint8_t bytes[REQUEST_MAX]; } *item;
} made;

static struct {
    struct sockaddr_storage server;
    socklen_t server_len;
    double outstanding, rate, batch, sources, seconds, warm_up, segments, time, made, histogram, at, spin, interleaved;
    int fd;
    size_t request_size;
    uint64_t next_source;
    struct tally all;
    uint64_t latency[CLASSES];
    int64_t latency_max;
} load = { .outstanding = 128, .batch = BATCH_MAX, .sources = 1, .seconds = 1, .warm_up = 0.15, .request_size = NTP_SIZE };

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
    uint8_t bytes[REQUEST_MAX];
    struct iovec iov;
    struct source_control source;
};

static void fill_request(uint8_t bytes[NTP_SIZE], int64_t due)
{
    memset(bytes, 0, NTP_SIZE);
    bytes[0] = 4 << 3 | 3;
    memcpy(bytes + 40, &due, sizeof due);
    if (load.interleaved > 0) {
        memset(bytes + 24, 0x55, 8); /* an odd origin */
        memset(bytes + 32, 0x01, 8); /* and a receive timestamp that is not the transmit timestamp */
    }
}

/* Where the next request is, due then. */
static struct iovec request(struct slot *s, int64_t due)
{
    struct made *m;

    if (load.made == 0) {
        fill_request(s->bytes, due);
        return (struct iovec){ s->bytes, load.request_size };
    }
    m = &made.item[made.next++ % made.count];
    m->due = due;
    return (struct iovec){ m->bytes, m->len };
}

static struct msghdr message(struct slot *s, int64_t due)
{
    struct msghdr m = { .msg_iov = &s->iov, .msg_iovlen = 1 };

    s->iov = request(s, due);
    if (load.sources > 1) {
        tool_source(&s->source, load.server.ss_family, load.next_source++ % (uint64_t)load.sources);
        m.msg_name = &load.server;
        m.msg_namelen = load.server_len;
        m.msg_control = &s->source.control;
        m.msg_controllen = s->source.len;
    }
    return m;
}

static long send_each(long n, int64_t due, int64_t step)
{
    static struct slot slot[BATCH_MAX];
    struct mmsghdr m[BATCH_MAX];

    for (long i = 0; i < n; i++)
        m[i].msg_hdr = message(&slot[i], due + i * step);
    return sendmmsg(load.fd, m, (unsigned)n, 0);
}

static long send_segments(long n, int64_t due, int64_t step)
{
    static uint8_t bytes[BATCH_MAX * NTP_SIZE];
    ssize_t sent;

    for (long i = 0; i < n; i++)
        fill_request(bytes + i * NTP_SIZE, due + i * step);
    sent = send(load.fd, bytes, (size_t)n * NTP_SIZE, 0);
    return sent < 0 ? -1 : sent / NTP_SIZE;
}

/* n requests, due at `due` and then every `step` ns. Returns how many left. */
static long ask(long n, int64_t due, int64_t step)
{
    long sent;

    if (n > (long)load.batch)
        n = (long)load.batch;
    sent = load.segments > 0 ? send_segments(n, due, step) : send_each(n, due, step);
    if (sent < 0)
        return 0;
    load.all.sent += (uint64_t)sent;
    return sent;
}

static void judge_time(size_t len)
{
    *(len == TIME_SIZE ? &load.all.answers : &load.all.bad) += 1;
}

static bool is_kiss(const uint8_t *bytes)
{
    return bytes[1] == 0 && (memcmp(bytes + 12, "RATE", 4) == 0 || memcmp(bytes + 12, "DENY", 4) == 0 || memcmp(bytes + 12, "NTSN", 4) == 0);
}

/* The origin timestamp is the request's due time, or its number. False when it is no number. */
static bool due_of(const uint8_t *bytes, int64_t *due)
{
    uint64_t number;

    memcpy(due, bytes + 24, sizeof *due);
    if (load.made == 0)
        return true;
    number = be64toh((uint64_t)*due);
    if (number >= made.count)
        return false;
    *due = made.item[number].due;
    return true;
}

static void judge(const uint8_t *bytes, size_t len, int64_t now)
{
    int64_t due, latency;

    if (load.time > 0) {
        judge_time(len);
        return;
    }
    if ((load.made > 0 ? len < NTP_SIZE : len != NTP_SIZE) || (bytes[0] & 7) != 4 || !due_of(bytes, &due)) {
        load.all.bad++;
        return;
    }
    load.all.kisses += is_kiss(bytes);
    load.all.answers++;
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
    now = tool_mono();
    for (int i = 0; i < got; i++)
        judge(slot[i].bytes, m[i].msg_len, now);
    return got > 0 ? got : 0;
}

static bool wait_until(int64_t until)
{
    struct pollfd p = { load.fd, POLLIN, 0 };
    int64_t left = load.spin > 0 ? 0 : until - tool_mono();

    return ppoll(&p, 1, &(struct timespec){ left > 0 ? left / NS : 0, left > 0 ? (long)(left % NS) : 0 }, NULL) > 0;
}

/* -- the two loops -------------------------------------------------------------------------------------------------- */

static void closed_loop(int64_t end)
{
    long flying = 0, outstanding = (long)load.outstanding;
    int64_t heard = tool_mono();

    while (tool_mono() < end) {
        while (flying < outstanding) {
            long sent = ask(outstanding - flying, tool_mono(), 0);

            if (sent == 0)
                break;
            flying += sent;
        }
        if (wait_until(tool_mono() + STALLED_MS * NS / 1000))
            heard = tool_mono();
        else if (tool_mono() - heard >= STALLED_MS * NS / 1000)
            flying = 0;
        for (long got; (got = collect()) > 0;)
            flying -= got < flying ? got : flying;
    }
}

static void open_loop(int64_t end)
{
    int64_t step = (int64_t)((double)NS / load.rate), due = tool_mono();

    while (due < end) {
        long n = (long)((tool_mono() - due) / step) + 1;

        if (tool_mono() >= due)
            due += ask(n, due, step) * step;
        while (collect() == BATCH_MAX)
            ;
        wait_until(due);
    }
}

static void run(double seconds)
{
    int64_t end = tool_mono() + (int64_t)(seconds * (double)NS);

    if (load.rate > 0)
        open_loop(end);
    else
        closed_loop(end);
}

static void drain(void)
{
    int64_t end = tool_mono() + DRAIN_MS * NS / 1000;

    while (load.all.answers + load.all.bad < load.all.sent && tool_mono() < end) {
        wait_until(end);
        collect();
    }
}

/* -- command line --------------------------------------------------------------------------------------------------- */

static void read_options(int argc, char **argv)
{
    const struct tool_option option[] = {
        { "--outstanding", &load.outstanding, 1 }, { "--rate", &load.rate, 0 }, { "--batch", &load.batch, 1 }, { "--sources", &load.sources, 1 },
        { "--seconds", &load.seconds, 0 }, { "--warm-up", &load.warm_up, 0 }, { "--segments", &load.segments, 0 }, { "--time", &load.time, 0 },
        { "--made", &load.made, 0 }, { "--histogram", &load.histogram, 0 }, { "--at", &load.at, 0 }, { "--spin", &load.spin, 0 },
        { "--interleaved", &load.interleaved, 0 },
    };

    load.server = tool_arguments(argc, argv, option, sizeof option / sizeof option[0], &load.server_len);
    if (load.batch > BATCH_MAX)
        tool_refuse("--batch is at most 64");
    if (load.segments > 0 && (load.sources > 1 || load.time > 0 || load.made > 0))
        tool_refuse("--segments are NTP requests of one source");
    if (load.time > 0)
        load.request_size = 0;
}

static void read_made(void)
{
    uint8_t len[2];

    made.item = calloc(MADE_MAX, sizeof *made.item);
    while (made.item && made.count < MADE_MAX && fread(len, 1, 2, stdin) == 2) {
        struct made *m = &made.item[made.count++];

        m->len = (size_t)(len[0] << 8 | len[1]);
        if (m->len > REQUEST_MAX || fread(m->bytes, 1, m->len, stdin) != m->len)
            tool_refuse("standard input holds no requests");
    }
    if (made.count < (uint64_t)load.outstanding)
        tool_refuse("standard input holds fewer requests than may be outstanding");
}

static void open_socket(void)
{
    int size = NTP_SIZE;

    load.fd = tool_socket(&load.server, load.server_len, load.sources > 1);
    if (load.segments > 0 && setsockopt(load.fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) != 0)
        tool_refuse(strerror(errno));
}

static void print_histogram(void)
{
    const char *between = "";

    printf(", \"histogram_us\": [");
    for (unsigned c = 0; c < CLASSES; c++)
        if (load.latency[c]) {
            printf("%s[%.1f, %llu]", between, class_middle_us(c), (unsigned long long)load.latency[c]);
            between = ", ";
        }
    printf("]");
}

static void print_figures(const struct tally *warm, int64_t wall, int64_t cpu)
{
    static const struct { const char *name; double share; } percentile[] = {
        { "p10", 0.1 }, { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 }
    };
    double answers = (double)(load.all.answers - warm->answers);

    printf("{ \"sent\": %llu, \"answers\": %.0f, \"bad\": %llu, \"kisses\": %llu, \"seconds\": %.6f, \"per_second\": %.0f, \"cpu_percent\": %.1f, "
           "\"answers_with_warm_up\": %llu, \"max_us\": %.1f", (unsigned long long)(load.all.sent - warm->sent), answers, (unsigned long long)load.all.bad,
           (unsigned long long)load.all.kisses, (double)wall / 1e9, answers * 1e9 / (double)wall, 100.0 * (double)cpu / (double)wall,
           (unsigned long long)load.all.answers, (double)load.latency_max / 1e3);
    for (size_t i = 0; i < sizeof percentile / sizeof percentile[0]; i++)
        printf(", \"%s_us\": %.1f", percentile[i].name, percentile_us(percentile[i].share));
    if (load.histogram > 0)
        print_histogram();
    puts(" }");
}

int main(int argc, char **argv)
{
    struct tally warm;
    int64_t start, cpu, wall;

    read_options(argc, argv);
    if (load.made > 0)
        read_made();
    open_socket();
    while (tool_mono() < (int64_t)(load.at * (double)NS))
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    run(load.warm_up);
    drain();
    warm = load.all;
    memset(load.latency, 0, sizeof load.latency);
    load.latency_max = 0;
    start = tool_mono();
    cpu = tool_clock(CLOCK_PROCESS_CPUTIME_ID);
    run(load.seconds);
    wall = tool_mono() - start;
    cpu = tool_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    drain();
    print_figures(&warm, wall, cpu);
    return 0;
}
