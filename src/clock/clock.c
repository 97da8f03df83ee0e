/* The door of the clock room and its state machine.
 *
 *   UNSYNCHRONISED / LOCAL --majority--> SYNCHRONISED --8 silent polls--> HOLDOVER --bound > max_error--> FREE_RUNNING (or LOCAL)
 *        ^----- majority lost -------------'  ^---- measured again, from any state (also DISRUPTED) ----'
 *
 * A measurement passes interval.c (what it proves), select.c (who agrees), estimate.c (what is likely), discipline.c (what is served). */
#include "clock/clock.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "clock/discipline.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap.h"
#include "clock/noise.h"
#include "clock/pace.h"
#include "clock/poll.h"
#include "clock/select.h"
#include "clock/unsmear.h"

#define TAI_MINUS_UTC_S 37                /* since 2017-01-01, IERS Bulletin C 52 */
#define UNKNOWN_S 4e9                     /* a bound that says nothing: 127 years */
#define FIRST_WAIT_NS (4 * NS_PER_S)      /* how long the first answer waits for a majority of the sources */
#define AGAIN_WAIT_NS (128 * NS_PER_S)    /* the same later, at ordinary polls, */
#define HELD_WAIT_NS (600 * NS_PER_S)     /* and in holdover, which still serves */
#define HEARTBEAT_NS (64 * NS_PER_S)
#define SAVE_NS (3600 * NS_PER_S)
#define GOOD_SKEW 1e-6                    /* s/s: from here on the frequency is worth keeping */
#define OLDEST_NS (192 * NS_PER_S)        /* a measurement older than this is no news; in interleaved mode each is one poll old, up to 150 s */
#define ALONE_REPEATS 2                   /* a lone source must contradict the bound so often before it is believed */
#define LAW_SAMPLES 8                     /* until then a source's noise law is a guess */
#define GROSS_DRIFTS 10.0                 /* max_drifts: so far the estimate's rate may leave what is proven */
#define STEP_SIGMAS 3.0
#define RATE_SANE 0.1                     /* base/page.h */
#define STEP_MEMORY 12.0
#define BIAS_MEMORY 16.0

static enum clock_status status_now(const struct clock *c, struct mono_ns now)
{
    struct clock_view v;

    page_view(&c->page, now, &v);
    return v.status;
}

/* Does the page say more than a start does? */
static bool may_resume(const struct page_data *page)
{
    return page && page->reference_time.ns != 0 && fabs(page->rate) <= RATE_SANE && page->status < CLOCK_STATUS_COUNT;
}

/* Whoever published the page is gone; what it says holds by its own law. All sources are heard again before a majority of them is believed. */
static void resume(struct clock *c, const struct page_data *page, struct mono_ns now, double skew)
{
    struct page_data line = *page;
    struct clock_view v;
    double unproven;

    line.slew = (struct dur_ns){ 0 };
    page_view(&line, now, &v); /* the estimate, where the page serves a line that still approaches it */
    unproven = fmax((mono_before(now, page->silent_at) ? page->growth : page->growth_silent) - c->options.clock.max_drift * 1e-6, 0);
    c->page = *page;
    c->estimate.bound = (struct clock_span){ dur_to_s(utc_sub(v.earliest, v.utc)), dur_to_s(utc_sub(v.latest, v.utc)) };
    c->estimate.rate_known = (struct clock_span){ -unproven, unproven };
    estimate_start(&c->estimate, now, v.tai, page->rate, fmax((c->estimate.bound.hi_s - c->estimate.bound.lo_s) / 8, 1e-6), skew);
    c->policy.synchronised_once = c->policy.started = c->policy.waiting = c->policy.resumed = true;
    c->policy.first_answer = c->policy.last_answer = now;
}

