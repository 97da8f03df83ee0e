/* The page tells the truth at every instant, by itself. */
#include "base/test.h"

#include <string.h>

#include "base/err.h"
#include "base/page.h"

static struct page_data synchronised(void)
{
    return (struct page_data){
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { 5000 * NS_PER_S }, .slew_end = { 1000 * NS_PER_S }, .early = { 1000 }, .late = { 3000 },
        .growth = 1e-6, .growth_silent = 15e-6, .silent_at = { 1100 * NS_PER_S }, .holdover_at = { 1100 * NS_PER_S }, .free_running_at = { 2000 * NS_PER_S },
        .leap_at = { INT64_MAX }, .root_delay = { 2000 }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 2, .precision_log2 = -25,
    };
}

static struct clock_view view_at(const struct page_data *d, int64_t s)
{
    struct clock_view v;

    page_view(d, (struct mono_ns){ s * NS_PER_S }, &v);
    assert_int_equal(page_utc(d, (struct mono_ns){ s * NS_PER_S }).ns, v.utc.ns);
    return v;
}

static void time_follows_the_line(void **state)
{
    struct page_data d = synchronised();

    (void)state;
    d.rate = 1e-5;
    assert_int_equal(view_at(&d, 1000).tai.ns, 5000 * NS_PER_S);
    assert_int_equal(view_at(&d, 1100).tai.ns, 5100 * NS_PER_S + 1000000);
    assert_int_equal(view_at(&d, 1100).utc.ns, 5063 * NS_PER_S + 1000000);
}

static void the_bound_grows_and_faster_in_silence(void **state)
{
    struct page_data d = synchronised();
    struct clock_view v = view_at(&d, 1000);

    (void)state;
    assert_int_equal(utc_sub(v.utc, v.earliest).ns, 1000);
    assert_int_equal(utc_sub(v.latest, v.utc).ns, 3000);
    assert_int_equal(v.root_dispersion.ns, 2000); /* 3000 - 2000/2 */
    v = view_at(&d, 1100);
    assert_in_range(utc_sub(v.utc, v.earliest).ns, 101000, 101010);
    v = view_at(&d, 1200);
    assert_in_range(utc_sub(v.utc, v.earliest).ns, 1601000, 1601010);
}

static void status_changes_without_a_writer(void **state)
{
    struct page_data d = synchronised();

    (void)state;
    assert_int_equal(view_at(&d, 1099).status, CLOCK_SYNCHRONISED);
    assert_int_equal(view_at(&d, 1100).status, CLOCK_HOLDOVER);
    assert_int_equal(view_at(&d, 1100).stratum, 2);
    assert_int_equal(view_at(&d, 2000).status, CLOCK_FREE_RUNNING);
    assert_int_equal(view_at(&d, 2000).stratum, 0);
    assert_int_equal(view_at(&d, 2000).leap, LEAP_UNKNOWN);
}

static void unusable_states_are_never_usable(void **state)
{
    struct page_data d = synchronised();

    (void)state;
    for (int s = 0; s < CLOCK_STATUS_COUNT; s++) {
        bool usable = s == CLOCK_SYNCHRONISED || s == CLOCK_HOLDOVER || s == CLOCK_LOCAL;

        d.status = (uint8_t)s;
        assert_int_equal(view_at(&d, 1001).stratum, usable ? 2 : 0);
        assert_int_equal(view_at(&d, 1001).leap, usable ? LEAP_NONE : LEAP_UNKNOWN);
    }
}

static void a_slew_is_continuous_and_the_bound_stays_put(void **state)
{
    struct page_data d = synchronised();
    int64_t before = 0;

    (void)state;
    d.slew = (struct dur_ns){ 4 * NS_PER_MS };
    d.slew_end = (struct mono_ns){ 1010 * NS_PER_S };
    for (int64_t t = 1000 * NS_PER_S; t < 1012 * NS_PER_S; t += NS_PER_S / 10) {
        struct clock_view v;
        int64_t estimate = 5000 * NS_PER_S + (t - 1000 * NS_PER_S);

        page_view(&d, (struct mono_ns){ t }, &v);
        assert_true(v.tai.ns > before);
        before = v.tai.ns;
        assert_in_range(utc_sub(v.earliest, (struct utc_ns){ estimate - 37 * NS_PER_S }).ns + 20000, 0, 19000); /* never later than estimate - early */
        assert_true(v.root_delay.ns / 2 + v.root_dispersion.ns >= utc_sub(v.utc, v.earliest).ns);
    }
    assert_int_equal(view_at(&d, 1000).tai.ns, 5000 * NS_PER_S + 4 * NS_PER_MS);
    assert_int_equal(view_at(&d, 1010).tai.ns, 5010 * NS_PER_S);
}

