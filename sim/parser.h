/* The words of one line of a story, and what is taken from them. Private to story.c, grammar.c and parser.c.
 *
 * Every `take` function reads the word at index `at` and returns 0, or -UE_SYNTAX after parser_fail told line, column and reason. */
#ifndef SIM_PARSER_H
#define SIM_PARSER_H

#include "sim/story.h"

#define PARSER_WORDS_MAX 48
#define PARSER_LINE_MAX 512

struct parser_word { char text[STORY_WORD_MAX]; int column; };

struct parser {
    struct story *story;
    struct story_error *error;
    int line;
    unsigned count;
    struct parser_word word[PARSER_WORDS_MAX];  /* one more, empty, behind the last */
};

int parser_fail(struct parser *p, unsigned at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "X is not WHAT; did you mean Y?", Y the nearest of `words`. */
int parser_fail_unknown(struct parser *p, unsigned at, const char *what, const char *const *words, size_t count);

/* Fill p->word from a line; a comment ends it. */
int parser_split(struct parser *p, const char *line);

/* grammar.c: the statement that begins at word `at`, which is neither an expectation nor a prefix. */
int parser_deed(struct parser *p, unsigned at, struct statement *st);

/* Node names. -1: unknown. */
int parser_node_find(const struct story *s, const char *name);

enum node_kind { NODE_SERVER, NODE_CLIENT, NODE_ANY };
bool parser_is_name_list(const struct parser *p, unsigned at, enum node_kind kind);
int parser_take_nodes(struct parser *p, unsigned at, uint64_t *set, enum node_kind kind);
int parser_take_new(struct parser *p, unsigned at, struct statement *st);

/* Values; *x is ns for a duration. */
int parser_take_duration(struct parser *p, unsigned at, double *x);
int parser_take_ratio(struct parser *p, unsigned at, double *x);
int parser_take_integer(struct parser *p, unsigned at, double *x);
int parser_take_choice(struct parser *p, unsigned at, double *x, const char *what, const char *const *list);
int parser_take_word(struct parser *p, unsigned at, struct statement *st);

/* The i-th word of a row's words; false behind the last. */
bool parser_row_word(const char *words, unsigned i, char word[STORY_WORD_MAX]);
/* Do the line's words from `at` begin with these? *length: how many they are. */
bool parser_words_match(const struct parser *p, unsigned at, const char *words, unsigned *length);

#endif
