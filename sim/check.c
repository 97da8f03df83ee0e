#include "sim/check.h"

#include <math.h>
#include <stdlib.h>

#define SETTLE_PART 10 /* the table's figures leave out the first tenth of a run */

static const struct snapshot *look(struct check *c, struct sim_world *w, unsigned node)
{
    struct sim_node *n = &w->node[node];

    if (c->snapshot_at.ns != w->now.ns || c->snapshot_node != node) {
        engine_snapshot(n->c.engine, n->oscillator.raw, &c->snapshot);
        c->snapshot_at = w->now;
        c->snapshot_node = node;
    }
    return &c->snapshot;
}

static double of_source(const struct expectation *e, const struct snapshot_source *s)
{
    switch (e->quantity) {
    case QUANTITY_STATE:
        return s->state;
    case QUANTITY_REACH:
        return s->reach;
    case QUANTITY_POLL:
        return s->poll_log2;
    case QUANTITY_OFFSET:
        return (double)dur_abs(s->offset).ns;
    case QUANTITY_VERDICT:
        return (double)s->verdict[e->choice];
    default:
        return (double)s->accepted;
    }
}

/* A source that has no slot now (a replaced pool member) is "unused" and has counted nothing. */
static double source_value(struct check *c, struct sim_world *w, const struct expectation *e)
{
    static const struct snapshot_source absent = { .state = SOURCE_UNUSED };
    const struct snapshot *s = look(c, w, e->node);

    for (uint32_t i = 0; i < s->source_count && i < SNAPSHOT_SOURCES_MAX; i++)
        if (addr_same_host(&s->source[i].addr, &w->node[e->source].addr))
            return of_source(e, &s->source[i]);
    return of_source(e, &absent);
}

/* How many problems of the kind status tells of now. */
static unsigned named(const struct sim_node *n, int kind)
{
    struct problems p = { .count = 0 };
    unsigned found = 0;

    engine_problems(n->c.engine, n->oscillator.raw, &p);
    for (uint32_t i = 0; i < p.count; i++)
        found += p.item[i].kind == kind;
    return found;
}

/* Of what a reader of its page is told. */
static double reading_value(const struct sim_reading *r, enum quantity quantity)
{
    switch (quantity) {
    case QUANTITY_ERROR:
    case QUANTITY_RMS_ERROR: return (double)dur_abs(r->error).ns;
    case QUANTITY_SYSTEM_ERROR: return (double)dur_abs(r->system_error).ns;
    case QUANTITY_SMEAR_ERROR: return (double)dur_abs(r->smear_error).ns;
    case QUANTITY_SYSTEM_SMEAR_ERROR: return (double)dur_abs(r->system_smear_error).ns;
    case QUANTITY_FREQUENCY_ERROR: return fabs(r->frequency_error);
    case QUANTITY_BOUND_HOLDS: return !r->usable || llabs(r->error.ns) <= r->bound.ns;
    case QUANTITY_STATUS: return r->published ? r->view.status : CLOCK_UNSYNCHRONISED;
    case QUANTITY_LEAP: return r->published ? r->view.leap : LEAP_UNKNOWN;
    case QUANTITY_STRATUM: return r->view.stratum;
    case QUANTITY_USABLE: return r->usable;
    default: return (double)r->bound.ns;
    }
}

static double value_of(struct check *c, struct sim_world *w, const struct expectation *e)
{
    const struct sim_client *n = &w->node[e->node].c;

    switch (e->quantity) {
    case QUANTITY_PACKETS: return (double)n->totals.packets;
    case QUANTITY_LOGGED: return (double)n->logged[e->choice];
    case QUANTITY_NAMED: return named(&w->node[e->node], e->choice);
    case QUANTITY_STEPS: return (double)look(c, w, e->node)->steps;
    case QUANTITY_SELECTED_COUNT: return n->page.sources_selected;
    case QUANTITY_STATE:
    case QUANTITY_REACH:
    case QUANTITY_POLL:
    case QUANTITY_OFFSET:
    case QUANTITY_VERDICT:
    case QUANTITY_ACCEPTED: return source_value(c, w, e);
    default: return reading_value(&n->last, e->quantity);
    }
}

static bool over_time(const struct expectation *e) { return e->quantity == QUANTITY_RMS_ERROR || e->quantity == QUANTITY_MEAN_BOUND; }

static void judge(struct check *c, struct sim_world *w, const struct expectation *e, struct check_result *r)
{
    struct dur_ns since = tai_sub(w->now, w->start);
    double v;

    if (since.ns < e->from.ns || since.ns > e->until.ns || r->failed || r->reached)
        return;
    v = value_of(c, w, e);
    if (over_time(e)) {
        r->sum += e->quantity == QUANTITY_RMS_ERROR ? v * v : v;
        r->count++;
    } else if (e->once) {
        r->reached = comparison_holds(e->comparison, v, e->limit);
        r->value = v;
    } else {
        r->count++;
        r->value = v;
        r->failed = !comparison_holds(e->comparison, v, e->limit);
        r->when = w->now;
    }
}

