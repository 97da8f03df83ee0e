#include "clock/select.h"

#include <math.h>

#include "clock/interval.h"

/* The voters' spans, and how many of those who were asked have not voted. Voters of one witness have their time from one place. */
struct ballot { unsigned count, absent, witnesses; struct clock_span span[CLOCK_SOURCES_MAX]; uint8_t witness[CLOCK_SOURCES_MAX]; };
_Static_assert(CLOCK_SOURCES_MAX <= 32, "a bit for each witness");

static void vote(struct ballot *b, struct clock_span span)
{
    b->witness[b->count] = (uint8_t)b->count;
    b->witnesses++;
    b->span[b->count++] = span;
    if (b->absent > 0)
        b->absent--;
}

enum vote_of { EACH_SOURCE, EACH_WITNESS };

static unsigned majority_of(const struct ballot *b, enum vote_of whose)
{
    return ((whose == EACH_WITNESS ? b->witnesses : b->count) + b->absent) / 2 + 1;
}

bool select_counts(const struct clock_source *s)
{
    return s->used && s->sampled && s->reach != 0 && !s->smears && !s->aside && !s->offline;
}

#define LOOPBACK 127             /* the first byte of a reference id that names no other machine */

uint32_t select_upstream(const struct clock_source *s) { return s->last.stratum > 1 && s->last.refid >> 24 != LOOPBACK ? s->last.refid : 0; }

static bool are_one_witness(const struct clock_source *a, const struct clock_source *b)
{
    uint32_t of_a = select_upstream(a), of_b = select_upstream(b);

    return (of_a && (of_a == of_b || of_a == b->refid)) || (of_b && of_b == a->refid);
}

/* The last voter is `s`: those who are one witness with it become one with each other. */
static void tell_witness(struct ballot *b, const struct clock_source *const voter[], const struct clock_source *s)
{
    unsigned mine = b->count - 1;

    for (unsigned i = 0; i < mine; i++) {
        uint8_t from = b->witness[i], to = b->witness[mine];

        if (from == to || !are_one_witness(voter[i], s))
            continue;
        b->witnesses--;
        for (unsigned k = 0; k <= mine; k++)
            if (b->witness[k] == from)
                b->witness[k] = to;
    }
}

/* How many spans hold the point; of those of one witness one is enough. */
static unsigned cover(const struct ballot *b, enum vote_of whose, double at)
{
    uint32_t heard = 0;

    for (unsigned i = 0; i < b->count; i++)
        if (b->span[i].lo_s <= at && at <= b->span[i].hi_s)
            heard |= (uint32_t)1 << (whose == EACH_WITNESS ? b->witness[i] : i);
    return (unsigned)__builtin_popcount(heard);
}

/* From the first to the last point that has at least `enough` votes, with `siding` more that lie wherever they like. The set of such points begins at
 * some span's low edge and ends at some span's high edge. Returns false when there is no such point. */
static bool covered(const struct ballot *b, enum vote_of whose, unsigned enough, unsigned siding, struct clock_span *out)
{
    *out = (struct clock_span){ INFINITY, -INFINITY };
    for (unsigned i = 0; i < b->count; i++) {
        if (cover(b, whose, b->span[i].lo_s) + siding >= enough)
            out->lo_s = fmin(out->lo_s, b->span[i].lo_s);
        if (cover(b, whose, b->span[i].hi_s) + siding >= enough)
            out->hi_s = fmax(out->hi_s, b->span[i].hi_s);
    }
    return out->lo_s <= out->hi_s;
}

static bool elect(const struct ballot *b, enum vote_of whose, struct clock_majority *out)
{
    covered(b, whose, majority_of(b, whose), b->absent, &out->hull);
    return covered(b, whose, majority_of(b, whose), 0, &out->core);
}

/* A majority of the sources is declared truthful, so what it says is in the hull. It is not followed against a majority of the witnesses, and where it is
 * none, that of the witnesses stands. */
static bool elect_both(const struct ballot *b, struct clock_majority *out)
{
    struct clock_majority witnesses;
    bool found = elect(b, EACH_SOURCE, out), of_witnesses = b->witnesses < b->count && elect(b, EACH_WITNESS, &witnesses);
    struct clock_span both;

    if (!of_witnesses)
        return found;
    if (found && !interval_meet(out->core, witnesses.core, &both))
        return false;
    out->core = found ? interval_hull(out->core, witnesses.core) : witnesses.core;
    out->hull = found ? interval_hull(out->hull, witnesses.hull) : witnesses.hull;
    return true;
}

void select_majority(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, struct clock_majority *out)
{
    const struct clock_source *voter[CLOCK_SOURCES_MAX];
    struct ballot b = { .absent = electorate };
    struct clock_span common;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i])) {
            voter[b.count] = &source[i];
            vote(&b, source[i].span);
            tell_witness(&b, voter, &source[i]);
        }
    *out = (struct clock_majority){ .selectable = b.count };
    out->found = elect_both(&b, out);
    if (!out->found) {
        covered(&b, EACH_SOURCE, 0, 0, &out->core);
        return;
    }
    for (unsigned i = 0; i < b.count; i++)
        out->agreeing += interval_meet(b.span[i], out->core, &common);
}

void select_widen(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned hearable, struct clock_majority *m)
{
    struct ballot b = { .absent = hearable };
    struct clock_span hull;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]))
            vote(&b, source[i].span);
    if (b.absent < majority_of(&b, EACH_SOURCE) && covered(&b, EACH_SOURCE, majority_of(&b, EACH_SOURCE), b.absent, &hull))
        m->hull = interval_hull(m->hull, hull);
}

struct clock_span select_rate(const struct clock_source source[CLOCK_SOURCES_MAX], unsigned electorate, double drift, double limit)
{
    struct clock_span all = { -limit, limit }, found;
    struct ballot b = { .absent = electorate };

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (select_counts(&source[i]) && source[i].pace.known)
            vote(&b, (struct clock_span){ source[i].pace.rate.lo_s - drift, source[i].pace.rate.hi_s + drift });
        else if (select_counts(&source[i]))
            vote(&b, all);
    if (!covered(&b, EACH_SOURCE, majority_of(&b, EACH_SOURCE), b.absent, &found) && !covered(&b, EACH_SOURCE, 0, 0, &found))
        return all;
    return (struct clock_span){ fmax(found.lo_s + drift, -limit), fmin(found.hi_s - drift, limit) };
}
