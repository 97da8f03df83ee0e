/* What both sides of key establishment want of OpenSSL. */
#ifndef KE_TLS_H
#define KE_TLS_H

#include <openssl/ssl.h>

#include "ke/trust.h"
#include "nts/certificate.h"
#include "nts/cookie.h"

/* From now on OpenSSL gets no memory in pieces of more than 32 KiB, or any again: what a client's message would take, by its own word, is taken before it has
 * come. No handshake needs as much; files may. The first call comes before anything else is asked of OpenSSL. */
void ke_tls_bound_memory(bool bounded);

/* Whom a server believes; NULL: it does not ask. */
struct ke_guests { const char *authorities, *revoked; };

/* A context for a server with this certificate and key; TLS 1.3 alone, ALPN ntske/1, no tickets, no early data. With guests a client has to show a
 * certificate that descends from them. NULL with *wrong in words. */
SSL_CTX *ke_tls_server(const char *certificate, const char *private_key, const struct ke_guests *guests, const char **wrong);

/* A context for a client; `trust` is borrowed as long as it lives. */
SSL_CTX *ke_tls_client(const struct ke_trust *trust, const char **wrong);

/* Is the other side's key the pinned one? True without a pin. */
bool ke_tls_pin_fits(const SSL *ssl, const char *pin);

/* For how long the other side's certificate and all that vouch for it are good. */
struct nts_validity ke_tls_validity(const SSL *ssl);

/* The same of the context's own certificate. */
struct nts_validity ke_tls_own_validity(const SSL_CTX *ctx);

/* Until when the context's lists of revoked certificates can be gone by: the one that ends first; until 0: there are none, or they have no end. ctx may be
 * NULL. */
struct nts_validity ke_tls_lists_validity(const SSL_CTX *ctx);

/* Was ntske/1 agreed on? */
bool ke_tls_speaks_ntske(const SSL *ssl);

/* The keys that follow from this connection (RFC 8915 section 5.1). False when TLS does not give them. */
bool ke_tls_export(SSL *ssl, uint16_t aead, struct nts_keys *out);

#endif
