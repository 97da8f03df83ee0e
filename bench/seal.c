/* Requests of NTS made ahead for bench/load.c --made: keys are established as a client does it, then requests are sealed with the cookies that came.
 *
 * usage: seal ADDRESS KE_PORT [--count N] > requests
 *
 * Each is two bytes of length and the packet. A cookie is used many times, which no client would do; to a server without memory it is all the same. The
 * transmit timestamp, which is sealed, holds the request's number. The server's certificate is not looked at. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/wire.h"
#include "ke/tls.h"
#include "nts/client.h"
#include "tool.h"

static double count = 8192;
static const struct ke_trust anybody;

static void fill_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    if (getrandom(out, len, 0) != (ssize_t)len)
        tool_refuse("no randomness");
}

static void establish(const struct sockaddr_storage *to, socklen_t len, struct nts_client *client)
{
    const char *wrong = NULL;
    SSL_CTX *tls = ke_tls_client(&anybody, &wrong);
    SSL *ssl = tls ? SSL_new(tls) : NULL;
    int fd = socket(to->ss_family, SOCK_STREAM, 0);
    uint8_t bytes[NTS_KE_MESSAGE_MAX];
    size_t got = nts_ke_write_request(false, bytes, sizeof bytes);
    struct nts_ke_grant grant;
    struct nts_keys keys;

    if (!ssl || fd < 0 || connect(fd, (const struct sockaddr *)to, len) != 0)
        tool_refuse(wrong ? wrong : "the server takes no connection");
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, bytes, (int)got) != (int)got)
        tool_refuse("no TLS");
    for (got = 0; !nts_ke_is_whole((struct span){ bytes, got });) {
        int n = SSL_read(ssl, bytes + got, (int)(sizeof bytes - got));

        if (n <= 0)
            tool_refuse("the answer is not whole");
        got += (size_t)n;
    }
    wrong = nts_ke_read_answer((struct span){ bytes, got }, &grant);
    if (wrong || !ke_tls_export(ssl, grant.aead, &keys))
        tool_refuse(wrong ? wrong : "no keys");
    nts_client_take(client, &keys, &grant);
    SSL_free(ssl);
    SSL_CTX_free(tls);
    close(fd);
}

int main(int argc, char **argv)
{
    const struct tool_option option[] = { { "--count", &count, 1 } };
    const struct rng rng = { fill_random, NULL };
    struct nts_client fresh, client;
    struct sockaddr_storage to;
    socklen_t len;

    to = tool_arguments(argc, argv, option, 1, &len);
    establish(&to, len, &fresh);
    for (uint64_t i = 0; i < (uint64_t)count; i++) {
        uint8_t packet[2 + NTP_PACKET_MAX] = { 0 };
        size_t size;

        client = fresh;
        memcpy(client.cookie[fresh.cookie_count - 1], fresh.cookie[i % fresh.cookie_count], fresh.cookie_size);
        packet[2] = 4 << 3 | NTP_MODE_CLIENT;
        wire_put64(packet + 2 + NTP_AT_TRANSMIT, i);
        size = nts_client_seal(&client, &rng, packet + 2);
        wire_put16(packet, (uint16_t)size);
        fwrite(packet, 1, 2 + size, stdout);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
