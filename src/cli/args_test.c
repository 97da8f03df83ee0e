/* The command line: every form of a server's address, every option where it belongs, and a helpful sentence for the rest. */
#include "cli/args.h"

#include <string.h>

#include "base/err.h"
#include "base/test.h"
#include "cli/file_args.h"
#include "utc/utc.h"

static void servers_are_written_in_these_ways(void **state)
{
    static const struct { const char *text; int err; const char *host; uint16_t port; } rows[] = {
        { "ntp.example", 0, "ntp.example", 0 },
        { "ntp.example:11123", 0, "ntp.example", 11123 },
        { "192.0.2.1", 0, "192.0.2.1", 0 },
        { "192.0.2.1:65535", 0, "192.0.2.1", 65535 },
        { "::1", 0, "::1", 0 },
        { "2001:db8::1", 0, "2001:db8::1", 0 },
        { "[::1]", 0, "::1", 0 },
        { "[::1]:123", 0, "::1", 123 },
        { "fe80::1%eth0", 0, "fe80::1%eth0", 0 },
        { "[fe80::1%eth0]:123", 0, "fe80::1%eth0", 123 },
        { "", -UE_SYNTAX, NULL, 0 },
        { ":123", -UE_SYNTAX, NULL, 0 },
        { "[]:123", -UE_SYNTAX, NULL, 0 },
        { "[::1", -UE_SYNTAX, NULL, 0 },
        { "[::1]x", -UE_SYNTAX, NULL, 0 },
        { "[::1]:", -UE_SYNTAX, NULL, 0 },
        { "a:", -UE_SYNTAX, NULL, 0 },
        { "a:ntp", -UE_SYNTAX, NULL, 0 },
        { "a:-1", -UE_RANGE, NULL, 0 },
        { "a:0", -UE_RANGE, NULL, 0 },
        { "a:65536", -UE_RANGE, NULL, 0 },
    };
    char host[ARGS_HOST_MAX], longest[ARGS_HOST_MAX + 1];
    uint16_t port;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err = args_host_port(rows[i].text, host, &port);

        if (err != rows[i].err || (err == 0 && (strcmp(host, rows[i].host) != 0 || port != rows[i].port)))
            fail_msg("'%s': %d", rows[i].text, err);
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[ARGS_HOST_MAX] = '\0';
    assert_int_equal(args_host_port(longest, host, &port), -UE_SYNTAX);
    assert_int_equal(args_host_port(longest + 1, host, &port), 0);
}

#define WORDS(...) (const char *const[]){ "utcctl", __VA_ARGS__ }
#define PARSE(a, ...) args_parse((int)(sizeof(WORDS(__VA_ARGS__)) / sizeof(char *)), WORDS(__VA_ARGS__), (a))

static void access_questions(void **state)
{
    struct args a;

    (void)state;
    assert_int_equal(PARSE(&a, "acl", "test", "192.0.2.7"), 0);
    assert_int_equal(a.command, COMMAND_ACL);
    assert_int_equal(a.address.bytes[3], 7);
    assert_string_equal(a.service, "ntp");
    assert_int_equal(a.listener.family, ADDR_NONE);
    assert_int_equal(PARSE(&a, "acl", "test", "::1", "--service", "time", "--listener", "*%eth0:37", "--json"), 0);
    assert_string_equal(a.service, "time");
    assert_string_equal(a.interface, "eth0");
    assert_int_equal(a.listener.port, 37);
    assert_int_equal(PARSE(&a, "acl"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "test"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "show", "::1"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "test", "localhost"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "test", "::1", "::2"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "test", "::1", "--service", "snmp"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "acl", "test", "::1", "--listener", "eth0"), -UE_SYNTAX);
    assert_int_equal(PARSE(&a, "clients"), 0);
    assert_int_equal(a.count, ARGS_CLIENTS);
    assert_int_equal(PARSE(&a, "clients", "--count", "3"), 0);
    assert_int_equal(a.count, 3);
    assert_int_equal(PARSE(&a, "clients", "--service", "ntp"), -UE_SYNTAX);
}

