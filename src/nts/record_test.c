/* Key establishment: messages written and read back, and every way a peer may get them wrong. */
#include "base/test.h"

#include "nts/record.h"

#define BYTES(...) (struct span){ (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) }
#define PROTOCOL 0x80, 1, 0, 2, 0, 0
#define ALGORITHM 0x80, 4, 0, 2, 0, 15
#define GCM_SIV_FIRST 0x80, 4, 0, 4, 0, 30, 0, 15
#define EXPORT 4, 0, 0, 0       /* not critical */
#define ANYTHING 0xffff         /* AEAD 30 where it is to be had, and 15 elsewhere */
#define END 0x80, 0, 0, 0
#define LONGEST (NTS_KE_MESSAGE_MAX - 4) /* a record that fills a message */

/* Whether AES-128-GCM-SIV is to be had: every test can play both machines. */
static bool has_gcm_siv;
size_t __real_crypto_siv_key_size(unsigned aead);
size_t __wrap_crypto_siv_key_size(unsigned aead);

size_t __wrap_crypto_siv_key_size(unsigned aead) { return aead != CRYPTO_AEAD_GCM_SIV_128 ? __real_crypto_siv_key_size(aead) : has_gcm_siv ? 16 : 0; }

static int with_gcm_siv(void **state)
{
    (void)state;
    has_gcm_siv = true;
    return 0;
}

static int without_gcm_siv(void **state)
{
    (void)state;
    has_gcm_siv = false;
    return 0;
}

static uint16_t best(void) { return has_gcm_siv ? 30 : 15; }

