#include "base/log.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *name; enum log_level level; const char *sentence; } rows[LOG_ID_COUNT] = {
#define LOG(name, level, sentence) [LOG_##name] = { #name, LOG_##level##_LEVEL, sentence },
#include "base/log.def"
#undef LOG
};

static const char *const level_names[LOG_LEVELS] = { "debug", "info", "notice", "warning", "error" };
static const char *const topic_names[LOG_TOPICS] = { "daemon", "sources", "clock", "nts", "leap", "service", "audit" };

const char *log_level_name(enum log_level l) { return level_names[l]; }
const char *log_topic_name(enum log_topic t) { return topic_names[t]; }

enum log_topic log_topic_find(const char *name)
{
    int t = 0;

    while (t < LOG_TOPICS && strcmp(topic_names[t], name) != 0)
        t++;
    return (enum log_topic)t;
}

int log_severity(enum log_level l)
{
    static const int severity[LOG_LEVELS] = { 7, 6, 5, 4, 3 };

    return severity[l];
}

enum log_topic log_topic_of(enum log_id id)
{
    static const struct { const char *word; enum log_topic topic; } words[] = {
        { "SOURCE", LOG_TOPIC_SOURCES }, { "NAME", LOG_TOPIC_SOURCES },         { "NTS", LOG_TOPIC_NTS },          { "LEAP", LOG_TOPIC_LEAP },
        { "CLOCK", LOG_TOPIC_CLOCK },    { "SYNCHRONISED", LOG_TOPIC_CLOCK },   { "HOLDOVER", LOG_TOPIC_CLOCK },   { "FREE", LOG_TOPIC_CLOCK },
        { "DRIFT", LOG_TOPIC_CLOCK },    { "UNSYNCHRONISED", LOG_TOPIC_CLOCK }, { "NO", LOG_TOPIC_CLOCK },         { "LOCAL", LOG_TOPIC_CLOCK },
        { "ORPHAN", LOG_TOPIC_CLOCK },   { "STEP", LOG_TOPIC_CLOCK },           { "LISTENING", LOG_TOPIC_SERVICE }, { "LISTEN", LOG_TOPIC_SERVICE },
        { "AUDIT", LOG_TOPIC_AUDIT },
    };
    const char *name = log_name(id);
    size_t len = strcspn(name, "_");

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, name, len) == 0)
            return words[i].topic;
    return LOG_TOPIC_DAEMON;
}

enum log_level log_level_of(enum log_id id) { return (unsigned)id < LOG_ID_COUNT ? rows[id].level : LOG_ERROR_LEVEL; }
const char *log_name(enum log_id id) { return (unsigned)id < LOG_ID_COUNT ? rows[id].name : "UNKNOWN"; }

static void add_field(struct log_record *r, struct log_field f)
{
    if (r->count < LOG_FIELDS_MAX)
        r->field[r->count++] = f;
}

void log_int(struct log_record *r, const char *name, int64_t v) { add_field(r, (struct log_field){ name, LOG_FIELD_INT, { .i = v } }); }
void log_ns(struct log_record *r, const char *name, int64_t ns) { add_field(r, (struct log_field){ name, LOG_FIELD_NS, { .i = ns } }); }
void log_double(struct log_record *r, const char *name, double v) { add_field(r, (struct log_field){ name, LOG_FIELD_DOUBLE, { .d = v } }); }
void log_text(struct log_record *r, const char *name, const char *text) { add_field(r, (struct log_field){ name, LOG_FIELD_TEXT, { .text = text } }); }
void log_addr(struct log_record *r, const char *name, const struct net_addr *a) { add_field(r, (struct log_field){ name, LOG_FIELD_ADDR, { .addr = *a } }); }
void log_utc(struct log_record *r, const char *name, struct utc_ns t) { add_field(r, (struct log_field){ name, LOG_FIELD_UTC, { .i = t.ns } }); }

/* A line being written: never past the end, always terminated. */
struct line { char *at, *end; };

static void put_char(struct line *l, char c)
{
    if (l->at + 1 < l->end)
        *l->at++ = c;
}

static void put(struct line *l, const char *s)
{
    while (*s)
        put_char(l, *s++);
}

static size_t line_end(struct line *l, const char *start)
{
    *l->at = '\0';
    return (size_t)(l->at - start);
}

/* A field that has no room is left out: half a value is none for the programs that read it. */
static void cut_back(struct line *l, char *to)
{
    if (l->at + 1 >= l->end)
        l->at = to;
}

