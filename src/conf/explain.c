#include "conf/explain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/nearest.h"
#include "conf/value.h"

struct explained {
    const struct conf_schema *schema;
    const struct conf_tree *tree;
    const char *values;
    const struct conf_section *section;
    const struct conf_row *row;     /* NULL: the section itself */
};

static void full_name(const struct conf_section *s, const struct conf_row *row, char out[CONF_EXPLAIN_NAME_MAX])
{
    snprintf(out, CONF_EXPLAIN_NAME_MAX, "%s%s%s", s->name, *s->name && row ? "." : "", row ? row->name : "");
}

static bool find(struct explained *e, const char *name, char nearest[CONF_EXPLAIN_NAME_MAX])
{
    char candidate[CONF_EXPLAIN_NAME_MAX];
    unsigned least = 1 + (unsigned)strlen(name) / 3;

    nearest[0] = '\0';
    for (size_t i = 0; i < e->schema->section_count; i++)
        for (size_t r = 0; r <= e->schema->sections[i].row_count; r++) {
            const struct conf_section *s = &e->schema->sections[i];
            const struct conf_row *row = r < s->row_count ? &s->rows[r] : NULL;
            unsigned distance;

            full_name(s, row, candidate);
            if (!*candidate)
                continue;
            distance = conf_edit_distance(name, candidate);
            if (strcmp(name, candidate) == 0) {
                e->section = s;
                e->row = row;
                return true;
            }
            if (distance <= least) {
                least = distance;
                strcpy(nearest, candidate);
            } else if (row && !*nearest && strcmp(name, row->name) == 0) { /* without its section */
                strcpy(nearest, candidate);
            }
        }
    return false;
}

/* -- parts ---------------------------------------------------------------------------------------------------------------------- */

struct text { char s[4096]; size_t len; };

static void to_text(void *user, const char *bytes, size_t len)
{
    struct text *t = user;
    size_t room = sizeof t->s - 1 - t->len;

    if (len > room)
        len = room;
    memcpy(t->s + t->len, bytes, len);
    t->len += len;
    t->s[t->len] = '\0';
}

static void variable_of(const struct explained *e, char *out, size_t size)
{
    char name[CONF_EXPLAIN_NAME_MAX];

    snprintf(name, sizeof name, "%s%s%s", e->section->name, *e->section->name && e->row && e->section->kind != CONF_LIST ? "__" : "",
             e->row && e->section->kind != CONF_LIST ? e->row->name : "");
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    snprintf(out, size, "%s%s", e->schema->env_prefix, name);
}

static void origin_of(const struct conf_node *n, char *out, size_t size)
{
    if (!n || n->at.kind == CONF_FROM_DEFAULT)
        snprintf(out, size, "default");
    else if (n->at.kind == CONF_FROM_ENVIRONMENT || n->at.kind == CONF_FROM_SECRET)
        snprintf(out, size, "environment %s", n->at.name);
    else
        snprintf(out, size, "%s:%u", n->at.name, n->at.line);
}

/* The value in force of one item; "not shown", "not set". */
static void value_of(const struct explained *e, const struct conf_node *n, const char *base, struct text *out)
{
    const struct conf_out o = { to_text, out };
    const void *field = base + e->row->offset;
    size_t count = conf_list_count(e->row, field);

    out->len = 0;
    out->s[0] = '\0';
    if (n && n->at.kind == CONF_FROM_SECRET) {
        conf_out(&o, "(not shown)");
    } else if (!conf_kind(e->row->type)->list && conf_value_is_absent(e->row, field)) {
        conf_out(&o, "(not set)");
    } else if (!conf_kind(e->row->type)->list) {
        conf_value_write(e->row, field, 0, &o);
    } else {
        conf_out(&o, "[");
        for (size_t i = 0; i < count; i++) {
            conf_out(&o, i ? ", " : "");
            conf_value_write(e->row, field, i, &o);
        }
        conf_out(&o, "]");
    }
}

static uint32_t items_of(const struct explained *e)
{
    return e->section->kind == CONF_LIST ? *(const uint32_t *)(const void *)(e->values + e->section->count_offset) : 1;
}

