#include "clock/disruption.h"

#include <math.h>

#include "clock/discipline.h"
#include "clock/doubt.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/orphan.h"
#include "clock/pace.h"
#include "clock/sample.h"

#define MOVED_NS (86400 * NS_PER_S)   /* a snapshot put back may be older: then the sources are beyond the bound, and a contradiction */
#define SLEEP_ROUGH_NS (3 * NS_PER_S) /* the chip that counts a sleep is read in whole seconds, before and after; the kernel counts what the system clock had
                                       * gone from it since then along, where that is less than 2 s; */
#define SLEEP_RATE 1e-3               /* and its own rate is wrong by less than this */

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
    sample_retell(c, now); /* who answered while it waited was measured against the line before that */
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

/* The bound was as much wider as the sleeps were long, since the line had not made up for them. */
void disruption_end_wait(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns slept = c->policy.slept;

    if (mono_before(now, disruption_next(c)))
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

bool disruption_hides(const struct clock *c, const struct measurement *m)
{
    return c->policy.lost_at.ns != 0 && mono_before(mono_add(m->at, dur_neg(m->delay)), c->policy.lost_at);
}

/* Who dies between the page and this leaves what is from before it: only while a sleep is waited for it is one. */
void disruption_resume(struct clock *c, const struct clock_lapse *lapse)
{
    c->policy.lost = lapse->lost;
    c->policy.lost_at = lapse->lost_at;
    c->policy.slept = c->page.status == CLOCK_DISRUPTED ? lapse->slept : (struct dur_ns){ 0 };
}

struct clock_lapse clock_lapse(const struct clock *c) { return (struct clock_lapse){ c->policy.lost, c->policy.lost_at, c->policy.slept }; }
