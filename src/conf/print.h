/* The effective configuration, each value with its origin; itself a configuration that reads back to the same values. */
#ifndef CONF_PRINT_H
#define CONF_PRINT_H

#include "conf/check.h"
#include "conf/out.h"

/* values: filled by conf_apply from this tree. */
void conf_print(const struct conf_schema *schema, const struct conf_tree *tree, const void *values, const struct conf_out *o);

#endif
