#include "keys/keys.h"

#include <string.h>

#define LINE_MAX_BYTES 1023
#define SECRET_MAX 256
#define ANY_PORT 1              /* stands in where a text may not have one */
#define NTP_PLAIN_MAX 20        /* ntp.keys: longer keys are hexadecimal ... */
#define NTP_SECRET_MAX 32       /* ... and every ntpd cuts them to this many bytes, without failing */

const char *key_fault_text(enum key_fault f)
{
    static const char *const text[KEY_FAULTS] = {
#define FAULT(name, sentence) [KEY_FAULT_##name] = sentence,
#include "keys/fault.def"
#undef FAULT
    };

    return (unsigned)f < KEY_FAULTS ? text[f] : text[KEY_FAULT_NONE];
}

/* ---- words ---- */

/* One line under the reader; `word` is the last one taken. */
struct reader {
    const struct keys_options *o;
    const char *start, *at, *end;
    struct { const char *at; size_t len; } word;
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static bool is_control(char c) { return (unsigned char)c < ' ' && c != '\t' && c != '\r'; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Text of len bytes against a lower-case word, without regard to case. */
static bool same(const char *text, size_t len, const char *word)
{
    size_t i = 0;

    while (i < len && word[i] && lower(text[i]) == word[i])
        i++;
    return i == len && word[i] == '\0';
}

static bool begins(const struct reader *r, const char *prefix)
{
    size_t n = strlen(prefix);

    return r->word.len >= n && same(r->word.at, n, prefix);
}

static bool next_word(struct reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
    r->word.at = r->at;
    while (r->at < r->end && !is_blank(*r->at))
        r->at++;
    r->word.len = (size_t)(r->at - r->word.at);
    if (r->o->format == KEYS_FORMAT_NTP && begins(r, "#")) {
        r->at = r->end;
        r->word.len = 0;
    }
    return r->word.len > 0;
}

/* ---- number, type, secret ---- */

static bool read_number(const char *text, size_t len, uint64_t max, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text[i] - '0');
        if (*out > max)
            return false;
    }
    return len > 0;
}

static const struct { const char *name; enum crypto_mac_kind kind; } types[] = {
    { "md5", CRYPTO_MAC_MD5 },       { "m", CRYPTO_MAC_MD5 },            { "sha1", CRYPTO_MAC_SHA1 },          { "sha", CRYPTO_MAC_SHA1 },
    { "sha256", CRYPTO_MAC_SHA256 }, { "sha384", CRYPTO_MAC_SHA384 },    { "sha512", CRYPTO_MAC_SHA512 },      { "aes128", CRYPTO_MAC_AES128 },
    { "aes256", CRYPTO_MAC_AES256 }, { "aes-128", CRYPTO_MAC_AES128 },   { "aes-256", CRYPTO_MAC_AES256 },     { "aes", CRYPTO_MAC_AES128 },
    { "aes-cmac", CRYPTO_MAC_AES128 }, { "aes128cmac", CRYPTO_MAC_AES128 }, { "aes256cmac", CRYPTO_MAC_AES256 },
};

static bool find_type(const struct reader *r, enum crypto_mac_kind *out)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (same(r->word.at, r->word.len, types[i].name)) {
            *out = types[i].kind;
            return true;
        }
    return false;
}

