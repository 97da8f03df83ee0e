/* The whole configuration: files, environment, rules between keys, and the two commands. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "conf/file.h"
#include "daemon/options.h"
#include "guard/access.h"

static const char *const no_environment[] = { NULL };
static struct daemon_options options;
static struct conf_errors errors;
static char path[] = "/tmp/options_test.XXXXXX";

static void write_file(const char *text, size_t len, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Literals are const here, environ is not. */
static int load_file(const char *name, const char *const *environment)
{
    memset(&options, 0, sizeof options);
    return daemon_options_load(&options, name, (char *const *)environment, &errors);
}

static int load_with(const char *text, const char *const *environment)
{
    write_file(text, strlen(text), 0644);
    return load_file(path, environment);
}

static void load(const char *text)
{
    if (load_with(text, no_environment) != 0)
        fail_msg("%s: %s", text, errors.text[0]);
}

static bool told(const char *words)
{
    for (uint32_t i = 0; i < errors.kept; i++)
        if (strstr(errors.text[i], words))
            return true;
    return false;
}

/* Exactly one error, which says all of these. */
static void refuse(const char *text, const char *place, const char *words, const char *more)
{
    int err = load_with(text, no_environment);

    if (err != -UE_SYNTAX || errors.found != 1 || !told(place) || !told(words) || !told(more))
        fail_msg("%s: %d, %u errors, %s", text, err, errors.found, errors.found ? errors.text[0] : "none");
}

static void defaults_serve_nobody(void **state)
{
    (void)state;
    assert_int_equal(load_file(NULL, no_environment), 0);
    assert_int_equal(options.ntp.listen.count + options.timeproto.time.listen.count + options.timeproto.daytime.listen.count, 0);
    assert_false(options.engine.clock.local.present);
    assert_int_equal(options.engine.clock.clock.mode, CLOCK_MODE_AUTO);
    assert_int_equal(options.engine.source_count, 1);
    assert_true(options.engine.source[0].pool.s[0] != '\0');
    assert_true(options.engine.source[0].members <= ENGINE_POOL_MEMBERS);
    assert_int_equal(options.engine.clock.holdover.max_error.ns, NS_PER_S);
}

static void values_reach_their_fields(void **state)
{
    (void)state;
    load("clock: { mode: system, drift_file: /x/drift }\nsources:\n- { server: 192.168.123.1, iburst: true, min_poll: 6, max_poll: 7 }\n"
         "- { server: a, iburst: false,  }\nhardware_timestamps: [eth0]\n");
    assert_int_equal(options.engine.clock.clock.mode, CLOCK_MODE_SYSTEM);
    assert_string_equal(options.engine.clock.clock.drift_file.s, "/x/drift");
    assert_int_equal(options.engine.source_count, 2);
    assert_string_equal(options.engine.source[0].server.s, "192.168.123.1");
    assert_int_equal(options.engine.source[0].max_poll, 7);
    assert_string_equal(options.engine.source[1].server.s, "a");
    assert_false(options.engine.source[1].iburst);
    assert_int_equal(options.engine.source[1].max_poll, 10);
    assert_string_equal(options.top.hardware_timestamps.item[0].s, "eth0");
    load("local: {}\nntp: { listen: [\"[::1]:11123\", 127.0.0.1] }\ndaytime: { udp_from: [10.0.0.0/8] }\nsources: []\nlog: { format: json }\n");
    assert_true(options.engine.clock.local.present);
    assert_int_equal(options.engine.clock.local.stratum, 10);
    assert_int_equal(options.ntp.listen.item[0].port, 11123);
    assert_int_equal(options.ntp.listen.item[1].port, 123);
    assert_int_equal(options.timeproto.daytime.udp_from.item[0].bits, 8);
    assert_int_equal(options.engine.source_count, 0);
    assert_int_equal(options.log.format, LOG_FORMAT_JSON);
}

