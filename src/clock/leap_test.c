/* Across a leap second: what is announced, when, by whose word, and that UTC is right on both sides of it. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"

#define MIDNIGHT_S INT64_C(1798761600) /* 2027-01-01 */
#define DAY_S 86400
#define SOURCES 4

struct world {
    struct clock clock;
    struct leap_table truth;      /* what really happens */
    int64_t tai_s;                /* true TAI now */
    int64_t raw_s;
    struct clock_actions seen;    /* the last call's */
    struct clock_memory saved;
    bool conflict, armed;
    unsigned expires, expired;    /* how often told */
};

static struct leap_table table(int32_t delta, int64_t expires_s)
{
    struct leap_table t = { .updated = { 0 }, .expires = { expires_s * NS_PER_S }, .count = 1, .entry = { { { INT64_C(63072000) * NS_PER_S }, 36 } } };

    if (delta)
        t.entry[t.count++] = (struct leap_entry){ { MIDNIGHT_S * NS_PER_S }, 36 + delta };
    return t;
}

static void note(struct world *w)
{
    for (unsigned i = 0; i < w->seen.count; i++)
        if (w->seen.item[i].kind == CLOCK_DO_SAVE) {
            clock_remember(&w->clock, (struct mono_ns){ w->raw_s * NS_PER_S }, &w->saved);
        } else if (w->seen.item[i].kind == CLOCK_DO_LOG) {
            w->conflict |= w->seen.item[i].log.id == LOG_LEAP_CONFLICT;
            w->armed |= w->seen.item[i].log.id == LOG_LEAP_ARMED;
            w->expires += w->seen.item[i].log.id == LOG_LEAP_EXPIRES;
            w->expired += w->seen.item[i].log.id == LOG_LEAP_EXPIRED;
        }
    w->seen.count = 0;
}

/* First TAI second with the new count. */
static int64_t leap_tai_s(const struct world *w)
{
    int32_t delta = w->truth.count > 1 ? w->truth.entry[1].tai_minus_utc_s - 36 : 0;

    return delta == 0 ? INT64_MAX : MIDNIGHT_S + 36 - (delta < 0);
}

static int64_t true_utc_s(const struct world *w, int64_t tai_s)
{
    int32_t last = w->truth.entry[w->truth.count - 1].tai_minus_utc_s;

    return tai_s - (tai_s >= leap_tai_s(w) ? last : 36);
}

static void begin(struct world *w, int32_t really, int64_t before_midnight_s)
{
    struct clock_options o = { .clock = { .max_drift = 1, .max_drift_silent = 15, .max_frequency = 500, .step_threshold = { 128 * NS_PER_MS },
                                          .step_limit = 1, .panic_threshold = { 10 * NS_PER_S }, .max_slew = 500, .min_sources = 1 },
                               .holdover = { .max_error = { NS_PER_S } } };
    struct clock_source_options so = { .name = "s", .refid = 1, .min_poll_log2 = 6, .max_poll_log2 = 6 };

    memset(w, 0, sizeof *w);
    w->truth = table(really, INT64_MAX / NS_PER_S);
    w->tai_s = MIDNIGHT_S + 36 - before_midnight_s;
    w->raw_s = 1000;
    clock_init(&w->clock, &o,
               &(struct clock_start){ { w->raw_s * NS_PER_S }, { true_utc_s(w, w->tai_s) * NS_PER_S }, NULL, -25, NULL });
    for (uint16_t i = 0; i < SOURCES; i++)
        clock_source_add(&w->clock, i, &so);
}

static struct mono_ns now_of(const struct world *w) { return (struct mono_ns){ w->raw_s * NS_PER_S }; }

