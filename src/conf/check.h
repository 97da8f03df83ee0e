/* A tree judged by the schema and turned into the struct of all options; and the tree changed by the environment before that. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/schema.h"
#include "conf/tree.h"

/* Fills all of *values: defaults first, then what the tree says. Lists that the tree has not are taken from their default_text and put into the
 * tree, so that it says where every value comes from. Adds an error for everything that is wrong, marks that node bad, and goes on. */
void conf_apply(const struct conf_schema *schema, struct conf_tree *tree, void *values, struct conf_errors *errors);

/* Puts every PREFIX + SECTION__KEY=VALUE of a NULL-ended environment into the tree; VALUE is read as YAML. PREFIX + SECTION sets a whole section or
 * list. PREFIX + SECTION__KEY_FILE=PATH takes the value from that file as it stands there; it is never shown. Case does not matter behind the prefix.
 * A key of a path that nobody gives is the file SECTION.KEY of $CREDENTIALS_DIRECTORY where there is one. The strings must outlive the tree. */
void conf_overlay(const struct conf_schema *schema, struct conf_tree *tree, char *const *environ_list, struct conf_errors *errors);

/* The node that gave section.key, or NULL: the default. `item` counts in a list. */
const struct conf_node *conf_given(const struct conf_tree *tree, const char *section, size_t item, const char *key);

/* A section by name, or NULL. */
const struct conf_section *conf_section_find(const struct conf_schema *schema, const char *name);

#endif