static void CFG_01_files_that_are_none(void **state)
{
    char name[300] = "";
    struct stat s;

    (void)state;
    assert_int_equal(load_file("/nonexistent/a.yaml", no_environment), -UE_SYNTAX);
    assert_true(errors.found == 1 && told("/nonexistent/a.yaml: ") && told("does not exist"));
    assert_int_equal(load_file("/tmp", no_environment), -UE_SYNTAX);
    assert_true(errors.found == 1 && told("directory"));
    assert_int_equal(load_file("/dev/null", no_environment), -UE_SYNTAX);
    assert_true(told("not a regular file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(path, path), 0);
    assert_int_equal(load_file(path, no_environment), -UE_SYNTAX);
    assert_true(told("leads in a circle"));
    assert_int_equal(unlink(path), 0);
    memset(name, 'a', sizeof name - 1);
    name[0] = '/';
    assert_int_equal(load_file(name, no_environment), -UE_SYNTAX);
    assert_true(told("too long"));
    load(""); /* empty: the defaults */
    assert_int_equal(options.engine.source_count, 1);
    write_file("", 0, 0);
    if (geteuid() != 0) { /* root reads everything */
        assert_int_equal(load_file(path, no_environment), -UE_SYNTAX);
        assert_true(told("may not be read"));
    }
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_size, 0);
}

static void CFG_02_too_large(void **state)
{
    size_t len = (1 << 20) + 3;
    char *line = malloc(len);

    (void)state;
    assert_non_null(line);
    memset(line, '#', len);
    write_file(line, len, 0644);
    assert_int_equal(load_file(path, no_environment), -UE_SYNTAX);
    assert_true(errors.found == 1 && told("larger than 256 KiB"));
    write_file(line, CONF_FILE_MAX, 0644);
    assert_int_equal(load_file(path, no_environment), 0);
    free(line);
}

static void CFG_03_unknown_keys_and_missing_values(void **state)
{
    (void)state;
    refuse("\nclok: {}\n", ":2:1: ", "unknown key \"clok\"", "did you mean clock?");
    refuse("clock: { max_drft: 1ppm }\n", ":1:10: clock: ", "unknown key \"max_drft\"", "did you mean max_drift?");
    refuse("sources: [{ server: a, portt: 1 }]\n", ":1:24: sources[0]: ", "unknown key", "did you mean port?");
    refuse("symmetric_reply: true\n", ":1:1: ", "unknown key", "did you mean ntp.symmetric_reply?");
    refuse("clock:\n  mode:\n", ":2:8: clock.mode: ", "the value is missing", "");
    refuse("ntp:\n", ":1:5: ntp: ", "nothing stands here", "");
    refuse("sources:\n", ":1:9: sources: ", "[] for none", "");
    refuse("ntp: { symmetric_reply: true, symmetric_reply: true }\n", ":1:31: ", "given twice", "line 1");
    refuse("ntp: {}\nntp: {}\n", ":2:1: ", "given twice", "line 1");
}

static void CFG_04_numbers_out_of_range(void **state)
{
    static const char *const bad[] = { "99999999999999999999", "-1", "NaN", "inf", "1e400", "0x10", "5 m", "9223372036854775808" };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "clock: { step_limit: %s }", bad[i]);
        refuse(text, ":1:22: clock.step_limit: ", bad[i], "from 0 to 1000");
        snprintf(text, sizeof text, "clock: { panic_threshold: %s }", bad[i]);
        refuse(text, ":1:27: clock.panic_threshold: ", bad[i], "from 1ms to 1d");
        snprintf(text, sizeof text, "clock: { max_drift: %s }", bad[i]);
        refuse(text, ":1:21: clock.max_drift: ", bad[i], "from 0.001ppm to 500ppm");
    }
    refuse("clock: { step_limit: \"3\" }", ":1:22: ", "without quotes", "");
    refuse("clock: { step_limit: [3] }", ":1:22: ", "a list found", "from 0 to 1000");
    refuse("clock: { mode: { a: 1 } }", ":1:16: clock.mode: ", "keys found", "one of auto, system, virtual");
    refuse("ntp: { listen: \"127.0.0.1:1\" }", ":1:16: ntp.listen: ", "a list in [brackets] is expected", "");
    refuse("ntp: { listen: { a: 1 } }", ":1:16: ntp.listen: ", "a list in [brackets] is expected", "");
    refuse("sources: { server: a }", ":1:10: sources: ", "a list", "");
    refuse("clock: [1]", ":1:8: clock: ", "keys are", "");
    refuse("clock: { mode: systm }", ":1:16: ", "one of auto, system, virtual", "did you mean system?");
}

