#include "conf/check.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/name.h"
#include "conf/nearest.h"
#include "conf/value.h"

#define NAME_MAX_LEN 80
#define CHOICES_MAX 16

struct check {
    const struct conf_schema *schema;
    struct conf_errors *errors;
};

const struct conf_section *conf_section_find(const struct conf_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->section_count; i++)
        if (strcmp(schema->sections[i].name, name) == 0)
            return &schema->sections[i];
    return NULL;
}

static const struct conf_row *row_find(const struct conf_section *section, const char *name)
{
    for (size_t i = 0; i < section->row_count; i++)
        if (strcmp(section->rows[i].name, name) == 0)
            return &section->rows[i];
    return NULL;
}

const struct conf_node *conf_given(const struct conf_tree *tree, const char *section, size_t item, const char *key)
{
    const struct conf_node *n = *section ? conf_node_find(tree->root, section) : tree->root;

    if (n && n->kind == CONF_NODE_LIST)
        n = conf_node_item(n, item);
    return conf_node_find(n, key);
}

static bool tell_if_null(const struct check *c, struct conf_node *n, const char *name)
{
    if (!conf_node_is_null(n))
        return false;
    n->bad = true;
    conf_error_add(c->errors, n->at, "%s: the value is missing; write it, or take the key away to have the default", name);
    return true;
}

/* ", did you mean x?" and the choices, for an ENUM that was misspelt */
static void choice_hint(const struct conf_row *row, const char *text, bool secret, char *out, size_t size)
{
    char choice[CHOICES_MAX][CONF_CHOICE_MAX];
    struct conf_nearest n = conf_nearest_start(text);

    out[0] = '\0';
    if (row->type != CONF_ENUM || secret)
        return;
    for (size_t i = 0; i < CHOICES_MAX && conf_choice(row, i, choice[i]); i++)
        conf_nearest_offer(&n, choice[i]);
    if (n.best)
        snprintf(out, size, "; did you mean %s?", n.best);
}

/* The network that was meant, for an address in it. */
static void net_hint(const struct conf_row *row, const char *text, bool secret, char *out, size_t size)
{
    char net[CONF_NET_MAX];

    if (row->type == CONF_NETS && !secret && conf_net_around(text, net))
        snprintf(out, size, "; did you mean %s?", net);
}

static void tell_bad_value(const struct check *c, const struct conf_row *row, const struct conf_node *n, const char *name, int err)
{
    char quoted[CONF_QUOTE_MAX], expected[CONF_EXPECTED_MAX], hint[CONF_NET_MAX + 32];
    const char *what = err == -UE_RANGE ? "is out of range" : "is not understood";

    choice_hint(row, n->text, n->at.kind == CONF_FROM_SECRET, hint, sizeof hint);
    net_hint(row, n->text, n->at.kind == CONF_FROM_SECRET, hint, sizeof hint);
    if (err == -UE_FULL)
        conf_error_add(c->errors, n->at, "%s: more than %d items", name, OPTION_LIST_MAX);
    else
        conf_error_add(c->errors, n->at, "%s: %s %s; expected %s%s", name,
                       n->at.kind == CONF_FROM_SECRET ? "what the file holds" : conf_quote(n->text, quoted), what, conf_expected(row, expected), hint);
}

/* One value, or one item of a list. */
static void apply_scalar(const struct check *c, const struct conf_section *s, const struct conf_row *row, struct conf_node *n, const char *name,
                         void *field)
{
    char expected[CONF_EXPECTED_MAX];
    int err;

    if (n->bad || tell_if_null(c, n, name))
        return;
    n->bad = true;
    if (n->kind != CONF_NODE_SCALAR) {
        conf_error_add(c->errors, n->at, "%s: %s found; expected %s", name, n->kind == CONF_NODE_MAP ? "keys" : "a list", conf_expected(row, expected));
        return;
    }
    if (n->quoted && conf_kind(row->type)->bare) {
        conf_error_add(c->errors, n->at, "%s: text found; expected %s, without quotes", name, conf_expected(row, expected));
        return;
    }
    err = conf_value_read(row, s->default_port, n->text, field);
    n->bad = err != 0;
    if (err)
        tell_bad_value(c, row, n, name, err);
}