static void wishes(void **state)
{
    static const struct { const char *name; uint8_t bytes[40]; uint8_t len; enum nts_ke_error error; bool ntpv4; uint16_t aead; } row[] = {
        { "good", { PROTOCOL, ALGORITHM, END }, 16, NTS_KE_NO_ERROR, true, 15 },
        { "several", { 0x80, 1, 0, 4, 0x12, 0x34, 0, 0, 0, 4, 0, 6, 0, 30, 0, 17, 0, 15, END }, 22, NTS_KE_NO_ERROR, true, 17 },
        { "KE-06 no protocol", { ALGORITHM, END }, 10, NTS_KE_BAD_REQUEST, false, 15 },
        { "KE-06 protocol twice", { PROTOCOL, PROTOCOL, ALGORITHM, END }, 22, NTS_KE_BAD_REQUEST, true, 0 },
        { "KE-06 odd protocol", { 0x80, 1, 0, 3, 0, 0, 0, ALGORITHM, END }, 17, NTS_KE_BAD_REQUEST, true, 0 },
        { "KE-06 empty protocol", { 0x80, 1, 0, 0, ALGORITHM, END }, 14, NTS_KE_BAD_REQUEST, false, 0 },
        { "KE-07 unknown critical", { 0x90, 0, 0, 0, PROTOCOL, ALGORITHM, END }, 20, NTS_KE_UNKNOWN_CRITICAL, false, 0 },
        { "KE-07 unknown", { 0x10, 0, 0, 1, 9, PROTOCOL, ALGORITHM, END }, 21, NTS_KE_NO_ERROR, true, 15 },
        { "KE-09 unknown algorithms", { PROTOCOL, 0x80, 4, 0, 4, 0, 1, 0, 30, END }, 18, NTS_KE_NO_ERROR, true, 0 },
        { "KE-09 algorithm twice", { PROTOCOL, ALGORITHM, ALGORITHM, END }, 22, NTS_KE_BAD_REQUEST, true, 15 },
        { "no algorithm", { PROTOCOL, END }, 10, NTS_KE_BAD_REQUEST, true, 0 },
        { "other protocol", { 0x80, 1, 0, 2, 0x80, 1, END }, 10, NTS_KE_NO_ERROR, false, 0 },
        { "no end", { PROTOCOL, ALGORITHM }, 12, NTS_KE_BAD_REQUEST, true, 15 },
        { "a cookie from a client", { PROTOCOL, ALGORITHM, 0, 5, 0, 1, 1, END }, 21, NTS_KE_BAD_REQUEST, true, 15 },
        { "an end that is not critical", { PROTOCOL, ALGORITHM, 0, 0, 0, 0 }, 16, NTS_KE_BAD_REQUEST, true, 15 },
        { "an end with a body", { PROTOCOL, ALGORITHM, 0x80, 0, 0, 1, 9 }, 17, NTS_KE_BAD_REQUEST, true, 15 },
        { "a protocol that is not critical", { 0, 1, 0, 2, 0, 0, ALGORITHM, END }, 16, NTS_KE_BAD_REQUEST, true, 15 },
        { "odd algorithms", { PROTOCOL, 0x80, 4, 0, 3, 0, 15, 0, END }, 17, NTS_KE_BAD_REQUEST, true, 15 },
        { "AEAD 30 without a word about its keys", { PROTOCOL, GCM_SIV_FIRST, END }, 18, NTS_KE_NO_ERROR, true, 15 },
        { "AEAD 30 with it", { PROTOCOL, GCM_SIV_FIRST, EXPORT, END }, 22, NTS_KE_NO_ERROR, true, ANYTHING },
        { "AEAD 30 with it, said first", { EXPORT, PROTOCOL, GCM_SIV_FIRST, END }, 22, NTS_KE_NO_ERROR, true, ANYTHING },
        { "a word about keys that says more", { PROTOCOL, GCM_SIV_FIRST, 4, 0, 0, 1, 9, END }, 23, NTS_KE_BAD_REQUEST, true, 0 },
        { "wishes for server and port", { PROTOCOL, ALGORITHM, 0, 6, 0, 1, 'x', 0, 7, 0, 2, 0, 123, END }, 27, NTS_KE_NO_ERROR, true, 15 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct nts_ke_wish w = nts_ke_read_wish((struct span){ row[i].bytes, row[i].len });
        uint16_t aead = row[i].aead == ANYTHING ? best() : row[i].aead;

        if (w.error != row[i].error || (w.error == NTS_KE_NO_ERROR && (w.ntpv4 != row[i].ntpv4 || w.aead != aead)))
            fail_msg("%s: error %d, ntpv4 %d, aead %u", row[i].name, w.error, w.ntpv4, w.aead);
    }
}

/* A record that claims too much is told to be wrong at once; one cut short is waited for. */
static void KE_08_whole_or_not(void **state)
{
    (void)state;
    assert_false(nts_ke_is_whole((struct span){ NULL, 0 }));
    assert_false(nts_ke_is_whole(BYTES(PROTOCOL, ALGORITHM)));
    assert_false(nts_ke_is_whole(BYTES(PROTOCOL, 0x80, 0)));
    assert_false(nts_ke_is_whole(BYTES(0x80, 1, 0, 200, 0, 0)));
    assert_true(nts_ke_is_whole(BYTES(PROTOCOL, END)));
    assert_true(nts_ke_is_whole(BYTES(0x80, 1, 0xff, 0xff, 0, 0)));
    assert_false(nts_ke_is_whole(BYTES(0x80, 1, (LONGEST) >> 8, (LONGEST) & 0xff, 0, 0)));
    assert_true(nts_ke_is_whole(BYTES(0x80, 1, (LONGEST + 1) >> 8, (LONGEST + 1) & 0xff, 0, 0)));
    assert_int_equal(nts_ke_read_wish(BYTES(0x80, 1, 0xff, 0xff, 0, 0)).error, NTS_KE_BAD_REQUEST);
}

static size_t answer(uint8_t *out, size_t size, const char *server, uint16_t port)
{
    const struct nts_ke_wish wish = { .error = NTS_KE_NO_ERROR, .ntpv4 = true, .aead = 15 };
    const struct nts_ke_offer offer = { server, port };
    uint8_t cookies[NTS_COOKIES_MAX * 100];

    for (size_t i = 0; i < sizeof cookies; i++)
        cookies[i] = (uint8_t)(i / 100);
    return nts_ke_write_answer(&wish, &offer, cookies, 100, out, size);
}

static void an_answer_is_read_back(void **state)
{
    uint8_t out[2048];
    struct nts_ke_grant g;
    size_t len = answer(out, sizeof out, "ntp.example.org", 1123);

    (void)state;
    assert_true(nts_ke_is_whole((struct span){ out, len }));
    assert_null(nts_ke_read_answer((struct span){ out, len }, &g));
    assert_int_equal(g.aead, 15);
    assert_int_equal(g.ntp_port, 1123);
    assert_string_equal(g.ntp_server, "ntp.example.org");
    assert_int_equal(g.cookie_count, 8);
    assert_int_equal(g.cookie_size, 100);
    assert_int_equal(g.cookie[7][99], 7);
    len = answer(out, sizeof out, "", NTP_PORT);
    assert_null(nts_ke_read_answer((struct span){ out, len }, &g));
    assert_int_equal(g.ntp_port, 0);
    assert_string_equal(g.ntp_server, "");
    for (size_t cut = 0; cut < len; cut++) /* KE-13: one that ends early is none */
        assert_non_null(nts_ke_read_answer((struct span){ out, cut }, &g));
    assert_int_equal(answer(out, 300, "", NTP_PORT), 0);
}

static void our_own_request_is_granted(void **state)
{
    uint8_t out[64];

    (void)state;
    for (int gcm_siv = 0; gcm_siv < 2; gcm_siv++) {
        size_t len = nts_ke_write_request(gcm_siv, out, sizeof out);
        struct nts_ke_wish w = nts_ke_read_wish((struct span){ out, len });

        assert_true(w.error == NTS_KE_NO_ERROR && w.ntpv4);
        assert_int_equal(w.aead, gcm_siv ? best() : 15);
    }
    assert_int_equal(nts_ke_write_request(true, out, 16), 0);
}

static void refusals(void **state)
{
    static const struct { struct nts_ke_wish wish; uint8_t bytes[16]; size_t len; } row[] = {
        { { NTS_KE_BAD_REQUEST, true, 15 }, { 0x80, 2, 0, 2, 0, 1, END }, 10 },
        { { NTS_KE_UNKNOWN_CRITICAL, false, 0 }, { 0x80, 2, 0, 2, 0, 0, END }, 10 },
        { { NTS_KE_NO_ERROR, false, 0 }, { 0x80, 1, 0, 0, END }, 8 },
        { { NTS_KE_NO_ERROR, true, 0 }, { PROTOCOL, 0x80, 4, 0, 0, END }, 14 },
    };
    const struct nts_ke_offer offer = { "", NTP_PORT };
    struct nts_ke_grant g;
    uint8_t out[64];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        assert_int_equal(nts_ke_write_answer(&row[i].wish, &offer, NULL, 0, out, sizeof out), row[i].len);
        assert_memory_equal(out, row[i].bytes, row[i].len);
        assert_non_null(nts_ke_read_answer((struct span){ out, row[i].len }, &g)); /* KE-10 */
    }
}

