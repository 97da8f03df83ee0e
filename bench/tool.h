/* What the programs of bench/ share: clocks, and a command line of --option NUMBER pairs. Nothing of it is installed. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#define NS 1000000000LL
#define NTP_SIZE 48
#define BATCH_MAX 64
#define QUEUE_BYTES (8 << 20)

struct tool_option { const char *name; double *value, least; };

/* Where requests come from, if not from this machine's own address: 127.1.0.1 and the following, or as many IPv6 networks of 64 bits below fd00::. */
struct source_control { union { size_t align; uint8_t bytes[64]; } control; size_t len; }; /* aligned as a struct cmsghdr */

int64_t tool_clock(clockid_t clock);
int64_t tool_mono(void);

/* Prints what is wrong and ends the program. */
_Noreturn void tool_refuse(const char *what);

/* argv[1] and argv[2] are ADDRESS PORT; the rest are pairs. Returns the address. */
struct sockaddr_storage tool_arguments(int argc, char **argv, const struct tool_option *option, size_t options, socklen_t *len);

/* A UDP socket with long queues, connected unless its packets are to have many sources. */
int tool_socket(const struct sockaddr_storage *to, socklen_t len, int many_sources);

/* Source number n for packets to a server of that family. */
void tool_source(struct source_control *c, sa_family_t family, uint64_t n);

/* The bytes that a datagram with so much payload has as an Ethernet frame without its check sequence, at least 60. */
size_t tool_frame(sa_family_t family, size_t payload);

/* splitmix64. */
uint64_t tool_random(uint64_t *state);

#endif
