/* A client against the server's half: cookies come and go, forged answers change nothing. NTS-11 to NTS-16. */
#include "base/test.h"

#include "nts/client.h"
#include "nts/server.h"

struct fixture {
    struct prng prng;
    struct rng rng;
    struct nts_ring ring;
    struct nts_client c;
    uint8_t request[NTP_PACKET_MAX], answer[2048];
    size_t request_len, answer_len;
};

static void establish(struct fixture *f)
{
    struct nts_ke_grant grant = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .cookie_count = NTS_COOKIES_MAX,
                                  .cookie_size = (uint16_t)nts_cookie_size(CRYPTO_AEAD_SIV_CMAC_256) };
    struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256 };

    f->rng.fill(f->rng.ctx, keys.c2s, 32);
    f->rng.fill(f->rng.ctx, keys.s2c, 32);
    for (unsigned i = 0; i < NTS_COOKIES_MAX; i++)
        assert_true(nts_cookie_make(&f->ring, &keys, &f->rng, grant.cookie[i]));
    nts_client_take(&f->c, &keys, &grant);
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    prng_seed(&f->prng, 3);
    f->rng = prng_as_rng(&f->prng);
    nts_ring_turn(&f->ring, &f->rng);
    nts_client_init(&f->c);
    assert_false(nts_client_is_ready(&f->c));
    establish(f);
}

static void ask(struct fixture *f)
{
    memset(f->request, 0, NTP_HEADER_SIZE);
    f->request[0] = 4 << 3 | NTP_MODE_CLIENT;
    f->request_len = nts_client_seal(&f->c, &f->rng, f->request);
    assert_true(f->request_len <= NTP_PACKET_MAX);
}

/* The server's answer to the last request, or its NTSN. */
static enum verdict answer(struct fixture *f)
{
    const struct span request = { f->request, f->request_len };
    struct nts_session s;
    struct ntp_tail tail;
    enum verdict v;

    assert_int_equal(ntp_packet_check(request, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_server_begin(&f->ring, request, tail.extensions, &s), VERDICT_ANSWERED);
    memset(f->answer, 0, NTP_HEADER_SIZE);
    f->answer[0] = 4 << 3 | NTP_MODE_SERVER;
    v = nts_server_finish(&f->ring, &s, &f->rng, f->answer, sizeof f->answer, &f->answer_len);
    if (v == VERDICT_NTS_NAK) {
        memcpy(f->answer + NTP_AT_REFID, "NTSN", 4);
        f->answer_len = nts_server_nak(&s, f->answer, sizeof f->answer);
    }
    return v;
}

/* An association whose first request was answered. */
static void fixture_answered(struct fixture *f)
{
    fixture_init(f);
    ask(f);
    assert_int_equal(answer(f), VERDICT_ANSWERED);
}

static enum verdict open_it(struct fixture *f, struct nts_fresh *fresh)
{
    struct nts_client before = f->c;
    enum verdict v = nts_client_open(&f->c, (struct span){ f->answer, f->answer_len }, fresh);

