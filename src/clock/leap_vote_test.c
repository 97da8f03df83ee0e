/* Whose word on a leap second counts, how long it stands, and at which instants words and files begin and cease to count. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/smear.h"
#include "clock/leap.h"

#define DAY_NS (86400 * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)
#define MIDNIGHT (INT64_C(1798761600) * NS_PER_S) /* 2027-01-01 */
#define NOW ((struct mono_ns){ 5000 * NS_PER_S })

static struct clock c;
static struct clock_actions out;

/* A synchronised clock, so long before that midnight, that has heard nothing of leap seconds. */
static void begin(int64_t before_midnight_ns)
{
    memset(&c, 0, sizeof c);
    out.count = 0;
    c.page = (struct page_data){ .raw_ref = NOW, .slew_end = NOW, .tai_ref = utc_to_tai((struct utc_ns){ MIDNIGHT - before_midnight_ns }, 37),
                                 .tai_minus_utc_s = 37, .leap_at = { INT64_MAX }, .status = CLOCK_SYNCHRONISED, .silent_at = MONO_NEVER,
                                 .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER };
    c.leap.saved_s = 37;
    c.estimate = (struct clock_estimate){ .at = NOW, .tai = c.page.tai_ref, .aged = NOW, .bound = { -0.5, 0.5 } };
}

/* `count` more sources, all of a state, which say `leap`. */
static void sources(unsigned count, int state, enum leap leap, enum smear_law smear)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX && count > 0; i++)
        if (!c.source[i].used) {
            c.source[i] = (struct clock_source){ .used = true, .state = (uint8_t)state, .smear = (uint8_t)smear, .last.leap = (uint8_t)leap };
            count--;
        }
}

static void refresh(void) { leap_refresh(&c, NOW, &out); }

static unsigned told(enum log_id id)
{
    unsigned n = 0;

    for (unsigned i = 0; i < out.count; i++)
        n += out.item[i].kind == CLOCK_DO_LOG && out.item[i].log.id == id;
    return n;
}

static bool saves(void)
{
    for (unsigned i = 0; i < out.count; i++)
        if (out.item[i].kind == CLOCK_DO_SAVE)
            return true;
    return false;
}

static struct leap_table table(int32_t delta, int64_t expires_ns)
{
    return (struct leap_table){ .expires = { expires_ns }, .count = delta ? 2 : 1, .entry = { { { 0 }, 37 }, { { MIDNIGHT }, 37 + delta } } };
}

static void list(int32_t delta, int64_t expires_ns)
{
    c.leap.table[LEAP_FROM_LIST] = table(delta, expires_ns);
    c.leap.have[LEAP_FROM_LIST] = true;
}

/* A source that announces nothing, and tells a root distance; the rest of a sample is as if it had just come. */
static void silent_source(int64_t dispersion_ns, int64_t age_ns, int64_t before_midnight_ns)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        if (!c.source[i].used) {
            c.source[i] = (struct clock_source){ .used = true, .state = CLOCK_SOURCE_SELECTED, .last.root_dispersion = { dispersion_ns } };
            c.source[i].last.utc.ns = MIDNIGHT - before_midnight_ns - age_ns;
            return;
        }
}