static void options_are_taken_in_any_order(void **state)
{
    struct args a;

    (void)state;
    assert_int_equal(PARSE(&a, "query", "[::1]:123", "--proto", "daytime", "-6", "--count=3", "--timeout", "500ms", "--json"), 0);
    assert_int_equal(a.command, COMMAND_QUERY);
    assert_string_equal(a.host, "::1");
    assert_int_equal(a.port, 123);
    assert_int_equal(a.protocol, UTC_DAYTIME);
    assert_int_equal(a.family, UTC_IPV6);
    assert_int_equal(a.count, 3);
    assert_int_equal(a.timeout.ns, 500 * NS_PER_MS);
    assert_true(a.json);
    assert_int_equal(PARSE(&a, "--timeout=3", "--max-error", "10ms", "wait-sync", "--socket=/x"), 0);
    assert_int_equal(a.command, COMMAND_WAIT_SYNC);
    assert_int_equal(a.timeout.ns, 3 * NS_PER_S);
    assert_int_equal(a.max_error.ns, 10 * NS_PER_MS);
    assert_string_equal(a.socket, "/x");
    assert_int_equal(PARSE(&a, "status"), 0);
    assert_false(a.json);
    assert_null(a.socket);
    assert_int_equal(a.timeout.ns, 0);
}

static void a_simulation_takes_stories_or_a_question(void **state)
{
    struct args a;

    (void)state;
    assert_int_equal(PARSE(&a, "sim", "a.story", "b.story", "--seed", "3"), 0);
    assert_int_equal(a.command, COMMAND_SIM);
    assert_int_equal(a.word_count, 2);
    assert_string_equal(a.word[1], "b.story");
    assert_int_equal(a.seed, 3);
    assert_int_equal(PARSE(&a, "sim", "--what-if", "lie", "a.example", "+10s", "--print-story"), 0);
    assert_string_equal(a.question, "lie a.example +10s");
    assert_true(a.print_story);
    assert_int_equal(a.seeds, 8);
    assert_int_equal(PARSE(&a, "sim", "--seeds=2", "--what-if=lie a -10s"), 0);
    assert_string_equal(a.question, "lie a -10s");
    assert_int_equal(a.seeds, 2);
    assert_int_equal(PARSE(&a, "sim", "--what-if", "lie", "s1", "-10s", "--seeds", "3"), 0);
    assert_string_equal(a.question, "lie s1 -10s");
    assert_int_equal(a.seeds, 3);
    assert_int_equal(PARSE(&a, "sim", "-10s", "--what-if", "lie s1"), -UE_SYNTAX);
}

#define FILE_ARE(...) file_args_are((int)(sizeof(WORDS(__VA_ARGS__)) / sizeof(char *)), WORDS(__VA_ARGS__))
#define FILE_PARSE(a, ...) file_args_parse((int)(sizeof(WORDS(__VA_ARGS__)) / sizeof(char *)), WORDS(__VA_ARGS__), (a))

static void commands_about_files_take_options_in_any_order_too(void **state)
{
    struct file_args a;

    (void)state;
    assert_true(FILE_ARE("--json", "check", "status"));
    assert_int_equal(FILE_PARSE(&a, "--json", "check", "status"), 0);
    assert_int_equal(a.verb, FILE_CHECK);
    assert_true(a.json && a.words == 1);
    assert_string_equal(a.word[0], "status");
    assert_true(FILE_ARE("--config", "import", "config", "explain", "ntp"));
    assert_int_equal(FILE_PARSE(&a, "--config", "import", "config", "explain", "ntp"), 0);
    assert_int_equal(a.verb, FILE_CONFIG);
    assert_string_equal(a.config, "import");
    assert_string_equal(a.word[1], "ntp");
    assert_int_equal(FILE_PARSE(&a, "--output=x", "import", "-", "--from=ntp"), 0);
    assert_string_equal(a.output, "x");
    assert_string_equal(a.word[0], "-");
    assert_int_equal(FILE_PARSE(&a, "import", "-h"), 0);
    assert_true(a.help);
    assert_int_equal(FILE_PARSE(&a, "--live", "import", "x"), -UE_SYNTAX);
    assert_false(FILE_ARE("--json", "status", "check"));
    assert_false(FILE_ARE("--socket", "/x", "check"));
    assert_false(FILE_ARE("--config", "check"));
    assert_false(FILE_ARE("--json"));
}

static void help_is_always_at_hand(void **state)
{
    struct args a;

    (void)state;
    assert_int_equal(PARSE(&a, "help"), 0);
    assert_int_equal(a.command, COMMAND_HELP);
    assert_int_equal(PARSE(&a, "-h"), 0);
    assert_int_equal(a.command, COMMAND_HELP);
    assert_null(a.about);
    assert_int_equal(PARSE(&a, "query", "--help"), 0);
    assert_int_equal(a.command, COMMAND_HELP);
    assert_string_equal(a.about, "query");
    assert_int_equal(PARSE(&a, "--help", "query", "--json"), 0);
    assert_string_equal(a.about, "query");
    assert_int_equal(PARSE(&a, "help", "check"), 0);
    assert_int_equal(a.command, COMMAND_HELP);
    assert_string_equal(a.about, "check");
    assert_int_equal(PARSE(&a, "help", "--help"), 0);
    assert_null(a.about);
}

