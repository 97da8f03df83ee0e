#include "observe/metrics.h"

#include <string.h>

#include "observe/text.h"

enum type { GAUGE, COUNTER };

struct value { enum { VALUE_NONE, VALUE_NS, VALUE_COUNT, VALUE_REAL } kind; int64_t ns; uint64_t count; double real; };

#define NONE (struct value){ .kind = VALUE_NONE }
#define NS(x) (struct value){ .kind = VALUE_NS, .ns = (x) }
#define N(x) (struct value){ .kind = VALUE_COUNT, .count = (x) }
#define REAL(x) (struct value){ .kind = VALUE_REAL, .real = (x) }
#define INSTANT(t) ((t).ns ? NS((t).ns) : NONE)
#define OF_NTS(is) (s->certificate_expires.ns ? (is) : NONE) /* where there is such a server */
#define MEASURED(is) measured(src, is)

/* A source that never answered has no zeros. */
static struct value measured(const struct snapshot_source *src, struct value is)
{
    if (src->last_answer_age.ns < 0)
        return NONE;
    return is;
}

/* Each row's value as a function. */
#define CLOCK(type, name, unit, help, is) \
    static struct value value_##name(const struct snapshot *s, const struct clock_view *v) { (void)s; (void)v; return is; }
#define SOURCE(type, name, unit, help, is) static struct value value_##name(const struct snapshot_source *src) { return is; }
#define SERVICE(type, name, unit, help, is) static struct value value_##name(const struct snapshot_service *svc) { return is; }
#define PROCESS(type, name, unit, help, is) static struct value value_##name(const struct snapshot_process *proc) { return is; }
#include "observe/metrics.def"

struct words { enum type type; const char *name, *unit, *help; };

#define WORDS(type, name, unit, help) { type, METRICS_PREFIX #name, unit, help }
#define NOTHING(...)

static const struct { struct words words; struct value (*value)(const struct snapshot *, const struct clock_view *); } clock_rows[] = {
#define CLOCK(type, name, unit, help, is) { WORDS(type, name, unit, help), value_##name },
#define SOURCE NOTHING
#define SERVICE NOTHING
#define PROCESS NOTHING
#include "observe/metrics.def"
};
static const struct { struct words words; struct value (*value)(const struct snapshot_source *); } source_rows[] = {
#define CLOCK NOTHING
#define SOURCE(type, name, unit, help, is) { WORDS(type, name, unit, help), value_##name },
#define SERVICE NOTHING
#define PROCESS NOTHING
#include "observe/metrics.def"
};
static const struct { struct words words; struct value (*value)(const struct snapshot_service *); } service_rows[] = {
#define CLOCK NOTHING
#define SOURCE NOTHING
#define SERVICE(type, name, unit, help, is) { WORDS(type, name, unit, help), value_##name },
#define PROCESS NOTHING
#include "observe/metrics.def"
};
static const struct { struct words words; struct value (*value)(const struct snapshot_process *); } process_rows[] = {
#define CLOCK NOTHING
#define SOURCE NOTHING
#define SERVICE NOTHING
#define PROCESS(type, name, unit, help, is) { WORDS(type, name, unit, help), value_##name },
#include "observe/metrics.def"
};

#define COUNT_OF(rows) (sizeof(rows) / sizeof (rows)[0])

/* -- lines ----------------------------------------------------------------------------------------------------------- */

struct exposition { struct text text; enum metrics_format format; };

static void put(struct exposition *p, const char *s) { text_put(&p->text, s); }

