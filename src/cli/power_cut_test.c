/* Power that goes while utcctl replaces a configuration: the next start of the daemon finds the one before or the new one, whole. ST-05. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>

#include "cli/files.h"
#include "daemon/power_cut_fixture.h"

#define CUTS 10000
#define LINES_MAX 300

/* Number n, in from one to many sectors. */
static const char *configuration_of(unsigned n)
{
    static char text[LINES_MAX * 24];
    size_t len = 0;

    for (unsigned i = 0; i <= n * 7 % LINES_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "# %u of number %u\n", i, n);
    return text;
}

static void save(unsigned n) { assert_int_equal(files_write(power_cut_path, true, configuration_of(n)), CLI_OK); }

/* An empty file is what a name is taken by, before there is anything to lose. */
static int load(void)
{
    static char text[LINES_MAX * 24 + 1];
    FILE *f = fopen(power_cut_path, "r");
    unsigned n = 0;
    size_t len;

    if (!f)
        return POWER_CUT_NOTHING;
    len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    if (len == 0)
        return POWER_CUT_NOTHING;
    return sscanf(text, "# 0 of number %u\n", &n) == 1 && strcmp(text, configuration_of(n)) == 0 && strlen(text) == len ? (int)n : POWER_CUT_MIXED;
}

static const struct power_cut_file configuration = { save, load };

static void ST_05_ten_thousand_power_cuts_leave_a_whole_configuration(void **state)
{
    (void)state;
    assert_int_equal(power_cut_losses(&configuration, CUTS, false), 0);
}

static void a_configuration_without_fsync_is_found_out(void **state)
{
    (void)state;
    assert_true(power_cut_losses(&configuration, 200, true) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ST_05_ten_thousand_power_cuts_leave_a_whole_configuration),
        cmocka_unit_test(a_configuration_without_fsync_is_found_out),
    };

    return cmocka_run_group_tests(tests, power_cut_make_folder, power_cut_remove_folder);
}