static void hear(struct world *w, uint16_t source, enum leap leap)
{
    struct measurement m = { .source = source, .stratum = 1, .leap = (uint8_t)leap, .at = { now_of(w).ns - NS_PER_MS }, .delay = { 2 * NS_PER_MS },
                             .dispersion = { 1000 } };

    m.utc.ns = true_utc_s(w, w->tai_s) * NS_PER_S - NS_PER_MS;
    if (w->tai_s == leap_tai_s(w)) /* the exchange's middle lay before the leap */
        m.utc.ns = true_utc_s(w, w->tai_s - 1) * NS_PER_S + NS_PER_S - NS_PER_MS;
    clock_measure(&w->clock, &m, now_of(w), &w->seen);
    note(w);
}

static void tick(struct world *w)
{
    clock_tick(&w->clock, now_of(w), &w->seen);
    note(w);
}

/* One poll of every source, `announcing` of which say `leap`. */
static void poll(struct world *w, unsigned announcing, enum leap leap)
{
    for (uint16_t i = 0; i < SOURCES; i++)
        hear(w, i, i < announcing ? leap : LEAP_NONE);
    tick(w);
}

static void pass(struct world *w, int64_t s)
{
    w->tai_s += s;
    w->raw_s += s;
}

static struct clock_view view(const struct world *w, int64_t ns_later)
{
    struct clock_view v;

    page_view(clock_page(&w->clock), (struct mono_ns){ w->raw_s * NS_PER_S + ns_later }, &v);
    return v;
}

static void assert_right(const struct world *w)
{
    int64_t error = view(w, NS_PER_S / 2).utc.ns - (true_utc_s(w, w->tai_s) * NS_PER_S + NS_PER_S / 2);

    assert_true(llabs(error) < NS_PER_MS);
}

static void through_a_leap(int32_t delta)
{
    static struct world w;
    struct leap_table t;

    begin(&w, delta, 2 * DAY_S);
    t = w.truth;
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &t, (struct mono_ns){ w.raw_s * NS_PER_S }, &w.seen);
    note(&w);
    for (int64_t end = w.tai_s + 4 * DAY_S; w.tai_s < end;) {
        int64_t to_leap = MIDNIGHT_S + 36 - w.tai_s;
        enum leap want = to_leap > 0 && to_leap < DAY_S ? (delta > 0 ? LEAP_INSERT : LEAP_DELETE) : LEAP_NONE;

        poll(&w, 0, LEAP_NONE);
        assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
        if (llabs(to_leap - DAY_S) > 64 && llabs(to_leap) > 64)
            assert_int_equal(view(&w, 0).leap, want);
        assert_right(&w);
        for (int i = 0; llabs(to_leap) < 70 && i < 64; i++) { /* every second around the leap, without a new measurement */
            pass(&w, 1);
            assert_right(&w);
        }
        pass(&w, llabs(to_leap) < 70 ? 0 : 64);
    }
    assert_int_equal(clock_page(&w.clock)->tai_minus_utc_s, 36 + delta);
    assert_int_equal(clock_page(&w.clock)->leap_delta_s, 0);
    assert_true(w.armed);
    assert_false(w.conflict);
}

static void an_inserted_second_is_announced_repeated_and_folded_in(void **state)
{
    (void)state;
    through_a_leap(1);
}

static void a_deleted_second_is_announced_skipped_and_folded_in(void **state)
{
    (void)state;
    through_a_leap(-1);
}

static void NTPC_20_one_of_four_announcing_is_ignored_a_majority_on_the_last_day_is_heeded(void **state)
{
    static struct world w;

    (void)state;
    begin(&w, 1, 3 * DAY_S);
    while (w.tai_s < MIDNIGHT_S + 36 - DAY_S - 64) { /* not the last day: nobody is believed */
        poll(&w, SOURCES, LEAP_INSERT);
        assert_int_equal(view(&w, 0).leap, LEAP_NONE);
        pass(&w, 64);
    }
    poll(&w, 0, LEAP_NONE);
    pass(&w, 128);
    poll(&w, 1, LEAP_INSERT);
    poll(&w, 2, LEAP_INSERT);
    assert_int_equal(view(&w, 0).leap, LEAP_NONE);
    poll(&w, 3, LEAP_INSERT);
    assert_int_equal(view(&w, 0).leap, LEAP_INSERT);
    while (w.tai_s < MIDNIGHT_S + 36 + 1000) {
        poll(&w, w.tai_s < MIDNIGHT_S + 36 ? 3 : 0, LEAP_INSERT);
        assert_right(&w);
        pass(&w, 64);
    }
    assert_int_equal(view(&w, 0).leap, LEAP_NONE);
    assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
}

