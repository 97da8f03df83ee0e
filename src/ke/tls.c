#include "ke/tls.h"

#include <string.h>

#include <openssl/pem.h>

#include "crypto/mac.h"
#include "host/secret_file.h"
#include "nts/record.h"

#define KEY_FILE_MAX 65536

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
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
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
        wrong = "it is not the key of nts.certificate";
    if (!wrong && signature_of(key))
        SSL_CTX_set1_sigalgs_list(ctx, signature_of(key));
    EVP_PKEY_free(key);
    BIO_free(bio);
    crypto_wipe(bytes, sizeof bytes);
    return wrong;
}

SSL_CTX *ke_tls_server(const char *certificate, const char *private_key, const char **wrong)
{
    SSL_CTX *ctx = new_context(TLS_server_method());

    *wrong = ctx ? NULL : "no memory is left";
    if (ctx && SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
        *wrong = "nts.certificate: it cannot be read, holds no certificate in PEM, or one with too weak a key or signature";
    if (!*wrong)
        *wrong = use_private_key(ctx, private_key);
    if (*wrong) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    return ctx;
}

SSL_CTX *ke_tls_client(const char *trusted, const char **wrong)
{
    SSL_CTX *ctx = new_context(TLS_client_method());
    int good;

    *wrong = NULL;
    if (!ctx) {
        *wrong = "no memory is left";
        return NULL;
    }
    good = trusted[0] ? SSL_CTX_load_verify_locations(ctx, trusted, NULL) : SSL_CTX_set_default_verify_paths(ctx);
    if (good != 1 || SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn) != 0) {
        *wrong = "nts.trusted_certificates cannot be read";
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
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