void clock_init(struct clock *c, const struct clock_options *o, const struct clock_start *start)
{
    const struct clock_drift *drift = &start->drift;
    struct mono_ns now = start->now;
    double known = drift->valid && isfinite(drift->freq_ppm) ? fmin(fmax(drift->freq_ppm, -o->clock.max_frequency), o->clock.max_frequency) * 1e-6 : 0;
    double skew = drift->valid && drift->skew_ppm > 0 ? fmin(drift->skew_ppm, o->clock.max_frequency) * 1e-6 : o->clock.max_frequency * 1e-6 / 3;
    bool local = o->local.present && utc_is_plausible(start->wall); /* who states an error means a clock that was set */
    double error_s = local ? dur_to_s(o->local.error) : UNKNOWN_S;
    struct clock_actions none = { .count = 0 };

    memset(c, 0, sizeof *c);
    c->options = *o;
    c->page.raw_ref = c->page.slew_end = c->page.silent_at = now;
    c->page.tai_minus_utc_s = TAI_MINUS_UTC_S;
    c->page.tai_ref = utc_to_tai(start->wall, TAI_MINUS_UTC_S);
    c->page.leap_at = (struct tai_ns){ INT64_MAX };
    c->page.precision_log2 = start->precision_log2;
    c->estimate.aged = now;
    c->estimate.bound = (struct clock_span){ -error_s, error_s };
    c->policy.save_at = MONO_NEVER;
    c->estimate.rate_known = (struct clock_span){ -o->clock.max_frequency * 1e-6 - fabs(known), o->clock.max_frequency * 1e-6 + fabs(known) };
    estimate_start(&c->estimate, now, c->page.tai_ref, known, error_s, skew);
    if (may_resume(start->page))
        resume(c, start->page, now, skew);
    else
        discipline_publish(c, local ? CLOCK_LOCAL : CLOCK_UNSYNCHRONISED, false, now, &none);
}

void clock_source_add(struct clock *c, uint16_t slot, const struct clock_source_options *o, struct mono_ns now)
{
    struct clock_source *s = &c->source[slot];

    (void)now;
    assert(slot < CLOCK_SOURCES_MAX && o->min_poll_log2 <= o->max_poll_log2);
    *s = (struct clock_source){ .used = true, .prefer = o->prefer, .min_poll_log2 = o->min_poll_log2, .max_poll_log2 = o->max_poll_log2, .refid = o->refid,
                                .name = o->name, .smear = (uint8_t)o->smear, .state = CLOCK_SOURCE_NEW, .bias_s = 0 };
    noise_init(&s->noise);
}

void clock_source_remove(struct clock *c, uint16_t slot, struct mono_ns now, struct clock_actions *out)
{
    assert(slot < CLOCK_SOURCES_MAX);
    interval_age(c, now);
    c->source[slot] = (struct clock_source){ .used = false };
    discipline_publish(c, status_now(c, now), false, now, out);
}

static unsigned sources_used(const struct clock *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        n += c->source[i].used;
    return n;
}

static struct tai_ns tai_of(const struct clock *c, const struct measurement *m)
{
    return unsmear_tai_of(&c->page, c->source[m->source].smear, m->utc, estimate_tai(&c->estimate, m->at));
}

static double offset_of(const struct clock *c, const struct measurement *m)
{
    return estimate_offset_s(&c->estimate, m->at, tai_of(c, m));
}

/* A slow mean of what the source says against all of them: a source that leans is believed less, by as much as it leans. */
static double lean(struct clock_source *s, double innovation_s, bool in_company)
{
    double gain, expected;

    if (!in_company)
        return 0;
    gain = fmax(1.0 / (s->innovations + 1), 1 / BIAS_MEMORY);
    s->innovations += s->innovations < 1000;
    s->innovation_var += gain * ((innovation_s - s->bias_s) * (innovation_s - s->bias_s) - s->innovation_var);
    s->bias_s += gain * (innovation_s - s->bias_s);
    expected = 2 * sqrt(s->innovation_var * gain);
    return s->innovations < 4 ? 0 : fmax(fabs(s->bias_s) - expected, 0);
}

