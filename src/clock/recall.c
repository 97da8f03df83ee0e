#include "clock/recall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock/discipline.h"
#include "clock/leap.h"
#include "clock/noise.h"

#define BOOT_SLACK_NS NS_PER_S /* wall and raw clock run apart by less within one boot */
#define BOOT_SKEW_PPM 0.5      /* kernels measure the counter's frequency anew at each boot, and find it some tenths of a ppm elsewhere */

/* The raw clock starts anew with each boot, and stands still in sleep: then the wall clock has gone on without it. */
static bool same_boot(const struct clock_memory *m, const struct clock_start *start)
{
    int64_t raw = mono_sub(start->now, m->saved_raw).ns, wall = utc_sub(start->wall, m->saved).ns;

    return raw >= 0 && llabs(ns_sub(raw, wall)) < BOOT_SLACK_NS;
}

/* The frequency went on wandering unseen. */
static void age_drift(struct clock_memory *m, const struct clock_start *start)
{
    double apart_s = fmax(dur_to_s(utc_sub(start->wall, m->saved)), 0), wandered_ppm = m->wander * sqrt(apart_s) * 1e6;

    if (m->drift.valid && m->saved.ns != 0)
        m->drift.skew_ppm = hypot(hypot(m->drift.skew_ppm, wandered_ppm), same_boot(m, start) ? 0 : BOOT_SKEW_PPM);
}

/* A statement goes on with what it told last. A clock that is farther behind was set back by a hand, and is what is stated now. */
static bool goes_on_stated(const struct clock *c, struct utc_ns wall)
{
    return c->options.local.present && !dur_before(c->options.local.error, utc_sub(c->memory.stated, wall));
}

/* A second that is left out is told by a clock that does not know of it: the next one is meant. */
static struct utc_ns not_left_out(const struct clock_memory *m, struct utc_ns wall)
{
    struct utc_ns second = utc_add(m->leap_midnight, (struct dur_ns){ -NS_PER_S });

    return m->leap_delta_s < 0 && !utc_earlier(wall, second) && utc_earlier(wall, m->leap_midnight) ? utc_add(wall, (struct dur_ns){ NS_PER_S }) : wall;
}

struct utc_ns recall_start(struct clock *c, const struct clock_start *start)
{
    static const struct utc_ns built = { UTC_PLAUSIBLE_FROM_S * NS_PER_S };
    struct utc_ns floor = built, wall;

    if (start->memory) {
        c->memory = *start->memory;
        age_drift(&c->memory, start);
    }
    if (!c->memory.drift.valid || !isfinite(c->memory.drift.freq_ppm))
        c->memory.drift = (struct clock_drift){ .valid = false };
    c->policy.synchronised_ever = c->memory.synchronised_once;
    c->policy.stepped = c->memory.stepped;
    if (utc_earlier(floor, c->memory.saved))
        floor = c->memory.saved;
    if (utc_earlier(floor, c->memory.stated) && goes_on_stated(c, start->wall))
        floor = c->memory.stated;
    wall = not_left_out(&c->memory, start->wall);
    if (!utc_earlier(wall, floor))
        return wall;
    c->policy.gap = utc_sub(floor, wall);
    return floor;
}

void recall_source(const struct clock *c, struct clock_source *s)
{
    const struct clock_noise *known = s->name ? clock_memory_find(&c->memory, s->name) : NULL;

    if (known)
        s->noise = *known;
    else
        noise_init(&s->noise);
}

static void remember_source(struct clock_memory *m, const char *name, const struct clock_noise *n)
{
    struct clock_memory_source *to;

    if (m->count == CLOCK_MEMORY_SOURCES || strlen(name) >= CLOCK_MEMORY_NAME_MAX || clock_memory_find(m, name))
        return;
    to = &m->source[m->count++];
    strcpy(to->name, name);
    to->noise = *n;
}

/* Sources that did not answer in this run keep the law they had. */
static void remember_sources(const struct clock *c, struct clock_memory *m)
{
    m->count = 0;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (c->source[i].used && c->source[i].name && c->source[i].noise.samples >= NOISE_LAW_SAMPLES)
            remember_source(m, c->source[i].name, &c->source[i].noise);
    for (uint32_t i = 0; i < c->memory.count; i++)
        remember_source(m, c->memory.source[i].name, &c->memory.source[i].noise);
}

static bool is_leap_near(const struct clock *c, const struct clock_view *v)
{
    return c->page.leap_delta_s != 0 && dur_abs(utc_sub(page_leap_midnight(&c->page), v->utc)).ns <= CLOCK_MEMORY_LEAP_NS;
}

