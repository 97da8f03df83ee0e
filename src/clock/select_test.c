/* Majority by intersection: what is found, what may be concluded, and who counts. */
#include <math.h>
#include <string.h>

#include "base/test.h"
#include "clock/select.h"

struct row {
    const char *name;
    unsigned electorate;
    struct { double lo, hi; } span[5];
    bool found;
    double core_lo, core_hi, hull_lo, hull_hi;
    unsigned agreeing;
};

static void fill(struct clock_source *s, const struct row *r)
{
    memset(s, 0, sizeof *s * CLOCK_SOURCES_MAX);
    for (unsigned i = 0; i < 5 && r->span[i].lo != r->span[i].hi; i++)
        s[i] = (struct clock_source){ .used = true, .sampled = true, .reach = 1, .span = { r->span[i].lo, r->span[i].hi } };
}

static void majority_is_found_and_not_overstated(void **state)
{
    static const struct row rows[] = {
        { "one alone", 0, { { -1, 2 } }, true, -1, 2, -1, 2, 1 },
        { "two that meet", 0, { { -1, 2 }, { 1, 5 } }, true, 1, 2, 1, 2, 2 },
        { "two that do not", 0, { { -1, 0 }, { 1, 5 } }, false, -1, 5, -1, 5, 0 },
        { "NTPC-16: one of three lies", 0, { { -1, 1 }, { -2, 0.5 }, { 9, 11 } }, true, -1, 0.5, -1, 0.5, 2 },
        { "a pair of any two of three", 0, { { 0, 10 }, { 1, 11 }, { 9.5, 30 } }, true, 1, 11, 1, 11, 3 },
        { "two against two", 0, { { 0, 1 }, { 0, 1 }, { 5, 6 }, { 5, 6 } }, false, 0, 6, 0, 6, 0 },
        { "three of five", 0, { { 0, 1 }, { 0, 1 }, { 0.5, 2 }, { 5, 6 }, { 5, 6 } }, true, 0.5, 1, 0.5, 1, 3 },
        { "the first of three to answer is no majority", 3, { { 0, 1 } }, false, 0, 1, 0, 1, 0 },
        { "two of three agree, the third may side with either", 3, { { 0, 2 }, { 1, 5 } }, true, 1, 2, 0, 5, 2 },
        { "one of two has not answered: no majority, and he may side with anybody", 2, { { 0, 2 } }, false, 0, 2, 0, 2, 0 },
        { "three of five agree, two may side with any one of them", 5, { { 0, 4 }, { 1, 5 }, { 2, 9 } }, true, 2, 4, 0, 9, 3 },
        { "three of four agree, one may side with any two of them", 4, { { 0, 4 }, { 1, 5 }, { 2, 9 } }, true, 2, 4, 1, 5, 3 },
        { "of more than were asked all count", 1, { { 0, 1 }, { 0, 1 }, { 5, 6 } }, true, 0, 1, 0, 1, 2 },
        { "two of four that touch are no majority", 4, { { -1, 0 }, { 0, 1 } }, false, -1, 1, -1, 1, 0 },
        { "edges that touch are in common", 0, { { -1, 1 }, { 1, 2 } }, true, 1, 1, 1, 1, 2 },
    };
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_majority m;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];

        fill(s, r);
        select_majority(s, r->electorate, &m);
        if (m.found != r->found || m.core.lo_s != r->core_lo || m.core.hi_s != r->core_hi || m.agreeing != r->agreeing)
            fail_msg("%s: found %d core %g..%g agreeing %u", r->name, m.found, m.core.lo_s, m.core.hi_s, m.agreeing);
        if (m.found && (m.hull.lo_s != r->hull_lo || m.hull.hi_s != r->hull_hi))
            fail_msg("%s: hull %g..%g", r->name, m.hull.lo_s, m.hull.hi_s);
    }
}

