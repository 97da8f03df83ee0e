#include "nts/record.h"

#include <string.h>

/* RFC 8915 section 4.1; GCM_SIV_EXPORT: IANA's registry, "Compliant AES-128-GCM-SIV Exporter Context". */
enum record_type { END = 0, NEXT_PROTOCOL = 1, ERROR = 2, WARNING = 3, AEAD = 4, COOKIE = 5, SERVER = 6, PORT = 7, GCM_SIV_EXPORT = 1024 };
#define CRITICAL 0x8000
#define PROTOCOL_NTPV4 0
#define RECORD_HEADER 4

struct record { uint16_t type; bool critical; struct span body; };

static bool next_record(struct cursor *c, struct record *r)
{
    uint16_t type = cursor_u16(c), len = cursor_u16(c);

    r->type = type & (CRITICAL - 1);
    r->critical = type & CRITICAL;
    r->body = cursor_take(c, len);
    return !c->failed;
}

bool nts_ke_is_whole(struct span bytes)
{
    struct cursor c = cursor_of(bytes);
    struct record r;

    while (cursor_left(&c) >= RECORD_HEADER) {
        if ((size_t)wire_get16(c.at + 2) + RECORD_HEADER > NTS_KE_MESSAGE_MAX)
            return true;
        if (!next_record(&c, &r))
            return false;
        if (r.type == END)
            return true;
    }
    return false;
}

void nts_ke_context(unsigned aead, bool server_to_client, uint8_t out[NTS_KE_CONTEXT_SIZE])
{
    wire_put16(out, PROTOCOL_NTPV4);
    wire_put16(out + 2, (uint16_t)aead);
    out[4] = server_to_client;
}

/* ---- the server's side ---- */

/* Lists of 16-bit numbers. */
static bool is_list(struct span body) { return body.len > 0 && body.len % 2 == 0; }

static bool lists(struct span body, unsigned number)
{
    for (size_t i = 0; i + 1 < body.len; i += 2)
        if (wire_get16(body.at + i) == number)
            return true;
    return false;
}

/* What has been read of a request or answer. */
struct reading {
    unsigned protocols, algorithms;
    struct span offered;         /* by a client: a list of algorithms, best first */
    bool gcm_siv_export;         /* keys for AES-128-GCM-SIV are exported as section 5.1 has it */
    bool ended;
};

/* chrony 4.4 to 4.6 know AES-128-GCM-SIV but export its keys as if they were for AES-SIV-CMAC-256: it is granted to those who say that they do not. All the
 * others have the algorithm that everybody has. */
static uint16_t choose(const struct reading *seen)
{
    for (size_t i = 0; i + 1 < seen->offered.len; i += 2) {
        uint16_t aead = wire_get16(seen->offered.at + i);

        if (crypto_siv_key_size(aead) > 0 && (aead != CRYPTO_AEAD_GCM_SIV_128 || seen->gcm_siv_export))
            return aead;
    }
    return 0;
}

static enum nts_ke_error take_wish(const struct record *r, struct nts_ke_wish *w, struct reading *seen)
{
    switch (r->type) {
    case END:
        seen->ended = true;
        return r->body.len == 0 && r->critical ? NTS_KE_NO_ERROR : NTS_KE_BAD_REQUEST;
    case NEXT_PROTOCOL:
        w->ntpv4 = lists(r->body, PROTOCOL_NTPV4);
        return is_list(r->body) && r->critical && seen->protocols++ == 0 ? NTS_KE_NO_ERROR : NTS_KE_BAD_REQUEST;
    case AEAD:
        seen->offered = r->body;
        return is_list(r->body) && seen->algorithms++ == 0 ? NTS_KE_NO_ERROR : NTS_KE_BAD_REQUEST;
    case ERROR:
    case WARNING:
    case COOKIE: return NTS_KE_BAD_REQUEST; /* a server says those */
    case SERVER:
    case PORT: return NTS_KE_NO_ERROR; /* a wish that need not be granted: sections 4.1.7 and 4.1.8 */
    case GCM_SIV_EXPORT:
        seen->gcm_siv_export = true;
        return r->body.len == 0 ? NTS_KE_NO_ERROR : NTS_KE_BAD_REQUEST;
    default: return r->critical ? NTS_KE_UNKNOWN_CRITICAL : NTS_KE_NO_ERROR;
    }
}

struct nts_ke_wish nts_ke_read_wish(struct span message)
{
    struct cursor c = cursor_of(message);
    struct nts_ke_wish w = { .error = NTS_KE_NO_ERROR };
    struct reading seen = { 0 };
    struct record r;

    while (w.error == NTS_KE_NO_ERROR && !seen.ended && next_record(&c, &r))
        w.error = take_wish(&r, &w, &seen);
    w.aead = choose(&seen);
    if (w.error == NTS_KE_NO_ERROR && (!seen.ended || seen.protocols != 1 || (w.ntpv4 && seen.algorithms != 1)))
        w.error = NTS_KE_BAD_REQUEST;
    return w;
}

static void write_record(struct writer *w, unsigned type, const void *body, size_t len)
{
    writer_u16(w, (uint16_t)type);
    writer_u16(w, (uint16_t)len);
    writer_bytes(w, body, len);
}

static void write_number(struct writer *w, unsigned type, unsigned number)
{
    uint8_t body[2];

    wire_put16(body, (uint16_t)number);
    write_record(w, type, body, sizeof body);
}

