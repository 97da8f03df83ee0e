/* Every rule has a configuration that it is about and one that it is not about. */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/socket.h"
#include "lint/lint.h"

static struct daemon_options options;
static struct conf_tree tree;
static struct conf_errors errors;
static struct lint_report report;
static char path[] = "/tmp/lint_test.XXXXXX", key_file[] = "/tmp/lint_test_keys.XXXXXX";

static void judge(const char *text, bool machine)
{
    char *const none[] = { NULL };
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0644), 0);
    memset(&options, 0, sizeof options);
    if (daemon_options_read(&options, &tree, path, none, &errors) != 0)
        fail_msg("%s: %s", text, errors.text[0]);
    report.found = report.kept = 0;
    (machine ? lint_machine : lint_configuration)(&options, &tree, path, &report);
}

static const struct lint_finding *finding(enum lint_rule rule)
{
    for (unsigned i = 0; i < report.kept; i++)
        if (report.finding[i].rule == rule)
            return &report.finding[i];
    return NULL;
}

#define FOUR "sources: [{ server: a.x }, { server: a.y }, { server: a.z }, { server: a.w }]\n"
#define SERVER FOUR "ntp: { listen: [\"192.0.2.1:5\"] }\n"
#define SMEARED "sources: [{ server: a.x, smear: linear }]\n"
#define GUARDED "rate_limit: {}\n"

