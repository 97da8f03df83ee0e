/* Time as types.
 *
 * Four scales that must never be mixed by accident are four structs: C refuses to add or compare them
 * except through the functions below, and gcc -O2 makes each function one or two instructions.
 *
 * Sign convention of the whole project: an *offset* is RFC 5905's theta = ((t2-t1)+(t3-t4))/2, reference
 * minus local; positive means our clock is behind. A value of the other sense is called local_error_ns.
 *
 * Range: int64_t nanoseconds since 1970 reach from 1677 to 2262. Arithmetic saturates instead of wrapping.
 *
 * Standards: RFC 5905 section 6 (timestamp formats, eras), POSIX.1 (seconds since the Epoch). */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

struct utc_ns  { int64_t ns; }; /* UTC since 1970-01-01, POSIX count: no leap seconds in it */
struct tai_ns  { int64_t ns; }; /* TAI since 1970-01-01T00:00:00 TAI: utc = tai - (TAI-UTC) */
struct mono_ns { int64_t ns; }; /* CLOCK_MONOTONIC_RAW of this machine; never compared with UTC */
struct dur_ns  { int64_t ns; }; /* a difference of two instants of the same kind */

#define MONO_NEVER ((struct mono_ns){ INT64_MAX }) /* a deadline that never comes */

/* Saturating sum and difference: outside values meet a rail, not undefined behaviour. */
static inline int64_t ns_add(int64_t a, int64_t b)
{
    int64_t r;

    if (__builtin_add_overflow(a, b, &r))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return r;
}

static inline int64_t ns_sub(int64_t a, int64_t b)
{
    int64_t r;

    if (__builtin_sub_overflow(a, b, &r))
        return b < 0 ? INT64_MAX : INT64_MIN;
    return r;
}

/* X_sub(a, b) = a - b; X_add(t, d) = t + d; X_before(a, b): a < b, for UTC utc_earlier, since utc_before is a function of utc/utc.h. */
#define TIME_KIND(name, before) \
    static inline struct dur_ns name##_sub(struct name##_ns a, struct name##_ns b) { return (struct dur_ns){ ns_sub(a.ns, b.ns) }; } \
    static inline struct name##_ns name##_add(struct name##_ns t, struct dur_ns d) { return (struct name##_ns){ ns_add(t.ns, d.ns) }; } \
    static inline bool before(struct name##_ns a, struct name##_ns b) { return a.ns < b.ns; }
TIME_KIND(utc, utc_earlier)
TIME_KIND(tai, tai_before)
TIME_KIND(mono, mono_before)
TIME_KIND(dur, dur_before) /* dur_sub, dur_add */
#undef TIME_KIND

static inline struct mono_ns mono_min(struct mono_ns a, struct mono_ns b) { return a.ns < b.ns ? a : b; }
static inline struct mono_ns mono_max(struct mono_ns a, struct mono_ns b) { return a.ns > b.ns ? a : b; }
static inline struct dur_ns dur_max(struct dur_ns a, struct dur_ns b) { return a.ns > b.ns ? a : b; }
static inline struct dur_ns dur_min(struct dur_ns a, struct dur_ns b) { return a.ns < b.ns ? a : b; }
static inline struct dur_ns dur_abs(struct dur_ns d) { return (struct dur_ns){ d.ns < 0 ? ns_sub(0, d.ns) : d.ns }; }
static inline struct dur_ns dur_neg(struct dur_ns d) { return (struct dur_ns){ ns_sub(0, d.ns) }; }

/* Seconds as double live inside filter mathematics only; names there end in _s. Not-a-number becomes 0, large values meet the rails. */
static inline double dur_to_s(struct dur_ns d) { return (double)d.ns * 1e-9; }
struct dur_ns dur_from_s(double seconds);
static inline struct dur_ns dur_from_ms(int64_t ms) { return (struct dur_ns){ ms * NS_PER_MS }; }

/* 2^log2 seconds, as polls and precisions are written. log2 is clamped to -30 .. 32. */
struct dur_ns dur_from_log2(int log2_s);

/* TAI <-> UTC with a known difference, in whole seconds (37 since 2017). */
static inline struct utc_ns tai_to_utc(struct tai_ns t, int32_t tai_minus_utc_s) { return (struct utc_ns){ ns_sub(t.ns, tai_minus_utc_s * NS_PER_S) }; }
static inline struct tai_ns utc_to_tai(struct utc_ns t, int32_t tai_minus_utc_s) { return (struct tai_ns){ ns_add(t.ns, tai_minus_utc_s * NS_PER_S) }; }

/* {seconds, nanoseconds} as the operating system hands them, to one count. Returns 0, or -UE_RANGE when nsec is
 * outside 0 .. 999 999 999 or the sum does not fit; *out is then unchanged. */
int ns_from_parts(int64_t sec, int64_t nsec, int64_t *out);

/* The NTP wire formats, RFC 5905 section 6. An ntp_ts64's era is unknown: it becomes UTC only beside a pivot. */
struct ntp_ts64    { uint64_t raw; }; /* 32.32 unsigned seconds since the start of an era */
struct ntp_short32 { uint32_t raw; }; /* 16.16 unsigned seconds: root delay, root dispersion */

#define NTP_UNIX_EPOCH_S INT64_C(2208988800) /* 1900-01-01 to 1970-01-01 */

/* The instant congruent to ts modulo 2^32 s that lies nearest to pivot: within +-68 years of it. Right across 2036-02-07 and 2038-01-19. */
struct utc_ns ntp_ts64_to_utc(struct ntp_ts64 ts, struct utc_ns pivot);
struct ntp_ts64 ntp_ts64_from_utc(struct utc_ns t);

/* Short format. From a duration it rounds *up* and saturates, because it states an error; a negative duration gives 0. */
struct dur_ns ntp_short32_to_dur(struct ntp_short32 s);
struct ntp_short32 ntp_short32_from_dur_up(struct dur_ns d);

/* Can a clock that was ever set say this? Not before this program was written, and not half an NTP era later, from where on no 64-bit timestamp
 * could be told from one before. */
#define UTC_PLAUSIBLE_FROM_S INT64_C(1767225600) /* 2026-01-01 */
static inline bool utc_is_plausible(struct utc_ns t)
{
    return t.ns >= UTC_PLAUSIBLE_FROM_S * NS_PER_S && t.ns < (UTC_PLAUSIBLE_FROM_S + (INT64_C(1) << 31)) * NS_PER_S;
}

/* Civil time, proleptic Gregorian, no time zone. */
struct civil { int32_t year; uint8_t month, day, hour, minute, second; uint8_t weekday; /* 0 = Sunday */ uint32_t nanosecond; };
struct civil civil_from_utc(struct utc_ns t);
/* Returns 0 or -UE_RANGE for a date that does not exist (second 60 is not accepted). */
int civil_to_utc(const struct civil *c, struct utc_ns *out);
/* "2026-11-23T01:02:03.123456789Z"; size >= CIVIL_TEXT_MAX. Returns out. */
#define CIVIL_TEXT_MAX 36
const char *utc_to_text(struct utc_ns t, unsigned digits, char *out);

#endif
