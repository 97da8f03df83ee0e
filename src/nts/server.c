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

enum verdict nts_server_begin(const struct nts_ring *ring, struct span request, struct span extensions, struct nts_session *out)
{
    struct nts_fields *f = &out->fields;
    enum verdict v = nts_fields_read(request, extensions, f);

    out->unique_id.len = 0;
    out->request_len = request.len;
    if (v != VERDICT_ACCEPTED || f->unique_id.len == 0 || f->cookie.len == 0 || f->nonce.len == 0 || f->placeholders > NTS_COOKIES_MAX)
        return VERDICT_NTS_FIELDS;
    if (!nts_ring_is_there(ring))
        return VERDICT_NTS_NOT_READY;
    out->unique_id = f->unique_id;
    return VERDICT_ANSWERED;
}

static struct writer begin_answer(const struct nts_session *session, uint8_t *answer, size_t size)
{
    struct writer w = writer_of(answer, size < session->request_len ? size : session->request_len);

    writer_take(&w, NTP_HEADER_SIZE);
    nts_field_write(&w, NTS_UNIQUE_ID, session->unique_id);
    return w;
}

/* A cookie for the one that came, and one for each placeholder. Returns the length of their fields, or 0 while there is no key to seal them. */
static size_t write_cookies(const struct nts_ring *ring, const struct nts_session *session, const struct nts_keys *keys, const struct rng *rng,
                            struct writer *w)
{
    uint8_t cookie[NTS_COOKIE_MAX];

    for (unsigned i = 0; i <= session->fields.placeholders; i++) {
        if (!nts_cookie_make(ring, keys, rng, cookie))
            return 0;
        nts_field_write(w, NTS_COOKIE, (struct span){ cookie, nts_cookie_size(keys->aead) });
    }
    return writer_len(w);
}

static enum verdict seal(const struct nts_ring *ring, const struct nts_session *session, const struct nts_keys *keys, const struct rng *rng, struct writer *w)
{
    uint8_t plain[COOKIES_OWED_MAX * (NTS_FIELD_HEADER + NTS_COOKIE_MAX)];
    struct writer cookies = writer_of(plain, sizeof plain);
    size_t len = write_cookies(ring, session, keys, rng, &cookies);

    if (len == 0)
        return VERDICT_AMPLIFY;
    nts_authenticator_write(w, keys->aead, keys->s2c, rng, (struct span){ plain, len });
    return w->failed ? VERDICT_AMPLIFY : VERDICT_ANSWERED;
}

static enum verdict finish(const struct nts_ring *ring, const struct nts_session *s, const struct nts_cookie *c, const struct rng *rng, struct writer *w)
{
    struct nts_keys keys;
    enum verdict v = nts_cookie_open(c, &keys) ? open_authenticator(&s->fields, &keys) : VERDICT_NTS_NAK;

    if (v == VERDICT_ANSWERED)
        v = seal(ring, s, &keys, rng, w);
    crypto_wipe(&keys, sizeof keys);
    return v;
}

/* Nearly always: one cookie for one, and nothing sealed in the request. */
static bool is_usual(const struct nts_ring *ring, const struct nts_fields *f, const struct nts_cookie *c)
{
    return f->placeholders == 0 && f->sealed.len == CRYPTO_SIV_TAG_SIZE && nts_cookie_is_newest(ring, c);
}

static enum verdict finish_at_once(const struct nts_session *s, const struct nts_cookie *c, const struct rng *rng, struct writer *w)
{
    const struct nts_fields *f = &s->fields;
    struct crypto_siv_exchange x = { .request = nts_authenticator_text(f), .tag = f->sealed.at };
    uint8_t head[NTS_FIELD_HEADER + NTS_COOKIE_HEAD];

    x.out = nts_authenticator_begin(w, CRYPTO_AEAD_SIV_CMAC_256, rng, NTS_FIELD_HEADER + f->cookie.len, &x.answer);
    if (!x.out)
        return VERDICT_AMPLIFY;
    nts_field_header(NTS_COOKIE, f->cookie.len, head);
    return nts_cookie_exchange(c, rng, head, sizeof head, &x) ? VERDICT_ANSWERED : VERDICT_NTS_NAK;
}

enum verdict nts_server_finish(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size,
                               size_t *len)
{
    struct writer w = begin_answer(session, answer, size);
    struct nts_cookie c;
    enum verdict v;

    if (!nts_cookie_look(ring, session->fields.cookie, &c))
        return VERDICT_NTS_NAK;
    v = is_usual(ring, &session->fields, &c) ? finish_at_once(session, &c, rng, &w) : finish(ring, session, &c, rng, &w);
    *len = writer_len(&w);
    return v;
}

size_t nts_server_nak(const struct nts_session *session, uint8_t *answer, size_t size)
{
    struct writer w = writer_of(answer, size);

    writer_take(&w, NTP_HEADER_SIZE);
    nts_field_write(&w, NTS_UNIQUE_ID, session->unique_id);
    return w.failed ? 0 : writer_len(&w);
}