    assert_memory_equal(&before, &f->c, sizeof before);
    return v;
}

static void exchange(struct fixture *f)
{
    struct nts_fresh fresh;

    ask(f);
    assert_int_equal(answer(f), VERDICT_ANSWERED);
    assert_int_equal(open_it(f, &fresh), VERDICT_ACCEPTED);
    nts_client_accept(&f->c, &fresh);
}

static void cookies_are_kept_at_eight(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (int i = 0; i < 20; i++) {
        exchange(&f);
        assert_int_equal(f.c.cookie_count, NTS_COOKIES_MAX);
    }
    for (int i = 0; i < 5; i++)
        ask(&f); /* lost */
    assert_int_equal(f.c.cookie_count, 3);
    exchange(&f);
    assert_int_equal(f.c.cookie_count, NTS_COOKIES_MAX);
    for (int i = 0; i < NTS_COOKIES_MAX; i++) {
        assert_true(nts_client_is_ready(&f.c));
        ask(&f);
    }
    assert_false(nts_client_is_ready(&f.c));
}

static unsigned placeholders_in_request(struct fixture *f)
{
    struct span request = { f->request, 0 };
    struct nts_fields fields;
    struct ntp_tail tail;

    ask(f);
    request.len = f->request_len;
    assert_int_equal(ntp_packet_check(request, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_fields_read(request, tail.extensions, &fields), VERDICT_ACCEPTED);
    return fields.placeholders;
}

/* All that are missing of our own server's cookies; of the largest, two besides the one that is spent. */
static void what_is_missing_is_asked_for_as_far_as_it_fits(void **state)
{
    struct nts_ke_grant large = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .cookie_count = NTS_COOKIES_MAX, .cookie_size = NTS_COOKIE_KEPT_MAX };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (unsigned lost = 0; lost < NTS_COOKIES_MAX; lost++)
        assert_int_equal(placeholders_in_request(&f), lost);
    nts_client_take(&f.c, &(struct nts_keys){ .aead = CRYPTO_AEAD_SIV_CMAC_256 }, &large);
    for (unsigned lost = 0; lost < NTS_COOKIES_MAX; lost++)
        assert_int_equal(placeholders_in_request(&f), lost < 2 ? lost : 2);
}

static void no_cookie_is_used_twice(void **state)
{
    uint8_t seen[40][88];
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (int i = 0; i < 40; i++) {
        struct nts_fields fields;
        struct ntp_tail tail;

        exchange(&f);
        ntp_packet_check((struct span){ f.request, f.request_len }, &tail);
        nts_fields_read((struct span){ f.request, f.request_len }, tail.extensions, &fields);
        memcpy(seen[i], fields.cookie.at, sizeof seen[i]);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], sizeof seen[i]);
    }
}

static void NTS_11_the_answer_to_another_request(void **state)
{
    struct nts_fresh fresh;
    uint8_t old[2048];
    struct fixture f;
    size_t old_len;

    (void)state;
    fixture_answered(&f);
    memcpy(old, f.answer, f.answer_len);
    old_len = f.answer_len;
    ask(&f);
    assert_int_equal(nts_client_open(&f.c, (struct span){ old, old_len }, &fresh), VERDICT_UNAUTHENTICATED);
    assert_int_equal(answer(&f), VERDICT_ANSWERED);
    assert_int_equal(open_it(&f, &fresh), VERDICT_ACCEPTED);
    nts_client_accept(&f.c, &fresh);
    assert_int_equal(open_it(&f, &fresh), VERDICT_UNAUTHENTICATED); /* the same again: its cookies are not taken twice */
}

static void NTS_12_a_plain_answer(void **state)
{
    struct nts_fresh fresh;
    struct fixture f;

    (void)state;
    fixture_answered(&f);
    f.answer_len = NTP_HEADER_SIZE;
    assert_int_equal(open_it(&f, &fresh), VERDICT_UNAUTHENTICATED);
    f.answer_len = NTP_HEADER_SIZE + NTS_FIELD_HEADER + NTS_UNIQUE_ID_MIN; /* with the identifier, but without a seal */
    answer(&f);
    f.answer_len = NTP_HEADER_SIZE + NTS_FIELD_HEADER + NTS_UNIQUE_ID_MIN;
    f.answer[NTP_AT_STRATUM] = 1;
    assert_int_equal(open_it(&f, &fresh), VERDICT_UNAUTHENTICATED);
}

