#include "timeproto/timeproto.h"

#include <assert.h>
#include <stdio.h>

#include "base/wire.h"

static bool is_usable(const struct clock_view *view) { return view->leap != LEAP_UNKNOWN; }

enum verdict time_answer(const struct clock_view *view, uint8_t out[TIME_SIZE], size_t *len)
{
    struct writer w = writer_of(out, TIME_SIZE);

    *len = 0;
    if (!is_usable(view))
        return VERDICT_NOT_SYNCHRONISED;
    writer_u32(&w, (uint32_t)(ntp_ts64_from_utc(view->utc).raw >> 32));
    *len = writer_len(&w);
    return VERDICT_ANSWERED;
}

enum verdict daytime_answer(const struct clock_view *view, uint8_t out[DAYTIME_MAX], size_t *len)
{
    static const char *const weekday[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    static const char *const month[] = { "January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December" };
    struct civil c = civil_from_utc(view->utc);
    int n;

    *len = 0;
    if (!is_usable(view))
        return VERDICT_NOT_SYNCHRONISED;
    n = snprintf((char *)out, DAYTIME_MAX, "%s, %s %u, %d %02u:%02u:%02u-UTC\r\n", weekday[c.weekday], month[c.month - 1], c.day, (int)c.year,
                 c.hour, c.minute, c.second);
    assert(n > 0 && n < DAYTIME_MAX);
    *len = (size_t)n;
    return VERDICT_ANSWERED;
}
