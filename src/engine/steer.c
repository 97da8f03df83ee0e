/* The system clock is an actuator that follows the served line: frequency commands between two looks at it, a step only together with the served line.
 *
 *   page changed / next due --> ACTION_READ_CLOCK --> EVENT_CLOCK_PAIR --> clock_steer --> ACTION_CLOCK frequency
 *
 * A pair that does not fit the commanded rate means another hand on the clock, or a sleep of the machine: clock_disrupted where time jumped, a warning and
 * the command once more where it only runs at another rate. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "engine/state.h"

#define STEP_LEAST_NS 1000           /* less than that is the noise of reading it */
#define STATUS_REFRESH_S 60              /* kernel: maxerror grows 0.5 ms/s, and at 16 s STA_UNSYNC comes back */
#define FOREIGN_STEP_NS (10 * NS_PER_MS) /* an unexplained jump above this is another program's step */
#define FOREIGN_RATE 5e-6                /* a steady gain or loss above this, and RETUNED_LEAST_NS, is another program's frequency */
#define RETUNED_LEAST_NS (100 * NS_PER_US)
#define RETUNED_TOLD_NS (60 * NS_PER_S)  /* two programs that take turns are told of once a minute */
#define RATE_SLACK 1e-3                  /* ... beside what a foreign frequency of +-500 ppm and our own limit explain */
#define REPAIR_NS (128 * NS_PER_MS)      /* a system clock this far behind is put forward by a step: at 500 ppm it would take four minutes */
#define REPAIR_PAUSE_NS (60 * NS_PER_S)  /* where two programs disagree, the clock should not jump all the time */
#define SETTLE_NS (250 * NS_PER_MS)      /* from a step's command to the clock, through another process */

void steer_start(struct engine *e, bool on)
{
    e->steering.on = on;
    e->steering.next = on ? e->now : MONO_NEVER;
    e->steering.status_next = e->steering.settled = e->steering.repair_at = e->now;
    e->steering.gap = clock_gap(&e->clock);
}

void steer_wake(struct engine *e)
{
    if (e->steering.on)
        e->steering.next = e->now;
}

static struct mono_ns later(struct mono_ns a, struct mono_ns b) { return mono_before(a, b) ? b : a; }

struct mono_ns steer_next(const struct engine *e)
{
    const struct steering *s = &e->steering;

    return s->reading || !s->on ? MONO_NEVER : later(s->next, s->settled);
}

static struct clock_command *command(struct engine *e)
{
    struct clock_command *c = &engine_emit(e, ACTION_CLOCK)->u.clock;

    c->number = ++e->steering.asked;
    return c;
}

static void set_frequency(struct engine *e, double rate)
{
    struct clock_command *c = command(e);

    c->verb = CLOCK_SET_FREQUENCY;
    c->freq_ppm = rate * 1e6;
    e->steering.freq_before_ppm = e->steering.freq_ppm;
    e->steering.freq_ppm = c->freq_ppm;
    e->steering.asked_at = e->now;
    e->steering.retuned = false;
}

void steer_tick(struct engine *e)
{
    struct steering *s = &e->steering;
    bool coasted = s->coasting;

    if (!s->on || s->reading || mono_before(e->now, later(s->next, s->settled)))
        return;
    if (leap_coast(e)) {
        if (!coasted)
            set_frequency(e, engine_page(e)->rate);
        return;
    }
    s->reading = true;
    engine_emit(e, ACTION_READ_CLOCK);
}

