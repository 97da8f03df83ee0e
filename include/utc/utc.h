/* libutc: the time with its error bound, from the daemon on this machine or from a server asked once.
 *
 * Every instant is UTC in nanoseconds since 1970-01-01T00:00:00Z counted as POSIX does (a leap second has no number of its own), never smeared.
 * Functions return 0, or a negative error that utc_error_text puts in words. Nothing is printed; no signal, environment variable or global state is
 * changed, but for the one number behind utc_stamp. A struct utc may be used by any number of threads at once, from utc_open until utc_close, and on both
 * sides of a fork; no function takes a lock. The page is mapped read-only: nothing that a reader does, or leaves half done, touches the daemon.
 *
 * The interface of libutc.so.0: functions keep their meaning and structures their layout; what is added gets a symbol version of its own (UTC_0.1 is the
 * first) and never a field in a structure that exists.
 *
 * Self-contained: C99 and C++11. Link with `pkg-config --libs utc`. Licence: Apache-2.0. */
#ifndef UTC_UTC_H
#define UTC_UTC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define UTC_API __attribute__((visibility("default")))
#else
#define UTC_API
#endif

/* ---- the daemon's clock page ---- */

enum utc_status {
    UTC_UNSYNCHRONISED = 0, /* nothing is known yet, or the sources contradict each other: do not use the time */
    UTC_SYNCHRONISED = 1,
    UTC_HOLDOVER = 2,       /* every source is silent; usable, the bound grows */
    UTC_FREE_RUNNING = 3,   /* holdover that lasted too long: do not use */
    UTC_DISRUPTED = 4,      /* the machine slept or its clock was disturbed: do not use until measured again */
    UTC_LOCAL = 5           /* an operator's statement stands in for a source; the bound is what was stated */
};

enum utc_leap { UTC_LEAP_NONE = 0, UTC_LEAP_INSERT = 1, UTC_LEAP_DELETE = 2, UTC_LEAP_UNKNOWN = 3 }; /* as NTP announces them */

struct utc_time {
    int64_t earliest_ns, latest_ns; /* true UTC lies in between, under the assumptions `utcctl clock` prints */
    int64_t best_ns;                /* the time the daemon serves; never runs backwards, a leap second's repeat aside */
    int64_t tai_ns;                 /* the same instant on TAI, since 1970-01-01T00:00:00 TAI */
    int32_t status;                 /* enum utc_status at this instant */
    int32_t leap;                   /* enum utc_leap; UTC_LEAP_UNKNOWN whenever the time must not be used */
    int32_t stratum;                /* 1 .. 15; 0 whenever the time must not be used */
    int32_t usable;                 /* 1 for synchronised, holdover and local; else 0 */
    int64_t writer_age_ns;          /* since the daemon last wrote, which it does each 64 seconds at least: much more means that it has ended */
};

#define UTC_TIMED_OUT (-10) /* the one error that programs tell apart: it was not so in time, or nothing came; utc_error_text has words for all */

struct utc;

/* Open the page of the running daemon. path: its file; NULL: this user's own daemon, else the system's (/run/simple-utcd/page); where none runs, the page
 * that one of them left, which tells what can still be said.
 * *out is to be closed. Errors: no daemon, a file that is no page of this version, no permission. */
UTC_API int utc_open(struct utc **out, const char *path);

/* The time now, at the cost of reading one clock: no system call where the C library reads clocks without one. A daemon that has ended does no harm: status
 * and bound go on telling the truth. That the machine slept, or was moved to another host or put back to a snapshot, is noticed by the daemon, within a second
 * after it. */
UTC_API int utc_now(struct utc *u, struct utc_time *out);

/* The same, looking for such a disruption on every call (CLOCK_BOOTTIME - CLOCK_MONOTONIC, and the VMClock where there is one and this process may read
 * it): two more clocks are read. For decisions that cannot be taken back. */
UTC_API int utc_now_checked(struct utc *u, struct utc_time *out);

enum utc_answer_now { UTC_NO = 0, UTC_YES = 1, UTC_UNKNOWN = 2 };

/* Is true UTC certainly after t, or before it? UTC_YES; UTC_NO when it is certainly not; UTC_UNKNOWN while t lies within the interval or the time must not
 * be used; or a negative error. */
UTC_API int utc_after(struct utc *u, int64_t t_ns);
UTC_API int utc_before(struct utc *u, int64_t t_ns);

