#include "nts/client.h"

#include <assert.h>
#include <string.h>

#include "crypto/mac.h"

#define KISS_NTSN NTP_REFID('N', 'T', 'S', 'N')

void nts_client_init(struct nts_client *c) { memset(c, 0, sizeof *c); }

void nts_client_take(struct nts_client *c, const struct nts_keys *keys, const struct nts_ke_grant *grant)
{
    nts_client_init(c);
    c->keys = *keys;
    c->cookie_count = grant->cookie_count;
    c->cookie_size = grant->cookie_size;
    memcpy(c->cookie, grant->cookie, sizeof c->cookie);
}

/* As many as are missing, as far as they fit. */
static unsigned placeholders(const struct nts_client *c, size_t used)
{
    size_t room = NTP_PACKET_MAX - used - nts_authenticator_size(c->keys.aead, 0), fit = room / (NTS_FIELD_HEADER + c->cookie_size);
    unsigned missing = NTS_COOKIES_MAX - 1 - c->cookie_count;

    return missing < fit ? missing : (unsigned)fit;
}

size_t nts_client_seal(struct nts_client *c, const struct rng *rng, uint8_t packet[NTP_PACKET_MAX])
{
    static const uint8_t zero[NTS_COOKIE_KEPT_MAX];
    struct writer w = writer_of(packet, NTP_PACKET_MAX);

    assert(nts_client_is_ready(c));
    writer_take(&w, NTP_HEADER_SIZE);
    rng->fill(rng->ctx, c->unique_id, sizeof c->unique_id);
    c->asked = true;
    nts_field_write(&w, NTS_UNIQUE_ID, (struct span){ c->unique_id, sizeof c->unique_id });
    c->cookie_count--;
    nts_field_write(&w, NTS_COOKIE, (struct span){ c->cookie[c->cookie_count], c->cookie_size });
    crypto_wipe(c->cookie[c->cookie_count], c->cookie_size); /* never twice: it would tell that both requests are ours */
    for (unsigned n = placeholders(c, writer_len(&w)); n > 0; n--)
        nts_field_write(&w, NTS_PLACEHOLDER, (struct span){ zero, c->cookie_size });
    nts_authenticator_write(&w, c->keys.aead, c->keys.c2s, rng, (struct span){ NULL, 0 });
    assert(!w.failed);
    return writer_len(&w);
}

static bool take_cookies(const struct nts_client *c, struct span plain, struct nts_fresh *fresh)
{
    struct cursor fields = cursor_of(plain);
    struct span body;
    uint16_t type;

    while (cursor_left(&fields) > 0) {
        if (!ntp_extension_next(&fields, &type, &body))
            return false;
        if (type == NTS_COOKIE && body.len == c->cookie_size && fresh->count < NTS_COOKIES_MAX)
            memcpy(fresh->cookie[fresh->count++], body.at, body.len);
    }
    return true;
}

static bool is_nak(struct span answer, const struct nts_fields *f)
{
    return f->nonce.len == 0 && answer.at[NTP_AT_STRATUM] == 0 && wire_get32(answer.at + NTP_AT_REFID) == KISS_NTSN;
}

static enum verdict open_sealed(const struct nts_client *c, const struct nts_fields *f, struct nts_fresh *fresh)
{
    uint8_t plain[NTP_PACKET_MAX];

    if (!nts_authenticator_open(f, c->keys.aead, c->keys.s2c, plain))
        return VERDICT_MAC_WRONG;
    return take_cookies(c, (struct span){ plain, f->sealed.len - CRYPTO_SIV_TAG_SIZE }, fresh) ? VERDICT_ACCEPTED : VERDICT_NTS_FIELDS;
}

enum verdict nts_client_open(const struct nts_client *c, struct span answer, struct nts_fresh *fresh)
{
    struct nts_fields f;
    struct ntp_tail tail;
    enum verdict v = ntp_packet_check(answer, &tail);

    fresh->count = 0;
    if (v == VERDICT_ACCEPTED)
        v = nts_fields_read(answer, tail.extensions, &f);
    if (v != VERDICT_ACCEPTED)
        return v;
    if (!c->asked || f.unique_id.len != sizeof c->unique_id || !crypto_equal(f.unique_id.at, c->unique_id, sizeof c->unique_id))
        return VERDICT_UNAUTHENTICATED;
    if (is_nak(answer, &f))
        return VERDICT_NTS_NAK;
    return f.nonce.len == 0 ? VERDICT_UNAUTHENTICATED : open_sealed(c, &f, fresh);
}

void nts_client_accept(struct nts_client *c, const struct nts_fresh *fresh)
{
    c->asked = false;
    for (unsigned i = 0; i < fresh->count && c->cookie_count < NTS_COOKIES_MAX; i++)
        memcpy(c->cookie[c->cookie_count++], fresh->cookie[i], c->cookie_size);
}
