/* TLS as NTS wants it: which certificates, keys and lists are taken, who believes whom, and what both sides export. */
#include "base/test_folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "ke/tls.h"
#include "ke/trust.h"

#define DAY_S 86400L

static bool no_context;
SSL_CTX *__real_SSL_CTX_new(const SSL_METHOD *method);
SSL_CTX *__wrap_SSL_CTX_new(const SSL_METHOD *method);

SSL_CTX *__wrap_SSL_CTX_new(const SSL_METHOD *method) { return no_context ? NULL : __real_SSL_CTX_new(method); }

/* -- certificates of every kind, made here ------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
    static char path[16][96]; /* as many as are in use at one time */
    static unsigned turn;

    turn = (turn + 1) % 16;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static FILE *file(const char *name)
{
    FILE *f = fopen(path_of(name), "w");

    assert_non_null(f);
    return f;
}

/* NAME.crt signs itself and holds for localhost from `from` days to `until` days from now; NAME.key is its key. */
static void make_pair(const char *name, EVP_PKEY *key, long from, long until)
{
    const int kind = EVP_PKEY_get_base_id(key);
    const EVP_MD *digest = kind == EVP_PKEY_EC || kind == EVP_PKEY_RSA ? EVP_sha256() : NULL;
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    char at[64];
    FILE *f;

    assert_non_null(key);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_time_adj_ex(X509_getm_notBefore(x), (int)from, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(x), (int)until, 0, NULL);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, digest) > 0);
    snprintf(at, sizeof at, "%s.crt", name);
    f = file(at);
    PEM_write_X509(f, x);
    fclose(f);
    snprintf(at, sizeof at, "%s.key", name);
    f = file(at);
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    assert_int_equal(chmod(path_of(at), 0600), 0);
    X509_free(x);
    EVP_PKEY_free(key);
}

static int begin(void **state)
{
    (void)state;
    if (folder_make("", NULL, 0) != 0)
        return -1;
    make_pair("p256", EVP_EC_gen("P-256"), -1, 90);
    make_pair("p384", EVP_EC_gen("P-384"), -1, 90);
    make_pair("p521", EVP_EC_gen("P-521"), -1, 90);
    make_pair("rsa", EVP_RSA_gen(2048), -1, 90);
    make_pair("ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), -1, 90);
    make_pair("ed448", EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), -1, 90);
    make_pair("later", EVP_EC_gen("P-256"), 10, 90);
    make_pair("forever", EVP_EC_gen("P-256"), -1, 2000000); /* longer than nanoseconds can say */
    fclose(file("empty"));
    return 0;
}

/* -- contexts ---------------------------------------------------------------------------------------------------------------- */

static SSL_CTX *server_of(const char *name, const struct ke_guests *guests, const char **wrong)
{
    char certificate[32], key[32];

    snprintf(certificate, sizeof certificate, "%s.crt", name);
    snprintf(key, sizeof key, "%s.key", name);
    return ke_tls_server(path_of(certificate), path_of(key), guests, wrong);
}

static void every_kind_of_key_serves(void **state)
{
    static const char *const names[] = { "p256", "p384", "p521", "rsa", "ed25519", "ed448" };
    const char *wrong;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SSL_CTX *ctx = server_of(names[i], NULL, &wrong);

        if (!ctx)
            fail_msg("%s: %s", names[i], wrong);
        assert_null(wrong);
        SSL_CTX_free(ctx);
    }
}

static void a_pair_that_is_none_is_refused(void **state)
{
    static const struct { const char *certificate, *key, *words; } rows[] = {
        { "none.crt", "p256.key", "its certificate is not there" }, { "empty", "p256.key", "its certificate is none in PEM" },
        { "p256.crt", "none.key", "does not exist" },                 { "p256.crt", "p384.key", "it is not the key of the certificate" },
        { "p256.crt", "p256.crt", "chmod 600" },                      { "p256.crt", "secret", "it holds no private key in PEM" },
    };
    const char *wrong;

    (void)state;
    fclose(file("secret"));
    assert_int_equal(chmod(path_of("secret"), 0600), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_null(ke_tls_server(path_of(rows[i].certificate), path_of(rows[i].key), NULL, &wrong));
        if (!strstr(wrong, rows[i].words))
            fail_msg("%s, %s: %s", rows[i].certificate, rows[i].key, wrong);
    }
}