/* Commit-wait: returns 0 once true UTC is certainly after t (utc_now_checked, status usable, earliest > t); UTC_TIMED_OUT, or what kept the page from
 * being read, when that is not so after timeout_ns (INT64_MAX: no limit; 0 or less: look once). Sleeps meanwhile; a signal does not end it. */
UTC_API int utc_wait_until_after(struct utc *u, int64_t t_ns, int64_t timeout_ns);

/* The same as utc_now, but best_ns is greater than in every earlier call of this process, whichever thread or struct utc made it: no stamp repeats or goes
 * back, leap seconds, steps and restarts included. Where the clock stands behind the last stamp, stamps go on from that by single nanoseconds, and may
 * lie beyond latest_ns. (After a fork both sides count on from the same number.) */
UTC_API int utc_stamp(struct utc *u, struct utc_time *out);

struct utc_leap_info {
    int32_t tai_minus_utc_s;    /* now; 37 since 2017 */
    int32_t next_delta_s;       /* the coming leap second: +1 inserted, -1 deleted; 0: none is announced */
    int64_t next_ns;            /* the midnight, in UTC, before which a second is inserted or left out; INT64_MAX: none */
    int64_t next_tai_ns;        /* the instant on TAI from which the new count holds: where the inserted second begins; INT64_MAX: none */
    int32_t usable;             /* 1: the time can be used now, so that this is known and not only assumed */
};

/* TAI - UTC, and the coming leap second. */
UTC_API int utc_leap_seconds(struct utc *u, struct utc_leap_info *out);

UTC_API void utc_close(struct utc *u); /* when no thread uses it any more; NULL is fine */

UTC_API const char *utc_status_text(int status); /* "synchronised" ...; never NULL */
UTC_API const char *utc_error_text(int error);   /* a sentence without a full stop; never NULL */

/* ---- ask a server once ---- */

enum utc_protocol { UTC_NTP = 0, UTC_TIME = 1 /* RFC 868, UDP */, UTC_DAYTIME = 2 /* RFC 867, TCP */ };
enum utc_family { UTC_ANY = 0, UTC_IPV4 = 4, UTC_IPV6 = 6 };

struct utc_query {
    const char *host;       /* a name, or a numeric IPv4 or IPv6 address without brackets */
    uint16_t port;          /* 0: the protocol's own */
    int32_t protocol;       /* enum utc_protocol */
    int32_t family;         /* enum utc_family */
    int32_t timeout_ms;     /* 1 .. 60000, for the answer; 0: 3000. Looking up a name takes as long as the system's resolver takes. */
};

enum utc_outcome {
    UTC_ANSWERED = 0,       /* every field below is good */
    UTC_NO_TIME = 1,        /* a genuine answer without time to use: unsynchronised server, kiss-o'-death; `reason` says which */
    UTC_REFUSED_ANSWER = 2  /* answers came, none was genuine; `reason` says why the last was not taken */
};

#define UTC_TEXT_MAX 128

struct utc_answer {
    int32_t outcome;                  /* enum utc_outcome */
    char reason[UTC_TEXT_MAX];        /* a sentence, "" when answered */
    char address[UTC_TEXT_MAX];       /* "192.0.2.1:123", "[2001:db8::1]:123" */
    int64_t offset_ns;                /* server's UTC minus this machine's system clock; positive: the system clock is behind */
    int64_t error_ns;                 /* true UTC is within this of the answer if the server tells the truth */
    int64_t delay_ns;                 /* round trip, the server's own time taken out */
    int64_t server_ns;                /* the server's UTC at the middle of the exchange */
    int64_t root_delay_ns, root_dispersion_ns; /* NTP: the server's own claim; else 0 */
    int32_t stratum;                  /* NTP: as sent, 0 .. 255; else -1 */
    int32_t leap;                     /* NTP: enum utc_leap as sent; else UTC_LEAP_UNKNOWN */
    int32_t version, poll_log2, precision_log2; /* NTP, as sent; else 0 */
    uint32_t refid;                   /* NTP: as sent, the first byte on the wire highest; else 0 */
    char kiss[5];                     /* NTP: the code of a kiss-o'-death, "" if none; untrusted bytes, made printable */
    char text[UTC_TEXT_MAX];          /* DAYTIME: the line as sent, made printable; else "" */
    int32_t kernel_stamps;            /* 1: both ends of the exchange were stamped by the kernel or the network card */
};

/* Ask once. Returns 0 when a server answered, whatever it said (look at outcome); UTC_TIMED_OUT when nothing came in time, another error when the network
 * refused. */
UTC_API int utc_query(const struct utc_query *q, struct utc_answer *out);

#ifdef __cplusplus
}
#endif

#endif