/* When the clock moves, it moves against most sources; when it moves against few of them, they did. */
static bool most_misfit(const struct clock *c)
{
    unsigned counted = 0, misfits = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        counted += select_counts(&c->source[i]);
        misfits += select_counts(&c->source[i]) && c->source[i].misfit;
    }
    return misfits > counted / 2;
}

/* The estimate takes the source's last sample. */
static void fuse(struct clock *c, struct clock_source *s, bool in_company)
{
    struct clock_estimate *e = &c->estimate;
    double z = offset_of(c, &s->last), before_s = dur_to_s(mono_sub(s->last.at, e->at)), leaning;
    struct clock_estimate kept = *e;
    struct clock_law law = s->law;
    struct clock_move move;
    struct clock_fit fit;

    leaning = lean(s, z, in_company);
    s->odd = leaning > 3 * noise_sd(&s->noise);
    law.half_s += leaning;
    law.body_var += leaning * leaning;
    law.edge_var += leaning * leaning;
    move = estimate_update(e, s->last.at, z, &law, &fit);
    s->misfit = fit.outlier > 0.5;
    if (in_company && s->misfit && !most_misfit(c)) {
        *e = kept;
        return;
    }
    interval_follow(c, move);
    e->surprises = s->misfit ? e->surprises + 1 : 0;
    if (e->surprises >= 2 && !in_company) { /* twice in a row: it is the clock that moved, in phase or in frequency */
        estimate_inflate(e, fabs(fit.innovation_s), fabs(fit.innovation_s) / fmax(before_s, 1));
        interval_follow(c, estimate_update(e, s->last.at, offset_of(c, &s->last), &law, &fit));
        e->surprises = 0;
    } else {
        noise_learn(&s->noise, &law, &fit);
    }
}

static void know_rate(struct clock *c)
{
    const struct clock_own_options *o = &c->options.clock;

    struct clock_span *known = &c->estimate.rate_known;
    struct clock_span proven = select_rate(c->source, c->policy.electorate, o->max_drift * 1e-6, o->max_frequency * 1e-6 + fabs(c->estimate.rate));

    if (c->policy.resumed && proven.hi_s - proven.lo_s > known->hi_s - known->lo_s)
        return;
    c->policy.resumed = false;
    *known = proven;
}

/* The estimate stays inside the bound, its rate near what is proven, whatever the statistics say, and inside what the oscillator can be. */
static void confine(struct clock *c, struct clock_actions *out)
{
    struct clock_estimate *e = &c->estimate;
    double limit = c->options.clock.max_frequency * 1e-6, slack = GROSS_DRIFTS * c->options.clock.max_drift * 1e-6;
    double out_s = e->bound.lo_s > 0 ? e->bound.lo_s : fmin(e->bound.hi_s, 0);

    if (out_s != 0)
        interval_follow(c, estimate_shift(e, out_s));
    interval_follow(c, estimate_limit(e, e->rate + e->rate_known.lo_s - slack, e->rate + e->rate_known.hi_s + slack));
    if (fabs(e->rate) <= limit) {
        c->policy.rail_logged = false;
        return;
    }
    interval_follow(c, estimate_limit(e, -limit, limit));
    if (!c->policy.rail_logged)
        log_double(discipline_log(out, LOG_CLOCK_FREQUENCY_RAIL), "freq_ppm", e->rate * 1e6);
    c->policy.rail_logged = true;
}

