#include "admin/page.h"

#include <string.h>

#include "admin/html.h"
#include "admin/plot.h"
#include "admin/web_files.h"
#include "observe/health.h"
#include "observe/json.h"

#define PART_MAX 65536 /* the longest: a drawing of all points, or all problems there can be */
#define REACH_BITS 8

/* -- the verdict ------------------------------------------------------------------------------------------------------- */

struct judgement { const char *mood, *title, *sentence, *more; };

static const struct judgement by_status[CLOCK_STATUS_COUNT] = {
    [CLOCK_UNSYNCHRONISED] = { "bad", "Not known", "The time is not known yet.",
                               "No majority of sources agrees, so no time is served as right." },
    [CLOCK_SYNCHRONISED] = { "good", "Good", "Your time is good.", "A majority of the sources agrees, and the clock follows them." },
    [CLOCK_HOLDOVER] = { "fair", "Holding over", "Your time is still good, but every source is silent.",
                         "The clock runs on what it has learnt; its error bound grows." },
    [CLOCK_FREE_RUNNING] = { "bad", "Not good", "Your time is no longer good.", "The sources have been silent for too long." },
    [CLOCK_DISRUPTED] = { "bad", "Disturbed", "The clock was disturbed and is being measured again.",
                          "The machine slept or was moved, or another program set the clock." },
    [CLOCK_LOCAL] = { "fair", "As stated", "The time is as good as the operator says it is.",
                      "No source has confirmed it: it is served by the statement `local`." },
};
static const struct judgement nobody = { "bad", "No answer", "The keeper of the clock does not answer.", "What follows is what it said last." };
static const struct judgement starting = { "bad", "Starting", "The keeper of the clock has not answered yet.", "It is being started." };

static const struct judgement *judgement_of(const struct page_facts *f, const struct clock_view *v)
{
    if (!f->snapshot)
        return &starting;
    return f->silence.ns > HEALTH_SILENCE_S * NS_PER_S ? &nobody : &by_status[v->status];
}

static void put_title(const struct page_facts *f, const struct clock_view *v, struct text *t) { text_put(t, judgement_of(f, v)->title); }

static void put_verdict(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    const struct judgement *what = judgement_of(f, v);

    text_put_format(t, "<h1 class=\"%s\"><span class=\"mark\" aria-hidden=\"true\"></span>%s</h1><p>", what->mood, what->sentence);
    html_put_marked(t, what->more);
    if (f->snapshot && f->snapshot->hint[0]) {
        text_put(t, " The daemon says: ");
        html_put(t, f->snapshot->hint);
    }
    text_put(t, "</p>");
}

/* -- numbers ----------------------------------------------------------------------------------------------------------- */

static void put_instant(struct text *t, struct utc_ns at, bool with_day)
{
    const struct civil c = civil_from_utc(at);

    if (with_day)
        text_put_format(t, "%04d-%02u-%02u ", (int)c.year, c.month, c.day);
    text_put_format(t, "%02u:%02u:%02u", c.hour, c.minute, c.second);
}

/* The two largest units that it has. */
static void put_age(struct text *t, struct dur_ns age)
{
    static const struct { const char *name; int64_t s; } units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
    int64_t left = age.ns / NS_PER_S;
    int said = 0;

    for (size_t i = 0; i < sizeof units / sizeof units[0] && said < 2; i++)
        if (left >= units[i].s || said == 1) {
            text_put_format(t, "%s%d&nbsp;%s", said++ ? " " : "", (int)(left / units[i].s), units[i].name);
            left %= units[i].s;
        }
    if (said == 0)
        text_put(t, "&lt;&nbsp;1&nbsp;s");
}

static void fact(struct text *t, const char *name) { text_put_format(t, "<div><dt>%s</dt><dd>", name); }
static void fact_end(struct text *t) { text_put(t, "</dd></div>"); }

static void put_facts(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    const struct snapshot *s = f->snapshot;

    if (!s)
        return;
    fact(t, "Error bound");
    text_put(t, "<strong>&plusmn;");
    html_put_ns(t, clock_view_bound(v).ns);
    text_put(t, "</strong>");
    fact_end(t);
    fact(t, "UTC");
    put_instant(t, v->utc, false);
    fact_end(t);
    fact(t, "Sources in use");
    text_put_format(t, "%u of %u", s->page.sources_selected, s->page.sources_total);
    fact_end(t);
    fact(t, "Stratum");
    if (v->stratum)
        text_put_count(t, v->stratum);
    else
        text_put(t, "none");
    fact_end(t);
    fact(t, "Oscillator");
    text_put_format(t, "%+.3f&nbsp;ppm", s->freq_ppm);
    fact_end(t);
    fact(t, "Running for");
    put_age(t, s->uptime);
    fact_end(t);
}

