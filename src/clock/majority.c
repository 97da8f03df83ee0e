#include "clock/majority.h"

#include <assert.h>
#include <math.h>

#include "clock/combine.h"
#include "clock/discipline.h"
#include "clock/doubt.h"
#include "clock/estimate.h"
#include "clock/interval.h"
#include "clock/orphan.h"
#include "clock/sample.h"
#include "clock/select.h"

#define AGAIN_WAIT_NS (128 * NS_PER_S) /* how long later answers, at ordinary polls, wait for a majority of the sources, */
#define HELD_WAIT_NS (600 * NS_PER_S)  /* and in holdover, which still serves */
#define HEARD_WAIT_NS (600 * NS_PER_S) /* so long who was not heard with the first ones may still answer */
#define ALONE_REPEATS 2                /* a lone source must contradict the bound so often before it is believed */

static unsigned sources_used(const struct clock *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        n += c->source[i].used && !c->source[i].offline;
    return n;
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
        if (!agrees && s->state != CLOCK_SOURCE_FALSETICKER) {
            struct log_record *r = discipline_log(out, LOG_SOURCE_FALSETICKER);

            log_text(r, "source", s->name);
            log_ns(r, "offset_ns", dur_from_s(interval_middle(s->span) - interval_middle(m->core)).ns);
        }
        s->state = !agrees ? CLOCK_SOURCE_FALSETICKER : s->odd || (preferred && !s->prefer) ? CLOCK_SOURCE_OUTLIER : CLOCK_SOURCE_SELECTED;
    }
}

static void log_synchronised(struct clock *c, const struct clock_majority *m, struct clock_actions *out)
{
    struct log_record *r = discipline_log(out, LOG_SYNCHRONISED);

    log_int(r, "sources", m->agreeing);
    log_ns(r, "bound_ns", dur_from_s(interval_farthest(c->estimate.bound)).ns);
}

/* What the machine itself said was lost is given back; only the rest counts. */
static struct dur_ns counted_step(const struct clock *c, struct dur_ns off)
{
    return dur_max(dur_sub(dur_abs(off), c->policy.lost), (struct dur_ns){ 0 });
}

static void announce_step(struct clock *c, struct dur_ns off, struct clock_actions *out)
{
    c->policy.steps++;
    log_ns(discipline_log(out, LOG_CLOCK_STEPPED), "offset_ns", off.ns);
    discipline_emit(out, CLOCK_DO_SAVE);
}

/* Served time may jump to where it should be: never, forward only, or either way and the system clock with it. */
enum leave { LEAVE_NONE, LEAVE_FORWARD, LEAVE_ANNOUNCED };

static bool is_step(const struct clock *c, enum leave leave, struct dur_ns off)
{
    return leave != LEAVE_NONE && dur_before(c->options.clock.step_threshold, leave == LEAVE_FORWARD ? off : dur_abs(off)) &&
        clock_may_step(c, counted_step(c, off));
}

/* Publish a good measurement; where it has leave and the error is large, by a step. */
static void serve(struct clock *c, enum leave leave, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns off = discipline_residue(c, now);

    if (is_step(c, leave, off)) {
        clock_count_step(c, counted_step(c, off));
        discipline_step(c, leave == LEAVE_ANNOUNCED, now, out);
        if (leave == LEAVE_ANNOUNCED)
            announce_step(c, off, out);
    } else {
        discipline_publish(c, CLOCK_SYNCHRONISED, true, now, out);
    }
    if (!c->policy.saved && clock_drift(c).valid)
        c->policy.save_at = now;
    c->policy.saved = c->policy.saved || clock_drift(c).valid;
}

/* Start the estimate anew from the sources that agree, led by the one that proves most. Spans are told against the new line. */
static void restart_estimate(struct clock *c, const struct clock_majority *m, struct mono_ns now)
{
    struct clock_source *first = NULL;
    struct clock_span common;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        struct clock_source *s = &c->source[i];

        if (select_counts(s) && interval_meet(s->span, m->core, &common) && (!first || interval_width(s->span) < interval_width(first->span)))
            first = s;
    }
    assert(first);
    estimate_start(&c->estimate, first->last.at, sample_tai(c, &first->last), c->estimate.rate,
                   fmax(dur_to_s(first->last.delay) / 4, 1e-6), c->estimate.skew);
    estimate_expect(&c->estimate, c->memory.wander);
    sample_retell(c, now);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (&c->source[i] != first && select_counts(&c->source[i]) && c->source[i].state == CLOCK_SOURCE_SELECTED)
            combine_sample(c, &c->source[i], false);
}

