#include "admin/answers.h"

#include <string.h>

#include "admin/page.h"
#include "admin/web_files.h"
#include "observe/health.h"
#include "observe/metrics.h"
#include "observe/now_json.h"

_Static_assert(BODY_MAX >= METRICS_MAX && BODY_MAX > HEALTH_MAX && BODY_MAX > NOW_JSON_MAX && BODY_MAX >= PAGE_TEXT_MAX, "every body fits");

static const struct snapshot *snapshot_of(const struct answers *a) { return a->core->known ? &a->core->snapshot : NULL; }

/* Objects are read by people too, in terminals. */
static void end_line(char *out, struct body *body)
{
    if (body->len > 0 && body->len < BODY_MAX)
        out[body->len++] = '\n';
}

/* -- health ---------------------------------------------------------------------------------------------------------- */

static void health(const struct answers *a, enum health_question q, struct mono_ns now, char *out, struct body *body)
{
    const struct health_facts facts = { snapshot_of(a), core_link_silence(a->core, now), now, a->shared->orders.options.ready_max_error };

    body->status = health_write(q, &facts, out, &body->len) ? 200 : 503;
    body->type = "application/health+json";
    end_line(out, body);
}

static void live(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    (void)w;
    health(a, HEALTH_LIVE, now, out, body);
}

static void ready(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    (void)w;
    health(a, HEALTH_READY, now, out, body);
}

static void started(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    (void)w;
    health(a, HEALTH_STARTED, now, out, body);
}

/* -- time and metrics -------------------------------------------------------------------------------------------------- */

/* The page of the clock holds between snapshots: it says what it is worth at any instant, and the more so the longer nobody renews it. */
static void time_now(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    (void)w;
    body->len = now_json_write(snapshot_of(a), now, out);
    body->status = a->core->known ? 200 : 503;
    body->type = "application/json";
    end_line(out, body);
}

/* Who does not name OpenMetrics gets the older format, which everybody reads. */
static void metrics(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    enum metrics_format f = strstr(w->accept, "application/openmetrics-text") ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
    bool up = a->core->known && core_link_silence(a->core, now).ns <= HEALTH_SILENCE_S * NS_PER_S;

    body->len = metrics_write(up ? &a->core->snapshot : NULL, a->shared->orders.version, f, out, BODY_MAX);
    body->type = metrics_content_type(f);
}

/* -- the page ---------------------------------------------------------------------------------------------------------- */

static struct page_facts page_facts(const struct answers *a, struct mono_ns now)
{
    return (struct page_facts){ snapshot_of(a), a->history, core_link_silence(a->core, now), now, a->shared->orders.version };
}

static void page(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)
{
    const struct page_facts f = page_facts(a, now);

    (void)w;
    body->len = page_write(&f, out);
    body->type = "text/html; charset=utf-8";
    body->is_page = true;
}

size_t answers_event(const struct answers *a, struct mono_ns now, char out[BODY_MAX])
{
    const struct page_facts f = page_facts(a, now);

    return page_event(&f, out);
}

static void file(const char *text, const char *type, char *out, struct body *body)
{
    body->len = strlen(text);
    memcpy(out, text, body->len);
    body->type = type;
}

#define FILE_OF(name, type)                                                                                                         \
    static void name(const struct answers *a, const struct wish *w, struct mono_ns now, char *out, struct body *body)               \
    {                                                                                                                               \
        (void)a, (void)w, (void)now;                                                                                                \
        file(web_##name, type, out, body);                                                                                          \
    }                                                                                                                               \
    _Static_assert(sizeof web_##name <= BODY_MAX, "it fits")

FILE_OF(status_css, "text/css; charset=utf-8");
FILE_OF(status_js, "text/javascript; charset=utf-8");
FILE_OF(status_svg, "image/svg+xml");

static const struct path {
    const char *path;
    void (*write)(const struct answers *, const struct wish *, struct mono_ns now, char *out, struct body *body);
} paths[] = {
    { "/livez", live }, { "/readyz", ready }, { "/startupz", started }, { "/metrics", metrics }, { "/v1/now", time_now },
    { "/", page }, { "/status.css", status_css }, { "/status.js", status_js }, { "/status.svg", status_svg },
};

bool answers_write(const struct answers *a, const char *path, const struct wish *w, struct mono_ns now, char out[BODY_MAX], struct body *body)
{
    *body = (struct body){ .status = 200 };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(path, paths[i].path) == 0) {
            paths[i].write(a, w, now, out, body);
            return true;
        }
    return false;
}
