/* The table of TAI - UTC: read from the bytes of a leap-seconds.list or of a compiled time zone with leap seconds.
 *
 * A file is taken whole or not at all. It says when it was made, until when it is valid, and since when which difference holds. Whether it has expired
 * is the caller's question: leap_table_expires_in.
 *
 * Standards: IERS Bulletin C in the file layout of leap-seconds.list ("#$" update, "#@" expiry, "#h" SHA-1 over the numbers), RFC 8536 (TZif). */
#ifndef CLOCK_LEAP_TABLE_H
#define CLOCK_LEAP_TABLE_H

#include "base/time.h"
#include "base/wire.h"

#define LEAP_ENTRIES_MAX 128
#define LEAP_FILE_MAX (256 * 1024) /* real ones have 6 to 10 KiB */

struct leap_entry {
    struct utc_ns at;        /* first UTC instant with the difference: 00:00:00 on the first of a month */
    int32_t tai_minus_utc_s;
};

struct leap_table {
    struct utc_ns updated;   /* INT64_MIN when the file does not say */
    struct utc_ns expires;   /* likewise */
    uint32_t count;          /* >= 1 once read; ascending */
    struct leap_entry entry[LEAP_ENTRIES_MAX];
};

/* Why a file was refused; each has a sentence. */
enum leap_fault {
    LEAP_OK, LEAP_EMPTY, LEAP_TOO_LARGE, LEAP_NOT_TEXT, LEAP_LINE_ENDS, LEAP_BAD_LINE, LEAP_NO_HASH, LEAP_BAD_HASH, LEAP_NO_EXPIRY, LEAP_ORDER, LEAP_NOT_MONTH,
    LEAP_NOT_ONE_SECOND, LEAP_TOO_MANY, LEAP_NOT_TZIF, LEAP_FAULT_COUNT
};
const char *leap_fault_text(enum leap_fault f);

struct leap_verdict { enum leap_fault fault; uint32_t line; /* 1 = first; 0 = the whole file */ };

/* leap-seconds.list. On a fault *out is unchanged. */
struct leap_verdict leap_table_from_list(struct span text, struct leap_table *out);

/* A TZif file of the "right" kind (right/UTC). It has an expiry only in version 4 files. */
struct leap_verdict leap_table_from_tzif(struct span bytes, struct leap_table *out);

/* The difference in force at t; the first entry's before it begins. */
int32_t leap_table_at(const struct leap_table *t, struct utc_ns at);

/* The first change after `now`: returns its delta (+1 insertion, -1 deletion) and its entry's instant, or 0 when none is known. */
int32_t leap_table_next(const struct leap_table *t, struct utc_ns now, struct utc_ns *at);

/* Time until the table's expiry, negative after it; INT64_MAX ns when it does not say. */
struct dur_ns leap_table_expires_in(const struct leap_table *t, struct utc_ns now);

#endif