/* How old the oldest word is that still counts: of a source that is asked seldom, eight polls are a long time. */
static struct dur_ns oldest_word(const struct clock *c, struct mono_ns now)
{
    struct dur_ns oldest = { 0 };

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&c->source[i]))
            oldest = dur_max(oldest, mono_sub(now, c->source[i].last.at));
    return oldest;
}

/* Sources that have or may still have a say: while a majority is being looked for all of them, later those heard of within the time in which the
 * page calls itself synchronised, counted back from the oldest word that counts. So a liar does not become the majority because the others were cut off
 * a little earlier, or because they are asked more often and are given up sooner; nor after a disruption, when those who were reachable have to be heard again.
 * Whom an operator took out is out: he is not waited for. */
static unsigned expected(const struct clock *c, bool all, struct mono_ns now)
{
    struct dur_ns recent = dur_add(dur_add(discipline_silence(c), (struct dur_ns){ HELD_WAIT_NS }), oldest_word(c, now));
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];

        n += s->used && !s->smears && !s->aside && !s->offline && (all || ((s->sampled || s->reach != 0) && dur_before(mono_sub(now, s->last.at), recent)));
    }
    return n;
}

/* A pause that is more than the way from one answer to the next: what is heard after it is waited for anew. */
static struct dur_ns answers_cease(const struct clock *c) { return (struct dur_ns){ ns_add(HELD_WAIT_NS, 2 * discipline_poll(c).ns) }; }

/* What is heard first, or after a pause, is waited after for the others: at the start for those of a burst, later for those of ordinary polls. */
static void answered(struct clock *c, bool synchronised, struct mono_ns now)
{
    bool again = dur_before(answers_cease(c), mono_sub(now, c->policy.last_answer));

    c->policy.last_answer = now;
    if (synchronised || (c->policy.waiting && !again))
        return;
    c->policy.started = c->policy.started || c->policy.waiting;
    c->policy.waiting = true;
    c->policy.first_answer = now;
}

/* When the clock has to find its majority, at the start or after silence or disruption, the first answers wait a little for a strict majority of all
 * sources, so that a liar who is quick does not set it. heard: it is called because of an answer, not of time. Returns how many sources the majority must
 * be more than half of. */
static unsigned electorate(struct clock *c, bool heard, struct mono_ns now)
{
    enum clock_status status = discipline_status(c, now);
    bool synchronised = status == CLOCK_SYNCHRONISED && !c->policy.orphan, over;
    struct dur_ns wait;

    if (orphan_counts(c))
        return 1; /* a group has one reference */
    if (heard)
        answered(c, synchronised, now);
    wait.ns = status == CLOCK_HOLDOVER ? HELD_WAIT_NS : c->policy.started ? AGAIN_WAIT_NS : MAJORITY_FIRST_WAIT_NS;
    over = !c->policy.waiting || !mono_before(now, mono_add(c->policy.first_answer, wait));
    if (over && synchronised) {
        c->policy.started = true;
        c->policy.waiting = false;
    }
    return expected(c, !over, now);
}

/* The majority of those who have answered stands, but who that is may change with each who answers late: for a while the bound is no narrower than they may
 * make it. */
static unsigned hearable(const struct clock *c, struct mono_ns now)
{
    bool late = mono_before(now, mono_add(c->policy.first_answer, (struct dur_ns){ HEARD_WAIT_NS }));

    return late && !orphan_counts(c) ? expected(c, true, now) : c->policy.electorate;
}

static void count_votes(const struct clock *c, struct clock_majority *m)
{
    select_majority(c->source, c->policy.electorate, m);
    if (m->found && c->policy.hearable > c->policy.electorate)
        select_widen(c->source, c->policy.hearable, m);
}

/* Who votes now, and what more than half of them say. heard: as for the electorate. */
static void elect(struct clock *c, bool heard, struct mono_ns now, struct clock_majority *m)
{
    c->policy.electorate = electorate(c, heard, now);
    c->policy.hearable = hearable(c, now);
    count_votes(c, m);
}

/* The estimate anew from the majority, which is asked for once more against the new line. Returns whether it is still there. */
static bool start_from(struct clock *c, struct clock_majority *m, struct mono_ns now)
{
    restart_estimate(c, m, now);
    count_votes(c, m);
    if (m->found)
        c->estimate.bound = doubt_proven(c, m->hull);
    return m->found;
}

