#include "nts/server.h"

#include "crypto/mac.h"

#define COOKIES_OWED_MAX (1 + NTS_COOKIES_MAX) /* RFC 8915 section 5.7: a client asks for 7 more at most; one more is no harm */
#define PLAIN_MAX NTP_PACKET_MAX

/* RFC 8915 section 5.6: what was sealed are extension fields again; there is none that a server knows. */
static bool is_list_of_fields(struct span plain)
{
    struct cursor c = cursor_of(plain);
    struct span body;
    uint16_t type;

    while (cursor_left(&c) > 0)
        if (!ntp_extension_next(&c, &type, &body))
            return false;
    return true;
}

static enum verdict open_authenticator(const struct nts_fields *f, const struct nts_keys *keys)
{
    uint8_t plain[PLAIN_MAX];

    if (!nts_authenticator_open(f, keys->aead, keys->c2s, plain))
        return VERDICT_NTS_NAK;
    return is_list_of_fields((struct span){ plain, f->sealed.len - CRYPTO_SIV_TAG_SIZE }) ? VERDICT_ANSWERED : VERDICT_NTS_FIELDS;
}

enum verdict nts_server_begin(const struct nts_ring *ring, const struct rng *rng, struct span request, struct span extensions, struct nts_session *out)
{
    struct nts_fields *f = &out->fields;
    enum verdict v = nts_fields_read(request, extensions, f);

    out->unique_id.len = 0;
    out->keys.aead = 0;
    out->request_len = request.len;
    if (v != VERDICT_ACCEPTED || f->unique_id.len == 0 || f->cookie.len == 0 || f->nonce.len == 0 || f->placeholders > NTS_COOKIES_MAX)
        return VERDICT_NTS_FIELDS;
    if (!nts_ring_is_there(ring))
        return VERDICT_NTS_NOT_READY;
    out->unique_id = f->unique_id;
    out->cookies = 1 + f->placeholders;
    if (!nts_cookie_renew(ring, f->cookie, rng, &out->keys, out->first + NTS_FIELD_HEADER))
        return VERDICT_NTS_NAK;
    nts_field_header(NTS_COOKIE, f->cookie.len, out->first);
    return VERDICT_ANSWERED;
}

enum verdict nts_server_open(const struct nts_ring *ring, const struct rng *rng, struct span request, struct span extensions, struct nts_session *out)
{
    enum verdict v = nts_server_begin(ring, rng, request, extensions, out);

    if (v == VERDICT_ANSWERED)
        v = open_authenticator(&out->fields, &out->keys);
    if (v != VERDICT_ANSWERED)
        crypto_wipe(&out->keys, sizeof out->keys);
    return v;
}

/* The first and as many more as are owed. */
static size_t write_cookies(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *out, size_t size)
{
    struct writer w = writer_of(out, size);
    size_t cookie_size = nts_cookie_size(session->keys.aead);

    writer_bytes(&w, session->first, NTS_FIELD_HEADER + cookie_size);
    for (unsigned i = 1; i < session->cookies; i++) {
        uint8_t cookie[NTS_COOKIE_MAX];

        if (!nts_cookie_make(ring, &session->keys, rng, cookie))
            return 0;
        nts_field_write(&w, NTS_COOKIE, (struct span){ cookie, cookie_size });
    }
    return w.failed ? 0 : writer_len(&w);
}

static struct writer begin_answer(const struct nts_session *session, uint8_t *answer, size_t size)
{
    struct writer w = writer_of(answer, size < session->request_len ? size : session->request_len);

    writer_take(&w, NTP_HEADER_SIZE);
    nts_field_write(&w, NTS_UNIQUE_ID, session->unique_id);
    return w;
}

/* Nearly every client asks for one cookie: it is sealed from where it is. */
static struct span first_cookie(const struct nts_session *s) { return (struct span){ s->first, NTS_FIELD_HEADER + nts_cookie_size(s->keys.aead) }; }

size_t nts_server_seal(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size)
{
    struct writer w = begin_answer(session, answer, size);
    uint8_t more[COOKIES_OWED_MAX * (NTS_FIELD_HEADER + NTS_COOKIE_MAX)];
    struct span plain = first_cookie(session);

    if (session->cookies > 1)
        plain = (struct span){ more, write_cookies(ring, session, rng, more, sizeof more) };
    if (plain.len == 0)
        return 0;
    nts_authenticator_write(&w, session->keys.aead, session->keys.s2c, rng, plain);
    return w.failed ? 0 : writer_len(&w);
}

static enum verdict finish_both(const struct nts_session *s, const struct rng *rng, uint8_t *answer, size_t size, size_t *len)
{
    struct writer w = begin_answer(s, answer, size);
    bool good = nts_authenticator_answer(&s->fields, s->keys.aead, s->keys.c2s, s->keys.s2c, rng, first_cookie(s), &w);

    *len = writer_len(&w);
    return good ? VERDICT_ANSWERED : w.failed ? VERDICT_AMPLIFY : VERDICT_NTS_NAK;
}

enum verdict nts_server_finish(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size,
                               size_t *len)
{
    enum verdict v;

    if (session->cookies == 1 && session->fields.sealed.len == CRYPTO_SIV_TAG_SIZE) /* nearly always */
        return finish_both(session, rng, answer, size, len);
    v = open_authenticator(&session->fields, &session->keys);
    if (v != VERDICT_ANSWERED)
        return v;
    *len = nts_server_seal(ring, session, rng, answer, size);
    return *len > 0 ? VERDICT_ANSWERED : VERDICT_AMPLIFY;
}

size_t nts_server_nak(const struct nts_session *session, uint8_t *answer, size_t size)
{
    struct writer w = writer_of(answer, size);

    writer_take(&w, NTP_HEADER_SIZE);
    nts_field_write(&w, NTS_UNIQUE_ID, session->unique_id);
    return w.failed ? 0 : writer_len(&w);
}
