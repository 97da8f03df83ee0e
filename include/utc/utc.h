/* libutc: the time with its error bound, from the daemon on this machine or from a server asked once.
 *
 * Every instant is UTC in nanoseconds since 1970-01-01T00:00:00Z counted as POSIX does (a leap second has no number of its own), never smeared.
 * Functions return 0, or a negative error that utc_error_text puts in words. Nothing is printed; no signal, environment variable or global state is
 * changed. A struct utc may be used by one thread at a time; different ones are independent.
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
    int64_t writer_age_ns;          /* since the daemon last lived: more than some seconds means it has ended */
};

struct utc;

/* Open the page of the running daemon. path: its file; NULL: this user's own daemon, else the system's (/run/simple-utcd/page).
 * *out is to be closed. Errors: no daemon, a file that is no page of this version, no permission. */
UTC_API int utc_open(struct utc **out, const char *path);

/* The time now. No system call but reading the clock; some tens of nanoseconds. A daemon that has ended does no harm: status and bound go on telling
 * the truth. A replaced page is mapped anew. */
UTC_API int utc_now(struct utc *u, struct utc_time *out);

UTC_API void utc_close(struct utc *u); /* NULL is fine */

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

/* Ask once. Returns 0 when a server answered, whatever it said (look at outcome); an error when nothing came in time or the network refused. */
UTC_API int utc_query(const struct utc_query *q, struct utc_answer *out);

#ifdef __cplusplus
}
#endif

#endif
