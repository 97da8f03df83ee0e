/* The clock page: the one published state of the clock, in shared memory, one writer, any number of readers.
 *
 * Content (struct page_data). The *estimate line* E gives TAI as a function of CLOCK_MONOTONIC_RAW:
 *     E(raw) = tai_ref + (raw - raw_ref) * (1 + rate)
 * The *served line* S is what everybody is told; it is continuous and never runs backwards. While a correction is worked off it differs
 * from E by a residue that shrinks linearly:
 *     S(raw) = E(raw) + slew * (1 - (raw - raw_ref) / (slew_end - raw_ref))   for raw < slew_end,  E(raw) after it
 * True time lies in [E - early - grown, E + late + grown], grown = growth * (raw - raw_ref) up to silent_at and growth_silent beyond it.
 * `holdover_at` and `free_running_at` are instants at which the status changes by itself, so that a page whose writer died
 * goes on telling the truth.  UTC = TAI - tai_minus_utc_s, plus leap_delta_s from leap_at on (TAI instant of the change).
 *
 * Memory (struct page). A latch: two copies, the generation's low bit names the readable one, so a writer killed in mid-write leaves a
 * readable copy. The writer never reads back; a reader can neither block nor harm it. Layout is fixed per `version`; magic, version, size and superseded
 * stay where they are in all of them. */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/measurement.h"
#include "base/page_piece.h"
#include "base/time.h"

enum clock_status {
    CLOCK_UNSYNCHRONISED, /* nothing known yet, or fewer than a majority agree: LI 3, stratum 0 on the wire */
    CLOCK_SYNCHRONISED,   /* LI per leap, real stratum */
    CLOCK_HOLDOVER,       /* every source silent; served as synchronised while the bound is below holdover.max_error */
    CLOCK_FREE_RUNNING,   /* holdover that lasted too long: LI 3, stratum 0 */
    CLOCK_DISRUPTED,      /* suspended, migrated, stepped by another: LI 3 until re-measured */
    CLOCK_LOCAL,          /* an operator's statement `local: {stratum, error}`: served as stated */
    CLOCK_STATUS_COUNT
};

/* "synchronised" ...; never NULL. */
const char *clock_status_text(enum clock_status s);

#define PAGE_SLEEP_NS NS_PER_MS /* two readings in a row differ by far less, and a machine that falls asleep and is woken at once has slept for longer */

struct page_data {
    struct mono_ns raw_ref;
    struct tai_ns tai_ref;
    double rate;                     /* s/s, |rate| <= 0.1; positive: the raw clock is slow */
    struct dur_ns slew;              /* served minus estimate at raw_ref */
    struct mono_ns slew_end;         /* >= raw_ref */
    struct dur_ns early, late;       /* >= 0 at raw_ref */
    double growth, growth_silent;    /* s/s, >= 0 */
    struct mono_ns silent_at;        /* from here growth_silent holds */
    struct mono_ns holdover_at;      /* SYNCHRONISED becomes HOLDOVER; MONO_NEVER = not by time */
    struct mono_ns free_running_at;  /* SYNCHRONISED and HOLDOVER become FREE_RUNNING */
    struct tai_ns leap_at;           /* first TAI instant with the new difference; INT64_MAX = none scheduled */
    struct dur_ns root_delay;        /* of the synchronisation path */
    struct utc_ns reference_time;    /* last update of the clock, served UTC */
    struct dur_ns system_clock_error;/* kernel's UTC minus served UTC when last compared */
    struct mono_ns heartbeat;        /* when the writer last lived */
    struct dur_ns asleep;            /* CLOCK_BOOTTIME - CLOCK_MONOTONIC when written: PAGE_SLEEP_NS more, and the raw clock stood still: all is void */
    uint64_t disruption;             /* VMClock's marker when written, 0 without one: is it another now, the machine was moved or restored and all is void */
    int32_t tai_minus_utc_s;
    int32_t leap_delta_s;            /* +1 insertion, -1 deletion, 0 none */
    uint32_t refid;                  /* first wire byte highest */
    uint8_t status;                  /* enum clock_status at raw_ref */
    uint8_t leap;                    /* enum leap to announce */
    uint8_t stratum;                 /* ours: 1 .. 15; 0 when not synchronised */
    int8_t precision_log2;           /* of reading the clock, RFC 5905 section 7.3 */
    uint8_t sources_total, sources_reachable, sources_selected, sources_false;
};

#define PAGE_MAGIC UINT64_C(0x5543544450414745) /* "UCTDPAGE" */
#define PAGE_VERSION 3u
#define PAGE_DEVICE_MAX 48

struct page {
    uint64_t magic;
    uint32_t version;
    uint32_t size;          /* sizeof(struct page) */
    uint32_t superseded;    /* not 0: the daemon has ended or has another page; look whether there is one */
    uint32_t generation;    /* 0: nothing published yet */
    uint64_t boot;          /* which start of the machine the raw clock counts from; 0: not known. In another one's the page says nothing */
    char vmclock[PAGE_DEVICE_MAX]; /* the device whose marker `disruption` is; "": none */
    struct page_data copy[2];
    struct page_piece piece[2][PAGE_PIECES]; /* of each copy, its lines once more (page_piece.h) */
};

/* Writer: one process only. page_init leaves generation 0, which reads as "nothing". */
void page_init(struct page *p, uint64_t boot);
void page_publish(struct page *p, const struct page_data *d);

/* Is this a page of this layout? */
bool page_is_ours(const struct page *p);

/* Reader. Returns 0; -UE_VERSION for a foreign layout, -UE_BUSY when nothing was published yet (or, never seen, 16 tries met a writer). */
int page_read(const struct page *p, struct page_data *out);

/* What the page says at the instant `now`. */
struct clock_view {
    struct utc_ns utc;               /* served */
    struct utc_ns earliest, latest;  /* true UTC lies in between */
    struct tai_ns tai;               /* served, TAI */
    enum clock_status status;        /* at `now`, after holdover_at and free_running_at were applied */
    enum leap leap;                  /* LEAP_UNKNOWN whenever the time must not be used */
    uint8_t stratum;                 /* 0 whenever the time must not be used */
    int8_t precision_log2;
    uint32_t refid;
    struct dur_ns root_delay;
    struct dur_ns root_dispersion;   /* so that root_delay/2 + root_dispersion >= max(utc - earliest, latest - utc) */
    struct utc_ns reference_time;
};

/* UTC of a TAI instant, by the page's count and its leap second. */
struct utc_ns page_tai_to_utc(const struct page_data *d, struct tai_ns t);

/* Everything the page says at `now`. */
void page_view(const struct page_data *d, struct mono_ns now, struct clock_view *out);

/* Its .utc alone, at a fraction of the work: when a request arrived. */
struct utc_ns page_utc(const struct page_data *d, struct mono_ns now);

/* The page's lines are straight from `from` to the instant returned, `longest` later at the latest; a leap second is not looked at. */
struct mono_ns page_first_bend(const struct page_data *d, struct mono_ns from, struct dur_ns longest);

/* The midnight, UTC, that the page's leap second is before. */
struct utc_ns page_leap_midnight(const struct page_data *d);

#endif
