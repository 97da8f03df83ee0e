/* Whose samples move the estimate: who leans, what fits nothing, what is proven of the frequency, and where the estimate is confined. */
#include "clock/combine.h"

#include "clock/clock_fixture.h"
#include "clock/estimate.h"
#include "clock/sample.h"

#define PPM 1e-6

/* A clock that `sources` have just set; the estimate knows it within a microsecond and the frequency well, so that it hardly moves. */
static void begin(struct fixture *f, unsigned sources)
{
    fixture_init(f, 0);
    for (uint16_t i = 0; i < sources; i++)
        fixture_source(f, i);
    for (uint16_t i = 0; i < sources; i++)
        fixture_answer(f, i, 1e-4, 1e-4, 0);
    estimate_start(&f->c.estimate, fixture_now(f), estimate_tai(&f->c.estimate, fixture_now(f)), 0, 1e-6, 1e-9);
}

/* One more sample of the source, off_s from the line. */
static void sample(struct fixture *f, unsigned slot, double off_s, bool in_company)
{
    struct clock_source *s = &f->c.source[slot];

    s->last.utc = utc_add(s->last.utc, dur_from_s(off_s - sample_offset_s(&f->c, &s->last)));
    combine_sample(&f->c, s, in_company);
}

static void a_lean_is_a_mean_of_sixteen(void **state)
{
    double sum_s = 0, squares = 0, before_s = 0;
    struct clock_source *s;
    struct fixture f;

    (void)state;
    begin(&f, 3);
    s = &f.c.source[0];
    for (int n = 1; n <= 20; n++) {
        double z_s = 1e-4 * (n * 7 % 5), mean_s = n <= 16 ? (sum_s += z_s) / n : before_s + (z_s - before_s) / 16;

        squares = n <= 16 ? squares + (z_s - before_s) * (z_s - before_s) : squares + (z_s - before_s) * (z_s - before_s) - squares / 16;
        sample(&f, 0, z_s, true);
        assert_true(fabs(s->bias_s - mean_s) < 1e-8);
        assert_true(fabs(s->innovation_var - squares / fmin(n, 16)) < 1e-11);
        before_s = s->bias_s;
    }
}

/* Of n samples that all lean by the same, that is (1 - 2/n) of it beyond chance; of three nothing is said. It is odd beyond three standard deviations. */
static void who_leans_beyond_chance_is_odd(void **state)
{
    static const struct { int samples; double deviations; bool odd; } rows[] = {
        { 3, 1000, false }, { 4, 6.1, true }, { 4, 5.9, false }, { 8, 4.1, true }, { 8, 3.9, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            struct fixture f;

            begin(&f, 3);
            for (int n = 0; n < rows[i].samples; n++) {
                f.c.source[0].noise.error_var = pow(1e-4 / rows[i].deviations, 2);
                sample(&f, 0, sign * 1e-4, true);
            }
            if (f.c.source[0].odd != rows[i].odd)
                fail_msg("%d samples that lean by %g deviations: odd %d", rows[i].samples, rows[i].deviations, f.c.source[0].odd);
        }
}

static void alone_nobody_leans(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1);
    for (int n = 0; n < 20; n++)
        sample(&f, 0, 1e-4, false);
    assert_true(f.c.source[0].bias_s == 0 && !f.c.source[0].odd);
}

/* A sample that fits nothing is left out, unless the last ones of more than half of the sources that count fit nothing either. */
static void what_fits_nothing_needs_company(void **state)
{
    static const struct { unsigned sources, misfits, silent; bool taken; } rows[] = {
        { 3, 1, 0, false }, { 3, 2, 0, true }, { 4, 2, 0, false }, { 4, 3, 0, true }, { 5, 2, 0, false }, { 5, 3, 0, true }, { 5, 3, 2, false },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;

        begin(&f, rows[i].sources);
        for (unsigned k = 1; k < rows[i].misfits; k++)
            f.c.source[k].misfit = true;
        for (unsigned k = 1; k <= rows[i].silent; k++)
            f.c.source[k].reach = 0;
        sample(&f, 0, 1, true);
        assert_true(f.c.source[0].misfit);
        if (f.c.estimate.taken != rows[i].taken)
            fail_msg("%u of %u misfit, %u silent", rows[i].misfits, rows[i].sources, rows[i].silent);
    }
}

/* Two in a row of a lone source mean that the clock moved; one alone, or one now and then, does not. */
static void two_misfits_in_a_row_open_the_estimate(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 1);
    for (int i = 0; i < 3; i++) {
        sample(&f, 0, 1, false);
        assert_true(f.c.source[0].misfit && f.c.estimate.surprises == 1 && f.c.estimate.opened == 0);
        sample(&f, 0, 0, false);
        assert_true(!f.c.source[0].misfit && f.c.estimate.surprises == 0 && f.c.estimate.opened == 0);
    }
    sample(&f, 0, 1, false);
    sample(&f, 0, 1, false);
    assert_true(f.c.estimate.surprises == 0 && f.c.estimate.opened > 0);
}

static bool is_range(struct clock_span s, double lo_ppm, double hi_ppm) { return fabs(s.lo_s - lo_ppm * PPM) < 1e-10 && fabs(s.hi_s - hi_ppm * PPM) < 1e-10; }

/* By that source the frequency is between these. */
static void prove(struct clock *c, unsigned slot, double lo_ppm, double hi_ppm)
{
    c->source[slot].pace.known = true;
    c->source[slot].pace.rate = (struct clock_span){ lo_ppm * PPM, hi_ppm * PPM };
    combine_rate(c);
}