static void more_items_than_a_list_takes(void **state)
{
    char text[64 * OPTION_LIST_MAX] = "ntp: { listen: [";

    (void)state;
    for (int i = 0; i <= OPTION_LIST_MAX; i++)
        snprintf(text + strlen(text), 32, "\"127.0.0.1:%d\",", 1000 + i);
    strcat(text, "] }");
    refuse(text, "ntp.listen: ", "more than", "items");
}

static void CFG_05_no_includes(void **state)
{
    (void)state;
    refuse("include: other.yaml\n", ":1:1: ", "unknown key \"include\"", "");
    refuse("clock: !include other.yaml\n", ":1:8: ", "tags", "");
}

static void CFG_06_ports_polls_prefixes(void **state)
{
    char text[400], name[255];

    (void)state;
    refuse("ntp: { listen: [\"127.0.0.1:0\"] }", ":1:17: ntp.listen: ", "\"127.0.0.1:0\"", "1 to 65535");
    refuse("ntp: { listen: [\"127.0.0.1:65536\"] }", ":1:17: ntp.listen: ", "65536", "1 to 65535");
    refuse("sources: [{ server: a, port: 0 }]", "sources[0].port: ", "\"0\"", "from 1 to 65535");
    refuse("sources: [{ server: a, port: 65536 }]", "sources[0].port: ", "\"65536\"", "from 1 to 65535");
    refuse("sources: [{ pool: a, min_poll: 2 }]", ":1:32: sources[0].min_poll: ", "too often", "at least 4");
    refuse("sources: [{ server: a, max_poll: 18 }]", "sources[0].max_poll: ", "\"18\"", "to 17");
    refuse("sources: [{ server: a, max_poll: 25 }]", "sources[0].max_poll: ", "\"25\"", "to 17");
    refuse("daytime: { udp_from: [10.0.0.0/33] }", "daytime.udp_from: ", "10.0.0.0/33", "up to /32 or /128");
    refuse("daytime: { udp_from: [\"::/129\"] }", "daytime.udp_from: ", "::/129", "up to /32 or /128");
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    name[254] = '\0';
    snprintf(text, sizeof text, "sources: [{ server: %s }]", name);
    refuse(text, ":1:21: sources[0].server: ", "at most 253 characters", "");
}

static void CFG_09_world_writable_file(void **state)
{
    (void)state;
    write_file("", 0, 0646);
    assert_int_equal(load_file(path, no_environment), -UE_SYNTAX);
    assert_true(errors.found == 1 && told("chmod o-w"));
}

static void all_errors_are_told_at_once(void **state)
{
    (void)state;
    assert_int_equal(load_with("clock: { mode: x, max_slew: 1 }\nntp: { listen: [bad, \"127.0.0.1:1\", worse] }\nsources: [{ port: 0 }, 5]\nzzz: 1\n",
                               no_environment),
                     -UE_SYNTAX);
    assert_int_equal(errors.found, 8);
    assert_true(told(":1:16: ") && told(":1:29: ") && told(":2:17: ") && told(":2:37: ") && told(":3:19: ") && told(":3:24: ") && told(":4:1: "));
    assert_true(told("neither server nor pool"));
}