/* Name each counted source: in the majority, outside it, or leaning. */
static void judge_sources(struct clock *c, const struct clock_majority *m, struct clock_actions *out)
{
    bool preferred = false;
    struct clock_span common;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];

        preferred = preferred || (select_counts(s) && s->prefer && interval_meet(s->span, m->core, &common));
    }
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        struct clock_source *s = &c->source[i];
        bool agrees = interval_meet(s->span, m->core, &common);

        if (!select_counts(s))
            continue;
        if (!agrees && s->state != CLOCK_SOURCE_FALSETICKER && out->count < CLOCK_ACTIONS_MAX - 4) {
            struct log_record *r = discipline_log(out, LOG_SOURCE_FALSETICKER);

            log_text(r, "source", s->name);
            log_ns(r, "offset_ns", dur_from_s((s->span.lo_s + s->span.hi_s) / 2 - (m->core.lo_s + m->core.hi_s) / 2).ns);
        }
        s->state = !agrees ? CLOCK_SOURCE_FALSETICKER : s->odd || (preferred && !s->prefer) ? CLOCK_SOURCE_OUTLIER : CLOCK_SOURCE_SELECTED;
    }
}

static void log_synchronised(struct clock *c, const struct clock_majority *m, struct clock_actions *out)
{
    struct log_record *r = discipline_log(out, LOG_SYNCHRONISED);

    log_int(r, "sources", m->agreeing);
    log_ns(r, "bound_ns", dur_from_s(fmax(-c->estimate.bound.lo_s, c->estimate.bound.hi_s)).ns);
}

/* Publish a good measurement; where the policy allows it and the error is large, by a step. */
static void serve(struct clock *c, bool may_step, bool announce, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns off = discipline_residue(c, now);

    if (may_step && dur_before(c->options.clock.step_threshold, dur_abs(off))) {
        discipline_step(c, announce, now, out);
        if (announce)
            log_ns(discipline_log(out, LOG_CLOCK_STEPPED), "offset_ns", off.ns);
    } else {
        discipline_publish(c, CLOCK_SYNCHRONISED, true, now, out);
    }
    if (!c->policy.saved && c->estimate.skew < GOOD_SKEW)
        c->policy.save_at = now;
    c->policy.saved = c->policy.saved || c->estimate.skew < GOOD_SKEW;
}

/* What a sample may be wrong by beside its path: its own stamps, and the source within its root distance, where it may move at any time. */
static double own_error_s(const struct measurement *m)
{
    return dur_to_s(m->dispersion) + dur_to_s(m->root_dispersion) + dur_to_s(m->root_delay) / 2;
}

/* The sample's noise law, and what it says about frequency: its error beside a constant asymmetry is at most half the excess round trip where the
 * path has a floor, and like the others' where it has none. Until the law is known, half the round trip stands for it. */
static void take_noise(struct clock_source *s)
{
    double floor_s = s->noise.floor_s, delay_s = dur_to_s(s->last.delay), half_s = delay_s / 2, step_s = s->offset_s - s->offset_before_s;

    noise_law(&s->noise, delay_s, &s->law);
    s->step_var = s->noise.samples == 1 ? half_s * half_s / 2 : s->step_var + (step_s * step_s / 2 - s->step_var) / STEP_MEMORY;
    if (s->noise.samples > LAW_SAMPLES)
        half_s = fmin(half_s, fmax(s->law.half_s + s->law.unseen_s, STEP_SIGMAS * sqrt(s->step_var)));
    if (s->noise.floor_s < floor_s)
        pace_doubt(&s->pace, (floor_s - s->noise.floor_s) / 2);
    if (s->noise.samples > 1 && s->noise.floor_s > floor_s)
        pace_forget(&s->pace); /* another path: its asymmetry may be another */
    pace_take(&s->pace, s->last.at, s->offset_s, half_s + own_error_s(&s->last));
}

/* The line was redrawn: what is remembered as offsets from it is told anew from the last sample. */
static void retell(struct clock *c, struct clock_source *s, struct mono_ns now)
{
    if (!s->used || !s->sampled)
        return;
    s->offset_s = s->offset_before_s = offset_of(c, &s->last);
    s->span = interval_of(c, &s->last, s->offset_s, now);
    s->pace = (struct clock_pace){ .known = false };
    pace_take(&s->pace, s->last.at, s->offset_s, dur_to_s(s->last.delay) / 2 + own_error_s(&s->last));
}

