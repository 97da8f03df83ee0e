/* A client whose machine sleeps, or whose core is dead while what it published is served on; and what is made up for behind it. */
#include <math.h>

#include "sim/client.h"

#define TOLD_WITHIN_S 3            /* clock/disruption.c: SLEEP_ROUGH_NS */

/* What nobody was there to hear. */
static void tell_missed(struct sim_world *w, struct sim_node *n)
{
    static const struct event moved = { .kind = EVENT_MOVED };
    bool slept = n->c.missed_sleep, was_moved = n->c.missed_move;

    n->c.missed_sleep = n->c.missed_move = false;
    n->c.slept_told = n->c.slept;
    if (slept)
        client_step(w, n, &(struct event){ .kind = EVENT_CLOCK_PAIR, .u.pair = { n->oscillator.raw, client_system(n), n->c.slept } });
    if (was_moved)
        client_step(w, n, &moved);
}

/* How long the machine slept is told by its clock chip, in whole seconds at both ends, less what the system clock had gone from it before; of a short sleep not
 * less than half is missed. */
static struct dur_ns told_asleep(struct sim_node *n, struct dur_ns slept)
{
    double most_s = fmin(TOLD_WITHIN_S, dur_to_s(slept) / 2);

    return dur_add(slept, dur_from_s(most_s * (2 * prng_uniform(&n->prng) - 1)));
}

/* The system clock goes on by the clock chip as well. */
void client_resume(struct sim_world *w, struct sim_node *n)
{
    struct dur_ns slept = told_asleep(n, tai_sub(w->now, n->c.asleep_since));
    bool moving = n->c.moving;

    slept.ns = moving ? 0 : slept.ns;
    n->c.slept = dur_add(n->c.slept, slept);
    oscillator_sleep(&n->oscillator, w->now);
    n->c.asleep = n->c.moving = false;
    client_step_at_once(n, slept);
    n->c.missed_sleep |= !moving;
    n->c.missed_move |= moving;
    if (!n->c.core_dead)
        tell_missed(w, n);
    n->c.last.usable = false;
    if (!n->c.core_dead)
        client_feed(w, n, &(struct event){ .kind = EVENT_TICK });
}

void client_suspend(struct sim_world *w, struct sim_node *n, struct dur_ns d, bool moved)
{
    struct sim_event e = { .at = tai_add(w->now, d), .kind = SIM_RESUME, .node = (uint16_t)(n - w->node) };

    if (n->c.asleep) { /* moved in its sleep, it hears of it when it wakes */
        n->c.missed_move |= moved;
        return;
    }
    client_read(w, n);
    n->c.asleep = true;
    n->c.moving = moved;
    n->c.asleep_since = w->now;
    sim_queue_push(&w->queue, &e);
}

static void return_after(struct sim_world *w, struct sim_node *n, struct dur_ns after)
{
    struct sim_event e = { .at = tai_add(w->now, after), .kind = SIM_REVIVE, .node = (uint16_t)(n - w->node) };

    sim_queue_push(&w->queue, &e);
}

void client_core_dies(struct sim_world *w, struct sim_node *n, struct dur_ns d)
{
    if (n->c.asleep || n->c.core_dead || !n->c.published)
        return;
    client_read(w, n);
    n->c.core_dead = true;
    return_after(w, n, d);
}

/* What it served last is where the next one begins, and an operator's words hold; what it had not saved is lost. */
void client_core_returns(struct sim_world *w, struct sim_node *n)
{
    struct page_data before = n->c.page;

    if (n->c.asleep) { /* and so does who starts it */
        return_after(w, n, (struct dur_ns){ NS_PER_S });
        return;
    }
    n->c.core_dead = false;
    client_advance(w, n);
    client_begin(w, n, &before, engine_offline(n->c.engine));
    tell_missed(w, n);
    client_feed(w, n, &(struct event){ .kind = EVENT_TICK });
}
