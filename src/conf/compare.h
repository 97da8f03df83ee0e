/* Two sets of values of one schema: which keys differ, and which of those may change while the daemon runs. */
#ifndef CONF_COMPARE_H
#define CONF_COMPARE_H

#include "conf/schema.h"

#define CONF_NAMES_MAX 480

/* Names of keys as a person writes them: "ntp.listen, sources"; cut with " ..." where there are more than fit. */
struct conf_names { uint32_t count; char text[CONF_NAMES_MAX]; };

struct conf_changes { struct conf_names live, restart; };

/* Compares the values and tells the differences by their rows' reload class. What takes a restart is put back in *fresh to what it is in *old, so that
 * *fresh is what can be in force now. A list is one key; it takes a restart if any of its rows does. */
void conf_merge(const struct conf_schema *schema, const void *old, void *fresh, struct conf_changes *out);

/* One more name, which is not there yet. */
void conf_names_add(struct conf_names *names, const char *section, const char *key);

/* Is this key ("ntp.listen", "sources") among the names? */
bool conf_names_have(const struct conf_names *names, const char *key);

#endif
