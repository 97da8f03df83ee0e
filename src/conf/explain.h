/* One key for a person: what it means, what it may be, what it is and why. */
#ifndef CONF_EXPLAIN_H
#define CONF_EXPLAIN_H

#include "conf/check.h"
#include "conf/out.h"

/* "section.key", "key" of the top, or "section". values: filled by conf_apply from this tree. False with nothing written when there is no such key; nearest
 * (CONF_EXPLAIN_NAME_MAX bytes) is then the one that was meant perhaps, or "". json: one object instead of text. */
#define CONF_EXPLAIN_NAME_MAX 96
bool conf_explain(const struct conf_schema *schema, const struct conf_tree *tree, const void *values, const char *name, bool json, const struct conf_out *o,
                  char nearest[CONF_EXPLAIN_NAME_MAX]);

#endif
