/* ntp.toml(5) of ntpd-rs: tables, and keys with a string, a number, an array or an inline table. Of TOML what such a file needs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/draft.h"
#include "import/formats.h"
#include "import/words.h"

#define VALUE_MAX 1024
#define TEXT_SIZE 256       /* of a name or path */
#define SECTION_SIZE 80
#define WORD_SIZE 32
#define POLL_MIN_LOG2 (-4)  /* engine/source.def */
#define POLL_MAX_LOG2 17

struct table {              /* [[source]], [[server]], [[nts-ke-server]]: put together once all its keys are read */
    unsigned line;
    char mode[WORD_SIZE], address[TEXT_SIZE], first[TEXT_SIZE], second[TEXT_SIZE], count[WORD_SIZE], version[WORD_SIZE], precision[WORD_SIZE];
};

struct reader {
    struct draft *d;
    char section[SECTION_SIZE];
    struct table t;
    struct { bool given; double min, max; } poll;
    unsigned servers, lists;    /* tables of servers, and their lists of clients */
};

/* -- values ------------------------------------------------------------------------------------------------------------------ */

/* The next string or bare word of a value into out; behind it, or NULL when there is none. */
static const char *next_item(const char *s, char *out, size_t size)
{
    size_t len;
    char quote;

    s += strspn(s, " ,[]{}=\n");
    if (!*s)
        return NULL;
    quote = *s == '"' || *s == '\'' ? *s++ : '\0';
    len = quote ? strcspn(s, quote == '"' ? "\"" : "'") : strcspn(s, " ,[]{}=");
    snprintf(out, size, "%.*s", (int)len, s);
    s += len;
    return *s && quote ? s + 1 : s;
}

static void only_item(const char *value, char *out, size_t size)
{
    if (!next_item(value, out, size))
        out[0] = '\0';
}

/* The number of `name` in an inline table, or the value itself when it is none. */
static bool number_in(const char *value, const char *name, double *out)
{
    char item[VALUE_MAX];
    bool table = strchr(value, '{') != NULL, wanted = !table;

    for (const char *s = value; (s = next_item(s, item, sizeof item));) {
        if (wanted)
            return draft_decimal(item, out);
        wanted = strcmp(item, name) == 0;
    }
    return false;
}

/* -- tables --------------------------------------------------------------------------------------------------------------------- */

#define NOISE_WIDTH 4   /* of a reference clock: how many of its standard deviations an error is taken to be at the least */
#define ERROR_MAX_S 10  /* engine/source.def */

/* A socket that gpsd writes to. */
static void add_sock(struct reader *r)
{
    struct draft_source *s = draft_add_reference(r->d, -1, r->t.first);
    double noise_s;

    if (!s)
        return;
    if (draft_decimal(r->t.precision, &noise_s) && noise_s * NOISE_WIDTH > s->error_s)
        s->error_s = fmin(noise_s * NOISE_WIDTH, ERROR_MAX_S);
    draft_remark(r->d, "true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do");
}

static void add_source(struct reader *r)
{
    static const struct { const char *mode; bool pool, nts; } modes[] = {
        { "server", false, false }, { "pool", true, false }, { "nts", false, true }, { "nts-pool", true, true }
    };
    struct draft_source *s;
    size_t m = 0;

    if (strcmp(r->t.mode, "sock") == 0) {
        add_sock(r);
        return;
    }
    while (m < 4 && strcmp(modes[m].mode, r->t.mode) != 0)
        m++;
    if (m == 4) {
        draft_remark(r->d, "a source of mode \"%.30s\" is not built; stay with ntpd-rs here, or let it serve on loopback and name it as a server", r->t.mode);
        return;
    }
    if (strchr(r->t.address, ':') && strchr(r->t.address, ':') == strrchr(r->t.address, ':')) {
        char *colon = strchr(r->t.address, ':');

        *colon = '\0';
        s = draft_add_source(r->d, modes[m].pool, r->t.address);
        if (s)
            draft_number(r->d, s, modes[m].nts ? DRAFT_NTS_PORT : DRAFT_PORT, colon + 1, 1, 65535);
    } else {
        s = draft_add_source(r->d, modes[m].pool, r->t.address);
    }
    if (!s)
        return;
    s->number[DRAFT_NTS] = modes[m].nts ? 1 : DRAFT_UNSET;
    if (r->t.count[0] && modes[m].pool)
        draft_number(r->d, s, DRAFT_MEMBERS, r->t.count, 1, 4);
    if (strcmp(r->t.version, "4") != 0 && r->t.version[0])
        draft_remark(r->d, "ntp-version = %.15s: version 4 is asked", r->t.version);
    if (r->t.first[0])
        draft_set_path(r->d, "nts", "trusted_certificates", r->t.first);
}

