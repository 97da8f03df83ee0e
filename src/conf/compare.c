#include "conf/compare.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"

#define ITEM_TEXT_MAX 512

/* ---- values ---- */

struct text { size_t len; char at[ITEM_TEXT_MAX]; };

static void take_text(void *user, const char *text, size_t len)
{
    struct text *t = user;

    if (len > sizeof t->at - t->len)
        len = sizeof t->at - t->len;
    memcpy(t->at + t->len, text, len);
    t->len += len;
}

/* As it would be written: behind the end of a text, and between the fields of an address, bytes mean nothing. */
static bool same_item(const struct conf_row *row, const void *a, const void *b, size_t i)
{
    struct text x = { .len = 0 }, y = { .len = 0 };
    const struct conf_out out_x = { take_text, &x }, out_y = { take_text, &y };

    conf_value_write(row, a, i, &out_x);
    conf_value_write(row, b, i, &out_y);
    return x.len == y.len && memcmp(x.at, y.at, x.len) == 0;
}

static bool same_value(const struct conf_row *row, const void *a, const void *b)
{
    size_t n = conf_list_count(row, a);

    if (!conf_kind(row->type)->list)
        return same_item(row, a, b, 0);
    if (n != conf_list_count(row, b))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!same_item(row, a, b, i))
            return false;
    return true;
}

/* ---- names ---- */

void conf_names_add(struct conf_names *n, const char *section, const char *key)
{
    static const char more[] = " ...";
    size_t len = strlen(n->text);
    int wrote = snprintf(n->text + len, sizeof n->text - len, "%s%s%s%s", n->count ? ", " : "", section, section[0] && key[0] ? "." : "", key);

    n->count++;
    if ((size_t)wrote < sizeof n->text - len)
        return;
    n->text[len] = '\0';
    if (len + sizeof more <= sizeof n->text && !strstr(n->text, more))
        memcpy(n->text + len, more, sizeof more);
}

bool conf_names_have(const struct conf_names *names, const char *key)
{
    size_t len = strlen(key);

    for (const char *at = names->text; (at = strstr(at, key)) != NULL; at += len)
        if ((at == names->text || at[-1] == ' ') && (at[len] == '\0' || at[len] == ','))
            return true;
    return false;
}

/* ---- sections ---- */

static void merge_rows(const struct conf_section *s, const char *old, char *fresh, struct conf_changes *out)
{
    for (size_t i = 0; i < s->row_count; i++) {
        const struct conf_row *row = &s->rows[i];
        const char *was = old + s->offset + row->offset;
        char *is = fresh + s->offset + row->offset;

        if (same_value(row, was, is))
            continue;
        conf_names_add(row->reload == RELOAD_LIVE ? &out->live : &out->restart, s->name, row->name);
        if (row->reload != RELOAD_LIVE)
            memcpy(is, was, conf_field_size(row->type));
    }
}

static bool same_list(const struct conf_section *s, const char *old, const char *fresh)
{
    uint32_t n = *(const uint32_t *)(const void *)(old + s->count_offset);

    if (n != *(const uint32_t *)(const void *)(fresh + s->count_offset))
        return false;
    for (uint32_t i = 0; i < n; i++)
        for (size_t r = 0; r < s->row_count; r++) {
            size_t at = s->offset + i * s->item_size + s->rows[r].offset;

            if (!same_value(&s->rows[r], old + at, fresh + at))
                return false;
        }
    return true;
}

static bool is_live(const struct conf_section *s)
{
    for (size_t r = 0; r < s->row_count; r++)
        if (s->rows[r].reload != RELOAD_LIVE)
            return false;
    return true;
}

static void merge_list(const struct conf_section *s, const char *old, char *fresh, struct conf_changes *out)
{
    if (same_list(s, old, fresh))
        return;
    conf_names_add(is_live(s) ? &out->live : &out->restart, s->name, "");
    if (is_live(s))
        return;
    memcpy(fresh + s->offset, old + s->offset, s->item_max * s->item_size);
    memcpy(fresh + s->count_offset, old + s->count_offset, sizeof(uint32_t));
}

/* A section that is given or not beside its values: the statement that it is there. */
static void merge_presence(const struct conf_section *s, const char *old, char *fresh, struct conf_changes *out)
{
    bool was, is;

    if (s->present_offset == CONF_NONE)
        return;
    was = *(const bool *)(old + s->present_offset);
    is = *(const bool *)(fresh + s->present_offset);
    if (was == is)
        return;
    conf_names_add(is_live(s) ? &out->live : &out->restart, s->name, "");
    if (!is_live(s))
        *(bool *)(fresh + s->present_offset) = was;
}

void conf_merge(const struct conf_schema *schema, const void *old, void *fresh, struct conf_changes *out)
{
    *out = (struct conf_changes){ 0 };
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct conf_section *s = &schema->sections[i];

        if (s->kind == CONF_LIST) {
            merge_list(s, old, fresh, out);
            continue;
        }
        merge_presence(s, old, fresh, out);
        merge_rows(s, old, fresh, out);
    }
}
