/* A machine whose clock is dead, that is without a battery or set back, and sources that can only be believed by certificates, which take a clock to judge.
 *
 *   dead --as many sources with NTS as clock.bootstrap_sources agree, at a time at which their certificates are valid--> set
 *
 * What is known meanwhile is a time that has certainly passed: the later of what clock.drift_file kept, the system clock and the date of this release. A
 * certificate that had expired by then is no good; one that begins later may be, and the time it vouches for has to lie within its validity. Who would forge
 * the first time therefore needs the keys of several servers, for certificates that have not expired since this machine last knew the time. */
#include "engine/state.h"

#define DEAD_GAP_NS (3600 * NS_PER_S)   /* a clock with a battery is less behind what was kept than that */

static unsigned sources_with_nts(const struct engine *e)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < e->options.source_count; i++)
        n += e->options.source[i].nts;
    return n;
}

struct utc_ns bootstrap_passed(const struct engine *e)
{
    const struct utc_ns release = { UTC_PLAUSIBLE_FROM_S * NS_PER_S };
    struct clock_view v;

    page_view(engine_page(e), e->now, &v);
    return utc_is_plausible(v.utc) ? v.utc : release;
}

/* So many as are wanted and there are; the clock is told. */
static void demand(struct engine *e)
{
    unsigned with_nts = sources_with_nts(e), wanted = (unsigned)e->options.clock.clock.bootstrap_sources;

    e->bootstrap = wanted < with_nts ? wanted : with_nts;
    e->clock.options.clock.min_sources = e->options.clock.clock.min_sources;
    if (e->clock.options.clock.min_sources < e->bootstrap)
        e->clock.options.clock.min_sources = e->bootstrap;
}

void bootstrap_demand(struct engine *e)
{
    if (e->bootstrap > 0)
        demand(e);
}

void bootstrap_start(struct engine *e, struct utc_ns wall)
{
    struct log_record *r;

    if (engine_page(e)->status != CLOCK_UNSYNCHRONISED || (utc_is_plausible(wall) && clock_gap(&e->clock).ns < DEAD_GAP_NS))
        return;
    demand(e);
    if (e->bootstrap == 0)
        return;
    r = engine_log(e, LOG_BOOTSTRAP);
    log_int(r, "sources", e->bootstrap);
    log_utc(r, "utc", bootstrap_passed(e));
}

bool bootstrap_refuses(const struct engine *e, const struct slot *s, struct utc_ns told)
{
    const struct configured *c = &e->configured[s->configured];

    return e->bootstrap > 0 && (!nts_is_wanted(e, s) || utc_earlier(told, c->valid.from) || utc_earlier(c->valid.until, told));
}

void bootstrap_look(struct engine *e)
{
    struct clock_view v;
    struct log_record *r;

    page_view(engine_page(e), e->now, &v);
    if (e->bootstrap == 0 || v.status != CLOCK_SYNCHRONISED)
        return;
    r = engine_log(e, LOG_BOOTSTRAP_OVER);
    log_int(r, "sources", engine_page(e)->sources_selected);
    log_utc(r, "utc", v.utc);
    e->bootstrap = 0;
    e->clock.options.clock.min_sources = e->options.clock.clock.min_sources;
}
