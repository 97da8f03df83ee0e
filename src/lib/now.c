/* The time now, read in place: nothing is copied but what the answer holds. */
#include <time.h>

#include "base/err.h"
#include "base/page_at.h"
#include "io/stamp.h"
#include "lib/page.h"
#include "utc/utc.h"

_Static_assert((int)UTC_UNSYNCHRONISED == CLOCK_UNSYNCHRONISED && (int)UTC_SYNCHRONISED == CLOCK_SYNCHRONISED && (int)UTC_HOLDOVER == CLOCK_HOLDOVER &&
                   (int)UTC_FREE_RUNNING == CLOCK_FREE_RUNNING && (int)UTC_DISRUPTED == CLOCK_DISRUPTED && (int)UTC_LOCAL == CLOCK_LOCAL,
               "the public status numbers are those of the page");
_Static_assert((int)UTC_LEAP_INSERT == LEAP_INSERT && (int)UTC_LEAP_DELETE == LEAP_DELETE && (int)UTC_LEAP_UNKNOWN == LEAP_UNKNOWN,
               "the public leap numbers are those of the page");

#define TRIES 16

/* Nothing below writes into memory by an index or a length. */
#if __has_attribute(no_stack_protector)
#define QUICK static inline __attribute__((always_inline, no_stack_protector))
#define DOOR __attribute__((no_stack_protector))
#else
#define QUICK static inline __attribute__((always_inline))
#define DOOR
#endif
#define RARE __attribute__((noinline, cold))
#define RARELY(condition) __builtin_expect(!!(condition), 0)

/* Beyond the pieces: a page that nobody has written anew for long, or one that says next to nothing. */
static RARE void fill_by_page(const struct page_data *d, struct mono_ns now, struct utc_time *out)
{
    struct page_instant at;

    page_at(d, now, &at);
    *out = (struct utc_time){
        .earliest_ns = ns_sub(at.utc.ns, at.early), .latest_ns = ns_add(at.utc.ns, at.late), .best_ns = at.utc.ns, .tai_ns = at.tai.ns,
        .status = (int32_t)at.status, .leap = (int32_t)page_leap(d, &at), .stratum = at.usable ? d->stratum : 0, .usable = at.usable,
        .writer_age_ns = mono_sub(now, d->heartbeat).ns,
    };
}

QUICK void fill_by_piece(const struct page_piece *p, const struct page_data *d, int64_t now, struct utc_time *out)
{
    struct page_piece_instant at;

    page_piece_at(p, now, &at);
    *out = (struct utc_time){
        .earliest_ns = page_piece_less(at.utc, at.early), .latest_ns = page_piece_sum(at.utc, at.late), .best_ns = at.utc,
        .tai_ns = page_piece_sum(at.utc, p->tai_minus_utc_ns), .status = p->status, .leap = p->leap, .stratum = p->stratum, .usable = p->usable,
        .writer_age_ns = page_piece_less(now, d->heartbeat.ns),
    };
}

QUICK int64_t clock_now(clockid_t id)
{
    struct timespec ts = { 0, 0 };

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

QUICK int read_now(const struct page *page, struct utc_time *out)
{
    for (int i = 0; i < TRIES; i++) {
        uint32_t before = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);
        const struct page_data *d = &page->copy[before & 1];
        int64_t now = clock_now(CLOCK_MONOTONIC_RAW);
        const struct page_piece *piece = page_piece_of(page->piece[before & 1], now);

        if (piece)
            fill_by_piece(piece, d, now, out);
        else if (before == 0)
            return -UE_BUSY;
        else
            fill_by_page(d, (struct mono_ns){ now }, out);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        /* The writer works on the other copy; ours was touched only if the generation moved on. */
        if (__atomic_load_n(&page->generation, __ATOMIC_RELAXED) == before)
            return 0;
    }
    return -UE_BUSY;
}

static RARE void make_unusable(struct utc_time *t)
{
    t->status = UTC_DISRUPTED;
    t->leap = UTC_LEAP_UNKNOWN;
    t->stratum = t->usable = 0;
}

/* The two clocks once here, in a few nanoseconds; what looks like a sleep is looked at again with care, since to be interrupted between them looks like one. */
QUICK bool seems_disrupted(const struct utc_mapping *m, const struct page_data *d)
{
    int64_t mono = clock_now(CLOCK_MONOTONIC), boot = clock_now(CLOCK_BOOTTIME);

    return page_piece_less(page_piece_less(boot, mono), d->asleep.ns) > PAGE_SLEEP_NS || m->vmclock;
}

QUICK void look(const struct utc_mapping *m, struct utc_time *t)
{
    const struct page_data *d = &m->page->copy[__atomic_load_n(&m->page->generation, __ATOMIC_ACQUIRE) & 1];

    if (RARELY(seems_disrupted(m, d)) && utc_is_disrupted(m, d))
        make_unusable(t);
}

/* Nobody wrote for so long: it died without a word, its successor may have another file, and a sleep since then is for us to notice. */
static RARE int now_after_the_end(struct utc *u, struct utc_time *out)
{
    const struct utc_mapping *m = utc_follow(u, __atomic_load_n(&u->now, __ATOMIC_ACQUIRE));
    int err = read_now(m->page, out);

    if (err == 0)
        look(m, out);
    return err;
}

DOOR int utc_now(struct utc *u, struct utc_time *out)
{
    int err = read_now(utc_mapping_of(u)->page, out);

    return RARELY(err == 0 && out->writer_age_ns > WRITER_DEAD_NS) ? now_after_the_end(u, out) : err;
}

DOOR int utc_now_checked(struct utc *u, struct utc_time *out)
{
    const struct utc_mapping *m = utc_mapping_of(u);
    int err = read_now(m->page, out);

    if (err == 0)
        look(m, out);
    return err;
}