/* In ppm, about the line's rate. While nothing is proven, what the limit leaves; in a group the reference may move by itself. */
static void the_frequency_is_known_by_proof(void **state)
{
    struct fixture f;
    struct clock *c = &f.c;

    (void)state;
    begin(&f, 1);
    c->estimate.rate = -20 * PPM;
    combine_rate(c);
    assert_true(is_range(c->estimate.rate_known, -519, 519)); /* and the drift around it */
    prove(c, 0, -2, 3);
    assert_true(is_range(c->estimate.rate_known, -2, 3));
    c->source[0].standing = STANDING_REFERENCE;
    combine_rate(c);
    assert_true(is_range(c->estimate.rate_known, -17, 18));
}

/* Two that differ by less than twice max_drift may both be right, and then the frequency is between their ranges. */
static void proofs_may_differ_by_the_drift(void **state)
{
    struct fixture f;
    struct clock *c = &f.c;

    (void)state;
    begin(&f, 2);
    prove(c, 0, -1, 1);
    prove(c, 1, 2.5, 4);
    assert_true(is_range(c->estimate.rate_known, 2.5, 1));
    prove(c, 1, 3.5, 4);
    assert_true(is_range(c->estimate.rate_known, -1, 4));
}

/* What an earlier process knew is kept until as much is proven. */
static void what_was_resumed_is_kept_until_more_is_proven(void **state)
{
    struct fixture f;
    struct clock *c = &f.c;

    (void)state;
    begin(&f, 1);
    c->policy.resumed = true;
    c->estimate.rate_known = (struct clock_span){ -5 * PPM, 5 * PPM };
    combine_rate(c);
    assert_true(is_range(c->estimate.rate_known, -5, 5) && c->policy.resumed);
    prove(c, 0, -2, 3);
    assert_true(is_range(c->estimate.rate_known, -2, 3) && !c->policy.resumed);
    c->policy.resumed = true;
    combine_rate(c);
    assert_false(c->policy.resumed); /* as much is enough */
}

/* Ten max_drift around what is proven, in ppm of the raw clock. */
static void the_rate_stays_near_what_is_proven(void **state)
{
    static const struct { double rate, lo, hi, confined; } rows[] = {
        { 100, 50, 60, 70 }, { 100, 140, 150, 130 }, { 65, 50, 60, 65 }, { 700, 400, 700, 500 }, { -700, -700, -400, -500 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;

        begin(&f, 1);
        f.c.estimate.rate = rows[i].rate * PPM;
        f.c.estimate.rate_known = (struct clock_span){ (rows[i].lo - rows[i].rate) * PPM, (rows[i].hi - rows[i].rate) * PPM };
        f.a.count = 0;
        combine_confine(&f.c, &f.a);
        assert_true(fabs(f.c.estimate.rate - rows[i].confined * PPM) < 1e-10);
        assert_true(is_range(f.c.estimate.rate_known, rows[i].lo - rows[i].confined, rows[i].hi - rows[i].confined));
    }
}

/* Only a frequency that is proven to be beyond the limit, by more than the drift, is an alarm; told once each time. */
static void the_rail_is_told_where_it_is_proven(void **state)
{
    static const struct { double lo, hi; bool told; } rows[] = {
        { 501.5, 600, true }, { 502, 600, false }, { 500.5, 600, false }, { 501.5, 502, true }, { 0, 600, false },
        { -600, -501.5, true }, { -600, -502, false }, { -600, -500.5, false }, { -600, 0, false },
    };
    struct fixture f;

    (void)state;
    begin(&f, 1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f.c.estimate.rate_known = (struct clock_span){ rows[i].lo * PPM - f.c.estimate.rate, rows[i].hi * PPM - f.c.estimate.rate };
        f.a.count = 0;
        combine_confine(&f.c, &f.a);
        if (fixture_logged(&f, LOG_CLOCK_FREQUENCY_RAIL) != rows[i].told)
            fail_msg("row %u", i);
    }
}

static void the_estimate_stays_in_the_bound(void **state)
{
    static const struct { double lo_s, hi_s, move_s; } rows[] = { { -1, 2, 0 }, { 0.5, 2, 0.5 }, { -2, -0.5, -0.5 } };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tai_ns before;
        struct fixture f;

        begin(&f, 1);
        before = f.c.estimate.tai;
        f.c.estimate.bound = (struct clock_span){ rows[i].lo_s, rows[i].hi_s };
        f.a.count = 0;
        combine_confine(&f.c, &f.a);
        assert_true(fabs(dur_to_s(tai_sub(f.c.estimate.tai, before)) - rows[i].move_s) < 1e-9);
        assert_true(fabs(f.c.estimate.bound.lo_s - (rows[i].lo_s - rows[i].move_s)) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lean_is_a_mean_of_sixteen),
        cmocka_unit_test(who_leans_beyond_chance_is_odd),
        cmocka_unit_test(alone_nobody_leans),
        cmocka_unit_test(what_fits_nothing_needs_company),
        cmocka_unit_test(two_misfits_in_a_row_open_the_estimate),
        cmocka_unit_test(the_frequency_is_known_by_proof),
        cmocka_unit_test(proofs_may_differ_by_the_drift),
        cmocka_unit_test(what_was_resumed_is_kept_until_more_is_proven),
        cmocka_unit_test(the_rate_stays_near_what_is_proven),
        cmocka_unit_test(the_rail_is_told_where_it_is_proven),
        cmocka_unit_test(the_estimate_stays_in_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
