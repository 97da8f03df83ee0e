/* The page's lines between two bends (a slew's end, silence, a change of status, a leap second) are straight: page_publish cuts them into pieces, so that a
 * reader in a hurry multiplies three integers and decides nothing. Time is that of page_at to two nanoseconds, bounds are never inside its own.
 *
 * Whoever reads a page in place may be handed halves of two copies, and finds that out afterwards by the generation: no value traps, whatever the
 * fields hold. */
#ifndef BASE_PAGE_PIECE_H
#define BASE_PAGE_PIECE_H

#include <stdbool.h>
#include <stdint.h>

struct page_data;

#define PAGE_PIECES 3           /* a slew, the time after it, holdover */
#define PAGE_PIECE_SHIFT 60

struct page_piece {
    int64_t from, until;        /* CLOCK_MONOTONIC_RAW, the end excluded; empty where the lines cannot be told so */
    int64_t utc;                /* served, at from */
    int64_t rate;               /* beyond one nanosecond a nanosecond, 2^-PAGE_PIECE_SHIFT */
    int64_t early, late;        /* of the served time, at from */
    int64_t early_rate, late_rate; /* 2^-PAGE_PIECE_SHIFT */
    int64_t tai_minus_utc_ns;
    int32_t status, leap, stratum, usable; /* as clock_view has them */
};

struct page_piece_instant { int64_t utc, early, late; };

/* Cut what *d says from raw_ref on. */
void page_cut(const struct page_data *d, struct page_piece out[PAGE_PIECES]);

/* The next lower integer of ns * rate. */
static inline int64_t page_piece_product(int64_t ns, int64_t rate)
{
#ifdef __SIZEOF_INT128__
    return (int64_t)(((__int128)ns * rate) >> PAGE_PIECE_SHIFT);
#else
    double x = (double)ns * (double)rate * (1.0 / (INT64_C(1) << PAGE_PIECE_SHIFT));
    int64_t whole = x > -9.2e18 && x < 9.2e18 ? (int64_t)x : 0;

    return whole - (x < (double)whole);
#endif
}

/* They wrap where fields are halves of two copies; elsewhere none comes near (page_cut). */
static inline int64_t page_piece_sum(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static inline int64_t page_piece_less(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }

static inline bool page_piece_holds(const struct page_piece *p, int64_t raw) { return raw >= p->from && raw < p->until; }

/* The piece that holds at `raw`; NULL where page_at has to be asked. */
static inline const struct page_piece *page_piece_of(const struct page_piece piece[PAGE_PIECES], int64_t raw)
{
    for (unsigned i = 0; i < PAGE_PIECES; i++)
        if (page_piece_holds(&piece[i], raw))
            return &piece[i];
    return (const struct page_piece *)0;
}

/* Where it holds. */
static inline void page_piece_at(const struct page_piece *p, int64_t raw, struct page_piece_instant *out)
{
    int64_t ns = page_piece_less(raw, p->from);

    out->utc = page_piece_sum(page_piece_sum(p->utc, ns), page_piece_product(ns, p->rate));
    out->early = page_piece_sum(p->early, page_piece_product(ns, p->early_rate));
    out->late = page_piece_sum(p->late, page_piece_product(ns, p->late_rate));
}

#endif
