#include "io/stamp.h"

#include <time.h>

#define STAMP_AGE_MAX_NS NS_PER_S
#define PAIR_TRIES 3
#define PAIR_TIGHT_NS 1000 /* three reads through the vDSO take a tenth of this */

static int64_t read_ns(clockid_t id)
{
    struct timespec ts;

    if (clock_gettime(id, &ts) != 0)
        clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

struct mono_ns io_raw_now(void) { return (struct mono_ns){ read_ns(CLOCK_MONOTONIC_RAW) }; }

struct io_instant io_instant_now(void)
{
    struct io_instant best = { { 0 }, 0 };
    int64_t width = INT64_MAX;

    for (int i = 0; i < PAIR_TRIES && width > PAIR_TIGHT_NS; i++) {
        int64_t before = read_ns(CLOCK_MONOTONIC_RAW), real = read_ns(CLOCK_REALTIME), after = read_ns(CLOCK_MONOTONIC_RAW);

        if (after - before < width) {
            width = after - before;
            best = (struct io_instant){ { before + width / 2 }, real };
        }
    }
    return best;
}

bool io_stamp_to_raw(const struct io_instant *now, int64_t stamp_realtime_ns, struct mono_ns *out)
{
    int64_t age = ns_sub(now->realtime_ns, stamp_realtime_ns);

    if (stamp_realtime_ns == 0 || age < 0 || age > STAMP_AGE_MAX_NS)
        return false;
    out->ns = now->raw.ns - age;
    return true;
}