/* Start the estimate anew from the sources that agree, led by the one that proves most. Spans are told against the new line. */
static void restart_estimate(struct clock *c, const struct clock_majority *m, struct mono_ns now)
{
    struct clock_source *first = NULL;
    struct clock_span common;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        struct clock_source *s = &c->source[i];

        if (select_counts(s) && interval_meet(s->span, m->core, &common) && (!first || s->span.hi_s - s->span.lo_s < first->span.hi_s - first->span.lo_s))
            first = s;
    }
    assert(first);
    estimate_start(&c->estimate, first->last.at, tai_of(c, &first->last), c->estimate.rate,
                   fmax(dur_to_s(first->last.delay) / 4, 1e-6), c->estimate.skew);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        retell(c, &c->source[i], now);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (&c->source[i] != first && select_counts(&c->source[i]) && c->source[i].state == CLOCK_SOURCE_SELECTED)
            fuse(c, &c->source[i], false);
}

/* Sources that have or may still have a say: while a majority is being looked for all of them, later those heard of within the time in which the
 * page calls itself synchronised. So a liar does not become the majority because the others were cut off a little earlier. */
static unsigned expected(const struct clock *c, bool all, struct mono_ns now)
{
    int64_t recent_ns = ns_add(discipline_silence(c).ns, HELD_WAIT_NS);
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];

        n += s->used && !s->smears && (all || (s->sampled && mono_sub(now, s->last.at).ns < recent_ns));
    }
    return n;
}

/* When the clock has to find its majority, at the start or after silence or disruption, the first answers wait a little for a strict majority of all
 * sources, so that a liar who is quick does not set it. Returns how many sources the majority must be more than half of. */
static unsigned electorate(struct clock *c, struct mono_ns now)
{
    enum clock_status status = status_now(c, now);
    bool synchronised = status == CLOCK_SYNCHRONISED, over;
    struct dur_ns wait = { status == CLOCK_HOLDOVER ? HELD_WAIT_NS : c->policy.started ? AGAIN_WAIT_NS : FIRST_WAIT_NS };

    if (!synchronised && (!c->policy.waiting || mono_sub(now, c->policy.last_answer).ns > HELD_WAIT_NS)) {
        c->policy.waiting = true;
        c->policy.first_answer = now;
    }
    c->policy.last_answer = now;
    over = !c->policy.waiting || !mono_before(now, mono_add(c->policy.first_answer, wait));
    if (over && synchronised) {
        c->policy.started = true;
        c->policy.waiting = false;
    }
    c->policy.electorate = expected(c, !over, now);
    return c->policy.electorate;
}

static void log_split(struct clock *c, const struct clock_majority *m, struct clock_actions *out)
{
    struct log_record *r;

    if (c->policy.split_logged)
        return;
    c->policy.split_logged = true;
    r = discipline_log(out, LOG_NO_MAJORITY);
    log_int(r, "sources", m->selectable);
    log_ns(r, "offset_ns", dur_from_s(m->core.hi_s - m->core.lo_s).ns);
}

static void try_first(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    struct clock_majority m;
    unsigned of = electorate(c, now);
    bool may_step = c->policy.steps < (uint32_t)c->options.clock.step_limit;

    select_majority(c->source, of, &m);
    if (!m.found && m.selectable > sources_used(c) / 2)
        log_split(c, &m, out);
    if (!m.found || m.agreeing < c->options.clock.min_sources)
        return;
    judge_sources(c, &m, out);
    restart_estimate(c, &m, now);
    select_majority(c->source, of, &m);
    if (!m.found)
        return;
    c->estimate.bound = m.hull;
    c->policy.synchronised_once = true;
    c->policy.split_logged = false;
    know_rate(c);
    confine(c, out);
    if (may_step && dur_before(c->options.clock.step_threshold, dur_abs(discipline_residue(c, now))))
        c->policy.steps++;
    serve(c, may_step, true, now, out);
    log_synchronised(c, &m, out);
}

