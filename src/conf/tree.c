#include "conf/tree.h"

#include <assert.h>
#include <string.h>
#include <yaml.h>

struct builder {
    struct conf_tree *tree;
    struct conf_errors *errors;
    struct conf_origin where;
    const char *bytes;
    yaml_parser_t parser;
    yaml_event_t event;
    bool stopped;               /* an error ended the reading */
};

static struct conf_origin origin_at(const struct builder *b, yaml_mark_t mark)
{
    struct conf_origin at = b->where;

    at.line = (uint32_t)mark.line + 1;
    at.column = (uint32_t)mark.column + 1;
    return at;
}

static void stop(struct builder *b, struct conf_origin at, const char *sentence)
{
    assert(!b->stopped); /* no event comes afterwards */
    conf_error_add(b->errors, at, "%s", sentence);
    b->stopped = true;
}

/* The reader below the scanner tells bad bytes by their offset alone. */
static yaml_mark_t mark_of_offset(const struct builder *b, size_t offset)
{
    yaml_mark_t m = { offset, 0, 0 };

    for (size_t i = 0; i < offset; i++) {
        m.column++;
        if (b->bytes[i] == '\n') {
            m.line++;
            m.column = 0;
        }
    }
    return m;
}

/* libyaml's words, with help where they leave a person alone. */
static void tell_parser_error(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem ? p->problem : "no memory is left", *context = p->context ? p->context : "", *hint = "";

    if (p->error == YAML_READER_ERROR) {
        conf_error_add(b->errors, origin_at(b, mark_of_offset(b, p->problem_offset)), "the text is not clean UTF-8: %s (byte 0x%02x)", problem,
                       (unsigned)p->problem_value);
        return;
    }
    if (strstr(context, "alias"))
        hint = "; put quotes around a value that begins with *";
    else if (strstr(problem, "cannot start any token"))
        hint = "; indent with blanks, not tabs, and put quotes around a value that begins with @, ` or %";
    else if (strstr(context, "flow"))
        hint = "; is a bracket not closed, or a comma missing? put quotes around an address that begins with [";
    conf_error_add(b->errors, origin_at(b, p->problem_mark), "this is not YAML: %s%s%s%s", context, *context ? ", " : "", problem, hint);
}

static bool next_event(struct builder *b)
{
    if (b->stopped)
        return false;
    yaml_event_delete(&b->event);
    if (yaml_parser_parse(&b->parser, &b->event))
        return true;
    tell_parser_error(b);
    b->stopped = true;
    return false;
}

static struct conf_node *new_node(struct conf_tree *t, enum conf_node_kind kind, struct conf_origin at)
{
    struct conf_node *n;

    if (t->count == CONF_NODES_MAX)
        return NULL;
    n = &t->node[t->count++];
    *n = (struct conf_node){ .kind = kind, .at = at, .text = "" };
    return n;
}

struct conf_node *conf_tree_new_map(struct conf_tree *t, struct conf_origin at) { return new_node(t, CONF_NODE_MAP, at); }

const char *conf_tree_keep(struct conf_tree *t, const void *text, size_t len)
{
    char *kept = t->text + t->text_len;

    if (len >= CONF_TEXT_MAX - t->text_len)
        return NULL;
    memcpy(kept, text, len);
    kept[len] = '\0';
    t->text_len += len + 1;
    return kept;
}

struct conf_node *conf_tree_new_scalar(struct conf_tree *t, const char *text, struct conf_origin at)
{
    struct conf_node *n = new_node(t, CONF_NODE_SCALAR, at);

    if (n)
        n->text = conf_tree_keep(t, text, strlen(text));
    return n && n->text ? n : NULL;
}

/* What no configuration needs and what hides its meaning. */
static const char *refused_trait(const yaml_event_t *e)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (e->type == YAML_ALIAS_EVENT)
        return "aliases (*name) are not accepted; write the value out, and put quotes around text that begins with *";
    if (e->type == YAML_SCALAR_EVENT) {
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
        if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
            return "a value may not hold a NUL byte";
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
    } else {
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
    }
    if (anchor)
        return "anchors (&name) are not accepted; write the value out each time";
    return tag ? "tags (!name) are not accepted" : NULL;
}

