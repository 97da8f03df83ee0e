/* Words and numbers with units, as a person writes them in a story or an option. */
#ifndef SIM_VALUE_H
#define SIM_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

/* Each returns false, with *out unchanged, unless the whole word is such a value. Signs are allowed. */
bool value_number(const char *word, double *out);
bool value_integer(const char *word, int64_t *out);
bool value_duration(const char *word, struct dur_ns *out);  /* "20ms", "1h30m", "-5us"; a bare number is seconds */
bool value_ratio(const char *word, double *out);            /* "40ppm", "3ppb"; a bare number is seconds per second */
bool value_percent(const char *word, double *out);          /* "30%" is 0.3; within 0 .. 1 */
bool value_date(const char *word, struct utc_ns *out);      /* "2026-11-23" or "2026-11-23T01:02:03Z" */

/* Which of `count` words is nearest to `word` (fewest letters changed, added or left out); NULL when none is near. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
