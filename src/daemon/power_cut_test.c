/* Power that goes at any moment, over what the daemon keeps: the next start finds the last whole state, or the one that was being written. ST-05. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "clock/noise.h"
#include "daemon/memory_file.h"
#include "daemon/power_cut_fixture.h"

#define CUTS 10000
#define SAVES 40

static char folder[] = "/tmp/power_cut_XXXXXX", path[64];
static size_t saved_at[SAVES + 1];      /* steps when save n had returned */

/* Number n, in from one to many sectors. */
static struct clock_memory state_of(unsigned n)
{
    static struct clock_memory m;

    m = (struct clock_memory){ .drift = { n, 0.125, true }, .wander = 1e-9, .saved = { 1800000000 * NS_PER_S }, .synchronised_once = true };
    for (m.count = 0; m.count < n % 17; m.count++) {
        struct clock_memory_source *s = &m.source[m.count];

        snprintf(s->name, sizeof s->name, "source-%u-of-%u", (unsigned)m.count, n);
        noise_init(&s->noise);
        s->noise.scale_s = s->noise.error_var = 1e-3;
    }
    return m;
}

static void empty(void)
{
    static const char *const ends[] = { "", ".new", ".bad" };
    char name[80];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static size_t record(void)
{
    power_cut_record(folder);
    for (unsigned n = 1; n <= SAVES; n++) {
        struct clock_memory m = state_of(n);

        assert_int_equal(memory_file_save(path, &m), 0);
        saved_at[n] = power_cut_steps();
    }
    empty();
    return saved_at[SAVES];
}

/* Of so many cuts, how many leave neither the last state that was whole nor the one that was being written. */
static unsigned lost(size_t steps, unsigned cuts)
{
    static struct clock_memory found;
    struct prng chance;
    unsigned count = 0;

    power_cut_stop();
    prng_seed(&chance, 1);
    for (unsigned i = 0; i < cuts; i++) {
        size_t at = prng_u64(&chance) % (steps + 1);
        unsigned whole = 0;

        while (whole < SAVES && saved_at[whole + 1] <= at)
            whole++;
        power_cut_restore(folder, at, &chance);
        found.drift.freq_ppm = 0;
        if (memory_file_load(path, 500, &found) == 0) {
            unsigned n = (unsigned)found.drift.freq_ppm;
            struct clock_memory m = state_of(n);

            count += (n != whole && n != whole + 1) || found.count != m.count;
        } else {
            count += whole > 0 || access(path, F_OK) == 0;
        }
        empty();
    }
    return count;
}

static void ST_05_ten_thousand_power_cuts_lose_nothing(void **state)
{
    (void)state;
    assert_int_equal(lost(record(), CUTS), 0);
}

/* Names that reach the disk before the bytes do: what a save without fsync() would leave is found out. */
static void a_save_without_fsync_is_found_out(void **state)
{
    size_t steps;

    (void)state;
    power_cut_record(folder);
    power_cut_break_fsync(true);
    for (unsigned n = 1; n <= SAVES; n++) {
        struct clock_memory m = state_of(n);

        assert_int_equal(memory_file_save(path, &m), 0);
        saved_at[n] = power_cut_steps();
    }
    steps = power_cut_steps();
    empty();
    assert_true(lost(steps, 200) > 20);
}

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/drift", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ST_05_ten_thousand_power_cuts_lose_nothing), cmocka_unit_test(a_save_without_fsync_is_found_out) };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
