#include "refclock/shm.h"

#include "base/measurement.h"

void refclock_shm_look(const volatile struct refclock_shm *m, struct refclock_shm_look *out)
{
    struct refclock_shm *s = &out->seen;

    *out = (struct refclock_shm_look){ .seen = { .mode = m->mode, .count = m->count, .valid = m->valid } };
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    s->clock_s = m->clock_s;
    s->clock_us = m->clock_us;
    s->receive_s = m->receive_s;
    s->receive_us = m->receive_us;
    s->leap = m->leap;
    s->clock_ns = m->clock_ns;
    s->receive_ns = m->receive_ns;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    out->count_after = m->count;
    out->valid_after = m->valid;
}

/* Nanoseconds count where both agree with their microseconds: old writers leave anything there. */
static bool has_ns(const struct refclock_shm *s)
{
    return s->clock_ns / 1000 == (unsigned)s->clock_us && s->receive_ns / 1000 == (unsigned)s->receive_us;
}

static enum verdict times_of(const struct refclock_shm *s, struct refclock_sample *out)
{
    bool fine = has_ns(s);

    if (ns_from_parts(s->clock_s, fine ? s->clock_ns : s->clock_us * NS_PER_US, &out->reference.ns) != 0 ||
        ns_from_parts(s->receive_s, fine ? s->receive_ns : s->receive_us * NS_PER_US, &out->received_ns) != 0)
        return VERDICT_REF_RANGE;
    out->rounding = (struct dur_ns){ fine ? 1 : 2 * NS_PER_US };
    return VERDICT_ACCEPTED;
}

static enum verdict judge(const struct refclock_shm_look *look, struct refclock_sample *out)
{
    const struct refclock_shm *s = &look->seen;
    enum verdict v;

    if (s->mode != 0 && s->mode != 1)
        return VERDICT_REF_FORMAT;
    if (look->count_after != s->count || !look->valid_after)
        return VERDICT_REF_TORN;
    v = times_of(s, out);
    if (v != VERDICT_ACCEPTED)
        return v;
    if (s->leap < LEAP_NONE || s->leap > LEAP_UNKNOWN)
        return VERDICT_REF_RANGE;
    if (s->leap == LEAP_UNKNOWN)
        return VERDICT_REF_UNSYNCHRONISED;
    out->leap = (uint8_t)s->leap;
    return utc_is_plausible(out->reference) ? VERDICT_ACCEPTED : VERDICT_REF_ABSURD;
}

bool refclock_shm_judge(struct refclock_shm_reader *r, const struct refclock_shm_look *look, struct refclock_sample *out, enum verdict *why)
{
    bool same;

    if (!look->seen.valid)
        return false;
    *out = (struct refclock_sample){ 0 };
    *why = judge(look, out);
    same = r->any && r->count == look->seen.count && r->received_ns == out->received_ns && r->reference.ns == out->reference.ns;
    if (*why == VERDICT_REF_TORN) /* looked at again as soon as it is whole */
        return true;
    *r = (struct refclock_shm_reader){ true, look->seen.count, out->received_ns, out->reference };
    return !same;
}