/* What breaks a rule is told beside a wrong value elsewhere; a default in the place of a wrong value breaks none. */
static void rules_are_told_beside_wrong_values(void **state)
{
    (void)state;
    assert_int_equal(load_with("log: { level: x }\nsources: [{ server: a, min_poll: 8, max_poll: 7 }]", no_environment), -UE_SYNTAX);
    assert_true(errors.found == 2 && told(":1:15: log.level") && told(":2:34: sources[0]: min_poll 8"));
    assert_int_equal(load_with("sources: [{ server: \"a b\", min_poll: 12, max_poll: 99 }, x]\nclock: { max_drift: 20ppm, max_drift_silent: 1 }",
                               no_environment),
                     -UE_SYNTAX);
    assert_true(errors.found == 4 && told(":1:21: ") && told(":1:52: ") && told(":1:58: ") && told(":2:46: "));
}

static void rules_between_keys(void **state)
{
    (void)state;
    refuse("sources: [{ port: 1 }]", ":1:11: sources[0]: ", "neither server nor pool", "exactly one");
    refuse("sources: [{ server: a, pool: b }]", ":1:11: sources[0]: ", "both server and pool", "exactly one");
    refuse("sources: [{ server: a, shm: 0, error: 1s }]", ":1:11: sources[0]: ", "more than one of them", "exactly one");
    refuse("sources: [{ shm: 0, sock: /x, error: 1s }]", ":1:11: sources[0]: ", "more than one of them", "exactly one");
    refuse("sources: [{ server: a, min_poll: 8, max_poll: 7 }]", ":1:34: sources[0]: ", "min_poll 8 is above max_poll 7", "");
    refuse("sources: [{ server: a, max_poll: 5 }]", ":1:34: sources[0]: ", "min_poll 6 is above max_poll 5", "");
    refuse("sources: [{ server: a }, { server: A }]", ":1:26: sources[1]: ", "the same as sources[0]", "");
    assert_int_equal(load_with("sources: [{ server: a }, { server: a }, { server: a }, { server: a }]", no_environment), -UE_SYNTAX);
    assert_int_equal(errors.found, 3); /* each once, not for each that it is like */
    load("sources: [{ server: a }, { server: a, port: 124 }, { pool: a }]");
    refuse("sources: [{ server: a }]\nclock: { min_sources: 2 }", ":2:23: clock.min_sources: ", "at most 1", "");
    refuse("clock: { max_drift: 20ppm }", ":1:21: clock.max_drift_silent: ", "below max_drift", "");
    refuse("clock: { max_drift: 2ppm, max_frequency: 1ppm }", "clock.max_frequency: ", "below max_drift", "");
    refuse("clock: { step_threshold: 20s }", ":1:26: clock.panic_threshold: ", "below step_threshold", "");
    refuse("ntp: { listen: [\"127.0.0.1:123\", 127.0.0.1] }", ":1:16: ntp.listen: ", "127.0.0.1:123 is given twice", "");
    refuse("ntp: { listen: [\"[::1]:37\"] }\ntime: { listen: [\"::1\"] }", ":2:17: time.listen: ", "given twice", "");
}