static void assert_bound_holds(const struct world *w)
{
    struct clock_view v = view(w, 0);
    struct utc_ns truth = { true_utc_s(w, w->tai_s) * NS_PER_S };

    assert_false(utc_earlier(truth, v.earliest) || utc_earlier(v.latest, truth));
}

/* It sleeps over the leap second. By its own count it is still before it when it hears two of those who are past it, and who never announced it. */
static void who_wakes_after_it_takes_none_back(void **state)
{
    static struct world w;

    (void)state;
    begin(&w, 1, 3600);
    poll(&w, 3, LEAP_INSERT);
    pass(&w, 3300);
    poll(&w, 3, LEAP_INSERT);
    assert_int_equal(view(&w, 0).leap, LEAP_INSERT);
    pass(&w, 64);
    w.tai_s += 1800;
    clock_slept(&w.clock, (struct dur_ns){ 1800 * NS_PER_S }, now_of(&w), &w.seen);
    note(&w);
    pass(&w, 1);
    hear(&w, 0, LEAP_NONE);
    hear(&w, 1, LEAP_NONE);
    pass(&w, 65);
    tick(&w);
    assert_int_equal(clock_page(&w.clock)->leap_delta_s, 1);
    poll(&w, 0, LEAP_NONE);
    assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
    assert_int_equal(view(&w, 0).tai.ns - view(&w, 0).utc.ns, 38 * NS_PER_S); /* without a file the count was 37 before */
    assert_bound_holds(&w);
}

/* It may not step, so what it serves is minutes behind and before the leap second; it knows that it is not. */
static void who_slews_towards_it_takes_none_back(void **state)
{
    static struct world w;
    struct clock_options o;

    (void)state;
    begin(&w, 1, 3600);
    poll(&w, SOURCES, LEAP_INSERT);
    poll(&w, SOURCES, LEAP_INSERT);
    pass(&w, 3600 + 100);
    o = w.clock.options;
    o.clock.step_limit = 0;
    o.clock.step_budget.ns = INT64_MAX;
    clock_init(&w.clock, &o, &(struct clock_start){ now_of(&w), { (true_utc_s(&w, w.tai_s) - 300) * NS_PER_S }, &w.saved, -25, NULL });
    for (uint16_t i = 0; i < SOURCES; i++)
        clock_source_add(&w.clock, i, &(struct clock_source_options){ .name = "s", .refid = 1, .min_poll_log2 = 6, .max_poll_log2 = 6 });
    for (int i = 0; i < 30; i++) {
        poll(&w, 0, LEAP_NONE);
        assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
        assert_int_equal(clock_page(&w.clock)->leap_delta_s, 1);
        assert_bound_holds(&w);
        pass(&w, 64);
    }
}

/* All who announced it take it back in time. */
static void most_take_it_back_until_seconds_before(void **state)
{
    static const struct { int64_t before_s; int32_t delta_s; } rows[] = { { 1000, 0 }, { 20, 0 }, { 9, 0 }, { 7, 1 }, { -64, 1 } };
    static struct world w;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(&w, rows[i].delta_s, 3600);
        poll(&w, SOURCES, LEAP_INSERT);
        poll(&w, SOURCES, LEAP_INSERT);
        pass(&w, 3600 - rows[i].before_s);
        poll(&w, 0, LEAP_NONE);
        assert_int_equal(clock_page(&w.clock)->leap_delta_s, rows[i].delta_s);
        assert_bound_holds(&w);
    }
}

/* Only one of four is heard, and it announces what does not come: from seconds before it until it is measured the bound is a second wider, and the clock asks
 * to be called in time. */
