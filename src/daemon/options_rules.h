/* What keys mean to each other, beyond what each row says alone. */
#ifndef DAEMON_OPTIONS_RULES_H
#define DAEMON_OPTIONS_RULES_H

#include "base/log.h"
#include "conf/tree.h"
#include "daemon/options.h"

/* path: the file's name for errors about what no line gives, or NULL. */
void options_check_rules(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct conf_errors *errors);

/* Reads keys.file into o->key_table; what is wrong with it is told by its own lines. */
void options_load_keys(struct daemon_options *o, const struct conf_tree *tree, const char *path, struct conf_errors *errors);

/* "sources=debug" of log.topics. */
bool options_log_topic(const char *text, enum log_topic *topic, enum log_level *level);

#endif
