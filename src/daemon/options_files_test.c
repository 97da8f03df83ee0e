/* One configuration from many files: drop-ins, lists of sources that others write, values and credentials in files. */
#include "base/test_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/options.h"

static struct daemon_options options;
static struct conf_errors errors;

static const char *in_dir(const char *name)
{
    static char path[4][128];
    static unsigned turn;

    snprintf(path[turn % 4], sizeof path[0], "%s/%s", folder, name);
    return path[turn++ % 4];
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(in_dir(name), 0644), 0);
}

static int load(const char *const *environment)
{
    static char path[128];

    snprintf(path, sizeof path, "%s", in_dir("a.yaml"));
    memset(&options, 0, sizeof options);
    return daemon_options_load(&options, path, (char *const *)environment, &errors);
}

static void load_well(void)
{
    const char *const none[] = { NULL };

    if (load(none) != 0)
        fail_msg("%s", errors.text[0]);
}

static bool told(const char *words)
{
    for (uint32_t i = 0; i < errors.kept; i++)
        if (strstr(errors.text[i], words))
            return true;
    return false;
}

static void refused(const char *words)
{
    const char *const none[] = { NULL };

    if (load(none) != -UE_SYNTAX || errors.found != 1 || !told(words))
        fail_msg("%u errors, %s", errors.found, errors.found ? errors.text[0] : "none");
}

static void drop_ins_go_over_the_file_in_the_order_of_their_names(void **state)
{
    (void)state;
    put("a.yaml", "clock: { max_drift: 2ppm, step_limit: 3 }\nsources: [{ server: a }]\nntp: { listen: [\"127.0.0.1:5\"] }\n"
                  "access: [{ nets: [10.0.0.0/8], action: deny }]\n");
    put("a.d/20-b.yaml", "clock: { max_drift: 4ppm }\nntp: { listen: [\"127.0.0.1:6\"], dscp: 46 }\nlog: { level: debug }\n");
    put("a.d/10-a.yaml", "\n# second line\nclock: { max_drift: 3ppm }\nsources: [{ server: b }]\naccess: [{ nets: [11.0.0.0/8] }]\n");
    put("a.d/.30.yaml", "nonsense: [");
    put("a.d/30.yaml~", "nonsense: [");
    put("a.d/40.yaml", "");
    load_well();
    assert_true(options.engine.clock.clock.max_drift == 4.0);
    assert_int_equal(options.engine.clock.clock.step_limit, 3);
    assert_int_equal(options.engine.source_count, 2);
    assert_string_equal(options.engine.source[0].server.s, "a");
    assert_string_equal(options.engine.source[1].server.s, "b");
    assert_int_equal(options.ntp.listen.count, 2);
    assert_int_equal(options.ntp.dscp, 46);
    assert_int_equal(options.log.level, 0);
    assert_int_equal(options.drop_in_count, 3);
    assert_int_equal(options.guard.origin[1][0].file, 1);
    assert_int_equal(options.guard.origin[1][0].line, 5);
    assert_string_equal(options_file_name(&options, 1), in_dir("a.d/10-a.yaml"));
    assert_string_equal(options_file_name(&options, 0), in_dir("a.yaml"));
    put("a.d/10-a.yaml", "clock:\n  max_drft: 1ppm\n");
    refused("a.d/10-a.yaml:2:3: clock: unknown key \"max_drft\"");
    put("a.d/10-a.yaml", "clock: { step_limit: -1 }\n");
    refused("a.d/10-a.yaml:1:22: clock.step_limit: ");
    put("a.d/10-a.yaml", "[1]\n");
    refused("a.d/10-a.yaml:1:1: keys are expected here");
    put("a.d/10-a.yaml", "");
}

static void every_value_names_the_file_it_is_from(void **state)
{
    const char *const none[] = { NULL };
    char expected[400], *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    (void)state;
    assert_int_equal(daemon_print_config(in_dir("a.yaml"), (char *const *)none, f, f), 0);
    assert_int_equal(fclose(f), 0);
    snprintf(expected, sizeof expected, "  max_drift: 4ppm  # %s:1\n", in_dir("a.d/20-b.yaml"));
    assert_non_null(strstr(text, expected));
    snprintf(expected, sizeof expected, "  listen: [\"127.0.0.1:5\", \"127.0.0.1:6\"]  # %s:3, %s:2\n", in_dir("a.yaml"), in_dir("a.d/20-b.yaml"));
    assert_non_null(strstr(text, expected));
    free(text);
}

static void CFG_05_a_directory_of_too_many_files(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < CONF_FOLDER_MAX - 2; i++) {
        snprintf(name, sizeof name, "a.d/x%d.yaml", i);
        put(name, "");
    }
    refused("a.d: more than 64 files stand in this directory");
    for (int i = 0; i < CONF_FOLDER_MAX - 2; i++) {
        snprintf(name, sizeof name, "a.d/x%d.yaml", i);
        unlink(in_dir(name));
    }
    load_well();
}

static void CFG_05_no_file_includes_another(void **state)
{
    (void)state;
    put("a.d/10-a.yaml", "include: a.yaml\n");
    refused("a.d/10-a.yaml:1:1: unknown key \"include\"");
    put("a.d/10-a.yaml", "");
}

static void CFG_09_what_everybody_may_write_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_dir("a.d"), 0757), 0);
    refused("a.d: everybody may put configuration into this directory");
    assert_int_equal(chmod(in_dir("a.d"), 0755), 0);
    assert_int_equal(chmod(in_dir("a.d/20-b.yaml"), 0646), 0);
    refused("a.d/20-b.yaml: everybody may write");
    assert_int_equal(chmod(in_dir("a.d/20-b.yaml"), 0644), 0);
}

