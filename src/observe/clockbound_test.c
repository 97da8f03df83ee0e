/* The ClockBound segment, read as its clients read it: by their own words, written down here once more. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "observe/clockbound.h"

#define RAW (1000 * NS_PER_S)
#define UTC (INT64_C(1700000000) * NS_PER_S)
#define MONO (777 * NS_PER_S + 5)

static struct page_data synchronised(void)
{
    return (struct page_data){
        .raw_ref = { RAW }, .tai_ref = { UTC + 37 * NS_PER_S }, .slew_end = { RAW }, .early = { 1000 }, .late = { 3000 },
        .growth = 1e-6, .growth_silent = 15e-6,
        .silent_at = { RAW + 500 * NS_PER_S }, .holdover_at = { RAW + 500 * NS_PER_S }, .free_running_at = { RAW + 5000 * NS_PER_S },
        .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 2, .rate = 20e-6, .disruption = 9,
    };
}

static const struct clockbound_clock steered = { .steered = true, .rate = 21e-6, .raw = { RAW }, .system = { UTC + 500 }, .monotonic_ns = MONO };

static struct clockbound_bound made(const struct page_data *page, struct clockbound_clock c)
{
    struct clockbound_bound b;

    clockbound_make(page, &c, &b);
    return b;
}

static void the_bound_is_the_system_clocks(void **state)
{
    struct page_data page = synchronised();
    struct clockbound_clock c = steered;
    struct clockbound_bound b = made(&page, c);

    (void)state;
    assert_int_equal(b.as_of.s, 777);
    assert_int_equal(b.as_of.ns, 5);
    assert_int_equal(b.bound_ns, 2500);         /* true time is up to 3000 ns after ours, which is 500 ns before the system's */
    assert_in_range(b.max_drift_ppb, 2000, 2002); /* 1 ppm of ours, and the system clock runs 1 ppm faster than the line */
    assert_int_equal(b.status, CLOCKBOUND_SYNCHRONIZED);
    assert_int_equal(b.void_after.s, 777 + 500);
    assert_int_equal(b.disruption_marker, 9);
    assert_int_equal(b.disruption_support, 0);
    c.system.ns = UTC + 1000000;
    c.vmclock = true;
    b = made(&page, c);
    assert_int_equal(b.bound_ns, 1001000);
    assert_int_equal(b.disruption_support, 1);
}

static void what_must_not_be_trusted_is_not(void **state)
{
    static const int32_t expected[CLOCK_STATUS_COUNT] = {
        [CLOCK_UNSYNCHRONISED] = CLOCKBOUND_UNKNOWN,  [CLOCK_SYNCHRONISED] = CLOCKBOUND_SYNCHRONIZED, [CLOCK_HOLDOVER] = CLOCKBOUND_FREE_RUNNING,
        [CLOCK_FREE_RUNNING] = CLOCKBOUND_UNKNOWN,    [CLOCK_DISRUPTED] = CLOCKBOUND_DISRUPTED,       [CLOCK_LOCAL] = CLOCKBOUND_FREE_RUNNING,
    };
    struct page_data page = synchronised();
    struct clockbound_clock virtual = steered;

    (void)state;
    virtual.steered = false;
    for (uint8_t s = 0; s < CLOCK_STATUS_COUNT; s++) {
        page.status = s;
        assert_int_equal(made(&page, steered).status, expected[s]);
        assert_int_equal(made(&page, virtual).status, CLOCKBOUND_UNKNOWN);
    }
}

static void silence_and_leap_seconds_end_it(void **state)
{
    struct page_data page = synchronised();
    struct clockbound_clock c = steered;
    struct clockbound_bound b;

    (void)state;
    c.raw.ns += 495 * NS_PER_S; /* 5 s before silence: its growth is counted in, and it goes on beyond */
    c.system.ns = UTC + 495 * NS_PER_S + 9900000;
    b = made(&page, c);
    assert_in_range(b.max_drift_ppb, 16000, 16002);
    assert_int_equal(b.void_after.s, 777 + 1000);
    page.leap_delta_s = 1;
    page.leap_at.ns = page.tai_ref.ns + 100 * NS_PER_S;
    b = made(&page, steered);
    assert_int_equal(b.void_after.s, 777 + 98);
    page.leap_at.ns = page.tai_ref.ns + NS_PER_S;
    assert_int_equal(made(&page, steered).status, CLOCKBOUND_UNKNOWN);
}