/* A group has one reference, and that is enough. */
static bool too_few(const struct clock *c, const struct clock_majority *m)
{
    return m->agreeing < c->options.clock.min_sources && !orphan_counts(c);
}

static void log_split(struct clock *c, const struct clock_majority *m, struct clock_actions *out)
{
    struct log_record *r;

    if (c->policy.split_logged)
        return;
    c->policy.split_logged = true;
    r = discipline_log(out, LOG_NO_MAJORITY);
    log_int(r, "sources", m->selectable);
    log_ns(r, "offset_ns", dur_from_s(interval_width(m->core)).ns);
}

/* How far what is served is from the sources. */
static struct dur_ns apart(const struct clock *c, const struct clock_majority *m, struct mono_ns now)
{
    return dur_add(dur_from_s(interval_middle(m->core)), discipline_residue(c, now));
}

/* The sources are further away than a slew may reach, and the budget is spent: nothing is done until somebody decides. */
static bool budget_refuses(struct clock *c, const struct clock_majority *m, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns off = apart(c, m, now);
    struct log_record *r;

    if (!dur_before(c->options.clock.panic_threshold, dur_abs(off)) || clock_may_step(c, off))
        return false;
    if (!c->policy.budget_logged) {
        r = discipline_log(out, LOG_STEP_BUDGET);
        log_ns(r, "offset_ns", off.ns);
        log_ns(r, "stepped_ns", c->policy.stepped.ns);
        log_ns(r, "budget_ns", c->options.clock.step_budget.ns);
    }
    c->policy.budget_logged = true;
    return true;
}

static bool any_is_declared_to_smear(const struct clock *c)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (c->source[i].used && c->source[i].smear != SMEAR_NONE)
            return true;
    return false;
}

/* Nobody's words are taken back to UTC by a leap second that is known only since the clock was set by them: the next answer sets it again, with equal leave. */
static void begin_again(struct clock *c, uint32_t steps, struct mono_ns now, struct clock_actions *out)
{
    c->policy.steps = steps;
    sample_retell(c, now);
    c->policy.synchronised_once = false;
    discipline_publish(c, CLOCK_UNSYNCHRONISED, false, now, out);
}

static void settle(struct clock *c, enum leave leave, struct mono_ns now, struct clock_actions *out)
{
    c->policy.split_logged = false;
    combine_rate(c);
    combine_confine(c, out);
    serve(c, leave, now, out);
}

void majority_first(struct clock *c, bool heard, struct mono_ns now, struct clock_actions *out)
{
    const uint32_t steps = c->policy.steps;
    bool may_step = steps < (uint32_t)c->options.clock.step_limit, leap_known = c->page.leap_delta_s != 0;
    struct clock_majority m;

    elect(c, heard, now, &m);
    if (!m.found && m.selectable > sources_used(c) / 2)
        log_split(c, &m, out);
    if (!m.found || too_few(c, &m) || budget_refuses(c, &m, now, out))
        return;
    judge_sources(c, &m, out);
    if (!start_from(c, &m, now))
        return;
    c->policy.synchronised_once = true;
    settle(c, may_step ? LEAVE_ANNOUNCED : LEAVE_NONE, now, out);
    if (!leap_known && c->page.leap_delta_s != 0 && any_is_declared_to_smear(c)) {
        begin_again(c, steps, now, out);
        return;
    }
    c->policy.lost = (struct dur_ns){ 0 };
    c->policy.synchronised_ever = c->policy.synchronised_ever || !c->policy.orphan;
    c->policy.budget_logged = false;
    log_synchronised(c, &m, out);
}

/* A correction is counted from what is served; but what is still worked off since the first synchronisation was let through then, be it as much as it
 * may: on top of that only what the sources say beyond the estimate counts. */
static bool is_panic(const struct clock *c, const struct clock_majority *m, struct mono_ns now)
{
    struct dur_ns limit = dur_add(c->options.clock.panic_threshold, c->policy.lost), beyond = dur_from_s(interval_middle(m->core));
    bool let_through = dur_before(limit, dur_abs(discipline_residue(c, now)));

    return dur_before(limit, dur_abs(let_through ? beyond : apart(c, m, now)));
}

/* The majority says something the bound excludes: a declared assumption is broken, the majority's or that of our own oscillator. Beyond the panic
 * threshold it is never followed; below, a lone source must say it twice. Returns whether the bound was given up for the majority's. */
