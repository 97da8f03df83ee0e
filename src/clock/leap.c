#include "clock/leap.h"

#include "base/smear.h"
#include "clock/discipline.h"
#include "clock/doubt.h"
#include "clock/estimate.h"
#include "clock/leap_vote.h"
#include "clock/month.h"
#include "clock/unsmear.h"
#include "clock/untold.h"

#define TOO_NEAR_NS (MONTH_MARGIN_S * NS_PER_S)
#define TELLS_SECONDS_S 0.4       /* a clock that is known within this knows which of two like seconds it is */
#define KEEP_NS MONTH_DAY_NS            /* how long a passed event stays in the page */
#define WARN_EXPIRY_NS (28 * MONTH_DAY_NS)

struct tai_ns leap_tai_of(const struct page_data *p, struct utc_ns utc, struct tai_ns expected)
{
    struct tai_ns before = utc_to_tai(utc, p->tai_minus_utc_s), after = utc_to_tai(utc, p->tai_minus_utc_s + p->leap_delta_s);

    if (p->leap_delta_s == 0 || tai_before(after, p->leap_at))
        return before;
    if (!tai_before(before, p->leap_at))
        return after;
    return dur_before(dur_abs(tai_sub(after, expected)), dur_abs(tai_sub(before, expected))) ? after : before;
}

/* An entry of a table as an event: the difference before it, and its first TAI instant. A deletion takes effect one second before its midnight. */
struct leap_event { struct utc_ns midnight; int32_t delta_s, before_s; };

static struct tai_ns first_instant(const struct leap_event *e)
{
    struct tai_ns midnight = utc_to_tai(e->midnight, e->before_s);

    return e->delta_s > 0 ? midnight : tai_add(midnight, (struct dur_ns){ -NS_PER_S });
}

struct utc_ns leap_unsmeared(const struct leap_options *o, const struct clock_memory *m, struct utc_ns wall)
{
    struct leap_event e;
    struct page_data p;

    if (o->mode != LEAP_MODE_SMEAR || !m || m->leap_delta_s == 0)
        return wall;
    e = (struct leap_event){ m->leap_midnight, m->leap_delta_s, 0 }; /* whatever the count is, UTC alone is asked for */
    p = (struct page_data){ .tai_minus_utc_s = e.before_s, .leap_delta_s = e.delta_s, .leap_at = first_instant(&e) };
    return page_tai_to_utc(&p, unsmear_tai_of(&p, (enum smear_law)(o->smear + 1), wall, utc_to_tai(wall, e.before_s)));
}

/* The event that matters now: the next one, or the last while it is kept. */
static struct leap_event event_of(const struct leap_table *t, struct utc_ns now)
{
    struct utc_ns from = utc_add(now, (struct dur_ns){ -KEEP_NS });
    struct leap_event e = { .before_s = leap_table_at(t, from) };

    e.delta_s = leap_table_next(t, from, &e.midnight);
    return e;
}

/* 00:00 of the next month if that is less than a day away. */
static bool month_ends_today(struct utc_ns now, struct utc_ns *midnight)
{
    struct utc_ns tomorrow = utc_add(now, (struct dur_ns){ MONTH_DAY_NS });

    *midnight = month_begin(tomorrow);
    return utc_sub(tomorrow, *midnight).ns < MONTH_DAY_NS;
}

static bool is_near(struct utc_ns midnight, struct utc_ns utc) { return dur_abs(utc_sub(midnight, utc)).ns <= TOO_NEAR_NS; }

bool leap_is_too_near(const struct clock *c, const struct measurement *m)
{
    const struct clock_span *b = &c->estimate.bound;
    struct utc_ns midnight;

    if (c->policy.synchronised_once && c->page.status != CLOCK_DISRUPTED && -b->lo_s < TELLS_SECONDS_S && b->hi_s < TELLS_SECONDS_S)
        return false;
    if (m->leap != LEAP_NONE && month_ends_today(m->utc, &midnight) && is_near(midnight, m->utc))
        return true;
    if (c->page.leap_delta_s != 0 && is_near(page_leap_midnight(&c->page), m->utc))
        return true;
    return c->leap.voted_delta_s != 0 && is_near(c->leap.voted_midnight, m->utc);
}

