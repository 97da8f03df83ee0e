/* Power that goes at any moment, over what the daemon keeps: the next start finds the last whole state, or the one that was being written. ST-05. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock/noise.h"
#include "daemon/memory_file.h"
#include "daemon/power_cut_fixture.h"
#include "ke/ring_keep.h"

#define CUTS 10000

/* -- what the clock has learnt --------------------------------------------------------------------------------------- */

/* Number n, in from one to many sectors. */
static struct clock_memory memory_of(unsigned n)
{
    static struct clock_memory m;

    m = (struct clock_memory){ .drift = { n, 0.125, true }, .wander = 1e-9, .saved = { 1800000000 * NS_PER_S }, .synchronised_once = true,
                               .stepped = { n * NS_PER_S } };
    for (m.count = 0; m.count < n % 17; m.count++) {
        struct clock_memory_source *s = &m.source[m.count];

        snprintf(s->name, sizeof s->name, "source-%u-of-%u", (unsigned)m.count, n);
        noise_init(&s->noise);
        s->noise.scale_s = s->noise.error_var = 1e-3;
    }
    return m;
}

static void save_memory(unsigned n)
{
    struct clock_memory m = memory_of(n);

    assert_int_equal(memory_file_save(power_cut_path, &m), 0);
}

/* The budget of steps is part of it: a cut must not give back what was stepped. */
static int load_memory(void)
{
    static struct clock_memory found;
    bool there = access(power_cut_path, F_OK) == 0;
    int n;

    if (memory_file_load(power_cut_path, 500, &found) != 0)
        return there ? POWER_CUT_MIXED : POWER_CUT_NOTHING;
    n = (int)found.drift.freq_ppm;
    return found.count == (unsigned)n % 17 && found.stepped.ns == n * NS_PER_S ? n : POWER_CUT_MIXED;
}

/* -- the ring of cookie keys ----------------------------------------------------------------------------------------- */

/* Every key of ring n is made of the number it has. */
static struct nts_ring ring_of(unsigned n)
{
    struct nts_ring ring = { 0 };
    uint8_t key[NTS_RING_KEY_SIZE];

    for (unsigned i = n < NTS_RING_KEYS ? 1 : n - NTS_RING_KEYS + 1; i <= n; i++) {
        memset(key, (int)i, sizeof key);
        nts_ring_put(&ring, i, key);
        ring.newest = i;
    }
    return ring;
}

static void save_ring(unsigned n)
{
    struct nts_ring ring = ring_of(n);

    ring_keep_save(power_cut_path, &ring, (struct dur_ns){ 0 }, false);
    assert_int_equal(access(power_cut_path, R_OK), 0);
}

static int load_ring(void)
{
    struct nts_ring found = { 0 }, saved;
    bool there = access(power_cut_path, F_OK) == 0;

    if (ring_keep_load(power_cut_path, (struct dur_ns){ NS_PER_S }, &found).ns < 0)
        return there ? POWER_CUT_MIXED : POWER_CUT_NOTHING;
    saved = ring_of(found.newest);
    for (unsigned i = 0; i < NTS_RING_KEYS; i++)
        if (found.row[i].number != saved.row[i].number || memcmp(found.row[i].key, saved.row[i].key, sizeof saved.row[i].key) != 0)
            return POWER_CUT_MIXED;
    return (int)found.newest;
}

static const struct power_cut_file memory = { save_memory, load_memory }, ring = { save_ring, load_ring };

/* -- cuts ------------------------------------------------------------------------------------------------------------- */

static void ST_05_ten_thousand_power_cuts_lose_nothing(void **state)
{
    (void)state;
    assert_int_equal(power_cut_losses(&memory, CUTS, false), 0);
}

static void ST_05_ten_thousand_power_cuts_leave_a_whole_ring_of_keys(void **state)
{
    (void)state;
    assert_int_equal(power_cut_losses(&ring, CUTS, false), 0);
}

/* Names that reach the disk before the bytes do: what a save without fsync() would leave is found out. */
static void a_save_without_fsync_is_found_out(void **state)
{
    (void)state;
    assert_true(power_cut_losses(&memory, 200, true) > 20);
    assert_true(power_cut_losses(&ring, 200, true) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ST_05_ten_thousand_power_cuts_lose_nothing),
        cmocka_unit_test(ST_05_ten_thousand_power_cuts_leave_a_whole_ring_of_keys),
        cmocka_unit_test(a_save_without_fsync_is_found_out),
    };

    return cmocka_run_group_tests(tests, power_cut_make_folder, power_cut_remove_folder);
}