/* Its smear may go on long after the sources have ceased to announce it, and before a file is read. */
static void remember_leap(const struct clock *c, const struct clock_view *v, struct clock_memory *out)
{
    struct utc_ns midnight = page_leap_midnight(&c->page);
    bool near = is_leap_near(c, v);

    out->tai_minus_utc_s = leap_difference(&c->page, v);
    out->leap_delta_s = near ? c->page.leap_delta_s : 0;
    out->leap_midnight.ns = near ? midnight.ns : 0;
}

void recall_leap_of(struct clock *c, int32_t delta_s, struct utc_ns midnight, int32_t before_s)
{
    c->leap.voted_delta_s = delta_s;
    c->leap.voted_by = LEAP_BY_MEMORY;
    c->leap.voted_midnight = midnight;
    c->leap.voted_before_s = before_s;
}

void recall_leap(struct clock *c)
{
    const struct clock_memory *m = &c->memory;

    recall_leap_of(c, m->leap_delta_s, m->leap_midnight, m->tai_minus_utc_s - (utc_earlier(m->saved, m->leap_midnight) ? 0 : m->leap_delta_s));
}

/* What is told when a second is told for the second time is a second less than was told before, and the next run would begin with that: midnight is kept. */
static void view_to_keep(const struct clock *c, struct mono_ns now, struct clock_view *v)
{
    struct utc_ns midnight = page_leap_midnight(&c->page);

    page_view(&c->page, now, v);
    if (c->page.leap_delta_s > 0 && !tai_before(v->tai, c->page.leap_at) && utc_earlier(v->utc, midnight))
        v->utc = midnight;
}

static void remember_now(const struct clock *c, const struct clock_view *v, struct mono_ns now, struct clock_memory *out)
{
    out->saved = v->utc;
    out->saved_raw = now;
    out->stated.ns = 0;
    remember_leap(c, v, out);
}

/* Nobody measured it, so it takes nothing back: a leap second is added, with the count as it was when that was measured. */
static void remember_stated(const struct clock *c, const struct clock_view *v, struct clock_memory *out)
{
    struct utc_ns midnight = page_leap_midnight(&c->page);

    if (v->status != CLOCK_LOCAL && v->status != CLOCK_SYNCHRONISED && v->status != CLOCK_HOLDOVER)
        return;
    out->stated = v->utc;
    if (is_leap_near(c, v)) {
        out->tai_minus_utc_s = c->page.tai_minus_utc_s + (utc_earlier(out->saved, midnight) ? 0 : c->page.leap_delta_s);
        out->leap_delta_s = c->page.leap_delta_s;
        out->leap_midnight = midnight;
    } else if (!clock_memory_leap_is_near(out)) { /* it was near what was stated before */
        out->tai_minus_utc_s = leap_difference(&c->page, v);
        out->leap_delta_s = 0;
        out->leap_midnight.ns = 0;
    }
}

void recall_update(struct clock *c, struct mono_ns now)
{
    struct clock_view v;

    view_to_keep(c, now, &v);
    if (c->page.status == CLOCK_SYNCHRONISED && !c->policy.orphan) /* also where holdover.max_error ends that at once */
        remember_now(c, &v, now, &c->memory);
}

void clock_remember(const struct clock *c, struct mono_ns now, struct clock_memory *out)
{
    struct clock_drift d = clock_drift(c);
    struct clock_view v;

    view_to_keep(c, now, &v);
    *out = c->memory;
    out->stepped = c->policy.stepped;
    out->synchronised_once = c->policy.synchronised_ever;
    remember_sources(c, out);
    if (c->policy.orphan || v.status == CLOCK_LOCAL)
        remember_stated(c, &v, out);
    if (c->policy.orphan)
        return; /* another's oscillator, and a time nobody measured */
    if (d.valid && v.status != CLOCK_LOCAL)
        out->drift = d;
    if (c->policy.synchronised_once)
        out->wander = c->estimate.wander;
    if (v.status == CLOCK_SYNCHRONISED || v.status == CLOCK_HOLDOVER)
        remember_now(c, &v, now, out);
}

bool clock_may_step(const struct clock *c, struct dur_ns by)
{
    return !c->policy.synchronised_ever || !dur_before(c->options.clock.step_budget, dur_add(c->policy.stepped, dur_abs(by)));
}

void clock_count_step(struct clock *c, struct dur_ns by)
{
    if (c->policy.synchronised_ever)
        c->policy.stepped = dur_add(c->policy.stepped, dur_abs(by));
}

struct clock_steps clock_steps(const struct clock *c) { return (struct clock_steps){ c->policy.stepped, c->policy.budget_logged }; }

struct dur_ns clock_gap(const struct clock *c) { return c->policy.gap; }