static const char *item_base(const struct explained *e, uint32_t item)
{
    return e->values + e->section->offset + (e->section->kind == CONF_LIST ? item * e->section->item_size : 0);
}

/* A value in force, and what gave it, in words. */
struct in_force { struct text value; char origin[512]; };

static void look_up(const struct explained *e, uint32_t item, struct in_force *out)
{
    const struct conf_node *n = conf_given(e->tree, e->section->name, item, e->row->name);

    value_of(e, n, item_base(e, item), &out->value);
    origin_of(n, out->origin, sizeof out->origin);
}

/* -- text -------------------------------------------------------------------------------------------------------------------------- */

static void in_force_text(const struct explained *e, const struct conf_out *o)
{
    for (uint32_t i = 0; i < items_of(e); i++) {
        struct in_force now;

        look_up(e, i, &now);
        if (e->section->kind == CONF_LIST)
            conf_out(o, "  item %-9u %s  (%s)\n", i, now.value.s, now.origin);
        else
            conf_out(o, "  in force       %s  (%s)\n", now.value.s, now.origin);
    }
}

static void explain_text(const struct explained *e, const char *name, const struct conf_out *o)
{
    char variable[128], expected[CONF_EXPECTED_MAX];

    variable_of(e, variable, sizeof variable);
    conf_out(o, "%s: %s.\n", name, e->row ? e->row->sentence : e->section->sentence);
    if (e->row) {
        conf_out(o, "  type           %s%s\n", conf_kind(e->row->type)->list ? "list, each item " : "", conf_expected(e->row, expected));
        conf_out(o, "  default        %s\n", *e->row->default_text ? e->row->default_text : "(none)");
        conf_out(o, "  a change       %s\n", e->row->reload == RELOAD_LIVE ? "takes effect at a reload" : "takes effect at the next start");
        in_force_text(e, o);
    } else {
        conf_out(o, "  keys          ");
        for (size_t r = 0; r < e->section->row_count; r++)
            conf_out(o, " %s", e->section->rows[r].name);
        conf_out(o, "\n");
    }
    conf_out(o, "  environment    %s%s\n", variable, e->section->kind == CONF_LIST ? " (the whole list)" : "");
}

/* -- JSON -------------------------------------------------------------------------------------------------------------------------- */

static void json_pair(const char *key, const char *text, const char *before, const struct conf_out *o)
{
    conf_out(o, "%s\"%s\":", before, key);
    conf_out_quoted(o, text);
}

static void in_force_json(const struct explained *e, const struct conf_out *o)
{
    conf_out(o, ",\"in_force\":[");
    for (uint32_t i = 0; i < items_of(e); i++) {
        struct in_force now;

        look_up(e, i, &now);
        json_pair("value", now.value.s, i ? ",{" : "{", o);
        json_pair("origin", now.origin, ",", o);
        conf_out(o, "}");
    }
    conf_out(o, "]");
}

static void explain_json(const struct explained *e, const char *name, const struct conf_out *o)
{
    char variable[128], expected[CONF_EXPECTED_MAX];

    variable_of(e, variable, sizeof variable);
    json_pair("key", name, "{", o);
    json_pair("sentence", e->row ? e->row->sentence : e->section->sentence, ",", o);
    json_pair("environment", variable, ",", o);
    if (e->row) {
        json_pair("type", conf_kind(e->row->type)->word, ",", o);
        json_pair("expected", conf_expected(e->row, expected), ",", o);
        json_pair("default", e->row->default_text, ",", o);
        json_pair("reload", e->row->reload == RELOAD_LIVE ? "live" : "restart", ",", o);
        in_force_json(e, o);
    }
    conf_out(o, "}\n");
}

bool conf_explain(const struct conf_schema *schema, const struct conf_tree *tree, const void *values, const char *name, bool json, const struct conf_out *o,
                  char nearest[CONF_EXPLAIN_NAME_MAX])
{
    struct explained e = { .schema = schema, .tree = tree, .values = values };

    if (!find(&e, name, nearest))
        return false;
    (json ? explain_json : explain_text)(&e, name, o);
    return true;
}
