#include "io/stamp.h"

#include <time.h>

#define STAMP_AGE_MAX_NS NS_PER_S
#define PAIR_TRIES 3
#define SLEEP_TRIES 5
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

/* Being interrupted between the two only makes it larger. */
static int64_t asleep_now(void)
{
    struct timespec mono, boot;

    if (clock_gettime(CLOCK_MONOTONIC, &mono) != 0 || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
        return 0;
    return (int64_t)(boot.tv_sec - mono.tv_sec) * NS_PER_S + boot.tv_nsec - mono.tv_nsec;
}

struct dur_ns io_asleep(void)
{
    int64_t least = asleep_now();

    for (int i = 1; i < SLEEP_TRIES; i++) {
        int64_t again = asleep_now();

        least = again < least ? again : least;
    }
    return (struct dur_ns){ least };
}

bool io_slept_since(struct dur_ns asleep)
{
    int64_t limit = ns_add(asleep.ns, PAGE_SLEEP_NS);

    return asleep_now() > limit && io_asleep().ns > limit;
}

bool io_stamp_to_raw(const struct io_instant *now, int64_t stamp_realtime_ns, struct mono_ns *out)
{
    int64_t age = ns_sub(now->realtime_ns, stamp_realtime_ns);

    if (stamp_realtime_ns == 0 || age < 0 || age > STAMP_AGE_MAX_NS)
        return false;
    out->ns = now->raw.ns - age;
    return true;
}