/* What a family is: OpenMetrics names a counter without its _total. */
static void family(struct exposition *p, const struct words *w, const char *type)
{
    const char *end = w->type == COUNTER && p->format == METRICS_PROMETHEUS ? "_total" : "";

    text_put_format(&p->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", w->name, end, w->help, w->name, end, type);
    if (p->format == METRICS_OPENMETRICS && w->unit[0])
        text_put_format(&p->text, "# UNIT %s %s\n", w->name, w->unit);
}

static void family_of_row(struct exposition *p, const struct words *w) { family(p, w, w->type == COUNTER ? "counter" : "gauge"); }

static void number(struct exposition *p, const struct value *v)
{
    if (v->kind == VALUE_NS)
        text_put_seconds(&p->text, v->ns);
    else if (v->kind == VALUE_COUNT)
        text_put_count(&p->text, v->count);
    else
        text_put_format(&p->text, "%.9g", v->real);
}

/* labels: with their braces, or "". */
static void sample(struct exposition *p, const struct words *w, const char *labels, struct value v)
{
    if (v.kind == VALUE_NONE)
        return;
    put(p, w->name);
    if (w->type == COUNTER)
        put(p, "_total");
    put(p, labels);
    put(p, " ");
    number(p, &v);
    put(p, "\n");
}

/* A value in quotes: bytes from outside become printable, then what the format itself uses is escaped. */
static void label(struct text *t, const char *key, const char *value)
{
    char plain[4 * SNAPSHOT_TEXT_MAX];

    text_put(t, key);
    text_put(t, "=\"");
    for (const char *s = text_printable(value, plain, sizeof plain); *s; s++) {
        if (*s == '\\' || *s == '"')
            text_put_bytes(t, "\\", 1);
        text_put_bytes(t, s, 1);
    }
    text_put(t, "\"");
}

#define LABELS_MAX 1024

/* {one="..."} or {one="...",two="..."}. Returns out. */
static const char *labels(char out[LABELS_MAX], const char *one, const char *first, const char *two, const char *second)
{
    struct text t = text_of(out, LABELS_MAX);

    text_put(&t, "{");
    label(&t, one, first);
    if (two) {
        text_put(&t, ",");
        label(&t, two, second);
    }
    text_put(&t, "}");
    text_end(&t);
    return out;
}

/* -- the clock --------------------------------------------------------------------------------------------------------- */

static void build(struct exposition *p, const char *version)
{
    const bool open = p->format == METRICS_OPENMETRICS;
    char text[LABELS_MAX];

    text_put_format(&p->text, "# HELP " METRICS_PREFIX "build%s What was built\n# TYPE " METRICS_PREFIX "build%s %s\n" METRICS_PREFIX "build_info%s 1\n",
                    open ? "" : "_info", open ? "" : "_info", open ? "info" : "gauge", labels(text, "version", version, NULL, NULL));
}

static void core_up(struct exposition *p, bool up)
{
    static const struct words w = { GAUGE, METRICS_PREFIX "core_up", "", "1 while the keeper of the clock answers, else 0" };

    family_of_row(p, &w);
    sample(p, &w, "", N(up));
}

static void clock_status(struct exposition *p, const struct clock_view *v)
{
    static const struct words w = { GAUGE, METRICS_PREFIX "clock_status", "", "1 for the status the clock is in, 0 for the others" };
    char text[LABELS_MAX];

    family_of_row(p, &w);
    for (int i = 0; i < CLOCK_STATUS_COUNT; i++)
        sample(p, &w, labels(text, "status", clock_status_text((enum clock_status)i), NULL, NULL), N((int)v->status == i));
}

static void clock_metrics(struct exposition *p, const struct snapshot *s)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    clock_status(p, &v);
    for (size_t i = 0; i < COUNT_OF(clock_rows); i++) {
        struct value value = clock_rows[i].value(s, &v);

        if (value.kind == VALUE_NONE)
            continue;
        family_of_row(p, &clock_rows[i].words);
        sample(p, &clock_rows[i].words, "", value);
    }
}

/* -- sources ----------------------------------------------------------------------------------------------------------- */

static const char *source_labels(const struct snapshot_source *src, char out[LABELS_MAX])
{
    char address[ADDR_TEXT_MAX] = "";

    if (src->addr.family != ADDR_NONE)
        addr_to_text(&src->addr, address);
    return labels(out, "source", src->name, "address", address);
}

