#include "clock/leap_table.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/hash.h"

#define TAI_MINUS_UTC_1972 10

const char *leap_fault_text(enum leap_fault f)
{
    static const char *const text[LEAP_FAULT_COUNT] = {
        [LEAP_OK] = "the file is good",
        [LEAP_EMPTY] = "it holds no leap second",
        [LEAP_TOO_LARGE] = "it is larger than any leap second file",
        [LEAP_NOT_TEXT] = "it is not plain text",
        [LEAP_LINE_ENDS] = "its lines end in CR LF, so it is not the file as it was published",
        [LEAP_BAD_LINE] = "a line cannot be understood or is cut short",
        [LEAP_NO_HASH] = "its hash line (#h) is missing or malformed",
        [LEAP_BAD_HASH] = "its hash line (#h) does not match its numbers",
        [LEAP_NO_EXPIRY] = "its update (#$) or expiry (#@) line is missing",
        [LEAP_ORDER] = "its dates do not ascend",
        [LEAP_NOT_MONTH] = "a date is not 00:00:00 UTC on the first of a month, where alone a leap second can be",
        [LEAP_NOT_ONE_SECOND] = "TAI-UTC changes by something else than one second",
        [LEAP_TOO_MANY] = "it holds more leap seconds than can be real",
        [LEAP_NOT_TZIF] = "it is no compiled time zone with leap seconds",
    };

    return (unsigned)f < LEAP_FAULT_COUNT ? text[f] : "unknown fault";
}

/* A leap second is the last one of a month: ITU-R TF.460-6. */
static bool month_begins_at(struct utc_ns at)
{
    struct civil c = civil_from_utc(at);

    return c.day == 1 && c.hour == 0 && c.minute == 0 && c.second == 0;
}

/* Entries arrive here one by one, whatever the file's kind. The first may differ by anything that its reader lets pass. */
static enum leap_fault add_entry(struct leap_table *t, int64_t unix_s, int32_t tai_minus_utc_s)
{
    const struct leap_entry *last = t->count ? &t->entry[t->count - 1] : NULL;
    struct utc_ns at;

    if (t->count == LEAP_ENTRIES_MAX)
        return LEAP_TOO_MANY;
    if (ns_from_parts(unix_s, 0, &at.ns) != 0 || (last && at.ns <= last->at.ns))
        return LEAP_ORDER;
    if (!month_begins_at(at))
        return LEAP_NOT_MONTH;
    if (last && tai_minus_utc_s != last->tai_minus_utc_s + 1 && tai_minus_utc_s != last->tai_minus_utc_s - 1)
        return LEAP_NOT_ONE_SECOND;
    t->entry[t->count++] = (struct leap_entry){ at, tai_minus_utc_s };
    return LEAP_OK;
}

/* ---- leap-seconds.list ---- */

#define HASH_WORDS 5
#define DIGITS_MAX (LEAP_ENTRIES_MAX * 24)

struct list_reader {
    struct leap_table table;
    bool has_updated, has_expires, has_hash;
    uint32_t hash[HASH_WORDS];
    size_t digits;               /* the digits the hash covers: update, expiry, then each line's two numbers */
    uint8_t covered[DIGITS_MAX];
};

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

static bool take_number(struct list_reader *r, struct cursor *c, int64_t *out)
{
    int64_t v = 0;
    size_t n = 0;

    skip_blanks(c);
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, n++) {
        if (n == 12 || r->digits == DIGITS_MAX)
            return false;
        v = v * 10 + (*c->at - '0');
        r->covered[r->digits++] = *c->at;
    }
    *out = v;
    return n > 0;
}

static bool take_hex_word(struct cursor *c, uint32_t *out)
{
    uint32_t v = 0;
    size_t n = 0;

    skip_blanks(c);
    for (; c->at < c->end && !is_blank(*c->at); c->at++, n++) {
        uint8_t ch = *c->at, lower = ch | 0x20;
        uint32_t digit = ch >= '0' && ch <= '9' ? (uint32_t)(ch - '0') : lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a' + 10) : 16;

        if (digit == 16 || n == 8)
            return false;
        v = v << 4 | digit;
    }
    *out = v;
    return n > 0; /* published files drop leading zeros of a word */
}

