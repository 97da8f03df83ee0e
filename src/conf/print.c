#include "conf/print.h"

#include <string.h>

#include "conf/value.h"

/* A name from outside in a comment: one line, nothing that a terminal obeys. */
static void print_name(const char *name, const struct conf_out *o)
{
    for (; *name; name++)
        conf_out(o, "%c", (unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name);
}

static void print_place(const struct conf_origin *at, const struct conf_out *o)
{
    if (at->kind == CONF_FROM_ENVIRONMENT || at->kind == CONF_FROM_SECRET)
        conf_out(o, at->kind == CONF_FROM_SECRET ? "secret of " : "environment ");
    print_name(at->name, o);
    if (at->kind == CONF_FROM_FILE)
        conf_out(o, ":%u", at->line);
}

/* A list that several files added to has the place of each. */
static void print_origin(const struct conf_node *n, const struct conf_out *o)
{
    const char *last = n ? n->at.name : NULL;

    conf_out(o, "  # ");
    if (!n || n->at.kind == CONF_FROM_DEFAULT) {
        conf_out(o, "default\n");
        return;
    }
    print_place(&n->at, o);
    for (const struct conf_node *item = n->kind == CONF_NODE_LIST ? n->child : NULL; item; item = item->next) {
        if (strcmp(item->at.name, last) != 0) {
            conf_out(o, ", ");
            print_place(&item->at, o);
        }
        last = item->at.name;
    }
    conf_out(o, "\n");
}

static void print_value(const struct conf_row *row, const void *field, const struct conf_out *o)
{
    size_t count = conf_list_count(row, field);

    if (!conf_kind(row->type)->list) {
        conf_value_write(row, field, 0, o);
        return;
    }
    conf_out(o, "[");
    for (size_t i = 0; i < count; i++) {
        conf_out(o, i ? ", " : "");
        conf_value_write(row, field, i, o);
    }
    conf_out(o, "]");
}

static bool is_secret(const struct conf_node *n) { return n && n->at.kind == CONF_FROM_SECRET; }

static bool all_absent(const struct conf_section *s, const char *base)
{
    for (size_t i = 0; i < s->row_count; i++)
        if (!conf_value_is_absent(&s->rows[i], base + s->rows[i].offset))
            return false;
    return true;
}

/* Every row of the section; `first` stands before the first one that has a value, `rest` before the others. */
static void print_rows(const struct conf_section *s, const struct conf_node *map, const char *base, const char *first, const char *rest,
                       const struct conf_out *o)
{
    for (size_t i = 0; i < s->row_count; i++) {
        const struct conf_row *row = &s->rows[i];

        if (conf_value_is_absent(row, base + row->offset))
            continue;
        if (is_secret(conf_node_find(map, row->name))) {
            conf_out(o, "%s# %s is not shown", first, row->name);
            print_origin(conf_node_find(map, row->name), o);
            continue;
        }
        conf_out(o, "%s%s: ", first, row->name);
        print_value(row, base + row->offset, o);
        print_origin(conf_node_find(map, row->name), o);
        first = rest;
    }
    if (s->kind == CONF_LIST)
        return;
    for (size_t i = 0; i < s->row_count; i++)
        if (conf_value_is_absent(&s->rows[i], base + s->rows[i].offset))
            conf_out(o, "%s# %s is not set\n", rest, s->rows[i].name);
}

static void print_list(const struct conf_section *s, const struct conf_node *list, const char *values, const struct conf_out *o)
{
    uint32_t count = *(const uint32_t *)(const void *)(values + s->count_offset);

    conf_out(o, count ? "%s:" : "%s: []", s->name);
    print_origin(list, o);
    for (size_t i = 0; i < count; i++)
        print_rows(s, conf_node_item(list, i), values + s->offset + i * s->item_size, "  - ", "    ", o);
}

static void print_section(const struct conf_section *s, const struct conf_tree *tree, const char *values, const struct conf_out *o)
{
    const struct conf_node *n = s->kind == CONF_TOP ? tree->root : conf_node_find(tree->root, s->name);

    conf_out(o, "\n");
    if (s->kind == CONF_TOP) {
        print_rows(s, n, values + s->offset, "", "", o);
    } else if (s->kind == CONF_LIST) {
        print_list(s, n, values, o);
    } else if (s->present_offset != CONF_NONE && !*(const bool *)(values + s->present_offset)) {
        conf_out(o, "# %s is not set\n", s->name);
    } else {
        conf_out(o, all_absent(s, values + s->offset) ? "%s: {}\n" : "%s:\n", s->name);
        print_rows(s, n, values + s->offset, "  ", "  ", o);
    }
}

void conf_print(const struct conf_schema *schema, const struct conf_tree *tree, const void *values, const struct conf_out *o)
{
    conf_out(o, "# %s: the effective configuration; behind each value where it comes from\n", schema->title);
    for (size_t i = 0; i < schema->section_count; i++)
        print_section(&schema->sections[i], tree, values, o);
}