/* Two lines of the configuration that are still being looked up can have the same name: one series each, not twice the same. */
static bool is_twin(const struct snapshot *s, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (addr_equal(&s->source[k].addr, &s->source[i].addr) && strcmp(s->source[k].name, s->source[i].name) == 0)
            return true;
    return false;
}

/* The labels of one more value, `key`, inside the braces. */
static void with(struct exposition *p, const char *name, const char *outer, const char *key, const char *value)
{
    put(p, name);
    text_put_bytes(&p->text, outer, strlen(outer) - 1);
    put(p, ",");
    label(&p->text, key, value);
    put(p, "} ");
}

static void source_states(struct exposition *p, const struct snapshot *s, char text[][LABELS_MAX])
{
    static const struct words w = { GAUGE, METRICS_PREFIX "source_state", "", "1 for the state the source is in, 0 for the others" };

    family_of_row(p, &w);
    for (uint32_t i = 0; i < s->source_count; i++)
        for (int state = 0; state < SOURCE_STATE_COUNT && text[i][0]; state++) {
            with(p, w.name, text[i], "state", source_state_text((enum source_state)state));
            put(p, s->source[i].state == state ? "1\n" : "0\n");
        }
}

/* Only those that are not 0: a source has met few of them. */
static void source_verdicts(struct exposition *p, const struct snapshot *s, char text[][LABELS_MAX])
{
    static const struct words w = { COUNTER, METRICS_PREFIX "source_datagrams", "", "Datagrams from it, by what was made of them" };

    family_of_row(p, &w);
    for (uint32_t i = 0; i < s->source_count; i++)
        for (int v = 0; v < VERDICT_COUNT && text[i][0]; v++)
            if (s->source[i].verdict[v]) {
                with(p, METRICS_PREFIX "source_datagrams_total", text[i], "verdict", verdict_label((enum verdict)v));
                text_put_count(&p->text, s->source[i].verdict[v]);
                put(p, "\n");
            }
}

static void source_metrics(struct exposition *p, const struct snapshot *s)
{
    char text[SNAPSHOT_SOURCES_MAX][LABELS_MAX];

    for (uint32_t i = 0; i < s->source_count; i++) {
        source_labels(&s->source[i], text[i]);
        if (is_twin(s, i))
            text[i][0] = '\0';
    }
    for (size_t r = 0; r < COUNT_OF(source_rows); r++) {
        family_of_row(p, &source_rows[r].words);
        for (uint32_t i = 0; i < s->source_count; i++)
            if (text[i][0])
                sample(p, &source_rows[r].words, text[i], source_rows[r].value(&s->source[i]));
    }
    source_states(p, s, text);
    source_verdicts(p, s, text);
}

/* -- what is wrong ------------------------------------------------------------------------------------------------------- */

/* Only what is wrong now, with its age: an alert names it by its id. */
static void problem_metrics(struct exposition *p, const struct snapshot *s)
{
    static const struct words w = { GAUGE, METRICS_PREFIX "problem_age_seconds", "seconds",
                                    "How long what is wrong now has been so, by the names of utcctl status" };
    char text[LABELS_MAX];

    family_of_row(p, &w);
    for (uint32_t i = 0; i < s->problems.count; i++) {
        const struct problem *q = &s->problems.item[i];

        sample(p, &w, labels(text, "problem", problem_text((enum problem_kind)q->kind)->id, "subject", q->subject), NS(q->age.ns));
    }
}

/* -- services, processes, histograms ------------------------------------------------------------------------------------ */

/* All of them, so that a first refusal is a rise and not a new series. */
static void service_verdicts(struct exposition *p, const struct snapshot *s)
{
    static const struct words w = { COUNTER, METRICS_PREFIX "requests_verdict", "", "Requests that came, by what was made of them" };
    char text[LABELS_MAX];

    family_of_row(p, &w);
    for (uint32_t i = 0; i < s->service_count; i++)
        for (int v = 0; v < VERDICT_SERVICE_COUNT; v++)
            sample(p, &w, labels(text, "service", s->service[i].name, "verdict", verdict_label((enum verdict)v)),
                   N(s->service[i].verdict[v]));
}

