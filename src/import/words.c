#include "import/words.h"

#include <string.h>

struct lines lines_of(const char *bytes, size_t len) { return (struct lines){ bytes, bytes + len, 0 }; }

bool lines_next(struct lines *l, char text[WORDS_LINE_MAX])
{
    size_t n = 0;

    if (l->at == l->end)
        return false;
    l->number++;
    for (; l->at < l->end && *l->at != '\n'; l->at++)
        if (n < WORDS_LINE_MAX - 1 && *l->at != '\r')
            text[n++] = *l->at == '\t' ? ' ' : *l->at < 0x20 || *l->at > 0x7e ? '?' : *l->at;
    l->at += l->at < l->end;
    text[n] = '\0';
    return true;
}

/* One word from *s on, its quotation marks taken off; NULL at the end. */
static const char *next_word(char **s, const char *rest)
{
    char *from = *s + strspn(*s, " "), quote = '\0';

    if (*from == '\0' || strchr(rest, *from))
        return NULL;
    if (*from == '"')
        quote = *from++;
    *s = from + (quote ? strcspn(from, "\"") : strcspn(from, " "));
    if (**s)
        *(*s)++ = '\0';
    return from;
}

void words_split(struct words *w, const char *line, const char *whole, const char *rest)
{
    char *s = w->text;

    w->count = 0;
    strcpy(w->text, line);
    s += strspn(s, " ");
    if (*s && strchr(whole, *s))
        return;
    while (w->count < WORDS_MAX) {
        const char *word = next_word(&s, rest);

        if (!word)
            return;
        w->word[w->count++] = word;
    }
}

const char *words_arg(const struct words *w, unsigned i) { return i < w->count ? w->word[i] : ""; }
