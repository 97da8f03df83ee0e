/* What operators changed at run time (`utcctl sources`), in memory that outlives a core: the one that takes its place goes on with it.
 *
 *   change --> the copy that is not in force --> turn + 1        a core killed in the middle leaves the other copy whole
 *
 * It holds for one generation of the configuration: a reload is the later word. Core alone writes; the other roles have no part of it. */
#ifndef DAEMON_OPERATOR_WORDS_H
#define DAEMON_OPERATOR_WORDS_H

#include "engine/engine.h"

struct operator_words {
    uint32_t turn;                      /* copy[turn % 2] holds; 0: nothing was said */
    struct operator_copy {
        uint32_t generation;            /* of the configuration that was changed */
        uint32_t offline;               /* set of lines that are not asked */
        uint32_t source_count;
        struct source_options source[ENGINE_CONFIGURED_MAX];
    } copy[2];
};

/* Zeroed, inherited by fork. NULL when there is no memory. */
struct operator_words *operator_words_new(void);

/* The sources as they are now, and which of them are offline. */
void operator_words_keep(struct operator_words *w, uint32_t generation, const struct engine_options *o, uint32_t offline);

/* Put what was kept for that generation into *o and *offline. False: nothing was, and they are as before. */
bool operator_words_recall(const struct operator_words *w, uint32_t generation, struct engine_options *o, uint32_t *offline);

#endif