static void write_grant(struct writer *w, const struct nts_ke_wish *wish, const struct nts_ke_offer *offer, const uint8_t *cookies, size_t cookie_size)
{
    write_number(w, AEAD | CRITICAL, wish->aead);
    if (wish->aead == CRYPTO_AEAD_GCM_SIV_128)
        write_record(w, GCM_SIV_EXPORT, NULL, 0);
    if (offer->ntp_server[0])
        write_record(w, SERVER | CRITICAL, offer->ntp_server, strlen(offer->ntp_server));
    if (offer->ntp_port != NTP_PORT)
        write_number(w, PORT | CRITICAL, offer->ntp_port);
    for (unsigned i = 0; i < NTS_COOKIES_MAX; i++)
        write_record(w, COOKIE, cookies + i * cookie_size, cookie_size);
}

size_t nts_ke_write_answer(const struct nts_ke_wish *wish, const struct nts_ke_offer *offer, const uint8_t *cookies, size_t cookie_size, uint8_t *out,
                           size_t size)
{
    struct writer w = writer_of(out, size);

    if (wish->error != NTS_KE_NO_ERROR)
        write_number(&w, ERROR | CRITICAL, wish->error);
    else if (!wish->ntpv4)
        write_record(&w, NEXT_PROTOCOL | CRITICAL, NULL, 0);
    else {
        write_number(&w, NEXT_PROTOCOL | CRITICAL, PROTOCOL_NTPV4);
        if (wish->aead)
            write_grant(&w, wish, offer, cookies, cookie_size);
        else
            write_record(&w, AEAD | CRITICAL, NULL, 0);
    }
    write_record(&w, END | CRITICAL, NULL, 0);
    return w.failed ? 0 : writer_len(&w);
}

/* ---- the client's side ---- */

size_t nts_ke_write_request(bool gcm_siv, uint8_t *out, size_t size)
{
    static const uint16_t known[] = { CRYPTO_AEAD_GCM_SIV_128, CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512 };
    struct writer w = writer_of(out, size);
    size_t first;

    gcm_siv = gcm_siv && crypto_siv_key_size(CRYPTO_AEAD_GCM_SIV_128) > 0;
    first = gcm_siv ? 0 : 1;
    write_number(&w, NEXT_PROTOCOL | CRITICAL, PROTOCOL_NTPV4);
    writer_u16(&w, AEAD | CRITICAL);
    writer_u16(&w, (uint16_t)(sizeof known - first * sizeof known[0]));
    for (size_t i = first; i < sizeof known / sizeof known[0]; i++)
        writer_u16(&w, known[i]);
    if (gcm_siv)
        write_record(&w, GCM_SIV_EXPORT, NULL, 0);
    write_record(&w, END | CRITICAL, NULL, 0);
    return w.failed ? 0 : writer_len(&w);
}

static const char *take_cookie(struct span body, struct nts_ke_grant *g)
{
    if (body.len == 0 || body.len > NTS_COOKIE_KEPT_MAX || body.len % 4 != 0)
        return "the server gave a cookie of an impossible length";
    if (g->cookie_count > 0 && body.len != g->cookie_size)
        return "the server's cookies are of unlike length";
    g->cookie_size = (uint16_t)body.len;
    if (g->cookie_count < NTS_COOKIES_MAX)
        memcpy(g->cookie[g->cookie_count++], body.at, body.len);
    return NULL;
}

/* Printable ASCII: a name or an address. */
static const char *take_server(struct span body, struct nts_ke_grant *g)
{
    if (body.len == 0 || body.len > NTS_KE_SERVER_MAX || g->ntp_server[0])
        return "the server names no NTP server that there could be";
    for (size_t i = 0; i < body.len; i++)
        if (body.at[i] <= ' ' || body.at[i] > '~')
            return "the server names no NTP server that there could be";
    memcpy(g->ntp_server, body.at, body.len);
    g->ntp_server[body.len] = '\0';
    return NULL;
}

static const char *take_grant(const struct record *r, struct nts_ke_grant *g, struct reading *seen)
{
    uint16_t number = r->body.len == 2 ? wire_get16(r->body.at) : 0;

    switch (r->type) {
    case END:
        seen->ended = true;
        return NULL;
    case NEXT_PROTOCOL:
        return r->body.len == 2 && number == PROTOCOL_NTPV4 && seen->protocols++ == 0 ? NULL : "the server does not speak NTPv4";
    case ERROR: return "the server answered with an error";
    case WARNING: return "the server answered with a warning";
    case AEAD:
        g->aead = number;
        return r->body.len == 2 && crypto_siv_key_size(number) > 0 && seen->algorithms++ == 0 ? NULL : "the server knows no algorithm that we know";
    case COOKIE: return take_cookie(r->body, g);
    case SERVER: return take_server(r->body, g);
    case PORT:
        if (number == 0 || g->ntp_port != 0)
            return "the server names no NTP port that there could be";
        g->ntp_port = number;
        return NULL;
    case GCM_SIV_EXPORT:
        seen->gcm_siv_export = true;
        return r->body.len == 0 ? NULL : "the server says of the export of keys what has no meaning";
    default: return r->critical ? "the server's answer has a critical record that is not known here" : NULL;
    }
}

const char *nts_ke_read_answer(struct span message, struct nts_ke_grant *out)
{
    struct cursor c = cursor_of(message);
    struct reading seen = { 0 };
    const char *wrong = NULL;
    struct record r;

    memset(out, 0, sizeof *out);
    while (!wrong && !seen.ended && next_record(&c, &r))
        wrong = take_grant(&r, out, &seen);
    if (!wrong && (!seen.ended || seen.protocols != 1 || seen.algorithms != 1))
        wrong = "the server's answer is not whole";
    if (!wrong && out->cookie_count == 0)
        wrong = "the server gave no cookies";
    out->own_export = !wrong && out->aead == CRYPTO_AEAD_GCM_SIV_128 && !seen.gcm_siv_export;
    return out->own_export ? "the server exports keys for AEAD 30 in a way of its own" : wrong;
}
