/* The door of the clock room and its state machine.
 *
 *   UNSYNCHRONISED / LOCAL --majority--> SYNCHRONISED --8 silent polls--> HOLDOVER --bound > max_error--> FREE_RUNNING (or LOCAL)
 *        ^----- majority lost -------------'  ^---- measured again, from any state (also DISRUPTED) ----'
 *
 * A measurement passes sample.c (what it says and proves), majority.c (who is believed), combine.c (what is likely), discipline.c (what is served). */
#include "clock/clock.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "clock/discipline.h"
#include "clock/doubt.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/leap.h"
#include "clock/majority.h"
#include "clock/noise.h"
#include "clock/orphan.h"
#include "clock/pace.h"
#include "clock/poll.h"
#include "clock/recall.h"
#include "clock/sample.h"
#include "clock/unsmear.h"

#define TAI_MINUS_UTC_S 37         /* since 2017-01-01, IERS Bulletin C 52 */
#define UNKNOWN_S 4e9              /* a bound that says nothing: 127 years */
#define HEARTBEAT_NS (64 * NS_PER_S)
#define SAVE_NS (3600 * NS_PER_S)
#define GOOD_SKEW 1e-6             /* s/s: from here on the frequency is worth keeping */
#define OLDEST_NS (192 * NS_PER_S) /* a measurement older than this is no news; in interleaved mode each is one poll old, up to 150 s */
#define MOVED_NS (86400 * NS_PER_S) /* a snapshot put back may be older: then the sources are beyond the bound, and a contradiction */
#define RATE_SANE 0.1              /* base/page.h */
#define SLEEP_ROUGH_NS (3 * NS_PER_S) /* the chip that counts a sleep is read in whole seconds, before and after; the kernel counts what the system clock had
                                       * gone from it since then along, where that is less than 2 s; */
#define SLEEP_RATE 1e-3            /* and its own rate is wrong by less than this */
#define LOCAL_WAIT_NS (64 * NS_PER_S) /* so long after a sleep a source may answer before `local` goes on without */

/* Does the page say more than a start does? */
static bool may_resume(const struct page_data *page)
{
    return page && page->reference_time.ns != 0 && fabs(page->rate) <= RATE_SANE && page->status < CLOCK_STATUS_COUNT;
}

/* Of the clock that published the page. Who dies between the page and this leaves what is from before it: only while a sleep is waited for it is one. */
static void take_lapse(struct clock *c, const struct clock_lapse *lapse)
{
    c->policy.lost = lapse->lost;
    c->policy.lost_at = lapse->lost_at;
    c->policy.slept = c->page.status == CLOCK_DISRUPTED ? lapse->slept : (struct dur_ns){ 0 };
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
    c->policy.root_delay = page->root_delay;
    if (page->leap_delta_s != 0 && dur_abs(utc_sub(page_leap_midnight(page), v.utc)).ns <= CLOCK_MEMORY_LEAP_NS)
        recall_leap_of(c, page->leap_delta_s, page_leap_midnight(page), page->tai_minus_utc_s);
    c->estimate.bound = (struct clock_span){ dur_to_s(utc_sub(v.earliest, v.utc)), dur_to_s(utc_sub(v.latest, v.utc)) };
    c->estimate.rate_known = (struct clock_span){ -unproven, unproven };
    estimate_start(&c->estimate, now, v.tai, page->rate, fmax(interval_width(c->estimate.bound) / 8, 1e-6), skew);
    c->policy.synchronised_once = c->policy.synchronised_ever = c->policy.started = c->policy.waiting = c->policy.resumed = true;
    c->policy.gap = (struct dur_ns){ 0 }; /* the line was started before */
    c->policy.orphan = c->options.local.orphan && page->stratum > c->options.local.stratum;
    c->policy.first_answer = c->policy.last_answer = now;
}