/* -- problems and changes ---------------------------------------------------------------------------------------------- */

static void put_problem(struct text *t, const struct problem *p)
{
    const struct problem_text *words = problem_text((enum problem_kind)p->kind);
    char line[PROBLEM_SENTENCE_MAX];

    text_put_format(t, "<li class=\"%s\"><h3>", words->grave ? "bad" : "fair");
    html_put_marked(t, problem_sentence(p, line));
    text_put(t, "</h3><dl><dt>Cause</dt><dd>");
    html_put_marked(t, problem_say(p, words->cause, line, sizeof line));
    text_put(t, "</dd><dt>What to do</dt><dd>");
    html_put_marked(t, problem_say(p, words->fix, line, sizeof line));
    text_put(t, "</dd><dt>For</dt><dd>");
    put_age(t, p->age);
    text_put(t, "</dd></dl></li>");
}

static bool is_there(const struct problems *all, enum problem_kind kind)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].kind == kind)
            return true;
    return false;
}

/* Where none of them answers, there is no need for a card for each: the table of sources has them all. */
static bool is_said_by_another(const struct problem *p, const struct problems *all)
{
    return (p->kind == PROBLEM_SOURCE_SILENT || p->kind == PROBLEM_SOURCE_UNANSWERED) && is_there(all, PROBLEM_ALL_SILENT);
}

static void put_problems(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    const struct problems *all = f->snapshot ? &f->snapshot->problems : NULL;

    (void)v;
    if (!all || all->count == 0) {
        text_put(t, f->snapshot ? "<p>Nothing is wrong.</p>" : "<p>Not known yet.</p>");
        return;
    }
    text_put(t, "<ul class=\"problems\">");
    for (int grave = 1; grave >= 0; grave--)
        for (uint32_t i = 0; i < all->count; i++)
            if (problem_text((enum problem_kind)all->item[i].kind)->grave == grave && !is_said_by_another(&all->item[i], all))
                put_problem(t, &all->item[i]);
    text_put(t, "</ul>");
}

static void put_changes(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    const struct history_change *c;

    (void)v;
    if (!history_change(f->history, 0)) {
        text_put(t, "<p>Nothing");
        if (f->history->begun) {
            text_put(t, " since ");
            put_instant(t, f->history->since, true);
        }
        text_put(t, ".</p>");
        return;
    }
    text_put(t, "<ol class=\"changes\">");
    for (unsigned i = 0; (c = history_change(f->history, i)) != NULL; i++) {
        text_put_format(t, "<li class=\"%s\"><time>", c->good ? "good" : "fair");
        put_instant(t, c->at, true);
        text_put(t, "</time> <span>");
        html_put(t, c->text);
        text_put(t, "</span></li>");
    }
    text_put(t, "</ol>");
}

/* -- sources ----------------------------------------------------------------------------------------------------------- */

static const struct { const char *mood, *why; } by_state[SOURCE_STATE_COUNT] = {
    [SOURCE_UNUSED] = { "idle", "" },
    [SOURCE_RESOLVING] = { "idle", "its name has no address yet" },
    [SOURCE_NEW] = { "idle", "not judged yet: too few answers, or no majority to judge it by" },
    [SOURCE_UNREACHABLE] = { "bad", "the last eight questions were not answered" },
    [SOURCE_FALSETICKER] = { "bad", "contradicts the majority" },
    [SOURCE_OUTLIER] = { "idle", "agrees, but others are much better" },
    [SOURCE_SELECTED] = { "good", "agrees with the majority and is followed" },
    [SOURCE_REFUSED] = { "bad", "says itself that its time is not to be used" },
    [SOURCE_OFFLINE] = { "idle", "not asked and not counted, as an operator said" },
    [SOURCE_KEYLESS] = { "idle", "has given no NTS keys yet" },
};

static void put_reach(struct text *t, unsigned reach)
{
    text_put_format(t, "<td class=\"reach wide\"><span class=\"visually-hidden\">%d of 8</span><span aria-hidden=\"true\">", __builtin_popcount(reach));
    for (int bit = REACH_BITS - 1; bit >= 0; bit--)
        text_put(t, reach >> bit & 1 ? "<i class=\"yes\"></i>" : "<i></i>");
    text_put(t, "</span></td>");
}

