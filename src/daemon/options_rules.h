/* What keys mean to each other, beyond what each row says alone. */
#ifndef DAEMON_OPTIONS_RULES_H
#define DAEMON_OPTIONS_RULES_H

#include "conf/tree.h"
#include "daemon/options.h"

/* path: the file's name for errors about what no line gives, or NULL. */
void options_check_rules(const struct daemon_options *o, const struct conf_tree *tree, const char *path, struct conf_errors *errors);

#endif
