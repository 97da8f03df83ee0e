/* What a story expects: a quantity of a client, a comparison, and the time in which it must hold. */
#ifndef SIM_EXPECT_H
#define SIM_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

enum quantity {
    /* instants */
    QUANTITY_ERROR, QUANTITY_SYSTEM_ERROR, QUANTITY_SMEAR_ERROR, QUANTITY_SYSTEM_SMEAR_ERROR, QUANTITY_FREQUENCY_ERROR, QUANTITY_BOUND, QUANTITY_BOUND_HOLDS,
    QUANTITY_STATUS, QUANTITY_LEAP, QUANTITY_STRATUM,
    QUANTITY_USABLE, QUANTITY_STEPS, QUANTITY_PACKETS, QUANTITY_LOGGED, QUANTITY_NAMED, QUANTITY_SELECTED_COUNT,
    QUANTITY_STATE, QUANTITY_REACH, QUANTITY_POLL, QUANTITY_OFFSET, QUANTITY_VERDICT, QUANTITY_ACCEPTED,
    /* over the whole time */
    QUANTITY_RMS_ERROR, QUANTITY_MEAN_BOUND,
    QUANTITY_COUNT
};

enum comparison { COMPARE_LESS, COMPARE_LESS_EQUAL, COMPARE_MORE, COMPARE_MORE_EQUAL, COMPARE_EQUAL, COMPARE_NOT_EQUAL, COMPARE_COUNT };

#define EXPECT_TEXT_MAX 120
#define EXPECT_NO_SOURCE (-1)

struct expectation {
    int line;
    char text[EXPECT_TEXT_MAX];     /* as written */
    unsigned node;
    int source;                     /* the server it is about, or EXPECT_NO_SOURCE */
    struct dur_ns from, until;      /* after the start; until INT64_MAX: to the end */
    bool once;                      /* at least one moment in [from, until], not all */
    enum quantity quantity;
    int choice;                     /* verdict, log event, problem, state, status, leap */
    enum comparison comparison;
    double limit;
};

enum value_kind { VALUE_NONE, VALUE_DURATION, VALUE_RATIO, VALUE_INTEGER, VALUE_CHOICE };

struct quantity_row {
    const char *words;              /* as written, one space between */
    enum quantity quantity;
    enum value_kind kind;           /* VALUE_NONE: holds or not; limit 1 means it must */
    double must;                    /* for VALUE_NONE: the value it must have */
    bool of_source;
    const char *(*choice)(int);     /* of VALUE_CHOICE, and of counters: name of each; NULL at the end */
};

extern const struct quantity_row quantity_rows[];
extern const unsigned quantity_row_count;
extern const char *const comparison_words[COMPARE_COUNT];

bool comparison_holds(enum comparison c, double value, double limit);

/* A word from a list of names in the form of a function ("not-synchronised" is "not synchronised"): its index or -1. */
int choice_find(const char *(*choice)(int), const char *word);

#endif
