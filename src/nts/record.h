/* NTS key establishment without its TLS (RFC 8915 section 4): records in, records out.
 *
 *   client: next protocol, algorithms, [export], end            server: next protocol, algorithm, [export], [server], [port], cookies, end
 *
 * A request or answer is whole when it has an end-of-message record; what follows that is not looked at. */
#ifndef NTS_RECORD_H
#define NTS_RECORD_H

#include "nts/cookie.h"
#include "nts/field.h"

#define NTS_KE_PORT 4460
#define NTS_KE_ALPN "ntske/1"
#define NTS_KE_MESSAGE_MAX 16384 /* longer ones are no messages */
#define NTS_KE_SERVER_MAX 255
#define NTS_KE_EXPORT_LABEL "EXPORTER-network-time-security" /* section 4.2 */
#define NTS_KE_CONTEXT_SIZE 5

enum nts_ke_error { NTS_KE_UNKNOWN_CRITICAL, NTS_KE_BAD_REQUEST, NTS_KE_INTERNAL_ERROR, NTS_KE_NO_ERROR };

/* Is there a whole message? A record that says it is longer than a message may be is taken as its end. */
bool nts_ke_is_whole(struct span bytes);

/* The context for exporting a key from TLS: section 5.1. */
void nts_ke_context(unsigned aead, bool server_to_client, uint8_t out[NTS_KE_CONTEXT_SIZE]);

/* What a client asked for. */
struct nts_ke_wish {
    enum nts_ke_error error;     /* to be told, and nothing else */
    bool ntpv4;                  /* false: no protocol that we speak */
    uint16_t aead;               /* 0: no algorithm that we know */
};
struct nts_ke_wish nts_ke_read_wish(struct span message);

/* What the server says beside cookies. */
struct nts_ke_offer {
    const char *ntp_server;      /* "" when it is where NTS-KE is */
    uint16_t ntp_port;           /* 123 is not said */
};

/* The answer to a wish, with NTS_COOKIES_MAX cookies of cookie_size bytes each at `cookies` where one was granted. Returns the length, 0 for no room. */
size_t nts_ke_write_answer(const struct nts_ke_wish *wish, const struct nts_ke_offer *offer, const uint8_t *cookies, size_t cookie_size, uint8_t *out,
                           size_t size);

/* A client's request: NTPv4, the algorithms we have, best first. gcm_siv: AES-128-GCM-SIV among them, where it is to be had. Returns the length, 0 for no
 * room. */
size_t nts_ke_write_request(bool gcm_siv, uint8_t *out, size_t size);

/* What a server granted. */
struct nts_ke_grant {
    uint16_t aead;
    bool own_export;             /* AES-128-GCM-SIV, without a word that keys are exported as section 5.1 has it: to be asked again without that algorithm */
    uint16_t ntp_port;           /* 0: not said */
    char ntp_server[NTS_KE_SERVER_MAX + 1]; /* "": not said */
    unsigned cookie_count;       /* 1 .. NTS_COOKIES_MAX */
    uint16_t cookie_size;        /* all are of one size: placeholders could not stand for them otherwise */
    uint8_t cookie[NTS_COOKIES_MAX][NTS_COOKIE_KEPT_MAX];
};

/* Read a whole answer. Returns NULL, or what is wrong with it. */
const char *nts_ke_read_answer(struct span message, struct nts_ke_grant *out);

#endif
