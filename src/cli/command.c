#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "cli/ask.h"
#include "cli/files.h"
#include "cli/show.h"
#include "cli/table.h"
#include "daemon/built.h"
#include "io/stamp.h"
#include "observe/snapshot_json.h"

#define START_GRACE_NS (2 * NS_PER_S)   /* a daemon that is just starting is waited for */
#define WAIT_STEP_NS (200 * NS_PER_MS)
#define SENTENCE_MAX 5000               /* of a failure, with a path or a name in it */

/* ---- telling a failure ---- */

int command_fail(const struct args *a, enum cli_exit code, const char *sentence)
{
    char out[8 * SENTENCE_MAX];
    struct json j = json_of(out, sizeof out);

    fprintf(stderr, "utcctl: %s\n", sentence);
    if (a->json) {
        json_object(&j, NULL);
        json_text(&j, "error", sentence);
        json_int(&j, "exit_code", code);
        json_object_end(&j);
        if (json_end(&j))
            puts(out);
    }
    return (int)code;
}

static bool means_no_daemon(int err) { return err == -UE_NO_FILE || err == -UE_REFUSED; }

static int fail_to_ask(const struct args *a, int err, const char *where)
{
    char sentence[768], path[4 * RUN_WHERE_MAX];

    text_printable(where, path, sizeof path);
    if (means_no_daemon(err))
        snprintf(sentence, sizeof sentence, "no daemon is running%s%s; start it with 'simple-utcd', or say where its socket is with --socket PATH",
                 path[0] ? ": nobody answers at " : "", path);
    else
        snprintf(sentence, sizeof sentence, "cannot ask the daemon%s%s: %s", path[0] ? " at " : "", path, ue_text(err));
    return command_fail(a, means_no_daemon(err) ? CLI_NO_DAEMON : err == -UE_PERMISSION ? CLI_PERMISSION : CLI_GENERAL, sentence);
}

int command_ask_request(const struct args *a, const struct control_request *request, struct asked *out)
{
    int err = ask_request(a->socket, request, out);

    if (err < 0)
        return fail_to_ask(a, err, out->where);
    if (out->result != CONTROL_OK && out->result != CONTROL_REFUSED)
        return command_fail(a, out->result == CONTROL_DENIED ? CLI_PERMISSION : CLI_GENERAL, control_result_text(out->result));
    return CLI_OK;
}

int command_ask(const struct args *a, uint32_t sections, struct asked *out)
{
    int code = command_ask_request(a, &(struct control_request){ .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = sections }, out);

    if (code != CLI_OK)
        return code;
    if (out->page_only && !a->json)
        fputs("(From the clock page alone: the control socket cannot be used by this user.)\n", stderr);
    return CLI_OK;
}

/* ---- status, sources, clock ---- */

void command_print_json(const struct snapshot *s, void (*const *parts)(struct json *, const struct snapshot *))
{
    static char out[SNAPSHOT_JSON_MAX];
    struct json j = json_of(out, sizeof out);

    json_object(&j, NULL);
    for (; *parts; parts++)
        (*parts)(&j, s);
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
}

static const struct view {
    void (*show)(const struct snapshot *, unsigned, FILE *);
    void (*json[7])(struct json *, const struct snapshot *); /* NULL ends it */
} views[COMMAND_COUNT] = {
    [COMMAND_STATUS] = { show_status, { snapshot_json_daemon, snapshot_json_clock, snapshot_json_sources, snapshot_json_services, snapshot_json_cards,
                                        snapshot_json_problems } },
    [COMMAND_SOURCES] = { show_sources, { snapshot_json_sources } },
    [COMMAND_CLOCK] = { show_clock, { snapshot_json_clock } },
};

static int show_view(const struct args *a, const struct view *v)
{
    static struct asked asked;
    int code = command_ask(a, CONTROL_SECTIONS_ALL, &asked);

    if (code != CLI_OK)
        return code;
    if (asked.page_only && a->command == COMMAND_SOURCES)
        return command_fail(a, CLI_PERMISSION, "the sources are told over the control socket only, and this user may not use it");
    if (a->json)
        command_print_json(&asked.snapshot, v->json);
    else
        v->show(&asked.snapshot, terminal_width(stdout), stdout);
    return CLI_OK;
}

static int run_view(const struct args *a)
{
    return a->command == COMMAND_SOURCES && a->word_count > 0 ? command_change(a) : show_view(a, &views[a->command]);
}

/* ---- wait-sync ---- */

static bool is_good(const struct snapshot *s, const struct args *a)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    return (v.status == CLOCK_SYNCHRONISED || v.status == CLOCK_HOLDOVER) && (a->max_error.ns == 0 || clock_view_bound(&v).ns <= a->max_error.ns);
}

void command_pause(struct dur_ns d)
{
    struct timespec t = { .tv_sec = d.ns / NS_PER_S, .tv_nsec = (long)(d.ns % NS_PER_S) };

    nanosleep(&t, NULL);
}

