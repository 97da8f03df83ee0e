/* A client by hand against the server's half: NTS-01 to NTS-10. */
#include "base/test.h"

#include "nts/server.h"

static struct nts_ring *turned_meanwhile; /* a ring that turns until its keys are others, while a cookie is opened */
bool __real_crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x);
bool __wrap_crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x);
bool __real_crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);
bool __wrap_crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out);

static void turn_the_ring(void)
{
    struct prng prng;
    struct rng rng;

    prng_seed(&prng, 12);
    rng = prng_as_rng(&prng);
    for (unsigned i = 0; turned_meanwhile && i < NTS_RING_KEYS; i++)
        nts_ring_turn(turned_meanwhile, &rng);
}

bool __wrap_crypto_siv_open(const struct crypto_siv *s, const struct crypto_siv_text *t, const uint8_t *sealed, size_t len, uint8_t *out)
{
    bool good = __real_crypto_siv_open(s, t, sealed, len, out);

    turn_the_ring();
    return good;
}

bool __wrap_crypto_siv_exchange(const struct crypto_siv *s, const struct crypto_siv_exchange *x)
{
    bool good = __real_crypto_siv_exchange(s, x);

    turn_the_ring();
    return good;
}

struct fixture {
    struct prng prng;
    struct rng rng;
    struct nts_ring ring;
    struct nts_keys keys;
    uint8_t unique_id[64], cookie[NTS_COOKIE_MAX];
    size_t unique_id_len, cookie_len;
    unsigned unique_ids, cookies, authenticators, placeholders;
    size_t placeholder_len;
    struct span inner;           /* sealed in the request */
    uint8_t bytes[2048];
    struct span request;
    uint8_t answer[2048];
    size_t answer_len;
};

static void fixture_init(struct fixture *f, enum crypto_aead aead)
{
    memset(f, 0, sizeof *f);
    prng_seed(&f->prng, 11);
    f->rng = prng_as_rng(&f->prng);
    nts_ring_turn(&f->ring, &f->rng);
    f->keys.aead = (uint16_t)aead;
    f->rng.fill(f->rng.ctx, f->keys.c2s, crypto_siv_key_size(aead));
    f->rng.fill(f->rng.ctx, f->keys.s2c, crypto_siv_key_size(aead));
    f->rng.fill(f->rng.ctx, f->unique_id, sizeof f->unique_id);
    assert_true(nts_cookie_make(&f->ring, &f->keys, &f->rng, f->cookie));
    f->unique_id_len = 32;
    f->cookie_len = f->placeholder_len = nts_cookie_size(aead);
    f->unique_ids = f->cookies = f->authenticators = 1;
}

static void build(struct fixture *f)
{
    static const uint8_t zero[512];
    struct writer w = writer_of(f->bytes, sizeof f->bytes);

    writer_bytes(&w, zero, NTP_HEADER_SIZE);
    f->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
    for (unsigned i = 0; i < f->unique_ids; i++)
        nts_field_write(&w, NTS_UNIQUE_ID, (struct span){ f->unique_id, f->unique_id_len });
    for (unsigned i = 0; i < f->cookies; i++)
        nts_field_write(&w, NTS_COOKIE, (struct span){ f->cookie, f->cookie_len });
    for (unsigned i = 0; i < f->placeholders; i++)
        nts_field_write(&w, NTS_PLACEHOLDER, (struct span){ zero, f->placeholder_len });
    for (unsigned i = 0; i < f->authenticators; i++)
        nts_authenticator_write(&w, f->keys.aead, f->keys.c2s, &f->rng, f->inner);
    assert_false(w.failed);
    f->request = (struct span){ f->bytes, writer_len(&w) };
}

/* Judges what was built, and makes the answer where it is good and there are `size` bytes for it. */
static enum verdict serve_within(struct fixture *f, size_t size, struct nts_session *s)
{
    struct ntp_tail tail;
    enum verdict v = ntp_packet_check(f->request, &tail);

