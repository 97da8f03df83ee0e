#include "io/udp.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>

#include "base/wire.h"
#include "io/socket.h"

#define PASS UINT32_MAX /* of the datagram, so many bytes */
#define VERSION_AT 0    /* in the network header: RFC 791 section 3.1, RFC 8200 section 3 */
#define SOURCE4_AT 12
#define SOURCE6_AT 8
#define MATCH 3         /* instructions of match, sift */
#define SIFT 5
#define CODE_MAX (3 + IO_SIEVE_MAX * (2 * MATCH + SIFT) + 2)

/* A program of classic BPF in the making. Jumps lead forward only, and say how many instructions they leave out. */
struct code { uint32_t count; struct sock_filter at[CODE_MAX]; };

static void put(struct code *c, uint16_t what, uint32_t k)
{
    assert(c->count < CODE_MAX);
    c->at[c->count++] = (struct sock_filter)BPF_STMT(what, k);
}

static void jump_unless_equal(struct code *c, uint32_t k, unsigned over)
{
    assert(c->count < CODE_MAX);
    c->at[c->count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, (uint8_t)over);
}

/* A word of the network header: the socket itself begins at the transport header. */
static void load(struct code *c, uint16_t size, int at) { put(c, BPF_LD | BPF_ABS | size, (uint32_t)(SKF_NET_OFF + at)); }

static uint32_t mask32(unsigned bits) { return bits < 32 ? ~(UINT32_MAX >> bits) : UINT32_MAX; }

/* One word of a source address: on to the next instruction when it agrees in so many bits, else over some. */
static void match(struct code *c, const uint8_t *bytes, int at, unsigned bits, unsigned over)
{
    load(c, BPF_W, at);
    put(c, BPF_ALU | BPF_AND | BPF_K, mask32(bits));
    jump_unless_equal(c, wire_get32(bytes) & mask32(bits), over);
}

static void sift(struct code *c, uint32_t one_in)
{
    put(c, BPF_LD | BPF_ABS | BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
    put(c, BPF_ALU | BPF_MOD | BPF_K, one_in);
    jump_unless_equal(c, 0, 1);
    put(c, BPF_RET | BPF_K, PASS);
    put(c, BPF_RET | BPF_K, 0);
}

static unsigned items_of(const struct io_sieve *s, enum addr_family family)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < s->count; i++)
        n += s->item[i].net.family == family;
    return n;
}

/* Over IPv4 one word is compared, then over IPv6 two: a socket may get both. */
static void write_code(const struct io_sieve *s, struct code *c)
{
    load(c, BPF_B, VERSION_AT);
    put(c, BPF_ALU | BPF_RSH | BPF_K, 4);
    jump_unless_equal(c, 4, items_of(s, ADDR_IPV4) * (MATCH + SIFT) + 1);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->item[i].net.family == ADDR_IPV4) {
            match(c, s->item[i].net.bytes, SOURCE4_AT, s->item[i].bits, SIFT);
            sift(c, s->one_in);
        }
    put(c, BPF_RET | BPF_K, PASS);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->item[i].net.family == ADDR_IPV6) {
            match(c, s->item[i].net.bytes, SOURCE6_AT, s->item[i].bits, MATCH + SIFT);
            match(c, s->item[i].net.bytes + 4, SOURCE6_AT + 4, s->item[i].bits > 32 ? s->item[i].bits - 32u : 0, SIFT);
            sift(c, s->one_in);
        }
    put(c, BPF_RET | BPF_K, PASS);
}

int io_udp_sieve(int fd, const struct io_sieve *s)
{
    struct code c = { 0 };
    struct sock_fprog program = { .filter = c.at };
    int none = 0;

    assert(s->count <= IO_SIEVE_MAX);
    if (s->count == 0)
        return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0 || errno == ENOENT ? 0 : io_error(errno);
    write_code(s, &c);
    program.len = (unsigned short)c.count;
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : io_error(errno);
}

uint32_t io_udp_dropped(int fd)
{
    uint32_t told[SK_MEMINFO_VARS] = { 0 };
    socklen_t len = sizeof told;

    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, told, &len) == 0 ? told[SK_MEMINFO_DROPS] : 0;
}
