/* The pieces of a page say what page_at says: time to two nanoseconds, bounds never inside its own. Pages are drawn at random, at their edges too. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/page_at.h"
#include "base/rng.h"

#define PAGES 4000
#define LOOKS 40

static int64_t between(struct prng *r, int64_t lo, int64_t hi) { return lo + (int64_t)(prng_uniform(r) * (double)(hi - lo)); }

static struct mono_ns some_end(struct prng *r, int64_t from)
{
    return prng_uniform(r) < 0.2 ? MONO_NEVER : (struct mono_ns){ between(r, from - 100 * NS_PER_S, from + 4000 * NS_PER_S) };
}

static struct page_data some_page(struct prng *r)
{
    int64_t ref = between(r, 0, NS_PER_S * 1000000), slew = prng_uniform(r) < 0.3 ? 0 : between(r, -NS_PER_MS, NS_PER_MS);

    return (struct page_data){
        .raw_ref = { ref }, .tai_ref = { between(r, 0, INT64_C(4500000000) * NS_PER_S) }, .rate = (prng_uniform(r) - 0.5) * 1e-3, .slew = { slew },
        .slew_end = { slew ? between(r, ref + 10 * NS_PER_S, ref + 1000 * NS_PER_S) : ref }, .early = { between(r, 0, NS_PER_MS) },
        .late = { between(r, 0, NS_PER_MS) }, .growth = prng_uniform(r) * 1e-6, .growth_silent = prng_uniform(r) * 1e-4, .silent_at = some_end(r, ref),
        .holdover_at = some_end(r, ref), .free_running_at = some_end(r, ref), .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37,
        .status = (uint8_t)between(r, 0, CLOCK_STATUS_COUNT), .stratum = 3,
    };
}

static void leap_soon(struct prng *r, struct page_data *d)
{
    d->leap_at.ns = d->tai_ref.ns + between(r, 0, 3000 * NS_PER_S);
    d->leap_delta_s = prng_uniform(r) < 0.5 ? 1 : -1;
    d->leap = d->leap_delta_s > 0 ? LEAP_INSERT : LEAP_DELETE;
    if (prng_uniform(r) < 0.5) {
        d->early.ns = between(r, 0, 1000 * NS_PER_S);
        d->late.ns = between(r, 0, 1000 * NS_PER_S);
    }
}

/* 0: no piece holds there. */
static int compare(const struct page_data *d, const struct page_piece piece[PAGE_PIECES], struct mono_ns now)
{
    struct page_piece_instant fast;
    struct page_instant at;
    const struct page_piece *p = NULL;

    for (unsigned i = 0; i < PAGE_PIECES; i++)
        p = page_piece_holds(&piece[i], now.ns) ? &piece[i] : p;
    if (!p)
        return 0;
    page_piece_at(p, now.ns, &fast);
    page_at(d, now, &at);
    assert_true(llabs(fast.utc - at.utc.ns) <= 2);
    assert_true(fast.utc - fast.early <= at.utc.ns - at.early && fast.utc - fast.early >= at.utc.ns - at.early - 10);
    assert_true(fast.utc + fast.late >= at.utc.ns + at.late && fast.utc + fast.late <= at.utc.ns + at.late + 10);
    assert_int_equal(p->status, at.status);
    assert_int_equal(p->usable, at.usable);
    assert_int_equal(p->leap, page_leap(d, &at));
    assert_int_equal(p->tai_minus_utc_ns, page_tai_minus_utc(d, at.tai) * NS_PER_S);
    assert_int_equal(p->stratum, at.usable ? d->stratum : 0);
    return 1;
}

static void pieces_say_what_the_page_says(void **state)
{
    struct page_piece piece[PAGE_PIECES];
    int held = 0;
    struct prng r;

    (void)state;
    prng_seed(&r, 1);
    for (int i = 0; i < PAGES; i++) {
        struct page_data d = some_page(&r);

        if (i % 4 == 0)
            leap_soon(&r, &d);
        page_cut(&d, piece);
        for (int k = 0; k < LOOKS; k++)
            held += compare(&d, piece, (struct mono_ns){ between(&r, d.raw_ref.ns - NS_PER_S, d.raw_ref.ns + 3000 * NS_PER_S) });
        for (unsigned k = 0; k < PAGE_PIECES; k++)
            held += compare(&d, piece, (struct mono_ns){ piece[k].from }) + compare(&d, piece, (struct mono_ns){ piece[k].until - 1 });
    }
    assert_true(held > PAGES * LOOKS / 2);
}

static void they_follow_each_other_without_a_gap(void **state)
{
    struct page_piece piece[PAGE_PIECES];
    struct prng r;

    (void)state;
    prng_seed(&r, 2);
    for (int i = 0; i < PAGES; i++) {
        struct page_data d = some_page(&r);

        page_cut(&d, piece);
        assert_int_equal(piece[0].from, d.raw_ref.ns);
        for (unsigned k = 1; k < PAGE_PIECES; k++)
            assert_int_equal(piece[k].from, piece[k - 1].until);
    }
}

static void what_cannot_be_told_so_is_empty(void **state)
{
    struct page_piece piece[PAGE_PIECES];
    struct page_data d = { .raw_ref = { 1000 }, .slew_end = { 1000 }, .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER,
                           .leap_at = { INT64_MAX }, .late = { INT64_C(4500000000) * NS_PER_S } };

    (void)state;
    page_cut(&d, piece);
    assert_true(piece[0].until == piece[0].from);
    d.late.ns = 0;
    page_cut(&d, piece);
    assert_true(piece[0].until > piece[0].from);
    d.growth = 0.7;
    page_cut(&d, piece);
    assert_true(piece[0].until == piece[0].from);
    memset(&d, 0xff, sizeof d); /* not a number */
    page_cut(&d, piece);
    assert_true(piece[0].until == piece[0].from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_say_what_the_page_says),
        cmocka_unit_test(they_follow_each_other_without_a_gap),
        cmocka_unit_test(what_cannot_be_told_so_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