/* The kernel's own words for others (ntp_adjtime readers, the RTC's 11-minute mode) follow the page. */
static void set_status(struct engine *e, const struct clock_view *v)
{
    struct clock_command *c = command(e);
    struct dur_ns early = utc_sub(v->utc, v->earliest), late = utc_sub(v->latest, v->utc);

    c->verb = CLOCK_SET_STATUS;
    c->synchronised = v->status == CLOCK_SYNCHRONISED || v->status == CLOCK_HOLDOVER;
    c->leap = leap_for_kernel(e, v);
    c->max_error = dur_add(dur_max(early, late), dur_abs(e->steering.error));
    c->est_error = dur_abs(e->steering.error);
    c->tai_minus_utc_s = (int32_t)((v->tai.ns - v->utc.ns) / NS_PER_S);
    e->steering.leap_sent = (uint8_t)c->leap;
    e->steering.status_sent = (uint8_t)v->status;
    e->steering.status_next = mono_add(e->now, (struct dur_ns){ STATUS_REFRESH_S * NS_PER_S });
}

static void note_moved(struct engine *e, const char *reason)
{
    e->steering.was_moved = true;
    e->steering.moved_at = e->now;
    e->steering.moved_by = reason;
}

static void look_for_sleep(struct engine *e, struct dur_ns asleep)
{
    struct dur_ns slept = dur_sub(asleep, e->asleep);
    struct clock_actions a = { .count = 0 };

    if (slept.ns <= PAGE_SLEEP_NS)
        return;
    e->steering.have_pair = false; /* the system clock went on, by the clock chip, while RAW stood: that is no other hand */
    e->steering.misplaced = true;
    e->asleep = asleep; /* many short naps count together */
    note_moved(e, "the machine was suspended");
    clock_slept(&e->clock, slept, e->now, &a);
    engine_clock_actions(e, &a);
    exchanges_hurry(e, slept);
}

/* Another host's oscillator, or an earlier time: what RAW counted before says nothing about what it counts now, and the system clock follows nobody. */
void steer_moved(struct engine *e, const struct event *ev)
{
    struct clock_actions a = { .count = 0 };

    (void)ev;
    e->steering.have_pair = false;
    e->steering.misplaced = true;
    note_moved(e, "the virtual machine was moved or restored");
    clock_moved(&e->clock, e->now, &a);
    engine_clock_actions(e, &a);
    exchanges_hurry(e, (struct dur_ns){ 0 });
}

/* How far the system clock went beyond what RAW and our own commands explain. */
static int64_t unexplained_ns(const struct steering *s, struct mono_ns raw, struct utc_ns system)
{
    int64_t elapsed = mono_sub(raw, s->last_raw).ns, moved = utc_sub(system, s->last_system).ns;

    return ns_sub(ns_sub(ns_sub(moved, elapsed), s->own_step.ns), (int64_t)((double)elapsed * s->freq_ppm * 1e-6));
}

static bool is_step(const struct steering *s, int64_t rest_ns, struct mono_ns raw)
{
    return llabs(rest_ns) > FOREIGN_STEP_NS + (int64_t)((double)llabs(mono_sub(raw, s->last_raw).ns) * RATE_SLACK);
}

/* Too little for a step, and too much for our own last command, which may have come into force late. A command that is on its way, was refused, or is to be
 * said again explains all. */
static bool is_other_rate(const struct steering *s, int64_t rest_ns, struct mono_ns raw)
{
    double elapsed_ns = (double)mono_sub(raw, s->last_raw).ns;
    double late_ns = mono_before(s->asked_at, s->last_raw) ? 0 : (double)mono_sub(s->obeyed_at, s->asked_at).ns;
    double own_ns = fabs(s->freq_ppm - s->freq_before_ppm) * 1e-6 * fmax(late_ns, 0);

    if (s->answered != s->asked || s->refused || s->retuned || s->own_step.ns != 0)
        return false;
    return (double)llabs(rest_ns) > RETUNED_LEAST_NS + elapsed_ns * FOREIGN_RATE + own_ns;
}

/* Served time does not care, and the next command puts it right: it is told, since another program would do it again. */
static void retuned(struct engine *e, double ppm)
{
    struct steering *s = &e->steering;

    s->retuned = true;
    note_moved(e, "another program changed the system clock's frequency");
    if (mono_before(e->now, s->retuned_told))
        return;
    s->retuned_told = mono_add(e->now, (struct dur_ns){ RETUNED_TOLD_NS });
    log_double(engine_log(e, LOG_CLOCK_RETUNED), "freq_ppm", ppm);
}

