/* What an attacker sends to a UDP port, as fast as it can or at a rate, without waiting for anything. What comes back is counted, byte by byte as it
 * would be on a wire.
 *
 * usage: flood ADDRESS PORT [--kind K] [--rate N] [--packets N] [--seconds S] [--sources N] [--seed N]
 *              [--deaf 1]
 *
 * kinds: 0 NTP requests; 1 what no server may answer: short, long, of other versions and modes, with broken fields; 2 half random bytes of random length,
 * half requests of any kind with something wrong or not. --deaf: what comes back is left to the system to drop. One source: batches leave as one packet
 * that the receiving side cuts (UDP_SEGMENT). */
#include <errno.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define PAYLOAD_MAX 1200
#define HEARD_MAX 2048
#define PACKETS_WITHOUT_END 1e18

enum kind { KIND_REQUEST, KIND_BAD, KIND_ANY, KIND_COUNT };

static struct {
    struct sockaddr_storage server;
    socklen_t server_len;
    double kind, rate, packets, seconds, sources, seed, deaf;
    int fd;
    uint64_t random, next_source;
    uint64_t sent, sent_bytes, answers, answer_bytes;
} flood = { .packets = PACKETS_WITHOUT_END, .seconds = 1, .sources = 1, .seed = 1 };

struct slot {
    uint8_t bytes[PAYLOAD_MAX];
    struct iovec iov;
    struct source_control source;
};

/* -- packets -------------------------------------------------------------------------------------------------------- */

/* First byte, length, and the length that the field behind the header claims. */
struct form { uint8_t first; uint16_t len, claimed; };

static const struct form bad[] = {
    { 0x23, 0, 0 }, { 0x23, 1, 0 }, { 0x23, 47, 0 }, { 0x23, 49, 0 }, { 0x03, 48, 0 }, { 0x3b, 48, 0 }, { 0x20, 48, 0 }, { 0x22, 48, 0 }, { 0x24, 48, 0 },
    { 0x25, 48, 0 }, { 0x26, 48, 0 }, { 0x27, 48, 0 }, { 0x16, 12, 0 }, { 0x17, 8, 0 }, { 0x23, 76, 0 }, { 0x23, 76, 3 }, { 0x23, 76, 14 }, { 0x23, 76, 400 },
};

static const struct form good[] = { { 0x23, 48, 0 }, { 0x1b, 48, 0 }, { 0x13, 48, 0 }, { 0x0b, 48, 0 }, { 0xe3, 48, 0 }, { 0x23, 76, 28 }, { 0x21, 48, 0 } };

static uint64_t below(uint64_t n) { return tool_random(&flood.random) % n; }

static void randomise(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = tool_random(&flood.random);

        memcpy(bytes + i, &word, len - i < 8 ? len - i : 8);
    }
}

static size_t of_form(const struct form *f, uint8_t *bytes)
{
    memset(bytes, 0, f->len);
    if (f->len >= NTP_SIZE)
        randomise(bytes + 24, 24);
    if (f->len > NTP_SIZE + 4) {
        bytes[NTP_SIZE] = 0x7f;
        bytes[NTP_SIZE + 2] = (uint8_t)(f->claimed >> 8);
        bytes[NTP_SIZE + 3] = (uint8_t)f->claimed;
    }
    bytes[0] = f->first;
    return f->len;
}

static size_t request(uint8_t *bytes) { return of_form(&good[0], bytes); }

static size_t bad_one(uint8_t *bytes) { return of_form(&bad[below(sizeof bad / sizeof bad[0])], bytes); }

static size_t any(uint8_t *bytes)
{
    size_t len;

    switch (below(4)) {
    case 0: return bad_one(bytes);
    case 1: return of_form(&good[below(sizeof good / sizeof good[0])], bytes);
    default:
        len = below(2) ? below(PAYLOAD_MAX + 1) : below(100);
        randomise(bytes, len);
        return len;
    }
}

/* -- sending and hearing -------------------------------------------------------------------------------------------- */

static long send_each(long n)
{
    static size_t (*const make[KIND_COUNT])(uint8_t *) = { request, bad_one, any };
    static struct slot slot[BATCH_MAX];
    struct mmsghdr m[BATCH_MAX] = { 0 };
    int sent;

    for (long i = 0; i < n; i++) {
        struct msghdr *h = &m[i].msg_hdr;

        slot[i].iov = (struct iovec){ slot[i].bytes, make[(unsigned)flood.kind](slot[i].bytes) };
        *h = (struct msghdr){ .msg_iov = &slot[i].iov, .msg_iovlen = 1 };
        if (flood.sources > 1) {
            tool_source(&slot[i].source, flood.server.ss_family, flood.next_source++ % (uint64_t)flood.sources);
            h->msg_name = &flood.server;
            h->msg_namelen = flood.server_len;
            h->msg_control = &slot[i].source.control;
            h->msg_controllen = slot[i].source.len;
        }
    }
    sent = sendmmsg(flood.fd, m, (unsigned)n, 0);
    for (int i = 0; i < sent; i++)
        flood.sent_bytes += tool_frame(flood.server.ss_family, slot[i].iov.iov_len);
    return sent;
}

