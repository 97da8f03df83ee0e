/* Lines of words, as chrony and ntpd write them. */
#ifndef IMPORT_WORDS_H
#define IMPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 64
#define WORDS_LINE_MAX 2048

struct words {
    unsigned count;
    bool cut;       /* there are more words */
    bool to_end;    /* no comment stands behind them */
    const char *word[WORDS_MAX];
    char text[WORDS_LINE_MAX];
};

/* Where a text is read. */
struct lines { const char *at, *end; unsigned number; bool cut; }; /* cut: the last line was longer than is read */

/* At its beginning; the bytes are borrowed. */
struct lines lines_of(const char *bytes, size_t len);

/* The next line into text, cut at WORDS_LINE_MAX - 1, with everything that is not printable ASCII made '?'. False at the end. */
bool lines_next(struct lines *l, char text[WORDS_LINE_MAX]);

/* The words of a line. A line that begins with one of `whole` says nothing, and nothing is said behind one of `rest`. Quotation marks keep blanks. */
void words_split(struct words *w, const char *line, const char *whole, const char *rest);

/* Word number i, "" where there is none. */
const char *words_arg(const struct words *w, unsigned i);

#endif