/* line 0: what no line gives is told at the file. */
static const struct { enum lint_rule rule; unsigned line; const char *bad, *good; } rows[] = {
    { LINT_FEW_SOURCES_RULE, 1, "sources: [{ server: a.x }, { server: a.y }, { server: a.z }]", FOUR },
    { LINT_NO_SOURCES_RULE, 1, "sources: []", "sources: []\nlocal: {}" },
    { LINT_TWO_SOURCES_RULE, 1, "sources: [{ server: a.x }, { server: a.y }]", "sources: []" },
    { LINT_ONE_PROVIDER_RULE, 1, "sources: [{ server: a.x.example }, { server: b.X.example }]", "sources: [{ server: a.x.example }, { server: b.y.example }]" },
    { LINT_ONE_PROVIDER_RULE, 1, "sources: [{ server: a.x.co.uk }, { server: b.x.co.uk }]", "sources: [{ server: a.x.co.uk }, { server: a.y.co.uk }]" },
    { LINT_ONE_PROVIDER_RULE, 1, "sources: [{ server: a.ptb.de }, { server: b.ptb.de }]", "sources: [{ server: x.com.au }, { server: y.com.au }]" },
    { LINT_ONE_PROVIDER_RULE, 1, "sources: [{ server: a.co.example }, { server: b.co.example }]", "sources: [{ server: a.or.jp }, { server: b.or.jp }]" },
    { LINT_ONE_PROVIDER_RULE, 1, "sources: [{ server: 192.0.2.1 }, { server: 192.0.3.1 }]", "sources: [{ server: 192.0.2.1 }, { server: 198.51.100.1 }]" },
    { LINT_MIXED_SMEAR_RULE, 1, "sources: [{ server: a }, { server: time.google.com }]",
      "sources: [{ server: a }, { server: time.google.com, smear: linear }]" },
    { LINT_MIXED_SMEAR_RULE, 1, "sources: [{ server: a }, { server: time.google.com }]",
      "sources: [{ server: time1.google.com }, { server: time.google.com }]" },
    { LINT_FAST_POLL_RULE, 1, "sources: [{ server: a, min_poll: 3 }]", "sources: [{ server: 192.168.1.1, min_poll: 3 }]" },
    { LINT_UNAUTHENTICATED_RULE, 1, "sources: [{ server: a }]", "sources: [{ server: a }, { server: b, nts: true }]" },
    { LINT_NO_INTERFACE_RULE, 1, "sources: [{ server: \"fe80::1\" }]",
      "sources: [{ server: \"fe80::1%2\" }, { server: 169.254.169.123 }, { server: \"::1\" }]" },
    { LINT_UNAUTHENTICATED_RULE, 1, "sources: [{ server: a }]", "sources: [{ shm: 0, error: 100ms }]" },
    { LINT_OPEN_SERVER_RULE, 2, SERVER, SERVER GUARDED },
    { LINT_OPEN_SERVER_RULE, 2, SERVER, SERVER "access: [{ nets: [0.0.0.0/0], action: deny }]" },
    { LINT_OPEN_SERVER_RULE, 2, SERVER, FOUR "ntp: { listen: [\"127.0.0.1:5\"] }" },
    { LINT_ONE_IS_BELIEVED_RULE, 0, SERVER, SERVER "clock: { min_sources: 2 }" },
    { LINT_PUBLIC_LOCAL_RULE, 3, SERVER "local: { public: true }", FOUR "local: {}\nntp: { listen: [\"127.0.0.1:5\"] }" },
    { LINT_PUBLIC_LOCAL_RULE, 3, SERVER "local: { public: true, orphan: true }",
      SERVER "local: { public: true, orphan: true }\naccess: [{ nets: [0.0.0.0/0], action: deny }]" },
    { LINT_NO_LEAP_FILE_RULE, 3, SERVER "leap: { list: /none, zone: /none }", SERVER "leap: { list: /etc/passwd }" },
    { LINT_NO_LEAP_FILE_RULE, 3, SERVER "leap: { list: /none, zone: /none }", FOUR "leap: { list: /none, zone: /none }" },
    { LINT_SMEAR_WITHOUT_LIST_RULE, 2, SMEARED "leap: { list: /none }", SMEARED "leap: { list: /etc/passwd }" },
    { LINT_SMEAR_WITHOUT_LIST_RULE, 2, SMEARED "leap: { list: /none }", SMEARED "leap: { list: /none, unknown: none }" },
    { LINT_SMEAR_WITHOUT_LIST_RULE, 2, SMEARED "leap: { list: /none }", FOUR "leap: { list: /none }" },
    { LINT_LEGACY_KEYS_RULE, 1, "keys: { allow_legacy: true }", "keys: { allow_legacy: false }" },
    { LINT_NO_DRIFT_FILE_RULE, 0, "clock: { mode: auto }", "clock: { mode: virtual }" },
    { LINT_NO_DRIFT_FILE_RULE, 0, "clock: { mode: auto }", "clock: { drift_file: /x }" },
    { LINT_STEPS_WITHOUT_END_RULE, 1, "clock: { step_limit: 1000 }", "clock: { step_limit: 1000, step_budget: 1m }" },
    { LINT_FIREWALL_BLIND_RULE, 1, "ntp: { xdp: auto, xdp_interfaces: [eth0] }", "ntp: { xdp: \"off\" }" },
    { LINT_DAYTIME_AMPLIFIES_RULE, 1, "daytime: { listen: [127.0.0.1], udp_from: [0.0.0.0/0] }", "daytime: { listen: [127.0.0.1], udp_from: [10.0.0.0/8] }" },
};

static void each_rule_finds_what_it_is_about_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        judge(rows[i].bad, false);
        if (!finding(rows[i].rule))
            fail_msg("%s does not find %s", lint_rows[rows[i].rule].id, rows[i].bad);
        if (finding(rows[i].rule)->at.line != rows[i].line)
            fail_msg("%s: %s: in line %u", lint_rows[rows[i].rule].id, rows[i].bad, finding(rows[i].rule)->at.line);
        judge(rows[i].good, false);
        if (finding(rows[i].rule))
            fail_msg("%s finds %s", lint_rows[rows[i].rule].id, rows[i].good);
    }
}

static void the_pool_everybody_may_use_is_no_zone_to_ship(void **state)
{
    char text[300], pool[256];

    (void)state;
    judge("", false); /* by default */
    assert_null(finding(LINT_POOL_ZONE_RULE));
    strcpy(pool, options.engine.source[0].pool.s);
    snprintf(text, sizeof text, "sources: [{ pool: 2.%s }]", pool);
    judge(text, false);
    assert_non_null(finding(LINT_POOL_ZONE_RULE));
    snprintf(text, sizeof text, "sources: [{ pool: 2.vendor.%.200s }]", pool);
    judge(text, false);
    assert_null(finding(LINT_POOL_ZONE_RULE));
}