/* The majority says something the bound excludes: a declared assumption is broken, the majority's or that of our own oscillator. Beyond the panic
 * threshold it is never followed; below, a lone source must say it twice. Returns whether the bound was given up for the majority's. */
static bool yield(struct clock *c, const struct clock_majority *m, struct mono_ns now, struct clock_actions *out)
{
    double middle_s = (m->core.lo_s + m->core.hi_s) / 2, served_s = dur_to_s(discipline_residue(c, now)), since_s = dur_to_s(mono_sub(now, c->estimate.at));
    struct log_record *r;

    if (fabs(middle_s + served_s) > dur_to_s(dur_add(c->options.clock.panic_threshold, c->policy.lost))) {
        if (!c->policy.panic_logged)
            log_ns(discipline_log(out, LOG_CLOCK_PANIC), "offset_ns", dur_from_s(middle_s + served_s).ns);
        c->policy.panic_logged = true;
        return false;
    }
    if (++c->policy.contradictions < (m->selectable == 1 ? ALONE_REPEATS : 1))
        return false;
    r = discipline_log(out, LOG_CLOCK_DISRUPTED);
    log_text(r, "reason", "the sources left the error bound");
    log_ns(r, "offset_ns", dur_from_s(middle_s).ns);
    c->estimate.bound = m->hull;
    /* By a jump, or by another frequency since the last sample: both become possible. */
    estimate_inflate(&c->estimate, fabs(middle_s) + (m->hull.hi_s - m->hull.lo_s) / 2, fabs(middle_s) / fmax(since_s, 1));
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        c->source[i].pace = (struct clock_pace){ .known = false };
    return true;
}

static bool preferred_present(const struct clock *c)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&c->source[i]) && c->source[i].prefer && c->source[i].state == CLOCK_SOURCE_SELECTED)
            return true;
    return false;
}

static void follow(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    enum clock_status before = status_now(c, now);
    unsigned of = electorate(c, now);
    struct clock_majority m;
    struct clock_span both;

    select_majority(c->source, of, &m);
    if (!m.found && (of > m.selectable || before == CLOCK_HOLDOVER))
        return; /* others may still answer */
    if (!m.found || m.agreeing < c->options.clock.min_sources) {
        log_split(c, &m, out);
        discipline_publish(c, CLOCK_UNSYNCHRONISED, false, now, out);
        return;
    }
    judge_sources(c, &m, out);
    if (s->state == CLOCK_SOURCE_FALSETICKER)
        return;
    if (interval_meet(c->estimate.bound, m.hull, &both)) {
        c->estimate.bound = both;
        c->policy.panic_logged = false;
    } else if (!yield(c, &m, now, out)) {
        s->state = CLOCK_SOURCE_FALSETICKER;
        return;
    }
    c->policy.contradictions = 0;
    c->policy.split_logged = false;
    if (s->prefer || !preferred_present(c))
        fuse(c, s, m.selectable > 2);
    know_rate(c);
    confine(c, out);
    serve(c, before == CLOCK_DISRUPTED && discipline_residue(c, now).ns > 0, false, now, out);
    c->policy.lost = (struct dur_ns){ 0 };
    if (before != CLOCK_SYNCHRONISED)
        log_synchronised(c, &m, out);
}

static void follow_if_unsmeared(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    bool taken_along;

    if (!unsmear_refuses(c, s, &taken_along, out)) {
        follow(c, s, now, out);
        unsmear_remember(c);
        return;
    }
    if (taken_along) {
        for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
            retell(c, &c->source[i], now);
        discipline_publish(c, status_now(c, now), false, now, out);
    }
}

