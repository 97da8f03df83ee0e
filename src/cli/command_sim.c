/* utcctl sim: stories, and what-if questions about the daemon that runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/show_forecast.h"
#include "cli/table.h"
#include "observe/json.h"
#include "sim/sim.h"
#include "sim/story.h"
#include "sim/twin.h"

#define JSON_MAX 16384

/* ---- stories ---- */

static int run_stories(const struct args *a)
{
    char program[] = "utcctl sim", pictures[] = "--pictures", svg_option[] = "--svg", seed_option[] = "--seed", seed[32];
    char *argv[ARGS_WORDS_MAX + 6] = { program, pictures };
    int argc = 2;

    if (a->svg) {
        argv[argc++] = svg_option;
        argv[argc++] = (char *)(uintptr_t)a->svg; /* getopt wants it writable and leaves it alone */
    }
    if (a->seed >= 0) {
        snprintf(seed, sizeof seed, "%lld", (long long)a->seed);
        argv[argc++] = seed_option;
        argv[argc++] = seed;
    }
    for (unsigned i = 0; i < a->word_count; i++)
        argv[argc++] = (char *)(uintptr_t)a->word[i];
    return sim_main(argc, argv);
}

/* ---- what if ---- */

struct written { char *text; size_t size; struct twin_times times; };

static struct written write_story(const struct snapshot *s, const struct question *q, const struct question *length_of)
{
    struct written w = { 0 };
    FILE *out = open_memstream(&w.text, &w.size);

    if (!out)
        abort();
    w.times = twin_write(out, s, q, length_of);
    fclose(out);
    return w;
}

/* A picture no daemon of ours would send may make no story. */
static int forecast_of(const struct args *a, const struct written *w, struct forecast *out)
{
    struct story_error error;
    char sentence[QUESTION_ERROR_MAX], why[QUESTION_ERROR_MAX];

    if (forecast_run(w->text, w->times.event, (unsigned)a->seeds, out, &error) == 0)
        return CLI_OK;
    snprintf(sentence, sizeof sentence, "what the daemon says makes no story: %.200s", text_printable(error.text, why, sizeof why));
    return command_fail(a, CLI_GENERAL, sentence);
}

static void seconds_or_null(struct json *j, const char *key, double s)
{
    if (s < 0)
        json_null(j, key);
    else
        json_double(j, key, s);
}

static void ns_or_null(struct json *j, const char *key, const struct forecast *f, double s)
{
    if (forecast_ever_usable(f))
        json_int(j, key, llround(s * 1e9));
    else
        json_null(j, key);
}

static void forecast_json(struct json *j, const char *key, const struct forecast *f, const struct snapshot *s)
{
    json_object(j, key);
    ns_or_null(j, "error_max_ns", f, f->error_max_s);
    ns_or_null(j, "error_rms_ns", f, f->error_rms_s);
    ns_or_null(j, "bound_max_ns", f, f->bound_max_s);
    json_count(j, "not_usable_runs", f->free_running_runs);
    seconds_or_null(j, "not_usable_after_s", f->free_running_s);
    json_count(j, "local_runs", f->local_runs);
    seconds_or_null(j, "local_after_s", f->local_s);
    json_count(j, "bound_broken", f->broken);
    json_array(j, "falsetickers");
    for (unsigned n = 0; n < f->server_count; n++) {
        char name[4 * SNAPSHOT_NAME_MAX];

        if (f->server[n].false_runs == 0)
            continue;
        json_object(j, NULL);
        json_text(j, "name", show_forecast_name(f->server[n].name, s, name, sizeof name));
        json_count(j, "runs", f->server[n].false_runs);
        json_double(j, "after_s", f->server[n].false_latest_s);
        json_count(j, "followed_runs", f->server[n].followed_runs);
        json_object_end(j);
    }
    json_array_end(j);
    json_object_end(j);
}

static void print_json(const struct what_if *w)
{
    char out[JSON_MAX];
    struct json j = json_of(out, sizeof out);

    json_object(&j, NULL);
    json_text(&j, "question", w->asked);
    json_count(&j, "runs", w->then.runs);
    json_double(&j, "looks_ahead_s", dur_to_s(w->ahead));
    seconds_or_null(&j, "free_running_if_silent_s", show_forecast_patience_s(w->snapshot));
    forecast_json(&j, "undisturbed", &w->now, w->snapshot);
    forecast_json(&j, "what_if", &w->then, w->snapshot);
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
}

static int tell_forecast(const struct args *a, struct what_if *w, const struct written *calm, const struct written *disturbed)
{
    int code = forecast_of(a, calm, &w->now);

    code = code == CLI_OK ? forecast_of(a, disturbed, &w->then) : code;
    if (code != CLI_OK)
        return code;
    if (a->json)
        print_json(w);
    else
        show_forecast(w, terminal_width(stdout), stdout);
    return CLI_OK;
}

static int answer(const struct args *a, const struct snapshot *s, const struct question *q)
{
    struct written disturbed = write_story(s, q, q), calm = write_story(s, NULL, q);
    struct what_if w = { .snapshot = s, .question = q, .asked = a->question, .before = disturbed.times.event };
    int code = CLI_OK;

    w.ahead = dur_sub(disturbed.times.end, disturbed.times.event);
    if (a->print_story)
        fputs(disturbed.text, stdout);
    else
        code = tell_forecast(a, &w, &calm, &disturbed);
    free(disturbed.text);
    free(calm.text);
    return code;
}

static int run_what_if(const struct args *a)
{
    static struct asked asked;
    char error[QUESTION_ERROR_MAX];
    struct question q;
    int code = command_ask(a, CONTROL_SECTIONS_ALL, &asked);

    if (code != CLI_OK)
        return code;
    if (asked.page_only)
        return command_fail(a, CLI_PERMISSION, "the sources are told over the control socket only, and this user may not use it");
    if (!twin_possible(&asked.snapshot))
        return command_fail(a, CLI_NOT_SYNCHRONISED, "the daemon has not heard of any source yet, so there is nothing to start from");
    if (question_parse(a->question, &asked.snapshot, &q, error) < 0)
        return command_fail(a, CLI_USAGE, error);
    if (q.kind != QUESTION_ADD && !twin_has_time(&asked.snapshot))
        return command_fail(a, CLI_NOT_SYNCHRONISED, "no source gives time at present, so there is nothing to start from");
    return answer(a, &asked.snapshot, &q);
}

int command_sim(const struct args *a)
{
    return a->question[0] ? run_what_if(a) : run_stories(a);
}