static enum leap_fault read_hash(struct list_reader *r, struct cursor *c)
{
    for (int i = 0; i < HASH_WORDS; i++)
        if (!take_hex_word(c, &r->hash[i]))
            return LEAP_NO_HASH;
    skip_blanks(c);
    r->has_hash = c->at == c->end;
    return r->has_hash ? LEAP_OK : LEAP_NO_HASH;
}

static enum leap_fault read_instant(struct list_reader *r, struct cursor *c, struct utc_ns *out, bool *has)
{
    int64_t ntp_s;

    if (*has || !take_number(r, c, &ntp_s) || ns_from_parts(ntp_s - NTP_UNIX_EPOCH_S, 0, &out->ns) != 0)
        return LEAP_BAD_LINE;
    *has = true;
    return LEAP_OK;
}

static enum leap_fault read_comment(struct list_reader *r, struct cursor *c)
{
    uint8_t kind = cursor_u8(c);

    if (kind == '$')
        return read_instant(r, c, &r->table.updated, &r->has_updated);
    if (kind == '@')
        return read_instant(r, c, &r->table.expires, &r->has_expires);
    if (kind == 'h')
        return read_hash(r, c);
    return LEAP_OK;
}

static enum leap_fault read_entry(struct list_reader *r, struct cursor *c)
{
    int64_t ntp_s, difference_s;

    if (!take_number(r, c, &ntp_s) || !take_number(r, c, &difference_s) || difference_s > 1000)
        return LEAP_BAD_LINE;
    skip_blanks(c);
    if (c->at < c->end && *c->at != '#')
        return LEAP_BAD_LINE;
    return add_entry(&r->table, ntp_s - NTP_UNIX_EPOCH_S, (int32_t)difference_s);
}

static enum leap_fault read_line(struct list_reader *r, struct span line)
{
    struct cursor c = cursor_of(line);

    for (size_t i = 0; i < line.len; i++)
        if ((line.at[i] < 0x20 && line.at[i] != '\t') || line.at[i] == 0x7f)
            return LEAP_NOT_TEXT;
    skip_blanks(&c);
    if (c.at == c.end)
        return LEAP_OK;
    if (*c.at != '#')
        return read_entry(r, &c);
    c.at++;
    return c.at == c.end ? LEAP_OK : read_comment(r, &c);
}

static enum leap_fault judge_list(const struct list_reader *r)
{
    uint8_t digest[CRYPTO_SHA1_SIZE];
    struct cursor c = cursor_of((struct span){ digest, sizeof digest });

    if (r->table.count == 0)
        return LEAP_EMPTY;
    if (!r->has_updated || !r->has_expires)
        return LEAP_NO_EXPIRY;
    if (!r->has_hash)
        return LEAP_NO_HASH;
    crypto_sha1(r->covered, r->digits, digest);
    for (int i = 0; i < HASH_WORDS; i++)
        if (cursor_u32(&c) != r->hash[i])
            return LEAP_BAD_HASH;
    return LEAP_OK;
}

struct leap_verdict leap_table_from_list(struct span text, struct leap_table *out)
{
    struct list_reader r = { .has_hash = false };
    struct leap_verdict v = { LEAP_OK, 0 };
    const uint8_t *at = text.at, *end = text.at + text.len, *eol;

    if (text.len > LEAP_FILE_MAX)
        return (struct leap_verdict){ LEAP_TOO_LARGE, 0 };
    for (; at < end; at = eol + 1) {
        size_t len;

        v.line++;
        eol = memchr(at, '\n', (size_t)(end - at));
        if (!eol) /* the last line has no end: the file is cut, and who knows where */
            return (struct leap_verdict){ LEAP_BAD_LINE, v.line };
        len = (size_t)(eol - at);
        v.fault = len > 0 && at[len - 1] == '\r' ? LEAP_LINE_ENDS : read_line(&r, (struct span){ at, len });
        if (v.fault)
            return v;
    }
    v = (struct leap_verdict){ judge_list(&r), 0 };
    if (v.fault == LEAP_OK)
        *out = r.table;
    return v;
}

/* ---- TZif, RFC 8536 section 3 ---- */

struct tzif_header { uint8_t version; uint32_t isutc, isstd, leap, time, type, chars; };