/* compute_bound_at of the client: true while mono is before void_after. */
static void the_bound_holds_until_it_is_void(void **state)
{
    struct page_data page = synchronised();
    struct clockbound_clock c = steered;
    struct clockbound_bound b = made(&page, c);
    struct clock_view v;

    (void)state;
    for (int64_t s = 0; s < 500; s += 7) { /* the system clock runs on at its rate, the line at its own */
        int64_t system = UTC + 500 + s * NS_PER_S + (int64_t)(21e-6 * (double)(s * NS_PER_S)), bound = b.bound_ns + s * b.max_drift_ppb;

        page_view(&page, (struct mono_ns){ RAW + s * NS_PER_S }, &v);
        assert_true(system - bound <= v.earliest.ns && v.latest.ns <= system + bound);
    }
}

/* In the machine's byte order. */
static uint64_t number_at(const uint8_t *at, size_t len)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    memcpy(&two, at, sizeof two);
    memcpy(&four, at, sizeof four);
    if (len < 8)
        return len == 2 ? two : four;
    memcpy(&eight, at, sizeof eight);
    return eight;
}

static void the_layout_is_the_documents(void **state)
{
    static const uint8_t magic_text[8] = { 0x41, 0x4d, 0x5a, 0x4e, 0x43, 0x42, 0x02, 0x00 };
    struct clockbound_segment s = { .generation = 99, .bound.padding = { 1 } }; /* something else was there */
    struct page_data page = synchronised();
    struct clockbound_bound b = made(&page, steered);
    uint8_t at[sizeof s];
    uint32_t word[2];

    (void)state;
    clockbound_begin(&s);
    memcpy(word, s.magic, sizeof word);
    for (int i = 0; i < 8; i++) /* as two numbers of the machine's order, as the release writes them */
        assert_int_equal(word[i / 4] >> (24 - 8 * (i % 4)) & 0xff, magic_text[i]);
    assert_int_equal(s.version, 0);
    assert_int_equal(s.generation, 0);
    clockbound_write(&s, &b);
    memcpy(at, &s, sizeof s);
    assert_int_equal(number_at(at + 8, 4), 80);
    assert_int_equal(number_at(at + 12, 2), 2);
    assert_int_equal(number_at(at + 14, 2), 2);
    assert_int_equal(number_at(at + 16, 8), 777);
    assert_int_equal(number_at(at + 24, 8), 5);
    assert_int_equal(number_at(at + 32, 8), 1277);
    assert_int_equal(number_at(at + 48, 8), 2500);
    assert_int_equal(number_at(at + 56, 8), 9);
    assert_in_range(number_at(at + 64, 4), 2000, 2002);
    assert_int_equal(number_at(at + 68, 4), 1);
    for (int i = 72; i < 80; i++)
        assert_int_equal(at[i], 0);
}

static void the_generation_is_even_and_never_nought_again(void **state)
{
    struct clockbound_segment s;
    struct page_data page = synchronised();
    struct clockbound_bound b = made(&page, steered);

    (void)state;
    memset(&s, 0, sizeof s);
    clockbound_begin(&s);
    for (int i = 0; i < 70000; i++) {
        uint16_t before = s.generation;

        clockbound_write(&s, &b);
        assert_true(s.generation % 2 == 0 && s.generation != 0 && s.generation != before);
    }
    s.generation = 7; /* a writer died in the middle */
    clockbound_begin(&s);
    assert_int_equal(s.generation, 7);
    clockbound_write(&s, &b);
    assert_int_equal(s.generation, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_is_the_system_clocks),
        cmocka_unit_test(what_must_not_be_trusted_is_not),
        cmocka_unit_test(silence_and_leap_seconds_end_it),
        cmocka_unit_test(the_bound_holds_until_it_is_void),
        cmocka_unit_test(the_layout_is_the_documents),
        cmocka_unit_test(the_generation_is_even_and_never_nought_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
