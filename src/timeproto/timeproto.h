/* TIME (RFC 868) and DAYTIME (RFC 867).
 *
 * TIME is the number of seconds since 1900-01-01 UTC modulo 2^32: after 2036-02-07T06:28:16Z it starts at 0 again, exactly as the seconds of an
 * NTP timestamp do; the client must know the era. DAYTIME is one line: "Monday, November 23, 2026 01:02:03-UTC\r\n".
 * Neither says anything when the clock is not synchronised (RFC 868: close without sending). */
#ifndef TIMEPROTO_H
#define TIMEPROTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/page.h"
#include "base/verdict.h"

#define TIME_PORT 37
#define DAYTIME_PORT 13
#define TIME_SIZE 4
#define DAYTIME_MAX 64

/* Both write at most their size to out. Return VERDICT_ANSWERED, or VERDICT_NOT_SYNCHRONISED with *len 0. */
enum verdict time_answer(const struct clock_view *view, uint8_t out[TIME_SIZE], size_t *len);
enum verdict daytime_answer(const struct clock_view *view, uint8_t out[DAYTIME_MAX], size_t *len);

#endif
