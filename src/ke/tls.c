#include "ke/tls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "base/wire.h"
#include "crypto/mac.h"
#include "host/secret_file.h"
#include "nts/record.h"

#define KEY_FILE_MAX 65536
#define RECORD_MAX 4096          /* the buffer of what is sent is as large, and there from the first flight to the last; the usual 16 KB are for bulk */
#define PIN_WORD "sha256//"
#define SHA256_SIZE 32
#define BASE64_SIZE (4 * ((SHA256_SIZE + 2) / 3) + 1)

/* ---- memory ---- */

#define PIECE_MAX 32768          /* the largest that is needed, for a message of 16 KiB, is 21848 */

static bool is_bounded;

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_bounded && size > PIECE_MAX ? NULL : malloc(size);
}

static void give(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static void *take_other(void *at, size_t size, const char *file, int line)
{
    if (size > 0)
        return is_bounded && size > PIECE_MAX ? NULL : realloc(at, size);
    give(at, file, line);
    return NULL;
}

void ke_tls_bound_memory(bool bounded)
{
    static bool begun;

    if (!begun)
        CRYPTO_set_mem_functions(take, take_other, give);
    begun = true;
    is_bounded = bounded;
}

/* ---- contexts ---- */

static const unsigned char alpn[] = { sizeof NTS_KE_ALPN - 1, 'n', 't', 's', 'k', 'e', '/', '1' };
_Static_assert(sizeof alpn == sizeof NTS_KE_ALPN, "the length, and the name without its end");

static SSL_CTX *new_context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384");
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE); /* a tenth less work than with SHA-384, and no weaker than the exchange of keys */
    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
    SSL_CTX_set_read_ahead(ctx, 1); /* whole flights, not headers and bodies */
    SSL_CTX_set_security_level(ctx, 2); /* no SHA-1 signatures, no RSA below 2048 bits: KE-12 */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_max_send_fragment(ctx, RECORD_MAX);
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN); /* what the file holds is shown: no search with each handshake for more */
    return ctx;
}

/* A client that offers other protocols only is told so by the alert no_application_protocol (RFC 7301 section 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned in_len, void *arg)
{
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, alpn, sizeof alpn, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

#define GROUP_X25519 29          /* RFC 8446 section 4.2.7 */

/* Has a client's key_share extension (section 4.2.8) one for this group? */
static bool has_share(struct span extension, unsigned group)
{
    struct cursor c = cursor_of(extension);

    cursor_u16(&c);
    while (cursor_left(&c) > 0) {
        unsigned offered = cursor_u16(&c);

        cursor_take(&c, cursor_u16(&c));
        if (c.failed || offered == group)
            return !c.failed;
    }
    return false;
}

/* OpenSSL takes a client's first share. Of GnuTLS's two, which chrony sends, that is P-256, and the other costs a fifth of a handshake less. */
static int choose_group(SSL *ssl, int *alert, void *arg)
{
    static int cheap = NID_X25519;
    const unsigned char *at;
    size_t len;

    (void)alert;
    (void)arg;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_key_share, &at, &len) == 1 && has_share((struct span){ at, len }, GROUP_X25519))
        SSL_set1_groups(ssl, &cheap, 1);
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* One signature fits the key; OpenSSL would else weigh all that it knows with each handshake. */
static const char *signature_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC: return EVP_PKEY_get_bits(key) == 256 ? "ECDSA+SHA256" : EVP_PKEY_get_bits(key) == 384 ? "ECDSA+SHA384" : "ECDSA+SHA512";
    case EVP_PKEY_RSA: return "rsa_pss_rsae_sha256";
    case EVP_PKEY_ED25519: return "ed25519";
    default: return NULL;
    }
}

static const char *use_private_key(SSL_CTX *ctx, const char *path)
{
    uint8_t bytes[KEY_FILE_MAX];
    size_t len;
    const char *wrong = host_secret_file_read(path, bytes, sizeof bytes, &len);
    BIO *bio = wrong ? NULL : BIO_new_mem_buf(bytes, (int)len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;

    if (!wrong && !key)
        wrong = "it holds no private key in PEM, or one with a passphrase";
    else if (!wrong && (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1))
        wrong = "it is not the key of the certificate";
    if (!wrong && signature_of(key))
        SSL_CTX_set1_sigalgs_list(ctx, signature_of(key));
    EVP_PKEY_free(key);
    BIO_free(bio);
    crypto_wipe(bytes, sizeof bytes);
    return wrong;
}

/* Opened once and looked at then: by its name it could be another one the next time. Who reads a pipe does not wait for whoever writes to it. */
static BIO *open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    BIO *file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? BIO_new_fd(fd, BIO_CLOSE) : NULL;
    BIO *buffer = file ? BIO_new(BIO_f_buffer()) : NULL; /* or each byte of a line would be a system call */

    if (fd >= 0 && !file)
        close(fd);
    return buffer ? BIO_push(buffer, file) : file;
}

