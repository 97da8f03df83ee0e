/* What is known before anything is measured: the memory of earlier runs, the page of a clock that was there before, or the statement `local`, also where that
 * is made or taken back later. */
#include <math.h>
#include <string.h>

#include "clock/clock.h"
#include "clock/discipline.h"
#include "clock/disruption.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/recall.h"

#define TAI_MINUS_UTC_S 37 /* since 2017-01-01, IERS Bulletin C 52 */
#define UNKNOWN_S 4e9      /* a bound that says nothing: 127 years */
#define RATE_SANE 0.1      /* base/page.h */

/* Does the page say more than a start does? */
static bool may_resume(const struct page_data *page)
{
    return page && page->reference_time.ns != 0 && fabs(page->rate) <= RATE_SANE && page->status < CLOCK_STATUS_COUNT;
}

/* Whoever published the page is gone; what it says holds by its own law. All sources are heard again before a majority of them is believed. */
static void resume(struct clock *c, const struct page_data *page, struct mono_ns now)
{
    struct page_data line = *page;
    struct clock_view v;
    double unproven;

    line.slew = (struct dur_ns){ 0 };
    page_view(&line, now, &v); /* the estimate, where the page serves a line that still approaches it */
    unproven = fmax((mono_before(now, page->silent_at) ? page->growth : page->growth_silent) - c->options.clock.max_drift * 1e-6, 0);
    c->page = *page;
    c->policy.root_delay = page->root_delay;
    if (page->leap_delta_s != 0 && dur_abs(utc_sub(page_leap_midnight(page), v.utc)).ns <= CLOCK_MEMORY_LEAP_NS)
        recall_leap_of(c, page->leap_delta_s, page_leap_midnight(page), page->tai_minus_utc_s);
    c->estimate.bound = (struct clock_span){ dur_to_s(utc_sub(v.earliest, v.utc)), dur_to_s(utc_sub(v.latest, v.utc)) };
    c->estimate.rate_known = (struct clock_span){ -unproven, unproven };
    estimate_start(&c->estimate, now, v.tai, page->rate, fmax(interval_width(c->estimate.bound) / 8, 1e-6), c->estimate.skew);
    c->policy.synchronised_once = c->policy.synchronised_ever = c->policy.started = c->policy.waiting = c->policy.resumed = true;
    c->policy.gap = (struct dur_ns){ 0 }; /* the line was started before */
    c->policy.orphan = c->options.local.orphan && page->stratum > c->options.local.stratum;
    c->policy.first_answer = c->policy.last_answer = now;
}

/* A statement that was being served, and nothing better known: who reads it has seen the page's line, and the system clock may be behind that. */
static void restate(struct clock *c, const struct page_data *page, struct mono_ns now)
{
    struct clock_view v;
    double error_s;

    page_view(page, now, &v);
    error_s = dur_to_s(dur_max(utc_sub(v.latest, v.utc), utc_sub(v.utc, v.earliest)));
    c->page = *page;
    c->estimate.bound = (struct clock_span){ -error_s, error_s };
    estimate_start(&c->estimate, now, v.tai, page->rate, error_s, c->estimate.skew);
    c->policy.gap = (struct dur_ns){ 0 };
}

/* The statement is about a clock that was set, and not set back since: who states an error means no other. */
static bool is_stated(const struct clock *c, struct utc_ns wall)
{
    return c->options.local.present && utc_is_plausible(wall) && !dur_before(c->options.local.error, c->policy.gap);
}

/* The statement is about the system clock, and the line was started `gap` ahead of it. */
static struct clock_span stated_bound(const struct clock *c, double error_s)
{
    return (struct clock_span){ -error_s - dur_to_s(c->policy.gap), error_s };
}

/* The line, as it is where nothing but the memory is known. */
static void begin_line(struct clock *c, const struct clock_start *start)
{
    struct utc_ns wall = recall_start(c, start);
    struct page_data *p = &c->page;

    p->raw_ref = p->slew_end = p->silent_at = start->now;
    p->tai_minus_utc_s = c->memory.tai_minus_utc_s ? c->memory.tai_minus_utc_s : TAI_MINUS_UTC_S;
    p->tai_ref = utc_to_tai(wall, p->tai_minus_utc_s);
    p->leap_at = (struct tai_ns){ INT64_MAX };
    p->precision_log2 = start->precision_log2;
    c->leap.saved_s = p->tai_minus_utc_s;
    recall_leap(c);
}

/* Its phase is known within error_s, its frequency as it was learnt, or within clock.max_frequency. */
static void begin_estimate(struct clock *c, struct mono_ns now, double error_s)
{
    const struct clock_drift *d = &c->memory.drift;
    double limit = c->options.clock.max_frequency * 1e-6, known = fmin(fmax(d->freq_ppm * 1e-6, -limit), limit);
    double skew = d->skew_ppm > 0 ? fmin(d->skew_ppm * 1e-6, limit) : limit / 3;

    c->estimate.aged = now;
    c->estimate.bound = stated_bound(c, error_s);
    estimate_start(&c->estimate, now, c->page.tai_ref, known, error_s, skew);
    interval_forget_rate(c);
    estimate_expect(&c->estimate, c->memory.wander);
}

void clock_init(struct clock *c, const struct clock_options *o, const struct clock_start *start)
{
    const struct page_data *page = start->page;
    struct clock_actions none = { .count = 0 };
    bool local, goes_on;

    memset(c, 0, sizeof *c);
    c->options = *o;
    c->policy.save_at = MONO_NEVER;
    c->policy.last_utc = start->now;
    begin_line(c, start);
    local = is_stated(c, start->wall);
    begin_estimate(c, start->now, local ? dur_to_s(o->local.error) : UNKNOWN_S);
    if (may_resume(page)) {
        resume(c, page, start->now);
        disruption_resume(c, &start->lapse);
        return;
    }
    goes_on = o->local.present && page && page->status == CLOCK_LOCAL && fabs(page->rate) <= RATE_SANE;
    if (goes_on)
        restate(c, page, start->now);
    discipline_publish(c, local || goes_on ? CLOCK_LOCAL : CLOCK_UNSYNCHRONISED, false, start->now, &none);
}

/* A statement made or withdrawn while nothing else is known decides at once; later it is looked at when the sources fall silent. */
static enum clock_status restated(struct clock *c, bool before, struct mono_ns now)
{
    bool local = c->options.local.present;
    struct clock_view v;

    page_view(&c->page, now, &v);
    if (c->page.status == CLOCK_UNSYNCHRONISED && !c->policy.synchronised_once && is_stated(c, v.utc)) {
        c->estimate.bound = stated_bound(c, dur_to_s(c->options.local.error));
        return CLOCK_LOCAL;
    }
    if (before && !local && c->page.status == CLOCK_LOCAL && !c->policy.synchronised_once)
        c->estimate.bound = (struct clock_span){ -UNKNOWN_S, UNKNOWN_S };
    if (before && !local && c->page.status == CLOCK_LOCAL)
        return c->policy.synchronised_once ? CLOCK_FREE_RUNNING : CLOCK_UNSYNCHRONISED;
    return (enum clock_status)c->page.status;
}

void clock_change(struct clock *c, const struct clock_options *o, struct mono_ns now, struct clock_actions *out)
{
    bool local = c->options.local.present;

    interval_age(c, now);
    c->options = *o;
    discipline_publish(c, restated(c, local, now), false, now, out);
}
