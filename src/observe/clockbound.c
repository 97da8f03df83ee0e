#include "observe/clockbound.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define VOID_NS (1000 * NS_PER_S)       /* a linear model of drift lasts so long: release 2.0.2 */
#define SOON_NS (10 * NS_PER_S)         /* a bend nearer than that is rather counted in */
#define LEAP_MARGIN_NS (2 * NS_PER_S)   /* kernel and page take a leap second each in its own moment */
#define PPB_TOO_MUCH 1000000000u        /* readers refuse it */

_Static_assert(sizeof(struct clockbound_segment) == 80 && offsetof(struct clockbound_segment, bound) == 16 &&
                   offsetof(struct clockbound_bound, bound_ns) == 32 && offsetof(struct clockbound_bound, max_drift_ppb) == 48 &&
                   offsetof(struct clockbound_bound, disruption_support) == 56,
               "the layout of docs/PROTOCOL.md");

static struct clockbound_time time_of(int64_t ns) { return (struct clockbound_time){ ns / NS_PER_S, ns % NS_PER_S }; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static bool near_leap(const struct page_data *page, struct tai_ns now)
{
    return page->leap_delta_s && dur_abs(tai_sub(page->leap_at, now)).ns < LEAP_MARGIN_NS;
}

static enum clockbound_status status_of(const struct page_data *page, const struct clockbound_clock *c, const struct clock_view *v)
{
    if (!c->steered || near_leap(page, v->tai))
        return CLOCKBOUND_UNKNOWN;
    switch (v->status) {
    case CLOCK_SYNCHRONISED:
        return CLOCKBOUND_SYNCHRONIZED;
    case CLOCK_HOLDOVER:
    case CLOCK_LOCAL:
        return CLOCKBOUND_FREE_RUNNING; /* to be trusted, by ClockBound's words */
    case CLOCK_DISRUPTED:
        return CLOCKBOUND_DISRUPTED;
    default:
        return CLOCKBOUND_UNKNOWN;
    }
}

/* What is written ends where it would no longer hold: before silence that is not counted in, where the status becomes unusable, before a leap second. */
static struct mono_ns end_of(const struct page_data *page, const struct clock_view *v, struct mono_ns from, bool silent)
{
    struct mono_ns end = mono_min(mono_add(from, (struct dur_ns){ VOID_NS }), page->free_running_at);
    int64_t leap = ns_sub(tai_sub(page->leap_at, v->tai).ns, LEAP_MARGIN_NS);

    if (!silent)
        end = mono_min(end, page->silent_at);
    if (page->leap_delta_s && leap > 0)
        end = mono_min(end, mono_add(from, (struct dur_ns){ leap }));
    return end;
}

static uint32_t ppb(double s_per_s)
{
    double v = ceil(s_per_s * 1e9) + 1;

    return v > 0 && v < PPB_TOO_MUCH ? (uint32_t)v : PPB_TOO_MUCH - 1;
}

void clockbound_make(const struct page_data *page, const struct clockbound_clock *c, struct clockbound_bound *out)
{
    bool silent = mono_before(page->silent_at, mono_add(c->raw, (struct dur_ns){ SOON_NS }));
    double growth = silent ? fmax(page->growth_silent, page->growth) : page->growth;
    struct clock_view v;

    page_view(page, c->raw, &v);
    memset(out, 0, sizeof *out); /* the padding too */
    out->as_of = time_of(c->monotonic_ns);
    out->void_after = time_of(ns_add(c->monotonic_ns, mono_sub(end_of(page, &v, c->raw, silent), c->raw).ns));
    out->bound_ns = larger(ns_sub(v.latest.ns, c->system.ns), ns_sub(c->system.ns, v.earliest.ns));
    out->bound_ns = larger(out->bound_ns, 0);
    out->disruption_marker = page->disruption;
    out->disruption_support = c->vmclock;
    out->max_drift_ppb = ppb(growth + fabs(c->rate - page->rate));
    out->status = (int32_t)status_of(page, c, &v);
}

static bool is_ours(const struct clockbound_segment *s)
{
    return s->magic[0] == CLOCKBOUND_MAGIC_0 && s->magic[1] == CLOCKBOUND_MAGIC_1 && s->size == sizeof *s && s->version == CLOCKBOUND_VERSION;
}

void clockbound_begin(struct clockbound_segment *s)
{
    if (is_ours(s))
        return;
    memset(s, 0, sizeof *s);
    s->size = sizeof *s;
    s->magic[1] = CLOCKBOUND_MAGIC_1;
    __atomic_store_n(&s->magic[0], CLOCKBOUND_MAGIC_0, __ATOMIC_RELEASE);
}

/* An odd generation while it is written, also where a writer died in the middle; after 65534 comes 2, because 0 means nothing. */
void clockbound_write(struct clockbound_segment *s, const struct clockbound_bound *b)
{
    uint16_t odd = (uint16_t)(s->generation | 1), even = (uint16_t)(odd + 1);

    __atomic_store_n(&s->generation, odd, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* nobody sees a changed bound under the old generation */
    s->bound = *b;
    __atomic_store_n(&s->version, CLOCKBOUND_VERSION, __ATOMIC_RELEASE);
    __atomic_store_n(&s->generation, even ? even : 2, __ATOMIC_RELEASE);
}
