/* The door: one event in, actions out through an outbox.
 *
 *   event --> sources.c (names, slots), exchanges.c (requests, answers), references.c --> clock/ --> engine_clock_actions --> outbox --> caller
 *         `-> steer.c (system clock) ---------------------------------------------------^
 *
 * Standards: none of its own; the rooms it drives name theirs. */
#include "engine/engine.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "clock/leap.h"
#include "engine/state.h"

size_t engine_size(void) { return sizeof(struct engine); }

struct action *engine_emit(struct engine *e, enum action_kind kind)
{
    uint32_t at;

    assert(outbox_count(&e->outbox) < sizeof e->outbox.item / sizeof e->outbox.item[0]);
    at = (e->outbox.first + e->outbox.count) % (uint32_t)(sizeof e->outbox.item / sizeof e->outbox.item[0]);
    e->outbox.count++;
    memset(&e->outbox.item[at], 0, sizeof e->outbox.item[at]);
    e->outbox.item[at].kind = kind;
    return &e->outbox.item[at];
}

struct log_record *engine_log(struct engine *e, enum log_id id)
{
    struct action *a = engine_emit(e, ACTION_LOG);

    a->u.log.id = id;
    return &a->u.log;
}

bool engine_has_room(const struct engine *e)
{
    return outbox_count(&e->outbox) + OUTBOX_ROOM_FOR_ONE <= sizeof e->outbox.item / sizeof e->outbox.item[0];
}

/* What the clock wants done, in the engine's words. */
void engine_clock_actions(struct engine *e, struct clock_actions *a)
{
    bool page_changed = false;

    for (unsigned i = 0; i < a->count; i++) {
        const struct clock_action *c = &a->item[i];

        switch (c->kind) {
        case CLOCK_DO_PUBLISH:
            page_changed = true;
            break;
        case CLOCK_DO_STEP:
            e->steps++;
            steer_step(e, c->offset);
            page_changed = true;
            break;
        case CLOCK_DO_SAVE:
            engine_emit(e, ACTION_SAVE);
            break;
        case CLOCK_DO_LOG:
            engine_emit(e, ACTION_LOG)->u.log = c->log;
            break;
        }
    }
    a->count = 0;
    if (page_changed) {
        engine_emit(e, ACTION_PUBLISH);
        steer_wake(e);
    }
}

static void tell_gap(struct engine *e)
{
    struct clock_view v;
    struct log_record *r;

    if (clock_gap(&e->clock).ns < GAP_TOLD_NS)
        return;
    page_view(engine_page(e), e->now, &v);
    r = engine_log(e, LOG_CLOCK_BEFORE_SAVED);
    log_ns(r, "gap_ns", clock_gap(&e->clock).ns);
    log_utc(r, "utc", v.utc);
}

struct engine *engine_init(void *storage, const struct engine_start *s)
{
    struct engine *e = storage;
    struct utc_ns wall;

    memset(e, 0, offsetof(struct engine, nts));
    e->options = *s->options;
    e->rng = s->rng;
    e->precision_log2 = s->precision_log2;
    e->started = e->now = s->now;
    e->asleep = s->asleep;
    e->system_steps = s->steps_made;
    wall = s->steer ? leap_unsmeared(&e->options.clock.leap, s->memory, s->wall) : s->wall;
    clock_init(&e->clock, &e->options.clock, &(struct clock_start){ s->now, wall, s->memory, s->precision_log2, s->page, s->lapse });
    tell_gap(e);
    bootstrap_start(e, s->wall);
    steer_start(e, s->steer);
    engine_emit(e, ACTION_PUBLISH);
    sources_start(e);
    for (uint16_t i = 0; i < e->options.source_count; i++)
        sources_offline(e, i, s->offline >> i & 1);
    return e;
}

static void tick(struct engine *e)
{
    struct clock_actions a = { .count = 0 };

    sources_tick(e);
    exchanges_tick(e);
    references_tick(e);
    if (!engine_has_room(e))
        return;
    clock_tick(&e->clock, e->now, &a);
    engine_clock_actions(e, &a);
    steer_tick(e);
}

static void stop(struct engine *e, const struct event *ev)
{
    (void)ev;
    exchanges_stop(e);
    steer_stop(e);
    engine_emit(e, ACTION_SAVE);
}

static void take_leap_table(struct engine *e, const struct event *ev)
{
    struct clock_actions a = { .count = 0 };

    clock_leap_table(&e->clock, ev->u.leap.origin, ev->u.leap.table, e->now, &a);
    engine_clock_actions(e, &a);
}

/* What each event is for. EVENT_TICK says nothing by itself. */
static void (*const takers[EVENT_STOP + 1])(struct engine *e, const struct event *ev) = {
    [EVENT_DATAGRAM] = exchanges_datagram,  [EVENT_TX_STAMP] = exchanges_sent, [EVENT_SEND_FAILED] = exchanges_send_failed,
    [EVENT_ADDRESSES] = sources_addresses,  [EVENT_NTS] = nts_established,     [EVENT_REFERENCE] = references_said,
    [EVENT_CLOCK_PAIR] = steer_pair,        [EVENT_MOVED] = steer_moved,       [EVENT_CLOCK_RESULT] = steer_result,
    [EVENT_LEAP_TABLE] = take_leap_table,   [EVENT_OPTIONS] = engine_change,   [EVENT_SOURCE] = sources_act,
    [EVENT_STEP] = steer_step_now,          [EVENT_STOP] = stop,
};

static size_t hand_out(struct engine *e, struct action *out, size_t out_max)
{
    size_t n = 0;

    while (n < out_max && outbox_count(&e->outbox) > 0) {
        out[n++] = *outbox_at(&e->outbox, 0);
        e->outbox.first = (e->outbox.first + 1) % (uint32_t)(sizeof e->outbox.item / sizeof e->outbox.item[0]);
        e->outbox.count--;
    }
    return n;
}

size_t engine_step(struct engine *e, const struct event *ev, struct mono_ns now, struct action *out, size_t out_max)
{
    if (mono_before(e->now, now)) /* a caller whose clock went back does not take ours along */
        e->now = now;
    if (ev->kind != EVENT_TICK)
        assert(engine_has_room(e)); /* the caller drains the outbox before the next input */
    if (takers[ev->kind])
        takers[ev->kind](e, ev);
    if (ev->kind != EVENT_STOP && engine_has_room(e))
        tick(e);
    return hand_out(e, out, out_max);
}

struct mono_ns engine_next_deadline(const struct engine *e)
{
    if (outbox_count(&e->outbox) > 0)
        return e->now;
    return mono_min(mono_min(mono_min(sources_next(e), exchanges_next(e)), references_next(e)), mono_min(clock_next(&e->clock), steer_next(e)));
}

uint32_t engine_offline(const struct engine *e)
{
    uint32_t set = 0;

    for (uint16_t i = 0; i < e->options.source_count; i++)
        set |= (uint32_t)e->configured[i].offline << i;
    return set;
}

const struct engine_options *engine_options_now(const struct engine *e) { return &e->options; }

void engine_remember(const struct engine *e, struct clock_memory *out) { clock_remember(&e->clock, e->now, out); }

struct clock_lapse engine_lapse(const struct engine *e) { return clock_lapse(&e->clock); }

const struct page_data *engine_page(const struct engine *e) { return clock_page(&e->clock); }
