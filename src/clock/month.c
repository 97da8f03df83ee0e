#include "clock/month.h"

#include "clock/estimate.h"

#define AFTER_S 1e-3 /* an instant is surely over then */

struct utc_ns month_begin(struct utc_ns utc)
{
    struct civil c = civil_from_utc(utc);
    int64_t in_day_ns = ((c.hour * 60 + c.minute) * 60 + c.second) * NS_PER_S + c.nanosecond;

    return utc_add(utc, (struct dur_ns){ -(c.day - 1) * MONTH_DAY_NS - in_day_ns });
}

double month_since_s(const struct clock *c, struct utc_ns midnight, struct mono_ns at)
{
    return dur_to_s(tai_sub(estimate_tai(&c->estimate, at), utc_to_tai(midnight, c->page.tai_minus_utc_s)));
}

struct mono_ns month_next(const struct clock *c, struct utc_ns midnight, double x_s)
{
    double left_s = x_s - month_since_s(c, midnight, c->page.heartbeat);

    return left_s > 0 ? mono_add(c->page.heartbeat, dur_from_s(left_s * (1 - c->estimate.rate) + AFTER_S)) : MONO_NEVER;
}
