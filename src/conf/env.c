#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/check.h"
#include "conf/file.h"
#include "conf/nearest.h"

#define VARIABLE_MAX 96
#define SEPARATOR "__"

struct overlay {
    const struct conf_schema *schema;
    struct conf_tree *tree;
    struct conf_errors *errors;
    const char *name;   /* the variable's, kept in the tree */
    const char *value;
    bool from_file;     /* value is the name of a file that holds the key's */
};

/* section + separator + key as a variable's name */
static void variable_name(const char *prefix, const char *section, const char *separator, const char *key, char *out)
{
    const char *part[] = { prefix, section, separator, key };
    size_t n = 0;

    for (size_t p = 0; p < sizeof part / sizeof part[0]; p++)
        for (const char *s = part[p]; *s; s++) {
            assert(n < VARIABLE_MAX - 1); /* the names are the schema's own, and short */
            out[n++] = (char)toupper((unsigned char)*s);
        }
    out[n] = '\0';
}

static void put_yaml(const struct overlay *o, struct conf_node *map, const char *key)
{
    struct conf_origin at = { CONF_FROM_ENVIRONMENT, 1, 1, o->name };
    uint32_t errors_before = o->errors->found;
    struct conf_node *n = conf_tree_parse(o->tree, o->value, strlen(o->value), at, o->errors);

    if (n)
        conf_node_put(map, key, n);
    else if (o->errors->found == errors_before)
        conf_error_add(o->errors, at, "the value is missing; unset the variable to have what the file or the default says");
}

static void put_from_file(const struct overlay *o, struct conf_node *map, const char *key)
{
    struct conf_origin at = { CONF_FROM_SECRET, 1, 1, o->name };
    char value[CONF_VALUE_FILE_MAX];
    const char *wrong = conf_value_file_read(o->value, value);
    struct conf_node *n = wrong ? NULL : conf_tree_new_scalar(o->tree, value, at);

    if (wrong)
        conf_error_add(o->errors, at, "%.200s: %s", o->value, wrong);
    else if (n)
        conf_node_put(map, key, n);
    else
        conf_error_add(o->errors, at, "the configuration has too many values");
}

/* KEY and KEY_FILE together, in whichever order: nobody can tell which is meant. */
static void put_value(const struct overlay *o, struct conf_node *map, const char *key)
{
    const struct conf_node *there = conf_node_find(map, key);

    if (there && there->at.kind == (o->from_file ? CONF_FROM_ENVIRONMENT : CONF_FROM_SECRET))
        conf_error_add(o->errors, (struct conf_origin){ CONF_FROM_ENVIRONMENT, 1, 1, o->name }, "%s gives the same key; unset one of the two", there->at.name);
    else
        (o->from_file ? put_from_file : put_yaml)(o, map, key);
}

/* The section's map; made when the file has none. */
static struct conf_node *section_map(const struct overlay *o, const struct conf_section *s)
{
    struct conf_origin at = { CONF_FROM_ENVIRONMENT, 1, 1, o->name };
    struct conf_node *map;

    if (s->kind == CONF_TOP)
        return o->tree->root;
    map = conf_node_find(o->tree->root, s->name);
    if (map && map->kind == CONF_NODE_MAP)
        return map;
    map = conf_tree_new_map(o->tree, at);
    if (map)
        conf_node_put(o->tree->root, s->name, map);
    else
        conf_error_add(o->errors, at, "the configuration has too many values");
    return map;
}

/* Looks for the section or key a variable means, and remembers the nearest name. */
struct match { const char *wanted; char best[VARIABLE_MAX]; unsigned distance; };

static bool is_wanted(struct match *m, const char *section, const char *key)
{
    char candidate[VARIABLE_MAX];
    unsigned distance;

    variable_name("", section, *section && *key ? SEPARATOR : "", key, candidate);
    distance = conf_edit_distance(m->wanted, candidate);
    if (distance < m->distance) {
        m->distance = distance;
        strcpy(m->best, candidate);
    }
    return distance == 0;
}

/* Puts the value where the variable's name says; false when nothing has that name. */
static bool put_by_name(const struct overlay *o, struct match *m)
{
    for (size_t i = 0; i < o->schema->section_count; i++) {
        const struct conf_section *s = &o->schema->sections[i];

        if (!o->from_file && *s->name && is_wanted(m, s->name, "")) {
            put_value(o, o->tree->root, s->name);
            return true;
        }
        for (size_t r = 0; s->kind != CONF_LIST && r < s->row_count; r++)
            if (is_wanted(m, s->name, s->rows[r].name)) {
                struct conf_node *map = section_map(o, s);

                if (map)
                    put_value(o, map, s->rows[r].name);
                return true;
            }
    }
    return false;
}