/* Why could it not be used? */
static bool can_be_opened(const char *path)
{
    BIO *file = open_file(path);

    BIO_free_all(file);
    return file;
}

/* All of them, up to the end of the file. */
static bool use_chain(SSL_CTX *ctx, BIO *bio)
{
    X509 *next;

    while ((next = PEM_read_bio_X509(bio, NULL, NULL, (void *)"")))
        if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
            X509_free(next);
            return false;
        }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool use_certificate(SSL_CTX *ctx, const char *path)
{
    BIO *bio = open_file(path);
    X509 *own = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, (void *)"") : NULL;
    bool good;

    ERR_clear_error();
    good = own && SSL_CTX_use_certificate(ctx, own) == 1 && use_chain(ctx, bio);
    X509_free(own);
    BIO_free_all(bio);
    return good;
}

static const char *use_pair(SSL_CTX *ctx, const char *certificate, const char *private_key)
{
    if (!use_certificate(ctx, certificate))
        return can_be_opened(certificate) ? "its certificate is none in PEM, or has too weak a key or signature"
                                          : "its certificate is not there, or may not be read";
    return use_private_key(ctx, private_key);
}

/* What a file is read for: certificates of authorities, those of guests whose names are told to them, lists of revoked certificates. */
enum kind { AUTHORITIES, GUESTS, REVOKED };

static bool take_one(SSL_CTX *ctx, const X509_INFO *x, enum kind kind)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);

    if (kind == REVOKED)
        return x->crl && X509_STORE_add_crl(store, x->crl) == 1;
    return x->x509 && X509_STORE_add_cert(store, x->x509) == 1 && (kind == AUTHORITIES || SSL_CTX_add_client_CA(ctx, x->x509) == 1);
}

/* Is there any of that kind in it? */
static bool take_file(SSL_CTX *ctx, const char *path, enum kind kind)
{
    BIO *bio = open_file(path);
    STACK_OF(X509_INFO) *all = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, (void *)"") : NULL;
    bool any = false;

    for (int i = 0; i < sk_X509_INFO_num(all); i++)
        any |= take_one(ctx, sk_X509_INFO_value(all, i), kind);
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    BIO_free_all(bio);
    return any;
}

/* Of every certificate of the chain a list has to say that it is not revoked: who stole the key of an authority in between signs what no list names. */
static bool use_revoked(SSL_CTX *ctx, const char *path)
{
    if (path[0] == '\0')
        return true;
    X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return take_file(ctx, path, REVOKED);
}

static const char *ask_guests(SSL_CTX *ctx, const struct ke_guests *guests)
{
    if (!take_file(ctx, guests->authorities, GUESTS))
        return "nts.client_authorities cannot be read";
    if (!use_revoked(ctx, guests->revoked))
        return "nts.revoked_certificates cannot be read";
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return NULL;
}

static SSL_CTX *done(SSL_CTX *ctx, const char *wrong)
{
    ERR_clear_error();
    if (!wrong)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

SSL_CTX *ke_tls_server(const char *certificate, const char *private_key, const struct ke_guests *guests, const char **wrong)
{
    SSL_CTX *ctx = new_context(TLS_server_method());

    *wrong = ctx ? use_pair(ctx, certificate, private_key) : "no memory is left";
    if (!*wrong && guests)
        *wrong = ask_guests(ctx, guests);
    if (!*wrong) {
        SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY); /* or one read goes on for as long as a client sends updates of its keys, and nobody else has a turn */
        SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
        SSL_CTX_set_client_hello_cb(ctx, choose_group, NULL);
    }
    return done(ctx, *wrong);
}

static bool is_of_authorities(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* OpenSSL's verdict on one certificate, and what the trust makes of it: a pin takes the authorities' place, and who does not know the time cannot say that a
 * certificate begins later. */
static int judge(int good, X509_STORE_CTX *ctx)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct ke_trust *trust = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    int error = X509_STORE_CTX_get_error(ctx);

    if (good)
        return 1;
    if ((trust->pin[0] && is_of_authorities(error))
        || (trust->dead && (error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CRL_NOT_YET_VALID))) {
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    }
    return 0;
}

/* By file and by hash. OpenSSL's set of defaults would search a folder for whom it does not know, which a confined process (converse.h) may not. */
static bool believe_the_systems(SSL_CTX *ctx)
{
    return SSL_CTX_set_default_verify_file(ctx) == 1 && SSL_CTX_set_default_verify_dir(ctx) == 1;
}

