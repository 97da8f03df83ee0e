#include <stdio.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/show.h"
#include "cli/table.h"
#include "observe/json.h"
#include "utc/utc.h"

#define QUERY_SPACING_NS (1 * NS_PER_S) /* between questions to one server */
#define QUERY_JSON_MAX (ARGS_COUNT_MAX * 3072)

static void answer_json(struct json *j, const struct utc_answer *a)
{
    static const char *const outcome[] = { "answered", "no_time", "refused_answer" };
    char at[CIVIL_TEXT_MAX], refid[REFID_TEXT_MAX];
    bool answered = a->outcome == UTC_ANSWERED;

    json_object(j, NULL);
    json_text(j, "outcome", outcome[a->outcome]);
    json_text(j, "reason", a->reason);
    json_text(j, "address", a->address);
    if (answered) {
        json_text(j, "utc", utc_to_text((struct utc_ns){ a->server_ns }, 9, at));
        json_int(j, "utc_ns", a->server_ns);
        json_int(j, "offset_ns", a->offset_ns);
        json_int(j, "error_ns", a->error_ns);
        json_int(j, "delay_ns", a->delay_ns);
        json_bool(j, "kernel_stamps", a->kernel_stamps);
    }
    if (a->stratum >= 0) {
        json_int(j, "version", a->version);
        json_int(j, "stratum", a->stratum);
        json_text(j, "leap", leap_text((enum leap)a->leap));
        json_text(j, "reference_id", refid_to_text(a->refid, (unsigned)a->stratum, refid));
        json_text(j, "kiss", a->kiss);
        json_int(j, "root_delay_ns", a->root_delay_ns);
        json_int(j, "root_dispersion_ns", a->root_dispersion_ns);
        json_int(j, "poll_log2_s", a->poll_log2);
        json_int(j, "precision_log2_s", a->precision_log2);
    }
    if (a->text[0])
        json_text(j, "text", a->text);
    json_object_end(j);
}

/* err: of the last question that brought nothing. best: index of the answer with the shortest delay, -1 when none gave the time. */
struct query_run { struct utc_answer answer[ARGS_COUNT_MAX]; unsigned answers; int best; int err; };

static void ask_all(const struct args *a, struct query_run *r)
{
    const struct utc_query q = {
        .host = a->host, .port = a->port, .protocol = a->protocol, .family = a->family, .timeout_ms = (int32_t)((a->timeout.ns + NS_PER_MS - 1) / NS_PER_MS),
    };

    r->best = -1;
    for (int i = 0; i < a->count; i++) {
        struct utc_answer *answer = &r->answer[r->answers];
        int err = utc_query(&q, answer);

        if (err == 0 && answer->outcome == UTC_ANSWERED && (r->best < 0 || answer->delay_ns < r->answer[r->best].delay_ns))
            r->best = (int)r->answers;
        r->answers += err == 0;
        r->err = err < 0 ? err : r->err;
        if (!a->json && a->count > 1) {
            if (err == 0)
                show_answer_line((unsigned)i + 1, answer, stdout);
            else
                printf("%3d  %s\n", i + 1, utc_error_text(err));
            fflush(stdout);
        }
        if (i + 1 < a->count)
            command_pause((struct dur_ns){ QUERY_SPACING_NS });
    }
}

static void query_json(const struct args *a, const struct query_run *r)
{
    static const char *const names[] = { [UTC_NTP] = "ntp", [UTC_TIME] = "time", [UTC_DAYTIME] = "daytime" };
    static char out[QUERY_JSON_MAX];
    struct json j = json_of(out, sizeof out);

    json_object(&j, NULL);
    json_text(&j, "host", a->host);
    json_text(&j, "protocol", names[a->protocol]);
    json_int(&j, "asked", a->count);
    if (r->best >= 0)
        json_int(&j, "best", r->best);
    else
        json_null(&j, "best");
    json_array(&j, "answers");
    for (unsigned i = 0; i < r->answers; i++)
        answer_json(&j, &r->answer[i]);
    json_array_end(&j);
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
}

static int fail_query(const struct args *a, int err)
{
    char sentence[1200], host[4 * ARGS_HOST_MAX];
    bool name = err == -UE_NO_NAME || err == -UE_NO_INTERFACE || err == -UE_LINK_LOCAL;
    bool address = name || err == -UE_NO_ADDRESS || err == -UE_UNREACHABLE;

    snprintf(sentence, sizeof sentence, "%s: %s", text_printable(a->host, host, sizeof host), utc_error_text(err));
    return command_fail(a, address ? CLI_ADDRESS : CLI_GENERAL, sentence);
}

int command_query(const struct args *a)
{
    static struct query_run r;
    unsigned width = terminal_width(stdout);

    ask_all(a, &r);
    if (r.answers == 0)
        return fail_query(a, r.err);
    if (a->json) {
        query_json(a, &r);
    } else {
        const struct utc_answer *shown = &r.answer[r.best >= 0 ? (unsigned)r.best : r.answers - 1];

        if (a->count > 1)
            printf("\nOf %d questions %u were answered. The answer that came quickest:\n", a->count, r.answers);
        show_answer(shown, a->protocol, width, stdout);
    }
    if (r.best >= 0)
        return CLI_OK;
    return r.answer[r.answers - 1].outcome == UTC_NO_TIME ? CLI_NOT_SYNCHRONISED : CLI_GENERAL;
}
