/* The time as an object: {utc, earliest, latest, status ...}. The keys are those of `clock` in snapshot_json.h, and the same promise. */
#ifndef OBSERVE_NOW_JSON_H
#define OBSERVE_NOW_JSON_H

#include "observe/snapshot.h"

#define NOW_JSON_MAX 1024

/* As it stands at `now`. s: NULL when nothing is known yet: only that is said. Returns the length. */
size_t now_json_write(const struct snapshot *s, struct mono_ns now, char out[NOW_JSON_MAX]);

#endif
