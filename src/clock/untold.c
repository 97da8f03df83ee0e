#include "clock/untold.h"

#include <math.h>

#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap_vote.h"
#include "clock/month.h"
#include "clock/pace.h"

#define WINDOW_S 7200.0                      /* seven polls of 1024 s: who asks that often has heard, before midnight, what is told since then */
#define FIRST_S 3600.0                       /* what sets a clock first is not older */
#define HEAR_S 1800.0                        /* words of the window are gathered so long before it counts that there are none */
#define WINDOW_NS ((int64_t)WINDOW_S * NS_PER_S)
#define RECENT_NS (WINDOW_NS - 128 * NS_PER_S) /* a page without measurements is written each 64 s */
#define NO_WORD_NS NS_PER_S

/* Midnight is passed somewhere within the bound. */
static double margin_s(const struct clock *c) { return fmin(MONTH_MARGIN_S + fmax(interval_farthest(c->estimate.bound), 0), WINDOW_S / 2); }

static double x_now_s(const struct clock *c) { return month_since_s(c, c->leap.month, c->estimate.aged); }

/* The beginning of a month that was last, or is less than that ahead. */
static struct utc_ns month_near(const struct clock *c, int64_t ahead_ns)
{
    return month_begin(utc_add(page_tai_to_utc(&c->page, estimate_tai(&c->estimate, c->estimate.aged)), (struct dur_ns){ ahead_ns }));
}

/* From now on whatever is measured narrows it again, and what was measured before counts as much less. */
static void pass_unknown(struct clock *c)
{
    c->leap.untold = false;
    c->leap.passed = c->leap.month;
    c->leap.passed_at = c->estimate.aged;
    interval_widen(&c->estimate.bound, MONTH_LEAP_S);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        interval_widen(&c->source[i].span, MONTH_LEAP_S);
        pace_forget(&c->source[i].pace);
    }
}

/* Another month. Who has slept, or was dead, over its beginning has not heard of it either; who has only just been set has measured after it. */
static void turn(struct clock *c, struct utc_ns month, bool known)
{
    bool measured;

    if (c->leap.untold)
        pass_unknown(c);
    c->leap.month = month;
    if (c->page.reference_time.ns == 0)
        measured = x_now_s(c) >= FIRST_S || leap_vote_is_since(c, utc_to_tai(month, c->page.tai_minus_utc_s));
    else
        measured = !utc_earlier(c->page.reference_time, month);
    c->leap.spoken = false;
    c->leap.untold = !measured && !known;
}

void untold_refresh(struct clock *c, bool known, const struct untold_words *w)
{
    struct clock_leap *l = &c->leap;
    struct utc_ns month = month_near(c, WINDOW_NS);
    double x_s;

    l->known = known || c->options.leap.unknown != LEAP_UNKNOWN_DOUBT;
    if (c->options.leap.unknown != LEAP_UNKNOWN_DOUBT || !c->policy.synchronised_once) {
        l->untold = false;
        return;
    }
    if (month.ns != l->month.ns)
        turn(c, month, known);
    x_s = x_now_s(c);
    if (x_s < 0) {
        l->spoken = w->none || (l->spoken && !w->heard);
        l->untold = !l->spoken && !known;
    } else if (l->untold && x_s >= margin_s(c)) {
        pass_unknown(c);
    }
}

bool untold_is_recent(const struct clock *c, const struct measurement *m)
{
    return !utc_earlier(m->utc, utc_add(c->leap.month, (struct dur_ns){ -RECENT_NS }));
}

bool untold_is_no_word(const struct measurement *m)
{
    return m->leap == LEAP_NONE && dur_add((struct dur_ns){ m->root_delay.ns / 2 }, m->root_dispersion).ns >= NO_WORD_NS;
}

void untold_widen(const struct clock *c, struct clock_span *bound)
{
    struct clock_span either = c->estimate.bound;

    if (!c->leap.untold || x_now_s(c) < -margin_s(c))
        return;
    interval_widen(&either, MONTH_LEAP_S);
    *bound = interval_hull(*bound, either);
}

/* Of the instants near a month's end: may it count there that nobody was heard? */
static bool counts(const struct clock *c, double x_s) { return c->leap.untold && x_s >= -WINDOW_S + HEAR_S && x_s < margin_s(c); }

struct utc_ns untold_midnight(const struct clock *c)
{
    return counts(c, x_now_s(c)) ? c->leap.month : (struct utc_ns){ 0 };
}

struct dur_ns untold_root_delay(const struct clock *c)
{
    double x_s = x_now_s(c);
    bool near = x_s >= -WINDOW_S && x_s < margin_s(c);

    return (struct dur_ns){ counts(c, x_s) || (near && c->leap.in_doubt) ? 2 * NO_WORD_NS : 0 };
}

struct mono_ns untold_ends(const struct clock *c)
{
    struct utc_ns month = month_near(c, MONTH_DAY_NS);
    bool spoken = c->leap.spoken && c->leap.month.ns == month.ns && !c->leap.in_doubt;
    double left_s = -month_since_s(c, month, c->estimate.aged);

    if (c->leap.known || spoken || left_s <= margin_s(c))
        return MONO_NEVER;
    return mono_add(c->estimate.aged, dur_from_s((left_s - margin_s(c) / 2) * (1 - c->estimate.rate)));
}

struct mono_ns untold_next(const struct clock *c)
{
    struct utc_ns midnight = c->leap.month;
    struct mono_ns near;

    if (!c->leap.untold)
        return MONO_NEVER;
    near = mono_min(month_next(c, midnight, -margin_s(c)), month_next(c, midnight, margin_s(c)));
    return mono_min(month_next(c, midnight, -WINDOW_S + HEAR_S), near);
}