static void service_metrics(struct exposition *p, const struct snapshot *s)
{
    char text[LABELS_MAX];

    for (size_t r = 0; r < COUNT_OF(service_rows); r++) {
        family_of_row(p, &service_rows[r].words);
        for (uint32_t i = 0; i < s->service_count; i++)
            sample(p, &service_rows[r].words, labels(text, "service", s->service[i].name, NULL, NULL), service_rows[r].value(&s->service[i]));
    }
    service_verdicts(p, s);
}

static void process_metrics(struct exposition *p, const struct snapshot *s)
{
    char text[LABELS_MAX];

    for (size_t r = 0; r < COUNT_OF(process_rows); r++) {
        family_of_row(p, &process_rows[r].words);
        for (uint32_t i = 0; i < s->process_count; i++)
            sample(p, &process_rows[r].words, labels(text, "process", s->process[i].role, NULL, NULL), process_rows[r].value(&s->process[i]));
    }
}

static const struct words histogram_words[HISTOGRAM_COUNT] = {
    [HISTOGRAM_ANSWER] = { GAUGE, METRICS_PREFIX "answer_latency_seconds", "seconds",
                           "From a request's arrival to the departure its answer states; one of each batch that came together" },
    [HISTOGRAM_OFFSET] = { GAUGE, METRICS_PREFIX "measured_offset_seconds", "seconds",
                           "How far measurements of all sources were from the served time, without sign" },
    [HISTOGRAM_DELAY] = { GAUGE, METRICS_PREFIX "measured_delay_seconds", "seconds", "Round trips of all measurements" },
};

static void bucket(struct exposition *p, const char *name, const char *limit, uint64_t count)
{
    text_put_format(&p->text, "%s_bucket{le=\"%s\"} ", name, limit);
    text_put_count(&p->text, count);
    put(p, "\n");
}

/* OpenMetrics wants a limit to look like a number with a point. */
static const char *limit_text(int64_t ns, char out[32])
{
    struct text t = text_of(out, 32);

    text_put_seconds(&t, ns);
    if (ns % NS_PER_S == 0)
        text_put(&t, ".0");
    text_end(&t);
    return out;
}

static void histogram(struct exposition *p, const struct words *w, const struct histogram *h)
{
    uint64_t sum = 0;
    char limit[32];

    family(p, w, "histogram");
    for (unsigned i = 0; i < HISTOGRAM_LIMITS; i++) {
        sum += h->count[i];
        bucket(p, w->name, limit_text(histogram_limit_ns[i], limit), sum);
    }
    sum += h->count[HISTOGRAM_LIMITS];
    bucket(p, w->name, "+Inf", sum);
    text_put_format(&p->text, "%s_sum ", w->name);
    text_put_seconds(&p->text, h->sum_ns);
    text_put_format(&p->text, "\n%s_count ", w->name);
    text_put_count(&p->text, sum);
    put(p, "\n");
}

const char *metrics_content_type(enum metrics_format f)
{
    return f == METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";
}

size_t metrics_write(const struct snapshot *s, const char *version, enum metrics_format f, char *out, size_t size)
{
    struct exposition p = { text_of(out, size), f };

    build(&p, version);
    core_up(&p, s != NULL);
    if (s) {
        clock_metrics(&p, s);
        source_metrics(&p, s);
        problem_metrics(&p, s);
        service_metrics(&p, s);
        process_metrics(&p, s);
        for (int i = 0; i < HISTOGRAM_COUNT; i++)
            histogram(&p, &histogram_words[i], &s->histogram[i]);
    }
    if (f == METRICS_OPENMETRICS)
        put(&p, "# EOF\n");
    return text_end(&p.text);
}
