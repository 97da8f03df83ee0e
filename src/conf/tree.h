/* YAML (and JSON, which is YAML) as a tree of nodes that know where they stood.
 *
 * Bounded: nodes, text and depth have limits, all in the caller's storage. Refused with a sentence, not bent: anchors, aliases, tags, a second
 * document, keys that are no text, a key given twice, NUL in a value. A node that was refused is `bad` and is not judged again. */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include <stddef.h>

#include "conf/error.h"
#include "conf/file.h"

#define CONF_NODES_MAX 2048
#define CONF_DEPTH_MAX 8
#define CONF_TEXT_MAX (CONF_FILE_MAX + 65536) /* a full file and its environment */

enum conf_node_kind { CONF_NODE_SCALAR, CONF_NODE_MAP, CONF_NODE_LIST };

struct conf_node {
    enum conf_node_kind kind;
    bool quoted;                /* a scalar between quotes: always text */
    bool bad;                   /* an error is told already */
    const char *key;            /* in a map; else NULL */
    const char *text;           /* of a scalar */
    struct conf_origin key_at, at;
    struct conf_node *child, *next;
};

struct conf_tree {
    struct conf_node *root;     /* a map */
    uint32_t count;
    size_t text_len;
    struct conf_node node[CONF_NODES_MAX];
    char text[CONF_TEXT_MAX];
};

/* An empty map. Cheap: the large arrays are not touched. */
void conf_tree_init(struct conf_tree *t);

/* Reads bytes into a node of the tree that hangs nowhere yet. `where` gives kind and name of every origin. Returns NULL for an empty text, and where an
 * error stopped the reading at its first node; what was read before an error is kept. */
struct conf_node *conf_tree_parse(struct conf_tree *t, const char *bytes, size_t len, struct conf_origin where, struct conf_errors *errors);

/* The same for a whole file, whose origins bear `path`. A byte order mark is passed over. */
struct conf_node *conf_tree_parse_bytes(struct conf_tree *t, const char *bytes, size_t len, const char *path, struct conf_errors *errors);

/* The same for a file of keys: its map is merged into the root. */
void conf_tree_parse_file(struct conf_tree *t, const char *bytes, size_t len, const char *path, struct conf_errors *errors);

/* What a later file says, over what earlier ones said: a map goes key by key into the map of that name, a list is appended to the list of that name,
 * anything else takes the place of what was there. Every node keeps its own origin. `over` is a map or says nothing; it is used up. */
void conf_tree_merge(struct conf_node *under, struct conf_node *over);

/* The same for a file that holds a list alone: its items go behind those of the list called `key`, which is made if there is none. */
void conf_tree_append(struct conf_tree *t, const char *key, struct conf_node *list);

/* A scalar that says nothing: absent, ~ or null. */
bool conf_node_is_null(const struct conf_node *n);

/* The child of that key, or NULL; map may be NULL. */
struct conf_node *conf_node_find(const struct conf_node *map, const char *key);

/* Child number i of a list, or NULL. */
struct conf_node *conf_node_item(const struct conf_node *list, size_t i);

/* Puts node under key into the map, instead of what is there. key is borrowed. */
void conf_node_put(struct conf_node *map, const char *key, struct conf_node *node);

/* A copy of the text that lives as long as the tree, or NULL when the tree is full. */
const char *conf_tree_keep(struct conf_tree *t, const void *text, size_t len);

/* A new scalar that is `text` and nothing else, whatever YAML would make of it; NULL when the tree is full. */
struct conf_node *conf_tree_new_scalar(struct conf_tree *t, const char *text, struct conf_origin at);

/* A new empty map, or NULL when the tree is full. */
struct conf_node *conf_tree_new_map(struct conf_tree *t, struct conf_origin at);

#endif
