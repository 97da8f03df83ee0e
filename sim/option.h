/* Engine options by name, straight from the rooms' option rows: defaults, and `set c clock.step_limit 0`. */
#ifndef SIM_OPTION_H
#define SIM_OPTION_H

#include "engine/options.h"

void option_defaults(struct engine_options *o);          /* no sources */
void option_source_defaults(struct source_options *s);

/* "clock.max_drift", "holdover.max_error", "local.stratum" (which makes the statement). Returns 0, -UE_NO_NAME for an unknown key, -UE_SYNTAX for
 * a value that is none of its kind, -UE_RANGE. */
int option_set(struct engine_options *o, const char *key, const char *value);

/* The known keys, for a suggestion; of a source when `source`. Returns how many were written. */
#define OPTION_KEYS_MAX 64
size_t option_keys(bool source, const char *keys[OPTION_KEYS_MAX]);

#endif