static void wrong_use_is_told_in_a_sentence(void **state)
{
    static const struct { const char *argv[5]; const char *expected; } rows[] = {
        { { "utcctl", "sim" }, "'sim' needs either stories or a question: utcctl sim RUN.story, or utcctl sim --what-if 'cut 6h'" },
        { { "utcctl", "sim", "a", "--what-if=cut 1h" }, "'sim' needs either stories or a question: utcctl sim RUN.story, or utcctl sim --what-if 'cut 6h'" },
        { { "utcctl", "sim", "a", "--json" }, "--json, --print-story and --socket go with --what-if" },
        { { "utcctl", "sim", "a", "b", "--svg=x" }, "--svg names one picture, but there are 2 stories" },
        { { "utcctl", "sim", "--what-if=cut 1h", "--svg=x" }, "--svg and --seed go with stories, not with a question" },
        { { "utcctl", "sim", "--what-if=" }, "--what-if needs a question" },
        { { "utcctl", "sim", "--what-if=cut 1h", "--seeds=0" }, "--seeds '0' is not a number from 1 to 1000" },
        { { "utcctl", "status", "--seeds=2" }, "--seeds does not go with 'status'" },
        { { "utcctl", "--yes", "check" }, "an option before 'check' does not go with it" },
        { { "utcctl", "stats" }, "there is no command 'stats'; did you mean 'status'?" },
        { { "utcctl", "waitsync" }, "there is no command 'waitsync'; did you mean 'wait-sync'?" },
        { { "utcctl", "frobnicate" }, "there is no command 'frobnicate'; 'utcctl help' lists all" },
        { { "utcctl", "st\x1b[1m" }, "there is no command 'st\\x1b[1m'; 'utcctl help' lists all" },
        { { "utcctl", "status", "--jsn" }, "there is no option '--jsn'; did you mean '--json'?" },
        { { "utcctl", "status", "--json=yes" }, "--json takes no value" },
        { { "utcctl", "status", "--socket" }, "--socket needs a value" },
        { { "utcctl", "status", "--socket=" }, "--socket needs a path" },
        { { "utcctl", "status", "--count", "2" }, "--count does not go with 'status'" },
        { { "utcctl", "query", "a", "--socket", "x" }, "--socket does not go with 'query'" },
        { { "utcctl", "status", "now" }, "'status' takes no argument 'now'" },
        { { "utcctl", "log", "" }, "'log' does not know '': utcctl log level debug|info|notice|warning|error [TOPIC]" },
        { { "utcctl", "query" }, "'query' needs the server to ask: utcctl query HOST[:PORT]" },
        { { "utcctl", "query", "a:0" }, "the port in 'a:0' is not one of 1 to 65535" },
        { { "utcctl", "query", "[::1" }, "'[::1' is not HOST, HOST:PORT or [IPV6]:PORT" },
        { { "utcctl", "query", "a", "b" }, "'query' takes no argument 'b'" },
        { { "utcctl", "query", "a", "--proto", "ptp" }, "--proto 'ptp' is none of ntp, time and daytime" },
        { { "utcctl", "query", "a", "--count", "0" }, "--count '0' is not a number from 1 to 100" },
        { { "utcctl", "query", "a", "--count=101" }, "--count '101' is not a number from 1 to 100" },
        { { "utcctl", "query", "a", "--timeout", "soon" }, "--timeout 'soon' is not a time such as 3s or 500ms" },
        { { "utcctl", "query", "a", "--timeout", "0" }, "--timeout '0' is not a time such as 3s or 500ms" },
        { { "utcctl", "query", "a", "--timeout", "61s" }, "--timeout of a query is at most 60s" },
        { { "utcctl", "wait-sync", "--max-error", "-1" }, "--max-error '-1' is not a time such as 10ms" },
        { { "utcctl", "--json" }, "say what to do; 'utcctl help' lists all commands" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct args a;
        int argc = 0;

        while (argc < 5 && rows[i].argv[argc])
            argc++;
        assert_int_equal(args_parse(argc, rows[i].argv, &a), -UE_SYNTAX);
        assert_string_equal(a.error, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_written_in_these_ways),
        cmocka_unit_test(options_are_taken_in_any_order),
        cmocka_unit_test(access_questions),
        cmocka_unit_test(a_simulation_takes_stories_or_a_question),
        cmocka_unit_test(commands_about_files_take_options_in_any_order_too),
        cmocka_unit_test(help_is_always_at_hand),
        cmocka_unit_test(wrong_use_is_told_in_a_sentence),
    };

    return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
