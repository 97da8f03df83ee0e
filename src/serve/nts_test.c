/* Requests of NTS at the door: a good one is answered with its seal, a bad one gets NTSN and nothing else, whatever the access list says. */
#include "base/test.h"

#include "nts/client.h"
#include "serve/serve.h"
#include "serve/test_page.h"

#define FIELD_OF_ID (NTS_FIELD_HEADER + NTS_UNIQUE_ID_MIN)
#define IN_COOKIE (NTP_HEADER_SIZE + FIELD_OF_ID + NTS_FIELD_HEADER + 40)
#define TRIES 64                /* more than it takes until a kiss is due */

static struct guard everyone, *const guard = &everyone;
static const struct net_addr client4 = { .family = ADDR_IPV4, .port = 40000, .bytes = { 192, 0, 2, 9 } };

struct door {
    struct serve_options options;
    struct page_data page;
    struct serve_stats stats;
    struct serve_request request;
    struct prng prng;
    struct rng rng;
    struct nts_ring ring;
    struct nts_client client;
    uint8_t bytes[NTP_PACKET_MAX], out[SERVE_ANSWER_MAX];
    size_t out_len;
};

static void let_in(struct door *d)
{
    struct nts_ke_grant grant = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .cookie_count = NTS_COOKIES_MAX,
                                  .cookie_size = (uint16_t)nts_cookie_size(CRYPTO_AEAD_SIV_CMAC_256) };
    struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256 };

    d->rng.fill(d->rng.ctx, keys.c2s, crypto_siv_key_size(keys.aead));
    d->rng.fill(d->rng.ctx, keys.s2c, crypto_siv_key_size(keys.aead));
    for (unsigned i = 0; i < NTS_COOKIES_MAX; i++)
        assert_true(nts_cookie_make(&d->ring, &keys, &d->rng, grant.cookie[i]));
    nts_client_take(&d->client, &keys, &grant);
}

/* action: of the access list that holds for everybody. */
static void door_init(struct door *d, uint8_t action)
{
    static const struct guard_key seed = { 1, 2 };
    struct guard_options o = { .access_count = 1 };

    o.access[0].action = action;
    o.access[0].nets.count = 1;
    o.access[0].nets.item[0].addr.family = ADDR_IPV4;
    memset(guard, 0, sizeof *guard);
    guard_init(guard, &(struct guard_maker){ 0 }, &o, false, &seed);
    memset(d, 0, sizeof *d);
    prng_seed(&d->prng, 3);
    d->rng = prng_as_rng(&d->prng);
    nts_ring_turn(&d->ring, &d->rng);
    let_in(d);
    d->options.guard = guard;
    d->options.nts = &d->ring;
    d->options.rng = &d->rng;
    d->page = synchronised_page();
    d->request = (struct serve_request){
        .service = SERVICE_NTP, .bytes = { d->bytes, 0 }, .from = client4, .rx = { 1001 * NS_PER_S }, .tx = { 1001 * NS_PER_S + 10000 },
    };
    d->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    memset(d->bytes + NTP_AT_TRANSMIT, 0x77, 8);
    d->request.bytes.len = nts_client_seal(&d->client, &d->rng, d->bytes);
}

static enum verdict knock(struct door *d)
{
    enum verdict v;

    memset(d->out, 0, sizeof d->out);
    v = serve_datagram(&d->options, &d->page, &d->request, &d->stats, d->out, &d->out_len);
    assert_true(d->out_len <= d->request.bytes.len);
    assert_int_equal(d->stats.verdict[SERVICE_NTP][v], 1);
    memset(&d->stats, 0, sizeof d->stats);
    return v;
}

/* What the client makes of it. */
static enum verdict opened(const struct door *d, unsigned *cookies)
{
    struct nts_fresh fresh = { .count = 0 };
    enum verdict v = nts_client_open(&d->client, (struct span){ d->out, d->out_len }, &fresh);

    *cookies = fresh.count;
    return v;
}

static void assert_good(struct door *d)
{
    unsigned cookies;

    assert_int_equal(opened(d, &cookies), VERDICT_ACCEPTED);
    assert_int_equal(cookies, 1);
}

static void assert_told(struct door *d)
{
    unsigned cookies;

    assert_int_equal(d->out_len, NTP_HEADER_SIZE + FIELD_OF_ID);
    assert_int_equal(d->out[NTP_AT_STRATUM], 0);
    assert_memory_equal(d->out + NTP_AT_REFID, "NTSN", 4);
    assert_int_equal(opened(d, &cookies), VERDICT_NTS_NAK);
}

/* By its cookie, its nonce, its seal. */
static void assert_bad_ones_are_told(struct door *d)
{
    const size_t places[] = { IN_COOKIE, d->request.bytes.len - 2 * CRYPTO_SIV_TAG_SIZE, d->request.bytes.len - 1 };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        d->bytes[places[i]] ^= 1;
        assert_int_equal(knock(d), VERDICT_NTS_NAK);
        assert_told(d);
        d->bytes[places[i]] ^= 1;
    }
}

static void good_and_bad(void **state)
{
    static const uint8_t action[] = { ACCESS_ALLOW, ACCESS_AUTHENTICATE };
    struct door d;

    (void)state;
    for (size_t i = 0; i < sizeof action / sizeof action[0]; i++) {
        door_init(&d, action[i]);
        assert_int_equal(knock(&d), VERDICT_ANSWERED);
        assert_int_equal(d.out[NTP_AT_STRATUM], 2);
        assert_good(&d);
        assert_bad_ones_are_told(&d);
    }
}

static void silence(void **state)
{
    struct door d;

    (void)state;
    door_init(&d, ACCESS_AUTHENTICATE);
    d.bytes[0] = 4 << 3 | NTP_MODE_ACTIVE; /* good or bad, nobody is answered in this mode */
    assert_int_equal(knock(&d), VERDICT_SYMMETRIC);
    assert_int_equal(d.out_len, 0);
    d.bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    d.request.bytes.len = NTP_HEADER_SIZE + FIELD_OF_ID; /* an identifier proves nothing */
    assert_int_equal(knock(&d), VERDICT_UNAUTHENTICATED);
    assert_int_equal(d.out_len, 0);
    door_init(&d, ACCESS_AUTHENTICATE);
    memset(&d.ring, 0, sizeof d.ring);
    assert_int_equal(knock(&d), VERDICT_NTS_NOT_READY);
    assert_int_equal(d.out_len, 0);
}

/* A kiss is sealed like any answer, and a request that is no good gets none, nor NTSN. */
static void kisses(void **state)
{
    enum verdict v = VERDICT_DENIED;
    struct door d;

    (void)state;
    door_init(&d, ACCESS_KISS);
    for (int i = 0; i < TRIES && v != VERDICT_DENY_KISS; i++)
        v = knock(&d);
    assert_int_equal(v, VERDICT_DENY_KISS);
    assert_memory_equal(d.out + NTP_AT_REFID, "DENY", 4);
    assert_good(&d);
    door_init(&d, ACCESS_KISS);
    d.bytes[d.request.bytes.len - 1] ^= 1;
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(knock(&d), VERDICT_DENIED);
        assert_int_equal(d.out_len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(good_and_bad), cmocka_unit_test(silence), cmocka_unit_test(kisses) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