static void add_server(struct reader *r)
{
    r->d->serves = true;
    r->servers++;
    draft_listen(r->d, "ntp", "listen", r->t.address, 123);
}

static void add_nts_server(struct reader *r)
{
    draft_listen(r->d, "nts", "listen", r->t.address, 4460);
    if (r->t.first[0])
        draft_set_path(r->d, "nts", "certificate", r->t.first);
    if (r->t.second[0])
        draft_set_path(r->d, "nts", "private_key", r->t.second);
}

static const struct { const char *section; void (*add)(struct reader *); } tables[] = {
    { "source", add_source }, { "server", add_server }, { "nts-ke-server", add_nts_server }
};

static void end_table(struct reader *r)
{
    for (size_t i = 0; r->t.line && i < sizeof tables / sizeof tables[0]; i++)
        if (strcmp(tables[i].section, r->section) == 0) {
            draft_line(r->d, r->t.line, r->section);
            tables[i].add(r);
            draft_line_end(r->d);
        }
    memset(&r->t, 0, sizeof r->t);
}

/* -- keys ------------------------------------------------------------------------------------------------------------------------ */

static void take_list(struct reader *r, const char *value, enum draft_action action)
{
    char item[VALUE_MAX];
    bool in_filter = false;

    r->lists++;
    for (const char *s = value; (s = next_item(s, item, sizeof item));)
        if (strcmp(item, "filter") == 0)
            in_filter = true;
        else if (strcmp(item, "action") == 0)
            in_filter = false;
        else if (in_filter)
            draft_access(r->d, action, item);
}

static void take_deny(struct reader *r, const char *value) { take_list(r, value, DRAFT_DENY); }

static void take_allow(struct reader *r, const char *value)
{
    draft_access(r->d, DRAFT_DENY, "0.0.0.0/0");
    draft_access(r->d, DRAFT_DENY, "::/0");
    take_list(r, value, DRAFT_ALLOW);
}

static void take_require_nts(struct reader *r, const char *value)
{
    if (strstr(value, "true") || strchr(value, '"'))
        draft_remark(r->d, "access: [{ nets: [0.0.0.0/0, \"::/0\"], action: authenticate }] answers authenticated requests alone");
}

static void take_polls(struct reader *r, const char *value) { r->poll.given = number_in(value, "min", &r->poll.min) && number_in(value, "max", &r->poll.max); }

static void take_min_sources(struct reader *r, const char *value)
{
    double v;

    if (number_in(value, "", &v))
        draft_set_within(r->d, "clock", "min_sources", "", (double)(int64_t)v, 1, 16);
}

static void take_panic(struct reader *r, const char *value)
{
    double v;

    if (!number_in(value, "forward", &v) && !number_in(value, "backward", &v))
        v = 86400; /* "inf" */
    draft_set_within(r->d, "clock", "panic_threshold", "s", v, 0.001, 86400);
}

static void take_budget(struct reader *r, const char *value)
{
    double v;

    if (number_in(value, "", &v))
        draft_set_within(r->d, "clock", "step_budget", "s", v, 0, 36500.0 * 86400);
}

static void take_local(struct reader *r, const char *value)
{
    double v;

    if (number_in(value, "", &v) && v < 16)
        draft_set_within(r->d, "local", "stratum", "", (double)(int64_t)v, 1, 15);
}

static void take_level(struct reader *r, const char *value)
{
    static const char *const level[][2] = { { "trace", "debug" }, { "debug", "debug" }, { "info", "info" }, { "warn", "warning" }, { "error", "error" } };
    char word[WORD_SIZE];

    only_item(value, word, sizeof word);
    for (size_t i = 0; i < sizeof level / sizeof level[0]; i++)
        if (strcmp(level[i][0], word) == 0) {
            draft_set(r->d, "log", "level", "%s", level[i][1]);
            return;
        }
    draft_remark(r->d, "\"%.30s\" is no level of the log here; see log.level", word);
}