static void who_may_come_is_read_from_files(void **state)
{
    struct ke_guests guests = { path_of("p256.crt"), "" };
    const char *wrong;
    SSL_CTX *ctx = server_of("p256", &guests, &wrong);

    (void)state;
    assert_non_null(ctx);
    SSL_CTX_free(ctx);
    guests.revoked = path_of("empty");
    assert_null(server_of("p256", &guests, &wrong));
    assert_string_equal(wrong, "nts.revoked_certificates cannot be read");
    guests.authorities = path_of("none");
    assert_null(server_of("p256", &guests, &wrong));
    assert_string_equal(wrong, "nts.client_authorities cannot be read");
    guests.authorities = path_of("empty");
    assert_null(server_of("p256", &guests, &wrong));
}

int __real_stat(const char *path, struct stat *out);
int __wrap_stat(const char *path, struct stat *out);

static bool another_took_its_place;

int __wrap_stat(const char *path, struct stat *out)
{
    int r = __real_stat(path, out);

    if (another_took_its_place)
        out->st_mode = (out->st_mode & ~(mode_t)S_IFMT) | S_IFREG;
    return r;
}

/* Nobody writes to it: who waited for that would wait for ever, also where it has just taken a file's place. */
static void KE_15_a_pipe_is_no_file(void **state)
{
    struct ke_guests guests = { path_of("pipe"), "" };
    struct ke_trust trust = { .pin = "" };
    const char *wrong;

    (void)state;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    alarm(20);
    assert_null(ke_tls_server(path_of("pipe"), path_of("p256.key"), NULL, &wrong));
    another_took_its_place = true;
    assert_null(ke_tls_server(path_of("pipe"), path_of("p256.key"), NULL, &wrong));
    assert_null(server_of("p256", &guests, &wrong));
    guests = (struct ke_guests){ path_of("p256.crt"), path_of("pipe") };
    assert_null(server_of("p256", &guests, &wrong));
    snprintf(trust.authorities, sizeof trust.authorities, "%s", path_of("pipe"));
    assert_null(ke_tls_client(&trust, &wrong));
    another_took_its_place = false;
    alarm(0);
}

static void trust_name(char field[OPTION_TEXT_MAX], const char *name) { snprintf(field, OPTION_TEXT_MAX, "%s", path_of(name)); }

static void whom_a_client_believes_is_read_from_files(void **state)
{
    struct ke_trust trust = { .pin = "" };
    const char *wrong;
    SSL_CTX *ctx = ke_tls_client(&trust, &wrong); /* whom the system trusts */

    (void)state;
    assert_non_null(ctx);
    SSL_CTX_free(ctx);
    trust_name(trust.revoked, "none");
    assert_null(ke_tls_client(&trust, &wrong));
    assert_string_equal(wrong, "nts.revoked_certificates cannot be read");
    trust_name(trust.authorities, "none");
    assert_null(ke_tls_client(&trust, &wrong));
    assert_true(strncmp(wrong, "nts.trusted_certificates", 24) == 0);
    memset(&trust, 0, sizeof trust);
    trust_name(trust.certificate, "p256.crt");
    trust_name(trust.private_key, "p384.key");
    assert_null(ke_tls_client(&trust, &wrong));
    trust_name(trust.private_key, "p256.key");
    ctx = ke_tls_client(&trust, &wrong);
    assert_non_null(ctx);
    SSL_CTX_free(ctx);
}

static void without_memory_there_is_no_tls(void **state)
{
    const struct ke_trust trust = { .pin = "" };
    const char *wrong;

    (void)state;
    no_context = true;
    assert_null(server_of("p256", NULL, &wrong));
    assert_string_equal(wrong, "no memory is left");
    assert_null(ke_tls_client(&trust, &wrong));
    assert_string_equal(wrong, "no memory is left");
    no_context = false;
}

