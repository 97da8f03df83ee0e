#include "base/page.h"

#include <string.h>

#include "base/err.h"
#include "base/page_at.h"

const char *clock_status_text(enum clock_status s)
{
    static const char *const text[CLOCK_STATUS_COUNT] = {
        [CLOCK_UNSYNCHRONISED] = "not synchronised", [CLOCK_SYNCHRONISED] = "synchronised", [CLOCK_HOLDOVER] = "holdover",
        [CLOCK_FREE_RUNNING] = "free-running",       [CLOCK_DISRUPTED] = "disrupted",       [CLOCK_LOCAL] = "local",
    };

    return (unsigned)s < CLOCK_STATUS_COUNT ? text[s] : "unknown";
}

void page_init(struct page *p, uint64_t boot)
{
    memset(p, 0, sizeof *p);
    p->boot = boot;
    p->version = PAGE_VERSION;
    p->size = sizeof *p;
    __atomic_store_n(&p->magic, PAGE_MAGIC, __ATOMIC_RELEASE);
}

void page_publish(struct page *p, const struct page_data *d)
{
    uint32_t next = p->generation + 1;

    if (next == 0) /* 0 means "nothing published": skip it, keeping the low bit's alternation */
        next = 2;
    /* Readers that still hold the copy about to be overwritten see, by the fence, a generation that has moved on. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    p->copy[next & 1] = *d;
    page_cut(d, p->piece[next & 1]);
    __atomic_store_n(&p->generation, next, __ATOMIC_RELEASE);
}

bool page_is_ours(const struct page *p)
{
    return __atomic_load_n(&p->magic, __ATOMIC_ACQUIRE) == PAGE_MAGIC && p->version == PAGE_VERSION && p->size == sizeof *p;
}

int page_read(const struct page *p, struct page_data *out)
{
    if (!page_is_ours(p))
        return -UE_VERSION;
    for (int i = 0; i < 16; i++) {
        uint32_t before = __atomic_load_n(&p->generation, __ATOMIC_ACQUIRE), after;

        if (before == 0)
            return -UE_BUSY;
        *out = p->copy[before & 1];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        after = __atomic_load_n(&p->generation, __ATOMIC_RELAXED);
        /* The writer works on the other copy; ours was touched only if the generation moved on. */
        if (after == before)
            return 0;
    }
    return -UE_BUSY;
}

/* From leap_at on the new difference holds. */
struct utc_ns page_tai_to_utc(const struct page_data *d, struct tai_ns t) { return tai_to_utc(t, page_tai_minus_utc(d, t)); }

struct utc_ns page_utc(const struct page_data *d, struct mono_ns now)
{
    return page_tai_to_utc(d, page_served(d, ns_sub(now.ns, d->raw_ref.ns), page_slew_left(d, now.ns)));
}

struct utc_ns page_leap_midnight(const struct page_data *d)
{
    return tai_to_utc(d->leap_at, d->tai_minus_utc_s + (d->leap_delta_s < 0 ? d->leap_delta_s : 0));
}

void page_view(const struct page_data *d, struct mono_ns now, struct clock_view *out)
{
    struct page_instant at;
    int64_t radius;

    page_at(d, now, &at);
    radius = at.early > at.late ? at.early : at.late;
    out->tai = at.tai;
    out->utc = at.utc;
    out->earliest = (struct utc_ns){ ns_sub(at.utc.ns, at.early) };
    out->latest = (struct utc_ns){ ns_add(at.utc.ns, at.late) };
    out->status = at.status;
    out->leap = page_leap(d, &at);
    out->stratum = at.usable ? d->stratum : 0;
    out->precision_log2 = d->precision_log2;
    out->refid = d->refid;
    out->root_delay = d->root_delay;
    out->root_dispersion = (struct dur_ns){ radius > d->root_delay.ns / 2 ? ns_sub(radius, d->root_delay.ns / 2) : 0 };
    out->reference_time = d->reference_time;
}