static void look_for_another_hand(struct engine *e, struct mono_ns raw, struct utc_ns system)
{
    struct steering *s = &e->steering;
    int64_t rest_ns = s->have_pair ? unexplained_ns(s, raw, system) : 0;
    bool stepped = s->have_pair && is_step(s, rest_ns, raw), other_rate = s->have_pair && !stepped && is_other_rate(s, rest_ns, raw);
    static const char reason[] = "another program stepped the system clock";
    struct clock_actions a = { .count = 0 };

    if (other_rate)
        retuned(e, (double)rest_ns / (double)mono_sub(raw, s->last_raw).ns * 1e6);
    s->have_pair = true;
    s->last_raw = raw;
    s->last_system = system;
    s->own_step = (struct dur_ns){ 0 };
    if (!stepped)
        return;
    s->misplaced = true;
    note_moved(e, reason);
    clock_disrupted(&e->clock, (struct dur_ns){ rest_ns }, reason, e->now, &a);
    engine_clock_actions(e, &a);
    exchanges_hurry(e, (struct dur_ns){ 0 });
}

static void command_step(struct engine *e, struct dur_ns by)
{
    struct clock_command *c = command(e);

    c->verb = CLOCK_SET_STEP;
    c->step = by;
    e->steering.own_step = dur_add(e->steering.own_step, by);
    e->steering.settled = mono_add(e->now, (struct dur_ns){ SETTLE_NS });
    e->system_steps++;
}

/* May a system clock that is `behind` be put forward by a step, once what is served is measured again? */
static bool may_repair(struct engine *e, struct dur_ns behind, enum clock_status status)
{
    const struct steering *s = &e->steering;

    return s->misplaced && behind.ns > REPAIR_NS && (status == CLOCK_SYNCHRONISED || status == CLOCK_HOLDOVER) && !mono_before(e->now, s->repair_at) &&
           e->system_steps < (uint64_t)e->options.clock.clock.step_limit;
}

static void tell_budget(struct engine *e, struct dur_ns by)
{
    struct log_record *r = engine_log(e, LOG_STEP_BUDGET);

    log_ns(r, "offset_ns", by.ns);
    log_ns(r, "stepped_ns", clock_steps(&e->clock).stepped.ns);
    log_ns(r, "budget_ns", e->options.clock.clock.step_budget.ns);
}

/* Served time never moved: it is the system clock that comes back to it, forward by a step, backward by slewing alone. */
static bool repair(struct engine *e, struct dur_ns behind, enum clock_status status)
{
    struct steering *s = &e->steering;

    if (dur_before(dur_abs(behind), (struct dur_ns){ FOREIGN_STEP_NS }))
        s->misplaced = s->budget_spent = false;
    if (!may_repair(e, behind, status))
        return false;
    s->misplaced = false;
    s->repair_at = mono_add(e->now, (struct dur_ns){ REPAIR_PAUSE_NS });
    s->budget_spent = !clock_may_step(&e->clock, behind);
    if (s->budget_spent) {
        tell_budget(e, behind);
        return false;
    }
    clock_count_step(&e->clock, behind);
    command_step(e, behind);
    log_ns(engine_log(e, LOG_CLOCK_REPAIRED), "offset_ns", behind.ns);
    engine_emit(e, ACTION_SAVE);
    s->next = e->now;
    return true;
}

/* Before the first synchronisation the line may have been started ahead of the system clock: that is no error of the system clock to work off. */
static struct dur_ns error_to_work_off(struct engine *e, enum clock_status status)
{
    struct steering *s = &e->steering;