static void what_fewer_than_half_announce_is_in_doubt(void **state)
{
    static struct world w;
    int64_t called_s;

    (void)state;
    begin(&w, 0, 3600);
    for (int i = 0; i < 3; i++) {
        hear(&w, 0, LEAP_INSERT);
        pass(&w, 20);
        tick(&w);
    }
    assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
    assert_int_equal(clock_page(&w.clock)->leap_delta_s, 1);
    pass(&w, 3600 - 60 - 50);
    hear(&w, 0, LEAP_INSERT);
    tick(&w);
    assert_true(view(&w, 0).latest.ns - view(&w, 0).utc.ns < NS_PER_S / 2);
    called_s = clock_next(&w.clock).ns / NS_PER_S - w.raw_s;
    assert_in_range(called_s, 30, 43);
    pass(&w, called_s);
    tick(&w);
    for (int i = 0; i < 20; i++) {
        assert_bound_holds(&w);
        pass(&w, 1);
    }
    assert_true(view(&w, 0).latest.ns - view(&w, 0).utc.ns > NS_PER_S / 2);
    for (int i = 0; i < 60; i++) { /* until it is slewed away */
        hear(&w, 0, LEAP_NONE);
        tick(&w);
        assert_bound_holds(&w);
        pass(&w, 64);
    }
    assert_int_equal(view(&w, 0).status, CLOCK_SYNCHRONISED);
    assert_true(view(&w, 0).latest.ns - view(&w, 0).earliest.ns < NS_PER_S / 2);
}

/* A valid list knows of no leap second, and all sources announce one. */
static void contradict_the_list(struct world *w)
{
    struct leap_table t;

    begin(w, 0, DAY_S / 2);
    t = table(0, MIDNIGHT_S + 90 * DAY_S);
    clock_leap_table(&w->clock, LEAP_FROM_LIST, &t, (struct mono_ns){ w->raw_s * NS_PER_S }, &w->seen);
    poll(w, SOURCES, LEAP_INSERT);
    poll(w, SOURCES, LEAP_INSERT);
}

static void NTPC_21_a_valid_file_wins_over_the_majority_with_an_alarm(void **state)
{
    static struct world w;

    (void)state;
    contradict_the_list(&w);
    assert_int_equal(view(&w, 0).leap, LEAP_NONE);
    assert_true(w.conflict);
}

/* What is named ends with what it is about; it is not told again. */
static void a_conflict_is_over_when_the_sources_say_nothing_more(void **state)
{
    static struct world w;

    (void)state;
    contradict_the_list(&w);
    assert_true(w.conflict && w.clock.leap.conflict);
    w.conflict = false;
    pass(&w, 64);
    poll(&w, 0, LEAP_NONE);
    assert_false(w.clock.leap.conflict);
    pass(&w, 64);
    poll(&w, SOURCES, LEAP_INSERT);
    assert_true(w.clock.leap.conflict);
    assert_false(w.conflict);
}

/* The page of a core that died knows it; the sources are not heard of yet. */
static void who_goes_on_from_a_page_keeps_its_leap_second(void **state)
{
    static struct clock next;
    static struct world w;
    struct page_data page;
    struct clock_view v;
    struct mono_ns now;

    (void)state;
    begin(&w, 1, 3600);
    poll(&w, SOURCES, LEAP_INSERT);
    poll(&w, SOURCES, LEAP_INSERT);
    page = *clock_page(&w.clock);
    assert_int_equal(page.leap_delta_s, 1);
    now = (struct mono_ns){ (w.raw_s + 10) * NS_PER_S };
    clock_init(&next, &w.clock.options, &(struct clock_start){ now, page_utc(&page, now), NULL, -25, &page });
    for (int i = 0; i < 100; i++) {
        now = mono_add(now, (struct dur_ns){ 64 * NS_PER_S });
        w.seen.count = 0;
        clock_tick(&next, now, &w.seen);
    }
    page_view(clock_page(&next), now, &v);
    assert_int_equal(clock_page(&next)->leap_delta_s, 1);
    assert_int_equal(clock_page(&next)->leap_at.ns, page.leap_at.ns);
    assert_int_equal(tai_sub(v.tai, (struct tai_ns){ v.utc.ns }).ns, (page.tai_minus_utc_s + 1) * NS_PER_S);
}