static int report_wait(const struct args *a, const struct asked *asked, bool good)
{
    if (a->json)
        command_print_json(&asked->snapshot, views[COMMAND_CLOCK].json);
    else
        show_status(&asked->snapshot, terminal_width(stdout), stdout);
    if (!good)
        fputs("utcctl: gave up waiting: not synchronised to a source within the time and error asked for\n", stderr);
    return good ? CLI_OK : CLI_NOT_SYNCHRONISED;
}

static int run_wait_sync(const struct args *a)
{
    static struct asked asked;
    struct mono_ns begin = io_raw_now();
    struct mono_ns end = a->timeout.ns ? mono_add(begin, a->timeout) : MONO_NEVER;
    struct mono_ns grace = mono_min(end, mono_add(begin, (struct dur_ns){ START_GRACE_NS }));

    for (;;) {
        int err = ask_daemon(a->socket, CONTROL_SECTIONS_ALL, &asked);
        bool waiting = means_no_daemon(err) || err == -UE_BUSY ? mono_before(io_raw_now(), grace) : err == 0 && mono_before(io_raw_now(), end);

        if (err == 0 && asked.result == CONTROL_OK && is_good(&asked.snapshot, a))
            return report_wait(a, &asked, true);
        if (err == 0 && asked.result != CONTROL_OK)
            return command_fail(a, CLI_GENERAL, control_result_text(asked.result));
        if (!waiting)
            return err < 0 ? fail_to_ask(a, err, asked.where) : report_wait(a, &asked, false);
        command_pause((struct dur_ns){ WAIT_STEP_NS });
    }
}

/* ---- version, help ---- */

/* What NTS is sealed by, in the order in which we ask for it; IANA's numbers. */
static const int aeads[] = { 30, 15, 17 };
#define AEADS_LEFT_OUT (SIMPLE_UTCD_GCM_SIV ? 0 : 1)

static int run_version(const struct args *a)
{
    static struct asked asked;
    char out[512], version[4 * SNAPSHOT_NAME_MAX];
    struct json j = json_of(out, sizeof out);
    bool running = ask_daemon(a->socket, 1u << CONTROL_SECTION_DAEMON, &asked) == 0 && asked.snapshot.version[0];

    if (!a->json) {
        printf("utcctl %s\n", UTCCTL_VERSION);
        printf("simple-utcd %s\n", running ? text_printable(asked.snapshot.version, version, sizeof version) : "is not running, or not to be asked");
        puts(SIMPLE_UTCD_GCM_SIV ? "NTS by AEAD 30, 15, 17" : "NTS by AEAD 15, 17; AEAD 30 takes nettle 3.9 when it is built");
        return CLI_OK;
    }
    json_object(&j, NULL);
    json_text(&j, "utcctl", UTCCTL_VERSION);
    if (running)
        json_text(&j, "daemon", asked.snapshot.version);
    else
        json_null(&j, "daemon");
    json_array(&j, "nts_aeads");
    for (size_t i = AEADS_LEFT_OUT; i < sizeof aeads / sizeof aeads[0]; i++)
        json_int(&j, NULL, aeads[i]);
    json_array_end(&j);
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
    return CLI_OK;
}

static int run_help(const struct args *a) { return command_help(a->about); }

static int (*const run[COMMAND_COUNT])(const struct args *) = {
    [COMMAND_HELP] = run_help,   [COMMAND_STATUS] = run_view,         [COMMAND_SOURCES] = run_view, [COMMAND_CLOCK] = run_view,
    [COMMAND_QUERY] = command_query, [COMMAND_WAIT_SYNC] = run_wait_sync, [COMMAND_SIM] = command_sim, [COMMAND_VERSION] = run_version,
    [COMMAND_ACL] = command_acl, [COMMAND_CLIENTS] = command_clients, [COMMAND_RELOAD] = command_change, [COMMAND_BURST] = command_change,
    [COMMAND_LOG] = command_change, [COMMAND_STEP] = command_change,  [COMMAND_EXPLAIN] = command_explain, [COMMAND_DOCTOR] = command_doctor,
    [COMMAND_TOP] = command_top, [COMMAND_COMPLETION] = command_completion,
};

bool command_says_json(int argc, const char *const *argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static int run_command(int argc, const char *const *argv)
{
    struct args a;

    if (file_args_are(argc, argv))
        return files_main(argc, argv);
    if (args_parse(argc, argv, &a) == 0)
        return run[a.command](&a);
    a.json = command_says_json(argc, argv);
    return command_fail(&a, CLI_USAGE, a.error);
}

/* What a full disk or a closed output swallowed was not done. */
int command_main(int argc, const char *const *argv)
{
    int code = run_command(argc, argv), failed;

    errno = 0;
    failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed)
        return code;
    fprintf(stderr, "utcctl: cannot write what was asked for: %s\n", errno ? strerror(errno) : "standard output took no more");
    return code == CLI_OK ? CLI_GENERAL : code;
}
