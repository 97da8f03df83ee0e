#include "conf/doc.h"

#include <ctype.h>
#include <string.h>

#include "conf/value.h"

static void json_member(const char *name, const char *text, const struct conf_out *o)
{
    conf_out(o, ", \"%s\": ", name);
    conf_out_quoted(o, text);
}

/* The members that say what one value, or one item of a list, may be. */
static void json_type(const struct conf_row *row, const struct conf_out *o)
{
    const struct conf_kind *k = conf_kind(row->type);
    bool text = row->type == CONF_TEXT || row->type == CONF_TEXTS || row->type == CONF_HOST || row->type == CONF_PATH;
    char choice[CONF_CHOICE_MAX];

    conf_out(o, "\"type\": \"%s\"", k->json_type);
    if (k->pattern)
        json_member("pattern", k->pattern, o);
    if (row->type == CONF_INT && *row->min)
        conf_out(o, ", \"minimum\": %s", row->min);
    if (row->type == CONF_INT && *row->max)
        conf_out(o, ", \"maximum\": %s", row->max);
    if (text)
        conf_out(o, ", \"minLength\": 1, \"maxLength\": %s", *row->max ? row->max : row->type == CONF_HOST ? "253" : "255");
    if (row->type != CONF_ENUM)
        return;
    conf_out(o, ", \"enum\": [");
    for (size_t i = 0; conf_choice(row, i, choice); i++)
        conf_out(o, "%s\"%s\"", i ? ", " : "", choice);
    conf_out(o, "]");
}

static void json_row(const struct conf_row *row, const char *indent, const struct conf_out *o)
{
    const struct conf_kind *k = conf_kind(row->type);

    conf_out(o, "%s\"%s\": { ", indent, row->name);
    if (k->list) {
        conf_out(o, "\"type\": \"array\", \"maxItems\": %d, \"items\": { ", OPTION_LIST_MAX);
        json_type(row, o);
        conf_out(o, " }");
    } else {
        json_type(row, o);
    }
    if (*row->default_text && k->bare)
        conf_out(o, ", \"default\": %s", row->default_text);
    else if (*row->default_text)
        json_member("default", row->default_text, o);
    json_member("description", row->sentence, o);
    conf_out(o, " }");
}

static void json_rows(const struct conf_section *s, const char *indent, const struct conf_out *o)
{
    for (size_t i = 0; i < s->row_count; i++) {
        conf_out(o, i ? ",\n" : "");
        json_row(&s->rows[i], indent, o);
    }
}

static void json_section(const struct conf_section *s, const struct conf_out *o)
{
    if (s->kind == CONF_TOP) {
        json_rows(s, "    ", o);
        return;
    }
    conf_out(o, "    \"%s\": {\n      \"description\": ", s->name);
    conf_out_quoted(o, s->sentence);
    if (s->kind == CONF_LIST)
        conf_out(o, ",\n      \"type\": \"array\", \"maxItems\": %zu, \"items\": {", s->item_max);
    else
        conf_out(o, ",");
    conf_out(o, "\n      \"type\": \"object\", \"additionalProperties\": false, \"properties\": {\n");
    json_rows(s, "        ", o);
    conf_out(o, s->kind == CONF_LIST ? "\n      } }\n    }" : "\n      }\n    }");
}

void conf_doc_json_schema(const struct conf_schema *schema, const struct conf_out *o)
{
    conf_out(o, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"%s configuration\",\n", schema->title);
    conf_out(o, "  \"type\": [\"object\", \"null\"],\n  \"additionalProperties\": false,\n  \"properties\": {\n");
    for (size_t i = 0; i < schema->section_count; i++) {
        conf_out(o, i ? ",\n" : "");
        json_section(&schema->sections[i], o);
    }
    conf_out(o, "\n  }\n}\n");
}

/* scdoc gives meaning to _, * and leading signs. */
static void manual_text(const char *text, const struct conf_out *o)
{
    for (; *text; text++)
        conf_out(o, strchr("_*\\#<[", *text) ? "\\%c" : "%c", *text);
}

static void manual_limits(const struct conf_row *row, const struct conf_out *o)
{
    char choice[CONF_CHOICE_MAX];

    if (row->type == CONF_ENUM)
        for (size_t i = 0; conf_choice(row, i, choice); i++)
            conf_out(o, "%s%s", i ? ", " : " of ", choice);
    else if (conf_kind(row->type)->parse && *row->min && *row->max)
        conf_out(o, " from %s to %s", row->min, row->max);
}

static void manual_variable(const struct conf_schema *schema, const struct conf_section *s, const char *key, const struct conf_out *o)
{
    const char *part[] = { schema->env_prefix, s->name, *s->name && *key ? "__" : "", key };

    for (size_t p = 0; p < sizeof part / sizeof part[0]; p++)
        for (const char *c = part[p]; *c; c++)
            conf_out(o, *c == '_' ? "\\%c" : "%c", toupper((unsigned char)*c));
}

static void manual_row(const struct conf_schema *schema, const struct conf_section *s, const struct conf_row *row, const struct conf_out *o)
{
    conf_out(o, "*");
    manual_text(row->name, o);
    conf_out(o, "*: %s", conf_kind(row->type)->word);
    manual_limits(row, o);
    if (*row->default_text)
        conf_out(o, "; default %s", row->default_text);
    conf_out(o, "\n\t");
    manual_text(row->sentence, o);
    conf_out(o, ".");
    if (row->reload == RELOAD_RESTART)
        conf_out(o, " A change takes effect at the next start.");
    if (s->kind != CONF_LIST) {
        conf_out(o, " Environment: ");
        manual_variable(schema, s, row->name, o);
        conf_out(o, ".");
    }
    conf_out(o, "\n\n");
}

void conf_doc_manual(const struct conf_schema *schema, const struct conf_out *o)
{
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct conf_section *s = &schema->sections[i];

        conf_out(o, "## %s\n\n", *s->name ? s->name : "keys of the top");
        manual_text(s->sentence, o);
        conf_out(o, ".");
        if (s->kind == CONF_LIST) {
            conf_out(o, " Absent: ");
            manual_text(s->default_text, o);
            conf_out(o, ". Environment, the whole list: ");
            manual_variable(schema, s, "", o);
            conf_out(o, ".");
        }
        conf_out(o, "\n\n");
        for (size_t r = 0; r < s->row_count; r++)
            manual_row(schema, s, &s->rows[r], o);
    }
}