static void reference_clocks(void **state)
{
    (void)state;
    load("sources: [{ shm: 0, refid: GPS, error: 500ms, offset: -1.5ms, prefer: true }, { sock: /run/chrony.ttyS0.sock, error: 1us }, { server: a }]");
    assert_int_equal(options.engine.source[0].shm, 0);
    assert_int_equal(options.engine.source[0].offset.ns, -1500 * NS_PER_US);
    assert_int_equal(options.engine.source[2].shm, -1);
    assert_true(options_reference(&options.engine.source[0]) && options_reference(&options.engine.source[1]) && !options_reference(&options.engine.source[2]));
    refuse("sources: [{ shm: 256, error: 1s }]", "sources[0].shm: ", "255", "");
    refuse("sources: [{ shm: 1 }]", ":1:11: sources[0]: ", "error is missing", "500ms");
    refuse("sources: [{ sock: x, error: 1s }]", "sources[0].sock: ", "a path that begins with /", "");
    refuse("sources: [{ shm: 1, error: 1s, refid: GPS12 }]", "sources[0].refid: ", "", "");
    refuse("sources: [{ shm: 1, error: 1s, refid: \"G S\" }]", ":1:39: sources[0].refid: ", "ASCII", "");
    refuse("sources: [{ shm: 1, error: 1s }, { shm: 1, error: 2s }]", ":1:34: sources[1]: ", "the same as sources[0]", "");
    refuse("sources: [{ shm: 1, error: 1s, iburst: false }]", ":1:40: sources[0].iburst: ", "it is for servers", "");
    refuse("sources: [{ shm: 1, error: 1s, max_poll: 7 }]", ":1:42: sources[0].max_poll: ", "it is for servers", "");
    refuse("sources: [{ server: a, error: 1ms }]", ":1:31: sources[0].error: ", "it is for reference clocks", "");
    refuse("sources: [{ server: a, offset: -1ms }]", ":1:32: sources[0].offset: ", "it is for reference clocks", "");
}

static void local_reaches_loopback_only(void **state)
{
    (void)state;
    load("local: {}\nntp: { listen: [\"127.0.0.1:123\", \"[::1]:123\"] }");
    refuse("local: {}\nntp: { listen: [\"*:123\"] }", ":2:16: ntp.listen: ", "[::]:123 reaches beyond this machine", "local: { public: true }");
    refuse("local: {}\ntime: { listen: [192.0.2.1] }", ":2:17: time.listen: ", "reaches beyond", "");
    refuse("local: {}\ndaytime: { listen: [192.0.2.1] }", ":2:20: daytime.listen: ", "reaches beyond", "");
    load("local: { public: true }\nntp: { listen: [\"*:123\"] }");
    load("ntp: { listen: [\"*:123\"] }");
}