static void CFG_09_a_key_file_is_its_owners_alone(void **state)
{
    char text[128];

    (void)state;
    snprintf(text, sizeof text, "keys: { file: %s }", key_file);
    assert_int_equal(chmod(key_file, 0640), 0);
    judge(text, false);
    assert_non_null(finding(LINT_KEY_FILE_GROUP_RULE));
    assert_int_equal(chmod(key_file, 0600), 0);
    judge(text, false);
    assert_null(finding(LINT_KEY_FILE_GROUP_RULE));
}

/* keys.file with that text, and sources that use key 1, and key 2 behind it. */
static const struct lint_finding *of_keys(const char *text, const char *next)
{
    static char config[256];
    FILE *f = fopen(key_file, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    snprintf(config, sizeof config, "keys: { file: %s }\nsources: [{ server: a.x }, { server: b.x, key: 1%s }]", key_file, next);
    judge(config, false);
    return finding(LINT_KEY_ENDS_RULE);
}

static void a_key_that_ends_is_found_while_it_is_good(void **state)
{
    char text[256], day[16], first[16];
    time_t now = time(NULL), soon = now + 20 * 86400, before = now - 100 * 86400;

    (void)state;
    strftime(day, sizeof day, "%Y-%m-%d", gmtime(&soon));
    strftime(first, sizeof first, "%Y-%m-%d", gmtime(&before));
    assert_null(of_keys("1 SHA256 HEX:0102030405060708090a0b0c0d0e0f10\n", ""));
    assert_string_equal(of_keys("1 SHA256 HEX:0102030405060708090a0b0c0d0e0f10 until=2020-01-01\n", "")->text, "key 1 of b.x has ended");
    assert_int_equal(finding(LINT_KEY_ENDS_RULE)->at.line, 2);
    snprintf(text, sizeof text, "1 SHA256 HEX:0102030405060708090a0b0c0d0e0f10 from=%s until=%s\n", first, day);
    assert_non_null(of_keys(text, ""));
    assert_non_null(strstr(finding(LINT_KEY_ENDS_RULE)->text, "d more, and none follows"));
    snprintf(text, sizeof text, "1 SHA256 HEX:0102030405060708090a0b0c0d0e0f10 until=%s\n2 SHA256 HEX:1102030405060708090a0b0c0d0e0f10 from=%s\n", day, first);
    assert_null(of_keys(text, ", next_key: 2"));
    assert_null(of_keys("1 SHA256 HEX:0102030405060708090a0b0c0d0e0f10 until=2199-01-01\n", ""));
    assert_int_equal(truncate(key_file, 0), 0);
}

static void what_the_machine_tells(void **state)
{
    struct net_addr at;
    char text[256];
    int fd;

    (void)state;
    assert_int_equal(addr_from_text("127.0.0.1:28123", 0, &at), 0);
    judge("ntp: { listen: [\"127.0.0.1:28123\"] }", true);
    assert_null(finding(LINT_ADDRESS_TAKEN_RULE));
    fd = io_bind(&at, "", SOCK_DGRAM, false);
    assert_true(fd >= 0);
    judge("ntp: { listen: [\"127.0.0.1:28123\"] }", true);
    assert_non_null(finding(LINT_ADDRESS_TAKEN_RULE));
    judge("ntp: { listen: [\"*:28123\"] }", true); /* IPv6 alone would be free */
    close(fd);
    assert_non_null(strstr(finding(LINT_ADDRESS_TAKEN_RULE)->text, "0.0.0.0:28123: "));
    assert_null(finding(LINT_FILE_UNREADABLE_RULE));
    judge("http: { listen: [\"192.0.2.77:28123\"] }", true);
    assert_non_null(strstr(finding(LINT_ADDRESS_ABSENT_RULE)->text, "does not exist on this machine"));
    judge("time: { listen: [\"*%nosuch0:28123\"] }", true);
    assert_non_null(strstr(finding(LINT_ADDRESS_ABSENT_RULE)->text, "does not exist on this machine"));
    judge("nts: { client_certificate: /nonexistent/a.pem, client_private_key: /nonexistent/k.pem }", true);
    assert_non_null(finding(LINT_FILE_UNREADABLE_RULE));
    judge("nts: { certificate: /nonexistent/a.pem }\nhardware_timestamps: [nosuch0]\nclock: { drift_file: /nonexistent/drift }", true);
    assert_int_equal(finding(LINT_FILE_UNREADABLE_RULE)->at.line, 1);
    assert_non_null(strstr(finding(LINT_NO_CARD_STAMPS_RULE)->text, "no such interface"));
    assert_non_null(finding(LINT_DRIFT_DIRECTORY_RULE));
    snprintf(text, sizeof text, "nts: { certificate: %s }\nclock: { drift_file: /tmp/drift, mode: virtual }", key_file);
    judge(text, true);
    assert_int_equal(report.found, 0);
}

static bool told(enum lint_rule rule, const char *words)
{
    for (unsigned i = 0; i < report.kept; i++)
        if (report.finding[i].rule == rule && strstr(report.finding[i].text, words))
            return true;
    return false;
}

/* Every file that a key names is opened, every listener bound, each named by itself. */
static void no_file_and_no_listener_is_left_out(void **state)
{
    char words[40];

    (void)state;
    judge("nts: { certificate: /no/1, private_key: /no/2, trusted_certificates: /no/3, revoked_certificates: /no/4, client_certificate: /no/5,\n"
          "       client_private_key: /no/6, client_authorities: /no/7, listen: [\"192.0.2.77:28005\"], certified_listen: [\"192.0.2.77:28006\"] }\n"
          "ntp: { listen: [\"192.0.2.77:28001\"], smear_listen: [\"192.0.2.77:28002\"] }\n"
          "leap: { list: /no/8, zone: /no/9 }\n"
          "time: { listen: [\"192.0.2.77:28003\"] }\ndaytime: { listen: [\"192.0.2.77:28004\"] }\nhttp: { listen: [\"192.0.2.77:28007\"] }\n", true);
    for (int i = 1; i <= 9; i++) {
        snprintf(words, sizeof words, "/no/%d: ", i);
        if (!told(LINT_FILE_UNREADABLE_RULE, words))
            fail_msg("%s", words);
    }
    for (int i = 1; i <= 7; i++) {
        snprintf(words, sizeof words, "192.0.2.77:2800%d: ", i);
        if (!told(LINT_ADDRESS_ABSENT_RULE, words))
            fail_msg("%s", words);
    }
}

/* A card that is there but stamps nothing; the root as a directory. */
static void what_is_there_and_will_not_do_is_told(void **state)
{
    (void)state;
    judge("hardware_timestamps: [lo]\nclock: { mode: virtual, drift_file: /drift }", true);
    assert_true(told(LINT_NO_CARD_STAMPS_RULE, "lo: its driver stamps no packets"));
    assert_int_equal(finding(LINT_DRIFT_DIRECTORY_RULE) != NULL, access("/", W_OK) != 0);
}

static int make_files(void **state)
{
    int a = mkstemp(path), b = mkstemp(key_file);

    (void)state;
    return a < 0 || b < 0 || close(a) || close(b);
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(path) || unlink(key_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_finds_what_it_is_about_and_nothing_else),
        cmocka_unit_test(the_pool_everybody_may_use_is_no_zone_to_ship),
        cmocka_unit_test(a_key_that_ends_is_found_while_it_is_good),
        cmocka_unit_test(CFG_09_a_key_file_is_its_owners_alone),
        cmocka_unit_test(what_the_machine_tells),
        cmocka_unit_test(no_file_and_no_listener_is_left_out),
        cmocka_unit_test(what_is_there_and_will_not_do_is_told),
    };

    return cmocka_run_group_tests_name("lint", tests, make_files, remove_files);
}