static void how_long_a_certificate_is_good(void **state)
{
    const char *wrong;
    SSL_CTX *ctx = server_of("later", NULL, &wrong);
    struct nts_validity v = ke_tls_own_validity(ctx);
    int64_t now_s = (int64_t)time(NULL);

    (void)state;
    assert_in_range(v.from.ns / NS_PER_S, now_s + 10 * DAY_S - 60, now_s + 10 * DAY_S);
    assert_in_range(v.until.ns / NS_PER_S, now_s + 90 * DAY_S - 60, now_s + 90 * DAY_S);
    assert_int_equal(v.life.ns, 80 * DAY_S * NS_PER_S);
    SSL_CTX_free(ctx);
    ctx = server_of("forever", NULL, &wrong);
    assert_int_equal(ke_tls_own_validity(ctx).until.ns, INT64_MAX);
    SSL_CTX_free(ctx);
}

/* -- handshakes in memory ------------------------------------------------------------------------------------------------------ */

struct ends { SSL_CTX *server_ctx, *client_ctx; SSL *server, *client; };

static void open_ends(struct ends *e, const char *name, const struct ke_trust *trust)
{
    BIO *ours, *theirs;
    const char *wrong;

    e->server_ctx = server_of(name, NULL, &wrong);
    e->client_ctx = ke_tls_client(trust, &wrong);
    assert_true(e->server_ctx && e->client_ctx);
    e->server = SSL_new(e->server_ctx);
    e->client = SSL_new(e->client_ctx);
    assert_int_equal(BIO_new_bio_pair(&ours, 0, &theirs, 0), 1);
    SSL_set_bio(e->server, ours, ours);
    SSL_set_bio(e->client, theirs, theirs);
    SSL_set_accept_state(e->server);
    SSL_set_connect_state(e->client);
}

/* Does the client take part until the end? */
static bool shake_hands(struct ends *e)
{
    for (int i = 0; i < 8; i++) {
        SSL_do_handshake(e->client);
        SSL_do_handshake(e->server);
    }
    return SSL_is_init_finished(e->client) && SSL_is_init_finished(e->server);
}

static void close_ends(struct ends *e)
{
    SSL_free(e->server);
    SSL_free(e->client);
    SSL_CTX_free(e->server_ctx);
    SSL_CTX_free(e->client_ctx);
}

static void both_sides_export_the_same_keys(void **state)
{
    struct ke_trust trust = { .pin = "" };
    struct nts_keys ours, theirs;
    struct nts_validity v;
    struct ends e;

    (void)state;
    trust_name(trust.authorities, "p256.crt");
    open_ends(&e, "p256", &trust);
    assert_false(ke_tls_pin_fits(e.client, "sha256//x")); /* whose? */
    assert_true(ke_tls_pin_fits(e.client, ""));
    assert_false(ke_tls_export(e.client, CRYPTO_AEAD_SIV_CMAC_256, &ours)); /* not yet */
    assert_true(shake_hands(&e));
    assert_true(ke_tls_speaks_ntske(e.client) && ke_tls_speaks_ntske(e.server));
    assert_true(ke_tls_export(e.client, CRYPTO_AEAD_SIV_CMAC_256, &ours) && ke_tls_export(e.server, CRYPTO_AEAD_SIV_CMAC_256, &theirs));
    assert_memory_equal(&ours, &theirs, sizeof ours);
    assert_memory_not_equal(ours.c2s, ours.s2c, sizeof ours.c2s);
    v = ke_tls_validity(e.client);
    assert_int_equal(v.life.ns, 91 * DAY_S * NS_PER_S);
    assert_int_equal(ke_tls_validity(e.server).until.ns, 0); /* the client showed none */
    close_ends(&e);
}