/* A statement that was being served, and nothing better known: who reads it has seen the page's line, and the system clock may be behind that. */
static void restate(struct clock *c, const struct page_data *page, struct mono_ns now, double skew)
{
    struct clock_view v;
    double error_s;

    page_view(page, now, &v);
    error_s = dur_to_s(dur_max(utc_sub(v.latest, v.utc), utc_sub(v.utc, v.earliest)));
    c->page = *page;
    c->estimate.bound = (struct clock_span){ -error_s, error_s };
    estimate_start(&c->estimate, now, v.tai, page->rate, error_s, skew);
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

void clock_init(struct clock *c, const struct clock_options *o, const struct clock_start *start)
{
    struct mono_ns now = start->now;
    double limit = o->clock.max_frequency * 1e-6, known, skew, error_s;
    struct clock_actions none = { .count = 0 };
    struct utc_ns wall;
    bool local, goes_on;

    memset(c, 0, sizeof *c);
    c->options = *o;
    goes_on = o->local.present && start->page && start->page->status == CLOCK_LOCAL && fabs(start->page->rate) <= RATE_SANE;
    wall = recall_start(c, start);
    local = is_stated(c, start->wall);
    error_s = local ? dur_to_s(o->local.error) : UNKNOWN_S;
    known = fmin(fmax(c->memory.drift.freq_ppm * 1e-6, -limit), limit);
    skew = c->memory.drift.skew_ppm > 0 ? fmin(c->memory.drift.skew_ppm * 1e-6, limit) : limit / 3;
    c->page.raw_ref = c->page.slew_end = c->page.silent_at = now;
    c->page.tai_minus_utc_s = c->memory.tai_minus_utc_s ? c->memory.tai_minus_utc_s : TAI_MINUS_UTC_S;
    c->leap.saved_s = c->page.tai_minus_utc_s;
    c->page.tai_ref = utc_to_tai(wall, c->page.tai_minus_utc_s);
    c->page.leap_at = (struct tai_ns){ INT64_MAX };
    recall_leap(c);
    c->page.precision_log2 = start->precision_log2;
    c->estimate.aged = now;
    c->estimate.bound = stated_bound(c, error_s);
    c->policy.save_at = MONO_NEVER;
    c->policy.last_utc = now;
    estimate_start(&c->estimate, now, c->page.tai_ref, known, error_s, skew);
    interval_forget_rate(c);
    estimate_expect(&c->estimate, c->memory.wander);
    if (may_resume(start->page)) {
        resume(c, start->page, now, skew);
        take_lapse(c, &start->lapse);
        return;
    }
    if (goes_on)
        restate(c, start->page, now, skew);
    discipline_publish(c, local || goes_on ? CLOCK_LOCAL : CLOCK_UNSYNCHRONISED, false, now, &none);
}

struct clock_lapse clock_lapse(const struct clock *c) { return (struct clock_lapse){ c->policy.lost, c->policy.lost_at, c->policy.slept }; }

void clock_source_add(struct clock *c, uint16_t slot, const struct clock_source_options *o)
{
    struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX && o->min_poll_log2 <= o->max_poll_log2);
    *s = (struct clock_source){ .used = true, .prefer = o->prefer, .min_poll_log2 = o->min_poll_log2, .max_poll_log2 = o->max_poll_log2, .refid = o->refid,
                                .name = o->name, .smear = (uint8_t)o->smear, .state = CLOCK_SOURCE_NEW, .bias_s = 0 };
    recall_source(c, s);
}

void clock_source_change(struct clock *c, uint16_t slot, const struct clock_source_options *o)
{
    struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX && s->used && o->min_poll_log2 <= o->max_poll_log2 && s->smear == (uint8_t)o->smear);
    s->prefer = o->prefer;
    s->min_poll_log2 = o->min_poll_log2;
    s->max_poll_log2 = o->max_poll_log2;
    s->name = o->name;
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

void clock_source_remove(struct clock *c, uint16_t slot, struct mono_ns now, struct clock_actions *out)
{
    assert(slot < CLOCK_SOURCES_MAX);
    interval_age(c, now);
    c->source[slot] = (struct clock_source){ .used = false };
    discipline_publish(c, discipline_status(c, now), false, now, out);
}

void clock_source_offline(struct clock *c, uint16_t slot, bool offline, struct mono_ns now, struct clock_actions *out)
{
    struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX && s->used);
    if (s->offline == offline)
        return;
    interval_age(c, now);
    s->offline = offline;
    s->reach = 0;
    s->state = CLOCK_SOURCE_NEW;
    discipline_publish(c, discipline_status(c, now), false, now, out);
}

/* What was measured is told anew, by another estimate or another leap second. */
static void retell_all(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        sample_retell(c, &c->source[i], now);
    discipline_publish(c, discipline_status(c, now), false, now, out);
}

