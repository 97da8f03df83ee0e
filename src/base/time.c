#include "base/time.h"

#include <math.h>
#include <stdio.h>

#include "base/err.h"

struct dur_ns dur_from_s(double seconds)
{
    double ns = seconds * 1e9;

    if (isnan(ns))
        return (struct dur_ns){ 0 };
    if (ns >= 9223372036854774784.0) /* the largest double below 2^63 */
        return (struct dur_ns){ INT64_MAX };
    if (ns <= -9223372036854774784.0)
        return (struct dur_ns){ INT64_MIN };
    return (struct dur_ns){ (int64_t)floor(ns + 0.5) };
}

struct dur_ns dur_from_log2(int log2_s)
{
    if (log2_s < -30)
        log2_s = -30;
    if (log2_s > 32)
        log2_s = 32;
    if (log2_s < 0)
        return (struct dur_ns){ NS_PER_S >> -log2_s };
    return (struct dur_ns){ NS_PER_S << log2_s };
}

int ns_from_parts(int64_t sec, int64_t nsec, int64_t *out)
{
    int64_t ns;

    if (nsec < 0 || nsec >= NS_PER_S || __builtin_mul_overflow(sec, NS_PER_S, &ns) || __builtin_add_overflow(ns, nsec, &ns))
        return -UE_RANGE;
    *out = ns;
    return 0;
}

/* Floor division: civil and NTP seconds before 1970 count downwards. */
static int64_t div_floor(int64_t a, int64_t b, int64_t *rest)
{
    int64_t q = a / b, r = a % b;

    if (r < 0) {
        q--;
        r += b;
    }
    *rest = r;
    return q;
}

struct utc_ns ntp_ts64_to_utc(struct ntp_ts64 ts, struct utc_ns pivot)
{
    int64_t frac_ns = (int64_t)(((ts.raw & 0xffffffffu) * (uint64_t)NS_PER_S + 0x80000000u) >> 32);
    int64_t pivot_ns, pivot_s = div_floor(pivot.ns, NS_PER_S, &pivot_ns) + NTP_UNIX_EPOCH_S;
    /* distance to the pivot in the ring of 2^32 seconds, taken as the nearer way round */
    int32_t ahead = (int32_t)((uint32_t)(ts.raw >> 32) - (uint32_t)pivot_s);
    int64_t s = pivot_s + ahead - NTP_UNIX_EPOCH_S, ns;

    if (__builtin_mul_overflow(s, NS_PER_S, &ns))
        return (struct utc_ns){ s < 0 ? INT64_MIN : INT64_MAX };
    return (struct utc_ns){ ns_add(ns, frac_ns) };
}

struct ntp_ts64 ntp_ts64_from_utc(struct utc_ns t)
{
    int64_t ns, s = div_floor(t.ns, NS_PER_S, &ns) + NTP_UNIX_EPOCH_S;

    return (struct ntp_ts64){ (uint64_t)s << 32 | (((uint64_t)ns << 32) + (uint64_t)NS_PER_S / 2) / (uint64_t)NS_PER_S };
}

struct dur_ns ntp_short32_to_dur(struct ntp_short32 s)
{
    return (struct dur_ns){ (int64_t)(((uint64_t)s.raw * (uint64_t)NS_PER_S + 0xffff) >> 16) };
}

struct ntp_short32 ntp_short32_from_dur_up(struct dur_ns d)
{
    uint64_t ns, s;

    if (d.ns <= 0)
        return (struct ntp_short32){ 0 };
    s = (uint64_t)d.ns / (uint64_t)NS_PER_S;
    ns = (uint64_t)d.ns % (uint64_t)NS_PER_S;
    if (s > 0xffff)
        return (struct ntp_short32){ UINT32_MAX };
    s = (s << 16) + ((ns << 16) + (uint64_t)NS_PER_S - 1) / (uint64_t)NS_PER_S;
    return (struct ntp_short32){ s > UINT32_MAX ? UINT32_MAX : (uint32_t)s };
}

/* Days <-> date by the 400-year cycle of the Gregorian calendar, years beginning in March (Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_date(int64_t y, unsigned m, unsigned d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = div_floor(y, 400, &yoe);
    doy = (153 * (int64_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + (int64_t)d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct civil civil_from_utc(struct utc_ns t)
{
    struct civil c = { 0 };
    int64_t ns, sod, doe, days, s = div_floor(t.ns, NS_PER_S, &ns);
    int64_t era, yoe, doy, mp, wd;

    days = div_floor(s, 86400, &sod);
    div_floor(days + 4, 7, &wd); /* 1970-01-01 was a Thursday */
    era = div_floor(days + 719468, 146097, &doe);
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    c.day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1);
    c.month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
    c.year = (int32_t)(yoe + era * 400 + (c.month <= 2));
    c.hour = (uint8_t)(sod / 3600);
    c.minute = (uint8_t)(sod / 60 % 60);
    c.second = (uint8_t)(sod % 60);
    c.weekday = (uint8_t)wd;
    c.nanosecond = (uint32_t)ns;
    return c;
}

static unsigned days_in_month(int32_t year, unsigned month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (unsigned)(month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

int civil_to_utc(const struct civil *c, struct utc_ns *out)
{
    int64_t s;

    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month) || c->hour > 23 || c->minute > 59 || c->second > 59)
        return -UE_RANGE;
    s = days_from_date(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
    return ns_from_parts(s, c->nanosecond, &out->ns);
}

const char *utc_to_text(struct utc_ns t, unsigned digits, char *out)
{
    struct civil c = civil_from_utc(t);
    uint32_t frac = c.nanosecond;

    if (digits > 9)
        digits = 9;
    for (unsigned i = digits; i < 9; i++)
        frac /= 10;
    if (digits)
        snprintf(out, CIVIL_TEXT_MAX, "%04d-%02u-%02uT%02u:%02u:%02u.%0*uZ",
                 (int)c.year, c.month, c.day, c.hour, c.minute, c.second, (int)digits, (unsigned)frac);
    else
        snprintf(out, CIVIL_TEXT_MAX, "%04d-%02u-%02uT%02u:%02u:%02uZ", (int)c.year, c.month, c.day, c.hour, c.minute, c.second);
    return out;
}
