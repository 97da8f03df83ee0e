#include "nts/field.h"

#define AUTHENTICATOR_HEADER 4  /* lengths of nonce and sealed text */

static bool is_of_nts(uint16_t type) { return type == NTS_COOKIE || type == NTS_PLACEHOLDER || type == NTS_AUTHENTICATOR; }

bool nts_is_meant(struct span extensions)
{
    struct cursor c = cursor_of(extensions);
    struct span body;
    uint16_t type;

    while (ntp_extension_next(&c, &type, &body))
        if (is_of_nts(type))
            return true;
    return false;
}

static size_t padded(size_t n) { return (n + 3) & ~(size_t)3; }

/* RFC 8915 section 5.6. */
static bool read_authenticator(struct span body, struct nts_fields *out)
{
    struct cursor c = cursor_of(body);
    size_t nonce_len = cursor_u16(&c), sealed_len = cursor_u16(&c);
    struct span nonce = cursor_take(&c, padded(nonce_len)), sealed = cursor_take(&c, padded(sealed_len));

    if (c.failed || nonce_len == 0 || sealed_len < CRYPTO_SIV_TAG_SIZE)
        return false;
    out->nonce = (struct span){ nonce.at, nonce_len };
    out->sealed = (struct span){ sealed.at, sealed_len };
    return true;
}

/* A field that may be there once, with so many bytes at least. */
static bool take_once(struct span *where, struct span body, size_t min)
{
    if (where->len > 0 || body.len < min)
        return false;
    *where = body;
    return true;
}

static bool take(uint16_t type, struct span body, struct nts_fields *out, size_t *placeholder_len)
{
    switch (type) {
    case NTS_UNIQUE_ID: return take_once(&out->unique_id, body, NTS_UNIQUE_ID_MIN);
    case NTS_COOKIE: return take_once(&out->cookie, body, 1);
    case NTS_PLACEHOLDER:
        if (out->placeholders++ > 0 && *placeholder_len != body.len)
            return false;
        *placeholder_len = body.len;
        return true;
    case NTS_AUTHENTICATOR: return read_authenticator(body, out);
    default: return true;
    }
}

/* Is there an authenticator behind the first one? It would be no part of what is authenticated, but a packet with two is nobody's. */
static bool has_another(struct cursor c)
{
    struct span body;
    uint16_t type;

    while (ntp_extension_next(&c, &type, &body))
        if (type == NTS_AUTHENTICATOR)
            return true;
    return false;
}

enum verdict nts_fields_read(struct span datagram, struct span extensions, struct nts_fields *out)
{
    struct cursor c = cursor_of(extensions);
    size_t placeholder_len = 0;
    struct span body;
    uint16_t type;

    *out = (struct nts_fields){ .unique_id = { NULL, 0 } };
    for (const uint8_t *at = c.at; out->nonce.len == 0 && ntp_extension_next(&c, &type, &body); at = c.at) {
        out->associated = (struct span){ datagram.at, (size_t)(at - datagram.at) };
        if (!take(type, body, out, &placeholder_len))
            return VERDICT_NTS_FIELDS;
    }
    if (out->placeholders > 0 && placeholder_len != out->cookie.len)
        return VERDICT_NTS_FIELDS;
    return has_another(c) ? VERDICT_NTS_FIELDS : VERDICT_ACCEPTED;
}

void nts_field_header(enum nts_field type, size_t len, uint8_t out[NTS_FIELD_HEADER])
{
    wire_put16(out, (uint16_t)type);
    wire_put16(out + 2, (uint16_t)(NTS_FIELD_HEADER + padded(len)));
}

void nts_field_write(struct writer *w, enum nts_field type, struct span body)
{
    uint8_t *at = writer_take(w, NTS_FIELD_HEADER + padded(body.len));

    if (!at)
        return;
    nts_field_header(type, body.len, at);
    memcpy(at + NTS_FIELD_HEADER, body.at, body.len);
    memset(at + NTS_FIELD_HEADER + body.len, 0, padded(body.len) - body.len);
}

/* No padding but to whole words: section 5.6 asks for more only where a nonce is shorter than 16 bytes and the algorithm would take longer ones. */
size_t nts_authenticator_size(unsigned aead, size_t len)
{
    return NTS_FIELD_HEADER + AUTHENTICATOR_HEADER + padded(crypto_siv_nonce_size(aead)) + padded(CRYPTO_SIV_TAG_SIZE + len);
}

uint8_t *nts_authenticator_begin(struct writer *w, enum crypto_aead aead, const struct rng *rng, size_t len, struct crypto_siv_text *t)
{
    size_t size = nts_authenticator_size(aead, len), nonce_len = crypto_siv_nonce_size(aead), end = padded(nonce_len) + CRYPTO_SIV_TAG_SIZE + len;
    struct crypto_siv_text text = { NULL, w->start, nonce_len, writer_len(w) };
    uint8_t *field = writer_take(w, size), *nonce;

    if (!field)
        return NULL;
    nts_field_header(NTS_AUTHENTICATOR, size - NTS_FIELD_HEADER, field);
    wire_put16(field + 4, (uint16_t)nonce_len);
    wire_put16(field + 6, (uint16_t)(CRYPTO_SIV_TAG_SIZE + len));
    nonce = field + NTS_FIELD_HEADER + AUTHENTICATOR_HEADER;
    memset(nonce + end, 0, size - NTS_FIELD_HEADER - AUTHENTICATOR_HEADER - end);
    rng->fill(rng->ctx, nonce, nonce_len);
    text.nonce = nonce;
    *t = text;
    return nonce + padded(nonce_len);
}

void nts_authenticator_write(struct writer *w, enum crypto_aead aead, const uint8_t *key, const struct rng *rng, struct span plain)
{
    struct crypto_siv_text t;
    uint8_t *sealed = nts_authenticator_begin(w, aead, rng, plain.len, &t);

    if (sealed)
        crypto_siv_seal_once(aead, key, &t, plain.at, plain.len, sealed);
}

bool nts_authenticator_open(const struct nts_fields *f, enum crypto_aead aead, const uint8_t *key, uint8_t *plain)
{
    const struct crypto_siv_text t = nts_authenticator_text(f);

    return crypto_siv_open_once(aead, key, &t, f->sealed.at, f->sealed.len - CRYPTO_SIV_TAG_SIZE, plain);
}
