/* Clients of NTS key establishment: each connects, establishes keys, reads its cookies to the end, closes, and begins again; or only begins.
 *
 * usage: handshakes ADDRESS PORT [--clients N] [--seconds S] [--half N] [--sources N]
 *
 * One thread and blocking sockets for each client: what it says is how many handshakes a second there were, whom they cost is for the caller to look up. With
 * --half so many connections are opened first, each says the beginning of a hello and no more, and all stay open to the end; --sources: from so many addresses
 * (127.1.0.1 and the following). The server's certificate is not looked at. */
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/err.h>

#include "ke/tls.h"
#include "nts/record.h"
#include "tool.h"

#define CLIENTS_MAX 64
#define FIRST_SOURCE 0x7f010001u

static struct {
    struct sockaddr_storage to;
    socklen_t len;
    double clients, seconds, half, sources;
    SSL_CTX *tls;
    int64_t end;
} bench = { .clients = 4, .seconds = 1, .sources = 1 };

static const struct ke_trust anybody;

struct client { pthread_t thread; uint64_t good, bad; int64_t longest; };

static int connected(uint32_t n)
{
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(FIRST_SOURCE + n) };
    int fd = socket(bench.to.ss_family, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 20 }, sizeof(struct timeval));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bench.sources > 1 && bench.to.ss_family == AF_INET && bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
        tool_refuse("no such source address");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&bench.to, bench.len) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Did cookies come? */
static bool establish(int fd)
{
    uint8_t bytes[NTS_KE_MESSAGE_MAX];
    size_t len = nts_ke_write_request(false, bytes, sizeof bytes);
    struct nts_ke_grant grant;
    SSL *ssl = SSL_new(bench.tls);
    int n = 1;

    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_set_fd(ssl, fd);
    ERR_clear_error();
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, bytes, (int)len) != (int)len)
        n = 0;
    for (len = 0; n > 0 && !nts_ke_is_whole((struct span){ bytes, len }); len += (size_t)(n > 0 ? n : 0))
        n = SSL_read(ssl, bytes + len, (int)(sizeof bytes - len));
    if (n > 0)
        SSL_shutdown(ssl);
    SSL_free(ssl);
    return n > 0 && nts_ke_read_answer((struct span){ bytes, len }, &grant) == NULL;
}

static void *live(void *arg)
{
    struct client *c = arg;

    while (tool_mono() < bench.end) {
        int64_t start = tool_mono(), took;
        int fd = connected(0);
        bool good = fd >= 0 && establish(fd);

        took = tool_mono() - start;
        c->longest = took > c->longest ? took : c->longest;
        *(good ? &c->good : &c->bad) += 1;
        if (fd >= 0)
            close(fd);
    }
    return NULL;
}

/* A record that says it has 512 bytes, and ten of them. */
static void begin_hello(uint32_t n)
{
    static const uint8_t hello[] = { 22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 1, 2, 3, 4 };
    int fd = connected(1 + n % (uint32_t)bench.sources);

    if (fd >= 0 && send(fd, hello, sizeof hello, MSG_NOSIGNAL) < 0)
        close(fd);
}

static void allow_descriptors(void)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

int main(int argc, char **argv)
{
    const struct tool_option option[] = { { "--clients", &bench.clients, 1 }, { "--seconds", &bench.seconds, 0 }, { "--half", &bench.half, 0 },
                                          { "--sources", &bench.sources, 1 } };
    static struct client client[CLIENTS_MAX];
    struct client all = { .good = 0 };
    const char *wrong = NULL;
    int64_t start;

    bench.to = tool_arguments(argc, argv, option, sizeof option / sizeof option[0], &bench.len);
    bench.tls = ke_tls_client(&anybody, &wrong);
    if (!bench.tls || bench.clients > CLIENTS_MAX)
        tool_refuse(wrong ? wrong : "--clients is at most 64");
    allow_descriptors();
    for (uint32_t i = 0; i < (uint32_t)bench.half; i++)
        begin_hello(i);
    start = tool_mono();
    bench.end = start + (int64_t)(bench.seconds * (double)NS);
    for (int i = 0; i < (int)bench.clients; i++)
        pthread_create(&client[i].thread, NULL, live, &client[i]);
    for (int i = 0; i < (int)bench.clients; i++) {
        pthread_join(client[i].thread, NULL);
        all.good += client[i].good;
        all.bad += client[i].bad;
        all.longest = client[i].longest > all.longest ? client[i].longest : all.longest;
    }
    printf("{ \"answers\": %llu, \"bad\": %llu, \"per_second\": %.0f, \"longest_ms\": %.1f }\n", (unsigned long long)all.good, (unsigned long long)all.bad,
           (double)all.good * 1e9 / (double)(tool_mono() - start), (double)all.longest / 1e6);
    return 0;
}
