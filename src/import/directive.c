#include "import/directive.h"

#include <string.h>
#include <strings.h>

#define DRIFT_FILE "/var/lib/simple-utcd/drift"

static void read_line(struct draft *d, const struct dialect *dialect, const struct words *w, unsigned line)
{
    const struct directive *row = dialect->row, *end = row + dialect->count;

    while (row < end && strcasecmp(row->name, w->word[0]) != 0)
        row++;
    draft_line(d, line, w->word[0]);
    if (w->cut)
        draft_cut(d);
    if (row == end)
        draft_unknown(d, dialect->called, w->word[0]);
    else if (row->take)
        row->take(d, w, row);
    else
        draft_remark(d, "%s", row->remark);
    draft_line_end(d);
}

void directives_read(struct draft *d, const struct dialect *dialect, const char *bytes, size_t len)
{
    char text[WORDS_LINE_MAX];
    struct words w;

    for (int port_only = 1; port_only >= 0; port_only--)
        for (struct lines lines = lines_of(bytes, len); lines_next(&lines, text);) {
            words_split(&w, text, dialect->whole, dialect->rest);
            w.cut |= lines.cut && w.to_end;
            if (w.count > 0 && port_only == (strcasecmp(w.word[0], "port") == 0))
                read_line(d, dialect, &w, lines.number);
        }
    draft_drop_unused_keys(d);
}

/* Options of sources that are the same in both. */
static const struct source_option common_options[] = {
    { "minpoll", 1, DRAFT_MIN_POLL, -4, 17, "" },
    { "maxpoll", 1, DRAFT_MAX_POLL, -4, 17, "" },
    { "iburst", 0, DRAFT_IBURST, 1, 1, "" },
    { "prefer", 0, DRAFT_PREFER, 1, 1, "" },
    { "xleave", 0, DRAFT_INTERLEAVED, 1, 1, "" },
    { "nts", 0, DRAFT_NTS, 1, 1, "" },
    { "key", 1, DRAFT_KEY, 1, UINT32_MAX, "" },
    { "version", 1, DRAFT_VERSION, 3, 4, "" },
    { "burst", 0, -1, 0, 0, "there are no bursts while running; shorten min_poll and max_poll for a clock that wanders" },
    { "noselect", 0, -1, 0, 0, "there is no source that is only watched: leave it out, or ask it with utcctl query" },
};

static const struct source_option *find_option(const struct source_option *row, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(row[i].name, name) == 0)
            return &row[i];
    return NULL;
}

static void take_option(struct draft *d, struct draft_source *s, const struct source_option *o, const char *value)
{
    if (o->number < 0)
        draft_remark(d, "%s: %s", o->name, o->remark);
    else if (o->values == 0)
        s->number[o->number] = o->low;
    else if (o->number != DRAFT_MEMBERS || s->pool)
        draft_number(d, s, (enum draft_number)o->number, value, o->low, o->high);
}

void directive_source_options(struct draft *d, struct draft_source *s, const struct words *w, unsigned from, const struct source_option *row, size_t count)
{
    for (unsigned i = from; i < w->count; i++) {
        const struct source_option *o = find_option(row, count, w->word[i]);

        if (!o)
            o = find_option(common_options, sizeof common_options / sizeof common_options[0], w->word[i]);
        if (!o) {
            draft_unknown(d, "option of a source", w->word[i]);
            continue;
        }
        take_option(d, s, o, words_arg(w, i + 1));
        i += o->values;
    }
}

bool directive_number(struct draft *d, const struct words *w, unsigned i, double *out)
{
    if (draft_decimal(words_arg(w, i), out))
        return true;
    draft_remark(d, "\"%.60s\" is no number; write the value by hand", words_arg(w, i));
    return false;
}

void directive_drift_file(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)w;
    (void)row;
    draft_set(d, "clock", "drift_file", "\"" DRIFT_FILE "\"");
    draft_remark(d, "what is learnt of clock and sources is kept in one file of another format: " DRIFT_FILE ", it is made when needed");
}

void directive_leap_list(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    draft_set_path(d, "leap", "list", words_arg(w, 1));
}

void directive_dscp(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "ntp", "dscp", "", (double)(int64_t)v, 0, 63);
}

void directive_port(struct draft *d, const struct words *w, bool zero_is_off)
{
    int64_t port;

    if (draft_integer(words_arg(w, 1), &port) && port >= (zero_is_off ? 0 : 1) && port <= 65535)
        d->port = (unsigned)port;
    else
        draft_remark(d, "\"%.60s\" is no port; write it into ntp.listen by hand", words_arg(w, 1));
}
