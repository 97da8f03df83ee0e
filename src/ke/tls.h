/* What both sides of key establishment want of OpenSSL. */
#ifndef KE_TLS_H
#define KE_TLS_H

#include <openssl/ssl.h>

#include "nts/cookie.h"

/* A context for a server with this certificate and key; TLS 1.3 alone, ALPN ntske/1, no tickets, no early data. NULL with *wrong in words. */
SSL_CTX *ke_tls_server(const char *certificate, const char *private_key, const char **wrong);

/* A context for a client: the same, and the server's certificate has to descend from `trusted` ("": from what the system trusts). */
SSL_CTX *ke_tls_client(const char *trusted, const char **wrong);

/* Was ntske/1 agreed on? */
bool ke_tls_speaks_ntske(const SSL *ssl);

/* The keys that follow from this connection (RFC 8915 section 5.1). False when TLS does not give them. */
bool ke_tls_export(SSL *ssl, uint16_t aead, struct nts_keys *out);

#endif
