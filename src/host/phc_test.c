/* Every way of reading a card's clock, over a driver that this test plays: what it offers is read, the best first, and REALTIME becomes RAW. */
#include "base/test.h"

#include <errno.h>
#include <linux/ptp_clock.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "host/phc.h"

int __wrap_ioctl(int fd, unsigned long request, ...);

enum { PRECISE = 1, EXTENDED_RAW = 2, EXTENDED = 4, PLAIN = 8 };

static unsigned offers;             /* what the driver can do */
static unsigned asked;              /* how many calls it took */
static unsigned best_sample;        /* the one sample of a burst that is not disturbed */
#define PHC_AHEAD_NS (INT64_C(37) * NS_PER_S)
#define DISTURBED_NS 50000

static struct ptp_clock_time parts(int64_t ns) { return (struct ptp_clock_time){ ns / NS_PER_S, (uint32_t)(ns % NS_PER_S), 0 }; }

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The card's clock is RAW and PHC_AHEAD_NS, exactly. */
static int answer_precise(struct ptp_sys_offset_precise *o)
{
    int64_t raw = clock_ns(CLOCK_MONOTONIC_RAW);

    o->device = parts(raw + PHC_AHEAD_NS);
    o->sys_monoraw = parts(raw);
    o->sys_realtime = parts(clock_ns(CLOCK_REALTIME));
    return 0;
}

static int answer_extended(struct ptp_sys_offset_extended *o)
{
    int32_t against;

    memcpy(&against, (char *)o + sizeof o->n_samples, sizeof against);
    if (!(offers & (against == CLOCK_MONOTONIC_RAW ? EXTENDED_RAW : EXTENDED)) || (against != CLOCK_REALTIME && against != CLOCK_MONOTONIC_RAW))
        return -1;
    for (unsigned i = 0; i < o->n_samples; i++) {
        int64_t before = clock_ns(against), raw = clock_ns(CLOCK_MONOTONIC_RAW), after = clock_ns(against);

        o->ts[i][0] = parts(before);
        o->ts[i][1] = parts(raw + PHC_AHEAD_NS);
        o->ts[i][2] = parts(after + (i == best_sample ? 0 : DISTURBED_NS));
    }
    return 0;
}

static int answer_plain(struct ptp_sys_offset *o)
{
    for (unsigned i = 0; i < o->n_samples; i++) {
        o->ts[2 * i] = parts(clock_ns(CLOCK_REALTIME));
        o->ts[2 * i + 1] = parts(clock_ns(CLOCK_MONOTONIC_RAW) + PHC_AHEAD_NS);
    }
    o->ts[2 * o->n_samples] = parts(clock_ns(CLOCK_REALTIME));
    return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    void *arg;
    va_list ap;
    int r = -1;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    assert_int_equal(fd, 77);
    asked++;
    if (request == PTP_SYS_OFFSET_PRECISE && offers & PRECISE)
        r = answer_precise(arg);
    else if (request == PTP_SYS_OFFSET_EXTENDED && offers & (EXTENDED | EXTENDED_RAW))
        r = answer_extended(arg);
    else if (request == PTP_SYS_OFFSET && offers & PLAIN)
        r = answer_plain(arg);
    errno = r ? EOPNOTSUPP : 0;
    return r;
}

static void each_way_finds_the_same_instant(void **state)
{
    static const unsigned one[] = { PRECISE, EXTENDED_RAW, EXTENDED, PLAIN, PRECISE | PLAIN, EXTENDED | EXTENDED_RAW | PLAIN };

    (void)state;
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        struct phc p = { 77, 0 };
        struct phc_reading r;
        int64_t error;

        offers = one[i];
        best_sample = (unsigned)i;
        assert_int_equal(phc_read(&p, &r), 0);
        error = llabs(r.phc_ns - PHC_AHEAD_NS - r.raw.ns);
        assert_true(error <= r.width.ns / 2 + 100); /* REALTIME runs at another rate */
        assert_true(r.width.ns < DISTURBED_NS);
        asked = 0;
        assert_int_equal(phc_read(&p, &r), 0);
        assert_int_equal(asked, 1); /* the way is known */
    }
}

static void a_way_that_ends_gives_place_to_another(void **state)
{
    struct phc p = { 77, 0 };
    struct phc_reading r;

    (void)state;
    offers = PRECISE | PLAIN;
    assert_int_equal(phc_read(&p, &r), 0);
    offers = PLAIN;
    assert_int_equal(phc_read(&p, &r), 0);
    offers = 0;
    assert_int_equal(phc_read(&p, &r), -UE_UNSUPPORTED);
    offers = EXTENDED;
    assert_int_equal(phc_read(&p, &r), 0);
}

static void a_clock_that_is_not_there_is_told(void **state)
{
    struct phc p;

    (void)state;
    assert_int_equal(phc_open(&p, 987654), -UE_NO_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_finds_the_same_instant),
        cmocka_unit_test(a_way_that_ends_gives_place_to_another),
        cmocka_unit_test(a_clock_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
