#include "nts/certificate.h"

#define DAY_NS (86400 * NS_PER_S)

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

enum nts_expiry nts_expiry(const struct nts_validity *v, struct utc_ns now)
{
    int64_t left = utc_sub(v->until, now).ns;

    if (v->until.ns == 0)
        return NTS_EXPIRY_FAR;
    if (left < 0)
        return NTS_EXPIRED;
    if (left < smaller(7 * DAY_NS, v->life.ns / 10))
        return NTS_EXPIRY_VERY_NEAR;
    return left < smaller(30 * DAY_NS, v->life.ns / 3) ? NTS_EXPIRY_NEAR : NTS_EXPIRY_FAR;
}
