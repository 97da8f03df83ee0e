#include "base/page.h"

#include <math.h>
#include <string.h>

#include "base/err.h"

const char *clock_status_text(enum clock_status s)
{
    static const char *const text[CLOCK_STATUS_COUNT] = {
        [CLOCK_UNSYNCHRONISED] = "not synchronised", [CLOCK_SYNCHRONISED] = "synchronised", [CLOCK_HOLDOVER] = "holdover",
        [CLOCK_FREE_RUNNING] = "free-running",       [CLOCK_DISRUPTED] = "disrupted",       [CLOCK_LOCAL] = "local",
    };

    return (unsigned)s < CLOCK_STATUS_COUNT ? text[s] : "unknown";
}

void page_init(struct page *p)
{
    memset(p, 0, sizeof *p);
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
    __atomic_store_n(&p->generation, next, __ATOMIC_RELEASE);
}

int page_read(const struct page *p, struct page_data *out)
{
    if (__atomic_load_n(&p->magic, __ATOMIC_ACQUIRE) != PAGE_MAGIC || p->version != PAGE_VERSION || p->size != sizeof *p)
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

/* x >= 0 seconds-per-second over dt >= 0 ns, rounded away from zero so that a bound never shrinks. */
static int64_t grow(double rate, int64_t dt_ns)
{
    double v = rate * (double)dt_ns;

    if (!(v > 0))
        return 0;
    return v < 9e18 ? (int64_t)v + 1 : INT64_MAX;
}

static int64_t grown(const struct page_data *d, int64_t now)
{
    int64_t silent = d->silent_at.ns > d->raw_ref.ns ? d->silent_at.ns : d->raw_ref.ns;

    if (now <= silent)
        return grow(d->growth, ns_sub(now, d->raw_ref.ns));
    return ns_add(grow(d->growth, ns_sub(silent, d->raw_ref.ns)), grow(d->growth_silent, ns_sub(now, silent)));
}

static enum clock_status status_at(const struct page_data *d, struct mono_ns now)
{
    bool timed = d->status == CLOCK_SYNCHRONISED || d->status == CLOCK_HOLDOVER;

    if (timed && !mono_before(now, d->free_running_at))
        return CLOCK_FREE_RUNNING;
    if (d->status == CLOCK_SYNCHRONISED && !mono_before(now, d->holdover_at))
        return CLOCK_HOLDOVER;
    return (enum clock_status)d->status;
}

static int64_t slew_left(const struct page_data *d, int64_t now)
{
    int64_t span = ns_sub(d->slew_end.ns, d->raw_ref.ns);

    if (span <= 0 || now >= d->slew_end.ns)
        return 0;
    if (now <= d->raw_ref.ns)
        return d->slew.ns;
    return d->slew.ns - (int64_t)((double)d->slew.ns * ((double)(now - d->raw_ref.ns) / (double)span));
}

/* From leap_at on the new difference holds. */
struct utc_ns page_tai_to_utc(const struct page_data *d, struct tai_ns t)
{
    int32_t diff = d->tai_minus_utc_s + (d->leap_delta_s && t.ns >= d->leap_at.ns ? d->leap_delta_s : 0);

    return tai_to_utc(t, diff);
}

static struct tai_ns served(const struct page_data *d, int64_t dt, int64_t slew)
{
    return (struct tai_ns){ ns_add(ns_add(d->tai_ref.ns, ns_add(dt, (int64_t)floor((double)dt * d->rate + 0.5))), slew) };
}

struct utc_ns page_utc(const struct page_data *d, struct mono_ns now)
{
    return page_tai_to_utc(d, served(d, ns_sub(now.ns, d->raw_ref.ns), slew_left(d, now.ns)));
}

void page_view(const struct page_data *d, struct mono_ns now, struct clock_view *out)
{
    int64_t dt = ns_sub(now.ns, d->raw_ref.ns), slew = slew_left(d, now.ns), g = dt > 0 ? grown(d, now.ns) : 0;
    int64_t early = ns_add(ns_add(d->early.ns, g), slew), late = ns_sub(ns_add(d->late.ns, g), slew); /* of the served line */
    int64_t radius = early > late ? early : late;
    bool usable;

    out->tai = served(d, dt, slew);
    out->utc = page_tai_to_utc(d, out->tai);
    out->earliest = (struct utc_ns){ ns_sub(out->utc.ns, early) };
    out->latest = (struct utc_ns){ ns_add(out->utc.ns, late) };
    out->status = status_at(d, now);
    usable = out->status == CLOCK_SYNCHRONISED || out->status == CLOCK_HOLDOVER || out->status == CLOCK_LOCAL;
    out->leap = !usable ? LEAP_UNKNOWN : tai_before(out->tai, d->leap_at) ? (enum leap)d->leap : LEAP_NONE; /* announced until it has happened */
    out->stratum = usable ? d->stratum : 0;
    out->precision_log2 = d->precision_log2;
    out->refid = d->refid;
    out->root_delay = d->root_delay;
    out->root_dispersion = (struct dur_ns){ radius > d->root_delay.ns / 2 ? radius - d->root_delay.ns / 2 : 0 };
    out->reference_time = d->reference_time;
}