#define FIELD(member) offsetof(struct table, member), sizeof((struct table *)0)->member

/* [section] key: what it is to us. A field waits for the end of its table. */
static const struct key_row {
    const char *section, *key;
    void (*take)(struct reader *, const char *value);
    size_t field, size; /* size 0: none */
    const char *remark;
} keys[] = {
    { "source", "mode", NULL, FIELD(mode), "" },
    { "source", "address", NULL, FIELD(address), "" },
    { "source", "count", NULL, FIELD(count), "" },
    { "source", "ntp-version", NULL, FIELD(version), "" },
    { "source", "certificate-authority", NULL, FIELD(first), "" },
    { "source", "ignore", NULL, 0, 0, "members of a pool that are bad are replaced by themselves; nothing to do" },
    { "source", "path", NULL, FIELD(first), "" },
    { "source", "precision", NULL, FIELD(precision), "" },
    { "source", "accuracy", NULL, 0, 0, "how wrong samples of a reference clock may be is its `error`; see whether what stands there will do" },
    { "source", "period", NULL, 0, 0, "pulses numbered by another source are not built yet; gpsd numbers its own" },
    { "source", "poll-interval-limits", take_polls, 0, 0, "" },
    { "source", "initial-poll-interval", NULL, 0, 0, "four quick requests at the start are the default (iburst); nothing to do" },
    { "source-defaults", "poll-interval-limits", take_polls, 0, 0, "" },
    { "source-defaults", "initial-poll-interval", NULL, 0, 0, "four quick requests at the start are the default (iburst); nothing to do" },
    { "server", "listen", NULL, FIELD(address), "" },
    { "server", "denylist", take_deny, 0, 0, "" },
    { "server", "allowlist", take_allow, 0, 0, "" },
    { "server", "require-nts", take_require_nts, 0, 0, "" },
    { "server", "rate-limiting-cache-size", NULL, 0, 0, "the log of clients has a fixed size; nothing to do" },
    { "server", "rate-limiting-cutoff-ms", NULL, 0, 0, "limits are counted otherwise: rate_limit.rate and rate_limit.burst" },
    { "server", "accept-ntp-versions", NULL, 0, 0, "versions 1 to 4 are answered; nothing to do" },
    { "nts-ke-server", "listen", NULL, FIELD(address), "" },
    { "nts-ke-server", "certificate-chain-path", NULL, FIELD(first), "" },
    { "nts-ke-server", "private-key-path", NULL, FIELD(second), "" },
    { "nts-ke-server", "ntp-server", NULL, 0, 0, "set nts.ntp_server by hand" },
    { "nts-ke-server", "ntp-port", NULL, 0, 0, "set nts.ntp_port by hand" },
    { "nts-ke-server", "key-exchange-timeout-ms", NULL, 0, 0, "how long a connection may take is fixed; nothing to do" },
    { "nts-ke-server", "concurrent-connections", NULL, 0, 0, "connections have a fixed limit; nothing to do" },
    { "nts-ke-server", "accept-ntp-versions", NULL, 0, 0, "version 4 is offered; nothing to do" },
    { "keyset", "stale-key-count", NULL, 0, 0, "the three keys before the newest still open cookies; nothing to do" },
    { "keyset", "key-rotation-interval", NULL, 0, 0, "set nts.cookie_key_lifetime by hand" },
    { "keyset", "key-storage-path", NULL, 0, 0, "keys of cookies live in memory, unless nts.cookie_key_file names a file here" },
    { "synchronization", "minimum-agreeing-sources", take_min_sources, 0, 0, "" },
    { "synchronization", "single-step-panic-threshold", take_panic, 0, 0, "" },
    { "synchronization", "startup-step-panic-threshold", NULL, 0, 0, "the first step is not limited; clock.step_budget limits all later ones together" },
    { "synchronization", "accumulated-step-panic-threshold", take_budget, 0, 0, "" },
    { "synchronization", "local-stratum", take_local, 0, 0, "" },
    { "synchronization", "reference-id", NULL, 0, 0, "the reference id follows from the source; nothing to do" },
    { "synchronization", "warn-on-jump", NULL, 0, 0, "steps are always logged; nothing to do" },
    { "observability", "log-level", take_level, 0, 0, "" },
    { "observability", "ansi-colors", NULL, 0, 0, "the log has no colours; nothing to do" },
    { "observability", "observation-path", NULL, 0, 0, "utcctl status --json tells the state; its socket is control.socket" },
    { "observability", "observation-permissions", NULL, 0, 0, "what anybody may ask is fixed; nothing to do" },
    { "observability", "metrics-exporter-listen", NULL, 0, 0, "http.listen is where /metrics is to be had, and says nothing without it" },
};

