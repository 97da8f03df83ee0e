/* The page behind a struct utc, for programs of this house that show more than utc_now says. */
#ifndef LIB_PAGE_H
#define LIB_PAGE_H

#include "base/page.h"

struct utc;

/* What the page holds, and the instant at which it was read. Returns 0, or -UE_BUSY when nothing was published yet. */
int utc_page(struct utc *u, struct page_data *out, struct mono_ns *now);

#endif