static void too_many_sources_are_refused(void **state)
{
    char text[2048] = "sources: [";
    size_t n = strlen(text);

    (void)state;
    for (int i = 0; i < ENGINE_CONFIGURED_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{ server: h%d },", i);
    strcpy(text + n, "]");
    load(text);
    assert_int_equal(options.engine.source_count, ENGINE_CONFIGURED_MAX);
    strcpy(text + n, "{ server: x }]");
    refuse(text, "sources: ", "more than 16 items", "");
    refuse("sources: [{ pool: a }, { pool: b }, { pool: c }, { pool: d }, { server: e }]", "sources: ", "17 servers", "at most 16");
}

static void access_and_rate_limit(void **state)
{
    (void)state;
    load("ntp: { listen: [\"127.0.0.1:1123\", \"127.0.0.1%lo:1123\"] }\naccess:\n  - nets: [10.0.0.0/8]\n  - nets: [10.0.0.0/8]\n    action: authenticate\n"
         "    listeners: [127.0.0.1, \"127.0.0.1%lo\"]\n");
    assert_int_equal(options.guard.access[1].action, ACCESS_AUTHENTICATE);
    assert_int_equal(options.guard.access[1].listeners.count, 2);
    assert_int_equal(options.guard.access[1].listeners.item[0].port, 0);
    assert_string_equal(options.guard.access[1].listeners.interface[1], "lo");
    assert_int_equal(options.guard.origin[1][0].line, 4);
    assert_int_equal(options.guard.origin[1][0].column, 12);
    load("access: [{ nets: [192.0.2.0/24], action: allow }, { nets: [0.0.0.0/0, \"::/0\"] }, { nets: [10.0.0.0/8], action: kiss, service: ntp }]\n");
    assert_int_equal(options.guard.access_count, 3);
    assert_int_equal(options.guard.access[0].action, ACCESS_ALLOW);
    assert_int_equal(options.guard.access[1].action, ACCESS_DENY);
    assert_int_equal(options.guard.access[1].nets.count, 2);
    assert_int_equal(options.guard.access[2].action, ACCESS_KISS);
    assert_int_equal(options.guard.access[2].service, 0);
    assert_false(options.guard.rate_limit.present);
    load("rate_limit: { rate: 5 }\n");
    assert_true(options.guard.rate_limit.present && options.guard.rate_limit.rate == 5 && options.guard.rate_limit.burst == 256);
    assert_int_equal(options.guard.access_count, 0);
}

static void access_that_says_nothing(void **state)
{
    (void)state;
    refuse("access: [{ action: deny }]", ":1:10: access[0]: ", "nets is missing", "0.0.0.0/0");
    refuse("access: [{ nets: [192.0.2.0/24], action: allow }]", ":1:10: access: ", "nobody is refused", "action: deny");
    refuse("access: [{ nets: [10.0.0.0/8] }, { nets: [10.0.0.0/8], action: kiss }]", ":1:34: access[1].nets: ", "10.0.0.0/8", "access[0] already");
    refuse("access: [{ nets: [10.0.0.1/8] }]", "access[0].nets", "10.0.0.1/8", "expected a network");
    refuse("access: [{ nets: [10.0.0.0/33] }]", "access[0].nets", "10.0.0.0/33", "expected a network");
    refuse("access: [{ nets: [10.0.0.0/8], service: time, action: authenticate }]", ":1:10: access[0].action: ", "no authentication", "write deny");
    refuse("ntp: { listen: [127.0.0.1] }\naccess: [{ nets: [10.0.0.0/8], listeners: [127.0.0.1, 127.0.0.2] }]", ":2:55: access[0].listeners: ",
           "nothing listens on 127.0.0.2", "");
    refuse("ntp: { listen: [127.0.0.1] }\naccess: [{ nets: [10.0.0.0/8], listeners: [\"127.0.0.1%eth0\"] }]", ":2:44: access[0].listeners: ",
           "nothing listens on 127.0.0.1%eth0", "");
    refuse("access: [{ nets: [10.0.0.0/8], action: kis }]", "access[0].action", "did you mean kiss?", "");
    refuse("access: [{ nets: [10.1.2.3/8], action: deny }]", "access[0].nets: \"10.1.2.3/8\"", "did you mean 10.0.0.0/8?", "");
    refuse("access: [{ nets: ['2001:db8::1/48'], action: deny }]", "access[0].nets: \"2001:db8::1/48\"", "did you mean 2001:db8::/48?", "");
    refuse("rate_limit: { ipv4_prefix: 33 }", "rate_limit.ipv4_prefix", "8 to 32", "");
}

static void environment_goes_over_the_file(void **state)
{
    const char *const environment[] = { "HOME=/", "SIMPLE_UTCD_NTP__LISTEN=[\"127.0.0.1:5\"]", "SIMPLE_UTCD_CLOCK__MODE=virtual",
                                        "SIMPLE_UTCD_LOG={format: json}", "SIMPLE_UTCD_LOG__LEVEL=debug", "SIMPLE_UTCD_SOURCES=[{server: b}]",
                                        "SIMPLE_UTCD_HARDWARE_TIMESTAMPS=[eth1]", "SIMPLE_UTCD_SOMETHING=else", "simple_utcd_x__y=1", NULL };

    (void)state;
    assert_int_equal(load_with("ntp: { listen: [\"127.0.0.1:6\", \"127.0.0.1:7\"], symmetric_reply: true }\nsources: [{server: a}]\n", environment), 0);
    assert_int_equal(options.ntp.listen.count, 1);
    assert_int_equal(options.ntp.listen.item[0].port, 5);
    assert_true(options.ntp.symmetric_reply);
    assert_int_equal(options.engine.clock.clock.mode, CLOCK_MODE_VIRTUAL);
    assert_int_equal(options.log.format, LOG_FORMAT_JSON);
    assert_int_equal(options.log.level, 0);
    assert_string_equal(options.engine.source[0].server.s, "b");
    assert_string_equal(options.top.hardware_timestamps.item[0].s, "eth1");
}

static void utc_sls_on_the_system_clock_needs_a_fast_slew(void **state)
{
    (void)state;
    assert_int_equal(load_with("leap: { mode: smear, smear: utc-sls }\n", no_environment), -UE_SYNTAX);
    assert_true(told(":1:29: leap.smear: utc-sls moves the system clock by 1000 ppm, and clock.max_slew permits 500;"));
    assert_int_equal(load_with("leap: { mode: smear, smear: utc-sls }\nclock: { max_slew: 999ppm }\n", no_environment), -UE_SYNTAX);
    assert_true(told(":1:29: leap.smear: utc-sls"));
    assert_true(told(":2:20: clock.max_slew: 999 ppm is too slow for leap.smear: utc-sls"));
    assert_int_equal(load_with("leap: { mode: smear, smear: utc-sls }\nclock: { max_slew: 1500ppm }\n", no_environment), 0);
    assert_int_equal(load_with("leap: { mode: smear, smear: cosine }\n", no_environment), 0);
    assert_int_equal(load_with("leap: { smear: utc-sls }\n", no_environment), 0);
}

static void environment_errors_name_the_variable(void **state)
{
    const char *const environment[] = { "SIMPLE_UTCD_NTP__LISTN=[]", "SIMPLE_UTCD_NTP_LISTEN=[]", "SIMPLE_UTCD_QQQQQQQQQQQQ__X=1", "SIMPLE_UTCD_LOG__LEVEL=",
                            "SIMPLE_UTCD_LOG__FORMAT=xml", "SIMPLE_UTCD_SOURCES__0__SERVER=a", "SIMPLE_UTCD_TIME__LISTEN=[", "SIMPLE_UTCD_\x1b[2J__X=1", NULL };

    (void)state;
    assert_int_equal(load_with("", environment), -UE_SYNTAX);
    assert_int_equal(errors.found, 8);
    assert_true(told("environment SIMPLE_UTCD_?[2J__X: "));
    assert_true(told("environment SIMPLE_UTCD_NTP__LISTN: no configuration key has this name; did you mean SIMPLE_UTCD_NTP__LISTEN?"));
    assert_true(told("environment SIMPLE_UTCD_NTP_LISTEN: no configuration key has this name; did you mean SIMPLE_UTCD_NTP__LISTEN?"));
    assert_true(told("SIMPLE_UTCD_SECTION__KEY"));
    assert_true(told("environment SIMPLE_UTCD_LOG__LEVEL: the value is missing"));
    assert_true(told("environment SIMPLE_UTCD_LOG__FORMAT: log.format: \"xml\""));
    assert_true(told("environment SIMPLE_UTCD_SOURCES__0__SERVER: "));
    assert_true(told("environment SIMPLE_UTCD_TIME__LISTEN: this is not YAML"));
}

/* What a command writes, as text that the caller frees. */
static char *output_of(int (*command)(const char *, char *const *, FILE *, FILE *), const char *const *environment, int code)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    assert_int_equal(command(path, (char *const *)environment, f, f), code);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void printed_values_name_their_origin(void **state)
{
    const char *const environment[] = { "SIMPLE_UTCD_CLOCK__MODE=virtual", NULL };
    char expected[128], *text;

    (void)state;
    assert_int_equal(load_with("ntp:\n  listen: [\"127.0.0.1:5\"]\n", environment), 0);
    text = output_of(daemon_print_config, environment, 0);
    snprintf(expected, sizeof expected, "  listen: [\"127.0.0.1:5\"]  # %s:2\n", path);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "  mode: virtual  # environment SIMPLE_UTCD_CLOCK__MODE\n"));
    assert_non_null(strstr(text, "  max_error: 1s  # default\n"));
    assert_non_null(strstr(text, "\n# local is not set\n"));
    free(text);
}