/* Power fails some minutes after it, no clock runs through, and who announced it says nothing more: TAI is right from the start. */
static void what_is_saved_knows_the_leap_second_once_it_is_over(void **state)
{
    static struct clock next;
    static struct world w;
    const struct mono_ns now = { NS_PER_S };
    struct clock_memory m;
    struct clock_view v;

    (void)state;
    begin(&w, 1, 1200);
    for (int i = 0; i < 2100; i++) {
        if (i % 60 == 0)
            poll(&w, i < 1200 ? SOURCES : 0, LEAP_INSERT);
        clock_tick(&w.clock, (struct mono_ns){ w.raw_s * NS_PER_S }, &w.seen);
        note(&w);
        clock_remember(&w.clock, (struct mono_ns){ w.raw_s * NS_PER_S }, &m); /* within the second too, whose time was before */
        if (utc_earlier(m.saved, (struct utc_ns){ MIDNIGHT_S * NS_PER_S }))
            assert_int_equal(m.tai_minus_utc_s, 37);
        pass(&w, 1);
    }
    clock_init(&next, &w.clock.options, &(struct clock_start){ now, { 0 }, &w.saved, -25, NULL });
    page_view(clock_page(&next), now, &v);
    assert_false(utc_earlier(w.saved.saved, (struct utc_ns){ MIDNIGHT_S * NS_PER_S }));
    assert_int_equal(tai_sub(v.tai, (struct tai_ns){ v.utc.ns }).ns, 38 * NS_PER_S); /* without a file the count was 37 before */
}

static unsigned told(struct world *w, enum log_id id)
{
    unsigned n = 0;

    for (unsigned i = 0; i < w->seen.count; i++)
        n += w->seen.item[i].kind == CLOCK_DO_LOG && w->seen.item[i].log.id == id;
    w->seen.count = 0;
    return n;
}

/* At the start an expired list is better than none; in the place of a valid one it is refused. */
static void LEAP_02_an_expired_file_does_not_take_a_valid_ones_place(void **state)
{
    static struct world w;
    struct leap_table valid = table(1, MIDNIGHT_S + 90 * DAY_S), expired = table(0, MIDNIGHT_S - 90 * DAY_S);
    struct mono_ns now;

    (void)state;
    begin(&w, 1, DAY_S / 2);
    poll(&w, 0, LEAP_NONE);
    poll(&w, 0, LEAP_NONE);
    now = (struct mono_ns){ w.raw_s * NS_PER_S };
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &expired, now, &w.seen);
    assert_int_equal(told(&w, LOG_LEAP_KEPT), 0);
    assert_int_equal(w.clock.leap.table[LEAP_FROM_LIST].expires.ns, expired.expires.ns);
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &valid, now, &w.seen);
    assert_int_equal(told(&w, LOG_LEAP_KEPT), 0);
    assert_int_equal(view(&w, 0).leap, LEAP_INSERT);
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &expired, now, &w.seen);
    assert_true(w.clock.leap.worse);
    assert_int_equal(told(&w, LOG_LEAP_KEPT), 1);
    assert_int_equal(view(&w, 0).leap, LEAP_INSERT);
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &valid, now, &w.seen);
    assert_false(w.clock.leap.worse);
}