static void every_reader_crosses_a_leap_at_the_same_instant(void **state)
{
    struct page_data d = synchronised();

    (void)state;
    d.leap_at = (struct tai_ns){ 5010 * NS_PER_S };
    d.leap_delta_s = 1;
    assert_int_equal(view_at(&d, 1009).utc.ns, (5009 - 37) * NS_PER_S);
    assert_int_equal(view_at(&d, 1010).utc.ns, (5010 - 38) * NS_PER_S); /* the second is repeated */
    d.leap_delta_s = -1;
    assert_int_equal(view_at(&d, 1010).utc.ns, (5010 - 36) * NS_PER_S);
}

static int64_t utc_of(const struct page_data *d, int64_t tai_ns) { return page_tai_to_utc(d, (struct tai_ns){ tai_ns }).ns; }

/* Wherever within the bound true TAI is, its UTC is within what is told, though served time may be on the other side of the leap second, or slew towards it
 * from far; and where it can be on one side alone the bound is as wide as ever. */
static void the_bound_holds_across_a_leap(void **state)
{
    static const struct { int64_t early_ms, late_ms, slew_ms; } rows[] = {
        { 1, 3, 0 }, { 5000, 5000, 0 }, { 4000, 1, 0 }, { 1, 4000, 0 }, { 2, 2, 3000 }, { 2, 2, -3000 }, { 1500, 700, 9000 }, { 20000, 20000, -9000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int at_ds = -150; at_ds <= 150; at_ds++) /* tenths of a second after the leap second */
            for (int32_t delta_s = -1; delta_s <= 1; delta_s += 2) {
                struct page_data d = synchronised();
                int64_t lo, hi;
                struct clock_view v;

                d.early.ns = rows[i].early_ms * NS_PER_MS;
                d.late.ns = rows[i].late_ms * NS_PER_MS;
                d.slew.ns = rows[i].slew_ms * NS_PER_MS;
                d.slew_end.ns = d.raw_ref.ns + (d.slew.ns ? 1000000 * NS_PER_S : 0);
                d.leap_delta_s = delta_s;
                d.leap_at.ns = d.tai_ref.ns + d.slew.ns - at_ds * (NS_PER_S / 10);
                v = view_at(&d, 1000);
                lo = d.tai_ref.ns - d.early.ns;
                hi = d.tai_ref.ns + d.late.ns;
                for (int64_t t = lo; t <= hi; t += (hi - lo) / 97)
                    assert_in_range(utc_of(&d, t) - v.earliest.ns, 0, v.latest.ns - v.earliest.ns);
                if (tai_before(v.tai, d.leap_at) ? hi < d.leap_at.ns : lo >= d.leap_at.ns)
                    assert_int_equal(v.latest.ns - v.earliest.ns, hi - lo);
                assert_true(v.latest.ns - v.earliest.ns <= hi - lo + 2 * NS_PER_S);
            }
}

static void nothing_is_read_before_the_first_publish_nor_from_a_foreign_page(void **state)
{
    struct page p;
    struct page_data d = synchronised(), got;

    (void)state;
    memset(&p, 0, sizeof p);
    assert_int_equal(page_read(&p, &got), -UE_VERSION);
    page_init(&p, 0);
    assert_int_equal(page_read(&p, &got), -UE_BUSY);
    for (int i = 0; i < 5; i++) {
        d.stratum = (uint8_t)(i + 1);
        page_publish(&p, &d);
        assert_int_equal(page_read(&p, &got), 0);
        assert_int_equal(got.stratum, i + 1);
    }
    p.version++;
    assert_int_equal(page_read(&p, &got), -UE_VERSION);
}

static void a_writer_killed_in_mid_write_leaves_a_readable_copy(void **state)
{
    struct page p;
    struct page_data d = synchronised(), got;

    (void)state;
    page_init(&p, 0);
    page_publish(&p, &d);
    memset(&p.copy[(p.generation + 1) & 1], 0xee, sizeof p.copy[0]); /* half-written successor */
    assert_int_equal(page_read(&p, &got), 0);
    assert_memory_equal(&got, &d, sizeof d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_follows_the_line),
        cmocka_unit_test(the_bound_grows_and_faster_in_silence),
        cmocka_unit_test(status_changes_without_a_writer),
        cmocka_unit_test(unusable_states_are_never_usable),
        cmocka_unit_test(a_slew_is_continuous_and_the_bound_stays_put),
        cmocka_unit_test(every_reader_crosses_a_leap_at_the_same_instant),
        cmocka_unit_test(the_bound_holds_across_a_leap),
        cmocka_unit_test(nothing_is_read_before_the_first_publish_nor_from_a_foreign_page),
        cmocka_unit_test(a_writer_killed_in_mid_write_leaves_a_readable_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
