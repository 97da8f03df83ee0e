/* The ruler of key establishment: handshakes whose both ends are in this process, with nothing between them but memory. Told is what the server's end took,
 * from its first byte to its last: no server with this library and this certificate has less. Both ends run the same code, which flatters: the client's has
 * just been there.
 *
 * usage: handshake_floor CERTIFICATE PRIVATE_KEY COUNT */
#include <stdio.h>
#include <stdlib.h>

#include "ke/tls.h"
#include "nts/record.h"
#include "tool.h"

#define ANSWER_SIZE 900         /* eight cookies and what goes with them */

static const struct ke_trust anybody;
static int64_t used_ns;

struct ends { SSL *client, *server; BIO *from_client, *from_server; };

static void carry(BIO *from, BIO *to)
{
    char bytes[4096];

    for (int n; (n = BIO_read(from, bytes, sizeof bytes)) > 0;)
        if (BIO_write(to, bytes, n) != n)
            tool_refuse("no memory is left");
}

static SSL *end_of(SSL_CTX *tls, BIO *in, BIO **out)
{
    SSL *ssl = SSL_new(tls);

    *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !*out)
        tool_refuse("no memory is left");
    SSL_set_bio(ssl, in, *out);
    return ssl;
}

static void ask(struct ends *e)
{
    uint8_t bytes[NTS_KE_MESSAGE_MAX];
    size_t len = nts_ke_write_request(false, bytes, sizeof bytes);

    if (SSL_do_handshake(e->client) != 1 || SSL_write(e->client, bytes, (int)len) != (int)len)
        tool_refuse("the client cannot finish");
}

/* What the server does with the request: it exports keys and writes an answer, without cookies. */
static void serve(SSL *server)
{
    static const uint8_t answer[ANSWER_SIZE];
    uint8_t request[NTS_KE_MESSAGE_MAX];
    struct nts_keys keys;

    if (SSL_do_handshake(server) != 1 || SSL_read(server, request, sizeof request) <= 0 || !ke_tls_export(server, CRYPTO_AEAD_SIV_CMAC_256, &keys))
        tool_refuse("the server cannot finish");
    SSL_write(server, answer, sizeof answer);
    SSL_shutdown(server);
}

static void handshake(SSL_CTX *client_tls, SSL_CTX *server_tls)
{
    struct ends e;
    BIO *server_in = BIO_new(BIO_s_mem());
    int64_t start;

    e.client = end_of(client_tls, BIO_new(BIO_s_mem()), &e.from_client);
    SSL_set_verify(e.client, SSL_VERIFY_NONE, NULL);
    SSL_set_connect_state(e.client);
    SSL_do_handshake(e.client);
    carry(e.from_client, server_in);
    start = tool_mono();
    e.server = end_of(server_tls, server_in, &e.from_server);
    SSL_set_accept_state(e.server);
    SSL_do_handshake(e.server);
    used_ns += tool_mono() - start;
    carry(e.from_server, SSL_get_rbio(e.client));
    ask(&e);
    carry(e.from_client, server_in);
    start = tool_mono();
    serve(e.server);
    SSL_free(e.server);
    used_ns += tool_mono() - start;
    SSL_free(e.client);
}

int main(int argc, char **argv)
{
    const char *wrong = "CERTIFICATE PRIVATE_KEY COUNT";
    SSL_CTX *server = argc == 4 ? ke_tls_server(argv[1], argv[2], NULL, &wrong) : NULL, *client = server ? ke_tls_client(&anybody, &wrong) : NULL;
    int count = client ? atoi(argv[3]) : 0;

    if (count < 1)
        tool_refuse(wrong ? wrong : "COUNT");
    for (int i = 0; i < count; i++)
        handshake(client, server);
    printf("{ \"answers\": %d, \"bad\": 0, \"per_second\": %.0f, \"cpu_us\": %.2f }\n", count, (double)count * 1e9 / (double)used_ns,
           (double)used_ns / 1e3 / count);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return 0;
}
