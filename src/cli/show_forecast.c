#include "cli/show_forecast.h"

#include <math.h>

#include "base/log.h"
#include "cli/table.h"
#include "sim/twin.h"

#define NS_TEXT 24

static const char *seconds(double s, char out[NS_TEXT]) { return ns_to_text(llround(s * 1e9), out); }

const char *show_forecast_name(const char *node, const struct snapshot *s, char *out, size_t size)
{
    uint32_t i = twin_source(node);

    if (i < s->source_count)
        return text_printable(s->source[i].name, out, size);
    snprintf(out, size, "the added source");
    return out;
}

/* ---- sentences ---- */

static void say_usable(const struct what_if *w, unsigned width, FILE *out)
{
    const struct forecast *f = &w->then;
    char ns[NS_TEXT], ahead[NS_TEXT];

    ns_to_text(w->ahead.ns, ahead);
    if (f->unusable_runs == f->runs)
        text_sentence(width, out, "Time would not be usable to begin with.");
    else if (f->free_running_runs == 0)
        text_sentence(width, out, "Time would stay usable for all of the %s looked at.", ahead);
    else
        text_sentence(width, out, "In %u of %u runs time would cease to be usable, %s after that at the earliest%s", f->free_running_runs, f->runs,
                      seconds(f->free_running_s, ns), f->lost_runs == 0 ? "; at the end it is usable again." : ".");
    if (f->local_runs > 0)
        text_sentence(width, out, "In %u of %u runs it would be served by the operator's statement `local` alone, %s%s.", f->local_runs, f->runs,
                      f->local_s > 0 ? seconds(f->local_s, ns) : "at once", f->local_s > 0 ? " after that at the earliest" : "");
}

/* What the page itself promises, whatever is simulated. */
double show_forecast_patience_s(const struct snapshot *s)
{
    bool kept = s->page.status == CLOCK_SYNCHRONISED || s->page.status == CLOCK_HOLDOVER;
    double left_s = dur_to_s(mono_sub(s->page.free_running_at, s->now));

    return !kept || s->page.free_running_at.ns == INT64_MAX || left_s < 0 ? FORECAST_NONE : left_s;
}

/* A young daemon has proven less of its frequency than the runs have, which begin with some time undisturbed: both figures are told, with the reason. */
static void say_patience(const struct what_if *w, unsigned width, FILE *out)
{
    double s = show_forecast_patience_s(w->snapshot);
    char ns[NS_TEXT], before[NS_TEXT], uptime[NS_TEXT];

    if (w->question->kind != QUESTION_CUT || s < 0)
        return;
    text_sentence(width, out,
                  "As it stands now, running for %s, the daemon itself would hold over for %s without an answer; the runs go undisturbed for %s first.",
                  ns_to_text(w->snapshot->uptime.ns, uptime), seconds(s, ns), ns_to_text(w->before.ns, before));
}

static void say_nobody_false(const struct what_if *w, unsigned width, FILE *out)
{
    const char *why = w->question->kind != QUESTION_LIE ? ""
                      : w->then.broken > 0              ? ": nothing outvotes the one that lies, and time would go with it"
                                                        : ": so small a lie is within what the sources say of their own errors";

    text_sentence(width, out, "No source would be named a falseticker%s.", why);
}

/* A source that nothing outvotes contradicts the clock until the clock gives way. */
static void say_false(const struct what_if *w, unsigned width, FILE *out)
{
    char name[4 * SNAPSHOT_NAME_MAX], ns[NS_TEXT];
    unsigned named = 0;

    for (unsigned n = 0; n < w->then.server_count; n++) {
        const struct forecast_server *s = &w->then.server[n];

        if (s->false_runs == 0)
            continue;
        named++;
        show_forecast_name(s->name, w->snapshot, name, sizeof name);
        text_sentence(width, out, "%s would be named a falseticker in %u of %u runs, after %s at the latest.", name, s->false_runs, w->then.runs,
                      seconds(s->false_latest_s, ns));
        if (w->question->kind == QUESTION_LIE && w->then.broken > 0 && s->followed_runs > 0)
            text_sentence(width, out, "But in the end %s would be followed in %u of %u runs: nothing outvotes it.", name, s->followed_runs, w->then.runs);
    }
    if (named == 0)
        say_nobody_false(w, width, out);
}

