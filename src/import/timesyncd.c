/* timesyncd.conf(5): [Time], then KEY=VALUE; lists are separated by blanks. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import/draft.h"
#include "import/formats.h"
#include "import/words.h"

/* "2048", "34min 8s": systemd.time(7), as far as these keys use it. */
static bool seconds(const char *text, double *out)
{
    static const struct { const char *unit; double s; } units[] = {
        { "", 1 },         { "us", 1e-6 },     { "ms", 1e-3 },   { "s", 1 },     { "sec", 1 },   { "second", 1 },  { "seconds", 1 }, { "m", 60 },
        { "min", 60 },     { "minute", 60 },  { "minutes", 60 },  { "h", 3600 },    { "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
        { "d", 86400 },    { "day", 86400 },   { "days", 86400 },
    };
    double total = 0, v;
    char number[32];

    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t digits = strspn(text, "0123456789."), u = 0;
        const char *unit = text + digits + strspn(text + digits, " ");
        size_t letters = strspn(unit, "abcdefghijklmnopqrstuvwxyz");

        while (u < sizeof units / sizeof units[0] && (strlen(units[u].unit) != letters || strncmp(units[u].unit, unit, letters) != 0))
            u++;
        if (digits == 0 || digits >= sizeof number || u == sizeof units / sizeof units[0])
            return false;
        snprintf(number, sizeof number, "%.*s", (int)digits, text);
        if (!draft_decimal(number, &v))
            return false;
        total += v * units[u].s;
        text = unit + letters;
    }
    *out = total;
    return true;
}

/* What stands at an empty assignment is none of what stood before. */
static void take_servers(struct draft *d, const char *value)
{
    struct words w;

    words_split(&w, value, "", "");
    if (w.cut)
        draft_cut(d);
    if (w.count == 0)
        d->sources = 0;
    for (unsigned i = 0; i < w.count; i++)
        draft_add_source(d, false, w.word[i]);
}

/* Intervals are powers of two of a second. */
static void take_poll(struct draft *d, const char *value, enum draft_number which)
{
    double s;
    int64_t log2_s = 4;

    if (!seconds(value, &s)) {
        draft_remark(d, "\"%.60s\" is no time; write it by hand", value);
        return;
    }
    while (log2_s < 17 && (double)(1LL << log2_s) < s)
        log2_s++;
    if ((double)(1LL << log2_s) != s)
        draft_remark(d, "intervals are powers of two of a second: %lld s stand there now", 1LL << log2_s);
    for (unsigned i = 0; i < d->sources; i++)
        d->source[i].number[which] = log2_s;
}

/* The intervals are for all servers, and the fallback is for when no others are named, wherever they stand. */
enum pass { SERVERS, FALLBACKS, THE_REST, PASSES };

static enum pass pass_of(const char *key)
{
    return strcasecmp(key, "NTP") == 0 ? SERVERS : strcasecmp(key, "FallbackNTP") == 0 ? FALLBACKS : THE_REST;
}

static void take_fallback(struct draft *d, const char *value)
{
    if (value[strspn(value, " ")] == '\0')
        return;
    if (d->sources > 0)
        draft_remark(d, "there are no sources for the case that others fail: all are asked always; leave out what that is not meant for");
    else
        take_servers(d, value);
}

static void take(struct draft *d, const char *key, const char *value)
{
    static const struct { const char *key, *remark; } named[] = {
        { "RootDistanceMaxSec", "a source far away widens the bound; see it with utcctl sources" },
        { "ConnectionRetrySec", "silent sources are asked again with growing pauses; nothing to do" },
        { "SaveIntervalSec", "the time is kept in clock.drift_file, hourly and at the end" },
    };

    if (pass_of(key) == SERVERS) {
        take_servers(d, value);
    } else if (pass_of(key) == FALLBACKS) {
        take_fallback(d, value);
    } else if (strcasecmp(key, "PollIntervalMinSec") == 0) {
        take_poll(d, value, DRAFT_MIN_POLL);
    } else if (strcasecmp(key, "PollIntervalMaxSec") == 0) {
        take_poll(d, value, DRAFT_MAX_POLL);
    } else {
        for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
            if (strcasecmp(named[i].key, key) == 0) {
                draft_remark(d, "%s", named[i].remark);
                return;
            }
        draft_unknown(d, "key of timesyncd", key);
    }
}

static void read_line(struct draft *d, char *text, const struct lines *lines, enum pass pass)
{
    char *key = text + strspn(text, " "), *equals = strchr(key, '='), *end;

    if (*key == '\0' || *key == '#' || *key == ';' || *key == '[')
        return;
    if (!equals) {
        draft_line(d, lines->number, "line");
        if (pass == THE_REST)
            draft_unknown(d, "key of timesyncd", key);
        return;
    }
    *equals = '\0';
    for (end = equals; end > key && end[-1] == ' '; end--)
        end[-1] = '\0';
    if (pass_of(key) != pass)
        return;
    draft_line(d, lines->number, key);
    if (lines->cut)
        draft_cut(d);
    take(d, key, equals + 1);
    draft_line_end(d);
}

void import_timesyncd(struct draft *d, const char *bytes, size_t len)
{
    char text[WORDS_LINE_MAX];

    for (int pass = 0; pass < PASSES; pass++)
        for (struct lines lines = lines_of(bytes, len); lines_next(&lines, text);)
            read_line(d, text, &lines, (enum pass)pass);
}