/* Property: the printed configuration reads back to the same values, for rich and poor ones. */
static void printed_values_read_back(void **state)
{
    static const char *const rich[] = {
        "",
        "sources: []\n",
        "local: { error: 1500us, stratum: 3, public: true }\nntp: { listen: [\"*:5\", \"[fe80::1%2]:9\"], symmetric_reply: true }\n"
        "time: { listen: [127.0.0.1], empty_udp6_from: [\"2001:db8::/32\"] }\ndaytime: { listen: [127.0.0.1], udp_from: [10.0.0.0/8, 192.0.2.7] }\n"
        "clock: { mode: system, drift_file: \"/a \\\"b\\\\ #c: \\u00e4\", max_drift: 0.1 ppm, max_drift_silent: 33.3333ppm, panic_threshold: 1h0.5s }\n"
        "sources: [{ server: a.b, prefer: true, min_poll: -4, max_poll: -1, port: 9 }, { pool: \"c\", members: 2, iburst: false }]\n"
        "hardware_timestamps: [eth0, \"a'b: c\"]\nlog: { format: json, level: error, target: syslog }\n"
        "control: { socket: /run/x }\nprocess: { user: me, run_dir: \"/run/y z\" }\nholdover: { max_error: 1d }\n",
    };
    static struct daemon_options first;

    (void)state;
    for (size_t i = 0; i < sizeof rich / sizeof rich[0]; i++) {
        char *text;

        load(rich[i]);
        first = options;
        text = output_of(daemon_print_config, no_environment, 0);
        load(text);
        assert_memory_equal(&first, &options, sizeof first);
        free(text);
    }
}