/* A zone that knows more than a list that is valid contradicts it; one that knows less is older. */
static void the_list_and_the_zone_are_compared(void **state)
{
    static const struct { int32_t list, zone; int64_t valid_s; bool differ; } rows[] = {
        { 0, 1, 90, true }, { 0, 1, -90, false }, { 1, 1, 90, false }, { 1, 0, 90, false }, { 1, -1, 90, true }, { 0, 0, 90, false },
    };
    static struct world w;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int order = 0; order < 2; order++) {
            struct leap_table list = table(rows[i].list, MIDNIGHT_S + rows[i].valid_s * DAY_S), zone = table(rows[i].zone, 0);
            struct mono_ns now;

            zone.expires.ns = INT64_MIN;
            begin(&w, 0, DAY_S / 2);
            now = (struct mono_ns){ w.raw_s * NS_PER_S };
            clock_leap_table(&w.clock, order ? LEAP_FROM_ZONE : LEAP_FROM_LIST, order ? &zone : &list, now, &w.seen);
            clock_leap_table(&w.clock, order ? LEAP_FROM_LIST : LEAP_FROM_ZONE, order ? &list : &zone, now, &w.seen);
            clock_leap_table(&w.clock, LEAP_FROM_LIST, &list, now, &w.seen);
            assert_int_equal(told(&w, LOG_LEAP_FILES_DIFFER), rows[i].differ);
            assert_int_equal(w.clock.leap.differ_at.ns, rows[i].differ ? MIDNIGHT_S * NS_PER_S : 0);
        }
}

static void LEAP_02_with_an_expired_file_the_majority_is_heeded(void **state)
{
    static struct world w;
    struct leap_table t;

    (void)state;
    begin(&w, 1, DAY_S / 2);
    t = table(0, MIDNIGHT_S - 10 * DAY_S);
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &t, (struct mono_ns){ w.raw_s * NS_PER_S }, &w.seen);
    poll(&w, SOURCES, LEAP_INSERT);
    poll(&w, SOURCES, LEAP_INSERT);
    assert_int_equal(view(&w, 0).leap, LEAP_INSERT);
    assert_false(w.conflict);
}

/* A list that expires `left_s` from now, and ten polls. */
static void read_list_with(struct world *w, int64_t left_s)
{
    struct leap_table t;

    begin(w, 0, 60 * DAY_S);
    poll(w, 0, LEAP_NONE);
    poll(w, 0, LEAP_NONE);
    assert_int_equal(view(w, 0).status, CLOCK_SYNCHRONISED);
    t = table(0, w->tai_s - 36 + left_s);
    clock_leap_table(&w->clock, LEAP_FROM_LIST, &t, (struct mono_ns){ w->raw_s * NS_PER_S }, &w->seen);
    note(w);
    for (int i = 0; i < 10; i++) {
        poll(w, 0, LEAP_NONE);
        pass(w, 64);
    }
}

static void LEAP_02_a_list_that_expires_soon_or_has_expired_is_told_once(void **state)
{
    static struct world w;

    (void)state;
    read_list_with(&w, 20 * DAY_S);
    assert_int_equal(w.expires, 1);
    assert_int_equal(w.expired, 0);
    read_list_with(&w, -DAY_S);
    assert_int_equal(w.expires, 0);
    assert_int_equal(w.expired, 1);
    read_list_with(&w, 90 * DAY_S);
    assert_int_equal(w.expires + w.expired, 0);
}

static void another_count_of_tai_leaves_utc_where_it_was(void **state)
{
    static struct world w;
    struct leap_table t;
    int64_t before;

    (void)state;
    begin(&w, 0, 10 * DAY_S);
    poll(&w, 0, LEAP_NONE);
    poll(&w, 0, LEAP_NONE);
    before = view(&w, 0).utc.ns;
    t = table(0, MIDNIGHT_S + 90 * DAY_S);
    clock_leap_table(&w.clock, LEAP_FROM_LIST, &t, (struct mono_ns){ w.raw_s * NS_PER_S }, &w.seen);
    assert_int_equal(clock_page(&w.clock)->tai_minus_utc_s, 36);
    assert_true(llabs(view(&w, 0).utc.ns - before) <= 1);
    assert_int_equal(view(&w, 0).tai.ns - view(&w, 0).utc.ns, 36 * NS_PER_S);
}

static void begin_again(struct world *w, struct utc_ns wall, const struct clock_memory *m)
{
    const struct clock_options o = w->clock.options;

    clock_init(&w->clock, &o, &(struct clock_start){ now_of(w), wall, m, -25, NULL });
}

