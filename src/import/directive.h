/* What chrony.conf and ntp.conf have in common: one directive a line, sources with options behind their name, and some directives that mean
 * the same in both. */
#ifndef IMPORT_DIRECTIVE_H
#define IMPORT_DIRECTIVE_H

#include <stdint.h>

#include "import/draft.h"
#include "import/words.h"

/* One row of a list of directives: what the other daemon understands, and what becomes of it. */
struct directive {
    const char *name;
    void (*take)(struct draft *d, const struct words *w, const struct directive *row); /* NULL: remark */
    const char *remark;         /* why there is no equivalent and what to do, or what the handler takes from here */
};

/* How one of the two is written. */
struct dialect {
    const struct directive *row;
    size_t count;
    const char *whole, *rest;   /* comments, see words_split */
    const char *called;         /* "directive of chrony" */
};

/* An option of a source. */
struct source_option {
    const char *name;
    unsigned values;            /* how many words follow it */
    int number;                 /* enum draft_number, or -1: remark */
    int64_t low, high;          /* values 0: low is what the word means */
    const char *remark;
};

/* The whole file, each line given to its row. Twice: other lines need the port, wherever it stands. */
void directives_read(struct draft *d, const struct dialect *dialect, const char *bytes, size_t len);

/* The options of source s from word number `from` on: by these rows or by those that both have. */
void directive_source_options(struct draft *d, struct draft_source *s, const struct words *w, unsigned from, const struct source_option *row, size_t count);

/* The number that is word i; false, and remarked, when it is none. */
bool directive_number(struct draft *d, const struct words *w, unsigned i, double *out);

/* Directives that are the same in both. */
void directive_drift_file(struct draft *d, const struct words *w, const struct directive *row);
void directive_leap_list(struct draft *d, const struct words *w, const struct directive *row);
void directive_dscp(struct draft *d, const struct words *w, const struct directive *row);

/* `port`: 0 serves nobody if zero_is_off, and is no port else. */
void directive_port(struct draft *d, const struct words *w, bool zero_is_off);

#endif