/* Does the source show a leap second that nobody announces? One that became known after a smear had begun takes all that was heard since back to UTC. */
static void look_for_smear(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    doubt_see(c, s);
    if (s->seen != DOUBT_UNSEEN && c->leap.in_doubt)
        leap_refresh(c, now, out);
    if (!c->leap.found)
        return;
    c->leap.found = false;
    unsmear_go_back(c);
    retell_all(c, now, out);
}

static enum verdict follow_if_unsmeared(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    bool taken_along;

    look_for_smear(c, s, now, out);
    if (!unsmear_refuses(c, s, &taken_along, out)) {
        majority_follow(c, s, now, out);
        unsmear_remember(c);
        return VERDICT_ACCEPTED;
    }
    if (taken_along)
        retell_all(c, now, out);
    return VERDICT_SMEARED;
}

/* After a silence the frequency is known within max_drift_silent of what it was, and has to be proven again. */
static void break_silence(struct clock *c, struct mono_ns now)
{
    struct mono_ns silent_at = c->page.silent_at;
    double by = c->options.clock.max_drift_silent * 1e-6;

    if (mono_before(now, silent_at) || !mono_before(c->policy.last_answer, silent_at))
        return;
    interval_widen(&c->estimate.rate_known, by);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        pace_loosen(&c->source[i].pace, by);
    doubt_forget(c);
    c->leap.have_before = false;
}

/* What was asked before a sleep or a move says nothing on now, though it may be heard after it: in interleaved mode a whole poll later. */
static bool is_lost(const struct clock *c, const struct measurement *m)
{
    return c->policy.lost_at.ns != 0 && mono_before(mono_add(m->at, dur_neg(m->delay)), c->policy.lost_at);
}

/* Does it say something on now? */
static enum verdict judge(const struct clock *c, const struct measurement *m, struct mono_ns now)
{
    if (c->source[m->source].offline)
        return VERDICT_OFFLINE;
    if (m->delay.ns < 0 || m->dispersion.ns < 0 || m->root_delay.ns < 0 || m->root_dispersion.ns < 0)
        return VERDICT_BACKWARDS;
    if (mono_before(now, m->at) || mono_sub(now, m->at).ns > OLDEST_NS || mono_before(now, c->estimate.aged))
        return VERDICT_STALE;
    if (is_lost(c, m))
        return VERDICT_BEFORE_DISRUPTION;
    return leap_is_too_near(c, m) ? VERDICT_NEAR_LEAP : VERDICT_ACCEPTED;
}

enum verdict clock_measure(struct clock *c, const struct measurement *m, struct mono_ns now, struct clock_actions *out)
{
    struct clock_source *s = &c->source[m->source];
    struct measurement own;
    enum verdict v;

    assert(m->source < CLOCK_SOURCES_MAX && s->used);
    v = judge(c, m, now);
    if (v != VERDICT_ACCEPTED)
        return v;
    if (s->state == CLOCK_SOURCE_UNREACHABLE) /* until a majority judges it, which may take a while */
        s->state = CLOCK_SOURCE_NEW;
    interval_age(c, now);
    break_silence(c, now);
    own = orphan_widened(c, m);
    sample_take(c, &own, now);
    if (!orphan_admit(c, s, now, out))
        return VERDICT_ASIDE;
    if (c->policy.synchronised_once)
        return follow_if_unsmeared(c, s, now, out);
    majority_first(c, true, now, out);
    return VERDICT_ACCEPTED;
}

void clock_source_missed(struct clock *c, uint16_t slot, uint8_t reach, struct mono_ns now, struct clock_actions *out)
{
    struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX && s->used);
    s->reach = reach;
    s->told = (uint8_t)(s->told << 1);
    if (reach != 0 || s->state == CLOCK_SOURCE_UNREACHABLE)
        return;
    s->state = CLOCK_SOURCE_UNREACHABLE;
    interval_age(c, now);
    discipline_publish(c, discipline_status(c, now), false, now, out);
}

