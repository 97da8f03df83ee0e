/* The path of bench/bound.py: a UDP proxy that holds each datagram back by a floor and an exponential rest, and by nothing else it can help. The wait is
 * counted from the kernel's stamp of arrival, the queue is a heap, and the last moments are waited for awake, so that a loaded machine adds no law of its own.
 * Each client gets a socket of its own towards the server; that of who was not heard of for longest is given to the next, since daemons ask from new ports.
 *
 * usage: delay ADDRESS PORT [--listen PORT] [--floor US] [--jitter US] [--seed N]     ADDRESS PORT: the server */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tool.h"

#define CLIENTS_MAX 64
#define HELD_MAX 4096
#define BYTES_MAX 1500
#define AWAKE_NS 200000

/* A datagram on its way: to the server on a client's socket, or to a client on the front. */
struct held { int64_t due_ns; unsigned client; bool outward; size_t len; uint8_t bytes[BYTES_MAX]; };

static struct pollfd place[1 + CLIENTS_MAX];    /* 0: the front; 1..: the clients' */
static struct sockaddr_in client[1 + CLIENTS_MAX];
static int64_t heard_ns[1 + CLIENTS_MAX];
static unsigned places = 1;
static struct held *heap[HELD_MAX + 1];         /* from 1 on */
static unsigned held;
static double floor_us, jitter_us, seed = 1, port;
static struct sockaddr_storage server;
static socklen_t server_len;

static void swap(unsigned a, unsigned b)
{
    struct held *h = heap[a];

    heap[a] = heap[b];
    heap[b] = h;
}

static void hold(struct held *h)
{
    heap[++held] = h;
    for (unsigned i = held; i > 1 && heap[i]->due_ns < heap[i / 2]->due_ns; i /= 2)
        swap(i, i / 2);
}

static struct held *release(void)
{
    struct held *first = heap[1];

    heap[1] = heap[held--];
    for (unsigned i = 1, least; 2 * i <= held; i = least) {
        least = 2 * i < held && heap[2 * i + 1]->due_ns < heap[2 * i]->due_ns ? 2 * i + 1 : 2 * i;
        if (heap[i]->due_ns <= heap[least]->due_ns)
            break;
        swap(i, least);
    }
    return first;
}

/* Stamps are of the system clock, which nothing sets here. */
static int64_t now_ns(void) { return tool_clock(CLOCK_REALTIME); }

static int64_t delay_ns(void)
{
    static uint64_t state;
    double even;

    state = state ? state : (uint64_t)seed;
    even = ((double)(tool_random(&state) >> 11) + 0.5) * 0x1p-53;
    return (int64_t)(1000 * (floor_us - jitter_us * log(even)));
}

static int stamped_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        tool_refuse(strerror(errno));
    return fd;
}

/* A place of its own, or that of the longest silent. */
static unsigned place_for_new(void)
{
    unsigned oldest = 1;

    if (places <= CLIENTS_MAX)
        return places++;
    for (unsigned i = 2; i < places; i++)
        if (heard_ns[i] < heard_ns[oldest])
            oldest = i;
    close(place[oldest].fd);
    return oldest;
}

static unsigned client_of(const struct sockaddr_in *from)
{
    unsigned at;

    for (at = 1; at < places; at++)
        if (client[at].sin_addr.s_addr == from->sin_addr.s_addr && client[at].sin_port == from->sin_port)
            break;
    if (at == places) {
        at = place_for_new();
        client[at] = *from;
        place[at] = (struct pollfd){ .fd = stamped_socket(), .events = POLLIN };
        if (connect(place[at].fd, (struct sockaddr *)&server, server_len) != 0)
            tool_refuse(strerror(errno));
    }
    heard_ns[at] = now_ns();
    return at;
}

static int64_t arrival_ns(struct msghdr *m)
{
    struct timespec t;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return t.tv_sec * NS + t.tv_nsec;
        }
    return now_ns();
}

static bool take(unsigned at)
{
    struct held *h = malloc(sizeof *h);
    union { size_t align; uint8_t bytes[64]; } control;
    struct sockaddr_in from;
    struct iovec iov;
    struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                        .msg_controllen = sizeof control };
    ssize_t len;

    if (!h)
        tool_refuse("no memory");
    iov = (struct iovec){ h->bytes, sizeof h->bytes };
    len = recvmsg(place[at].fd, &m, MSG_DONTWAIT);
    if (len < 0 || held == HELD_MAX) {
        free(h);
        return len >= 0;
    }
    h->outward = at == 0;
    h->client = at == 0 ? client_of(&from) : at;
    h->len = (size_t)len;
    h->due_ns = arrival_ns(&m) + delay_ns();
    hold(h);
    return true;
}

static void pass_on(struct held *h)
{
    const struct sockaddr_in *to = &client[h->client];
    int gone = h->outward ? (int)send(place[h->client].fd, h->bytes, h->len, 0)
                          : (int)sendto(place[0].fd, h->bytes, h->len, 0, (const struct sockaddr *)to, sizeof *to);

    (void)gone; /* a datagram may be lost */
    free(h);
}

static void wait_for_one(void)
{
    int64_t left_ns = held ? heap[1]->due_ns - now_ns() - AWAKE_NS : NS;
    struct timespec t = { left_ns / NS, left_ns % NS };

    if (left_ns <= 0)
        t = (struct timespec){ 0, 0 };
    ppoll(place, places, &t, NULL);
}

int main(int argc, char **argv)
{
    const struct tool_option option[] = { { "--listen", &port, 1 }, { "--floor", &floor_us, 0 }, { "--jitter", &jitter_us, 0 }, { "--seed", &seed, 1 } };
    struct sockaddr_in any = { .sin_family = AF_INET };

    server = tool_arguments(argc, argv, option, sizeof option / sizeof option[0], &server_len);
    any.sin_port = htons((uint16_t)port);
    place[0] = (struct pollfd){ .fd = stamped_socket(), .events = POLLIN };
    if (bind(place[0].fd, (struct sockaddr *)&any, sizeof any) != 0)
        tool_refuse(strerror(errno));
    prctl(PR_SET_TIMERSLACK, 1);
    for (;;) {
        unsigned before = places;

        wait_for_one();
        for (unsigned i = 0; i < before; i++)
            if (place[i].revents)
                while (take(i))
                    ;
        while (held && heap[1]->due_ns <= now_ns())
            pass_on(release());
    }
}
