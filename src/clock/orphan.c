#include "clock/orphan.h"

#include "clock/discipline.h"

#define ALONE_NS (64 * NS_PER_S) /* no source of UTC has answered for so long, or since the start */

static bool is_expected(const struct clock_source *s) { return s->used && !s->offline && s->standing == STANDING_UTC; }

/* Nobody gives UTC: none is asked, or none has answered for a while, and holdover is over. */
static bool alone(const struct clock *c, struct mono_ns now)
{
    enum clock_status status = discipline_status(c, now);
    bool expected = false;

    if (!c->policy.orphan && (status == CLOCK_SYNCHRONISED || status == CLOCK_HOLDOVER))
        return false;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        expected = expected || is_expected(&c->source[i]);
    return !expected || mono_sub(now, c->policy.last_utc).ns >= ALONE_NS;
}

static struct clock_source *reference(struct clock *c, struct mono_ns now)
{
    struct clock_source *best = NULL;

    if (!alone(c, now))
        return NULL;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        struct clock_source *s = &c->source[i];

        if (s->used && s->sampled && s->reach != 0 && !s->offline && s->standing == STANDING_REFERENCE && (!best || s->rank < best->rank))
            best = s;
    }
    return best;
}

static void set_aside(struct clock_source *s, bool aside)
{
    s->aside = aside;
    if (aside && s->reach != 0)
        s->state = CLOCK_SOURCE_OUTLIER;
}

bool orphan_admit(struct clock *c, struct clock_source *s, struct mono_ns now, struct clock_actions *out)
{
    const struct clock_source *best;

    if (s->standing == STANDING_UTC)
        c->policy.last_utc = now;
    best = reference(c, now);
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        set_aside(&c->source[i], best ? &c->source[i] != best : c->source[i].standing != STANDING_UTC);
    if (!s->aside && s == best && !c->policy.orphan) {
        c->policy.orphan = true;
        log_text(discipline_log(out, LOG_ORPHAN), "source", s->name);
    }
    return !s->aside;
}

bool orphan_counts(const struct clock *c)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (c->source[i].used && c->source[i].standing == STANDING_REFERENCE && !c->source[i].aside && !c->source[i].offline)
            return true;
    return false;
}

struct measurement orphan_widened(const struct clock *c, const struct measurement *m)
{
    struct measurement w = *m;

    if (m->standing == STANDING_REFERENCE)
        w.root_dispersion = dur_max(m->root_dispersion, c->options.local.error);
    return w;
}

void orphan_end(struct clock *c)
{
    c->policy.orphan = false;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        set_aside(&c->source[i], c->source[i].standing != STANDING_UTC);
}