static void put_number(struct text *t, const char *class, bool known, int64_t ns)
{
    text_put_format(t, "<td class=\"number%s\">", class);
    if (known)
        html_put_ns(t, ns);
    else
        text_put(t, "&ndash;");
    text_put(t, "</td>");
}

static void put_source(struct text *t, const struct snapshot_source *src)
{
    bool answered = src->last_answer_age.ns >= 0;
    char address[ADDR_TEXT_MAX] = "", refid[REFID_TEXT_MAX];

    text_put(t, "<tr><th scope=\"row\">");
    html_put(t, src->name);
    text_put(t, "<small>");
    if (src->addr.family != ADDR_NONE && strcmp(addr_to_text(&src->addr, address), src->name) != 0)
        text_put_format(t, "%s &middot; ", address);
    if (answered) {
        text_put_format(t, "stratum %u, ", src->stratum);
        html_put(t, refid_to_text(src->refid, src->stratum, refid));
    }
    text_put_format(t, "</small></th><td><span class=\"state %s\">%s</span><small>%s</small></td>", by_state[src->state % SOURCE_STATE_COUNT].mood,
                    source_state_text((enum source_state)src->state), by_state[src->state % SOURCE_STATE_COUNT].why);
    put_number(t, " wide", answered, src->offset.ns);
    put_number(t, "", answered, src->bound.ns);
    put_number(t, " wide", answered, src->delay.ns);
    put_reach(t, src->reach);
    text_put(t, "<td class=\"number wide\">");
    if (answered)
        put_age(t, src->last_answer_age);
    text_put(t, "</td></tr>");
}

static void put_sources(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    (void)v;
    for (uint32_t i = 0; f->snapshot && i < f->snapshot->source_count; i++)
        put_source(t, &f->snapshot->source[i]);
    if (!f->snapshot || f->snapshot->source_count == 0)
        text_put(t, "<tr><td colspan=\"7\">Nobody is asked for the time.</td></tr>");
}

/* -- the parts --------------------------------------------------------------------------------------------------------- */

static void put_plot(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    (void)v;
    if (f->history->points < 2)
        text_put(t, "<p>The first points come after some seconds.</p>");
    plot_write(f->history, f->now, t);
}

static void put_version(const struct page_facts *f, const struct clock_view *v, struct text *t)
{
    (void)v;
    html_put(t, f->version);
}

static const struct part {
    const char *name;
    void (*write)(const struct page_facts *, const struct clock_view *, struct text *);
} parts[] = {
    { "title", put_title }, { "verdict", put_verdict }, { "facts", put_facts }, { "problems", put_problems }, { "plot", put_plot },
    { "sources", put_sources }, { "changes", put_changes }, { "version", put_version },
};

static struct clock_view view_of(const struct page_facts *f)
{
    struct clock_view v = { .stratum = 0 };

    if (f->snapshot)
        page_view(&f->snapshot->page, f->now, &v);
    return v;
}

static void put_part(const struct page_facts *f, const struct clock_view *v, const char *name, size_t len, struct text *t)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strlen(parts[i].name) == len && memcmp(parts[i].name, name, len) == 0)
            parts[i].write(f, v, t);
}

size_t page_write(const struct page_facts *f, char out[PAGE_TEXT_MAX])
{
    const struct clock_view v = view_of(f);
    struct text t = text_of(out, PAGE_TEXT_MAX);
    const char *at = web_status_html, *slot, *end;

    for (; (slot = strstr(at, "{{")) != NULL && (end = strstr(slot, "}}")) != NULL; at = end + 2) {
        text_put_bytes(&t, at, (size_t)(slot - at));
        put_part(f, &v, slot + 2, (size_t)(end - slot - 2), &t);
    }
    text_put(&t, at);
    return text_end(&t);
}

size_t page_event(const struct page_facts *f, char out[PAGE_TEXT_MAX])
{
    static const char begin[] = "data: ", end[] = "\n\n";
    const size_t around = sizeof begin - 1 + sizeof end - 1;
    const struct clock_view v = view_of(f);
    char part[PART_MAX];
    struct json j = json_of(out + sizeof begin - 1, PAGE_TEXT_MAX - around);
    size_t len;

    memcpy(out, begin, sizeof begin - 1);
    json_object(&j, NULL);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct text t = text_of(part, sizeof part);

        parts[i].write(f, &v, &t);
        if (text_end(&t) > 0)
            json_text(&j, parts[i].name, part);
    }
    json_object_end(&j);
    len = json_end(&j);
    if (len == 0)
        return 0;
    memcpy(out + sizeof begin - 1 + len, end, sizeof end);
    return len + around;
}