static const char *believe(SSL_CTX *ctx, const struct ke_trust *t)
{
    bool good = t->authorities[0] ? take_file(ctx, t->authorities, AUTHORITIES) : believe_the_systems(ctx);

    if (!good && t->authorities[0] == '\0')
        return "the system's authorities cannot be read; name others in nts.trusted_certificates";
    if (!good)
        return can_be_opened(t->authorities) ? "nts.trusted_certificates, or nts_trusted of the source, names a file without a certificate in PEM"
                                             : "nts.trusted_certificates, or nts_trusted of the source, names a file that is not there or may not be read";
    if (!use_revoked(ctx, t->revoked))
        return "nts.revoked_certificates cannot be read";
    if (t->at.ns != 0)
        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), (time_t)(t->at.ns / NS_PER_S));
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, judge);
    return NULL;
}

SSL_CTX *ke_tls_client(const struct ke_trust *trust, const char **wrong)
{
    SSL_CTX *ctx = new_context(TLS_client_method());

    *wrong = ctx && SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn) == 0 ? believe(ctx, trust) : "no memory is left";
    if (!*wrong && trust->certificate[0])
        *wrong = use_pair(ctx, trust->certificate, trust->private_key);
    if (!*wrong)
        SSL_CTX_set_app_data(ctx, (void *)(uintptr_t)trust);
    return done(ctx, *wrong);
}

bool ke_tls_pin_fits(const SSL *ssl, const char *pin)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    unsigned char *key = NULL, hash[SHA256_SIZE], text[BASE64_SIZE];
    int len = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key) : 0;
    bool good = len > 0 && EVP_Digest(key, (size_t)len, hash, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(key);
    if (pin[0] == '\0')
        return true;
    if (!good || strncmp(pin, PIN_WORD, strlen(PIN_WORD)) != 0)
        return false;
    EVP_EncodeBlock(text, hash, sizeof hash);
    return strcmp(pin + strlen(PIN_WORD), (char *)text) == 0;
}

static struct utc_ns instant_of(const ASN1_TIME *t)
{
    struct tm civil;
    int64_t s = t && ASN1_TIME_to_tm(t, &civil) == 1 ? (int64_t)timegm(&civil) : 0;

    return (struct utc_ns){ s > INT64_MAX / NS_PER_S ? INT64_MAX : s * NS_PER_S }; /* RFC 5280 ends in 9999, we in 2262 */
}

/* What is left of *v where what is valid from then until then is valid too. */
static void narrow(struct nts_validity *v, const ASN1_TIME *begin, const ASN1_TIME *end)
{
    struct utc_ns from = instant_of(begin), until = instant_of(end);

    if (v->until.ns == 0 || utc_earlier(until, v->until)) {
        v->until = until;
        v->life = utc_sub(until, from);
    }
    if (utc_earlier(v->from, from))
        v->from = from;
}

static void narrow_by(struct nts_validity *v, const X509 *certificate)
{
    narrow(v, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate));
}

struct nts_validity ke_tls_validity(const SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    struct nts_validity v = { .until = { 0 } };

    for (int i = 0; i < sk_X509_num(chain); i++)
        narrow_by(&v, sk_X509_value(chain, i));
    return v;
}

struct nts_validity ke_tls_own_validity(const SSL_CTX *ctx)
{
    struct nts_validity v = { .until = { 0 } };
    STACK_OF(X509) *chain = NULL;

    narrow_by(&v, SSL_CTX_get0_certificate(ctx));
    if (SSL_CTX_get0_chain_certs((SSL_CTX *)(uintptr_t)ctx, &chain) == 1)
        for (int i = 0; i < sk_X509_num(chain); i++)
            narrow_by(&v, sk_X509_value(chain, i));
    return v;
}

struct nts_validity ke_tls_lists_validity(const SSL_CTX *ctx)
{
    STACK_OF(X509_OBJECT) *held = ctx ? X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx)) : NULL;
    struct nts_validity v = { .until = { 0 } };

    for (int i = 0; i < sk_X509_OBJECT_num(held); i++) {
        const X509_CRL *list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(held, i));

        if (list && X509_CRL_get0_nextUpdate(list))
            narrow(&v, X509_CRL_get0_lastUpdate(list), X509_CRL_get0_nextUpdate(list));
    }
    return v;
}

bool ke_tls_speaks_ntske(const SSL *ssl)
{
    const unsigned char *name;
    unsigned len;

    SSL_get0_alpn_selected(ssl, &name, &len);
    return len == sizeof alpn - 1 && memcmp(name, alpn + 1, len) == 0;
}

static bool export_one(SSL *ssl, uint16_t aead, bool server_to_client, uint8_t *out)
{
    uint8_t context[NTS_KE_CONTEXT_SIZE];

    nts_ke_context(aead, server_to_client, context);
    return SSL_export_keying_material(ssl, out, crypto_siv_key_size(aead), NTS_KE_EXPORT_LABEL, sizeof NTS_KE_EXPORT_LABEL - 1, context,
                                      sizeof context, 1) == 1;
}

bool ke_tls_export(SSL *ssl, uint16_t aead, struct nts_keys *out)
{
    memset(out, 0, sizeof *out);
    out->aead = aead;
    return export_one(ssl, aead, false, out->c2s) && export_one(ssl, aead, true, out->s2c);
}