/* What is known is worth so much less. */
static void lose(struct clock *c, struct dur_ns lost, struct mono_ns now)
{
    double lost_s = fabs(dur_to_s(lost));

    interval_age(c, now);
    interval_widen(&c->estimate.bound, lost_s);
    estimate_inflate(&c->estimate, lost_s);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        c->source[i].sampled = false;
        pace_forget(&c->source[i].pace);
    }
    c->policy.lost = dur_add(c->policy.lost, dur_abs(lost));
    c->policy.lost_at = now;
    c->policy.slept = (struct dur_ns){ 0 };
    doubt_forget(c);
    c->leap.have_before = false;
    c->policy.waiting = false;
}

/* `told` is what a reader of the log understands by `lost`. */
static void disrupt(struct clock *c, struct dur_ns told, struct dur_ns lost, const char *reason, struct mono_ns now, struct clock_actions *out)
{
    struct log_record *r = discipline_log(out, LOG_CLOCK_DISRUPTED);

    log_text(r, "reason", reason);
    log_ns(r, "offset_ns", told.ns);
    lose(c, lost, now);
    discipline_publish(c, CLOCK_DISRUPTED, false, now, out);
}

void clock_disrupted(struct clock *c, struct dur_ns lost, const char *reason, struct mono_ns now, struct clock_actions *out)
{
    disrupt(c, lost, lost, reason, now, out);
}

/* There may be nothing to measure it anew: the statement and the clock chip are what a start would go by too. The line makes up for the sleep. */
static void go_on_local(struct clock *c, struct dur_ns slept, struct dur_ns rough, struct mono_ns now, struct clock_actions *out)
{
    struct log_record *r = discipline_log(out, LOG_LOCAL_SLEPT);

    log_ns(r, "slept_ns", slept.ns);
    log_ns(r, "rough_ns", rough.ns);
    c->page.tai_ref = tai_add(c->page.tai_ref, slept);
    c->estimate.tai = tai_add(c->estimate.tai, slept);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) /* who answered while it waited was measured against the line before that */
        sample_retell(c, &c->source[i], now);
    discipline_publish(c, CLOCK_LOCAL, false, now, out);
}

/* Of a clock that was usable. An answer puts it right to the nanosecond, and forward alone; the chip's count may be ahead, and would take hours to slew back.
 * So `local` waits a minute for one. */
static void await_source(struct clock *c, struct dur_ns slept, struct dur_ns rough, struct mono_ns now, struct clock_actions *out)
{
    enum clock_status before = discipline_status(c, now);
    bool again = before == CLOCK_DISRUPTED && c->policy.slept.ns > 0;
    struct dur_ns sum = again ? dur_add(c->policy.slept, slept) : slept;

    disrupt(c, slept, dur_add(slept, rough), "the machine was suspended", now, out);
    if (again || before == CLOCK_SYNCHRONISED || before == CLOCK_HOLDOVER)
        c->policy.slept = sum;
}

static struct mono_ns local_goes_on_at(const struct clock *c)
{
    if (!c->options.local.present || c->policy.slept.ns == 0 || c->page.status != CLOCK_DISRUPTED)
        return MONO_NEVER;
    return mono_add(c->policy.lost_at, (struct dur_ns){ LOCAL_WAIT_NS });
}

/* The bound was as much wider as the sleeps were long, since the line had not made up for them. */
static void end_wait(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns slept = c->policy.slept;

    if (mono_before(now, local_goes_on_at(c)))
        return;
    interval_widen(&c->estimate.bound, -dur_to_s(slept));
    c->policy.lost = dur_sub(c->policy.lost, slept);
    c->policy.slept = (struct dur_ns){ 0 };
    orphan_end(c);
    go_on_local(c, slept, c->policy.lost, now, out);
}

/* Nobody was heard meanwhile, and the oscillator wakes at another temperature: a sleep is a silence. */
void clock_slept(struct clock *c, struct dur_ns slept, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns rough = { SLEEP_ROUGH_NS + (int64_t)((double)slept.ns * SLEEP_RATE) };
    struct mono_ns silent_at = { ns_sub(c->page.silent_at.ns, slept.ns) };

    interval_age(c, now);
    c->policy.last_answer.ns = ns_sub(c->policy.last_answer.ns, slept.ns);
    c->page.silent_at = mono_before(silent_at, now) ? mono_min(c->page.silent_at, now) : silent_at;
    if (c->page.status != CLOCK_LOCAL) {
        await_source(c, slept, rough, now, out);
        return;
    }
    lose(c, rough, now);
    go_on_local(c, slept, rough, now, out);
}

