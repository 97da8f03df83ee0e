#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "observe/snapshot.h"

static struct asked asked;

/* ---- the requests ---- */

/* "ntp1.example iburst=true" as an item of `sources`; the first word alone is the server. */
static int write_item(const struct args *a, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 1; i < a->word_count; i++) {
        const char *word = a->word[i], *is = strchr(word, '=');
        const char *comma = i > 1 ? ", " : "";

        if (is)
            n += (size_t)snprintf(out + n, size - n, "%s%.*s: %s", comma, (int)(is - word), word, is + 1);
        else
            n += (size_t)snprintf(out + n, size - n, "%sserver: \"%s\"", comma, word);
        if (n >= size)
            return command_fail(a, CLI_USAGE, "the source's options are too long");
    }
    return CLI_OK;
}

/* The daemon knows sources by name and address; s2 for the second is looked up here, as `utcctl explain` does. */
static int name_source(const struct args *a, const char *word, struct control_request *r)
{
    const struct snapshot_source *s;
    unsigned nth;
    char end;
    int code;

    snprintf(r->text, sizeof r->text, "%s", word);
    if (sscanf(word, "s%3u%c", &nth, &end) != 1)
        return CLI_OK;
    code = command_ask(a, CONTROL_SECTIONS_ALL, &asked);
    s = code == CLI_OK ? command_find_source(&asked.snapshot, word) : NULL;
    if (s)
        snprintf(r->text, sizeof r->text, "%s", s->name);
    return code;
}

static int source_request(const struct args *a, struct control_request *r)
{
    static const struct { const char *word; enum control_source_act act; } acts[] = {
        { "add", CONTROL_SOURCE_ADD }, { "remove", CONTROL_SOURCE_REMOVE }, { "online", CONTROL_SOURCE_ONLINE }, { "offline", CONTROL_SOURCE_OFFLINE },
    };

    r->verb = CONTROL_VERB_SOURCE;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(a->word[0], acts[i].word) == 0)
            r->act = (uint8_t)acts[i].act;
    if (r->act == CONTROL_SOURCE_ADD)
        return write_item(a, r->text, sizeof r->text);
    if (a->word_count > 2)
        return command_fail(a, CLI_USAGE, "one source at a time");
    return name_source(a, a->word[1], r);
}

static int make_request(const struct args *a, struct control_request *r)
{
    switch (a->command) {
    case COMMAND_SOURCES: return source_request(a, r);
    case COMMAND_BURST:
        r->verb = CONTROL_VERB_SOURCE;
        r->act = CONTROL_SOURCE_BURST;
        return a->word_count ? name_source(a, a->word[0], r) : CLI_OK;
    case COMMAND_LOG:
        r->verb = CONTROL_VERB_LOG_LEVEL;
        snprintf(r->level, sizeof r->level, "%s", a->word[1]);
        snprintf(r->text, sizeof r->text, "%s", a->word_count > 2 ? a->word[2] : "");
        return CLI_OK;
    case COMMAND_STEP:
        r->verb = CONTROL_VERB_STEP;
        return a->yes ? CLI_OK : command_fail(a, CLI_USAGE, "this moves the system clock at once, which programs may not like: say --yes if it is meant");
    default:
        r->verb = CONTROL_VERB_RELOAD;
        return CLI_OK;
    }
}

/* ---- the answer ---- */

/* The daemon's lines for a terminal. */
static void print_lines(const char *text, FILE *out)
{
    char line[SNAPSHOT_ANSWER_MAX], shown[4 * SNAPSHOT_ANSWER_MAX];

    while (*text) {
        size_t len = strcspn(text, "\n");

        snprintf(line, sizeof line, "%.*s", (int)len, text);
        fprintf(out, "%s\n", text_printable(line, shown, sizeof shown));
        text += len + (text[len] == '\n');
    }
}

static void print_json(const char *text, bool refused)
{
    static char out[8 * SNAPSHOT_ANSWER_MAX];
    struct json j = json_of(out, sizeof out);

    json_object(&j, NULL);
    json_bool(&j, "done", !refused);
    json_array(&j, "lines");
    while (*text) {
        char line[SNAPSHOT_ANSWER_MAX];
        size_t len = strcspn(text, "\n");

        snprintf(line, sizeof line, "%.*s", (int)len, text);
        json_text(&j, NULL, line);
        text += len + (text[len] == '\n');
    }
    json_array_end(&j);
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
}

int command_change(const struct args *a)
{
    struct control_request request = { .version = CONTROL_VERSION };
    int code = make_request(a, &request);
    bool refused;

    if (code == CLI_OK)
        code = command_ask_request(a, &request, &asked);
    if (code != CLI_OK)
        return code;
    refused = asked.result == CONTROL_REFUSED;
    if (a->json)
        print_json(asked.snapshot.text, refused);
    else
        print_lines(asked.snapshot.text, refused ? stderr : stdout);
    return refused ? CLI_CONFIGURATION : CLI_OK;
}
