/* The extension fields of NTS (RFC 8915 section 5): found, judged by their shape, and written. Nothing here knows a key's meaning but how to seal by one.
 *
 *   header | unique identifier | cookie | placeholder ... | authenticator {nonce, sealed fields}
 *   '---------------- associated data ------------------'                                       what follows is not looked at */
#ifndef NTS_FIELD_H
#define NTS_FIELD_H

#include "base/rng.h"
#include "base/verdict.h"
#include "base/wire.h"
#include "crypto/siv.h"
#include "ntp/packet.h"

enum nts_field { NTS_UNIQUE_ID = 0x0104, NTS_COOKIE = 0x0204, NTS_PLACEHOLDER = 0x0304, NTS_AUTHENTICATOR = 0x0404 };

#define NTS_FIELD_HEADER 4
#define NTS_UNIQUE_ID_MIN 32     /* RFC 8915 section 5.3 */
#define NTS_COOKIES_MAX 8        /* kept by a client, section 4.1.6 */
#define NTS_COOKIE_KEPT_MAX 256  /* a client takes no longer ones, or its requests would not fit */

struct nts_fields {
    struct span unique_id;       /* empty: there is none */
    struct span cookie;
    struct span associated;      /* of the authenticator: everything before it */
    struct span nonce, sealed;   /* sealed: the tag first; both empty: no authenticator */
    unsigned placeholders;
};

/* Does this checked list of fields (struct ntp_tail) have any that only NTS has? */
bool nts_is_meant(struct span extensions);

/* Take the fields apart. Returns VERDICT_ACCEPTED, or VERDICT_NTS_FIELDS when one is there twice or has an impossible length; a placeholder has the cookie's
 * length. Which ones have to be there the caller says. */
enum verdict nts_fields_read(struct span datagram, struct span extensions, struct nts_fields *out);

/* What stands before a body of len bytes. */
void nts_field_header(enum nts_field type, size_t len, uint8_t out[NTS_FIELD_HEADER]);

/* One whole field, with a body of a byte or more. */
void nts_field_write(struct writer *w, enum nts_field type, struct span body);

/* The length of an authenticator that seals len bytes by an algorithm, enum crypto_aead. */
size_t nts_authenticator_size(unsigned aead, size_t len);

/* Seal `plain` by a key of the algorithm and append it as authenticator of everything that w has; plain may not lie in w. */
void nts_authenticator_write(struct writer *w, enum crypto_aead aead, const uint8_t *key, const struct rng *rng, struct span plain);

/* Open the authenticator. plain: f->sealed.len - CRYPTO_SIV_TAG_SIZE bytes. */
bool nts_authenticator_open(const struct nts_fields *f, enum crypto_aead aead, const uint8_t *key, uint8_t *plain);

/* Append an authenticator that seals len bytes, but for what is sealed: that is to go where this says, CRYPTO_SIV_TAG_SIZE + len bytes, by the algorithm's key
 * with *t. NULL when there is no room. */
uint8_t *nts_authenticator_begin(struct writer *w, enum crypto_aead aead, const struct rng *rng, size_t len, struct crypto_siv_text *t);

/* What an authenticator that was read was sealed with. */
static inline struct crypto_siv_text nts_authenticator_text(const struct nts_fields *f)
{
    return (struct crypto_siv_text){ f->nonce.at, f->associated.at, f->nonce.len, f->associated.len };
}

#endif
