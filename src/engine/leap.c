/* What the system clock makes of a leap second, by leap.mode.
 *
 *   step    the kernel is told, and repeats or skips the second; around it the clock is left alone, so that the kernel's own step is neither fought nor
 *           taken for another program's
 *   slew    the kernel is not told: afterwards the system clock is a second off the served line, which is worked off
 *   ignore  the same, but only once a source has been measured after it
 *   smear   the system clock follows UTC plus the smear
 *
 * Served time takes no part in this: its leap second is in the page. */
#include "base/smear.h"
#include "engine/state.h"

#define QUIET_NS (2 * NS_PER_S)       /* before and after the leap second; the kernel acts at its own midnight */
#define DAY_NS (86400 * NS_PER_S)
#define NEAR_NS NS_PER_S              /* a system clock farther off than this would leap at another time */
#define GAIN_OVER_S 16

static enum leap_mode mode_of(const struct engine *e) { return (enum leap_mode)e->options.clock.leap.mode; }

enum leap leap_for_kernel(const struct engine *e, const struct clock_view *v)
{
    bool told = v->leap == LEAP_INSERT || v->leap == LEAP_DELETE;

    if (!told || mode_of(e) != LEAP_MODE_STEP || !dur_before(dur_abs(e->steering.error), (struct dur_ns){ NEAR_NS }))
        return LEAP_NONE;
    /* It counts the days by its own clock: not told on the eve, that would be a day too early. */
    return tai_sub(engine_page(e)->leap_at, v->tai).ns < DAY_NS - QUIET_NS ? v->leap : LEAP_NONE;
}

/* Is the kernel to step, and how long ago was that? */
static bool kernel_steps(const struct engine *e, int64_t *since_ns)
{
    const struct page_data *p = engine_page(e);
    struct clock_view v;

    if (p->leap_delta_s == 0 || mode_of(e) != LEAP_MODE_STEP)
        return false;
    page_view(p, e->now, &v);
    *since_ns = tai_sub(v.tai, p->leap_at).ns;
    return true;
}

bool leap_coast(struct engine *e)
{
    struct steering *s = &e->steering;
    int64_t since;

    s->coasting = kernel_steps(e, &since) && since >= -QUIET_NS && since < QUIET_NS;
    if (!s->coasting)
        return false;
    s->have_pair = false;
    s->next = mono_add(e->now, (struct dur_ns){ QUIET_NS - since });
    return true;
}

struct mono_ns leap_next(const struct engine *e, struct mono_ns next)
{
    int64_t since;

    if (!kernel_steps(e, &since) || since >= -QUIET_NS)
        return next;
    return mono_min(next, mono_add(e->now, (struct dur_ns){ -QUIET_NS - since }));
}

/* Smeared time against TAI, without UTC's jump. */
static double smeared_s(const struct page_data *p, enum smear_law law, struct tai_ns at)
{
    return dur_to_s(smear_offset(law, at, p->leap_at, p->leap_delta_s)) - (tai_before(at, p->leap_at) ? 0 : p->leap_delta_s);
}

/* The leap second is over, and nobody has been measured since. One second more, because UTC tells the last one twice. */
static bool unmeasured_since(const struct page_data *p, struct tai_ns at)
{
    struct utc_ns over = utc_add(page_tai_to_utc(p, p->leap_at), (struct dur_ns){ NS_PER_S });

    return !tai_before(at, p->leap_at) && utc_earlier(p->reference_time, over);
}

struct leap_wish leap_wish(const struct engine *e, const struct clock_view *v)
{
    const struct page_data *p = engine_page(e);
    enum smear_law law = (enum smear_law)(e->options.clock.leap.smear + 1);
    struct leap_wish w = { .offset = { 0 } };

    if (p->leap_delta_s == 0)
        return w;
    if (mode_of(e) == LEAP_MODE_SMEAR) {
        w.offset = smear_offset(law, v->tai, p->leap_at, p->leap_delta_s);
        w.gain = (smeared_s(p, law, tai_add(v->tai, (struct dur_ns){ GAIN_OVER_S * NS_PER_S })) - smeared_s(p, law, v->tai)) / GAIN_OVER_S;
    }
    if (mode_of(e) == LEAP_MODE_IGNORE && unmeasured_since(p, v->tai))
        w.offset = (struct dur_ns){ p->leap_delta_s * NS_PER_S };
    return w;
}