/* What has expired, or has no end, is history all the same; but one that is older than what is known here takes none of that back. */
static void LEAP_02_the_count_of_a_table_that_is_not_valid(void **state)
{
    static const struct { int32_t known_s, listed_s, wanted_s; } rows[] = { { 36, 37, 37 }, { 36, 35, 35 }, { 37, 37, 37 }, { 38, 37, 38 }, { 0, 37, 37 } };
    static struct world w;

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const bool zone = i % 2;
        const struct utc_ns started = { (MIDNIGHT_S + 10 * DAY_S) * NS_PER_S };
        const struct clock_memory m = { .saved = started, .tai_minus_utc_s = rows[i / 2].known_s };
        struct leap_table t = table(rows[i / 2].listed_s - 36, MIDNIGHT_S + 5 * DAY_S);

        begin(&w, 0, -10 * DAY_S);
        begin_again(&w, started, &m);
        t.expires.ns = zone ? INT64_MIN : t.expires.ns;
        clock_leap_table(&w.clock, zone ? LEAP_FROM_ZONE : LEAP_FROM_LIST, &t, now_of(&w), &w.seen);
        assert_int_equal(view(&w, 0).tai.ns - view(&w, 0).utc.ns, rows[i / 2].wanted_s * NS_PER_S);
        assert_int_equal(view(&w, 0).utc.ns, started.ns);
    }
}

/* The machine was off from before a leap second that was known until days after it. */
static void what_was_to_come_has_come(void **state)
{
    static const int64_t after_s[] = { -DAY_S / 2, DAY_S / 2, 3 * DAY_S };
    static struct world w;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        const struct clock_memory m = { .saved = { (MIDNIGHT_S - DAY_S / 2) * NS_PER_S }, .tai_minus_utc_s = 37, .leap_delta_s = 1,
                                        .leap_midnight = { MIDNIGHT_S * NS_PER_S } };

        begin(&w, 0, 0);
        begin_again(&w, (struct utc_ns){ (MIDNIGHT_S + after_s[i]) * NS_PER_S }, &m);
        for (unsigned again = 0; again < 3; again++) {
            assert_int_equal(view(&w, 0).tai.ns - view(&w, 0).utc.ns, (after_s[i] < 0 ? 37 : 38) * NS_PER_S);
            pass(&w, 64);
            tick(&w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inserted_second_is_announced_repeated_and_folded_in),
        cmocka_unit_test(a_deleted_second_is_announced_skipped_and_folded_in),
        cmocka_unit_test(NTPC_20_one_of_four_announcing_is_ignored_a_majority_on_the_last_day_is_heeded),
        cmocka_unit_test(who_wakes_after_it_takes_none_back),
        cmocka_unit_test(who_slews_towards_it_takes_none_back),
        cmocka_unit_test(most_take_it_back_until_seconds_before),
        cmocka_unit_test(what_fewer_than_half_announce_is_in_doubt),
        cmocka_unit_test(NTPC_21_a_valid_file_wins_over_the_majority_with_an_alarm),
        cmocka_unit_test(a_conflict_is_over_when_the_sources_say_nothing_more),
        cmocka_unit_test(who_goes_on_from_a_page_keeps_its_leap_second),
        cmocka_unit_test(what_is_saved_knows_the_leap_second_once_it_is_over),
        cmocka_unit_test(LEAP_02_an_expired_file_does_not_take_a_valid_ones_place),
        cmocka_unit_test(the_list_and_the_zone_are_compared),
        cmocka_unit_test(LEAP_02_with_an_expired_file_the_majority_is_heeded),
        cmocka_unit_test(LEAP_02_a_list_that_expires_soon_or_has_expired_is_told_once),
        cmocka_unit_test(another_count_of_tai_leaves_utc_where_it_was),
        cmocka_unit_test(LEAP_02_the_count_of_a_table_that_is_not_valid),
        cmocka_unit_test(what_was_to_come_has_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