/* After a silence the frequency is known within max_drift_silent of what it was, and has to be proven again. */
static void break_silence(struct clock *c, struct mono_ns now)
{
    struct mono_ns silent_at = c->page.silent_at;

    if (mono_before(now, silent_at) || !mono_before(c->policy.last_answer, silent_at))
        return;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        pace_loosen(&c->source[i].pace, c->options.clock.max_drift_silent * 1e-6);
}

void clock_measure(struct clock *c, const struct measurement *m, struct mono_ns now, struct clock_actions *out)
{
    struct clock_source *s = &c->source[m->source];

    assert(m->source < CLOCK_SOURCES_MAX && s->used);
    if (m->delay.ns < 0 || m->dispersion.ns < 0 || m->root_delay.ns < 0 || m->root_dispersion.ns < 0)
        return;
    if (mono_before(now, m->at) || mono_sub(now, m->at).ns > OLDEST_NS || mono_before(now, c->estimate.aged))
        return;
    interval_age(c, now);
    break_silence(c, now);
    s->last = *m;
    s->offset_before_s = s->sampled ? s->offset_s : offset_of(c, m);
    s->offset_s = offset_of(c, m);
    s->sampled = true;
    s->reach = (uint8_t)(s->reach << 1 | 1);
    s->span = interval_of(c, m, s->offset_s, now);
    take_noise(s);
    if (c->policy.synchronised_once)
        follow_if_unsmeared(c, s, now, out);
    else
        try_first(c, now, out);
}

void clock_source_missed(struct clock *c, uint16_t slot, uint8_t reach, struct mono_ns now, struct clock_actions *out)
{
    struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX && s->used);
    s->reach = reach;
    if (reach != 0 || s->state == CLOCK_SOURCE_UNREACHABLE)
        return;
    s->state = CLOCK_SOURCE_UNREACHABLE;
    interval_age(c, now);
    discipline_publish(c, status_now(c, now), false, now, out);
}

void clock_disrupted(struct clock *c, struct dur_ns lost, const char *reason, struct mono_ns now, struct clock_actions *out)
{
    double lost_s = fabs(dur_to_s(lost));
    struct log_record *r = discipline_log(out, LOG_CLOCK_DISRUPTED);

    log_text(r, "reason", reason);
    log_ns(r, "offset_ns", lost.ns);
    interval_age(c, now);
    c->estimate.bound.lo_s -= lost_s;
    c->estimate.bound.hi_s += lost_s;
    estimate_inflate(&c->estimate, lost_s, 0);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        c->source[i].sampled = false;
        pace_forget(&c->source[i].pace);
    }
    c->policy.lost = dur_add(c->policy.lost, dur_abs(lost));
    c->leap.have_before = false;
    c->policy.waiting = false;
    discipline_publish(c, CLOCK_DISRUPTED, false, now, out);
}

/* The page says by itself when its status changes; here the change is told and, where the operator stated it, the local reference takes over. */
static void follow_time(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    enum clock_status s = status_now(c, now);
    struct log_record *r;

    if (s == CLOCK_FREE_RUNNING && c->options.local.present)
        s = CLOCK_LOCAL;
    if (s == c->page.status)
        return;
    r = discipline_log(out, s == CLOCK_HOLDOVER ? LOG_HOLDOVER : s == CLOCK_LOCAL ? LOG_LOCAL : LOG_FREE_RUNNING);
    log_ns(r, "bound_ns", dur_from_s(fmax(-c->estimate.bound.lo_s, c->estimate.bound.hi_s)).ns);
    if (s == CLOCK_LOCAL) {
        log_int(r, "stratum", c->options.local.stratum);
        log_ns(r, "error_ns", c->options.local.error.ns);
    }
    discipline_publish(c, s, false, now, out);
}