/* The answer in one sentence, and what was rather meant where nothing is left to ask. A server is no part of the story that was removed. */
static void say_never_usable(const struct what_if *w, unsigned width, FILE *out)
{
    unsigned left = w->then.server_count - 1; /* the client is a node as well */

    if (w->question->kind == QUESTION_REMOVE && left > 0)
        text_sentence(width, out, "There would be no time to serve: the %u source%s left %s not enough (clock.min_sources is %u), or no majority.", left,
                      left == 1 ? "" : "s", left == 1 ? "is" : "are", (unsigned)w->snapshot->limits.min_sources);
    else if (w->question->kind == QUESTION_REMOVE)
        text_sentence(width, out, "There would be no time to serve: no other source is left that it could be learnt from. To see how long the running daemon "
                                  "would carry on without answers, ask `utcctl sim --what-if 'cut 6h'`.");
    else
        text_sentence(width, out, "There would be no time to serve, at no moment of any run%s.",
                      forecast_ever_usable(&w->now) ? "" : ", and undisturbed neither: `utcctl status` says why");
}

static void say_error(const struct what_if *w, unsigned width, FILE *out)
{
    char worst[NS_TEXT], bound[NS_TEXT], calm[NS_TEXT], calm_bound[NS_TEXT], undisturbed[2 * NS_TEXT + 32] = "there is no time to serve";

    if (forecast_ever_usable(&w->now))
        snprintf(undisturbed, sizeof undisturbed, "by %s, within ±%s", seconds(w->now.error_max_s, calm), seconds(w->now.bound_max_s, calm_bound));
    text_sentence(width, out, "While usable it would be off by %s at worst, said to be within ±%s at worst; undisturbed %s.",
                  seconds(w->then.error_max_s, worst), seconds(w->then.bound_max_s, bound), undisturbed);
    if (w->then.broken > 0)
        text_sentence(width, out, "True time would leave the bound: this breaks what the bound assumes (`utcctl clock` lists it).");
    else
        text_sentence(width, out, "True time would stay within the bound in every run.");
}

/* ---- table ---- */

static void cell(struct table *t, unsigned c, const char *text) { snprintf(t->cell[t->rows][c], TABLE_CELL_MAX, "%s", text); }

/* none: instead of a time below zero. zero: instead of none at all. */
static void row_of_times(struct table *t, const char *label, const char *sign, const char *none, const char *zero, double now_s, double then_s)
{
    char ns[NS_TEXT], text[TABLE_CELL_MAX];
    const double s[2] = { now_s, then_s };

    cell(t, 0, label);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s", sign, seconds(s[i], ns));
        cell(t, i + 1, s[i] < 0 ? none : zero && s[i] == 0 ? zero : text);
    }
    t->rows++;
}

static unsigned false_servers(const struct forecast *f)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->server_count; i++)
        n += f->server[i].false_runs > 0;
    return n;
}

static void row_of_counts(struct table *t, const char *label, uint64_t now, uint64_t then)
{
    char text[TABLE_CELL_MAX];

    cell(t, 0, label);
    snprintf(text, sizeof text, "%llu", (unsigned long long)now);
    cell(t, 1, text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)then);
    cell(t, 2, text);
    t->rows++;
}

static double while_usable(const struct forecast *f, double s) { return forecast_ever_usable(f) ? s : FORECAST_NONE; }

static void show_figures(const struct what_if *w, unsigned width, FILE *out)
{
    static const struct table_column columns[] = { { "", false, 0 }, { "Undisturbed", true, 0 }, { "What if", true, 0 } };
    static struct table t;
    const struct forecast *now = &w->now, *then = &w->then;

    t = (struct table){ .column = columns, .columns = 3 };
    row_of_times(&t, "Worst error", "", "-", NULL, while_usable(now, now->error_max_s), while_usable(then, then->error_max_s));
    row_of_times(&t, "RMS error", "", "-", NULL, while_usable(now, now->error_rms_s), while_usable(then, then->error_rms_s));
    row_of_times(&t, "Worst bound", "±", "-", NULL, while_usable(now, now->bound_max_s), while_usable(then, then->bound_max_s));
    row_of_times(&t, "First not usable after", "", "never", "at once", now->free_running_s, then->free_running_s);
    if (now->local_runs + then->local_runs > 0)
        row_of_times(&t, "By `local` alone after", "", "never", "at once", now->local_s, then->local_s);
    row_of_counts(&t, "Sources named false", false_servers(now), false_servers(then));
    table_print(&t, width, out);
}

void show_forecast(const struct what_if *w, unsigned width, FILE *out)
{
    char what[QUESTION_TEXT_MAX + 4 * SNAPSHOT_NAME_MAX];

    text_sentence(width, out, "What if %s?", question_text(w->question, w->snapshot, what, sizeof what));
    fputc('\n', out);
    if (forecast_ever_usable(&w->then)) {
        say_usable(w, width, out);
        say_patience(w, width, out);
        say_error(w, width, out);
        say_false(w, width, out);
    } else {
        say_never_usable(w, width, out);
    }
    fputc('\n', out);
    show_figures(w, width, out);
    fputc('\n', out);
    text_sentence(width, out, "%u simulated run%s with the sources' noise and the oscillator as learnt; `--print-story` shows the story.", w->then.runs,
                  w->then.runs == 1 ? "" : "s");
}