void clock_moved(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    double limit = c->options.clock.max_frequency * 1e-6;

    interval_age(c, now);
    estimate_start(&c->estimate, now, estimate_tai(&c->estimate, now), c->page.rate, dur_to_s((struct dur_ns){ MOVED_NS }), limit / 3);
    interval_forget_rate(c);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        c->source[i].pace = (struct clock_pace){ .known = false };
    clock_disrupted(c, (struct dur_ns){ MOVED_NS }, "the virtual machine was moved or restored", now, out);
}

/* The page says by itself when its status changes; here the change is told and, where the operator stated it, the local reference takes over. */
static void follow_time(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    enum clock_status s = discipline_status(c, now);
    struct log_record *r;

    if (c->options.local.present && (s == CLOCK_FREE_RUNNING || (s == CLOCK_HOLDOVER && c->policy.orphan)))
        s = CLOCK_LOCAL;
    if (s == c->page.status)
        return;
    r = discipline_log(out, s == CLOCK_HOLDOVER ? LOG_HOLDOVER : s == CLOCK_LOCAL ? LOG_LOCAL : LOG_FREE_RUNNING);
    log_ns(r, "bound_ns", dur_from_s(interval_farthest(c->estimate.bound)).ns);
    if (s == CLOCK_LOCAL) {
        orphan_end(c);
        log_int(r, "stratum", c->options.local.stratum);
        log_ns(r, "error_ns", c->options.local.error.ns);
    }
    discipline_publish(c, s, false, now, out);
}

/* What was known may have changed without a measurement. */
static void refresh(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    bool untold = c->leap.untold, in_doubt = c->leap.in_doubt;

    leap_refresh(c, now, out);
    if (c->leap.untold != untold || c->leap.in_doubt != in_doubt)
        discipline_publish(c, discipline_status(c, now), false, now, out);
}

void clock_tick(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    interval_age(c, now);
    if (!c->policy.synchronised_once && c->policy.waiting)
        majority_first(c, false, now, out);
    end_wait(c, now, out);
    if (!mono_before(now, leap_page_next(c)))
        discipline_publish(c, discipline_status(c, now), false, now, out);
    follow_time(c, now, out);
    if (!mono_before(now, c->policy.save_at)) {
        c->policy.save_at = mono_add(now, (struct dur_ns){ SAVE_NS });
        discipline_emit(out, CLOCK_DO_SAVE);
    }
    if (mono_sub(now, c->page.heartbeat).ns >= HEARTBEAT_NS) {
        refresh(c, now, out);
        c->page.heartbeat = now;
        discipline_emit(out, CLOCK_DO_PUBLISH);
    }
}

struct mono_ns clock_next(const struct clock *c)
{
    struct mono_ns next = mono_min(mono_add(c->page.heartbeat, (struct dur_ns){ HEARTBEAT_NS }), c->policy.save_at);
    struct mono_ns first = mono_add(c->policy.first_answer, (struct dur_ns){ MAJORITY_FIRST_WAIT_NS });

    if (!c->policy.synchronised_once && c->policy.waiting && mono_before(c->estimate.aged, first))
        next = mono_min(next, first);
    next = mono_min(next, mono_min(local_goes_on_at(c), leap_page_next(c)));
    return mono_min(next, mono_min(c->page.holdover_at, c->page.free_running_at));
}

struct dur_ns clock_poll(const struct clock *c, uint16_t slot)
{
    assert(slot < CLOCK_SOURCES_MAX);
    return poll_choose(c, &c->source[slot]);
}

bool clock_wants_burst(const struct clock *c, uint16_t slot)
{
    const struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX);
    return s->used && (c->policy.contradictions > 0 || c->page.status == CLOCK_DISRUPTED || poll_is_guessed(c, s));
}

const struct page_data *clock_page(const struct clock *c) { return &c->page; }

struct clock_drift clock_drift(const struct clock *c)
{
    return (struct clock_drift){ .freq_ppm = c->estimate.rate * 1e6, .skew_ppm = c->estimate.skew * 1e6, .valid = c->estimate.skew < GOOD_SKEW };
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
    v.bound = dur_from_s(interval_width(s->span) / 2 + age_s * c->page.growth);
    return v;
}