static bool valid_at(const struct leap_table *t, struct utc_ns now)
{
    return leap_table_expires_in(t, now).ns > 0;
}

static void tell_expiry(struct clock *c, struct utc_ns now, struct clock_actions *out)
{
    int64_t left = leap_table_expires_in(&c->leap.table[LEAP_FROM_LIST], now).ns;
    bool expired = left <= 0, soon = left <= WARN_EXPIRY_NS, settled = c->page.status == CLOCK_SYNCHRONISED;

    if (!c->leap.have[LEAP_FROM_LIST] || !settled || c->leap.expiry_told >= expired + soon)
        return;
    c->leap.expiry_told = (uint8_t)(expired + soon);
    log_ns(discipline_log(out, expired ? LOG_LEAP_EXPIRED : LOG_LEAP_EXPIRES), "left_ns", left);
}

/* What conflicts ends when it does, or with another file; it is told once for a file. */
static void tell_conflict(struct clock *c, int32_t voted, const struct leap_event *e, struct utc_ns now, struct clock_actions *out)
{
    /* Words of the day before are still about it a moment after the leap second. */
    bool same = voted == 0 || (e->delta_s == voted && dur_abs(utc_sub(e->midnight, now)).ns < MONTH_DAY_NS);

    c->leap.conflict = !same;
    if (same || c->leap.conflict_told)
        return;
    c->leap.conflict_told = true;
    log_text(discipline_log(out, LOG_LEAP_CONFLICT), "kind", voted > 0 ? "inserted" : "deleted");
}

/* TAI - UTC as the page has it at that instant. */
static int32_t difference_at(const struct page_data *p, struct tai_ns at)
{
    return p->tai_minus_utc_s + (tai_before(at, p->leap_at) ? 0 : p->leap_delta_s);
}

int32_t leap_difference(const struct page_data *p, const struct clock_view *v)
{
    return p->leap_delta_s != 0 && utc_earlier(v->utc, page_leap_midnight(p)) ? p->tai_minus_utc_s : difference_at(p, v->tai);
}

static struct leap_event voted_event(const struct clock_leap *l) { return (struct leap_event){ l->voted_midnight, l->voted_delta_s, l->voted_before_s }; }

/* Is all of the bound before it, and by more than sources are off? A clock that is behind, after a sleep, at a start or while it slews, hears those who are
 * past it and announce it no more. */
static bool surely_before(const struct clock *c, const struct leap_event *e, struct mono_ns now)
{
    struct tai_ns latest = tai_add(estimate_tai(&c->estimate, now), dur_from_s(c->estimate.bound.hi_s));

    return tai_before(tai_add(latest, (struct dur_ns){ TOO_NEAR_NS }), first_instant(e));
}

/* When that doubt begins. */
static struct mono_ns doubt_from(const struct clock *c)
{
    const struct clock_leap *l = &c->leap;
    const struct page_data *p = &c->page;

    if (!l->by_vote || (l->voted_by != LEAP_BY_MEMORY && l->voted_by > leap_vote_could(c) / 2))
        return MONO_NEVER;
    return mono_add(p->raw_ref, (struct dur_ns){ ns_sub(tai_sub(p->leap_at, p->tai_ref).ns, TOO_NEAR_NS) });
}

struct mono_ns leap_page_next(const struct clock *c)
{
    struct mono_ns next, from;

    if (!c->leap.in_doubt && !c->leap.untold && !c->leap.by_vote)
        return MONO_NEVER;
    next = mono_min(doubt_next(c), untold_next(c));
    from = doubt_from(c);
    return mono_before(c->page.heartbeat, from) ? mono_min(next, from) : next;
}