void clock_tick(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    interval_age(c, now);
    if (!c->policy.synchronised_once && c->policy.waiting)
        try_first(c, now, out);
    follow_time(c, now, out);
    if (!mono_before(now, c->policy.save_at)) {
        c->policy.save_at = mono_add(now, (struct dur_ns){ SAVE_NS });
        discipline_emit(out, CLOCK_DO_SAVE);
    }
    if (mono_sub(now, c->page.heartbeat).ns >= HEARTBEAT_NS) {
        leap_refresh(c, now, out);
        c->page.heartbeat = now;
        discipline_emit(out, CLOCK_DO_PUBLISH);
    }
}

struct mono_ns clock_next(const struct clock *c)
{
    struct mono_ns next = mono_min(mono_add(c->page.heartbeat, (struct dur_ns){ HEARTBEAT_NS }), c->policy.save_at);
    struct mono_ns first = mono_add(c->policy.first_answer, (struct dur_ns){ FIRST_WAIT_NS });

    if (!c->policy.synchronised_once && c->policy.waiting && mono_before(c->estimate.aged, first))
        next = mono_min(next, first);
    return mono_min(next, mono_min(c->page.holdover_at, c->page.free_running_at));
}

int clock_poll_log2(const struct clock *c, uint16_t slot)
{
    assert(slot < CLOCK_SOURCES_MAX);
    return poll_choose(c, &c->source[slot]);
}

/* The first burst spans a few seconds: until a poll interval later the frequency it tells would leave the clock off by more than noise. */
static bool frequency_is_guessed(const struct clock *c, const struct clock_source *s)
{
    return s->noise.samples < LAW_SAMPLES && c->estimate.skew * dur_to_s(dur_from_log2(s->min_poll_log2)) > 2 * noise_sd(&s->noise);
}

bool clock_wants_burst(const struct clock *c, uint16_t slot)
{
    const struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX);
    return s->used && (c->policy.contradictions > 0 || c->page.status == CLOCK_DISRUPTED || frequency_is_guessed(c, s));
}

const struct page_data *clock_page(const struct clock *c) { return &c->page; }

struct clock_drift clock_drift(const struct clock *c)
{
    return (struct clock_drift){ .freq_ppm = c->estimate.rate * 1e6, .skew_ppm = c->estimate.skew * 1e6, .valid = c->estimate.skew < GOOD_SKEW };
}

#define STEER_HORIZON_S 16.0

struct mono_ns clock_steer(const struct clock *c, struct mono_ns now, struct dur_ns system_error, double gain, double *rate)
{
    const struct page_data *p = &c->page;
    double limit = c->options.clock.max_slew * 1e-6, slew = 0, work;
    struct mono_ns next = mono_add(now, dur_from_s(STEER_HORIZON_S));

    if (mono_before(now, p->slew_end)) {
        slew = -dur_to_s(p->slew) / dur_to_s(mono_sub(p->slew_end, p->raw_ref));
        next = mono_min(next, p->slew_end);
    }
    work = -dur_to_s(system_error) / STEER_HORIZON_S;
    *rate = p->rate + fmin(fmax(slew + work + gain, -limit), limit);
    return next;
}

double clock_wander(const struct clock *c) { return c->estimate.wander; }

struct clock_source_view clock_source_view(const struct clock *c, uint16_t slot, struct mono_ns now)
{
    const struct clock_source *s = &c->source[slot];
    struct clock_source_view v = { .state = CLOCK_SOURCE_UNUSED };
    double age_s;

    assert(slot < CLOCK_SOURCES_MAX);
    if (!s->used)
        return v;
    v.state = s->state;
    if (!s->sampled)
        return v;
    age_s = fmax(dur_to_s(mono_sub(now, c->estimate.aged)), 0);
    v.offset = dur_from_s(s->offset_s);
    v.delay = s->last.delay;
    v.jitter = dur_from_s(noise_sd(&s->noise));
    v.delay_floor = dur_from_s(s->noise.floor_s);
    v.delay_excess = dur_from_s(s->noise.scale_s);
    v.bound = dur_from_s((s->span.hi_s - s->span.lo_s) / 2 + age_s * c->page.growth);
    return v;
}
