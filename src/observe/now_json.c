#include "observe/now_json.h"

#include "observe/json.h"

static void instant(struct json *j, const char *text_key, const char *ns_key, struct utc_ns t)
{
    char text[CIVIL_TEXT_MAX];

    json_text(j, text_key, utc_to_text(t, 9, text));
    json_int(j, ns_key, t.ns);
}

static void fields(struct json *j, const struct clock_view *v)
{
    json_text(j, "status", clock_status_text(v->status));
    json_bool(j, "usable", v->stratum != 0);
    instant(j, "utc", "utc_ns", v->utc);
    instant(j, "earliest", "earliest_ns", v->earliest);
    instant(j, "latest", "latest_ns", v->latest);
    json_int(j, "bound_ns", clock_view_bound(v).ns);
    json_int(j, "tai_minus_utc_s", (v->tai.ns - v->utc.ns) / NS_PER_S);
    json_text(j, "leap", leap_text(v->leap));
    json_int(j, "stratum", v->stratum);
}

size_t now_json_write(const struct snapshot *s, struct mono_ns now, char out[NOW_JSON_MAX])
{
    struct json j = json_of(out, NOW_JSON_MAX);
    struct clock_view v;

    json_object(&j, NULL);
    if (s) {
        page_view(&s->page, now, &v);
        fields(&j, &v);
    } else {
        json_text(&j, "status", "unknown");
        json_bool(&j, "usable", false);
    }
    json_object_end(&j);
    return json_end(&j);
}