void leap_widen(const struct clock *c, struct mono_ns now, struct clock_span *bound)
{
    if (mono_before(now, doubt_from(c)) || leap_vote_is_since(c, c->page.leap_at))
        return;
    if (c->page.leap_delta_s > 0)
        bound->hi_s += 1;
    else
        bound->lo_s -= 1;
}

/* Once it is armed a leap second stays until it has passed, so the few that happen to be heard at one moment do not decide; but it is taken back before, if
 * more announce something else than ever announced it, or most of all sources. A group's reference, which has no UTC, announces nothing by saying nothing. */
static void reconsider(struct clock *c, const struct leap_vote *v, struct mono_ns now)
{
    struct clock_leap *l = &c->leap;
    struct leap_event e = voted_event(l);
    unsigned less = l->voted_by < v->sources / 2 ? l->voted_by : v->sources / 2;

    if (!v->found || l->voted_delta_s == 0 || c->policy.orphan || !surely_before(c, &e, now))
        return;
    if (v->delta_s == l->voted_delta_s)
        l->voted_by = l->voted_by == LEAP_BY_MEMORY || v->by > l->voted_by ? v->by : l->voted_by;
    else if (v->by > less)
        l->voted_delta_s = 0;
}

/* Does it have the count that is known here, whenever that held, and end no earlier than what the sources told? Then it knows what came after as well. */
static bool is_newer(const struct leap_table *t, const struct clock_leap *l, int32_t known_s)
{
    if (!t || (l->voted_delta_s != 0 && !utc_earlier(l->voted_midnight, t->entry[t->count - 1].at)))
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->entry[i].tai_minus_utc_s == known_s)
            return true;
    return false;
}

/* TAI - UTC where no valid list says it. What an earlier run knew was to come, and no page of this one has seen, has come since. */
static int32_t count_at(const struct clock *c, const struct leap_table *t, const struct clock_view *view)
{
    const struct clock_leap *l = &c->leap;
    int32_t known_s = difference_at(&c->page, view->tai);

    if (is_newer(t, l, known_s))
        return leap_table_at(t, view->utc);
    if (l->voted_delta_s != 0 && l->voted_by == LEAP_BY_MEMORY && known_s == l->voted_before_s && utc_sub(view->utc, l->voted_midnight).ns >= KEEP_NS)
        known_s += l->voted_delta_s;
    return known_s;
}

/* An event nobody's file knows, taken from the sources. t: the table that is not valid, or has no end; NULL. */
static struct leap_event event_by_vote(struct clock *c, const struct leap_table *t, const struct leap_vote *v, const struct clock_view *view,
                                       struct mono_ns now)
{
    struct clock_leap *l = &c->leap;
    struct utc_ns midnight;
    bool kept;

    reconsider(c, v, now);
    kept = l->voted_delta_s != 0 && utc_sub(view->utc, l->voted_midnight).ns < KEEP_NS;
    if (!kept && (v->delta_s == 0 || !month_ends_today(view->utc, &midnight)))
        return (struct leap_event){ .before_s = count_at(c, t, view) };
    if (!kept) {
        l->voted_before_s = count_at(c, t, view);
        l->voted_delta_s = v->delta_s;
        l->voted_by = v->by;
        l->voted_midnight = midnight;
    }
    return voted_event(l);
}

/* Who was told that a leap second comes is told when it does not. */
static void tell_taken_back(struct clock_leap *l, const struct leap_event *e, const struct clock_view *v, struct clock_actions *out)
{
    if (!utc_earlier(v->utc, l->told_midnight) || (e->delta_s != 0 && e->midnight.ns == l->told_midnight.ns))
        return;
    l->told_midnight = (struct utc_ns){ 0 };
    discipline_log(out, LOG_LEAP_TAKEN_BACK);
}

