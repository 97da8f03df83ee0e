#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_IPV4 0x7f010001u          /* 127.1.0.1 */
#define FIRST_IPV6 0xfd00000000000001u  /* fd00:0:0:1::1, fd00:0:0:2::1, ... */
#define ETHERNET 14
#define IPV4_UDP (20 + 8)
#define IPV6_UDP (40 + 8)
#define FRAME_MIN 60

int64_t tool_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

int64_t tool_mono(void) { return tool_clock(CLOCK_MONOTONIC); }

_Noreturn void tool_refuse(const char *what)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(2);
}

static struct sockaddr_storage address_of(const char *text, const char *port, socklen_t *len)
{
    struct sockaddr_storage a = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)atoi(port));
        *len = sizeof *v4;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)atoi(port));
        *len = sizeof *v6;
    } else
        tool_refuse(text);
    return a;
}

struct sockaddr_storage tool_arguments(int argc, char **argv, const struct tool_option *option, size_t options, socklen_t *len)
{
    if (argc < 3 || argc % 2 == 0)
        tool_refuse("ADDRESS PORT and pairs of --option NUMBER are expected; the top of the source lists them");
    for (int i = 3; i < argc; i += 2) {
        size_t k = 0;

        while (k < options && strcmp(argv[i], option[k].name) != 0)
            k++;
        if (k == options || (*option[k].value = atof(argv[i + 1])) < option[k].least)
            tool_refuse(argv[i]);
    }
    return address_of(argv[1], argv[2], len);
}

int tool_socket(const struct sockaddr_storage *to, socklen_t len, int many_sources)
{
    int fd = socket(to->ss_family, SOCK_DGRAM, 0), bytes = QUEUE_BYTES, on = 1, whole = IP_PMTUDISC_PROBE;

    if (fd < 0 || (!many_sources && connect(fd, (const struct sockaddr *)to, len) != 0))
        tool_refuse(strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (to->ss_family == AF_INET) /* else a table of the system's, for the numbers of fragments, makes many sources dear to the generator */
        setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof whole);
    if (to->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
    return fd;
}

static void put_control(struct source_control *c, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *h = (void *)c->control.bytes;

    *h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };
    memcpy(CMSG_DATA(h), data, len);
    c->len = CMSG_SPACE(len);
}

void tool_source(struct source_control *c, sa_family_t family, uint64_t n)
{
    if (family == AF_INET) {
        struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(FIRST_IPV4 + (uint32_t)n) };

        put_control(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        struct in6_pktinfo info = { .ipi6_addr.s6_addr = { [15] = 1 } };
        uint64_t net = htobe64(FIRST_IPV6 + n);

        memcpy(&info.ipi6_addr, &net, sizeof net);
        put_control(c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

size_t tool_frame(sa_family_t family, size_t payload)
{
    size_t frame = ETHERNET + (size_t)(family == AF_INET ? IPV4_UDP : IPV6_UDP) + payload;

    return frame < FRAME_MIN ? FRAME_MIN : frame;
}

uint64_t tool_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