/* Whether none comes is said by more than half, in the last two hours, and not by who does not know it himself. Beside those who smear half is enough. */
static void none_is_said_by_a_majority_that_knows_and_lately(void **state)
{
    static const struct { const char *name; unsigned none, old, no_word, smearing, electorate; bool spoken, insert; } rows[] = {
        { "two of three", 2, 0, 0, 0, 3, true, false },       { "one of three", 1, 0, 0, 0, 3, false, false },
        { "one of two", 1, 0, 1, 0, 2, false, false },        { "two of three, one in doubt", 2, 0, 1, 0, 3, true, false },
        { "half beside those who smear", 1, 0, 0, 1, 2, true, false }, { "less", 1, 0, 1, 1, 3, false, false },
        { "two of two, who do not know", 0, 0, 2, 0, 2, false, false },
        { "half, too long ago", 1, 1, 0, 0, 2, false, false }, { "nobody", 0, 0, 0, 0, 0, false, false },
        { "who announces says another thing", 1, 0, 0, 0, 2, false, true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(HOUR_NS);
        c.policy.synchronised_once = true;
        c.policy.electorate = rows[i].electorate;
        refresh(); /* which month it is */
        for (unsigned n = 0; n < rows[i].none + rows[i].old + rows[i].no_word; n++)
            silent_source(n >= rows[i].none + rows[i].old ? NS_PER_S : 0, n >= rows[i].none && n < rows[i].none + rows[i].old ? HOUR_NS : 0, HOUR_NS);
        sources(rows[i].smearing, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_UTC_SLS);
        sources(rows[i].insert, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
        refresh();
        if (c.leap.spoken != rows[i].spoken || c.leap.untold == rows[i].spoken || c.page.leap_delta_s != 0)
            fail_msg("%s: %d %d", rows[i].name, c.leap.spoken, c.leap.untold);
    }
}

/* After midnight who announces none may have announced one before: of those who smear beside them that says nothing, if it was not said before it. */
static void after_midnight_none_is_said_by_more_than_half_alone(void **state)
{
    static const struct { int64_t before_ns; unsigned none, smearing; bool spoken, doubt; } rows[] = {
        { HOUR_NS, 1, 1, false, false }, { -HOUR_NS, 1, 1, false, true }, { -HOUR_NS, 1, 1, true, false }, { -HOUR_NS, 2, 1, false, false },
        { HOUR_NS, 0, 1, false, true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].before_ns);
        c.policy.synchronised_once = true;
        c.page.reference_time.ns = MIDNIGHT;
        c.leap.doubted.ns = rows[i].before_ns < 0 ? MIDNIGHT : 0;
        c.leap.month.ns = MIDNIGHT;
        c.leap.spoken = rows[i].spoken;
        sources(rows[i].none, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_NONE);
        sources(rows[i].smearing, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_LINEAR);
        c.policy.electorate = rows[i].none + rows[i].smearing;
        refresh(); /* what is doubted */
        refresh();
        if (c.leap.in_doubt != rows[i].doubt)
            fail_msg("row %u: %d", i, c.leap.in_doubt);
    }
}

/* More than half of all that have or may still have a say; beside those that smear, who announce nothing, half is enough. */
static void a_majority_of_those_with_a_say_announces(void **state)
{
    static const struct { const char *name; unsigned insert, delete, none, odd_insert, false_insert, smearing, electorate; int32_t delta; } rows[] = {
        { "three of four", 3, 0, 1, 0, 0, 0, 4, 1 },
        { "two of four", 2, 0, 2, 0, 0, 0, 4, 0 },
        { "a deletion", 0, 3, 1, 0, 0, 0, 4, -1 },
        { "nobody", 0, 0, 4, 0, 0, 0, 4, 0 },
        { "outliers have a say", 1, 0, 1, 1, 0, 0, 3, 1 },
        { "falsetickers have none", 1, 0, 1, 0, 2, 0, 2, 0 },
        { "two of five, three of which are silent", 2, 0, 0, 0, 0, 0, 5, 0 },
        { "three of five, two of which are silent", 3, 0, 0, 0, 0, 0, 5, 1 },
        { "both of four that do not smear", 2, 0, 0, 0, 0, 2, 4, 1 },
        { "one of four, of which two smear and one is silent", 1, 0, 0, 0, 0, 2, 4, 0 },
        { "two of three, one of which is silent, beside one that smears", 2, 0, 0, 0, 0, 1, 4, 1 },
        { "two of four, beside two that smear", 2, 0, 2, 0, 0, 2, 5, 0 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(HOUR_NS);
        sources(rows[i].insert, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
        sources(rows[i].delete, CLOCK_SOURCE_SELECTED, LEAP_DELETE, SMEAR_NONE);
        sources(rows[i].none, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_NONE);
        sources(rows[i].odd_insert, CLOCK_SOURCE_OUTLIER, LEAP_INSERT, SMEAR_NONE);
        sources(rows[i].false_insert, CLOCK_SOURCE_FALSETICKER, LEAP_INSERT, SMEAR_NONE);
        sources(rows[i].smearing, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_LINEAR);
        c.policy.electorate = rows[i].electorate;
        refresh();
        if (c.page.leap_delta_s != rows[i].delta)
            fail_msg("%s: %d", rows[i].name, c.page.leap_delta_s);
    }
}

/* Two of three say it, who follow a member that stands aside as it follows us: they have that word from us. */
static void what_a_group_says_again_is_no_word(void **state)
{
    static const struct { uint32_t upstream; bool aside; int32_t armed; } rows[] = { { 7, true, 0 }, { 7, false, 1 }, { 8, true, 1 }, { 0, true, 1 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(HOUR_NS);
        sources(1, CLOCK_SOURCE_UNREACHABLE, LEAP_NONE, SMEAR_NONE);
        c.source[0].refid = 7;
        c.source[0].aside = rows[i].aside;
        sources(3, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
        for (unsigned k = 1; k < 3; k++) {
            c.source[k].last.stratum = 4;
            c.source[k].last.refid = rows[i].upstream;
        }
        refresh();
        if (c.page.leap_delta_s != rows[i].armed)
            fail_msg("row %u: %d", i, c.page.leap_delta_s);
    }
}

/* What is armed stays, unless more announce something else than ever announced it, or most of all sources. */
static void what_is_armed_is_taken_back_by_more(void **state)
{
    static const struct { const char *name; unsigned armed_by, insert, none, silent, offline; int64_t before_ns; int32_t delta; unsigned by; } rows[] = {
        { "fewer say so again", 3, 2, 0, 0, 0, HOUR_NS, 1, 3 },
        { "more say so", 1, 2, 0, 0, 0, HOUR_NS, 1, 2 },
        { "sources say what was remembered", LEAP_BY_MEMORY, 2, 0, 0, 0, HOUR_NS, 1, 2 },
        { "more say nothing of it", 1, 1, 2, 1, 0, HOUR_NS, 0, 1 },
        { "as many say nothing of it", 2, 1, 2, 1, 0, HOUR_NS, 1, 2 },
        { "most of all say nothing of it", 3, 0, 3, 1, 0, HOUR_NS, 0, 3 },
        { "half of all say nothing of it", 3, 0, 2, 2, 0, HOUR_NS, 1, 3 },
        { "half of those that are not offline", LEAP_BY_MEMORY, 0, 2, 2, 2, HOUR_NS, 1, LEAP_BY_MEMORY },
        { "most of those that are not offline", LEAP_BY_MEMORY, 0, 2, 1, 2, HOUR_NS, 0, LEAP_BY_MEMORY },
        { "no majority says anything", 1, 2, 2, 0, 0, HOUR_NS, 1, 1 },
        { "8 s and the bound before, who is ahead announces it no more", 1, 0, 3, 0, 0, 8500 * NS_PER_MS, 1, 1 },
        { "a little earlier", 1, 0, 3, 0, 0, 8500 * NS_PER_MS + 1, 0, 1 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].before_ns);
        sources(rows[i].insert, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
        sources(rows[i].none, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_NONE);
        sources(rows[i].silent, CLOCK_SOURCE_UNREACHABLE, LEAP_NONE, SMEAR_NONE);
        for (unsigned k = 0; k < rows[i].offline; k++) {
            sources(1, CLOCK_SOURCE_NEW, LEAP_NONE, SMEAR_NONE);
            c.source[rows[i].insert + rows[i].none + rows[i].silent + k].offline = true;
        }
        c.leap.voted_delta_s = 1;
        c.leap.voted_by = rows[i].armed_by;
        c.leap.voted_midnight.ns = MIDNIGHT;
        c.leap.voted_before_s = 37;
        refresh();
        if (c.page.leap_delta_s != rows[i].delta || c.leap.voted_by != rows[i].by)
            fail_msg("%s: %d by %u", rows[i].name, c.page.leap_delta_s, c.leap.voted_by);
    }
}

/* In a group without UTC nobody knows that there is none. */
static void a_group_takes_nothing_back(void **state)
{
    (void)state;
    for (int orphan = 0; orphan <= 1; orphan++) {
        begin(HOUR_NS);
        sources(1, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_NONE);
        c.policy.orphan = orphan;
        c.leap.voted_delta_s = 1;
        c.leap.voted_by = 1;
        c.leap.voted_midnight.ns = MIDNIGHT;
        c.leap.voted_before_s = 37;
        refresh();
        assert_int_equal(c.page.leap_delta_s, orphan);
    }
}

/* The page has one at that midnight, taken from so many sources. */
static void arm(int32_t delta_s, unsigned by)
{
    c.page.leap_delta_s = delta_s;
    c.page.leap_at = tai_add(utc_to_tai((struct utc_ns){ MIDNIGHT }, 37), (struct dur_ns){ delta_s > 0 ? 0 : -NS_PER_S });
    c.leap.by_vote = true;
    c.leap.voted_by = by;
}

/* By the word of half of those that could speak, or of a memory, it is in doubt from 8 s before it; a file is not. */
static void what_most_did_not_announce_is_in_doubt(void **state)
{
    static const struct { const char *name; unsigned by, able, offline, aside, smearing; bool by_vote, doubt; } rows[] = {
        { "the only one", 1, 1, 0, 0, 0, true, false },
        { "two of four", 2, 4, 0, 0, 0, true, true },
        { "three of four", 3, 4, 0, 0, 0, true, false },
        { "one beside two that are offline", 1, 1, 2, 0, 0, true, false },
        { "one beside two that do not count", 1, 1, 0, 2, 0, true, false },
        { "one beside two that smear", 1, 1, 0, 0, 2, true, false },
        { "one of two beside all others", 1, 2, 2, 2, 2, true, true },
        { "remembered", LEAP_BY_MEMORY, 1, 0, 0, 0, true, true },
        { "by a file", 2, 4, 0, 0, 0, false, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mono_ns from = MONO_NEVER;

        begin(HOUR_NS);
        sources(rows[i].offline, CLOCK_SOURCE_NEW, LEAP_NONE, SMEAR_NONE);
        sources(rows[i].aside, CLOCK_SOURCE_OUTLIER, LEAP_NONE, SMEAR_NONE);
        for (unsigned k = 0; k < rows[i].offline + rows[i].aside; k++) {
            c.source[k].offline = k < rows[i].offline;
            c.source[k].aside = k >= rows[i].offline;
        }
        sources(rows[i].smearing, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_LINEAR);
        sources(rows[i].able, CLOCK_SOURCE_UNREACHABLE, LEAP_NONE, SMEAR_NONE);
        arm(1, rows[i].by);
        c.leap.by_vote = rows[i].by_vote;
        if (rows[i].doubt)
            from = mono_add(NOW, (struct dur_ns){ HOUR_NS - 8 * NS_PER_S });
        if (leap_page_next(&c).ns != from.ns)
            fail_msg("%s", rows[i].name);
    }
}

/* `count` more sources that have answered, the last time so long after that instant. */
static void measured(unsigned count, int state, struct tai_ns instant, int64_t after_ns)
{
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX && count > 0; i++)
        if (!c.source[i].used) {
            c.source[i] = (struct clock_source){ .used = true, .state = (uint8_t)state, .sampled = true, .reach = 1 };
            c.source[i].last.at = mono_add(NOW, (struct dur_ns){ tai_sub(instant, c.page.tai_ref).ns + after_ns });
            count--;
        }
}

/* UTC may be a second further on, or back where one was to be left out, until most are measured after it. */
static void in_doubt_the_bound_is_a_second_wider(void **state)
{
    static const struct { const char *name; int32_t delta_s; int64_t now_ns; unsigned after, odd_after, false_after, lost_after, before; bool wide; } rows[] = {
        { "not yet", 1, -8 * NS_PER_S - 1, 0, 0, 0, 0, 4, false },
        { "8 s before", 1, -8 * NS_PER_S, 0, 0, 0, 0, 4, true },
        { "none since", 1, HOUR_NS, 0, 0, 0, 0, 4, true },
        { "half since", 1, HOUR_NS, 2, 0, 0, 0, 2, true },
        { "most since", 1, HOUR_NS, 3, 0, 0, 0, 1, false },
        { "one of them an outlier", 1, HOUR_NS, 2, 1, 0, 0, 1, false },
        { "falsetickers", 1, HOUR_NS, 2, 0, 2, 0, 0, true },
        { "no longer heard", 1, HOUR_NS, 2, 0, 0, 2, 0, true },
        { "one left out, none since", -1, HOUR_NS, 0, 0, 0, 0, 4, true },
        { "one left out, most since", -1, HOUR_NS, 3, 0, 0, 0, 1, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clock_span bound = { -0.5, 0.25 };
        struct mono_ns now;

        begin(HOUR_NS);
        arm(rows[i].delta_s, LEAP_BY_MEMORY);
        measured(rows[i].lost_after, CLOCK_SOURCE_SELECTED, c.page.leap_at, 0);
        for (unsigned k = 0; k < rows[i].lost_after; k++)
            c.source[k].reach = 0;
        measured(rows[i].after, CLOCK_SOURCE_SELECTED, c.page.leap_at, 0);
        measured(rows[i].odd_after, CLOCK_SOURCE_OUTLIER, c.page.leap_at, 0);
        measured(rows[i].false_after, CLOCK_SOURCE_FALSETICKER, c.page.leap_at, 0);
        measured(rows[i].before, CLOCK_SOURCE_SELECTED, c.page.leap_at, -1);
        c.policy.electorate = 4;
        now = mono_add(NOW, (struct dur_ns){ tai_sub(c.page.leap_at, c.page.tai_ref).ns + rows[i].now_ns });
        leap_widen(&c, now, &bound);
        if (bound.lo_s != (rows[i].wide && rows[i].delta_s < 0 ? -1.5 : -0.5) || bound.hi_s != (rows[i].wide && rows[i].delta_s > 0 ? 1.25 : 0.25))
            fail_msg("%s: %g to %g s", rows[i].name, bound.lo_s, bound.hi_s);
    }
}

/* Only within a repeated second the reading that was expected decides: elsewhere it may be off by as much as it likes. */
static void a_time_before_a_leap_second_means_one_instant(void **state)
{
    (void)state;
    for (int32_t delta_s = -1; delta_s <= 1; delta_s += 2)
        for (int64_t off_s = -1; off_s <= 1; off_s++) {
            struct utc_ns utc = { MIDNIGHT - HOUR_NS };
            struct tai_ns at = utc_to_tai(utc, 37);

            begin(HOUR_NS);
            arm(delta_s, 1);
            assert_int_equal(leap_tai_of(&c.page, utc, tai_add(at, (struct dur_ns){ off_s * NS_PER_S })).ns, at.ns);
        }
}

/* Who took one back may announce it again; and what has passed is kept for a day. */
static void what_was_taken_back_may_be_armed_again(void **state)
{
    (void)state;
    begin(HOUR_NS);
    sources(3, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
    c.leap.voted_midnight.ns = MIDNIGHT;
    refresh();
    assert_int_equal(c.page.leap_delta_s, 1);
    for (int64_t after_ns = DAY_NS - 1; after_ns <= DAY_NS; after_ns++) {
        begin(-after_ns);
        c.leap.voted_delta_s = 1;
        c.leap.voted_midnight.ns = MIDNIGHT;
        c.leap.voted_before_s = 36;
        refresh();
        assert_int_equal(c.page.leap_delta_s, after_ns < DAY_NS);
    }
}

/* It is announced on the last day, to the second, and told once. */
static void it_is_announced_for_a_day(void **state)
{
    static const struct { int64_t before_ns; enum leap leap; } rows[] = {
        { DAY_NS + 1, LEAP_NONE }, { DAY_NS, LEAP_INSERT }, { 1, LEAP_INSERT }, { 0, LEAP_NONE },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].before_ns);
        list(1, MIDNIGHT + 90 * DAY_NS);
        refresh();
        refresh();
        assert_int_equal(c.page.leap, rows[i].leap);
        assert_int_equal(told(LOG_LEAP_ARMED), rows[i].leap != LEAP_NONE);
    }
}

/* What sources announce conflicts with a valid list that does not have it for this very day. */
static void a_conflict_is_about_this_day(void **state)
{
    static const struct { int32_t listed; enum leap voted; int64_t before_ns, valid_ns; bool conflict; } rows[] = {
        { 1, LEAP_INSERT, HOUR_NS, 90 * DAY_NS, false }, { 1, LEAP_INSERT, DAY_NS, 90 * DAY_NS, true }, { 1, LEAP_INSERT, -HOUR_NS, 90 * DAY_NS, false },
        { 1, LEAP_DELETE, HOUR_NS, 90 * DAY_NS, true },  { 0, LEAP_INSERT, HOUR_NS, 90 * DAY_NS, true }, { 1, LEAP_NONE, HOUR_NS, 90 * DAY_NS, false },
        { 0, LEAP_INSERT, HOUR_NS, -HOUR_NS, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].before_ns);
        list(rows[i].listed, MIDNIGHT + rows[i].valid_ns);
        sources(3, CLOCK_SOURCE_SELECTED, rows[i].voted, SMEAR_NONE);
        c.leap.conflict = true;
        refresh();
        refresh();
        if (c.leap.conflict != rows[i].conflict)
            fail_msg("row %u: %d", i, c.leap.conflict);
        assert_int_equal(told(LOG_LEAP_CONFLICT), rows[i].conflict);
    }
}

/* At its expiry a list is worth as much as none; before, what the sources say against it is not heeded. */
static void a_list_expires_at_its_instant(void **state)
{
    static const struct { int64_t left_ns; int32_t delta; unsigned expires, expired; } rows[] = {
        { 28 * DAY_NS + 1, 0, 0, 0 }, { 28 * DAY_NS, 0, 1, 0 }, { 1, 0, 1, 0 }, { 0, 1, 0, 1 }, { -1, 1, 0, 1 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(HOUR_NS);
        list(0, MIDNIGHT - HOUR_NS + rows[i].left_ns);
        sources(3, CLOCK_SOURCE_SELECTED, LEAP_INSERT, SMEAR_NONE);
        refresh();
        refresh();
        assert_int_equal(c.page.leap_delta_s, rows[i].delta);
        assert_int_equal(told(LOG_LEAP_EXPIRES), rows[i].expires);
        assert_int_equal(told(LOG_LEAP_EXPIRED), rows[i].expired);
        assert_int_equal(clock_leap_expired(&c, NOW), rows[i].left_ns <= 0);
    }
}

/* It is told of a list that is there, by a clock that knows the time. */
static void of_no_list_no_expiry_is_told(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++) {
        begin(HOUR_NS);
        list(0, MIDNIGHT - DAY_NS);
        c.leap.have[LEAP_FROM_LIST] = !without;
        c.page.status = without ? CLOCK_SYNCHRONISED : CLOCK_UNSYNCHRONISED;
        refresh();
        assert_int_equal(told(LOG_LEAP_EXPIRES) + told(LOG_LEAP_EXPIRED), 0);
    }
}

/* It is read, compared with the zone at once and that told once; as a measurement it does not count. */
static void a_list_that_is_read_is_no_measurement(void **state)
{
    const struct leap_table with = table(1, MIDNIGHT + DAY_NS), without = table(0, MIDNIGHT + DAY_NS);

    (void)state;
    begin(HOUR_NS);
    for (unsigned i = 0; i < 3; i++) {
        clock_leap_table(&c, i == 1 ? LEAP_FROM_ZONE : LEAP_FROM_LIST, i == 1 ? &with : &without, NOW, &out);
        assert_int_equal(told(LOG_LEAP_FILES_DIFFER), i > 0);
    }
    assert_int_equal(c.leap.differ_at.ns, MIDNIGHT);
    assert_int_equal(c.page.silent_at.ns, MONO_NEVER.ns);
}

/* A table ends where it says; what lies behind that was another's. */
static void what_is_behind_a_tables_end_does_not_differ(void **state)
{
    const struct leap_table list = table(0, MIDNIGHT + DAY_NS);
    struct leap_table zone = table(1, INT64_MIN);

    (void)state;
    for (uint32_t count = 1; count <= 2; count++) {
        zone.count = count;
        begin(HOUR_NS);
        clock_leap_table(&c, LEAP_FROM_LIST, &list, NOW, &out);
        clock_leap_table(&c, LEAP_FROM_ZONE, &zone, NOW, &out);
        assert_int_equal(told(LOG_LEAP_FILES_DIFFER), count - 1);
    }
}

/* The list while it is valid, then the zone, which names no end; and that the list has expired remains true. */
static void the_zone_stands_in_for_an_expired_list(void **state)
{
    static const struct { bool list, zone; int64_t left_ns; const char *from; bool expired; } rows[] = {
        { false, false, 0, "none", false }, { true, false, DAY_NS, "list", false }, { true, false, -DAY_NS, "list", true },
        { false, true, 0, "zone", false },  { true, true, DAY_NS, "list", false },  { true, true, -DAY_NS, "zone", true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(HOUR_NS);
        list(0, MIDNIGHT - HOUR_NS + rows[i].left_ns);
        c.leap.have[LEAP_FROM_LIST] = rows[i].list;
        c.leap.table[LEAP_FROM_ZONE] = table(0, INT64_MIN);
        c.leap.have[LEAP_FROM_ZONE] = rows[i].zone;
        assert_string_equal(clock_leap_view(&c, NOW).from, rows[i].from);
        assert_int_equal(clock_leap_expired(&c, NOW), rows[i].expired);
    }
}

/* A restart goes by what was saved; of a clock that is not synchronised nothing is. */
static void another_difference_is_saved(void **state)
{
    static const struct { int status; int32_t saved_s; bool saves; } rows[] = {
        { CLOCK_SYNCHRONISED, 36, true }, { CLOCK_SYNCHRONISED, 37, false }, { CLOCK_HOLDOVER, 36, true }, { CLOCK_HOLDOVER, 37, false },
        { CLOCK_UNSYNCHRONISED, 36, false }, { CLOCK_DISRUPTED, 36, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(5 * DAY_NS);
        c.page.status = (uint8_t)rows[i].status;
        c.leap.saved_s = rows[i].saved_s;
        refresh();
        if (saves() != rows[i].saves)
            fail_msg("row %u", i);
    }
}

/* Within eight seconds of one, a clock that is off by as much as 0.4 s, or has lost something, cannot tell its two sides apart. */
static void who_is_too_far_off_does_not_measure_near_it(void **state)
{
    static const double bounds[][2] = { { -0.3, 0.3 }, { -0.4, 0.3 }, { -0.3, 0.4 } };
    static const int64_t apart_ns[] = { 0, 8 * NS_PER_S, -8 * NS_PER_S, 8 * NS_PER_S + 1, -8 * NS_PER_S - 1 };

    (void)state;
    for (unsigned known = 0; known < 5; known++)
        for (unsigned by = 0; by < 4; by++)
            for (unsigned i = 0; i < sizeof apart_ns / sizeof apart_ns[0]; i++) {
                struct measurement m = { .utc = { MIDNIGHT + apart_ns[i] }, .leap = by == 0 ? LEAP_INSERT : LEAP_NONE };
                bool far = known > 0, near = i < 3 && by < 3 && (by > 0 || apart_ns[i] < 0); /* after it nobody announces it */

                begin(HOUR_NS);
                c.policy.synchronised_once = known != 4;
                c.page.status = known == 3 ? CLOCK_DISRUPTED : CLOCK_SYNCHRONISED;
                c.estimate.bound = (struct clock_span){ bounds[known % 3][0], bounds[known % 3][1] };
                if (known > 2)
                    c.estimate.bound = (struct clock_span){ -0.3, 0.3 };
                if (by == 1) {
                    c.page.leap_delta_s = 1;
                    c.page.leap_at = utc_to_tai((struct utc_ns){ MIDNIGHT }, 37);
                }
                c.leap.voted_delta_s = by == 2;
                c.leap.voted_midnight.ns = MIDNIGHT;
                if (leap_is_too_near(&c, &m) != (far && near))
                    fail_msg("known %u, by %u, %lld ns apart", known, by, (long long)apart_ns[i]);
            }
}

/* On another day than the last of a month there is none, whoever announces it. */
static void within_a_month_there_is_none(void **state)
{
    struct measurement m = { .utc = { MIDNIGHT + 10 * DAY_NS }, .leap = LEAP_INSERT };

    (void)state;
    begin(HOUR_NS);
    assert_false(leap_is_too_near(&c, &m));
}

/* A start goes by a system clock that this daemon smeared. */
static void a_smeared_start_is_taken_back(void **state)
{
    static const struct { int mode; int law; int64_t before_ns, saved_before_ns; bool back; } rows[] = {
        { LEAP_MODE_SMEAR, SMEAR_LINEAR, 6 * HOUR_NS, 7 * HOUR_NS, true },   { LEAP_MODE_SMEAR, SMEAR_COSINE, 6 * HOUR_NS, 7 * HOUR_NS, true },
        { LEAP_MODE_SMEAR, SMEAR_LINEAR, -6 * HOUR_NS, HOUR_NS, true },      { LEAP_MODE_SMEAR, SMEAR_LINEAR, -6 * HOUR_NS, -HOUR_NS, true },
        { LEAP_MODE_STEP, SMEAR_LINEAR, 6 * HOUR_NS, 7 * HOUR_NS, false },   { LEAP_MODE_SLEW, SMEAR_LINEAR, 6 * HOUR_NS, 7 * HOUR_NS, false },
    };
    const struct tai_ns leap_at = utc_to_tai((struct utc_ns){ MIDNIGHT }, 37);

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leap_options o = { .mode = (uint8_t)rows[i].mode, .smear = (uint8_t)(rows[i].law - 1) };
        struct clock_memory m = { .saved = { MIDNIGHT - rows[i].saved_before_ns }, .leap_delta_s = 1, .leap_midnight = { MIDNIGHT } };
        struct utc_ns utc = { MIDNIGHT - rows[i].before_ns };
        struct utc_ns wall = utc_add(utc, smear_offset((enum smear_law)rows[i].law, utc_to_tai(utc, rows[i].before_ns > 0 ? 37 : 38), leap_at, 1));

        m.tai_minus_utc_s = rows[i].saved_before_ns > 0 ? 37 : 38;
        assert_true(llabs(utc_sub(leap_unsmeared(&o, &m, wall), rows[i].back ? utc : wall).ns) < 10 * NS_PER_US);
        assert_int_equal(leap_unsmeared(&o, NULL, wall).ns, wall.ns);
        m.leap_delta_s = 0;
        assert_int_equal(leap_unsmeared(&o, &m, wall).ns, wall.ns);
    }
}

/* To the nanosecond, by every law, on either side of the instant. */
static void a_smeared_start_knows_on_which_side_it_is(void **state)
{
    static const int64_t from_leap_ns[] = { -13 * HOUR_NS, -6 * HOUR_NS, -900 * NS_PER_S, -300 * NS_PER_MS, -100 * NS_PER_US, 1000, 100 * NS_PER_US,
                                            300 * NS_PER_MS, 2 * NS_PER_S, 6 * HOUR_NS, 13 * HOUR_NS };

    (void)state;
    for (int32_t delta = -1; delta <= 1; delta += 2)
        for (enum smear_law law = SMEAR_NONE + 1; law < SMEAR_LAW_COUNT; law++)
            for (unsigned i = 0; i < sizeof from_leap_ns / sizeof from_leap_ns[0]; i++) {
                struct leap_options o = { .mode = LEAP_MODE_SMEAR, .smear = (uint8_t)(law - 1) };
                struct clock_memory m = { .saved = { MIDNIGHT - HOUR_NS }, .leap_delta_s = delta, .leap_midnight = { MIDNIGHT } };
                struct tai_ns leap_at = utc_to_tai((struct utc_ns){ MIDNIGHT - (delta < 0 ? NS_PER_S : 0) }, 37);
                struct tai_ns at = tai_add(leap_at, (struct dur_ns){ from_leap_ns[i] });
                struct utc_ns utc = tai_to_utc(at, from_leap_ns[i] < 0 ? 37 : 37 + delta);
                struct utc_ns got = leap_unsmeared(&o, &m, utc_add(utc, smear_offset(law, at, leap_at, delta)));

                if (llabs(utc_sub(got, utc).ns) > 1)
                    fail_msg("law %d, %d s, %lld ns from it: %lld ns off", law, (int)delta, (long long)from_leap_ns[i], (long long)utc_sub(got, utc).ns);
            }
}

/* On the morning after as well: whoever starts then, within a smear, can tell as little. */
static void a_doubt_is_told_with_its_midnight(void **state)
{
    char text[256];

    (void)state;
    for (int64_t hours = -12; hours <= 12; hours += 24) {
        begin(hours * HOUR_NS / 2);
        c.policy.synchronised_once = true;
        sources(1, CLOCK_SOURCE_SELECTED, LEAP_NONE, SMEAR_LINEAR);
        refresh();
        refresh();
        assert_int_equal(told(LOG_LEAP_UNKNOWN), 1);
        log_render_text(&out.item[0].log, text, sizeof text);
        assert_non_null(strstr(text, "before 2027-01-01T00:00:00Z,"));
    }
}

/* After a deletion the count is one that was before. A table that ends before it knows nothing of that. */
static void a_count_that_comes_back_is_not_taken_for_the_old_one(void **state)
{
    (void)state;
    for (int later = 0; later <= 1; later++) {
        begin(-2 * DAY_NS);
        list(1, MIDNIGHT - HOUR_NS);
        c.leap.table[LEAP_FROM_LIST].entry[0].tai_minus_utc_s = 36;
        c.leap.table[LEAP_FROM_LIST].entry[1] = (struct leap_entry){ { MIDNIGHT + (later ? DAY_NS : -300 * DAY_NS) }, 37 };
        c.page.tai_minus_utc_s = c.leap.saved_s = 36;
        c.leap.voted_delta_s = -1;
        c.leap.voted_by = 3;
        c.leap.voted_midnight.ns = MIDNIGHT;
        c.leap.voted_before_s = 37;
        refresh();
        assert_int_equal(c.page.tai_minus_utc_s + c.page.leap_delta_s, later ? 37 : 36);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_majority_of_those_with_a_say_announces),
        cmocka_unit_test(none_is_said_by_a_majority_that_knows_and_lately),
        cmocka_unit_test(after_midnight_none_is_said_by_more_than_half_alone),
        cmocka_unit_test(what_a_group_says_again_is_no_word),
        cmocka_unit_test(what_is_armed_is_taken_back_by_more),
        cmocka_unit_test(a_group_takes_nothing_back),
        cmocka_unit_test(what_most_did_not_announce_is_in_doubt),
        cmocka_unit_test(in_doubt_the_bound_is_a_second_wider),
        cmocka_unit_test(a_time_before_a_leap_second_means_one_instant),
        cmocka_unit_test(what_was_taken_back_may_be_armed_again),
        cmocka_unit_test(it_is_announced_for_a_day),
        cmocka_unit_test(a_conflict_is_about_this_day),
        cmocka_unit_test(a_list_expires_at_its_instant),
        cmocka_unit_test(of_no_list_no_expiry_is_told),
        cmocka_unit_test(a_list_that_is_read_is_no_measurement),
        cmocka_unit_test(what_is_behind_a_tables_end_does_not_differ),
        cmocka_unit_test(the_zone_stands_in_for_an_expired_list),
        cmocka_unit_test(another_difference_is_saved),
        cmocka_unit_test(who_is_too_far_off_does_not_measure_near_it),
        cmocka_unit_test(within_a_month_there_is_none),
        cmocka_unit_test(a_smeared_start_is_taken_back),
        cmocka_unit_test(a_smeared_start_knows_on_which_side_it_is),
        cmocka_unit_test(a_doubt_is_told_with_its_midnight),
        cmocka_unit_test(a_count_that_comes_back_is_not_taken_for_the_old_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