/* Put the event into the page. UTC does not move: where the count itself turns out to be another one than was assumed, TAI does. */
static void apply(struct clock *c, const struct leap_event *e, const struct clock_view *v, struct clock_actions *out)
{
    struct page_data *p = &c->page;
    int64_t left = e->delta_s ? utc_sub(e->midnight, v->utc).ns : INT64_MAX;
    int32_t before_s = difference_at(p, v->tai);
    struct dur_ns by;

    p->tai_minus_utc_s = e->before_s;
    p->leap_delta_s = e->delta_s;
    p->leap_at = e->delta_s ? first_instant(e) : (struct tai_ns){ INT64_MAX };
    p->leap = left > 0 && left <= MONTH_DAY_NS ? (e->delta_s > 0 ? LEAP_INSERT : LEAP_DELETE) : LEAP_NONE;
    by = (struct dur_ns){ (difference_at(p, v->tai) - before_s) * NS_PER_S };
    p->tai_ref = tai_add(p->tai_ref, by);
    c->estimate.tai = tai_add(c->estimate.tai, by);
    c->leap.before.tai = tai_add(c->leap.before.tai, by);
    tell_taken_back(&c->leap, e, v, out);
    if (p->leap == LEAP_NONE || c->leap.told_midnight.ns == e->midnight.ns)
        return;
    c->leap.told_midnight = e->midnight;
    log_text(discipline_log(out, LOG_LEAP_ARMED), "kind", e->delta_s > 0 ? "inserted" : "deleted");
    discipline_emit(out, CLOCK_DO_SAVE); /* who announces it may be silent when the next run begins */
}

static const struct leap_table *best_table(const struct clock *c, struct utc_ns now)
{
    const struct clock_leap *l = &c->leap;

    if (l->have[LEAP_FROM_LIST] && (valid_at(&l->table[LEAP_FROM_LIST], now) || !l->have[LEAP_FROM_ZONE]))
        return &l->table[LEAP_FROM_LIST];
    return l->have[LEAP_FROM_ZONE] ? &l->table[LEAP_FROM_ZONE] : NULL;
}

/* A restart goes by it. Of a clock that is not synchronised nothing is remembered. */
static void save_change(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    struct clock_view v;
    int32_t difference_s;

    page_view(&c->page, now, &v);
    difference_s = leap_difference(&c->page, &v);
    if (difference_s == c->leap.saved_s || (v.status != CLOCK_SYNCHRONISED && v.status != CLOCK_HOLDOVER))
        return;
    c->leap.saved_s = difference_s;
    discipline_emit(out, CLOCK_DO_SAVE);
}

static void tell_doubt(struct clock *c, struct clock_actions *out)
{
    if (!c->leap.in_doubt || c->leap.doubt_told.ns == c->leap.doubted.ns)
        return;
    c->leap.doubt_told = c->leap.doubted;
    log_utc(discipline_log(out, LOG_LEAP_UNKNOWN), "at", c->leap.doubted);
}

static void tell_untold(struct clock *c, struct clock_actions *out)
{
    struct utc_ns midnight = untold_midnight(c);

    if (midnight.ns == 0 || c->leap.in_doubt || midnight.ns == c->leap.untold_told.ns)
        return;
    c->leap.untold_told = midnight;
    log_utc(discipline_log(out, LOG_LEAP_UNTOLD), "at", midnight);
}

/* Do the sources say that no leap second comes, or came? After midnight an announcement is over: of those who smear beside them, and may be off as long as
 * that lasts, nothing more is said, unless it was before. */
static bool says_none(const struct clock *c, const struct leap_vote *v, struct utc_ns utc)
{
    const struct clock_leap *l = &c->leap;
    bool before = l->doubted.ns == 0 || utc_earlier(utc, l->doubted) || (l->spoken && l->month.ns == l->doubted.ns);

    return v->found && v->delta_s == 0 && (before || v->by_more_than_half);
}

