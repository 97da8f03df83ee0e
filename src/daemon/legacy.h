/* What a core leaves to the one that takes its place, beside the page and what operators said (operator_words.h): what disruptions have cost that nobody has
 * put right yet.
 *
 *   page published --> the copy that is not in force --> turn + 1        a core killed in the middle leaves the other copy whole
 *
 * Each copy names the page that it belongs to by what that knows of sleeps and moves. Core alone writes; the other roles have no part of it. */
#ifndef DAEMON_LEGACY_H
#define DAEMON_LEGACY_H

#include "clock/clock.h"

struct legacy {
    uint32_t turn;                      /* copy[turn % 2] holds */
    struct legacy_copy {
        struct dur_ns asleep;           /* of the page; */
        uint64_t disruption;            /* likewise */
        struct clock_lapse lapse;
    } copy[2];
};

/* What was just published, and what is beside it. */
void legacy_keep(struct legacy *l, const struct page_data *page, const struct clock_lapse *lapse);

/* What was kept with that page; all zeroes when nothing was. */
struct clock_lapse legacy_recall(const struct legacy *l, const struct page_data *page);

#endif