#define FILE_SUFFIX "_FILE"

/* NAME_FILE=/path for NAME=what stands there. A key that ends in _file itself, such as clock.drift_file, was found by its own name before. */
static bool put_by_file(const struct overlay *o, const char *wanted)
{
    size_t n = strlen(wanted), s = strlen(FILE_SUFFIX);
    struct overlay by_file = *o;
    char name[VARIABLE_MAX];
    struct match m = { name, "", UINT_MAX };

    if (n <= s || strcasecmp(wanted + n - s, FILE_SUFFIX) != 0)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(n - s), wanted); /* one that is cut is longer than any of ours */
    by_file.from_file = true;
    return put_by_name(&by_file, &m);
}

/* Names without a separator may belong to somebody else, unless they are a slip of one letter away from ours. */
static void apply_variable(const struct overlay *o, const char *wanted)
{
    struct conf_origin at = { CONF_FROM_ENVIRONMENT, 1, 1, o->name };
    struct match m = { wanted, "", UINT_MAX };

    if (put_by_name(o, &m) || put_by_file(o, wanted) || (!strstr(wanted, SEPARATOR) && m.distance > 1))
        return;
    if (m.distance <= 1 + strlen(wanted) / 3)
        conf_error_add(o->errors, at, "no configuration key has this name; did you mean %s%s?", o->schema->env_prefix, m.best);
    else
        conf_error_add(o->errors, at, "no configuration key has this name; a name is %sSECTION__KEY, or %sSECTION for a whole section", o->schema->env_prefix,
                       o->schema->env_prefix);
}

/* -- credentials ------------------------------------------------------------------------------------------------------- */

#define CREDENTIALS "CREDENTIALS_DIRECTORY"

static const char *credentials(char *const *environ_list)
{
    size_t n = strlen(CREDENTIALS);

    for (char *const *e = environ_list; e && *e; e++)
        if (strncmp(*e, CREDENTIALS, n) == 0 && (*e)[n] == '=' && (*e)[n + 1] == '/')
            return *e + n + 1;
    return NULL;
}

/* A credential named as the key of a path, such as nts.private_key, is what that key means, unless something else is said. */
static void put_credential(const struct overlay *o, const struct conf_section *s, const struct conf_row *row)
{
    const struct conf_node *given = conf_given(o->tree, s->name, 0, row->name);
    struct conf_origin at = { CONF_FROM_ENVIRONMENT, 1, 1, o->name };
    char path[OPTION_TEXT_MAX];
    struct conf_node *map, *n;

    if (given || snprintf(path, sizeof path, "%s/%s%s%s", o->value, s->name, *s->name ? "." : "", row->name) >= (int)sizeof path || access(path, F_OK) != 0)
        return;
    map = section_map(o, s);
    if (!map)
        return;
    n = conf_tree_new_scalar(o->tree, path, at);
    if (n)
        conf_node_put(map, row->name, n);
    else
        conf_error_add(o->errors, at, "the configuration has too many values");
}

static void put_credentials(const struct overlay *o)
{
    for (size_t i = 0; i < o->schema->section_count; i++)
        for (size_t r = 0; o->schema->sections[i].kind != CONF_LIST && r < o->schema->sections[i].row_count; r++)
            if (o->schema->sections[i].rows[r].type == CONF_PATH)
                put_credential(o, &o->schema->sections[i], &o->schema->sections[i].rows[r]);
}

/* Whole sections first, single keys over them. */
void conf_overlay(const struct conf_schema *schema, struct conf_tree *tree, char *const *environ_list, struct conf_errors *errors)
{
    size_t prefix_len = strlen(schema->env_prefix);

    for (int single = 0; single <= 1; single++)
        for (char *const *e = environ_list; e && *e; e++) {
            const char *equals = strchr(*e, '=');
            struct overlay o = { schema, tree, errors, NULL, equals ? equals + 1 : "", false };

            if (!equals || strncmp(*e, schema->env_prefix, prefix_len) != 0
                || (memmem(*e, (size_t)(equals - *e), SEPARATOR, strlen(SEPARATOR)) != NULL) != single)
                continue;
            o.name = conf_tree_keep(tree, *e, (size_t)(equals - *e));
            if (!o.name)
                conf_error_add(errors, (struct conf_origin){ CONF_FROM_ENVIRONMENT, 1, 1, schema->env_prefix }, "the environment is too large");
            else
                apply_variable(&o, o.name + prefix_len);
        }
    if (credentials(environ_list))
        put_credentials(&(struct overlay){ schema, tree, errors, CREDENTIALS, credentials(environ_list), false });
}