static void take(struct reader *r, const char *key, const char *value)
{
    if (strncmp(r->section, "synchronization.algorithm", 25) == 0) {
        draft_remark(r->d, "how the clock is followed is found by measuring; nothing to do");
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct key_row *row = &keys[i];

        if (strcmp(row->section, r->section) != 0 || strcmp(row->key, key) != 0)
            continue;
        if (row->take)
            row->take(r, value);
        else if (row->size)
            only_item(value, (char *)&r->t + row->field, row->size);
        else
            draft_remark(r->d, "%s", row->remark);
        return;
    }
    draft_unknown(r->d, "key of ntpd-rs in its section", key);
}

/* -- the file ----------------------------------------------------------------------------------------------------------------------- */

/* Takes a comment off; returns how many more brackets are opened than closed. */
static int brackets(char *line)
{
    char quote = '\0';
    int open = 0;

    for (char *c = line; *c; c++) {
        if (quote) {
            quote = *c == quote ? '\0' : quote;
        } else if (*c == '"' || *c == '\'') {
            quote = *c;
        } else if (*c == '#') {
            *c = '\0';
            break;
        } else {
            open += (*c == '[' || *c == '{') - (*c == ']' || *c == '}');
        }
    }
    return open;
}

/* A comment that was taken off need not be whole. */
static bool is_cut(const struct lines *l, const char *line) { return l->cut && strlen(line) == WORDS_LINE_MAX - 1; }

/* [name] or [[name]] */
static void begin_section(struct reader *r, const char *line, unsigned number)
{
    const char *name = line + strspn(line, "[ ");

    end_table(r);
    snprintf(r->section, sizeof r->section, "%.*s", (int)strcspn(name, "] "), name);
    r->t.line = number;
}

static void read_key(struct reader *r, char *line, unsigned number, bool cut)
{
    char *equals = strchr(line, '='), *end = equals;

    if (!equals) {
        draft_line(r->d, number, "line");
        draft_unknown(r->d, "key of ntpd-rs", line);
        return;
    }
    while (end > line && (end[-1] == ' ' || end[-1] == '"'))
        end--;
    *end = '\0';
    line += strspn(line, "\"");
    draft_line(r->d, number, line);
    if (cut)
        draft_cut(r->d);
    take(r, line, equals + 1);
    draft_line_end(r->d);
}

/* The nearest that we have. */
static int64_t poll_of(double log2_s) { return (int64_t)fmin(fmax(log2_s, POLL_MIN_LOG2), POLL_MAX_LOG2); }

void import_ntpd_rs(struct draft *d, const char *bytes, size_t len)
{
    struct reader r = { .d = d };
    struct lines lines = lines_of(bytes, len);
    char text[WORDS_LINE_MAX], whole[2 * WORDS_LINE_MAX];

    while (lines_next(&lines, text)) {
        unsigned number = lines.number;
        int open = brackets(text);
        char *line = whole + strspn(text, " ");
        bool cut = is_cut(&lines, text);

        strcpy(whole, text);
        if (*line == '[') {
            begin_section(&r, line, number);
            continue;
        }
        while (open > 0 && lines_next(&lines, text)) {
            size_t used = strlen(whole);

            open += brackets(text);
            cut |= snprintf(whole + used, sizeof whole - used, " %s", text) >= (int)(sizeof whole - used) || is_cut(&lines, text);
        }
        if (*line)
            read_key(&r, line, number, cut);
    }
    end_table(&r);
    if (r.servers > 1 && r.lists > 0) {
        draft_line(d, 0, "server");
        draft_remark(d, "the lists of one server are for all here; name its `listeners` in those items of `access`");
    }
    for (unsigned i = 0; r.poll.given && i < d->sources; i++) {
        d->source[i].number[DRAFT_MIN_POLL] = poll_of(r.poll.min);
        d->source[i].number[DRAFT_MAX_POLL] = poll_of(r.poll.max);
    }
}