static struct conf_node *build_node(struct builder *b, unsigned depth);

static void build_list(struct builder *b, struct conf_node *list, unsigned depth)
{
    struct conf_node **end = &list->child;

    while (next_event(b) && b->event.type != YAML_SEQUENCE_END_EVENT) {
        *end = build_node(b, depth + 1);
        if (!*end)
            return;
        end = &(*end)->next;
    }
}

/* The key before a value. NULL: not usable as one, and told. */
static const char *check_key(struct builder *b, const struct conf_node *map, const struct conf_node *key)
{
    const struct conf_node *first;
    char quoted[CONF_QUOTE_MAX];

    if (key->bad)
        return NULL;
    if (key->kind != CONF_NODE_SCALAR) {
        conf_error_add(b->errors, key->at, "a key must be a word");
        return NULL;
    }
    first = conf_node_find(map, key->text);
    if (first) {
        conf_error_add(b->errors, key->at, "the key %s is given twice; it stands in line %u already", conf_quote(key->text, quoted), first->key_at.line);
        return NULL;
    }
    return key->text;
}

static void build_map(struct builder *b, struct conf_node *map, unsigned depth)
{
    struct conf_node **end = &map->child;

    while (next_event(b) && b->event.type != YAML_MAPPING_END_EVENT) {
        struct conf_node *key = build_node(b, depth + 1), *value;
        const char *word;

        if (!key)
            return;
        word = check_key(b, map, key);
        value = next_event(b) ? build_node(b, depth + 1) : NULL;
        if (!value)
            return;
        if (!word)
            continue;
        value->key = word;
        value->key_at = key->at;
        *end = value;
        end = &value->next;
    }
}

static void build_scalar(struct builder *b, struct conf_node *n)
{
    n->quoted = b->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    n->text = conf_tree_keep(b->tree, b->event.data.scalar.value, b->event.data.scalar.length);
    if (!n->text) {
        n->text = "";
        stop(b, n->at, "the configuration is too large");
    }
}

/* The node that the current event begins; afterwards the current event is its last. NULL: reading stopped. */
static struct conf_node *build_node(struct builder *b, unsigned depth)
{
    const yaml_event_t *e = &b->event;
    struct conf_origin at = origin_at(b, e->start_mark);
    enum conf_node_kind kind = e->type == YAML_MAPPING_START_EVENT ? CONF_NODE_MAP : e->type == YAML_SEQUENCE_START_EVENT ? CONF_NODE_LIST : CONF_NODE_SCALAR;
    struct conf_node *n = new_node(b->tree, kind, at);
    const char *refused = refused_trait(e);

    if (!n) {
        stop(b, at, "the configuration has too many values");
        return NULL;
    }
    if (depth >= CONF_DEPTH_MAX) {
        stop(b, at, "the values are nested too deeply");
        return NULL;
    }
    if (refused) {
        conf_error_add(b->errors, at, "%s", refused);
        n->bad = true;
    }
    if (kind == CONF_NODE_MAP)
        build_map(b, n, depth);
    else if (kind == CONF_NODE_LIST)
        build_list(b, n, depth);
    else if (e->type == YAML_SCALAR_EVENT)
        build_scalar(b, n);
    return n;
}

/* stream start, [document start, node, document end], stream end */
static struct conf_node *build_stream(struct builder *b)
{
    struct conf_node *n = NULL;

    if (!next_event(b) || !next_event(b) || b->event.type != YAML_DOCUMENT_START_EVENT)
        return NULL;
    if (next_event(b))
        n = build_node(b, 0);
    if (next_event(b) && next_event(b) && b->event.type != YAML_STREAM_END_EVENT)
        stop(b, origin_at(b, b->event.start_mark), "a second document begins here; one is read");
    return n;
}

