/* utcctl check: what the schema refuses, what good practice says, and with --live what this machine says; as text, JSON or SARIF 2.1.0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/files.h"
#include "lint/lint.h"
#include "observe/json.h"

extern char **environ;

struct judged {
    const char *path;
    struct daemon_options options;
    struct conf_tree tree;
    struct conf_errors errors;
    struct lint_report report;
};

static const char *const severities[] = { [LINT_NOTE] = "note", [LINT_WARNING] = "warning", [LINT_ERROR] = "error" };

static unsigned count(const struct judged *j, enum lint_severity severity)
{
    unsigned n = severity == LINT_ERROR ? j->errors.found : 0;

    for (unsigned i = 0; i < j->report.kept; i++)
        n += lint_rows[j->report.finding[i].rule].severity == severity;
    return n;
}

/* -- text -------------------------------------------------------------------------------------------------------------------- */

/* Letters of any language as they are, and nothing that a terminal would obey. */
static void print_name(const char *name)
{
    for (; *name; name++)
        putchar((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name);
}

static void print_place(const struct conf_origin *at)
{
    if (at->kind == CONF_FROM_ENVIRONMENT || at->kind == CONF_FROM_SECRET)
        fputs("environment ", stdout);
    print_name(at->name);
    if (at->kind == CONF_FROM_FILE && at->line)
        printf(":%u:%u", at->line, at->column);
    fputs(": ", stdout);
}

static void show_text(const struct judged *j)
{
    for (uint32_t i = 0; i < j->errors.kept; i++)
        printf("%.*serror: [configuration] %s\n", (int)j->errors.part[i].sentence, j->errors.text[i], j->errors.text[i] + j->errors.part[i].sentence);
    for (unsigned i = 0; i < j->report.kept; i++) {
        const struct lint_finding *f = &j->report.finding[i];
        const struct lint_row *row = &lint_rows[f->rule];

        print_place(&f->at);
        printf("%s: [%s] %s; %s\n", severities[row->severity], row->id, f->text, row->fix);
    }
    print_name(j->path ? j->path : "defaults (no file)");
    printf(": %u error%s, %u warning%s, %u note%s\n", count(j, LINT_ERROR), count(j, LINT_ERROR) == 1 ? "" : "s",
           count(j, LINT_WARNING), count(j, LINT_WARNING) == 1 ? "" : "s", count(j, LINT_NOTE), count(j, LINT_NOTE) == 1 ? "" : "s");
}

/* -- JSON ---------------------------------------------------------------------------------------------------------------------- */

#define OUT_MAX (512 * 1024)

static void json_finding(struct json *o, const char *id, const char *severity, const struct conf_origin *at, const char *text, const char *fix)
{
    json_object(o, NULL);
    json_text(o, "rule", id);
    json_text(o, "severity", severity);
    json_text(o, at->kind == CONF_FROM_FILE ? "file" : "variable", at->name);
    if (at->line && at->kind == CONF_FROM_FILE) {
        json_int(o, "line", at->line);
        json_int(o, "column", at->column);
    }
    json_text(o, "text", text);
    if (fix)
        json_text(o, "fix", fix);
    json_object_end(o);
}

static void write_json(const struct judged *j, struct json *o)
{
    json_object(o, NULL);
    json_count(o, "errors", count(j, LINT_ERROR));
    json_count(o, "warnings", count(j, LINT_WARNING));
    json_count(o, "notes", count(j, LINT_NOTE));
    json_array(o, "findings");
    for (uint32_t i = 0; i < j->errors.kept; i++)
        json_finding(o, "configuration", "error", &j->errors.part[i].at, j->errors.text[i] + j->errors.part[i].sentence, NULL);
    for (unsigned i = 0; i < j->report.kept; i++) {
        const struct lint_finding *f = &j->report.finding[i];

        json_finding(o, lint_rows[f->rule].id, severities[lint_rows[f->rule].severity], &f->at, f->text, lint_rows[f->rule].fix);
    }
    json_array_end(o);
    json_object_end(o);
}

/* -- SARIF 2.1.0 ------------------------------------------------------------------------------------------------------------------ */

static void sarif_message(struct json *o, const char *key, const char *text)
{
    json_object(o, key);
    json_text(o, "text", text);
    json_object_end(o);
}

static void sarif_rule(struct json *o, const char *id, const char *severity, const char *sentence, const char *fix)
{
    json_object(o, NULL);
    json_text(o, "id", id);
    sarif_message(o, "shortDescription", sentence);
    if (fix)
        sarif_message(o, "help", fix);
    json_object(o, "defaultConfiguration");
    json_text(o, "level", severity);
    json_object_end(o);
    json_object_end(o);
}

/* Section 3.28: a variable of the environment is no file and has a logical location instead. */
static void sarif_location(struct json *o, const struct conf_origin *at)
{
    json_array(o, "locations");
    json_object(o, NULL);
    if (at->kind == CONF_FROM_FILE) {
        json_object(o, "physicalLocation");
        json_object(o, "artifactLocation");
        json_text(o, "uri", at->name);
        json_object_end(o);
        json_object(o, "region");
        json_int(o, "startLine", at->line ? at->line : 1);
        json_int(o, "startColumn", at->column ? at->column : 1);
        json_object_end(o);
        json_object_end(o);
    } else {
        json_array(o, "logicalLocations");
        json_object(o, NULL);
        json_text(o, "name", at->name);
        json_object_end(o);
        json_array_end(o);
    }
    json_object_end(o);
    json_array_end(o);
}

static void sarif_result(struct json *o, const char *id, int index, const char *severity, const struct conf_origin *at, const char *text)
{
    json_object(o, NULL);
    json_text(o, "ruleId", id);
    json_int(o, "ruleIndex", index);
    json_text(o, "level", severity);
    sarif_message(o, "message", text);
    sarif_location(o, at);
    json_object_end(o);
}

static void sarif_tool(struct json *o)
{
    json_object(o, "tool");
    json_object(o, "driver");
    json_text(o, "name", "utcctl check");
    json_text(o, "version", UTCCTL_VERSION);
    json_array(o, "rules");
    for (int r = 0; r < LINT_RULES; r++)
        sarif_rule(o, lint_rows[r].id, severities[lint_rows[r].severity], lint_rows[r].sentence, lint_rows[r].fix);
    sarif_rule(o, "configuration", "error", "The daemon refuses this configuration", NULL);
    json_array_end(o);
    json_object_end(o);
    json_object_end(o);
}

static void write_sarif(const struct judged *j, struct json *o)
{
    json_object(o, NULL);
    json_text(o, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_text(o, "version", "2.1.0");
    json_array(o, "runs");
    json_object(o, NULL);
    sarif_tool(o);
    json_array(o, "results");
    for (uint32_t i = 0; i < j->errors.kept; i++)
        sarif_result(o, "configuration", LINT_RULES, "error", &j->errors.part[i].at, j->errors.text[i] + j->errors.part[i].sentence);
    for (unsigned i = 0; i < j->report.kept; i++) {
        const struct lint_finding *f = &j->report.finding[i];
        char text[512];

        snprintf(text, sizeof text, "%s; %s", f->text, lint_rows[f->rule].fix);
        sarif_result(o, lint_rows[f->rule].id, (int)f->rule, severities[lint_rows[f->rule].severity], &f->at, text);
    }
    json_array_end(o);
    json_object_end(o);
    json_array_end(o);
    json_object_end(o);
}

/* -- the command --------------------------------------------------------------------------------------------------------------------- */

static int show(const struct file_args *a, const struct judged *j)
{
    char *out;
    struct json o;

    if (!a->json && !a->sarif) {
        show_text(j);
        return CLI_OK;
    }
    out = malloc(OUT_MAX);
    if (!out)
        return files_fail(CLI_GENERAL, "%s", ue_text(UE_MEMORY));
    o = json_of(out, OUT_MAX);
    (a->sarif ? write_sarif : write_json)(j, &o);
    if (json_end(&o))
        puts(out);
    free(out);
    return CLI_OK;
}

int files_check(const struct file_args *a)
{
    struct judged *j = calloc(1, sizeof *j);
    int code;

    if (!j)
        return files_fail(CLI_GENERAL, "%s", ue_text(UE_MEMORY));
    j->path = a->words ? a->word[0] : files_default();
    if (daemon_options_read(&j->options, &j->tree, j->path, environ, &j->errors) == 0) {
        lint_configuration(&j->options, &j->tree, j->path, &j->report);
        if (a->live)
            lint_machine(&j->options, &j->tree, j->path, &j->report);
    }
    code = show(a, j);
    if (code == CLI_OK)
        code = count(j, LINT_ERROR) ? CLI_CONFIGURATION : count(j, LINT_WARNING) ? CLI_FINDINGS : CLI_OK;
    free(j);
    return code;
}