/* Self-signed and not listed: the pin alone vouches. */
static void a_pin_takes_the_place_of_authorities(void **state)
{
    struct ke_trust trust = { .pin = "sha256//" };
    unsigned char *key = NULL, hash[32], text[64];
    FILE *f = fopen(path_of("p256.crt"), "r");
    X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
    char pin[128];
    struct ends e;

    (void)state;
    fclose(f);
    EVP_Digest(key, (size_t)len, hash, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock(text, hash, sizeof hash);
    snprintf(pin, sizeof pin, "sha256//%s", (char *)text);
    OPENSSL_free(key);
    X509_free(x);
    trust_name(trust.authorities, "p384.crt");
    open_ends(&e, "p256", &trust);
    assert_true(shake_hands(&e));
    assert_true(ke_tls_pin_fits(e.client, pin));
    assert_true(ke_tls_pin_fits(e.client, ""));
    assert_false(ke_tls_pin_fits(e.client, "sha256//AAAA"));
    assert_false(ke_tls_pin_fits(e.client, "md5//AAAA"));
    close_ends(&e);
    trust.pin[0] = '\0';
    open_ends(&e, "p256", &trust);
    assert_false(shake_hands(&e));
    close_ends(&e);
}

/* Who has only the time that the clock cannot be behind cannot say that a certificate begins later. */
static void certificates_are_judged_by_the_time_that_is_known(void **state)
{
    static const struct { const char *name; bool dead; long at_days; bool good; } rows[] = {
        { "p256", false, 0, true }, { "later", false, 0, false }, { "later", true, 0, true }, { "p256", false, 91, false }, { "p256", true, 91, false },
        { "later", false, 11, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ke_trust trust = { .dead = rows[i].dead, .at = { ((int64_t)time(NULL) + rows[i].at_days * DAY_S) * NS_PER_S } };
        char certificate[32];
        struct ends e;

        snprintf(certificate, sizeof certificate, "%s.crt", rows[i].name);
        trust_name(trust.authorities, certificate);
        open_ends(&e, rows[i].name, &trust);
        if (shake_hands(&e) != rows[i].good)
            fail_msg("row %zu", i);
        close_ends(&e);
    }
}

static void a_client_of_another_protocol_is_sent_away(void **state)
{
    static const unsigned char http[] = { 2, 'h', '2' };
    struct ke_trust trust = { .pin = "" };
    struct ends e;

    (void)state;
    trust_name(trust.authorities, "p256.crt");
    open_ends(&e, "p256", &trust);
    SSL_set_alpn_protos(e.client, http, sizeof http);
    assert_false(shake_hands(&e));
    close_ends(&e);
    open_ends(&e, "p256", &trust);
    SSL_set_alpn_protos(e.client, NULL, 0); /* one that says nothing is none of ours either, but that is for the conversation to tell */
    assert_true(shake_hands(&e));
    assert_false(ke_tls_speaks_ntske(e.server));
    close_ends(&e);
}

/* Whatever groups a client offers first, X25519 is taken where it has a share for it, and another where it has not. */
static void the_cheaper_key_share_is_taken(void **state)
{
    static const struct { const char *groups; int taken; } rows[] = { { "P-256", NID_X9_62_prime256v1 }, { "X25519:P-256", NID_X25519 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ke_trust trust = { .pin = "" };
        struct ends e;

        trust_name(trust.authorities, "p256.crt");
        open_ends(&e, "p256", &trust);
        assert_int_equal(SSL_set1_groups_list(e.client, rows[i].groups), 1);
        assert_true(shake_hands(&e));
        assert_int_equal(SSL_get_negotiated_group(e.server), rows[i].taken);
        close_ends(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key_serves), cmocka_unit_test(a_pair_that_is_none_is_refused), cmocka_unit_test(who_may_come_is_read_from_files),
        cmocka_unit_test(KE_15_a_pipe_is_no_file),
        cmocka_unit_test(whom_a_client_believes_is_read_from_files), cmocka_unit_test(without_memory_there_is_no_tls),
        cmocka_unit_test(how_long_a_certificate_is_good), cmocka_unit_test(both_sides_export_the_same_keys),
        cmocka_unit_test(a_pin_takes_the_place_of_authorities), cmocka_unit_test(certificates_are_judged_by_the_time_that_is_known),
        cmocka_unit_test(a_client_of_another_protocol_is_sent_away), cmocka_unit_test(the_cheaper_key_share_is_taken),
    };

    return cmocka_run_group_tests_name("ke tls", tests, begin, folder_remove);
}