struct conf_node *conf_tree_parse(struct conf_tree *t, const char *bytes, size_t len, struct conf_origin where, struct conf_errors *errors)
{
    struct builder b = { .tree = t, .errors = errors, .where = where, .bytes = bytes };
    struct conf_node *n;

    if (!yaml_parser_initialize(&b.parser)) {
        conf_error_add(errors, where, "no memory is left");
        return NULL;
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)bytes, len);
    n = build_stream(&b);
    yaml_event_delete(&b.event);
    yaml_parser_delete(&b.parser);
    return n;
}

void conf_tree_init(struct conf_tree *t)
{
    t->count = 0;
    t->text_len = 0;
    t->root = new_node(t, CONF_NODE_MAP, (struct conf_origin){ CONF_FROM_DEFAULT, 0, 0, "" });
}

struct conf_node *conf_tree_parse_bytes(struct conf_tree *t, const char *bytes, size_t len, const char *path, struct conf_errors *errors)
{
    static const char mark[] = { '\xef', '\xbb', '\xbf' }; /* of the byte order */

    if (len >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0) {
        bytes += sizeof mark;
        len -= sizeof mark;
    }
    return conf_tree_parse(t, bytes, len, (struct conf_origin){ CONF_FROM_FILE, 0, 0, path }, errors);
}

void conf_tree_parse_file(struct conf_tree *t, const char *bytes, size_t len, const char *path, struct conf_errors *errors)
{
    struct conf_node *n = conf_tree_parse_bytes(t, bytes, len, path, errors);

    if (!n || n->bad || conf_node_is_null(n))
        return;
    if (n->kind == CONF_NODE_MAP)
        conf_tree_merge(t->root, n);
    else
        conf_error_add(errors, n->at, "keys are expected here, such as \"ntp:\"; the file holds %s", n->kind == CONF_NODE_LIST ? "a list" : "a single word");
}

bool conf_node_is_null(const struct conf_node *n)
{
    return n->kind == CONF_NODE_SCALAR && !n->quoted && (*n->text == '\0' || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

struct conf_node *conf_node_find(const struct conf_node *map, const char *key)
{
    struct conf_node *n = map && map->kind == CONF_NODE_MAP ? map->child : NULL;

    while (n && strcmp(n->key, key) != 0)
        n = n->next;
    return n;
}

struct conf_node *conf_node_item(const struct conf_node *list, size_t i)
{
    struct conf_node *n = list && list->kind == CONF_NODE_LIST ? list->child : NULL;

    while (n && i-- > 0)
        n = n->next;
    return n;
}

void conf_node_put(struct conf_node *map, const char *key, struct conf_node *node)
{
    struct conf_node **at = &map->child;

    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    node->next = *at ? (*at)->next : NULL;
    node->key = key;
    node->key_at = node->at;
    *at = node;
}

static void append(struct conf_node *list, struct conf_node *items)
{
    struct conf_node **end = &list->child;

    while (*end)
        end = &(*end)->next;
    *end = items;
}

/* Not deeper than CONF_DEPTH_MAX: both come from conf_tree_parse. */
void conf_tree_merge(struct conf_node *under, struct conf_node *over)
{
    struct conf_node *n = over->kind == CONF_NODE_MAP ? over->child : NULL;

    while (n) {
        struct conf_node *next = n->next, *there = conf_node_find(under, n->key);
        struct conf_origin key_at = n->key_at;

        if (there && there->kind == n->kind && n->kind == CONF_NODE_MAP && !n->bad) {
            conf_tree_merge(there, n);
        } else if (there && there->kind == n->kind && n->kind == CONF_NODE_LIST && !n->bad) {
            append(there, n->child);
        } else {
            conf_node_put(under, n->key, n);
            n->key_at = key_at;
        }
        n = next;
    }
}

void conf_tree_append(struct conf_tree *t, const char *key, struct conf_node *list)
{
    struct conf_node *there = conf_node_find(t->root, key);

    if (there && there->kind == CONF_NODE_LIST)
        append(there, list->child);
    else if (!there)
        conf_node_put(t->root, key, list);
}
