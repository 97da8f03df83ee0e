#include "import/words.h"

#include <string.h>

struct lines lines_of(const char *bytes, size_t len) { return (struct lines){ .at = bytes, .end = bytes + len }; }

bool lines_next(struct lines *l, char text[WORDS_LINE_MAX])
{
    size_t n = 0;

    if (l->at == l->end)
        return false;
    l->number++;
    l->cut = false;
    for (; l->at < l->end && *l->at != '\n'; l->at++)
        if (*l->at == '\r')
            continue;
        else if (n < WORDS_LINE_MAX - 1)
            text[n++] = *l->at == '\t' ? ' ' : *l->at < 0x20 || *l->at > 0x7e ? '?' : *l->at;
        else
            l->cut = true;
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
    w->cut = w->to_end = false;
    strcpy(w->text, line);
    s += strspn(s, " ");
    if (*s && strchr(whole, *s))
        return;
    for (const char *word = next_word(&s, rest); word; word = next_word(&s, rest)) {
        w->cut = w->count == WORDS_MAX;
        if (w->cut)
            return;
        w->word[w->count++] = word;
    }
    w->to_end = s[strspn(s, " ")] == '\0';
}

const char *words_arg(const struct words *w, unsigned i) { return i < w->count ? w->word[i] : ""; }
