/* The page behind a struct utc, for the functions of utc/utc.h and for programs of this house that show more than they say.
 *
 * A daemon that ends marks its page as superseded, and takes the mark away when it goes on with the same file; readers of a marked page look for another
 * file in its place. A mapping, once made, stays until utc_close: another thread may be reading it. There is one for each file that took another's place. */
#ifndef LIB_PAGE_H
#define LIB_PAGE_H

#include <sys/types.h>

#include "base/page.h"
#include "io/machine.h"

#define WRITER_DEAD_NS (200 * NS_PER_S) /* a living one writes each 64 s at least (clock/clock.c) */

struct utc_mapping {
    const struct page *page;
    const struct io_vmclock *vmclock;   /* that the page names; NULL: none, or none that this process may read */
    dev_t device;                       /* which file that is */
    ino_t inode;
    struct utc_mapping *before;         /* replaced by this one; NULL */
};

struct utc {
    struct utc_mapping *now;            /* read and replaced atomically, by any thread */
    int64_t looked_at;                  /* CLOCK_MONOTONIC_RAW: when a replacement was last looked for */
    char path[];
};

/* What took the place of a superseded page, once something is there; until then the old one. */
const struct utc_mapping *utc_follow(struct utc *u, struct utc_mapping *old);

/* The mapping to read now: the first one for as long as it is not marked as superseded. */
static inline const struct utc_mapping *utc_mapping_of(struct utc *u)
{
    struct utc_mapping *m = __atomic_load_n(&u->now, __ATOMIC_ACQUIRE);

    return __builtin_expect(__atomic_load_n(&m->page->superseded, __ATOMIC_RELAXED) != 0, 0) ? utc_follow(u, m) : m;
}

/* Has the machine slept, or been moved or restored, since this was published? Two readings of clocks, and one of the VMClock where there is one. */
bool utc_is_disrupted(const struct utc_mapping *m, const struct page_data *d);

/* What the page holds, looked at as utc_now_checked does, and the instant at which it was read. Returns 0, or -UE_BUSY when nothing was published yet. */
int utc_page(struct utc *u, struct page_data *out, struct mono_ns *now);

#endif