static void sources_come_from_a_directory_that_others_write(void **state)
{
    char text[256];

    (void)state;
    snprintf(text, sizeof text, "sources: [{ server: 192.0.2.1, key: 0 }]\nsources_dir: %s\n", in_dir("s"));
    put("a.yaml", text);
    put("a.d/20-b.yaml", "");
    load_well(); /* a directory that is not there yet is no error */
    assert_int_equal(options.engine.source_count, 1);
    assert_int_equal(mkdir(in_dir("s"), 0755), 0);
    put("s/eth0.sources", "- server: 192.0.2.1\n- server: 192.0.2.2\n- { server: 192.0.2.1, port: 124 }\n");
    put("s/wlan0.sources", "- server: 192.0.2.2\n");
    put("s/empty.sources", "");
    put("s/other.yaml", "- server: 192.0.2.9\n");
    load_well();
    assert_int_equal(options.engine.source_count, 3);
    assert_string_equal(options.engine.source[1].server.s, "192.0.2.2");
    assert_int_equal(options.engine.source[2].port, 124);
    put("s/wlan0.sources", "server 192.0.2.2 iburst\n");
    refused("s/wlan0.sources:1:1: a list of sources is expected");
    put("s/wlan0.sources", "- { server: 192.0.2.4, prt: 1 }\n");
    refused("s/wlan0.sources:1:24: sources[3]: unknown key \"prt\"; did you mean port?");
    put("s/wlan0.sources", "");
    put("a.yaml", "sources_dir: relative\n");
    refused(":1:14: sources_dir: ");
}

static void a_value_may_stand_in_a_file(void **state)
{
    char variable[256], *text = NULL, large[1100] = "";
    size_t size;
    FILE *f;

    (void)state;
    put("a.yaml", "");
    put("value", "debug\n");
    snprintf(variable, sizeof variable, "SIMPLE_UTCD_LOG__LEVEL_FILE=%s", in_dir("value"));
    assert_int_equal(load((const char *const[]){ variable, NULL }), 0);
    assert_int_equal(options.log.level, 0);
    f = open_memstream(&text, &size);
    assert_int_equal(daemon_print_config(in_dir("a.yaml"), (char *const[]){ variable, NULL }, f, f), 0);
    assert_int_equal(fclose(f), 0);
    assert_non_null(strstr(text, "  # level is not shown  # secret of SIMPLE_UTCD_LOG__LEVEL_FILE\n"));
    free(text);
    put("value", "hunter2");
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("environment SIMPLE_UTCD_LOG__LEVEL_FILE: log.level: what the file holds is not understood") && !told("hunter2"));
    put("value", "");
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: it is empty"));
    memset(large, 'x', sizeof large - 1);
    put("value", large);
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: it is longer than a value"));
    put("value", "info");
    assert_int_equal(chmod(in_dir("value"), 0666), 0);
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: everybody may write to it"));
    assert_int_equal(chmod(in_dir("value"), 0644), 0);
    assert_int_equal(truncate(in_dir("value"), 6), 0);
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: it holds a NUL byte"));
    assert_int_equal(unlink(in_dir("value")), 0);
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: No such file"));
    assert_int_equal(mkdir(in_dir("value"), 0755), 0);
    assert_int_equal(load((const char *const[]){ variable, NULL }), -UE_SYNTAX);
    assert_true(told("value: it is not a regular file"));
    assert_int_equal(rmdir(in_dir("value")), 0);
    put("value", "info");
    assert_int_equal(load((const char *const[]){ "SIMPLE_UTCD_LOG__LEVEL=error", variable, NULL }), -UE_SYNTAX);
    assert_true(told("SIMPLE_UTCD_LOG__LEVEL gives the same key"));
    assert_int_equal(load((const char *const[]){ "SIMPLE_UTCD_CLOCK__DRIFT_FILE=/x", NULL }), 0);
    assert_string_equal(options.engine.clock.clock.drift_file.s, "/x");
    assert_int_equal(load((const char *const[]){ "SIMPLE_UTCD_LOG__LVL_FILE=/x", NULL }), -UE_SYNTAX);
    assert_true(told("no configuration key has this name"));
}

static void credentials_are_paths(void **state)
{
    char variable[256];

    (void)state;
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", in_dir("s"));
    put("s/clock.drift_file", "");
    assert_int_equal(load((const char *const[]){ variable, NULL }), 0);
    assert_string_equal(options.engine.clock.clock.drift_file.s, in_dir("s/clock.drift_file"));
    assert_int_equal(load((const char *const[]){ variable, "SIMPLE_UTCD_CLOCK__DRIFT_FILE=/x", NULL }), 0);
    assert_string_equal(options.engine.clock.clock.drift_file.s, "/x");
}

static int make(void **state)
{
    (void)state;
    return folder_make("", NULL, 0) || mkdir(in_dir("a.d"), 0755);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_ins_go_over_the_file_in_the_order_of_their_names),
        cmocka_unit_test(every_value_names_the_file_it_is_from),
        cmocka_unit_test(CFG_05_a_directory_of_too_many_files),
        cmocka_unit_test(CFG_05_no_file_includes_another),
        cmocka_unit_test(CFG_09_what_everybody_may_write_is_refused),
        cmocka_unit_test(sources_come_from_a_directory_that_others_write),
        cmocka_unit_test(a_value_may_stand_in_a_file),
        cmocka_unit_test(credentials_are_paths),
    };

    return cmocka_run_group_tests_name("options files", tests, make, folder_remove);
}
