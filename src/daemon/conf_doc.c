/* Build tool: writes the JSON Schema or the manual's keys from the rows, or the JSON Schema of log lines. usage: conf_doc schema|manual|log FILE */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "conf/doc.h"
#include "daemon/wire.h"

static void write_to_file(void *user, const char *text, size_t len) { fwrite(text, 1, len, user); }

/* What a field's name says of its kind; sentences name most fields, and records may have others. */
static const char *json_type_of(const char *name, size_t len)
{
    static const char *const integers[] = { "stratum", "polls", "cookies", "aead", "sources", "pid", "per_second", "limit", "skipped", "line", "uid",
                                            "tai_minus_utc_s", "n" };

    if (len > 3 && strncmp(name + len - 3, "_ns", 3) == 0)
        return "\"integer\"";
    if (len > 4 && strncmp(name + len - 4, "_ppm", 4) == 0)
        return "[\"number\", \"null\"]";
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        if (strlen(integers[i]) == len && strncmp(name, integers[i], len) == 0)
            return "\"integer\"";
    return "[\"string\", \"integer\"]";
}

static void lower(const char *name, char *out)
{
    for (; *name; name++)
        *out++ = (char)(*name >= 'A' && *name <= 'Z' ? *name + 'a' - 'A' : *name);
    *out = '\0';
}

static void log_event(const char *name, const char *level, const char *sentence, bool first, const struct conf_out *o)
{
    char low[64];

    lower(name, low);
    conf_out(o, "%s    { \"title\": \"%s\", \"description\": ", first ? "" : ",\n", low);
    conf_out_quoted(o, sentence);
    lower(level, low + strlen(low) + 1);
    conf_out(o, ",\n      \"properties\": { \"event\": { \"const\": \"%s\" }, \"level\": { \"const\": \"%s\" }", low, low + strlen(low) + 1);
    for (const char *s = strchr(sentence, '{'); s; s = strchr(s + 1, '{')) {
        size_t len = strcspn(s + 1, "}");

        if (strstr(sentence, s) == s && strncmp(s, "{field}", 7) != 0)
            conf_out(o, ", \"%.*s\": { \"type\": %s }", (int)len, s + 1, json_type_of(s + 1, len));
    }
    conf_out(o, " } }");
}

static void log_json_schema(const struct conf_schema *schema, const struct conf_out *o)
{
    static const struct { const char *name, *level, *sentence; } events[] = {
#define LOG(name, level, sentence) { #name, #level, sentence },
#include "base/log.def"
#undef LOG
    };

    conf_out(o, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"%s log line\",\n", schema->title);
    conf_out(o, "  \"type\": \"object\",\n  \"required\": [\"time\", \"level\", \"event\"],\n  \"properties\": {\n");
    conf_out(o, "    \"time\": { \"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{6}Z$\" },\n");
    conf_out(o, "    \"level\": { \"enum\": [\"debug\", \"info\", \"notice\", \"warning\", \"error\"] },\n    \"event\": { \"type\": \"string\" },\n");
    conf_out(o, "    \"left_out\": { \"type\": \"integer\", \"minimum\": 1 }\n  },\n");
    conf_out(o, "  \"additionalProperties\": { \"type\": [\"string\", \"integer\", \"number\", \"null\"] },\n  \"oneOf\": [\n");
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        log_event(events[i].name, events[i].level, events[i].sentence, i == 0, o);
    conf_out(o, "\n  ]\n}\n");
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*make)(const struct conf_schema *, const struct conf_out *); } kind[] = {
        { "schema", conf_doc_json_schema }, { "manual", conf_doc_manual }, { "log", log_json_schema }
    };
    FILE *file = argc == 3 ? fopen(argv[2], "w") : NULL;
    const struct conf_out out = { write_to_file, file };

    if (!file)
        return 2;
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++)
        if (strcmp(argv[1], kind[i].name) == 0)
            kind[i].make(&daemon_schema, &out);
    return ferror(file) || fclose(file) ? 1 : 0;
}
