/* What people and editors are told about the keys, made from the schema's rows. */
#ifndef CONF_DOC_H
#define CONF_DOC_H

#include "conf/out.h"
#include "conf/schema.h"

/* JSON Schema, draft 2020-12. */
void conf_doc_json_schema(const struct conf_schema *schema, const struct conf_out *o);

/* The keys as a part of a scdoc page. */
void conf_doc_manual(const struct conf_schema *schema, const struct conf_out *o);

#endif
