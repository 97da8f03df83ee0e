#include "observe/health.h"

#include <stdio.h>

#include "base/log.h"
#include "observe/json.h"

struct answer { struct json json; bool fails; };

static void reason(struct answer *a, const char *text)
{
    if (!a->fails) {
        json_text(&a->json, "status", "fail");
        json_array(&a->json, "notes");
    }
    a->fails = true;
    json_text(&a->json, NULL, text);
}

static void check_started(struct answer *a, const struct health_facts *f)
{
    if (!f->snapshot)
        reason(a, "the keeper of the clock has not answered yet");
}

static void check_silence(struct answer *a, const struct health_facts *f, int64_t most_s)
{
    char text[96];

    if (!f->snapshot || f->silence.ns <= most_s * NS_PER_S)
        return;
    snprintf(text, sizeof text, "the keeper of the clock has said nothing for %lld s", (long long)(f->silence.ns / NS_PER_S));
    reason(a, text);
}

static void check_clock(struct answer *a, const struct health_facts *f)
{
    char text[64 + SNAPSHOT_TEXT_MAX], bound[40], budget[40];
    struct clock_view v;

    if (!f->snapshot)
        return;
    page_view(&f->snapshot->page, f->now, &v);
    if (v.status != CLOCK_SYNCHRONISED) {
        snprintf(text, sizeof text, "the clock: %s%s%s", clock_status_text(v.status), f->snapshot->hint[0] ? ", " : "", f->snapshot->hint);
        reason(a, text);
    }
    if (f->ready_max_error.ns < clock_view_bound(&v).ns) {
        snprintf(text, sizeof text, "the error bound of %s is above http.ready_max_error, %s", ns_to_text(clock_view_bound(&v).ns, bound),
                 ns_to_text(f->ready_max_error.ns, budget));
        reason(a, text);
    }
}

bool health_write(enum health_question q, const struct health_facts *f, char out[HEALTH_MAX], size_t *len)
{
    struct answer a = { .json = json_of(out, HEALTH_MAX) };

    json_object(&a.json, NULL);
    if (q != HEALTH_LIVE)
        check_started(&a, f);
    if (q != HEALTH_STARTED)
        check_silence(&a, f, q == HEALTH_READY ? HEALTH_SILENCE_S : HEALTH_DEAD_S);
    if (q == HEALTH_READY)
        check_clock(&a, f);
    if (a.fails)
        json_array_end(&a.json);
    else
        json_text(&a.json, "status", "pass");
    json_object_end(&a.json);
    *len = json_end(&a.json);
    return !a.fails;
}
