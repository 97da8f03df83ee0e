#include <string.h>

#include "base/log.h"
#include "cli/show.h"
#include "cli/table.h"

static const char *const meaning[SOURCE_STATE_COUNT] = {
    [SOURCE_RESOLVING] = "its name has no address yet",
    [SOURCE_NEW] = "not judged yet: too few answers so far, or no majority to judge it by",
    [SOURCE_UNREACHABLE] = "none of the last eight questions was answered",
    [SOURCE_FALSETICKER] = "contradicts the majority: not used",
    [SOURCE_OUTLIER] = "agrees, but others are so much better that it is not used",
    [SOURCE_SELECTED] = "agrees with the majority and is followed",
    [SOURCE_REFUSED] = "answers, but its time may not be used (see its dropped answers)",
    [SOURCE_OFFLINE] = "not asked and not counted, as an operator said: utcctl sources online NAME ends that",
    [SOURCE_KEYLESS] = "has given no NTS keys yet, and is not asked without",
};

#define FIRST_TO_GO 9

static const struct table_column columns[] = {
    { "State", false, 0 },  { "Source", false, 0 }, { "Address", false, 5 }, { "Stratum", true, 4 }, { "Poll", true, 7 },  { "Heard", true, 3 },
    { "Last", true, 6 },    { "Offset", true, 0 },  { "Bound", true, 1 },    { "Delay", true, 2 },   { "Jitter", true, 8 },
    { "Stamps", false, FIRST_TO_GO },
};

enum { STATE, SOURCE, ADDRESS, STRATUM, POLL, HEARD, LAST, OFFSET, BOUND, DELAY, JITTER, STAMPS, COLUMNS };

#define CELL(t, c) (t)->cell[(t)->rows][c]

static void set(struct table *t, unsigned c, const char *text) { snprintf(CELL(t, c), TABLE_CELL_MAX, "%s", text); }

static void set_ns(struct table *t, unsigned c, const char *prefix, int64_t ns)
{
    char text[24];

    snprintf(CELL(t, c), TABLE_CELL_MAX, "%s%s", prefix, ns_to_text(ns, text));
}

/* Only a source that has answered has figures. */
static void set_measured(struct table *t, const struct snapshot_source *s)
{
    if (s->last_answer_age.ns < 0) {
        for (unsigned c = LAST; c < COLUMNS; c++)
            set(t, c, "-");
        set(t, STRATUM, "-");
        return;
    }
    snprintf(CELL(t, STRATUM), TABLE_CELL_MAX, "%u", s->stratum);
    set_ns(t, LAST, "", s->last_answer_age.ns);
    set_ns(t, OFFSET, s->offset.ns > 0 ? "+" : "", s->offset.ns);
    set_ns(t, BOUND, "±", s->bound.ns);
    set_ns(t, DELAY, "", s->delay.ns);
    set_ns(t, JITTER, "", s->jitter.ns);
    set(t, STAMPS, stamp_text((enum stamp)s->stamp));
}

static void add_source(struct table *t, const struct snapshot_source *s)
{
    char address[ADDR_TEXT_MAX] = "-", name[TABLE_CELL_MAX];

    if (s->addr.family != ADDR_NONE)
        addr_to_text(&s->addr, address);
    set(t, STATE, source_state_text((enum source_state)s->state));
    set(t, SOURCE, text_printable(s->name, name, sizeof name));
    set(t, ADDRESS, address);
    snprintf(CELL(t, POLL), TABLE_CELL_MAX, "%.4g s", dur_to_s(dur_from_log2(s->poll_log2)));
    snprintf(CELL(t, HEARD), TABLE_CELL_MAX, "%d/8", __builtin_popcount(s->reach));
    set_measured(t, s);
    t->rows++;
}

/* table_print left out those that go first. */
static bool is_shown(unsigned column, unsigned left_out) { return columns[column].drop + left_out <= FIRST_TO_GO; }

static void show_meanings(const struct snapshot *s, unsigned left_out, unsigned width, FILE *out)
{
    for (int state = 0; state < SOURCE_STATE_COUNT; state++) {
        bool present = false;

        for (uint32_t i = 0; i < s->source_count; i++)
            present = present || s->source[i].state == state;
        if (present && meaning[state])
            show_fact(source_state_text((enum source_state)state), meaning[state], width, out);
    }
    if (is_shown(HEARD, left_out))
        show_fact("Heard", "how many of the last eight questions were answered", width, out);
    if (is_shown(STAMPS, left_out))
        show_fact("Stamps", "the worse of the two of the last measurement: the network card's own (hardware), the kernel's, or this program's", width,
                  out);
    show_fact("Offset, Bound", "positive: this clock is behind the source, whose true time lies within the bound", width, out);
}

static bool is_drop(int v) { return v != VERDICT_ANSWERED && v != VERDICT_ACCEPTED; }

static void show_drops(const struct snapshot_source *s, unsigned width, FILE *out)
{
    char line[256], name[SNAPSHOT_NAME_MAX * 4];

    for (int v = 0; v < VERDICT_COUNT; v++)
        if (s->verdict[v] && is_drop(v)) {
            snprintf(line, sizeof line, "%s: %llu not used: %s", text_printable(s->name, name, sizeof name), (unsigned long long)s->verdict[v],
                     verdict_text((enum verdict)v));
            text_wrap(line, 0, 4, width, out);
        }
}

/* How long what proved an NTS source's name is good. */
static void show_certificate(const struct snapshot *s, const struct snapshot_source *source, unsigned width, FILE *out)
{
    char line[SNAPSHOT_NAME_MAX * 4 + 128], name[SNAPSHOT_NAME_MAX * 4], until[CIVIL_TEXT_MAX], left[24];
    struct clock_view v;

    if (source->certificate_expires.ns == 0)
        return;
    page_view(&s->page, s->now, &v);
    text_printable(source->name, name, sizeof name);
    utc_to_text(source->certificate_expires, 0, until);
    if (utc_earlier(source->certificate_expires, v.utc))
        snprintf(line, sizeof line, "of %s: has expired, %s", name, until);
    else
        snprintf(line, sizeof line, "of %s: good for %s, until %s", name, ns_to_text(utc_sub(source->certificate_expires, v.utc).ns, left), until);
    show_fact("Certificate", line, width, out);
}

void show_sources(const struct snapshot *s, unsigned width, FILE *out)
{
    struct table t = { .column = columns, .columns = COLUMNS };
    unsigned left_out;

    if (s->source_count == 0) {
        fputs("No source is configured.\n", out);
        return;
    }
    for (uint32_t i = 0; i < s->source_count; i++)
        add_source(&t, &s->source[i]);
    left_out = table_print(&t, width, out);
    fputc('\n', out);
    show_meanings(s, left_out, width, out);
    if (left_out)
        show_fact("", "Some columns are left out: the terminal is too narrow for all.", width, out);
    show_cards(s, width, out);
    for (uint32_t i = 0; i < s->source_count; i++)
        show_certificate(s, &s->source[i], width, out);
    for (uint32_t i = 0; i < s->source_count; i++)
        show_drops(&s->source[i], width, out);
}
