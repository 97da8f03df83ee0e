/* Lines are limited by event and second, notices pass, and what was left out is counted. */
#include "base/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/logger.h"

static int out[2], remote;
static struct log_options options = { .format = LOG_FORMAT_TEXT, .level = LOG_INFO_LEVEL, .target = LOG_TARGET_STDERR };

/* The sockets to remote logs are opened once, by the first of all starts. */
static int listen_as_remote(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;

    remote = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(remote, (const struct sockaddr *)&at, len) != 0 || getsockname(remote, (struct sockaddr *)&at, &len) != 0)
        return -1;
    options.remote.count = 1;
    options.remote.item[0] = (struct net_addr){ .family = ADDR_IPV4, .bytes = { 127, 0, 0, 1 }, .port = ntohs(at.sin_port) };
    return 0;
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(pipe(out), 0);
    logger_to(out[1]);
    return listen_as_remote();
}

/* Everything that was written since the last call. */
static const char *written(void)
{
    static char text[4096];
    ssize_t n;

    assert_int_equal(write(out[1], "", 1), 1);
    n = read(out[0], text, sizeof text - 1);
    assert_true(n > 0);
    return text;
}

static void lost(const char *source, int64_t at_ns)
{
    struct log_record r = { .id = LOG_SOURCE_LOST };

    log_text(&r, "source", source);
    log_int(&r, "polls", 8);
    logger_write(&r, (struct mono_ns){ at_ns });
}

static void one_line_a_second_of_each_event(void **state)
{
    (void)state;
    logger_start(&options);
    lost("a", 5 * NS_PER_S);
    assert_string_equal(written(), "simple-utcd: warning: source a has not answered 8 polls in a row\n");
    lost("a", 5 * NS_PER_S + 1);
    lost("a", 6 * NS_PER_S - 1);
    assert_string_equal(written(), "");
    lost("a", 6 * NS_PER_S);
    assert_string_equal(written(), "simple-utcd: warning: source a has not answered 8 polls in a row (and 2 more like it)\n");
}

/* Of a line for each source none is lost at a start; a flood ends all the same. */
static void each_source_has_its_own_line(void **state)
{
    char name[8];

    (void)state;
    logger_start(&options);
    lost("a", 50 * NS_PER_S);
    lost("b", 50 * NS_PER_S);
    lost("a", 50 * NS_PER_S + 1);
    assert_string_equal(written(), "simple-utcd: warning: source a has not answered 8 polls in a row\n"
                                   "simple-utcd: warning: source b has not answered 8 polls in a row\n");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "s%d", i);
        lost(name, 60 * NS_PER_S + i);
    }
    assert_non_null(strstr(written(), "source s15 "));
    lost("a", 61 * NS_PER_S);
    assert_non_null(strstr(written(), "(and 84 more like it)"));
}

static void each_process_has_its_own_line(void **state)
{
    static const char *const roles[] = { "serve", "core", "serve" };

    (void)state;
    logger_start(&options);
    for (int i = 0; i < 3; i++) {
        struct log_record r = { .id = LOG_CHILD_DIED };

        log_text(&r, "role", roles[i]);
        logger_write(&r, (struct mono_ns){ 70 * NS_PER_S });
    }
    assert_non_null(strstr(written(), "process core"));
}

static void notices_always_pass(void **state)
{
    (void)state;
    logger_start(&options);
    logger_say("%s", "one");
    logger_say("%s", "two");
    assert_string_equal(written(), "simple-utcd: one\nsimple-utcd: two\n");
}

static void the_level_hides_what_matters_less(void **state)
{
    struct log_options quiet = options;

    (void)state;
    quiet.level = LOG_WARNING_LEVEL;
    logger_start(&quiet);
    logger_say("hidden");
    assert_string_equal(written(), "");
}

static void the_journal_gets_priorities_and_json_gets_lines(void **state)
{
    struct log_options journal = options, json = options;
    const char *text;

    (void)state;
    journal.target = LOG_TARGET_JOURNAL;
    logger_start(&journal);
    lost("a", 100 * NS_PER_S);
    assert_string_equal(written(), "<4>source a has not answered 8 polls in a row\n");
    json.format = LOG_FORMAT_JSON;
    logger_start(&json);
    lost("a", 200 * NS_PER_S);
    text = written();
    assert_true(text[0] == '{' && strstr(text, "\"event\":\"source_lost\"") && strstr(text, "\"polls\":8") && text[strlen(text) - 1] == '\n');
}

/* A field that finds no room there is left out, as it is in a line. */
static void a_remote_log_gets_whole_fields(void **state)
{
    struct log_options json = options;
    struct log_record r = { .id = LOG_SOURCE_LOST };
    char longest[256], message[8192];
    ssize_t n;

    (void)state;
    memset(longest, 0xe4, sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    json.format = LOG_FORMAT_JSON;
    logger_start(&json);
    log_text(&r, "source", longest);
    log_text(&r, "name", longest);
    log_int(&r, "polls", 8);
    while (recv(remote, message, sizeof message, MSG_DONTWAIT) > 0)
        continue;
    logger_write(&r, (struct mono_ns){ 300 * NS_PER_S });
    assert_true(strlen(written()) > 2 * 6 * 255);
    n = recv(remote, message, sizeof message, 0);
    assert_true(n > 6 * 255 && n <= 2048);
    message[n] = '\0';
    assert_true(strstr(message, "\"source\":") && !strstr(message, "\"name\":") && strstr(message, ",\"polls\":8}") && message[n - 1] == '}');
}

static void a_closed_log_costs_nothing(void **state)
{
    (void)state;
    logger_start(&options);
    logger_to(-1);
    logger_say("nobody reads this");
    logger_to(out[1]);
}

/* alarm() ends what waits. */
static void a_pipe_that_nobody_reads_costs_the_line(void **state)
{
    static char full[4096];
    int pair[2];

    (void)state;
    logger_start(&options);
    assert_int_equal(pipe2(pair, O_NONBLOCK), 0);
    while (write(pair[1], full, sizeof full) > 0)
        ;
    assert_int_equal(fcntl(pair[1], F_SETFL, 0), 0);
    logger_to(pair[1]);
    alarm(5);
    logger_say("nobody reads this");
    alarm(0);
    assert_int_equal(read(pair[0], full, sizeof full), sizeof full);
    logger_say("somebody reads");
    while (read(pair[0], full, sizeof full) == (ssize_t)sizeof full)
        ;
    assert_memory_equal(full, "simple-utcd: somebody reads\n", 28);
    logger_to(out[1]);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_a_second_of_each_event),
        cmocka_unit_test(each_source_has_its_own_line), cmocka_unit_test(each_process_has_its_own_line), cmocka_unit_test(notices_always_pass),
        cmocka_unit_test(the_level_hides_what_matters_less),
        cmocka_unit_test(the_journal_gets_priorities_and_json_gets_lines),
        cmocka_unit_test(a_remote_log_gets_whole_fields),
        cmocka_unit_test(a_closed_log_costs_nothing),
        cmocka_unit_test(a_pipe_that_nobody_reads_costs_the_line),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
