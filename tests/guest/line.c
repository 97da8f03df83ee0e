/* The truth inside the emulated machine, where Python would be too slow to show a tenth of a microsecond: UTC as a line over CLOCK_MONOTONIC_RAW.
 *
 *   line serve PORT PPM [DELAY_us JITTER_us SEED]
 *                                      answer NTP from the line, stratum 1; at the end of a path of DELAY +- JITTER each way
 *   line record SECONDS PPM [PAGE]     read the system clock once a second, print "RMS_us DEVIATION_us FREQUENCY_ppm OUTSIDE": its error
 *                                      against the line, with and without the mean, its rate against the raw clock, and how often the line was outside
 *                                      the bound of the daemon's PAGE
 *
 * PPM: how much faster than the raw clock true time runs. */
#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "utc/utc.h"

#define START INT64_C(1780000000) /* as in reference.py */
#define NTP_EPOCH INT64_C(2208988800)
#define NS INT64_C(1000000000)

static int64_t read_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static int64_t on_line(int64_t raw, double ppm) { return START * NS + raw + (int64_t)((double)raw * ppm * 1e-6); }

static void stamp(unsigned char *at, int64_t raw, double ppm)
{
    int64_t utc = on_line(raw, ppm);
    uint32_t field[2] = { htonl((uint32_t)(utc / NS + NTP_EPOCH)), htonl((uint32_t)(((uint64_t)(utc % NS) << 32) / (uint64_t)NS)) };

    memcpy(at, field, 8);
}

/* Where requests come from and answers go: behind a delay each way that is uniform within +- jitter, drawn from `noise`. */
struct way {
    int64_t delay, jitter, lag;
    uint64_t noise;
    ssize_t len;
    struct sockaddr_in peer;
    unsigned char packet[1024], control[256];
};

/* The kernel's stamp of a packet on the raw clock, or the time of its reading. The kernel stamps by the system clock, from which the raw one is a short
 * way of a known rate off. */
static int64_t stamped(struct msghdr *m)
{
    int64_t raw = read_ns(CLOCK_MONOTONIC_RAW), system = read_ns(CLOCK_REALTIME);
    struct timespec t;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        return raw - (system - t.tv_sec * NS - t.tv_nsec);
    }
    return raw;
}

static int64_t receive(int fd, struct way *w, int flags)
{
    struct iovec iov = { w->packet, sizeof w->packet };
    struct msghdr m = { &w->peer, sizeof w->peer, &iov, 1, w->control, sizeof w->control, 0 };

    w->len = recvmsg(fd, &m, flags);
    return stamped(&m);
}

/* The generator is splitmix64. */
static int64_t on_the_way(struct way *w)
{
    uint64_t z = w->noise += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return w->jitter ? w->delay - w->jitter + (int64_t)((z ^ z >> 31) % (uint64_t)(2 * w->jitter)) : w->delay;
}

/* One exchange, both ways on this side of the socket. The stamps are the kernel's: what passes between it and the program would be an asymmetry that no
 * client can see. The departure is foretold by how long the last answer took to leave. */
static void exchange(int fd, struct way *w, double ppm)
{
    int64_t arrived = receive(fd, w, 0), there = on_the_way(w), back = on_the_way(w), now;
    struct sockaddr_in peer = w->peer;
    unsigned char *p = w->packet;

    if (w->len < 48 || (p[0] & 7) != 3)
        return;
    if (there + back > 0)
        nanosleep(&(struct timespec){ (there + back) / NS, (there + back) % NS }, NULL);
    p[0] = (p[0] & 0x38) | 4;
    p[1] = 1;
    p[3] = (unsigned char)-27;
    memset(p + 4, 0, 8);
    memcpy(p + 12, "TEST", 4);
    memcpy(p + 24, p + 40, 8);
    stamp(p + 32, arrived + there, ppm);
    memcpy(p + 16, p + 32, 8);
    now = read_ns(CLOCK_MONOTONIC_RAW);
    stamp(p + 40, now + w->lag - back, ppm);
    sendto(fd, p, 48, 0, (struct sockaddr *)&peer, sizeof peer);
    w->lag = receive(fd, w, MSG_ERRQUEUE | MSG_DONTWAIT) - now;
}

static int serve(uint16_t port, double ppm, struct way *w)
{
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE;

    if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me) != 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) != 0)
        return 1;
    prctl(PR_SET_TIMERSLACK, 1);
    for (;;)
        exchange(fd, w, ppm);
}

/* The system clock's error, in nanoseconds: the tightest of a few readings between two of the raw clock. */
static int64_t error_ns(double ppm, int64_t *raw)
{
    int64_t best = INT64_MAX, error = 0;

    for (int i = 0; i < 8; i++) {
        int64_t before = read_ns(CLOCK_MONOTONIC_RAW), system = read_ns(CLOCK_REALTIME), after = read_ns(CLOCK_MONOTONIC_RAW);

        if (after - before >= best)
            continue;
        best = after - before;
        *raw = before + best / 2;
        error = system - on_line(*raw, ppm);
    }
    return error;
}

static int outside(struct utc *page, double ppm)
{
    int64_t before = read_ns(CLOCK_MONOTONIC_RAW), after;
    struct utc_time t;

    if (!page || utc_now(page, &t) != 0 || !t.usable)
        return page != NULL;
    after = read_ns(CLOCK_MONOTONIC_RAW);
    return on_line(after, ppm) < t.earliest_ns || on_line(before, ppm) > t.latest_ns;
}

static int record(long seconds, double ppm, const char *path)
{
    int64_t raw = 0, first = error_ns(ppm, &raw), from = raw, error = first;
    struct utc *page = NULL;
    double squares = 0, sum = 0, mean;
    int bad = 0;

    if (path && utc_open(&page, path) != 0)
        return 1;
    for (long i = 0; i < seconds; i++) {
        nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
        error = error_ns(ppm, &raw);
        squares += (double)error * (double)error;
        sum += (double)error;
        bad += outside(page, ppm);
    }
    mean = sum / (double)seconds;
    squares /= (double)seconds;
    printf("%.3f %.3f %.3f %d\n", sqrt(squares) / 1e3, sqrt(fmax(squares - mean * mean, 0)) / 1e3,
           ppm + (double)(error - first) / (double)(raw - from) * 1e6, bad);
    utc_close(page);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "serve") == 0)
        return serve((uint16_t)atoi(argv[2]), atof(argv[3]), &(struct way){ .delay = atol(argc > 6 ? argv[4] : "0") * 1000,
                     .jitter = atol(argc > 6 ? argv[5] : "0") * 1000, .noise = (uint64_t)atol(argc > 6 ? argv[6] : "0") });
    if (argc >= 4 && strcmp(argv[1], "record") == 0)
        return record(atol(argv[2]), atof(argv[3]), argv[4]);
    return 2;
}
