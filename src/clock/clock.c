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
#include "clock/disruption.h"
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

#define HEARTBEAT_NS (64 * NS_PER_S)
#define SAVE_NS (3600 * NS_PER_S)
#define GOOD_SKEW 1e-6             /* s/s: from here on the frequency is worth keeping */
#define OLDEST_NS (192 * NS_PER_S) /* a measurement older than this is no news; in interleaved mode each is one poll old, up to 150 s */

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
    sample_retell(c, now);
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

/* Does it say something on now? */
static enum verdict judge(const struct clock *c, const struct measurement *m, struct mono_ns now)
{
    if (c->source[m->source].offline)
        return VERDICT_OFFLINE;
    if (m->delay.ns < 0 || m->dispersion.ns < 0 || m->root_delay.ns < 0 || m->root_dispersion.ns < 0)
        return VERDICT_BACKWARDS;
    if (mono_before(now, m->at) || mono_sub(now, m->at).ns > OLDEST_NS || mono_before(now, c->estimate.aged))
        return VERDICT_STALE;
    if (disruption_hides(c, m))
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
    disruption_end_wait(c, now, out);
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
    next = mono_min(next, mono_min(disruption_next(c), leap_page_next(c)));
    return mono_min(next, mono_min(c->page.holdover_at, c->page.free_running_at));
}

struct dur_ns clock_poll(const struct clock *c, uint16_t slot)
{
    assert(slot < CLOCK_SOURCES_MAX);
    return poll_choose(c, &c->source[slot]);
}

struct dur_ns clock_burst(const struct clock *c, uint16_t slot)
{
    const struct clock_source *s = &c->source[slot];

    assert(slot < CLOCK_SOURCES_MAX);
    return s->used ? poll_burst(c, s) : (struct dur_ns){ 0 };
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
