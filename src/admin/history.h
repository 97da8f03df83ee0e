/* What was, for the page: an hour of error bounds, and what changed. Fixed memory. Pure. */
#ifndef ADMIN_HISTORY_H
#define ADMIN_HISTORY_H

#include "observe/snapshot.h"

#define HISTORY_EVERY_S 10
#define HISTORY_POINTS 360
#define HISTORY_CHANGES 16
#define HISTORY_TEXT_MAX (PROBLEM_SENTENCE_MAX + 16)

struct history_point {
    struct mono_ns at;
    bool usable, measured;              /* bound holds; offset is known */
    struct dur_ns bound, offset;        /* the largest bound of these seconds; of the best source in use, without sign */
};

struct history_change {
    struct utc_ns at;
    bool good;
    char text[HISTORY_TEXT_MAX];        /* may hold bytes from outside */
};

struct history {
    bool begun;
    struct utc_ns since;
    uint64_t points, changes;           /* ever; the last ones are kept */
    struct history_point point[HISTORY_POINTS];
    struct history_change change[HISTORY_CHANGES];
    uint8_t status;                     /* as they were when it was looked at last */
    uint64_t steps;
    struct problems problems;
};

/* The program was started anew: go on with what the one before left, which may have ended in the middle of a line or have been somebody else's by then. What no
 * history can hold makes it begin anew. */
void history_resume(struct history *h);

/* A snapshot came. h: zeroed at first. */
void history_look(struct history *h, const struct snapshot *s);

/* The i-th point kept, oldest first. NULL: there are no more. */
const struct history_point *history_point(const struct history *h, unsigned i);

/* The i-th change kept, newest first. NULL: there are no more. */
const struct history_change *history_change(const struct history *h, unsigned i);

#endif