static bool yield(struct clock *c, const struct clock_majority *m, struct mono_ns now, struct clock_actions *out)
{
    struct dur_ns off = apart(c, m, now);
    struct log_record *r;

    if (is_panic(c, m, now)) {
        if (!c->policy.panic_logged)
            log_ns(discipline_log(out, LOG_CLOCK_PANIC), "offset_ns", off.ns);
        c->policy.panic_logged = true;
        return false;
    }
    if (++c->policy.contradictions < (m->selectable == 1 ? ALONE_REPEATS : 1))
        return false;
    r = discipline_log(out, LOG_CLOCK_DISRUPTED);
    log_text(r, "reason", "the sources left the error bound");
    log_ns(r, "offset_ns", dur_from_s(interval_middle(m->core)).ns);
    c->policy.bound_broken = true;
    c->policy.broken_at = now;
    c->policy.broken_by = off;
    c->estimate.bound = doubt_proven(c, m->hull);
    /* By a jump, or by another frequency since the last sample: both become possible. */
    estimate_open(&c->estimate, interval_farthest(m->hull), dur_to_s(mono_sub(now, c->estimate.at)));
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

/* What a group agreed on was nobody's UTC, and its rate is its reference's, who may have been slewing: with the first who has UTC all begins anew, and what
 * others said before is as old as the frequency is unknown. */
static bool leave_group(struct clock *c, struct clock_majority *m, struct mono_ns now)
{
    c->estimate.skew = fmax(c->estimate.skew, c->options.clock.max_drift_silent * 1e-6);
    interval_forget_rate(c);
    return start_from(c, m, now);
}

/* What a sleep took is far more than what the sources leave open: beside so wide a doubt even the small chance that a sample fits nothing would keep the
 * estimate at the bound's edge. */
static void replace_lost_phase(struct clock *c)
{
    double half_s = interval_width(c->estimate.bound) / 2;

    if (dur_to_s(c->policy.lost) > half_s)
        interval_follow(c, estimate_replace(&c->estimate, interval_middle(c->estimate.bound), half_s));
}

/* The bound becomes what the majority and it have in common. Returns false where the majority is not followed. */
static bool narrow(struct clock *c, struct clock_source *s, struct clock_majority *m, struct mono_ns now, struct clock_actions *out)
{
    struct clock_span hull = doubt_proven(c, m->hull), both;

    if (orphan_counts(c)) {
        c->estimate.bound = m->hull;
    } else if (c->policy.orphan) {
        return leave_group(c, m, now);
    } else if (interval_meet(c->estimate.bound, hull, &both)) {
        c->estimate.bound = c->leap.loose > 0 ? hull : both; /* who is right of those who smear and those who do not may be another each time */
        replace_lost_phase(c);
        c->policy.panic_logged = false;
    } else if (!yield(c, m, now, out)) {
        s->state = CLOCK_SOURCE_FALSETICKER;
        return false;
    }
    return true;
}

void majority_follow(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    enum clock_status before = discipline_status(c, now);
    bool disrupted = before == CLOCK_DISRUPTED || c->policy.lost.ns > 0; /* also where the first answers since then made no majority */
    bool leaves = c->policy.orphan && !orphan_counts(c);
    struct clock_majority m;

    elect(c, true, now, &m);
    if (!m.found && (c->policy.electorate > m.selectable || before == CLOCK_HOLDOVER))
        return; /* others may still answer */
    if (!m.found || too_few(c, &m)) {
        log_split(c, &m, out);
        discipline_publish(c, CLOCK_UNSYNCHRONISED, false, now, out);
        return;
    }
    judge_sources(c, &m, out);
    if (s->state == CLOCK_SOURCE_FALSETICKER || !narrow(c, s, &m, now, out))
        return;
    c->policy.orphan = s->standing == STANDING_REFERENCE;
    c->policy.synchronised_ever = c->policy.synchronised_ever || !c->policy.orphan;
    c->policy.contradictions = 0;
    if (!leaves && (s->prefer || !preferred_present(c)))
        combine_sample(c, s, m.selectable > 2);
    settle(c, disrupted ? LEAVE_FORWARD : LEAVE_NONE, now, out);
    c->policy.lost = (struct dur_ns){ 0 };
    if (before != CLOCK_SYNCHRONISED)
        log_synchronised(c, &m, out);
}
