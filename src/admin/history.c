#include "admin/history.h"

#include <stdio.h>
#include <string.h>

/* -- an hour ----------------------------------------------------------------------------------------------------------- */

static const struct snapshot_source *best_in_use(const struct snapshot *s)
{
    const struct snapshot_source *best = NULL;

    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->source[i].state == SOURCE_SELECTED && (!best || s->source[i].bound.ns < best->bound.ns))
            best = &s->source[i];
    return best;
}

static struct history_point point_of(const struct snapshot *s, const struct clock_view *v)
{
    const struct snapshot_source *best = best_in_use(s);
    struct history_point p = { .at = s->now, .usable = v->stratum != 0, .measured = best != NULL, .bound = clock_view_bound(v) };

    if (best)
        p.offset.ns = best->offset.ns < 0 ? -best->offset.ns : best->offset.ns;
    return p;
}

/* A point is its first snapshot and the worst bound of those that follow until the next one is due. */
static void look_at_clock(struct history *h, const struct snapshot *s, const struct clock_view *v)
{
    const struct history_point p = point_of(s, v);
    struct history_point *last = h->points ? &h->point[(h->points - 1) % HISTORY_POINTS] : NULL;

    if (!last || mono_sub(s->now, last->at).ns >= HISTORY_EVERY_S * NS_PER_S)
        h->point[h->points++ % HISTORY_POINTS] = p;
    else if (p.usable && last->usable)
        last->bound = dur_max(last->bound, p.bound);
    else
        last->usable = false;
}

/* -- what changed ------------------------------------------------------------------------------------------------------ */

static void note(struct history *h, struct utc_ns at, bool good, const char *before, const char *text)
{
    struct history_change *c = &h->change[h->changes++ % HISTORY_CHANGES];

    c->at = at;
    c->good = good;
    snprintf(c->text, sizeof c->text, "%s%s", before, text);
}

static bool is_in(const struct problem *p, const struct problems *all)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].kind == p->kind && strcmp(all->item[i].subject, p->subject) == 0)
            return true;
    return false;
}

/* One packet is lost anywhere: told while it is so, and no news afterwards. */
static bool is_news(const struct problem *p) { return p->kind != PROBLEM_SOURCE_UNANSWERED; }

/* Of those that are in `these` and not in `others`, each is said. */
static void note_problems(struct history *h, struct utc_ns at, const struct problems *these, const struct problems *others, bool good)
{
    char symptom[PROBLEM_SENTENCE_MAX];

    for (uint32_t i = 0; i < these->count; i++)
        if (is_news(&these->item[i]) && !is_in(&these->item[i], others)) {
            const struct problem_text *words = problem_text((enum problem_kind)these->item[i].kind);

            note(h, at, good, good ? "over: " : "", problem_say(&these->item[i], words->symptom, symptom, sizeof symptom));
        }
}

static void look_for_changes(struct history *h, const struct snapshot *s, const struct clock_view *v)
{
    note_problems(h, v->utc, &h->problems, &s->problems, true);
    note_problems(h, v->utc, &s->problems, &h->problems, false);
    if (s->steps != h->steps)
        note(h, v->utc, false, "the clock was set by a step", "");
    if (v->status != h->status)
        note(h, v->utc, v->stratum != 0, "the clock is now: ", clock_status_text(v->status));
}

static bool is_sane(const struct history *h)
{
    for (uint32_t i = 0; i < h->problems.count && i < PROBLEMS_MAX; i++)
        if (h->problems.item[i].kind >= PROBLEM_KINDS || !memchr(h->problems.item[i].subject, 0, sizeof h->problems.item[i].subject)
            || !memchr(h->problems.item[i].detail, 0, sizeof h->problems.item[i].detail))
            return false;
    for (int i = 0; i < HISTORY_CHANGES; i++)
        if (!memchr(h->change[i].text, 0, sizeof h->change[i].text))
            return false;
    return h->problems.count <= PROBLEMS_MAX;
}

void history_resume(struct history *h)
{
    if (!is_sane(h))
        memset(h, 0, sizeof *h);
}

void history_look(struct history *h, const struct snapshot *s)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    look_at_clock(h, s, &v);
    if (h->begun)
        look_for_changes(h, s, &v);
    else
        h->since = v.utc;
    h->begun = true;
    h->status = (uint8_t)v.status;
    h->steps = s->steps;
    h->problems = s->problems;
}

const struct history_point *history_point(const struct history *h, unsigned i)
{
    uint64_t first = h->points > HISTORY_POINTS ? h->points - HISTORY_POINTS : 0;

    return first + i < h->points ? &h->point[(first + i) % HISTORY_POINTS] : NULL;
}

const struct history_change *history_change(const struct history *h, unsigned i)
{
    return i < h->changes && i < HISTORY_CHANGES ? &h->change[(h->changes - 1 - i) % HISTORY_CHANGES] : NULL;
}