    if (v != VERDICT_ACCEPTED || !nts_is_meant(tail.extensions))
        return v == VERDICT_ACCEPTED ? VERDICT_ANSWERED : v;
    v = nts_server_begin(&f->ring, f->request, tail.extensions, s);
    memset(f->answer, 0, NTP_HEADER_SIZE);
    f->answer[0] = 4 << 3 | NTP_MODE_SERVER;
    return v == VERDICT_ANSWERED ? nts_server_finish(&f->ring, s, &f->rng, f->answer, size, &f->answer_len) : v;
}

static enum verdict serve_built(struct fixture *f)
{
    struct nts_session s;

    return serve_within(f, sizeof f->answer, &s);
}

static enum verdict serve_request(struct fixture *f)
{
    build(f);
    return serve_built(f);
}

/* The answer, opened as the client would; returns how many cookies were in it. */
static unsigned open_answer(const struct fixture *f, uint8_t cookie[NTS_COOKIE_MAX])
{
    const struct span answer = { f->answer, f->answer_len };
    uint8_t plain[1024];
    struct nts_fields fields;
    struct ntp_tail tail;
    struct cursor c;
    struct span body;
    uint16_t type;
    unsigned n = 0;

    assert_int_equal(ntp_packet_check(answer, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_fields_read(answer, tail.extensions, &fields), VERDICT_ACCEPTED);
    assert_int_equal(fields.unique_id.len, f->unique_id_len);
    assert_memory_equal(fields.unique_id.at, f->unique_id, f->unique_id_len);
    assert_true(nts_authenticator_open(&fields, f->keys.aead, f->keys.s2c, plain));
    c = cursor_of((struct span){ plain, fields.sealed.len - CRYPTO_SIV_TAG_SIZE });
    for (; ntp_extension_next(&c, &type, &body); n++) {
        assert_int_equal(type, NTS_COOKIE);
        assert_int_equal(body.len, f->cookie_len);
        memcpy(cookie, body.at, body.len);
    }
    return n;
}

static void NTS_06_answers_are_no_longer_than_requests(void **state)
{
    static const enum crypto_aead aead[] = { CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512, CRYPTO_AEAD_GCM_SIV_128 };
    uint8_t cookie[NTS_COOKIE_MAX];
    struct fixture f;

    (void)state;
    for (unsigned i = 0; i < sizeof aead / sizeof aead[0] && crypto_siv_key_size(aead[i]) > 0; i++)
        for (unsigned n = 0; n <= (aead[i] == CRYPTO_AEAD_SIV_CMAC_512 ? 4 : 8); n++) { /* 8 placeholders of AEAD 17 do not fit into a packet */
            fixture_init(&f, aead[i]);
            f.placeholders = n;
            build(&f);
            if (f.request.len > NTP_PACKET_MAX)
                continue;
            assert_int_equal(serve_built(&f), VERDICT_ANSWERED);
            assert_true(f.answer_len <= f.request.len);
            assert_int_equal(open_answer(&f, cookie), n + 1);
            memcpy(f.cookie, cookie, f.cookie_len); /* the new cookie is as good as the first */
            assert_int_equal(serve_request(&f), VERDICT_ANSWERED);
        }
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.placeholders = 1;
    for (f.placeholder_len = 16; f.placeholder_len < 140; f.placeholder_len += 4)
        assert_int_equal(serve_request(&f), f.placeholder_len == f.cookie_len ? VERDICT_ANSWERED : VERDICT_NTS_FIELDS);
}

static void NTS_01_short_unique_identifiers(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    for (f.unique_id_len = 12; f.unique_id_len < 32; f.unique_id_len += 4)
        assert_int_equal(serve_request(&f), VERDICT_NTS_FIELDS);
    f.unique_id_len = 64;
    assert_int_equal(serve_request(&f), VERDICT_ANSWERED);
    f.unique_id_len = 0;
    assert_int_equal(serve_request(&f), VERDICT_EXTENSION);
}

static void NTS_02_fields_missing_or_twice(void **state)
{
    struct fixture f;

    (void)state;
    for (unsigned n = 0; n <= 2; n++) {
        enum verdict expected = n == 1 ? VERDICT_ANSWERED : VERDICT_NTS_FIELDS;

        fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
        f.unique_ids = n;
        assert_int_equal(serve_request(&f), expected);
        f.unique_ids = 1;
        f.cookies = n;
        assert_int_equal(serve_request(&f), expected);
        f.cookies = 1;
        f.authenticators = n;
        assert_int_equal(serve_request(&f), expected);
    }
}

static void NTS_03_NTS_04_bad_cookies(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    for (size_t bit = 0; bit < 8 * f.cookie_len; bit++) {
        f.cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(serve_request(&f), VERDICT_NTS_NAK);
        f.cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    f.rng.fill(f.rng.ctx, f.cookie, f.cookie_len);
    assert_int_equal(serve_request(&f), VERDICT_NTS_NAK);
    for (f.cookie_len = 12; f.cookie_len < 164; f.cookie_len += 4)
        assert_int_equal(serve_request(&f), VERDICT_NTS_NAK);
    f.cookie_len = 4;
    assert_int_equal(serve_request(&f), VERDICT_EXTENSION);
}

/* A request whose last field before the authenticator is this one. */
static enum verdict serve_with(struct fixture *f, uint16_t type, size_t len)
{
    static const uint8_t zero[64];
    struct writer w = writer_of(f->bytes, sizeof f->bytes);

    f->authenticators = 0;
    build(f);
    writer_take(&w, f->request.len);
    nts_field_write(&w, (enum nts_field)type, (struct span){ zero, len });
    nts_authenticator_write(&w, f->keys.aead, f->keys.c2s, &f->rng, f->inner);
    f->request.len = writer_len(&w);
    return serve_built(f);
}

static void NTS_07_an_authenticator_that_is_none_is_not_passed_over(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    assert_int_equal(serve_with(&f, NTS_AUTHENTICATOR, 40), VERDICT_NTS_FIELDS);
    assert_int_equal(serve_with(&f, 0x2ff4, 40), VERDICT_ANSWERED); /* what nobody knows is */
}

/* What ends within a word is filled up with zeros, and nothing is written behind it. */
static void fields_end_at_whole_words(void **state)
{
    uint8_t bytes[128], text[5] = { 1, 2, 3, 4, 5 }, plain[5];
    struct writer w = writer_of(bytes, sizeof bytes);
    struct nts_fields fields;
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    memset(bytes, 0xff, sizeof bytes);
    nts_field_write(&w, NTS_COOKIE, (struct span){ text, sizeof text });
    assert_int_equal(writer_len(&w), 12);
    assert_memory_equal(bytes + 2, "\0\14\1\2\3\4\5\0\0\0\xff", 11);
    memset(bytes, 0xff, sizeof bytes);
    w = writer_of(bytes, sizeof bytes);
    nts_authenticator_write(&w, f.keys.aead, f.keys.c2s, &f.rng, (struct span){ text, sizeof text });
    assert_int_equal(writer_len(&w), 4 + 4 + 16 + 24);
    assert_memory_equal(bytes + writer_len(&w) - 3, "\0\0\0\xff", 4);
    assert_int_equal(nts_fields_read((struct span){ bytes, 48 }, (struct span){ bytes, 48 }, &fields), VERDICT_ACCEPTED);
    assert_true(nts_authenticator_open(&fields, f.keys.aead, f.keys.c2s, plain));
    assert_memory_equal(plain, text, sizeof text);
}

static void NTS_05_the_ring_turns(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    for (unsigned turn = 1; turn <= NTS_RING_KEYS; turn++) {
        nts_ring_turn(&f.ring, &f.rng);
        assert_int_equal(serve_request(&f), turn < NTS_RING_KEYS ? VERDICT_ANSWERED : VERDICT_NTS_NAK);
    }
}

static void NTS_03_a_nak_carries_the_identifier_alone(void **state)
{
    struct fixture f;
    struct nts_session s;
    uint8_t answer[256] = { 4 << 3 | NTP_MODE_SERVER };
    struct nts_fields fields;
    struct ntp_tail tail;
    size_t len;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.cookie[50] ^= 1;
    build(&f);
    assert_int_equal(serve_within(&f, sizeof f.answer, &s), VERDICT_NTS_NAK);
    len = nts_server_nak(&s, answer, sizeof answer);
    assert_true(len > 0 && len <= f.request.len);
    assert_int_equal(nts_server_nak(&s, answer, len - 1), 0);
    assert_int_equal(ntp_packet_check((struct span){ answer, len }, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_fields_read((struct span){ answer, len }, tail.extensions, &fields), VERDICT_ACCEPTED);
    assert_memory_equal(fields.unique_id.at, f.unique_id, 32);
    assert_int_equal(fields.nonce.len + fields.cookie.len, 0);
}

static void NTS_07_lengths_inside_the_authenticator(void **state)
{
    static const struct { uint16_t nonce, sealed; enum verdict verdict; } row[] = {
        { 16, 16, VERDICT_ANSWERED }, { 0, 16, VERDICT_NTS_FIELDS },  { 65535, 16, VERDICT_NTS_FIELDS }, { 16, 0, VERDICT_NTS_FIELDS },
        { 16, 15, VERDICT_NTS_FIELDS }, { 16, 17, VERDICT_NTS_FIELDS }, { 16, 65535, VERDICT_NTS_FIELDS }, { 1, 16, VERDICT_NTS_NAK },
    };
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t *lengths;

        build(&f);
        lengths = f.bytes + f.request.len - nts_authenticator_size(f.keys.aead, 0) + NTS_FIELD_HEADER;
        wire_put16(lengths, row[i].nonce);
        wire_put16(lengths + 2, row[i].sealed);
        assert_int_equal(serve_built(&f), row[i].verdict);
    }
}

/* The client's choice. With one that is shorter than ours the answer would be longer than the request. */
static void NTS_07_nonces_of_every_length(void **state)
{
    struct fixture f;

    (void)state;
    for (size_t n = 1; n <= 700; n++) {
        size_t before, after = (n + 3) / 4 * 4 + CRYPTO_SIV_TAG_SIZE;
        uint8_t *at;

        fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
        f.authenticators = 0;
        build(&f);
        before = f.request.len;
        at = f.bytes + before;
        nts_field_header(NTS_AUTHENTICATOR, 4 + after, at);
        wire_put16(at + 4, (uint16_t)n);
        wire_put16(at + 6, CRYPTO_SIV_TAG_SIZE);
        memset(at + 8, 0, after);
        f.rng.fill(f.rng.ctx, at + 8, n);
        crypto_siv_seal_once(CRYPTO_AEAD_SIV_CMAC_256, f.keys.c2s, &(struct crypto_siv_text){ at + 8, f.bytes, n, before }, NULL, 0,
                             at + 8 + after - CRYPTO_SIV_TAG_SIZE);
        f.request.len = before + 8 + after;
        assert_int_equal(serve_built(&f), n > 12 ? VERDICT_ANSWERED : VERDICT_AMPLIFY);
        at[8 + n - 1] ^= 1;
        assert_int_equal(serve_built(&f), n > 12 ? VERDICT_NTS_NAK : VERDICT_AMPLIFY);
    }
}

static void NTS_08_every_bit_of_the_request_counts(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.placeholders = 1;          /* without it another length of the first field makes a packet that has nothing to do with NTS */
    build(&f);
    for (size_t bit = 8 * (f.request.len - 32); bit < 8 * f.request.len; bit++) { /* nonce and tag */
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(serve_built(&f), VERDICT_NTS_NAK);
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 8; bit < 8 * (NTP_HEADER_SIZE + 36); bit++) {
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(serve_built(&f), VERDICT_ANSWERED);
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(serve_built(&f), VERDICT_ANSWERED);
}

/* What is judged and sealed at once is as it is one after the other: of another algorithm, with more cookies than one, or by a key that is no longer the
 * newest. */
static void NTS_08_at_once(void **state)
{
    static const enum crypto_aead aead[] = { CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512 };
    uint8_t cookie[NTS_COOKIE_MAX];
    struct nts_session s;
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        fixture_init(&f, aead[i % 2]);
        f.placeholders = i / 2 == 1 ? 2 : 0;
        if (i / 2 == 2)
            nts_ring_turn(&f.ring, &f.rng);
        assert_int_equal(serve_request(&f), VERDICT_ANSWERED);
        assert_int_equal(f.answer_len, f.request.len);
        assert_int_equal(open_answer(&f, cookie), 1 + f.placeholders);
        assert_int_equal(cookie[0], (uint8_t)f.ring.newest);
        assert_int_equal(serve_within(&f, f.request.len - 1, &s), VERDICT_AMPLIFY);
        for (size_t bit = 8 * (f.request.len - 32); bit < 8 * f.request.len; bit++) {
            f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(serve_built(&f), VERDICT_NTS_NAK);
            f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void NTS_09_fields_behind_the_authenticator_are_ignored(void **state)
{
    uint8_t cookie[NTS_COOKIE_MAX];
    struct fixture f;
    struct writer w;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    build(&f);
    w = writer_of(f.bytes + f.request.len, 512);
    nts_field_write(&w, NTS_COOKIE, (struct span){ f.cookie, f.cookie_len });
    nts_field_write(&w, NTS_PLACEHOLDER, (struct span){ f.cookie, f.cookie_len });
    f.request.len += writer_len(&w);
    assert_int_equal(serve_built(&f), VERDICT_ANSWERED);
    assert_int_equal(open_answer(&f, cookie), 1);
}

static void NTS_10_sealed_fields_of_wrong_length(void **state)
{
    static const uint8_t good[16] = { 0x7f, 0, 0, 16 }, none[16] = { 0x7f, 0, 0, 0 }, far[16] = { 0x7f, 0, 0, 20 };
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.inner = (struct span){ good, sizeof good };
    assert_int_equal(serve_request(&f), VERDICT_ANSWERED);
    f.inner = (struct span){ none, sizeof none };
    assert_int_equal(serve_request(&f), VERDICT_NTS_FIELDS);
    f.inner = (struct span){ far, sizeof far };
    assert_int_equal(serve_request(&f), VERDICT_NTS_FIELDS);
}

/* Fields of other protocols are no reason to look for keys. */
static void a_request_without_fields_of_nts_is_not_meant(void **state)
{
    struct ntp_tail tail;
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.cookies = f.authenticators = 0;
    build(&f);
    assert_int_equal(ntp_packet_check(f.request, &tail), VERDICT_ACCEPTED);
    assert_false(nts_is_meant(tail.extensions));
}

static void placeholders_are_of_one_length(void **state)
{
    static const uint8_t zero[512];
    struct fixture f;
    struct writer w;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    f.authenticators = 0;
    f.placeholders = 1;
    build(&f);
    w = writer_of(f.bytes, sizeof f.bytes);
    writer_take(&w, f.request.len);
    nts_field_write(&w, NTS_PLACEHOLDER, (struct span){ zero, f.cookie_len + 4 });
    nts_authenticator_write(&w, f.keys.aead, f.keys.c2s, &f.rng, f.inner);
    f.request.len = writer_len(&w);
    assert_int_equal(serve_built(&f), VERDICT_NTS_FIELDS);
}

static void NTS_14_our_answer_is_no_request(void **state)
{
    struct nts_fields fields;
    struct ntp_tail tail;
    struct fixture f;
    uint8_t plain[1024];
    struct span answer;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    assert_int_equal(serve_request(&f), VERDICT_ANSWERED);
    answer = (struct span){ f.answer, f.answer_len };
    assert_int_equal(ntp_packet_check(answer, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_fields_read(answer, tail.extensions, &fields), VERDICT_ACCEPTED);
    assert_false(nts_authenticator_open(&fields, f.keys.aead, f.keys.c2s, plain));
}

static void without_a_key_nothing_is_made(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    memset(&f.ring, 0, sizeof f.ring);
    assert_false(nts_cookie_make(&f.ring, &f.keys, &f.rng, f.cookie));
    assert_int_equal(serve_request(&f), VERDICT_NTS_NOT_READY);
    memset(f.cookie, 0, sizeof f.cookie);
    assert_int_equal(serve_request(&f), VERDICT_NTS_NOT_READY);
}

static bool are_wiped(const struct nts_keys *k)
{
    static const struct nts_keys none;

    return memcmp(k, &none, sizeof none) == 0;
}

static bool open_cookie(const struct fixture *f, size_t len, struct nts_keys *keys)
{
    struct nts_cookie c;

    return nts_cookie_look(&f->ring, (struct span){ f->cookie, len }, &c) && nts_cookie_open(&c, keys);
}

/* Numbers go up one by one, and 0 is none of them: it means that there is no key. */
static void keys_are_counted_and_looked_up_by_number(void **state)
{
    struct nts_cookie c;
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    assert_int_equal(f.ring.newest, 1);
    assert_true(nts_cookie_look(&f.ring, (struct span){ f.cookie, f.cookie_len }, &c));
    assert_int_equal(c.number, 1);
    assert_false(nts_cookie_look(&f.ring, (struct span){ f.cookie, f.cookie_len - 4 }, &c));
    f.cookie[0] += NTS_RING_KEYS; /* in the same place, another key */
    assert_false(nts_cookie_look(&f.ring, (struct span){ f.cookie, f.cookie_len }, &c));
    nts_ring_turn(&f.ring, &f.rng);
    assert_int_equal(f.ring.newest, 2);
    f.ring.newest = UINT32_MAX;
    nts_ring_turn(&f.ring, &f.rng);
    assert_int_equal(f.ring.newest, 1);
}

static void a_cookie_is_opened_by_itself(void **state)
{
    struct nts_keys keys;
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    assert_true(open_cookie(&f, f.cookie_len, &keys));
    assert_memory_equal(&keys, &f.keys, sizeof keys);
    assert_false(open_cookie(&f, f.cookie_len - 1, &keys));
    f.cookie[50] ^= 1;
    assert_false(open_cookie(&f, f.cookie_len, &keys));
    assert_true(are_wiped(&keys));
}

/* Keys read while they become others are none, whatever the seal said. */
static void a_key_that_goes_while_it_opens_opens_nothing(void **state)
{
    struct nts_keys keys;
    struct fixture f;
    bool opened;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    turned_meanwhile = &f.ring;
    opened = open_cookie(&f, f.cookie_len, &keys);
    turned_meanwhile = NULL;
    assert_false(opened);
    assert_true(are_wiped(&keys));
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    build(&f);
    turned_meanwhile = &f.ring;
    opened = serve_built(&f) == VERDICT_ANSWERED;
    turned_meanwhile = NULL;
    assert_false(opened);
}

/* By a cookie of a key that is not the newest, when nothing is there to seal another with. */
static void no_answer_without_a_key(void **state)
{
    struct nts_session s;
    struct ntp_tail tail;
    struct fixture f;

    (void)state;
    fixture_init(&f, CRYPTO_AEAD_SIV_CMAC_256);
    build(&f);
    assert_int_equal(ntp_packet_check(f.request, &tail), VERDICT_ACCEPTED);
    assert_int_equal(nts_server_begin(&f.ring, f.request, tail.extensions, &s), VERDICT_ANSWERED);
    f.ring.newest = 0; /* as long as a ring that was kept is being filled */
    assert_int_equal(nts_server_finish(&f.ring, &s, &f.rng, f.answer, sizeof f.answer, &f.answer_len), VERDICT_AMPLIFY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(NTS_06_answers_are_no_longer_than_requests), cmocka_unit_test(NTS_01_short_unique_identifiers),
        cmocka_unit_test(NTS_02_fields_missing_or_twice), cmocka_unit_test(NTS_03_NTS_04_bad_cookies), cmocka_unit_test(NTS_05_the_ring_turns),
        cmocka_unit_test(NTS_07_an_authenticator_that_is_none_is_not_passed_over), cmocka_unit_test(fields_end_at_whole_words),
        cmocka_unit_test(NTS_03_a_nak_carries_the_identifier_alone), cmocka_unit_test(NTS_07_lengths_inside_the_authenticator),
        cmocka_unit_test(NTS_07_nonces_of_every_length),
        cmocka_unit_test(NTS_08_every_bit_of_the_request_counts), cmocka_unit_test(NTS_08_at_once),
        cmocka_unit_test(NTS_09_fields_behind_the_authenticator_are_ignored),
        cmocka_unit_test(NTS_10_sealed_fields_of_wrong_length), cmocka_unit_test(NTS_14_our_answer_is_no_request),
        cmocka_unit_test(without_a_key_nothing_is_made), cmocka_unit_test(a_request_without_fields_of_nts_is_not_meant),
        cmocka_unit_test(placeholders_are_of_one_length),
        cmocka_unit_test(keys_are_counted_and_looked_up_by_number),
        cmocka_unit_test(a_cookie_is_opened_by_itself), cmocka_unit_test(a_key_that_goes_while_it_opens_opens_nothing),
        cmocka_unit_test(no_answer_without_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
