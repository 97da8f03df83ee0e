/* At a month's end in doubt (clock/doubt.h): what is seen of a smear is a word on the leap second; the doubt is told once, and ends with what gets known. */
#include "base/test.h"

#include <string.h>

#include "clock/doubt.h"
#include "clock/leap.h"

#define HOUR_NS (3600 * NS_PER_S)
#define MIDNIGHT (INT64_C(1798761600) * NS_PER_S) /* 2027-01-01 */
#define NOW ((struct mono_ns){ 500000 * NS_PER_S })

static struct clock c;
static struct clock_actions out;

/* Six hours before that midnight, in the middle of a day that smears. */
static void begin(void)
{
    memset(&c, 0, sizeof c);
    out.count = 0;
    c.page = (struct page_data){ .raw_ref = NOW, .slew_end = NOW, .tai_ref = utc_to_tai((struct utc_ns){ MIDNIGHT - 6 * HOUR_NS }, 37), .heartbeat = NOW,
                                 .tai_minus_utc_s = 37, .leap_at = { INT64_MAX }, .status = CLOCK_SYNCHRONISED, .silent_at = MONO_NEVER,
                                 .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER };
    c.leap.saved_s = 37;
    c.policy.synchronised_once = true;
    c.estimate = (struct clock_estimate){ .at = NOW, .tai = c.page.tai_ref, .aged = NOW, .bound = { -1e-3, 1e-3 } };
}

static void sources(unsigned from, unsigned count, enum smear_law law, enum doubt_seen seen)
{
    for (unsigned i = from; i < from + count; i++)
        c.source[i] = (struct clock_source){ .used = true, .state = CLOCK_SOURCE_SELECTED, .smear = (uint8_t)law, .seen = (uint8_t)seen };
    c.policy.electorate = from + count;
}

static void refresh(void)
{
    out.count = 0;
    leap_refresh(&c, NOW, &out);
}

static unsigned told(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < out.count; i++)
        n += out.item[i].kind == CLOCK_DO_LOG && out.item[i].log.id == LOG_LEAP_UNKNOWN;
    return n;
}

static void what_most_have_seen_is_their_word(void **state)
{
    static const struct { const char *name; unsigned unseen, none, insert, delete; int32_t delta; bool doubt; } rows[] = {
        { "nothing is seen yet", 3, 0, 0, 0, 0, true },
        { "an inserted one", 0, 0, 3, 0, 1, false },
        { "a deleted one", 0, 0, 0, 3, -1, false },
        { "none", 0, 3, 0, 0, 0, false },
        { "by half of all, beside who has seen nothing", 2, 0, 2, 0, 1, false },
        { "by fewer", 2, 0, 1, 0, 0, true },
        { "two of three have seen none", 1, 2, 0, 0, 0, false },
        { "they do not agree", 0, 1, 1, 1, 0, true },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        c.leap.doubted.ns = MIDNIGHT;
        sources(0, rows[i].unseen, SMEAR_LINEAR, DOUBT_UNSEEN);
        sources(rows[i].unseen, rows[i].none, SMEAR_LINEAR, DOUBT_SEEN_NONE);
        sources(rows[i].unseen + rows[i].none, rows[i].insert, SMEAR_LINEAR, DOUBT_SEEN_INSERT);
        sources(rows[i].unseen + rows[i].none + rows[i].insert, rows[i].delete, SMEAR_LINEAR, DOUBT_SEEN_DELETE);
        refresh();
        if (c.page.leap_delta_s != rows[i].delta || c.leap.in_doubt != rows[i].doubt)
            fail_msg("%s: %d, %d", rows[i].name, c.page.leap_delta_s, c.leap.in_doubt);
    }
}

/* What was seen at another month's end. */
static void without_doubt_nothing_was_seen(void **state)
{
    (void)state;
    begin();
    sources(0, 3, SMEAR_LINEAR, DOUBT_SEEN_INSERT);
    refresh();
    assert_int_equal(c.page.leap_delta_s, 0);
}

static void who_does_not_smear_ends_the_doubt_by_announcing_none(void **state)
{
    (void)state;
    for (unsigned plain = 1; plain <= 2; plain++) {
        begin();
        sources(0, 2, SMEAR_LINEAR, DOUBT_UNSEEN);
        sources(2, plain, SMEAR_NONE, DOUBT_UNSEEN);
        c.policy.electorate = 3; /* of those two that smear, one counts */
        refresh();
        assert_int_equal(c.leap.in_doubt, plain == 1);
    }
}

static void a_doubt_is_told_once(void **state)
{
    (void)state;
    begin();
    refresh();
    assert_int_equal(told(), 0);
    sources(0, 1, SMEAR_LINEAR, DOUBT_UNSEEN);
    refresh();
    assert_int_equal(told(), 1);
    refresh();
    assert_int_equal(told(), 0);
    c.leap.doubt_told.ns = MIDNIGHT - 31 * 24 * HOUR_NS; /* of another month */
    refresh();
    assert_int_equal(told(), 1);
}

static struct leap_table table(int32_t delta, int64_t expires_ns)
{
    return (struct leap_table){ .expires = { expires_ns }, .count = delta ? 2 : 1, .entry = { { { 0 }, 37 }, { { MIDNIGHT }, 37 + delta } } };
}

/* Files that are valid, and leap seconds in others; zones do not say how long they are. */
static void a_file_that_knows_leaves_no_doubt(void **state)
{
    static const struct { const char *name; enum clock_leap_origin origin; int32_t delta; int64_t expires_ns; bool doubt; } rows[] = {
        { "a list without one", LEAP_FROM_LIST, 0, MIDNIGHT + HOUR_NS, false },
        { "a list with one", LEAP_FROM_LIST, 1, MIDNIGHT + HOUR_NS, false },
        { "an expired list", LEAP_FROM_LIST, 0, MIDNIGHT - 7 * HOUR_NS, true },
        { "a zone without one", LEAP_FROM_ZONE, 0, INT64_MIN, true },
        { "a zone with one", LEAP_FROM_ZONE, 1, INT64_MIN, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        sources(0, 1, SMEAR_LINEAR, DOUBT_UNSEEN);
        c.leap.table[rows[i].origin] = table(rows[i].delta, rows[i].expires_ns);
        c.leap.have[rows[i].origin] = true;
        refresh();
        if (c.leap.in_doubt != rows[i].doubt)
            fail_msg("%s: %d", rows[i].name, c.leap.in_doubt);
    }
}

/* The second that a smear had hidden is let into the bound when it becomes known, and only then. */
static void a_leap_second_that_becomes_known_ends_it(void **state)
{
    (void)state;
    begin();
    sources(0, 1, SMEAR_LINEAR, DOUBT_UNSEEN);
    refresh();
    assert_true(c.leap.in_doubt);
    refresh();
    assert_false(c.leap.found);
    c.leap.table[LEAP_FROM_LIST] = table(1, MIDNIGHT + HOUR_NS);
    c.leap.have[LEAP_FROM_LIST] = true;
    refresh();
    assert_true(c.leap.found);
    assert_true(c.estimate.bound.hi_s > 1);
    assert_false(c.leap.in_doubt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_most_have_seen_is_their_word),
        cmocka_unit_test(without_doubt_nothing_was_seen),
        cmocka_unit_test(who_does_not_smear_ends_the_doubt_by_announcing_none),
        cmocka_unit_test(a_doubt_is_told_once),
        cmocka_unit_test(a_file_that_knows_leaves_no_doubt),
        cmocka_unit_test(a_leap_second_that_becomes_known_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
