#include "refclock/sock.h"

#include <math.h>
#include <string.h>

#include "base/measurement.h"

#define OFFSET_MAX_S 4e9            /* a machine that wakes up in 1970 may be corrected */
#define DOUBLE_ROUNDING 0x1p-52

static enum verdict times_of(const struct refclock_sock *s, struct refclock_sample *out)
{
    if (!isfinite(s->offset_s))
        return VERDICT_REF_NOT_FINITE;
    if (fabs(s->offset_s) > OFFSET_MAX_S || s->at.tv_usec < 0 || s->at.tv_usec > 999999 ||
        ns_from_parts(s->at.tv_sec, s->at.tv_usec * NS_PER_US, &out->received_ns) != 0)
        return VERDICT_REF_RANGE;
    out->reference.ns = ns_add(out->received_ns, dur_from_s(s->offset_s).ns);
    out->rounding.ns = 1 + (int64_t)(fabs(s->offset_s) * DOUBLE_ROUNDING * 1e9);
    return utc_is_plausible(out->reference) ? VERDICT_ACCEPTED : VERDICT_REF_ABSURD;
}

enum verdict refclock_sock_read(struct span datagram, struct refclock_sample *out)
{
    struct refclock_sock s;

    *out = (struct refclock_sample){ 0 };
    if (datagram.len != sizeof s)
        return VERDICT_REF_LENGTH;
    memcpy(&s, datagram.at, sizeof s);
    if (s.magic != REFCLOCK_SOCK_MAGIC)
        return VERDICT_REF_FORMAT;
    if (s.pulse != 0)
        return VERDICT_REF_PULSE;
    if (s.leap < LEAP_NONE || s.leap > LEAP_UNKNOWN)
        return VERDICT_REF_RANGE;
    if (s.leap == LEAP_UNKNOWN)
        return VERDICT_REF_UNSYNCHRONISED;
    out->leap = (uint8_t)s.leap;
    return times_of(&s, out);
}