static void who_may_still_answer_makes_the_hull_wider(void **state)
{
    static const struct row rows[] = { /* electorate: hearable */
        { "two of three agree, the third may side with either", 3, { { 0, 2 }, { 1, 5 } }, true, 1, 2, 0, 5, 2 },
        { "two of four, and the others may side with each other alone", 4, { { 0, 2 }, { 1, 5 } }, true, 1, 2, 0, 5, 2 },
        { "of five they would be the majority by themselves", 5, { { 0, 2 }, { 1, 5 } }, true, 1, 2, 1, 2, 2 },
        { "one of two", 2, { { 0, 2 } }, true, 0, 2, 0, 2, 1 },
        { "one of three", 3, { { 0, 2 } }, true, 0, 2, 0, 2, 1 },
        { "three of four", 4, { { 0, 4 }, { 1, 5 }, { 2, 9 } }, true, 1, 5, 1, 5, 3 },
        { "all have answered", 2, { { 0, 2 }, { 1, 5 } }, true, 1, 2, 1, 2, 2 },
    };
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_majority m;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];

        fill(s, r);
        select_majority(s, 0, &m);
        select_widen(s, r->electorate, &m);
        if (!m.found || m.hull.lo_s != r->hull_lo || m.hull.hi_s != r->hull_hi || m.core.lo_s != r->core_lo || m.core.hi_s != r->core_hi)
            fail_msg("%s: core %g..%g hull %g..%g", r->name, m.core.lo_s, m.core.hi_s, m.hull.lo_s, m.hull.hi_s);
    }
}

/* follows: an upstream each, 0 for none; the source in slot i has the reference id 100 + i. */
struct kin {
    const char *name;
    unsigned electorate;
    uint32_t follows[5];
    struct { double lo, hi; } span[5];
    bool found;
    double hull_lo, hull_hi;
};