static void apply_value(const struct check *c, const struct conf_section *s, const struct conf_row *row, struct conf_node *n, const char *name,
                        void *field)
{
    char expected[CONF_EXPECTED_MAX];

    if (!conf_kind(row->type)->list) {
        apply_scalar(c, s, row, n, name, field);
        return;
    }
    if (n->bad || tell_if_null(c, n, name))
        return;
    if (n->kind != CONF_NODE_LIST) {
        n->bad = true;
        conf_error_add(c->errors, n->at, "%s: a list in [brackets] is expected, each item %s", name, conf_expected(row, expected));
        return;
    }
    for (struct conf_node *item = n->child; item; item = item->next) {
        apply_scalar(c, s, row, item, name, field);
        n->bad |= item->bad;
    }
}

static void name_of(const struct conf_section *s, size_t item, const char *key, char *out)
{
    if (s->kind == CONF_LIST)
        snprintf(out, NAME_MAX_LEN, "%s[%zu]%s%s", s->name, item, *key ? "." : "", key);
    else
        snprintf(out, NAME_MAX_LEN, "%s%s%s", s->name, *s->name && *key ? "." : "", key);
}

/* The first place where a key stands that was written in the wrong one; "" for none. */
static void home_of(const struct check *c, const char *key, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < c->schema->section_count && !*out; i++)
        if (row_find(&c->schema->sections[i], key))
            snprintf(out, size, "; did you mean %s%s%s?", c->schema->sections[i].name, *c->schema->sections[i].name ? "." : "", key);
}

/* A word that does not fit is left out whole. */
static size_t append(char *out, size_t n, size_t size, const char *word)
{
    int more = snprintf(out + n, size - n, "%s%s", n ? ", " : "", word);

    if ((size_t)more < size - n)
        return n + (size_t)more;
    out[n] = '\0';
    return n;
}

/* s: where the key stands. At the top the names of sections are keys as well. */
static void tell_unknown_key(const struct check *c, const struct conf_section *s, const struct conf_node *n, const char *name)
{
    struct conf_nearest nearest = conf_nearest_start(n->key);
    char allowed[256] = "", hint[96], quoted[CONF_QUOTE_MAX];
    size_t used = 0;

    for (size_t i = 0; i < s->row_count; i++) {
        conf_nearest_offer(&nearest, s->rows[i].name);
        used = append(allowed, used, sizeof allowed, s->rows[i].name);
    }
    for (size_t i = 0; s->kind == CONF_TOP && i < c->schema->section_count; i++)
        if (*c->schema->sections[i].name) {
            conf_nearest_offer(&nearest, c->schema->sections[i].name);
            used = append(allowed, used, sizeof allowed, c->schema->sections[i].name);
        }
    if (nearest.best)
        snprintf(hint, sizeof hint, "; did you mean %s?", nearest.best);
    else
        home_of(c, n->key, hint, sizeof hint);
    conf_error_add(c->errors, n->key_at, "%s%sunknown key %s%s (known here: %s)", name, *name ? ": " : "", conf_quote(n->key, quoted), hint, allowed);
}

/* The keys of one map over the section's struct at base. */
static void apply_map(const struct check *c, const struct conf_section *s, size_t item, struct conf_node *map, char *base)
{
    char name[NAME_MAX_LEN];

    for (struct conf_node *n = map->child; n; n = n->next) {
        const struct conf_row *row = row_find(s, n->key);

        name_of(s, item, row ? row->name : "", name);
        if (row)
            apply_value(c, s, row, n, name, base + row->offset);
        else
            tell_unknown_key(c, s, n, name);
    }
}

