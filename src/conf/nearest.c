#include "conf/nearest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define WORD_MAX 40
#define BEGINNING_MIN 4     /* letters of a name that is cut short: a slip of the hand, however much is missing */

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

static int same_letter(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

unsigned conf_edit_distance(const char *a, const char *b)
{
    unsigned row[3][WORD_MAX + 1]; /* row[i % 3][j]: distance of the first i letters of a and the first j of b */
    size_t na = strlen(a), nb = strlen(b);

    if (na > WORD_MAX || nb > WORD_MAX)
        return UINT_MAX;
    for (size_t i = 0; i <= na; i++) {
        unsigned *now = row[i % 3], *above = row[(i + 2) % 3], *above2 = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            if (i == 0) {
                now[j] = (unsigned)j;
                continue;
            }
            now[j] = least(least(above[j] + 1, now[j - 1] + 1), above[j - 1] + !same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                now[j] = least(now[j], above2[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

struct conf_nearest conf_nearest_start(const char *word)
{
    return (struct conf_nearest){ word, NULL, 2 + (unsigned)(strlen(word) / 3) };
}

void conf_nearest_offer(struct conf_nearest *n, const char *candidate)
{
    size_t len = strlen(n->word);
    unsigned d = len >= BEGINNING_MIN && strncmp(n->word, candidate, len) == 0 ? 1 : conf_edit_distance(n->word, candidate);

    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}