/* Bytes from outside: printable ASCII stays, the rest becomes \xNN. */
static void put_escaped(struct line *l, const char *s)
{
    char hex[8];

    for (; *s; s++) {
        if (isprint((unsigned char)*s) && *s != '\\') {
            put_char(l, *s);
            continue;
        }
        snprintf(hex, sizeof hex, "\\x%02x", (unsigned char)*s);
        put(l, hex);
    }
}

/* JSON string body (RFC 8259 section 7); bytes above 0x7f are given as the code point of the same number. */
static void put_json_text(struct line *l, const char *s)
{
    char hex[8];

    put_char(l, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            put_char(l, '\\');
            put_char(l, (char)c);
        } else if (c >= 0x20 && c < 0x7f) {
            put_char(l, (char)c);
        } else {
            snprintf(hex, sizeof hex, "\\u%04x", c);
            put(l, hex);
        }
    }
    put_char(l, '"');
}

#define MANY_DAYS 9999.5 /* four digits would take an exponent */

const char *ns_to_text(int64_t ns, char *out)
{
    static const struct { double ns; const char *unit; } units[] = {
        { 86400e9, "d" }, { 3600e9, "h" }, { 60e9, "min" }, { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
    double v = fabs((double)ns);

    if (v >= MANY_DAYS * units[0].ns) {
        snprintf(out, 24, "%s%.0f d", ns < 0 ? "-" : "", v / units[0].ns);
        return out;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (v >= units[i].ns) {
            snprintf(out, 24, "%s%.4g %s", ns < 0 ? "-" : "", v / units[i].ns, units[i].unit);
            return out;
        }
    snprintf(out, 24, "%d ns", (int)ns);
    return out;
}

#define FIELD_TEXT_MAX (ADDR_TEXT_MAX > CIVIL_TEXT_MAX ? ADDR_TEXT_MAX : CIVIL_TEXT_MAX)

/* What is a word of its own in every format; NULL for fields of another kind. */
static const char *word_of(const struct log_field *f, char buf[FIELD_TEXT_MAX])
{
    if (f->kind == LOG_FIELD_ADDR)
        return addr_to_text(&f->u.addr, buf);
    return f->kind == LOG_FIELD_UTC ? utc_to_text((struct utc_ns){ f->u.i }, 0, buf) : NULL;
}

static void put_field(struct line *l, const struct log_field *f)
{
    char buf[FIELD_TEXT_MAX];

    switch (f->kind) {
    case LOG_FIELD_INT:
        snprintf(buf, sizeof buf, "%lld", (long long)f->u.i);
        put(l, buf);
        break;
    case LOG_FIELD_NS:
        put(l, ns_to_text(f->u.i, buf));
        break;
    case LOG_FIELD_DOUBLE:
        snprintf(buf, sizeof buf, "%.6g", f->u.d);
        put(l, buf);
        break;
    case LOG_FIELD_TEXT:
        put_escaped(l, f->u.text);
        break;
    case LOG_FIELD_ADDR:
    case LOG_FIELD_UTC:
        put(l, word_of(f, buf));
        break;
    }
}

static const struct log_field *find_field(const struct log_record *r, const char *name, size_t len)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strlen(r->field[i].name) == len && memcmp(r->field[i].name, name, len) == 0)
            return &r->field[i];
    return NULL;
}

size_t log_render_text(const struct log_record *r, char *out, size_t size)
{
    struct line l = { out, out + size };
    const char *s = rows[r->id].sentence, *close;

    for (; *s; s++) {
        const struct log_field *f = NULL;

        if (*s == '{' && (close = strchr(s, '}'))) {
            f = find_field(r, s + 1, (size_t)(close - s - 1));
            if (f)
                put_field(&l, f);
            else
                put(&l, "?");
            s = close;
            continue;
        }
        put_char(&l, *s);
    }
    return line_end(&l, out);
}

static void put_lower(struct line *l, const char *s)
{
    while (*s)
        put_char(l, (char)tolower((unsigned char)*s++));
}

static void put_json_value(struct line *l, const struct log_field *f)
{
    char buf[FIELD_TEXT_MAX];
    const char *word = word_of(f, buf);

    if (f->kind == LOG_FIELD_TEXT) {
        put_json_text(l, f->u.text);
    } else if (word) {
        put_json_text(l, word);
    } else if (f->kind == LOG_FIELD_DOUBLE) {
        snprintf(buf, sizeof buf, "%.9g", f->u.d);
        put(l, isfinite(f->u.d) ? buf : "null");
    } else {
        snprintf(buf, sizeof buf, "%lld", (long long)f->u.i);
        put(l, buf);
    }
}

size_t log_render_json(const struct log_record *r, struct utc_ns at, char *out, size_t size)
{
    struct line l = { out, out + size - 1 };
    char buf[CIVIL_TEXT_MAX], *before;

    put(&l, "{\"time\":\"");
    put(&l, utc_to_text(at, 6, buf));
    put(&l, "\",\"level\":\"");
    put(&l, level_names[rows[r->id].level]);
    put(&l, "\",\"event\":\"");
    put_lower(&l, rows[r->id].name);
    put_char(&l, '"');
    for (unsigned i = 0; i < r->count; i++) {
        before = l.at;
        put_char(&l, ',');
        put_json_text(&l, r->field[i].name);
        put_char(&l, ':');
        put_json_value(&l, &r->field[i]);
        cut_back(&l, before);
    }
    l.end++;
    put_char(&l, '}');
    return line_end(&l, out);
}

/* -- logfmt ------------------------------------------------------------------------------------------------------------ */

/* As JSON has it between quotation marks; bare where nothing in it could be misread. */
static void put_logfmt_text(struct line *l, const char *s)
{
    for (const char *c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._:/[]%+-", *c)) {
            put_json_text(l, s);
            return;
        }
    put(l, *s ? s : "\"\"");
}

static void put_plain_value(struct line *l, const struct log_field *f)
{
    char buf[FIELD_TEXT_MAX];
    const char *word = word_of(f, buf);

    if (f->kind == LOG_FIELD_TEXT)
        put_logfmt_text(l, f->u.text);
    else if (word)
        put(l, word);
    else
        put_json_value(l, f);
}

size_t log_render_logfmt(const struct log_record *r, struct utc_ns at, char *out, size_t size)
{
    struct line l = { out, out + size };
    char buf[CIVIL_TEXT_MAX], *before;

    put(&l, "time=");
    put(&l, utc_to_text(at, 6, buf));
    put(&l, " level=");
    put(&l, level_names[rows[r->id].level]);
    put(&l, " event=");
    put_lower(&l, rows[r->id].name);
    for (unsigned i = 0; i < r->count; i++) {
        before = l.at;
        put_char(&l, ' ');
        put(&l, r->field[i].name);
        put_char(&l, '=');
        put_plain_value(&l, &r->field[i]);
        cut_back(&l, before);
    }
    return line_end(&l, out);
}

/* -- the journal, syslog --------------------------------------------------------------------------------------------------- */

static void put_upper(struct line *l, const char *s)
{
    while (*s)
        put_char(l, (char)toupper((unsigned char)*s++));
}

/* No value holds a line feed: what is from outside is escaped, so the simple form of the protocol does. */
static void put_journal_field(struct line *l, const struct log_field *f)
{
    put(l, "UTC_");
    put_upper(l, f->name);
    put_char(l, '=');
    if (f->kind == LOG_FIELD_TEXT)
        put_escaped(l, f->u.text);
    else
        put_plain_value(l, f);
    put_char(l, '\n');
}

size_t log_render_journal(const struct log_record *r, char *out, size_t size)
{
    struct line l = { out, out + size };
    char text[1024], number[16], *before;

    log_render_text(r, text, sizeof text);
    put(&l, "MESSAGE=");
    put(&l, text);
    snprintf(number, sizeof number, "%d", log_severity(rows[r->id].level));
    put(&l, "\nPRIORITY=");
    put(&l, number);
    put(&l, "\nSYSLOG_IDENTIFIER=simple-utcd\nUTC_EVENT=");
    put_lower(&l, rows[r->id].name);
    put(&l, "\nUTC_TOPIC=");
    put(&l, topic_names[log_topic_of(r->id)]);
    put_char(&l, '\n');
    for (unsigned i = 0; i < r->count; i++) {
        before = l.at;
        put_journal_field(&l, &r->field[i]);
        cut_back(&l, before);
    }
    return line_end(&l, out);
}

#define FACILITY_DAEMON 3

/* Section 6.2: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG; MSGID is at most 32 characters. */
size_t log_render_syslog(const struct log_record *r, struct utc_ns at, const struct log_sender *from, const char *message, char *out, size_t size)
{
    struct line l = { out, out + size };
    char head[64], time[CIVIL_TEXT_MAX];

    snprintf(head, sizeof head, "<%d>1 %s ", FACILITY_DAEMON * 8 + log_severity(rows[r->id].level), utc_to_text(at, 6, time));
    put(&l, head);
    put(&l, *from->host ? from->host : "-");
    put_char(&l, ' ');
    put(&l, from->program);
    snprintf(head, sizeof head, " %d ", from->pid);
    put(&l, head);
    put_lower(&l, rows[r->id].name);
    put(&l, " - ");
    put(&l, message);
    return line_end(&l, out);
}
