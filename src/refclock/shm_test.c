/* Shared memory: every reason once, and a writer at full speed beside the reader. */
#include "base/test.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/measurement.h"
#include "refclock/shm.h"

#define NOW_S INT64_C(1900000000)

static struct refclock_shm_look good(void)
{
    return (struct refclock_shm_look){
        .seen = { .mode = 1, .count = 8, .clock_s = NOW_S, .clock_us = 250000, .receive_s = NOW_S, .receive_us = 750000, .valid = 1, .clock_ns = 250000123,
                  .receive_ns = 750000456 },
        .count_after = 8, .valid_after = 1,
    };
}

static enum verdict judged(const struct refclock_shm_look *look, struct refclock_sample *out)
{
    struct refclock_shm_reader r = { 0 };
    enum verdict v;

    assert_true(refclock_shm_judge(&r, look, out, &v));
    return v;
}

static void a_sample_is_taken_once(void **state)
{
    struct refclock_shm_reader r = { 0 };
    struct refclock_shm_look look = good();
    struct refclock_sample s;
    enum verdict v;

    (void)state;
    assert_true(refclock_shm_judge(&r, &look, &s, &v));
    assert_int_equal(v, VERDICT_ACCEPTED);
    assert_int_equal(s.reference.ns, NOW_S * NS_PER_S + 250000123);
    assert_int_equal(s.received_ns, NOW_S * NS_PER_S + 750000456);
    assert_int_equal(s.leap, LEAP_NONE);
    assert_int_equal(s.rounding.ns, 1);
    assert_false(refclock_shm_judge(&r, &look, &s, &v));
    look.seen.count = look.count_after = 10; /* counted on: another sample, whatever it says */
    assert_true(refclock_shm_judge(&r, &look, &s, &v));
    look.seen.receive_ns++;                  /* a writer of mode 0 may not count */
    assert_true(refclock_shm_judge(&r, &look, &s, &v));
    look.seen.clock_ns++;
    assert_true(refclock_shm_judge(&r, &look, &s, &v));
    assert_false(refclock_shm_judge(&r, &look, &s, &v));
    look.seen.valid = 0;
    look.seen.count = look.count_after = 12;
    assert_false(refclock_shm_judge(&r, &look, &s, &v));
}

static void old_writers_leave_nanoseconds_alone(void **state)
{
    struct refclock_shm_look look = good();
    struct refclock_sample s;

    (void)state;
    look.seen.clock_ns = 7;
    assert_int_equal(judged(&look, &s), VERDICT_ACCEPTED);
    assert_int_equal(s.reference.ns, NOW_S * NS_PER_S + 250000000);
    assert_int_equal(s.received_ns, NOW_S * NS_PER_S + 750000000);
    assert_int_equal(s.rounding.ns, 2000);
}

static void REF_08_what_changes_while_it_is_read_is_dropped(void **state)
{
    struct refclock_shm_reader r = { 0 };
    struct refclock_shm_look look = good();
    struct refclock_sample s;
    enum verdict v;

    (void)state;
    look.count_after++;
    assert_int_equal(judged(&look, &s), VERDICT_REF_TORN);
    look = good();
    look.valid_after = 0;
    assert_true(refclock_shm_judge(&r, &look, &s, &v));
    assert_int_equal(v, VERDICT_REF_TORN);
    look.valid_after = 1;
    assert_true(refclock_shm_judge(&r, &look, &s, &v)); /* whole at the next look: not lost */
    assert_int_equal(v, VERDICT_ACCEPTED);
}

static void every_reason_once(void **state)
{
    struct refclock_sample s;
    struct refclock_shm_look l;

    (void)state;
#define REFUSED(field, value, why) l = good(); l.seen.field = value; assert_int_equal(judged(&l, &s), why)
    REFUSED(mode, 2, VERDICT_REF_FORMAT);
    REFUSED(mode, -1, VERDICT_REF_FORMAT);
    REFUSED(leap, 3, VERDICT_REF_UNSYNCHRONISED);
    REFUSED(leap, 4, VERDICT_REF_RANGE);
    REFUSED(leap, -1, VERDICT_REF_RANGE);
    REFUSED(clock_us, 1000000, VERDICT_REF_RANGE);
    REFUSED(clock_us, -1, VERDICT_REF_RANGE);
    REFUSED(receive_us, -1, VERDICT_REF_RANGE);
    REFUSED(receive_us, 1000000, VERDICT_REF_RANGE);
    REFUSED(clock_s, INT64_MAX, VERDICT_REF_RANGE);
    REFUSED(receive_s, INT64_MIN, VERDICT_REF_RANGE);
    REFUSED(clock_s, 315964800, VERDICT_REF_ABSURD);        /* 1980: a receiver that has not seen the date yet */
    REFUSED(clock_s, NOW_S - 1024 * 604800, VERDICT_REF_ABSURD); /* weeks that wrapped */
    REFUSED(leap, 1, VERDICT_ACCEPTED);
    assert_int_equal(s.leap, LEAP_INSERT);
    REFUSED(mode, 0, VERDICT_ACCEPTED);
#undef REFUSED
}

struct race { volatile struct refclock_shm m; volatile int stop; };

/* As gpsd writes. Both stamps of a sample are the same number. */
static void *write_samples(void *at)
{
    struct race *race = at;

    for (unsigned n = 1; !race->stop; n++) {
        race->m.valid = 0;
        race->m.count++;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        race->m.clock_s = NOW_S + n % 1000;
        race->m.clock_us = race->m.receive_us = (int)(n % 1000);
        race->m.clock_ns = race->m.receive_ns = n % 1000 * 1000;
        race->m.receive_s = NOW_S + n % 1000;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        race->m.count++;
        race->m.valid = 1;
        if (n % 32 == 0) /* a reader needs a chance */
            nanosleep(&(struct timespec){ 0, 1000 }, NULL);
    }
    return NULL;
}

static void REF_08_no_sample_is_half_of_one_and_half_of_another(void **state)
{
    static struct race race;
    struct refclock_shm_reader r = { 0 };
    struct refclock_shm_look look;
    struct refclock_sample s;
    unsigned accepted = 0;
    pthread_t writer;
    enum verdict v;

    (void)state;
    race.m.mode = 1;
    assert_int_equal(pthread_create(&writer, NULL, write_samples, &race), 0);
    for (unsigned i = 0; (i < 4000000 || (accepted < 10 && i < 400000000)) && accepted < 20000; i++) {
        refclock_shm_look(&race.m, &look);
        if (!refclock_shm_judge(&r, &look, &s, &v) || v != VERDICT_ACCEPTED)
            continue;
        accepted++;
        assert_int_equal(s.received_ns, s.reference.ns);
    }
    race.stop = 1;
    pthread_join(writer, NULL);
    assert_true(accepted >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_is_taken_once),
        cmocka_unit_test(old_writers_leave_nanoseconds_alone),
        cmocka_unit_test(REF_08_what_changes_while_it_is_read_is_dropped),
        cmocka_unit_test(every_reason_once),
        cmocka_unit_test(REF_08_no_sample_is_half_of_one_and_half_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
