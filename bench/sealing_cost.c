/* What the server's part of an NTS request costs without any socket: the cookie is opened and the next one made; the request is judged and the answer sealed;
 * what nettle takes for AES alone; and by each kind of symmetric key the codes of a request and its answer, headers of 48 bytes: of one alone, and of each
 * of two requests at once. Best of several runs, in ns.
 *
 * usage: sealing_cost [AEAD]
 *
 * AEAD: IANA's number of one that this build has; 15 unless given. */
#include <stdlib.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/cbc.h>

#include "crypto/mac.h"
#include "crypto/stream.h"
#include "nts/client.h"
#include "nts/server.h"
#include "tool.h"

#define RUNS 40
#define TIMES 1000
#define BLOCKS 12

static struct {
    struct crypto_stream stream;
    struct nts_ring ring;
    struct span request;
    struct ntp_tail tail;
    struct nts_session session;
    uint8_t bytes[NTP_PACKET_MAX], answer[NTP_PACKET_MAX], text[BLOCKS * AES_BLOCK_SIZE], state[AES_BLOCK_SIZE];
    struct aes128_ctx aes;
    struct crypto_mac mac;
    uint8_t own[CRYPTO_MAC_SIZE_MAX], code[2][CRYPTO_MAC_SIZE_MAX];
} bench;

static void fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    crypto_stream_take(&bench.stream, out, len);
}

static const struct rng rng = { fill, NULL };

static void answer(void)
{
    size_t len = 0;

    if (nts_server_begin(&bench.ring, bench.request, bench.tail.extensions, &bench.session) != VERDICT_ANSWERED
        || nts_server_finish(&bench.ring, &bench.session, &rng, bench.answer, sizeof bench.answer, &len) != VERDICT_ANSWERED || len != bench.request.len)
        tool_refuse("the request is not good, or the answer not as long");
}

static void expand(void) { aes128_set_encrypt_key(&bench.aes, bench.text); }

static void chain(void) { cbc_aes128_encrypt(&bench.aes, bench.state, sizeof bench.text, bench.text, bench.text); }

static struct crypto_mac_exchange exchange(int i)
{
    return (struct crypto_mac_exchange){
        &bench.mac, { bench.bytes, NTP_HEADER_SIZE }, { bench.own, bench.mac.size }, { bench.answer, NTP_HEADER_SIZE }, bench.code[i],
    };
}

static void authenticate(void)
{
    const struct crypto_mac_exchange x = exchange(0);

    if (!crypto_mac_exchange(&x))
        tool_refuse("the code is not good");
}

static void authenticate_two(void)
{
    const struct crypto_mac_exchange x = exchange(0), y = exchange(1);
    bool good[2];

    crypto_mac_exchange_two(&x, &y, good);
    if (!good[0] || !good[1])
        tool_refuse("a code is not good");
}

static double best(void (*what)(void))
{
    int64_t least = INT64_MAX;

    for (int run = 0; run < RUNS; run++) {
        int64_t took, start = tool_mono();

        for (int i = 0; i < TIMES; i++)
            what();
        took = tool_mono() - start;
        least = took < least ? took : least;
    }
    return (double)least / TIMES;
}

/* As a client has it that knows seven more cookies. */
static void make_request(unsigned aead)
{
    struct nts_client client = { .keys = { .aead = (uint16_t)aead }, .cookie_count = NTS_COOKIES_MAX };

    fill(NULL, client.keys.c2s, sizeof client.keys.c2s);
    fill(NULL, client.keys.s2c, sizeof client.keys.s2c);
    client.cookie_size = (uint16_t)nts_cookie_size(client.keys.aead);
    for (unsigned i = 0; i < NTS_COOKIES_MAX; i++)
        nts_cookie_make(&bench.ring, &client.keys, &rng, client.cookie[i]);
    bench.bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    bench.request = (struct span){ bench.bytes, nts_client_seal(&client, &rng, bench.bytes) };
    if (ntp_packet_check(bench.request, &bench.tail) != VERDICT_ACCEPTED)
        tool_refuse("the request is none");
}

static void tell_codes(void)
{
    static const struct { const char *name; enum crypto_mac_kind kind; size_t key_len; } kind[] = {
        { "AES128", CRYPTO_MAC_AES128, 16 }, { "AES256", CRYPTO_MAC_AES256, 32 }, { "SHA1", CRYPTO_MAC_SHA1, 20 },
        { "SHA256", CRYPTO_MAC_SHA256, 32 }, { "SHA512", CRYPTO_MAC_SHA512, 32 },
    };

    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        if (!crypto_mac_init(&bench.mac, kind[i].kind, bench.text, kind[i].key_len))
            tool_refuse("there is no such kind of key in this build");
        crypto_mac_digest(&bench.mac, bench.bytes, NTP_HEADER_SIZE, bench.own);
        printf(", \"%s_ns\": %.1f, \"%s_two_ns\": %.1f", kind[i].name, best(authenticate), kind[i].name, best(authenticate_two) / 2);
    }
}

int main(int argc, char **argv)
{
    static const uint8_t seed[CRYPTO_STREAM_SEED_SIZE] = { 1 };
    static void (*const what[])(void) = { answer, expand, chain };
    unsigned aead = argc > 1 ? (unsigned)atoi(argv[1]) : CRYPTO_AEAD_SIV_CMAC_256;
    double ns[sizeof what / sizeof what[0]];

    if (crypto_siv_key_size(aead) == 0)
        tool_refuse("there is no such AEAD in this build");
    crypto_stream_init(&bench.stream, seed);
    nts_ring_turn(&bench.ring, &rng);
    make_request(aead);
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++)
        ns[i] = best(what[i]);
    printf("{ \"answer_ns\": %.1f, \"expand_ns\": %.1f, \"block_ns\": %.2f", ns[0], ns[1], ns[2] / BLOCKS);
    tell_codes();
    puts(" }");
    return 0;
}
