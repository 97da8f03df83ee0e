/* Before, after, and waiting until it is certain; stamps that never repeat; leap seconds. */
#include <time.h>

#include "base/err.h"
#include "base/page_at.h"
#include "lib/page.h"
#include "utc/utc.h"

#define NAP_NS (20 * NS_PER_MS) /* the bound may become narrower at any measurement: so late is that noticed at most */
#define LONG_NAP_NS NS_PER_S    /* and so late a sleep of the machine, during which naps do not count */

_Static_assert(UTC_TIMED_OUT == -UE_TIMEOUT, "programs were compiled with that number");

int utc_after(struct utc *u, int64_t t_ns)
{
    struct utc_time t;
    int err = utc_now(u, &t);

    if (err < 0)
        return err;
    return !t.usable ? UTC_UNKNOWN : t.earliest_ns > t_ns ? UTC_YES : t.latest_ns <= t_ns ? UTC_NO : UTC_UNKNOWN;
}

int utc_before(struct utc *u, int64_t t_ns)
{
    struct utc_time t;
    int err = utc_now(u, &t);

    if (err < 0)
        return err;
    return !t.usable ? UTC_UNKNOWN : t.latest_ns < t_ns ? UTC_YES : t.earliest_ns >= t_ns ? UTC_NO : UTC_UNKNOWN;
}

static int64_t mono_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void nap(int64_t ns)
{
    struct timespec ts = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };

    nanosleep(&ts, NULL); /* a signal only makes us look earlier */
}

/* Nobody can be certain before latest has come to t, because true time has not come there; from then on a new measurement may end the wait. */
static int64_t nap_length(const struct utc_time *now, int err, int64_t t_ns)
{
    int64_t certainly = err < 0 || !now->usable ? 0 : ns_sub(t_ns, now->latest_ns), rest;

    if (certainly > NAP_NS)
        return certainly < LONG_NAP_NS ? certainly : LONG_NAP_NS;
    rest = err < 0 || !now->usable ? NAP_NS : ns_add(ns_sub(t_ns, now->earliest_ns), 1);
    return rest < NAP_NS ? rest : NAP_NS;
}

int utc_wait_until_after(struct utc *u, int64_t t_ns, int64_t timeout_ns)
{
    int64_t end = ns_add(mono_now(), timeout_ns), left, length;
    struct utc_time now;

    for (;;) {
        int err = utc_now_checked(u, &now);

        if (err == 0 && now.usable && now.earliest_ns > t_ns)
            return 0;
        left = ns_sub(end, mono_now());
        if (left <= 0)
            return err < 0 ? err : -UE_TIMEOUT;
        length = nap_length(&now, err, t_ns);
        nap(length < left ? length : left);
    }
}

int utc_stamp(struct utc *u, struct utc_time *out)
{
    static int64_t given = INT64_MIN; /* the last one of this process */
    int64_t last = __atomic_load_n(&given, __ATOMIC_RELAXED), mine;
    int err = utc_now(u, out);

    if (err < 0)
        return err;
    do
        mine = out->best_ns > last ? out->best_ns : ns_add(last, 1);
    while (!__atomic_compare_exchange_n(&given, &last, mine, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    out->best_ns = mine;
    return 0;
}

int utc_leap_seconds(struct utc *u, struct utc_leap_info *out)
{
    struct page_data d;
    struct page_instant at;
    struct mono_ns now;
    int err = utc_page(u, &d, &now);

    if (err < 0)
        return err;
    page_at(&d, now, &at);
    *out = (struct utc_leap_info){ .tai_minus_utc_s = page_tai_minus_utc(&d, at.tai), .next_ns = INT64_MAX, .next_tai_ns = INT64_MAX };
    if (d.leap_delta_s && tai_before(at.tai, d.leap_at)) {
        out->next_delta_s = d.leap_delta_s;
        out->next_tai_ns = d.leap_at.ns;
        out->next_ns = tai_to_utc(d.leap_at, d.tai_minus_utc_s + (d.leap_delta_s < 0 ? d.leap_delta_s : 0)).ns;
    }
    out->usable = at.usable;
    return 0;
}

const char *utc_status_text(int status) { return clock_status_text((enum clock_status)status); }

const char *utc_error_text(int error) { return ue_text(error); }