static void every_bit_of_the_answer_counts(void **state)
{
    struct nts_fresh fresh;
    struct fixture f;

    (void)state;
    fixture_answered(&f);
    for (size_t bit = 8; bit < 8 * f.answer_len; bit++) {
        f.answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(open_it(&f, &fresh), VERDICT_ACCEPTED);
        f.answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(open_it(&f, &fresh), VERDICT_ACCEPTED);
}

static void NTS_13_NTS_16_kisses(void **state)
{
    struct nts_fresh fresh;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    ask(&f);
    for (unsigned i = 0; i < NTS_RING_KEYS; i++)
        nts_ring_turn(&f.ring, &f.rng);
    assert_int_equal(answer(&f), VERDICT_NTS_NAK);
    assert_int_equal(open_it(&f, &fresh), VERDICT_NTS_NAK);
    memcpy(f.answer + NTP_AT_REFID, "DENY", 4);
    assert_int_equal(open_it(&f, &fresh), VERDICT_UNAUTHENTICATED);
    memcpy(f.answer + NTP_AT_REFID, "NTSN", 4);
    f.answer[NTP_HEADER_SIZE + NTS_FIELD_HEADER] ^= 1;
    assert_int_equal(open_it(&f, &fresh), VERDICT_UNAUTHENTICATED);
    assert_true(nts_client_is_ready(&f.c));
    nts_client_refuse(&f.c);
    assert_false(nts_client_is_ready(&f.c));
    establish(&f);
    exchange(&f);
}

static void NTS_14_our_request_reflected(void **state)
{
    struct nts_fresh fresh;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    ask(&f);
    memcpy(f.answer, f.request, f.request_len);
    f.answer_len = f.request_len;
    f.answer[0] = 4 << 3 | NTP_MODE_SERVER;
    assert_int_equal(open_it(&f, &fresh), VERDICT_MAC_WRONG);
}

/* The server's answer with those bytes sealed inside. */
static void answer_with(struct fixture *f, struct span plain)
{
    struct nts_fields asked;
    struct ntp_tail tail;
    struct writer w = writer_of(f->answer, sizeof f->answer);

    ntp_packet_check((struct span){ f->request, f->request_len }, &tail);
    nts_fields_read((struct span){ f->request, f->request_len }, tail.extensions, &asked);
    memset(writer_take(&w, NTP_HEADER_SIZE), 0, NTP_HEADER_SIZE);
    f->answer[0] = 4 << 3 | NTP_MODE_SERVER;
    nts_field_write(&w, NTS_UNIQUE_ID, asked.unique_id);
    nts_authenticator_write(&w, f->c.keys.aead, f->c.keys.s2c, &f->rng, plain);
    f->answer_len = writer_len(&w);
}

/* Of what the server sealed, cookies of the size we know are taken, up to eight; a list that is none is refused. */
static void sealed_fields_of_every_kind(void **state)
{
    static const struct { uint16_t type; size_t len; unsigned fields, taken; } rows[] = {
        { NTS_COOKIE, 64, 1, 1 }, { NTS_COOKIE, 64, 8, 8 }, { NTS_COOKIE, 64, 9, 8 }, { NTS_COOKIE, 60, 1, 0 }, { NTS_COOKIE, 68, 1, 0 },
        { 0x7f00, 64, 1, 0 }, { NTS_COOKIE, 64, 0, 0 },
    };
    static const uint8_t bytes[68], longer[16] = { 2, 4, 0, 20 };
    struct nts_fresh fresh;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    ask(&f);
    f.c.cookie_size = 64; /* so that nine of them fit into a packet */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t plain[1024];
        struct writer w = writer_of(plain, sizeof plain);

        for (unsigned n = 0; n < rows[i].fields; n++)
            nts_field_write(&w, (enum nts_field)rows[i].type, (struct span){ bytes, rows[i].len });
        answer_with(&f, (struct span){ plain, writer_len(&w) });
        assert_int_equal(open_it(&f, &fresh), VERDICT_ACCEPTED);
        assert_int_equal(fresh.count, rows[i].taken);
    }
    answer_with(&f, (struct span){ longer, sizeof longer });
    assert_int_equal(open_it(&f, &fresh), VERDICT_NTS_FIELDS);
}

static void NTS_15_many_cookies_or_none(void **state)
{
    struct nts_fresh fresh = { .count = NTS_COOKIES_MAX };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    ask(&f);
    nts_client_accept(&f.c, &fresh);
    assert_int_equal(f.c.cookie_count, NTS_COOKIES_MAX);
    ask(&f);
    fresh.count = 0;
    nts_client_accept(&f.c, &fresh);
    assert_int_equal(f.c.cookie_count, NTS_COOKIES_MAX - 1);
    assert_true(nts_client_is_ready(&f.c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_are_kept_at_eight), cmocka_unit_test(what_is_missing_is_asked_for_as_far_as_it_fits),
        cmocka_unit_test(no_cookie_is_used_twice), cmocka_unit_test(NTS_11_the_answer_to_another_request),
        cmocka_unit_test(NTS_12_a_plain_answer), cmocka_unit_test(every_bit_of_the_answer_counts), cmocka_unit_test(NTS_13_NTS_16_kisses),
        cmocka_unit_test(NTS_14_our_request_reflected), cmocka_unit_test(NTS_15_many_cookies_or_none),
        cmocka_unit_test(sealed_fields_of_every_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
