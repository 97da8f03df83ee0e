/* Did you mean? */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include <stddef.h>

/* Collects candidates for one word; the nearest by edit distance wins, if it is near enough to be a slip of the hand. */
struct conf_nearest { const char *word; const char *best; unsigned distance; };

/* Begin with the misspelt word, then offer each candidate. Both are borrowed until the end. */
struct conf_nearest conf_nearest_start(const char *word);
void conf_nearest_offer(struct conf_nearest *n, const char *candidate);

/* Insertions, deletions, replacements and swaps of neighbours (Damerau's optimal string alignment), letters compared without case. Words above 40 bytes are
 * as far apart as can be, UINT_MAX. */
unsigned conf_edit_distance(const char *a, const char *b);

#endif