static const char *read_parts(struct span head, size_t cookies, size_t cookie_size, struct nts_ke_grant *g)
{
    static uint8_t bytes[70000], cookie[60000];
    struct writer w = writer_of(bytes, sizeof bytes);
    static const uint8_t end[] = { END };

    writer_bytes(&w, head.at, head.len);
    for (size_t i = 0; i < cookies; i++) {
        writer_u16(&w, 5);
        writer_u16(&w, (uint16_t)cookie_size);
        writer_bytes(&w, cookie, cookie_size);
    }
    writer_bytes(&w, end, sizeof end);
    assert_false(w.failed);
    return nts_ke_read_answer((struct span){ bytes, writer_len(&w) }, g);
}

/* RFC 8915 section 5.1: NTPv4, the AEAD, and which way the key is for. */
static void keys_are_exported_for_one_way_each(void **state)
{
    static const uint8_t to_server[NTS_KE_CONTEXT_SIZE] = { 0, 0, 1, 2, 0 }, to_client[NTS_KE_CONTEXT_SIZE] = { 0, 0, 1, 2, 1 };
    uint8_t out[NTS_KE_CONTEXT_SIZE];

    (void)state;
    nts_ke_context(0x0102, false, out);
    assert_memory_equal(out, to_server, sizeof out);
    nts_ke_context(0x0102, true, out);
    assert_memory_equal(out, to_client, sizeof out);
}

/* A server that grants AEAD 30 and does not say that it exports keys as RFC 8915 has it is to be asked again without. */
static void keys_exported_in_a_way_of_ones_own(void **state)
{
    const struct nts_ke_wish wish = { .error = NTS_KE_NO_ERROR, .ntpv4 = true, .aead = 30 };
    const struct nts_ke_offer offer = { "", NTP_PORT };
    uint8_t out[2048], cookies[NTS_COOKIES_MAX * 68] = { 0 };
    struct nts_ke_grant g;

    (void)state;
    assert_null(nts_ke_read_answer((struct span){ out, nts_ke_write_answer(&wish, &offer, cookies, 68, out, sizeof out) }, &g));
    assert_true(g.aead == 30 && !g.own_export);
    assert_non_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 2, 0, 30), 1, 68, &g));
    assert_true(g.aead == 30 && g.own_export);
    assert_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 2, 0, 30, EXPORT), 1, 68, &g));
    assert_false(g.own_export);
    assert_non_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 2, 0, 30, 4, 0, 0, 1, 9), 1, 68, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 2, 0, 30), 0, 0, &g));
    assert_false(g.own_export); /* there was nothing to be had either way */
}

