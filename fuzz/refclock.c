/* What programs that read receivers hand over: a datagram, or a segment of shared memory as it was seen (first byte odd). Whatever is accepted is UTC that can
 * be, and its stamp is placed within the readings of the clocks. */
#include <assert.h>
#include <string.h>

#include "base/measurement.h"
#include "refclock/place.h"
#include "refclock/shm.h"
#include "refclock/sock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct refclock_sample *s)
{
    static const struct refclock_past past = { 3, { { { 100 * NS_PER_S }, INT64_C(1899999998) * NS_PER_S },
                                                    { { 101 * NS_PER_S }, INT64_C(1899999999) * NS_PER_S },
                                                    { { 102 * NS_PER_S }, INT64_C(1900000000) * NS_PER_S + 500000 } } };
    static const struct refclock_pair now = { { 103 * NS_PER_S }, INT64_C(1900000001) * NS_PER_S + 500000 };
    struct dur_ns error;
    struct mono_ns at;

    assert(utc_is_plausible(s->reference) && s->leap <= LEAP_DELETE && s->rounding.ns > 0);
    if (refclock_place(&past, now, s->received_ns, &at, &error) == VERDICT_ACCEPTED)
        assert(error.ns > 0 && at.ns >= 100 * NS_PER_S && at.ns <= 103 * NS_PER_S);
}

static void look(const uint8_t *data, size_t size)
{
    struct refclock_shm_look look = { .valid_after = 0 };
    struct refclock_shm_reader reader = { 0 };
    struct refclock_sample sample;
    enum verdict why;

    memcpy(&look, data, size < sizeof look ? size : sizeof look);
    if (!refclock_shm_judge(&reader, &look, &sample, &why))
        return;
    if (why == VERDICT_ACCEPTED)
        check(&sample);
    assert(!refclock_shm_judge(&reader, &look, &sample, &why) || why == VERDICT_REF_TORN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct refclock_sample sample;

    if (size == 0)
        return 0;
    if (data[0] & 1)
        look(data + 1, size - 1);
    else if (refclock_sock_read((struct span){ data + 1, size - 1 }, &sample) == VERDICT_ACCEPTED)
        check(&sample);
    return 0;
}
