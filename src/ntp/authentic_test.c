/* An association whose server has to authenticate: what is not authenticated changes nothing, whatever it says, and does not end the exchange. */
#include "ntp/client_fixture.h"

static struct ntp_header pending(struct fixture *f)
{
    struct ntp_header h;

    fixture_init(f, true);
    f->c.options.authenticated = true;
    ask(f);
    h = answer_header(f, 0);
    f->now.ns += NS_PER_MS;
    return h;
}

static enum verdict deliver_as(struct fixture *f, const struct ntp_header *h, enum verdict authentic, struct ntp_client_reply *r)
{
    uint8_t bytes[NTP_HEADER_SIZE];
    struct ntp_client_input in = input_of(f, bytes, sizeof bytes);

    in.authentic = authentic;
    ntp_header_write(h, bytes);
    return ntp_client_input(&f->c, &in, f->now, r);
}

static void assert_dropped(struct fixture *f, const struct ntp_header *h, enum verdict authentic)
{
    struct ntp_client before = f->c;
    struct ntp_client_reply r;

    assert_int_equal(deliver_as(f, h, authentic, &r), authentic);
    assert_unchanged(&before, &f->c);
    assert_true(r.answered);
    assert_false(r.measured || r.stop);
}

static void assert_still_answerable(struct fixture *f, const struct ntp_header *h)
{
    struct ntp_client_reply r;

    assert_int_equal(deliver_as(f, h, VERDICT_ACCEPTED, &r), VERDICT_ACCEPTED);
    assert_true(r.measured);
}

static void NTPC_22_an_unauthenticated_answer_changes_nothing(void **state)
{
    static const enum verdict why[] = { VERDICT_UNAUTHENTICATED, VERDICT_MAC_WRONG, VERDICT_KEY_UNKNOWN, VERDICT_MAC };
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    for (size_t i = 0; i < sizeof why / sizeof why[0]; i++)
        assert_dropped(&f, &h, why[i]);
    assert_still_answerable(&f, &h);
}

static void NTPC_09_unauthenticated_kisses_are_ignored(void **state)
{
    static const uint32_t codes[] = { NTP_REFID('D', 'E', 'N', 'Y'), NTP_REFID('R', 'S', 'T', 'R'), NTP_REFID('R', 'A', 'T', 'E'),
                                      NTP_REFID('C', 'R', 'Y', 'P') };
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct ntp_header k = h;

        k.stratum = 0;
        k.refid = codes[i];
        assert_dropped(&f, &k, VERDICT_UNAUTHENTICATED);
    }
    assert_still_answerable(&f, &h);
}

/* No demobilisation, no fall back to asking without a key (CVE-2015-7871). */
static void NTPC_23_crypto_nak_is_no_answer(void **state)
{
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    assert_dropped(&f, &h, VERDICT_CRYPTO_NAK);
    assert_still_answerable(&f, &h);
    assert_true(f.c.options.authenticated);
}

static void authenticated_kisses_are_heeded(void **state)
{
    struct ntp_client_reply r;
    struct fixture f;
    struct ntp_header h;

    (void)state;
    pending(&f);
    h = kiss_header(&f, NTP_REFID('D', 'E', 'N', 'Y'));
    assert_int_equal(deliver_as(&f, &h, VERDICT_ACCEPTED, &r), VERDICT_KISS);
    assert_true(r.stop);
}

/* NTPC-03 with a MAC: the answer again proves nothing new. */
static void NTPC_03_a_replayed_answer_is_dropped(void **state)
{
    struct ntp_client_reply r;
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    assert_still_answerable(&f, &h);
    assert_int_equal(deliver_as(&f, &h, VERDICT_ACCEPTED, &r), VERDICT_DUPLICATE);
    ask(&f);
    assert_int_equal(deliver_as(&f, &h, VERDICT_ACCEPTED, &r), VERDICT_BOGUS);
}

/* Whoever cannot name our request learns nothing, not even that we look at MACs. */
static void strangers_come_first(void **state)
{
    struct ntp_client_reply r;
    struct fixture f;
    struct ntp_header h = pending(&f);

    (void)state;
    h.origin.raw ^= 1;
    assert_int_equal(deliver_as(&f, &h, VERDICT_MAC_WRONG, &r), VERDICT_BOGUS);
    assert_false(r.answered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(NTPC_22_an_unauthenticated_answer_changes_nothing), cmocka_unit_test(NTPC_09_unauthenticated_kisses_are_ignored),
        cmocka_unit_test(NTPC_23_crypto_nak_is_no_answer), cmocka_unit_test(authenticated_kisses_are_heeded),
        cmocka_unit_test(NTPC_03_a_replayed_answer_is_dropped), cmocka_unit_test(strangers_come_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