static void defaults_of(const struct conf_section *s, char *base)
{
    for (size_t i = 0; i < s->row_count; i++)
        conf_value_default(&s->rows[i], base + s->rows[i].offset);
}

static void apply_list(const struct check *c, const struct conf_section *s, struct conf_node *n, char *values)
{
    size_t count = 0;

    for (struct conf_node *item = n->child; item; item = item->next, count++) {
        char *base = values + s->offset + count * s->item_size;

        if (count == s->item_max) {
            conf_error_add(c->errors, item->at, "%s: more than %zu items", s->name, s->item_max);
            break;
        }
        defaults_of(s, base);
        if (item->kind == CONF_NODE_MAP)
            apply_map(c, s, count, item, base);
        else if (!item->bad) {
            item->bad = true;
            conf_error_add(c->errors, item->at, "%s[%zu]: keys are expected, such as { %s: ... }", s->name, count, s->rows[0].name);
        }
    }
    *(uint32_t *)(void *)(values + s->count_offset) = (uint32_t)count;
}

static void apply_section(const struct check *c, const struct conf_section *s, struct conf_node *n, char *values)
{
    enum conf_node_kind wanted = s->kind == CONF_LIST ? CONF_NODE_LIST : CONF_NODE_MAP;

    if (n->bad)
        return;
    if (conf_node_is_null(n)) {
        conf_error_add(c->errors, n->at, "%s: nothing stands here; write %s or take the key away to have the defaults", s->name,
                       s->kind == CONF_LIST ? "[] for none," : "its keys,");
    } else if (n->kind != wanted) {
        conf_error_add(c->errors, n->at, "%s: %s expected%s", s->name,
                       s->kind == CONF_LIST ? "a list (lines that begin with \"- \", or [brackets]) is" : "keys are",
                       n->kind == CONF_NODE_SCALAR && strchr(n->text, ':') ? "; a blank belongs behind the colon" : "");
    } else if (s->kind == CONF_LIST) {
        apply_list(c, s, n, values);
    } else {
        if (s->present_offset != CONF_NONE)
            *(bool *)(values + s->present_offset) = true;
        apply_map(c, s, 0, n, values + s->offset);
    }
}

static void apply_top_key(const struct check *c, const struct conf_section *top, struct conf_node *n, char *values)
{
    const struct conf_section *s = *n->key ? conf_section_find(c->schema, n->key) : NULL;
    const struct conf_row *row = row_find(top, n->key);

    if (s)
        apply_section(c, s, n, values);
    else if (row)
        apply_value(c, top, row, n, row->name, values + top->offset + row->offset);
    else
        tell_unknown_key(c, top, n, "");
}

/* A list that is not given is written into the tree from its default_text. */
static void put_default_list(const struct conf_section *s, struct conf_tree *tree, struct conf_errors *errors)
{
    struct conf_origin at = { CONF_FROM_DEFAULT, 0, 0, "default" };
    struct conf_node *n = conf_tree_parse(tree, s->default_text, strlen(s->default_text), at, errors);

    if (n)
        conf_node_put(tree->root, s->name, n);
}

void conf_apply(const struct conf_schema *schema, struct conf_tree *tree, void *values, struct conf_errors *errors)
{
    struct check c = { schema, errors };
    const struct conf_section *top = conf_section_find(schema, "");

    assert(top && top->kind == CONF_TOP);
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct conf_section *s = &schema->sections[i];

        if (s->kind == CONF_LIST)
            *(uint32_t *)(void *)((char *)values + s->count_offset) = 0;
        else
            defaults_of(s, (char *)values + s->offset);
        if (s->present_offset != CONF_NONE)
            *(bool *)((char *)values + s->present_offset) = false;
        if (s->kind == CONF_LIST && s->default_text && !conf_node_find(tree->root, s->name) && tree->count < CONF_NODES_MAX)
            put_default_list(s, tree, errors);
    }
    for (struct conf_node *n = tree->root->child; n; n = n->next)
        apply_top_key(&c, top, n, values);
}