static void who_follows_one_machine_is_one_witness(void **state)
{
    static const struct kin rows[] = {
        { "three echoes of a liar do not outvote two witnesses", 0, { 7, 7, 7 }, { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, false, 0, 0 },
        { "without kin they do", 0, { 7, 8, 9 }, { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, true, 5, 6 },
        { "two witnesses stand against two echoes", 0, { 7, 7 }, { { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0.5, 2 } }, true, 0.5, 1 },
        { "witnesses that disagree leave it to the sources", 0, { 7, 7, 7 }, { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 2, 3 } }, true, 5, 6 },
        { "two and a stranger", 0, { 7, 7 }, { { 5, 6 }, { 5, 6 }, { 0, 1 } }, true, 5, 6 },
        { "what either majority says is in the hull", 0, { 7, 7, 7 }, { { 0, 4 }, { 0, 4 }, { 0, 4 }, { 3, 9 }, { 3, 8 } }, true, 0, 8 },
        { "one follows the other", 0, { 0, 100, 100 }, { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, false, 0, 0 },
        { "one after the other", 0, { 101, 102, 0 }, { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, false, 0, 0 },
        { "a machine's own clock is nobody's upstream", 0, { 0x7f000001, 0x7f000001, 0x7f000001 },
          { { 5, 6 }, { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, true, 5, 6 },
        { "the absent may be witnesses", 6, { 7, 7 }, { { 5, 6 }, { 5, 6 }, { 0, 1 }, { 0, 1 } }, false, 0, 0 },
    };
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_majority m;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct kin *r = &rows[i];

        memset(s, 0, sizeof s);
        for (unsigned k = 0; k < 5 && r->span[k].lo != r->span[k].hi; k++)
            s[k] = (struct clock_source){ .used = true, .sampled = true, .reach = 1, .span = { r->span[k].lo, r->span[k].hi }, .refid = 100 + k,
                                          .last = { .stratum = 2, .refid = r->follows[k] } };
        select_majority(s, r->electorate, &m);
        if (m.found != r->found || (m.found && (m.hull.lo_s != r->hull_lo || m.hull.hi_s != r->hull_hi)))
            fail_msg("%s: found %d hull %g..%g", r->name, m.found, m.hull.lo_s, m.hull.hi_s);
    }
}

static void only_those_heard_lately_count(void **state)
{
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_majority m;

    (void)state;
    fill(s, &(struct row){ .span = { { -1, 1 }, { 5, 6 }, { 5, 6 } } });
    s[1].reach = 0;
    s[2].sampled = false;
    select_majority(s, 0, &m);
    assert_true(m.found);
    assert_int_equal(m.selectable, 1);
    assert_true(m.hull.lo_s == -1 && m.hull.hi_s == 1);
}

static void those_who_do_not_count(void **state)
{
    static const struct clock_source good = { .used = true, .sampled = true, .reach = 1 };
    struct clock_source s[5] = { good, good, good, good, good };

    (void)state;
    assert_true(select_counts(&good));
    s[0].used = false;
    s[1].sampled = false;
    s[2].reach = 0;
    s[3].smears = true;
    s[4].aside = true;
    for (int i = 0; i < 5; i++)
        assert_false(select_counts(&s[i]));
}

static void as_many_as_there_may_be(void **state)
{
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_majority m;

    (void)state;
    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        s[i] = (struct clock_source){ .used = true, .sampled = true, .reach = 1, .span = { 1, 2 + i } };
    select_majority(s, 0, &m);
    assert_true(m.found && m.core.lo_s == 1);
    assert_int_equal(m.agreeing, CLOCK_SOURCES_MAX);
}

static void rate_is_what_a_majority_proves(void **state)
{
    struct clock_source s[CLOCK_SOURCES_MAX];
    struct clock_span r;

    (void)state;
    fill(s, &(struct row){ .span = { { -1, 1 }, { -1, 1 }, { -1, 1 } } });
    r = select_rate(s, 0, 0, 5e-4);
    assert_true(r.lo_s == -5e-4 && r.hi_s == 5e-4); /* nothing is proven yet */
    s[0].pace.known = s[1].pace.known = s[2].pace.known = true;
    s[0].pace.rate = (struct clock_span){ 3e-6, 3.1e-6 }; /* precise and wrong */
    s[1].pace.rate = (struct clock_span){ -1e-6, 1e-6 };
    s[2].pace.rate = (struct clock_span){ -2e-6, 0.5e-6 };
    r = select_rate(s, 0, 0, 5e-4);
    assert_true(r.lo_s == -1e-6 && r.hi_s == 0.5e-6);
    s[2].reach = 0;
    r = select_rate(s, 3, 0, 5e-4); /* the absent one might side with either */
    assert_true(r.lo_s == -1e-6 && r.hi_s == 3.1e-6);
    s[2].reach = 1;
    r = select_rate(s, 4, 0, 5e-4); /* three of four have to agree, one of which may be absent */
    assert_true(r.lo_s == -1e-6 && r.hi_s == 0.5e-6);
    r = select_rate(s, 2, 0, 5e-4); /* fewer were asked than answer: two of three */
    assert_true(r.lo_s == -1e-6 && r.hi_s == 0.5e-6);
    s[2].reach = 0;
    s[1].pace.rate = (struct clock_span){ -2e-6, -1e-6 }; /* 4 ppm apart: the oscillator may drift by 1 ppm only, so one of the two lies */
    s[0].pace.known = s[1].pace.known = true;
    r = select_rate(s, 0, 1e-6, 5e-4);
    assert_true(fabs(r.lo_s + 2e-6) < 1e-12 && fabs(r.hi_s - 3.1e-6) < 1e-12);
    s[0].pace.rate = (struct clock_span){ 0.5e-6, 0.6e-6 }; /* and here they may both be right */
    r = select_rate(s, 0, 1e-6, 5e-4);
    assert_true(fabs(r.lo_s - 0.5e-6) < 1e-12 && fabs(r.hi_s + 1e-6) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(majority_is_found_and_not_overstated),
        cmocka_unit_test(who_may_still_answer_makes_the_hull_wider),
        cmocka_unit_test(who_follows_one_machine_is_one_witness),
        cmocka_unit_test(only_those_heard_lately_count),
        cmocka_unit_test(those_who_do_not_count),
        cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(rate_is_what_a_majority_proves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