static bool is_segmented(void) { return flood.sources <= 1 && (unsigned)flood.kind == KIND_REQUEST; }

static long send_segments(long n)
{
    static uint8_t bytes[BATCH_MAX * NTP_SIZE];
    ssize_t sent;

    for (long i = BATCH_MAX; bytes[0] == 0 && i-- > 0;)
        request(bytes + i * NTP_SIZE);
    sent = send(flood.fd, bytes, (size_t)n * NTP_SIZE, 0);
    flood.sent_bytes += sent > 0 ? (size_t)sent / NTP_SIZE * tool_frame(flood.server.ss_family, NTP_SIZE) : 0;
    return sent < 0 ? -1 : sent / NTP_SIZE;
}

static void hear(void)
{
    static uint8_t bytes[BATCH_MAX][HEARD_MAX];
    struct iovec iov[BATCH_MAX];
    struct mmsghdr m[BATCH_MAX] = { 0 };
    int got;

    for (int i = 0; i < BATCH_MAX; i++) {
        iov[i] = (struct iovec){ bytes[i], HEARD_MAX };
        m[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
    }
    do {
        got = recvmmsg(flood.fd, m, BATCH_MAX, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++) {
            flood.answers++;
            flood.answer_bytes += tool_frame(flood.server.ss_family, m[i].msg_len);
        }
    } while (got == BATCH_MAX);
}

/* How many are due. */
static long due(int64_t start)
{
    double left = flood.packets - (double)flood.sent, owed = BATCH_MAX;

    if (flood.rate > 0)
        owed = (double)(tool_mono() - start) / (double)NS * flood.rate - (double)flood.sent;
    if (owed > left)
        owed = left;
    return owed > BATCH_MAX ? BATCH_MAX : owed < 0 ? 0 : (long)owed;
}

static void run(int64_t start)
{
    int64_t end = start + (int64_t)(flood.seconds * (double)NS);

    while (tool_mono() < end && (double)flood.sent < flood.packets) {
        long n = due(start), sent;

        if (n < BATCH_MAX / 4 && (double)flood.sent + (double)n < flood.packets) {
            nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
            n = due(start);
        }
        sent = n == 0 ? 0 : is_segmented() ? send_segments(n) : send_each(n);
        flood.sent += sent > 0 ? (uint64_t)sent : 0;
        if (flood.deaf == 0)
            hear();
    }
}

int main(int argc, char **argv)
{
    const struct tool_option option[] = {
        { "--kind", &flood.kind, 0 }, { "--rate", &flood.rate, 0 }, { "--packets", &flood.packets, 1 }, { "--seconds", &flood.seconds, 0 },
        { "--sources", &flood.sources, 1 }, { "--seed", &flood.seed, 0 }, { "--deaf", &flood.deaf, 0 },
    };
    int size = NTP_SIZE, none = 0;
    int64_t start, wall;

    flood.server = tool_arguments(argc, argv, option, sizeof option / sizeof option[0], &flood.server_len);
    if (flood.kind >= KIND_COUNT)
        tool_refuse("--kind is 0, 1 or 2");
    flood.random = (uint64_t)flood.seed;
    flood.fd = tool_socket(&flood.server, flood.server_len, flood.sources > 1);
    if (is_segmented() && setsockopt(flood.fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) != 0)
        tool_refuse(strerror(errno));
    if (flood.deaf > 0)
        setsockopt(flood.fd, SOL_SOCKET, SO_RCVBUF, &none, sizeof none);
    start = tool_mono();
    run(start);
    wall = tool_mono() - start;
    nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    hear();
    printf("{ \"sent\": %llu, \"sent_bytes\": %llu, \"answers\": %llu, \"answer_bytes\": %llu, \"per_second\": %.0f }\n", (unsigned long long)flood.sent,
           (unsigned long long)flood.sent_bytes, (unsigned long long)flood.answers, (unsigned long long)flood.answer_bytes,
           (double)flood.sent * 1e9 / (double)wall);
    return 0;
}