static int hex_digit(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct secret { size_t len; uint8_t bytes[SECRET_MAX]; };

static enum key_fault read_hex(const char *text, size_t len, struct secret *out)
{
    if (len > 2 * SECRET_MAX)
        return KEY_FAULT_TOO_LONG;
    if (len == 0 || len % 2 != 0)
        return KEY_FAULT_HEX;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

        if (high < 0 || low < 0)
            return KEY_FAULT_HEX;
        out->bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    out->len = len / 2;
    return KEY_FAULT_NONE;
}

static enum key_fault read_ntp_hex(const char *text, size_t len, struct secret *out)
{
    enum key_fault f = read_hex(text, len, out);

    if (out->len > NTP_SECRET_MAX)
        out->len = NTP_SECRET_MAX;
    return f;
}

static enum key_fault read_plain(const char *text, size_t len, struct secret *out)
{
    if (len == 0)
        return KEY_FAULT_MISSING;
    if (len > SECRET_MAX)
        return KEY_FAULT_TOO_LONG;
    memcpy(out->bytes, text, len);
    out->len = len;
    return KEY_FAULT_NONE;
}

static enum key_fault read_secret(const struct reader *r, struct secret *out)
{
    const char *text = r->word.at;
    size_t len = r->word.len;

    if (r->o->format == KEYS_FORMAT_NTP)
        return len > NTP_PLAIN_MAX ? read_ntp_hex(text, len, out) : read_plain(text, len, out);
    if (begins(r, "hex:"))
        return read_hex(text + 4, len - 4, out);
    return begins(r, "ascii:") ? read_plain(text + 6, len - 6, out) : read_plain(text, len, out);
}

/* ---- what a key is good for ---- */

static bool digits(const char **at, const char *end, unsigned n, char after, unsigned *out)
{
    *out = 0;
    for (unsigned i = 0; i < n; i++, (*at)++) {
        if (*at == end || **at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (unsigned)(**at - '0');
    }
    if (after == '\0')
        return true;
    return *at < end && *(*at)++ == after;
}

static bool read_time(const char *at, const char *end, struct utc_ns *out)
{
    unsigned year, month, day, hour = 0, minute = 0, second = 0;
    struct civil c;

    if (!digits(&at, end, 4, '-', &year) || !digits(&at, end, 2, '-', &month) || !digits(&at, end, 2, '\0', &day))
        return false;
    if (at < end && !(*at++ == 'T' && digits(&at, end, 2, ':', &hour) && digits(&at, end, 2, ':', &minute) && digits(&at, end, 2, 'Z', &second)))
        return false;
    c = (struct civil){ .year = (int32_t)year, .month = (uint8_t)month, .day = (uint8_t)day, .hour = (uint8_t)hour, .minute = (uint8_t)minute,
                        .second = (uint8_t)second };
    return at == end && civil_to_utc(&c, out) == 0;
}

static bool read_net(const char *text, size_t len, struct key_net *out)
{
    char address[ADDR_TEXT_MAX];
    const char *slash = memchr(text, '/', len);
    size_t n = slash ? (size_t)(slash - text) : len;
    uint64_t bits, whole;

    if (n == 0 || n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (addr_from_text(address, ANY_PORT, &out->addr) != 0 || out->addr.port != ANY_PORT || address[0] == '*')
        return false;
    out->addr.port = 0;
    whole = out->addr.family == ADDR_IPV4 ? 32 : 128;
    bits = whole;
    if (slash && !read_number(slash + 1, len - n - 1, whole, &bits))
        return false;
    out->bits = (uint8_t)bits;
    return true;
}

static enum key_fault read_nets(const char *at, const char *end, struct key *k)
{
    while (at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        if (k->net_count == KEY_NETS_MAX)
            return KEY_FAULT_NETS;
        if (!read_net(at, (size_t)(stop - at), &k->net[k->net_count]))
            return KEY_FAULT_NET;
        k->net_count++;
        at = stop + 1;
    }
    return KEY_FAULT_NONE;
}

static enum key_fault read_word(const struct reader *r, bool first, struct key *k)
{
    const char *end = r->word.at + r->word.len;

    if (begins(r, "for="))
        return read_nets(r->word.at + 4, end, k);
    if (begins(r, "from="))
        return read_time(r->word.at + 5, end, &k->from) ? KEY_FAULT_NONE : KEY_FAULT_TIME;
    if (begins(r, "until="))
        return read_time(r->word.at + 6, end, &k->until) ? KEY_FAULT_NONE : KEY_FAULT_TIME;
    if (first && r->o->format == KEYS_FORMAT_NTP)
        return read_nets(r->word.at, end, k);
    return KEY_FAULT_WORD;
}

static bool is_ours(const struct reader *r) { return begins(r, "for=") || begins(r, "from=") || begins(r, "until="); }

/* chrony.keys: with a single word after the number, it is an MD5 key. */
static bool type_is_left_out(struct reader r) { return r.o->format == KEYS_FORMAT_CHRONY && (!next_word(&r) || is_ours(&r)); }

/* ---- a line ---- */

static enum key_fault read_id(const struct reader *r, uint32_t *out)
{
    uint64_t id;

    if (!read_number(r->word.at, r->word.len, UINT32_MAX, &id) || id == 0)
        return KEY_FAULT_ID;
    *out = (uint32_t)id;
    return KEY_FAULT_NONE;
}

static enum key_fault read_type(struct reader *r, enum crypto_mac_kind *kind)
{
    if (!next_word(r))
        return KEY_FAULT_MISSING;
    if (type_is_left_out(*r))
        *kind = CRYPTO_MAC_MD5;
    else if (!find_type(r, kind))
        return KEY_FAULT_TYPE;
    if (*kind <= CRYPTO_MAC_SHA1 && !r->o->allow_legacy)
        return KEY_FAULT_LEGACY;
    return type_is_left_out(*r) || next_word(r) ? KEY_FAULT_NONE : KEY_FAULT_MISSING;
}

static enum key_fault prepare(const struct reader *r, enum crypto_mac_kind kind, struct key *k)
{
    struct secret secret = { .len = 0 };
    enum key_fault f = read_secret(r, &secret);

    if (!f && !crypto_mac_init(&k->mac, kind, secret.bytes, secret.len))
        f = crypto_mac_key_size(kind) ? KEY_FAULT_AES_SIZE : KEY_FAULT_TYPE;
    crypto_wipe(&secret, sizeof secret);
    return f;
}

/* The line has a word already. */
static enum key_fault read_key(struct reader *r, struct key *k)
{
    enum crypto_mac_kind kind = CRYPTO_MAC_MD5;
    enum key_fault f = read_id(r, &k->id);

    k->net_count = 0;
    k->from.ns = INT64_MIN;
    k->until.ns = INT64_MAX;
    if (!f)
        f = read_type(r, &kind);
    if (!f)
        f = prepare(r, kind, k);
    for (bool first = true; !f && next_word(r); first = false)
        f = read_word(r, first, k);
    return !f && k->until.ns <= k->from.ns ? KEY_FAULT_ORDER : f;
}

/* ---- the table ---- */

/* Where id stands, or would. */
static uint32_t place_of(const struct key_table *t, uint32_t id)
{
    uint32_t low = 0, high = t->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (t->id[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct key *keys_find(const struct key_table *table, uint32_t id)
{
    uint32_t i = table ? place_of(table, id) : 0;

    return table && i < table->count && table->id[i] == id ? &table->key[table->at[i]] : NULL;
}

bool keys_same(const struct key_table *a, const struct key_table *b) { return a == b || (a && b && memcmp(a, b, sizeof *a) == 0); }

/* Enters the key that was read into the row behind the last one. */
static enum key_fault enter(struct key_table *t)
{
    uint32_t id = t->key[t->count].id, i = place_of(t, id), after = t->count - i;

    if (i < t->count && t->id[i] == id)
        return KEY_FAULT_TWICE;
    memmove(t->id + i + 1, t->id + i, after * sizeof t->id[0]);
    memmove(t->at + i + 1, t->at + i, after * sizeof t->at[0]);
    t->id[i] = id;
    t->at[i] = (uint16_t)t->count;
    t->count++;
    return KEY_FAULT_NONE;
}

/* Says nothing: empty, or a comment. */
static bool is_silent(const struct reader *r) { return r->word.len == 0 || strchr("#!;%", r->word.at[0]); }

static enum key_fault read_line(struct reader *r, struct key_table *t)
{
    enum key_fault f;

    if (r->end - r->start > LINE_MAX_BYTES)
        return KEY_FAULT_LONG_LINE;
    for (const char *c = r->start; c < r->end; c++)
        if (is_control(*c)) {
            r->word.at = c;
            return KEY_FAULT_CONTROL;
        }
    next_word(r);
    if (is_silent(r))
        return KEY_FAULT_NONE;
    if (t->count == KEYS_MAX)
        return KEY_FAULT_MANY;
    f = read_key(r, &t->key[t->count]);
    if (!f) {
        f = enter(t);
        r->word.at = f ? r->start : r->word.at;
    }
    return f;
}

struct key_verdict keys_read(struct span file, const struct keys_options *o, struct key_table *out)
{
    const char *at = (const char *)file.at, *end = at + file.len;
    struct key_verdict v = { KEY_FAULT_NONE, 0, 0 };

    out->count = 0;
    if (file.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) /* the mark that some editors put before UTF-8 */
        at += 3;
    while (at < end && v.fault == KEY_FAULT_NONE) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct reader r = { .o = o, .start = at, .at = at, .end = stop ? stop : end, .word = { at, 0 } };

        v.line++;
        v.fault = read_line(&r, out);
        v.column = (uint32_t)(r.word.at - r.start) + 1;
        at = stop ? stop + 1 : end;
    }
    if (v.fault)
        crypto_wipe(out, sizeof *out);
    return v;
}

/* ---- use ---- */

static bool covers(const struct key_net *n, const struct net_addr *a)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;

    return n->addr.family == a->family && memcmp(n->addr.bytes, a->bytes, whole) == 0
        && (rest == 0 || (n->addr.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0);
}

const struct key *keys_last(const struct key *key, const struct key *next)
{
    return key && next && !utc_earlier(key->until, next->from) && utc_earlier(key->until, next->until) ? next : key;
}

enum verdict key_judge(const struct key *k, const struct net_addr *other, struct utc_ns now)
{
    bool covered = k->net_count == 0;

    for (uint32_t i = 0; i < k->net_count && !covered; i++)
        covered = covers(&k->net[i], other);
    if (!covered)
        return VERDICT_KEY_ADDRESS;
    return utc_earlier(now, k->from) || !utc_earlier(now, k->until) ? VERDICT_KEY_LIFETIME : VERDICT_ACCEPTED;
}
