/* Text for people: tables that leave out their least important columns when the terminal is narrow, and sentences that wrap. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12
#define TABLE_ROWS_MAX 100
#define TABLE_CELL_MAX 72

struct table_column { const char *title; bool right; unsigned drop; /* 0: never left out; the highest number goes first */ };

struct table {
    const struct table_column *column;
    unsigned columns, rows;
    char cell[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX][TABLE_CELL_MAX];
};

/* width: columns of the terminal, 0 = no limit. Returns how many columns were left out. */
unsigned table_print(const struct table *t, unsigned width, FILE *out);

/* Words of `text` in lines of at most `width` (0: one line), each after the first begun with `indent` spaces; the first begins at `at`. Ends the line. */
void text_wrap(const char *text, unsigned at, unsigned indent, unsigned width, FILE *out);

/* The same for a sentence that is made here, cut at 1023 bytes. */
__attribute__((format(printf, 3, 4))) void text_sentence(unsigned width, FILE *out, const char *format, ...);

/* Columns of the terminal on `out`: 0 when it is none, unless COLUMNS says otherwise. */
unsigned terminal_width(FILE *out);

#endif