static void KE_10_answers_that_are_refused(void **state)
{
    struct nts_ke_grant g;

    (void)state;
    assert_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, 100, &g));
    for (uint8_t code = 0; code < 3; code++)
        assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 2, 0, 2, 0, code), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 3, 0, 2, 0, 0), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 4, 0, 15, 0, 17), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, 0x80, 4, 0, 2, 0, 30), 1, 100, &g));
    assert_non_null(read_parts(BYTES(0x80, 1, 0, 2, 0, 9, ALGORITHM), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, PROTOCOL, ALGORITHM), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x90, 0, 0, 0), 1, 100, &g));
    assert_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x10, 0, 0, 0), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 7, 0, 2, 0, 0), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 6, 0, 2, 'a', '\n'), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 6, 0, 2, 'a', 0x7f), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 6, 0, 0), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 6, 0, 1, 'a', 0x80, 6, 0, 1, 'b'), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0x80, 7, 0, 2, 0, 123, 0x80, 7, 0, 2, 0, 124), 1, 100, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, ALGORITHM), 1, 100, &g));
    assert_non_null(read_parts(BYTES(0x80, 1, 0, 4, 0, 0, 0, 0, ALGORITHM), 1, 100, &g));
    assert_non_null(read_parts(BYTES(ALGORITHM), 1, 100, &g));
}

/* The longest name there is room for, and one byte more. */
static void KE_10_a_servers_name_has_an_end(void **state)
{
    uint8_t head[32 + NTS_KE_SERVER_MAX + 1] = { PROTOCOL, ALGORITHM, 0x80, 6 };
    struct nts_ke_grant g;

    (void)state;
    memset(head + 16, 'a', NTS_KE_SERVER_MAX + 1);
    wire_put16(head + 14, NTS_KE_SERVER_MAX);
    assert_null(read_parts((struct span){ head, 16 + NTS_KE_SERVER_MAX }, 1, 100, &g));
    assert_int_equal(strlen(g.ntp_server), NTS_KE_SERVER_MAX);
    for (unsigned c = 0; c < 256; c++) { /* of what can be printed and is no blank */
        head[16 + 7] = (uint8_t)c;
        assert_int_equal(!read_parts((struct span){ head, 16 + NTS_KE_SERVER_MAX }, 1, 100, &g), c > 0x20 && c < 0x7f);
    }
    head[16 + 7] = 'a';
    wire_put16(head + 14, NTS_KE_SERVER_MAX + 1);
    assert_non_null(read_parts((struct span){ head, 16 + NTS_KE_SERVER_MAX + 1 }, 1, 100, &g));
}

static void KE_11_cookies(void **state)
{
    struct nts_ke_grant g;

    (void)state;
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 0, 0, &g));
    assert_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 100, 100, &g));
    assert_int_equal(g.cookie_count, NTS_COOKIES_MAX);
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, 0, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, 5, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, 60000, &g));
    assert_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, NTS_COOKIE_KEPT_MAX, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM), 1, NTS_COOKIE_KEPT_MAX + 4, &g));
    assert_non_null(read_parts(BYTES(PROTOCOL, ALGORITHM, 0, 5, 0, 4, 1, 2, 3, 4), 1, 100, &g));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(wishes), cmocka_unit_test_setup_teardown(wishes, with_gcm_siv, without_gcm_siv),
                                        cmocka_unit_test(KE_08_whole_or_not), cmocka_unit_test(an_answer_is_read_back),
                                        cmocka_unit_test(our_own_request_is_granted), cmocka_unit_test(refusals),
                                        cmocka_unit_test_setup_teardown(our_own_request_is_granted, with_gcm_siv, without_gcm_siv),
                                        cmocka_unit_test_setup_teardown(keys_exported_in_a_way_of_ones_own, with_gcm_siv, without_gcm_siv),
                                        cmocka_unit_test(keys_are_exported_for_one_way_each),
                                        cmocka_unit_test(KE_10_answers_that_are_refused),
                                        cmocka_unit_test(KE_10_a_servers_name_has_an_end), cmocka_unit_test(KE_11_cookies) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