static bool take_tzif_header(struct cursor *c, struct tzif_header *h)
{
    struct span magic = cursor_take(c, 4);

    if (magic.len != 4 || memcmp(magic.at, "TZif", 4) != 0)
        return false;
    h->version = cursor_u8(c);
    cursor_take(c, 15);
    h->isutc = cursor_u32(c);
    h->isstd = cursor_u32(c);
    h->leap = cursor_u32(c);
    h->time = cursor_u32(c);
    h->type = cursor_u32(c);
    h->chars = cursor_u32(c);
    return !c->failed && h->leap <= LEAP_ENTRIES_MAX && h->time <= 10000 && h->type <= 256 && h->chars <= 4096 && h->isutc <= 256 && h->isstd <= 256;
}

static size_t tzif_before_leaps(const struct tzif_header *h, size_t time_size) { return h->time * (time_size + 1) + h->type * 6 + h->chars; }

/* Occurrences count the leap seconds before them; the n-th correction holds after instant - (n-1 seconds already inserted). */
static enum leap_fault read_tzif_leaps(struct cursor *c, const struct tzif_header *h, struct leap_table *t)
{
    int32_t before = 0;
    enum leap_fault f = add_entry(t, INT64_C(63072000), TAI_MINUS_UTC_1972); /* 1972-01-01 */

    for (uint32_t i = 0; i < h->leap && f == LEAP_OK; i++) {
        int64_t at = (int64_t)cursor_u64(c);
        int32_t correction = (int32_t)cursor_u32(c);

        if (c->failed)
            return LEAP_NOT_TZIF;
        if (i > 0 && i + 1 == h->leap && correction == before) { /* version 4: the last record repeats the correction and gives the expiry */
            if (ns_from_parts(ns_sub(at, before), 0, &t->expires.ns) != 0)
                return LEAP_NOT_TZIF;
            break;
        }
        if (correction != before + 1 && correction != before - 1)
            return LEAP_NOT_ONE_SECOND;
        /* an inserted second is itself counted in `at`; a deleted one is not there to be counted */
        f = add_entry(t, ns_add(ns_sub(at, before), correction > before ? 0 : 1), TAI_MINUS_UTC_1972 + correction);
        before = correction;
    }
    return f;
}

struct leap_verdict leap_table_from_tzif(struct span bytes, struct leap_table *out)
{
    struct leap_table t = { .updated = { INT64_MIN }, .expires = { INT64_MIN } };
    struct cursor c = cursor_of(bytes);
    struct tzif_header h;
    struct leap_verdict v = { LEAP_NOT_TZIF, 0 };

    if (bytes.len > LEAP_FILE_MAX)
        return (struct leap_verdict){ LEAP_TOO_LARGE, 0 };
    if (!take_tzif_header(&c, &h) || h.version < '2')
        return v;
    cursor_take(&c, tzif_before_leaps(&h, 4) + h.leap * 8 + h.isstd + h.isutc);
    if (c.failed || !take_tzif_header(&c, &h))
        return v;
    if (h.leap == 0)
        return (struct leap_verdict){ LEAP_EMPTY, 0 };
    cursor_take(&c, tzif_before_leaps(&h, 8));
    v.fault = c.failed ? LEAP_NOT_TZIF : read_tzif_leaps(&c, &h, &t);
    if (v.fault == LEAP_OK)
        *out = t;
    return v;
}

/* ---- questions ---- */

int32_t leap_table_at(const struct leap_table *t, struct utc_ns at)
{
    uint32_t i = t->count;

    while (i > 1 && utc_earlier(at, t->entry[i - 1].at))
        i--;
    return t->entry[i - 1].tai_minus_utc_s;
}

int32_t leap_table_next(const struct leap_table *t, struct utc_ns now, struct utc_ns *at)
{
    for (uint32_t i = 1; i < t->count; i++)
        if (utc_earlier(now, t->entry[i].at)) {
            *at = t->entry[i].at;
            return t->entry[i].tai_minus_utc_s - t->entry[i - 1].tai_minus_utc_s;
        }
    return 0;
}

struct dur_ns leap_table_expires_in(const struct leap_table *t, struct utc_ns now)
{
    if (t->expires.ns == INT64_MIN)
        return (struct dur_ns){ INT64_MAX };
    return utc_sub(t->expires, now);
}
