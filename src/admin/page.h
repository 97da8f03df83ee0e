/* The page for people: web/status.html, whose {{name}} are the parts of one table here. The same parts go out as events, so that a page without scripts and
 * one that is live say the same. Why: docs/decisions/0017-one-table-of-parts-makes-the-page.md. Pure. */
#ifndef ADMIN_PAGE_H
#define ADMIN_PAGE_H

#include "admin/history.h"

#define PAGE_TEXT_MAX (65536 + 2048 * SNAPSHOT_SOURCES_MAX) /* of a page, or of an event */

struct page_facts {
    const struct snapshot *snapshot;    /* the last there was; NULL: none yet */
    const struct history *history;
    struct dur_ns silence;              /* how long ago that was */
    struct mono_ns now;
    const char *version;
};

/* The page as it is now. Returns its length, 0 when it did not fit. */
size_t page_write(const struct page_facts *f, char out[PAGE_TEXT_MAX]);

/* One server-sent event with all its parts as they are now: {name: HTML}. Returns its length, 0 when it did not fit. */
size_t page_event(const struct page_facts *f, char out[PAGE_TEXT_MAX]);

#endif