void leap_refresh(struct clock *c, struct mono_ns now, struct clock_actions *out)
{
    struct clock_view v;
    const struct leap_table *t;
    struct leap_event e = { .delta_s = 0 };
    struct leap_vote voted = leap_vote(c);
    bool by_vote = false, known;

    page_view(&c->page, now, &v);
    t = best_table(c, v.utc);
    if (t)
        e = event_of(t, v.utc);
    tell_expiry(c, v.utc, out);
    c->leap.conflict = false;
    if (t && t->expires.ns != INT64_MIN && valid_at(t, v.utc))
        tell_conflict(c, voted.delta_s, &e, v.utc, out);
    else if ((by_vote = e.delta_s == 0))
        e = event_by_vote(c, t, &voted, &v, now);
    c->leap.by_vote = by_vote && e.delta_s != 0;
    if (e.delta_s != 0 && c->page.leap_delta_s == 0)
        doubt_ends(c);
    apply(c, &e, &v, out);
    known = e.delta_s != 0 || (t && t->expires.ns != INT64_MIN && valid_at(t, v.utc));
    doubt_refresh(c, v.utc, known, says_none(c, &voted, v.utc));
    untold_refresh(c, known, &voted.lately);
    tell_doubt(c, out);
    tell_untold(c, out);
    save_change(c, now, out);
}

/* The first change of the zone that the list does not have although it is valid beyond it; 0: none. A zone that knows less is only older. */
static struct utc_ns first_difference(const struct leap_table *list, const struct leap_table *zone)
{
    for (uint32_t i = 0; i < zone->count; i++) {
        const struct leap_entry *e = &zone->entry[i];

        if (!utc_earlier(e->at, list->entry[0].at) && utc_earlier(e->at, list->expires) && leap_table_at(list, e->at) != e->tai_minus_utc_s)
            return e->at;
    }
    return (struct utc_ns){ 0 };
}

static void compare_tables(struct clock *c, struct clock_actions *out)
{
    struct clock_leap *l = &c->leap;
    struct utc_ns before = l->differ_at;

    l->differ_at.ns = 0;
    if (l->have[LEAP_FROM_LIST] && l->have[LEAP_FROM_ZONE])
        l->differ_at = first_difference(&l->table[LEAP_FROM_LIST], &l->table[LEAP_FROM_ZONE]);
    if (l->differ_at.ns != 0 && l->differ_at.ns != before.ns)
        log_utc(discipline_log(out, LOG_LEAP_FILES_DIFFER), "at", l->differ_at);
}

void clock_leap_table(struct clock *c, enum clock_leap_origin origin, const struct leap_table *t, struct mono_ns now, struct clock_actions *out)
{
    struct clock_leap *l = &c->leap;
    struct clock_view v;

    page_view(&c->page, now, &v);
    if (origin == LEAP_FROM_LIST) {
        l->worse = l->have[origin] && valid_at(&l->table[origin], v.utc) && !valid_at(t, v.utc);
        if (l->worse) {
            log_utc(discipline_log(out, LOG_LEAP_KEPT), "expired", t->expires);
            return;
        }
        l->expiry_told = 0;
    }
    l->table[origin] = *t;
    l->have[origin] = true;
    l->conflict_told = false;
    compare_tables(c, out);
    discipline_publish(c, v.status, false, now, out);
}

bool clock_leap_expired(const struct clock *c, struct mono_ns now)
{
    struct utc_ns utc = page_utc(&c->page, now);
    const struct leap_table *t = best_table(c, utc);

    return (t && !valid_at(t, utc)) || (c->leap.have[LEAP_FROM_LIST] && !valid_at(&c->leap.table[LEAP_FROM_LIST], utc));
}

struct clock_leap_view clock_leap_view(const struct clock *c, struct mono_ns now)
{
    static const char *const origin[LEAP_ORIGINS] = { [LEAP_FROM_LIST] = "list", [LEAP_FROM_ZONE] = "zone" };
    const struct leap_table *t = best_table(c, page_utc(&c->page, now));

    if (t)
        return (struct clock_leap_view){ origin[t - c->leap.table], t->expires };
    return (struct clock_leap_view){ c->leap.voted_delta_s ? "sources" : "none", { INT64_MIN } };
}