static void check_config_tells_the_outcome(void **state)
{
    char *text;

    (void)state;
    load("ntp: { listen: [127.0.0.1] }");
    text = output_of(daemon_check_config, no_environment, 0);
    assert_non_null(strstr(text, ": ok\n"));
    assert_non_null(strstr(text, "NTP on 1"));
    free(text);
    write_file("a: 1\nb: 2\n", 10, 0644);
    text = output_of(daemon_check_config, no_environment, EXIT_CONFIGURATION);
    assert_non_null(strstr(text, ":1:1: "));
    assert_non_null(strstr(text, ":2:1: "));
    assert_non_null(strstr(text, "2 errors"));
    free(text);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd) < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_serve_nobody), cmocka_unit_test(values_reach_their_fields), cmocka_unit_test(CFG_01_files_that_are_none),
        cmocka_unit_test(CFG_02_too_large), cmocka_unit_test(CFG_03_unknown_keys_and_missing_values), cmocka_unit_test(CFG_04_numbers_out_of_range),
        cmocka_unit_test(CFG_05_no_includes), cmocka_unit_test(more_items_than_a_list_takes), cmocka_unit_test(CFG_06_ports_polls_prefixes),
        cmocka_unit_test(CFG_09_world_writable_file),
        cmocka_unit_test(all_errors_are_told_at_once), cmocka_unit_test(rules_are_told_beside_wrong_values),
        cmocka_unit_test(rules_between_keys), cmocka_unit_test(reference_clocks), cmocka_unit_test(local_reaches_loopback_only),
        cmocka_unit_test(too_many_sources_are_refused), cmocka_unit_test(environment_goes_over_the_file),
        cmocka_unit_test(utc_sls_on_the_system_clock_needs_a_fast_slew),
        cmocka_unit_test(environment_errors_name_the_variable), cmocka_unit_test(printed_values_name_their_origin),
        cmocka_unit_test(printed_values_read_back), cmocka_unit_test(check_config_tells_the_outcome),
        cmocka_unit_test(access_and_rate_limit),
        cmocka_unit_test(access_that_says_nothing),
    };
    return cmocka_run_group_tests_name("options", tests, make_file, remove_file);
}
