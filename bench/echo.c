/* The ruler of bench/serve.py: an NTP answer with the least that a socket server can do. Batches of 64, one clock read for each, no check but the mode,
 * no counter. What it cannot do through sockets, no server can.
 *
 * usage: echo ADDRESS PORT [SIZE]      answers have as many bytes as their request, SIZE at most, else 48 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define NTP_SIZE 48
#define SIZE_MAX_BYTES 1024
#define NTP_UNIX_DIFFERENCE_S 2208988800u /* 1900 to 1970, RFC 5905 section 6 */

struct slot { uint8_t bytes[SIZE_MAX_BYTES]; struct iovec iov; struct sockaddr_in peer; };

static void put_time(uint8_t *to, const struct timespec *t)
{
    uint32_t seconds = htonl((uint32_t)t->tv_sec + NTP_UNIX_DIFFERENCE_S);
    uint32_t fraction = htonl((uint32_t)(((uint64_t)t->tv_nsec << 32) / 1000000000u));

    memcpy(to, &seconds, 4);
    memcpy(to + 4, &fraction, 4);
}

static void turn_into_answer(uint8_t *bytes, const struct timespec *t)
{
    bytes[0] = 4 << 3 | 4;
    bytes[1] = 1;
    memcpy(bytes + 24, bytes + 40, 8);
    put_time(bytes + 32, t);
    memcpy(bytes + 40, bytes + 32, 8);
}

int main(int argc, char **argv)
{
    static struct slot slot[BATCH];
    struct mmsghdr m[BATCH] = { 0 };
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    size_t size = argc == 4 ? (size_t)atoi(argv[3]) : NTP_SIZE;

    if (argc < 3 || argc > 4 || size < NTP_SIZE || size > SIZE_MAX_BYTES || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1)
        return 2;
    at.sin_port = htons((uint16_t)atoi(argv[2]));
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        perror("echo: bind");
        return 1;
    }
    for (int i = 0; i < BATCH; i++) {
        slot[i].iov = (struct iovec){ slot[i].bytes, size };
        m[i].msg_hdr = (struct msghdr){ .msg_name = &slot[i].peer, .msg_namelen = sizeof slot[i].peer, .msg_iov = &slot[i].iov, .msg_iovlen = 1 };
    }
    for (;;) {
        int got = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        for (int i = 0; i < got; i++)
            turn_into_answer(slot[i].bytes, &now);
        for (int sent = 0; sent < got;) {
            int n = sendmmsg(fd, m + sent, (unsigned)(got - sent), 0);

            sent += n > 0 ? n : 1;
        }
    }
}