static int8_t fastest_poll(const struct snapshot *s)
{
    int8_t poll = INT8_MAX;

    for (uint32_t i = 0; i < s->source_count && i < SNAPSHOT_SOURCES_MAX; i++)
        if (s->source[i].state != SOURCE_UNUSED && s->source[i].poll_log2 < poll)
            poll = s->source[i].poll_log2;
    return poll == INT8_MAX ? 0 : poll;
}

static void plot_point(struct check *c, struct sim_world *w, unsigned node)
{
    struct check_course *k = c->course;
    const struct sim_reading *r = &w->node[node].c.last;

    if (k->seen++ % k->every != 0)
        return;
    if (k->count == CHECK_POINTS_MAX) {
        for (unsigned i = 0; i < CHECK_POINTS_MAX / 2; i++)
            k->point[i] = k->point[2 * i];
        k->count /= 2;
        k->every *= 2;
    }
    k->point[k->count++] = (struct check_point){
        .at_s = dur_to_s(tai_sub(w->now, w->start)), .error_s = dur_to_s(r->error), .freq_ppm = r->frequency_error * 1e6,
        .early_s = dur_to_s(utc_sub(r->view.earliest, r->truth)), .late_s = dur_to_s(utc_sub(r->view.latest, r->truth)),
        .poll_log2 = fastest_poll(look(c, w, node)), .usable = r->usable,
    };
}

static void csv_line(struct check *c, struct sim_world *w, unsigned node)
{
    const struct sim_client *n = &w->node[node].c;
    const struct sim_reading *r = &n->last;

    fprintf(c->csv, "%.3f,%d,%.9f,%.9f,%.9f,%.9f,%.6f,%d,%llu\n", dur_to_s(tai_sub(w->now, w->start)), r->usable, dur_to_s(r->error), dur_to_s(r->system_error),
            dur_to_s(utc_sub(r->view.earliest, r->truth)), dur_to_s(utc_sub(r->view.latest, r->truth)), r->frequency_error * 1e6,
            fastest_poll(look(c, w, node)), (unsigned long long)n->totals.packets);
}

void check_csv(struct check *c, FILE *out)
{
    c->csv = out;
    fputs("at_s,usable,error_s,system_error_s,early_s,late_s,frequency_error_ppm,poll_log2,packets\n", out);
}

static void count(struct sim_totals *t, const struct sim_reading *r)
{
    double e = dur_to_s(r->error);

    t->probes++;
    if (!r->usable)
        return;
    t->usable++;
    t->bound_s += dur_to_s(r->bound);
    t->error_s2 += e * e;
    t->error_max_s = fmax(t->error_max_s, fabs(e));
}

static void on_probe(void *ctx, struct sim_world *w, bool regular)
{
    struct check *c = ctx;
    bool first = true;

    for (size_t i = 0; i < w->story->expectation_count; i++)
        if (!w->node[w->story->expectation[i].node].c.asleep)
            judge(c, w, &w->story->expectation[i], &c->result[i]);
    for (unsigned i = 0; regular && i < w->node_count; i++) {
        if (!w->node[i].client || w->node[i].c.asleep)
            continue;
        if (tai_sub(w->now, w->start).ns >= w->story->run.ns / SETTLE_PART)
            count(&w->node[i].c.totals, &w->node[i].c.last);
        if (c->course && first)
            plot_point(c, w, i);
        if (c->csv && first)
            csv_line(c, w, i);
        first = false;
    }
}

void check_init(struct check *c, struct sim_world *w, bool want_course)
{
    const struct story *s = w->story;

    *c = (struct check){ .result = calloc(s->expectation_count + 1, sizeof *c->result), .snapshot_at = { INT64_MIN } };
    if (want_course)
        c->course = calloc(1, sizeof *c->course);
    if (!c->result || (want_course && !c->course))
        abort();
    if (c->course)
        c->course->every = 1;
    w->probe = on_probe;
    w->probe_ctx = c;
    for (size_t i = 0; i < s->expectation_count; i++) {
        world_probe_at(w, s->expectation[i].from);
        if (s->expectation[i].until.ns != INT64_MAX)
            world_probe_at(w, s->expectation[i].until);
    }
}

void check_finish(struct check *c, struct sim_world *w)
{
    for (size_t i = 0; i < w->story->expectation_count; i++) {
        const struct expectation *e = &w->story->expectation[i];
        struct check_result *r = &c->result[i];

        if (over_time(e)) {
            r->value = r->count ? r->sum / (double)r->count : NAN;
            r->value = e->quantity == QUANTITY_RMS_ERROR ? sqrt(r->value) : r->value;
            r->failed = !comparison_holds(e->comparison, r->value, e->limit);
            r->when = w->now;
        } else if (e->once ? !r->reached : r->count == 0) {
            r->failed = true; /* never looked at, or never seen: not a pass */
            r->when = w->now;
        }
    }
}

void check_free(struct check *c)
{
    free(c->result);
    free(c->course);
}

unsigned check_failures(const struct check *c, const struct sim_world *w)
{
    unsigned failures = 0;

    for (size_t i = 0; i < w->story->expectation_count; i++)
        failures += c->result[i].failed;
    for (unsigned i = 0; i < w->node_count; i++)
        for (unsigned k = 0; k < INVARIANT_COUNT; k++)
            failures += w->node[i].client && !w->node[i].c.excused[k] && w->node[i].c.totals.violations[k] > 0;
    return failures;
}