    if (s->gap.ns == 0)
        return s->error;
    if (status != CLOCK_SYNCHRONISED)
        return dur_add(s->error, s->gap);
    s->gap = (struct dur_ns){ 0 }; /* synchronised without a step */
    s->misplaced = true;
    return s->error;
}

void steer_pair(struct engine *e, const struct event *ev)
{
    struct steering *s = &e->steering;
    struct clock_view at_pair, v;
    struct leap_wish wish;
    struct dur_ns off;
    double rate = 0;

    s->reading = false;
    look_for_sleep(e, ev->u.pair.asleep);
    if (!s->on || s->coasting)
        return;
    look_for_another_hand(e, ev->u.pair.raw, ev->u.pair.system);
    page_view(engine_page(e), ev->u.pair.raw, &at_pair);
    s->error = utc_sub(ev->u.pair.system, at_pair.utc);
    wish = leap_wish(e, &at_pair);
    off = dur_sub(error_to_work_off(e, at_pair.status), wish.offset);
    if (repair(e, (struct dur_ns){ ns_sub(0, off.ns) }, at_pair.status))
        return;
    s->next = leap_next(e, clock_steer(&e->clock, ev->u.pair.raw, off, wish.gain, &rate));
    if (s->retuned || fabs(rate * 1e6 - s->freq_ppm) > 1e-6) /* one part in 10^12: nothing a clock could show */
        set_frequency(e, rate);
    page_view(engine_page(e), e->now, &v);
    if (s->status_sent != v.status || s->leap_sent != leap_for_kernel(e, &v) || !mono_before(e->now, s->status_next))
        set_status(e, &v);
}

const char *engine_step_refusal(const struct engine *e, struct dur_ns *by)
{
    struct clock_view v;

    page_view(engine_page(e), e->now, &v);
    *by = dur_neg(e->steering.error);
    if (!e->steering.on)
        return "a virtual clock is kept: there is no system clock to step (clock.mode)";
    if (v.status != CLOCK_SYNCHRONISED && v.status != CLOCK_HOLDOVER)
        return "the time is not known well enough to step to it: not synchronised";
    if (dur_abs(*by).ns < STEP_LEAST_NS)
        return "the system clock is within a microsecond of where it should be: nothing to step";
    if (e->system_steps >= (uint64_t)e->options.clock.clock.step_limit)
        return "clock.step_limit allows no further step";
    return clock_may_step(&e->clock, *by) ? NULL : "clock.step_budget does not allow it";
}

void steer_step_now(struct engine *e, const struct event *ev)
{
    struct dur_ns by;

    (void)ev;
    if (engine_step_refusal(e, &by))
        return;
    clock_count_step(&e->clock, by);
    command_step(e, by);
    log_ns(engine_log(e, LOG_CLOCK_STEPPED_NOW), "offset_ns", by.ns);
    engine_emit(e, ACTION_SAVE);
    e->steering.next = e->now;
}

void steer_step(struct engine *e, struct dur_ns by)
{
    if (!e->steering.on)
        return;
    command_step(e, dur_add(by, e->steering.gap));
    e->steering.gap = (struct dur_ns){ 0 };
}

void steer_result(struct engine *e, const struct event *ev)
{
    const int err = ev->u.result.err;
    struct steering *s = &e->steering;
    uint32_t further = ev->u.result.number - s->answered;

    if (further == 0 || further > s->asked - s->answered) /* told to a core that is gone */
        return;
    s->retuned = s->retuned || further > 1; /* who was to obey may have ended before or after he did */
    s->answered = ev->u.result.number;
    s->obeyed_at = e->now;
    if (err == 0) {
        s->refused = false;
        return;
    }
    s->refused_err = err;
    if (s->refused)
        return;
    s->refused = true;
    log_text(engine_log(e, LOG_CLOCK_CANNOT_SET), "reason", ue_text(err));
}

void steer_stop(struct engine *e)
{
    if (e->steering.on)
        set_frequency(e, engine_page(e)->rate);
}
